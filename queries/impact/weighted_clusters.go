package impact

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// weightedCR2 is CR2 of weighted least squares under a working model of errors that are
// independent and alike, whatever their weights: weights that say how much a row counts
// say nothing of how well it is known.
//
//	s_g = X_g'W_g G_g^(−½)e_g    G_g = [(I−H)(I−H)']_gg = I − X_gX_g'W_g − W_gX_gX_g' + X_gSX_g'
//
// in coordinates in which X'WX = I, with S = X'W²X. G_g differs from I in the columns of
// [X_g, W_gX_g] alone, so that no matrix is larger than those. Its degrees of freedom are
// Satterthwaite's, with p_g = (I−H)_g'v_g, v_g = G_g^(−½)W_gX_gc:
//
//	df = (Σ_g p_g'p_g)²/Σ_gh (p_g'p_h)²
//
// Source: J. Pustejovsky and E. Tipton, J. Business & Economic Statistics 36 (2018)
// 672–683; what clubSandwich and estimatr compute.
func (r *Regression) weightedCR2(key Key, weights []float64, df []float64) *mat.SymDense {
	f := r.fit
	k := f.k
	square := mat.NewSymDense(k, nil) // S
	for a := range k {
		for b := a; b < k; b++ {
			s := 0.0
			for i, w := range weights {
				s += w * f.q[a][i] * f.q[b][i]
			}
			square.SetSym(a, b, s)
		}
	}
	rows := rowsBy(key)
	scores := make([]float64, len(rows)*k)
	v := make([]*mat.Dense, len(rows)) // G_g^(−½)W_gX_g
	x := make([]*mat.Dense, len(rows))
	eachIndex(len(rows), func(g int) {
		n := len(rows[g])
		x[g] = mat.NewDense(n, k, nil)
		wx, e := mat.NewDense(n, k, nil), mat.NewVecDense(n, nil)
		for a, i := range rows[g] {
			root := math.Sqrt(weights[i])
			e.SetVec(a, f.resid[i]/root)
			for j := range k {
				x[g].Set(a, j, f.q[j][i]/root)
				wx.Set(a, j, f.q[j][i]*root)
			}
		}
		v[g] = inverseRoot(x[g], wx, square)
		var s mat.VecDense
		s.MulVec(v[g].T(), e)
		copy(scores[g*k:], s.RawVector().Data)
	})
	for j := r.skip; j < k; j++ {
		df[j] = weightedSatterthwaite(x, v, rows, weights, square, f.direction(j))
	}
	return f.sandwich(outer(scores, k))
}

// inverseRoot is G^(−½)W X of one cluster, without the directions in which G is 0.
func inverseRoot(x, wx *mat.Dense, square *mat.SymDense) *mat.Dense {
	n, k := x.Dims()
	var basis []*mat.VecDense // orthonormal, of the columns of [X, WX]
	for a := range 2 * k {
		column := mat.NewVecDense(n, nil)
		if a < k {
			column.CopyVec(x.ColView(a))
		} else {
			column.CopyVec(wx.ColView(a - k))
		}
		was := mat.Norm(column, 2)
		for range 2 { // once leaves rounding
			for _, o := range basis {
				column.AddScaledVec(column, -mat.Dot(o, column), o)
			}
		}
		if left := mat.Norm(column, 2); left > 1e-10*was {
			column.ScaleVec(1/left, column)
			basis = append(basis, column)
		}
	}
	m := len(basis)
	if m == 0 {
		return wx
	}
	q, top := mat.NewDense(n, m, nil), mat.NewDense(m, 2*k, nil)
	for l, o := range basis {
		q.SetCol(l, o.RawVector().Data)
		for a := range k {
			top.Set(l, a, mat.Dot(o, x.ColView(a)))
			top.Set(l, k+a, mat.Dot(o, wx.ColView(a)))
		}
	}
	c := mat.NewDense(2*k, 2*k, nil)
	for a := range k {
		c.Set(a, k+a, -1)
		c.Set(k+a, a, -1)
		for b := range k {
			c.Set(a, b, square.At(a, b))
		}
	}
	var half, b mat.Dense
	half.Mul(top, c)
	b.Mul(&half, top.T())
	sym := mat.NewSymDense(m, nil)
	for i := range m {
		for j := i; j < m; j++ {
			sym.SetSym(i, j, (b.At(i, j)+b.At(j, i))/2)
		}
	}
	var eig mat.EigenSym
	eig.Factorize(sym, true)
	var vectors mat.Dense
	eig.VectorsTo(&vectors)
	change := make([]float64, m)
	for i, beta := range eig.Values(nil) {
		change[i] = -1
		if 1+beta > 1e-9 {
			change[i] = 1/math.Sqrt(1+beta) - 1
		}
	}
	var turned, in, out mat.Dense
	turned.Mul(q, &vectors)
	in.Mul(turned.T(), wx)
	for i, d := range change {
		for j := range k {
			in.Set(i, j, d*in.At(i, j))
		}
	}
	out.Mul(&turned, &in)
	out.Add(&out, wx)
	return &out
}

// weightedSatterthwaite is the degrees of freedom of one coefficient, whose direction is c.
// With b_g = X_g'v_g and q_g = X_g'W_gv_g, p_g'p_h = 1{g=h}v_g'v_g − q_g'b_h − b_g'q_h + b_g'Sb_h.
func weightedSatterthwaite(x, v []*mat.Dense, rows [][]int, weights []float64, square *mat.SymDense, c []float64) float64 {
	k := len(c)
	direction := mat.NewVecDense(k, c)
	b, q, sb, vv := make([]*mat.VecDense, len(x)), make([]*mat.VecDense, len(x)), make([]*mat.VecDense, len(x)), make([]float64, len(x))
	eachIndex(len(x), func(g int) {
		var vg, bg, qg, sg mat.VecDense
		vg.MulVec(v[g], direction)
		vv[g] = mat.Dot(&vg, &vg)
		bg.MulVec(x[g].T(), &vg)
		for a, i := range rows[g] {
			vg.SetVec(a, weights[i]*vg.AtVec(a))
		}
		qg.MulVec(x[g].T(), &vg)
		sg.MulVec(square, &bg)
		b[g], q[g], sb[g] = &bg, &qg, &sg
	})
	trace, total := 0.0, 0.0
	for g := range x {
		for h := range g + 1 {
			p := mat.Dot(b[g], sb[h]) - mat.Dot(q[g], b[h]) - mat.Dot(b[g], q[h])
			if g == h {
				p += vv[g]
				trace += p
				total += p * p
			} else {
				total += 2 * p * p
			}
		}
	}
	return trace * trace / total
}
