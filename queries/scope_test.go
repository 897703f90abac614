package queries

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
)

// branch is a warehouse in which unit b went from a to c in 2024 and was a part of
// both, x and y are below b, and z went over into y by half.
func branch(t testing.TB, sources map[string]string) *Marts {
	t.Helper()
	m, db := fixture(t, sources)
	_, err := db.Exec(`
		delete from marts.unit_scope; delete from marts.units; delete from marts.access_units;
		insert into marts.units values ('a', null), ('c', null), ('b', 'c'), ('x', 'b'), ('y', 'b'), ('z', 'a');
		insert into marts.access_units values ('a', 'a'), ('c', 'c'), ('b', 'b'), ('x', 'x'), ('y', 'y'), ('z', 'z'),
			('c', 'b'), ('b', 'x'), ('b', 'y'), ('c', 'x'), ('c', 'y'), ('a', 'z');
		insert into marts.unit_scope
			select view_name, unit_id, unit_id, date '1900-01-01', date '9999-12-31', 1 from marts.units, (values ('as_was'), ('as_now')) v(view_name) where unit_id <> 'z' or view_name = 'as_was'
			union all select view_name, '*', unit_id, date '1900-01-01', date '9999-12-31', 1 from marts.units, (values ('as_was'), ('as_now')) v(view_name)
			union all select 'as_was', 'b', unit_id, date '1900-01-01', date '9999-12-31', 1 from (values ('x'), ('y')) v(unit_id)
			union all select 'as_was', 'a', unit_id, date '1900-01-01', date '2024-02-01', 1 from (values ('b'), ('x'), ('y')) v(unit_id)
			union all select 'as_was', 'a', 'z', date '1900-01-01', date '9999-12-31', 1
			union all select 'as_was', 'c', unit_id, date '2024-02-01', date '9999-12-31', 1 from (values ('b'), ('x'), ('y')) v(unit_id)
			union all select 'as_now', 'b', unit_id, date '1900-01-01', date '9999-12-31', 1 from (values ('x'), ('y')) v(unit_id)
			union all select 'as_now', 'c', unit_id, date '1900-01-01', date '9999-12-31', 1 from (values ('b'), ('x'), ('y')) v(unit_id)
			union all select 'as_now', ancestor_id, 'z', date '1900-01-01', date '9999-12-31', 0.5 from (values ('y'), ('b'), ('c'), ('a'), ('z')) v(ancestor_id);
		delete from marts.heads; insert into marts.heads
			select unit_id, month, 10, 10, false from marts.units, (values (date '2024-01-01'), (date '2024-02-01')) v(month);
		drop table marts.tree; create table marts.tree as
			select view_name, unit_id as ancestor_id, month, people_n, is_hidden from marts.heads, (values ('as_was'), ('as_now')) v(view_name);
		create table marts.labels as select unit_id, upper(unit_id) as label from marts.units`)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// cells writes rows as "unit/month".
func cellsOf(t *testing.T, m *Marts, r Reader, query string) string {
	t.Helper()
	got, err := All[struct {
		Cell string `db:"cell"`
	}](t.Context(), m, r, query)
	switch {
	case errors.Is(err, ErrNotAllowed):
		return "refused"
	case err != nil:
		t.Fatal(err)
	}
	names := make([]string, len(got.Rows))
	for i, row := range got.Rows {
		names[i] = row.Cell
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

func TestScopeIsCutToGrants(t *testing.T) {
	const cell = "select h.unit_id || '/' || month(h.month) || case when s.share < 1 then '½' else '' end as cell, h.people_n, h.is_hidden"
	m := branch(t, map[string]string{
		"units": counts + cell + ` from marts.heads h join scoped_units s on s.unit_id = h.unit_id and h.month >= s.valid_from and h.month < s.valid_to`,
		"nodes": counts + `select ancestor_id || '/' || month(month) as cell, people_n, is_hidden from marts.tree
			where ancestor_id = $scope_unit and view_name = $scope_view`,
		// the worst that a file could do: it asks for all units and forgets their dates
		"greedy": counts + `select unit_id || '/' || month(month) as cell, people_n, is_hidden from marts.heads
			where (select count(*) from scoped_units) >= 0`,
		"greedy_nodes": counts + `select ancestor_id || '/' || month(month) as cell, people_n, is_hidden from marts.tree
			where $scope_unit is not null and view_name = $scope_view`,
		"labels":  free + "select label as cell from marts.labels semi join granted_units using (unit_id)",
		"company": strings.Replace(counts, "everyone", "company", 1) + "select 'all' as cell, 9 as people_n, false as is_hidden",
	})
	grant := func(units ...string) Policy { return Policy{Roles: []Role{HR}, Units: units} }
	for _, tt := range []struct {
		name, query string
		reader      Reader
		want        string
	}{
		{"the company", "units", Reader{Policy: grant(EveryUnit), Unit: "b"}, "b/1 b/2 x/1 x/2 y/1 y/2"},
		{"home is the first grant", "units", Reader{Policy: grant("a", "c")}, "a/1 a/2 b/1 x/1 y/1 z/1 z/2"},
		{"where b was under a", "units", Reader{Policy: grant("a"), Unit: "b"}, "b/1 x/1 y/1"},
		{"where b was under c", "units", Reader{Policy: grant("c"), Unit: "b"}, "b/2 x/2 y/2"},
		{"grants that touch are whole", "units", Reader{Policy: grant("a", "c"), Unit: "b"}, "b/1 b/2 x/1 x/2 y/1 y/2"},
		{"grants that nest count once", "units", Reader{Policy: grant("c", "b", "x"), Unit: "b"}, "b/1 b/2 x/1 x/2 y/1 y/2"},
		{"as now, by share", "units", Reader{Policy: grant("c"), Unit: "y", View: AsNow}, "y/1 y/2 z/1½ z/2½"},
		{"as now b is not a's", "units", Reader{Policy: grant("a"), Unit: "b", View: AsNow}, ""},
		{"not granted", "units", Reader{Policy: grant("x"), Unit: "y"}, "refused"},
		{"above what was granted", "units", Reader{Policy: grant("x"), Unit: "b"}, "refused"},
		{"the company, of a subtree", "units", Reader{Policy: grant("x"), Unit: EveryUnit}, "refused"},
		{"not there, of a subtree", "units", Reader{Policy: grant("x"), Unit: "nowhere"}, "refused"},
		{"nothing granted", "units", Reader{Policy: grant()}, "refused"},
		{"nothing granted, asking", "units", Reader{Policy: grant(), Unit: "x"}, "refused"},
		{"a unit's name is no pattern", "units", Reader{Policy: grant("%"), Unit: "x"}, "refused"},
		{"nodes of the company", "nodes", Reader{Policy: grant(EveryUnit), Unit: "b"}, "b/1 b/2"},
		{"node where it was under a", "nodes", Reader{Policy: grant("a"), Unit: "b"}, "b/1"},
		{"node as now", "nodes", Reader{Policy: grant("c"), Unit: "b", View: AsNow}, "b/1 b/2"},
		{"node as now of another", "nodes", Reader{Policy: grant("a"), Unit: "b", View: AsNow}, ""},
		{"a greedy file", "greedy", Reader{Policy: grant("x")}, "x/1 x/2"},
		{"a greedy file of nodes", "greedy_nodes", Reader{Policy: grant("b")}, "b/1 b/2 x/1 x/2 y/1 y/2"},
		{"a greedy file of nothing", "greedy", Reader{Policy: grant()}, "refused"},
		{"names, of today", "labels", Reader{Policy: grant("b", "y", "a")}, "A B X Y Z"},
		{"names of the company", "labels", Reader{Policy: grant(EveryUnit)}, "A B C X Y Z"},
		{"figures of the company", "company", Reader{Policy: grant(EveryUnit)}, "all"},
		{"figures of the company, of a subtree", "company", Reader{Policy: grant("c")}, "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // the second is kept
				if got := cellsOf(t, m, tt.reader, tt.query); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
			}
		})
	}
}

func TestPeopleAreCutToTheReader(t *testing.T) {
	m, _ := fixture(t, map[string]string{
		"cases":    person + "select person_id, person_id as cell from marts.cases",
		"quoted":   person + `select person_id, person_id as cell from "marts"."cases"`,
		"people":   person + "select person_id, person_id as cell from scoped_people",
		"learners": strings.Replace(person, "reviews", "learning", 1) + "select person_id, c.note[:2] as cell from marts.cases as c",
		"nobody":   person + "select note as cell from marts.cases",
		"pay":      strings.Replace(person, "reviews", "pay", 1) + "select person_id, person_id as cell from marts.cases",
	})
	var views []Viewed
	m = m.Audited(func(_ context.Context, v Viewed) error {
		views = append(views, v)
		if v.Reader.Reason == "the log is full" {
			return errors.New("no space left")
		}
		return nil
	})
	policy := func(role Role, person string, units ...string) Policy {
		return Policy{Roles: []Role{role}, Units: units, Person: person}
	}
	for _, tt := range []struct {
		name, query, unit string
		policy            Policy
		want              string
	}{
		{"hr of the company", "cases", "", policy(HR, "", EveryUnit), "p1 p2 p3 p4"},
		{"hr of the company, one unit", "cases", "u1", policy(HR, "", EveryUnit), "p1"},
		{"hr of u3 with u2 below", "cases", "", policy(HR, "", "u3"), "p2 p3 p4"},
		{"hr of u3, u2 asked for", "cases", "u2", policy(HR, "", "u3"), "p2"},
		{"hr of nothing", "cases", "", policy(HR, ""), "refused"},
		{"hr of u2, with a line", "people", "", policy(HR, "p1", "u2"), "p2 p4"},
		{"pay", "pay", "", policy(HR, "p1", "u2"), "p2"},
		{"a manager's line", "cases", "", policy(Manager, "p1"), "p2 p4"},
		{"a manager's line is no unit's", "cases", "", policy(Manager, "p4", EveryUnit), "p2"},
		{"somebody without a line", "cases", "", policy(Manager, "p9", EveryUnit), ""},
		{"pay of the line", "pay", "", policy(Manager, "p1"), "refused"},
		{"nobody in particular", "cases", "", policy(Manager, ""), "refused"},
		{"learning reads no reviews", "cases", "", policy(Learning, "", EveryUnit), "refused"},
		{"learning reads learners", "learners", "", policy(Learning, "", "u1"), "p1"},
		{"an executive's own line", "cases", "", policy(Executive, "p4", EveryUnit), "p2"},
		{"the dpo", "cases", "", policy(DPO, "p1", EveryUnit), "refused"},
		{"an analyst", "learners", "", policy(Analyst, "p1", EveryUnit), "refused"},
		{"loopback", "cases", "", OpenPolicy(true), "refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			views = nil
			if got := cellsOf(t, m, Reader{Policy: tt.policy, Unit: tt.unit, Reason: "a complaint"}, tt.query); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if wanted := tt.want != "refused"; wanted != (len(views) == 1) || wanted && strings.Join(views[0].People, " ") != tt.want {
				t.Errorf("the audit was told of %v", views)
			}
		})
	}
	hr := Reader{Policy: policy(HR, "", EveryUnit), Reason: "a complaint"}
	read := func(m *Marts, r Reader, query string) error {
		_, err := All[struct {
			Cell string `db:"cell"`
		}](t.Context(), m, r, query)
		return err
	}
	for range 2 {
		if err := read(m, hr, "cases"); err != nil {
			t.Fatal(err)
		}
	}
	if len(views) != 2 {
		t.Errorf("two views are audited %d times", len(views))
	}
	for _, said := range []string{"", "       ", "x", "why?"} {
		if err := read(m, Reader{Policy: hr.Policy, Reason: said}, "cases"); !errors.Is(err, ErrNoReason) {
			t.Errorf("for the reason %q: %v", said, err)
		}
	}
	if err := read(m, Reader{Policy: hr.Policy, Reason: "the log is full"}, "cases"); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a view that is not audited: %v", err)
	}
	if err := read(m, hr, "quoted"); err == nil || !strings.Contains(err.Error(), "without quotes") {
		t.Errorf("a quoted name: %v", err)
	}
	if err := read(m, hr, "nobody"); err == nil || !strings.Contains(err.Error(), "needs column person_id") {
		t.Errorf("rows about nobody in particular: %v", err)
	}
	unaudited := &Marts{db: m.db, files: m.files, cache: m.cache}
	if err := read(unaudited, hr, "cases"); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("without an audit: %v", err)
	}
}

