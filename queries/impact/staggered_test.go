package impact

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

// rolloutPanel is a panel in which units adopt at random dates, with unit levels,
// common shocks and an effect that grows by 1 each period from 1 on.
func rolloutPanel(random *rand.Rand, units, periods int, starts []float64, covariates int) *Panel {
	p := &Panel{Times: make([]float64, periods)}
	shock := make([]float64, periods)
	for t := range periods {
		p.Times[t], shock[t] = float64(t+1), random.NormFloat64()
	}
	p.X = make([][][]float64, covariates)
	for i := range units {
		g := starts[i%len(starts)]
		row := make([]float64, periods)
		level := random.NormFloat64()
		var trend float64
		for j := range covariates {
			v := random.NormFloat64()
			trend += 0.05 * v
			x := make([]float64, periods)
			for t := range x {
				x[t] = v
			}
			p.X[j] = append(p.X[j], x)
		}
		for t := range row {
			row[t] = level + shock[t] + trend*float64(t) + random.NormFloat64()
			if p.Times[t] >= g {
				row[t] += p.Times[t] - g + 1
			}
		}
		p.Y, p.First = append(p.Y, row), append(p.First, g)
	}
	for j := range covariates {
		p.Names = append(p.Names, fmt.Sprint("x", j))
	}
	return p
}

// truth is the simple average of effects that grow by 1 a period.
func (p *Panel) truth() float64 {
	s, n := 0.0, 0.0
	for _, g := range p.First {
		for _, t := range p.Times {
			if t >= g {
				s += t - g + 1
				n++
			}
		}
	}
	return s / n
}

// frame is the panel as a frame.
func (p *Panel) frame() *Frame {
	var unit, first []string
	var time, y []float64
	x := make([][]float64, len(p.X))
	for i := range p.Y {
		for t := range p.Times {
			unit, time, y = append(unit, fmt.Sprint(i)), append(time, p.Times[t]), append(y, p.Y[i][t])
			g := ""
			if !math.IsInf(p.First[i], 1) {
				g = formatNumber(p.First[i])
			}
			first = append(first, g)
			for j := range x {
				x[j] = append(x[j], p.X[j][i][t])
			}
		}
	}
	columns := []Column{{Name: "unit", Text: unit}, {Name: "t", Numbers: time}, {Name: "y", Numbers: y}, {Name: "first", Text: first}}
	for j := range x {
		columns = append(columns, Column{Name: p.Names[j], Numbers: x[j]})
	}
	f, err := NewFrame(columns...)
	if err != nil {
		panic(err)
	}
	return f
}

// Where effects grow, the two-way regression is wrong and the others are right; their
// intervals cover.
func TestStaggeredCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 1))
	starts := []float64{4, 6, 8, math.Inf(1)}
	hits := map[string]int{}
	total := simulations(120)
	specs := map[string]Spec{
		"analytic, 200 units":    {Design: "staggered", Draws: 2},
		"not-yet, 200 units":     {Design: "staggered", Control: "not-yet", Draws: 2},
		"imputation, 200 units":  {Design: "imputation"},
		"sun-abraham, 200 units": {Design: "sun-abraham"},
		"efficient, 200 units":   {Design: "staggered", Method: "efficient", Draws: 1},
		"cr2, 24 units":          {Design: "staggered", SE: "cr2", Draws: 2},
	}
	for range total {
		large, small := rolloutPanel(random, 200, 9, starts, 0), rolloutPanel(random, 24, 9, starts, 0)
		for name, s := range specs {
			p := large
			if s.SE == "cr2" {
				p = small
			}
			s.Outcome, s.Unit, s.Time, s.FirstTreated = "y", "unit", "t", "first"
			e := mustRun(t, s, p.frame()).Effect
			if e.Lo <= p.truth() && p.truth() <= e.Hi {
				hits[name]++
			}
		}
	}
	for name := range specs {
		within(t, name+": coverage", hits[name], total, 0.93, 0.97)
	}
	p := rolloutPanel(random, 400, 12, []float64{3, 10}, 0)
	f := p.frame()
	twfe := mustRun(t, Spec{Design: "twfe", Outcome: "y", Unit: "unit", Time: "t", FirstTreated: "first"}, f)
	if math.Abs(twfe.Effect.Value-p.truth()) < 1 {
		t.Errorf("two-way estimate %v, truth %v: the trap does not work", twfe.Effect.Value, p.truth())
	}
}

