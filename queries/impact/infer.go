package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// infer fills the covariance, degrees of freedom and counts of r.
func (r *Regression) infer(m Model, e Errors, absorbed []Key) error {
	f, n := r.fit, float64(r.Obs)
	rest := n - float64(r.Params)
	df := make([]float64, f.k)
	for j := range df {
		df[j] = rest
	}
	var v *mat.SymDense
	var err error
	switch e.Kind {
	case "classical":
		s2 := f.rss / rest
		if e.DoF == "none" {
			s2 = f.rss / n
		}
		v = f.sandwich(identity(f.k))
		v.ScaleSym(s2, v)
	case "hc0", "hc1", "hc2", "hc3":
		v, err = f.heteroskedastic(e.Kind, r.Params, absorbed)
	case "cluster", "wild-cluster":
		v, err = r.clustered(m, e, df)
	case "cr2", "cr3", "cv3":
		v, err = r.leverageClustered(e, m.Weights, df)
	case "newey-west":
		v, err = r.neweyWest(m, e)
	case "driscoll-kraay":
		v, err = r.driscollKraay(e, df)
	default:
		return fmt.Errorf("standard errors %q; use classical, hc0, hc1, hc2, hc3, cluster, cr2, cr3, cv3, newey-west, driscoll-kraay or wild-cluster", e.Kind)
	}
	if err != nil {
		return err
	}
	if e.Kind == "driscoll-kraay" || e.Kind == "cluster" {
		if err := f.degenerate(v, r, rest, e.Kind); err != nil {
			return err
		}
	}
	if e.Kind == "wild-cluster" {
		if r.wild, err = newWild(f, e); err != nil {
			return err
		}
	}
	r.V, r.DF = mat.NewSymDense(f.k-r.skip, nil), df[r.skip:]
	for i := r.skip; i < f.k; i++ {
		for j := i; j < f.k; j++ {
			r.V.SetSym(i-r.skip, j-r.skip, v.At(i, j))
		}
	}
	return nil
}

// degenerate returns an error if the variance of a named coefficient has vanished
// while its residuals have not: every group then fits its own coefficient.
func (f *fit) degenerate(v *mat.SymDense, r *Regression, rest float64, kind string) error {
	plain := f.sandwich(identity(f.k))
	for j := r.skip; j < f.k; j++ {
		if !(v.At(j, j) > 1e-20*plain.At(j, j)*f.rss/rest) && f.rss > 0 {
			return fmt.Errorf("%w: errors %s of %q are zero, because each period or cluster decides a coefficient of its own", ErrTooFew, kind, f.names[j])
		}
	}
	return nil
}

// leverage is h_i = Σ_j q_ij².
func (f *fit) leverage() []float64 {
	h := make([]float64, f.n)
	for _, q := range f.q {
		for i, v := range q {
			h[i] += v * v
		}
	}
	return h
}

// heteroskedastic is White's covariance and its small-sample relatives.
func (f *fit) heteroskedastic(kind string, params int, absorbed []Key) (*mat.SymDense, error) {
	u2 := make([]float64, f.n)
	for i, u := range f.resid {
		u2[i] = u * u
	}
	switch kind {
	case "hc1":
		scale(float64(f.n)/float64(f.n-params), u2)
	case "hc2", "hc3":
		if len(absorbed) > 0 {
			return nil, fmt.Errorf("%s with absorbed effects", kind)
		}
		for i, h := range f.leverage() {
			left := 1 - h
			if left < 1e-10 {
				return nil, fmt.Errorf("row %d is fitted exactly (leverage 1), so %s is not defined; use hc1", i+1, kind)
			}
			u2[i] /= left
			if kind == "hc3" {
				u2[i] /= left
			}
		}
	}
	meat := mat.NewSymDense(f.k, nil)
	weighted := make([]float64, f.n)
	for a := range f.k {
		for i, v := range f.q[a] {
			weighted[i] = v * u2[i]
		}
		for b := a; b < f.k; b++ {
			meat.SetSym(a, b, dot(weighted, f.q[b]))
		}
	}
	return f.sandwich(meat), nil
}

