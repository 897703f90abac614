package impact

import (
	"fmt"
	"math"
	"slices"
)

// Ways to average the cells of [GroupTime.Aggregate].
const (
	AverageSimple   = "simple"
	AverageEvent    = "event"
	AverageGroup    = "group"
	AverageCalendar = "calendar"
)

// An Aggregate is an average of cells: the overall one, and one per event time, group
// or period.
type Aggregate struct {
	Kind    string
	Overall Estimate
	At      []float64 // event times, groups or periods
	Each    []Estimate
	Weights []float64 // per cell, in Overall

	psi  []float64   // of Overall
	each [][]float64 // of Each
}

// Aggregate averages the effects of cohorts and periods, with p_g the share of units
// in cohort g:
//
//	simple    all t ≥ g, ∝ p_g
//	event     per e = t − g ∝ p_g; overall the plain mean over e ≥ 0
//	group     per g the plain mean over t ≥ g; overall ∝ p_g
//	calendar  per t ∝ p_g over g ≤ t; overall the plain mean
//
// Errors count the estimation of the p_g in simple, event and calendar:
//
//	(1{G=g} − p_g)/Σp − [Σ_k (1{G=k} − p_k)]·p_g/(Σp)²
//
// In the overall group average the k-th 1{G=·} is that of the k-th cell's cohort, not
// of the k-th cohort: so does the reference software (did 2.1.2), whose published
// errors this reproduces. It matters in the third digit; [GroupTime.SmallSample] is
// free of it.
// The averages answer different questions: simple weighs cohorts treated long ago
// more, group every unit alike.
func (s *GroupTime) Aggregate(kind string) (*Aggregate, error) {
	a := &Aggregate{Kind: kind, Weights: make([]float64, len(s.Cells))}
	switch kind {
	case AverageSimple:
		cells := s.after(func(Cell) bool { return true })
		if len(cells) == 0 {
			return nil, fmt.Errorf("%w: no effect after treatment could be estimated", ErrNoComparison)
		}
		var value float64
		var w []float64
		value, a.psi, w = s.weighted(cells)
		a.Overall = s.normal(value, a.psi)
		for i, c := range cells {
			a.Weights[c] = w[i]
		}
		return a, nil
	case AverageEvent:
		s.byEvent(a)
	case AverageGroup:
		s.byGroup(a)
	case AverageCalendar:
		s.byCalendar(a)
	default:
		return nil, fmt.Errorf("aggregate %q; use simple, event, group or calendar", kind)
	}
	if a.psi == nil {
		return nil, fmt.Errorf("%w: no effect after treatment could be estimated", ErrNoComparison)
	}
	return a, nil
}

// after lists the cells at or after treatment for which keep holds.
func (s *GroupTime) after(keep func(Cell) bool) []int {
	var out []int
	for i, c := range s.Cells {
		if c.Time >= c.Group && c.psi != nil && keep(c) {
			out = append(out, i)
		}
	}
	return out
}

// normal is an estimate whose error comes from an influence function.
func (s *GroupTime) normal(value float64, psi []float64) Estimate {
	return NewEstimate(value, s.stdErr(psi), math.Inf(1), s.Options.Level)
}

// weighted averages cells by the share of their cohort.
func (s *GroupTime) weighted(cells []int) (float64, []float64, []float64) {
	total := 0.0
	for _, c := range cells {
		total += s.share[s.Cells[c].Group]
	}
	w := make([]float64, len(cells))
	value := 0.0
	psi := make([]float64, s.Units)
	for i, c := range cells {
		w[i] = s.share[s.Cells[c].Group] / total
		value += w[i] * s.Cells[c].ATT
		if s.Cells[c].psi != nil {
			axpy(w[i], s.Cells[c].psi, psi)
		}
	}
	// Σ_c ATT_c·∂w_c: what estimating the shares adds, unit by unit.
	slope := map[float64]float64{} // by cohort: Σ over its cells of (ATT − value)/Σp
	for _, c := range cells {
		slope[s.Cells[c].Group] += (s.Cells[c].ATT - value) / total
	}
	constant := 0.0
	for _, g := range s.groups {
		constant += slope[g] * s.share[g]
	}
	for i := range psi {
		psi[i] += s.weight[i]*slope[s.groupOf(i)] - constant
	}
	return value, psi, w
}

// plain averages influence functions and values with equal weights.
func (s *GroupTime) plain(values []float64, psis [][]float64) (float64, []float64) {
	psi := make([]float64, s.Units)
	for _, p := range psis {
		axpy(1/float64(len(psis)), p, psi)
	}
	return mean(values), psi
}

func (s *GroupTime) byEvent(a *Aggregate) {
	last := s.panel.Times[len(s.panel.Times)-1]
	seen := map[float64]bool{}
	include := func(c Cell) bool {
		if s.Options.Balance == nil {
			return true
		}
		b := float64(*s.Options.Balance)
		e := c.Time - c.Group
		return last-c.Group >= b && e <= b && e >= b-last+s.panel.Times[0]
	}
	for _, c := range s.Cells {
		if include(c) {
			seen[c.Time-c.Group] = true
		}
	}
	var values []float64
	var psis [][]float64
	share := make([]map[int]float64, 0)
	for _, e := range sortedKeys(seen) {
		var cells []int
		base := false
		for i, c := range s.Cells {
			if c.Time-c.Group == e && include(c) {
				cells = append(cells, i)
				base = base || c.psi == nil
			}
		}
		value, psi, w := s.weighted(cells)
		a.At = append(a.At, e)
		if base {
			a.Each, a.each = append(a.Each, point(value, s.Options.Level)), append(a.each, nil)
			continue
		}
		a.Each, a.each = append(a.Each, s.normal(value, psi)), append(a.each, psi)
		if e >= 0 {
			values, psis = append(values, value), append(psis, psi)
			at := map[int]float64{}
			for i, c := range cells {
				at[c] = w[i]
			}
			share = append(share, at)
		}
	}
	s.overall(a, values, psis, share)
}

