package queries

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"dials/queries/impact"
)

// Periods of the sensitivity analysis: two after the launch, of a quarter to half a year,
// and up to five as long before. Longer ones are less noisy, so that their moves are those of the trend.
const (
	leastPeriod, mostPeriod    = 3, 6
	periodsBefore, leastBefore = 5, 3
	periodsAfter               = 2
)

// enoughMoves is the least that the groups' trends must be able to part after the
// launch, of the most that they did before, for an effect to pass.
const enoughMoves = 1.0

// honest asks how far the trends of the groups would have to part after the launch, as
// a multiple of the most that they parted from one period to the next before it,
// for the mean effect to be none: the breakdown value M̄ of Rambachan and Roth.
//
// And how sharply, from one period to the next, the difference in trends would have to
// bend: the breakdown value M of bounds on smoothness, which passes where it is more
// than the sharpest bend before.
func (s *study) honest(path impact.EventPath, ok bool) {
	low, high := s.Trial.Estimate.Interval(0.95)
	if !ok || low <= 0 && high >= 0 {
		return // there is no effect to break down
	}
	if m, err := impact.BreakdownRM(path, 0.95, panelSeed); err == nil {
		s.checks = append(s.checks, impact.Check{
			Name: "sensitivity-honest-rm", Statistic: m, DF: math.NaN(), P: math.NaN(), Passed: m >= enoughMoves,
			Note: "How many times the most that the trends parted in a period before the launch they must part in one after it for the effect to be none.",
		})
	}
	if m, err := impact.BreakdownSD(path, 0.95); err == nil && path.Pre > 1 {
		before := append(slices.Clone(path.Beta[:path.Pre]), 0) // the reference
		bend := 0.0
		for q := 2; q < len(before); q++ {
			bend = max(bend, math.Abs(before[q]-2*before[q-1]+before[q-2]))
		}
		s.checks = append(s.checks, impact.Check{
			Name: "sensitivity-honest-sd", Statistic: m, DF: math.NaN(), P: math.NaN(), Passed: m >= bend,
			Note: fmt.Sprintf("How sharply the difference in trends must bend from one period to the next for the effect to be none; before the launch it bent by %.3g at most.", bend),
		})
	}
}

// periods is the difference between the groups in each period, against that in the
// last one before the launch:
//
//	β_q = mean over treated of (y_q − y₋₁) − the same over the others
//	V = S₁/n₁ + S₀·Σw²/(Σw)²    S the covariance over units of a group
//
// Periods are counted from the launch in both directions; months that make no whole period are
// left out.
func (p *panel) periods(weights []float64) (impact.EventPath, bool) {
	base := p.base()
	length := min(max((len(p.months)-p.launch)/periodsAfter, leastPeriod), mostPeriod, max(len(base)/leastBefore, leastPeriod))
	pre, post := min(len(base)/length, periodsBefore), min((len(p.months)-p.launch)/length, periodsAfter)
	if pre < leastBefore || post < 1 {
		return impact.EventPath{}, false
	}
	k := pre - 1 + post
	var rows [2][][]float64
	var w [2][]float64
	for i := range p.units {
		before := func(q int) []int { return base[len(base)-(q+1)*length : len(base)-q*length] } // 0 is the last
		own, row := p.of(i, before(0)), make([]float64, 0, k)
		for q := pre - 1; q > 0; q-- {
			row = append(row, p.of(i, before(q))-own)
		}
		for q := range post {
			sum := 0.0
			for _, v := range p.y[i][p.launch+q*length : p.launch+(q+1)*length] {
				sum += v
			}
			row = append(row, sum/float64(length)-own)
		}
		g := 0
		if p.isTreated(i) {
			g = 1
		}
		weight := 1.0
		if weights != nil {
			weight = weights[i]
		}
		rows[g], w[g] = append(rows[g], row), append(w[g], weight)
	}
	if len(rows[0]) < 2 || len(rows[1]) < 2 {
		return impact.EventPath{}, false
	}
	path := impact.EventPath{Beta: make([]float64, k), V: mat.NewSymDense(k, nil), Pre: pre - 1, Post: post, Which: make([]float64, post)}
	for g, sign := range []float64{-1, 1} {
		addGroup(path, rows[g], w[g], sign)
	}
	for q := range path.Which {
		path.Which[q] = 1 / float64(post)
	}
	return path, true
}

// addGroup adds the weighted mean of rows times sign, and its variance.
func addGroup(path impact.EventPath, rows [][]float64, w []float64, sign float64) {
	total, square := 0.0, 0.0
	for _, v := range w {
		total += v
		square += v * v
	}
	k := len(path.Beta)
	mean := make([]float64, k)
	for j := range mean {
		for i, row := range rows {
			mean[j] += w[i] / total * row[j]
		}
		path.Beta[j] += sign * mean[j]
	}
	share := square / (total * total) / float64(len(rows)-1)
	for a := range k {
		for b := a; b < k; b++ {
			cov := 0.0
			for _, row := range rows {
				cov += (row[a] - mean[a]) * (row[b] - mean[b])
			}
			path.V.SetSym(a, b, path.V.At(a, b)+share*cov)
		}
	}
}
