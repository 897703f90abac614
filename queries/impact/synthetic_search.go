package impact

import (
	"math"
	"slices"
)

// nelderMead minimises f without derivatives, from start, and returns the smallest
// value and where it is. The simplex begins with steps of a tenth of the largest
// coordinate; it reflects, expands by 2 and contracts by
// ½, and ends when the worst and the best corner differ by less than 1e-8 of the
// best, or after 500 evaluations.
//
// Source: J. Nelder & R. Mead, Computer Journal 7 (1965) 308–313, in the form of J.
// Nash, Compact Numerical Methods for Computers, 2nd ed. (1990) algorithm 19, which
// R's optim and so the published synthetic controls use.
func nelderMead(f func([]float64) float64, start []float64) (float64, []float64) {
	const limit, tolerance = 500, 1e-8
	n := len(start)
	size := 0.0
	for _, v := range start {
		size = max(size, 0.1*math.Abs(v))
	}
	if size == 0 {
		size = 0.1
	}
	corners := make([][]float64, n+1)
	value := make([]float64, n+1)
	corners[0], value[0] = slices.Clone(start), f(start)
	stop := tolerance * (math.Abs(value[0]) + tolerance)
	spread := 0.0
	for j := 1; j <= n; j++ {
		corners[j] = slices.Clone(start)
		corners[j][j-1] += size
		spread += size
	}
	calls, fresh := 1, true
	for {
		if fresh {
			for j := range corners {
				if j > 0 { // corner 0 is the best so far
					value[j] = f(corners[j])
					calls++
				}
			}
			fresh = false
		}
		low, high := 0, 0
		for j, v := range value {
			if v < value[low] {
				low = j
			}
			if v > value[high] {
				high = j
			}
		}
		if value[high] <= value[low]+stop || calls > limit {
			return value[low], corners[low]
		}
		center := make([]float64, n)
		for j, c := range corners {
			if j != high {
				axpy(1/float64(n), c, center)
			}
		}
		reflected := between(center, corners[high], -1)
		vr := f(reflected)
		calls++
		if vr < value[low] {
			expanded := between(center, reflected, 2)
			ve := f(expanded)
			calls++
			if ve < vr {
				corners[high], value[high] = expanded, ve
			} else {
				corners[high], value[high] = reflected, vr
			}
			continue
		}
		worse := vr >= value[high]
		if !worse {
			corners[high], value[high] = reflected, vr
		}
		contracted := between(center, corners[high], 0.5)
		vc := f(contracted)
		calls++
		switch {
		case vc < value[high]:
			corners[high], value[high] = contracted, vc
		case worse:
			now := 0.0
			for j := range corners {
				if j == low {
					continue
				}
				corners[j] = between(corners[low], corners[j], 0.5)
				for i, v := range corners[j] {
					now += math.Abs(v - corners[low][i])
				}
			}
			if now >= spread {
				return value[low], corners[low]
			}
			spread, fresh = now, true
			corners[0], corners[low] = corners[low], corners[0]
			value[0], value[low] = value[low], value[0]
		}
	}
}

// between is a + t(b − a).
func between(a, b []float64, t float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] + t*(b[i]-a[i])
	}
	return out
}
