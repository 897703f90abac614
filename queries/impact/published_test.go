package impact

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// shared is where the published cases are kept, beside the project.
const shared = "../../../shared/impact"

// A published is one published number.
type published struct {
	ID        string          `json:"id"`
	Method    string          `json:"method"`
	Spec      string          `json:"spec"`
	Value     json.RawMessage `json:"value"`
	StdErr    *float64        `json:"-"` // nil where none is published, or several
	Tolerance struct {
		Rel float64 `json:"rel"`
		Abs float64 `json:"abs"`
	} `json:"tolerance"`
	raw map[string]json.RawMessage
}

// publishedCases reads the cases of a data set and says so where they are absent.
func publishedCases(t *testing.T, set string) map[string]published {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, set, "expected.json"))
	if os.IsNotExist(err) {
		t.Skipf("SKIPPED: %s is absent; the published cases of %s were not checked", shared, set)
	}
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []json.RawMessage }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]published{}
	for _, raw := range file.Cases {
		var c published
		if err := json.Unmarshal(raw, &c); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &c.raw); err != nil {
			t.Fatal(err)
		}
		var se float64
		if raw := c.raw["se"]; string(raw) != "null" && json.Unmarshal(raw, &se) == nil {
			c.StdErr = &se
		}
		out[c.ID] = c
	}
	return out
}

// check compares a number with a published one within a tolerance.
func (c published) check(t *testing.T, what string, got, want float64) {
	t.Helper()
	limit := max(c.Tolerance.Abs, c.Tolerance.Rel*math.Abs(want))
	if !(math.Abs(got-want) <= limit) {
		t.Errorf("%s: %s = %.12g, want %.12g ± %.2g", c.ID, what, got, want, limit)
	}
}

// number is a published number by its name in the case.
func (c published) number(t *testing.T, name string) float64 {
	t.Helper()
	var x float64
	if err := json.Unmarshal(c.raw[name], &x); err != nil {
		t.Fatalf("%s: %s: %v", c.ID, name, err)
	}
	return x
}

// named are published numbers by name, such as the weights of units.
func (c published) named(t *testing.T, name string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	if err := json.Unmarshal(c.raw[name], &out); err != nil {
		t.Fatalf("%s: %s: %v", c.ID, name, err)
	}
	return out
}

// effect compares an estimate, and its error where one is published.
func (c published) effect(t *testing.T, got Estimate) {
	t.Helper()
	c.check(t, "value", got.Value, c.number(t, "value"))
	if c.StdErr != nil {
		c.check(t, "se", got.StdErr, *c.StdErr)
	}
}

// sharedFrame reads the data of a published set as text columns.
func sharedFrame(t *testing.T, set string) *Frame {
	t.Helper()
	file, err := os.Open(filepath.Join(shared, set, "data.csv"))
	if os.IsNotExist(err) {
		t.Skipf("SKIPPED: %s is absent; the published cases of %s were not checked", shared, set)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cols := make([]Column, len(records[0]))
	for j, name := range records[0] {
		cols[j].Name = name
		for _, r := range records[1:] {
			cols[j].Text = append(cols[j].Text, r[j])
		}
	}
	f, err := NewFrame(cols...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rowsWhere keeps the rows for which keep is true.
func rowsWhere(f *Frame, keep func(i int) bool) *Frame {
	var rows []int
	for i := range f.Rows() {
		if keep(i) {
			rows = append(rows, i)
		}
	}
	return f.pick(rows)
}

func numbersOf(t *testing.T, f *Frame, name string) []float64 {
	t.Helper()
	x, err := f.Number(name)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func columnsOf(t *testing.T, f *Frame, names []string) [][]float64 {
	t.Helper()
	out := make([][]float64, len(names))
	for j, name := range names {
		out[j] = numbersOf(t, f, name)
	}
	return out
}

// list are published numbers in order.
func (c published) list(t *testing.T, name string) []float64 {
	t.Helper()
	var out []float64
	if err := json.Unmarshal(c.raw[name], &out); err != nil {
		t.Fatalf("%s: %s: %v", c.ID, name, err)
	}
	return out
}
