package impact

import (
	"fmt"
	"math"
)

// efficient fills a report with the estimates for random dates.
func (t *table) efficient(s Spec, p *Panel) (*Report, error) {
	if len(s.Covariates) > 0 || s.Weights != "" {
		return nil, fmt.Errorf("--method efficient takes neither --covariates nor --weights")
	}
	switch s.SE {
	case "", "analytic", "cr2":
	default:
		return nil, fmt.Errorf("--se %s does not apply to --method efficient; use analytic, or cr2 for few units", s.SE)
	}
	if err := p.validate(); err != nil {
		return nil, err
	}
	r := t.report(s)
	r.Treated, r.Control = t.split(p.First)
	r.Estimand = "ATE of treatment dates assigned at random, simple average"
	r.Aggregates = map[string]Estimate{}
	r.Settings["method"], r.Settings["se"] = "efficient", "analytic"
	neyman := s.SE == "cr2"
	if neyman {
		r.Settings["se"] = "neyman, Satterthwaite"
	}
	roll, cells, err := efficientCells(p, p.First)
	if err != nil {
		return nil, err
	}
	for _, kind := range []string{AverageSimple, AverageGroup, AverageCalendar} {
		e := roll.estimate(cells, roll.weights(kind, cells), s.Level)
		if neyman {
			e.Estimate = e.Small(s.Level)
		}
		r.Aggregates[kind] = e.Estimate
		if kind == AverageSimple {
			r.headline(e.Estimate)
			if e.IsNeyman && !neyman {
				r.Warnings = append(r.Warnings, "the refined variance is not positive with so few units a date: the error is Neyman's, and --se cr2 allows for few units")
			}
			r.Settings["beta"], r.Settings["std_error_neyman"] = e.Beta, e.Neyman
			if !math.IsInf(e.DF, 1) {
				r.Settings["df_satterthwaite"] = e.DF
			}
		}
	}
	roll.events(r, cells, s.Level, neyman)
	draws := s.Draws
	if draws == 0 { // a draw costs units × periods²
		n := float64(len(p.Y)) * float64(len(p.Times)*len(p.Times))
		draws = min(defaultDraws, max(99, int(2e9/n)))
	}
	var pv float64
	if neyman {
		pv = roll.permuteScores(p, cells, roll.weights(AverageSimple, cells), draws, s.Seed)
	} else if pv, err = PermuteDates(p, AverageSimple, draws, s.Seed); err != nil {
		return nil, err
	}
	r.Settings["draws"], r.Settings["seed"] = draws, s.Seed
	r.Checks = append(r.Checks, Check{Name: "permutation", Statistic: r.Effect.Statistic, DF: math.NaN(), P: pv, Passed: pv < 1-s.Level, Note: "studentised randomisation test of no effect on any unit"})
	return r, nil
}

// events lists the effect per period since treatment and their mean.
func (r *rollout) events(report *Report, cells [][2]int, level float64, neyman bool) {
	byEvent := map[float64][][2]int{}
	seen := map[float64]bool{}
	for _, c := range cells {
		e := r.times[c[1]] - r.starts[c[0]]
		byEvent[e] = append(byEvent[e], c)
		seen[e] = true
	}
	for _, ev := range sortedKeys(seen) {
		at := r.estimate(byEvent[ev], r.weights(AverageSimple, byEvent[ev]), level)
		if neyman {
			at.Estimate = at.Small(level)
		}
		e := newEffect(KindEvent, "event::"+formatNumber(ev), at.Estimate)
		e.EventTime = ev
		report.Effects = append(report.Effects, e)
	}
}
