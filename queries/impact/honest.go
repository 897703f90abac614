package impact

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// An EventPath is the coefficients of an event study: pre periods before treatment in
// order of time, the reference period left out, then post periods.
type EventPath struct {
	Beta  []float64
	V     *mat.SymDense
	Pre   int
	Post  int
	Which []float64 // weights of the post periods in the effect; nil: the first one
}

func (p EventPath) validate() error {
	if p.Pre < 1 || p.Post < 1 || len(p.Beta) != p.Pre+p.Post {
		return fmt.Errorf("%w: %d periods before and %d after", ErrTooFew, p.Pre, p.Post)
	}
	for j := range p.Beta {
		if !(p.V.At(j, j) > 0) {
			return fmt.Errorf("period %d of the event study has no variance", j+1)
		}
	}
	return nil
}

// unit is the power of two next to the largest error, and the path in that unit: what follows
// does not depend on how the outcome is measured.
func (p EventPath) unit() (float64, EventPath) {
	largest := 0.0
	for j := range p.Beta {
		largest = max(largest, math.Sqrt(p.V.At(j, j)))
	}
	_, exponent := math.Frexp(largest)
	unit := math.Ldexp(1, exponent)
	if !(unit > 0) || math.IsInf(unit, 0) {
		return 1, p
	}
	q := EventPath{Beta: append([]float64(nil), p.Beta...), V: mat.NewSymDense(len(p.Beta), nil), Pre: p.Pre, Post: p.Post, Which: p.Which}
	scale(1/unit, q.Beta)
	for i := range q.Beta {
		for j := i; j < len(q.Beta); j++ {
			q.V.SetSym(i, j, p.V.At(i, j)/unit/unit)
		}
	}
	return unit, q
}

func (p EventPath) which() []float64 {
	if p.Which != nil {
		return p.Which
	}
	l := make([]float64, p.Post)
	l[0] = 1
	return l
}

// HonestSD is the interval for the effect l'τ if the slope of the difference in trends
// changes by at most m from one period to the next, δ_{t+1} − 2δ_t + δ_{t−1} ∈ [−m, m]:
// the shortest interval of fixed length around an affine estimator a'β̂_pre + l'β̂_post.
//
// With second differences d and u_k = Σ_{s>k} a_{−s}(s−k), the estimator's bias is at
// most m(C + Σ_{k≥1}|u_k|) where u₀ = Σ_s l_s s removes every linear trend and
// C = |Σ l_s s| + Σ_{k≥1}|Σ_{s>k} l_s(s−k)|, and the half-length is
//
//	σ(a)·cv(bias/σ(a)),  cv(t) the level-quantile of |N(t, 1)|
//
// which is minimised along the lasso path of σ² + λΣ|u_k|. m = 0 allows linear trends.
//
// Source: A. Rambachan and J. Roth, Review of Economic Studies 90 (2023) 2555–2591.
func HonestSD(p EventPath, m, level float64) (lo, hi float64, err error) {
	if err := p.validate(); err != nil {
		return 0, 0, err
	}
	if !(m >= 0) {
		return 0, 0, fmt.Errorf("honest-sd: %v; the bound must not be negative", m)
	}
	unit, p := p.unit()
	value, half := newSmooth(p).best(m/unit, level)
	return (value - half) * unit, (value + half) * unit, nil
}

// smooth is the lasso problem of [HonestSD]: variance = c + 2h'u + u'Qu.
type smooth struct {
	p        EventPath
	u0       float64
	constant float64 // C
	q        [][]float64
	h        []float64
	c        float64
	turn     *mat.Dense // (pre+post) × (pre−1): the estimator's weights per u
	base     []float64  // the weights at u = 0
}

func newSmooth(p EventPath) *smooth {
	l := p.which()
	s := &smooth{p: p}
	for i, v := range l {
		s.u0 += v * float64(i+1)
	}
	s.constant = math.Abs(s.u0)
	for k := 1; k < p.Post; k++ {
		sum := 0.0
		for i := k; i < p.Post; i++ {
			sum += l[i] * float64(i+1-k)
		}
		s.constant += math.Abs(sum)
	}
	n, free := p.Pre+p.Post, p.Pre-1
	// a_{−s} = u_{s−1} − 2u_s + u_{s+1}; the position of period −s is pre − s.
	s.turn = mat.NewDense(n, max(free, 1), nil)
	s.base = make([]float64, n)
	copy(s.base[p.Pre:], l)
	s.base[p.Pre-1] += s.u0
	for k := 1; k <= free; k++ {
		for s1, w := range map[int]float64{k + 1: 1, k: -2, k - 1: 1} {
			if s1 >= 1 && s1 <= p.Pre {
				s.turn.Set(p.Pre-s1, k-1, w)
			}
		}
	}
	var vt mat.Dense
	vt.Mul(p.V, s.turn)
	var q mat.Dense
	q.Mul(s.turn.T(), &vt)
	b := mat.NewVecDense(n, s.base)
	var vb, h mat.VecDense
	vb.MulVec(p.V, b)
	h.MulVec(s.turn.T(), &vb)
	s.c = mat.Dot(b, &vb)
	s.q, s.h = square(free), make([]float64, free)
	for i := range free {
		s.h[i] = h.AtVec(i)
		for j := range free {
			s.q[i][j] = q.At(i, j)
		}
	}
	return s
}

