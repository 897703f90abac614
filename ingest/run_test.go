package ingest_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dials/ingest"
)

func TestFirstLoad(t *testing.T) {
	s := newSite(t)
	s.write("e.csv", "employment_id,person_id,hire_date,employment_type,valid_from,valid_to,is_voluntary,contracted_hours\n"+
		"e1,p1,2020-01-01,Employee,2020-01-01,2021-01-01,,38.5\n"+
		"e1,p1,2020-01-01,employee,2021-01-01,,,40\n"+
		"e2,p2,2020-02-30,employee,2020-01-01,,,40\n"+
		"e3,p3,2020-02-03,boss,2020-01-01,,yes,40\n")
	cfg := stream("employment", "history", "e.csv")
	r := s.mustSync(cfg)
	if got, want := counts(r), "read 4 inserted 2 updated 0 unchanged 0 rejected 2 deleted 0"; got != want {
		t.Errorf("%s, want %s: %v", got, want, r.Warnings)
	}
	want := []string{
		"e1|2020-01-01|2021-01-01|stated|38.5|src|e.csv|1|-",
		"e1|2021-01-01|-|stated|40.0|src|e.csv|1|-",
	}
	if diff := cmp.Diff(want, s.query("select employment_id, valid_from, valid_to, valid_basis, contracted_hours, source, source_file, run_id, superseded_at from raw.employment order by all")); diff != "" {
		t.Errorf("raw.employment (-want +got):\n%s", diff)
	}
	want = []string{
		"3|4|hire_date|2020-02-30|is not a date written as 2024-01-31: format can say how it is written|e.csv",
		"4|5|employment_type|boss|is not one of employee, contractor, intern, agency|e.csv",
	}
	if diff := cmp.Diff(want, s.query("select record, line, column_name, value, reason, source_file from meta.rejected_row order by 1")); diff != "" {
		t.Errorf("meta.rejected_row (-want +got):\n%s", diff)
	}
	r = s.mustSync(cfg)
	if got, want := counts(r), "read 4 inserted 0 updated 0 unchanged 4 rejected 0 deleted 0"; got != want {
		t.Errorf("again: %s, want %s: %v", got, want, r.Warnings)
	}
	r = s.run(cfg, true)
	if got, want := counts(r), "read 4 inserted 0 updated 0 unchanged 2 rejected 2 deleted 0"; got != want || r.Err != nil {
		t.Errorf("full: %s, want %s: %v %v", got, want, r.Warnings, r.Err)
	}
}

// A run that is cut off by its context leaves what was there, and its failed run.
func TestCancelled(t *testing.T) {
	s := newSite(t)
	s.write("u.csv", units(200_000, -1, ""))
	src, err := s.source(stream("org_unit", "history", "u.csv"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reports, err := ingest.Run(ctx, s.w, src, ingest.RunOptions{Progress: func(ingest.Progress) { cancel() }})
	if err == nil || !errors.Is(reports[0].Err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	s.same("runs", []string{"failed|sync"}, "select status, 'sync' from meta.run")
	s.same("rows", []string{"0"}, "select count(*) from raw.org_unit")
	if r := s.mustSync(stream("org_unit", "history", "u.csv")); r.Inserted != 200_000 {
		t.Errorf("afterwards: %s", counts(r))
	}
}

// Files of one stream agree on whether their records state when they are true.
func TestFilesDisagree(t *testing.T) {
	s := newSite(t)
	s.write("u/1.csv", "unit_id,name,valid_from\na,A,2024-01-01\n")
	s.write("u/2.csv", "unit_id,name\na,A\n")
	r := s.sync(stream("org_unit", "snapshot", "u/*.csv"))
	if r.Err == nil || !strings.Contains(r.Err.Error(), "u/2.csv: it states valid_from or valid_to and other files of the stream do not") {
		t.Errorf("error = %v", r.Err)
	}
}

// The same bytes under two names are the same records.
func TestSameFileTwice(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "history", "u/*.csv")
	s.write("u/1.csv", units(20, -1, ""))
	s.write("u/2.csv", units(20, -1, ""))
	r := s.mustSync(cfg)
	if got, want := counts(r), "read 40 inserted 20 updated 0 unchanged 20 rejected 0 deleted 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r := s.mustSync(cfg); r.Inserted+r.Updated+r.Deleted != 0 {
		t.Error(counts(r))
	}
}
