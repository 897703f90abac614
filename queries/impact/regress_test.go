package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// smallPanel is a panel of units × periods with a covariate, clustered errors and
// an effect of 2 on the first half of the units from period at on.
func smallPanel(seed uint64, units, periods, at int) *Frame {
	random := rand.New(rand.NewPCG(seed, 1))
	var unit, time []string
	var y, d, post, x, ever []float64
	for i := range units {
		level := random.NormFloat64()
		for t := range periods {
			e, p := 0.0, 0.0
			if i < units/2 {
				e = 1
			}
			if t >= at {
				p = 1
			}
			xi := random.NormFloat64()
			unit, time = append(unit, fmt.Sprintf("u%02d", i)), append(time, fmt.Sprint(t+1))
			ever, post, d, x = append(ever, e), append(post, p), append(d, e*p), append(x, xi)
			y = append(y, level+0.1*float64(t)+2*e*p+0.5*xi+random.NormFloat64())
		}
	}
	f, err := NewFrame(Column{Name: "unit", Text: unit}, Column{Name: "t", Text: time}, Column{Name: "y", Numbers: y},
		Column{Name: "d", Numbers: d}, Column{Name: "ever", Numbers: ever}, Column{Name: "post", Numbers: post}, Column{Name: "x", Numbers: x})
	if err != nil {
		panic(err)
	}
	return f
}

// with replaces or adds a column of numbers.
func (f *Frame) with(name string, x []float64) *Frame {
	var columns []Column
	for _, c := range f.columns {
		if c.Name != name {
			columns = append(columns, c)
		}
	}
	out, err := NewFrame(append(columns, Column{Name: name, Numbers: x})...)
	if err != nil {
		panic(err)
	}
	return out
}

// panelSpecs are one analysis per design of a panel.
func panelSpecs() map[string]Spec {
	base := Spec{Outcome: "y", Unit: "unit", Time: "t", Treated: "d"}
	specs := map[string]Spec{}
	add := func(name, design string, change func(*Spec)) {
		s := base
		s.Design = design
		if change != nil {
			change(&s)
		}
		specs[name] = s
	}
	add("did", "did", nil)
	add("did 2x2", "did", func(s *Spec) { s.Treated, s.Post, s.Time = "ever", "post", "" })
	add("twfe", "twfe", func(s *Spec) { s.Covariates = []string{"x"} })
	add("twfe cr3", "twfe", func(s *Spec) { s.SE = "cr3" })
	add("twfe dk", "twfe", func(s *Spec) { s.SE = "driscoll-kraay" })
	add("twfe wild", "twfe", func(s *Spec) { s.SE = "wild-cluster" })
	add("event study", "event-study", nil)
	add("staggered", "staggered", nil)
	add("staggered cr2", "staggered", func(s *Spec) { s.SE = "cr2" })
	add("efficient", "staggered", func(s *Spec) { s.Method = "efficient"; s.Draws = 19 })
	add("sun-abraham", "sun-abraham", nil)
	add("imputation", "imputation", nil)
	add("before-after", "before-after", func(s *Spec) { s.Post, s.Treated = "post", "" })
	add("randomized", "randomized", func(s *Spec) {
		s.Treated, s.Covariates, s.Unit, s.Time, s.Cluster = "ever", []string{"x"}, "", "", []string{"unit"}
	})
	return specs
}

func mustRun(t *testing.T, s Spec, f *Frame) *Report {
	t.Helper()
	r, err := Run(s, f)
	if err != nil {
		t.Fatalf("%s: %v", s.Design, err)
	}
	return r
}

func alike(a, b, tol float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= tol*(1+math.Abs(b))
}

