package impact

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// Student's sleep data (Biometrika 6, 1908): extra hours of sleep under two drugs, as
// shipped with R in datasets::sleep.
var (
	sleep1 = []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	sleep2 = []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
)

// R 4: t.test(extra ~ group, data = sleep), and paired.
func TestSleep(t *testing.T) {
	e, err := Welch(sleep1, sleep2, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got, want float64
	}{
		{"t", e.Statistic, -1.86081346748685},
		{"df", e.DF, 17.7764735161785},
		{"p", e.P, 0.0793941401873582},
		{"low", e.Lo, -3.3654832307},
		{"high", e.Hi, 0.2054832307},
	} {
		if !alike(c.got, c.want, 1e-8) {
			t.Errorf("Welch %s = %v, want %v", c.what, c.got, c.want)
		}
	}
	if e, err = Paired(sleep2, sleep1, 0.95); err != nil {
		t.Fatal(err)
	}
	if !alike(e.Statistic, -4.06212768338204, 1e-10) || !alike(e.P, 0.00283289019738427, 1e-8) || !alike(e.Value, -1.58, 1e-12) {
		t.Errorf("paired %+v", e)
	}
	for _, bad := range [][]float64{nil, {1}, {1, math.NaN()}} {
		if _, err := Welch(bad, sleep1, 0.95); err == nil {
			t.Errorf("no error for %v", bad)
		}
	}
}

// cigarettes is California's packs of cigarettes per head, 1970–2000 (Orzechowski and
// Walker, Tax Burden on Tobacco; the series of Abadie, Diamond and Hainmueller 2010).
func cigarettes() Series {
	y := []float64{
		123, 121, 123.5, 124.4, 126.7, 127.1, 128, 126.4, 126.1, 121.9, 120.2, 118.6, 115.4, 110.8, 104.8, 102.8, 99.7, 97.5, 90.1,
		82.4, 77.8, 68.7, 67.5, 63.4, 58.6, 56.4, 54.5, 53.8, 52.3, 47.2, 41.6,
	}
	s := Series{Y: y, At: 1989}
	for i := range y {
		s.Time = append(s.Time, float64(1970+i))
	}
	return s
}

// A. Linden, Stata Journal 15 (2015) 480–500, fits itsa with newey, lag(1) to this
// series: 132.2258 (4.2531), −1.7795 (0.3834), −20.0581 (4.7244), −1.4947 (0.4368),
// and a trend after of −3.2741 (0.2688).
func TestSegmented(t *testing.T) {
	g, err := Segmented(cigarettes(), "newey-west", 1, "stata", 0.95)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what      string
		got       Estimate
		value, se float64
	}{
		{"level", g.Level, -20.0581, 4.724395}, {"slope", g.Slope, -1.494652, 0.4368201}, {"after", g.After, -3.2741, 0.2688},
	} {
		if math.Abs(c.got.Value-c.value) > 1e-4 || math.Abs(c.got.StdErr-c.se) > 1e-4 {
			t.Errorf("%s = %v ± %v, want %v ± %v", c.what, c.got.Value, c.got.StdErr, c.value, c.se)
		}
	}
	a, err := Segmented(cigarettes(), "ar1", 0, "", 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if a.Rho < 0.4 || a.Rho > 0.98 || a.Level.StdErr < g.Level.StdErr/2 {
		t.Errorf("autocorrelation %v, level %v ± %v", a.Rho, a.Level.Value, a.Level.StdErr)
	}
}

