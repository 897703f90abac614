package impact

import (
	"fmt"
	"math"
	"slices"
)

// Methods of [Weighting].
const (
	MethodRA    = "ra"    // regression adjustment: an outcome model per group
	MethodIPW   = "ipw"   // inverse probability weighting, normalised
	MethodAIPW  = "aipw"  // augmented: both, right if either model is
	MethodIPWRA = "ipwra" // regression adjustment weighted by inverse probability
)

// WeightingOptions are the choices of [Weighting].
type WeightingOptions struct {
	Method   string // ra, ipw, aipw or ipwra
	Estimand string // ate (the default), att or atc
	Link     Link   // of the propensity model
	// Outcome and Propensity are the covariates of the two models, without a
	// constant; OutcomeNames and PropensityNames name them.
	Outcome, Propensity           [][]float64
	OutcomeNames, PropensityNames []string
	Weights                       []float64 // of the rows, or nil
	Clusters                      []int     // codes per row, or nil
	Level                         float64   // 0: 0.95
}

// A Weighted is an effect by weighting or adjustment.
type Weighted struct {
	Effect Estimate
	Means  [2]Estimate // of the potential outcomes, untreated and treated
	P      []float64   // fitted propensity per row; nil for ra
	Model  *Binary     // the propensity model; nil for ra
	// Weights are what each row counts in the mean of its group; nil for ra.
	Weights   []float64
	Influence []float64 // per row; the effect's error is their mean
	Treated   int
	Control   int
	Clusters  int
}

// Weighting estimates a treatment effect by regression adjustment, inverse
// probability weighting or both. All models are estimated together as one set of
// moment conditions, so that the error counts what their estimation adds.
//
//	ra     μ_d = mean of x'β_d over the target           β_d by OLS in group d
//	ipw    μ_d = Σ ω y / Σ ω                             ω = 1/P(d), or p/(1−p) for the
//	                                                     untreated where the target is the treated
//	aipw   μ_d = mean of x'β_d + 1{d}/P(d)·(y − x'β_d)   (att: the residuals with ω, normalised)
//	ipwra  as ra, β_d by least squares weighted with ω
//	τ = μ₁ − μ₀     V = Σ ψᵢ²/n²    ψ = own moment + ∂τ/∂β·ψ_β + ∂τ/∂γ·ψ_γ
//
// The target is everybody (ate), the treated (att) or the untreated (atc). There is
// no small-sample factor; with clusters ψ is summed within each. y and treated hold
// one value per row in any order; treated is 0 or 1.
//
// It returns ErrNoComparison if a group is empty, ErrNotFinite, ErrConstant, a
// [SeparationError] or [CollinearError] that names covariates, ErrTooFew where a
// group has fewer rows than its model has coefficients, and ErrOneCluster.
//
// Source: J. Wooldridge, Econometric Analysis of Cross Section and Panel Data, 2nd
// ed. (2010) §21.3; M. Cattaneo, D. Drukker & A. Holland, Stata Journal 13 (2013)
// 404–450; J. Robins, A. Rotnitzky & L. Zhao, JASA 89 (1994) 846–866.
func Weighting(y, treated []float64, o WeightingOptions) (*Weighted, error) {
	if o.Estimand == "" {
		o.Estimand = ATE
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !slices.Contains([]string{ATE, ATT, ATC}, o.Estimand) {
		return nil, fmt.Errorf("no estimand %q; there are ate, att, atc", o.Estimand)
	}
	if !slices.Contains([]string{MethodRA, MethodIPW, MethodAIPW, MethodIPWRA}, o.Method) {
		return nil, fmt.Errorf("no weighting method %q; there are ra, ipw, aipw, ipwra", o.Method)
	}
	if err := checkGroups(y, treated, o.Outcome, o.OutcomeNames); err != nil {
		return nil, err
	}
	w, err := newWeigher(y, treated, o)
	if err != nil {
		return nil, err
	}
	var psi [2][]float64
	var mu [2]float64
	for group := range 2 {
		if mu[group], psi[group], err = w.potential(group); err != nil {
			return nil, err
		}
	}
	return w.result(mu, psi)
}

// A weigher holds the data and the propensity model of one analysis.
type weigher struct {
	o      WeightingOptions
	n      int
	y, d   []float64
	w      []float64 // row weights, mean 1
	target []float64 // row weights of those whose effect is wanted
	x      [][]float64
	names  []string
	model  *Binary
	omega  [2][]float64 // row weights of each group
	slope  [2][]float64 // ∂ω/∂η
}

func newWeigher(y, treated []float64, o WeightingOptions) (*weigher, error) {
	w := &weigher{o: o, n: len(y), y: y, d: treated}
	var err error
	if w.w, err = meanOne(o.Weights, w.n); err != nil {
		return nil, err
	}
	w.target = slices.Clone(w.w)
	for i, d := range treated {
		if o.Estimand == ATT && d == 0 || o.Estimand == ATC && d == 1 {
			w.target[i] = 0
		}
	}
	w.x, w.names = withConstant(o.Outcome, o.OutcomeNames, w.n)
	if o.Method == MethodRA {
		for group := range 2 {
			w.omega[group] = make([]float64, w.n)
			for i, d := range treated {
				if int(d) == group {
					w.omega[group][i] = w.w[i]
				}
			}
		}
		return w, nil
	}
	x, names := withConstant(o.Propensity, o.PropensityNames, w.n)
	if w.model, err = FitBinary(o.Link, treated, x, names, w.w); err != nil {
		return nil, err
	}
	w.weigh()
	return w, nil
}

// meanOne scales weights to a mean of 1; nil is 1 for each row.
func meanOne(weights []float64, n int) ([]float64, error) {
	out := make([]float64, n)
	if weights == nil {
		for i := range out {
			out[i] = 1
		}
		return out, nil
	}
	if len(weights) != n {
		return nil, fmt.Errorf("weights have %d rows where the outcome has %d", len(weights), n)
	}
	for i, v := range weights {
		if !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("row %d: weight is %g: %w", i+1, v, ErrNotFinite)
		}
	}
	m := mean(weights)
	if m == 0 {
		return nil, fmt.Errorf("%w: all weights are 0", ErrTooFew)
	}
	for i, v := range weights {
		out[i] = v / m
	}
	return out, nil
}