// Doubly robust estimates with covariates remove a trend that depends on them.
func TestStaggeredCovariates(t *testing.T) {
	random := rand.New(rand.NewPCG(22, 1))
	p := rolloutPanel(random, 3000, 6, []float64{4, math.Inf(1)}, 2)
	// Adoption depends on the covariate that drives the trend.
	for i := range p.First {
		was := p.First[i]
		p.First[i] = math.Inf(1)
		if random.NormFloat64() < p.X[0][i][0] {
			p.First[i] = 4
		}
		for t := 3; t < 6; t++ {
			effect := p.Times[t] - 3
			if was == 4 {
				p.Y[i][t] -= effect
			}
			if p.First[i] == 4 {
				p.Y[i][t] += effect
			}
		}
	}
	for _, method := range []string{"dr", "ipw", "reg"} {
		g, err := Staggered(p, StaggeredOptions{Method: method})
		if err != nil {
			t.Fatal(err)
		}
		a, err := g.Aggregate(AverageSimple)
		if err != nil {
			t.Fatal(err)
		}
		if e := a.Overall; math.Abs(e.Value-2) > 4*e.StdErr || e.StdErr > 0.2 {
			t.Errorf("%s: %v ± %v, want 2", method, e.Value, e.StdErr)
		}
	}
}

// The same data and seed give the same bytes whatever the number of processors.
func TestDeterministic(t *testing.T) {
	f := rolloutPanel(rand.New(rand.NewPCG(5, 5)), 60, 10, []float64{4, 6, 8, math.Inf(1)}, 2).frame()
	var want string
	for _, procs := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(procs)
		r := mustRun(t, Spec{Design: "staggered", Outcome: "y", Unit: "unit", Time: "t", FirstTreated: "first", Covariates: []string{"x0", "x1"}}, f)
		runtime.GOMAXPROCS(before)
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if want == "" {
			want = string(b)
		}
		if string(b) != want {
			t.Errorf("%d processors give other bytes", procs)
		}
	}
}