// scores sums q_i·u_i over each group: one vector of length k per group.
func (f *fit) scores(codes []int, groups int) []float64 {
	s := make([]float64, groups*f.k)
	for j, q := range f.q {
		for i, v := range q {
			s[codes[i]*f.k+j] += v * f.resid[i]
		}
	}
	return s
}

// outer is Σ_g s_g s_g'.
func outer(s []float64, k int) *mat.SymDense {
	m := mat.NewSymDense(k, nil)
	raw := m.RawSymmetric()
	for g := 0; g+k <= len(s); g += k {
		for a := range k {
			sa := s[g+a]
			for b := a; b < k; b++ {
				raw.Data[a*raw.Stride+b] += sa * s[g+b]
			}
		}
	}
	return m
}

// clustered is the one-way or two-way cluster covariance.
func (r *Regression) clustered(m Model, e Errors, df []float64) (*mat.SymDense, error) {
	f := r.fit
	if len(e.Cluster) == 0 {
		return nil, fmt.Errorf("clustered errors need a cluster column")
	}
	r.Clusters = e.Cluster[0].Levels()
	for _, k := range e.Cluster {
		r.Clusters = min(r.Clusters, k.Levels())
	}
	for j := range df {
		df[j] = float64(r.Clusters - 1)
	}
	params := r.Params
	if e.DoF == "fixest" {
		var counted []Key
		for _, k := range m.Fixed {
			if !nested(k, e.Cluster) {
				counted = append(counted, k)
			}
		}
		params = m.params(counted)
	}
	factor := func(g int) float64 {
		if e.DoF == "none" {
			return 1
		}
		if e.DoF == "fixest" {
			g = r.Clusters
		}
		return float64(g) / float64(g-1) * float64(f.n-1) / float64(f.n-params)
	}
	term := func(k Key) *mat.SymDense {
		t := outer(f.scores(k.Codes, k.Levels()), f.k)
		t.ScaleSym(factor(k.Levels()), t)
		return t
	}
	meat := term(e.Cluster[0])
	if len(e.Cluster) == 2 {
		meat.AddSym(meat, term(e.Cluster[1]))
		both := term(crossed(e.Cluster[0], e.Cluster[1]))
		both.ScaleSym(-1, both)
		meat.AddSym(meat, both)
	}
	v := f.sandwich(meat)
	for j := range f.k {
		if v.At(j, j) < 0 {
			r.Warnings = append(r.Warnings, "the two-way covariance is not positive: negative eigenvalues were set to 0 (Cameron, Gelbach and Miller 2011)")
			return spectral(v, 0, func(x float64) float64 { return x }), nil
		}
	}
	return v, nil
}

// crossed numbers the pairs of levels of two keys.
func crossed(a, b Key) Key {
	pairs := make([]int, len(a.Codes))
	for i := range pairs {
		pairs[i] = a.Codes[i]*b.Levels() + b.Codes[i]
	}
	codes, n := codesOf(pairs)
	return Key{Name: a.Name + "^" + b.Name, Codes: codes, Labels: make([]string, n)}
}

