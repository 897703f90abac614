package impact

import (
	"fmt"
	"maps"
	"slices"
)

func sortedKeys(m map[float64]bool) []float64 { return slices.Sorted(maps.Keys(m)) }

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
// and CR2 errors by unit with Satterthwaite degrees of freedom. Stata's factor is
// the default for cluster. More than one date is an error: see the staggered design.
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
	name := "treatment"
	return t.twoWay(s, first, t.exposure(first), name, "cr2", "stata")
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
