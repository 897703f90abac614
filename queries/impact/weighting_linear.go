package impact

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// A linear is a weighted least-squares fit whose predictions cover all rows.
type linear struct {
	x             [][]float64
	w             []float64 // 0 for rows that are not part of the fit
	coef          []float64
	fitted, resid []float64
	info          *mat.SymDense // (X'WX)⁻¹
}

// fitLinear fits y on x with weights w and predicts every row.
func fitLinear(y []float64, x [][]float64, names []string, w []float64) (*linear, error) {
	var rows []int
	for i, v := range w {
		if v > 0 {
			rows = append(rows, i)
		}
	}
	cols := make([][]float64, len(x))
	left := make([]float64, len(rows))
	for k, i := range rows {
		left[k] = math.Sqrt(w[i]) * y[i]
	}
	for j, col := range x {
		cols[j] = make([]float64, len(rows))
		for k, i := range rows {
			cols[j][k] = math.Sqrt(w[i]) * col[i]
		}
	}
	f, err := leastSquares(left, cols, names, nil)
	if err != nil {
		return nil, err
	}
	l := &linear{x: x, w: w, coef: f.coef, info: f.bread(), fitted: multiply(x, f.coef, len(y))}
	l.resid = difference(y, l.fitted)
	return l, nil
}

// solve is (X'WX)⁻¹g.
func (l *linear) solve(g []float64) []float64 {
	c := make([]float64, len(g))
	for j := range c {
		for k, v := range g {
			c[j] += l.info.At(j, k) * v
		}
	}
	return c
}

// influence is gradient'·(n (X'WX)⁻¹ xᵢ wᵢ eᵢ), as [Binary] has it.
func (l *linear) influence(gradient []float64) []float64 {
	n := len(l.w)
	out := multiply(l.x, l.solve(gradient), n)
	for i := range out {
		out[i] *= float64(n) * l.w[i] * l.resid[i]
	}
	return out
}
