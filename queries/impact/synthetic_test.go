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

// averages are the means of a column over years FROM to TO by unit.
func averages(t *testing.T, f *Frame, unit, column string, from, to float64) map[string]float64 {
	t.Helper()
	units, _ := f.text(unit)
	year := numbersOf(t, f, "year")
	total, n := map[string]float64{}, map[string]float64{}
	for i, v := range numbersOf(t, f, column) {
		if year[i] >= from && year[i] <= to && !math.IsNaN(v) {
			total[units[i]] += v
			n[units[i]]++
		}
	}
	for u := range total {
		total[u] /= n[u]
	}
	return total
}

// predictorOf arranges a number per unit as a predictor: donors in order, then the
// treated.
func predictorOf(name string, by map[string]float64, names []string) Predictor {
	p := Predictor{Name: name, Treated: by[names[len(names)-1]]}
	for _, u := range names[:len(names)-1] {
		p.Donors = append(p.Donors, by[u])
	}
	return p
}

// smoking are the predictors of Abadie, Diamond & Hainmueller (2010).
func smoking(t *testing.T, names []string) []Predictor {
	t.Helper()
	f := sharedFrame(t, "prop99")
	var out []Predictor
	for _, p := range []struct {
		name     string
		from, to float64
	}{
		{"lnincome", 1980, 1988},
		{"age15to24", 1980, 1988},
		{"retprice", 1980, 1988},
		{"beer", 1984, 1988},
		{"cigsale", 1988, 1988},
		{"cigsale", 1980, 1980},
		{"cigsale", 1975, 1975},
	} {
		out = append(out, predictorOf(p.name, averages(t, f, "state", p.name, p.from, p.to), names))
	}
	return out
}

