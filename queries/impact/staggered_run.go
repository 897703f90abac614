package impact

import (
	"fmt"
	"math"
)

// defaultDraws is how many draws a bootstrap has unless --draws says otherwise.
const defaultDraws = 999

// runStaggered estimates effects per cohort and period and their averages: Callaway
// and Sant'Anna by default, Roth and Sant'Anna's efficient estimator for dates
// assigned at random under --method efficient.
//
// The headline is the simple average; the report holds simple, event, group and
// calendar, and warns if simple and group differ in sign. Errors are analytic by
// default; --se bootstrap uses the multiplier bootstrap, --se cr2 the variance within
// cohorts with Satterthwaite degrees of freedom. Bands of the event study are
// simultaneous, by the multiplier bootstrap.
func runStaggered(s Spec, f *Frame) (*Report, error) {
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	p, err := t.panel(s, false)
	if err != nil {
		return nil, err
	}
	if s.Method == "efficient" {
		return t.efficient(s, p)
	}
	o := StaggeredOptions{
		Method: s.Method, Control: s.Control, Base: s.Base, Anticipation: s.Anticipation, Balance: s.Balance,
		Level: s.Level, Seed: s.Seed, Draws: s.Draws,
	}
	if o.Draws == 0 {
		o.Draws = defaultDraws
	}
	switch s.SE {
	case "", "analytic", "bootstrap", "cr2":
	default:
		return nil, fmt.Errorf("--se %s does not apply to staggered; use analytic, bootstrap or cr2", s.SE)
	}
	g, err := Staggered(p, o)
	if err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Treated, r.Control = t.split(p.First)
	r.Estimand = "ATT, simple average over cohorts and periods after treatment"
	r.staggered(g, t.time, s.SE == "bootstrap")
	if err := r.averages(g, s, t.time); err != nil {
		return nil, err
	}
	if c, ok := g.PreTrend(); ok {
		r.Checks = append(r.Checks, c)
	}
	r.anticipation(g)
	if err := r.staggeredSensitivity(s, p, o); err != nil {
		return nil, err
	}
	t.fewTreated(r, p.First)
	r.smallCohorts(g, t.time)
	if s.PlaceboTime != "" {
		if err := r.placeboRollout(s, t, p, o); err != nil {
			return nil, err
		}
	}
	if p.Cluster != nil {
		r.Clusters = len(g.clusterSums(g.Cells[0].influence(g.Units)))
	}
	return r, nil
}

// smallCohorts warns of cohorts whose own variance is a guess.
func (r *Report) smallCohorts(g *GroupTime, time Periods) {
	for _, start := range g.groups {
		n := 0
		for i := range g.panel.First {
			if g.panel.First[i] == start {
				n++
			}
		}
		if n < 5 {
			r.Warnings = append(r.Warnings, fmt.Sprintf("cohort %s has %d units: analytic errors are too small for it; use --se cr2 or a permutation", time.Label(start), n))
		}
	}
}

// anticipation checks the last period before treatment, where an effect would show
// first if people acted ahead of it.
func (r *Report) anticipation(g *GroupTime) {
	for _, e := range r.Effects {
		if e.Kind == KindEvent && e.EventTime == -1 && e.Estimate.StdErr > 0 {
			r.Checks = append(r.Checks, Check{
				Name: "anticipation", Statistic: e.Estimate.Value, DF: math.NaN(), P: e.Estimate.P, Passed: e.Estimate.P >= 1-g.Options.Level,
				Note: "change in the last period before treatment", Lo: e.Estimate.Lo, Hi: e.Estimate.Hi,
			})
		}
	}
}

// staggeredSensitivity takes the event study on a universal base.
func (r *Report) staggeredSensitivity(s Spec, p *Panel, o StaggeredOptions) error {
	if len(s.Sensitivity) == 0 {
		return nil
	}
	o.Base = "universal"
	g, err := Staggered(p, o)
	if err != nil {
		return err
	}
	a, err := g.Aggregate(AverageEvent)
	if err != nil {
		return err
	}
	var events, beta []float64
	var psi [][]float64
	for i, e := range a.At {
		if a.each[i] != nil {
			events, beta, psi = append(events, e), append(beta, a.Each[i].Value), append(psi, g.clusterSums(a.each[i]))
		}
	}
	path, err := eventPath(events, beta, g.covariance(psi))
	if err != nil {
		return err
	}
	return r.sensitivity(s, path)
}