// Every design finds the effect of 2, whatever the order of rows and the names of
// units; it scales with the outcome and does not see a constant.
func TestInvariance(t *testing.T) {
	f := smallPanel(3, 20, 8, 4)
	y := numbersOf(t, f, "y")
	order := rand.New(rand.NewPCG(9, 9)).Perm(f.Rows())
	scaled, shifted := make([]float64, len(y)), make([]float64, len(y))
	for i, v := range y {
		scaled[i], shifted[i] = 10*v, v+1000
	}
	relabelled, _ := f.text("unit")
	for i := range relabelled {
		relabelled[i] = "zz" + strings.Map(func(r rune) rune { return '9' - (r - '0') }, relabelled[i][1:])
	}
	renamed := f.with("y", y)
	for i := range renamed.columns {
		if renamed.columns[i].Name == "unit" {
			renamed.columns[i].Text = relabelled
		}
	}
	for name, s := range panelSpecs() {
		t.Run(name, func(t *testing.T) {
			want := mustRun(t, s, f)
			if math.Abs(want.Effect.Value-2) > 5*want.Effect.StdErr {
				if name != "randomized" && name != "before-after" { // they do not estimate the 2
					t.Errorf("effect %v ± %v, want about 2", want.Effect.Value, want.Effect.StdErr)
				}
			}
			check := func(what string, got *Report, factor float64) {
				t.Helper()
				if !alike(got.Effect.Value, factor*want.Effect.Value, 1e-9) || !alike(got.Effect.StdErr, factor*want.Effect.StdErr, 1e-8) {
					t.Errorf("%s: %v ± %v, want %v × (%v ± %v)", what, got.Effect.Value, got.Effect.StdErr, factor, want.Effect.Value, want.Effect.StdErr)
				}
				if what != "relabelled" && !alike(got.Effect.P, want.Effect.P, 1e-7) { // draws follow the labels
					t.Errorf("%s: p %v, want %v", what, got.Effect.P, want.Effect.P)
				}
			}
			check("shuffled", mustRun(t, s, f.pick(order)), 1)
			check("relabelled", mustRun(t, s, renamed), 1)
			check("scaled", mustRun(t, s, f.with("y", scaled)), 10)
			check("shifted", mustRun(t, s, f.with("y", shifted)), 1)
		})
	}
}

// What cannot be estimated is one clear error.
func TestUnusable(t *testing.T) {
	good := smallPanel(1, 8, 6, 3)
	y := numbersOf(t, good, "y")
	n := good.Rows()
	change := func(name string, f func(i int, v float64) float64) *Frame {
		x := append([]float64(nil), numbersOf(t, good, name)...)
		for i := range x {
			x[i] = f(i, x[i])
		}
		return good.with(name, x)
	}
	double := make([]int, n+1)
	for i := range n {
		double[i+1] = i
	}
	panels := []string{"did", "twfe", "event-study", "staggered", "sun-abraham", "imputation"}
	for _, tt := range []struct {
		name    string
		frame   *Frame
		designs []string
		spec    func(*Spec)
		want    error
		text    string
	}{
		{name: "treated then untreated", frame: change("d", func(i int, v float64) float64 {
			if i == 5 {
				return 0
			}
			return v
		}), designs: panels, want: ErrReversal, text: "unit u00"},
		{name: "duplicate", frame: good.pick(double), designs: panels, want: ErrDuplicate, text: "unit u00 has two rows in period 1"},
		{name: "everybody treated", frame: change("d", func(int, float64) float64 { return 1 }), designs: panels, want: ErrNoComparison, text: "1 everywhere"},
		{name: "nobody treated", frame: change("d", func(int, float64) float64 { return 0 }), designs: panels, text: "nobody is treated"},
		{name: "constant outcome", frame: change("y", func(int, float64) float64 { return 3 }), designs: append(panels, "ols", "before-after", "randomized"), want: ErrConstant, text: `"y"`, spec: func(s *Spec) { s.Post = "" }},
		{name: "collinear", frame: good.with("x2", doubled(numbersOf(t, good, "x"))), designs: []string{"ols", "did", "twfe", "event-study", "sun-abraham", "randomized"}, spec: func(s *Spec) { s.Covariates = []string{"x", "x2"} }, text: `"x2" is collinear`},
		{name: "one cluster", frame: good.with("g", ones(n)), designs: []string{"ols", "did", "twfe", "event-study", "sun-abraham", "imputation", "staggered"}, spec: func(s *Spec) { s.Cluster, s.SE = []string{"g"}, clusterFor(s.Design) }, want: ErrOneCluster, text: `"g"`},
		{name: "no such column", frame: good, designs: append(panels, "ols"), spec: func(s *Spec) { s.Outcome = "profit" }, text: `no column "profit"; the file has`},
		{name: "no outcome", frame: good, designs: append(panels, "ols", "its"), spec: func(s *Spec) { s.Outcome = "" }, text: "--outcome"},
		{name: "all missing", frame: change("y", func(int, float64) float64 { return math.NaN() }), designs: append(panels, "ols"), want: ErrTooFew},
		{name: "wrong errors", frame: good, designs: []string{"ols", "twfe"}, spec: func(s *Spec) { s.SE = "magic" }, text: `standard errors "magic"`},
		{name: "too many lags", frame: good, designs: []string{"twfe"}, spec: func(s *Spec) { s.SE, s.Lags = "newey-west", "40" }, text: "40 lags"},
	} {
		for _, design := range tt.designs {
			t.Run(tt.name+"/"+design, func(t *testing.T) {
				s := Spec{Design: design, Outcome: "y", Unit: "unit", Time: "t", Treated: "d"}
				if design == "ols" || design == "randomized" {
					s.Unit, s.Time = "", ""
				}
				if tt.spec != nil {
					tt.spec(&s)
				}
				r, err := Run(s, tt.frame)
				if err == nil {
					t.Fatalf("no error; effect %+v", r.Effect)
				}
				if tt.want != nil && !errors.Is(err, tt.want) {
					t.Errorf("error %q is not %q", err, tt.want)
				}
				if !strings.Contains(err.Error(), tt.text) {
					t.Errorf("error %q does not say %q", err, tt.text)
				}
			})
		}
	}
	_ = y
}

