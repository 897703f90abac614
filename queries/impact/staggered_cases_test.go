package impact

import (
	"math"
	"strings"
	"testing"
)

// cellsAt finds a group-time effect.
func (r *Report) cell(t *testing.T, g, when float64) Estimate {
	t.Helper()
	for _, e := range r.Effects {
		if e.Kind == KindGroupTime && e.Group == g && e.Time == when {
			return e.Estimate
		}
	}
	t.Fatalf("no cell %v %v", g, when)
	return Estimate{}
}

// aggregate gives an aggregate with its parts under the names of the cases.
func (r *Report) aggregate(kind string) map[string]any {
	e := r.Aggregates[kind]
	out := of(e)
	if kind == AverageSimple {
		return out
	}
	var at, att, se []float64
	for _, e := range r.Effects {
		if e.Kind == kind {
			at = append(at, map[string]float64{KindEvent: e.EventTime, KindGroup: e.Group, KindCalendar: e.Time}[kind])
			att, se = append(att, e.Estimate.Value), append(se, e.Estimate.StdErr)
		}
	}
	out["egt"], out["att_egt"], out["se_egt"] = at, att, se
	return out
}

func caseKind(id string) string {
	switch {
	case strings.Contains(id, "simple"):
		return AverageSimple
	case strings.Contains(id, "dynamic"):
		return AverageEvent
	case strings.Contains(id, "group"):
		return AverageGroup
	}
	return AverageCalendar
}

func coverMPDTA(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	s := Spec{Design: "staggered", Outcome: "lemp", Unit: "countyreal", Time: "year", FirstTreated: "first.treat"}
	for _, m := range []string{"reg", "ipw", "dr"} {
		if strings.Contains(id, "_"+m+"_") {
			s.Method = m
		}
	}
	if strings.Contains(id, "notyet") {
		s.Control = "not-yet"
	}
	if strings.HasSuffix(id, "_lpop") || strings.Contains(id, "_lpop_") {
		s.Covariates = []string{"lpop"}
	}
	switch {
	case strings.Contains(id, "balance1"):
		one := 1
		s.Balance = &one
	case strings.Contains(id, "universal"):
		s.Base = "universal"
	case strings.Contains(id, "anticip1"):
		s.Anticipation = 1
	}
	switch {
	case strings.HasPrefix(id, "attgt_"):
		return of(d.run(t, s).cell(t, c["g"].(float64), c["t"].(float64)))
	case strings.HasPrefix(id, "agg_"):
		return d.run(t, s).aggregate(caseKind(id))
	case strings.HasPrefix(id, "pretest_"):
		for _, k := range d.run(t, s).Checks {
			if k.Name == "pre-trend" {
				return map[string]any{"value": k.Statistic, "df": k.DF}
			}
		}
	case id == "twfe_cluster_county":
		return of(*d.run(t, Spec{Design: "twfe", Outcome: "lemp", Unit: "countyreal", Time: "year", FirstTreated: "first.treat"}).Effect)
	case strings.HasPrefix(id, "sunab"):
		return sunAbrahamCase(t, d, Spec{Outcome: "lemp", Unit: "countyreal", Time: "year", FirstTreated: "first.treat"}, id)
	}
	return nil
}

// sunAbrahamCase gives the parts of a Sun–Abraham case.
func sunAbrahamCase(t *testing.T, d *dataset, s Spec, id string) map[string]any {
	if designs()["sun-abraham"] == nil {
		return nil
	}
	s.Design = "sun-abraham"
	r := d.run(t, s)
	switch id {
	case "sunab_att":
		return of(*r.Effect)
	case "sunab_event", "sunab_cohort":
		kind, prefix := KindEvent, "year::"
		if id == "sunab_cohort" {
			kind, prefix = KindCohort, "cohort::"
		}
		value, se := map[string]float64{}, map[string]float64{}
		for _, e := range r.Effects {
			if math.IsNaN(e.Estimate.StdErr) {
				continue
			}
			name := ""
			switch {
			case e.Kind == KindCoefficient:
				name = e.Name
			case e.Kind == kind && kind == KindEvent:
				name = prefix + formatNumber(e.EventTime)
			case e.Kind == kind:
				name = prefix + formatNumber(e.Group)
			}
			value[name], se[name] = e.Estimate.Value, e.Estimate.StdErr
		}
		return map[string]any{"value": value, "se": se}
	}
	return nil
}

func coverBaseStagg(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	s := Spec{Outcome: "y", Unit: "id", Time: "year", FirstTreated: "year_treated"}
	switch {
	case strings.HasPrefix(id, "cs_"):
		s.Design, s.Method, s.Control = "staggered", "reg", "never"
		return d.run(t, s).aggregate(caseKind(id))
	case strings.HasPrefix(id, "sunab"):
		s.Covariates = []string{"x1"}
		return sunAbrahamCase(t, d, s, id)
	case id == "twfe" || id == "twfe_nocov":
		s.Design = "twfe"
		if id == "twfe" {
			s.Covariates = []string{"x1"}
		}
		return of(*d.run(t, s).Effect)
	case id == "bacon":
		s.Design, s.WeightsReport = "twfe", "bacon"
		return baconCase(t, d.run(t, s), c)
	case id == "twfe_negative_weights":
		s.Design = "twfe"
		for _, k := range d.run(t, s).Checks {
			if k.Name == "negative-weights" {
				return map[string]any{"value": k.Statistic}
			}
		}
	case id == "imputation_att":
		return imputationCase(t, d, s)
	case id == "true_att":
		truth, year, first := numbersOf(t, d.frame, "treatment_effect_true"), numbersOf(t, d.frame, "year"), numbersOf(t, d.frame, "year_treated")
		var x []float64
		for i := range truth {
			if year[i] >= first[i] {
				x = append(x, truth[i])
			}
		}
		return map[string]any{"value": mean(x)}
	}
	return nil
}

func imputationCase(t *testing.T, d *dataset, s Spec) map[string]any {
	if designs()["imputation"] == nil {
		return nil
	}
	s.Design = "imputation"
	return map[string]any{"value": d.run(t, s).Effect.Value}
}

func coverCastleStaggered(t *testing.T, d *dataset, c testCase) map[string]any {
	id := c.id()
	s := Spec{Outcome: "l_homicide", Unit: "state", Time: "year", FirstTreated: "effyear"}
	switch {
	case strings.HasPrefix(id, "cs_"):
		s.Design, s.Method, s.Control = "staggered", "reg", "never"
		r := d.run(t, s)
		if strings.HasPrefix(id, "cs_agg") {
			return r.aggregate(caseKind(id))
		}
		parts := strings.Split(id, "_")
		g, when := parseFloat(t, parts[3]), parseFloat(t, parts[4])
		return of(r.cell(t, g, when))
	case strings.HasPrefix(id, "sunab"):
		return sunAbrahamCase(t, d, s, id)
	case id == "imputation_att":
		return imputationCase(t, d, s)
	}
	return nil
}
