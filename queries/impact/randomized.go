package impact

import (
	"fmt"
	"math"
)

// runRandomized compares units that were assigned at random.
//
// Without covariates it is the difference in means with Welch's error. With them it
// is Lin's regression: the covariates are centred at the mean of all and enter by
// themselves and times treatment,
//
//	y = a + τ·D + (x − x̄)'β + D·(x − x̄)'γ
//
// with HC2 errors and Bell and McCaffrey's degrees of freedom (CR2 under --cluster).
// τ is the average effect of assignment. With --instrument, that column is what was
// assigned and --treated what was taken up; the headline is then the effect on those
// who follow their assignment (see [TwoStage]), beside the effect of assignment.
//
// Source: W. Lin, Annals of Applied Statistics 7 (2013) 295–318.
func runRandomized(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	if err := s.need("treated"); err != nil {
		return nil, err
	}
	if err := binary(s.Treated, t.treated, s.Instrument == ""); err != nil {
		return nil, err
	}
	assigned, name := t.treated, s.Treated
	if s.Instrument != "" {
		name = s.Instrument
		if assigned, err = t.frame.Number(s.Instrument); err != nil {
			return nil, err
		}
		if err := binary(s.Instrument, assigned, true); err != nil {
			return nil, err
		}
	}
	kind := "hc2"
	if len(s.Cluster) > 0 {
		kind = "cr2"
	}
	e, err := t.errors(s, kind, "stata")
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Treated = int(sum(assigned))
	r.Control = r.Obs - r.Treated
	r.Estimand = "ATE"
	if r.Treated < 2 || r.Control < 2 {
		return nil, fmt.Errorf("%w: %d assigned and %d not", ErrTooFew, r.Treated, r.Control)
	}
	g, est, err := t.lin(s, t.outcome, assigned, name, e)
	if err != nil {
		return nil, err
	}
	r.regressed(g, e)
	r.headline(est)
	r.Effects = append(r.Effects, newEffect(KindCoefficient, name, est))
	for j, n := range g.Names {
		if n != name {
			r.Effects = append(r.Effects, newEffect(KindCoefficient, n, g.Estimate(j, s.Level)))
		}
	}
	r.balance(s.Covariates, t.x, assigned)
	if s.Instrument != "" {
		return r, t.late(s, r, assigned, est)
	}
	return r, nil
}

// lin regresses y on assignment, with centred covariates and their interactions.
func (t *table) lin(s Spec, y, d []float64, name string, e Errors) (*Regression, Estimate, error) {
	m := Model{Names: []string{name}, X: [][]float64{d}, Y: y, Intercept: true, Weights: t.weights, Fixed: t.fixed}
	var interactions [][]float64
	var names []string
	for j, x := range t.x {
		if constant(x) {
			return nil, Estimate{}, &CollinearError{Column: s.Covariates[j], With: []string{"const"}}
		}
		centre := weightedMean(x, t.weights)
		c, cd := make([]float64, len(x)), make([]float64, len(x))
		for i := range x {
			c[i] = x[i] - centre
			cd[i] = c[i] * d[i]
		}
		m.Names, m.X = append(m.Names, s.Covariates[j]), append(m.X, c)
		names, interactions = append(names, name+":"+s.Covariates[j]), append(interactions, cd)
	}
	m.Names, m.X = append(m.Names, names...), append(m.X, interactions...)
	g, err := Regress(m, e)
	if err != nil {
		return nil, Estimate{}, err
	}
	j := g.Index(name)
	if e.Kind == "hc2" && t.weights == nil {
		if len(t.x) == 0 && len(t.fixed) == 0 {
			g.DF[j] = welchDF(y, d)
		} else {
			g.DF[j] = g.fit.bellMcCaffrey(j + g.skip)
		}
	}
	return g, g.Estimate(j, s.Level), nil
}

// welchDF is Satterthwaite's degrees of freedom of a difference in means.
func welchDF(y, d []float64) float64 {
	var arms [2][]float64
	for i, v := range y {
		arms[int(d[i])] = append(arms[int(d[i])], v)
	}
	e, err := Welch(arms[1], arms[0], 0.95)
	if err != nil {
		return math.NaN()
	}
	return e.DF
}

// bellMcCaffrey is the degrees of freedom of coefficient j under HC2: those of CR2
// with every row a cluster of its own.
func (f *fit) bellMcCaffrey(j int) float64 {
	c := f.direction(j)
	var trace, square float64
	a := make([]float64, f.k)
	s := make([]float64, f.n*f.k)
	for i := range f.n {
		h, qc := 0.0, 0.0
		for l, q := range f.q {
			h += q[i] * q[i]
			qc += q[i] * c[l]
		}
		aa := 0.0
		for l, q := range f.q {
			a[l] = q[i] * qc / math.Sqrt(1-h)
			aa += a[l] * a[l]
			s[i*f.k+l] = a[l]
		}
		zz := qc * qc / (1 - h)
		trace += zz - aa
		square += zz*zz - 2*zz*aa
	}
	m := outer(s, f.k)
	cross := 0.0
	for i := range f.k {
		for l := range f.k {
			cross += m.At(i, l) * m.At(i, l)
		}
	}
	return trace * trace / (square + cross)
}

func weightedMean(x, w []float64) float64 {
	if w == nil {
		return mean(x)
	}
	return dot(x, w) / sum(w)
}
