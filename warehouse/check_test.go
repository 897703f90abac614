package warehouse

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCheck(t *testing.T) {
	w := openTest(t, Options{})
	files := tree(map[string]string{
		"checks/a_passes.sql": "-- All is well.\n-- severity: error\nselect 'never' as message where false;\n",
		"checks/b_warns.sql":  "-- Small things.\n-- severity: warning\nselect 'row ' || i as message, 'hris/a.csv' as file, i + 1 as line, i from range(2) as r(i)",
		"checks/c_fails.sql":  "-- severity: error\n-- Ids are unique.\nselect 'id ' || i as message from range(25) as r(i) order by i -- all of them",
		"checks/d_silent.sql": "-- Values are there.\n-- severity: warning\nselect null as message",
	})
	if got, err := w.check(t.Context(), files); got != nil || err != nil {
		t.Errorf("before the first build: %v, %v", got, err)
	}
	if _, err := w.build(t.Context(), tree(map[string]string{"models/core/a.sql": "select 1 as x"})); err != nil {
		t.Fatal(err)
	}
	found, err := w.check(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 24 {
		t.Fatalf("%d findings, want 20 + 1 + 2 + 1", len(found))
	}
	var lines []string
	for _, f := range append(found[:1:1], found[19:]...) {
		lines = append(lines, f.String())
	}
	want := []string{
		"warehouse/checks/c_fails.sql:1: error: id 0",
		"warehouse/checks/c_fails.sql:1: error: id 19",
		"warehouse/checks/c_fails.sql:1: error: Ids are unique.: 5 more",
		"hris/a.csv:1: warning: row 0",
		"hris/a.csv:2: warning: row 1",
		"warehouse/checks/d_silent.sql:1: warning: Values are there.",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("findings (-want +got)\n%s", diff)
	}
}

func TestCheckRefuses(t *testing.T) {
	w := openTest(t, Options{})
	if _, err := w.build(t.Context(), tree(map[string]string{"models/core/a.sql": "select 1 as x"})); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"-- severity: error\nselect 1 as message":                        "checks/a.sql: a comment on top must say what it checks",
		"-- Ids.\nselect 1 as message":                                   "must say severity",
		"-- Ids.\n-- severity: fatal\nselect 1 as message":               "must say severity",
		"-- Ids.\n-- severity: error\nselect 1 as x":                     "no column message",
		"-- Ids.\n-- severity: error\nselect x as message\nfrom core.no": "LINE 4",
	} {
		_, err := w.check(t.Context(), tree(map[string]string{"checks/a.sql": text}))
		wantError(t, err, want)
	}
}
