package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
	"gonum.org/v1/gonum/stat/distuv"
)

// HonestRM is the confidence set for the effect l'τ if the difference in trends moves
// after treatment, from one period to the next, by at most m times its largest move
// before: |δ_{t+1} − δ_t| ≤ m·max_{s<0}|δ_{s+1} − δ_s|.
//
// That is a union of polyhedra Aδ ≤ 0, one per period s before and sign. For each, a
// value θ is tested by the conditional test with a least-favourable first stage of size
// a tenth of 1 − level (Andrews, Roth and Pakes): the other post-period effects are
// nuisance parameters, and the linear programme
//
//	η = min over ζ of max_j (y − Xζ)_j/σ_j,  y = Aβ̂ − A_lθ
//
// is compared with the normal truncated to where its dual solution stays optimal. The
// set is what no polyhedron rejects, on a grid of 1,000 points up to 20 standard errors
// around 0; lo and hi are its ends. The first stage draws from the seed alone.
//
// Source: A. Rambachan and J. Roth, Review of Economic Studies 90 (2023) 2555–2591;
// I. Andrews, J. Roth and A. Pakes, Review of Economic Studies 90 (2023) 2763–2791.
func HonestRM(p EventPath, m, level float64, seed uint64) (lo, hi float64, err error) {
	if err := p.validate(); err != nil {
		return 0, 0, err
	}
	unit, p := p.unit()
	cones, err := newCones(p, m, level, seed)
	if err != nil {
		return 0, 0, err
	}
	l := mat.NewVecDense(p.Post, p.which())
	post := mat.NewSymDense(p.Post, nil)
	for i := range p.Post {
		for j := i; j < p.Post; j++ {
			post.SetSym(i, j, p.V.At(p.Pre+i, p.Pre+j))
		}
	}
	reach := 20 * math.Sqrt(mat.Inner(l, post, l))
	const points = 1000
	accepted := make([]bool, points)
	at := func(i int) float64 { return -reach + 2*reach*float64(i)/(points-1) }
	eachIndex(points, func(i int) {
		for _, c := range cones {
			if !c.rejects(at(i)) {
				accepted[i] = true
				return
			}
		}
	})
	first, last := slices.Index(accepted, true), -1
	for i, a := range accepted {
		if a {
			last = i
		}
	}
	if first < 0 {
		return math.NaN(), math.NaN(), nil
	}
	return at(first) * unit, at(last) * unit, nil
}

// BreakdownRM is the largest m, up to 10, at which [HonestRM] leaves out 0; 0 if even
// m = 0 holds it.
func BreakdownRM(p EventPath, level float64, seed uint64) (float64, error) {
	if err := p.validate(); err != nil {
		return 0, err
	}
	_, p = p.unit()
	excludes := func(m float64) bool {
		for i := range 2 * p.Pre { // one polyhedron that holds 0 is enough
			if !newCone(p, m, level, i/2, float64(1-2*(i%2)), seed).rejects(0) {
				return false
			}
		}
		return true
	}
	lo, hi := 0.0, 10.0
	for _, m := range []float64{lo, hi} {
		if excludes(m) == (m == hi) {
			return m, nil
		}
	}
	for range 10 {
		m := (lo + hi) / 2
		if excludes(m) {
			lo = m
		} else {
			hi = m
		}
	}
	return lo, nil
}

// A cone is one polyhedron of [HonestRM] with its test.
type cone struct {
	y     []float64   // Aβ̂
	one   []float64   // what θ subtracts, per unit
	x     [][]float64 // nuisance columns
	v     *mat.SymDense
	sd    []float64
	first float64 // critical value of the first stage
	size  float64 // of the second stage
}

func newCones(p EventPath, m, level float64, seed uint64) ([]*cone, error) {
	if err := p.validate(); err != nil {
		return nil, err
	}
	if !(m >= 0) {
		return nil, fmt.Errorf("honest-rm: %v; the bound must not be negative", m)
	}
	cones := make([]*cone, 2*p.Pre)
	eachIndex(len(cones), func(i int) {
		sign := 1.0
		if i%2 == 1 {
			sign = -1
		}
		cones[i] = newCone(p, m, level, i/2, sign, seed)
	})
	return cones, nil
}