// withConstant puts a column of ones before the covariates.
func withConstant(x [][]float64, names []string, n int) ([][]float64, []string) {
	one := make([]float64, n)
	for i := range one {
		one[i] = 1
	}
	return append([][]float64{one}, x...), append([]string{"const"}, names...)
}

// weigh computes the weight of each row in its group, and its derivative by the
// linear predictor. In terms of q = P(own group), which moves by ±p'(η):
//
//	everybody: 1/q    the treated: p for both ÷ q    the untreated: 1−p for both ÷ q
func (w *weigher) weigh() {
	for group := range 2 {
		w.omega[group], w.slope[group] = make([]float64, w.n), make([]float64, w.n)
	}
	for i, d := range w.d {
		p, dp := w.model.Link.probability(w.model.Linear[i])
		group := int(d)
		q, dq := p, dp
		if group == 0 {
			q, dq = 1-p, -dp
		}
		top, dtop := 1.0, 0.0
		switch w.o.Estimand {
		case ATT:
			top, dtop = p, dp
		case ATC:
			top, dtop = 1-p, -dp
		}
		w.omega[group][i] = w.w[i] * top / q
		w.slope[group][i] = w.w[i] * (dtop*q - top*dq) / (q * q)
		if w.o.Estimand == ATT && group == 1 || w.o.Estimand == ATC && group == 0 {
			w.omega[group][i], w.slope[group][i] = w.w[i], 0
		}
	}
}

// potential is the mean outcome of the target under one treatment, and its
// influence per row.
func (w *weigher) potential(group int) (float64, []float64, error) {
	if w.o.Method == MethodIPW {
		mu, psi := w.weighted(group, w.y)
		return mu, psi, nil
	}
	omega := w.omega[group]
	if w.o.Method == MethodAIPW {
		omega = make([]float64, w.n)
		for i, d := range w.d {
			if int(d) == group {
				omega[i] = w.w[i]
			}
		}
	}
	f, err := fitLinear(w.y, w.x, w.names, omega)
	if err != nil {
		return 0, nil, fmt.Errorf("outcome model of the %s: %w", []string{"untreated", "treated"}[group], err)
	}
	// The mean of the model over the target.
	total := sum(w.target)
	mu := dot(w.target, f.fitted) / total
	psi := make([]float64, w.n)
	gradient := make([]float64, len(w.x))
	for j, col := range w.x {
		gradient[j] = dot(w.target, col) / total
	}
	for i, t := range w.target {
		psi[i] = float64(w.n) * t * (f.fitted[i] - mu) / total
	}
	if w.o.Method == MethodAIPW {
		more := w.augment(group, f, gradient, psi)
		mu += more
	}
	axpy(1, f.influence(gradient), psi)
	if w.o.Method == MethodIPWRA {
		axpy(1, w.throughWeights(group, f, gradient), psi)
	}
	return mu, psi, nil
}

