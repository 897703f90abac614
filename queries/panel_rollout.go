package queries

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries/evidence"
	"dials/queries/impact"
)

// rollOut compares each wave with the units that had not started.
func (s *study) rollOut(p *panel, waves []waveRow, isRandom bool) error {
	s.compare(p, false, false)
	frame, err := p.frame(nil)
	if err != nil {
		return err
	}
	spec := impact.Spec{Design: "staggered", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst, Control: "not-yet", SE: "cr2"}
	if isRandom {
		spec.Method, spec.Control, spec.Draws = "efficient", "", rankDraws
	}
	r, err := s.run(spec, frame)
	if err != nil {
		return err
	}
	for name, e := range r.Aggregates {
		s.points = append(s.points, point{Kind: "average", Name: name, Value: known(e.Value), Low: known(e.Lo), High: known(e.Hi)})
	}
	s.eventPoints(r)
	if err := s.imputed(frame, r, p, waves, isRandom); err != nil {
		return err
	}
	s.placebos(p)
	s.order(p, waves)
	s.flips(r, p)
	path, ok := p.wavePeriods()
	s.honest(path, ok)
	s.path(p, nil)
	s.segments(p, nil)
	if isRandom {
		s.permuted(r, p)
		s.randomUnits(p, waves)
	}
	return nil
}

// permuted takes the p-value of permuted dates where a cohort has few units: what
// varies in it is then hardly known.
func (s *study) permuted(r *impact.Report, p *panel) {
	for _, c := range r.Checks {
		if e := s.Trial.Estimate; c.Name == "permutation" && p.leastStarted() < fewTreated && c.P > e.P {
			e.P, e.IsByPermutation = c.P, true
		}
	}
}

// leastStarted is the number of units of the smallest wave, or of those that never start.
func (p *panel) leastStarted() int {
	size := map[int]int{}
	for _, f := range p.first {
		size[f]++
	}
	least := len(p.units)
	for _, n := range size {
		least = min(least, n)
	}
	return least
}

// flips reports whether waves point opposite ways: the average over months after the starts and
// that over units have opposite signs, or some waves gained and others lost by more than chance
// explains. The estimand is then a choice that decides the answer.
func (s *study) flips(r *impact.Report, p *panel) {
	simple, ok := r.Aggregates[impact.AverageSimple]
	group, ok2 := r.Aggregates[impact.AverageGroup]
	s.Trial.Waves.Flips = ok && ok2 && simple.Value*group.Value < 0
	var waves []impact.Estimate
	t := distuv.StudentsT{Sigma: 1, Nu: float64(max(1, p.leastStarted()-1))} // errors rest on the units of a wave
	for _, e := range r.Effects {
		if e.Kind == impact.KindGroup && e.Estimate.StdErr > 0 {
			z := math.Abs(e.Estimate.Value) / e.Estimate.StdErr
			waves = append(waves, impact.Estimate{Value: math.Copysign(-distuv.UnitNormal.Quantile(t.Survival(z)), e.Estimate.Value), StdErr: 1})
		}
	}
	pv := math.NaN()
	if _, opposed, err := impact.QualitativeInteraction(waves); err == nil {
		pv, s.Trial.Waves.IsOpposed = opposed, opposed <= opposedP
	}
	s.checks = append(s.checks, impact.Check{
		Name: "averages", Statistic: group.Value, DF: math.NaN(), P: pv, Passed: !s.Trial.Waves.Flips && !s.Trial.Waves.IsOpposed, Lo: group.Lo, Hi: group.Hi,
		Note: "Whether the waves point the same way, so that it does not matter how they are averaged.",
	})
}

// opposedP is how surely some waves must have gained and others lost.
const opposedP = 0.05

// minCalmP is how surely the months before the starts must be out of line with the
// earlier ones, so that they are no base.
const minCalmP = 0.05