// newCone builds |δ_{t+1} − δ_t| ≤ m·sign·(δ_{s+1} − δ_s) for t ≥ 0, where s is the
// s-th move before treatment; rows that say nothing of the periods after are left out
// if there are several.
func newCone(p EventPath, m, level float64, s int, sign float64, seed uint64) *cone {
	n := p.Pre + p.Post + 1 // with the reference period, at position Pre
	var rows [][]float64
	for _, side := range []float64{1, -1} {
		for t := range n - 1 {
			if t < p.Pre && p.Post > 1 {
				continue
			}
			bound := 1.0
			if t >= p.Pre {
				bound = m
			}
			row := make([]float64, n)
			row[t+1] += side
			row[t] -= side
			row[s+1] -= bound * sign
			row[s] += bound * sign
			if norm(row) > 1e-8 {
				rows = append(rows, slices.Delete(row, p.Pre, p.Pre+1))
			}
		}
	}
	a := mat.NewDense(len(rows), n-1, nil)
	for i, r := range rows {
		a.SetRow(i, r)
	}
	var y mat.VecDense
	y.MulVec(a, mat.NewVecDense(n-1, p.Beta))
	var av, ava mat.Dense
	av.Mul(a, p.V)
	ava.Mul(&av, a.T())
	c := &cone{y: y.RawVector().Data, v: mat.NewSymDense(len(rows), nil)}
	for i := range rows {
		for j := i; j < len(rows); j++ {
			c.v.SetSym(i, j, ava.At(i, j))
		}
		c.sd = append(c.sd, math.Sqrt(ava.At(i, i)))
	}
	c.basis(a, p)
	kappa := (1 - level) / 10
	c.size = (1 - level - kappa) / (1 - kappa)
	c.first = c.leastFavourable(kappa, seed)
	return c
}

// basis changes the post-period effects to θ = l'τ and the others: τ = Γ⁻¹(θ, ζ), Γ
// with rows l and unit vectors.
func (c *cone) basis(a *mat.Dense, p EventPath) {
	l := p.which()
	gamma := mat.NewDense(p.Post, p.Post, nil)
	gamma.SetRow(0, l)
	leader := 0 // the unit vector that l replaces: its largest weight
	for i, v := range l {
		if math.Abs(v) > math.Abs(l[leader]) {
			leader = i
		}
	}
	r := 1
	for i := range p.Post {
		if i != leader {
			gamma.Set(r, i, 1)
			r++
		}
	}
	var inv, turned mat.Dense
	if err := inv.Inverse(gamma); err != nil {
		return
	}
	rows, _ := a.Dims()
	turned.Mul(a.Slice(0, rows, p.Pre, p.Pre+p.Post), &inv)
	c.one = mat.Col(nil, 0, &turned)
	for j := 1; j < p.Post; j++ {
		c.x = append(c.x, mat.Col(nil, j, &turned))
	}
}

// dual solves max λ'y over λ ≥ 0, λ'σ = 1, λ'X = 0, which is η and the weights of the
// binding moments.
func (c *cone) dual(y []float64) (eta float64, lambda []float64, ok bool) {
	n := len(y)
	if len(c.x) == 0 {
		best := 0
		for i := range y {
			if y[i]/c.sd[i] > y[best]/c.sd[best] {
				best = i
			}
		}
		lambda = make([]float64, n)
		lambda[best] = 1 / c.sd[best]
		return y[best] / c.sd[best], lambda, true
	}
	if len(c.x) == 1 {
		return c.pairs(y)
	}
	a := mat.NewDense(1+len(c.x), n, nil) // in λσ, which adds up to 1
	b := make([]float64, 1+len(c.x))
	b[0] = 1
	cost := make([]float64, n)
	for i, sd := range c.sd {
		a.Set(0, i, 1)
		for j, col := range c.x {
			a.Set(j+1, i, col[i]/sd)
		}
		cost[i] = -y[i] / sd
	}
	value, lambda, err := lp.Simplex(cost, a, b, 1e-12, nil)
	if err != nil {
		return 0, nil, false
	}
	for i, sd := range c.sd {
		lambda[i] /= sd
	}
	return -value, lambda, true
}