func clusterFor(design string) string {
	if design == "imputation" || design == "staggered" {
		return ""
	}
	return "cluster"
}

func doubled(x []float64) []float64 {
	out := append([]float64(nil), x...)
	scale(2, out)
	return out
}

// Missing and infinite values are dropped and counted.
func TestDropped(t *testing.T) {
	f := smallPanel(1, 8, 6, 3)
	y := append([]float64(nil), numbersOf(t, f, "y")...)
	y[0], y[7], y[20] = math.NaN(), math.Inf(1), math.NaN()
	r := mustRun(t, Spec{Design: "ols", Outcome: "y", Treated: "d"}, f.with("y", y))
	if r.Data.Dropped["missing y"] != 2 || r.Data.Dropped["infinite y"] != 1 || r.Data.RowsUsed != 45 || r.Data.RowsRead != 48 {
		t.Errorf("data %+v", r.Data)
	}
	// A unit without all its periods leaves a balanced design, and is counted.
	r = mustRun(t, Spec{Design: "staggered", Outcome: "y", Unit: "unit", Time: "t", Treated: "d"}, f.with("y", y))
	if got := r.Data.Dropped["unit without a row in every period"]; got != 15 || r.Data.RowsUsed != 30 {
		t.Errorf("%d rows of incomplete units dropped, %d used; data %+v", got, r.Data.RowsUsed, r.Data)
	}
}

