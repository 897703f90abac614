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
		spec.Method, spec.SE, spec.Control = "efficient", "", ""
	}
	r, err := s.run(spec, frame)
	if err != nil {
		return err
	}
	for name, e := range r.Aggregates {
		s.points = append(s.points, point{Kind: "average", Name: name, Value: known(e.Value), Low: known(e.Lo), High: known(e.Hi)})
	}
	s.eventPoints(r)
	if err := s.imputed(frame, r, p, isRandom); err != nil {
		return err
	}
	s.placebos(p)
	s.order(p, waves)
	s.path(p, nil)
	if isRandom {
		s.randomUnits(p, waves)
	}
	return nil
}

// minCalmP is how surely the months before the starts must be out of line with the
// earlier ones, so that they are no base.
const minCalmP = 0.05

// imputed estimates the roll-out by imputation too, which rests on all months before.
// Where the last months before the starts are out of line, that is the estimate,
// without them: an estimate that rests on the last month alone would take its way
// back for an effect.
func (s *study) imputed(f *impact.Frame, r *impact.Report, p *panel, isRandom bool) error {
	spec := impact.Spec{Design: "imputation", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst}
	calm := p.beforeStarts()
	s.checks = append(s.checks, impact.Check{
		Name: "months-before-starts", Statistic: calm, P: calm, Passed: calm >= minCalmP,
		Note: "Whether the last months before each start were in line with the earlier ones.",
	})
	if calm >= minCalmP || isRandom {
		s.beside(spec, f)
		return nil
	}
	e := *r.Effect
	s.points = append(s.points, point{Kind: "beside", Name: r.Design, Value: known(e.Value), Low: known(e.Lo), High: known(e.Hi)})
	s.Facts.DesignRule += " The last months before the starts were out of line, so the earlier ones are the base."
	spec.Anticipation = recent
	_, err := s.run(spec, f)
	return err
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