// leverageClustered is CR2, CR3 or CV3.
//
// With H_g = Q_gQ_g' the hat matrix of cluster g and N_g = Q_g'Q_g, the adjusted
// scores need only k×k matrices:
//
//	CR2  Q_g'(I−H_g)^(−½)u_g = (I−N_g)^(−½)Q_g'u_g
//	CR3  Q_g'(I−H_g)^(−1)u_g = (I−N_g)^(−1)Q_g'u_g,  CV3 = CR3·(G−1)/G
//
// CR3 is the jackknife Σ(b₍g₎−b)(b₍g₎−b)'. CR2 has Satterthwaite degrees of
// freedom under a working model of independent errors: with a_g =
// (I−N_g)^(−½)N_g c and z_g'z_g = c'(I−N_g)^(−1)N_g c,
//
//	df = (Σ_g P_gg)²/Σ_gh P_gh²,  P_gh = 1{g=h}z_g'z_g − a_g'a_h
//
// Directions that a cluster alone determines (an eigenvalue of N_g at 1) are left
// out, as in a Moore–Penrose inverse. With weights see weightedCR2.
//
// Sources: R. Bell and D. McCaffrey, Survey Methodology 28 (2002) 169–181;
// J. Pustejovsky and E. Tipton, J. Business & Economic Statistics 36 (2018)
// 672–683; J. MacKinnon, M. Nielsen and M. Webb, J. Econometrics 232 (2023)
// 272–299.
func (r *Regression) leverageClustered(e Errors, weights, df []float64) (*mat.SymDense, error) {
	f := r.fit
	if len(e.Cluster) != 1 {
		return nil, fmt.Errorf("%s needs one cluster column; there are %d", e.Kind, len(e.Cluster))
	}
	key := e.Cluster[0]
	r.Clusters = key.Levels()
	if e.Kind == "cr2" && weights != nil {
		return r.weightedCR2(key, weights, df), nil
	}
	s := f.scores(key.Codes, key.Levels())
	grams := f.grams(key)
	power := -0.5
	if e.Kind != "cr2" {
		power = -1
	}
	adjust := make([]*mat.SymDense, len(grams))
	eachIndex(len(grams), func(g int) { adjust[g] = complementPower(grams[g], power) })
	for g := range grams {
		var out mat.VecDense
		out.MulVec(adjust[g], mat.NewVecDense(f.k, s[g*f.k:(g+1)*f.k]))
		copy(s[g*f.k:], out.RawVector().Data)
	}
	v := f.sandwich(outer(s, f.k))
	switch e.Kind {
	case "cr2":
		for j := r.skip; j < f.k; j++ {
			df[j] = f.satterthwaite(j, grams, adjust)
		}
	default:
		for j := range df {
			df[j] = float64(r.Clusters - 1)
		}
		if e.Kind == "cv3" {
			v.ScaleSym(float64(r.Clusters-1)/float64(r.Clusters), v)
		}
	}
	return v, nil
}

// grams is Q_g'Q_g per cluster.
func (f *fit) grams(key Key) []*mat.SymDense {
	grams := make([]*mat.SymDense, key.Levels())
	for g, rows := range rowsBy(key) {
		m := mat.NewSymDense(f.k, nil)
		raw := m.RawSymmetric()
		for a := range f.k {
			for b := a; b < f.k; b++ {
				s := 0.0
				for _, i := range rows {
					s += f.q[a][i] * f.q[b][i]
				}
				raw.Data[a*raw.Stride+b] = s
			}
		}
		grams[g] = m
	}
	return grams
}

// complementPower is (I − N)^p without the directions in which N is 1.
func complementPower(n *mat.SymDense, p float64) *mat.SymDense {
	k := n.SymmetricDim()
	var eig mat.EigenSym
	eig.Factorize(n, true)
	var vec mat.Dense
	eig.VectorsTo(&vec)
	out := mat.NewSymDense(k, nil)
	col := make([]float64, k)
	for c, lambda := range eig.Values(nil) {
		if 1-lambda < 1e-9 {
			continue
		}
		mat.Col(col, c, &vec)
		out.SymRankOne(out, math.Pow(1-lambda, p), mat.NewVecDense(k, append([]float64(nil), col...)))
	}
	return out
}

// satterthwaite is the degrees of freedom of coefficient j under CR2.
func (f *fit) satterthwaite(j int, grams, adjust []*mat.SymDense) float64 {
	c := mat.NewVecDense(f.k, f.direction(j))
	sumA := mat.NewSymDense(f.k, nil)
	var trace, cross, square float64
	for g, gram := range grams {
		var nc, a, twice mat.VecDense
		nc.MulVec(gram, c)
		a.MulVec(adjust[g], &nc)
		twice.MulVec(adjust[g], &a)
		zz := mat.Dot(c, &twice)
		aa := mat.Dot(&a, &a)
		trace += zz - aa
		square += zz*zz - 2*zz*aa
		sumA.SymRankOne(sumA, 1, &a)
	}
	for i := range f.k {
		for l := range f.k {
			cross += sumA.At(i, l) * sumA.At(i, l)
		}
	}
	return trace * trace / (square + cross)
}
