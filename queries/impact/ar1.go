package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// An AR1 is a regression whose errors follow a first-order autoregression, fitted by
// restricted maximum likelihood.
type AR1 struct {
	Names []string
	Coef  []float64
	V     *mat.SymDense // (X'Σ⁻¹X)⁻¹ at the estimates
	Wide  *mat.SymDense // V and what the estimation of ρ costs; errors are from this
	DF    []float64     // Satterthwaite
	Rho   float64       // autocorrelation of neighbouring periods
	Sigma float64       // standard deviation of the error
	Obs   int

	model *arModel
	w     *mat.SymDense // covariance of (log σ², ρ)
}

// arModel is the data of an AR(1) regression in order of time.
type arModel struct {
	y    []float64
	x    [][]float64
	time []int
	rho  float64
}

// RegressAR1 fits y = Xb + u with u_t = ρu_{t−1} + e_t by restricted maximum
// likelihood: with Σ = σ²R, R_st = ρ^|s−t|,
//
//	ρ̂ = argmax −½[(n−k)log(RSS_ρ) + log|R| + log|X'R⁻¹X|]    σ̂² = RSS_ρ̂/(n−k)
//	b = (X'R⁻¹X)⁻¹X'R⁻¹y    V = σ̂²(X'R⁻¹X)⁻¹
//
// Errors add to V what the estimation of ρ costs (Kenward and Roger, without the term
// that depends on how Σ is parametrised): 2V(Q − PVP)V·Var(ρ̂). Degrees of freedom are Satterthwaite's: 2v²/(g'Wg) for v = c'Vc, g its gradient in
// (log σ², ρ) and W the inverse of the expected information. time holds the period of
// each row in order, gaps allowed. ρ is kept within ±0.98.
//
// It returns a [CollinearError], ErrTooFew under k+3 rows, and ErrDuplicate if periods
// do not ascend.
//
// Source: D. Harville, J. American Statistical Association 72 (1977) 320–338;
// M. Kenward and J. Roger, Biometrics 53 (1997) 983–997.
func RegressAR1(y []float64, x [][]float64, names []string, time []int) (*AR1, error) {
	n, k := len(y), len(x)
	if n < k+3 {
		return nil, fmt.Errorf("%w: %d periods for %d coefficients and an autocorrelation", ErrTooFew, n, k)
	}
	for i := 1; i < n; i++ {
		if time[i] <= time[i-1] {
			return nil, fmt.Errorf("%w: a series has one row per period, in order", ErrDuplicate)
		}
	}
	if err := finite("the outcome", y); err != nil {
		return nil, err
	}
	m := &arModel{y: y, x: x, time: time}
	if _, _, err := m.gls(0, names); err != nil {
		return nil, err
	}
	rho := m.maximise(names)
	f, _, err := m.gls(rho, names)
	if err != nil {
		return nil, err
	}
	a := &AR1{Names: names, Coef: f.coef, Rho: rho, Obs: n, model: m}
	s2 := f.rss / float64(n-k)
	a.Sigma = math.Sqrt(s2)
	a.V = f.bread()
	a.V.ScaleSym(s2, a.V)
	m.rho = rho
	a.Wide = mat.NewSymDense(k, nil)
	a.Wide.CopySym(a.V)
	a.w = m.information(rho, a.Wide, s2)
	a.DF = make([]float64, k)
	for j := range k {
		c := make([]float64, k)
		c[j] = 1
		a.DF[j] = a.df(c)
	}
	return a, nil
}

// gls is the regression of prewhitened data, and log|R|.
func (m *arModel) gls(rho float64, names []string) (*fit, float64, error) {
	n := len(m.y)
	logDet := 0.0
	y := make([]float64, n)
	x := make([][]float64, len(m.x))
	for j := range x {
		x[j] = make([]float64, n)
	}
	for i := range n {
		r, s := 0.0, 1.0
		if i > 0 {
			r = intPow(rho, m.time[i]-m.time[i-1])
			s = math.Sqrt(1 - r*r)
			logDet += 2 * math.Log(s)
		}
		white := func(v []float64) float64 {
			if i == 0 {
				return v[i]
			}
			return (v[i] - r*v[i-1]) / s
		}
		y[i] = white(m.y)
		for j := range x {
			x[j][i] = white(m.x[j])
		}
	}
	f, err := leastSquares(y, x, names, nil)
	return f, logDet, err
}

func intPow(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
		if p == 0 {
			break
		}
	}
	return p
}

// restricted is the restricted log-likelihood at ρ, up to a constant.
func (m *arModel) restricted(rho float64, names []string) float64 {
	f, logDet, err := m.gls(rho, names)
	if err != nil {
		return math.Inf(-1)
	}
	logGram := 0.0
	for j := range f.k {
		logGram -= 2 * math.Log(math.Abs(f.rinv.At(j, j)))
	}
	return -0.5 * (float64(f.n-f.k)*math.Log(f.rss) + logDet + logGram)
}

