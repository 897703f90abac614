package impact

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
)

// california reads prop99 as a block: 38 states, then California.
func california(t *testing.T) (b Block, names []string) {
	t.Helper()
	f := sharedFrame(t, "prop99")
	units, _ := f.Key("state")
	periods, _ := f.Periods("year")
	y := numbersOf(t, f, "cigsale")
	rows := make([][]float64, units.Levels())
	for i := range rows {
		rows[i] = make([]float64, periods.Levels())
	}
	for i, v := range y {
		rows[units.Codes[i]][periods.Codes[i]] = v
	}
	for i, name := range units.Labels {
		if name != "California" {
			b.Y, names = append(b.Y, rows[i]), append(names, name)
		}
	}
	for i, name := range units.Labels {
		if name == "California" {
			b.Y, names = append(b.Y, rows[i]), append(names, name)
		}
	}
	b.Control, b.Before = 38, 19
	return b, names
}

func TestSyntheticDiDProp99(t *testing.T) {
	b, names := california(t)
	cases := publishedCases(t, "prop99")
	for id, o := range map[string]SDIDOptions{
		"sdid": {}, "sc": {Method: "sc"}, "did": {Method: "did"},
		"sdid_exact_qp": {Exact: true}, "sc_exact_qp": {Method: "sc", Exact: true}, "difp_exact_qp": {Method: "difp", Exact: true},
	} {
		t.Run(id, func(t *testing.T) {
			got, err := SyntheticDiD(b, o)
			if err != nil {
				t.Fatal(err)
			}
			c := cases[id]
			c.check(t, "value", got.Effect, c.number(t, "value"))
			if _, ok := c.raw["omega"]; !ok {
				return
			}
			want := c.named(t, "omega")
			for i, w := range got.Omega {
				if math.Abs(w-want[names[i]]) > 5e-5 {
					t.Errorf("weight of %s = %.6f, want %.6f", names[i], w, want[names[i]])
				}
			}
		})
	}
	got, _ := SyntheticDiD(b, SDIDOptions{})
	cases["noise_level"].check(t, "noise", got.Noise, 5.49440101857951)
	cases["noise_level"].check(t, "zeta.omega", got.ZetaOmega, 10.2262325714912)
}

func TestSyntheticDiDPlacebos(t *testing.T) {
	b, names := california(t)
	cases := publishedCases(t, "prop99")
	a := Adoption{Y: b.Y, First: make([]int, 39)}
	for i := range a.First {
		a.First[i] = 31
	}
	a.First[38] = 19
	for _, method := range []string{"sdid", "sc", "did"} {
		c := cases["placebo_se_exhaustive_"+method]
		got, err := StaggeredSyntheticDiD(a, SDIDOptions{Method: method}, SDIDErrorOptions{})
		if err != nil {
			t.Fatal(err)
		}
		c.check(t, "se", got.Effect.StdErr, c.number(t, "value"))
		c.check(t, "rank p", RankP(got.Effect.Value, got.Placebos), c.number(t, "rank_p_two_sided"))
		want := c.named(t, "placebos")
		for i, p := range got.Placebos {
			if math.Abs(p-want[names[i]]) > 2e-3 {
				t.Errorf("%s: placebo %s = %.6f, want %.6f", method, names[i], p, want[names[i]])
			}
		}
	}
}

// panelWithEffect draws n units over t periods with unit levels, a common trend,
// autocorrelated noise and an effect on the last treated ones from a period on.
func panelWithEffect(r *rand.Rand, n, treated, periods, first int, effect float64) Adoption {
	a := Adoption{Y: make([][]float64, n), First: make([]int, n)}
	common := make([]float64, periods)
	for t := 1; t < periods; t++ {
		common[t] = common[t-1] + r.NormFloat64()
	}
	for i := range n {
		a.First[i] = periods
		if i >= n-treated {
			a.First[i] = first
		}
		level, load := 3*r.NormFloat64(), 1+0.3*r.NormFloat64()
		a.Y[i] = make([]float64, periods)
		noise := r.NormFloat64()
		for t := range periods {
			noise = 0.5*noise + r.NormFloat64()
			a.Y[i][t] = level + load*common[t] + noise
			if t >= a.First[i] {
				a.Y[i][t] += effect
			}
		}
	}
	return a
}

