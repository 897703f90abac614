package impact

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// A Block is a balanced panel in which some units are treated from one period on:
// the untreated first, then the treated; Periods before treatment come first.
type Block struct {
	Y       [][]float64 // per unit, one value per period
	Control int         // the first Control units are untreated
	Before  int         // the first Before periods precede treatment
}

// check refuses a block that cannot be compared.
func (b Block) check(minBefore int) error {
	n := len(b.Y)
	switch {
	case b.Control < 2:
		return fmt.Errorf("%w: %d untreated units; at least 2 are needed", ErrNoComparison, b.Control)
	case n <= b.Control:
		return fmt.Errorf("%w: no treated unit", ErrTooFew)
	case b.Before < minBefore:
		return fmt.Errorf("%w: %d periods before treatment; at least %d are needed", ErrTooFew, b.Before, minBefore)
	case len(b.Y[0]) <= b.Before:
		return fmt.Errorf("%w: no period after treatment", ErrTooFew)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for i, row := range b.Y {
		if len(row) != len(b.Y[0]) {
			return fmt.Errorf("unit %d has %d periods where the first has %d", i+1, len(row), len(b.Y[0]))
		}
		if t := notFinite(row); t >= 0 {
			return fmt.Errorf("unit %d, period %d: %w", i+1, t+1, ErrNotFinite)
		}
		l, h := bounds(row)
		lo, hi = min(lo, l), max(hi, h)
	}
	if lo == hi {
		return ErrConstant
	}
	return nil
}

// SDIDOptions are the choices of [SyntheticDiD].
type SDIDOptions struct {
	// Method is sdid (the default); sc, synthetic control on outcomes (no intercept,
	// no time weights, no ridge to speak of); difp, the same with an intercept and
	// equal time weights; or did, equal weights of both.
	Method string
	// Exact solves for the weights to machine precision. Otherwise they are those of
	// Frank–Wolfe with sparsification, as published.
	Exact bool
}

// A SyntheticDiDResult is an effect by weighted difference in differences.
type SyntheticDiDResult struct {
	Effect     float64
	Omega      []float64 // weight of each untreated unit
	Lambda     []float64 // weight of each period before treatment
	Noise      float64   // standard deviation of the untreated's first differences
	ZetaOmega  float64
	ZetaLambda float64
	// Gap is treated minus synthetic in each period, less its weighted mean before
	// treatment: its mean after is the effect.
	Gap []float64
}

// SyntheticDiD estimates the average effect on the treated of a block design.
//
//	σ = sd (n−1) of the untreated's first differences before treatment
//	ζ_ω = (N₁T₁)^¼ σ    ζ_λ = 1e-6 σ
//	ω = argmin over the simplex of ‖Y₀'ω − ȳ₁ − intercept‖²/T₀ + ζ_ω²‖ω‖²
//	λ = argmin over the simplex of ‖Y₀λ − ȳ_post − intercept‖²/N₀ + ζ_λ²‖λ‖²
//	τ = (−ω, 1/N₁)' Y (−λ, 1/T₁)
//
// Weights are found by Frank–Wolfe with exact line search from equal weights: 100
// steps, weights up to a quarter of the largest set to 0 and the rest renormalised,
// then up to 10 000 steps until the objective falls by less than (1e-5 σ)². Exact
// takes [SimplexLeastSquares] instead. The intercept absorbs levels, so that the
// effect does not change when constants are added to units, or a line in time to
// all (other common movements enter σ, as published).
//
// It returns ErrNoComparison with fewer than two untreated units, ErrTooFew with
// fewer than two periods before treatment or none after, ErrNotFinite, ErrConstant,
// and an error where the untreated do not vary before treatment (σ = 0).
//
// Source: D. Arkhangelsky, S. Athey, D. Hirshberg, G. Imbens & S. Wager, American
// Economic Review 111 (2021) 4088–4118, algorithm 1 and their package synthdid.
func SyntheticDiD(b Block, o SDIDOptions) (*SyntheticDiDResult, error) {
	if err := b.check(2); err != nil {
		return nil, err
	}
	s, err := newSDID(b, o)
	if err != nil {
		return nil, err
	}
	omega, lambda, err := s.weights(nil, nil)
	if err != nil {
		return nil, err
	}
	r := &SyntheticDiDResult{Omega: omega, Lambda: lambda, Noise: s.noise, ZetaOmega: s.zetaOmega, ZetaLambda: s.zetaLambda}
	r.Effect, r.Gap = s.effect(omega, lambda)
	return r, nil
}

// A sdid holds one block and its settings.
type sdid struct {
	o                     SDIDOptions
	y                     [][]float64
	n0, t0, n1, t1        int
	noise                 float64
	zetaOmega, zetaLambda float64
	treated               []float64 // mean of the treated, per period
}

func newSDID(b Block, o SDIDOptions) (*sdid, error) {
	if o.Method == "" {
		o.Method = "sdid"
	}
	if !slices.Contains([]string{"sdid", "sc", "difp", "did"}, o.Method) {
		return nil, fmt.Errorf("no method %q; there are sdid, sc, difp, did", o.Method)
	}
	s := &sdid{o: o, y: b.Y, n0: b.Control, t0: b.Before, n1: len(b.Y) - b.Control, t1: len(b.Y[0]) - b.Before}
	s.noise = noiseLevel(b.Y[:s.n0], s.t0)
	if s.noise == 0 && o.Method != "did" {
		return nil, errors.New("the untreated's changes before treatment do not vary: there is nothing to weigh units by")
	}
	s.zeta()
	s.treated = make([]float64, s.t0+s.t1)
	for _, row := range b.Y[s.n0:] {
		axpy(1/float64(s.n1), row, s.treated)
	}
	return s, nil
}

// zeta sets the penalties from the noise.
func (s *sdid) zeta() {
	s.zetaOmega, s.zetaLambda = math.Pow(float64(s.n1*s.t1), 0.25)*s.noise, 1e-6*s.noise
	if s.o.Method == "sc" || s.o.Method == "difp" {
		s.zetaOmega = 1e-6 * s.noise
	}
}

// noiseLevel is the standard deviation (n−1) of all first differences of rows in
// their first t0 periods.
func noiseLevel(rows [][]float64, t0 int) float64 {
	var d []float64
	for _, row := range rows {
		for t := 1; t < t0; t++ {
			d = append(d, row[t]-row[t-1])
		}
	}
	if len(d) < 2 {
		return 0
	}
	v := math.Sqrt(variance(d))
	// Rounding of equal differences is no noise.
	if v < 1e-12*(1+math.Abs(rows[0][0])) {
		return 0
	}
	return v
}

// weights finds ω and λ, from the starts given or from equal weights.
func (s *sdid) weights(omega, lambda []float64) ([]float64, []float64, error) {
	if s.o.Method == "did" {
		return equal(s.n0), equal(s.t0), nil
	}
	w, err := s.fit(s.unitProblem(), s.zetaOmega, omega)
	if err != nil {
		return nil, nil, err
	}
	if s.o.Method == "sc" {
		return w, make([]float64, s.t0), nil
	}
	if s.o.Method == "difp" {
		return w, equal(s.t0), nil
	}
	l, err := s.fit(s.timeProblem(), s.zetaLambda, lambda)
	return w, l, err
}

func equal(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 / float64(n)
	}
	return w
}