func TestSwitchedOffAndAsKnown(t *testing.T) {
	m, _ := fixture(t, map[string]string{
		"absence": strings.Replace(counts, "-- class", "-- view: absence\n-- class", 1) + "select 'a' as cell, 20 as people_n, false as is_hidden",
		"known":   strings.Replace(free, "workforce", "results", 1) + "select 'k' as cell where $known_on::date is null or $known_on::date > date '2020-01-01'",
	})
	hr := Policy{Roles: []Role{HR}, Units: []string{EveryUnit}}
	if got := cellsOf(t, m, Reader{Policy: hr}, "absence"); got != "a" {
		t.Errorf("absence: %q", got)
	}
	hr.Off = []string{"absence"}
	if got := cellsOf(t, m, Reader{Policy: hr}, "absence"); got != "refused" {
		t.Errorf("absence, switched off: %q", got)
	}
	type row struct {
		Cell string `db:"cell"`
	}
	for role, want := range map[Role]bool{HR: true, Finance: true, Executive: false, Learning: false, Analyst: false} {
		p := Policy{Roles: []Role{role}, Units: []string{EveryUnit}}
		if _, err := All[row](t.Context(), m, Reader{Policy: p}, "known", sql.Named("known_on", "2024-01-01")); (err == nil) != want || err != nil && !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%s, as known on a day: %v", role, err)
		}
		if _, err := All[row](t.Context(), m, Reader{Policy: p}, "known", sql.Named("known_on", nil)); err != nil {
			t.Errorf("%s, as known now: %v", role, err)
		}
	}
}

