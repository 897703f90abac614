package impact

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

func sortedKeys(m map[float64]bool) []float64 { return slices.Sorted(maps.Keys(m)) }

// manyClusters is the number above which clustered errors need no correction.
const manyClusters = 500

// runDiD is difference in differences with one date.
//
// With --post, it is the two-by-two regression
//
//	y = a + b·treated + c·post + τ·treated·post + x'γ
//
// whose τ without covariates is the difference of the differences of four means;
// errors are hc2, or cr2 by unit where --unit is given. Otherwise it has unit and
// time effects,
//
//	y_it = aᵢ + λₜ + τ·D_it + x'γ
//
// and CR2 errors by unit with Satterthwaite degrees of freedom; above 500 units plain
// clustered errors, which are then the same. Stata's factor is the default for
// cluster. More than one date is an error: see the staggered design.
//
// The estimand is the average effect on the treated after treatment, if the treated
// would have moved in parallel with the others.
func runDiD(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	if s.Post == "" {
		return t.panelDiD(s)
	}
	if err := s.need("treated"); err != nil {
		return nil, err
	}
	if err := binary(s.Treated, t.treated, true); err != nil {
		return nil, err
	}
	if err := binary(s.Post, t.post, true); err != nil {
		return nil, err
	}
	var cells [2][2]int
	product := make([]float64, len(t.outcome))
	for i := range product {
		product[i] = t.treated[i] * t.post[i]
		cells[int(t.treated[i])][int(t.post[i])]++
	}
	for d, row := range cells {
		for p, n := range row {
			if n == 0 {
				return nil, fmt.Errorf("%w: no row has %s = %d and %s = %d", ErrNoComparison, s.Treated, d, s.Post, p)
			}
		}
	}
	name := s.Treated + ":" + s.Post
	m := Model{
		Names:     append([]string{s.Treated, s.Post, name}, s.Covariates...),
		X:         append([][]float64{t.treated, t.post, product}, t.x...),
		Y:         t.outcome,
		Intercept: true, Weights: t.weights,
	}
	kind := "hc2"
	if len(s.Cluster) > 0 || s.Unit != "" {
		kind = "cr2"
	}
	e, err := t.errors(s, kind, "stata")
	if err != nil {
		return nil, err
	}
	g, err := Regress(m, e)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "ATT"
	r.Treated, r.Control = cells[1][0]+cells[1][1], cells[0][0]+cells[0][1]
	r.regressed(g, e)
	r.coefficients(g, s.Level)
	r.headline(g.Estimate(g.Index(name), s.Level))
	return r, nil
}

// panelDiD is the regression with unit and time effects and one date.
func (t *table) panelDiD(s Spec) (*Report, error) {
	first, err := t.adoption(s)
	if err != nil {
		return nil, err
	}
	if dates := t.cohorts(first); len(dates) > 1 {
		return nil, fmt.Errorf("design did needs one date of treatment and there are %d (%s, %s, …): use staggered", len(dates), t.time.Label(dates[0]), t.time.Label(dates[1]))
	}
	kind := "cr2"
	if t.unit.Levels() > manyClusters {
		kind = "cluster" // no different with so many, and CR2 takes minutes
	}
	r, err := t.twoWay(s, first, t.exposure(first), "treatment", kind, "stata")
	if err != nil {
		return nil, err
	}
	t.fewTreated(r, first)
	r.Checks = append(r.Checks, t.eventChecks(s)...)
	if len(s.Sensitivity) > 0 {
		study := s
		study.Design, study.SE, study.PlaceboTime, study.Expand = "event-study", "", "", false
		e, err := Run(study, t.frame)
		if err != nil {
			return nil, err
		}
		for _, c := range e.Checks {
			if strings.HasPrefix(c.Name, "sensitivity-") {
				r.Checks = append(r.Checks, c)
			}
		}
	}
	if s.PlaceboTime != "" {
		return r, t.placeboDate(s, first, r)
	}
	return r, nil
}

