package queries

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries/impact"
)

// synthetic compares few units with a weighted mix of the others, and ranks the
// effect among mixes of the same size that had no tactic. The rank is a gate of the
// ladder; p is that of the interval, since of 19 others no rank is below 1/20, which could
// never stand beside other tests.
func (s *study) synthetic(p *panel) error {
	s.compare(p, p.isChosen(), true)
	g := s.Trial.Groups
	base := p.base()
	var donors, treated [][]float64
	cut := func(i int) []float64 {
		row := make([]float64, 0, len(p.months))
		for _, t := range base {
			row = append(row, p.y[i][t])
		}
		return append(row, p.y[i][p.launch:]...)
	}
	for i := range p.units {
		if p.isTreated(i) {
			treated = append(treated, cut(i))
		} else {
			donors = append(donors, cut(i))
		}
	}
	fit := func(rows [][]float64, control int) (*impact.SyntheticDiDResult, error) {
		return impact.SyntheticDiD(impact.Block{Y: rows, Control: control, Before: len(base)}, impact.SDIDOptions{})
	}
	d, err := fit(append(append([][]float64{}, donors...), treated...), len(donors))
	if err != nil {
		return err
	}
	var sizes []float64
	sum, square, larger, n := 0.0, 0.0, 0, 0
	for _, set := range placeboSets(len(donors), len(treated)) {
		var rest, fake [][]float64
		in := map[int]bool{}
		for _, i := range set {
			in[i] = true
		}
		for i, row := range donors {
			if in[i] {
				fake = append(fake, row)
			} else {
				rest = append(rest, row)
			}
		}
		r, err := fit(append(rest, fake...), len(rest))
		if err != nil {
			continue
		}
		n++
		sizes = append(sizes, math.Abs(r.Effect))
		sum += r.Effect
		square += r.Effect * r.Effect
		if math.Abs(r.Effect) >= math.Abs(d.Effect) {
			larger++
		}
		s.points = append(s.points, point{Kind: "placebo", Value: known(r.Effect)})
	}
	if n < 2 {
		return fmt.Errorf("%w: no placebo could be estimated", impact.ErrTooFew)
	}
	se := math.Sqrt(max(0, square/float64(n)-sum*sum/float64(n*n)))
	// Placebos have longer tails than the normal: the interval is as wide as 95 % of
	// them are.
	slices.Sort(sizes)
	se = max(se, sizes[min(n-1, int(math.Ceil(0.95*float64(n+1)))-1)]/distuv.UnitNormal.Quantile(0.975))
	// as many sets of placebos share no donor
	df := max(3, float64(len(donors)/len(treated)-1))
	if !(se > 0) {
		return fmt.Errorf("%w: the placebos do not vary", impact.ErrTooFew)
	}
	s.Trial.Estimate = estimateOf(impact.NewEstimate(d.Effect, se, df, 0.95))
	g.Placebos, g.PlaceboP = n, float64(1+larger)/float64(1+n)
	s.Facts.Estimand = "ATT, by weighted difference in differences"
	s.Facts.Settings["se"], s.Facts.Settings["placebos"] = "placebo", n
	if s.frame, err = p.frame(nil); err != nil {
		return err
	}
	s.Facts.Command = command(impact.Spec{Design: "sdid", Outcome: columnOutcome, Unit: columnUnit, Time: columnMonth, FirstTreated: columnFirst, SE: "placebo"})
	weights := make([]float64, len(p.units))
	k := 0
	for i, u := range p.units {
		weights[i] = 1
		if !p.isTreated(i) {
			weights[i] = d.Omega[k] * float64(len(donors))
			s.points = append(s.points, point{Kind: "weight", Name: u.Unit, Value: known(d.Omega[k])})
			k++
		}
	}
	s.path(p, weights)
	return nil
}

// placeboSets are the sets of k of n donors to try: each alone, or random ones.
func placeboSets(n, k int) [][]int {
	var sets [][]int
	if k == 1 {
		for i := range n {
			sets = append(sets, []int{i})
		}
		return sets
	}
	r := rand.New(rand.NewPCG(panelSeed, 21))
	for range placeboDraws {
		sets = append(sets, r.Perm(n)[:min(k, n-2)])
	}
	return sets
}