// pairs is dual with one nuisance effect: a vertex is one moment that it does not
// enter, or two that it enters with opposite signs.
func (c *cone) pairs(y []float64) (eta float64, lambda []float64, ok bool) {
	x, eta := c.x[0], math.Inf(-1)
	const none = 1e-12
	one, two := -1, -1
	var share float64 // of moment one: λ_one σ_one
	for i := range y {
		if math.Abs(x[i]) <= none {
			if v := y[i] / c.sd[i]; v > eta {
				eta, one, two, share = v, i, -1, 1
			}
			continue
		}
		for j := range y {
			if !(x[i] > none && x[j] < -none) {
				continue
			}
			d := x[i]*c.sd[j] - x[j]*c.sd[i]
			if v := (x[i]*y[j] - x[j]*y[i]) / d; v > eta {
				eta, one, two, share = v, i, j, -x[j]*c.sd[i]/d
			}
		}
	}
	if one < 0 {
		return 0, nil, false
	}
	lambda = make([]float64, len(y))
	lambda[one] = share / c.sd[one]
	if two >= 0 {
		lambda[two] = (1 - share) / c.sd[two]
	}
	return eta, lambda, true
}

// leastFavourable is the 1−κ quantile of η when every moment binds.
func (c *cone) leastFavourable(kappa float64, seed uint64) float64 {
	const sims = 1000
	root := spectral(c.v, 1e-12, math.Sqrt)
	random := rand.New(rand.NewPCG(seed, 6))
	etas := make([]float64, 0, sims)
	n := len(c.y)
	z := mat.NewVecDense(n, nil)
	var draw mat.VecDense
	for range sims {
		for i := range n {
			z.SetVec(i, random.NormFloat64())
		}
		draw.MulVec(root, z)
		if eta, _, ok := c.dual(draw.RawVector().Data); ok {
			etas = append(etas, eta)
		}
	}
	if len(etas) == 0 {
		return math.Inf(1)
	}
	slices.Sort(etas)
	at := (1 - kappa) * float64(len(etas)-1)
	i := int(at)
	if i+1 >= len(etas) {
		return etas[i]
	}
	return etas[i] + (at-float64(i))*(etas[i+1]-etas[i])
}

// rejects tests θ.
func (c *cone) rejects(theta float64) bool {
	y := append([]float64(nil), c.y...)
	axpy(-theta, c.one, y)
	eta, lambda, ok := c.dual(y)
	switch {
	case !ok:
		return false
	case eta > c.first:
		return true
	}
	l := mat.NewVecDense(len(lambda), lambda)
	var vl mat.VecDense
	vl.MulVec(c.v, l)
	s2 := mat.Dot(l, &vl)
	if s2 < 1e-30 {
		return eta > 0
	}
	slope := append([]float64(nil), vl.RawVector().Data...)
	scale(1/s2, slope)
	rest := append([]float64(nil), y...) // what is independent of η: y − slope·λ'y
	axpy(-eta, slope, rest)
	lo, hi := c.truncation(rest, slope, eta, math.Sqrt(s2))
	sd := math.Sqrt(s2)
	lo, hi = lo/sd, min(hi, c.first)/sd
	stat := eta / sd
	if stat < lo-1e-9 || stat > hi+1e-9 {
		return false
	}
	return stat > max(0, truncatedQuantile(1-c.size, lo, hi))
}

// truncation is the interval of v on which max over dual vertices of λ'(rest + slope·v)
// equals v: where the dual solution of the data stays optimal.
func (c *cone) truncation(rest, slope []float64, eta, sd float64) (lo, hi float64) {
	y := make([]float64, len(rest))
	search := func(from float64, open float64) float64 {
		v := from
		for range 200 {
			for i := range y {
				y[i] = rest[i] + slope[i]*v
			}
			top, lambda, ok := c.dual(y)
			if !ok || math.Abs(top-v) <= 1e-7*(1+math.Abs(v)) {
				if v == from {
					return open
				}
				return v
			}
			b := dot(lambda, slope)
			if math.Abs(1-b) < 1e-12 {
				return eta
			}
			v = dot(lambda, rest) / (1 - b)
		}
		return v
	}
	lo = search(min(-100, eta-20*sd), math.Inf(-1))
	hi = search(max(100, eta+20*sd), math.Inf(1))
	return min(lo, eta), max(hi, eta)
}

// truncatedQuantile is the p-quantile of the standard normal on [lo, hi].
func truncatedQuantile(p, lo, hi float64) float64 {
	n := distuv.UnitNormal
	if lo > 0 { // work in the upper tail, where differences of 1 are lost
		a, b := n.Survival(lo), n.Survival(hi)
		t := a - p*(a-b)
		if t <= 0 {
			return lo
		}
		return min(max(-n.Quantile(t), lo), hi)
	}
	a, b := n.CDF(lo), n.CDF(hi)
	return min(max(n.Quantile(a+p*(b-a)), lo), hi)
}
