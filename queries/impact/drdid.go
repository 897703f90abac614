package impact

import (
	"fmt"
	"math"
	"slices"
)

// Methods of [DRDID] and [DRDIDCross].
const (
	MethodDR         = "dr"          // logit and least squares
	MethodDRImproved = "dr-improved" // inverse probability tilting and weighted least squares
	MethodReg        = "reg"         // outcome regression only
)

// trimAbove is the propensity at which an untreated row is left out: its odds would
// dominate the comparison.
const trimAbove = 0.995

// DRDIDOptions are the choices of [DRDID] and [DRDIDCross].
type DRDIDOptions struct {
	Method   string      // dr (the default), dr-improved, ipw (normalised) or reg
	X        [][]float64 // covariates without a constant; none is plain difference in differences
	Names    []string
	Weights  []float64 // of the rows, or nil
	Clusters []int     // codes per row, or nil
	Level    float64   // 0: 0.95
}

// A DRDIDResult is the effect on the treated by difference in differences.
type DRDIDResult struct {
	Effect    Estimate
	P         []float64 // propensity per row; nil for reg
	Influence []float64 // per row; the effect's error is their mean
	Treated   int       // rows
	Control   int
	Trimmed   int // untreated rows left out because their propensity is ≥ 0.995
	Clusters  int
}

// DRDID estimates the average effect on the treated from two periods of a panel.
//
//	dr     τ = E[w₁(ΔY − m)]/E[w₁] − E[w₀(ΔY − m)]/E[w₀]
//	       w₁ = D   w₀ = p(1−D)/(1−p)   p logit, m = x'β by OLS of ΔY among the untreated
//	ipw    m = 0          reg   τ = E[D(ΔY − m)]/E[D]
//	V = Σψ²/n², ψ with the terms of the logit and of the regression
//
// dr-improved takes p from Σ(D − (1−D)e^{x'γ})x = 0 and β weighted with w₀, so that
// ψ needs no further terms and the inference, too, survives one wrong model.
//
// change holds after minus before, one value per unit, treated 0 or 1. p is held
// below 1−1e-6 and untreated rows with p ≥ 0.995 are left out and counted.
//
// It returns ErrNoComparison if a group is empty, ErrNotFinite, ErrConstant, ErrTooFew,
// ErrOneCluster, a [SeparationError] or a [CollinearError].
//
// Source: P. Sant'Anna & J. Zhao, Journal of Econometrics 219 (2020) 101–122; A.
// Abadie, Review of Economic Studies 72 (2005) 1–19; J. Heckman, H. Ichimura & P.
// Todd, Review of Economic Studies 64 (1997) 605–654.
func DRDID(change, treated []float64, o DRDIDOptions) (*DRDIDResult, error) {
	d, err := newDRDID(change, treated, &o)
	if err != nil {
		return nil, err
	}
	one, odds, slope := d.groups(nil, 1)
	resid, fit := change, (*linear)(nil)
	if o.Method != MethodIPW {
		omega := d.only(0, nil, 1)
		if o.Method == MethodDRImproved {
			omega = odds
		}
		if fit, err = d.fit(change, omega, "untreated"); err != nil {
			return nil, err
		}
		resid = fit.resid
	}
	d.add(ratio{sign: 1, w: one, r: resid, fits: []slopeOf{{fit, -1}}})
	if o.Method != MethodReg {
		d.add(ratio{sign: -1, w: odds, dw: slope, r: resid, fits: []slopeOf{{fit, -1}}})
	}
	return d.result()
}

// A drdid accumulates an effect that is a signed sum of ratios of means, and its
// influence.
type drdid struct {
	o       DRDIDOptions
	n       int
	d, w    []float64
	x       [][]float64
	names   []string
	model   *Binary
	p, odds []float64
	trimmed int
	tau     float64
	psi     []float64
}

// A ratio is sign·Σwr/Σw, with what it depends on.
type ratio struct {
	sign float64
	w    []float64
	dw   []float64 // ∂w/∂η of the propensity's linear predictor, or nil
	r    []float64
	fits []slopeOf
}

// slopeOf says that r holds times·x'β of a fit.
type slopeOf struct {
	fit   *linear
	times float64
}

func newDRDID(y, treated []float64, o *DRDIDOptions) (*drdid, error) {
	if o.Method == "" {
		o.Method = MethodDR
	}
	if o.Level == 0 {
		o.Level = 0.95
	}
	if !slices.Contains([]string{MethodDR, MethodDRImproved, MethodIPW, MethodReg}, o.Method) {
		return nil, fmt.Errorf("no method %q; there are dr, dr-improved, ipw, reg", o.Method)
	}
	if err := checkGroups(y, treated, o.X, o.Names); err != nil {
		return nil, err
	}
	d := &drdid{o: *o, n: len(y), d: treated, psi: make([]float64, len(y))}
	var err error
	if d.w, err = meanOne(o.Weights, d.n); err != nil {
		return nil, err
	}
	d.x, d.names = withConstant(o.X, o.Names, d.n)
	if o.Method == MethodReg {
		return d, nil
	}
	if d.model, err = Logit(treated, d.x, d.names, d.w); err != nil {
		return nil, err
	}
	linear := d.model.Linear
	if o.Method == MethodDRImproved {
		if linear, err = tilt(treated, d.x, d.names, d.w, d.model.Coef); err != nil {
			return nil, err
		}
	}
	d.p, d.odds = make([]float64, d.n), make([]float64, d.n)
	for i, eta := range linear {
		p, _ := LinkLogit.probability(eta)
		d.p[i] = min(p, 1-1e-6)
		if treated[i] == 0 && d.p[i] >= trimAbove {
			d.trimmed++
			continue
		}
		d.odds[i] = d.p[i] / (1 - d.p[i])
	}
	return d, nil
}