// best is the estimate and the shortest half-length.
func (s *smooth) best(m, level float64) (value, half float64) {
	top := 0.0
	for _, v := range s.h {
		top = max(top, math.Abs(v))
	}
	u := make([]float64, len(s.h))
	length := func(lambda float64) float64 {
		s.lasso(u, lambda)
		v, bias := s.c, s.constant
		for i, ui := range u {
			v += 2*s.h[i]*ui + ui*dot(s.q[i], u)
			bias += math.Abs(ui)
		}
		sd := math.Sqrt(max(v, 0))
		return sd * foldedQuantile(level, m*bias/sd)
	}
	const steps = 120
	at, shortest := 0.0, math.Inf(1)
	grid := make([]float64, 0, steps+1)
	for i := range steps {
		grid = append(grid, top*math.Pow(10, -8*float64(i)/float64(steps-1)))
	}
	grid = append(grid, 0)
	index := 0
	for i, lambda := range grid {
		if f := length(lambda); f < shortest {
			at, shortest, index = lambda, f, i
		}
	}
	lo, hi := grid[min(index+1, len(grid)-1)], grid[max(index-1, 0)]
	for range 60 {
		a, b := lo+(hi-lo)*0.382, lo+(hi-lo)*0.618
		fa, fb := length(a), length(b)
		if fa < fb {
			hi = b
		} else {
			lo = a
		}
		if f := min(fa, fb); f < shortest {
			shortest = f
			at = a
			if fb < fa {
				at = b
			}
		}
	}
	half = length(at)
	weights := append([]float64(nil), s.base...)
	for i, ui := range u {
		for r := range weights {
			weights[r] += ui * s.turn.At(r, i)
		}
	}
	return dot(weights, s.p.Beta), half
}

// lasso minimises ½u'Qu + h'u + λΣ|u| by coordinate descent from where u is.
func (s *smooth) lasso(u []float64, lambda float64) {
	for range 5000 {
		moved, size := 0.0, 0.0
		for i := range u {
			g := s.h[i] + dot(s.q[i], u) - s.q[i][i]*u[i]
			next := 0.0
			switch {
			case g > lambda:
				next = (lambda - g) / s.q[i][i]
			case g < -lambda:
				next = (-lambda - g) / s.q[i][i]
			}
			moved, size = max(moved, math.Abs(next-u[i])), max(size, math.Abs(next))
			u[i] = next
		}
		if moved <= 1e-10*size {
			return
		}
	}
}

// foldedQuantile is the p-quantile of |N(t, 1)|.
func foldedQuantile(p, t float64) float64 {
	lo, hi := 0.0, t+10
	for range 100 {
		c := (lo + hi) / 2
		if distuv.UnitNormal.CDF(c-t)-distuv.UnitNormal.CDF(-c-t) < p {
			lo = c
		} else {
			hi = c
		}
	}
	return (lo + hi) / 2
}

// BreakdownSD is the largest m at which the interval of [HonestSD] leaves out 0; 0 if
// even m = 0 holds it.
func BreakdownSD(p EventPath, level float64) (float64, error) {
	if err := p.validate(); err != nil {
		return 0, err
	}
	unit, p := p.unit()
	s := newSmooth(p)
	excludes := func(m float64) bool {
		v, half := s.best(m, level)
		return math.Abs(v) > half
	}
	if !excludes(0) {
		return 0, nil
	}
	hi := math.Sqrt(s.c)
	for range 40 {
		if !excludes(hi) {
			break
		}
		hi *= 2
	}
	lo := 0.0
	for range 30 {
		m := (lo + hi) / 2
		if excludes(m) {
			lo = m
		} else {
			hi = m
		}
	}
	return lo * unit, nil
}
