package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// An Adoption is a balanced panel whose units are treated from different periods
// on.
type Adoption struct {
	Y     [][]float64 // per unit, one value per period
	First []int       // per unit, the first treated period; the number of periods or more is never
}

// A CohortEffect is the effect on the units first treated in one period.
type CohortEffect struct {
	First   int // period
	Units   []int
	Weight  float64 // in the overall effect
	Result  *SyntheticDiDResult
	Periods int // treated periods
}

// A StaggeredSDID is synthetic difference in differences by cohort.
type StaggeredSDID struct {
	Effect   Estimate
	Cohorts  []CohortEffect
	Control  []int // the units that are never treated, in order; Result.Omega weighs them
	Placebos []float64
	Draws    int // placebos, bootstrap samples or units left out that the error rests on
}

// SDIDErrorOptions say how [StaggeredSyntheticDiD] finds its standard error.
type SDIDErrorOptions struct {
	// Kind is placebo (the default), jackknife, bootstrap or none.
	Kind  string
	Draws int     // 0: 200; placebos of a single treated unit use every untreated unit once
	Seed  uint64  // 0: 1
	Level float64 // 0: 0.95
}

// StaggeredSyntheticDiD estimates the average effect on the treated where units are
// treated from one date or from several: each cohort against the never-treated by
// [SyntheticDiD], averaged.
//
//	τ = Σ_g τ_g N_g T_g / Σ_g N_g T_g      N_g units, T_g treated periods
//
// Standard errors, with the normal distribution but for placebo, whose spread is known
// from N₀ units only and which takes t(N₀ − 1) (the normal covers 91 % with 24):
//
//	placebo    √((R−1)/R)·sd of the estimate with untreated units in the place of the
//	           treated: all of them once where there is one treated unit
//	jackknife  √((n−1)/n Σ(τ₍ᵢ₎ − τ̄)²), a unit left out and ω renormalised, λ fixed
//	bootstrap  √((R−1)/R)·sd over samples of units with replacement, which need an
//	           untreated unit and a treated one
//
// Placebo assumes that treated and untreated units vary alike, jackknife and
// bootstrap need two or more treated units (in each cohort, for the jackknife). Draws
// are taken from units in the order given, with the seed.
//
// It returns the errors of SyntheticDiD, and ErrTooFew where the error asked for
// needs more units.
//
// Source: D. Arkhangelsky et al., American Economic Review 111 (2021) 4088–4118,
// algorithms 2–4 and appendix A; D. Clarke, D. Pailañir, S. Athey & G. Imbens, Stata
// Journal 24 (2024) 557–598 on several dates.
func StaggeredSyntheticDiD(a Adoption, o SDIDOptions, e SDIDErrorOptions) (*StaggeredSDID, error) {
	if len(a.Y) == 0 || len(a.First) != len(a.Y) {
		return nil, fmt.Errorf("%w: %d units with %d first treated periods", ErrTooFew, len(a.Y), len(a.First))
	}
	if e.Level == 0 {
		e.Level = 0.95
	}
	if e.Seed == 0 {
		e.Seed = 1
	}
	if e.Draws == 0 {
		e.Draws = 200
	}
	p := &staggeredPanel{a: a, o: o, periods: len(a.Y[0])}
	units := make([]int, len(a.Y))
	for i := range units {
		units[i] = i
	}
	out, err := p.estimate(units, a.First)
	if err != nil {
		return nil, err
	}
	value, se := out.Effect.Value, math.NaN()
	switch e.Kind {
	case "", "placebo":
		se, err = p.placebo(out, e)
	case "jackknife":
		se, err = p.jackknife(out)
	case "bootstrap":
		se, err = p.bootstrap(out, e)
	case "none":
	default:
		err = fmt.Errorf("no standard error %q; there are placebo, jackknife, bootstrap, none", e.Kind)
	}
	if err != nil {
		return nil, err
	}
	df := math.Inf(1)
	if e.Kind == "" || e.Kind == "placebo" {
		df = float64(len(out.Control) - 1)
	}
	out.Effect = NewEstimate(value, se, df, e.Level)
	return out, nil
}

// A staggeredPanel estimates on any list of units of one panel.
type staggeredPanel struct {
	a       Adoption
	o       SDIDOptions
	periods int
}

