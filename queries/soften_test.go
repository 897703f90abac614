package queries

import (
	"database/sql"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"dials/warehouse"
)

// softMarts are a mart of one row per number of people, with a query beside it.
func softMarts(t *testing.T, src string) *Marts {
	t.Helper()
	w, err := warehouse.Open(t.Context(), warehouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, stmt := range []string{
		"create schema if not exists marts",
		`create table marts.levels as select unnest([8, 12, 19, 20, 33]) as people_n, date '2025-12-01' as month, false as is_hidden,
			7.0 as days, unnest([51234.0, -3.42, 0.0, null, 104.3])::double as level`,
	} {
		if _, err := w.DB().ExecContext(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	m := Open(w.DB())
	m.files = fstest.MapFS{"levels.sql": &fstest.MapFile{Data: []byte(src)}}
	return m
}

const softHeader = "-- Levels.\n-- topic: pay\n-- scope: everyone\n-- people: people_n\n"

// An extremum or a quantile is told of 20 people or more alone, a level is rounded, and
// so are the people behind it.
func TestQuantilesAndLevels(t *testing.T) {
	m := softMarts(t, softHeader+"-- class: pay\n-- quantile: median_days\n-- rounded: pay_level\n-- yearly: month\nselect people_n, month, is_hidden, days as median_days, level as pay_level from marts.levels order by people_n")
	got, err := Read(t.Context(), m, Loopback(), "levels")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]any{{int64(10), nil, -3.4}, {int64(20), nil, 0.0}, {int64(20), 7.0, nil}, {int64(35), 7.0, 104.0}}
	var rows [][]any
	for _, r := range got.Rows {
		median := r[2]
		if d, ok := median.(interface{ Float64() float64 }); ok {
			median = d.Float64()
		}
		rows = append(rows, []any{r[0], median, r[3]})
	}
	if diff := cmp.Diff(want, rows); diff != "" || !got.Hidden {
		t.Errorf("hidden is %t; (-want +got):\n%s", got.Hidden, diff)
	}
	// 12 people are not rounded below a floor of 12, and 8 are not rounded up to one.
	if _, err := m.db.ExecContext(t.Context(), "insert into meta.setting (key, value) values ('min_people_pay', '12')"); err != nil {
		t.Fatal(err)
	}
	again, err := Read(t.Context(), OpenFiles(m.db, m.files), Loopback(), "levels", sql.Named("unused", 1))
	if err != nil || len(again.Rows) != 4 || again.Rows[0][0] != int64(12) {
		t.Errorf("with a floor of 12: %v, %v", again.Rows, err)
	}
}

// A query that tells an extremum, a quantile or a level and does not say so does not run.
func TestSoftRulesAreDeclared(t *testing.T) {
	for _, tt := range []struct{ header, body, err string }{
		{"-- class: aggregate\n", "select people_n, is_hidden, days as median_days from marts.levels", `"median_days" sounds like`},
		{"-- class: aggregate\n", "select people_n, is_hidden, days as p90 from marts.levels", `"p90" sounds like`},
		{"-- class: aggregate\n", "select people_n, is_hidden, days as longest_wait from marts.levels", `"longest_wait" sounds like`},
		{"-- class: pay\n", "select people_n, is_hidden, level as compa_ratio from marts.levels", `"compa_ratio" sounds like a level`},
		{"-- class: aggregate\n", "select people_n, is_hidden, level as rating from marts.levels", `"rating" sounds like a level`},
		{"-- class: aggregate\n", "select max(people_n) as people_n, false as is_hidden, median(days) as typical from marts.levels", "median() of people"},
		{"-- class: aggregate\n", "select max(people_n) as people_n, false as is_hidden, quantile_cont(days, 0.9) as slow from marts.levels", "quantile_cont() of people"},
		{"-- class: aggregate\n-- quantile: days\n", "select people_n, is_hidden from marts.levels", "REPLACE list"},
		{"-- class: pay\n-- rounded: level\n", "select people_n, is_hidden, level from marts.levels", "yearly dates"},
		{"-- class: none\n-- quantile: days\n", "select 1 as days", "has no quantiles"},
		{"-- class: pay\n-- rounded: level, level\n", "select 1", "not a list of columns"},
		{"-- class: pay\n-- quantile: none\n-- quantile: none\n", "select 1", "twice"},
		{"-- class: pay\n-- rounded: level\n-- yearly: month\n", "select people_n, is_hidden, level, month + to_months(people_n::integer) as month from marts.levels", "yearly dates"},
		{"-- class: aggregate\n-- quantile: none\n", "select people_n, is_hidden, days as most_recent from marts.levels", ""},
		{"-- class: pay\n-- rounded: none\n", "select people_n, is_hidden, level as compa_ratio from marts.levels", ""},
	} {
		header := softHeader
		if strings.Contains(tt.header, "none\n-- quantile: days") {
			header = strings.Replace(header, "people_n", "none", 1)
		}
		_, err := Read(t.Context(), softMarts(t, header+tt.header+tt.body), Loopback(), "levels")
		if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%s%s: got %v, want %q", tt.header, tt.body, err, tt.err)
		}
	}
}
