package impact

import (
	"fmt"
	"math"
)

// runImputation averages imputed effects (see [Impute]) over all treated rows, which
// is the headline, and per period since treatment, cohort and calendar period. Errors
// are those of Borusyak, Jaravel and Spiess, clustered by unit. The pre-trend check
// regresses untreated rows on dummies of the last periods before treatment.
func runImputation(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	switch s.SE {
	case "", "analytic", "cluster":
	default:
		return nil, fmt.Errorf("--se %s does not apply to imputation; it has analytic errors, clustered by unit or --cluster", s.SE)
	}
	first, err := t.adoption(s)
	if err != nil {
		return nil, err
	}
	n := len(t.outcome)
	cohort, treated, untreated := make([]float64, n), make([]bool, n), make([]bool, n)
	for i, c := range t.unit.Codes {
		when := t.time.Values[t.time.Codes[i]]
		cohort[i] = first[c]
		treated[i] = when >= first[c]
		untreated[i] = when < first[c]-float64(s.Anticipation)
	}
	cluster := t.unit
	if len(t.cluster) > 0 {
		cluster = t.cluster[0]
	}
	if cluster.Levels() < 2 {
		return nil, fmt.Errorf("%w: column %q has a single value", ErrOneCluster, cluster.Name)
	}
	if err := t.untreatedVary(s, untreated); err != nil {
		return nil, err
	}
	im, err := Impute(t.outcome, t.x, t.weights, t.unit, t.time.Key, cohort, treated, untreated, cluster)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "ATT, average over treated rows"
	r.Treated, r.Control = t.split(first)
	r.Clusters = cluster.Levels()
	r.Settings["se"], r.Settings["cluster"], r.Settings["anticipation"] = "analytic", cluster.Name, s.Anticipation
	if im.Lost > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d treated rows have no untreated row of their unit or their period and are left out", im.Lost))
	}
	e, v := im.Average(t.equalWeights(im, func(int) bool { return true }), s.Level)
	r.headline(e)
	r.imputationWeights(t, cohort, v)
	r.imputedParts(t, im, cohort, s.Level)
	if c, ok := t.leadTest(s, cohort, untreated, cluster); ok {
		r.Checks = append(r.Checks, c)
	}
	return r, nil
}

// untreatedVary returns a [CollinearError] if a covariate says nothing of its own
// about the untreated rows once unit and period effects are removed.
func (t *table) untreatedVary(s Spec, untreated []bool) error {
	var rows []int
	for i, u := range untreated {
		if u {
			rows = append(rows, i)
		}
	}
	if len(t.x) == 0 || len(rows) == 0 {
		return nil
	}
	unit, time := t.unit.pick(rows), t.time.pick(rows)
	m := Model{Names: s.Covariates, Y: pick(t.outcome, rows), Fixed: []Key{unit, time}}
	for _, x := range t.x {
		m.X = append(m.X, pick(x, rows))
	}
	if t.weights != nil {
		m.Weights = pick(t.weights, rows)
	}
	_, _, err := m.fit(m.Fixed, nil)
	if err != nil {
		return fmt.Errorf("covariates among the untreated: %w", err)
	}
	return nil
}

// equalWeights weighs the imputable treated rows for which keep holds alike, or by
// the weights of rows.
func (t *table) equalWeights(im *Imputed, keep func(i int) bool) []float64 {
	w, total := make([]float64, len(t.outcome)), 0.0
	for i := range w {
		if !math.IsNaN(im.Effects[i]) && keep(i) {
			w[i] = im.model.weight(i)
			total += w[i]
		}
	}
	if total > 0 {
		scale(1/total, w)
	}
	return w
}

// imputedParts lists the averages per event time, cohort and period.
func (r *Report) imputedParts(t *table, im *Imputed, cohort []float64, level float64) {
	when := func(i int) float64 { return t.time.Values[t.time.Codes[i]] }
	part := func(kind, prefix string, of func(i int) float64, label func(float64) string, place func(*Effect, float64)) {
		seen := map[float64]bool{}
		for i := range t.outcome {
			if !math.IsNaN(im.Effects[i]) {
				seen[of(i)] = true
			}
		}
		at := sortedKeys(seen)
		estimates := make([]Estimate, len(at))
		eachIndex(len(at), func(k int) {
			estimates[k], _ = im.Average(t.equalWeights(im, func(i int) bool { return of(i) == at[k] }), level)
		})
		for k, v := range at {
			e := newEffect(kind, prefix+label(v), estimates[k])
			place(&e, v)
			r.Effects = append(r.Effects, e)
		}
	}
	part(KindEvent, "event::", func(i int) float64 { return when(i) - cohort[i] }, formatNumber, func(e *Effect, v float64) { e.EventTime = v })
	part(KindCohort, "cohort::", func(i int) float64 { return cohort[i] }, t.time.Label, func(e *Effect, v float64) { e.Group = v })
	part(KindCalendar, "calendar::", when, t.time.Label, func(e *Effect, v float64) { e.Time = v })
}

// imputationWeights lists how much the outcomes of each cohort count in each period.
func (r *Report) imputationWeights(t *table, cohort, v []float64) {
	sums := map[float64]map[float64]float64{}
	groups := map[float64]bool{}
	for i := range v {
		g := cohort[i]
		groups[g] = true
		if sums[g] == nil {
			sums[g] = map[float64]float64{}
		}
		sums[g][t.time.Values[t.time.Codes[i]]] += v[i]
	}
	for _, g := range sortedKeys(groups) {
		label := "never"
		if !math.IsInf(g, 1) {
			label = t.time.Label(g)
		}
		for _, when := range t.time.Values {
			if w, ok := sums[g][when]; ok {
				r.Weights = append(r.Weights, Weight{Kind: "imputation", Name: fmt.Sprintf("cohort %s in %s", label, t.time.Label(when)), Weight: w})
			}
		}
	}
}

// leadTest regresses untreated rows on dummies of up to four periods before treatment
// and tests them jointly.
func (t *table) leadTest(s Spec, cohort []float64, untreated []bool, cluster Key) (Check, bool) {
	var rows []int
	leads := map[float64]int{}
	earliest := map[float64]bool{}
	for i := range t.outcome {
		if untreated[i] {
			rows = append(rows, i)
			if e := t.time.Values[t.time.Codes[i]] - cohort[i]; !math.IsInf(e, 0) {
				earliest[e] = true
			}
		}
	}
	events := sortedKeys(earliest)
	if len(events) > 0 {
		events = events[1:] // one period must be the base
	}
	events = events[max(0, len(events)-4):]
	if len(events) == 0 {
		return Check{}, false
	}
	m := Model{Y: pick(t.outcome, rows)}
	for j, e := range events {
		leads[e] = j
		m.Names, m.X = append(m.Names, formatNumber(e)), append(m.X, make([]float64, len(rows)))
	}
	for r, i := range rows {
		if j, ok := leads[t.time.Values[t.time.Codes[i]]-cohort[i]]; ok {
			m.X[j][r] = 1
		}
	}
	for j, x := range t.x {
		m.Names, m.X = append(m.Names, s.Covariates[j]), append(m.X, pick(x, rows))
	}
	if t.weights != nil {
		m.Weights = pick(t.weights, rows)
	}
	m.Fixed = []Key{t.unit.pick(rows), t.time.pick(rows)}
	g, err := Regress(m, Errors{Kind: "cluster", Cluster: []Key{cluster.pick(rows)}, DoF: "fixest"})
	if err != nil {
		return Check{}, false
	}
	return preTrend(g.Coef[:len(events)], leading(g.V, len(events)), g.DF[0]), true
}
