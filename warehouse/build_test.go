package warehouse

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// tree returns a tree of models or checks from their text.
func tree(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// chain is a small house: two raw tables, a setting, three layers.
func chain() map[string]string {
	return map[string]string{
		"models/staging/person.sql":       "-- One row per person.\nselect person_id from raw.person where superseded_at is null",
		"models/staging/unit.sql":         "select unit_id, name from raw.org_unit",
		"models/staging/setting.sql":      "select key, value from meta.setting",
		"models/core/dim_people.sql":      "with p as (select * from staging.person) select person_id from p;\n",
		"models/core/dim_units.sql":       "select unit_id, name from staging.unit",
		"models/core/fct_minimum.sql":     "select value::integer as value from staging.setting where key = 'min_people'",
		"models/marts/headcount.sql":      "select count(*) as heads, count(*) < (select value from core.fct_minimum) as is_hidden from core.dim_people",
		"models/marts/headcount_unit.sql": "select unit_id, heads from core.dim_units, marts.headcount",
	}
}

func names(models []BuiltModel) []string {
	var all []string
	for _, m := range models {
		all = append(all, m.Name)
	}
	slices.Sort(all)
	return all
}

func TestBuildIncremental(t *testing.T) {
	w := openTest(t, Options{})
	files := chain()
	settings := DefaultSettings()
	all := []string{
		"core.dim_people", "core.dim_units", "core.fct_minimum", "marts.headcount", "marts.headcount_unit",
		"staging.person", "staging.setting", "staging.unit",
	}
	people := []string{"core.dim_people", "marts.headcount", "marts.headcount_unit", "staging.person"}
	for _, tt := range []struct {
		name    string
		change  func()
		rebuilt []string
		dropped []string
	}{
		{"first", func() {}, all, nil},
		{"nothing", func() {}, nil, nil},
		{"settings that are the same", func() { configure(t, w, settings) }, nil, nil},
		{"a load", func() { exec(t, w, insertPerson, "insert into meta.raw_version values ('raw.person', 1)") }, people, nil},
		{"another", func() { exec(t, w, "update meta.raw_version set version = 2 where table_name = 'raw.person'") }, people, nil},
		{"a load that nobody reads", func() { exec(t, w, "insert into meta.raw_version values ('raw.job', 1)") }, nil, nil},
		{"a setting", func() { settings.MinPeople = 7; configure(t, w, settings) }, []string{"core.fct_minimum", "marts.headcount", "marts.headcount_unit", "staging.setting"}, nil},
		{"a new column", func() { exec(t, w, "alter table raw.org_unit add column colour varchar") }, []string{"core.dim_units", "marts.headcount_unit", "staging.unit"}, nil},
		{"another SQL", func() { files["models/marts/headcount_unit.sql"] += " -- more" }, []string{"marts.headcount_unit"}, nil},
		{"a lost table", func() { exec(t, w, "drop table core.dim_units") }, []string{"core.dim_units"}, nil},
		{"a table where a view was", func() { exec(t, w, "drop view staging.unit", "create table staging.unit (x int)") }, []string{"staging.unit"}, nil},
		{"fewer models", func() {
			delete(files, "models/marts/headcount_unit.sql")
			delete(files, "models/staging/unit.sql")
			delete(files, "models/core/dim_units.sql")
		}, nil, []string{"core.dim_units", "marts.headcount_unit", "staging.unit"}},
	} {
		if tt.name == "first" {
			configure(t, w, settings)
		}
		tt.change()
		before, err := w.DataVersion(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		report, err := w.build(t.Context(), tree(files))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.rebuilt, names(report.Rebuilt)); diff != "" {
			t.Errorf("%s: rebuilt (-want +got)\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.dropped, report.Dropped); diff != "" {
			t.Errorf("%s: dropped (-want +got)\n%s", tt.name, diff)
		}
		if got := len(report.Rebuilt) + len(report.Kept); got != len(files) {
			t.Errorf("%s: %d models rebuilt or kept of %d", tt.name, got, len(files))
		}
		want := before
		if tt.rebuilt != nil || tt.dropped != nil {
			want++
		}
		if after, err := w.DataVersion(t.Context()); after != want || report.DataVersion != want || err != nil {
			t.Errorf("%s: data version %d, %v, reported %d, want %d", tt.name, after, err, report.DataVersion, want)
		}
		if got := scan[int](t, w, "select count(*) from meta.model"); got != len(files) {
			t.Errorf("%s: %d models noted of %d", tt.name, got, len(files))
		}
	}
	if got := scan[int](t, w, "select count(*) from duckdb_tables() where table_name like 'headcount%'"); got != 1 {
		t.Errorf("%d headcount tables, want 1", got)
	}
}

// BuildOnly builds what is named and what that reads, and leaves the rest.
func TestBuildOnly(t *testing.T) {
	w := openTest(t, Options{})
	report, err := w.build(t.Context(), tree(chain()), "marts.headcount")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"core.dim_people", "core.fct_minimum", "marts.headcount", "staging.person", "staging.setting"}
	if diff := cmp.Diff(want, names(report.Rebuilt)); diff != "" {
		t.Error(diff)
	}
	if report, err = w.build(t.Context(), tree(chain())); err != nil || len(report.Rebuilt) != len(chain())-len(want) {
		t.Errorf("the rest: %v, %v", names(report.Rebuilt), err)
	}
	if _, err = w.build(t.Context(), tree(chain()), "marts.nothing"); err == nil || !strings.Contains(err.Error(), "marts.nothing is no model") {
		t.Error(err)
	}
}

func configure(t *testing.T, w *Warehouse, s Settings) {
	t.Helper()
	if err := w.Configure(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func TestBuildRefuses(t *testing.T) {
	w := openTest(t, Options{})
	for _, tt := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{"upward read", map[string]string{"staging/s.sql": "select 1 as x from marts.m"}, "models/staging/s.sql: reads marts.m: staging may read only [raw meta]"},
		{"raw in core", map[string]string{"core/a.sql": "select 1 as x from raw.person"}, "core may read only [staging core]"},
		{"staging in marts", map[string]string{"marts/a.sql": "select 1 as x from staging.s"}, "marts may read only [core marts]"},
		{"upward read under a join that does not bind", map[string]string{"core/a.sql": "with b as (select * from marts.m) select * from b join b as c using (id)"}, "core may read only"},
		{"upward read in a subquery", map[string]string{"core/a.sql": "select (select max(x) from marts.m) as x"}, "core may read only"},
		{"cycle", map[string]string{"core/a.sql": "select * from core.b", "core/b.sql": "select * from core.a"}, "models/core/a.sql: reads itself"},
		{"itself", map[string]string{"core/a.sql": "select * from core.a"}, "models/core/a.sql: reads itself"},
		{"missing model", map[string]string{"core/a.sql": "select * from core.b"}, "models/core/a.sql: reads core.b, which there is not"},
		{"missing raw table", map[string]string{"staging/a.sql": "select * from raw.nowhere"}, "reads raw.nowhere, which there is not"},
		{"no schema", map[string]string{"core/a.sql": "select * from b"}, "reads b: name it schema.table"},
		{"another database", map[string]string{"core/a.sql": "select * from system.core.b"}, "in another database"},
		{"file", map[string]string{"staging/a.sql": "select * from read_csv('a.csv')"}, "reads read_csv(): a model reads tables alone"},
		{"file as a table", map[string]string{"staging/a.sql": "select * from 'a.csv'"}, "name it schema.table"},
		{"clock", map[string]string{"core/a.sql": "select 1 as x where now() > date '2024-01-01'"}, "calls now"},
		{"today", map[string]string{"core/a.sql": "select current_date as x"}, "calls current_date"},
		{"time", map[string]string{"core/a.sql": "select cast(CURRENT_TIMESTAMP as date) as x"}, "calls current_timestamp"},
		{"chance", map[string]string{"core/a.sql": "select Random() as x"}, "calls random"},
		{"bookkeeping", map[string]string{"staging/a.sql": "select name from meta.model"}, "which every build changes"},
		{"syntax", map[string]string{"core/a.sql": "-- Grain: one.\nselec 1"}, "models/core/a.sql: line 2: "},
		{"two statements", map[string]string{"core/a.sql": "select 1; drop table raw.person"}, "models/core/a.sql"},
		{"two selects", map[string]string{"core/a.sql": "select 1; select 2"}, "holds 2 statements"},
		{"no select", map[string]string{"core/a.sql": "drop table raw.person"}, "Only SELECT"},
		{"empty", map[string]string{"core/a.sql": "-- Grain: one."}, "holds 0 statements"},
		{"unknown layer", map[string]string{"mart/a.sql": "select 1 as x"}, "mart is no layer"},
		{"bind", map[string]string{"core/a.sql": "-- Grain: one.\nselect 1 as x,\n  y"}, "LINE 3"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{}
			for name, text := range tt.files {
				files["models/"+name] = text
			}
			_, err := w.build(t.Context(), tree(files))
			wantError(t, err, tt.want)
		})
	}
	if got := scan[int](t, w, "select count(*) from duckdb_tables() where schema_name in ('core', 'marts')"); got != 0 {
		t.Errorf("refused builds left %d tables", got)
	}
}

// Names that SQL must quote are tables like others.
func TestBuildQuotedNames(t *testing.T) {
	w := openTest(t, Options{})
	_, err := w.build(t.Context(), tree(map[string]string{
		"models/staging/action.sql": `select action_id as "order" from raw.action`,
		"models/core/select.sql":    `select "order" from staging."action"`,
		"models/marts/group.sql":    `select count(*) as n from core."select", range(3) as r(i), unnest([1, 2])`,
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// A failed build leaves the old marts, whole, and the next one goes on from where it failed.
func TestBuildFails(t *testing.T) {
	w := openTest(t, Options{})
	files := map[string]string{"models/core/a.sql": "select 1 as x", "models/marts/m.sql": "select x from core.a"}
	if _, err := w.build(t.Context(), tree(files)); err != nil {
		t.Fatal(err)
	}
	files["models/core/a.sql"] = "select 2 as x"
	files["models/marts/m.sql"] = "select ('no number ' || x)::integer as x from core.a"
	_, err := w.build(t.Context(), tree(files))
	wantError(t, err, "build: models/marts/m.sql: ")
	if m := scan[int](t, w, "select x from marts.m"); m != 1 {
		t.Errorf("marts.m = %d, want the old one", m)
	}
	if v, _ := w.DataVersion(t.Context()); v != 1 {
		t.Errorf("data version %d, want 1", v)
	}
	files["models/marts/m.sql"] = "select x from core.a"
	report, err := w.build(t.Context(), tree(files))
	if err != nil {
		t.Fatal(err)
	}
	if m := scan[int](t, w, "select x from marts.m"); m != 2 || len(report.Rebuilt) != 1 || report.DataVersion != 2 {
		t.Errorf("marts.m = %d after %d models in version %d, want 2 after 1 in 2", m, len(report.Rebuilt), report.DataVersion)
	}
}

// Readers see the old marts until a build commits, those of one moment in one
// transaction, and the new ones afterwards.
func TestReadersDuringBuild(t *testing.T) {
	w := openTest(t, Options{Path: filepath.Join(t.TempDir(), "a.duckdb")})
	build := func(x int) {
		t.Helper()
		files := map[string]string{"models/core/a.sql": fmt.Sprintf("select %d as x from range(1000)", x), "models/marts/m.sql": "select x from core.a"}
		if _, err := w.build(t.Context(), tree(files)); err != nil {
			t.Fatal(err)
		}
	}
	build(1)
	tx, err := w.DB().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	sum := func() (x int) {
		t.Helper()
		if err := tx.QueryRowContext(t.Context(), "select sum(x)::integer from marts.m").Scan(&x); err != nil {
			t.Fatal(err)
		}
		return x
	}
	before := sum()
	build(2)
	if after := sum(); before != 1000 || after != 1000 {
		t.Errorf("a reader's transaction saw %d, then %d, want 1000 twice", before, after)
	}
	if got := scan[int](t, w, "select sum(x)::integer from marts.m"); got != 2000 {
		t.Errorf("a new reader sees %d, want 2000", got)
	}
}

// The models of the tree build on an empty warehouse, and nothing is built twice.
func TestBuildTree(t *testing.T) {
	w := openTest(t, Options{})
	configure(t, w, DefaultSettings())
	first, err := w.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(second.Rebuilt) > 0 || len(second.Kept) != len(first.Rebuilt) || second.DataVersion != first.DataVersion {
		t.Errorf("the second build rebuilt %v", names(second.Rebuilt))
	}
	exportable, err := w.Exportable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range exportable {
		if _, _, err := w.Export(t.Context(), name, "parquet", t.TempDir()); err != nil {
			t.Error(err)
		}
	}
	findings, err := w.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if f.Severity == SeverityError {
			t.Errorf("an empty warehouse: %v", f)
		}
	}
}

// A condition on the left table alone in the on of a left join makes DuckDB compare every
// row with every row: it belongs into the key, as case when condition then key end.
func TestModelsJoinByKeys(t *testing.T) {
	w := openTest(t, Options{})
	configure(t, w, DefaultSettings())
	whole(t, w)
	files, err := fs.Glob(models, "models/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	type node struct {
		Name     string         `json:"name"`
		Children []node         `json:"children"`
		Extra    map[string]any `json:"extra_info"`
	}
	var slow func(n node) []any
	slow = func(n node) (conditions []any) {
		join, condition := n.Extra["Join Type"], n.Extra["Condition"]
		if n.Name == "BLOCKWISE_NL_JOIN" && join != "INNER" && condition != "true" && condition != "false" {
			conditions = append(conditions, condition)
		}
		for _, c := range n.Children {
			conditions = append(conditions, slow(c)...)
		}
		return conditions
	}
	for _, file := range files {
		src, err := fs.ReadFile(models, file)
		if err != nil {
			t.Fatal(err)
		}
		var kind, plan string
		if err := w.DB().QueryRowContext(t.Context(), "explain (format json) "+string(src)).Scan(&kind, &plan); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var roots []node
		if err := json.Unmarshal([]byte(plan), &roots); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, root := range roots {
			for _, condition := range slow(root) {
				t.Errorf("%s: joins by nested loops: %v", file, condition)
			}
		}
	}
}

func TestConfigure(t *testing.T) {
	w := openTest(t, Options{})
	s := DefaultSettings()
	s.CompanyName = "Meridian's"
	s.Sources = []SourceSetting{{Name: "hris", Kind: "file", Schedule: "15 2 * * *", TrustedLog: true}, {Name: "lms", Kind: "file"}}
	for range 2 {
		configure(t, w, s)
	}
	if got := scan[string](t, w, "select string_agg(key || '=' || value, ' ' order by key) from meta.setting"); got !=
		"base_currency=EUR company_name=Meridian's fiscal_calendar=months fiscal_year_start_month=1 min_people=5 min_people_pay=10 off= reconciliation_tolerance=0.02 rehire_gap_days=31 timezone=UTC" {
		t.Errorf("settings are %s", got)
	}
	if got := scan[string](t, w, "select string_agg(s::varchar, ' ' order by position) from meta.source s"); !strings.Contains(got, "'position': 1") || strings.Count(got, "hris") != 1 {
		t.Errorf("sources are %s", got)
	}
	if got := scan[sql.NullString](t, w, "select schedule from meta.source where source = 'lms'"); got.Valid {
		t.Errorf("lms has the schedule %q", got.String)
	}
	s.MinPeople, s.Sources = 8, s.Sources[:1]
	configure(t, w, s)
	if got := scan[string](t, w, "select string_agg(key || ' ' || old_value || ' ' || new_value, '; ') from meta.setting_change where old_value is not null"); got != "min_people 5 8" {
		t.Errorf("changes are %q", got)
	}
	if got := scan[int](t, w, "select count(*) from meta.source"); got != 1 {
		t.Errorf("%d sources, want 1", got)
	}
	bad := Settings{BaseCurrency: "euro", FiscalYearStartMonth: 13, Timezone: "Mars", MinPeople: 4, MinPeoplePay: 9, RehireGapDays: -1, ReconciliationTolerance: 2}
	err := w.Configure(t.Context(), bad)
	for _, key := range []string{"base_currency", "fiscal_year_start_month", "timezone", "min_people", "min_people_pay", "rehire_gap_days", "reconciliation_tolerance"} {
		wantError(t, err, key)
	}
}
