package queries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"
)

const (
	free   = "-- A row.\n-- topic: workforce\n-- class: none\n-- people: none\n"
	counts = "-- A row.\n-- topic: workforce\n-- class: aggregate\n-- scope: everyone\n-- people: people_n\n"
	pays   = "-- A row.\n-- topic: workforce\n-- class: pay\n-- scope: everyone\n-- people: people_n\n"
	person = "-- A row.\n-- topic: reviews\n-- class: person\n-- people: none\n"
)

// fixture is a small warehouse: units u1 (with u2 below) and u3.
func fixture(t testing.TB, sources map[string]string) (*Marts, *sql.DB) {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	_, err = db.Exec(`
		create schema marts; create schema meta; create schema core;
		create table core.fct_jobs as select 'p1' as person_id;
		create table meta.data_version(version bigint, built_at timestamp);
		create table meta.setting(key varchar, value varchar);
		create table marts.unit_scope as select * from (values
			('as_was', '*', 'u1', date '2020-01-01', date '9999-12-31', 1.0),
			('as_was', '*', 'u2', date '2020-01-01', date '9999-12-31', 1.0),
			('as_was', '*', 'u3', date '2020-01-01', date '9999-12-31', 1.0),
			('as_was', 'u1', 'u1', date '2020-01-01', date '9999-12-31', 1.0),
			('as_was', 'u1', 'u2', date '2020-01-01', date '2024-02-01', 1.0),
			('as_now', 'u1', 'u1', date '1900-01-01', date '9999-12-31', 1.0)
		) t(view_name, ancestor_id, unit_id, valid_from, valid_to, share);
		create table marts.heads as select * from (values
			('u1', date '2024-01-01', 40, 40::bigint, false), ('u2', date '2024-01-01', 5, 5::bigint, false),
			('u3', date '2024-01-01', 4, 4::bigint, false), ('u1', date '2024-02-01', 41, 41::bigint, true),
			('u2', date '2024-02-01', 9, 9::bigint, false), ('u3', date '2024-02-01', 7, null, null)
		) t(unit_id, month, heads, people_n, is_hidden);
		create table marts.units as select unit_id, case unit_id when 'u2' then 'u3' end as parent_id from (values ('u1'), ('u2'), ('u3')) t(unit_id);
		create table marts.access_units as select * from (values ('u1', 'u1'), ('u2', 'u2'), ('u3', 'u3'), ('u3', 'u2')) t(ancestor_id, unit_id);
		create table marts.access_people as select * from (values ('p1', 'u1'), ('p2', 'u2'), ('p3', 'u3'), ('p4', 'u3')) t(person_id, unit_id);
		create table marts.access_line as select * from (values ('p1', 'p2'), ('p1', 'p4'), ('p4', 'p2')) t(manager_id, person_id);
		create table marts.cases as select person_id, unit_id, person_id || ' was late' as note from marts.access_people;
		create table marts.tree as select 'as_was' as view_name, 'u1' as ancestor_id, 45::bigint as people_n, false as is_hidden;
		create table marts.runs as select 'hris' as source, 3::bigint as rows, 1.25::decimal(18,4) as cost,
			[date '2024-01-01', date '2024-02-01'] as months, timestamp '2024-01-02 03:04:05' as started_at;`)
	if err != nil {
		t.Fatal(err)
	}
	m := Open(db)
	fsys := fstest.MapFS{}
	for name, src := range sources {
		fsys[name+".sql"] = &fstest.MapFile{Data: []byte(src)}
	}
	m.files = fsys
	return m, db
}

const headsSQL = `
select h.unit_id, h.month, h.heads, h.people_n, h.is_hidden
from marts.heads as h
join scoped_units as s on s.unit_id = h.unit_id and s.valid_from <= h.month and h.month < s.valid_to
where h.month >= $from
order by h.month, h.unit_id`

type headsRow struct {
	Unit  string    `db:"unit_id"`
	Month time.Time `db:"month"`
	Heads int       `db:"heads"`
}

var from = sql.Named("from", time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC))

