package impact

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestRunsOnCases(t *testing.T) {
	lalonde := sharedFrame(t, "lalonde")
	eight := []string{"age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"}
	panel := Spec{Outcome: "cigsale", Unit: "state", Time: "year", Treated: "treated"}
	of := func(s Spec, design string, change func(*Spec)) Spec {
		s.Design = design
		if change != nil {
			change(&s)
		}
		return s
	}
	cross := Spec{Outcome: "y", Post: "post", Treated: "d", Covariates: []string{"x1", "x2", "x3", "x4"}}
	people := Spec{Outcome: "re78", Treated: "treat", Covariates: eight}
	for _, c := range []struct {
		set, id string
		f       *Frame
		s       Spec
	}{
		{"lalonde", "nn1_4cov_sate", nsw(t, lalonde, "nsw_dw"), of(people, "matching", func(s *Spec) {
			s.Covariates, s.Estimand, s.Variance = []string{"age", "educ", "re74", "re75"}, "ate", "sample"
		})},
		{"lalonde", "nn_8cov_att_m4_biasadj", nsw(t, lalonde, "nsw_dw"), of(people, "matching", func(s *Spec) {
			s.Neighbours, s.BiasAdjust, s.Variance = 4, true, "population"
		})},
		{"lalonde", "cps3_nn_8cov_att_m1", nsw(t, lalonde, "cps3"), of(people, "matching", nil)},
		{"prop99", "sdid", sharedFrame(t, "prop99"), of(panel, "sdid", nil)},
		{"prop99", "sc", sharedFrame(t, "prop99"), of(panel, "sdid", func(s *Spec) { s.Method = "sc" })},
		{"prop99", "did", sharedFrame(t, "prop99"), of(panel, "sdid", func(s *Spec) { s.Method = "did" })},
		{"prop99", "sc_exact_qp", sharedFrame(t, "prop99"), of(panel, "synthetic-control", nil)},
		{"sim_rc", "drdid_trad", sharedFrame(t, "sim_rc"), of(cross, "drdid-rc", nil)},
		{"sim_rc", "drdid_imp", sharedFrame(t, "sim_rc"), of(cross, "drdid-rc", func(s *Spec) { s.Method = "dr-improved" })},
		{"sim_rc", "ipw", sharedFrame(t, "sim_rc"), of(cross, "drdid-rc", func(s *Spec) { s.Method = "ipw" })},
		{"sim_rc", "or", sharedFrame(t, "sim_rc"), of(cross, "drdid-rc", func(s *Spec) { s.Method = "reg" })},
	} {
		t.Run(c.set+"/"+c.id, func(t *testing.T) {
			r, err := Run(c.s, c.f)
			if err != nil {
				t.Fatal(err)
			}
			p := publishedCases(t, c.set)[c.id]
			if p.StdErr == nil {
				p.check(t, "value", r.Effect.Value, p.number(t, "value"))
			} else {
				p.effect(t, *r.Effect)
			}
			if b, err := json.Marshal(r); err != nil || strings.Contains(string(b), "NaN") {
				t.Errorf("JSON: %v", err)
			}
		})
	}
}

func TestRunSyntheticPredictors(t *testing.T) {
	r, err := Run(Spec{
		Design: "synthetic-control", Outcome: "cigsale", Unit: "state", Time: "year", Treated: "treated",
		Predictors: []string{"lnincome:1980-1988", "age15to24:1980-1988", "retprice:1980-1988", "beer:1984-1988", "cigsale:1988", "cigsale:1980-1980", "cigsale:1975"},
	}, sharedFrame(t, "prop99"))
	if err != nil {
		t.Fatal(err)
	}
	want := publishedCases(t, "prop99")["adh2010_weights"].named(t, "value")
	got := map[string]float64{}
	for _, w := range r.Weights {
		got[w.Name] = w.Weight
	}
	for name, w := range want {
		if d := got[name] - w; d > 0.02 || d < -0.02 {
			t.Errorf("weight of %s = %.3f, want %.3f", name, got[name], w)
		}
	}
}

// TestCasesOfIndividuals lists which published cases of these sets the tests of the
// comparisons of individuals, synthetic designs and power reproduce, and which they
// leave to the regressions.
func TestCasesOfIndividuals(t *testing.T) {
	here := map[string][]string{
		"lalonde": {
			"nn1_age_sate", "nn1_4cov_sate", "nn3_4cov_sate", "nn_8cov_att_m1", "nn_8cov_att_m4", "nn_8cov_att_m4_biasadj",
			"nn_8cov_ate_m4_biasadj", "cps3_nn_8cov_att_m1", "ipw_att_hajek_cps1", "ipw_att_hajek_cps3", "ipw_att_hajek_psid1",
			"balance_smd_exp", "balance_smd_cps1",
		},
		"cattaneo2": {"ra", "ra_att", "ipw", "ipw_att", "aipw", "ipwra", "ipwra_att", "aipw_se_influence_only"},
		"sim_rc":    {"drdid_imp", "drdid_trad", "ipw", "or", "unconditional"},
		"prop99": {
			"noise_level", "sdid", "sc", "did", "sdid_exact_qp", "sc_exact_qp", "difp_exact_qp", "placebo_se_exhaustive_sdid",
			"placebo_se_exhaustive_sc", "placebo_se_exhaustive_did", "adh2010_weights", "adh2010_gap2000", "adh2010_mspe_ratio", "adh_equalV_loss",
		},
		"basque": {"weights", "gap_mean_1970_1997", "balance", "sc_outcomes_only_exact"},
	}
	for set, ids := range here {
		cases := publishedCases(t, set)
		for _, id := range ids {
			if _, ok := cases[id]; !ok {
				t.Errorf("%s: no published case %s", set, id)
			}
			delete(cases, id)
		}
		t.Logf("%s: %d cases here, left to the regressions: %v", set, len(ids), slices.Sorted(maps.Keys(cases)))
	}
}

