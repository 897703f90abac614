package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// A Link maps a linear predictor to a probability.
type Link int

// The links of a model of a 0/1 outcome.
const (
	LinkLogit  Link = iota // p = 1/(1+e^−η)
	LinkProbit             // p = Φ(η)
)

// A SeparationError says that a 0/1 outcome is predicted without error by some
// columns, so that the model of its probability has no finite fit.
type SeparationError struct {
	Columns []string
}

// Error says which columns separate the two outcomes and what to do.
func (e *SeparationError) Error() string {
	if len(e.Columns) == 0 {
		return "the treated and the untreated are separated by the covariates: no propensity model fits; drop or coarsen covariates"
	}
	return fmt.Sprintf("the treated and the untreated are separated by %s: no propensity model fits; drop or coarsen it", quoted(e.Columns))
}

// A Binary is a fitted model of a 0/1 outcome.
type Binary struct {
	Names  []string
	Coef   []float64 // in the order of the columns
	P      []float64 // per row, the fitted probability
	Linear []float64 // per row, the linear predictor η = x'Coef
	Link   Link

	x     [][]float64
	score []float64     // per row, ∂ log-likelihood / ∂η
	info  *mat.SymDense // inverse of the observed information X'HX
}

// Logit fits P(y=1) = 1/(1+e^{−x'b}) by maximum likelihood.
//
// y holds 0 and 1, x one column per covariate with the constant among them, w
// weights of the rows or nil. See [FitBinary] for the method and the errors.
func Logit(y []float64, x [][]float64, names []string, w []float64) (*Binary, error) {
	return FitBinary(LinkLogit, y, x, names, w)
}

// FitBinary fits a model of a 0/1 outcome by iteratively reweighted least squares
// on an orthogonal factorisation, from p = (y+½)/2, with step halving, until no
// linear predictor moves by more than 1e-10 of the largest.
//
//	z = η + (y−p)/p'(η)   b = argmin Σ w p'²/(p(1−p)) (z − x'b)²
//
// The covariance of what depends on b uses the observed information: for a probit
// it differs from the expected one.
//
// It returns a [CollinearError] naming the column that others span, a
// [SeparationError] naming the columns that predict y without error, ErrNotFinite,
// ErrTooFew, and ErrNoComparison where y is all 0 or all 1.
//
// Source: P. McCullagh & J. Nelder, Generalized Linear Models, 2nd ed. (1989) §4.4;
// A. Albert & J. Anderson, Biometrika 71 (1984) 1–10 on separation.
func FitBinary(link Link, y []float64, x [][]float64, names []string, w []float64) (*Binary, error) {
	if err := checkBinary(y, x, names, w); err != nil {
		return nil, err
	}
	n := len(y)
	b := &Binary{Names: names, Link: link, x: x, Linear: make([]float64, n), P: make([]float64, n)}
	for i, v := range y {
		b.Linear[i] = link.inverse((v + 0.5) / 2)
	}
	deviance := math.Inf(1)
	last := b.Linear
	for iter := range 60 {
		coef, err := b.step(y, w)
		if err != nil {
			if _, ok := err.(*CollinearError); ok && iter > 0 { //nolint:errorlint // step wraps nothing
				return nil, b.separation(coef)
			}
			return nil, err
		}
		linear := multiply(x, coef, n)
		next := link.deviance(y, linear, w)
		for half := 0; next > deviance*(1+1e-10) && half < 30 && b.Coef != nil; half++ {
			for j := range coef {
				coef[j] = (coef[j] + b.Coef[j]) / 2
			}
			linear = multiply(x, coef, n)
			next = link.deviance(y, linear, w)
		}
		moved, size := 0.0, 1.0
		for i := range linear {
			moved, size = max(moved, math.Abs(linear[i]-last[i])), max(size, math.Abs(linear[i]))
		}
		previous := b.Coef
		b.Coef, b.Linear, last, deviance = coef, linear, linear, next
		if next < 1e-9*float64(n) || iter >= 35 && moved > 1e-3 {
			return nil, b.separation(difference(coef, previous))
		}
		if moved <= 1e-10*size || iter >= 45 && moved <= 1e-6*size {
			return b, b.finish(y, w)
		}
	}
	return nil, b.separation(nil)
}

func checkBinary(y []float64, x [][]float64, names []string, w []float64) error {
	if len(y) == 0 {
		return fmt.Errorf("%w: the propensity model has no rows", ErrTooFew)
	}
	ones := 0
	for i, v := range y {
		switch {
		case v == 1:
			ones++
		case v != 0:
			return fmt.Errorf("row %d: treatment is %g; it must be 0 or 1", i+1, v)
		}
		if w != nil && (!(w[i] >= 0) || math.IsInf(w[i], 0)) {
			return fmt.Errorf("row %d: weight is %g; %w", i+1, w[i], ErrNotFinite)
		}
	}
	if ones == 0 {
		return fmt.Errorf("%w: nobody is treated", ErrNoComparison)
	}
	if ones == len(y) {
		return fmt.Errorf("%w: everybody is treated", ErrNoComparison)
	}
	for j, col := range x {
		if len(col) != len(y) {
			return fmt.Errorf("column %q has %d rows where treatment has %d", names[j], len(col), len(y))
		}
		if i := notFinite(col); i >= 0 {
			return fmt.Errorf("column %q, row %d: %w", names[j], i+1, ErrNotFinite)
		}
	}
	return nil
}