func TestAllWithholdsSmallAndHiddenRows(t *testing.T) {
	m, _ := fixture(t, map[string]string{"heads": counts + headsSQL, "pay": pays + headsSQL})
	tests := []struct {
		name, query string
		reader      Reader
		want        string
		hidden      bool
	}{
		{"whole company: u3's 4 and u1's hidden cell go", "heads", Loopback(), "u1/01 u2/01 u2/02 u3/02", true},
		{"unit with its past child", "heads", Reader{Unit: "u1", Policy: OpenPolicy(false)}, "u1/01 u2/01", true},
		{"unit as now", "heads", Reader{Unit: "u1", View: AsNow, Policy: OpenPolicy(false)}, "u1/01", true},
		{"unknown unit", "heads", Reader{Unit: "nowhere", Policy: OpenPolicy(false)}, "", false},
		{"pay has the higher floor", "pay", Loopback(), "u1/01 u3/02", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := All[headsRow](t.Context(), m, tt.reader, tt.query, from)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, r := range got.Rows {
				names = append(names, r.Unit+"/"+r.Month.Format("01"))
			}
			if s := strings.Join(names, " "); s != tt.want || got.Hidden != tt.hidden {
				t.Errorf("got %q, hidden %t; want %q, hidden %t", s, got.Hidden, tt.want, tt.hidden)
			}
		})
	}
}

func TestFloorsAreRaisedNeverLowered(t *testing.T) {
	for _, tt := range []struct {
		people, pay string
		want        Floors
	}{
		{"1", "2", Floors{5, 10}},
		{"8", "12", Floors{8, 12}},
		{"20", "12", Floors{20, 20}},
		{"many", "", Floors{5, 10}},
	} {
		m, db := fixture(t, nil)
		if _, err := db.Exec("insert into meta.setting values ('min_people', ?), ('min_people_pay', ?)", tt.people, tt.pay); err != nil {
			t.Fatal(err)
		}
		got, err := m.Floors(t.Context())
		if err != nil || got != tt.want {
			t.Errorf("min_people %q, pay %q: got %v, %v, want %v", tt.people, tt.pay, got, err, tt.want)
		}
	}
}

func TestGateRefuses(t *testing.T) {
	tests := []struct{ name, src, want string }{
		{"no header", "select 1 as a", "header"},
		{"unit table past the scope", counts + "select unit_id as a, people_n, is_hidden from marts.heads", "does not read scoped_units"},
		{"the tree past the scope", counts + "select people_n, is_hidden, 1 as a from marts.tree where ancestor_id = $scope_unit", "does not use $scope_unit and $scope_view"},
		{"inside a CTE", counts + "with x as (select * from marts.heads) select unit_id as a, people_n, is_hidden from x", "does not read scoped_units"},
		{"inside a subquery", free + "select (select max(unit_id) from marts.heads) as a", "does not read scoped_units"},
		{"under its quoted name", free + `select unit_id as a from "MARTS"."heads"`, "does not read scoped_units"},
		{"with a scope of its own", free + "with scoped_units as (select 'u1' as unit_id) select unit_id as a from marts.heads join scoped_units using (unit_id)", "gate's own name"},
		{"the scope's own table", free + "select unit_id as a from marts.unit_scope", "scoped_units and scoped_people are it"},
		{"another layer", free + "select person_id as a from core.fct_jobs", "core.fct_jobs may not be read"},
		{"another catalog", free + "select 1 as a from memory.marts.heads", "may not be read"},
		{"meta", free + "select value as a from meta.setting", "meta.setting may not be read"},
		{"a file", free + "select * from '/etc/passwd'", "may not be read"},
		{"a reading function", free + "select * from read_csv('/etc/passwd')", "read_csv() may not be read"},
		{"query_table", free + "select unit_id as a from query_table('marts.heads')", "query_table() may not be read"},
		{"two statements", free + "select 1 as a; select 2 as a", "2 statements"},
		{"a change", free + "delete from marts.heads", "SELECT"},
		{"a mart that is not there", free + "select a from marts.nothing", "run dials sync"},
		{"aggregate without is_hidden", counts + "select 1 as a, 7 as people_n", "needs column is_hidden"},
		{"aggregate without its people", counts + "select 1 as a, false as is_hidden", `people column "people_n" is not in the result`},
		{"none with people", free + "select 'x' as a, 3 as people_n", "class none has no people"},
		{"people not a number", counts + "select 1 as a, 'x' as people_n, false as is_hidden", "not a whole number"},
		{"is_hidden not a boolean", counts + "select 1 as a, 9 as people_n, 'no' as is_hidden", "is_hidden is a string"},
		{"person", person + "select 1 as a from scoped_people", "not allowed"},
		{"people past their scope", person + "select source as a from marts.runs", "reads neither scoped_people"},
		{"people as a group", counts + "select person_id as a, 9 as people_n, false as is_hidden from marts.cases", "class aggregate may not read it"},
		{"the lines themselves", person + "select 1 as a from marts.access_line", "may not be read"},
		{"the gate's relation", free + "select unit_id as a from granted_roots", "granted_roots may not be read"},
		{"a table named like a mart", free + `with "marts.heads" as (select 1 as a) select a from "marts.heads"`, "gate's own name"},
		{"a company of groups without its scope", strings.Replace(counts, "-- scope: everyone\n", "", 1) + "select 1 as a, 9 as people_n, false as is_hidden", "whole company"},
		{"who approved", free + "select 'p1' as approver_id", "no rows about single people"},
		{"one person in a group", counts + "select 'p1' as manager_id, 9 as people_n, false as is_hidden", "no rows about single people"},
		{"parameter not given", free + "select $nope as a", "$nope is not given"},
		{"positional parameter", free + "select ? as a", "is not given"},
		{"column without field", free + "select 1 as a, 2 as b", `column "b" has no field`},
		{"field without column", free + "select 1 as c", `column "c" has no field`},
		{"null", free + "select null as a", "is NULL"},
		{"other type", free + "select 'x' as a", "does not fit"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, _ := fixture(t, map[string]string{"q": tt.src})
			type row struct {
				A int `db:"a"`
			}
			got, err := All[row](t.Context(), m, Loopback(), "q")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want an error with %q", got, err, tt.want)
			}
		})
	}
}

