package impact

import "math"

// linearAt is x_i'b.
func linearAt(x [][]float64, b []float64, i int) float64 {
	s := 0.0
	for j, c := range b {
		s += c * x[j][i]
	}
	return s
}

// square is a k×k matrix of zeros.
func square(k int) [][]float64 {
	flat := make([]float64, k*k)
	m := make([][]float64, k)
	for i := range m {
		m[i] = flat[i*k : (i+1)*k]
	}
	return m
}

// invertSPD inverts a symmetric positive matrix given by its lower triangle, by
// Cholesky's method. The second result is −1, or the first column that depends on
// those before it.
func invertSPD(a [][]float64) ([][]float64, int) {
	k := len(a)
	l := square(k)
	for j := range k {
		d := a[j][j]
		for c := range j {
			d -= l[j][c] * l[j][c]
		}
		if !(d > 1e-13*a[j][j]) {
			return nil, j
		}
		l[j][j] = math.Sqrt(d)
		for i := j + 1; i < k; i++ {
			s := a[i][j]
			for c := range j {
				s -= l[i][c] * l[j][c]
			}
			l[i][j] = s / l[j][j]
		}
	}
	inv := square(k) // L⁻¹ first
	for j := range k {
		inv[j][j] = 1 / l[j][j]
		for i := j + 1; i < k; i++ {
			s := 0.0
			for c := j; c < i; c++ {
				s -= l[i][c] * inv[c][j]
			}
			inv[i][j] = s / l[i][i]
		}
	}
	out := square(k)
	for i := range k {
		for j := range k {
			for c := max(i, j); c < k; c++ {
				out[i][j] += inv[c][i] * inv[c][j]
			}
		}
	}
	return out, -1
}
