package impact

import (
	"math"
	"slices"
)

// A frankWolfe minimises ‖Ax − b‖² + η‖x‖² over the simplex, given A'A by column and
// A'b. A step costs one pass over a column.
type frankWolfe struct {
	n      int
	rows   int // of A: the objective and its limit count ‖Ax − b‖²/rows
	column func(i int) []float64
	ab     []float64
	out    []bool // columns that may not be used, or nil
	steps  [][]float64
}

// newFrankWolfe takes columns and a target, which it demeans where there is an
// intercept. Columns of A'A are computed when they are needed.
func newFrankWolfe(a [][]float64, b []float64, intercept bool) *frankWolfe {
	if intercept {
		for _, col := range append(slices.Clone(a), b) {
			center(col)
		}
	}
	gram := make([][]float64, len(a))
	return &frankWolfe{n: len(a), rows: len(b), ab: gradientOf(a, b), column: func(i int) []float64 {
		if gram[i] == nil {
			gram[i] = gradientOf(a, a[i])
		}
		return gram[i]
	}}
}

func center(x []float64) {
	m := mean(x)
	for i := range x {
		x[i] -= m
	}
}

// exact solves the same problem to machine precision.
func (p *frankWolfe) exact(eta float64) ([]float64, error) {
	q := &simplexQP{n: p.n, h: make([]float64, p.n*p.n), c: p.ab}
	for i := range p.n {
		copy(q.h[i*p.n:], p.column(i))
	}
	q.ridge(eta)
	return q.solve()
}

// step is half the gradient at corner i: Qeᵢ − A'b with Q = A'A + ηI.
func (p *frankWolfe) step(i int, eta float64) []float64 {
	if p.steps[i] == nil {
		p.steps[i] = difference(p.column(i), p.ab)
		p.steps[i][i] += eta
	}
	return p.steps[i]
}

// run steps towards the best corner until a step gains less than limit, at least
// twice and at most count times.
//
// With h = Qx − A'b, a step of size s to corner i makes x and h the mixtures
// (1−s)·x + s·eᵢ and (1−s)·h + s·hᵢ. Both are kept as c·u and c·v, so that only one
// entry of u and one pass over v change.
func (p *frankWolfe) run(start []float64, eta, limit float64, count int) []float64 {
	p.steps = make([][]float64, p.n)
	w := &walk{p: p, eta: eta, u: slices.Clone(start)}
	w.refresh()
	for t := range count {
		if t%1000 == 999 || w.c < 1e-100 {
			w.refresh()
		}
		i := w.best
		h := w.c * w.v[i]
		corner := p.step(i, eta)
		qii := corner[i] + p.ab[i]
		// How fast the objective falls towards the corner, and how it bends.
		fall := w.along - h
		bend := qii - 2*(h+p.ab[i]) + w.along + w.xab
		if !(fall > 0) || bend <= 0 {
			break
		}
		s := min(1, fall/bend)
		w.move(i, s, h, corner)
		if gain := (2*s*fall - s*s*bend) / float64(p.rows); t >= 1 && gain <= limit {
			break
		}
	}
	scale(w.c, w.u)
	return w.u
}

// A walk is where a Frank–Wolfe run is.
type walk struct {
	p          *frankWolfe
	eta, c     float64
	u, v       []float64 // x and h, divided by c
	along, xab float64   // x'h and x'A'b
	best       int
}

// refresh computes h from x, against what rounding adds up to.
func (w *walk) refresh() {
	if w.c != 0 {
		scale(w.c, w.u)
	}
	w.c = 1
	w.v = make([]float64, w.p.n)
	for i, x := range w.u {
		w.v[i] += w.eta*x - w.p.ab[i]
		if x != 0 {
			axpy(x, w.p.column(i), w.v)
		}
	}
	for i, shut := range w.p.out {
		if shut {
			w.v[i] = math.Inf(1)
		}
	}
	w.along, w.xab = 0, 0
	for i, x := range w.u {
		if x != 0 {
			w.along += x * w.v[i]
			w.xab += x * w.p.ab[i]
		}
	}
	w.best = smallest(w.v)
}

func smallest(x []float64) int {
	at := 0
	for i, v := range x {
		if v < x[at] {
			at = i
		}
	}
	return at
}

// move takes a step of size s to corner i, where h is hᵢ.
func (w *walk) move(i int, s, h float64, corner []float64) {
	p := w.p
	xc := h + p.ab[i] - w.xab // x'(Qeᵢ − A'b)
	w.along = (1-s)*(1-s)*w.along + s*(1-s)*(xc+h) + s*s*corner[i]
	w.xab = (1-s)*w.xab + s*p.ab[i]
	if s == 1 {
		w.u = make([]float64, p.n)
		w.u[i], w.c = 1, 0
		w.refresh()
		return
	}
	w.c *= 1 - s
	a := s / w.c
	w.u[i] += a
	w.best = addSmallest(w.v, corner, a)
}

// addSmallest adds a·k to v and finds the smallest entry of the sum. It is where a
// run spends its time, hence four entries at once.
func addSmallest(v, k []float64, a float64) int {
	k = k[:len(v)]
	at, least, i := 0, math.Inf(1), 0
	for ; i+4 <= len(v); i += 4 {
		x, y := v[i:i+4:i+4], k[i:i+4:i+4]
		x0, x1, x2, x3 := x[0]+a*y[0], x[1]+a*y[1], x[2]+a*y[2], x[3]+a*y[3]
		x[0], x[1], x[2], x[3] = x0, x1, x2, x3
		if x0 < least {
			least, at = x0, i
		}
		if x1 < least {
			least, at = x1, i+1
		}
		if x2 < least {
			least, at = x2, i+2
		}
		if x3 < least {
			least, at = x3, i+3
		}
	}
	for ; i < len(v); i++ {
		v[i] += a * k[i]
		if v[i] < least {
			least, at = v[i], i
		}
	}
	return at
}