// What the register and the effect of a tactic say of a unit is for who was granted it; what they say of the
// company is for all their readers.
func TestRegisterIsCutToGrants(t *testing.T) {
	m := branch(t, nil)
	_, err := m.db.Exec(`
		create table marts.register_entries as select 'annotation' as stream, to_json({'annotation_id': i, 'unit_id': i}) as entry_key, to_json({'name': i}) as entry, 'dials' as source, '1' as version, now()::timestamp as recorded_at
			from (values ('a'), ('y'), ('nowhere')) v(i) union all by name select 'tactic' as stream, '{"tactic_id":"t"}'::json as entry_key, '{"name":"all"}'::json as entry;
		create table marts.register_choices as select 'goal' as kind, coalesce(u, 'all') as choice_id, coalesce(u, 'all') as label, u as of_unit from (values ('a'), ('y'), (null)) v(u);
		create table marts.register_changes as select row_number() over () as change_id, now()::timestamp as changed_at, 'annotation' as stream, 'add' as action, to_json({'unit_id': u}) as entry_key,
			null::json as before, to_json({'name': coalesce(u, 'all')}) as after, null::varchar as declared_by, 'Una' as actor, null::varchar as note from (values ('a'), ('y'), (null)) v(u);
		create table marts.evidence as select 'r' as evidence_run_id, null::bigint as people_n, false as is_hidden;
		create table marts.evidence_points as select 'r' as evidence_run_id, 'l' as tactic_link_id, kind, name, u as of_unit, 1.0 as x, null::date as month, 1.0 as value, 1.0 as other, 1.0 as low, 1.0 as high, 1 as position
			from (values ('group-unit', 'unit a', 'a'), ('group-unit', 'y', 'y'), ('group-unit', 'twin', null), ('group-wave', 'Wave 01', null)) v(kind, name, u)`)
	if err != nil {
		t.Fatal(err)
	}
	m.files = files
	for _, tt := range []struct {
		query, column string
		granted       []string
		unit, want    string
	}{
		{"register_entries", "entry", []string{EveryUnit}, "", `{"name":"a"} {"name":"all"} {"name":"nowhere"} {"name":"y"}`},
		{"register_entries", "entry", []string{"c"}, "", `{"name":"all"} {"name":"y"}`},
		{"register_entries", "entry", []string{"c", "a"}, "y", `{"name":"a"} {"name":"all"} {"name":"y"}`},
		{"register_choices", "label", []string{EveryUnit}, "", "a all y"},
		{"register_choices", "label", []string{"x"}, "", "all"},
		{"register_changes", "after", []string{EveryUnit}, "", `{"name":"a"} {"name":"all"} {"name":"y"}`},
		{"register_changes", "after", []string{"b"}, "", `{"name":"all"} {"name":"y"}`},
		{"impact_points", "name", []string{EveryUnit}, "", "Wave 01 twin unit a y"},
		{"impact_points", "name", []string{EveryUnit}, "b", "Wave 01 unit a y"},
		{"impact_points", "name", []string{"b"}, "", "Wave 01 y"},
		{"impact_points", "name", []string{"x"}, "", "Wave 01"},
	} {
		args := map[string][]any{"register_changes": {sql.Named("stream", "")}, "impact_points": {sql.Named("link", "l")}}[tt.query]
		got, err := Read(t.Context(), m, Reader{Unit: tt.unit, Policy: Policy{Roles: []Role{Learning}, Units: tt.granted}}, tt.query, args...)
		if err != nil {
			t.Fatal(err)
		}
		var values []string
		for _, row := range got.Rows {
			values = append(values, row[slices.Index(got.Columns, tt.column)].(string))
		}
		slices.Sort(values)
		if found := strings.Join(values, " "); found != tt.want {
			t.Errorf("%s of %q: got %s, want %s", tt.query, tt.granted, found, tt.want)
		}
	}
}
