package impact

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// A wild is the restricted wild cluster bootstrap of one regression.
//
// For coefficient j and a null value b₀, residuals u are those of the regression
// with b_j = b₀ imposed. Each draw flips their signs by cluster (Rademacher v_g),
// refits, and compares the studentised coefficients:
//
//	p = share of draws with |t*| ≥ |t|
//
// With C = (Q'·) coordinates and c the direction of b_j, the numerator of t* is
// Σ v_g α_g, α_g = c'Q_g'u_g, and the cluster score in that direction is
// v_gα_g − Σ_h v_h c'N_gQ_h'u_h, so a draw costs G² and not N. All 2^G sign vectors
// are used up to 12 clusters, seeded draws above. The interval holds the nulls that
// the test does not reject, found by bisection.
//
// Source: A. C. Cameron, J. Gelbach and D. Miller, Review of Economics and
// Statistics 90 (2008) 414–427; D. Roodman et al., Stata Journal 19 (2019) 4–60.
type wild struct {
	f      *fit
	scores []float64 // Q_g'u_g, unrestricted
	grams  []*mat.SymDense
	signs  [][]float64
	exact  bool
}

func newWild(f *fit, e Errors) (*wild, error) {
	if len(e.Cluster) != 1 {
		return nil, fmt.Errorf("wild-cluster needs one cluster column; there are %d", len(e.Cluster))
	}
	key := e.Cluster[0]
	g := key.Levels()
	w := &wild{f: f, scores: f.scores(key.Codes, g), grams: f.grams(key)}
	if g <= 12 {
		w.exact = true
		for draw := range 1 << g {
			v := make([]float64, g)
			for i := range v {
				v[i] = 1 - 2*float64(draw>>i&1)
			}
			w.signs = append(w.signs, v)
		}
		return w, nil
	}
	draws := e.Draws
	if draws <= 0 {
		draws = 999
	}
	random := rand.New(rand.NewPCG(e.Seed, 1))
	for range draws {
		v := make([]float64, g)
		for i := range v {
			v[i] = 1 - 2*float64(random.IntN(2))
		}
		w.signs = append(w.signs, v)
	}
	return w, nil
}

// test replaces the p-value and the interval of coefficient j.
func (w *wild) test(e *Estimate, j int) {
	null := w.prepare(j)
	e.DF = math.NaN()
	e.P = w.pValue(null, e.Value)
	e.Statistic = e.Value / e.StdErr
	if e.StdErr == 0 || math.IsNaN(e.StdErr) {
		return
	}
	alpha := 1 - e.Level
	e.Lo = w.bound(null, *e, alpha, -1)
	e.Hi = w.bound(null, *e, alpha, +1)
}

// bound bisects for the null value at which p crosses alpha; NaN if it never does.
func (w *wild) bound(null *nullCase, e Estimate, alpha, side float64) float64 {
	inside, outside := e.Value, 0.0
	for step := 2.0; ; step *= 2 {
		outside = e.Value + side*step*e.StdErr
		if w.pValue(null, e.Value-outside) <= alpha {
			break
		}
		if step > 1e4 {
			return math.NaN()
		}
		inside = outside
	}
	for range 40 {
		mid := (inside + outside) / 2
		if w.pValue(null, e.Value-mid) <= alpha {
			outside = mid
		} else {
			inside = mid
		}
	}
	return (inside + outside) / 2
}

// A nullCase holds what the bootstrap of one coefficient needs: with d = b_j − b₀,
// restricted scores are S_g + d·N_g c/(c'c), so both terms are affine in d.
type nullCase struct {
	alpha0, alpha1 []float64 // α_g at d = 0 and its slope
	beta0, beta1   []float64 // G×G: c'N_gQ_h'u_h
}

func (w *wild) prepare(j int) *nullCase {
	g, k := len(w.grams), w.f.k
	c := mat.NewVecDense(k, w.f.direction(j))
	cc := mat.Dot(c, c)
	nc := make([]*mat.VecDense, g)
	for i, gram := range w.grams {
		nc[i] = mat.NewVecDense(k, nil)
		nc[i].MulVec(gram, c)
	}
	n := &nullCase{
		alpha0: make([]float64, g), alpha1: make([]float64, g),
		beta0: make([]float64, g*g), beta1: make([]float64, g*g),
	}
	for h := range g {
		s := mat.NewVecDense(k, w.scores[h*k:(h+1)*k])
		n.alpha0[h] = mat.Dot(c, s)
		n.alpha1[h] = mat.Dot(c, nc[h]) / cc
		for i := range g {
			n.beta0[i*g+h] = mat.Dot(nc[i], s)
			n.beta1[i*g+h] = mat.Dot(nc[i], nc[h]) / cc
		}
	}
	return n
}

// pValue is the share of draws at least as extreme as the data under the null that
// is d below the estimate.
func (w *wild) pValue(n *nullCase, d float64) float64 {
	g := len(w.grams)
	alpha := make([]float64, g)
	beta := make([]float64, g*g)
	for i := range alpha {
		alpha[i] = n.alpha0[i] + d*n.alpha1[i]
	}
	for i := range beta {
		beta[i] = n.beta0[i] + d*n.beta1[i]
	}
	// The data are the draw whose signs are all 1.
	data := studentised(ones(g), alpha, beta)
	extreme := 0
	for _, v := range w.signs {
		if t := studentised(v, alpha, beta); t >= data*(1-1e-9) {
			extreme++
		}
	}
	return float64(extreme) / float64(len(w.signs))
}

// studentised is |Σ v_gα_g| over the length of the cluster scores.
func studentised(v, alpha, beta []float64) float64 {
	g := len(v)
	top, bottom := 0.0, 0.0
	for i := range g {
		top += v[i] * alpha[i]
		s := v[i]*alpha[i] - dot(beta[i*g:(i+1)*g], v)
		bottom += s * s
	}
	if bottom == 0 {
		return 0
	}
	return math.Abs(top) / math.Sqrt(bottom)
}
