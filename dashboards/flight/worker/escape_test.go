package worker

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const secret = "the answer is 4711"

// What is not a query of the snapshot is refused, in words that give nothing away, and
// the worker lives on.
func TestEscapes(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret.csv")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/escapes.sql")
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, usual())
	n := 0
	for query := range strings.Lines(string(text)) {
		if strings.HasPrefix(query, "--") {
			continue
		}
		n++
		query = strings.NewReplacer("{secret}", file, "{dir}", dir).Replace(strings.TrimSpace(query))
		rows, err := c.ask(t, query)
		var f *Failure
		if err == nil || !errors.As(err, &f) {
			t.Errorf("%s: %v %v", query, rows, err)
			continue
		}
		if f.Kind != Refused && f.Kind != Wrong {
			t.Errorf("%s: %s: %v", query, f.Kind, err)
		}
		for _, leak := range []string{secret, c.dir, "4711"} {
			if strings.Contains(err.Error(), leak) {
				t.Errorf("%s: the error gives %q away: %v", query, leak, err)
			}
		}
		if strings.Contains(err.Error(), dir) && !strings.Contains(query, dir) {
			t.Errorf("%s: the error names a folder: %v", query, err)
		}
	}
	if n < 100 {
		t.Errorf("%d attempts", n)
	}
	if rows, err := c.ask(t, "select count(*) from numbers"); err != nil || rows[0] != "1000" {
		t.Errorf("afterwards: %v %v", rows, err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("written: %v %v", left, err)
	}
	if left, err = os.ReadDir(c.dir); err != nil || len(left) != 0 {
		t.Errorf("the worker's folder holds %v %v", left, err)
	}
}

// What asks for more than it may have is an error for who asked, by the bound that it
// meets, soon, and of nobody else; a worker that dies of it is no other process.
func TestGreed(t *testing.T) {
	limits := Limits{Memory: 192 << 20, Rows: 50_000, Deadline: 2 * time.Second, Statements: 4}
	c := start(t, limits)
	for _, tt := range []struct {
		query string
		may   []Kind // that end it; "" is an answer of one row, of what was cheaper than it looks
	}{
		{"select count(*) from numbers a, numbers b, numbers c, numbers d", []Kind{TooLong}},
		{"select count(*) from numbers a, numbers b, numbers c, numbers d, numbers e", []Kind{TooLong}},
		{"select sum(a.n * b.n) from range(1e9::bigint) a(n), range(1e9::bigint) b(n)", []Kind{TooLong, TooLarge}},
		{"with recursive t as (select 1 i union all select i + 1 from t) select sum(i) from t", []Kind{TooLong, TooLarge}},
		{"with recursive t as (select 1 i union all select i + 1 from t) select * from t", []Kind{TooLong, TooLarge}},
		{"select * from range(1000000)", []Kind{TooLarge}},
		{"select a.n from numbers a, numbers b", []Kind{TooLarge}},
		{"select length(repeat('x', 3000000000))", []Kind{TooLarge, Broken}},
		{"select repeat(words, 100000000) from numbers", []Kind{TooLarge, Broken}},
		{"select list(a.words || b.words) from numbers a, numbers b, numbers c", []Kind{TooLong, TooLarge, Broken}},
		{"select string_agg(repeat('x', 100000), '') from range(100000)", []Kind{TooLong, TooLarge, Broken}},
		{"select lpad('x', 2000000000, 'y')", []Kind{TooLarge, Broken}},
		{"select len(range(10000000000))", []Kind{TooLong, TooLarge, Wrong, Broken}},
		{"select * from range(40000) a(i) order by repeat(i::varchar, 10000)", []Kind{TooLong, TooLarge, Broken}},
		{"select regexp_matches(repeat('a', 100000), repeat('(a*)*', 20) || 'b')", []Kind{"", Wrong, TooLong}},
		{"select factorial(1000000)", []Kind{Wrong}},
		{"select " + strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000), []Kind{"", Wrong, Refused, TooLarge, Broken}},
		{"select " + strings.Repeat("1 + ", 20000) + "1", []Kind{"", Wrong, Refused, TooLarge, Broken}},
		{"select " + strings.Repeat("abs(", 900) + "1" + strings.Repeat(")", 900), []Kind{"", Wrong, Refused, TooLarge, Broken}},
	} {
		begun := time.Now()
		rows, err := c.ask(t, tt.query)
		kind := Kind("")
		if f := (*Failure)(nil); errors.As(err, &f) {
			kind = f.Kind
		} else if err != nil {
			kind = "other"
		}
		if !slices.Contains(tt.may, kind) || err == nil && len(rows) != 1 {
			t.Errorf("%.80s: %d rows, %q %v, not one of %q", tt.query, len(rows), kind, err, tt.may)
		}
		// The deadline, what an interrupt takes to be seen, and the start of a next worker.
		if took := time.Since(begun); took > limits.Deadline+10*time.Second {
			t.Errorf("%.80s took %v", tt.query, took)
		}
		if held := c.most(t); held > limits.Memory+(128<<20)+c.begun {
			t.Errorf("%.80s: the worker held %d MiB", tt.query, held>>20)
		}
		if _, err := c.ask(t, "select 1"); err != nil { // it died of it: whoever started it starts another
			t.Logf("%.80s ended the worker: %v", tt.query, err)
			c = start(t, limits)
		}
	}
}

// The process has no environment and nothing open but what it needs.
func TestNothingToGive(t *testing.T) {
	t.Setenv("DIALS_SECRET", secret)
	c := start(t, usual())
	pid := "/proc/" + strconv.Itoa(c.cmd.Process.Pid)
	if _, err := os.Stat(pid); err != nil {
		t.Skip("there is no /proc")
	}
	environment, err := os.ReadFile(pid + "/environ")
	if err != nil || len(environment) != 0 {
		t.Errorf("environment %q %v", environment, err)
	}
	open, err := os.ReadDir(pid + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range open {
		to, err := os.Readlink(pid + "/fd/" + entry.Name())
		if err != nil {
			continue
		}
		switch {
		case strings.HasPrefix(to, "anon_inode:"), strings.HasPrefix(to, "socket:"), strings.HasPrefix(to, "pipe:"), to == "/dev/null":
		case to == c.dir+"/"+Catalog+".duckdb (deleted)":
		default:
			t.Errorf("%s is open", to)
		}
	}
	limits, err := os.ReadFile(pid + "/limits")
	if err != nil || !strings.Contains(string(limits), "Max file size             0") || !strings.Contains(string(limits), "Max core file size        0") {
		t.Errorf("limits %s %v", limits, err)
	}
	stat, err := os.ReadFile(pid + "/stat")
	if fields := strings.Fields(string(stat)); err != nil || fields[18] != "19" {
		t.Errorf("nice %v %v", fields[18], err)
	}
}