// notFinite is the first row that holds a NaN or an infinity, or −1.
func notFinite(x []float64) int {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return i
		}
	}
	return -1
}

// step is one reweighted least squares.
func (b *Binary) step(y, w []float64) ([]float64, error) {
	n := len(y)
	z, root := make([]float64, n), make([]float64, n)
	for i, eta := range b.Linear {
		p, slope := b.Link.probability(eta)
		v := slope * slope / (p * (1 - p))
		if w != nil {
			v *= w[i]
		}
		root[i] = math.Sqrt(v)
		z[i] = root[i] * (eta + (y[i]-p)/slope)
	}
	cols := make([][]float64, len(b.x))
	for j, col := range b.x {
		cols[j] = make([]float64, n)
		for i, v := range col {
			cols[j][i] = v * root[i]
		}
	}
	f, err := leastSquares(z, cols, b.Names, nil)
	if err != nil {
		return nil, err
	}
	return f.coef, nil
}

// finish computes the probabilities, the scores and the inverse of the observed
// information.
func (b *Binary) finish(y, w []float64) error {
	n := len(y)
	b.score = make([]float64, n)
	root := make([]float64, n)
	for i, eta := range b.Linear {
		p, slope := b.Link.probability(eta)
		b.P[i] = p
		b.score[i] = slope * (y[i] - p) / (p * (1 - p))
		h := p * (1 - p)
		if b.Link == LinkProbit {
			h = b.score[i] * (b.score[i] + eta)
		}
		if w != nil {
			b.score[i] *= w[i]
			h *= w[i]
		}
		root[i] = math.Sqrt(max(h, 0))
	}
	info, err := inverseGram(b.x, root, b.Names)
	b.info = info
	return err
}

// inverseGram is (X'R²X)⁻¹ for rows scaled by root, through the factor R of QR.
func inverseGram(x [][]float64, root []float64, names []string) (*mat.SymDense, error) {
	n := len(root)
	cols := make([][]float64, len(x))
	for j, col := range x {
		cols[j] = make([]float64, n)
		for i, v := range col {
			cols[j][i] = v * root[i]
		}
	}
	f, err := leastSquares(make([]float64, n), cols, names, nil)
	if err != nil {
		return nil, err
	}
	return f.bread(), nil
}

// influence is gradient'·(n (X'HX)⁻¹ xᵢ sᵢ): what row i contributes to a statistic
// whose derivative by the coefficients is gradient, so that the statistic's error
// is the mean of it over rows.
func (b *Binary) influence(gradient []float64) []float64 {
	n := len(b.Linear)
	k := len(b.Coef)
	c := make([]float64, k)
	for j := range k {
		for l := range k {
			c[j] += b.info.At(j, l) * gradient[l]
		}
	}
	out := multiply(b.x, c, n)
	for i := range out {
		out[i] *= float64(n) * b.score[i]
	}
	return out
}

// separation names the columns along which the fit runs away.
func (b *Binary) separation(direction []float64) error {
	e := &SeparationError{}
	if len(direction) != len(b.x) {
		return e
	}
	top := 0.0
	size := make([]float64, len(b.x))
	for j, col := range b.x {
		lo, hi := bounds(col)
		size[j] = math.Abs(direction[j]) * (hi - lo)
		top = max(top, size[j])
	}
	for j, s := range size {
		if s > 0.1*top {
			e.Columns = append(e.Columns, b.Names[j])
		}
	}
	return e
}

func bounds(x []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range x {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

func difference(a, b []float64) []float64 {
	if b == nil {
		return a
	}
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] - b[i]
	}
	return out
}

// multiply is Xb for columns x of n rows.
func multiply(x [][]float64, b []float64, n int) []float64 {
	out := make([]float64, n)
	for j, col := range x {
		axpy(b[j], col, out)
	}
	return out
}

// probability is p and dp/dη, both kept off 0 and p off 1.
func (l Link) probability(eta float64) (p, slope float64) {
	const tiny = 1e-15
	if l == LinkProbit {
		p = min(max(0.5*math.Erfc(-eta/math.Sqrt2), tiny), 1-tiny)
		return p, max(math.Exp(-eta*eta/2)/math.Sqrt(2*math.Pi), tiny)
	}
	if eta < 0 {
		e := math.Exp(max(eta, -34))
		return e / (1 + e), max(e/((1+e)*(1+e)), tiny)
	}
	e := math.Exp(-min(eta, 34))
	return 1 / (1 + e), max(e/((1+e)*(1+e)), tiny)
}

// inverse is the linear predictor of a probability.
func (l Link) inverse(p float64) float64 {
	if l == LinkProbit {
		return distuv.UnitNormal.Quantile(p)
	}
	return math.Log(p / (1 - p))
}

func (l Link) deviance(y, linear, w []float64) float64 {
	d := 0.0
	for i, eta := range linear {
		if y[i] == 0 {
			eta = -eta
		}
		var loss float64 // −log P(the outcome that was)
		switch {
		case l == LinkProbit:
			loss = -math.Log(max(0.5*math.Erfc(-eta/math.Sqrt2), 1e-300))
		case eta > 0:
			loss = math.Log1p(math.Exp(-eta))
		default:
			loss = math.Log1p(math.Exp(eta)) - eta
		}
		if w != nil {
			loss *= w[i]
		}
		d += 2 * loss
	}
	return d
}
