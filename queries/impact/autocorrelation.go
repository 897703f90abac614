package impact

import (
	"fmt"
	"math"
)

// DurbinWatson is Σ(u_t − u_{t−1})²/Σu_t² of residuals in order of time: near 2
// without autocorrelation, near 0 with a strong positive one. It is NaN if every
// residual is 0.
//
// Source: J. Durbin and G. Watson, Biometrika 37 (1950) 409–428.
func DurbinWatson(u []float64) float64 {
	s := 0.0
	for t := 1; t < len(u); t++ {
		s += (u[t] - u[t-1]) * (u[t] - u[t-1])
	}
	return s / dot(u, u)
}

// BreuschGodfrey tests residuals of a regression on x (its columns, the constant
// among them) for autocorrelation up to a lag: n·R² of the regression of u on x and
// its own lags, which are 0 before the first period, is χ²(lags).
//
// Source: T. Breusch, Australian Economic Papers 17 (1978) 334–355; L. Godfrey,
// Econometrica 46 (1978) 1293–1301.
func BreuschGodfrey(u []float64, x [][]float64, lags int) (statistic, p float64, err error) {
	var names []string
	var columns [][]float64
	for j, col := range x {
		names, columns = append(names, fmt.Sprint("x", j)), append(columns, append([]float64(nil), col...))
	}
	for l := 1; l <= lags; l++ {
		col := make([]float64, len(u))
		copy(col[min(l, len(u)):], u)
		names, columns = append(names, fmt.Sprint("lag", l)), append(columns, col)
	}
	f, err := leastSquares(append([]float64(nil), u...), columns, names, nil)
	if err != nil {
		return math.NaN(), math.NaN(), err
	}
	statistic = float64(len(u)) * (1 - f.rss/dot(u, u))
	return statistic, chiSquared(statistic, float64(lags)), nil
}

// LjungBox is n(n+2)Σ_l r_l²/(n−l) over lags, χ²(lags) without autocorrelation.
//
// Source: G. Ljung and G. Box, Biometrika 65 (1978) 297–303.
func LjungBox(u []float64, lags int) (statistic, p float64) {
	n := float64(len(u))
	m := mean(u)
	c0 := 0.0
	for _, v := range u {
		c0 += (v - m) * (v - m)
	}
	for l := 1; l <= lags; l++ {
		c := 0.0
		for t := l; t < len(u); t++ {
			c += (u[t] - m) * (u[t-l] - m)
		}
		statistic += c / c0 * (c / c0) / (n - float64(l))
	}
	statistic *= n * (n + 2)
	return statistic, chiSquared(statistic, float64(lags))
}
