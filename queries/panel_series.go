package queries

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries/evidence"
	"dials/queries/impact"
)

// series estimates a break in the series of the treated units together: the mean of
// the months since the launch against the line, season and autocorrelation of the
// months before. Each earlier date that leaves enough months on both sides is tried
// as well, with the months before the launch alone. Where there are others, though too few,
// their series is taken off: what moved all is no effect.
func (s *study) series(l linkRow, p *panel) error {
	own := s.scaled(p.together(l, p.isTreated))
	y, beside := slices.Clone(own), make([]float64, len(own))
	if p.isBesideSeries() {
		beside = s.scaled(p.together(l, func(i int) bool { return !p.isTreated(i) }))
		for t := range y {
			y[t] -= beside[t]
		}
	}
	pre, post := p.launch, len(p.months)-p.launch
	hasSeason := pre < 24 || post >= 12 || seasonal(y[:pre], p.months[:pre])
	season := "none"
	if hasSeason && pre >= 24 && post >= 12 {
		season = "month"
	}
	months := make([]string, len(y))
	for t, m := range p.months {
		months[t] = m.Format(time.DateOnly)
	}
	frame, err := impact.NewFrame(
		impact.Column{Name: columnMonth, Text: months}, impact.Column{Name: columnOutcome, Numbers: own}, impact.Column{Name: columnBeside, Numbers: beside},
	)
	if err != nil {
		return err
	}
	spec := impact.Spec{Design: "its", Outcome: columnOutcome, Time: columnMonth, At: months[p.launch], Season: season}
	if p.isBesideSeries() {
		spec.Comparison = columnBeside
	}
	r, err := s.run(spec, frame)
	if err != nil {
		return err
	}
	var level, slope float64
	for _, e := range r.Effects {
		switch e.Name {
		case "average effect":
			s.Trial.Estimate = estimateOf(e.Estimate)
		case "level":
			level = e.Estimate.Value
		case "slope":
			slope = e.Estimate.Value
		}
	}
	s.Facts.Estimand = "mean effect over the months since the launch"
	facts := &evidence.SeriesFacts{Pre: pre, Post: post, HasSeason: hasSeason, IsSmallSample: true}
	s.Trial.Series = facts
	for t, m := range p.months {
		v := s.offScale(own[t])
		pt := point{Kind: "path", Month: &p.months[t], Value: known(v)}
		if t >= p.launch {
			pt.Other = known(s.offScale(own[t] - level - slope*float64(monthsApart(p.months[p.launch], m))))
		}
		s.points = append(s.points, pt)
	}
	s.placeboDates(y, p, season, facts)
	return nil
}

// scaled puts a series on the scale of the analysis.
func (s *study) scaled(y []float64) []float64 {
	for t, v := range y {
		y[t] = s.onScale(v)
	}
	return y
}

func (s *study) offScale(v float64) float64 {
	if s.Facts.Scale == scaleLog {
		return math.Exp(v)
	}
	return v
}

// Months on either side of a placebo date.
const placeboPre, placeboPost = 12, 6

// placeboDates tries the dates before the launch. Effects are compared by their p,
// since dates near the edge are known less well, and their errors from fewer months.
func (s *study) placeboDates(y []float64, p *panel, season string, facts *evidence.SeriesFacts) {
	times := make([]float64, p.launch)
	phase := make([]int, p.launch)
	for t := range times {
		times[t], phase[t] = float64(t), int(p.months[t].Month())-1
	}
	names, x, err := impact.SeasonColumns(season, phase, 12)
	if err != nil {
		return
	}
	for at := placeboPre; at <= p.launch-placeboPost; at++ {
		g, err := impact.Segmented(impact.Series{Y: y[:p.launch], Time: times, At: float64(at), Names: names, X: x}, "ar1", 0, "stata", 0.95)
		if err != nil || !(g.Average.StdErr > 0) {
			continue
		}
		facts.Placebos++
		if g.Average.P <= s.Trial.Estimate.P {
			facts.Larger++
		}
		s.points = append(s.points, point{Kind: "placebo-date", Month: &p.months[at], Value: known(g.Average.Value), Low: known(g.Average.Lo), High: known(g.Average.Hi)})
	}
}

// maxSeasonP is how surely a season must be absent before it is left out.
const maxSeasonP = 0.20

// seasonal reports whether months before a launch may hang together by the calendar:
// unless an F test of month dummies beside a line says otherwise.
func seasonal(y []float64, months []time.Time) bool {
	n := len(y)
	trend, phase := make([]float64, n), make([]int, n)
	for t := range y {
		trend[t], phase[t] = float64(t), int(months[t].Month())-1
	}
	names, dummies, err := impact.SeasonColumns("month", phase, 12)
	if err != nil {
		return true
	}
	rss := func(names []string, x [][]float64) (float64, bool) {
		g, err := impact.Regress(impact.Model{Names: names, X: x, Y: y, Intercept: true}, impact.Errors{Kind: "classical", DoF: "stata"})
		if err != nil {
			return 0, false
		}
		sum := 0.0
		for _, u := range g.Resid {
			sum += u * u
		}
		return sum, true
	}
	small, ok := rss([]string{"trend"}, [][]float64{trend})
	full, ok2 := rss(append([]string{"trend"}, names...), append([][]float64{trend}, dummies...))
	k := float64(len(dummies))
	df := float64(n) - 2 - k
	if !ok || !ok2 || df < 1 || full <= 0 {
		return true
	}
	f := (small - full) / k / (full / df)
	return distuv.F{D1: k, D2: df}.Survival(f) < maxSeasonP
}
