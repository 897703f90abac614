package ingest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"dials/ingest"
)

// Values are read as the map says, in one pass over the text.
func TestValues(t *testing.T) {
	s := newSite(t)
	cfg := stream("payroll_line", "delta", "p.csv", "", `null = ["-", "N/A"]`, `
payroll_line_id = { from = ["Run", "No"], join = "/" }
payroll_run_id = "run"
person_id = { from = "Emp", pad = 6 }
element = { from = "Kind", values = { S = "base", X = "" } }
amount = { from = "Amount", decimal = "," }
currency = { value = "EUR" }
paid_hours = { from = "Hours", decimal = "." }
earned_from_date = { from = "From", format = ["%d/%m/%Y", "%d.%m.%y"] }
earned_to_date = { from = "To", format = "%d/%m/%Y", inclusive = true }
is_employer_cost = { from = "ER", values = { J = "true", N = "false" } }
`)
	s.write("p.csv", "Run;No;Emp;Kind;Amount;Hours;From;To;ER\n"+
		"r1;1;42;S;1.234,56;1,234.5;01/02/2024;29/02/2024;J\n"+
		"r1;2;1234567;Base;-0,5;N/A;01.02.24;-;N\n"+
		"r1;3;;S;1;1;;;\n"+
		"r1;4;42;S;1.5;1;;;\n"+
		"r1;5;42;S;1'234'567,89;2;;;\n"+
		"r1;6;42;X;1;1;;;\n"+
		"r1;7;42;S;1e3;1;;;\n"+
		"r1;8;42;S;nan;1;;;\n"+
		"r1;9;42;S;1;1,23;;;\n"+strings.Repeat("r2;1;42;S;1;1;;;\n", 10))
	r := s.mustSync(cfg)
	s.same("lines", []string{
		"r1/1|r1|000042|base|1234.5600|EUR|1234.5|2024-02-01|2024-03-01|true",
		"r1/2|r1|1234567|base|-0.5000|EUR|-|2024-02-01|-|false",
		"r1/5|r1|000042|base|1234567.8900|EUR|2.0|-|-|-",
	}, "select payroll_line_id, payroll_run_id, person_id, element, amount, currency, paid_hours, earned_from_date, earned_to_date, is_employer_cost from raw.payroll_line where payroll_run_id = 'r1' order by 1")
	s.same("rejected", []string{
		"3|person_id|is missing",
		`4|amount|is not an amount with a decimal comma`,
		"6|element|is missing",
		`7|amount|is not an amount with a decimal comma`,
		`8|amount|is not an amount with a decimal comma`,
		`9|paid_hours|is not a number with a decimal point (column "Hours")`,
	}, "select record, column_name, reason from meta.rejected_row order by 1")
	if r.Rejected != 6 || r.Inserted != 4 {
		t.Error(counts(r))
	}
}

// Instants become UTC; text without an offset is in the stream's time zone.
func TestInstants(t *testing.T) {
	s := newSite(t)
	s.write("m.csv", "session_id,starts_at\na,2024-07-01T10:00:00Z\nb,2024-07-01T10:00:00+02:00\nc,2024-07-01 10:00\nd,2024-07-01\n")
	s.mustSync(stream("session", "delta", "m.csv"))
	const rows = "select session_id, starts_at from raw.session where superseded_at is null order by 1"
	s.same("in UTC", []string{"a|2024-07-01 10:00:00", "b|2024-07-01 08:00:00", "c|2024-07-01 10:00:00", "d|2024-07-01 00:00:00"}, rows)
	s.mustSync(stream("session", "delta", "m.csv", `timezone = "Australia/Sydney"`))
	s.same("in Sydney", []string{"a|2024-07-01 10:00:00", "b|2024-07-01 08:00:00", "c|2024-07-01 00:00:00", "d|2024-06-30 14:00:00"}, rows)
	// An hour that clocks leave out, and one that they show twice.
	s.write("m.csv", "session_id,starts_at\ngap,2026-10-04 02:30\nafter,2026-10-04 03:30\ntwice,2026-04-05 02:30\nsaid,2026-04-05T02:30:00+11:00\n")
	s.mustSync(stream("session", "delta", "m.csv", `timezone = "Australia/Sydney"`))
	s.same("where clocks change", []string{"after|2026-10-03 16:30:00", "gap|2026-10-03 16:30:00", "said|2026-04-04 15:30:00", "twice|2026-04-04 16:30:00"},
		"select session_id, starts_at from raw.session where superseded_at is null and deleted_at is null order by 1")
	s.write("m.csv", "session_id,starts_at\na,1719828000\n")
	s.mustSync(stream("session", "delta", "m.csv", "", "", `starts_at = { from = "starts_at", format = "epoch" }`))
	s.same("epoch", []string{"a|2024-07-01 10:00:00"}, "select session_id, starts_at from raw.session where superseded_at is null and session_id = 'a' and deleted_at is null")
}

