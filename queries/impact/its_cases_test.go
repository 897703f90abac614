package impact

import (
	"math"
	"strings"
	"testing"
)

func coverITSA(t *testing.T, d *dataset, c testCase) map[string]any {
	s := Spec{Design: "its", Outcome: "cigsale", Time: "year", At: "1989", SE: "newey-west", Lags: "1"}
	id := c.id()
	coef := map[string]string{"const": "const", "t": "year", "level": "level", "slope": "slope", "post_trend": "trend after"}
	switch {
	case strings.HasPrefix(id, "nw1_"):
		name := coef[strings.TrimPrefix(id, "nw1_")]
		e := d.run(t, s).named(t, name)
		out := of(e)
		if name != "trend after" {
			out["p_t"] = e.P
			s.Lags = "0"
			out["se_lag0_HC1"] = d.run(t, s).named(t, name).StdErr
			s.SE, s.Lags = "classical", ""
			out["se_ols"] = d.run(t, s).named(t, name).StdErr
		}
		return out
	case id == "effect_at_2000":
		return of(d.run(t, s).named(t, "effect in the last period"))
	case strings.HasPrefix(id, "nw"):
		s.Lags = id[2:3]
		return of(*d.run(t, s).Effect)
	case id == "controlled_its_level":
		s.Comparison = "control_mean"
		return of(*d.run(t, s).Effect)
	case id == "controlled_its_slope":
		s.Comparison = "control_mean"
		out := of(d.run(t, s).named(t, "slope"))
		e := d.run(t, s).named(t, "year")
		out["pre_trend"], out["pre_trend_se"] = e.Value, e.StdErr
		return out
	case id == "placebo_time_1980":
		s.PlaceboTime = "1980"
		out := of(d.run(t, s).named(t, "placebo level"))
		e := d.run(t, s).named(t, "placebo slope")
		out["slope"], out["slope_se"] = e.Value, e.StdErr
		return out
	case id == "autocorr":
		y, _ := d.frame.Number("cigsale")
		year, _ := d.frame.Number("year")
		series := Series{Y: y, Time: year, At: 1989}
		g, err := Segmented(series, "classical", -1, "stata", 0.95)
		if err != nil {
			t.Fatal(err)
		}
		_, x, _ := series.design()
		lm, p, err := BreuschGodfrey(g.Resid, x, 1)
		if err != nil {
			t.Fatal(err)
		}
		lb, _ := LjungBox(g.Resid, 4)
		return map[string]any{"value": DurbinWatson(g.Resid), "bg1_LM": lm, "bg1_p": p, "ljungbox4": lb}
	}
	return nil
}

func coverSicily(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	switch {
	case id == "quasipoisson_fourier_slope":
		y, _ := d.frame.Number("aces")
		pop, _ := d.frame.Number("stdpop")
		ban, _ := d.frame.Number("smokban")
		time, _ := d.frame.Number("time")
		phase, slope := make([]int, len(y)), make([]float64, len(y))
		for i := range y {
			phase[i] = int(time[i]) % 12
			slope[i] = (time[i] - 36) * ban[i]
		}
		names, x, err := SeasonColumns("fourier:2", phase, 12)
		if err != nil {
			t.Fatal(err)
		}
		names = append([]string{"const", "ban", "time", "slope"}, names...)
		g, err := Poisson(y, pop, append([][]float64{ones(len(y)), ban, time, slope}, x...), names, true)
		if err != nil {
			t.Fatal(err)
		}
		e := g.Combine(unitVector(names, "ban"), 0.95)
		s := g.Combine(unitVector(names, "slope"), 0.95)
		return map[string]any{
			"value": math.Exp(e.Value), "se": e.StdErr, "log_rr": e.Value, "ci_lo": e.Ratio().Lo, "ci_hi": e.Ratio().Hi,
			"slope_change": s.Value, "slope_change_se": s.StdErr,
		}
	case strings.Contains(id, "poisson"):
		s := Spec{Design: "its", Outcome: "aces", Time: "time", Post: "smokban", Offset: "stdpop", Family: "quasi-poisson"}
		if strings.HasPrefix(id, "poisson") {
			s.Family = "poisson"
		}
		if strings.HasSuffix(id, "fourier") {
			s.Season = "fourier:2"
		}
		r := d.run(t, s)
		rows := s // the same model with the rows as periods
		rows.Time, rows.Covariates = "", []string{"time"}
		if again := d.run(t, rows); !alike(again.Effect.Value, r.Effect.Value, 1e-10) || !alike(again.Effect.StdErr, r.Effect.StdErr, 1e-10) {
			t.Errorf("%s: without --time %+v, with it %+v", id, again.Effect, r.Effect)
		}
		ratio := r.named(t, "rate ratio")
		// R takes the dispersion one iteration before convergence.
		if got, want := r.Settings["dispersion"].(float64), c["dispersion"].(float64); math.Abs(got-want) > 1e-5*want {
			t.Errorf("%s: dispersion = %v, want %v", id, got, want)
		}
		return map[string]any{
			"value": ratio.Value, "se": ratio.StdErr, "ci_lo": ratio.Lo, "ci_hi": ratio.Hi, "log_rr": r.Effect.Value,
			"coef_time": r.named(t, "time").Value,
		}
	case strings.HasPrefix(id, "ols_rate_nw"):
		d = d.with("rate", func(x func(string) float64) float64 { return x("aces") / x("stdpop") * 1e5 })
		return of(*d.run(t, Spec{Design: "its", Outcome: "rate", Time: "time", Post: "smokban", Season: "fourier:2", SE: "newey-west", Lags: strings.TrimPrefix(id, "ols_rate_nw")}).Effect)
	}
	return nil
}

