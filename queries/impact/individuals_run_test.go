package impact

import (
	"encoding/json"
	"strings"
	"testing"
)

// runs are the designs of this file's tests, called as [Run] calls them.
func runs(s Spec, f *Frame) (*Report, error) {
	if s.Level == 0 {
		s.Level = 0.95
	}
	if s.Seed == 0 {
		s.Seed = 1
	}
	return map[string]design{
		"synthetic-control": runSyntheticControl, "sdid": runSDID, "matching": runMatching, "ipw": runWeighting,
		"aipw": runWeighting, "ra": runWeighting, "ipwra": runWeighting, "drdid": runDRDID, "drdid-rc": runDRDIDCross, "power": runPower,
	}[s.Design](s, f)
}

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
			r, err := runs(c.s, c.f)
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
	r, err := runs(Spec{
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
