package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// collinear is the share of a column's length that must be left after the columns
// before it are removed. R's lm uses 1e-7.
const collinear = 1e-8

// A fit is a weighted least-squares fit by an orthogonal factorisation X = QR, in
// coordinates scaled by √w. Standard errors are computed from Q and R, never from
// an inverse of X'X.
type fit struct {
	names []string
	coef  []float64
	q     [][]float64 // orthonormal columns of the scaled, absorbed design
	rinv  *mat.Dense  // R⁻¹
	y     []float64   // scaled, absorbed outcome
	resid []float64   // scaled residuals
	n, k  int
	rss   float64
}

// leastSquares fits y on the columns x, which it overwrites, as it does y. Each
// column is orthogonalised twice against those before it (Gram–Schmidt with
// reorthogonalisation, orthogonal to rounding); one of which less than 1e-8 of its
// own length is left is reported as collinear with the columns that span it.
//
// norms are the lengths of the columns before fixed effects were removed, nil for
// the lengths as they are.
//
// It returns a [CollinearError], or ErrTooFew if there are not more rows than
// columns.
func leastSquares(y []float64, x [][]float64, names []string, norms []float64) (*fit, error) {
	n, k := len(y), len(x)
	if n <= k {
		return nil, fmt.Errorf("%w: %d rows for %d coefficients", ErrTooFew, n, k)
	}
	f := &fit{names: names, n: n, k: k, q: x, y: y, coef: make([]float64, k)}
	r := mat.NewDense(max(k, 1), max(k, 1), nil)
	for j, col := range x {
		length := norm(col)
		if norms != nil {
			length = max(length, norms[j])
		}
		for pass := 0; pass < 2; pass++ {
			for i := range j {
				d := dot(x[i], col)
				axpy(-d, x[i], col)
				r.Set(i, j, r.At(i, j)+d)
			}
		}
		left := norm(col)
		if left <= collinear*length || length == 0 {
			return nil, &CollinearError{Column: names[j], With: spanning(r, j, names, length)}
		}
		r.Set(j, j, left)
		scale(1/left, col)
	}
	f.resid = append([]float64(nil), y...)
	z := make([]float64, k)
	for pass := 0; pass < 2; pass++ {
		for j, col := range x {
			d := dot(col, f.resid)
			axpy(-d, col, f.resid)
			z[j] += d
		}
	}
	f.rinv = invertUpper(r, k)
	for i := range k {
		for j := i; j < k; j++ {
			f.coef[i] += f.rinv.At(i, j) * z[j]
		}
	}
	f.rss = dot(f.resid, f.resid)
	return f, nil
}

// spanning names the columns before j that make up column j.
func spanning(r *mat.Dense, j int, names []string, length float64) []string {
	c := make([]float64, j)
	var with []string
	for i := j - 1; i >= 0; i-- {
		c[i] = r.At(i, j)
		for l := i + 1; l < j; l++ {
			c[i] -= r.At(i, l) * c[l]
		}
		c[i] /= r.At(i, i)
	}
	for i := range c {
		size := 0.0 // the length of column i before it was orthogonalised
		for l := 0; l <= i; l++ {
			size = math.Hypot(size, r.At(l, i))
		}
		if math.Abs(c[i])*size > 1e-6*length {
			with = append(with, names[i])
		}
	}
	return with
}

// invertUpper inverts the leading k×k upper triangle of r.
func invertUpper(r *mat.Dense, k int) *mat.Dense {
	inv := mat.NewDense(max(k, 1), max(k, 1), nil)
	for j := range k {
		inv.Set(j, j, 1/r.At(j, j))
		for i := j - 1; i >= 0; i-- {
			s := 0.0
			for l := i + 1; l <= j; l++ {
				s -= r.At(i, l) * inv.At(l, j)
			}
			inv.Set(i, j, s/r.At(i, i))
		}
	}
	return inv
}

// bread is (X'X)⁻¹ of the scaled design.
func (f *fit) bread() *mat.SymDense {
	return f.sandwich(identity(f.k))
}

// sandwich is R⁻¹ M R⁻ᵀ: the covariance of the coefficients whose meat, in the
// coordinates of Q, is m.
func (f *fit) sandwich(m mat.Symmetric) *mat.SymDense {
	var half, full mat.Dense
	half.Mul(f.rinv, m)
	full.Mul(&half, f.rinv.T())
	out := mat.NewSymDense(f.k, nil)
	for i := range f.k {
		for j := i; j < f.k; j++ {
			out.SetSym(i, j, (full.At(i, j)+full.At(j, i))/2)
		}
	}
	return out
}

// direction is c with c'(Q'·) giving coefficient j: column j of R⁻ᵀ, so that
// coef_j = c'Q'y.
func (f *fit) direction(j int) []float64 {
	c := make([]float64, f.k)
	for l := range f.k {
		c[l] = f.rinv.At(j, l)
	}
	return c
}

func identity(k int) *mat.SymDense {
	m := mat.NewSymDense(k, nil)
	for i := range k {
		m.SetSym(i, i, 1)
	}
	return m
}

func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64 // four sums keep the processor busy and lose less
	n := len(a) &^ 3
	b = b[:len(a)]
	for i := 0; i < n; i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for i := n; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

func axpy(c float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += c * v
	}
}

func scale(c float64, x []float64) {
	for i := range x {
		x[i] *= c
	}
}

func sum(x []float64) float64 {
	s := 0.0
	for _, v := range x {
		s += v
	}
	return s
}

func mean(x []float64) float64 { return sum(x) / float64(len(x)) }

// variance is the sample variance, with n−1 below.
func variance(x []float64) float64 {
	m, s := mean(x), 0.0
	for _, v := range x {
		s += (v - m) * (v - m)
	}
	return s / float64(len(x)-1)
}
