package impact

import (
	"fmt"
	"math"
	"strings"
)

// runWeighting is [Weighting]: the designs ra, ipw, aipw and ipwra. --covariates are
// those of both models, the propensity is a logit and the default estimand ate.
func runWeighting(s Spec, f *Frame) (*Report, error) {
	t, err := individuals(s, f, "covariates")
	if err != nil {
		return nil, err
	}
	o := WeightingOptions{
		Method: s.Design, Estimand: estimandOr(s, ATE), Level: s.Level, Weights: t.weights,
		Outcome: t.x, OutcomeNames: s.Covariates, Propensity: t.x, PropensityNames: s.Covariates,
	}
	if o.Clusters, err = t.oneCluster(s); err != nil {
		return nil, err
	}
	if err := analyticOnly(s); err != nil {
		return nil, err
	}
	w, err := Weighting(t.outcome, t.treated, o)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = strings.ToUpper(o.Estimand)
	r.Treated, r.Control, r.Clusters = w.Treated, w.Control, w.Clusters
	r.headline(w.Effect)
	for group, name := range []string{"mean if untreated", "mean if treated"} {
		r.Effects = append(r.Effects, newEffect(KindCoefficient, name, w.Means[group]))
	}
	if w.P == nil {
		r.balance(s.Covariates, t.x, t.treated)
	} else {
		r.balanceWeighted(s.Covariates, t.x, t.treated, w.Weights, "weighting")
		r.overlap(MeasureOverlapFor(o.Estimand, w.P, t.treated, w.Weights))
		r.Settings["propensity"] = "logit"
		r.trimming(o.Estimand, w.P)
	}
	r.explainAway(t.outcome, t.treated, w.Effect)
	r.Settings["estimand"], r.Settings["se"], r.Settings["dof"] = o.Estimand, "analytic", "none"
	return r, nil
}

// analyticOnly refuses a standard error that the design does not have.
func analyticOnly(s Spec) error {
	switch s.SE {
	case "", "analytic", "cluster":
		return nil
	}
	return fmt.Errorf("--se %q does not apply to %s; use analytic, or --cluster", s.SE, s.Design)
}

// oneCluster is the codes of --cluster, or nil.
func (t *table) oneCluster(s Spec) ([]int, error) {
	switch len(t.cluster) {
	case 0:
		return nil, nil
	case 1:
		return t.cluster[0].Codes, nil
	}
	return nil, fmt.Errorf("design %s takes one cluster column", s.Design)
}

// MeasureOverlapFor is [MeasureOverlap] with the bounds that matter to an estimand:
// with the effect on the treated it is no harm that some rows would hardly ever be
// treated.
func MeasureOverlapFor(estimand string, p, treated, weights []float64) Overlap {
	low, high := 0.1, 0.9
	switch estimand {
	case ATT:
		low = 0
	case ATC:
		high = 1
	}
	return MeasureOverlap(p, treated, weights, low, high)
}

// overlap adds the overlap check: it fails where more than 5 % of rows lie outside.
func (r *Report) overlap(o Overlap) {
	r.Checks = append(r.Checks, Check{
		Name: "overlap", Statistic: o.Outside, DF: math.NaN(), P: math.NaN(), Passed: o.Outside <= 0.05,
		Note: fmt.Sprintf("propensity %.3f to %.3f among the treated, %.3f to %.3f among the others; %.1f %% of rows outside %g to %g; the weighted groups are worth %.0f and %.0f rows",
			o.TreatedLow, o.TreatedHigh, o.ControlLow, o.ControlHigh, 100*o.Outside, o.Low, o.High, o.EffectiveTreated, o.EffectiveControl),
	})
}

// trimming says which rows the most precise comparison would leave out. It leaves
// out none itself: the effect would be that on other people.
func (r *Report) trimming(estimand string, p []float64) {
	if estimand != ATE {
		return
	}
	alpha, err := TrimBound(p)
	if err != nil || alpha == 0 {
		return
	}
	r.Settings["trim_bound"], r.Settings["trim_rows"] = alpha, len(p)-len(Trimmed(p, alpha))
}
