package impact

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// placebo gives untreated units the dates of the treated.
func (p *staggeredPanel) placebo(s *StaggeredSDID, e SDIDErrorOptions) (float64, error) {
	n0, n1 := len(s.Control), s.treated()
	if n0 < n1+2 {
		return 0, fmt.Errorf("%w: placebo errors need more untreated than treated units, and two left over: %d and %d", ErrTooFew, n0, n1)
	}
	var dates []int
	for _, c := range s.Cohorts {
		for range c.Units {
			dates = append(dates, c.First)
		}
	}
	var orders [][]int
	if n1 == 1 {
		for j := range n0 {
			orders = append(orders, append([]int{j}, without(indices(n0), j)...))
		}
	} else {
		r := rand.New(rand.NewPCG(e.Seed, 0))
		for range e.Draws {
			orders = append(orders, r.Perm(n0))
		}
	}
	s.Placebos = make([]float64, len(orders))
	failed := make([]error, len(orders))
	one := p.placeboOf(s, dates)
	eachIndex(len(orders), func(k int) {
		s.Placebos[k], failed[k] = one(orders[k])
	})
	return spread(s, s.Placebos, failed)
}

// placeboOf estimates with the first of the untreated units in an order in the place
// of the treated, whose dates are given.
func (p *staggeredPanel) placeboOf(s *StaggeredSDID, dates []int) func(order []int) (float64, error) {
	n0, n1 := len(s.Control), len(dates)
	if n0 > engineLimit || p.o.Exact {
		return func(order []int) (float64, error) {
			units, first := pick(s.Control, order), make([]int, n0)
			slices.Sort(units[n1:])
			for i := range first {
				first[i] = p.periods
				if i < n1 {
					first[i] = dates[i]
				}
			}
			r, err := p.estimate(units, first)
			if err != nil {
				return 0, err
			}
			return r.Effect.Value, nil
		}
	}
	o := p.o
	if o.Method == "" {
		o.Method = "sdid"
	}
	engines := make([]*placeboEngine, len(s.Cohorts))
	for g, c := range s.Cohorts {
		engines[g] = newPlaceboEngine(pick(p.a.Y, s.Control), c.First, o)
	}
	return func(order []int) (float64, error) {
		out := make([]bool, n0)
		for _, i := range order[:n1] {
			out[i] = true
		}
		value, from := 0.0, 0
		for g, c := range s.Cohorts {
			treated := order[from : from+len(c.Units)]
			from += len(treated)
			effect, err := engines[g].estimate(treated, out)
			if err != nil {
				return 0, err
			}
			value += c.Weight * effect
		}
		return value, nil
	}
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// spread is √((R−1)/R)·sd, the standard deviation with R below.
func spread(s *StaggeredSDID, draws []float64, failed []error) (float64, error) {
	for _, err := range failed {
		if err != nil {
			return 0, err
		}
	}
	s.Draws = len(draws)
	if len(draws) < 2 {
		return 0, fmt.Errorf("%w: %d draws for a standard error", ErrTooFew, len(draws))
	}
	n := float64(len(draws))
	return math.Sqrt((n - 1) / n * variance(draws)), nil
}

// jackknife leaves out one unit at a time and keeps the weights.
func (p *staggeredPanel) jackknife(s *StaggeredSDID) (float64, error) {
	for _, c := range s.Cohorts {
		if len(c.Units) < 2 {
			return 0, fmt.Errorf("%w: the jackknife needs two treated units with each date; one has %d", ErrTooFew, len(c.Units))
		}
	}
	var draws []float64
	for k := range s.Control {
		value := 0.0
		for _, c := range s.Cohorts {
			left := 1 - c.Result.Omega[k]
			if left <= 1e-12 {
				return 0, fmt.Errorf("%w: one untreated unit has all the weight; the jackknife cannot leave it out", ErrTooFew)
			}
			gap := p.average(c.Units)
			for i, u := range s.Control {
				if i != k {
					axpy(-c.Result.Omega[i]/left, p.a.Y[u], gap)
				}
			}
			value += c.Weight * contrast(gap, c.Result.Lambda)
		}
		draws = append(draws, value)
	}
	for g := range s.Cohorts {
		for k := range s.Cohorts[g].Units {
			value, total := 0.0, 0.0
			for h, c := range s.Cohorts {
				units := c.Units
				if h == g {
					units = without(units, k)
				}
				gap := p.average(units)
				for i, u := range s.Control {
					axpy(-c.Result.Omega[i], p.a.Y[u], gap)
				}
				w := float64(len(units) * c.Periods)
				total += w
				value += w * contrast(gap, c.Result.Lambda)
			}
			draws = append(draws, value/total)
		}
	}
	s.Draws = len(draws)
	n := float64(len(draws))
	return math.Sqrt((n - 1) / n * (n - 1) * variance(draws)), nil
}

// average is the mean of some units per period.
func (p *staggeredPanel) average(units []int) []float64 {
	out := make([]float64, p.periods)
	for _, u := range units {
		axpy(1/float64(len(units)), p.a.Y[u], out)
	}
	return out
}

// contrast is the mean after treatment less the λ-weighted mean before.
func contrast(gap, lambda []float64) float64 {
	t0 := len(lambda)
	return mean(gap[t0:]) - dot(lambda, gap[:t0])
}

// bootstrap estimates on samples of units.
func (p *staggeredPanel) bootstrap(s *StaggeredSDID, e SDIDErrorOptions) (float64, error) {
	if s.treated() < 2 {
		return 0, fmt.Errorf("%w: the bootstrap needs two or more treated units; use placebo", ErrTooFew)
	}
	n := len(p.a.Y)
	r := rand.New(rand.NewPCG(e.Seed, 0))
	samples := make([][]int, 0, e.Draws)
	for tries := 0; len(samples) < e.Draws; tries++ {
		if tries > 100*e.Draws {
			return 0, fmt.Errorf("%w: too few bootstrap samples hold treated and untreated units", ErrTooFew)
		}
		units := make([]int, n)
		control, treated := 0, 0
		for i := range units {
			units[i] = r.IntN(n)
			if p.a.First[units[i]] >= p.periods {
				control++
			} else {
				treated++
			}
		}
		if control < 2 || treated == 0 {
			continue
		}
		slices.Sort(units)
		samples = append(samples, units)
	}
	draws, failed := make([]float64, len(samples)), make([]error, len(samples))
	eachIndex(len(samples), func(k int) {
		got, err := p.estimate(samples[k], pick(p.a.First, samples[k]))
		if failed[k] = err; err == nil {
			draws[k] = got.Effect.Value
		}
	})
	return spread(s, draws, failed)
}