// unitProblem has a column per untreated unit and a row per period before.
func (s *sdid) unitProblem() *frankWolfe {
	cols := make([][]float64, s.n0)
	for i := range cols {
		cols[i] = slices.Clone(s.y[i][:s.t0])
	}
	return newFrankWolfe(cols, slices.Clone(s.treated[:s.t0]), s.o.Method != "sc")
}

// timeProblem has a column per period before and a row per untreated unit.
func (s *sdid) timeProblem() *frankWolfe {
	cols := make([][]float64, s.t0)
	for t := range cols {
		cols[t] = make([]float64, s.n0)
		for i := range s.n0 {
			cols[t][i] = s.y[i][t]
		}
	}
	after := make([]float64, s.n0)
	for i := range after {
		after[i] = mean(s.y[i][s.t0:])
	}
	return newFrankWolfe(cols, after, true)
}

func (s *sdid) fit(p *frankWolfe, zeta float64, start []float64) ([]float64, error) {
	eta := float64(p.rows) * zeta * zeta
	if s.o.Exact {
		return p.exact(eta)
	}
	if start == nil {
		start = equal(p.n)
	}
	limit := 1e-5 * s.noise
	limit *= limit
	return p.run(sparsify(p.run(start, eta, limit, 100)), eta, limit, 10000), nil
}

// sparsify drops weights up to a quarter of the largest.
func sparsify(w []float64) []float64 {
	top := slices.Max(w)
	out := make([]float64, len(w))
	for i, v := range w {
		if v > top/4 {
			out[i] = v
		}
	}
	scale(1/sum(out), out)
	return out
}

// effect is τ and the gap between the treated and their synthetic control, which
// has the λ-weighted gap before treatment taken off.
func (s *sdid) effect(omega, lambda []float64) (float64, []float64) {
	gap := slices.Clone(s.treated)
	for i, w := range omega {
		axpy(-w, s.y[i], gap)
	}
	before := dot(lambda, gap[:s.t0])
	for t := range gap {
		gap[t] -= before
	}
	return mean(gap[s.t0:]), gap
}
