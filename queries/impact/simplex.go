package impact

import (
	"fmt"
	"math"
)

// SimplexLeastSquares finds the weights, none negative and summing to 1, that come
// closest to a target.
//
//	min ‖Aw − b‖² + ridge·‖w‖²    w ≥ 0, Σw = 1
//
// a holds one column per weight, b one value per row of a; ridge is in squared units
// of a and may be 0. Where several weights are best (more columns than rows), a
// ridge of 1e-9 of the mean squared length of the columns picks the shortest w; it
// is always added.
//
// It is solved exactly by an active set: from the best single column, add the
// column along which the objective falls fastest, minimise on the columns in use,
// and drop those whose weight would become negative.
//
// It returns ErrTooFew without columns, ErrNotFinite, and an error if the active set
// does not settle.
//
// Source: J. Nocedal & S. Wright, Numerical Optimization, 2nd ed. (2006) §16.5; C.
// Lawson & R. Hanson, Solving Least Squares Problems (1974) ch. 23.
func SimplexLeastSquares(a [][]float64, b []float64, ridge float64) ([]float64, error) {
	n := len(a)
	if n == 0 {
		return nil, fmt.Errorf("%w: no columns to weigh", ErrTooFew)
	}
	if i := notFinite(b); i >= 0 {
		return nil, fmt.Errorf("target, row %d: %w", i+1, ErrNotFinite)
	}
	q := &simplexQP{n: n, h: make([]float64, n*n), c: make([]float64, n)}
	for i, col := range a {
		if len(col) != len(b) {
			return nil, fmt.Errorf("column %d has %d rows where the target has %d", i+1, len(col), len(b))
		}
		if k := notFinite(col); k >= 0 {
			return nil, fmt.Errorf("column %d, row %d: %w", i+1, k+1, ErrNotFinite)
		}
		for j := 0; j <= i; j++ {
			v := dot(col, a[j])
			q.h[i*n+j], q.h[j*n+i] = v, v
		}
		q.c[i] = dot(col, b)
	}
	q.ridge(ridge)
	return q.solve()
}

// A simplexQP is min ½w'(H + extra·I)w − c'w over the simplex.
type simplexQP struct {
	n     int
	h     []float64 // n×n
	c     []float64
	extra float64
	out   []bool // columns that may not be used, or nil
	free  []int
	in    []bool
	w     []float64
	grad  []float64
	// Room for the equations on the free columns.
	chol, u, v []float64
}

// ridge sets what is added to the diagonal: what is asked for and 1e-9 of its mean.
func (q *simplexQP) ridge(extra float64) {
	trace, n := 0.0, 0
	for i := range q.n {
		if !q.shut(i) {
			trace += q.h[i*q.n+i]
			n++
		}
	}
	q.extra = extra + 1e-9*trace/float64(max(n, 1))
}

func (q *simplexQP) shut(i int) bool { return q.out != nil && q.out[i] }

func (q *simplexQP) solve() ([]float64, error) {
	n := q.n
	q.w, q.grad, q.in = make([]float64, n), make([]float64, n), make([]bool, n)
	best, at := math.Inf(1), 0
	top := 0.0
	for i := range n {
		if q.shut(i) {
			continue
		}
		d := q.h[i*n+i] + q.extra
		top = max(top, math.Abs(d), math.Abs(q.c[i]))
		if v := d/2 - q.c[i]; v < best {
			best, at = v, i
		}
	}
	q.w[at] = 1
	q.enter(at)
	for range 50*n + 100 {
		if err := q.minimise(); err != nil {
			return nil, err
		}
		// The multiplier of Σw = 1 is the common gradient of the free columns.
		q.gradient()
		common := 0.0
		for _, i := range q.free {
			common += q.w[i] * q.grad[i]
		}
		worst, at := -1e-12*top, -1
		for i := range n {
			if !q.in[i] && q.grad[i]-common < worst && !q.shut(i) {
				worst, at = q.grad[i]-common, i
			}
		}
		if at < 0 {
			return q.w, nil
		}
		q.enter(at)
	}
	return nil, fmt.Errorf("weights over %d columns did not settle", n)
}

func (q *simplexQP) enter(i int) {
	q.in[i] = true
	q.free = append(q.free, i)
}

func (q *simplexQP) gradient() {
	for i := range q.n {
		g := q.extra*q.w[i] - q.c[i]
		row := q.h[i*q.n : (i+1)*q.n]
		for _, j := range q.free {
			g += row[j] * q.w[j]
		}
		q.grad[i] = g
	}
}

// minimise finds the minimum on the free columns, dropping those that block.
func (q *simplexQP) minimise() error {
	for {
		next, err := q.stationary()
		if err != nil {
			return err
		}
		step, block := 1.0, -1
		for k, i := range q.free {
			if next[k] <= 0 && q.w[i]-next[k] > 0 {
				if s := q.w[i] / (q.w[i] - next[k]); s < step {
					step, block = s, k
				}
			}
		}
		for k, i := range q.free {
			q.w[i] += step * (next[k] - q.w[i])
		}
		if block < 0 {
			return nil
		}
		kept := q.free[:0]
		for k, i := range q.free {
			if k == block || q.w[i] <= 0 && next[k] <= 0 {
				q.w[i], q.in[i] = 0, false
				continue
			}
			kept = append(kept, i)
		}
		q.free = kept
	}
}

// stationary solves H_FF w = c_F + λ1, Σw = 1 on the free columns.
func (q *simplexQP) stationary() ([]float64, error) {
	m := len(q.free)
	if cap(q.chol) < m*m {
		q.chol = make([]float64, 4*m*m)
	}
	l := q.chol[:m*m]
	q.u, q.v = append(q.u[:0], make([]float64, m)...), append(q.v[:0], make([]float64, m)...)
	for i, fi := range q.free {
		for j := 0; j <= i; j++ {
			s := q.h[fi*q.n+q.free[j]]
			for k := range j {
				s -= l[i*m+k] * l[j*m+k]
			}
			if i == j {
				s += q.extra
				if !(s > 0) {
					return nil, fmt.Errorf("weights over %d columns: the columns cannot be told apart", q.n)
				}
				l[i*m+i] = math.Sqrt(s)
			} else {
				l[i*m+j] = s / l[j*m+j]
			}
		}
		q.u[i], q.v[i] = q.c[fi], 1
	}
	for _, x := range [][]float64{q.u, q.v} {
		for i := range m {
			for k := range i {
				x[i] -= l[i*m+k] * x[k]
			}
			x[i] /= l[i*m+i]
		}
		for i := m - 1; i >= 0; i-- {
			for k := i + 1; k < m; k++ {
				x[i] -= l[k*m+i] * x[k]
			}
			x[i] /= l[i*m+i]
		}
	}
	lambda := (1 - sum(q.u)) / sum(q.v)
	axpy(lambda, q.v, q.u)
	return q.u, nil
}
