package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dials/ingest"
)

func TestAsOfName(t *testing.T) {
	for _, tt := range []struct{ pattern, name, want, err string }{
		{pattern: "e_%Y-%m-%d.csv", name: "e_2024-02-29.csv", want: "2024-02-29"},
		{pattern: "e_%Y-%m-%d.csv", name: "e_2023-02-29.csv", err: "the date in its name is none"},
		{pattern: "e_%Y-%m-%d.csv", name: "f_2023-02-29.csv", err: "its name does not say as of when"},
		{pattern: "%d.%m.%Y*.xlsx", name: "31.12.2024 final (2).xlsx", want: "2024-12-31"},
		{pattern: "e%Y%m.csv", name: "e202402.csv", want: "2024-02-29"},
		{pattern: "e%Y%m.csv", name: "e202413.csv", err: "the date in its name is none"},
		{pattern: "e%Y.csv", name: "e2024.csv", want: "2024-12-31"},
		{pattern: "e%Y.csv", name: "e0024.csv", err: "before 1900"},
		{pattern: "e%m.csv", err: "needs %Y"},
		{pattern: "e%Y-%d.csv", err: "needs %Y"},
		{pattern: "e%Y%Y.csv", err: "has %Y twice"},
		{pattern: "e%Y%H.csv", err: "%H in"},
	} {
		a, err := parseAsOf(tt.pattern)
		var got time.Time
		if err == nil {
			got, err = a.date(tt.name)
		}
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s, %s: error = %v, want %q", tt.pattern, tt.name, err, tt.err)
			}
			continue
		}
		if err != nil || got.Format(time.DateOnly) != tt.want {
			t.Errorf("%s, %s: %v %v, want %s", tt.pattern, tt.name, got, err, tt.want)
		}
	}
}

func FuzzAsOfName(f *testing.F) {
	f.Add("e_%Y-%m-%d.csv", "e_2024-02-29.csv")
	f.Add("%Y%", "2024")
	f.Add("*(%Y[", "x(2024[")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		a, err := parseAsOf(pattern)
		if err != nil {
			return
		}
		if d, err := a.date(name); err == nil && (d.Year() < 1900 || d.Year() > 9999) {
			t.Errorf("%q in %q is %v", name, pattern, d)
		}
	})
}

// readAll reads the records of a CSV text: fields parted by bars, or why it is broken.
func readAll(t *testing.T, text string, delim byte) []string {
	t.Helper()
	r := newCSVReader(strings.NewReader(text), delim, '"')
	out := []string{}
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		if rec.broken != "" {
			out = append(out, "!"+rec.broken)
		} else {
			out = append(out, strings.Join(rec.fields, "|"))
		}
	}
}