// fewTreated warns where clustered errors rest on few treated units.
func (t *table) fewTreated(r *Report, first []float64) {
	treated, control := t.split(first)
	if n := min(treated, control); n < 6 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d treated and %d comparison units: with so few of a side, a permutation test is the one to trust", treated, control))
	}
}

// eventChecks are the pre-trend checks of the event study beside an estimate; none
// where the panel has too few periods before, or too many rows for dummies.
func (t *table) eventChecks(s Spec) []Check {
	if k := float64(t.time.Levels()); float64(len(t.outcome))*k*k > 4e9 {
		return nil // minutes of work: staggered does it by cohorts
	}
	s.Design, s.SE, s.PlaceboTime, s.Sensitivity, s.Expand = "event-study", "", "", nil, false
	r, err := Run(s, t.frame)
	if err != nil {
		return nil
	}
	var checks []Check
	for _, c := range r.Checks {
		if c.Name == "pre-trend" || c.Name == "pre-trend-power" {
			checks = append(checks, c)
		}
	}
	return checks
}

// placeboDate pretends that the units were treated at --placebo-time, with the periods
// before the first true date alone.
func (t *table) placeboDate(s Spec, first []float64, r *Report) error {
	at, err := t.time.Value(s.PlaceboTime)
	if err != nil {
		return fmt.Errorf("--placebo-time: %w", err)
	}
	start := t.cohorts(first)[0]
	if at >= start {
		return fmt.Errorf("--placebo-time %s is not before the treatment in %s", s.PlaceboTime, t.time.Label(start))
	}
	end := t.time.Values[t.time.Levels()-1]
	var rows []int
	var d []float64
	for i, c := range t.unit.Codes {
		when := t.time.Values[t.time.Codes[i]]
		if when >= start {
			continue
		}
		rows = append(rows, i)
		v := 0.0
		if first[c] <= end && when >= at {
			v = 1
		}
		d = append(d, v)
	}
	p := &table{frame: t.frame.pick(rows)}
	if err := p.fill(s); err != nil {
		return fmt.Errorf("--placebo-time %s: %w", s.PlaceboTime, err)
	}
	kind := "cr2"
	if p.unit.Levels() > manyClusters {
		kind = "cluster"
	}
	s.PlaceboTime = ""
	placebo, err := p.twoWay(s, nil, d, "placebo", kind, "stata")
	if err != nil {
		return fmt.Errorf("placebo date: %w", err)
	}
	r.placebo(*placebo.Effect, at, fmt.Sprintf("as if treated in %s, before %s only: %.4g", t.time.Label(at), t.time.Label(start), placebo.Effect.Value))
	return nil
}

// placebo adds an effect that should be zero, and its check.
func (r *Report) placebo(e Estimate, at float64, note string) {
	p := newEffect(KindPlacebo, "placebo date", e)
	p.Time = at
	r.Effects = append(r.Effects, p)
	r.Checks = append(r.Checks, Check{Name: "placebo-time", Statistic: e.Value, DF: e.DF, P: e.P, Passed: !(e.P < 1-e.Level), Note: note, Lo: e.Lo, Hi: e.Hi})
}

// twoWay regresses the outcome on d with unit and time effects.
func (t *table) twoWay(s Spec, first, d []float64, name, kind, dof string) (*Report, error) {
	if constant(d) {
		return nil, fmt.Errorf("%w: treatment is %v in every row", ErrNoComparison, d[0])
	}
	e, err := t.errors(s, kind, dof)
	if err != nil {
		return nil, err
	}
	fixed := t.fixed
	if len(fixed) == 0 {
		fixed = []Key{t.unit, t.time.Key}
	}
	m := Model{
		Names: append([]string{name}, s.Covariates...), X: append([][]float64{d}, t.x...),
		Y: t.outcome, Fixed: fixed, Weights: t.weights,
	}
	g, err := Regress(m, e)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "ATT"
	if first != nil {
		r.Treated, r.Control = t.split(first)
	}
	r.regressed(g, e)
	r.coefficients(g, s.Level)
	r.headline(g.Estimate(0, s.Level))
	return r, nil
}
