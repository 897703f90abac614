package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// A Counts is a fitted model of counts.
type Counts struct {
	Names      []string
	Coef       []float64 // log rate ratios
	V          *mat.SymDense
	Dispersion float64 // 1 for poisson
	Fitted     []float64
	DF         float64 // of the t distribution; +Inf for poisson
}

// Poisson fits log E[y] = log(exposure) + Xb by maximum likelihood (iteratively
// reweighted least squares on an orthogonal factorisation).
//
//	V = φ(X'MX)⁻¹, M = diag(μ̂)    φ = 1, or Σ(y−μ̂)²/μ̂/(n−k) for quasi
//
// exposure may be nil. Quasi-Poisson takes its error from the scatter and is the one
// to use unless the counts are known to be Poisson. Intervals are normal, as the
// published ones.
//
// It returns ErrNotFinite, a [CollinearError], ErrTooFew, and an error for negative
// counts, exposures that are not positive and a fit that runs away (a group of
// periods without a single event).
//
// Source: P. McCullagh and J. Nelder, Generalized Linear Models, 2nd ed. (1989) ch. 6.
func Poisson(y, exposure []float64, x [][]float64, names []string, quasi bool) (*Counts, error) {
	n, k := len(y), len(x)
	if n <= k {
		return nil, fmt.Errorf("%w: %d rows for %d coefficients", ErrTooFew, n, k)
	}
	if err := finite("the count", y); err != nil {
		return nil, err
	}
	offset := make([]float64, n)
	eta := make([]float64, n)
	for i, v := range y {
		if v < 0 {
			return nil, fmt.Errorf("row %d: a count of %v", i+1, v)
		}
		if exposure != nil {
			if !(exposure[i] > 0) || math.IsInf(exposure[i], 0) {
				return nil, fmt.Errorf("row %d: an exposure of %v; it must be positive", i+1, exposure[i])
			}
			offset[i] = math.Log(exposure[i])
		}
		eta[i] = math.Log(v + 0.1)
	}
	c := &Counts{Names: names, Fitted: make([]float64, n), Dispersion: 1, DF: math.Inf(1)}
	last := math.Inf(1)
	var f *fit
	for iter := 0; ; iter++ {
		z := make([]float64, n)
		columns := make([][]float64, k)
		for j := range columns {
			columns[j] = make([]float64, n)
		}
		for i := range n {
			mu := math.Exp(eta[i])
			root := math.Sqrt(mu)
			z[i] = root * (eta[i] - offset[i] + (y[i]-mu)/mu)
			for j := range columns {
				columns[j][i] = root * x[j][i]
			}
		}
		var err error
		if f, err = leastSquares(z, columns, names, nil); err != nil {
			return nil, err
		}
		deviance := 0.0
		for i := range n {
			eta[i] = offset[i] + linearAt(x, f.coef, i)
			mu := math.Exp(eta[i])
			c.Fitted[i] = mu
			deviance += 2 * (mu - y[i])
			if y[i] > 0 {
				deviance += 2 * y[i] * (math.Log(y[i]) - eta[i])
			}
		}
		if math.IsNaN(deviance) || math.IsInf(deviance, 0) || iter > 50 {
			return nil, fmt.Errorf("the count model has no finite fit: some periods have no event at all")
		}
		if math.Abs(deviance-last) <= 1e-13*(math.Abs(deviance)+0.1) {
			break
		}
		last = deviance
	}
	for i, mu := range c.Fitted {
		if mu < 1e-6*mean(y) {
			return nil, fmt.Errorf("row %d: the count model has no finite fit, as its rows have no event at all; leave out the column that sets them apart", i+1)
		}
	}
	c.Coef = f.coef
	c.V = f.bread()
	if quasi {
		c.Dispersion = 0
		for i := range n {
			c.Dispersion += (y[i] - c.Fitted[i]) * (y[i] - c.Fitted[i]) / c.Fitted[i] / float64(n-k)
		}
		c.V.ScaleSym(c.Dispersion, c.V)
	}
	return c, nil
}

// Combine is the estimate of Σ c_j b_j on the log scale.
func (c *Counts) Combine(weights []float64, level float64) Estimate {
	w := mat.NewVecDense(len(weights), weights)
	return NewEstimate(dot(weights, c.Coef), math.Sqrt(max(mat.Inner(w, c.V, w), 0)), c.DF, level)
}

// Ratio turns an estimate on the log scale into a rate ratio with its interval; the
// standard error stays that of the logarithm.
func (e Estimate) Ratio() Estimate {
	e.Value, e.Lo, e.Hi = math.Exp(e.Value), math.Exp(e.Lo), math.Exp(e.Hi)
	return e
}
