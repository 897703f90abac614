package impact

import (
	"errors"
	"fmt"
	"math"
)

// runSDID is [StaggeredSyntheticDiD] on a panel with one date of treatment or
// several. --method sc, difp or did takes the weights of those estimators instead.
//
// Errors are placebo by default, jackknife where there are too few untreated units
// for that. Covariates are projected out beforehand: y − x'β with β from a regression
// with unit and time effects on the untreated rows.
func runSDID(s Spec, f *Frame) (*Report, error) {
	g, err := readGrid(s, f)
	if err != nil {
		return nil, err
	}
	if len(g.panel.X) > 0 {
		if err := g.project(s); err != nil {
			return nil, err
		}
	}
	a := Adoption{Y: g.panel.Y, First: g.first}
	o := SDIDOptions{Method: s.Method}
	e := SDIDErrorOptions{Kind: s.SE, Draws: s.Draws, Seed: s.Seed, Level: s.Level}
	d, err := StaggeredSyntheticDiD(a, o, e)
	if err != nil && s.SE == "" && errors.Is(err, ErrTooFew) {
		e.Kind = "jackknife"
		if d, err = StaggeredSyntheticDiD(a, o, e); err != nil {
			e.Kind = "none"
			d, err = StaggeredSyntheticDiD(a, o, e)
		}
	}
	if err != nil {
		return nil, err
	}
	r := g.table.report(s)
	r.Estimand = "ATT"
	r.Treated, r.Control = len(g.treated), len(g.control)
	r.headline(d.Effect)
	r.Settings["method"] = "sdid"
	if s.Method != "" {
		r.Settings["method"] = s.Method
	}
	r.Settings["se"] = "placebo"
	if e.Kind != "" {
		r.Settings["se"] = e.Kind
	}
	if e.Kind == "none" && s.SE == "" {
		r.Warnings = append(r.Warnings, "too few units for a standard error: placebo errors need more untreated units, the jackknife two treated units with each date")
	}
	if d.Draws > 0 {
		r.Settings["draws"], r.Settings["seed"] = d.Draws, s.Seed
	}
	r.cohortWeights(s, g, d)
	if len(d.Placebos) > 0 && len(g.treated) == 1 {
		placebos := make([]Placebo, len(d.Placebos))
		for k, v := range d.Placebos {
			placebos[k] = Placebo{Unit: k, Effect: v, Ratio: math.NaN()}
		}
		r.placeboSpace(g, d.Effect.Value, math.NaN(), placebos)
	} else if s.PlaceboSpace {
		if err := r.sdidPlaceboSpace(a, o, e, d); err != nil {
			return nil, err
		}
	}
	if s.PlaceboTime != "" {
		return r, r.sdidPlaceboTime(s, g, o, e)
	}
	return r, nil
}

// cohortWeights lists the effect, the units and the periods of each cohort.
func (r *Report) cohortWeights(s Spec, g *grid, d *StaggeredSDID) {
	for _, c := range d.Cohorts {
		label := g.table.time.Labels[c.First]
		e := newEffect(KindCohort, label, point(c.Result.Effect, s.Level))
		e.Group, e.Weight = g.panel.Times[c.First], c.Weight
		e.Extra = map[string]any{"n_units": len(c.Units), "noise": c.Result.Noise, "zeta_omega": c.Result.ZetaOmega, "zeta_lambda": c.Result.ZetaLambda}
		r.Effects = append(r.Effects, e)
		suffix := ""
		if len(d.Cohorts) > 1 {
			suffix = " for " + label
		}
		for i, w := range c.Result.Omega {
			if w > 1e-9 {
				r.Weights = append(r.Weights, Weight{Kind: "unit", Name: g.table.unit.Labels[d.Control[i]] + suffix, Weight: w})
			}
		}
		for t, w := range c.Result.Lambda {
			if w > 1e-9 {
				r.Weights = append(r.Weights, Weight{Kind: "time", Name: g.table.time.Labels[t] + suffix, Weight: w})
			}
		}
	}
	if len(d.Cohorts) == 1 {
		c := d.Cohorts[0]
		r.gaps(g, c.Result.Gap, c.First)
		r.Settings["noise"], r.Settings["zeta_omega"], r.Settings["zeta_lambda"] = c.Result.Noise, c.Result.ZetaOmega, c.Result.ZetaLambda
	}
}

// sdidPlaceboSpace ranks the effect among untreated units with the treated's dates.
func (r *Report) sdidPlaceboSpace(a Adoption, o SDIDOptions, e SDIDErrorOptions, d *StaggeredSDID) error {
	placebos := d.Placebos
	if len(placebos) == 0 {
		e.Kind = "placebo"
		again, err := StaggeredSyntheticDiD(a, o, e)
		if err != nil {
			return fmt.Errorf("placebo in space: %w", err)
		}
		placebos = again.Placebos
	}
	p := RankP(d.Effect.Value, placebos)
	r.Checks = append(r.Checks, Check{
		Name: "placebo-space", Statistic: d.Effect.Value, DF: math.NaN(), P: p, Passed: p <= 0.05+1e-9,
		Note: fmt.Sprintf("rank of the effect among %d draws of untreated units in the place of the treated, two-sided", len(placebos)),
	})
	return nil
}

// sdidPlaceboTime pretends that all treated units were treated at an earlier date
// and uses only the periods before the first true one.
func (r *Report) sdidPlaceboTime(s Spec, g *grid, o SDIDOptions, e SDIDErrorOptions) error {
	before := g.dates[0]
	at, err := g.earlier(s.PlaceboTime, before)
	if err != nil {
		return err
	}
	a := Adoption{First: make([]int, len(g.first))}
	for i, y := range g.panel.Y {
		a.Y = append(a.Y, y[:before])
		a.First[i] = min(g.first[i], before)
		if g.first[i] < len(g.panel.Times) {
			a.First[i] = at
		}
	}
	d, err := StaggeredSyntheticDiD(a, o, e)
	if err != nil {
		return fmt.Errorf("placebo in time: %w", err)
	}
	r.Checks = append(r.Checks, Check{
		Name: "placebo-time", Statistic: d.Effect.Value, DF: math.NaN(), P: d.Effect.P, Passed: !(d.Effect.P <= 0.1), Lo: d.Effect.Lo, Hi: d.Effect.Hi,
		Note: fmt.Sprintf("effect of a treatment at %s that did not happen, on the periods before the true one", s.PlaceboTime),
	})
	return nil
}

// project takes covariates out of the outcome, with the slopes of the untreated
// rows.
func (g *grid) project(s Spec) error {
	t := g.table
	var rows []int
	for i, c := range t.unit.Codes {
		if t.time.Codes[i] < g.first[c] {
			rows = append(rows, i)
		}
	}
	x := make([][]float64, len(t.x))
	for j := range x {
		x[j] = pick(t.x[j], rows)
	}
	unit, time := t.unit, t.time.Key
	unit.Codes, time.Codes = pick(unit.Codes, rows), pick(time.Codes, rows)
	fit, err := Regress(Model{Names: s.Covariates, X: x, Y: pick(t.outcome, rows), Fixed: []Key{unit, time}}, Errors{Kind: "hc0", DoF: "none"})
	if err != nil {
		return fmt.Errorf("covariates among the untreated: %w", err)
	}
	y := make([][]float64, len(g.panel.Y))
	for i, row := range g.panel.Y {
		y[i] = append([]float64(nil), row...)
		for j, name := range s.Covariates {
			axpy(-fit.Coef[fit.Index(name)], g.panel.X[j][i], y[i])
		}
	}
	g.panel.Y = y
	return nil
}
