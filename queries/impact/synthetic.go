package impact

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Predictor is what the synthetic control should resemble the treated unit in,
// beside its outcome: one number for the treated unit and one per donor.
type Predictor struct {
	Name    string
	Treated float64
	Donors  []float64
}

// SyntheticOptions are the choices of [SyntheticControl].
type SyntheticOptions struct {
	// Predictors are matched on; none matches the outcome in every period before.
	Predictors []Predictor
	// V fixes the importance of each predictor; nil searches for it.
	V []float64
	// FitFrom and FitTo bound the periods before treatment whose fit V is chosen
	// for, half-open; both 0 is all of them.
	FitFrom, FitTo int
}

// A Synthetic is a synthetic control and what it says.
type Synthetic struct {
	Effect    float64   // mean gap after treatment
	Weights   []float64 // per donor
	V         []float64 // per predictor, summing to 1; nil without predictors
	Synthetic []float64 // the predictors' means under Weights, in their own units
	Gap       []float64 // treated minus synthetic, per period
	LossW     float64   // (x₁ − X₀w)'V(x₁ − X₀w), predictors in standard deviations
	LossV     float64   // mean squared gap over the fit periods
	PreMSPE   float64   // mean squared gap before treatment
	PostMSPE  float64   // and after
}

// Ratio is the mean squared gap after treatment by that before: large where the
// unit departs from a control that used to fit.
func (s *Synthetic) Ratio() float64 { return s.PostMSPE / s.PreMSPE }

// SyntheticControl builds a weighted mean of donors that resembled the treated unit
// before its treatment, and compares the two after it.
//
//	w(V) = argmin over the simplex of (x₁ − X₀w)'V(x₁ − X₀w)
//	V    = argmin of mean over fit periods of (y₁ − Y₀w(V))²
//	gap  = y₁ − Y₀w      effect = mean gap after treatment
//
// target is the treated unit's outcome per period (the mean of several treated
// units), donors one row each over the same periods; the first before periods
// precede treatment. Predictors are divided by their standard deviation (n−1) over
// treated and donors. The inner problem is solved exactly. The outer one is not
// convex: it is searched by Nelder & Mead from equal importance and from the
// squared coefficients of a regression of the outcomes on the predictors, again from
// where that ended until nothing is gained, and the better end is taken. A program
// that stops sooner finds slightly other weights.
//
// The effect has no standard error of its own: see [PlacebosInSpace].
//
// It returns ErrNoComparison with fewer than two donors, ErrTooFew without a period
// before or after, ErrNotFinite, ErrConstant, and an error that names a predictor
// that is the same everywhere.
//
// Source: A. Abadie, A. Diamond & J. Hainmueller, JASA 105 (2010) 493–505 and
// Journal of Statistical Software 42 (2011) 13.
func SyntheticControl(target []float64, donors [][]float64, before int, o SyntheticOptions) (*Synthetic, error) {
	b := Block{Y: append(slices.Clone(donors), target), Control: len(donors), Before: before}
	if err := b.check(1); err != nil {
		return nil, err
	}
	if o.FitFrom == 0 && o.FitTo == 0 {
		o.FitTo = before
	}
	if o.FitFrom < 0 || o.FitTo > before || o.FitFrom >= o.FitTo {
		return nil, fmt.Errorf("fit periods %d to %d are not among the %d before treatment", o.FitFrom, o.FitTo, before)
	}
	s := &Synthetic{}
	var err error
	if len(o.Predictors) == 0 {
		s.Weights, err = matchOutcomes(target[o.FitFrom:o.FitTo], donors, o.FitFrom)
	} else {
		err = s.matchPredictors(target, donors, o)
	}
	if err != nil {
		return nil, err
	}
	s.measure(target, donors, before, o.FitFrom, o.FitTo)
	return s, nil
}

// measure computes what follows from the weights.
func (s *Synthetic) measure(target []float64, donors [][]float64, before, from, to int) {
	s.Gap = slices.Clone(target)
	for i, w := range s.Weights {
		if w != 0 {
			axpy(-w, donors[i], s.Gap)
		}
	}
	s.Effect = mean(s.Gap[before:])
	s.LossV = meanSquare(s.Gap[from:to])
	s.PreMSPE, s.PostMSPE = meanSquare(s.Gap[:before]), meanSquare(s.Gap[before:])
}

func meanSquare(x []float64) float64 { return dot(x, x) / float64(len(x)) }

// matchOutcomes weighs donors to follow the target over its periods. Weights sum to 1, so
// that a constant changes nothing; the target's mean is taken off lest rounding does.
func matchOutcomes(target []float64, donors [][]float64, from int) ([]float64, error) {
	level := mean(target)
	less := func(x []float64) []float64 {
		x = slices.Clone(x)
		for t := range x {
			x[t] -= level
		}
		return x
	}
	cols := make([][]float64, len(donors))
	for i, d := range donors {
		cols[i] = less(d[from : from+len(target)])
	}
	return SimplexLeastSquares(cols, less(target), 0)
}

