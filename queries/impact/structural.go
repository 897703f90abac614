package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// StructuralOptions are the choices of [Structural]; zero values take the default.
type StructuralOptions struct {
	LevelSD float64 // prior guess of the level's step, in standard deviations of y: 0.01
	Draws   int     // kept draws: 2000, after a quarter as many that are thrown away
	Seed    uint64
	Level   float64 // 0.95
}

// A Posterior is the result of [Structural].
type Posterior struct {
	Average    Estimate  // mean effect over the periods after
	Cumulative Estimate  // sum of the effects
	Relative   Estimate  // mean effect ÷ mean prediction
	Expected   []float64 // per period after, what would have been
	Lo, Hi     []float64 // its interval, with the noise of a single period
	Tail       float64   // one-sided tail probability of an effect of the other sign
}

// Structural predicts what a series would have been after period pre from comparison
// series x that the tactic did not touch, by a local level and a regression:
//
//	y_t = μ_t + x_t'β + e_t    μ_{t+1} = μ_t + η_t
//
// It is Bayesian, by Gibbs sampling on the periods before, standardised: σ_η has an
// inverse-gamma prior of 32 observations at LevelSD, σ_e one of 50 at the residual of
// R² = 0.8, and β a slab of 1 % of the data's information; every series takes part (no
// spike at 0). The effect is the series less the prediction; estimates are posterior
// means with the quantiles of the draws. The draws depend on the seed alone.
//
// y and x hold periods in order; pre is how many come before. It returns ErrTooFew
// under three periods before or none after, ErrConstant and ErrNotFinite.
//
// Source: K. Brodersen et al., Annals of Applied Statistics 9 (2015) 247–274.
func Structural(y []float64, x [][]float64, names []string, pre int, o StructuralOptions) (*Posterior, error) {
	if pre < 3+len(x) || pre >= len(y) {
		return nil, fmt.Errorf("%w: %d periods before and %d after", ErrTooFew, pre, len(y)-pre)
	}
	if err := finite("the outcome", y); err != nil {
		return nil, err
	}
	if o.LevelSD == 0 {
		o.LevelSD = 0.01
	}
	if o.Draws == 0 {
		o.Draws = 2000
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if constant(y[:pre]) {
		return nil, fmt.Errorf("%w before period %d", ErrConstant, pre+1)
	}
	z, centre, sd := standardise(y, pre)
	w := make([][]float64, len(x))
	for j, col := range x {
		if err := finite(fmt.Sprintf("column %q", names[j]), col); err != nil {
			return nil, err
		}
		if constant(col[:pre]) {
			return nil, &CollinearError{Column: names[j], With: []string{"const"}}
		}
		w[j], _, _ = standardise(col, pre)
	}
	g := newGibbs(z, w, pre, o)
	draws := g.run(o.Draws)
	return summarise(y, pre, draws, centre, sd, o.Level), nil
}

// standardise subtracts the mean and divides by the standard deviation of the first
// pre values.
func standardise(y []float64, pre int) (z []float64, centre, sd float64) {
	centre, sd = mean(y[:pre]), math.Sqrt(variance(y[:pre]))
	z = make([]float64, len(y))
	for i, v := range y {
		z[i] = (v - centre) / sd
	}
	return z, centre, sd
}

// gibbs is the sampler of a local level with a regression.
type gibbs struct {
	y, level  []float64
	x         [][]float64
	pre       int
	beta      []float64
	obs, step float64 // variances
	guess     float64 // prior of the step's standard deviation
	precision *mat.SymDense
	random    *rand.Rand
}

func newGibbs(y []float64, x [][]float64, pre int, o StructuralOptions) *gibbs {
	g := &gibbs{y: y, x: x, pre: pre, beta: make([]float64, len(x)), level: make([]float64, pre), obs: 0.2, guess: o.LevelSD}
	g.step = g.guess * g.guess
	g.random = rand.New(rand.NewPCG(o.Seed, 5))
	if len(x) > 0 {
		// The slab's precision: 1 % of X'X, half of it shrunk to its diagonal.
		g.precision = mat.NewSymDense(len(x), nil)
		for a := range x {
			for b := a; b < len(x); b++ {
				v := 0.01 * dot(x[a][:pre], x[b][:pre])
				if a != b {
					v /= 2
				}
				g.precision.SetSym(a, b, v)
			}
		}
	}
	return g
}

// run draws predictions of the periods after.
func (g *gibbs) run(draws int) [][]float64 {
	out := make([][]float64, 0, draws)
	for i := -draws / 4; i < draws; i++ {
		g.drawLevel()
		g.drawBeta()
		g.drawVariances()
		if i < 0 {
			continue
		}
		path := make([]float64, 2*(len(g.y)-g.pre)) // with noise, then without
		n := len(g.y) - g.pre
		level := g.level[g.pre-1]
		for t := g.pre; t < len(g.y); t++ {
			level += math.Sqrt(g.step) * g.random.NormFloat64()
			m := level + linearAt(g.x, g.beta, t)
			path[t-g.pre] = m + math.Sqrt(g.obs)*g.random.NormFloat64()
			path[n+t-g.pre] = m
		}
		out = append(out, path)
	}
	return out
}

// drawLevel filters forward and samples backward.
func (g *gibbs) drawLevel() {
	m, v := make([]float64, g.pre), make([]float64, g.pre)
	prior, spread := g.y[0], 1.0
	for t := range g.pre {
		if t > 0 {
			prior, spread = m[t-1], v[t-1]+g.step
		}
		gain := spread / (spread + g.obs)
		m[t] = prior + gain*(g.y[t]-linearAt(g.x, g.beta, t)-prior)
		v[t] = spread * (1 - gain)
	}
	last := g.pre - 1
	g.level[last] = m[last] + math.Sqrt(v[last])*g.random.NormFloat64()
	for t := last - 1; t >= 0; t-- {
		gain := v[t] / (v[t] + g.step)
		g.level[t] = m[t] + gain*(g.level[t+1]-m[t]) + math.Sqrt(v[t]*(1-gain))*g.random.NormFloat64()
	}
}

func (g *gibbs) drawBeta() {
	k := len(g.x)
	if k == 0 {
		return
	}
	a := mat.NewSymDense(k, nil)
	rhs := mat.NewVecDense(k, nil)
	left := make([]float64, g.pre)
	for t := range left {
		left[t] = g.y[t] - g.level[t]
	}
	for i := range k {
		rhs.SetVec(i, dot(g.x[i][:g.pre], left))
		for j := i; j < k; j++ {
			a.SetSym(i, j, dot(g.x[i][:g.pre], g.x[j][:g.pre])+g.precision.At(i, j))
		}
	}
	inv := pseudoInverse(a)
	root := spectral(inv, 1e-14, math.Sqrt)
	var centre, noise mat.VecDense
	centre.MulVec(inv, rhs)
	z := mat.NewVecDense(k, nil)
	for i := range k {
		z.SetVec(i, math.Sqrt(g.obs)*g.random.NormFloat64())
	}
	noise.MulVec(root, z)
	for i := range k {
		g.beta[i] = centre.AtVec(i) + noise.AtVec(i)
	}
}

func (g *gibbs) drawVariances() {
	rss, steps := 0.0, 0.0
	for t := range g.pre {
		e := g.y[t] - g.level[t] - linearAt(g.x, g.beta, t)
		rss += e * e
		if t > 0 {
			steps += (g.level[t] - g.level[t-1]) * (g.level[t] - g.level[t-1])
		}
	}
	if g.precision != nil {
		b := mat.NewVecDense(len(g.beta), g.beta)
		rss += mat.Inner(b, g.precision, b)
	}
	g.obs = g.inverseGamma(50+float64(g.pre+len(g.beta)), 50*0.2+rss)
	g.step = min(g.inverseGamma(32+float64(g.pre-1), 32*g.guess*g.guess+steps), 1)
}

// inverseGamma draws ss/χ²(df).
func (g *gibbs) inverseGamma(df, ss float64) float64 {
	return ss / (2 * g.gamma(df/2))
}

// gamma draws from the gamma distribution of shape a ≥ 1 by Marsaglia and Tsang.
func (g *gibbs) gamma(a float64) float64 {
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := g.random.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(g.random.Float64()) < 0.5*x*x+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// summarise turns draws of predictions into effects.
func summarise(y []float64, pre int, draws [][]float64, centre, sd, level float64) *Posterior {
	n := len(y) - pre
	p := &Posterior{Expected: make([]float64, n), Lo: make([]float64, n), Hi: make([]float64, n)}
	average, relative := make([]float64, len(draws)), make([]float64, len(draws))
	actual := mean(y[pre:])
	column := make([]float64, len(draws))
	for t := range n {
		for d, path := range draws {
			column[d] = centre + sd*path[t]
			p.Expected[t] += (centre + sd*path[n+t]) / float64(len(draws))
		}
		slices.Sort(column)
		p.Lo[t], p.Hi[t] = sortedQuantile(column, (1-level)/2), sortedQuantile(column, (1+level)/2)
	}
	for d, path := range draws {
		m := centre + sd*mean(path[:n])
		average[d] = actual - m
		relative[d] = (actual - m) / m
	}
	p.Average, p.Relative = posterior(average, level), posterior(relative, level)
	scale(float64(n), average)
	p.Cumulative = posterior(average, level)
	other := 0
	for _, v := range average {
		if (v < 0) == (p.Average.Value > 0) {
			other++
		}
	}
	p.Tail = float64(other+1) / float64(len(draws)+1)
	p.Average.P = min(1, 2*p.Tail)
	return p
}

func posterior(draws []float64, level float64) Estimate {
	e := point(mean(draws), level)
	e.StdErr = math.Sqrt(variance(draws))
	sorted := slices.Sorted(slices.Values(draws))
	e.Lo, e.Hi = sortedQuantile(sorted, (1-level)/2), sortedQuantile(sorted, (1+level)/2)
	return e
}

// Counterfactual is the static anchor of [Structural]: the mean difference after
// period pre between the series and its prediction by a regression on x before.
//
//	τ = mean over t > pre of (y_t − x_t'b)    se² = σ²(1/n + x̄'(X'X)⁻¹x̄)
//
// The error counts the noise of the n periods and the regression's, on pre − k degrees
// of freedom, and no autocorrelation.
func Counterfactual(y []float64, x [][]float64, names []string, pre int, level float64) (Estimate, error) {
	if pre < 2 || pre >= len(y) {
		return Estimate{}, fmt.Errorf("%w: %d periods before and %d after", ErrTooFew, pre, len(y)-pre)
	}
	columns, all := [][]float64{ones(pre)}, append([]string{"const"}, names...)
	for _, col := range x {
		columns = append(columns, slices.Clone(col[:pre]))
	}
	f, err := leastSquares(slices.Clone(y[:pre]), columns, all, nil)
	if err != nil {
		return Estimate{}, err
	}
	n := float64(len(y) - pre)
	average := make([]float64, len(all))
	average[0] = 1
	for j, col := range x {
		average[j+1] = mean(col[pre:])
	}
	v := mat.NewVecDense(len(average), average)
	s2 := f.rss / float64(pre-f.k)
	se := math.Sqrt(s2 * (1/n + mat.Inner(v, f.bread(), v)))
	return NewEstimate(mean(y[pre:])-dot(average, f.coef), se, float64(pre-f.k), level), nil
}