func TestJSON(t *testing.T) {
	const a, b, c = `{"id": "a", "who": {"name": "Ann é", "since": "2024-01-01"}, "n": 1.50}`, `{"id":"b","who":{"name":null,"since":"2024-02-30"}}`, `{"id":"c","who":{"name":"C \"q\" \n x","since":"2024-01-02"},"n":7,"new":1}`
	cfg := func(path, options string) string {
		return stream("org_unit", "history", path, "", options, `
unit_id = "id"
name = "who.name"
valid_from = "who.since"
unit_type = "n"
`)
	}
	good := []string{"a|Ann é|2024-01-01|1.5", "c|C \"q\" \n x|2024-01-02|7"}
	const rows = "select unit_id, name, valid_from, unit_type from raw.org_unit order by 1"
	for _, tt := range []struct {
		name, path, content, options, err string
		rejected                          []string
	}{
		{name: "lines", path: "u.jsonl", content: a + "\n\n" + c + "\n"},
		{name: "lines without the last end", path: "u.jsonl", content: a + "\r\n" + c},
		{name: "a mark", path: "u.jsonl", content: "\xef\xbb\xbf" + a + "\n" + c},
		{name: "a list", path: "u.json", content: "[" + a + ",\n  " + c + "]"},
		{name: "a path", path: "u.json", content: `{"meta":{"x":[1,{}]},"data":{"rows":[` + a + "," + c + `]},"more":1}`, options: `records = "data.rows"`},
		{name: "lines called json", path: "u.json", content: a + "\n" + c + "\n"},
		{name: "a bad line", path: "u.jsonl", content: a + "\n" + c + "\n" + `{"id":"d",` + "\n5\n", rejected: []string{"3|3|is not a JSON object", "4|4|is not a JSON object"}},
		{name: "a bad value", path: "u.jsonl", content: a + "\n" + b + "\n" + c + "\n", rejected: []string{"2|2|is missing (column \"who.name\")"[0:14]}},
		{name: "a list that is cut", path: "u.json", content: "[" + a + "," + c[:20], err: "u.json: record 2, byte 74: the file is cut short"},
		{name: "no JSON", path: "u.json", content: "id,name\n", err: "u.json: it does not begin like JSON"},
		{name: "no records there", path: "u.json", content: `{"data":1}`, options: `records = "rows"`, err: `records = "rows": there is no "rows"`},
		{name: "no lines of JSON", path: "u.jsonl", content: "id,name\n", err: "u.jsonl: its first lines hold no JSON objects"},
		{name: "no such key", path: "u.jsonl", content: `{"x":1}` + "\n", err: "1 of 1 records are bad"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.write(tt.path, tt.content)
			r := s.sync(cfg(tt.path, tt.options))
			if tt.err != "" {
				if r.Err == nil || !strings.Contains(r.Err.Error(), tt.err) {
					t.Fatalf("error = %v, want %q", r.Err, tt.err)
				}
				return
			}
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			s.same("units", good, rows)
			s.same("rejected", tt.rejected, "select record, line, reason from meta.rejected_row order by 1")
		})
	}
}