func TestCSVReader(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"plain", "a,b\n1,2\n", []string{"a|b", "1|2"}},
		{"no last end", "a,b\n1,2", []string{"a|b", "1|2"}},
		{"empty fields", ",\n,x\ny,\n", []string{"|", "|x", "y|"}},
		{"quotes", `"a, b","say ""hi""",` + "\n", []string{`a, b|say "hi"|`}},
		{"quotes over lines", "\"a\r\nb\n\",c\r\nd,e\r\n", []string{"a\r\nb\n|c", "d|e"}},
		{"blanks around quotes", ` "a" , "b"` + "\n", []string{"a|b"}},
		{"a quote inside", `5" pipe,x` + "\n", []string{`5" pipe|x`}},
		{"never closed", "a,\"b\nc,d\ne,f\n", []string{"!has a quote that is never closed", "c|d", "e|f"}},
		{"text after a quote", "a,\"b\"x\nc,d\n", []string{"!has text after a closing quote", "c|d"}},
		{"closed by a later quote", "a,\"b\nc,\"d\"\ne,f\n", []string{"!has text after a closing quote", "c|d", "e|f"}},
		{"old Mac", "a,b\rc,d\r", []string{"a|b", "c|d"}},
		{"mixed ends", "a,b\r\nc,d\re,f\ng,h", []string{"a|b", "c|d", "e|f", "g|h"}},
		{"blank lines", "\n  \na,b\n\n\r\nc,d\n", []string{"a|b", "c|d"}},
	} {
		if diff := cmp.Diff(tt.want, readAll(t, tt.in, ',')); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// No line of a file is lost: what the reader cannot read it names.
func FuzzCSVReader(f *testing.F) {
	f.Add("a,b\n\"x\ny\",z\n", byte(','))
	f.Add("a;\"b\nc;\"d\"\n", byte(';'))
	f.Add("a,\"\"\"\r\r\n\n", byte(','))
	f.Fuzz(func(t *testing.T, in string, delim byte) {
		if delim == '"' || delim == '\n' || delim == '\r' {
			return
		}
		r := newCSVReader(strings.NewReader(in), delim, '"')
		last, seen := int64(0), int64(0)
		for {
			rec, err := r.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if rec.line <= last {
				t.Fatalf("record %d begins on line %d, after one that began on line %d", rec.record, rec.line, last)
			}
			if rec.broken == "" && len(rec.fields) == 0 {
				t.Fatalf("record %d is neither fields nor broken", rec.record)
			}
			last = rec.line
			seen++
			if rec.record != seen {
				t.Fatalf("record %d comes as the %dth", rec.record, seen)
			}
		}
		var total int64
		plain := newCSVReader(strings.NewReader(in), delim, 0)
		for {
			if _, err := plain.next(); err != nil {
				break
			}
			total++
		}
		if total > 0 && seen == 0 {
			t.Fatalf("%d lines and no record", total)
		}
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("a,b, a ,\n")
	f.Fuzz(func(t *testing.T, line string) {
		names, err := columnNames(strings.Split(line, ","))
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, n := range names {
			if n == "" {
				t.Errorf("%q has a column without a name: %q", line, names)
			}
			seen[n] = true
		}
		_ = sniff(line, '"')
	})
}

func TestColumnNames(t *testing.T) {
	got, err := columnNames([]string{"\ufeff Id ", "Name", "", "Cost\n centre", "Name", " ", ""})
	want := []string{"Id", "Name", "column 3", "Cost centre", "Name (2)"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := columnNames([]string{"Caf\xe9"}); err == nil || !strings.Contains(err.Error(), `set encoding, such as "latin-1"`) {
		t.Errorf("a Latin-1 header: %v", err)
	}
}

func TestSniff(t *testing.T) {
	for in, want := range map[string]byte{
		"a,b,c\n1,2,3\n": ',', "a;b;c\n1,5;2,5;3\n": ';', "a\tb\n1, x\t2\n": '\t', "a|b\n1|2\n": '|',
		"name\nx\ny\n": ',', "a;b\n\"x, y, z\";1\n\"x, y, z\";2\n": ';',
	} {
		if got := sniff(in, '"'); got != want {
			t.Errorf("sniff(%q) = %q, want %q", in, got, want)
		}
	}
}

// The facts are the same wherever the borders of blocks fall.
func FuzzLook(f *testing.F) {
	f.Add([]byte("a,\"b\n\"\r\n\r\né\u00a0\ufeff,\x00\rx"), 3)
	f.Fuzz(func(t *testing.T, data []byte, at int) {
		whole, parts := &looker{quote: '"', delim: ',', blank: true}, &looker{quote: '"', delim: ',', blank: true}
		whole.block(data)
		whole.finish()
		if at < 0 || at > len(data) {
			at = len(data) / 2
		}
		parts.block(data[:at])
		parts.block(data[at:])
		parts.finish()
		whole.odd, parts.odd = false, false // a mark on the border is seen late
		if whole.loneCR && parts.loneCR {
			return // never read by these facts
		}
		if whole.facts != parts.facts {
			t.Errorf("in one: %+v\nin two: %+v", whole.facts, parts.facts)
		}
	})
}

func FuzzToLines(f *testing.F) {
	f.Add(`{"a":[{"x":1},{"y":"\n"}]}`, "a")
	f.Add(`[{"x":1}`, "")
	f.Fuzz(func(t *testing.T, in, records string) {
		var out bytes.Buffer
		w := bufio.NewWriter(&out)
		if err := toLines(t.Context(), strings.NewReader(in), w, records); err != nil {
			return
		}
		_ = w.Flush()
		if out.Len() > 0 && out.Bytes()[out.Len()-1] != '\n' {
			t.Errorf("%q", out.String())
		}
	})
}

func FuzzScanFormulas(f *testing.F) {
	f.Add([]byte(`<row><c r="A1"><f>1+1</f></c><c r="B1"><f>2</f><v>2</v></c></row>`))
	f.Add([]byte(`<row><c r="KKKKKKKKKKKKKB1"><f>2</f></c></row>`)) // of no sheet
	f.Fuzz(func(t *testing.T, data []byte) {
		cells, err := scanFormulas(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		for c := range cells {
			if c.row < 1 || c.col < 1 {
				t.Errorf("cell %v", c)
			}
		}
	})
}

// A file is taken only when it has been left alone; what is on its way is not.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.csv", "a.csv", "c.csv.part", "d.csv.tmp", ".e.csv", "~$f.csv"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := &connector{config: ingest.Config{Dir: dir, Clock: time.Now}}
	got, err := c.find(t.Context(), options{Path: "*.csv*"}, asOfName{})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, f := range got {
		paths = append(paths, f.path)
	}
	if diff := cmp.Diff([]string{"a.csv", "b.csv"}, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// One grows after it was found.
	if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte("x\n1\n2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got[0].same() || !got[1].same() {
		t.Errorf("same: %v and %v", got[0].same(), got[1].same())
	}
	p := &puller{found: got[0], emit: func(ingest.Batch) error { t.Error("a growing file was read"); return nil }}
	if err := p.pull(t.Context()); !errors.Is(err, errBusy) {
		t.Errorf("a growing file: %v", err)
	}
}