// The errors of one regression by hand: three points a cluster apart.
//
// R 4.2.2, sandwich 3.0-2 and clubSandwich 0.5: y <- c(1,3,2,5,4,6), x <- 1:6 and
// clusters of two give these by the formulas of [Regress]; here they are computed a
// second way, by refitting without each cluster.
func TestJackknife(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	n, g := 40, 8
	x, y, code := make([]float64, n), make([]float64, n), make([]int, n)
	for i := range n {
		code[i] = i % g
		x[i] = random.NormFloat64() + float64(code[i])/4
		y[i] = x[i] + random.NormFloat64() + float64(code[i])/3
	}
	key := Key{Name: "g", Codes: code, Labels: make([]string, g)}
	fitAll := func(rows []int) []float64 {
		r, err := Regress(Model{Names: []string{"x"}, X: [][]float64{pick(x, rows)}, Y: pick(y, rows), Intercept: true}, Errors{Kind: "hc1"})
		if err != nil {
			t.Fatal(err)
		}
		return r.Coef
	}
	var all []int
	for i := range n {
		all = append(all, i)
	}
	b := fitAll(all)
	v := 0.0
	for c := range g {
		var rest []int
		for i := range n {
			if code[i] != c {
				rest = append(rest, i)
			}
		}
		d := fitAll(rest)[1] - b[1]
		v += d * d
	}
	m := Model{Names: []string{"x"}, X: [][]float64{x}, Y: y, Intercept: true}
	cr3, err := Regress(m, Errors{Kind: "cr3", Cluster: []Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	if !alike(cr3.V.At(1, 1), v, 1e-10) {
		t.Errorf("CR3 variance %v, leaving each cluster out gives %v", cr3.V.At(1, 1), v)
	}
	cv3, err := Regress(m, Errors{Kind: "cv3", Cluster: []Key{key}})
	if err != nil {
		t.Fatal(err)
	}
	if !alike(cv3.V.At(1, 1), v*7/8, 1e-10) {
		t.Errorf("CV3 variance %v, want %v", cv3.V.At(1, 1), v*7/8)
	}
}

// Absorbing effects nested in the cluster gives the same CR2, CR3 and bootstrap as
// dummies, and absorbing two sets the same coefficients as dummies.
func TestAbsorbed(t *testing.T) {
	f := smallPanel(5, 10, 6, 3)
	drop := []int{}
	for i := range f.Rows() {
		if i != 7 && i != 30 && i != 31 { // unbalanced
			drop = append(drop, i)
		}
	}
	f = f.pick(drop)
	unit, _ := f.Key("unit")
	time, _ := f.Key("t")
	d, x, y := numbersOf(t, f, "d"), numbersOf(t, f, "x"), numbersOf(t, f, "y")
	names, columns := []string{"d", "x"}, [][]float64{d, x}
	dummies := Model{Names: names, X: columns, Y: y, Intercept: true}
	for _, k := range []Key{unit, time} {
		for l := 1; l < k.Levels(); l++ {
			col := make([]float64, len(y))
			for i, c := range k.Codes {
				if c == l {
					col[i] = 1
				}
			}
			dummies.Names, dummies.X = append(dummies.Names, k.Name+k.Labels[l]), append(dummies.X, col)
		}
	}
	weights := make([]float64, len(y))
	for i := range weights {
		weights[i] = 1 + float64(i%3)
	}
	for _, w := range [][]float64{nil, weights} {
		for _, kind := range []string{"classical", "hc1", "hc3", "cr2", "cr3", "wild-cluster"} {
			m := Model{Names: names, X: columns, Y: y, Fixed: []Key{unit, time}, Weights: w}
			full := dummies
			full.Weights = w
			e := Errors{Kind: kind, Cluster: []Key{unit}, DoF: "stata"}
			a, err := Regress(m, e)
			if err != nil {
				t.Fatal(kind, err)
			}
			b, err := Regress(full, e)
			if err != nil {
				t.Fatal(kind, err)
			}
			ea, eb := a.Estimate(0, 0.95), b.Estimate(1, 0.95)
			if !alike(ea.Value, eb.Value, 1e-9) || !alike(ea.StdErr, eb.StdErr, 1e-8) || !alike(ea.DF, eb.DF, 1e-6) || !alike(ea.P, eb.P, 1e-6) {
				t.Errorf("%s, weights %v: absorbed %+v, dummies %+v", kind, w != nil, ea, eb)
			}
		}
	}
}

// Conjugate gradients and the dense solution remove the same.
func TestAbsorbConjugate(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	n := 3000
	a, b := make([]int, n), make([]int, n)
	x, w := make([]float64, n), make([]float64, n)
	for i := range n {
		a[i], b[i] = random.IntN(100), random.IntN(60)
		x[i], w[i] = random.NormFloat64()+float64(a[i]), 0.5+random.Float64()
	}
	one, two := Key{Codes: a, Labels: make([]string, 100)}, Key{Codes: b, Labels: make([]string, 60)}
	ab, err := newAbsorber([]Key{one, two}, w)
	if err != nil {
		t.Fatal(err)
	}
	dense := append([]float64(nil), x...)
	ab.remove(dense)
	ab.solve = ab.conjugate(one, two)
	iterated := append([]float64(nil), x...)
	ab.remove(iterated)
	for i := range dense {
		if math.Abs(dense[i]-iterated[i]) > 1e-9 {
			t.Fatalf("row %d: %v and %v", i, dense[i], iterated[i])
		}
	}
}

// The wild bootstrap of 2^G sign vectors is exact: p is a multiple of 2/2^G, and its
// interval holds the nulls that it does not reject.
func TestWildEnumerates(t *testing.T) {
	f := smallPanel(8, 8, 4, 2)
	s := Spec{Design: "twfe", Outcome: "y", Unit: "unit", Time: "t", Treated: "d", SE: "wild-cluster"}
	r := mustRun(t, s, f)
	if r.Settings["enumerated"] != true || r.Settings["draws"] != 256 {
		t.Errorf("settings %v", r.Settings)
	}
	if k := r.Effect.P * 128; math.Abs(k-math.Round(k)) > 1e-9 || r.Effect.P <= 0 {
		t.Errorf("p = %v is no multiple of 2/256", r.Effect.P)
	}
	if !(r.Effect.Lo < r.Effect.Value && r.Effect.Value < r.Effect.Hi) {
		t.Errorf("interval [%v, %v] around %v", r.Effect.Lo, r.Effect.Hi, r.Effect.Value)
	}
}

// 95 % intervals of the errors that promise it with few clusters cover 93 to 97 %.
func TestClusterCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 1))
	const g, m = 12, 8
	code, x := make([]int, g*m), make([]float64, g*m)
	for i := range code {
		code[i] = i / m
		if code[i] < 4 { // few treated clusters
			x[i] = 1
		}
	}
	key := Key{Name: "g", Codes: code, Labels: make([]string, g)}
	total := simulations(400)
	hits := map[string]int{}
	kinds := []string{"cr2", "cv3"}
	for range total {
		y := make([]float64, g*m)
		for c := range g {
			u := random.NormFloat64()
			for i := c * m; i < (c+1)*m; i++ {
				y[i] = u + random.NormFloat64()
			}
		}
		for _, kind := range kinds {
			r, err := Regress(Model{Names: []string{"x"}, X: [][]float64{x}, Y: y, Intercept: true}, Errors{Kind: kind, Cluster: []Key{key}})
			if err != nil {
				t.Fatal(err)
			}
			if e := r.Estimate(1, 0.95); e.Lo <= 0 && 0 <= e.Hi {
				hits[kind]++
			}
		}
	}
	for _, kind := range kinds {
		within(t, kind+" coverage", hits[kind], total, 0.93, 0.97)
	}
}

