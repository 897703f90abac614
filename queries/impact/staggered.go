package impact

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// StaggeredOptions are the choices of [Staggered].
type StaggeredOptions struct {
	Method       string  // dr (default), ipw or reg
	Control      string  // never, not-yet; empty: never where there are never-treated units
	Base         string  // varying (default) or universal
	Anticipation int     // periods before treatment in which it may already act
	Balance      *int    // event study: only cohorts seen this many periods after treatment
	Draws        int     // of the multiplier bootstrap; 0: none
	Seed         uint64  //
	Level        float64 // 0: 0.95
}

// A Cell is the effect on one cohort in one period.
type Cell struct {
	Group, Time float64
	ATT         float64
	StdErr      float64 // NaN for the base period of a universal base
	psi         []float64
}

// A GroupTime is the result of [Staggered]: the effects per cohort and period, with
// the influence function of each.
type GroupTime struct {
	Cells    []Cell
	Options  StaggeredOptions
	Units    int
	Warnings []string

	panel  *Panel
	weight []float64 // per unit, mean 1
	share  map[float64]float64
	groups []float64
}

// Staggered estimates the average effect on each cohort g (the units first treated in
// period g) in each period t, by two-by-two comparisons with units not treated:
//
//	ΔY = Y_t − Y_b,  b the last period before g − anticipation
//
// before treatment b is the period before t (varying base) or as after (universal).
// The comparison units C are those never treated, or those not treated by
// max(t, b) + anticipation. With weights w₁ = D, p the logit probability of being in
// g among g and C, w₀ = p(1−D)/(1−p) and m(X) the regression of ΔY on X in C:
//
//	reg  E[w₁(ΔY − m)]/E[w₁]
//	ipw  E[w₁ΔY]/E[w₁] − E[w₀ΔY]/E[w₀]
//	dr   E[w₁(ΔY − m)]/E[w₁] − E[w₀(ΔY − m)]/E[w₀]
//
// dr is right if either model is. p is kept below 1−1e−6, and comparison units with
// p ≥ 0.995 are left out. Covariates are those of the earlier of b and t. Errors come
// from the influence functions, the estimation of both models included; they need
// many units: see [GroupTime.SmallSample].
//
// A cell that cannot be estimated (separation, too few comparison units) is left out
// with a warning. Units treated in the first period must have been left out; it
// returns ErrNoComparison where nobody is left to compare with.
//
// Source: B. Callaway and P. Sant'Anna, J. Econometrics 225 (2021) 200–230;
// P. Sant'Anna and J. Zhao, J. Econometrics 219 (2020) 101–122.
func Staggered(p *Panel, o StaggeredOptions) (*GroupTime, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	if err := o.defaults(p); err != nil {
		return nil, err
	}
	s := &GroupTime{Options: o, Units: len(p.Y), panel: p, share: map[float64]float64{}}
	s.weight = ones(len(p.Y))
	if p.Weights != nil {
		m := mean(p.Weights)
		for i, w := range p.Weights {
			s.weight[i] = w / m
		}
	}
	for i, g := range p.First {
		if g <= p.Times[0] {
			return nil, fmt.Errorf("unit %d is treated from the first period on: leave it out", i+1)
		}
		s.share[s.groupOf(i)] += s.weight[i] / float64(len(p.Y))
	}
	s.groups = p.cohorts()
	jobs := s.jobs()
	if len(jobs) == 0 {
		return nil, fmt.Errorf("%w: no cohort has a period before its treatment", ErrNoComparison)
	}
	s.estimate(jobs)
	if len(s.Cells) == 0 {
		return nil, fmt.Errorf("%w: no cohort can be compared: %s", ErrNoComparison, s.Warnings[0])
	}
	return s, nil
}

