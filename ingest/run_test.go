package ingest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
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