func TestSyntheticControlProp99(t *testing.T) {
	b, names := california(t)
	cases := publishedCases(t, "prop99")
	x := smoking(t, names)
	got, err := SyntheticControl(b.Y[38], b.Y[:38], 19, SyntheticOptions{Predictors: x})
	if err != nil {
		t.Fatal(err)
	}
	want := cases["adh2010_weights"].named(t, "value")
	for i, w := range got.Weights {
		if math.Abs(w-want[names[i]]) > 0.02 {
			t.Errorf("weight of %s = %.4f, want %.4f", names[i], w, want[names[i]])
		}
	}
	c := cases["adh2010_gap2000"]
	c.check(t, "gap in 2000", got.Gap[30], c.number(t, "value"))
	equal, err := SyntheticControl(b.Y[38], b.Y[:38], 19, SyntheticOptions{Predictors: x, V: []float64{1, 1, 1, 1, 1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	c = cases["adh_equalV_loss"]
	c.check(t, "loss", equal.LossW, c.number(t, "value"))
}

// The published ratio leaves California out of the donors of the others.
func TestPlacebosInSpaceProp99(t *testing.T) {
	if testing.Short() {
		t.Skip("38 searches for the importance of predictors")
	}
	b, names := california(t)
	o := SyntheticOptions{Predictors: smoking(t, names)}
	own, err := SyntheticControl(b.Y[38], b.Y[:38], 19, o)
	if err != nil {
		t.Fatal(err)
	}
	c := publishedCases(t, "prop99")["adh2010_mspe_ratio"]
	c.check(t, "ratio", own.Ratio(), c.number(t, "value"))
	var ratios []float64
	for _, p := range PlacebosInSpace(b.Y[:38], 19, o) {
		ratios = append(ratios, p.Ratio)
	}
	// One state is missing in the published list of 38; here none is.
	if p := RankP(own.Ratio(), ratios); math.Abs(p-1.0/39) > 1e-12 {
		t.Errorf("p = %g, want 1/39: California first", p)
	}
}

// basque reads the Basque Country and 16 regions, and the predictors of Abadie,
// Diamond & Hainmueller (Journal of Statistical Software 42, 2011): schooling as
// shares with the two highest levels joined.
func basque(t *testing.T) (b Block, names []string, x []Predictor) {
	t.Helper()
	f := sharedFrame(t, "basque")
	number, _ := f.text("regionno")
	f = rowsWhere(f, func(i int) bool { return number[i] != "1" }) // Spain as a whole
	units, _ := f.Key("regionname")
	periods, _ := f.Periods("year")
	rows := make([][]float64, units.Levels())
	for i := range rows {
		rows[i] = make([]float64, periods.Levels())
	}
	for i, v := range numbersOf(t, f, "gdpcap") {
		rows[units.Codes[i]][periods.Codes[i]] = v
	}
	treated := 0
	for i, name := range units.Labels {
		if strings.HasPrefix(name, "Basque") {
			treated = i
			continue
		}
		b.Y, names = append(b.Y, rows[i]), append(names, name)
	}
	b.Y, names = append(b.Y, rows[treated]), append(names, units.Labels[treated])
	b.Control, b.Before = 16, 15
	by := func(column string, from float64) map[string]float64 {
		return averages(t, f, "regionname", column, from, 1969)
	}
	levels := []string{"school.illit", "school.prim", "school.med", "school.high", "school.post.high"}
	school, total := map[string]map[string]float64{}, map[string]float64{}
	for _, l := range levels {
		school[l] = by(l, 1964)
		for u, v := range school[l] {
			total[u] += v
		}
	}
	for _, l := range levels[:4] {
		share := map[string]float64{}
		for _, u := range names {
			v := school[l][u]
			if l == "school.high" {
				v += school["school.post.high"][u]
			}
			share[u] = 100 * v / total[u]
		}
		x = append(x, predictorOf(l, share, names))
	}
	x = append(x, predictorOf("invest", by("invest", 1964), names), predictorOf("gdpcap", by("gdpcap", 1960), names))
	for _, c := range []string{"agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa"} {
		x = append(x, predictorOf(c, by("sec."+c, 1961), names))
	}
	return b, names, append(x, predictorOf("popdens", by("popdens", 1969), names))
}

func TestSyntheticControlBasque(t *testing.T) {
	b, names, x := basque(t)
	cases := publishedCases(t, "basque")
	got, err := SyntheticControl(b.Y[16], b.Y[:16], 15, SyntheticOptions{Predictors: x, FitFrom: 5, FitTo: 15})
	if err != nil {
		t.Fatal(err)
	}
	c := cases["weights"]
	for i, w := range got.Weights {
		c.check(t, names[i], w, c.named(t, "value")[names[i]])
	}
	c = cases["gap_mean_1970_1997"]
	c.check(t, "mean gap", got.Effect, c.number(t, "value"))
	c = cases["balance"]
	var balance []float64
	if err := json.Unmarshal(c.raw["value"], &balance); err != nil {
		t.Fatal(err)
	}
	for k, want := range balance {
		c.check(t, x[k].Name, got.Synthetic[k], want)
	}
	outcomes, err := SyntheticControl(b.Y[16], b.Y[:16], 15, SyntheticOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c = cases["sc_outcomes_only_exact"]
	c.check(t, "mean gap", outcomes.Effect, c.number(t, "value"))
	c.check(t, "pre rmspe", math.Sqrt(outcomes.PreMSPE), c.number(t, "pre_rmspe"))
}

// drawn is a target that is 0.6 and 0.4 of two donors until an effect of 5.
func drawn(seed uint64) (target []float64, donors [][]float64) {
	r := rand.New(rand.NewPCG(seed, 6))
	for range 8 {
		d := make([]float64, 14)
		for t := range d {
			d[t] = 50 + 10*r.NormFloat64()
		}
		donors = append(donors, d)
	}
	target = make([]float64, 14)
	for t := range target {
		target[t] = 0.6*donors[1][t] + 0.4*donors[4][t]
		if t >= 10 {
			target[t] += 5
		}
	}
	return target, donors
}

func TestSyntheticControlExact(t *testing.T) {
	target, donors := drawn(1)
	s, err := SyntheticControl(target, donors, 10, SyntheticOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(s.Effect-5) > 1e-4 || math.Abs(s.Weights[1]-0.6) > 1e-5 || s.PreMSPE > 1e-6 {
		t.Errorf("effect %g, weights %.4f, fit %g", s.Effect, s.Weights, s.PreMSPE)
	}
	// With predictors that the same mixture has, any importance gives it back.
	var x []Predictor
	for k := range 3 {
		p := Predictor{Name: string(rune('a' + k)), Treated: 0.6*donors[1][k] + 0.4*donors[4][k]}
		for _, d := range donors {
			p.Donors = append(p.Donors, d[k])
		}
		x = append(x, p)
	}
	s, err = SyntheticControl(target, donors, 10, SyntheticOptions{Predictors: x})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(sum(s.V)-1) > 1e-12 || s.LossW > 1e-6 {
		t.Errorf("V %.3f, loss %g", s.V, s.LossW)
	}
	placebos := PlacebosInSpace(donors, 10, SyntheticOptions{})
	var ratios []float64
	for _, p := range placebos {
		ratios = append(ratios, p.Ratio)
	}
	if p := RankP(s.Ratio(), ratios); len(placebos) != 8 || p > 1 || p < 1.0/9 {
		t.Errorf("%d placebos, p = %g", len(placebos), p)
	}
	for _, p := range placebos {
		afresh, err := SyntheticControl(donors[p.Unit], without(donors, p.Unit), 10, SyntheticOptions{})
		if err != nil || math.Abs(afresh.Effect-p.Effect) > 1e-6 {
			t.Errorf("placebo %d: %g from shared products, %v afresh: %v", p.Unit, p.Effect, afresh, err)
		}
	}
	left, err := LeaveOneOut(target, donors, 10, SyntheticOptions{}, []float64{0, 0.6, 0, 0, 0.4, 0, 0, 0})
	if err != nil || len(left) != 2 || left[0].Unit != 1 || left[1].Unit != 4 {
		t.Errorf("left out: %+v, %v", left, err)
	}
}

// The order of donors and the units of predictors and of the outcome do not matter.
func TestSyntheticControlInvariance(t *testing.T) {
	target, donors := drawn(2)
	for k := range target {
		target[k] += 3 * math.Sin(float64(k))
	}
	x := []Predictor{{Name: "a", Treated: 52}, {Name: "b", Treated: 49}}
	for i, d := range donors {
		x[0].Donors = append(x[0].Donors, mean(d[:5]))
		x[1].Donors = append(x[1].Donors, float64(45+2*i))
	}
	order := []int{7, 3, 1, 0, 6, 2, 5, 4}
	for _, o := range []SyntheticOptions{{}, {Predictors: x, V: []float64{0.5, 0.5}}, {Predictors: x}} {
		base, err := SyntheticControl(target, donors, 10, o)
		if err != nil {
			t.Fatal(err)
		}
		p := o
		p.Predictors = nil
		for _, q := range o.Predictors {
			moved := Predictor{Name: q.Name, Treated: 100*q.Treated + 5}
			for _, v := range pick(q.Donors, order) {
				moved.Donors = append(moved.Donors, 100*v+5)
			}
			p.Predictors = append(p.Predictors, moved)
		}
		again, err := SyntheticControl(target, pick(donors, order), 10, p)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(base.Effect-again.Effect) > 1e-4 {
			t.Errorf("effect %g became %g", base.Effect, again.Effect)
		}
	}
}

func TestSyntheticControlRefuses(t *testing.T) {
	target, donors := drawn(3)
	same := make([]float64, 8)
	for _, c := range []struct {
		name   string
		target []float64
		donors [][]float64
		before int
		o      SyntheticOptions
		want   error
	}{
		{"one donor", target, donors[:1], 10, SyntheticOptions{}, ErrNoComparison},
		{"nothing before", target, donors, 0, SyntheticOptions{}, ErrTooFew},
		{"nothing after", target, donors, 14, SyntheticOptions{}, ErrTooFew},
		{"NaN", append([]float64{math.NaN()}, target[1:]...), donors, 10, SyntheticOptions{}, ErrNotFinite},
		{"infinite predictor", target, donors, 10, SyntheticOptions{Predictors: []Predictor{{Name: "a", Treated: math.Inf(1), Donors: same}}}, ErrNotFinite},
	} {
		if _, err := SyntheticControl(c.target, c.donors, c.before, c.o); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for name, o := range map[string]SyntheticOptions{
		"predictor is constant": {Predictors: []Predictor{{Name: "a", Donors: same}}},
		"predictor is short":    {Predictors: []Predictor{{Name: "a", Donors: same[:3]}}},
		"importances are 0":     {Predictors: []Predictor{{Name: "a", Treated: 1, Donors: same}}, V: []float64{0}},
		"fit periods":           {FitFrom: 5, FitTo: 12},
	} {
		if _, err := SyntheticControl(target, donors, 10, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Nelder and Mead's own test function and Rosenbrock's.
func TestNelderMead(t *testing.T) {
	value, at := nelderMead(func(x []float64) float64 {
		return 100*(x[1]-x[0]*x[0])*(x[1]-x[0]*x[0]) + (1-x[0])*(1-x[0])
	}, []float64{-1.2, 1})
	if value > 1e-5 || math.Abs(at[0]-1) > 0.01 {
		t.Errorf("Rosenbrock: %g at %v", value, at)
	}
}

func ExampleSyntheticControl() {
	donors := [][]float64{{10, 12, 14, 15, 16}, {20, 21, 20, 22, 23}, {5, 9, 30, 8, 9}}
	plant := []float64{13, 14.7, 15.8, 19, 20}
	s, err := SyntheticControl(plant, donors, 3, SyntheticOptions{})
	if err != nil {
		panic(err)
	}
	fmt.Printf("weights %.2f, effect %+.1f\n", s.Weights, s.Effect)
	// Output: weights [0.70 0.30 0.00], effect +1.9
}

func BenchmarkSyntheticControl(b *testing.B) {
	a := panelWithEffect(rand.New(rand.NewPCG(1, 1)), 501, 1, 120, 100, 1)
	for b.Loop() {
		if _, err := SyntheticControl(a.Y[500], a.Y[:500], 100, SyntheticOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPlacebosInSpace(b *testing.B) {
	a := panelWithEffect(rand.New(rand.NewPCG(1, 1)), 501, 1, 120, 100, 1)
	for b.Loop() {
		PlacebosInSpace(a.Y[:500], 100, SyntheticOptions{})
	}
}
