package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// TwoStage estimates a regression in which the columns named endogenous are explained
// by as many instruments or more, by two-stage least squares.
//
//	X̂ = Z(Z'Z)⁻¹Z'X    b = (X̂'X̂)⁻¹X̂'y    u = y − Xb
//
// Errors are those of [Regress] with scores x̂u. Instruments are the excluded ones;
// the other columns of m instrument themselves. With one binary instrument and one
// binary endogenous column, b is the average effect on those who follow their
// assignment (LATE), if assignment acts through take-up alone and nobody defies it.
//
// It also returns the first-stage F of each endogenous column. It returns an error if
// there are fewer instruments than endogenous columns or one explains nothing.
//
// Source: G. Imbens and J. Angrist, Econometrica 62 (1994) 467–475.
func TwoStage(m Model, endogenous []string, instruments []string, z [][]float64, e Errors) (*Regression, []float64, error) {
	if len(instruments) < len(endogenous) {
		return nil, nil, fmt.Errorf("%d instruments for %d endogenous columns", len(instruments), len(endogenous))
	}
	if err := m.validate(); err != nil {
		return nil, nil, err
	}
	at := map[string]int{}
	for j, n := range m.Names {
		at[n] = j
	}
	first := Model{Intercept: m.Intercept, Fixed: m.Fixed, Weights: m.Weights}
	for j, n := range m.Names {
		if !contains(endogenous, n) {
			first.Names, first.X = append(first.Names, n), append(first.X, m.X[j])
		}
	}
	exogenous := len(first.Names)
	first.Names, first.X = append(first.Names, instruments...), append(first.X, z...)
	second := m
	second.X = append([][]float64(nil), m.X...)
	strength := make([]float64, len(endogenous))
	for i, n := range endogenous {
		j, ok := at[n]
		if !ok {
			return nil, nil, fmt.Errorf("no endogenous column %q", n)
		}
		first.Y = m.X[j]
		g, err := Regress(first, Errors{Kind: "hc1"})
		if err != nil {
			return nil, nil, fmt.Errorf("first stage of %q: %w", n, err)
		}
		var rows []int
		for _, name := range first.Names[exogenous:] {
			rows = append(rows, g.Index(name))
		}
		w, q := wald(pick(g.Coef, rows), submatrix(g.V, rows))
		strength[i] = w / float64(q)
		fitted := make([]float64, len(first.Y))
		for r := range fitted {
			fitted[r] = first.Y[r] - g.Resid[r]
		}
		second.X[j] = fitted
	}
	absorbed, dummies, err := second.arrange(e)
	if err != nil {
		return nil, nil, err
	}
	f, skip, err := second.fit(absorbed, dummies)
	if err != nil {
		return nil, nil, err
	}
	r := &Regression{Names: f.names[skip:], Coef: f.coef[skip:], Obs: f.n, Kind: e.Kind, fit: f, skip: skip, Params: m.params(m.Fixed)}
	if err := r.structural(m, second, absorbed); err != nil {
		return nil, nil, err
	}
	if e.Kind == "wild-cluster" {
		return nil, nil, fmt.Errorf("wild-cluster errors do not apply with an instrument; use cluster or cr2")
	}
	if err := r.infer(m, e, absorbed); err != nil {
		return nil, nil, err
	}
	return r, strength, nil
}

// structural replaces the residuals of the second stage, y − X̂b, by y − Xb.
func (r *Regression) structural(m, second Model, absorbed []Key) error {
	f, root := r.fit, m.roots()
	a, err := newAbsorber(absorbed, m.Weights)
	if err != nil {
		return err
	}
	for j := range m.X {
		b := f.coef[f.k-len(m.X)+j]
		d := make([]float64, f.n)
		for i := range d {
			d[i] = m.X[j][i] - second.X[j][i]
		}
		a.remove(d)
		axpy(-b, scaled(d, root), f.resid)
	}
	f.rss = dot(f.resid, f.resid)
	r.Resid = m.unscale(f.resid)
	return nil
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// late replaces the headline of a randomised design by the effect on those who follow
// their assignment; itt is the effect of assignment.
func (t *table) late(s Spec, r *Report, assigned []float64, itt Estimate) error {
	m := Model{
		Names: append([]string{s.Treated}, s.Covariates...), X: append([][]float64{t.treated}, t.x...),
		Y: t.outcome, Intercept: true, Fixed: t.fixed, Weights: t.weights,
	}
	kind := "hc2"
	if len(s.Cluster) > 0 {
		kind = "cr2"
	}
	e, err := t.errors(s, kind, "stata")
	if err != nil {
		return err
	}
	g, strength, err := TwoStage(m, []string{s.Treated}, []string{s.Instrument}, [][]float64{assigned}, e)
	if err != nil {
		return err
	}
	r.Effects = nil
	r.coefficients(g, s.Level)
	itted := newEffect(KindCoefficient, "itt", itt)
	r.Effects = append(r.Effects, itted)
	r.headline(g.Estimate(g.Index(s.Treated), s.Level))
	r.Estimand = "LATE"
	r.instrument(strength[0])
	r.Settings["instrument"] = s.Instrument
	return nil
}

// instrument adds the check that the first stage is strong enough.
func (r *Report) instrument(f float64) {
	c := Check{Name: "weak-instrument", Statistic: f, DF: 1, P: math.NaN(), Passed: f >= 10, Note: "first-stage F, heteroskedasticity-robust; below 10 the interval is not to be trusted"}
	if !math.IsNaN(f) && !math.IsInf(f, 0) {
		c.P = distuv.ChiSquared{K: 1}.Survival(f)
	}
	r.Checks = append(r.Checks, c)
}