// A constant moves no effect, a unit of measure scales it, and neither does the origin
// of time matter.
func TestSegmentedInvariance(t *testing.T) {
	for _, kind := range []string{"ar1", "newey-west", "classical"} {
		s := cigarettes()
		want, err := Segmented(s, kind, 2, "stata", 0.95)
		if err != nil {
			t.Fatal(err)
		}
		m := cigarettes()
		for i := range m.Y {
			m.Y[i] = 3*m.Y[i] + 50
			m.Time[i] -= 1970
		}
		m.At -= 1970
		got, err := Segmented(m, kind, 2, "stata", 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if !alike(got.Level.Value, 3*want.Level.Value, 1e-6) || !alike(got.Level.StdErr, 3*want.Level.StdErr, 1e-5) || !alike(got.Average.Value, 3*want.Average.Value, 1e-6) {
			t.Errorf("%s: level %+v became %+v", kind, want.Level, got.Level)
		}
	}
}

func TestSegmentedUnusable(t *testing.T) {
	for name, change := range map[string]func(*Series){
		"too short":  func(s *Series) { s.Y, s.Time = s.Y[:3], s.Time[:3] },
		"no after":   func(s *Series) { s.At = 2001 },
		"no before":  func(s *Series) { s.At = 1960 },
		"duplicate":  func(s *Series) { s.Time[3] = s.Time[2] },
		"constant":   func(s *Series) { s.Y = make([]float64, len(s.Y)) },
		"not finite": func(s *Series) { s.Y[4] = math.NaN() },
		"collinear":  func(s *Series) { s.Names, s.X = []string{"year"}, [][]float64{s.Time} },
	} {
		for _, kind := range []string{"ar1", "newey-west"} {
			s := cigarettes()
			change(&s)
			if g, err := Segmented(s, kind, 1, "stata", 0.95); err == nil {
				t.Errorf("%s, %s: no error, level %+v", name, kind, g.Level)
			}
		}
	}
	if _, err := Poisson([]float64{1, 2, -1, 4}, nil, [][]float64{ones(4)}, []string{"const"}, false); err == nil {
		t.Error("no error for a negative count")
	}
	if _, err := Poisson([]float64{0, 0, 3, 4}, nil, [][]float64{ones(4), {1, 1, 0, 0}}, []string{"const", "x"}, false); err == nil {
		t.Error("no error for a group without events")
	}
}

// Quasi-Poisson intervals cover under scatter twice that of Poisson.
func TestPoissonCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(41, 1))
	n, hits, total := 60, 0, simulations(300)
	x, exposure := make([]float64, n), make([]float64, n)
	for i := range n {
		exposure[i] = 500 + 10*float64(i)
		if i >= 36 {
			x[i] = 1
		}
	}
	for range total {
		y := make([]float64, n)
		for i := range n {
			mu := exposure[i] * math.Exp(-2-0.1*x[i])
			y[i] = math.Round(max(0, mu+math.Sqrt(2*mu)*random.NormFloat64()))
		}
		c, err := Poisson(y, exposure, [][]float64{ones(n), x}, []string{"const", "x"}, true)
		if err != nil {
			t.Fatal(err)
		}
		if e := c.Combine([]float64{0, 1}, 0.95); e.Lo <= -0.1 && -0.1 <= e.Hi {
			hits++
		}
	}
	within(t, "quasi-Poisson coverage", hits, total, 0.93, 0.97)
}

// With one instrument and no covariates the estimate is the ratio of two differences
// in means; with covariates that explain nothing of assignment it stays near.
func TestTwoStage(t *testing.T) {
	random := rand.New(rand.NewPCG(42, 1))
	n := 400
	z, d, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		z[i] = float64(i % 2)
		kind := random.Float64() // 60 % follow their assignment, 20 % always take it up
		if kind < 0.2 || kind < 0.8 && z[i] == 1 {
			d[i] = 1
		}
		y[i] = 2*d[i] + 3*kind + random.NormFloat64()
	}
	r, f, err := TwoStage(Model{Names: []string{"d"}, X: [][]float64{d}, Y: y, Intercept: true}, []string{"d"}, []string{"z"}, [][]float64{z}, Errors{Kind: "hc1"})
	if err != nil {
		t.Fatal(err)
	}
	difference := func(v []float64) float64 {
		var arms [2][]float64
		for i, x := range v {
			arms[int(z[i])] = append(arms[int(z[i])], x)
		}
		return mean(arms[1]) - mean(arms[0])
	}
	e := r.Estimate(1, 0.95)
	if want := difference(y) / difference(d); !alike(e.Value, want, 1e-10) {
		t.Errorf("two-stage %v, ratio of differences %v", e.Value, want)
	}
	if math.Abs(e.Value-2) > 4*e.StdErr || f[0] < 10 {
		t.Errorf("effect %v ± %v, want 2; first stage F %v", e.Value, e.StdErr, f[0])
	}
	frame, err := NewFrame(Column{Name: "z", Numbers: z}, Column{Name: "d", Numbers: d}, Column{Name: "y", Numbers: y})
	if err != nil {
		t.Fatal(err)
	}
	for _, design := range []string{"ols", "randomized"} {
		got := mustRun(t, Spec{Design: design, Outcome: "y", Treated: "d", Instrument: "z", SE: "hc1"}, frame)
		if !alike(got.Effect.Value, e.Value, 1e-10) || !alike(got.Effect.StdErr, e.StdErr, 1e-10) {
			t.Errorf("%s: %+v, want %+v", design, got.Effect, e)
		}
	}
}

