package impact

import (
	"fmt"
	"math"
	"slices"
)

// An Adoption is a balanced panel whose units are treated from different periods
// on.
type Adoption struct {
	Y     [][]float64 // per unit, one value per period
	First []int       // per unit, the first treated period; the number of periods or more is never
}

// A CohortEffect is the effect on the units first treated in one period.
type CohortEffect struct {
	First   int // period
	Units   []int
	Weight  float64 // in the overall effect
	Result  *SyntheticDiDResult
	Periods int // treated periods
}

// A StaggeredSDID is synthetic difference in differences by cohort.
type StaggeredSDID struct {
	Effect   Estimate
	Cohorts  []CohortEffect
	Control  []int // the units that are never treated, in order; Result.Omega weighs them
	Placebos []float64
	Draws    int // placebos, bootstrap samples or units left out that the error rests on
}

// SDIDErrorOptions say how [StaggeredSyntheticDiD] finds its standard error.
type SDIDErrorOptions struct {
	// Kind is placebo (the default), jackknife, bootstrap or none.
	Kind  string
	Draws int     // 0: 200; placebos of a single treated unit use every untreated unit once
	Seed  uint64  // 0: 1
	Level float64 // 0: 0.95
}

// StaggeredSyntheticDiD estimates the average effect on the treated where units are
// treated from one date or from several: each cohort against the never-treated by
// [SyntheticDiD], averaged.
//
//	τ = Σ_g τ_g N_g T_g / Σ_g N_g T_g      N_g units, T_g treated periods
//
// Standard errors, with the normal distribution but for placebo, whose spread is known
// from N₀ units only and which takes t(N₀ − 1) (the normal covers 91 % with 24):
//
//	placebo    √((R−1)/R)·sd of the estimate with untreated units in the place of the
//	           treated: all of them once where there is one treated unit
//	jackknife  √((n−1)/n Σ(τ₍ᵢ₎ − τ̄)²), a unit left out and ω renormalised, λ fixed
//	bootstrap  √((R−1)/R)·sd over samples of units with replacement, which need an
//	           untreated unit and a treated one
//
// Placebo assumes that treated and untreated units vary alike, jackknife and
// bootstrap need two or more treated units (in each cohort, for the jackknife). Draws
// are taken from units in the order given, with the seed.
//
// It returns the errors of SyntheticDiD, and ErrTooFew where the error asked for
// needs more units.
//
// Source: D. Arkhangelsky et al., American Economic Review 111 (2021) 4088–4118,
// algorithms 2–4 and appendix A; D. Clarke, D. Pailañir, S. Athey & G. Imbens, Stata
// Journal 24 (2024) 557–598 on several dates.
func StaggeredSyntheticDiD(a Adoption, o SDIDOptions, e SDIDErrorOptions) (*StaggeredSDID, error) {
	if len(a.Y) == 0 || len(a.First) != len(a.Y) {
		return nil, fmt.Errorf("%w: %d units with %d first treated periods", ErrTooFew, len(a.Y), len(a.First))
	}
	if e.Level == 0 {
		e.Level = 0.95
	}
	if e.Seed == 0 {
		e.Seed = 1
	}
	if e.Draws == 0 {
		e.Draws = 200
	}
	p := &staggeredPanel{a: a, o: o, periods: len(a.Y[0])}
	units := make([]int, len(a.Y))
	for i := range units {
		units[i] = i
	}
	out, err := p.estimate(units, a.First)
	if err != nil {
		return nil, err
	}
	value, se := out.Effect.Value, math.NaN()
	switch e.Kind {
	case "", "placebo":
		se, err = p.placebo(out, e)
	case "jackknife":
		se, err = p.jackknife(out)
	case "bootstrap":
		se, err = p.bootstrap(out, e)
	case "none":
	default:
		err = fmt.Errorf("no standard error %q; there are placebo, jackknife, bootstrap, none", e.Kind)
	}
	if err != nil {
		return nil, err
	}
	df := math.Inf(1)
	if e.Kind == "" || e.Kind == "placebo" {
		df = float64(len(out.Control) - 1)
	}
	out.Effect = NewEstimate(value, se, df, e.Level)
	return out, nil
}

// A staggeredPanel estimates on any list of units of one panel.
type staggeredPanel struct {
	a       Adoption
	o       SDIDOptions
	periods int
}

// estimate uses the units listed, which may repeat, with first treated periods by
// place in the list.
func (p *staggeredPanel) estimate(units, first []int) (*StaggeredSDID, error) {
	out := &StaggeredSDID{}
	var control [][]float64
	cohorts := map[int][]int{}
	for k, i := range units {
		if first[k] >= p.periods {
			out.Control, control = append(out.Control, i), append(control, p.a.Y[i])
		} else {
			cohorts[first[k]] = append(cohorts[first[k]], i)
		}
	}
	if len(cohorts) == 0 {
		return nil, fmt.Errorf("%w: no treated unit", ErrTooFew)
	}
	dates := make([]int, 0, len(cohorts))
	for g := range cohorts {
		dates = append(dates, g)
	}
	slices.Sort(dates)
	total := 0.0
	for _, g := range dates {
		b := Block{Y: slices.Clone(control), Control: len(control), Before: g}
		for _, i := range cohorts[g] {
			b.Y = append(b.Y, p.a.Y[i])
		}
		r, err := SyntheticDiD(b, p.o)
		if err != nil {
			return nil, err
		}
		c := CohortEffect{First: g, Units: cohorts[g], Result: r, Periods: p.periods - g}
		c.Weight = float64(len(c.Units) * c.Periods)
		total += c.Weight
		out.Cohorts = append(out.Cohorts, c)
	}
	for k := range out.Cohorts {
		out.Cohorts[k].Weight /= total
		out.Effect.Value += out.Cohorts[k].Weight * out.Cohorts[k].Result.Effect
	}
	return out, nil
}

// treated counts the treated units.
func (s *StaggeredSDID) treated() int {
	n := 0
	for _, c := range s.Cohorts {
		n += len(c.Units)
	}
	return n
}
