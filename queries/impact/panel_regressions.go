package impact

import (
	"fmt"
	"math"
	"slices"
)

// FamaMacBeth regresses y on x period by period and averages the coefficients.
//
//	b̄ = (1/T)Σb_t    se = sd(b_t)/√T    t(T−1)
//
// names and coefficients start with const. It returns ErrTooFew under two periods or
// where a period has too few rows, and a [CollinearError] from a period's regression.
//
// Source: E. Fama and J. MacBeth, J. Political Economy 81 (1973) 607–636.
func FamaMacBeth(y []float64, x [][]float64, names []string, time Key, level float64) ([]Estimate, error) {
	if time.Levels() < 2 {
		return nil, fmt.Errorf("%w: %d period", ErrTooFew, time.Levels())
	}
	series := make([][]float64, len(x)+1)
	for p, rows := range rowsBy(time) {
		m := Model{Names: names, Y: pick(y, rows), Intercept: true}
		for _, col := range x {
			m.X = append(m.X, pick(col, rows))
		}
		r, err := Regress(m, Errors{Kind: "classical"})
		if err != nil {
			return nil, fmt.Errorf("period %s: %w", time.Labels[p], err)
		}
		for j, b := range r.Coef {
			series[j] = append(series[j], b)
		}
	}
	out := make([]Estimate, len(series))
	n := float64(time.Levels())
	for j, b := range series {
		out[j] = NewEstimate(mean(b), math.Sqrt(variance(b)/n), n-1, level)
	}
	return out, nil
}

// RandomEffects is the feasible generalised least squares regression of y on x with a
// random effect per unit, by Swamy and Arora's variances:
//
//	y_it − θᵢȳᵢ on x_it − θᵢx̄ᵢ    θᵢ = 1 − √(σ²_e/(Tᵢσ²_u + σ²_e))
//
// σ²_e is the residual variance within units, σ²_u that of the regression of unit means
// less its share of σ²_e, at least 0. Errors are classical with N−K degrees of freedom.
// The result's names start with const.
//
// Source: P. Swamy and S. Arora, Econometrica 40 (1972) 261–275.
func RandomEffects(y []float64, x [][]float64, names []string, unit Key) (*Regression, error) {
	m := Model{Names: names, X: x, Y: y, Intercept: true}
	if err := m.validate(); err != nil {
		return nil, err
	}
	n, units := len(y), unit.Levels()
	rows := rowsBy(unit)
	average := func(v []float64) []float64 {
		out := make([]float64, units)
		for g, r := range rows {
			out[g] = mean(pick(v, r))
		}
		return out
	}
	within := func(v []float64) []float64 {
		out := slices.Clone(v)
		a, _ := newAbsorber([]Key{unit}, nil)
		a.remove(out)
		return out
	}
	var inner, between [][]float64
	var innerNorms, betweenNorms []float64
	for _, col := range x {
		inner, innerNorms = append(inner, within(col)), append(innerNorms, norm(col))
	}
	kept, keptNames, keptNorms := independent(inner, names, innerNorms)
	if n-units <= len(kept) {
		return nil, fmt.Errorf("%w: %d rows in %d units leave nothing within units", ErrTooFew, n, units)
	}
	f, err := leastSquares(within(y), kept, keptNames, keptNorms)
	if err != nil {
		return nil, err
	}
	noise := f.rss / float64(n-units-len(kept))
	all := append([][]float64{ones(units)}, nil...)
	allNames := append([]string{"const"}, names...)
	for _, col := range x {
		all = append(all, average(col))
	}
	for _, col := range all {
		betweenNorms = append(betweenNorms, norm(col))
	}
	between, keptNames, keptNorms = independent(all, allNames, betweenNorms)
	b, err := leastSquares(average(y), between, keptNames, keptNorms)
	if err != nil {
		return nil, fmt.Errorf("between units: %w", err)
	}
	inverse := 0.0
	for _, r := range rows {
		inverse += 1 / float64(len(r)) / float64(units)
	}
	effect := max(0, b.rss/float64(units-len(between))-noise*inverse)
	theta := make([]float64, units)
	for g, r := range rows {
		theta[g] = 1 - math.Sqrt(noise/(float64(len(r))*effect+noise))
	}
	demean := func(v []float64) []float64 {
		out, a := slices.Clone(v), average(v)
		for i, g := range unit.Codes {
			out[i] -= theta[g] * a[g]
		}
		return out
	}
	quasi := Model{Names: []string{"const"}, X: [][]float64{demean(ones(n))}, Y: demean(y)}
	for j, col := range x {
		quasi.Names, quasi.X = append(quasi.Names, names[j]), append(quasi.X, demean(col))
	}
	return Regress(quasi, Errors{Kind: "classical"})
}

// FirstDifferences is y and x less their values one period before, for every row whose
// unit has one; rows of the others are left out. It returns the rows kept.
func FirstDifferences(y []float64, x [][]float64, unit []int, time []float64) (dy []float64, dx [][]float64, rows []int) {
	type cell struct {
		unit int
		time float64
	}
	at := make(map[cell]int, len(y))
	for i := range y {
		at[cell{unit[i], time[i]}] = i
	}
	dx = make([][]float64, len(x))
	for i := range y {
		j, ok := at[cell{unit[i], time[i] - 1}]
		if !ok || math.IsNaN(y[i]) || math.IsNaN(y[j]) {
			continue
		}
		dy, rows = append(dy, y[i]-y[j]), append(rows, i)
		for c := range x {
			dx[c] = append(dx[c], x[c][i]-x[c][j])
		}
	}
	return dy, dx, rows
}