// With more cells than units the pre-trend test keeps its size.
func TestPreTrendSize(t *testing.T) {
	random := rand.New(rand.NewPCG(31, 1))
	starts := []float64{13, 16, 19, 22, 25, math.Inf(1)}
	total, rejected := simulations(150), 0
	for range total {
		g, err := Staggered(rolloutPanel(random, 60, 30, starts, 0), StaggeredOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c, ok := g.PreTrend()
		if !ok {
			t.Fatal("no pre-trend test")
		}
		if c.P < 0.05 {
			rejected++
		}
	}
	t.Logf("rejects %.3f", float64(rejected)/float64(total))
	within(t, "share of rejected pre-trends where there is none", rejected, total, 0.01, 0.09)
}

// The multiplier bootstrap agrees with the analytic errors.
func TestMultiplier(t *testing.T) {
	p := rolloutPanel(rand.New(rand.NewPCG(6, 6)), 300, 8, []float64{4, 6, math.Inf(1)}, 0)
	g, err := Staggered(p, StaggeredOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := g.Aggregate(AverageEvent)
	if err != nil {
		t.Fatal(err)
	}
	b := g.Multiplier(a.each, 4000, 1)
	for i, e := range a.Each {
		if math.Abs(b.StdErr[i]/e.StdErr-1) > 0.06 {
			t.Errorf("event %v: bootstrap error %v, analytic %v", a.At[i], b.StdErr[i], e.StdErr)
		}
	}
	if b.Critical < 2.2 || b.Critical > 3.2 {
		t.Errorf("critical value %v of %d estimates", b.Critical, len(a.Each))
	}
}

// The weights of an imputation give its estimate back from the outcomes.
func TestImputationWeights(t *testing.T) {
	p := rolloutPanel(rand.New(rand.NewPCG(7, 7)), 30, 8, []float64{4, 6, math.Inf(1)}, 1)
	f := p.frame()
	tab, err := read(Spec{Outcome: "y", Unit: "unit", Time: "t", Covariates: []string{"x0"}}, f)
	if err != nil {
		t.Fatal(err)
	}
	x := tab.x[0]
	for i := range x { // make it vary in time
		x[i] += float64(i%5) * 0.3
	}
	n := len(tab.outcome)
	cohort, treated, untreated := make([]float64, n), make([]bool, n), make([]bool, n)
	for i, c := range tab.unit.Codes {
		when := tab.time.Values[tab.time.Codes[i]]
		var unit int
		if _, err := fmt.Sscan(tab.unit.Labels[c], &unit); err != nil {
			t.Fatal(err)
		}
		cohort[i] = p.First[unit]
		treated[i], untreated[i] = when >= cohort[i], when < cohort[i]
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = 1 + float64(i%3)
	}
	im, err := Impute(tab.outcome, [][]float64{x}, w, tab.unit, tab.time.Key, cohort, treated, untreated, tab.unit)
	if err != nil {
		t.Fatal(err)
	}
	e, v := im.Average(tab.equalWeights(im, func(int) bool { return true }), 0.95)
	if got := dot(v, tab.outcome); !alike(got, e.Value, 1e-9) {
		t.Errorf("weights give %v, estimate %v", got, e.Value)
	}
	if s := dot(v, x); math.Abs(s) > 1e-8 {
		t.Errorf("weights do not cancel the covariate: %v", s)
	}
}

func ExampleStaggered() {
	inf := math.Inf(1)
	p := &Panel{
		Times: []float64{1, 2, 3, 4},
		First: []float64{3, 3, 4, 4, inf, inf},
		Y: [][]float64{
			{5, 6, 9, 10}, {4, 5, 7.5, 9}, {7, 8, 9, 11.5}, {6, 7.5, 8, 11}, {3, 4, 5, 6}, {2, 3, 4.5, 5},
		},
	}
	g, err := Staggered(p, StaggeredOptions{Control: "not-yet"})
	if err != nil {
		panic(err)
	}
	a, err := g.Aggregate(AverageSimple)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.2f on average over cohorts and periods\n", a.Overall.Value)
	// Output: +1.92 on average over cohorts and periods
}

// BenchmarkStaggered is issue B's case: 2,000 units × 60 months × 12 cohorts, doubly
// robust with two covariates and 999 draws.
func BenchmarkStaggered(b *testing.B) {
	starts := []float64{math.Inf(1)}
	for g := range 12 {
		starts = append(starts, float64(6+4*g))
	}
	f := rolloutPanel(rand.New(rand.NewPCG(1, 1)), 2000, 60, starts, 2).frame()
	s := Spec{Design: "staggered", Outcome: "y", Unit: "unit", Time: "t", FirstTreated: "first", Covariates: []string{"x0", "x1"}, Control: "not-yet", Draws: 999}
	for b.Loop() {
		if _, err := Run(s, f); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTwoWay is issue B's case: two-way fixed effects with clustered errors on
// 1.2 million rows.
func BenchmarkTwoWay(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 1))
	units, periods := 10000, 120
	n := units * periods
	m := Model{Names: []string{"d", "x"}, X: [][]float64{make([]float64, n), make([]float64, n)}, Y: make([]float64, n)}
	unit := Key{Codes: make([]int, n), Labels: make([]string, units)}
	time := Key{Codes: make([]int, n), Labels: make([]string, periods)}
	for i := range n {
		unit.Codes[i], time.Codes[i] = i/periods, i%periods
		if unit.Codes[i]%2 == 0 && time.Codes[i] >= 60 {
			m.X[0][i] = 1
		}
		m.X[1][i], m.Y[i] = random.NormFloat64(), random.NormFloat64()
	}
	m.Fixed = []Key{unit, time}
	b.Run("from columns", func(b *testing.B) {
		id, when := make([]float64, n), make([]float64, n)
		for i := range n {
			id[i], when[i] = float64(unit.Codes[i]), float64(time.Codes[i])
		}
		f, err := NewFrame(Column{Name: "u", Numbers: id}, Column{Name: "t", Numbers: when}, Column{Name: "d", Numbers: m.X[0]}, Column{Name: "x", Numbers: m.X[1]}, Column{Name: "y", Numbers: m.Y})
		if err != nil {
			b.Fatal(err)
		}
		s := Spec{Design: "twfe", Outcome: "y", Unit: "u", Time: "t", Treated: "d", Covariates: []string{"x"}}
		for b.Loop() {
			if _, err := Run(s, f); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, bb := range []struct {
		name string
		rows int
	}{{"balanced", n}, {"unbalanced", n - 1}} {
		b.Run(bb.name, func(b *testing.B) {
			c := m
			c.X, c.Y = [][]float64{m.X[0][:bb.rows], m.X[1][:bb.rows]}, m.Y[:bb.rows]
			u, p := unit, time
			u.Codes, p.Codes = u.Codes[:bb.rows], p.Codes[:bb.rows]
			c.Fixed = []Key{u, p}
			for b.Loop() {
				if _, err := Regress(c, Errors{Kind: "cluster", Cluster: []Key{u}, DoF: "fixest"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