// matchPredictors finds V and the weights.
func (s *Synthetic) matchPredictors(target []float64, donors [][]float64, o SyntheticOptions) error {
	p, err := newPredictorProblem(target, donors, o)
	if err != nil {
		return err
	}
	if o.V != nil {
		if len(o.V) != p.k {
			return fmt.Errorf("%d importances for %d predictors", len(o.V), p.k)
		}
		s.V = normalised(o.V)
		if i := notFinite(s.V); i >= 0 {
			return errors.New("importances of the predictors are all 0")
		}
	} else {
		s.V = p.search()
	}
	if s.Weights, err = p.inner(s.V); err != nil {
		return err
	}
	s.LossW = p.loss(s.Weights, s.V)
	for _, x := range o.Predictors {
		s.Synthetic = append(s.Synthetic, dot(s.Weights, x.Donors))
	}
	return nil
}

// A predictorProblem is the inner and the outer problem of one treated unit.
type predictorProblem struct {
	k, n   int
	apart  [][]float64 // per predictor, donor minus treated in standard deviations
	scaled [][]float64 // per predictor, treated first and then the donors
	target []float64   // outcome in the fit periods
	donors [][]float64
}

func newPredictorProblem(target []float64, donors [][]float64, o SyntheticOptions) (*predictorProblem, error) {
	p := &predictorProblem{k: len(o.Predictors), n: len(donors), target: target[o.FitFrom:o.FitTo]}
	for _, d := range donors {
		p.donors = append(p.donors, d[o.FitFrom:o.FitTo])
	}
	for _, x := range o.Predictors {
		if len(x.Donors) != len(donors) {
			return nil, fmt.Errorf("predictor %q has %d donors where the outcome has %d", x.Name, len(x.Donors), len(donors))
		}
		all := append([]float64{x.Treated}, x.Donors...)
		if notFinite(all) >= 0 {
			return nil, fmt.Errorf("predictor %q: %w", x.Name, ErrNotFinite)
		}
		sd := math.Sqrt(variance(all))
		if lo, hi := bounds(all); lo == hi || sd == 0 {
			return nil, fmt.Errorf("predictor %q is the same for every unit; drop it", x.Name)
		}
		scale(1/sd, all)
		apart := make([]float64, len(donors))
		for i := range apart {
			apart[i] = all[i+1] - all[0]
		}
		p.scaled, p.apart = append(p.scaled, all), append(p.apart, apart)
	}
	return p, nil
}

// normalised is |v| divided by its sum.
func normalised(v []float64) []float64 {
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = math.Abs(x)
	}
	scale(1/sum(out), out)
	return out
}

// inner is w(V). As the weights sum to 1, it is the shortest point of the donors'
// differences from the treated.
func (p *predictorProblem) inner(v []float64) ([]float64, error) {
	q := &simplexQP{n: p.n, h: make([]float64, p.n*p.n), c: make([]float64, p.n)}
	for k, x := range p.apart {
		if v[k] == 0 {
			continue
		}
		for i, a := range x {
			row := q.h[i*p.n : (i+1)*p.n]
			axpy(v[k]*a, x, row)
		}
	}
	q.ridge(0)
	return q.solve()
}

func (p *predictorProblem) loss(w, v []float64) float64 {
	total := 0.0
	for k, x := range p.apart {
		d := dot(w, x)
		total += v[k] * d * d
	}
	return total
}

// outer is the mean squared gap of w(V) over the fit periods.
func (p *predictorProblem) outer(v []float64) float64 {
	w, err := p.inner(normalised(v))
	if err != nil {
		return math.Inf(1)
	}
	gap := slices.Clone(p.target)
	for i, x := range w {
		if x != 0 {
			axpy(-x, p.donors[i], gap)
		}
	}
	return meanSquare(gap)
}

// search finds V from two starts, each searched again from where it ended until
// that gains less than 0.01 %, and keeps the better end.
func (p *predictorProblem) search() []float64 {
	if p.k == 1 {
		return []float64{1}
	}
	least, at := math.Inf(1), equal(p.k)
	for _, start := range [][]float64{equal(p.k), p.regressionStart()} {
		if start == nil {
			continue
		}
		reached := math.Inf(1)
		for range 20 {
			value, v := nelderMead(p.outer, start)
			if value < least {
				least, at = value, v
			}
			if !(value < reached*(1-1e-4)) {
				break
			}
			reached, start = value, normalised(v)
		}
	}
	return normalised(at)
}

// regressionStart is the sum over periods of the squared coefficients of the
// outcome on the predictors over all units; nil where they cannot be told apart.
func (p *predictorProblem) regressionStart() []float64 {
	v := make([]float64, p.k)
	names := make([]string, p.k+1)
	for t := range p.target {
		y := []float64{p.target[t]}
		for _, d := range p.donors {
			y = append(y, d[t])
		}
		cols := make([][]float64, p.k+1)
		cols[0] = equal(len(y))
		scale(float64(len(y)), cols[0])
		for k := range p.k {
			cols[k+1] = slices.Clone(p.scaled[k])
		}
		f, err := leastSquares(y, cols, names, nil)
		if err != nil {
			return nil
		}
		for k := range v {
			v[k] += f.coef[k+1] * f.coef[k+1]
		}
	}
	if !(sum(v) > 0) {
		return nil
	}
	return normalised(v)
}
