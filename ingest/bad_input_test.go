package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// units is an org_unit file of n rows, with a line that is put in before row at.
func units(n, at int, line string) string {
	var b strings.Builder
	b.WriteString("unit_id,name,valid_from\n")
	for i := range n {
		if i == at {
			b.WriteString(line)
		}
		fmt.Fprintf(&b, "u%d,Unit %d,2024-01-01\n", i, i)
	}
	return b.String()
}

// Each kind of bad input gives a clear error, or a counted rejection that says where
// and why, and nothing is lost or doubled.
func TestBadInput(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(units(3, -1, ""))
	if err != nil {
		t.Fatal(err)
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String("unit_id,name,valid_from\nu1,Caf\u00e9,2024-01-01\n")
	if err != nil {
		t.Fatal(err)
	}
	garbage := make([]byte, 5000)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range garbage {
		garbage[i] = byte(random.Uint32())
	}
	for _, tt := range []struct {
		name     string
		content  string
		options  string
		rows     int      // in raw afterwards
		rejected []string // record|line|column|reason
		err      string   // a part of it
		warning  string   // a part of one
		values   []string // names that must have come through
	}{
		{name: "cut in the middle of a row", content: strings.TrimSuffix(units(30, -1, ""), ",2024-01-01\n"), rows: 29, rejected: []string{"30|31|-|has 2 fields where the header has 3"}, warning: "does not end with a line break"},
		{name: "cut inside of quotes", content: units(30, -1, "") + `u30,"Uni`, rows: 30, rejected: []string{"31|32|-|has a quote that is never closed"}, warning: "does not end with a line break"},
		{name: "cut inside of a value", content: strings.TrimSuffix(units(30, -1, ""), "1\n"), rows: 29, rejected: []string{"30|31|valid_from|is not a date written as 2024-01-31: format can say how it is written"}, warning: "does not end with a line break"},
		{name: "a quote that opens in the middle and never closes", content: units(30, 5, "ux,\"Unit x,2024-01-01\n"), rows: 30, rejected: []string{"6|7|-|has a quote that is never closed"}},
		{name: "a stray quote before quoted values", content: units(30, 5, "ux,\"Unit x,2024-01-01\nuy,\"Unit \"\"y\"\"\",2024-01-01\n"), rows: 31, rejected: []string{"6|7|-|has text after a closing quote"}},
		{name: "inches inside of a value", content: units(30, 5, "ux,5\" pipe,2024-01-01\n"), rows: 31, values: []string{`5" pipe`}},
		{name: "ragged rows", content: units(30, 5, "ux,Unit x\nuy,Unit y,2024-01-01,more\nuz,Unit z,2024-01-01,,\n"), rows: 31, rejected: []string{"6|7|-|has 2 fields where the header has 3", "7|8|-|has 4 fields where the header has 3"}},
		{name: "lines between quotes, carriage returns", content: strings.ReplaceAll(units(30, 5, "ux,\"Unit\nx\",2024-01-01\nuy,y,2024-02-30\n"), "\n", "\r\n"), rows: 31, rejected: []string{"7|9|valid_from|is not a date written as 2024-01-31: format can say how it is written"}, values: []string{"Unit\r\nx"}},
		{name: "lines of an old Mac", content: strings.ReplaceAll(units(30, -1, ""), "\n", "\r"), rows: 30},
		{name: "blank lines and rows of delimiters", content: units(30, 5, "\n,,\n   \n"), rows: 30},
		{name: "10 MB in one field", content: units(30, 5, "ux,"+strings.Repeat("x", 10<<20)+",2024-01-01\n"), rows: 30, rejected: []string{"6|7|name|is longer than 100000 bytes"}},
		{name: "NUL bytes", content: units(30, 5, "ux,Uni\x00t,2024-01-01\n"), rows: 30, rejected: []string{"6|7|name|holds a NUL byte"}},
		{name: "a byte that is not UTF-8", content: units(30, 5, "ux,Caf\xe9,2024-01-01\n"), rows: 30, rejected: []string{`6|7|-|is not UTF-8: set encoding, such as "latin-1"`}},
		{name: "emoji and right to left", content: units(3, 1, "ux,קבוצה 🚀 فريق,2024-01-01\n"), rows: 4, values: []string{"קבוצה 🚀 فريق"}},
		{name: "31 February", content: units(30, 5, "ux,Unit x,2024-02-31\n"), rows: 30, rejected: []string{"6|7|valid_from|is not a date written as 2024-01-31: format can say how it is written"}},
		{name: "31 February in another format", content: strings.ReplaceAll(units(30, 5, "ux,Unit x,31/02/2024\n"), "2024-01-01", "01/02/2024"), options: `date_format = "%d/%m/%Y"`, rows: 30, rejected: []string{"6|7|valid_from|is not a date written as %d/%m/%Y"}},
		{name: "a binary file", content: "\x7fELF" + string(garbage), err: "units.csv: it is no text"},
		{name: "a spreadsheet", content: "PK\x03\x04" + string(garbage), err: "units.csv: it is no text but an XLSX"},
		{name: "random bytes after a header", content: units(30, 5, string(garbage)), err: "units.csv: it is no text"},
		{name: "too many bad rows", content: units(30, 5, strings.Repeat("ux,Unit x,never\n", 11)), err: "11 of 41 records are bad and nothing was loaded; the first is units.csv, record 6, line 7: valid_from is not a date"},
		{name: "more than half", content: units(2, 1, "ux,,2024-01-01\nuy,,2024-01-01\nuz,,2024-01-01\n"), err: "3 of 5 records are bad"},
		{name: "an empty file", content: "", err: "units.csv: it is empty: not even a header"},
		{name: "blank lines alone", content: "\n\n", err: "units.csv: it holds no header"},
		{name: "a header alone", content: "unit_id,name,valid_from\n", rows: 0, warning: "holds no record"},
		{name: "a header that changed", content: "unit_id,title,valid_from\nu1,x,2024-01-01\n", err: `units.csv: header column 2 is "title", which nothing reads; "name" (required; map can say where it is) is missing`},
		{name: "no key column", content: "name,valid_from\nx,2024-01-01\n", err: `"unit_id" (required; map can say where it is) is missing`},
		{name: "UTF-16", content: utf16, rows: 3},
		{name: "UTF-16 without its mark", content: strings.TrimPrefix(utf16, "\xff\xfe"), rows: 3},
		{name: "UTF-8 with its mark", content: "\xef\xbb\xbf" + units(3, -1, ""), rows: 3},
		{name: "Latin-1", content: latin, options: `encoding = "latin-1"`, rows: 1, values: []string{"Café"}},
		{name: "Latin-1 that is not said to be", content: latin, err: `the first is units.csv, record 1, line 2 is not UTF-8: set encoding, such as "latin-1"`},
		{name: "semicolons", content: strings.ReplaceAll(units(3, 1, "ux;\"a, b\";2024-01-01\n"), ",U", ";U"), options: `delimiter = ";"`, err: "header"},
		{name: "semicolons found out", content: strings.ReplaceAll(units(3, -1, "")+"ux;\"a, b\";2024-01-01\n", ",", ";"), rows: 4},
		{name: "stray blanks", content: " unit_id ,  name,valid_from \n u1\t, \u00a0Unit one ,2024-01-01\n", rows: 1, values: []string{"Unit one"}},
		{name: "a delimiter after the last column", content: strings.ReplaceAll(units(3, -1, ""), "\n", ",\n"), rows: 3},
		{name: "a header further down", content: "Report of units,,\nas of today,,\n" + units(3, -1, ""), options: "header_row = 3", rows: 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSite(t)
			s.write("units.csv", tt.content)
			r := s.sync(stream("org_unit", "history", "units.csv", "", tt.options))
			if tt.err == "" && r.Err != nil || tt.err != "" && (r.Err == nil || !strings.Contains(r.Err.Error(), tt.err)) {
				t.Fatalf("error = %v, want %q", r.Err, tt.err)
			}
			if got := s.query("select count(*) from raw.org_unit"); got[0] != fmt.Sprint(tt.rows) {
				t.Errorf("raw.org_unit holds %s rows, want %d (%s)", got, tt.rows, counts(r))
			}
			if tt.err != "" {
				if diff := cmp.Diff([]string{"failed|true"}, s.query("select status, error is not null from meta.run")); diff != "" {
					t.Errorf("meta.run (-want +got):\n%s", diff)
				}
				return
			}
			if tt.rejected == nil {
				tt.rejected = []string{}
			}
			if diff := cmp.Diff(tt.rejected, s.query("select record, line, column_name, reason from meta.rejected_row order by record")); diff != "" {
				t.Errorf("meta.rejected_row (-want +got):\n%s", diff)
			}
			if r.Rejected != int64(len(tt.rejected)) || r.Read != r.Inserted+r.Rejected {
				t.Errorf("%s", counts(r))
			}
			if w := strings.Join(r.Warnings, "\n"); !strings.Contains(w, tt.warning) {
				t.Errorf("warnings %q, want %q", w, tt.warning)
			}
			for _, v := range tt.values {
				if got := s.query("select count(*) from raw.org_unit where name = ?", v); got[0] != "1" {
					t.Errorf("no unit is called %q: %q", v, s.query("select name from raw.org_unit"))
				}
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	s := newSite(t)
	for path, want := range map[string]string{
		"none.csv":   "none.csv: no such file",
		"none/*.csv": `path "none/*.csv" matches nothing`,
	} {
		if r := s.sync(stream("org_unit", "history", path)); r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: error = %v, want %q", path, r.Err, want)
		}
	}
	if r := s.sync(stream("org_unit", "history", "none/*.csv", "", `if_missing = "skip"`)); r.Err != nil {
		t.Errorf("if_missing: %v", r.Err)
	}
	if err := os.Mkdir(filepath.Join(s.dir, "dir.csv"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r := s.sync(stream("org_unit", "history", "dir.csv")); r.Err == nil || !strings.Contains(r.Err.Error(), "is a folder") {
		t.Errorf("a folder: %v", r.Err)
	}
}

// A failed load leaves what an earlier one brought.
func TestFailureKeepsWhatWasLoaded(t *testing.T) {
	s := newSite(t)
	cfg := stream("org_unit", "history", "units.csv")
	s.write("units.csv", units(20, -1, ""))
	s.mustSync(cfg)
	before := s.query("select * from raw.org_unit order by unit_id")
	s.write("units.csv", "unit_id,title,valid_from\nu1,x,2024-01-01\n")
	if r := s.sync(cfg); r.Err == nil {
		t.Fatal("a changed header loaded")
	}
	if diff := cmp.Diff(before, s.query("select * from raw.org_unit order by unit_id")); diff != "" {
		t.Errorf("raw.org_unit (-before +after):\n%s", diff)
	}
	s.write("units.csv", units(20, -1, ""))
	if r := s.mustSync(cfg); r.Unchanged != 20 {
		t.Errorf("afterwards: %s", counts(r))
	}
}

// Duplicate keys inside a file are merged or, when they differ, the last one counts.
func TestDuplicates(t *testing.T) {
	s := newSite(t)
	s.write("p.csv", "framework_id,name\nf1,One\nf2,Two\nf1,One\nf2,Two again\n")
	r := s.mustSync(stream("framework", "snapshot", "p.csv"))
	if diff := cmp.Diff([]string{"f1|One", "f2|Two again"}, s.query("select framework_id, name from raw.framework order by 1")); diff != "" {
		t.Errorf("raw.framework (-want +got):\n%s", diff)
	}
	want := []string{
		"2 records with a key (framework_id) that the delivery holds already: of equal ones one was taken",
		"1 key with several different records in one delivery: the last one was taken",
	}
	if diff := cmp.Diff(want, r.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if got, want := counts(r), "read 4 inserted 2 updated 0 unchanged 2 rejected 0 deleted 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