func ExampleRegress() {
	shop := Key{Name: "shop", Codes: []int{0, 0, 1, 1, 2, 2, 3, 3}, Labels: []string{"A", "B", "C", "D"}}
	r, err := Regress(Model{
		Names: []string{"trained"}, X: [][]float64{{0, 0, 0, 0, 1, 1, 1, 1}},
		Y: []float64{10, 12, 9, 11, 15, 14, 13, 16}, Intercept: true,
	}, Errors{Kind: "cr2", Cluster: []Key{shop}})
	if err != nil {
		panic(err)
	}
	e := r.Estimate(r.Index("trained"), 0.95)
	fmt.Printf("%+.1f, 95%% interval [%.1f, %.1f] on %.0f degrees of freedom\n", e.Value, e.Lo, e.Hi, e.DF)
	// Output: +4.0, 95% interval [1.8, 6.2] on 2 degrees of freedom
}

// Errors that vanish because each period decides its own coefficient are refused: they
// would make any effect significant.
func TestErrorsVanish(t *testing.T) {
	y, x := []float64{1, 3, 2, 6, 4, 5, 3, 9}, []float64{0, 1, 0, 1, 0, 0, 0, 0} // varies between periods only
	time := []int{0, 1, 0, 1, 2, 2, 3, 3}
	m := Model{Names: []string{"x"}, X: [][]float64{x}, Y: y, Fixed: []Key{{Name: "t", Codes: time, Labels: []string{"0", "1", "2", "3"}}}}
	if _, err := Regress(m, Errors{Kind: "classical"}); err == nil {
		t.Error("a column that is constant within periods was accepted")
	}
	m.X[0] = []float64{0, 0, 0, 0, 0, 0, 0, 1} // and here within the last one only
	for _, kind := range []string{"driscoll-kraay", "cluster"} {
		e := Errors{Kind: kind, Time: time, Lags: 0, DoF: "none", Cluster: m.Fixed}
		if g, err := Regress(m, e); !errors.Is(err, ErrTooFew) {
			t.Errorf("%s: %v, %v", kind, g, err)
		}
	}
}
