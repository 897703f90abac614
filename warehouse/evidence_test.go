package warehouse

import (
	"strings"
	"testing"
)

func TestSaveEvidence(t *testing.T) {
	ctx := t.Context()
	w, err := Open(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Build(ctx); err != nil {
		t.Fatal(err)
	}
	run := func(id string, number int, rung string) string {
		return `{"evidence_run_id":"` + id + `","run_number":` + string(rune('0'+number)) + `,"tactic_link_id":"l","tactic_id":"t","metric_id":"m",
			"computed_at":"2026-01-02 03:04:05","why":"first run","fingerprint":"f","rung":` + rung + `,"result":"cannot tell","is_claim":false,
			"joint_with":["Price's change"],"words":"is aimed at","how_we_know":"linked (1 of 6)","is_overridden":false,"is_people":false,
			"tests":0,"rejected":0,"effect":0.1,"wave_months":["2025-01-01"],"settings":{"lags":3},"trial":{"Name":"T"}}`
	}
	check := `{"evidence_run_id":"a","position":1,"rung":4,"is_cap":false,"name":"drift","status":"passed","limit":0.5}`
	point := `{"evidence_run_id":"b","position":1,"kind":"path","month":"2025-01-01","value":3}`
	if err := w.SaveEvidence(ctx, []byte("["+run("a", 1, "1")+"]"), []byte("["+check+"]"), []byte("[]")); err != nil {
		t.Fatal(err)
	}
	if err := w.SaveEvidence(ctx, []byte("["+run("b", 2, "3")+"]"), []byte("[]"), []byte("["+point+"]")); err != nil {
		t.Fatal(err)
	}
	report, err := w.Build(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range report.Rebuilt {
		if !strings.Contains(m.Name, "evidence") {
			t.Errorf("saved evidence rebuilds %s", m.Name)
		}
	}
	var got string
	err = w.DB().QueryRowContext(ctx, `select concat_ws(' ', (select string_agg(evidence_run_id || rung || joint_with[1] || wave_months[1] || (settings->>'lags'), ',') from marts.evidence),
		(select count(*) from marts.evidence_history), (select count(*) from marts.evidence_checks), (select sum(value) from marts.evidence_points))`).Scan(&got)
	if err != nil {
		t.Fatal(err)
	}
	// the check belongs to a run that is no longer believed
	if want := "b3Price's change2025-01-013 2 0 3.0"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, runs := range map[string]string{
		`no column "colour"`: `[{"colour":"red"}]`,
		"rung":               "[" + run("c", 3, `"high"`) + "]",
		"NOT NULL":           `[{"rung":3}]`,
		"array":              `{}`,
	} {
		if err := w.SaveEvidence(ctx, []byte(runs), []byte("[]"), []byte("[]")); err == nil || !strings.Contains(err.Error(), "save evidence: evidence_run") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A dial of people that was judged by units tells no level of theirs: whoever registers
// a tactic over one unit would read its turnover off the curve.
func TestEvidenceGivesNoUnitBack(t *testing.T) {
	w := build(t, untilMarch+`
		metric: metric_id name computed_from
		m Turnover employment
	`)
	ctx := t.Context()
	run := func(id, treated string) string {
		return `{"evidence_run_id":"` + id + `","run_number":1,"tactic_link_id":"` + id + `","tactic_id":"t","metric_id":"m","computed_at":"2026-01-02 03:04:05",
			"why":"first run","fingerprint":"f","rung":4,"result":"cannot tell","is_claim":false,"words":"is aimed at","how_we_know":"4 of 6","is_overridden":false,
			"is_people":false,"tests":0,"rejected":0,"naive":0.01,"counterfactual":0.2,"treated":` + treated + `,"comparison":20,"trial":{"Name":"T"}}`
	}
	points := `[{"evidence_run_id":"many","position":1,"kind":"path","month":"2025-01-01","value":3},{"evidence_run_id":"many","position":2,"kind":"wave","month":"2025-01-01"}]`
	if err := w.SaveEvidence(ctx, []byte("["+run("one", "1")+","+run("many", "12")+"]"), []byte("[]"), []byte(points)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Build(ctx); err != nil {
		t.Fatal(err)
	}
	want(t, w, "select string_agg(evidence_run_id || ' ' || is_hidden || coalesce(' ' || naive, '') || coalesce(' ' || counterfactual, ''), ', ' order by evidence_run_id) from marts.evidence",
		"many false, one true")
	want(t, w, "select string_agg(kind, ' ') from marts.evidence_points", "wave")
}

// A group is of the unit whose name it bears, and of none where two bear it.
func TestGroupsOfEvidence(t *testing.T) {
	w := build(t, `
		org_unit: unit_id name parent_id valid_from
		A North - 2020-01-01
		B Twin  A 2020-01-01
		C Twin  A 2020-01-01

		metric: metric_id name
		m Defects
	`)
	run := `[{"evidence_run_id":"r","run_number":1,"tactic_link_id":"l","tactic_id":"t","metric_id":"m","computed_at":"2026-01-02 03:04:05",
		"why":"first run","fingerprint":"f","rung":4,"result":"cannot tell","is_claim":false,"words":"is aimed at","how_we_know":"4 of 6","is_overridden":false,
		"is_people":false,"tests":0,"rejected":0,"trial":{"Name":"T"}}]`
	points := `[{"evidence_run_id":"r","position":1,"kind":"group-unit","name":"North"},{"evidence_run_id":"r","position":2,"kind":"group-unit","name":"Twin"},
		{"evidence_run_id":"r","position":3,"kind":"group-wave","name":"North"},{"evidence_run_id":"r","position":4,"kind":"group-unit","name":"Gone"}]`
	if err := w.SaveEvidence(t.Context(), []byte(run), []byte("[]"), []byte(points)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(t, w, "select string_agg(kind || ' ' || name || coalesce(' ' || of_unit, ''), ', ' order by position) from marts.evidence_points",
		"group-unit North A, group-unit Twin, group-wave North, group-unit Gone")
}