func (o *StaggeredOptions) defaults(p *Panel) error {
	pickOne := func(v *string, flag string, choices ...string) error {
		if *v == "" {
			*v = choices[0]
		}
		if !slices.Contains(choices, *v) {
			return fmt.Errorf("--%s %q; use one of %v", flag, *v, choices)
		}
		return nil
	}
	never := false
	for i := range p.First {
		never = never || p.never(i)
	}
	if o.Control == "" && !never {
		o.Control = "not-yet"
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if o.Anticipation < 0 {
		return fmt.Errorf("--anticipation %d; it counts periods", o.Anticipation)
	}
	if err := pickOne(&o.Method, "method", "dr", "ipw", "reg"); err != nil {
		return err
	}
	if err := pickOne(&o.Base, "base", "varying", "universal"); err != nil {
		return err
	}
	if err := pickOne(&o.Control, "control", "never", "not-yet"); err != nil {
		return err
	}
	if o.Control == "never" && !never {
		return fmt.Errorf("%w: --control never, and every unit is treated; use not-yet", ErrNoComparison)
	}
	return nil
}

// groupOf is the cohort of unit i, +Inf where it is untreated throughout.
func (s *GroupTime) groupOf(i int) float64 {
	if s.panel.never(i) {
		return math.Inf(1)
	}
	return s.panel.First[i]
}

// A job is one cell to estimate: the positions of its period and its base.
type job struct {
	group   float64
	t, base int
	limit   float64 // comparison units are treated after this; +Inf: never
}

// jobs lists the cells in order of cohort and period.
func (s *GroupTime) jobs() []job {
	p, o := s.panel, s.Options
	var jobs []job
	for _, g := range s.groups {
		before := -1
		for t, when := range p.Times {
			if when+float64(o.Anticipation) < g {
				before = t
			}
		}
		if before < 0 {
			s.Warnings = append(s.Warnings, fmt.Sprintf("cohort %v has no period before its treatment", g))
			continue
		}
		start := 1
		if o.Base == "universal" {
			start = 0
		}
		for t := start; t < len(p.Times); t++ {
			j := job{group: g, t: t, base: before, limit: math.Inf(1)}
			if o.Base == "varying" && p.Times[t] < g {
				j.base = t - 1
			}
			if o.Control == "not-yet" {
				j.limit = p.Times[max(t, j.base)] + float64(o.Anticipation)
			}
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// estimate runs the jobs on all processors; results do not depend on how many.
func (s *GroupTime) estimate(jobs []job) {
	cells := make([]Cell, len(jobs))
	problems := make([]error, len(jobs))
	models := newCellModels(s)
	workers := min(runtime.GOMAXPROCS(0), len(jobs))
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(jobs); i += workers {
				cells[i], problems[i] = models.cell(jobs[i])
			}
		})
	}
	wg.Wait()
	for i, c := range cells {
		if problems[i] != nil {
			s.Warnings = append(s.Warnings, fmt.Sprintf("cohort %v in period %v is left out: %v", c.Group, c.Time, problems[i]))
			continue
		}
		c.StdErr = math.NaN()
		if c.psi != nil {
			c.StdErr = s.stdErr(c.psi)
		}
		s.Cells = append(s.Cells, c)
	}
}

// stdErr is √(Σψ²)/n, with ψ summed over clusters where there are some.
func (s *GroupTime) stdErr(psi []float64) float64 {
	return norm(s.clusterSums(psi)) / float64(s.Units)
}

func (s *GroupTime) clusterSums(psi []float64) []float64 {
	if s.panel.Cluster == nil {
		return psi
	}
	sums := make([]float64, slices.Max(s.panel.Cluster)+1)
	for i, c := range s.panel.Cluster {
		sums[c] += psi[i]
	}
	return sums
}

// PreTrend is the joint Wald test that every effect before treatment is zero.
//
//	W = n·a'V⁻¹a, V = ψ'ψ/n, χ²(cells)
//
// With more than one cell per ten units (or clusters) that statistic is far from χ².
// Then the test is of the event-study averages of the last periods before treatment,
// at most six and at most a tenth of the units, and W is compared as Hotelling's T²:
// W(m−q+1)/(qm) is F(q, m−q+1) for m = n less the number of cohorts, and variances within
// cohorts divide by n_g−1. It is false where there is no period before treatment
// to test.
func (s *GroupTime) PreTrend() (Check, bool) {
	var att []float64
	var psi [][]float64
	for _, c := range s.Cells {
		if c.Time < c.Group-float64(s.Options.Anticipation) && c.psi != nil {
			att, psi = append(att, c.ATT), append(psi, s.clusterSums(c.psi))
		}
	}
	if len(att) == 0 {
		return Check{}, false
	}
	n := len(psi[0])
	if len(att) <= n/10 {
		return preTrend(att, s.covariance(psi), math.Inf(1)), true
	}
	a, err := s.Aggregate(AverageEvent)
	if err != nil {
		return Check{}, false
	}
	cells := len(att)
	att, psi = nil, nil
	for i := len(a.At) - 1; i >= 0 && len(att) < max(1, min(6, n/10)); i-- {
		if a.At[i] < -float64(s.Options.Anticipation) && a.each[i] != nil {
			att, psi = append(att, a.Each[i].Value), append(psi, s.clusterSums(s.inflate(a.each[i])))
		}
	}
	if len(att) == 0 {
		return Check{}, false
	}
	w, q := wald(att, s.covariance(psi))
	c := Check{Name: "pre-trend", Statistic: w, DF: float64(q), P: math.NaN()}
	if rest := n - len(s.share) - q + 1; rest > 0 && q > 0 {
		c.P = distuv.F{D1: float64(q), D2: float64(rest)}.Survival(w * float64(rest) / float64(q*(n-len(s.share))))
	}
	c.Passed = !(c.P < 0.05)
	c.Note = fmt.Sprintf("joint test of the averages of the last %d periods before treatment; %d cells are too many for %d units", q, cells, n)
	return c, true
}

// inflate multiplies ψ by √(n_g/(n_g−1)) within each cohort.
func (s *GroupTime) inflate(psi []float64) []float64 {
	size := map[float64]float64{}
	for i := range psi {
		size[s.groupOf(i)]++
	}
	out := make([]float64, len(psi))
	for i, v := range psi {
		n := size[s.groupOf(i)]
		out[i] = v * math.Sqrt(n/max(n-1, 1))
	}
	return out
}

// covariance is ψ'ψ/n².
func (s *GroupTime) covariance(psi [][]float64) *mat.SymDense {
	k, n := len(psi), float64(s.Units)
	v := mat.NewSymDense(k, nil)
	for a := range k {
		for b := a; b < k; b++ {
			v.SetSym(a, b, dot(psi[a], psi[b])/(n*n))
		}
	}
	return v
}