func coverCausalImpact(t *testing.T, d *dataset, c testCase) map[string]any {
	switch c.id() {
	case "before_after":
		return map[string]any{"value": d.run(t, Spec{Design: "before-after", Outcome: "y", Time: "t", At: "71"}).Effect.Value}
	}
	return coverStructural(t, d, c)
}

func coverStructural(t *testing.T, d *dataset, c testCase) map[string]any {
	y, x := numbersOf(t, d.frame, "y"), columnsOf(t, d.frame, []string{"x1"})
	switch c.id() {
	case "ols_counterfactual":
		e, err := Counterfactual(y, x, []string{"x1"}, 70, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]any{"value": e.Value}
	case "avg_abs_effect", "cum_abs_effect":
		s, err := Structural(y, x, []string{"x1"}, 70, StructuralOptions{Draws: 4000, Seed: 1, Level: 0.95})
		if err != nil {
			t.Fatal(err)
		}
		if c.id() == "cum_abs_effect" {
			return map[string]any{"value": s.Cumulative.Value}
		}
		for i, end := range []float64{s.Average.Lo, s.Average.Hi} { // NOTES: 0.2 on the ends
			if want := c["ci"].([]any)[i].(float64); math.Abs(end-want) > 0.2 {
				t.Errorf("end %d of the interval is %.3f, want %.3f ± 0.2", i, end, want)
			}
		}
		return of(s.Average)
	}
	return nil
}

func coverDifferences(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	switch {
	case strings.HasPrefix(id, "fd_"):
		return firstDifferenceCase(t, d, c)
	case strings.HasPrefix(id, "re_"):
		kept, _, err := d.frame.complete([]string{"lscrap", "d88", "d89", "union", "grant", "grant_1"}, []string{"fcode"})
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"d88", "d89", "union", "grant", "grant_1"}
		unit, _ := kept.Key("fcode")
		r, err := RandomEffects(numbersOf(t, kept, "lscrap"), columnsOf(t, kept, names), names, unit)
		if err != nil {
			t.Fatal(err)
		}
		return of(r.Estimate(r.Index(strings.TrimPrefix(id, "re_")), 0.95))
	}
	return nil
}