// weighted is the normalised weighted mean of v in a group, and its influence.
func (w *weigher) weighted(group int, v []float64) (float64, []float64) {
	omega, slope := w.omega[group], w.slope[group]
	total := sum(omega)
	mu := dot(omega, v) / total
	psi := make([]float64, w.n)
	move := make([]float64, w.n)
	for i := range psi {
		psi[i] = float64(w.n) * omega[i] * (v[i] - mu) / total
		move[i] = slope[i] * (v[i] - mu) / total
	}
	axpy(1, w.model.influence(gradientOf(w.model.x, move)), psi)
	return mu, psi
}

// augment adds the weighted mean of the residuals: for everybody divided by the
// number of rows, as the efficient score has it, else normalised.
func (w *weigher) augment(group int, f *linear, gradient, psi []float64) float64 {
	omega, slope := w.omega[group], w.slope[group]
	total := sum(omega)
	center := dot(omega, f.resid) / total
	mu := center
	if w.o.Estimand == ATE {
		total, center = float64(w.n), 0
		mu = dot(omega, f.resid) / total
	}
	move := make([]float64, w.n)
	for i := range psi {
		psi[i] += float64(w.n) * omega[i] * (f.resid[i] - center) / total
		move[i] = slope[i] * (f.resid[i] - center) / total
		if w.o.Estimand == ATE {
			psi[i] -= mu
		}
	}
	axpy(1, w.model.influence(gradientOf(w.model.x, move)), psi)
	for j, col := range w.x {
		gradient[j] -= dot(omega, col) / total
	}
	return mu
}

// throughWeights is the influence of the propensity model on a statistic with the
// given gradient by the coefficients of a fit weighted with it.
func (w *weigher) throughWeights(group int, f *linear, gradient []float64) []float64 {
	c := f.solve(gradient)
	along := multiply(w.x, c, w.n)
	for i := range along {
		along[i] *= f.resid[i] * w.slope[group][i]
	}
	return w.model.influence(gradientOf(w.model.x, along))
}

// gradientOf is x'v.
func gradientOf(x [][]float64, v []float64) []float64 {
	g := make([]float64, len(x))
	for j, col := range x {
		g[j] = dot(col, v)
	}
	return g
}

// result combines the two potential outcomes.
func (w *weigher) result(mu [2]float64, psi [2][]float64) (*Weighted, error) {
	out := &Weighted{Model: w.model, Influence: difference(psi[1], psi[0])}
	for _, d := range w.d {
		if d == 1 {
			out.Treated++
		} else {
			out.Control++
		}
	}
	if w.model != nil {
		out.P = w.model.P
		out.Weights = make([]float64, w.n)
		for i, d := range w.d {
			out.Weights[i] = w.omega[int(d)][i]
		}
	}
	df := math.Inf(1)
	se, groups, err := influenceError(out.Influence, w.o.Clusters)
	if err != nil {
		return nil, err
	}
	out.Clusters = groups
	out.Effect = NewEstimate(mu[1]-mu[0], se, df, w.o.Level)
	for group := range 2 {
		own, _, err := influenceError(psi[group], w.o.Clusters)
		if err != nil {
			return nil, err
		}
		out.Means[group] = NewEstimate(mu[group], own, df, w.o.Level)
	}
	return out, nil
}

// influenceError is √Σψ²/n, with ψ summed within clusters where there are any, and
// the number of clusters.
func influenceError(psi []float64, clusters []int) (float64, int, error) {
	n := float64(len(psi))
	if clusters == nil {
		return norm(psi) / n, 0, nil
	}
	codes, groups := codesOf(clusters)
	if groups < 2 {
		return 0, groups, ErrOneCluster
	}
	total := make([]float64, groups)
	for i, c := range codes {
		total[c] += psi[i]
	}
	return norm(total) / n, groups, nil
}