// imputed estimates the roll-out by imputation too, which rests on all months before.
// That is the estimate, without the last months before each start, where those are out
// of line with the earlier ones, or where units were chosen: they may have been at
// their worst, and an estimate that rests on the last month alone would take its
// way back for an effect.
func (s *study) imputed(f *impact.Frame, r *impact.Report, p *panel, waves []waveRow, isRandom bool) error {
	spec := impact.Spec{Design: "imputation", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst}
	calm := p.beforeStarts()
	s.checks = append(s.checks, impact.Check{
		Name: "months-before-starts", Statistic: calm, P: calm, Passed: calm >= minCalmP,
		Note: "Whether the last months before each start were in line with the earlier ones.",
	})
	isChosen := len(waves) == 0
	for _, w := range waves {
		isChosen = isChosen || w.AssignedBy == "choice"
	}
	switch {
	case isRandom, calm >= minCalmP && !isChosen, calm >= minCalmP && p.launch < 2*recent:
		s.beside(spec, f)
		return nil
	case calm < minCalmP:
		s.Facts.DesignRule += " The last months before the starts were out of line, so the earlier ones are the base."
	default:
		s.Facts.DesignRule += " Units were chosen, perhaps at their worst, so the last months before the starts are no base."
	}
	e := *r.Effect
	s.points = append(s.points, point{Kind: "beside", Name: r.Design, Value: known(e.Value), Low: known(e.Lo), High: known(e.Hi)})
	spec.Anticipation = recent
	if _, err := s.run(spec, f); err != nil {
		return err
	}
	// as many units as this are what its error rests on
	treated, _ := p.counts()
	s.Trial.Estimate = estimateOf(impact.NewEstimate(s.Trial.Estimate.Value, s.Trial.Estimate.StdErr, float64(max(1, treated-len(p.dates()))), 0.95))
	return nil
}

// beforeStarts is the p-value of the last one, three and six months before each
// unit's start against its earlier months, and against those never treated: the
// least of three t tests, times three.
func (p *panel) beforeStarts() float64 {
	never := make([]float64, len(p.months))
	n := 0.0
	for i := range p.units {
		if !p.isTreated(i) {
			n++
			for t, v := range p.y[i] {
				never[t] += v
			}
		}
	}
	if n == 0 {
		return 1
	}
	least := 1.0
	for _, k := range []int{1, 3, recent} {
		var d []float64
		for i, f := range p.first {
			if f < 2*recent {
				continue
			}
			late, early := 0.0, 0.0
			for t := range f {
				v := p.y[i][t] - never[t]/n
				switch {
				case t >= f-k:
					late += v / float64(k)
				case t < f-recent:
					early += v / float64(f-recent)
				}
			}
			d = append(d, late-early)
		}
		if len(d) < 3 || varianceOf(d) == 0 {
			continue
		}
		t := math.Abs(meanOf(d, nil)) / math.Sqrt(varianceOf(d)/float64(len(d)))
		least = min(least, 2*distuv.StudentsT{Sigma: 1, Nu: float64(len(d) - 1)}.Survival(t))
	}
	return min(1, 3*least)
}

// order tests whether the order of the waves and the choice of the units went with
// what they were like before.
func (s *study) order(p *panel, waves []waveRow) {
	names, x := p.traits()
	dial := len(x)
	if names[dial-1] == "size" {
		dial--
	}
	w := &evidence.WaveFacts{Waves: len(p.dates()), OnlyUntreated: true, IsByRule: len(waves) > 0, IsLogged: len(waves) > 0, OrderP: 1, ChosenP: 1}
	for _, v := range waves {
		w.IsByRule = w.IsByRule && (v.AssignedBy == "order" || v.AssignedBy == "random")
		w.IsLogged = w.IsLogged && v.AssignedAt != nil && v.AssignedAt.Before(p.months[p.launch])
	}
	chosen, dates := make([]float64, len(p.units)), []float64{}
	among := make([][]float64, len(x))
	for i := range p.units {
		if !p.isTreated(i) {
			continue
		}
		chosen[i] = 1
		dates = append(dates, float64(p.first[i]))
		for k := range x {
			among[k] = append(among[k], x[k][i])
		}
	}
	w.OrderP = omnibus(dates, among[:dial])
	if len(dates) < len(p.units) {
		w.ChosenP = omnibus(chosen, x)
	}
	s.Trial.Waves = w
}