// Lin's adjustment covers, and is more precise than the difference in means.
func TestRandomizedCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(43, 1))
	n, total := 60, simulations(300)
	hits, shorter := 0, 0
	for range total {
		d, x, y := make([]float64, n), make([]float64, n), make([]float64, n)
		for _, i := range random.Perm(n)[:n/3] {
			d[i] = 1
		}
		for i := range n {
			x[i] = random.NormFloat64()
			y[i] = 2*x[i] + d[i]*(1+x[i]) + random.NormFloat64()
		}
		truth := 1 + mean(x) // the average effect of these units
		f, err := NewFrame(Column{Name: "d", Numbers: d}, Column{Name: "x", Numbers: x}, Column{Name: "y", Numbers: y})
		if err != nil {
			t.Fatal(err)
		}
		lin := mustRun(t, Spec{Design: "randomized", Outcome: "y", Treated: "d", Covariates: []string{"x"}}, f).Effect
		plain := mustRun(t, Spec{Design: "randomized", Outcome: "y", Treated: "d"}, f).Effect
		if lin.Lo <= truth && truth <= lin.Hi {
			hits++
		}
		if lin.StdErr < plain.StdErr {
			shorter++
		}
	}
	within(t, "Lin coverage", hits, total, 0.93, 0.97)
	if shorter < total*9/10 {
		t.Errorf("the adjustment is shorter in %d of %d", shorter, total)
	}
}

// DiD with unit and time effects and CR2 errors covers with ten units a side and
// errors that persist.
func TestDiDCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(44, 1))
	total, hits := simulations(300), 0
	for range total {
		var unit []string
		var time, d, y []float64
		for i := range 20 {
			level, u := random.NormFloat64(), 0.0
			for p := range 12 {
				u = 0.7*u + random.NormFloat64()
				treated := 0.0
				if i < 8 && p >= 6 {
					treated = 1
				}
				unit, time = append(unit, fmt.Sprint(i)), append(time, float64(p))
				d, y = append(d, treated), append(y, level+u+treated)
			}
		}
		f, err := NewFrame(Column{Name: "unit", Text: unit}, Column{Name: "t", Numbers: time}, Column{Name: "d", Numbers: d}, Column{Name: "y", Numbers: y})
		if err != nil {
			t.Fatal(err)
		}
		if e := mustRun(t, Spec{Design: "did", Outcome: "y", Unit: "unit", Time: "t", Treated: "d"}, f).Effect; e.Lo <= 1 && 1 <= e.Hi {
			hits++
		}
	}
	within(t, "difference in differences coverage", hits, total, 0.93, 0.97)
}

// Structural intervals cover where the comparison series explains the outcome.
func TestStructuralCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(48, 1))
	total, hits := simulations(150), 0
	for round := range total {
		y, x := make([]float64, 60), make([]float64, 60)
		for i := range y {
			x[i] = 50 + 5*math.Sin(float64(i)/4) + random.NormFloat64()
			y[i] = 10 + 0.8*x[i] + random.NormFloat64()
		}
		p, err := Structural(y, [][]float64{x}, []string{"x"}, 40, StructuralOptions{Draws: 400, Seed: uint64(round + 1)})
		if err != nil {
			t.Fatal(err)
		}
		if p.Average.Lo <= 0 && 0 <= p.Average.Hi {
			hits++
		}
	}
	t.Logf("covers %.3f", float64(hits)/float64(total))
	within(t, "structural coverage", hits, total, 0.93, 0.99)
}

