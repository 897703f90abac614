package impact

import (
	"fmt"
	"math"
	"slices"
)

// Bonferroni multiplies each p-value by their number: min(1, m·p). It holds whatever
// the dependence. Errors are those of [BenjaminiHochberg].
//
// Source: O. Dunn, JASA 56 (1961) 52–64.
func Bonferroni(p []float64) ([]float64, error) {
	return adjust(p, func(_, m float64) float64 { return m }, false)
}

// Holm adjusts p-values so that rejecting those ≤ α makes one or more false claims
// with probability ≤ α, whatever their dependence.
//
//	p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎)     p₍₁₎ ≤ … ≤ p₍ₘ₎
//
// The result is in the order of p. Errors are those of [BenjaminiHochberg].
//
// Source: S. Holm, Scandinavian Journal of Statistics 6 (1979) 65–70.
func Holm(p []float64) ([]float64, error) {
	return adjust(p, func(i, m float64) float64 { return m - i + 1 }, false)
}

// BenjaminiHochberg adjusts p-values so that among those ≤ q at most a share q is
// false on average, where they are independent or positively dependent.
//
//	p̃₍ᵢ₎ = min over j ≥ i of min(1, m/j·p₍ⱼ₎)
//
// The result is in the order of p, and empty for none. It returns an error for a
// p-value outside [0, 1] or NaN.
//
// Source: Y. Benjamini & Y. Hochberg, Journal of the Royal Statistical Society B 57
// (1995) 289–300.
func BenjaminiHochberg(p []float64) ([]float64, error) {
	return adjust(p, func(i, m float64) float64 { return m / i }, true)
}

// BenjaminiYekutieli is [BenjaminiHochberg] for any dependence: times Σ 1/i.
//
// Source: Y. Benjamini & D. Yekutieli, Annals of Statistics 29 (2001) 1165–1188.
func BenjaminiYekutieli(p []float64) ([]float64, error) {
	c := 0.0
	for i := range p {
		c += 1 / float64(i+1)
	}
	return adjust(p, func(i, m float64) float64 { return c * m / i }, true)
}

// adjust multiplies the i-th smallest of m p-values by factor(i, m) and makes the
// result monotone: from the largest down, or from the smallest up.
func adjust(p []float64, factor func(i, m float64) float64, down bool) ([]float64, error) {
	for i, v := range p {
		if !(v >= 0 && v <= 1) {
			return nil, fmt.Errorf("p-value %d is %g; it must lie between 0 and 1", i+1, v)
		}
	}
	order := indices(len(p))
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	out := make([]float64, len(p))
	m := float64(len(p))
	running := 0.0
	if down {
		running = 1
	}
	for k := range order {
		i := k
		if down {
			i = len(order) - 1 - k
		}
		v := min(1, factor(float64(i+1), m)*p[order[i]])
		if down {
			running = math.Min(running, v)
		} else {
			running = math.Max(running, v)
		}
		out[order[i]] = running
	}
	return out, nil
}