// firstDifferenceCase is a regression of changes.
func firstDifferenceCase(t *testing.T, d *dataset, c testCase) map[string]any {
	year := numbersOf(t, d.frame, "year")
	unit, _ := d.frame.Key("fcode")
	outcome, names := "lscrap", []string{"grant"}
	until := 1988.0
	switch c.id() {
	case "fd_scrap_8788":
		outcome = "scrap"
	case "fd_all_cgrant", "fd_all_cgrant_1":
		names, until = []string{"grant", "grant_1"}, 1989
	}
	dy, dx, rows := FirstDifferences(numbersOf(t, d.frame, outcome), columnsOf(t, d.frame, names), unit.Codes, year)
	var keep []int
	d89 := []float64{}
	for r, i := range rows {
		if year[i] <= until {
			keep = append(keep, r)
			d89 = append(d89, map[bool]float64{true: 1}[year[i] == 1989])
		}
	}
	m := Model{Names: names, Y: pick(dy, keep), Intercept: true}
	for j := range dx {
		m.X = append(m.X, pick(dx[j], keep))
	}
	target := "grant"
	if until == 1989 {
		m.Names, m.X = append(m.Names, "d89"), append(m.X, d89)
		if strings.HasSuffix(c.id(), "_1") {
			target = "grant_1"
		}
	}
	se := func(e Errors) Estimate {
		r, err := Regress(m, e)
		if err != nil {
			t.Fatal(err)
		}
		return r.Estimate(r.Index(target), 0.95)
	}
	out := of(se(Errors{Kind: "classical"}))
	switch {
	case until == 1989:
		out["se_cluster_CR1"] = se(Errors{Kind: "cluster", DoF: "stata", Cluster: []Key{unit.pick(pick(rows, keep))}}).StdErr
	case outcome == "lscrap":
		out["se_HC1"], out["se_HC3"] = se(Errors{Kind: "hc1"}).StdErr, se(Errors{Kind: "hc3"}).StdErr
	}
	return out
}

func coverCells(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	text := func(f *Frame, name string) []string {
		x, err := f.text(name)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	if strings.HasPrefix(id, "mean_nj") {
		var x []float64
		fte := numbersOf(t, d.frame, "fte")
		nj, wave := text(d.frame, "nj"), text(d.frame, "d")
		for i, v := range fte {
			if nj[i] == id[7:8] && wave[i] == map[string]string{"1": "0", "2": "1"}[id[len(id)-1:]] && !math.IsNaN(v) {
				x = append(x, v)
			}
		}
		return map[string]any{"value": mean(x), "se": math.Sqrt(variance(x) / float64(len(x)))}
	}
	return changesCase(t, d, c)
}

// changesCase compares the changes of stores.
func changesCase(t *testing.T, d *dataset, c testCase) map[string]any {
	fte, wave, nj := numbersOf(t, d.frame, "fte"), numbersOf(t, d.frame, "d"), numbersOf(t, d.frame, "nj")
	unit, _ := d.frame.Key("id")
	wage := numbersOf(t, d.frame, "wage")
	status := numbersOf(t, d.frame, "status")
	names := []string{"nj", "bk", "kfc", "roys", "co_owned", "southj", "centralj", "pa1"}
	columns := columnsOf(t, d.frame, names)
	before := map[int]int{}
	for i := range fte {
		if wave[i] == 0 {
			before[unit.Codes[i]] = i
		}
	}
	var de, gap []float64
	rows := []int{}
	full := c.id() != "did_balanced"
	for i := range fte {
		j, ok := before[unit.Codes[i]]
		if wave[i] != 1 || !ok || math.IsNaN(fte[i]) || math.IsNaN(fte[j]) {
			continue
		}
		if full && (math.IsNaN(wage[j]) || (math.IsNaN(wage[i]) && status[i] != 3)) {
			continue
		}
		de, rows = append(de, fte[i]-fte[j]), append(rows, j)
		g := 0.0
		if nj[j] == 1 && wage[j] < 5.05 {
			g = (5.05 - wage[j]) / wage[j]
		}
		gap = append(gap, g)
	}
	if !full {
		var arms [2][]float64
		for r, v := range de {
			arms[int(nj[rows[r]])] = append(arms[int(nj[rows[r]])], v)
		}
		e, err := Welch(arms[1], arms[0], 0.95)
		if err != nil {
			t.Fatal(err)
		}
		return of(e)
	}
	m := Model{Y: de, Intercept: true}
	add := func(name string) {
		if name == "gap" {
			m.Names, m.X = append(m.Names, name), append(m.X, gap)
			return
		}
		for j, n := range names {
			if n == name {
				m.Names, m.X = append(m.Names, name), append(m.X, pick(columns[j], rows))
			}
		}
	}
	terms := map[string]string{
		"table4_i": "nj", "table4_ii": "nj bk kfc roys co_owned", "table4_iii": "gap",
		"table4_iv": "gap bk kfc roys co_owned", "table4_v": "gap bk kfc roys co_owned nj southj centralj pa1",
	}[c.id()]
	if terms == "" {
		return nil
	}
	for _, n := range strings.Fields(terms) {
		add(n)
	}
	r, err := Regress(m, Errors{Kind: "classical"})
	if err != nil {
		t.Fatal(err)
	}
	return of(r.Estimate(1, 0.95))
}
