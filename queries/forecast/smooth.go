package forecast

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// A model is a fitted exponential smoothing with damped additive trend and
// seasons of period months: ETS(A,Ad,A), or ETS(M,Ad,M) where multiplies is set.
type model struct {
	multiplies              bool
	period                  int
	alpha, beta, gamma, phi float64
	first                   state // before the first value
	last                    state // after the last value
	fit                     float64
}

// A state holds level and trend, and the season index of the last period
// months, the oldest first.
type state struct {
	level, trend float64
	seasons      [season]float64
	at           int // of the oldest index in seasons
}

// step moves the state over one month whose one-step error is e, relative for
// the multiplicative model, and expected is what the model said.
//
//	A: ŷ = ℓ + φb + s     ℓ ← ℓ + φb + αe         b ← φb + βe           s ← s + γe
//	M: ŷ = (ℓ + φb)·s     ℓ ← (ℓ + φb)(1 + αe)    b ← φb + β(ℓ + φb)e   s ← s(1 + γe)
func (m *model) step(s *state, e float64) {
	b := m.phi * s.trend
	level := s.level + b
	index := &s.seasons[s.at]
	if m.multiplies {
		s.level = level * (1 + m.alpha*e)
		s.trend = b + m.beta*level*e
		*index *= 1 + m.gamma*e
	} else {
		s.level = level + m.alpha*e
		s.trend = b + m.beta*e
		*index += m.gamma * e
	}
	if s.at++; s.at == m.period {
		s.at = 0
	}
}

// expected is the model's value for the month after s.
func (m *model) expected(s *state) float64 {
	if m.multiplies {
		return (s.level + m.phi*s.trend) * s.seasons[s.at]
	}
	return s.level + m.phi*s.trend + s.seasons[s.at]
}

// run smooths values from the first state to the last and returns −2 log
// likelihood, up to a constant: n·log Σe², + 2·Σ log|ŷ| where errors are relative.
func (m *model) run(values []float64, each func(e float64)) float64 {
	s := m.first
	var squares, logs float64
	for _, v := range values {
		want := m.expected(&s)
		e := v - want
		if m.multiplies {
			if want <= 0 {
				return math.Inf(1)
			}
			e /= want
			logs += math.Log(want)
		}
		squares += e * e
		if each != nil {
			each(e)
		}
		m.step(&s, e)
	}
	m.last = s
	n := float64(len(values))
	return n*math.Log(squares+math.SmallestNonzeroFloat64) + 2*logs
}

// start sets the first state from the first three years at most: the trend is
// the mean change over a year ÷ 12, a season's index the mean of its months
// around the line, after Hyndman et al. (2008) §2.6.1.
func (m *model) start(values []float64) {
	p := m.period
	n := min(len(values)/p, 3) * p
	var slope float64
	for t := p; t < n; t++ {
		slope += values[t] - values[t-p]
	}
	slope /= float64(n-p) * float64(p)
	var base float64 // of the line at month −1, the one before the first
	for t, v := range values[:n] {
		base += v - slope*float64(t+1)
	}
	base /= float64(n)
	s := state{level: base, trend: slope}
	var total float64
	for t, v := range values[:n] {
		line := base + slope*float64(t+1)
		if m.multiplies {
			s.seasons[t%p] += v / line
		} else {
			s.seasons[t%p] += v - line
		}
	}
	years := float64(n / p)
	for i := range p {
		s.seasons[i] /= years
		total += s.seasons[i]
	}
	for i := range p { // the indices sum to 0, or to the number of seasons
		if m.multiplies {
			s.seasons[i] *= float64(p) / total
		} else {
			s.seasons[i] -= total / float64(p)
		}
	}
	m.first = s
}

