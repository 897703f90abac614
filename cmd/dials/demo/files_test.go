package demo

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

func write(t *testing.T, employees, months int, seed int64) string {
	t.Helper()
	dir := t.TempDir()
	if err := Write(t.Context(), Options{Dir: dir, Employees: employees, Months: months, Seed: seed}, nil); err != nil {
		t.Fatal(err)
	}
	return dir
}

func sums(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = fmt.Sprintf("%x", sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b := sums(t, write(t, 300, 42, 5)), sums(t, write(t, 300, 42, 5))
	if diff := cmp.Diff(a, b); diff != "" {
		t.Error(diff)
	}
	other := sums(t, write(t, 300, 42, 6))
	for _, name := range []string{"hris/employments.csv", "performance/observations.parquet", "talent/reviews-2025.xlsx", "payroll/de/zeilen-FY2026.csv"} {
		if a[name] == "" || a[name] == other[name] {
			t.Errorf("%s: seed 5 and seed 6 gave the same file %q", name, a[name])
		}
	}
}

func TestBadOptions(t *testing.T) {
	for _, x := range []struct {
		o    Options
		want string
	}{
		{Options{}, "no folder is named"},
		{Options{Dir: "x", Employees: 10}, "employees 10 is not between 200 and 500000"},
		{Options{Dir: "x", Employees: -1}, "employees -1 is not between 200 and 500000"},
		{Options{Dir: "x", Months: 12}, "months 12 is not between 40 and 240"},
	} {
		err := Write(t.Context(), x.o, nil)
		if err == nil || err.Error() != x.want {
			t.Errorf("%+v: error %v, want %q", x.o, err, x.want)
		}
	}
}

func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	dir, n := t.TempDir(), 0
	err := Write(ctx, Options{Dir: dir, Employees: 300}, func(string) {
		if n++; n == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || !strings.HasPrefix(err.Error(), "write hris/") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "config.toml")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("config.toml of incomplete files: %v", err)
	}
	blocked := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), Options{Dir: blocked, Employees: 300}, nil); err == nil {
		t.Error("a file was taken for a folder")
	}
}

// A declared stream, as warehouse/streams.toml has it.
type declared struct {
	Name    string
	Key     []string
	Dated   bool
	Columns string
}

type columnType struct {
	kind     string
	required bool
	ref      string
}

func (d declared) columns() map[string]columnType {
	out := map[string]columnType{"source_id": {kind: "text"}, "recorded_at": {kind: "instant"}}
	if d.Dated {
		out["valid_from"], out["valid_to"] = columnType{kind: "date", required: true}, columnType{kind: "date"}
	}
	for _, line := range strings.Split(strings.TrimSpace(d.Columns), "\n") {
		w := strings.Fields(line)
		c := columnType{kind: strings.TrimSuffix(w[1], "!"), required: strings.HasSuffix(w[1], "!")}
		if len(w) > 2 && strings.HasPrefix(w[2], "->") {
			c.ref = w[2][2:]
		}
		out[w[0]] = c
	}
	return out
}

func declaredStreams(t *testing.T) map[string]declared {
	t.Helper()
	var x struct{ Stream []declared }
	if _, err := toml.DecodeFile("../../../warehouse/streams.toml", &x); err != nil {
		t.Fatal(err)
	}
	out := map[string]declared{}
	for _, s := range x.Stream {
		out[s.Name] = s
	}
	return out
}

func (c columnType) accepts(v string) bool {
	var err error
	switch {
	case c.kind == "integer":
		_, err = strconv.Atoi(v)
	case c.kind == "number", c.kind == "decimal":
		_, err = strconv.ParseFloat(v, 64)
	case c.kind == "date":
		_, err = time.Parse(time.DateOnly, v)
	case c.kind == "instant":
		_, err = time.Parse(time.RFC3339, v)
	case c.kind == "boolean":
		return v == "true" || v == "false"
	case strings.HasPrefix(c.kind, "one_of("):
		return strings.Contains("|"+c.kind[7:len(c.kind)-1]+"|", "|"+v+"|")
	}
	return err == nil
}

// Every file fills its canonical stream: columns known, types right, required
// values there, keys unique, references resolved, stretches of time apart.
func TestFilesFillTheStreams(t *testing.T) {
	t.Run("usual", func(t *testing.T) { checkFolder(t, write(t, 400, 48, 1)) })
	t.Run("smallest", func(t *testing.T) {
		dir := t.TempDir()
		o := Options{Dir: dir, Employees: minEmployees, Months: minMonths, Seed: -3, LastMonth: time.Date(2024, time.February, 29, 0, 0, 0, 0, time.UTC)}
		if err := Write(t.Context(), o, nil); err != nil {
			t.Fatal(err)
		}
		checkFolder(t, dir)
	})
}

func checkFolder(t *testing.T, dir string) {
	t.Helper()
	streams, all := declaredStreams(t), read(t, dir)
	keys := map[string]map[string]bool{}
	for target := range all {
		if _, ok := streams[target]; !ok {
			t.Fatalf("target %s is not declared", target)
		}
		keys[target] = map[string]bool{}
		for _, r := range rows(all, target) {
			keys[target][r[streams[target].Key[0]]] = true
		}
	}
	for name := range streams {
		if len(all[name]) == 0 && name != "fiscal_period" {
			t.Errorf("no source fills %s", name)
		}
	}
	for target, tables := range all {
		d := streams[target]
		for _, x := range tables {
			checkTable(t, d, x, keys)
		}
		checkDates(t, d, rows(all, target))
	}
}

func checkTable(t *testing.T, d declared, x table, keys map[string]map[string]bool) {
	t.Helper()
	columns, seen, bad := d.columns(), map[string]bool{}, 0
	fail := func(format string, args ...any) {
		if bad++; bad <= 3 {
			t.Errorf(x.source+"."+x.config.Name+": "+format, args...)
		}
	}
	for i, r := range x.rows {
		for name, v := range r {
			c, ok := columns[name]
			if !ok {
				if name != "cost_centre" && name != "Badge" {
					fail("column %q is unknown to %s", name, d.Name)
				}
				continue
			}
			if !c.accepts(v) {
				fail("row %d: %s %q is no %s", i+1, name, v, c.kind)
			}
			if c.ref != "" && !keys[c.ref][v] {
				fail("row %d: %s %q is no %s", i+1, name, v, c.ref)
			}
		}
		for name, c := range columns {
			if c.required && r[name] == "" {
				fail("row %d: %s is missing", i+1, name)
			}
		}
		key := r["valid_from"]
		for _, k := range d.Key {
			key += "|" + r[k]
		}
		if seen[key] {
			fail("row %d: key %s twice", i+1, key)
		}
		seen[key] = true
	}
}

// checkDates checks that versions of one key do not overlap.
func checkDates(t *testing.T, d declared, list []record) {
	t.Helper()
	if !d.Dated {
		return
	}
	byKey := map[string][]record{}
	for _, r := range list {
		key := ""
		for _, k := range d.Key {
			key += "|" + r[k]
		}
		byKey[key] = append(byKey[key], r)
	}
	bad := 0
	for key, versions := range byKey {
		sort.Slice(versions, func(i, j int) bool { return versions[i]["valid_from"] < versions[j]["valid_from"] })
		for i, r := range versions {
			from, to := r["valid_from"], r["valid_to"]
			if to != "" && to <= from || i+1 < len(versions) && (to == "" || to > versions[i+1]["valid_from"]) {
				if bad++; bad < 4 {
					t.Errorf("%s %s: %s to %s, then %v", d.Name, key, from, to, versions[min(i+1, len(versions)-1)])
				}
			}
		}
	}
}
