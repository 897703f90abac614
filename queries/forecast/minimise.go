package forecast

import "math"

// minimise returns where f is least, by the simplex search of Nelder and Mead,
// in at most steps evaluations beyond the first simplex. It is deterministic.
//
// Source: J. A. Nelder, R. Mead, The Computer Journal 7 (1965) 308–313,
// doi:10.1093/comjnl/7.4.308.
func minimise(f func([4]float64) float64, start [4]float64, steps int) [4]float64 {
	const n = 4
	type vertex struct {
		x [n]float64
		f float64
	}
	var simplex [n + 1]vertex
	simplex[0] = vertex{start, f(start)}
	for i := range n {
		x := start
		x[i]++
		simplex[i+1] = vertex{x, f(x)}
	}
	sortIn := func() {
		for i := 1; i <= n; i++ {
			for j := i; j > 0 && simplex[j].f < simplex[j-1].f; j-- {
				simplex[j], simplex[j-1] = simplex[j-1], simplex[j]
			}
		}
	}
	for used := 0; used < steps; {
		sortIn()
		worst := &simplex[n]
		if math.Abs(worst.f-simplex[0].f) < 1e-7 {
			break
		}
		var centre [n]float64
		for _, v := range simplex[:n] {
			for i, x := range v.x {
				centre[i] += x / n
			}
		}
		try := func(t float64) vertex {
			var v vertex
			for i := range n {
				v.x[i] = centre[i] + t*(worst.x[i]-centre[i])
			}
			v.f = f(v.x)
			used++
			return v
		}
		reflected := try(-1)
		switch {
		case reflected.f < simplex[0].f:
			if expanded := try(-2); expanded.f < reflected.f {
				reflected = expanded
			}
			*worst = reflected
		case reflected.f < simplex[n-1].f:
			*worst = reflected
		default:
			side := 0.5
			if reflected.f < worst.f {
				side = -0.5
			}
			if inner := try(side); inner.f < min(worst.f, reflected.f) {
				*worst = inner
				continue
			}
			for i := 1; i <= n; i++ {
				for j := range n {
					simplex[i].x[j] = (simplex[i].x[j] + simplex[0].x[j]) / 2
				}
				simplex[i].f = f(simplex[i].x)
				used++
			}
		}
	}
	sortIn()
	return simplex[0].x
}
