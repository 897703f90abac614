package warehouse

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/google/go-cmp/cmp"
)

// exportable is a warehouse with one core table of many rows and two marts.
func exportable(t *testing.T, dir string) *Warehouse {
	t.Helper()
	w := openTest(t, Options{Path: filepath.Join(dir, "w.duckdb"), AllowedDirectories: []string{filepath.Join(dir, "in")}})
	if _, err := w.build(t.Context(), exportTree()); err != nil {
		t.Fatal(err)
	}
	return w
}

func exportTree() fstest.MapFS {
	return tree(map[string]string{
		"models/staging/s.sql":      "select person_id from raw.person",
		"models/core/fct_many.sql":  "select i as id, 'row ' || i as name, i::decimal(18, 4) as amount, [date '2024-01-31'] as days from range(1000000) as r(i)",
		"models/marts/groups.sql":   "select i as unit_id, i % 10 as n, case when i < 8 then i % 2 = 0 end as is_hidden, 'a, \"b\"' as name, i / 4 as value from range(10) as r(i)",
		"models/marts/no_rows.sql":  "select 1 as x, 'a' as y where false",
		"models/marts/all_gone.sql": "select 1 as x, true as is_hidden",
		"models/marts/cells.sql": `-- Grain: one unit.
-- hide: n, value where is_hidden
-- hide: value where is_range
select i as unit_id, i as n, i / 2 as value, nullif(i, 3) = 1 as is_hidden, i = 2 as is_range from range(4) as r(i)`,
	})
}

func TestExport(t *testing.T) {
	dir := t.TempDir()
	w := exportable(t, dir)
	names, err := w.Exportable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"core.fct_many", "marts.all_gone", "marts.cells", "marts.groups", "marts.no_rows"}, names); diff != "" {
		t.Errorf("exportable (-want +got)\n%s", diff)
	}
	// Outside of what SQL may write; a reader of our own looks at the result.
	out := filepath.Join(dir, "out", "deep")
	reader := openTest(t, Options{AllowedDirectories: []string{out}})
	for name, want := range map[string]int64{"core.fct_many": 1_000_000, "marts.groups": 4, "marts.no_rows": 0, "marts.all_gone": 0, "marts.cells": 4} {
		for _, format := range Formats() {
			writeFile(t, filepath.Join(out, name+"."+format), "an older one")
			path, rows, err := w.export(t.Context(), exportTree(), name, format, out)
			if err != nil {
				t.Fatal(err)
			}
			if path != filepath.Join(out, name+"."+format) || rows != want {
				t.Errorf("export(%s, %s) = %s, %d, want %d rows", name, format, path, rows, want)
			}
			if format == "arrow" {
				if got := arrowRows(t, path); got != want {
					t.Errorf("%s holds %d rows, want %d", path, got, want)
				}
				continue
			}
			if got := scan[int64](t, reader, "select count(*) from "+quote(path)); got != want {
				t.Errorf("%s holds %d rows, want %d", path, got, want)
			}
		}
	}
	content(t, filepath.Join(out, "marts.cells.csv"), "unit_id,n,value,is_hidden,is_range\n0,0,0.0,false,false\n1,,,true,false\n2,2,,false,true\n3,,,,false\n")
	content(t, filepath.Join(out, "marts.groups.csv"), "unit_id,n,is_hidden,name,value\n1,1,false,\"a, \"\"b\"\"\",0.25\n3,3,false,\"a, \"\"b\"\"\",0.75\n5,5,false,\"a, \"\"b\"\"\",1.25\n7,7,false,\"a, \"\"b\"\"\",1.75\n")
	left, err := os.ReadDir(out)
	if err != nil || len(left) != 15 {
		t.Errorf("%d files beside each other, %v, want 15: %v", len(left), err, left)
	}
	scratch, err := w.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(scratch, "export-*")); len(left) > 0 || err != nil {
		t.Errorf("scratch still holds %v, %v", left, err)
	}
}

// content checks what a file holds.
func content(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", path, diff)
	}
}

// arrowRows reads an Arrow file as others do and checks its content.
func arrowRows(t *testing.T, path string) (rows int64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := ipc.NewFileReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i := range r.NumRecords() {
		batch, err := r.RecordBatch(i)
		if err != nil {
			t.Fatal(err)
		}
		if batch.Schema().HasField("id") && batch.Column(0).ValueStr(0) != batch.Column(2).ValueStr(0) {
			t.Fatalf("batch %d begins with %s and %s", i, batch.Column(0).ValueStr(0), batch.Column(2).ValueStr(0))
		}
		rows += batch.NumRows()
	}
	return rows
}

func TestExportRefuses(t *testing.T) {
	dir := t.TempDir()
	empty := openTest(t, Options{})
	_, _, err := empty.Export(t.Context(), "marts.groups", "csv", dir)
	wantError(t, err, "export marts.groups: nothing is built yet")

	w := exportable(t, dir)
	for _, tt := range []struct{ name, format, dir, want string }{
		{"marts.groups", "xml", dir, `format "xml" is not one of parquet, arrow, csv`},
		{"marts.nothing", "csv", dir, "there is no such table; there are core.fct_many, marts."},
		{"staging.s", "csv", dir, "there is no such table"},
		{"raw.person", "csv", dir, "there is no such table"},
		{"marts.groups; drop table raw.person", "csv", dir, "there is no such table"},
		{"marts.groups", "csv", filepath.Join(dir, "w.duckdb"), "not a directory"},
	} {
		_, _, err := w.export(t.Context(), exportTree(), tt.name, tt.format, tt.dir)
		wantError(t, err, tt.want)
	}
	// A stopped export leaves the older file.
	writeFile(t, filepath.Join(dir, "core.fct_many.arrow"), "older")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := w.export(ctx, exportTree(), "core.fct_many", "arrow", dir); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped export: %v, want Canceled", err)
	}
	content(t, filepath.Join(dir, "core.fct_many.arrow"), "older")
}

func TestHidden(t *testing.T) {
	got, err := hidden("-- Grain: a month.\n-- hide: value , numerator where is_range\n--hide: n where is_hidden\nselect 1 -- hide: x where y\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"is_range": {"value", "numerator"}, "is_hidden": {"n"}}, got); diff != "" {
		t.Errorf("hidden (-want +got)\n%s", diff)
	}
	for _, bad := range []string{"-- hide: value", "-- hide: value where a or b"} {
		if _, err := hidden(bad); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