// placeboRollout pretends that every treated unit started at --placebo-time, with the
// periods before the first true date alone.
func (r *Report) placeboRollout(s Spec, t *table, p *Panel, o StaggeredOptions) error {
	at, err := t.time.Value(s.PlaceboTime)
	if err != nil {
		return fmt.Errorf("--placebo-time: %w", err)
	}
	start := p.cohorts()[0]
	n := 0
	for n < len(p.Times) && p.Times[n] < start {
		n++
	}
	placebo := &Panel{Times: p.Times[:n], Names: p.Names, Weights: p.Weights, Cluster: p.Cluster}
	cut := func(rows [][]float64) (out [][]float64) {
		for _, row := range rows {
			out = append(out, row[:n])
		}
		return out
	}
	placebo.Y = cut(p.Y)
	for _, x := range p.X {
		placebo.X = append(placebo.X, cut(x))
	}
	for i := range p.First {
		g := math.Inf(1)
		if !p.never(i) {
			g = at
		}
		placebo.First = append(placebo.First, g)
	}
	o.Balance = nil
	g, err := Staggered(placebo, o)
	if err != nil {
		return fmt.Errorf("--placebo-time %s: %w", s.PlaceboTime, err)
	}
	a, err := g.Aggregate(AverageSimple)
	if err != nil {
		return fmt.Errorf("--placebo-time %s: %w", s.PlaceboTime, err)
	}
	r.placebo(a.Overall, at, fmt.Sprintf("as if all treated units started in %s, before %s only: %.4g", t.time.Label(at), t.time.Label(start), a.Overall.Value))
	return nil
}

// influence is ψ, or zeros for a base period.
func (c Cell) influence(n int) []float64 {
	if c.psi == nil {
		return make([]float64, n)
	}
	return c.psi
}

// staggered lists the cells, with bootstrapped errors and a band over all of them if
// asked.
func (r *Report) staggered(g *GroupTime, time Periods, bootstrap bool) {
	o := g.Options
	r.Settings["method"], r.Settings["control"], r.Settings["base"] = o.Method, o.Control, o.Base
	r.Settings["anticipation"], r.Settings["draws"], r.Settings["seed"] = o.Anticipation, o.Draws, o.Seed
	r.Warnings = append(r.Warnings, g.Warnings...)
	errors := make([]float64, len(g.Cells))
	for i, c := range g.Cells {
		errors[i] = c.StdErr
	}
	critical := math.NaN()
	if bootstrap {
		psis := make([][]float64, len(g.Cells))
		for i, c := range g.Cells {
			psis[i] = c.psi
		}
		b := g.Multiplier(psis, o.Draws, o.Seed)
		errors, critical = b.StdErr, b.Critical
	}
	for i, c := range g.Cells {
		e := newEffect(KindGroupTime, fmt.Sprintf("ATT(%s,%s)", time.Label(c.Group), time.Label(c.Time)), NewEstimate(c.ATT, errors[i], math.Inf(1), o.Level))
		e.Group, e.Time, e.EventTime = c.Group, c.Time, c.Time-c.Group
		e.band(critical)
		r.Effects = append(r.Effects, e)
	}
}

// averages adds the four aggregates and their parts.
func (r *Report) averages(g *GroupTime, s Spec, time Periods) error {
	r.Aggregates = map[string]Estimate{}
	r.Settings["se"] = s.SE
	if s.SE == "" {
		r.Settings["se"] = "analytic"
	}
	kinds := map[string]string{AverageEvent: KindEvent, AverageGroup: KindGroup, AverageCalendar: KindCalendar}
	for _, kind := range []string{AverageSimple, AverageEvent, AverageGroup, AverageCalendar} {
		a, err := g.Aggregate(kind)
		if err != nil {
			return err
		}
		switch s.SE {
		case "bootstrap":
			b := g.Multiplier([][]float64{a.psi}, g.Options.Draws, g.Options.Seed)
			a.Overall = NewEstimate(a.Overall.Value, b.StdErr[0], math.Inf(1), g.Options.Level)
		case "cr2":
			a.Overall = g.SmallSample(a)
		}
		r.Aggregates[kind] = a.Overall
		if kind == AverageSimple {
			r.headline(a.Overall)
			for i, w := range a.Weights {
				r.Effects[i].Weight = w
			}
			continue
		}
		band := g.Multiplier(a.each, g.Options.Draws, g.Options.Seed)
		for i, at := range a.At {
			est := a.Each[i]
			if s.SE == "bootstrap" {
				est = NewEstimate(est.Value, band.StdErr[i], math.Inf(1), g.Options.Level)
			}
			e := newEffect(kinds[kind], "", est)
			switch kind {
			case AverageEvent:
				e.EventTime, e.Name = at, "event::"+formatNumber(at)
				e.band(band.Critical)
			case AverageGroup:
				e.Group, e.Name = at, "group::"+time.Label(at)
			default:
				e.Time, e.Name = at, "calendar::"+time.Label(at)
			}
			r.Effects = append(r.Effects, e)
		}
	}
	if r.Aggregates[AverageSimple].Value*r.Aggregates[AverageGroup].Value < 0 {
		r.Warnings = append(r.Warnings, "the simple and the group average have opposite signs: the answer depends on how cohorts are weighed")
	}
	return nil
}
