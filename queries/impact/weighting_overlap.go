package impact

import (
	"fmt"
	"math"
	"slices"
)

// WeightedBalances is [Balances] with weights of rows: differences of weighted means
// in standard deviations of the treated as they are (n−1, unweighted), so that both
// tables have one scale; variances are weighted.
func WeightedBalances(names []string, x [][]float64, treated, weights []float64) []Balance {
	out := Balances(names, x, treated)
	for j, col := range x {
		var total, first, second [2]float64
		var own []float64
		for i, v := range col {
			g, w := int(treated[i]), weights[i]
			total[g] += w
			first[g] += w * v
			if g == 1 {
				own = append(own, v)
			}
		}
		for g := range first {
			first[g] /= total[g]
		}
		for i, v := range col {
			g := int(treated[i])
			second[g] += weights[i] * (v - first[g]) * (v - first[g])
		}
		if sd := math.Sqrt(variance(own)); sd > 0 {
			out[j].Difference = (first[1] - first[0]) / sd
		}
		out[j].VarianceRatio = second[1] / total[1] / (second[0] / total[0])
	}
	return out
}

// An Overlap says how far the propensities of treated and untreated rows overlap.
type Overlap struct {
	TreatedLow, TreatedHigh float64 // range of the propensity among the treated
	ControlLow, ControlHigh float64
	// Outside is the share of rows whose propensity lies beyond Low and High.
	Low, High float64
	Outside   float64
	// Effective is Kish's number of rows that the weighted ones are worth: (Σw)²/Σw²,
	// of the treated and of the untreated.
	EffectiveTreated, EffectiveControl float64
}

// MeasureOverlap describes propensities p of rows, with the weights that rows have in
// the mean of their group, against the bounds low and high.
//
// Source: R. Crump, V. Hotz, G. Imbens & O. Mitnik, Biometrika 96 (2009) 187–199, who
// give 0.1 and 0.9 as a rule of thumb.
func MeasureOverlap(p, treated, weights []float64, low, high float64) Overlap {
	var arms, w [2][]float64
	outside := 0
	for i, v := range p {
		g := int(treated[i])
		arms[g], w[g] = append(arms[g], v), append(w[g], weights[i])
		if v < low || v > high {
			outside++
		}
	}
	o := Overlap{Low: low, High: high, Outside: float64(outside) / float64(len(p))}
	o.TreatedLow, o.TreatedHigh = bounds(arms[1])
	o.ControlLow, o.ControlHigh = bounds(arms[0])
	effective := func(w []float64) float64 { return sum(w) * sum(w) / dot(w, w) }
	o.EffectiveTreated, o.EffectiveControl = effective(w[1]), effective(w[0])
	return o
}

// TrimBound is the smallest propensity α for which the rows with α ≤ p ≤ 1 − α have
// the most precise average effect, where outcomes vary alike.
//
//	1/(α(1−α)) ≤ 2·mean of 1/(p(1−p)) over the rows kept
//
// It is 0 where nothing need be left out. Propensities must lie inside (0, 1).
//
// Source: R. Crump, V. Hotz, G. Imbens & O. Mitnik, Biometrika 96 (2009) 187–199,
// corollary 1.
func TrimBound(p []float64) (float64, error) {
	cost := make([]float64, len(p))
	for i, v := range p {
		if !(v > 0 && v < 1) {
			return 0, fmt.Errorf("propensity of row %d is %g; it must lie between 0 and 1", i+1, v)
		}
		cost[i] = 1 / (v * (1 - v))
	}
	if len(p) == 0 {
		return 0, fmt.Errorf("%w: no propensities", ErrTooFew)
	}
	slices.Sort(cost)
	if cost[len(cost)-1] <= 2*mean(cost) {
		return 0, nil
	}
	// Rows are added from the cheapest; the bound is met while the next costs at most
	// twice the mean of those so far, itself included.
	total, limit := 0.0, cost[0]
	for i, c := range cost {
		total += c
		if c <= 2*total/float64(i+1) {
			limit = 2 * total / float64(i+1)
		}
	}
	return 0.5 - math.Sqrt(max(0, 0.25-1/limit)), nil
}

// Trimmed lists the rows whose propensity lies in [alpha, 1−alpha], in order.
func Trimmed(p []float64, alpha float64) []int {
	var keep []int
	for i, v := range p {
		if v >= alpha && v <= 1-alpha {
			keep = append(keep, i)
		}
	}
	return keep
}
