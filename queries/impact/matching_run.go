package impact

import (
	"fmt"
	"math"
	"strings"
)

// runMatching is [Match] on the rows of a file; the default estimand is att.
//
// --variance sample takes the homoskedastic error and --variance population, the
// default, the heteroskedastic one, as the two are published; --se classical and
// --se hc0 say otherwise.
func runMatching(s Spec, f *Frame) (*Report, error) {
	t, err := individuals(s, f, "covariates")
	if err != nil {
		return nil, err
	}
	if s.Weights != "" || len(s.Cluster) > 0 {
		return nil, fmt.Errorf("design matching takes neither --weights nor --cluster")
	}
	o := MatchOptions{
		Estimand: estimandOr(s, ATT), Neighbours: s.Neighbours, BiasAdjust: s.BiasAdjust, Level: s.Level,
	}
	switch s.Variance {
	case "sample":
		o.Sample, o.Homoskedastic = true, true
	case "", "population":
		s.Variance = "population"
	default:
		return nil, fmt.Errorf("--variance %q; use sample or population", s.Variance)
	}
	switch s.SE {
	case "", "analytic":
	case "classical":
		o.Homoskedastic = true
	case "hc0", "hc1", "hc2", "hc3":
		o.Homoskedastic = false
	default:
		return nil, fmt.Errorf("--se %q does not apply to matching; use classical (one variance) or hc0 (each row its own)", s.SE)
	}
	m, err := Match(t.outcome, t.treated, t.x, s.Covariates, o)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = strings.ToUpper(o.Estimand)
	r.Treated, r.Control = m.Treated, m.Control
	r.headline(m.Effect)
	r.balanceWeighted(s.Covariates, t.x, t.treated, m.Weights, "matching")
	r.explainAway(t.outcome, t.treated, m.Effect)
	r.Settings["neighbours"], r.Settings["bias_adjust"] = max(s.Neighbours, 1), s.BiasAdjust
	r.Settings["metric"], r.Settings["ties"] = "inverse variance", "all"
	r.Settings["variance"], r.Settings["se"] = s.Variance, map[bool]string{true: "homoskedastic", false: "heteroskedastic"}[o.Homoskedastic]
	r.Settings["matches"] = m.Pairs
	return r, nil
}

// individuals reads a table for a comparison of treated and untreated rows.
func individuals(s Spec, f *Frame, flags ...string) (*table, error) {
	if err := s.need(append([]string{"treated"}, flags...)...); err != nil {
		return nil, err
	}
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	return t, binary(s.Treated, t.treated, true)
}

// estimandOr is the estimand asked for, or the design's default.
func estimandOr(s Spec, otherwise string) string {
	if s.Estimand == "" {
		return otherwise
	}
	return strings.ToLower(s.Estimand)
}

// balanceWeighted adds one check per covariate: the standardised difference of the
// weighted means, beside the plain one. A difference above 0.1 fails.
func (r *Report) balanceWeighted(names []string, x [][]float64, treated, weights []float64, how string) {
	for j, b := range WeightedBalances(names, x, treated, weights) {
		plain := Balances(names[j:j+1], x[j:j+1], treated)[0]
		r.Checks = append(r.Checks, Check{
			Name: "balance", Statistic: b.Difference, DF: math.NaN(), P: math.NaN(),
			Passed: math.Abs(b.Difference) <= 0.1,
			Note: fmt.Sprintf("%s: standardised difference %.3f after %s and %.3f before, variance ratio %.2f after and %.2f before",
				b.Name, b.Difference, how, plain.Difference, b.VarianceRatio, plain.VarianceRatio),
		})
	}
}

// explainAway adds the E-values of an effect to the settings.
func (r *Report) explainAway(y, treated []float64, e Estimate) {
	sd := pooledDeviation(y, treated)
	if !(sd > 0) || math.IsNaN(e.StdErr) {
		return
	}
	if point, bound, err := EValueDifference(e.Value/sd, e.StdErr/sd); err == nil {
		r.Settings["e_value"], r.Settings["e_value_bound"] = point, bound
	}
}

// pooledDeviation is the standard deviation within the two groups.
func pooledDeviation(y, treated []float64) float64 {
	var arms [2][]float64
	for i, v := range y {
		arms[int(treated[i])] = append(arms[int(treated[i])], v)
	}
	total, df := 0.0, 0.0
	for _, a := range arms {
		if len(a) > 1 {
			total += variance(a) * float64(len(a)-1)
			df += float64(len(a) - 1)
		}
	}
	return math.Sqrt(total / df)
}
