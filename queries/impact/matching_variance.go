package impact

import "fmt"

// variance is the Abadie–Imbens variance of the effect: one of four, by whether
// the units are the sample or a population's, and by whether the outcome's variance
// is common or each row's own. The formulas stand with [Match].
func (m *matcher) variance(effect float64) (float64, error) {
	own := m.common(effect)
	term := make([]float64, m.n)
	eachChunk(m.n, func(lo, hi int) {
		distance := make([]float64, m.n)
		for i := lo; i < hi; i++ {
			k, once := m.used[i], 0.0
			if m.wanted[i] {
				once = 1
			}
			// With the effect on one group, rows of that group are never matches.
			factor := (once + k) * (once + k)
			if !m.o.Sample {
				factor = k*k + 2*once*k - m.squares[i]
				term[i] = once * (m.gain[i] - effect) * (m.gain[i] - effect)
			}
			switch {
			case factor == 0:
			case m.o.Homoskedastic:
				term[i] += factor * own
			default:
				term[i] += factor * m.within(i, distance)
			}
		}
	})
	n, v := 0.0, sum(term)
	for _, w := range m.wanted {
		if w {
			n++
		}
	}
	v /= n * n
	if !(v > 0) {
		return 0, fmt.Errorf("the variance of the matching effect is %g: outcomes do not vary among matches", v)
	}
	return v, nil
}

// common is the outcome's variance from the differences within matches, each pair
// on its own.
func (m *matcher) common(effect float64) float64 {
	total, n := 0.0, 0.0
	for i, found := range m.matches {
		if found == nil {
			continue
		}
		n++
		for _, r := range found {
			e := m.pair(i, r) - effect
			total += e * e / float64(len(found))
		}
	}
	return total / (2 * n)
}

// within is row i's own variance, from its nearest rows in its own group.
func (m *matcher) within(i int, distance []float64) float64 {
	found := m.nearest(i, m.o.VarianceNeighbours, m.arm[int(m.d[i])], distance)
	total := m.y[i]
	for _, r := range found {
		total += m.y[r]
	}
	j := float64(len(found))
	center := total / (j + 1)
	square := (m.y[i] - center) * (m.y[i] - center)
	for _, r := range found {
		square += (m.y[r] - center) * (m.y[r] - center)
	}
	return square / j
}
