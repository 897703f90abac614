package ingest_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"dials/ingest"
)

// A drop folder takes every known format, passes over what programs leave behind, and
// names what it does not know.
func TestDropFolder(t *testing.T) {
	s := newSite(t)
	config := stream("job_title", "delta", "drop/*", "", `if_missing = "skip"`)
	if r := s.mustSync(config); r.Read != 0 || len(r.Warnings) > 0 {
		t.Errorf("an empty folder: %s %v", counts(r), r.Warnings)
	}
	s.write("drop/a.csv", "job_title_id,name\n1,A\n")
	s.write("drop/b.json", `[{"job_title_id": "2", "name": "B"}]`)
	for _, name := range []string{".DS_Store", "Thumbs.db", "a.csv~", "~$a.xlsx", "c.part"} {
		s.write("drop/"+name, "no table")
	}
	if r := s.mustSync(config); r.Inserted != 2 {
		t.Errorf("two formats: %s", counts(r))
	}
	s.write("drop/notes.docx", "no table")
	wantErr(t, s.sync(config), "drop/notes.docx: its name does not end like a known format")
}

// What a spreadsheet did to an identifier and the label of a total are no identifiers.
func TestFalseIDs(t *testing.T) {
	s := newSite(t)
	s.write("lines.csv", "Line;Emp;Amount\n1;7;1.234,56\n2;8;10,00\n3;1,0E+05;1\n4;A1E+5;1\nTotal;;1.244,56\nSumme:;9;1\n")
	config := stream("payroll_line", "delta", "lines.csv", "", `decimal = ","`,
		`payroll_line_id = "Line"
person_id = { from = "Emp", pad = 6 }
payroll_run_id = { value = "r1" }
element = { value = "base" }
currency = { value = "EUR" }
amount = "Amount"`)
	r := s.mustSync(config)
	s.same("lines", []string{"1|000007|1234.5600", "2|000008|10.0000", "4|0A1E+5|1.0000"}, "select payroll_line_id, person_id, amount from raw.payroll_line order by 1")
	const total = "is the label of a row of totals, not an identifier"
	s.same("refused", []string{
		"3|4|person_id|is a number as a spreadsheet shortens it, with digits lost: have the column exported as text",
		"5|6|payroll_line_id|" + total, "6|7|payroll_line_id|" + total,
	}, "select record, line, column_name, reason from meta.rejected_row order by record")
	want := "3 records of 6 refused; the first is lines.csv, record 3, line 4: person_id is a number as a spreadsheet shortens it, with digits lost: have the column exported as text"
	if !slices.Contains(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
}

// A text that two formats of a list read as two days is nobody's day; a serial day of
// a spreadsheet is one where excel is a format.
func TestDatesOfSeveralFormats(t *testing.T) {
	s := newSite(t)
	s.write("units.csv", "unit_id,name,valid_from\na,A,25/05/2020\nb,B,05/25/2020\nc,C,04/04/2020\nd,D,43891\ne,E,04/05/2020\n")
	s.mustSync(stream("org_unit", "history", "units.csv", "", `date_format = ["%d/%m/%Y", "%m/%d/%Y", "excel"]`))
	s.same("days", []string{"a|2020-05-25", "b|2020-05-25", "c|2020-04-04", "d|2020-03-01"}, "select unit_id, valid_from from raw.org_unit order by 1")
	s.same("refused", []string{"5|valid_from|is not a date written as %d/%m/%Y or %m/%d/%Y or excel, or is one day by one of them and another by another"},
		"select record, column_name, reason from meta.rejected_row")
}

// An amount with a comma for thousands is not told to have it for decimals.
func TestHints(t *testing.T) {
	s := newSite(t)
	s.write("t.csv", "job_title_id,name\n1,A\n")
	wantErr(t, s.sync(stream("job_title", "history", "t.csv")), `set delivery = "snapshot" for a table of what is true now`)
	s.write("s.csv", "scale_id,low_value,high_value\n1,0,\"1,234.50\"\n")
	wantErr(t, s.sync(stream("scale", "delta", "s.csv")), `high_value is not a number: set decimal = "," for 1.234,56 or decimal = "." for 1,234.56`)
}

// Monthly snapshots whose names hold dates that nothing reads are not one day's.
func TestDatedNames(t *testing.T) {
	monthly := func() *site {
		s := newSite(t)
		for _, month := range []string{"2026-01-31", "2026-02-28"} {
			s.write("units_"+month+".csv", "unit_id,name\na,A\n")
		}
		return s
	}
	r := monthly().mustSync(stream("org_unit", "snapshot", "units_*.csv"))
	want := `names such as "units_2026-01-31.csv" hold a date that is not read, so that 2 files are taken as the state of one day: if each is the state on its own date, set as_of = { file = "units_%Y-%m-%d.csv" }`
	if !slices.Contains(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
	r = monthly().mustSync(stream("org_unit", "snapshot", "units_*.csv", "", `as_of = { file = "units_%Y-%m-%d.csv" }`))
	if len(r.Warnings) > 0 {
		t.Errorf("warnings %q, want none", r.Warnings)
	}
}

// Who is missing from a snapshot of everybody is deleted, and that is said.
func TestGoneFromSnapshot(t *testing.T) {
	s := newSite(t)
	s.write("units_2026-01-31.csv", "unit_id,name\na,A\nb,B\n")
	s.write("units_2026-02-28.csv", "unit_id,name\na,A\n")
	r := s.mustSync(stream("org_unit", "snapshot", "units_*.csv", "", `as_of = { file = "units_%Y-%m-%d.csv" }`))
	want := []string{`1 record absent from the snapshot as of 2026-02-28: marked as deleted, as if never there; where absence means an end, as of leavers, set population = "active_only"`}
	if diff := cmp.Diff(want, r.Warnings); diff != "" || r.Deleted != 1 {
		t.Errorf("%s, warnings (-want +got):\n%s", counts(r), diff)
	}
}

// A title above the column names, a second sheet and records inside of an object are
// each named, with the key that mends them.
func TestWhereTheTableIs(t *testing.T) {
	s := newSite(t)
	s.write("t.csv", "Titles of 2026\njob_title_id,name\n1,A\n")
	wantErr(t, s.sync(stream("job_title", "delta", "t.csv")), "if the column names stand in another row, set header_row")
	s.mustSync(stream("job_title", "delta", "t.csv", "", "header_row = 2"))

	s.write("t.json", `{"total": 1, "data": {"items": [{"job_title_id": "1", "name": "A"}]}}`)
	r := s.sync(stream("job_title", "delta", "t.json"))
	wantErr(t, r, "job_title_id is missing")
	if want := `t.json: it is one object, taken as one record: if its records are in "data.items", set records = "data.items"`; !slices.Contains(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}

	book := excelize.NewFile()
	if _, err := book.NewSheet("2026"); err != nil {
		t.Fatal(err)
	}
	if err := book.SetSheetRow("Sheet1", "A1", &[]any{"job_title_id", "name"}); err != nil {
		t.Fatal(err)
	}
	if err := book.SaveAs(filepath.Join(s.dir, "t.xlsx")); err != nil {
		t.Fatal(err)
	}
	r = s.mustSync(stream("job_title", "delta", "t.xlsx"))
	if want := `t.xlsx: sheet "Sheet1" is read, not ["2026"]: set sheet`; !slices.Contains(r.Warnings, want) {
		t.Errorf("warnings %q, want %q", r.Warnings, want)
	}
}

func wantErr(t *testing.T, r ingest.StreamReport, part string) {
	t.Helper()
	if r.Err == nil || !strings.Contains(r.Err.Error(), part) {
		t.Errorf("got error %v, want %q", r.Err, part)
	}
}