func TestRights(t *testing.T) {
	m, _ := fixture(t, map[string]string{
		"person": person + "select 1 as a from scoped_people",
		"pay":    pays + "select 1 as a, 10 as people_n, false as is_hidden",
	})
	type row struct {
		A int `db:"a"`
	}
	for _, tt := range []struct {
		reader Reader
		query  string
		ok     bool
	}{
		{Reader{}, "pay", false},
		{Loopback(), "pay", true},
		{Loopback(), "person", false},
		{Reader{Policy: Policy{Units: []string{EveryUnit}, Roles: []Role{HR}}}, "pay", true},
		{Reader{Policy: Policy{Units: []string{EveryUnit}, Roles: []Role{Analyst}}}, "pay", false},
		{Reader{Policy: Policy{Units: []string{EveryUnit}, Roles: []Role{DPO}}}, "pay", false},
	} {
		got, err := All[row](t.Context(), m, tt.reader, tt.query)
		if tt.ok && (err != nil || len(got.Rows) != 1) || !tt.ok && !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%+v reads %s: got %v, %v; allowed is %t", tt.reader, tt.query, got, err, tt.ok)
		}
	}
	if _, err := All[row](t.Context(), m, Reader{View: "tomorrow"}, "pay"); err == nil {
		t.Error("an unknown view passed")
	}
}

func TestTreeIsReadAtTheScope(t *testing.T) {
	m, _ := fixture(t, map[string]string{"q": counts + "select people_n, is_hidden from marts.tree where ancestor_id = $scope_unit and view_name = $scope_view"})
	type row struct {
		People int `db:"people_n"`
	}
	for unit, want := range map[string]int{"u1": 1, "u2": 0, "": 0} {
		if got, err := All[row](t.Context(), m, Reader{Unit: unit, Policy: OpenPolicy(false)}, "q"); err != nil || len(got.Rows) != want {
			t.Errorf("unit %q: got %v, %v, want %d rows", unit, got, err, want)
		}
	}
}

func TestArguments(t *testing.T) {
	m, _ := fixture(t, map[string]string{"q": free + "select $b::int as b, $a::int as a"})
	type row struct {
		A int `db:"a"`
		B int `db:"b"`
	}
	got, err := All[row](t.Context(), m, Loopback(), "q", sql.Named("unused", 9), sql.Named("a", 1), sql.Named("b", 2))
	if err != nil || got.Rows[0] != (row{1, 2}) {
		t.Errorf("got %v, %v, want a = 1, b = 2", got, err)
	}
	for _, bad := range [][]any{
		{1, 2},
		{sql.Named("a", 1)},
		{sql.Named("a", 1), sql.Named("a", 2), sql.Named("b", 1)},
		{sql.Named("a", 1), sql.Named("b", 1), sql.Named("scope_unit", "*")},
	} {
		if got, err := All[row](t.Context(), m, Loopback(), "q", bad...); err == nil {
			t.Errorf("%v: got %v, want an error", bad, got)
		}
	}
}

