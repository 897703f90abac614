package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// wald is b'V⁻b and its rank, V⁻ the pseudo-inverse.
func wald(b []float64, v *mat.SymDense) (float64, int) {
	k := len(b)
	var eig mat.EigenSym
	if k == 0 || !eig.Factorize(v, true) {
		return math.NaN(), 0
	}
	values := eig.Values(nil)
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	top := slices.Max(values)
	w, rank := 0.0, 0
	for c, x := range values {
		if x <= 1e-10*top {
			continue
		}
		along := 0.0
		for i, bi := range b {
			along += bi * vectors.At(i, c)
		}
		w += along * along / x
		rank++
	}
	return w, rank
}

// chiSquared is P(χ²_q > w).
func chiSquared(w, q float64) float64 {
	if q <= 0 {
		return math.NaN()
	}
	return distuv.ChiSquared{K: q}.Survival(w)
}

// preTrend tests that coefficients before treatment are all zero: W = b'V⁻¹b is
// χ²(q) in large samples; on df degrees of freedom W/q is compared with F(q, df).
func preTrend(b []float64, v *mat.SymDense, df float64) Check {
	w, q := wald(b, v)
	c := Check{Name: "pre-trend", Statistic: w, DF: float64(q), P: chiSquared(w, float64(q))}
	if !math.IsInf(df, 1) && df > 0 && q > 0 {
		c.P = distuv.F{D1: float64(q), D2: df}.Survival(w / float64(q))
	}
	c.Passed = c.P >= 0.05
	c.Note = fmt.Sprintf("joint test of %d periods before treatment", q)
	return c
}

// preTrendPower says what the pre-trend test can see: the slope of a linear trend
// that it finds half the time, carried to the middle of the effects, beside the
// effect itself. A test without power passes everything.
func preTrendPower(v *mat.SymDense, effect *Estimate) Check {
	k := v.SymmetricDim()
	trend := make([]float64, k)
	for j := range trend {
		trend[j] = float64(j - k) // −k … −1: one unit of slope per period
	}
	unit, q := wald(trend, v)
	c := Check{Name: "pre-trend-power", Statistic: math.NaN(), DF: math.NaN(), P: math.NaN()}
	if unit <= 0 || q == 0 {
		return c
	}
	slope := math.Sqrt(halfPower(float64(q)) / unit)
	c.Statistic = slope
	c.Passed = effect == nil || slope <= math.Abs(effect.Value)
	c.Note = fmt.Sprintf("a trend of %.4g per period is found half the time", slope)
	return c
}

// halfPower is the noncentrality at which a χ²(q) test at 5 % rejects half the time,
// by Patnaik's approximation of the noncentral distribution.
func halfPower(q float64) float64 {
	critical := distuv.ChiSquared{K: q}.Quantile(0.95)
	lo, hi := 0.0, 100.0
	for range 60 {
		l := (lo + hi) / 2
		c := (q + 2*l) / (q + l)
		if (distuv.ChiSquared{K: (q + l) * (q + l) / (q + 2*l)}).Survival(critical/c) < 0.5 {
			lo = l
		} else {
			hi = l
		}
	}
	return lo
}

// supT is the critical value c for which all |z_j| ≤ c at once with probability
// level, z normal with the correlations of v; from 10,000 seeded draws. It is NaN if
// no coefficient varies.
//
// Source: J. Montiel Olea and M. Plagborg-Møller, J. Applied Econometrics 34 (2019)
// 1–17.
func supT(v *mat.SymDense, level float64, seed uint64) float64 {
	k := v.SymmetricDim()
	var live []int
	for j := range k {
		if v.At(j, j) > 0 {
			live = append(live, j)
		}
	}
	if len(live) == 0 {
		return math.NaN()
	}
	c := submatrix(v, live)
	k = len(live)
	for i := range k {
		for j := i + 1; j < k; j++ {
			c.SetSym(i, j, c.At(i, j)/math.Sqrt(c.At(i, i)*c.At(j, j)))
		}
	}
	for i := range k {
		c.SetSym(i, i, 1)
	}
	root := spectral(c, 1e-12, math.Sqrt)
	random := rand.New(rand.NewPCG(seed, 2))
	const draws = 10000
	tops := make([]float64, draws)
	z, x := mat.NewVecDense(k, nil), mat.NewVecDense(k, nil)
	for d := range tops {
		for j := range k {
			z.SetVec(j, random.NormFloat64())
		}
		x.MulVec(root, z)
		for j := range k {
			tops[d] = max(tops[d], math.Abs(x.AtVec(j)))
		}
	}
	slices.Sort(tops)
	return tops[min(int(math.Ceil(level*draws))-1, draws-1)]
}

// leading is the leading k×k block of v.
func leading(v *mat.SymDense, k int) *mat.SymDense {
	rows := make([]int, k)
	for i := range rows {
		rows[i] = i
	}
	return submatrix(v, rows)
}

// submatrix picks rows and columns of v.
func submatrix(v *mat.SymDense, rows []int) *mat.SymDense {
	out := mat.NewSymDense(max(len(rows), 1), nil)
	for i, a := range rows {
		for j := i; j < len(rows); j++ {
			out.SetSym(i, j, v.At(a, rows[j]))
		}
	}
	return out
}