// only is the weight of the rows of a group, and of those in a period where post
// is given.
func (d *drdid) only(group float64, post []float64, period float64) []float64 {
	out := make([]float64, d.n)
	for i, v := range d.d {
		if v == group && (post == nil || post[i] == period) {
			out[i] = d.w[i]
		}
	}
	return out
}

// groups are the weights of the treated, those of the untreated with the odds of
// treatment, and the derivative of the latter, which is the odds again.
func (d *drdid) groups(post []float64, period float64) (one, odds, slope []float64) {
	one, odds = d.only(1, post, period), d.only(0, post, period)
	if d.odds == nil {
		return one, odds, nil
	}
	for i := range odds {
		odds[i] *= d.odds[i]
	}
	return one, odds, odds
}

func (d *drdid) fit(y, w []float64, who string) (*linear, error) {
	f, err := fitLinear(y, d.x, d.names, w)
	if err != nil {
		return nil, fmt.Errorf("outcome model of the %s: %w", who, err)
	}
	return f, nil
}

// add counts one ratio. The improved method's models are chosen so that they add
// nothing to the influence.
func (d *drdid) add(t ratio) {
	total := sum(t.w)
	mu := dot(t.w, t.r) / total
	d.tau += t.sign * mu
	move := make([]float64, d.n)
	for i, w := range t.w {
		d.psi[i] += t.sign * float64(d.n) * w * (t.r[i] - mu) / total
		if t.dw != nil {
			move[i] = t.sign * t.dw[i] * (t.r[i] - mu) / total
		}
	}
	if d.o.Method == MethodDRImproved {
		return
	}
	if t.dw != nil {
		axpy(1, d.model.influence(gradientOf(d.x, move)), d.psi)
	}
	for _, f := range t.fits {
		if f.fit == nil {
			continue
		}
		gradient := gradientOf(d.x, t.w)
		scale(t.sign*f.times/total, gradient)
		axpy(1, f.fit.influence(gradient), d.psi)
	}
}

func (d *drdid) result() (*DRDIDResult, error) {
	se, clusters, err := influenceError(d.psi, d.o.Clusters)
	if err != nil {
		return nil, err
	}
	if math.IsNaN(d.tau) || math.IsNaN(se) {
		return nil, fmt.Errorf("%w: a group or period has no weight left after %d untreated rows with propensity ≥ %g were dropped", ErrNoComparison, d.trimmed, trimAbove)
	}
	out := &DRDIDResult{Effect: NewEstimate(d.tau, se, math.Inf(1), d.o.Level), P: d.p, Influence: d.psi, Trimmed: d.trimmed, Clusters: clusters}
	for _, v := range d.d {
		if v == 1 {
			out.Treated++
		} else {
			out.Control++
		}
	}
	return out, nil
}

// tilt solves Σ w(D − (1−D)e^{x'γ})x = 0 by Newton's method from the logit's
// coefficients and returns x'γ: the odds that balance the covariates exactly.
func tilt(treated []float64, x [][]float64, names []string, w, start []float64) ([]float64, error) {
	n := len(treated)
	gamma := slices.Clone(start)
	loss := func(eta []float64) float64 {
		s := 0.0
		for i, e := range eta {
			if treated[i] == 1 {
				s -= w[i] * e
			} else {
				s += w[i] * math.Exp(min(e, 300))
			}
		}
		return s
	}
	eta := multiply(x, gamma, n)
	left := math.Inf(1) // Newton's decrement, in units of the loss
	for range 100 {
		score, root := make([]float64, n), make([]float64, n)
		for i, e := range eta {
			if treated[i] == 1 {
				score[i] = w[i]
				continue
			}
			v := w[i] * math.Exp(min(e, 300))
			score[i], root[i] = -v, math.Sqrt(v)
		}
		info, err := inverseGram(x, root, names)
		if err != nil {
			return nil, errTilt()
		}
		g := gradientOf(x, score)
		step := make([]float64, len(g))
		for j := range step {
			for k, v := range g {
				step[j] += info.At(j, k) * v
			}
		}
		left = math.Abs(dot(step, g))
		now, moved := loss(eta), false
		for range 40 {
			next := slices.Clone(gamma)
			axpy(1, step, next)
			if there := multiply(x, next, n); loss(there) <= now+1e-12*math.Abs(now) {
				gamma, eta, moved = next, there, true
				break
			}
			scale(0.5, step)
		}
		if left <= 1e-20*float64(n) || !moved {
			break
		}
	}
	if left > 1e-10*float64(n) {
		return nil, errTilt()
	}
	return eta, nil
}

func errTilt() error {
	return fmt.Errorf("%w: the treated's covariate means lie outside what the untreated can be weighted to; use method dr, or fewer covariates", ErrNoComparison)
}
