package impact

import (
	"fmt"
	"math"
	"strings"
)

// runDRDID is [DRDID] on a panel of two periods. Covariates, weights and clusters
// are those of the first; units without both rows are left out and counted.
func runDRDID(s Spec, f *Frame) (*Report, error) {
	if err := s.need("unit", "time"); err != nil {
		return nil, err
	}
	if err := analyticOnly(s); err != nil {
		return nil, err
	}
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	if n := t.time.Levels(); n != 2 {
		return nil, fmt.Errorf("design drdid compares two periods; column %q has %d: keep the rows of two, or use the staggered design", s.Time, n)
	}
	p, err := t.panel(s, true)
	if err != nil {
		return nil, err
	}
	n := len(p.Y)
	change, treated := make([]float64, n), make([]float64, n)
	for i, y := range p.Y {
		change[i] = y[1] - y[0]
		if p.First[i] <= p.Times[0] && !math.IsInf(p.First[i], -1) {
			return nil, fmt.Errorf("unit %s is treated in both periods; there is no before", t.unit.Labels[i])
		}
		if p.First[i] <= p.Times[1] {
			treated[i] = 1
		}
	}
	o := DRDIDOptions{Method: s.Method, Names: s.Covariates, Weights: p.Weights, Clusters: p.Cluster, Level: s.Level}
	for _, x := range p.X {
		before := make([]float64, n)
		for i := range before {
			before[i] = x[i][0]
		}
		o.X = append(o.X, before)
	}
	d, err := DRDID(change, treated, o)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.doublyRobust(s, d, o, treated)
	return r, nil
}

// runDRDIDCross is [DRDIDCross]: rows of two cross-sections, told apart by --post or
// by a --time of two periods.
func runDRDIDCross(s Spec, f *Frame) (*Report, error) {
	if err := analyticOnly(s); err != nil {
		return nil, err
	}
	s.Unit = "" // rows are different units
	t, err := individuals(s, f)
	if err != nil {
		return nil, err
	}
	post := t.post
	if post == nil {
		if s.Time == "" || t.time.Levels() != 2 {
			return nil, fmt.Errorf("design drdid-rc needs --post, or --time with two periods")
		}
		post = make([]float64, len(t.outcome))
		for i, c := range t.time.Codes {
			post[i] = float64(c)
		}
	}
	o := DRDIDOptions{Method: s.Method, X: t.x, Names: s.Covariates, Weights: t.weights, Level: s.Level}
	if o.Clusters, err = t.oneCluster(s); err != nil {
		return nil, err
	}
	d, err := DRDIDCross(t.outcome, post, t.treated, o)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Periods = 2
	r.doublyRobust(s, d, o, t.treated)
	return r, nil
}

// doublyRobust adds what both designs say.
func (r *Report) doublyRobust(s Spec, d *DRDIDResult, o DRDIDOptions, treated []float64) {
	r.Estimand = strings.ToUpper(ATT)
	r.Treated, r.Control, r.Clusters = d.Treated, d.Control, d.Clusters
	r.headline(d.Effect)
	if d.P == nil {
		r.balance(s.Covariates, o.X, treated)
	} else {
		weights := make([]float64, len(treated))
		for i, p := range d.P {
			weights[i] = 1
			if treated[i] == 0 {
				weights[i] = p / (1 - p)
				if p >= trimAbove {
					weights[i] = 0
				}
			}
			if o.Weights != nil {
				weights[i] *= o.Weights[i]
			}
		}
		r.balanceWeighted(s.Covariates, o.X, treated, weights, "weighting")
		r.overlap(MeasureOverlapFor(ATT, d.P, treated, weights))
	}
	if d.Trimmed > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d untreated rows with a propensity of %g or more were left out of the comparison", d.Trimmed, trimAbove))
	}
	r.Settings["method"] = s.Method
	if s.Method == "" {
		r.Settings["method"] = MethodDR
	}
	r.Settings["se"], r.Settings["dof"] = "analytic", "none"
}