// Keys of JSON may hold anything.
func TestJSONKeys(t *testing.T) {
	for _, key := range []string{"a", "a.b", "a b", `a"b`, `a\b`, "a'b", "*", "$", "[0]", "é🚀", "a..b", "."} {
		s := newSite(t)
		quoted, err := json.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		s.write("f.jsonl", `{"framework_id":"x",`+string(quoted)+`:"found","":1,"other.key":2}`+"\n")
		src, err := s.source(stream("framework", "snapshot", "f.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		src.Streams[0].Map = map[string]*ingest.Rule{"name": {From: []string{key}}}
		if _, err := ingest.Run(t.Context(), s.w, src, ingest.RunOptions{}); err != nil {
			t.Errorf("%q: %v", key, err)
			continue
		}
		s.same(key, []string{"x|found"}, "select framework_id, name from raw.framework")
	}
}

// A column that no record has any more keeps what was known.
func TestAbsentColumn(t *testing.T) {
	s := newSite(t)
	cfg := func(extra string) string {
		return stream("framework", "snapshot", "f.jsonl", extra, "", `version = "v"`)
	}
	s.write("f.jsonl", `{"framework_id":"a","name":"A","v":"1"}`+"\n")
	s.mustSync(cfg(""))
	s.write("f.jsonl", `{"framework_id":"a","name":"AA"}`+"\n")
	r := s.mustSync(cfg(""))
	const rows = "select name, version from raw.framework where superseded_at is null"
	s.same("kept", []string{"AA|1"}, rows)
	if !strings.Contains(strings.Join(r.Warnings, ""), `no record has "v": what was known of it stays`) {
		t.Errorf("warnings %q", r.Warnings)
	}
	s.mustSync(cfg(`absent = "null"`))
	s.same("nulled", []string{"AA|-"}, rows)
}

// parquet writes a query's rows as a Parquet file of the site.
func (s *site) parquet(name, q string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if _, err := s.w.DB().ExecContext(context.Background(), "copy ("+q+") to '"+path+"' (format parquet)"); err != nil {
		s.t.Fatal(err)
	}
	s.touch(name, s.now)
}

func TestParquet(t *testing.T) {
	s := newSite(t)
	cfg := stream("metric_observation", "delta", "o.parquet")
	s.parquet("o.parquet", `select 'm' as metric_id, 'u' || i as unit_id, timestamp '2024-01-01' + to_days(31 * i::int) - to_hours(case when i = 2 then 1 else 0 end) as period_start_date,
		i::float as value, i::decimal(9,2) as numerator, i::hugeint as denominator, 7.0 as n, true as is_complete, 'x' as surplus from range(3) t(i)`)
	r := s.mustSync(cfg)
	s.same("observations", []string{"u0|2024-01-01|0.0|0.0|0.0|7|true", "u1|2024-02-01|1.0|1.0|1.0|7|true"},
		"select unit_id, period_start_date, value, numerator, denominator, n, is_complete from raw.metric_observation order by 1")
	s.same("rejected", []string{"3|period_start_date|2024-03-02 23:00:00|is not a date, or has a time of day"}, "select record, column_name, value, reason from meta.rejected_row")
	if diff := cmp.Diff([]string{`dropped what metric_observation does not know: column 9 is "surplus"`, "1 record of 3 refused; the first is o.parquet, record 3: period_start_date is not a date, or has a time of day"}, r.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	for q, want := range map[string]string{
		"select 'm' as metric_id, 'u' as unit_id, true as period_start_date":                                          `column "period_start_date" is BOOLEAN, which cannot be a date (period_start_date)`,
		"select 'm' as metric_id, 'u' as unit_id, date '2024-01-01' as period_start_date, {'a': 1} as value":          `column "value" is STRUCT(a INTEGER), which cannot be a number (value)`,
		"select 'm' as metric_id, 'u' as unit_id, date '2024-01-01' as period_start_date, date '2024-01-01' as value": `column "value" is DATE, which cannot be a number (value)`,
	} {
		s.parquet("o.parquet", q)
		if r := s.sync(cfg); r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: error = %v, want %q", q, r.Err, want)
		}
	}
	s.write("o.parquet", "PAR1 and nothing more")
	if r := s.sync(cfg); r.Err == nil || !strings.Contains(r.Err.Error(), "it cannot be read as Parquet") {
		t.Errorf("a cut file: %v", r.Err)
	}
}

// Numbers that a program without integers wrote are ids again; days as numbers are
// dates where a format says so.
func TestParquetIDs(t *testing.T) {
	s := newSite(t)
	s.parquet("o.parquet", "select 1001.0::double as unit_id, 'x' as name, 20240131 as valid_from, 5 as unit_type")
	s.mustSync(stream("org_unit", "history", "o.parquet", "", "", `
valid_from = { from = "valid_from", format = "%Y%m%d" }
unit_id = { from = "unit_id", pad = 6 }`))
	s.same("units", []string{"001001|x|2024-01-31|5"}, "select unit_id, name, valid_from, unit_type from raw.org_unit")
	s.parquet("p.parquet", "select unit_id, 'x' as name, date '2024-01-31' as valid_from from (values (9007199254740991::double), (12345678901234567::double), (3.0)) t(unit_id)")
	s.mustSync(stream("org_unit", "history", "p.parquet"))
	s.same("long ones", []string{"3", "9007199254740991"}, "select unit_id from raw.org_unit where superseded_at is null and deleted_at is null order by 1")
	s.same("refused", []string{"2|unit_id|1.2345678901234568E+16"}, "select record, column_name, value from meta.rejected_row")
}

// book writes a spreadsheet of the site.
func (s *site) book(name, sheet string, fill func(f *excelize.File)) {
	s.t.Helper()
	f := excelize.NewFile()
	if sheet != "Sheet1" {
		if _, err := f.NewSheet(sheet); err != nil {
			s.t.Fatal(err)
		}
	}
	fill(f)
	if err := f.SaveAs(filepath.Join(s.dir, name)); err != nil {
		s.t.Fatal(err)
	}
	s.touch(name, s.now)
}

func TestXLSX(t *testing.T) {
	s := newSite(t)
	s.book("a.xlsx", "Data", func(f *excelize.File) {
		set := func(cell string, v any) {
			if err := f.SetCellValue("Data", cell, v); err != nil {
				t.Fatal(err)
			}
		}
		set("A1", "Assessments of the year")
		for i, h := range []string{" Assessment id", "Person", "competency_id", "rater_type", "value", "Date", "Rater"} {
			set(fmt.Sprintf("%c2", 'A'+i), h)
		}
		row := func(n int, v ...any) {
			for i, x := range v {
				if x != nil {
					set(fmt.Sprintf("%c%d", 'A'+i, n), x)
				}
			}
		}
		day := s.now.Truncate(24 * 60 * 60 * 1e9)
		row(3, "a1", 42, "c", "self", 3.5, day, nil)
		row(4, "a2", 43, "c", "Manager", 4, "2026-01-31", nil)
		row(6, "a3", 44, "c", "self", nil, day, nil) // row 5 is blank
		row(7, "a4", 45, "c", "self", nil, day, nil)
		row(8, "a5", 46, "c", "self", 1, 0.5, nil)
		row(9, "a6", 47, "c", "self", true, day, nil)
		for cell, formula := range map[string]string{"E6": "1+1", "E7": "1/0", "G3": "1+1"} {
			if err := f.SetCellFormula("Data", cell, formula); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 40 {
			row(10+i, fmt.Sprintf("b%d", i), 1, "c", "self", 1, day, nil)
		}
		set("E10", "#DIV/0!")
	})
	cfg := stream("assessment", "delta", "a.xlsx", "", "sheet = \"Data\"\nheader_row = 2", `
assessment_id = "assessment ID"
person_id = { from = "Person", pad = 4 }
assessed_date = "Date"
`)
	r := s.mustSync(cfg)
	s.same("assessments", []string{"a1|0042|self|3.5|2026-03-01", "a2|0043|manager|4.0|2026-01-31", "a6|0047|self|1.0|2026-03-01"},
		"select assessment_id, person_id, rater_type, value, assessed_date from raw.assessment where assessment_id like 'a%' order by 1")
	s.same("rejected", []string{
		"3|6|value|is a formula without a stored result: open the file in a spreadsheet program and save it",
		"4|7|value|is a formula without a stored result: open the file in a spreadsheet program and save it",
		`5|8|assessed_date|is not a date written as 2024-01-31: format can say how it is written (column "Date")`,
		"7|10|value|is an error cell of the spreadsheet",
	}, "select record, line, column_name, reason from meta.rejected_row order by 1")
	if got, want := counts(r), "read 46 inserted 42 updated 0 unchanged 0 rejected 4 deleted 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r := s.mustSync(cfg); r.Unchanged != 46 {
		t.Errorf("again: %s", counts(r))
	}
	r = s.sync(strings.Replace(cfg, `"Data"`, `"Date"`, 1))
	if r.Err == nil || !strings.Contains(r.Err.Error(), `a.xlsx: it has no sheet "Date": it has ["Sheet1" "Data"]`) {
		t.Errorf("no such sheet: %v", r.Err)
	}
	s.write("a.xlsx", "PK\x03\x04 and nothing more")
	if r := s.sync(cfg); r.Err == nil || !strings.Contains(r.Err.Error(), "a.xlsx: it cannot be read as XLSX") {
		t.Errorf("a cut file: %v", r.Err)
	}
}

// Probe tests a source and leaves no trace.
func TestProbe(t *testing.T) {
	s := newSite(t)
	s.write("u.csv", units(5000, -1, ""))
	for path, want := range map[string]string{"u.csv": "", "none.csv": "src.s: none.csv: no such file"} {
		src, err := s.source(stream("org_unit", "history", path))
		if err != nil {
			t.Fatal(err)
		}
		errs := ingest.Probe(t.Context(), s.w, src)
		if got := fmt.Sprint(errs); want == "" && len(errs) > 0 || !strings.Contains(got, want) {
			t.Errorf("Probe of %s = %s, want %q", path, got, want)
		}
	}
	src, err := s.source(stream("org_unit", "history", "u.csv", "", "", `name = "title"`))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(ingest.Probe(t.Context(), s.w, src)); !strings.Contains(got, `"title" (for name) is missing`) {
		t.Errorf("Probe of a wrong map = %s", got)
	}
	s.same("runs", nil, "select * from meta.run")
	entries, err := os.ReadDir(s.dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v %v", entries, err)
	}
}
