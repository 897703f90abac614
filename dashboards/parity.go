package dashboards

import "math"

// A part is what the people of one side got: the sum over people, the sum of its
// squares, how many people, and their full-time equivalents.
type part struct {
	Sum, Square, People, FTE float64
}

// A parity is a share of what is spent ÷ the share of full-time equivalents; 1 is even.
type parity struct {
	Ratio, Low, High    float64
	ShareOf, ShareOfFTE float64
}

// parityOf estimates how the share that one side gets stands against its share of
// full-time equivalents.
//
//	R = (F ÷ T) ÷ (fte ÷ all fte)    p = F ÷ T    var p = ((1 − p)²·v(F) + p²·v(O)) ÷ T²
//	v = N ÷ (N − 1) · (Σ yᵢ² − (Σ yᵢ)² ÷ N)
//
// F and O are the sums over the side's people and over the others, T is both. Each side has N people: those who
// got something, or as many as its full-time equivalents if that is more, the rest with nothing. The interval is that
// of a ratio of totals of two strata, linearised (Cochran, Sampling Techniques, 3rd ed. 1977, §§5.4, 6.11), at 95 %
// on the scale of log R: people are taken as a sample of people like them, full-time equivalents as
// known. It reports false where a side is empty.
func parityOf(side, others part) (parity, bool) {
	total, fte := side.Sum+others.Sum, side.FTE+others.FTE
	if side.Sum <= 0 || total <= 0 || side.FTE <= 0 || fte <= 0 {
		return parity{}, false
	}
	p := side.Sum / total
	variance := ((1-p)*(1-p)*side.spread() + p*p*others.spread()) / (total * total)
	q := parity{Ratio: p / (side.FTE / fte), ShareOf: p, ShareOfFTE: side.FTE / fte}
	width := math.Exp(1.959963984540054 * math.Sqrt(variance) / p)
	q.Low, q.High = q.Ratio/width, q.Ratio*width
	return q, true
}

// words are those for a ratio whose interval holds 1: it is even only where the interval
// says so, within a tenth.
func (p parity) words(even, open string) string {
	if p.Low >= 0.9 && p.High <= 1.1 {
		return even
	}
	return open
}

// spread is the variance of a side's sum.
func (p part) spread() float64 {
	n := math.Max(p.People, math.Round(p.FTE))
	if n < 2 {
		return p.Square
	}
	return math.Max(0, n/(n-1)*(p.Square-p.Sum*p.Sum/n))
}
