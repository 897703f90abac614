package impact

import (
	"fmt"
	"math"
	"slices"
)

// An interaction is one cohort × event-time dummy of [runSunAbraham].
type interaction struct {
	cohort, event float64
	weight        float64 // rows, or their weights
}

// runSunAbraham is the interaction-weighted event study: one dummy per cohort and
// period since treatment, −1 left out,
//
//	y_it = aᵢ + λₜ + Σ_g Σ_{e≠−1} δ_ge·1{gᵢ = g}·1{t − g = e} + x'γ
//
// whose δ_ge are averaged by the share of each cohort's rows: per e over cohorts
// (event), per cohort over e ≥ 0 (cohort), and over all e ≥ 0, the headline. Errors
// are clustered by unit with fixest's factor; the shares count as known. Units treated
// in the first period are left out. Without never-treated units the last cohort is the
// comparison, and the periods from its treatment on are left out.
//
// Source: L. Sun and S. Abraham, J. Econometrics 225 (2021) 175–199.
func runSunAbraham(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	first, err := t.sunAbrahamSample(s)
	if err != nil {
		return nil, err
	}
	reference := -1.0
	if s.Reference != nil {
		reference = float64(*s.Reference)
	}
	if err := tooWide(len(t.cohorts(first))*t.time.Levels(), len(t.outcome)); err != nil {
		return nil, err
	}
	terms, columns := t.interactions(first, reference)
	if len(terms) == 0 {
		return nil, fmt.Errorf("%w: no cohort has a period besides %v", ErrNoComparison, reference)
	}
	e, err := t.errors(s, "cluster", "fixest")
	if err != nil {
		return nil, err
	}
	fixed := t.fixed
	if len(fixed) == 0 {
		fixed = []Key{t.unit, t.time.Key}
	}
	m := Model{Y: t.outcome, Fixed: fixed, Weights: t.weights}
	for j, k := range terms {
		m.Names = append(m.Names, fmt.Sprintf("cohort %s × event %v", t.time.Label(k.cohort), k.event))
		m.X = append(m.X, columns[j])
	}
	m.Names, m.X = append(m.Names, s.Covariates...), append(m.X, t.x...)
	g, err := Regress(m, e)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "ATT, average over treated rows"
	r.Treated, r.Control = t.split(first)
	r.Settings["reference"] = reference
	r.regressed(g, e)
	for j := range s.Covariates {
		r.Effects = append(r.Effects, newEffect(KindCoefficient, s.Covariates[j], g.Estimate(len(terms)+j, s.Level)))
	}
	return r, r.interactionWeighted(s, t, g, terms)
}

// sunAbrahamSample leaves out always-treated units and, without never-treated ones,
// the periods in which nobody is untreated.
func (t *table) sunAbrahamSample(s Spec) ([]float64, error) {
	first, err := t.adoption(s)
	if err != nil {
		return nil, err
	}
	start := t.time.Values[0]
	cohorts := t.cohorts(first)
	_, control := t.split(first)
	until := math.Inf(1)
	if control == 0 && len(cohorts) > 0 {
		until = cohorts[len(cohorts)-1]
		t.warnings = append(t.warnings, fmt.Sprintf("every unit is treated: the last cohort, %s, is the comparison and the periods from it on are left out", t.time.Label(until)))
	}
	var keep []int
	for i, c := range t.unit.Codes {
		if first[c] > start && t.time.Values[t.time.Codes[i]] < until {
			keep = append(keep, i)
		}
	}
	if len(keep) == len(t.outcome) {
		return first, nil
	}
	if err := t.subset(s, keep, "unit treated from the first period, or period without a comparison"); err != nil {
		return nil, err
	}
	return t.adoption(s)
}

// interactions makes one column per cohort and period since treatment.
func (t *table) interactions(first []float64, reference float64) ([]interaction, [][]float64) {
	var terms []interaction
	var columns [][]float64
	for _, g := range t.cohorts(first) {
		at := map[float64]int{}
		for _, v := range t.time.Values {
			if e := v - g; e != reference {
				at[e] = -1
			}
		}
		events := make([]float64, 0, len(at))
		for e := range at {
			events = append(events, e)
		}
		slices.Sort(events)
		for i, c := range t.unit.Codes {
			if first[c] != g {
				continue
			}
			e := t.time.Values[t.time.Codes[i]] - g
			j, ok := at[e]
			if !ok {
				continue
			}
			if j < 0 {
				j = len(terms)
				at[e] = j
				terms = append(terms, interaction{cohort: g, event: e})
				columns = append(columns, make([]float64, len(t.outcome)))
			}
			columns[j][i] = 1
			if t.weights != nil {
				terms[j].weight += t.weights[i]
			} else {
				terms[j].weight++
			}
		}
	}
	return terms, columns
}

// interactionWeighted averages the interactions by event, by cohort and in all.
func (r *Report) interactionWeighted(s Spec, t *table, g *Regression, terms []interaction) error {
	average := func(keep func(interaction) bool) []float64 {
		c, total := make([]float64, len(g.Coef)), 0.0
		for j, k := range terms {
			if keep(k) {
				c[j] = k.weight
				total += k.weight
			}
		}
		scale(1/total, c)
		return c
	}
	events, cohorts := map[float64]bool{}, map[float64]bool{}
	for j, k := range terms {
		events[k.event] = true
		if k.event >= 0 {
			cohorts[k.cohort] = true
		}
		e := newEffect(KindGroupTime, g.Names[j], g.Estimate(j, s.Level))
		e.Group, e.Time, e.EventTime = k.cohort, k.cohort+k.event, k.event
		r.Effects = append(r.Effects, e)
	}
	var rows [][]float64
	var before []int
	start := len(r.Effects)
	for i, ev := range sortedKeys(events) {
		c := average(func(k interaction) bool { return k.event == ev })
		e := newEffect(KindEvent, "event::"+formatNumber(ev), g.Combine(c, s.Level))
		e.EventTime = ev
		r.Effects = append(r.Effects, e)
		rows = append(rows, c)
		if ev < 0 {
			before = append(before, i)
		}
	}
	v := g.quadratic(rows)
	critical := supT(v, s.Level, s.Seed)
	for i := range rows {
		r.Effects[start+i].band(critical)
	}
	for _, co := range sortedKeys(cohorts) {
		c := average(func(k interaction) bool { return k.cohort == co && k.event >= 0 })
		e := newEffect(KindCohort, "cohort::"+t.time.Label(co), g.Combine(c, s.Level))
		e.Group = co
		r.Effects = append(r.Effects, e)
	}
	if len(cohorts) > 0 {
		r.headline(g.Combine(average(func(k interaction) bool { return k.event >= 0 }), s.Level))
	}
	if len(before) > 0 {
		b := make([]float64, len(before))
		for i, at := range before {
			b[i] = r.Effects[start+at].Estimate.Value
		}
		df := slices.Min(g.DF)
		pre := submatrix(v, before)
		r.Checks = append(r.Checks, preTrend(b, pre, df), preTrendPower(pre, r.Effect))
	}
	if len(s.Sensitivity) == 0 {
		return nil
	}
	beta := make([]float64, len(rows))
	for i := range beta {
		beta[i] = r.Effects[start+i].Estimate.Value
	}
	path, err := eventPath(sortedKeys(events), beta, v)
	if err != nil {
		return err
	}
	return r.sensitivity(s, path)
}
