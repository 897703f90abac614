package impact

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Column is a named column of numbers or of text. Exactly one of Numbers and
// Text is set. A missing number is NaN; missing text is empty, NA, NaN or a dot.
type Column struct {
	Name    string
	Numbers []float64
	Text    []string
}

// A Frame is a table of columns of one length. It is never changed.
type Frame struct {
	columns []Column
	index   map[string]int
	rows    int
}

// NewFrame makes a frame of columns. It returns an error if two columns have one
// name, a column has neither or both of numbers and text, or lengths differ.
func NewFrame(columns ...Column) (*Frame, error) {
	f := &Frame{columns: columns, index: make(map[string]int, len(columns)), rows: -1}
	for i, c := range columns {
		if (c.Numbers == nil) == (c.Text == nil) && len(c.Numbers)+len(c.Text) > 0 {
			return nil, fmt.Errorf("column %q holds both numbers and text", c.Name)
		}
		n := max(len(c.Numbers), len(c.Text))
		if f.rows >= 0 && n != f.rows {
			return nil, fmt.Errorf("column %q has %d rows where %q has %d", c.Name, n, columns[0].Name, f.rows)
		}
		f.rows = n
		if _, ok := f.index[c.Name]; ok {
			return nil, fmt.Errorf("column %q appears twice", c.Name)
		}
		f.index[c.Name] = i
	}
	f.rows = max(f.rows, 0)
	return f, nil
}

// Rows is the number of rows.
func (f *Frame) Rows() int { return f.rows }

// Names lists the columns in order.
func (f *Frame) Names() []string {
	names := make([]string, len(f.columns))
	for i, c := range f.columns {
		names[i] = c.Name
	}
	return names
}

// column finds a column, or says which there are.
func (f *Frame) column(name string) (Column, error) {
	i, ok := f.index[name]
	if !ok {
		return Column{}, fmt.Errorf("no column %q; the file has %s", name, strings.Join(f.Names(), ", "))
	}
	return f.columns[i], nil
}

// Missing reports whether a text cell stands for a missing value.
func Missing(s string) bool {
	switch s {
	case "", "NA", "NaN", ".", "nan", "NULL", "null":
		return true
	}
	return false
}

// Number is a column as numbers, NaN where a value is missing. Text that is no
// number is an error with its row, counted from 1; true and false are 1 and 0.
func (f *Frame) Number(name string) ([]float64, error) {
	c, err := f.column(name)
	if err != nil {
		return nil, err
	}
	if c.Text == nil {
		return c.Numbers, nil
	}
	out := make([]float64, len(c.Text))
	for i, s := range c.Text {
		s = strings.TrimSpace(s)
		if Missing(s) {
			out[i] = math.NaN()
			continue
		}
		x, err := strconv.ParseFloat(s, 64)
		switch {
		case err == nil:
			out[i] = x
		case strings.EqualFold(s, "true"):
			out[i] = 1
		case strings.EqualFold(s, "false"):
			out[i] = 0
		default:
			return nil, fmt.Errorf("column %q, row %d: %q is not a number", name, i+1, s)
		}
	}
	return out, nil
}

// text is a column as text, empty where a value is missing. A name such as
// year^region joins two columns into one key.
func (f *Frame) text(name string) ([]string, error) {
	if _, ok := f.index[name]; !ok && strings.Contains(name, "^") {
		return f.interaction(name)
	}
	c, err := f.column(name)
	if err != nil {
		return nil, err
	}
	out := make([]string, f.rows)
	if c.Text != nil {
		for i, s := range c.Text {
			if s = strings.TrimSpace(s); !Missing(s) {
				out[i] = s
			}
		}
		return out, nil
	}
	for i, x := range c.Numbers {
		if !math.IsNaN(x) {
			out[i] = formatNumber(x)
		}
	}
	return out, nil
}

func (f *Frame) interaction(name string) ([]string, error) {
	var out []string
	for _, part := range strings.Split(name, "^") {
		t, err := f.text(part)
		if err != nil {
			return nil, err
		}
		if out == nil {
			out = t
			continue
		}
		for i := range out {
			if out[i] == "" || t[i] == "" {
				out[i] = ""
			} else {
				out[i] += "^" + t[i]
			}
		}
	}
	return out, nil
}

func formatNumber(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// complete keeps the rows where every named column has a value and every number
// is finite, and counts the others by reason.
func (f *Frame) complete(numbers, keys []string) (*Frame, Data, error) {
	data := Data{RowsRead: f.rows}
	reason := make([]string, f.rows)
	for _, name := range numbers {
		if name == "" {
			continue
		}
		x, err := f.Number(name)
		if err != nil {
			return nil, data, err
		}
		for i, v := range x {
			switch {
			case reason[i] != "":
			case math.IsNaN(v):
				reason[i] = "missing " + name
			case math.IsInf(v, 0):
				reason[i] = "infinite " + name
			}
		}
	}
	for _, name := range keys {
		if name == "" {
			continue
		}
		if c, ok := f.index[name]; ok && f.columns[c].Text == nil {
			for i, v := range f.columns[c].Numbers {
				if math.IsNaN(v) && reason[i] == "" {
					reason[i] = "missing " + name
				}
			}
			continue
		}
		t, err := f.text(name)
		if err != nil {
			return nil, data, err
		}
		for i, s := range t {
			if s == "" && reason[i] == "" {
				reason[i] = "missing " + name
			}
		}
	}
	var keep []int
	for i, r := range reason {
		if r == "" {
			keep = append(keep, i)
		} else {
			data.drop(r, 1)
		}
	}
	data.RowsUsed = len(keep)
	if len(keep) == f.rows && f.rows > 0 {
		return f, data, nil
	}
	if len(keep) == 0 {
		return nil, data, fmt.Errorf("%w: no row has a value in every column of the analysis", ErrTooFew)
	}
	return f.pick(keep), data, nil
}

// pick makes a frame of some rows, in the order given.
func (f *Frame) pick(rows []int) *Frame {
	out := &Frame{index: f.index, rows: len(rows), columns: make([]Column, len(f.columns))}
	for j, c := range f.columns {
		out.columns[j].Name = c.Name
		if c.Text != nil {
			out.columns[j].Text = pick(c.Text, rows)
		} else {
			out.columns[j].Numbers = pick(c.Numbers, rows)
		}
	}
	return out
}

// pick takes some elements of a slice, in the order given.
func pick[T any](x []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = x[r]
	}
	return out
}