// Adding constants to units and a line in time, and scaling, change nothing but the
// scale; nor does the order of the units.
func TestSyntheticDiDInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	a := panelWithEffect(r, 24, 3, 20, 14, 2)
	for _, kind := range []string{"placebo", "jackknife", "bootstrap"} {
		base, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Kind: kind, Draws: 40})
		if err != nil {
			t.Fatal(err)
		}
		moved := Adoption{First: a.First}
		for i, row := range a.Y {
			out := make([]float64, len(row))
			for k, v := range row {
				out[k] = 10*(v+float64(i)) + 3*float64(k)
			}
			moved.Y = append(moved.Y, out)
		}
		again, err := StaggeredSyntheticDiD(moved, SDIDOptions{}, SDIDErrorOptions{Kind: kind, Draws: 40})
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(again.Effect.Value/10-base.Effect.Value) > 1e-6 || math.Abs(again.Effect.StdErr/10-base.Effect.StdErr) > 1e-6 {
			t.Errorf("%s: %v became %v", kind, base.Effect, again.Effect)
		}
	}
	base, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Kind: "jackknife"})
	if err != nil {
		t.Fatal(err)
	}
	order := r.Perm(24)
	again, err := StaggeredSyntheticDiD(Adoption{Y: pick(a.Y, order), First: pick(a.First, order)}, SDIDOptions{}, SDIDErrorOptions{Kind: "jackknife"})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(again.Effect.Value-base.Effect.Value) > 1e-9 || math.Abs(again.Effect.StdErr-base.Effect.StdErr) > 1e-9 {
		t.Errorf("in another order: %v became %v", base.Effect, again.Effect)
	}
}

// The same bytes on one processor and on several.
func TestSyntheticDiDProcessors(t *testing.T) {
	a := panelWithEffect(rand.New(rand.NewPCG(5, 4)), 20, 2, 16, 12, 2)
	before := runtime.GOMAXPROCS(1)
	one, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Draws: 30, Seed: 3})
	runtime.GOMAXPROCS(max(before, 4))
	four, _ := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Draws: 30, Seed: 3})
	runtime.GOMAXPROCS(before)
	if err != nil || one.Effect != four.Effect {
		t.Errorf("%v on one processor, %v on four: %v", one.Effect, four.Effect, err)
	}
}

// Two dates: the average of the cohorts, weighted by treated cells.
func TestStaggeredSyntheticDiD(t *testing.T) {
	a := panelWithEffect(rand.New(rand.NewPCG(6, 4)), 30, 4, 20, 12, 2)
	a.First[29], a.First[28], a.First[27] = 16, 16, 16
	got, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Kind: "none"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Cohorts) != 2 || math.Abs(got.Cohorts[0].Weight-8.0/20) > 1e-12 {
		t.Fatalf("cohorts %+v", got.Cohorts)
	}
	want := 0.0
	for _, c := range got.Cohorts {
		b := Block{Control: 26, Before: c.First}
		b.Y = append(b.Y, a.Y[:26]...)
		for _, i := range c.Units {
			b.Y = append(b.Y, a.Y[i])
		}
		one, err := SyntheticDiD(b, SDIDOptions{})
		if err != nil {
			t.Fatal(err)
		}
		want += c.Weight * one.Effect
	}
	if math.Abs(got.Effect.Value-want) > 1e-12 {
		t.Errorf("effect %g, want %g", got.Effect.Value, want)
	}
	if _, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Kind: "jackknife"}); !errors.Is(err, ErrTooFew) {
		t.Errorf("jackknife with one unit in a cohort: %v", err)
	}
}

// 95 % intervals cover, with placebo errors for one treated unit and for several.
func TestSyntheticDiDCoverage(t *testing.T) {
	n := simulations(60)
	for _, treated := range []int{1, 4} {
		covered := 0
		for run := range n {
			a := panelWithEffect(rand.New(rand.NewPCG(uint64(run), 9)), 24+treated, treated, 24, 18, 1)
			got, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{Draws: 60})
			if err != nil {
				t.Fatal(err)
			}
			if got.Effect.Lo <= 1 && 1 <= got.Effect.Hi {
				covered++
			}
		}
		t.Logf("%d treated: %d of %d", treated, covered, n)
		within(t, "coverage", covered, n, 0.93, 0.97)
	}
}

