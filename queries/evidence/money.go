package evidence

import "math"

// A Money is what an effect is worth, in one currency.
type Money struct {
	// Low rests on the bound of the effect nearest zero on the wanted side; it is
	// negative where that crosses zero.
	Low, Central float64
}

// Worth values an effect and its interval.
//
//	benefit = effect × exposed unit-months × money per unit of the metric
//
// The effect is in metric units per unit and month; unitMonths counts at most 12
// months a unit. Where down is wanted, a fall is worth money.
func Worth(effect, low, high, unitMonths, moneyPer float64, wanted Wanted) Money {
	if wanted == Down {
		effect, low = -effect, -high
	}
	return Money{Low: low * unitMonths * moneyPer, Central: effect * unitMonths * moneyPer}
}

// A Return is money against cost. BCR and ROI are different numbers.
type Return struct {
	BCR float64 // benefit ÷ cost
	ROI float64 // (benefit − cost) ÷ cost, of one
}

// Returns is the return on a cost above 0.
//
// Source: J. J. Phillips, Return on Investment in Training and Performance
// Improvement Programs, 2nd ed., 2003.
func Returns(benefit, cost float64) (Return, bool) {
	if !(cost > 0) || !finite(benefit) || !finite(cost) {
		return Return{}, false
	}
	return Return{BCR: benefit / cost, ROI: (benefit - cost) / cost}, true
}

// Payback is the number of months after which the benefits have covered the cost:
// the first at which their running total reaches it. It is false if none does.
func Payback(monthly []float64, cost float64) (months int, ok bool) {
	total := 0.0
	for i, b := range monthly {
		if total += b; total >= cost {
			return i + 1, true
		}
	}
	return 0, false
}

// A Contribution is what one person thinks of a tactic's part in a change.
type Contribution struct {
	IsManager bool
	// Share of the change and confidence in it, of one.
	Share, Confidence float64
}

// Estimated is the part of a change that people ascribe to a tactic: the mean of
// share × confidence over those asked, of participants or of managers, whichever is
// lower. Who was asked and did not answer counts as 0, and so does a side that
// nobody asked. It is an estimate, not a measurement.
func Estimated(answers []Contribution, askedParticipants, askedManagers int) float64 {
	var sum [2]float64
	var n [2]int
	for _, a := range answers {
		side := 0
		if a.IsManager {
			side = 1
		}
		sum[side] += min(1, max(0, a.Share)) * min(1, max(0, a.Confidence))
		n[side]++
	}
	asked := [2]int{max(n[0], askedParticipants), max(n[1], askedManagers)}
	if asked[0] == 0 || asked[1] == 0 {
		return 0
	}
	return min(sum[0]/float64(asked[0]), sum[1]/float64(asked[1]))
}

// Shares divides a dial's change among the tactics that moved it: each gets its
// effect ÷ the change, the company's on both sides, at least 0 and together at most 1.
// The rest is other causes. Without a change there are no shares.
func Shares(effects []float64, change float64) (shares []float64, others float64) {
	shares = make([]float64, len(effects))
	if change == 0 || !finite(change) {
		return shares, 0
	}
	total := 0.0
	for i, e := range effects {
		if s := e / change; s > 0 && finite(s) {
			shares[i] = s
			total += s
		}
	}
	if total > 1 {
		for i := range shares {
			shares[i] /= total
		}
		total = 1
	}
	return shares, 1 - total
}

// Retention is how much of an effect is left: the effect at a later time ÷ that in
// a window stated beforehand, with its interval at level by the delta method for
// independent errors. It is false where the effect in the window cannot be told
// from 0: there is nothing to keep.
func Retention(later, window Estimate, level float64) (ratio, low, high float64, ok bool) {
	if l, h := window.Interval(level); l <= 0 && h >= 0 {
		return 0, 0, 0, false
	}
	ratio = later.Value / window.Value
	se := math.Sqrt(later.StdErr*later.StdErr+ratio*ratio*window.StdErr*window.StdErr) / math.Abs(window.Value)
	low, high = Estimate{Value: ratio, StdErr: se, DF: min(later.DF, window.DF)}.Interval(level)
	return ratio, low, high, finite(ratio + low + high)
}