// overall is the plain mean of parts.
func (s *GroupTime) overall(a *Aggregate, values []float64, psis [][]float64, share []map[int]float64) {
	if len(values) == 0 {
		return
	}
	value, psi := s.plain(values, psis)
	a.psi, a.Overall = psi, s.normal(value, psi)
	for _, at := range share {
		for c, w := range at {
			a.Weights[c] += w / float64(len(share))
		}
	}
}

func (s *GroupTime) byCalendar(a *Aggregate) {
	var values []float64
	var psis [][]float64
	var share []map[int]float64
	for _, t := range s.panel.Times {
		cells := s.after(func(c Cell) bool { return c.Time == t })
		if len(cells) == 0 {
			continue
		}
		value, psi, w := s.weighted(cells)
		a.At, a.Each, a.each = append(a.At, t), append(a.Each, s.normal(value, psi)), append(a.each, psi)
		values, psis = append(values, value), append(psis, psi)
		at := map[int]float64{}
		for i, c := range cells {
			at[c] = w[i]
		}
		share = append(share, at)
	}
	s.overall(a, values, psis, share)
}

func (s *GroupTime) byGroup(a *Aggregate) {
	total := 0.0
	var groups []float64
	var values []float64
	for _, g := range s.groups {
		cells := s.after(func(c Cell) bool { return c.Group == g })
		if len(cells) == 0 {
			continue
		}
		var v []float64
		var p [][]float64
		for _, c := range cells {
			v, p = append(v, s.Cells[c].ATT), append(p, s.Cells[c].psi)
			a.Weights[c] = s.share[g] / float64(len(cells))
		}
		value, psi := s.plain(v, p)
		a.At, a.Each, a.each = append(a.At, g), append(a.Each, s.normal(value, psi)), append(a.each, psi)
		groups, values = append(groups, g), append(values, value)
		total += s.share[g]
	}
	if len(groups) == 0 {
		return
	}
	scale(1/total, a.Weights)
	value := 0.0
	a.psi = make([]float64, s.Units)
	for i, g := range groups {
		value += s.share[g] / total * values[i]
		axpy(s.share[g]/total, a.each[i], a.psi)
	}
	slope := map[float64]float64{}
	for i := range groups {
		slope[s.Cells[i].Group] += (values[i] - value) / total
	}
	for i := range a.psi {
		a.psi[i] += s.weight[i] * slope[s.groupOf(i)]
	}
	a.Overall = s.normal(value, a.psi)
}

// SmallSample is the overall effect of an aggregate with an error that holds with few
// units a cohort. With estimates linear in outcomes, as without covariates, the effect
// is Σ_g (mean of z_i in cohort g) for known combinations z_i of unit i's outcomes, so
//
//	se² = Σ_g s²_g/n_g    df = (Σ_g s²_g/n_g)² / Σ_g (s²_g/n_g)²/(n_g−1)
//
// as in a stratified difference in means. z_i is recovered from the influence function
// without its weight-estimation term: within a cohort it is centred on 0, and n_g−1
// replaces n_g. With covariates the same is an approximation that counts the models as
// known. A cohort of one unit has no variance of its own; it takes the largest of the
// other cohorts, and no degrees of freedom.
//
// The normal interval of [GroupTime.Aggregate] covers 91–94 % with 6 units a cohort;
// this one is near its level.
func (s *GroupTime) SmallSample(a *Aggregate) Estimate {
	psi := make([]float64, s.Units)
	for i, c := range s.Cells {
		if a.Weights[i] != 0 && c.psi != nil {
			axpy(a.Weights[i], c.psi, psi)
		}
	}
	byGroup := map[float64][]float64{}
	for i, v := range psi {
		g := s.groupOf(i)
		byGroup[g] = append(byGroup[g], v)
	}
	groups := make([]float64, 0, len(byGroup))
	for g := range byGroup {
		groups = append(groups, g)
	}
	slices.Sort(groups)
	n := float64(s.Units)
	top := 0.0 // largest variance of a mean times its cohort's share squared
	var v, under float64
	var single int
	for _, g := range groups {
		z := byGroup[g]
		ng := float64(len(z))
		if ng < 2 {
			if z[0] != 0 || s.share[g] > 0 {
				single++
			}
			continue
		}
		m := mean(z)
		ss := 0.0
		for _, x := range z {
			ss += (x - m) * (x - m)
		}
		part := ss / (n * n) * ng / (ng - 1)
		top = max(top, part*ng)
		v += part
		under += part * part / (ng - 1)
	}
	v += float64(single) * top
	return NewEstimate(a.Overall.Value, math.Sqrt(v), v*v/under, s.Options.Level)
}