// maximise finds ρ on a grid and then by golden section.
func (m *arModel) maximise(names []string) float64 {
	const limit = 0.98
	best, top := 0.0, math.Inf(-1)
	for r := -limit; r <= limit+1e-9; r += 0.07 {
		if l := m.restricted(r, names); l > top {
			best, top = r, l
		}
	}
	lo, hi := max(best-0.07, -limit), min(best+0.07, limit)
	golden := (math.Sqrt(5) - 1) / 2
	a, b := hi-golden*(hi-lo), lo+golden*(hi-lo)
	fa, fb := m.restricted(a, names), m.restricted(b, names)
	for hi-lo > 1e-10 {
		if fa > fb {
			hi, b, fb = b, a, fa
			a = hi - golden*(hi-lo)
			fa = m.restricted(a, names)
		} else {
			lo, a, fa = a, b, fb
			b = lo + golden*(hi-lo)
			fb = m.restricted(b, names)
		}
	}
	return (lo + hi) / 2
}

// correlation is R and its derivative in ρ.
func (m *arModel) correlation(rho float64) (r, d *mat.SymDense) {
	n := len(m.time)
	r, d = mat.NewSymDense(n, nil), mat.NewSymDense(n, nil)
	for i := range n {
		r.SetSym(i, i, 1)
		for j := i + 1; j < n; j++ {
			gap := m.time[j] - m.time[i]
			p := intPow(rho, gap-1)
			r.SetSym(i, j, p*rho)
			d.SetSym(i, j, float64(gap)*p)
		}
	}
	return r, d
}

// information is the inverse expected information of (log σ², ρ); it widens v. From
// I_ij = ½tr(PΣ_iPΣ_j), P = Σ⁻¹ − Σ⁻¹X(X'Σ⁻¹X)⁻¹X'Σ⁻¹.
func (m *arModel) information(rho float64, v *mat.SymDense, s2 float64) *mat.SymDense {
	n, k := len(m.y), len(m.x)
	r, d := m.correlation(rho)
	var chol mat.Cholesky
	chol.Factorize(r)
	var inv mat.SymDense
	if err := chol.InverseTo(&inv); err != nil {
		return mat.NewSymDense(2, []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN()})
	}
	x := mat.NewDense(n, k, nil)
	for j, col := range m.x {
		x.SetCol(j, col)
	}
	var rx, p, vp, pd mat.Dense
	rx.Mul(&inv, x) // R⁻¹X
	vp.Mul(&rx, v)
	p.Mul(&vp, rx.T())
	p.Scale(-1/s2, &p)
	p.Add(&p, &inv) // σ²P
	pd.Mul(&p, d)
	var pp mat.Dense
	pp.Mul(&pd, &pd)
	info := mat.NewSymDense(2, nil)
	info.SetSym(0, 0, 0.5*float64(n-k))
	info.SetSym(0, 1, 0.5*mat.Trace(&pd))
	info.SetSym(1, 1, 0.5*mat.Trace(&pp))
	inverse := pseudoInverse(info)
	m.widen(&rx, d, v, s2, inverse.At(1, 1))
	return inverse
}

// widen adds to v what the estimation of ρ costs: 2V(Q − PVP)V·Var(ρ̂), with P and Q
// the first and second moments of ∂R in the metric of R⁻¹.
func (m *arModel) widen(rx *mat.Dense, d, v *mat.SymDense, s2, variance float64) {
	var dx, p, q, pv, pvp, inner, half, full mat.Dense
	dx.Mul(d, rx) // D R⁻¹X
	p.Mul(rx.T(), &dx)
	var rinv mat.Dense
	r, _ := m.correlation(m.rho)
	var chol mat.Cholesky
	chol.Factorize(r)
	if err := chol.SolveTo(&rinv, &dx); err != nil {
		return
	}
	q.Mul(dx.T(), &rinv)
	q.Scale(1/s2, &q)
	p.Scale(1/s2, &p)
	pv.Mul(&p, v)
	pvp.Mul(&pv, &p)
	inner.Sub(&q, &pvp)
	half.Mul(v, &inner)
	full.Mul(&half, v)
	k := v.SymmetricDim()
	for i := range k {
		for j := i; j < k; j++ {
			v.SetSym(i, j, v.At(i, j)+2*variance*(full.At(i, j)+full.At(j, i))/2)
		}
	}
}

// df is Satterthwaite's degrees of freedom of c'b.
func (a *AR1) df(c []float64) float64 {
	const h = 1e-5
	at := func(rho float64) float64 {
		f, _, err := a.model.gls(rho, a.Names)
		if err != nil {
			return math.NaN()
		}
		cv := mat.NewVecDense(len(c), c)
		return a.Sigma * a.Sigma * mat.Inner(cv, f.bread(), cv)
	}
	v := at(a.Rho)
	g := [2]float64{v, (at(a.Rho+h) - at(a.Rho-h)) / (2 * h)}
	var gwg float64
	for i := range 2 {
		for j := range 2 {
			gwg += g[i] * g[j] * a.w.At(i, j)
		}
	}
	return max(2*v*v/gwg, 1)
}

// Combine is the estimate of c'b.
func (a *AR1) Combine(c []float64, level float64) Estimate {
	value := dot(c, a.Coef)
	cv := mat.NewVecDense(len(c), c)
	return NewEstimate(value, math.Sqrt(mat.Inner(cv, a.Wide, cv)), a.df(c), level)
}