// estimate uses the units listed, which may repeat, with first treated periods by
// place in the list.
func (p *staggeredPanel) estimate(units, first []int) (*StaggeredSDID, error) {
	out := &StaggeredSDID{}
	var control [][]float64
	cohorts := map[int][]int{}
	for k, i := range units {
		if first[k] >= p.periods {
			out.Control, control = append(out.Control, i), append(control, p.a.Y[i])
		} else {
			cohorts[first[k]] = append(cohorts[first[k]], i)
		}
	}
	if len(cohorts) == 0 {
		return nil, fmt.Errorf("%w: no treated unit", ErrTooFew)
	}
	dates := make([]int, 0, len(cohorts))
	for g := range cohorts {
		dates = append(dates, g)
	}
	slices.Sort(dates)
	total := 0.0
	for _, g := range dates {
		b := Block{Y: slices.Clone(control), Control: len(control), Before: g}
		for _, i := range cohorts[g] {
			b.Y = append(b.Y, p.a.Y[i])
		}
		r, err := SyntheticDiD(b, p.o)
		if err != nil {
			return nil, err
		}
		c := CohortEffect{First: g, Units: cohorts[g], Result: r, Periods: p.periods - g}
		c.Weight = float64(len(c.Units) * c.Periods)
		total += c.Weight
		out.Cohorts = append(out.Cohorts, c)
	}
	for k := range out.Cohorts {
		out.Cohorts[k].Weight /= total
		out.Effect.Value += out.Cohorts[k].Weight * out.Cohorts[k].Result.Effect
	}
	return out, nil
}

// treated counts the treated units.
func (s *StaggeredSDID) treated() int {
	n := 0
	for _, c := range s.Cohorts {
		n += len(c.Units)
	}
	return n
}

// placebo gives untreated units the dates of the treated.
func (p *staggeredPanel) placebo(s *StaggeredSDID, e SDIDErrorOptions) (float64, error) {
	n0, n1 := len(s.Control), s.treated()
	if n0 < n1+2 {
		return 0, fmt.Errorf("%w: placebo errors need more untreated than treated units, and two left over: %d and %d", ErrTooFew, n0, n1)
	}
	var dates []int
	for _, c := range s.Cohorts {
		for range c.Units {
			dates = append(dates, c.First)
		}
	}
	var orders [][]int
	if n1 == 1 {
		for j := range n0 {
			orders = append(orders, append([]int{j}, without(indices(n0), j)...))
		}
	} else {
		r := rand.New(rand.NewPCG(e.Seed, 0))
		for range e.Draws {
			orders = append(orders, r.Perm(n0))
		}
	}
	s.Placebos = make([]float64, len(orders))
	failed := make([]error, len(orders))
	one := p.placeboOf(s, dates)
	eachIndex(len(orders), func(k int) {
		s.Placebos[k], failed[k] = one(orders[k])
	})
	return spread(s, s.Placebos, failed)
}

