package queries

import (
	"math"
	"math/rand/v2"

	"dials/queries/impact"
)

// placebos assigns the dates to other units, at random, and ranks the true effect:
//
//	p = (1 + #{|placebo| ≥ |effect|}) / (1 + draws)
//
// by the change of the treated since their date against those never treated.
func (s *study) placebos(p *panel) {
	g := s.Trial.Groups
	if g.Comparison < 2 {
		return
	}
	s.leaveOut(p)
	first := append([]int(nil), p.first...)
	actual := math.Abs(contrastOf(p, first))
	r := rand.New(rand.NewPCG(panelSeed, 19))
	larger := 0
	draws := placeboDraws
	if g.Treated < fewTreated { // p depends on them
		draws = max(draws, min(rankDraws, rankWork/max(1, len(p.units)*len(p.months))))
	}
	for k := range draws {
		r.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
		v := contrastOf(p, first)
		if math.Abs(v) >= actual {
			larger++
		}
		if k < placeboDraws {
			s.points = append(s.points, point{Kind: "placebo", Value: known(v)})
		}
	}
	g.Placebos = draws
	g.PlaceboP = float64(1+larger) / float64(1+draws)
	if e := s.Trial.Estimate; g.Treated < fewTreated && g.PlaceboP > e.P {
		e.P, e.IsByPermutation = g.PlaceboP, true
	}
}

// contrastOf is the mean over units with a date of their change since, against the
// change of those that had not started in the same months, both from their own mean
// on the base months.
func contrastOf(p *panel, first []int) float64 {
	base := p.base()
	n := len(p.months)
	path, open := make([]float64, n), make([]float64, n)
	own := make([]float64, len(first))
	for i, f := range first {
		own[i] = p.of(i, base)
		for t := range n {
			if f < 0 || t < f {
				path[t] += p.y[i][t] - own[i]
				open[t]++
			}
		}
	}
	sum, k := 0.0, 0.0
	for i, f := range first {
		if f < 0 {
			continue
		}
		after, months := 0.0, 0.0
		for t := f; t < n; t++ {
			if open[t] > 0 {
				after += p.y[i][t] - own[i] - path[t]/open[t]
				months++
			}
		}
		if months > 0 {
			sum += after / months
			k++
		}
	}
	return sum / k
}

// leaveOut is how far the effect goes when one treated unit is left out, whichever.
func (s *study) leaveOut(p *panel) {
	treated, _ := p.counts()
	if treated < 2 || len(p.units) > largePanel {
		return
	}
	all := contrastOf(p, p.first)
	low, high := math.Inf(1), math.Inf(-1)
	rest := &panel{months: p.months, launch: p.launch, excluded: p.excluded, from: p.from}
	for i := range p.units {
		if !p.isTreated(i) {
			continue
		}
		rest.y = append(append(rest.y[:0], p.y[:i]...), p.y[i+1:]...)
		rest.first = append(append(rest.first[:0], p.first[:i]...), p.first[i+1:]...)
		v := contrastOf(rest, rest.first)
		low, high = min(low, v), max(high, v)
	}
	s.checks = append(s.checks, impact.Check{
		Name: "leave-one-out", Statistic: all, DF: math.NaN(), P: math.NaN(), Passed: low*high > 0, Lo: low, Hi: high,
		Note: "Whether the effect keeps its direction when any one treated unit is left out.",
	})
}