func TestRowTypes(t *testing.T) {
	m, _ := fixture(t, map[string]string{"q": free + `
		select source, rows, cost, months, started_at, null as missing, null as empty, sum(rows) over () as total,
			null::double as maybe, 'as_now' as view_name from marts.runs`})
	type row struct {
		Source  string            `db:"source"`
		Rows    int               `db:"rows"`
		Cost    float64           `db:"cost"`
		Months  []time.Time       `db:"months"`
		Started time.Time         `db:"started_at"`
		Missing *string           `db:"missing"`
		Empty   []string          `db:"empty"`
		Total   *int64            `db:"total"`
		Maybe   sql.Null[float64] `db:"maybe"`
		View    View              `db:"view_name"`
		Derived string
	}
	got, err := All[row](t.Context(), m, Loopback(), "q")
	if err != nil {
		t.Fatal(err)
	}
	day := func(m time.Month) time.Time { return time.Date(2024, m, 1, 0, 0, 0, 0, time.UTC) }
	three := int64(3)
	want := []row{{
		Source: "hris", Rows: 3, Cost: 1.25, Months: []time.Time{day(1), day(2)},
		Started: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC), Total: &three, View: AsNow,
	}}
	if diff := cmp.Diff(want, got.Rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, err := range map[string]error{
		"not a struct": second(All[int](t.Context(), m, Loopback(), "q")),
		"twice": second(All[struct {
			A string `db:"source"`
			B string `db:"source"`
		}](t.Context(), m, Loopback(), "q")),
		"field without column": second(All[struct {
			row
			Nope string `db:"nope"`
		}](t.Context(), m, Loopback(), "q")),
	} {
		if err == nil {
			t.Errorf("row type %s: no error", name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestScopeIsPutInFrontOfAnyQuery(t *testing.T) {
	const join = "join scoped_units as s on s.unit_id = h.unit_id"
	for name, body := range map[string]string{
		"plain":     "select count(*) as n from marts.heads as h " + join,
		"with":      "with x as (select h.heads from marts.heads as h " + join + ") select count(*) as n from x",
		"WITH tab":  "\n\tWITH\tx as (select h.heads from marts.heads as h " + join + ") select count(*) as n from x",
		"recursive": "with recursive r(i) as (select 1 union all select i + 1 from r where i < 4), x as (select h.heads from marts.heads as h " + join + ") select (select count(*) from x) as n from r limit 1",
		"from":      "from marts.heads as h " + join + " select count(*) as n",
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := fixture(t, map[string]string{"q": free + body})
			got, err := All[struct {
				N int `db:"n"`
			}](t.Context(), m, Reader{Unit: "u1", View: AsNow, Policy: OpenPolicy(false)}, "q")
			if err != nil || got.Rows[0].N != 2 {
				t.Errorf("got %v, %v, want the 2 rows of u1", got, err)
			}
		})
	}
}

func TestResultsAreKeptUntilTheDataMove(t *testing.T) {
	m, db := fixture(t, map[string]string{"heads": counts + headsSQL})
	read := func() int {
		t.Helper()
		got, err := All[headsRow](t.Context(), m, Loopback(), "heads", from)
		if err != nil {
			t.Fatal(err)
		}
		got.Rows[0].Heads = -1 // a page may do with its rows what it likes
		return len(got.Rows)
	}
	change := func(statement string) {
		t.Helper()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if n := read(); n != 4 {
		t.Fatalf("got %d rows, want 4", n)
	}
	change("insert into marts.heads values ('u1', date '2024-03-01', 40, 40, false)")
	if n := read(); n != 4 {
		t.Errorf("same data version: got %d rows, want the 4 that were kept", n)
	}
	change("insert into meta.data_version values (1, timestamp '2024-03-01')")
	if n := read(); n != 5 {
		t.Errorf("next data version: got %d rows, want 5", n)
	}
	got, err := All[headsRow](t.Context(), m, Loopback(), "heads", from)
	if err != nil || got.Rows[0].Heads != 40 {
		t.Errorf("a kept row was changed by its reader: %v, %v", got.Rows[0], err)
	}
	// Another type of row, another unit and other arguments are other results.
	if got, err := All[struct {
		headsRow
		Unit  string    `db:"unit_id"`
		Month time.Time `db:"month"`
		Heads float64   `db:"heads"`
	}](t.Context(), m, Loopback(), "heads", from); err != nil || len(got.Rows) != 5 {
		t.Errorf("other row type: %v, %v", got, err)
	}
	later := sql.Named("from", time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
	if got, err := All[headsRow](t.Context(), m, Loopback(), "heads", later); err != nil || len(got.Rows) != 1 {
		t.Errorf("other argument: %v, %v", got, err)
	}
}

func TestConcurrentReadersSeeOneVersion(t *testing.T) {
	m, db := fixture(t, map[string]string{"heads": counts + headsSQL})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				got, err := All[headsRow](context.Background(), m, Loopback(), "heads", from)
				if err != nil || len(got.Rows) < 4 {
					t.Errorf("got %v, %v", got, err)
					return
				}
			}
		})
	}
	for v := range 5 {
		if _, err := db.Exec(fmt.Sprintf(`begin; insert into marts.heads values ('u1', date '2024-03-01', 40, 40, false);
			insert into meta.data_version values (%d, timestamp '2024-03-01'); commit`, v+1)); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	got, err := All[headsRow](t.Context(), m, Loopback(), "heads", from)
	if err != nil || len(got.Rows) != 9 {
		t.Errorf("at the end: got %d rows, %v, want 9", len(got.Rows), err)
	}
}

func TestDeadline(t *testing.T) {
	m, _ := fixture(t, map[string]string{"slow": free + "select count(*) as n from range(100000000000) a, range(10) b"})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := All[struct {
		N int `db:"n"`
	}](ctx, m, Loopback(), "slow")
	if err == nil {
		t.Error("a query outlived its deadline")
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(3, 100)
	for i := range 5 {
		c.keep(1, fmt.Sprint(i), i, 10)
	}
	c.keep(1, "huge", "x", 60)
	for key, want := range map[string]bool{"0": false, "1": false, "2": true, "4": true, "huge": false} {
		if _, ok := c.find(1, key); ok != want {
			t.Errorf("%s: kept is %t, want %t", key, ok, want)
		}
	}
	c.keep(1, "a", 1, 25)
	c.keep(1, "b", 1, 25)
	c.keep(1, "c", 1, 25)
	c.maxRows = 60
	c.keep(1, "d", 1, 15)
	if c.rows > 60 || c.order.Len() != len(c.byKey) {
		t.Errorf("%d rows in %d results, %d keys, want at most 60", c.rows, c.order.Len(), len(c.byKey))
	}
	c.keep(2, "new", 1, 1)
	c.keep(1, "late", 1, 1)
	if _, ok := c.find(1, "late"); ok || c.order.Len() != 1 {
		t.Errorf("%d results after the version moved, want 1", c.order.Len())
	}
}

// Every file declares what it returns, and DuckDB can parse it.
func TestEveryFileDeclares(t *testing.T) {
	_, db := fixture(t, nil)
	for _, name := range Names() {
		src, err := fs.ReadFile(files, name+".sql")
		if err != nil {
			t.Fatal(err)
		}
		h, body, err := parseHeader(string(src))
		if err != nil {
			t.Errorf("%s.sql: %v", name, err)
			continue
		}
		p, err := parse(t.Context(), db, body)
		if err != nil {
			t.Errorf("%s.sql: %v", name, err)
			continue
		}
		every := map[string]reach{}
		for table := range p.tables {
			if mart, ok := strings.CutPrefix(table, "marts."); ok {
				// which are kept by unit or person is known once they are built
				every[mart] = reach{node: p.params["scope_unit"] && !p.tables["scoped_units"] && !p.tables["granted_units"], person: h.class == Person && strings.HasSuffix(mart, "_people")}
			}
		}
		if err := p.check(every, h); err != nil {
			t.Errorf("%s.sql: %v", name, err)
		}
	}
}

func BenchmarkAll(b *testing.B) {
	m, _ := fixture(b, map[string]string{"heads": counts + headsSQL})
	for _, bb := range []struct {
		name string
		cold bool
	}{{"kept", false}, {"cold", true}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				if bb.cold {
					m.cache = newCache(1, 1)
				}
				if _, err := All[headsRow](b.Context(), m, Loopback(), "heads", from); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