// placeboOf estimates with the first of the untreated units in an order in the place
// of the treated, whose dates are given.
func (p *staggeredPanel) placeboOf(s *StaggeredSDID, dates []int) func(order []int) (float64, error) {
	n0, n1 := len(s.Control), len(dates)
	if n0 > engineLimit || p.o.Exact {
		return func(order []int) (float64, error) {
			units, first := pick(s.Control, order), make([]int, n0)
			slices.Sort(units[n1:])
			for i := range first {
				first[i] = p.periods
				if i < n1 {
					first[i] = dates[i]
				}
			}
			r, err := p.estimate(units, first)
			if err != nil {
				return 0, err
			}
			return r.Effect.Value, nil
		}
	}
	o := p.o
	if o.Method == "" {
		o.Method = "sdid"
	}
	engines := make([]*placeboEngine, len(s.Cohorts))
	for g, c := range s.Cohorts {
		engines[g] = newPlaceboEngine(pick(p.a.Y, s.Control), c.First, o)
	}
	return func(order []int) (float64, error) {
		out := make([]bool, n0)
		for _, i := range order[:n1] {
			out[i] = true
		}
		value, from := 0.0, 0
		for g, c := range s.Cohorts {
			treated := order[from : from+len(c.Units)]
			from += len(treated)
			effect, err := engines[g].estimate(treated, out)
			if err != nil {
				return 0, err
			}
			value += c.Weight * effect
		}
		return value, nil
	}
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// spread is √((R−1)/R)·sd, the standard deviation with R below.
func spread(s *StaggeredSDID, draws []float64, failed []error) (float64, error) {
	for _, err := range failed {
		if err != nil {
			return 0, err
		}
	}
	s.Draws = len(draws)
	if len(draws) < 2 {
		return 0, fmt.Errorf("%w: %d draws for a standard error", ErrTooFew, len(draws))
	}
	n := float64(len(draws))
	return math.Sqrt((n - 1) / n * variance(draws)), nil
}

// jackknife leaves out one unit at a time and keeps the weights.
func (p *staggeredPanel) jackknife(s *StaggeredSDID) (float64, error) {
	for _, c := range s.Cohorts {
		if len(c.Units) < 2 {
			return 0, fmt.Errorf("%w: the jackknife needs two treated units with each date; one has %d", ErrTooFew, len(c.Units))
		}
	}
	var draws []float64
	for k := range s.Control {
		value := 0.0
		for _, c := range s.Cohorts {
			left := 1 - c.Result.Omega[k]
			if left <= 1e-12 {
				return 0, fmt.Errorf("%w: one untreated unit has all the weight; the jackknife cannot leave it out", ErrTooFew)
			}
			gap := p.average(c.Units)
			for i, u := range s.Control {
				if i != k {
					axpy(-c.Result.Omega[i]/left, p.a.Y[u], gap)
				}
			}
			value += c.Weight * contrast(gap, c.Result.Lambda)
		}
		draws = append(draws, value)
	}
	for g := range s.Cohorts {
		for k := range s.Cohorts[g].Units {
			value, total := 0.0, 0.0
			for h, c := range s.Cohorts {
				units := c.Units
				if h == g {
					units = without(units, k)
				}
				gap := p.average(units)
				for i, u := range s.Control {
					axpy(-c.Result.Omega[i], p.a.Y[u], gap)
				}
				w := float64(len(units) * c.Periods)
				total += w
				value += w * contrast(gap, c.Result.Lambda)
			}
			draws = append(draws, value/total)
		}
	}
	s.Draws = len(draws)
	n := float64(len(draws))
	return math.Sqrt((n - 1) / n * (n - 1) * variance(draws)), nil
}

// average is the mean of some units per period.
func (p *staggeredPanel) average(units []int) []float64 {
	out := make([]float64, p.periods)
	for _, u := range units {
		axpy(1/float64(len(units)), p.a.Y[u], out)
	}
	return out
}

// contrast is the mean after treatment less the λ-weighted mean before.
func contrast(gap, lambda []float64) float64 {
	t0 := len(lambda)
	return mean(gap[t0:]) - dot(lambda, gap[:t0])
}

// bootstrap estimates on samples of units.
func (p *staggeredPanel) bootstrap(s *StaggeredSDID, e SDIDErrorOptions) (float64, error) {
	if s.treated() < 2 {
		return 0, fmt.Errorf("%w: the bootstrap needs two or more treated units; use placebo", ErrTooFew)
	}
	n := len(p.a.Y)
	r := rand.New(rand.NewPCG(e.Seed, 0))
	samples := make([][]int, 0, e.Draws)
	for tries := 0; len(samples) < e.Draws; tries++ {
		if tries > 100*e.Draws {
			return 0, fmt.Errorf("%w: too few bootstrap samples hold treated and untreated units", ErrTooFew)
		}
		units := make([]int, n)
		control, treated := 0, 0
		for i := range units {
			units[i] = r.IntN(n)
			if p.a.First[units[i]] >= p.periods {
				control++
			} else {
				treated++
			}
		}
		if control < 2 || treated == 0 {
			continue
		}
		slices.Sort(units)
		samples = append(samples, units)
	}
	draws, failed := make([]float64, len(samples)), make([]error, len(samples))
	eachIndex(len(samples), func(k int) {
		got, err := p.estimate(samples[k], pick(p.a.First, samples[k]))
		if failed[k] = err; err == nil {
			draws[k] = got.Effect.Value
		}
	})
	return spread(s, draws, failed)
}
