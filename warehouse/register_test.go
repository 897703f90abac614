package warehouse

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// link is an entry of the register that aims selling at sales.
func link(version, target string) RegisterChange {
	return RegisterChange{
		Stream: "tactic_link", Key: map[string]any{"tactic_link_id": "l1"}, Version: version, Actor: "Ann", Note: "because",
		After:   map[string]any{"tactic_id": "selling", "metric_id": "sales", "target": target, "business_owner_id": "p1"},
		Moments: map[string][]string{"registered_at": {"tactic_id", "metric_id"}},
	}
}

func register(t *testing.T, w *Warehouse, at string, changes ...RegisterChange) error {
	t.Helper()
	now, err := time.Parse(time.DateOnly, at)
	if err != nil {
		t.Fatal(err)
	}
	err = w.Register(t.Context(), now, changes)
	if err == nil {
		rebuild(t, w)
	}
	return err
}

// version is that of the only link.
func version(t *testing.T, w *Warehouse) (v string) {
	t.Helper()
	ready(t, w, "marts.register_entries")
	if err := w.DB().QueryRowContext(t.Context(), "select version from marts.register_entries where stream = 'tactic_link'").Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

const linksOf = "select target, registered_at, registered_basis, registered_source, is_registered_before_launch from marts.tactic_links"

func TestRegister(t *testing.T) {
	w := build(t, tactics)
	if err := register(t, w, "2024-02-01", link("", "12")); err != nil {
		t.Fatal(err)
	}
	want(t, w, linksOf, "12 2024-02-01 entered in Dials dials true")
	first := version(t, w)
	if err := register(t, w, "2024-05-01", link(first, "13")); err != nil {
		t.Fatal(err)
	}
	// an edit after the launch does not move the registration
	want(t, w, linksOf, "13 2024-02-01 entered in Dials dials true")
	want(t, w, "select target, recorded_at, superseded_at from raw.tactic_link order by all", "12 2024-02-01 2024-05-01\n13 2024-05-01 -")

	if err := register(t, w, "2024-06-01", link(first, "14")); !errors.Is(err, ErrStale) {
		t.Errorf("a change of an old version: %v", err)
	}
	aimed := link(version(t, w), "13")
	aimed.After["metric_id"] = "ghost"
	if err := register(t, w, "2024-06-01", aimed); err != nil {
		t.Fatal(err)
	}
	want(t, w, linksOf, "13 2024-06-01 entered in Dials dials false")
	withdrawn := link(version(t, w), "")
	withdrawn.After = nil
	if err := register(t, w, "2024-07-01", withdrawn); err != nil {
		t.Fatal(err)
	}
	want(t, w, "select count(*) from marts.tactic_links", "0")
	want(t, w, "select change_id, changed_at, action, before ->> 'target', after ->> 'target', after ->> 'business_owner_id', actor, note from marts.register_changes order by all", `
		1 2024-02-01 add - 12 a person Ann because
		2 2024-05-01 change 12 13 a person Ann because
		3 2024-06-01 change 13 13 a person Ann because
		4 2024-07-01 withdraw 13 - - Ann because
	`)
}

// What a source declares can be corrected in Dials, keeps the moment at which the
// source knew it, and returns when the correction is withdrawn.
func TestRegisterCorrects(t *testing.T) {
	w := build(t, tactics+`
		tactic_link: tactic_link_id tactic_id metric_id target registered_at source
		l1 selling sales 11 2024-02-10 register
	`)
	was := version(t, w)
	if err := register(t, w, "2024-05-01", RegisterChange{Stream: "tactic_link", Key: map[string]any{"tactic_link_id": "l1"}, Version: was, Actor: "Ann"}); !errors.Is(err, ErrDeclared) {
		t.Errorf("withdrew what a source declares: %v", err)
	}
	if err := register(t, w, "2024-05-01", link(was, "12")); err != nil {
		t.Fatal(err)
	}
	want(t, w, linksOf, "12 2024-02-10 stated in a trusted log register true")
	withdrawn := link(version(t, w), "")
	withdrawn.After = nil
	if err := register(t, w, "2024-06-01", withdrawn); err != nil {
		t.Fatal(err)
	}
	want(t, w, linksOf, "11 2024-02-10 stated in a trusted log register true")
	want(t, w, "select declared_by from marts.register_changes order by change_id", "register\n-")
	want(t, w, checkSQL(t, "keys_unique_across_sources"), "")
}

// The times of an assignment are the server's, and move when the assignment does.
func TestRegisterMoments(t *testing.T) {
	w := build(t, tactics)
	unit := func(version, arm, to string) RegisterChange {
		return RegisterChange{
			Stream: "tactic_unit", Key: map[string]any{"tactic_id": "bonus", "unit_id": "A"}, Version: version, Actor: "Ann",
			After: map[string]any{"arm": arm, "exposed_to_date": to}, Moments: map[string][]string{"assigned_at": {"arm", "wave"}},
		}
	}
	seen := func() (v string) {
		t.Helper()
		ready(t, w, "marts.register_entries")
		if err := w.DB().QueryRowContext(t.Context(), "select version from marts.register_entries where stream = 'tactic_unit' and (entry_key ->> 'tactic_id') = 'bonus'").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, step := range []struct{ at, arm, to, want string }{
		{"2024-01-20", "treated", "2024-06-01", "2024-01-20"},
		{"2024-03-01", "treated", "2024-07-01", "2024-01-20"},
		{"2024-04-01", "control", "2024-07-01", "2024-04-01"},
	} {
		v := ""
		if step.want != step.at || step.arm == "control" {
			v = seen()
		}
		if err := register(t, w, step.at, unit(v, step.arm, step.to)); err != nil {
			t.Fatal(err)
		}
		want(t, w, "select assigned_at, is_assigned_at_trusted from core.fct_tactic_units where tactic_id = 'bonus'", step.want+" true")
	}
}

func TestRegisterRefuses(t *testing.T) {
	w := build(t, tactics)
	for words, c := range map[string]RegisterChange{
		`stream "colour" is unknown`:      {Stream: "colour"},
		"key column need_id has no value": {Stream: "need", Key: map[string]any{"need_id": ""}},
		`there is no column "colour"`:     {Stream: "need", Key: map[string]any{"need_id": "n"}, After: map[string]any{"colour": "red"}},
		`column "title" holds no moment`:  {Stream: "need", Key: map[string]any{"need_id": "n"}, After: map[string]any{}, Moments: map[string][]string{"title": nil}},
		"n is not in the register":        {Stream: "need", Key: map[string]any{"need_id": "n"}},
		"the key is tactic_id, wave":      {Stream: "tactic_wave", Key: map[string]any{"tactic_id": "n", "wave": 1, "seed": 3}},
		"invalid date":                    {Stream: "need", Key: map[string]any{"need_id": "n"}, After: map[string]any{"title": "x", "opened_date": "soon"}},
	} {
		if err := w.Register(t.Context(), time.Unix(0, 0), []RegisterChange{c}); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: got %v", words, err)
		}
	}
	want(t, w, "select count(*) from meta.register_change", "0")
}
