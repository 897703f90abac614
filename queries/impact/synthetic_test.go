package impact

import (
	"encoding/json"
	"math"
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
		{"lnincome", 1980, 1988}, {"age15to24", 1980, 1988}, {"retprice", 1980, 1988}, {"beer", 1984, 1988},
		{"cigsale", 1988, 1988}, {"cigsale", 1980, 1980}, {"cigsale", 1975, 1975},
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
