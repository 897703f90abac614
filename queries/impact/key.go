package impact

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Key numbers the levels of a column: units, clusters, fixed effects.
type Key struct {
	Name   string
	Codes  []int    // per row, the level
	Labels []string // per level, in order: numbers by value, else text
}

// pick is the key of some rows; levels without a row disappear.
func (k Key) pick(rows []int) Key {
	var labels []string
	seen := make([]int, k.Levels())
	for _, r := range rows {
		seen[k.Codes[r]] = 1
	}
	out := Key{Name: k.Name, Codes: make([]int, len(rows))}
	for c, s := range seen {
		if s == 1 {
			seen[c] = len(labels)
			labels = append(labels, k.Labels[c])
		}
	}
	for i, r := range rows {
		out.Codes[i] = seen[k.Codes[r]]
	}
	out.Labels = labels
	return out
}

// Levels is the number of levels.
func (k Key) Levels() int { return len(k.Labels) }

// Key numbers the levels of a column. Levels are ordered by value, not by first
// appearance, so that seeded draws do not depend on the order of rows.
func (f *Frame) Key(name string) (Key, error) {
	if i, ok := f.index[name]; ok && f.columns[i].Text == nil {
		return numberKey(name, f.columns[i].Numbers), nil
	}
	t, err := f.text(name)
	if err != nil {
		return Key{}, err
	}
	return newKey(name, t), nil
}

func newKey(name string, text []string) Key {
	levels, codes := levelsOf(text)
	labels := slices.Clone(levels)
	sortLabels(labels)
	rank := make(map[string]int, len(labels))
	for i, s := range labels {
		rank[s] = i
	}
	position := make([]int, len(levels))
	for i, s := range levels {
		position[i] = rank[s]
	}
	for i, c := range codes {
		codes[i] = position[c]
	}
	return Key{Name: name, Codes: codes, Labels: labels}
}

// numberKey is newKey of numbers; a missing one has an empty label.
func numberKey(name string, x []float64) Key {
	levels, codes := levelsOf(x)
	order := make([]int, len(levels))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(levels[a], levels[b]) })
	position := make([]int, len(levels))
	labels := make([]string, len(levels))
	for i, l := range order {
		position[l] = i
		if !math.IsNaN(levels[l]) {
			labels[i] = formatNumber(levels[l])
		}
	}
	for i, c := range codes {
		codes[i] = position[c]
	}
	return Key{Name: name, Codes: codes, Labels: labels}
}

// levelsOf lists distinct values by first appearance, and the position of each row's.
func levelsOf[T comparable](x []T) ([]T, []int) {
	seen := map[T]int{}
	var levels []T
	codes := make([]int, len(x))
	for i, v := range x {
		if i > 0 && v == x[i-1] {
			codes[i] = codes[i-1]
			continue
		}
		c, ok := seen[v]
		if !ok {
			c = len(levels)
			seen[v] = c
			levels = append(levels, v)
		}
		codes[i] = c
	}
	return levels, codes
}

// sortLabels orders labels by number where all are numbers, else as text.
func sortLabels(labels []string) {
	values := make(map[string]float64, len(labels))
	for _, s := range labels {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			slices.Sort(labels)
			return
		}
		values[s] = x
	}
	slices.SortFunc(labels, func(a, b string) int {
		switch {
		case values[a] < values[b]:
			return -1
		case values[a] > values[b]:
			return 1
		}
		return strings.Compare(a, b)
	})
}

// codesOf numbers integer codes densely, keeping their order.
func codesOf(codes []int) ([]int, int) {
	top := 0
	for _, c := range codes {
		top = max(top, c+1)
	}
	seen := make([]int, top)
	for _, c := range codes {
		seen[c] = 1
	}
	n := 0
	for c, s := range seen {
		if s == 1 {
			seen[c] = n
			n++
		}
	}
	out := make([]int, len(codes))
	for i, c := range codes {
		out[i] = seen[c]
	}
	return out, n
}

// Periods numbers the points of time of a column and gives each a value whose
// differences count periods: numbers are themselves; dates count months where
// they fall on one day of the month, else days, divided by their common step.
type Periods struct {
	Key
	Values []float64 // per level, ascending
	scale  timeScale
}

// timeScale turns a date or number into the value that periods have.
type timeScale struct {
	dates  bool
	months bool
	origin int
	step   int
}

// Periods reads a column of time: numbers, or dates as 2024-03-01, 2024-03,
// 2024Q1 or a timestamp.
func (f *Frame) Periods(name string) (Periods, error) {
	k, err := f.Key(name)
	if err != nil {
		return Periods{}, err
	}
	p := Periods{Key: k, Values: make([]float64, k.Levels())}
	numeric := true
	for i, s := range k.Labels {
		if p.Values[i], err = strconv.ParseFloat(s, 64); err != nil {
			numeric = false
			break
		}
	}
	if numeric {
		return p, nil
	}
	p.scale = timeScale{dates: true, months: true, step: 1}
	dates := make([]time.Time, k.Levels())
	for i, s := range k.Labels {
		if dates[i], err = parseDate(s); err != nil {
			return Periods{}, fmt.Errorf("column %q: %w", name, err)
		}
		p.scale.months = p.scale.months && dates[i].Day() == dates[0].Day()
	}
	p.scale.origin = p.scale.count(dates[0])
	step := 0
	for _, d := range dates {
		step = gcd(step, p.scale.count(d)-p.scale.origin)
	}
	p.scale.step = max(step, 1)
	for i, d := range dates {
		p.Values[i] = p.scale.value(d)
	}
	return p, nil
}

// Value is the value of a point of time written as the column writes it.
func (p Periods) Value(s string) (float64, error) {
	if !p.scale.dates {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return 0, fmt.Errorf("%q is not a period of column %q, which holds numbers", s, p.Name)
		}
		return x, nil
	}
	d, err := parseDate(s)
	if err != nil {
		return 0, err
	}
	return p.scale.value(d), nil
}

// Label is how the column writes a value, or the value itself between levels.
func (p Periods) Label(value float64) string {
	if i, ok := slices.BinarySearch(p.Values, value); ok {
		return p.Labels[i]
	}
	return formatNumber(value)
}

func (s timeScale) count(d time.Time) int {
	if s.months {
		return d.Year()*12 + int(d.Month()) - 1
	}
	return int(math.Floor(float64(d.Unix()) / 86400))
}

func (s timeScale) value(d time.Time) float64 {
	return float64(s.count(d)-s.origin) / float64(s.step)
}

func parseDate(s string) (time.Time, error) {
	if len(s) == 6 && (s[4] == 'Q' || s[4] == 'q') {
		y, err1 := strconv.Atoi(s[:4])
		q, err2 := strconv.Atoi(s[5:])
		if err1 == nil && err2 == nil && q >= 1 && q <= 4 {
			return time.Date(y, time.Month(3*q-2), 1, 0, 0, 0, 0, time.UTC), nil
		}
	}
	for _, layout := range []string{time.DateOnly, "2006-01", time.DateTime, time.RFC3339, "2006-01-02T15:04:05"} {
		if d, err := time.Parse(layout, s); err == nil {
			return d, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is neither a number nor a date such as 2024-03-01", s)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return max(a, -a)
}
