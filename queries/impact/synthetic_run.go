package impact

import (
	"fmt"
	"math"
	"strings"
)

// runSyntheticControl is [SyntheticControl] on a panel: the treated unit, or the mean
// of those treated on one date, against the untreated.
//
// --predictors takes a column averaged over the periods before treatment, or over a
// window as column:FROM-TO or column:PERIOD; without predictors the outcome before
// treatment is matched exactly as it is. --se placebo gives the spread of the
// placebos as an error; by default there is none.
func runSyntheticControl(s Spec, f *Frame) (*Report, error) {
	g, err := readGrid(s, f)
	if err != nil {
		return nil, err
	}
	if len(g.dates) > 1 {
		return nil, fmt.Errorf("design synthetic-control takes one date of treatment and there are %d; use sdid", len(g.dates))
	}
	before := g.dates[0]
	target := make([]float64, len(g.panel.Times))
	for _, i := range g.treated {
		axpy(1/float64(len(g.treated)), g.panel.Y[i], target)
	}
	donors := pick(g.panel.Y, g.control)
	o := SyntheticOptions{}
	if o.Predictors, err = g.predictors(s, before); err != nil {
		return nil, err
	}
	c, err := SyntheticControl(target, donors, before, o)
	if err != nil {
		return nil, err
	}
	r := g.table.report(s)
	r.Estimand = "ATT, mean gap after treatment"
	r.Treated, r.Control = len(g.treated), len(g.control)
	r.synthetic(g, c, before, o)
	e := point(c.Effect, s.Level)
	var placebos []Placebo
	if s.PlaceboSpace || s.SE == "placebo" {
		placebos = PlacebosInSpace(donors, before, o)
		r.placeboSpace(g, c.Effect, c.Ratio(), placebos)
	}
	switch s.SE {
	case "", "none":
	case "placebo":
		effects := known(placebos)
		n := float64(len(effects))
		if n < 2 {
			return nil, fmt.Errorf("%w: %g placebos for a standard error", ErrTooFew, n)
		}
		e = NewEstimate(c.Effect, math.Sqrt((n-1)/n*variance(effects)), math.Inf(1), s.Level)
		r.Settings["se"] = "placebo"
	default:
		return nil, fmt.Errorf("--se %q does not apply to synthetic-control; use placebo, or none", s.SE)
	}
	r.headline(e)
	if err := r.leaveOneOut(g, target, donors, before, o, c); err != nil {
		return nil, err
	}
	if s.PlaceboTime != "" {
		return r, r.syntheticPlaceboTime(s, g, target, donors, before, o)
	}
	return r, nil
}

// A grid is a balanced panel split into treated and untreated units.
type grid struct {
	table            *table
	panel            *Panel
	first            []int // per unit, position of its first treated period
	treated, control []int
	dates            []int // positions of the dates of treatment, ascending
}

