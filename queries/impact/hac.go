package impact

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// DefaultLags is Newey and West's rule of thumb ⌊4(T/100)^(2/9)⌋ for T periods.
func DefaultLags(periods int) int {
	return int(4 * math.Pow(float64(periods)/100, 2.0/9))
}

// AutoLags as [Errors].Lags asks for the plug-in rule of [PlugInLags]; panels take
// the rule of thumb.
const AutoLags = -2

// CubeRootLags is Stock and Watson's rule ⌈0.75·T^(1/3)⌉ for T periods.
func CubeRootLags(periods int) int {
	return int(math.Ceil(0.75*math.Cbrt(float64(periods)) - 1e-9))
}

// PlugInLags is Newey and West's (1994) plug-in bandwidth for the Bartlett kernel,
// without prewhitening, and the lag ⌊bandwidth⌋ that follows from it. u are the
// residuals in order of time and x the columns of the regression; every column but
// const takes part in the weighting.
//
//	n = ⌊4(T/100)^(2/9)⌋    h_t = Σ_j x_tj u_t    σ_l = autocovariance of h
//	bandwidth = 1.1447·((Σ 2lσ_l/(σ₀+2Σσ_l))² · T)^(1/3)
//
// Source: W. Newey and K. West, Review of Economic Studies 61 (1994) 631–653.
func PlugInLags(u []float64, x [][]float64) (float64, int) {
	t := len(u)
	h := make([]float64, t)
	for _, col := range x {
		if constant(col) {
			continue
		}
		for i, v := range col {
			h[i] += v * u[i]
		}
	}
	n := DefaultLags(t)
	autocov := func(l int) float64 {
		s := 0.0
		for i := l; i < t; i++ {
			s += h[i] * h[i-l]
		}
		return s / float64(t)
	}
	s0, s1 := autocov(0), 0.0
	for l := 1; l <= n; l++ {
		c := autocov(l)
		s0 += 2 * c
		s1 += 2 * float64(l) * c
	}
	if s0 == 0 {
		return 0, 0
	}
	bw := 1.1447 * math.Cbrt(s1/s0*(s1/s0)*float64(t))
	return bw, min(int(bw), t-1)
}

// neweyWest is the Bartlett-kernel covariance of a series, or of a panel with
// autocovariances within units only.
//
//	M = Γ₀ + Σ_l (1 − l/(L+1))(Γ_l + Γ_l')    Γ_l = Σ_t s_t s_{t−l}'
//
// Rows are a lag apart when their periods are: a gap in a series breaks the pairs
// that span it.
func (r *Regression) neweyWest(m Model, e Errors) (*mat.SymDense, error) {
	f := r.fit
	if len(e.Time) != f.n {
		return nil, fmt.Errorf("newey-west errors need a time column")
	}
	unit := e.Unit
	if unit == nil {
		unit = make([]int, f.n)
	}
	periods := distinct(e.Time)
	r.Lags = e.Lags
	switch {
	case r.Lags == AutoLags && e.Unit == nil:
		r.Lags = r.plugIn(m, e.Time)
	case r.Lags < 0:
		r.Lags = DefaultLags(periods)
	}
	if r.Lags >= periods {
		return nil, fmt.Errorf("%d lags for %d periods; lags must be fewer", r.Lags, periods)
	}
	at := make(map[[2]int]int, f.n)
	for i := range e.Time {
		cell := [2]int{unit[i], e.Time[i]}
		if _, ok := at[cell]; ok {
			return nil, fmt.Errorf("%w: newey-west needs one row per period of a series; give --unit for a panel", ErrDuplicate)
		}
		at[cell] = i
	}
	order := make([]int, f.n) // fixed order of summation
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if unit[a] != unit[b] {
			return unit[a] - unit[b]
		}
		return e.Time[a] - e.Time[b]
	})
	meat := mat.NewSymDense(f.k, nil)
	s := make([]float64, f.k)
	for _, i := range order {
		for a := range s {
			s[a] = f.q[a][i] * f.resid[i]
		}
		addCross(meat, s, s, 0.5)
		for l := 1; l <= r.Lags; l++ {
			j, ok := at[[2]int{unit[i], e.Time[i] - l}]
			if !ok {
				continue
			}
			lagged := make([]float64, f.k)
			for a := range lagged {
				lagged[a] = f.q[a][j] * f.resid[j]
			}
			addCross(meat, s, lagged, 1-float64(l)/float64(r.Lags+1))
		}
	}
	if e.DoF != "none" {
		meat.ScaleSym(r.kernelFactor(e, periods), meat)
	}
	return f.sandwich(meat), nil
}

