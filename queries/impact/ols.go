package impact

import (
	"fmt"
	"slices"
)

// runOLS is a linear regression of the outcome on --treated and the covariates. The
// effect is that of --treated, else of the first covariate. Default errors are hc2,
// or cluster under --cluster; the factor is Stata's. Under --family poisson or
// quasi-poisson it is a regression of counts on logarithms of rates, with --offset the
// exposure.
func runOLS(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f, s.Offset)
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
	if familyOf(s) != "gaussian" {
		return t.countRegression(s, names, x, effect)
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

// countRegression is the regression of counts.
func (t *table) countRegression(s Spec, names []string, x [][]float64, effect string) (*Report, error) {
	if s.Family != "poisson" && s.Family != "quasi-poisson" {
		return nil, fmt.Errorf("--family %q; use gaussian, poisson or quasi-poisson", s.Family)
	}
	if len(s.Fixed) > 0 || s.Instrument != "" || s.Weights != "" || s.SE != "" {
		return nil, fmt.Errorf("--family %s takes no --fe, --instrument, --weights or --se", s.Family)
	}
	var exposure []float64
	var err error
	if s.Offset != "" {
		if exposure, err = t.frame.Number(s.Offset); err != nil {
			return nil, err
		}
	}
	names = append([]string{"const"}, names...)
	c, err := Poisson(t.outcome, exposure, append([][]float64{ones(len(t.outcome))}, x...), names, s.Family == "quasi-poisson")
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "coefficient of " + effect + ", a logarithm of a rate ratio"
	r.Settings["se"], r.Settings["family"], r.Settings["dispersion"] = "model", s.Family, c.Dispersion
	for _, name := range names {
		e := c.Combine(unitVector(names, name), s.Level)
		r.Effects = append(r.Effects, newEffect(KindCoefficient, name, e))
		if name == effect {
			r.headline(e)
		}
	}
	r.Effects = append(r.Effects, newEffect(KindCoefficient, "rate ratio", r.Effect.Ratio()))
	return r, nil
}