// readGrid reads a panel for the synthetic designs.
func readGrid(s Spec, f *Frame) (*grid, error) {
	if err := s.need("unit", "time"); err != nil {
		return nil, err
	}
	if s.Weights != "" {
		return nil, fmt.Errorf("design %s does not take --weights", s.Design)
	}
	t, err := read(s, f)
	if err != nil {
		return nil, err
	}
	p, err := t.panel(s, false)
	if err != nil {
		return nil, err
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	g := &grid{table: t, panel: p, first: make([]int, len(p.Y))}
	seen := make([]bool, len(p.Times)+1)
	for i, v := range p.First {
		at := 0
		for at < len(p.Times) && p.Times[at] < v {
			at++
		}
		g.first[i] = at
		if at == len(p.Times) {
			g.control = append(g.control, i)
			continue
		}
		g.treated = append(g.treated, i)
		seen[at] = true
	}
	for at, ok := range seen {
		if ok {
			g.dates = append(g.dates, at)
		}
	}
	if len(g.control) == 0 {
		return nil, fmt.Errorf("%w: every unit is treated sooner or later", ErrNoComparison)
	}
	return g, nil
}

// predictors averages columns over their windows, per unit.
func (g *grid) predictors(s Spec, before int) ([]Predictor, error) {
	var out []Predictor
	for _, text := range s.Predictors {
		name, from, to, err := g.window(text, before)
		if err != nil {
			return nil, err
		}
		x, err := g.table.frame.Number(name)
		if err != nil {
			return nil, err
		}
		total, n := make([]float64, len(g.first)), make([]float64, len(g.first))
		for i, c := range g.table.unit.Codes {
			if at := g.table.time.Values[g.table.time.Codes[i]]; at >= from && at <= to && !math.IsNaN(x[i]) {
				total[c] += x[i]
				n[c]++
			}
		}
		p := Predictor{Name: text}
		for c := range total {
			if n[c] == 0 {
				return nil, fmt.Errorf("predictor %q: unit %s has no value in its periods", text, g.table.unit.Labels[c])
			}
			total[c] /= n[c]
		}
		p.Donors = pick(total, g.control)
		for _, i := range g.treated {
			p.Treated += total[i] / float64(len(g.treated))
		}
		out = append(out, p)
	}
	return out, nil
}

// window reads name, name:PERIOD or name:FROM-TO. Periods may be dates with dashes:
// the dash in the middle divides.
func (g *grid) window(text string, before int) (name string, from, to float64, err error) {
	name, span, given := strings.Cut(text, ":")
	if !given {
		return name, g.panel.Times[0], g.panel.Times[before-1], nil
	}
	if from, err = g.table.time.Value(span); err == nil {
		return name, from, from, nil
	}
	dashes := strings.Count(span, "-")
	parts := strings.Split(span, "-")
	if dashes%2 == 1 {
		half := len(parts) / 2
		lo, hi := strings.Join(parts[:half], "-"), strings.Join(parts[half:], "-")
		if from, err = g.table.time.Value(lo); err == nil {
			if to, err = g.table.time.Value(hi); err == nil && from <= to {
				return name, from, to, nil
			}
		}
	}
	return "", 0, 0, fmt.Errorf("predictor %q: write column, column:PERIOD or column:FROM-TO with periods as in column %q", text, g.table.time.Name)
}

// synthetic lists the gaps, the weights and the predictors of a synthetic control.
func (r *Report) synthetic(g *grid, c *Synthetic, before int, o SyntheticOptions) {
	r.gaps(g, c.Gap, before)
	for i, w := range c.Weights {
		if w > 1e-9 {
			r.Weights = append(r.Weights, Weight{Kind: "unit", Name: g.table.unit.Labels[g.control[i]], Weight: w})
		}
	}
	r.Settings["pre_rmspe"], r.Settings["post_rmspe"] = math.Sqrt(c.PreMSPE), math.Sqrt(c.PostMSPE)
	r.Settings["loss_v"] = c.LossV
	if c.PreMSPE > 0 {
		r.Settings["mspe_ratio"] = c.Ratio()
	}
	if c.V == nil {
		r.Settings["matched_on"] = "outcome in each period before treatment"
		return
	}
	r.Settings["loss_w"] = c.LossW
	v, balance := map[string]float64{}, map[string][]float64{}
	for k, p := range o.Predictors {
		v[p.Name], balance[p.Name] = c.V[k], []float64{p.Treated, c.Synthetic[k], mean(p.Donors)}
	}
	r.Settings["predictor_weights"], r.Settings["predictors_treated_synthetic_donors"] = v, balance
}

// gaps lists treated minus synthetic per period, before and after treatment.
func (r *Report) gaps(g *grid, gap []float64, before int) {
	for t, v := range gap {
		e := newEffect(KindEvent, g.table.time.Labels[t], point(v, 0.95))
		e.Time, e.EventTime = g.panel.Times[t], float64(t-before)
		r.Effects = append(r.Effects, e)
	}
}

func known(placebos []Placebo) []float64 {
	var out []float64
	for _, p := range placebos {
		if !math.IsNaN(p.Effect) {
			out = append(out, p.Effect)
		}
	}
	return out
}

// placeboSpace lists the placebo effects of the untreated units and ranks the
// treated among them.
func (r *Report) placeboSpace(g *grid, effect, ratio float64, placebos []Placebo) {
	var effects, ratios []float64
	for _, p := range placebos {
		effects, ratios = append(effects, p.Effect), append(ratios, p.Ratio)
		if !math.IsNaN(p.Effect) {
			r.Effects = append(r.Effects, newEffect(KindPlacebo, g.table.unit.Labels[g.control[p.Unit]], point(p.Effect, 0.95)))
		}
	}
	p := RankP(effect, effects)
	note := fmt.Sprintf("rank of the effect among %d placebos, two-sided; the smallest p possible is %.3f", len(known(placebos)), 1/float64(len(known(placebos))+1))
	if !math.IsNaN(ratio) {
		r.Settings["placebo_p_by_mspe_ratio"] = RankP(ratio, ratios)
		note += fmt.Sprintf("; by the ratio of squared gaps after and before p is %.3f", RankP(ratio, ratios))
	}
	r.Checks = append(r.Checks, Check{Name: "placebo-space", Statistic: effect, DF: math.NaN(), P: p, Passed: p <= 0.05+1e-9, Note: note})
}

// leaveOneOut says how far the effect moves when a donor is left out.
func (r *Report) leaveOneOut(g *grid, target []float64, donors [][]float64, before int, o SyntheticOptions, c *Synthetic) error {
	left, err := LeaveOneOut(target, donors, before, o, c.Weights)
	if err != nil {
		return err
	}
	if len(left) == 0 {
		return nil
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	moved := map[string]float64{}
	for _, p := range left {
		lo, hi = min(lo, p.Effect), max(hi, p.Effect)
		moved[g.table.unit.Labels[g.control[p.Unit]]] = p.Effect
	}
	r.Settings["leave_one_out"] = moved
	r.Checks = append(r.Checks, Check{
		Name: "leave-one-out", Statistic: c.Effect, DF: math.NaN(), P: math.NaN(), Passed: lo*hi > 0, Lo: lo, Hi: hi,
		Note: fmt.Sprintf("without one of the %d donors that count, the effect lies between %.4g and %.4g", len(left), lo, hi),
	})
	return nil
}

// syntheticPlaceboTime pretends that treatment began at an earlier date and uses
// only the periods before the true one.
func (r *Report) syntheticPlaceboTime(s Spec, g *grid, target []float64, donors [][]float64, before int, o SyntheticOptions) error {
	at, err := g.earlier(s.PlaceboTime, before)
	if err != nil {
		return err
	}
	cut := make([][]float64, len(donors))
	for i := range donors {
		cut[i] = donors[i][:before]
	}
	if o.Predictors, err = g.predictors(s, at); err != nil {
		return err
	}
	c, err := SyntheticControl(target[:before], cut, at, o)
	if err != nil {
		return fmt.Errorf("placebo in time: %w", err)
	}
	var effects []float64
	for _, p := range PlacebosInSpace(cut, at, o) {
		effects = append(effects, p.Effect)
	}
	p := RankP(c.Effect, effects)
	r.Checks = append(r.Checks, Check{
		Name: "placebo-time", Statistic: c.Effect, DF: math.NaN(), P: p, Passed: p > 0.1,
		Note: fmt.Sprintf("effect of a treatment at %s that did not happen, on the periods before the true one", s.PlaceboTime),
	})
	return nil
}

// earlier is the position of a placebo date, which must leave two periods before it.
func (g *grid) earlier(period string, before int) (int, error) {
	v, err := g.table.time.Value(period)
	if err != nil {
		return 0, fmt.Errorf("--placebo-time: %w", err)
	}
	at := 0
	for at < len(g.panel.Times) && g.panel.Times[at] < v {
		at++
	}
	if at < 2 || at >= before {
		return 0, fmt.Errorf("--placebo-time %s must lie before treatment, with two periods before it", period)
	}
	return at, nil
}
