package impact

import (
	"fmt"
	"math"
)

// expand adds a row for every unit and period that has none, with an outcome of 0:
// data that list only what happened. What does not change within a unit is carried
// over (first treated period, cluster, covariates); a 0/1 treatment is 1 from the
// unit's first treated row on; anything else that varies is left missing.
func (f *Frame) expand(s Spec) (*Frame, error) {
	if s.Unit == "" || s.Time == "" {
		return nil, fmt.Errorf("--expand needs --unit and --time")
	}
	unit, err := f.Key(s.Unit)
	if err != nil {
		return nil, err
	}
	time, err := f.Periods(s.Time)
	if err != nil {
		return nil, err
	}
	have := make([]bool, unit.Levels()*time.Levels())
	example := make([]int, unit.Levels()) // a row of each unit
	moment := make([]int, time.Levels())  // a row of each period
	for i := range f.rows {
		have[unit.Codes[i]*time.Levels()+time.Codes[i]] = true
		example[unit.Codes[i]], moment[time.Codes[i]] = i, i
	}
	var units, times []int
	for cell, ok := range have {
		if !ok {
			units, times = append(units, cell/time.Levels()), append(times, cell%time.Levels())
		}
	}
	out := make([]Column, len(f.columns))
	for j, c := range f.columns {
		if c.Numbers == nil {
			out[j] = expandColumn(s, c, c.Text, "", unit, time, example, moment, units, times, "0", "1")
		} else {
			out[j] = expandColumn(s, c, c.Numbers, math.NaN(), unit, time, example, moment, units, times, 0, 1)
		}
	}
	return NewFrame(out...)
}

// expandColumn appends the added cells of one column.
func expandColumn[T comparable](s Spec, c Column, values []T, missing T, unit Key, time Periods, example, moment, units, times []int, zero, one T) Column {
	byUnit := withinLevels(values, unit.Codes, example)
	byTime := withinLevels(values, time.Codes, moment)
	onset := make([]int, unit.Levels()) // first period with the value one
	for u := range onset {
		onset[u] = time.Levels()
	}
	for i, v := range values {
		if v == one {
			onset[unit.Codes[i]] = min(onset[unit.Codes[i]], time.Codes[i])
		}
	}
	added := make([]T, len(units))
	for k := range added {
		u, t := units[k], times[k]
		switch {
		case c.Name == s.Outcome:
			added[k] = zero
		case c.Name == s.Time, c.Name == s.Post, byTime && !byUnit:
			added[k] = values[moment[t]]
		case byUnit:
			added[k] = values[example[u]]
		case c.Name == s.Treated:
			added[k] = zero
			if t >= onset[u] {
				added[k] = one
			}
		default:
			added[k] = missing
		}
	}
	all := append(append([]T(nil), values...), added...)
	if numbers, ok := any(all).([]float64); ok {
		return Column{Name: c.Name, Numbers: numbers}
	}
	return Column{Name: c.Name, Text: any(all).([]string)}
}

// withinLevels reports whether a column never changes within a level.
func withinLevels[T comparable](values []T, codes, example []int) bool {
	for i, v := range values {
		if v != values[example[codes[i]]] {
			return false
		}
	}
	return true
}
