package dashboards

import (
	"regexp"
	"strings"
	"testing"

	"dials/queries/evidence"
)

// engineFound writes what an impact engine could have found about the fixture's
// tactics: a claim of each kind, a joint verdict, none, and one too weak.
func engineFound() string {
	found := &rows{into: `marts.evidence (tactic_link_id, tactic_id, metric_id, rung, result, is_claim, joint_with, caps, missing, reason, next_step,
		effect_relative, low_relative, high_relative, level, mde_relative, treated, comparison, is_people, people_n, is_hidden)`}
	for _, x := range []struct {
		tactic, metric, result string
		rung                   int
		claim                  bool
		joint, caps, reason    string
		effect, low, high, mde any
		treated                int
		people                 bool
	}{
		{"selling", "revenue", "moved as wanted", 5, true, "", "", "", 0.063, 0.05, 0.075, 0.03, 24, false},
		{"leadership", "turnover", "moved as wanted", 6, true, "", "", "", -0.48, -0.75, -0.2, 0.3, 200, true},
		{"coaching", "turnover", "cannot tell", 6, false, "", "", "this test was too weak to tell", -0.2, -0.6, 0.3, 0.9, 100, true},
		{"mentoring", "turnover", "no clear change", 3, false, "", "found afterwards", "", 0.0, -0.02, 0.02, 0.03, 160, false},
		{"incentive", "order_time", "moved against", 3, false, "", "", "", 0.12, 0.1, 0.14, 0.05, 8, false},
		{"circles", "defects", "no clear change", 4, false, "", "", "", 0.0, -0.03, 0.03, 0.05, 10, false},
		{"reorg", "handling", "moved as wanted", 4, false, "price change", "", "", -0.058, -0.077, -0.038, 0.03, 12, false},
	} {
		people := any(nil)
		if x.people {
			people = x.treated
		}
		found.add("l-"+x.tactic, x.tactic, x.metric, x.rung, x.result, x.claim, names(x.joint), names(x.caps), names(""), x.reason, "Do the next thing.",
			x.effect, x.low, x.high, 0.95, x.mde, x.treated, x.treated, x.people, people, false)
	}
	return found.String()
}

// raw is SQL that stands in a row as it is.
type raw string

// names is a list of at most one name.
func names(name string) raw {
	if name == "" {
		return "[]::varchar[]"
	}
	return raw("['" + name + "']")
}

// What page 1 says once the impact engine has judged the tactics.
func TestResultsWithEvidence(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := fill(w, append(company(), engineFound())); err != nil {
		t.Fatal(err)
	}
	app := serve(t, w, fixtureCompany)
	_, body := get(t, app, "/")
	golden(t, "results-evidence.txt", []byte(strings.TrimSpace(text(body))+"\n"))
	if never := regexp.MustCompile(`(?i)\b(proved|drove|significant\w*)\b`).FindString(text(body)); never != "" {
		t.Errorf("the page says %q", never)
	}
	// What is known now is not what was known then.
	if _, past := get(t, app, "/?as_of=2026-09-30"); strings.Contains(past, "probably contributed") {
		t.Error("evidence of today on a page of the past")
	}
	if _, unit := get(t, app, "/?unit=sales"); !strings.Contains(unit, "Not applied to how we know") {
		t.Error("the evidence of a unit's page is not said to be of the whole company")
	}
}

// The design that was used is named, not the one that its rung is named after.
func TestHowWeKnow(t *testing.T) {
	stored := func(words string) *evidenceRow { return &evidenceRow{HowWeKnow: &words} }
	for _, tt := range []struct {
		name     string
		evidence *evidenceRow
		want     string
	}{
		{"no evidence", nil, "before/after (2 of 6)"},
		{"evidence without words", &evidenceRow{}, "before/after (2 of 6)"},
		{"a comparison that failed a check", stored("comparison group with a failed check (3 of 6)"), "comparison group with a failed check (3 of 6)"},
		{"caps are said elsewhere", stored("comparison group with a failed check (3 of 6), found afterwards"), "comparison group with a failed check (3 of 6)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := aim{verdict: evidence.Verdict{Rung: evidence.BeforeAfter}, evidence: tt.evidence}
			if got := a.howWeKnow(); got != tt.want {
				t.Errorf("howWeKnow() = %q, want %q", got, tt.want)
			}
		})
	}
}
