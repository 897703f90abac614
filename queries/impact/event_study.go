package impact

import (
	"fmt"
	"math"
)

// runEventStudy is the two-way fixed-effects regression with one dummy per period
// since treatment,
//
//	y_it = aᵢ + λₜ + Σ_{e≠ref} β_e·1{t − gᵢ = e} + x'γ
//
// clustered by unit with fixest's factor. β_e is the effect e periods after treatment
// (before it: the difference in trend), relative to period ref, −1 unless
// --reference says otherwise. The headline is the mean of β_e over e ≥ 0. The check
// pre-trend tests that all β_e before the treatment are zero; its power is the check
// pre-trend-power. Bands hold all coefficients at once (sup-t).
//
// With several dates and effects that differ between cohorts, these coefficients mix
// them: the report warns, and sun-abraham does not have the problem.
func runEventStudy(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	first, err := t.adoption(s)
	if err != nil {
		return nil, err
	}
	treated, control := t.split(first)
	if treated == 0 {
		return nil, fmt.Errorf("%w: nobody is treated within the periods of the file", ErrNoComparison)
	}
	reference := -1.0
	if s.Reference != nil {
		reference = float64(*s.Reference)
	}
	events, columns, err := t.eventDummies(first, reference)
	if err != nil {
		return nil, err
	}
	e, err := t.errors(s, "cluster", "fixest")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, ev := range events {
		names = append(names, "event::"+formatNumber(ev))
	}
	fixed := t.fixed
	if len(fixed) == 0 {
		fixed = []Key{t.unit, t.time.Key}
	}
	m := Model{
		Names: append(names, s.Covariates...), X: append(columns, t.x...),
		Y: t.outcome, Fixed: fixed, Weights: t.weights,
	}
	g, err := Regress(m, e)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Estimand = "mean of the effects per period since treatment"
	r.Treated, r.Control = treated, control
	r.Settings["reference"] = reference
	r.regressed(g, e)
	for j := range s.Covariates {
		r.Effects = append(r.Effects, newEffect(KindCoefficient, s.Covariates[j], g.Estimate(len(events)+j, s.Level)))
	}
	r.events(s, g, events)
	if len(s.Sensitivity) > 0 {
		p, err := eventPath(events, g.Coef[:len(events)], leading(g.V, len(events)))
		if err != nil {
			return nil, err
		}
		if err := r.sensitivity(s, p); err != nil {
			return nil, err
		}
	}
	if len(t.cohorts(first)) > 1 {
		r.Warnings = append(r.Warnings, "units start at different dates: these coefficients mix cohorts; compare with sun-abraham or staggered")
	}
	return r, nil
}

// eventDummies makes one column per period since treatment but the reference.
func (t *table) eventDummies(first []float64, reference float64) ([]float64, [][]float64, error) {
	end := t.time.Values[t.time.Levels()-1]
	event := make([]float64, len(t.outcome))
	seen := map[float64]bool{}
	for i, c := range t.unit.Codes {
		event[i] = math.NaN()
		if first[c] <= end {
			event[i] = t.time.Values[t.time.Codes[i]] - first[c]
			seen[event[i]] = true
		}
	}
	if !seen[reference] {
		return nil, nil, fmt.Errorf("no treated unit has a row %v periods from its treatment, the reference", reference)
	}
	delete(seen, reference)
	events := sortedKeys(seen)
	if len(events) == 0 {
		return nil, nil, fmt.Errorf("%w: treated units have rows only %v periods from their treatment, the reference", ErrNoComparison, reference)
	}
	if err := tooWide(len(events), len(event)); err != nil {
		return nil, nil, err
	}
	columns := make([][]float64, len(events))
	for j, ev := range events {
		columns[j] = make([]float64, len(event))
		for i, v := range event {
			if v == ev {
				columns[j][i] = 1
			}
		}
	}
	return events, columns, nil
}

// events lists the event coefficients, which come first in g, with their band, the
// mean after treatment as the headline, and the pre-trend checks.
func (r *Report) events(s Spec, g *Regression, events []float64) {
	k := len(events)
	v := leading(g.V, k)
	critical := supT(v, s.Level, s.Seed)
	average := make([]float64, len(g.Coef))
	after, before := 0, []int{}
	for j, ev := range events {
		if ev >= 0 {
			average[j] = 1
			after++
		} else {
			before = append(before, j)
		}
		e := newEffect(KindEvent, g.Names[j], g.Estimate(j, s.Level))
		e.EventTime = ev
		e.band(critical)
		r.Effects = append(r.Effects, e)
	}
	if after > 0 {
		scale(1/float64(after), average)
		r.headline(g.Combine(average, s.Level))
	}
	if len(before) > 0 {
		df := math.Inf(1)
		for _, j := range before {
			df = min(df, g.DF[j])
		}
		b := pick(g.Coef, before)
		r.Checks = append(r.Checks, preTrend(b, submatrix(g.V, before), df), preTrendPower(submatrix(g.V, before), r.Effect))
	}
}

// band sets the simultaneous band of critical value c around the effect.
func (e *Effect) band(c float64) {
	if se := e.Estimate.StdErr; !math.IsNaN(c) && se > 0 {
		e.BandLo, e.BandHi = e.Estimate.Value-c*se, e.Estimate.Value+c*se
	}
}