func TestBalanceLalonde(t *testing.T) {
	f, cases := sharedFrame(t, "lalonde"), publishedCases(t, "lalonde")
	names := []string{"age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"}
	for id, control := range map[string]string{"balance_smd_exp": "nsw_dw", "balance_smd_cps1": "cps1"} {
		data := nsw(t, f, control)
		x, d := columnsOf(t, data, names), numbersOf(t, data, "treat")
		one := equal(len(d))
		for j, b := range WeightedBalances(names, x, d, one) {
			cases[id].check(t, names[j], b.Difference, cases[id].named(t, "value")[names[j]])
			if plain := Balances(names, x, d)[j]; !close9(plain.Difference, b.Difference) {
				t.Errorf("%s: %g without weights, %g with equal ones", names[j], plain.Difference, b.Difference)
			}
		}
	}
}

// What the command cannot use is one clear error.
func TestRunsRefuse(t *testing.T) {
	people, err := NewFrame(
		Column{Name: "y", Numbers: []float64{1, 2, 3, 4, 5, 6, 8, 7}},
		Column{Name: "d", Numbers: []float64{0, 0, 0, 0, 1, 1, 1, 1}},
		Column{Name: "x", Numbers: []float64{1, 2, 1, 3, 2, 3, 1, 2}},
		Column{Name: "twice", Numbers: []float64{2, 4, 2, 6, 4, 6, 2, 4}},
		Column{Name: "early", Numbers: []float64{1, 1, 1, 1, 9, 9, 9, 9}},
		Column{Name: "flat", Numbers: []float64{3, 3, 3, 3, 3, 3, 3, 3}},
		Column{Name: "unit", Text: []string{"a", "a", "b", "b", "c", "c", "d", "d"}},
		Column{Name: "time", Numbers: []float64{1, 2, 1, 2, 1, 2, 1, 2}},
		Column{Name: "back", Numbers: []float64{0, 0, 0, 0, 0, 0, 1, 0}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		s    Spec
		says string
	}{
		{Spec{Design: "matching", Outcome: "y", Treated: "d"}, "--covariates"},
		{Spec{Design: "matching", Outcome: "y", Treated: "d", Covariates: []string{"flat"}}, `"flat" is constant`},
		{Spec{Design: "matching", Outcome: "y", Treated: "d", Covariates: []string{"x"}, Neighbours: 9}, "too few"},
		{Spec{Design: "matching", Outcome: "y", Treated: "d", Covariates: []string{"x"}, Variance: "both"}, "--variance"},
		{Spec{Design: "ipw", Outcome: "y", Treated: "d", Covariates: []string{"early"}}, `separated by "early"`},
		{Spec{Design: "aipw", Outcome: "y", Treated: "d", Covariates: []string{"x", "twice"}}, `"twice" is collinear with "x"`},
		{Spec{Design: "ra", Outcome: "flat", Treated: "d", Covariates: []string{"x"}}, "constant"},
		{Spec{Design: "ipwra", Outcome: "y", Treated: "flat", Covariates: []string{"x"}}, "must be 0 or 1"},
		{Spec{Design: "drdid", Outcome: "y", Treated: "d"}, "--unit and --time"},
		{Spec{Design: "drdid", Outcome: "y", Treated: "back", Unit: "unit", Time: "time"}, "treated and then untreated"},
		{Spec{Design: "drdid-rc", Outcome: "y", Treated: "d"}, "--post"},
		{Spec{Design: "sdid", Outcome: "y", Treated: "d"}, "--unit and --time"},
		{Spec{Design: "sdid", Outcome: "y", Treated: "d", Unit: "unit", Time: "time"}, "too few"},
		{Spec{Design: "synthetic-control", Outcome: "y", Treated: "d", Unit: "unit", Time: "time", Predictors: []string{"x:9-1"}}, `predictor "x:9-1"`},
		{Spec{Design: "power"}, "--n1"},
		{Spec{Design: "power", Power: PowerSpec{N1: 10, Rho: 0.5}}, "--pre"},
		{Spec{Design: "power", Power: PowerSpec{N1: 10, ClusterSize: 10, ICC: 0.1}}, "clusters"},
	} {
		_, err := Run(c.s, people)
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "NaN") {
			t.Errorf("%s %+v: %v, want %q", c.s.Design, c.s.Covariates, err, c.says)
		}
	}
}