// With weight 1 on the pre-treatment difference, the estimator for random dates is
// Callaway and Sant'Anna's with not-yet-treated controls; the efficient weight is
// never less precise.
func TestEfficientNests(t *testing.T) {
	p := rolloutPanel(rand.New(rand.NewPCG(45, 1)), 60, 8, []float64{3, 5, 7, math.Inf(1)}, 0)
	r, cells, err := efficientCells(p, p.First)
	if err != nil {
		t.Fatal(err)
	}
	for kind, name := range map[string]string{AverageSimple: AverageSimple, AverageGroup: AverageGroup, AverageCalendar: AverageCalendar} {
		theta, x := r.zero(), r.zero()
		for i, w := range r.weights(kind, cells) {
			r.comparison(theta, x, w, cells[i][0], cells[i][1])
		}
		g, err := Staggered(p, StaggeredOptions{Control: "not-yet"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := g.Aggregate(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.value(theta) - r.value(x); !alike(got, a.Overall.Value, 1e-10) {
			t.Errorf("%s: weight 1 gives %v, difference in differences %v", kind, got, a.Overall.Value)
		}
		e, err := EfficientRollout(p, kind, 0.95)
		if err != nil {
			t.Fatal(err)
		}
		if did := r.covariance(theta, theta) + r.covariance(x, x) - 2*r.covariance(theta, x); e.Neyman > math.Sqrt(did)*(1+1e-12) {
			t.Errorf("%s: efficient error %v above %v", kind, e.Neyman, math.Sqrt(did))
		}
	}
}

// The permutation test keeps its size where nothing happens.
func TestPermuteDates(t *testing.T) {
	random := rand.New(rand.NewPCG(46, 1))
	total, rejected := simulations(100), 0
	for range total {
		p := rolloutPanel(random, 18, 6, []float64{3, 5, math.Inf(1)}, 0)
		for i := range p.Y {
			for t := range p.Y[i] {
				p.Y[i][t] = random.NormFloat64()
			}
		}
		pv, err := PermuteDates(p, AverageSimple, 59, 1)
		if err != nil {
			t.Fatal(err)
		}
		if pv <= 0.05 {
			rejected++
		}
	}
	within(t, "rejections of a true null", rejected, total, 0.03, 0.07)
}

// A structural model finds the effect that it predicts, and its draws follow the seed.
func TestStructural(t *testing.T) {
	random := rand.New(rand.NewPCG(47, 1))
	y, x := make([]float64, 60), make([]float64, 60)
	for i := range y {
		x[i] = 50 + 5*math.Sin(float64(i)/4) + random.NormFloat64()
		y[i] = 10 + 0.8*x[i] + random.NormFloat64()
		if i >= 40 {
			y[i] += 3
		}
	}
	o := StructuralOptions{Draws: 500, Seed: 3}
	a, err := Structural(y, [][]float64{x}, []string{"x"}, 40, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Structural(y, [][]float64{x}, []string{"x"}, 40, o)
	if err != nil {
		t.Fatal(err)
	}
	if a.Average.Value != b.Average.Value || a.Average.Hi != b.Average.Hi {
		t.Errorf("the same seed gives %+v and %+v", a.Average, b.Average)
	}
	anchor, err := Counterfactual(y, [][]float64{x}, []string{"x"}, 40, 0.95)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(a.Average.Value-anchor.Value) > 0.3 || a.Tail > 0.02 {
		t.Errorf("effect %+v, tail %v; the static regression gives %v", a.Average, a.Tail, anchor.Value)
	}
	for i := range y {
		y[i] = 100*y[i] - 7
	}
	c, err := Structural(y, [][]float64{x}, []string{"x"}, 40, o)
	if err != nil {
		t.Fatal(err)
	}
	if !alike(c.Average.Value, 100*a.Average.Value, 1e-9) {
		t.Errorf("scaled %v, want 100 × %v", c.Average.Value, a.Average.Value)
	}
	if _, err := Structural(y, nil, nil, 60, o); !errors.Is(err, ErrTooFew) {
		t.Errorf("error %v, want ErrTooFew", err)
	}
}

// Absent things are absent from the JSON, and names are those of the command.
func TestReportJSON(t *testing.T) {
	f := smallPanel(3, 12, 6, 3)
	b, err := json.Marshal(mustRun(t, Spec{Design: "event-study", Outcome: "y", Unit: "unit", Time: "t", Treated: "d"}, f))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields("design estimand n_obs n_units n_treated n_control n_periods n_clusters effect effects checks mde settings data") {
		if _, ok := got[name]; !ok {
			t.Errorf("no %s in %s", name, b)
		}
	}
	for _, name := range []string{"aggregates", "weights"} {
		if _, ok := got[name]; ok {
			t.Errorf("%s is present and empty", name)
		}
	}
	effect := got["effect"].(map[string]any)
	for _, name := range strings.Fields("estimate std_error statistic df p_value ci_low ci_high level") {
		if _, ok := effect[name]; !ok {
			t.Errorf("no %s in effect", name)
		}
	}
	first := got["effects"].([]any)[0].(map[string]any)
	if first["kind"] != "event" || first["event_time"] != -3.0 {
		t.Errorf("first effect %v", first)
	}
	if _, ok := first["group"]; ok {
		t.Error("an event has a group")
	}
}

// Dates count in periods: months, quarters and weeks by their common step.
func TestPeriods(t *testing.T) {
	for _, tt := range []struct {
		labels []string
		want   []float64
	}{
		{[]string{"2024-03", "2024-01", "2024-02"}, []float64{0, 1, 2}},
		{[]string{"2024-01-01", "2024-04-01", "2025-01-01"}, []float64{0, 1, 4}},
		{[]string{"2024Q1", "2024Q2", "2024Q4"}, []float64{0, 1, 3}},
		{[]string{"2024-01-01", "2024-01-08", "2024-01-22"}, []float64{0, 1, 3}},
		{[]string{"3", "10", "7.5"}, []float64{3, 7.5, 10}},
	} {
		f, err := NewFrame(Column{Name: "t", Text: tt.labels})
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Periods("t")
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(p.Values) != fmt.Sprint(tt.want) {
			t.Errorf("%v count as %v, want %v", tt.labels, p.Values, tt.want)
		}
	}
	f, _ := NewFrame(Column{Name: "t", Text: []string{"soon"}})
	if _, err := f.Periods("t"); err == nil {
		t.Error(`no error for the period "soon"`)
	}
}

// Cells that are absent count as 0 when asked.
func TestExpand(t *testing.T) {
	f, err := NewFrame(
		Column{Name: "unit", Text: []string{"a", "a", "b", "c", "c", "d"}},
		Column{Name: "t", Numbers: []float64{1, 2, 2, 1, 3, 3}},
		Column{Name: "y", Numbers: []float64{5, 6, 2, 4, 9, 1}},
		Column{Name: "first", Text: []string{"3", "3", "", "3", "3", ""}},
	)
	if err != nil {
		t.Fatal(err)
	}
	r := mustRun(t, Spec{Design: "imputation", Outcome: "y", Unit: "unit", Time: "t", FirstTreated: "first", Expand: true}, f)
	if r.Obs != 12 || r.Data.RowsRead != 6 || len(r.Warnings) == 0 {
		t.Errorf("%d rows, data %+v, warnings %v", r.Obs, r.Data, r.Warnings)
	}
	// a falls to 0 and c rises to 9, b and d go from 2 and 0 to 0 and 1.
	if want := (0+9)/2. - (5+6+4+0)/4. - (0+1)/2. + (0+2+0+0)/4.; !alike(r.Effect.Value, want, 1e-12) {
		t.Errorf("effect %v, want %v", r.Effect.Value, want)
	}
}

func ExampleWelch() {
	e, err := Welch([]float64{12, 15, 11, 14}, []float64{10, 9, 12, 9}, 0.95)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.1f € per customer, 95%% interval [%.1f, %.1f]\n", e.Value, e.Lo, e.Hi)
	// Output: +3.0 € per customer, 95% interval [0.1, 5.9]
}

func ExampleSegmented() {
	g, err := Segmented(cigarettes(), "newey-west", 1, "stata", 0.95)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%.1f packs at once, %.1f more each year\n", g.Level.Value, g.Slope.Value)
	// Output: -20.1 packs at once, -1.5 more each year
}

func ExampleBacon() {
	// One unit treated from period 34, one from 85, one never; 100 periods.
	times, y := make([]float64, 100), make([][]float64, 3)
	for t := range times {
		times[t] = float64(t + 1)
	}
	for i := range y {
		y[i] = make([]float64, 100)
	}
	pairs, err := Bacon([]float64{34, 85, math.Inf(1)}, times, y)
	if err != nil {
		panic(err)
	}
	for _, p := range pairs {
		fmt.Printf("%s: %.3f\n", p.Kind, p.Weight)
	}
	// Output:
	// Earlier vs Later Treated: 0.278
	// Treated vs Untreated: 0.365
	// Later vs Earlier Treated: 0.135
	// Treated vs Untreated: 0.222
}

func ExampleRun() {
	frame, err := NewFrame(
		Column{Name: "team", Text: []string{"A", "A", "B", "B", "C", "C", "D", "D"}},
		Column{Name: "month", Text: []string{"2024-01", "2024-02", "2024-01", "2024-02", "2024-01", "2024-02", "2024-01", "2024-02"}},
		Column{Name: "trained", Text: []string{"0", "1", "0", "1", "0", "0", "0", "0"}},
		Column{Name: "sales", Numbers: []float64{10, 15, 12, 16, 11, 12, 9, 11}},
	)
	if err != nil {
		panic(err)
	}
	r, err := Run(Spec{Design: "did", Outcome: "sales", Unit: "team", Time: "month", Treated: "trained"}, frame)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.1f with %d treated and %d other teams\n", r.Effect.Value, r.Treated, r.Control)
	// Output: +3.0 with 2 treated and 2 other teams
}
