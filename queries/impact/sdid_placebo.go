package impact

import (
	"math"
	"slices"
)

// engineLimit is how many untreated units share one matrix of cross-products.
const engineLimit = 3000

// A placeboEngine estimates the effect for untreated units in the place of treated
// ones, many times over: the cross-products of units and of periods are computed once
// and the placebo-treated taken out of them. The result is that of [SyntheticDiD] on
// the same block, to rounding.
type placeboEngine struct {
	o         SDIDOptions
	y         [][]float64 // the untreated
	t0, t1    int
	units     []float64 // n×n products of units over the periods before
	periods   []float64 // (t0+1)² products of periods over units; the last is the mean after
	rows      [][]float64
	diff      []float64 // per unit, sum of first differences before
	diffs     []float64 // and of their squares
	shift     float64   // taken off each difference, against cancellation
	intercept bool
}

// newPlaceboEngine prepares placebos whose treatment begins in period t0.
func newPlaceboEngine(y [][]float64, t0 int, o SDIDOptions) *placeboEngine {
	n := len(y)
	e := &placeboEngine{o: o, y: y, t0: t0, t1: len(y[0]) - t0, intercept: o.Method != "sc"}
	cols := make([][]float64, n)
	e.rows = make([][]float64, n)
	middle := make([]float64, t0+1)
	for i, row := range y {
		cols[i] = slices.Clone(row[:t0])
		if e.intercept {
			center(cols[i])
		}
		e.rows[i] = append(slices.Clone(row[:t0]), mean(row[t0:]))
		axpy(1/float64(n), e.rows[i], middle)
	}
	e.units = make([]float64, n*n)
	eachIndex(n, func(i int) {
		for j, col := range cols {
			e.units[i*n+j] = dot(cols[i], col)
		}
	})
	for _, row := range e.rows {
		axpy(-1, middle, row)
	}
	byPeriod := make([][]float64, t0+1)
	for t := range byPeriod {
		byPeriod[t] = make([]float64, n)
		for i, row := range e.rows {
			byPeriod[t][i] = row[t]
		}
	}
	e.periods = make([]float64, (t0+1)*(t0+1))
	for t, col := range byPeriod {
		copy(e.periods[t*(t0+1):], gradientOf(byPeriod, col))
	}
	e.diff, e.diffs = make([]float64, n), make([]float64, n)
	e.shift = (mean(columnAt(y, t0-1)) - mean(columnAt(y, 0))) / float64(t0-1)
	for i, row := range y {
		for t := 1; t < t0; t++ {
			d := row[t] - row[t-1] - e.shift
			e.diff[i] += d
			e.diffs[i] += d * d
		}
	}
	return e
}

func columnAt(rows [][]float64, t int) []float64 {
	out := make([]float64, len(rows))
	for i, row := range rows {
		out[i] = row[t]
	}
	return out
}

// estimate is the effect with the given units as treated; out marks all units that
// are not to be compared with, these among them.
func (e *placeboEngine) estimate(treated []int, out []bool) (float64, error) {
	n := len(e.y)
	s := &sdid{o: e.o, t0: e.t0, n1: len(treated), t1: e.t1}
	total, squares := 0.0, 0.0
	for i := range n {
		if !out[i] {
			s.n0++
			total, squares = total+e.diff[i], squares+e.diffs[i]
		}
	}
	count := float64(s.n0 * (e.t0 - 1))
	s.noise = math.Sqrt(max(squares-total*total/count, 0) / (count - 1))
	s.zeta()
	start := make([]float64, n)
	for i := range start {
		if !out[i] {
			start[i] = 1 / float64(s.n0)
		}
	}
	omega, lambda := start, equal(e.t0)
	var err error
	if e.o.Method != "did" {
		if omega, err = s.fit(e.unitProblem(treated, out), s.zetaOmega, start); err != nil {
			return 0, err
		}
	}
	switch e.o.Method {
	case "sc":
		lambda = make([]float64, e.t0)
	case "sdid":
		if lambda, err = s.fit(e.timeProblem(s.n0, out), s.zetaLambda, nil); err != nil {
			return 0, err
		}
	}
	gap := make([]float64, e.t0+e.t1)
	for _, i := range treated {
		axpy(1/float64(len(treated)), e.y[i], gap)
	}
	for i, w := range omega {
		if w != 0 {
			axpy(-w, e.y[i], gap)
		}
	}
	return contrast(gap, lambda), nil
}

func (e *placeboEngine) unitProblem(treated []int, out []bool) *frankWolfe {
	n := len(e.y)
	p := &frankWolfe{n: n, rows: e.t0, out: out, ab: make([]float64, n)}
	p.column = func(i int) []float64 { return e.units[i*n : (i+1)*n] }
	for _, i := range treated {
		axpy(1/float64(len(treated)), p.column(i), p.ab)
	}
	return p
}

// timeProblem takes the units that are out from the products of periods.
func (e *placeboEngine) timeProblem(n0 int, out []bool) *frankWolfe {
	k := e.t0 + 1
	left := slices.Clone(e.periods)
	first := make([]float64, k) // sum over the units that stay: that of all is 0
	for i, shut := range out {
		if !shut {
			continue
		}
		for t, v := range e.rows[i] {
			axpy(-v, e.rows[i], left[t*k:(t+1)*k])
			first[t] -= v
		}
	}
	for t, v := range first {
		axpy(-v/float64(n0), first, left[t*k:(t+1)*k])
	}
	p := &frankWolfe{n: e.t0, rows: n0, ab: slices.Clone(left[e.t0*k : e.t0*k+e.t0])}
	p.column = func(i int) []float64 { return left[i*k : i*k+e.t0] }
	return p
}
