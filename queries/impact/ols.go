package impact

import (
	"fmt"
	"slices"
)

// runOLS is a linear regression of the outcome on --treated and the covariates. The
// effect is that of --treated, else of the first covariate. Default errors are hc2,
// or cluster under --cluster; the factor is Stata's.
func runOLS(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	names, x := slices.Clone(s.Covariates), slices.Clone(t.x)
	if s.Treated != "" && !slices.Contains(names, s.Treated) {
		names, x = append([]string{s.Treated}, names...), append([][]float64{t.treated}, x...)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("design ols needs --treated or --covariates")
	}
	effect := names[0]
	if s.Treated != "" {
		effect = s.Treated
	}
	kind := "hc2"
	switch {
	case len(s.Cluster) > 0:
		kind = "cluster"
	case len(s.Fixed) > 0 || s.Instrument != "":
		kind = "hc1"
	}
	e, err := t.errors(s, kind, "stata")
	if err != nil {
		return nil, err
	}
	m := Model{Names: names, X: x, Y: t.outcome, Intercept: true, Fixed: t.fixed, Weights: t.weights}
	r := t.report(s)
	r.Estimand = "coefficient of " + effect
	g, err := t.regressOrInstrument(s, m, e, r)
	if err != nil {
		return nil, err
	}
	r.regressed(g, e)
	r.coefficients(g, s.Level)
	r.headline(g.Estimate(g.Index(effect), s.Level))
	if binary(s.Treated, t.treated, true) == nil && s.Treated != "" {
		r.Treated = int(sum(t.treated))
		r.Control = r.Obs - r.Treated
	}
	return r, nil
}

// regressOrInstrument is [Regress], or [TwoStage] under --instrument.
func (t *table) regressOrInstrument(s Spec, m Model, e Errors, r *Report) (*Regression, error) {
	if s.Instrument == "" {
		return Regress(m, e)
	}
	if s.Treated == "" {
		return nil, fmt.Errorf("--instrument needs --treated, the column it instruments")
	}
	z, err := t.frame.Number(s.Instrument)
	if err != nil {
		return nil, err
	}
	g, strength, err := TwoStage(m, []string{s.Treated}, []string{s.Instrument}, [][]float64{z}, e)
	if err != nil {
		return nil, err
	}
	r.Estimand = "LATE"
	r.Settings["instrument"] = s.Instrument
	r.instrument(strength[0])
	return g, nil
}