// plugIn is the plug-in lag of a series in order of time.
func (r *Regression) plugIn(m Model, time []int) int {
	order := orderBy(time, time)
	u, x := r.Resid, m.X
	if order != nil {
		u = pick(u, order)
		x = make([][]float64, len(m.X))
		for j := range x {
			x[j] = pick(m.X[j], order)
		}
	}
	_, lag := PlugInLags(u, x)
	return lag
}

// kernelFactor is N/(N−K), or for panels under fixest T/(T−1)·(N−1)/(N−K).
func (r *Regression) kernelFactor(e Errors, periods int) float64 {
	n, k, t := float64(r.Obs), float64(r.Params), float64(periods)
	if e.DoF == "fixest" && e.Unit != nil {
		return t / (t - 1) * (n - 1) / (n - k)
	}
	return n / (n - k)
}

// addCross adds w(ab' + ba') to m.
func addCross(m *mat.SymDense, a, b []float64, w float64) {
	raw := m.RawSymmetric()
	for i := range a {
		for j := i; j < len(a); j++ {
			raw.Data[i*raw.Stride+j] += w * (a[i]*b[j] + b[i]*a[j])
		}
	}
}

func distinct(x []int) int {
	seen := map[int]bool{}
	for _, v := range x {
		seen[v] = true
	}
	return len(seen)
}

// driscollKraay is Newey and West's covariance of the scores summed by period, which
// allows any dependence between units; × T/(T−1)·(N−1)/(N−K) unless DoF is none.
//
// Source: J. Driscoll and A. Kraay, Review of Economics and Statistics 80 (1998)
// 549–560.
func (r *Regression) driscollKraay(e Errors, df []float64) (*mat.SymDense, error) {
	f := r.fit
	if len(e.Time) != f.n {
		return nil, fmt.Errorf("driscoll-kraay errors need a time column")
	}
	lowest := slices.Min(e.Time)
	span := slices.Max(e.Time) - lowest + 1
	codes := make([]int, f.n)
	for i, t := range e.Time {
		codes[i] = t - lowest
	}
	periods := distinct(e.Time)
	if r.Lags = e.Lags; r.Lags < 0 {
		r.Lags = DefaultLags(periods)
	}
	if periods < 2 || r.Lags >= periods {
		return nil, fmt.Errorf("%d lags for %d periods; lags must be fewer", r.Lags, periods)
	}
	s := f.scores(codes, span)
	row := func(t int) []float64 { return s[t*f.k : (t+1)*f.k] }
	meat := mat.NewSymDense(f.k, nil)
	for t := range span {
		addCross(meat, row(t), row(t), 0.5)
		for l := 1; l <= min(r.Lags, t); l++ {
			addCross(meat, row(t), row(t-l), 1-float64(l)/float64(r.Lags+1))
		}
	}
	if e.DoF != "none" {
		n, k, t := float64(r.Obs), float64(r.Params), float64(periods)
		meat.ScaleSym(t/(t-1)*(n-1)/(n-k), meat)
	}
	for j := range df {
		df[j] = float64(periods - 1)
	}
	return f.sandwich(meat), nil
}