// The smoothing parameters keep to the usual region, and φ to where damping can
// be told from none: 0 < α < 1, 0 < β < α, 0 < γ < 1 − α, 0.8 ≤ φ ≤ 0.98.
func (m *model) set(x [4]float64) {
	unit := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	m.alpha = unit(x[0])
	m.beta = m.alpha * unit(x[1])
	m.gamma = (1 - m.alpha) * unit(x[2])
	m.phi = 0.80 + 0.18*unit(x[3])
}

// begin is where the search starts: α .2, β .01, γ .08, φ .96.
func begin() [4]float64 { return [4]float64{-1.4, -2.9, -2.2, 2.1} }

// fit finds the likeliest parameters, searching from x, and returns them with x
// where the search ended.
func fit(values []float64, multiplies bool, period int, x [4]float64, steps int) (model, [4]float64) {
	m := model{multiplies: multiplies, period: period}
	m.start(values)
	x = minimise(func(x [4]float64) float64 {
		m.set(x)
		return m.run(values, nil)
	}, x, steps)
	m.set(x)
	m.fit = m.run(values, nil)
	return m, x
}

const searchSteps = 160

// fitBest fits both models and returns the likelier.
func fitBest(values []float64) model {
	best, _ := fit(values, false, season, begin(), searchSteps)
	for _, v := range values {
		if v <= 0 {
			return best
		}
	}
	if m, _ := fit(values, true, season, begin(), searchSteps); m.fit < best.fit {
		return m
	}
	return best
}

func (m *model) method() Method {
	if m.multiplies {
		return Multiplicative
	}
	return Additive
}

// ahead fills dst with the months after the last.
func (m *model) ahead(dst []float64) []float64 {
	s := m.last
	for h := range dst {
		dst[h] = m.expected(&s)
		m.step(&s, 0)
	}
	return dst
}

// residuals returns the one-step errors, centred and widened: by √(n ÷ (n − k)),
// as the k numbers fitted to the n values make the residuals smaller than the
// errors to come, and by what Student's t with n − k degrees of freedom is wider
// than the normal at the limits of the range, as n − k is small.
func (m *model) residuals(values []float64) []float64 {
	all := make([]float64, 0, len(values))
	var mean float64
	m.run(values, func(e float64) {
		all = append(all, e)
		mean += e
	})
	n := float64(len(all))
	mean /= n
	// Level, trend, all seasons but one, four smoothing parameters.
	df := max(n-float64(m.period+5), 4)
	limit := (1 + Level) / 2
	wider := math.Sqrt(n/df) * distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(limit) / distuv.UnitNormal.Quantile(limit)
	for i := range all {
		all[i] = (all[i] - mean) * wider
	}
	return all
}

// A resampler draws paths of the months to come. Each comes from a history that
// the model might have had instead: the states are fitted to it again, so that
// the error of a path holds what was not known about them, beside what is new in
// each month. Smoothing parameters are kept, and the widened residuals stand for
// what is not known of those.
type resampler struct {
	model
	residuals       []float64
	rng             *rand.Rand
	history, future []float64
	again           []float64
}

// path fills dst with point and the errors of one resampled history.
func (r *resampler) path(dst, point []float64) {
	s := r.first
	s.at = 0
	r.draw(&s, r.history)
	r.draw(&s, r.future)
	m := r.model
	m.start(r.history)
	m.run(r.history, nil)
	m.ahead(r.again)
	for h, v := range point {
		dst[h] = v + r.future[h] - r.again[h]
		if r.multiplies {
			dst[h] = v * r.future[h] / r.again[h]
			if math.IsNaN(dst[h]) || math.IsInf(dst[h], 0) {
				dst[h] = r.future[h]
			}
		}
	}
}

// draw fills dst with the model's own months after s.
func (r *resampler) draw(s *state, dst []float64) {
	for h := range dst {
		e := r.residuals[r.rng.IntN(len(r.residuals))]
		want := r.expected(s)
		dst[h] = want + e
		if r.multiplies {
			dst[h] = want * (1 + e)
		}
		r.step(s, e)
	}
}
