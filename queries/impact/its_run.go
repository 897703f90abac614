package impact

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// runITS is segmented regression of one series, of its difference from a comparison
// series under --comparison, or of counts under --family.
//
// --at gives the first treated period and both a change of level and of slope; --post,
// a column of 0 and 1, a change of level alone. Without --time the rows are periods in
// order, and there is no trend but what --covariates holds. The headline is the level change in
// the first treated period; the effects list every coefficient, the average effect
// over the treated periods, the effect in the last one and the trend after. Under
// --family they are logarithms of rate ratios, and the rate ratio stands beside them.
//
// Default errors are AR(1) by restricted maximum likelihood with small-sample degrees
// of freedom; Newey and West's stand beside them, as does their result at twice the
// lag. A placebo date halfway before treatment is always tried.
func runITS(s Spec, f *Frame) (*Report, error) {
	if s.Time == "" && s.Post == "" {
		return nil, s.need("time")
	}
	s.Covariates = slices.DeleteFunc(slices.Clone(s.Covariates), func(c string) bool { return c == s.Time }) // it is the trend
	extra := []string{}
	for _, name := range []string{s.Comparison, s.Offset} {
		if name != "" {
			extra = append(extra, name)
		}
	}
	t, err := read(s, f, extra...)
	if err != nil {
		return nil, err
	}
	if s.Unit != "" && t.unit.Levels() > 1 {
		return nil, fmt.Errorf("design its takes one series and column %q has %d; use did or its with --comparison", s.Unit, t.unit.Levels())
	}
	series, err := t.series(s)
	if err != nil {
		return nil, err
	}
	kind, lags, dof, err := s.segmentErrors()
	if err != nil {
		return nil, err
	}
	g, err := Segmented(series, kind, lags, dof, s.Level)
	if err != nil {
		return nil, renameTrend(err, s.Time)
	}
	r := t.report(s)
	r.Units, r.Periods = 0, len(series.Y)
	r.Estimand = "change of level in the first treated period"
	r.Settings["se"], r.Settings["season"], r.Settings["family"] = kind, orNone(s.Season), familyOf(s)
	r.segment(s, t, series, g)
	r.headline(g.Level)
	if err := r.besides(s, series, g, kind); err != nil {
		return nil, err
	}
	return r, r.placeboDates(s, t, series, kind, lags, dof)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func familyOf(s Spec) string {
	if s.Family == "" {
		return "gaussian"
	}
	return s.Family
}

// label is how the series writes a period: its time column, or the number of the row.
func (t *table) label(s Spec, at float64) string {
	if s.Time == "" {
		return "row " + formatNumber(at)
	}
	return t.time.Label(at)
}

// renameTrend names the trend as the time column.
func renameTrend(err error, name string) error {
	if c, ok := err.(*CollinearError); ok { //nolint:errorlint // returned unwrapped by leastSquares
		for i, w := range c.With {
			if w == columnTrend {
				c.With[i] = name
			}
		}
	}
	return err
}

// series is the table as one series; rows are in order of time.
func (t *table) series(s Spec) (Series, error) {
	out := Series{Y: slices.Clone(t.outcome), Names: slices.Clone(s.Covariates), X: slices.Clone(t.x)}
	if s.Time == "" {
		return t.rowSeries(s, out)
	}
	for i, c := range t.time.Codes {
		if i > 0 && c == t.time.Codes[i-1] {
			return out, fmt.Errorf("%w: a series has one row per period and %s has several", ErrDuplicate, t.time.Labels[c])
		}
		out.Time = append(out.Time, t.time.Values[c])
	}
	if err := t.differences(s, &out); err != nil {
		return out, err
	}
	switch {
	case s.At != "":
		at, err := t.time.Value(s.At)
		if err != nil {
			return out, fmt.Errorf("--at: %w", err)
		}
		out.At = at
	case s.Post != "":
		at, err := t.commonDate(s)
		if err != nil {
			return out, err
		}
		out.At, out.StepOnly = at, true
	default:
		return out, fmt.Errorf("design its needs --at, or --post for a change of level alone")
	}
	positions, year := t.time.phase()
	phase := make([]int, len(t.time.Codes))
	for i, c := range t.time.Codes {
		phase[i] = positions[c]
	}
	names, columns, err := SeasonColumns(s.Season, phase, year)
	out.Names, out.X = append(out.Names, names...), append(out.X, columns...)
	return out, err
}

// differences subtracts the comparison series and reads the exposure.
func (t *table) differences(s Spec, out *Series) error {
	if s.Comparison != "" {
		if familyOf(s) != "gaussian" {
			return fmt.Errorf("--comparison takes --family gaussian")
		}
		c, err := t.frame.Number(s.Comparison)
		if err != nil {
			return err
		}
		axpy(-1, c, out.Y)
	}
	if s.Offset == "" {
		return nil
	}
	if familyOf(s) == "gaussian" {
		return fmt.Errorf("--offset takes --family poisson or quasi-poisson")
	}
	var err error
	out.Exposure, err = t.frame.Number(s.Offset)
	return err
}

// rowSeries takes the rows as periods in order.
func (t *table) rowSeries(s Spec, out Series) (Series, error) {
	if err := binary(s.Post, t.post, true); err != nil {
		return out, err
	}
	out.StepOnly, out.NoTrend, out.At = true, true, math.NaN()
	phase := make([]int, len(t.outcome))
	for i, p := range t.post {
		out.Time = append(out.Time, float64(i+1))
		phase[i] = (i + 1) % 12
		switch {
		case p == 1 && math.IsNaN(out.At):
			out.At = float64(i + 1)
		case p == 0 && !math.IsNaN(out.At):
			return out, fmt.Errorf("column %q, row %d: 0 after a 1; rows must be in order of time, or give --time", s.Post, i+1)
		}
	}
	if err := t.differences(s, &out); err != nil {
		return out, err
	}
	names, columns, err := SeasonColumns(s.Season, phase, 12)
	out.Names, out.X = append(out.Names, names...), append(out.X, columns...)
	return out, err
}

// segmentErrors maps the flags onto the kinds of [Segmented].
func (s Spec) segmentErrors() (kind string, lags int, dof string, err error) {
	kind, lags, dof = s.SE, -1, s.DoF
	if dof == "" {
		dof = "stata"
	}
	if s.Lags == "auto" {
		lags = AutoLags
	} else if s.Lags != "" {
		if lags, err = strconv.Atoi(s.Lags); err != nil || lags < 0 {
			return "", 0, "", fmt.Errorf("--lags %q; use a number of periods or auto", s.Lags)
		}
	}
	if s.Lags != "" && kind == "" {
		kind = "newey-west"
	}
	switch familyOf(s) {
	case "gaussian":
		if kind == "" {
			kind = "ar1"
		}
	case "poisson", "quasi-poisson":
		if kind != "" && kind != "classical" && kind != "analytic" {
			return "", 0, "", fmt.Errorf("--se %s does not apply to --family %s, whose errors come from the model", kind, s.Family)
		}
		kind = s.Family
	default:
		return "", 0, "", fmt.Errorf("--family %q; use gaussian, poisson or quasi-poisson", s.Family)
	}
	return kind, lags, dof, nil
}

// segment lists the coefficients and what follows from them.
func (r *Report) segment(s Spec, t *table, series Series, g *Segment) {
	for j, name := range g.Names {
		shown := name
		if name == columnTrend {
			shown = s.Time
		}
		c := make([]float64, len(g.Names))
		c[j] = 1
		r.Effects = append(r.Effects, newEffect(KindCoefficient, shown, g.Model.Combine(c, s.Level)))
	}
	last := newEffect(KindEvent, "effect in the last period", g.Last)
	last.Time = series.Time[len(series.Time)-1]
	last.EventTime = last.Time - series.At
	r.Effects = append(r.Effects, newEffect(KindCoefficient, "average effect", g.Average), last)
	if !series.StepOnly {
		r.Effects = append(r.Effects, newEffect(KindCoefficient, "trend after", g.After))
	}
	if g.Dispersion > 0 {
		r.Effects = append(r.Effects, newEffect(KindCoefficient, "rate ratio", g.Level.Ratio()))
		r.Settings["dispersion"] = g.Dispersion
		r.Estimand += ", as the logarithm of a rate ratio"
	}
	if !math.IsNaN(g.Rho) {
		r.Settings["rho"] = g.Rho
	}
	if g.Lags > 0 {
		r.Settings["lags"] = g.Lags
	}
	r.Settings["first_treated_period"] = t.label(s, series.At)
	r.Warnings = append(r.Warnings, g.Warnings...)
	if s.Comparison != "" {
		r.Settings["comparison"] = s.Comparison
	} else {
		r.Warnings = append(r.Warnings, "one series without a comparison cannot tell the tactic from anything else that happened at the same time")
	}
}

// besides adds the tests of autocorrelation and the result with other errors.
func (r *Report) besides(s Spec, series Series, g *Segment, kind string) error {
	dw := DurbinWatson(g.Resid)
	_, x, err := series.design()
	if err != nil {
		return err
	}
	check := Check{Name: "autocorrelation", Statistic: dw, DF: math.NaN(), P: math.NaN(), Passed: dw > 1.5 && dw < 2.5, Note: "Durbin–Watson; near 2 without autocorrelation"}
	if _, p, err := BreuschGodfrey(g.Resid, x, 1); err == nil {
		check.P = p
		check.Note += "; p by Breusch–Godfrey, one lag"
	}
	r.Checks = append(r.Checks, check)
	if familyOf(s) != "gaussian" {
		return nil
	}
	beside := func(kind string, lags int) {
		if b, err := Segmented(series, kind, lags, "stata", s.Level); err == nil {
			name := fmt.Sprintf("level, %s", kind)
			if kind == "newey-west" {
				name = fmt.Sprintf("level, newey-west lag %d", b.Lags)
			}
			r.Effects = append(r.Effects, newEffect(KindCoefficient, name, b.Level))
		}
	}
	if kind == "newey-west" {
		beside("newey-west", 2*g.Lags)
		beside("ar1", 0)
		return nil
	}
	lags := DefaultLags(len(series.Y))
	beside("newey-west", lags)
	beside("newey-west", 2*lags)
	return nil
}

// placeboDates pretends that treatment began earlier, with the periods before the true
// date alone: at --placebo-time, or halfway.
func (r *Report) placeboDates(s Spec, t *table, series Series, kind string, lags int, dof string) error {
	before := series
	n := 0
	for n < len(series.Time) && series.Time[n] < series.At {
		n++
	}
	before.Y, before.Time = series.Y[:n], series.Time[:n]
	if series.Exposure != nil {
		before.Exposure = series.Exposure[:n]
	}
	before.X = make([][]float64, len(series.X))
	for j := range before.X {
		before.X[j] = series.X[j][:n]
	}
	if n == 0 {
		return nil
	}
	before.At = series.Time[n/2]
	if s.PlaceboTime != "" && s.Time != "" {
		at, err := t.time.Value(s.PlaceboTime)
		if err != nil {
			return fmt.Errorf("--placebo-time: %w", err)
		}
		before.At = at
	}
	g, err := Segmented(before, kind, lags, dof, s.Level)
	if err != nil {
		if s.PlaceboTime != "" {
			return fmt.Errorf("--placebo-time %s: %w", s.PlaceboTime, err)
		}
		return nil // too short for a placebo of our own choosing
	}
	e := newEffect(KindPlacebo, "placebo level", g.Level)
	e.Time = before.At
	r.Effects = append(r.Effects, e)
	p := g.Level.P
	note := fmt.Sprintf("as if treated in %s, before %s only: level %.4g", t.label(s, before.At), t.label(s, series.At), g.Level.Value)
	if !series.StepOnly {
		e := newEffect(KindPlacebo, "placebo slope", g.Slope)
		e.Time = before.At
		r.Effects = append(r.Effects, e)
		p = min(1, 2*min(p, g.Slope.P)) // Bonferroni over the two
		note += fmt.Sprintf(", slope %.4g", g.Slope.Value)
	}
	r.Checks = append(r.Checks, Check{Name: "placebo-time", Statistic: g.Level.Value, DF: g.Level.DF, P: p, Passed: !(p < 1-s.Level), Note: note, Lo: g.Level.Lo, Hi: g.Level.Hi})
	return nil
}