func TestSyntheticDiDRefuses(t *testing.T) {
	ok := panelWithEffect(rand.New(rand.NewPCG(7, 4)), 8, 1, 10, 6, 0)
	flat := Adoption{First: ok.First}
	for range ok.Y {
		flat.Y = append(flat.Y, make([]float64, 10))
	}
	hole := Adoption{Y: append([][]float64{{1, 2, math.NaN(), 4, 5, 6, 7, 8, 9, 10}}, ok.Y[1:]...), First: ok.First}
	parallel := Adoption{First: ok.First}
	for i := range ok.Y {
		row := make([]float64, 10)
		for k := range row {
			row[k] = float64(i + k)
		}
		parallel.Y = append(parallel.Y, row)
	}
	early := Adoption{Y: ok.Y, First: append(append([]int(nil), ok.First[:7]...), 1)}
	nobody := Adoption{Y: ok.Y, First: append(append([]int(nil), ok.First[:7]...), 10)}
	for _, c := range []struct {
		name string
		a    Adoption
		e    SDIDErrorOptions
		want error
	}{
		{"constant", flat, SDIDErrorOptions{}, ErrConstant},
		{"NaN", hole, SDIDErrorOptions{}, ErrNotFinite},
		{"one period before", early, SDIDErrorOptions{}, ErrTooFew},
		{"nobody treated", nobody, SDIDErrorOptions{}, ErrTooFew},
		{"jackknife of one", ok, SDIDErrorOptions{Kind: "jackknife"}, ErrTooFew},
		{"bootstrap of one", ok, SDIDErrorOptions{Kind: "bootstrap"}, ErrTooFew},
		{"too few untreated", Adoption{Y: ok.Y[5:], First: []int{10, 10, 6}}, SDIDErrorOptions{}, ErrTooFew},
		{"one untreated", Adoption{Y: ok.Y[6:], First: []int{10, 6}}, SDIDErrorOptions{}, ErrNoComparison},
	} {
		if got, err := StaggeredSyntheticDiD(c.a, SDIDOptions{}, c.e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, got, err, c.want)
		}
	}
	if _, err := StaggeredSyntheticDiD(parallel, SDIDOptions{}, SDIDErrorOptions{}); err == nil {
		t.Error("parallel lines without noise were accepted")
	}
	if _, err := StaggeredSyntheticDiD(ok, SDIDOptions{Method: "magic"}, SDIDErrorOptions{}); err == nil {
		t.Error("an unknown method was accepted")
	}
	if _, err := StaggeredSyntheticDiD(ok, SDIDOptions{}, SDIDErrorOptions{Kind: "hc2"}); err == nil {
		t.Error("an unknown error was accepted")
	}
}

func ExampleSyntheticDiD() {
	b := Block{Control: 3, Before: 4, Y: [][]float64{
		{10, 11, 13, 12, 14, 15},
		{20, 20, 21, 23, 22, 24},
		{5, 7, 6, 8, 9, 8},
		{14, 15, 16, 17, 21, 22}, // treated in the last two periods
	}}
	s, err := SyntheticDiD(b, SDIDOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("%+.1f\n", s.Effect)
	// Output: +3.6
}

func BenchmarkSyntheticDiD(b *testing.B) {
	a := panelWithEffect(rand.New(rand.NewPCG(1, 1)), 501, 1, 120, 100, 1)
	for b.Loop() {
		if _, err := StaggeredSyntheticDiD(a, SDIDOptions{}, SDIDErrorOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Placebos from shared cross-products are those of the estimator itself.
func TestPlaceboEngine(t *testing.T) {
	a := panelWithEffect(rand.New(rand.NewPCG(8, 4)), 30, 3, 24, 16, 2)
	a.First[29] = 20
	for _, method := range []string{"sdid", "sc", "difp", "did"} {
		p := &staggeredPanel{a: a, o: SDIDOptions{Method: method}, periods: 24}
		s, err := p.estimate(indices(30), a.First)
		if err != nil {
			t.Fatal(err)
		}
		order := rand.New(rand.NewPCG(1, 1)).Perm(27)
		fast, err := p.placeboOf(s, []int{16, 16, 20})(order)
		if err != nil {
			t.Fatal(err)
		}
		units, first := pick(s.Control, order), []int{16, 16, 20}
		for len(first) < 27 {
			first = append(first, 24)
		}
		slow, err := p.estimate(units, first)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(fast-slow.Effect.Value) > 1e-8 {
			t.Errorf("%s: %.12g from shared products, %.12g afresh", method, fast, slow.Effect.Value)
		}
	}
}
