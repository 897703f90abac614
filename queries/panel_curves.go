package queries

import (
	"dials/queries/evidence"
	"dials/queries/impact"
)

// beside keeps another method's answer.
func (s *study) beside(spec impact.Spec, f *impact.Frame) {
	if r, err := impact.Run(spec, f); err == nil && r.Effect != nil {
		s.points = append(s.points, point{Kind: "beside", Name: spec.Design, Value: known(r.Effect.Value), Low: known(r.Effect.Lo), High: known(r.Effect.Hi)})
	}
}

// maxEventRows bounds the event study, which has a column for each month.
const maxEventRows = 200_000

func (s *study) eventStudy(f *impact.Frame, spec impact.Spec) {
	if f.Rows() > maxEventRows {
		return
	}
	spec.Design, spec.SE = "event-study", ""
	r, err := impact.Run(spec, f)
	if err != nil {
		return
	}
	// its joint test needs far more units than periods; the drift is what is judged
	s.eventPoints(r)
}

func (s *study) eventPoints(r *impact.Report) {
	for _, e := range r.Effects {
		if e.Kind != impact.KindEvent {
			continue
		}
		s.events = append(s.events, e)
		pt := point{Kind: "event", X: known(e.EventTime), Value: known(e.Estimate.Value), Low: known(e.BandLo), High: known(e.BandHi)}
		if pt.Low == nil {
			pt.Low, pt.High = known(e.Estimate.Lo), known(e.Estimate.Hi)
		}
		s.points = append(s.points, pt)
	}
}

// horizons are the months after which it is asked what is left of an effect.
var horizons = [...]int{3, 6, 12, 24, 36, 60}

// persistence is the effect at each horizon and what that is of the effect in the
// three months after the lag that the link expects, which was stated beforehand.
// Months of one unit hang together, so three of them are known no better than one.
func (s *study) persistence(l linkRow) {
	mean := func(from int) (evidence.Estimate, bool) {
		var e evidence.Estimate
		n := 0.0
		for _, v := range s.events {
			if v.EventTime >= float64(from) && v.EventTime < float64(from+3) && v.Estimate.StdErr > 0 {
				e.Value += v.Estimate.Value / 3
				e.StdErr += v.Estimate.StdErr / 3
				n++
			}
		}
		return e, n == 3
	}
	lag := 0
	if l.Lag != nil {
		lag = max(0, int(*l.Lag))
	}
	window, stated := mean(lag)
	for _, h := range horizons {
		e, ok := mean(h - 3)
		if !ok {
			continue
		}
		low, high := e.Interval(0.95)
		s.points = append(s.points, point{Kind: "kept", X: ptr(float64(h)), Value: known(e.Value), Low: known(low), High: known(high)})
		if ratio, low, high, ok := evidence.Retention(e, window, 0.95); stated && ok && h-3 > lag {
			s.points = append(s.points, point{Kind: "retention", X: ptr(float64(h)), Value: known(ratio), Low: known(low), High: known(high)})
		}
	}
}

// path is the mean of the treated units and what one would expect of them: their own
// mean before the launch with the change of those never treated since, or where all
// are, of those that have not started.
func (s *study) path(p *panel, weights []float64) {
	base := p.base()
	n := len(p.months)
	_, never := p.counts()
	treated, change, open := make([]float64, n), make([]float64, n), make([]float64, n)
	count, level := 0.0, 0.0
	for i, f := range p.first {
		own := p.of(i, base)
		if f >= 0 {
			count++
			level += own
			for t, v := range p.y[i] {
				treated[t] += v
			}
		}
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		for t, v := range p.y[i] {
			if f < 0 || never == 0 && t < f {
				change[t] += w * (v - own)
				open[t] += w
			}
		}
	}
	for t := range n {
		pt := point{Kind: "path", Month: &p.months[t], Value: known(s.offScale(treated[t] / count))}
		if open[t] > 0 {
			pt.Other = known(s.offScale(level/count + change[t]/open[t]))
		}
		s.points = append(s.points, pt)
	}
}