func TestRunPower(t *testing.T) {
	for _, c := range []struct {
		p    PowerSpec
		mde  float64
		name string
	}{
		{PowerSpec{N1: 100}, 0.398140733302118, "two groups"},
		{PowerSpec{N1: 400, N2: 400, ICC: 0.05, ClusterSize: 20}, 0.283940470158731, "clusters"},
		{PowerSpec{N1: 100, Pre: 4, Post: 4, Rho: 0.5}, 0.398140733302118 * math.Sqrt(0.225), "before and after"},
	} {
		r, err := Run(Spec{Design: "power", Power: c.p}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.MDE/c.mde-1) > 1e-5 {
			t.Errorf("%s: mde %g, want %g", c.name, r.MDE, c.mde)
		}
	}
	r, err := Run(Spec{Design: "power", Power: PowerSpec{Effect: 0.5}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Settings["n_per_group"].(float64); math.Abs(n-63.7656) > 1e-3 {
		t.Errorf("n = %g, want 63.77", n)
	}
}

// Reports do not depend on the order of rows, on names of units that sort alike, or
// on the unit of the outcome.
func TestRunsInvariance(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 3))
	const units, periods = 14, 12
	var unit, label []string
	var period, y, d, x, post []float64
	for u := range units {
		level := r.NormFloat64()
		for p := range periods {
			unit, label = append(unit, fmt.Sprintf("u%02d", u)), append(label, fmt.Sprintf("plant %c", 'A'+u))
			treated := 0.0
			if u >= 12 && p >= 8 {
				treated = 1
			}
			period, d = append(period, float64(p)), append(d, treated)
			x = append(x, r.NormFloat64())
			post = append(post, float64(p/6))
			y = append(y, level+0.2*float64(p)+treated+0.5*x[len(x)-1]+r.NormFloat64())
		}
	}
	ever := make([]float64, len(d))
	for i := range ever {
		ever[i] = float64(i / (periods * units / 2))
	}
	order := r.Perm(len(y))
	y10 := pick(y, order)
	for i := range y10 {
		y10[i] *= 10
	}
	a, err := NewFrame(Column{Name: "u", Text: unit}, Column{Name: "t", Numbers: period}, Column{Name: "y", Numbers: y}, Column{Name: "d", Numbers: d},
		Column{Name: "x", Numbers: x}, Column{Name: "post", Numbers: post}, Column{Name: "ever", Numbers: ever})
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewFrame(Column{Name: "u", Text: pick(label, order)}, Column{Name: "t", Numbers: pick(period, order)}, Column{Name: "y", Numbers: y10}, Column{Name: "d", Numbers: pick(d, order)},
		Column{Name: "x", Numbers: pick(x, order)}, Column{Name: "post", Numbers: pick(post, order)}, Column{Name: "ever", Numbers: pick(ever, order)})
	if err != nil {
		t.Fatal(err)
	}
	panel := Spec{Outcome: "y", Unit: "u", Time: "t", Treated: "d"}
	people := Spec{Outcome: "y", Treated: "ever", Covariates: []string{"x"}}
	for _, s := range []Spec{
		{Design: "sdid"},
		{Design: "sdid", SE: "jackknife"},
		{Design: "sdid", SE: "bootstrap", Draws: 30},
		{Design: "sdid", Covariates: []string{"x"}, PlaceboTime: "5"},
		{Design: "synthetic-control", SE: "placebo", PlaceboTime: "5"},
		{Design: "matching"},
		{Design: "ipw"},
		{Design: "aipw", Cluster: []string{"u"}},
		{Design: "ra", Estimand: "att"},
		{Design: "ipwra", Estimand: "atc"},
		{Design: "drdid-rc", Post: "post", Method: "dr-improved"},
	} {
		base := people
		if s.Design == "sdid" || s.Design == "synthetic-control" {
			base = panel
		} else {
			s.Covariates = base.Covariates
		}
		s.Outcome, s.Unit, s.Time, s.Treated = base.Outcome, base.Unit, base.Time, base.Treated
		one, err := Run(s, a)
		if err != nil {
			t.Fatalf("%s: %v", s.Design, err)
		}
		two, err := Run(s, b)
		if err != nil {
			t.Fatalf("%s: %v", s.Design, err)
		}
		again, _ := Run(s, a)
		first, _ := json.Marshal(one)
		second, _ := json.Marshal(again)
		if string(first) != string(second) {
			t.Errorf("%s: two runs differ", s.Design)
		}
		if !nearly(two.Effect.Value/10, one.Effect.Value) || !nearly(two.Effect.StdErr/10, one.Effect.StdErr) || len(one.Checks) != len(two.Checks) {
			t.Errorf("%s %s: %+v became %+v", s.Design, s.SE, *one.Effect, *two.Effect)
		}
	}
}

func nearly(a, b float64) bool {
	return a == b || math.Abs(a-b) <= 1e-7 || math.IsNaN(a) && math.IsNaN(b)
}
