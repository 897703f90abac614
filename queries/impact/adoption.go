package impact

import (
	"fmt"
	"math"
	"strings"
)

// adoption reads when each unit was first treated, in values of the time column:
// +Inf is never. It takes --first-treated; or --treated per observation; or
// --treated per unit with --at, --post or a time column of two periods.
//
// A unit that is treated and later untreated is ErrReversal; two rows for a unit and
// period are ErrDuplicate.
func (t *table) adoption(s Spec) ([]float64, error) {
	if s.Unit == "" || s.Time == "" {
		return nil, fmt.Errorf("design %s needs --unit and --time", s.Design)
	}
	if err := t.unique(); err != nil {
		return nil, err
	}
	if s.FirstTreated != "" {
		return t.stated(s)
	}
	if s.Treated == "" {
		return nil, fmt.Errorf("design %s needs --first-treated or --treated", s.Design)
	}
	if err := binary(s.Treated, t.treated, true); err != nil {
		return nil, err
	}
	first := make([]float64, t.unit.Levels())
	last := make([]float64, len(first)) // the treatment of the row before
	varies := false
	for c := range first {
		first[c], last[c] = math.Inf(1), math.NaN()
	}
	for i, c := range t.unit.Codes { // rows are in order of unit and time
		d := t.treated[i]
		switch {
		case math.IsNaN(last[c]):
		case last[c] == 1 && d == 0:
			return nil, fmt.Errorf("%w: unit %s is treated before period %s and untreated in it", ErrReversal, t.unit.Labels[c], t.time.Labels[t.time.Codes[i]])
		case d != last[c]:
			varies = true
		}
		last[c] = d
		if d == 1 && math.IsInf(first[c], 1) {
			first[c] = t.time.Values[t.time.Codes[i]]
		}
	}
	if varies {
		return first, nil
	}
	at, err := t.commonDate(s)
	if err != nil {
		return nil, err
	}
	for c := range first {
		if !math.IsInf(first[c], 1) {
			first[c] = at
		}
	}
	return first, nil
}

// commonDate is the first treated period of all treated units.
func (t *table) commonDate(s Spec) (float64, error) {
	switch {
	case s.At != "":
		at, err := t.time.Value(s.At)
		if err != nil {
			return 0, fmt.Errorf("--at: %w", err)
		}
		return at, nil
	case s.Post != "":
		if err := binary(s.Post, t.post, true); err != nil {
			return 0, err
		}
		at, before := math.Inf(1), math.Inf(-1)
		for i, p := range t.post {
			v := t.time.Values[t.time.Codes[i]]
			if p == 1 {
				at = min(at, v)
			} else {
				before = max(before, v)
			}
		}
		if before >= at {
			return 0, fmt.Errorf("column %q is 1 in period %s and 0 in %s or later: it must start at one date", s.Post, t.time.Label(at), t.time.Label(before))
		}
		return at, nil
	case t.time.Levels() == 2:
		return t.time.Values[1], nil
	}
	return 0, fmt.Errorf("column %q never changes within a unit; say when treatment began with --at, --post or --first-treated", s.Treated)
}

// stated reads --first-treated: one value per unit; 0 or empty is never.
func (t *table) stated(s Spec) ([]float64, error) {
	text, err := t.frame.text(s.FirstTreated)
	if err != nil {
		return nil, err
	}
	first := make([]float64, t.unit.Levels())
	seen := make([]bool, len(first))
	treated := false
	for i, c := range t.unit.Codes {
		v := math.Inf(1)
		switch strings.ToLower(text[i]) {
		case "", "0", "inf", "infinity", "never", "+inf":
		default:
			if v, err = t.time.Value(text[i]); err != nil {
				return nil, fmt.Errorf("column %q, unit %s: %w", s.FirstTreated, t.unit.Labels[c], err)
			}
			if v == 0 && !t.time.scale.dates {
				v = math.Inf(1)
			}
		}
		if seen[c] && first[c] != v {
			return nil, fmt.Errorf("column %q: unit %s has two first treated periods", s.FirstTreated, t.unit.Labels[c])
		}
		first[c], seen[c] = v, true
		treated = treated || !math.IsInf(v, 1)
	}
	if !treated {
		return nil, fmt.Errorf("column %q has no treated unit", s.FirstTreated)
	}
	return first, nil
}

// unique returns an error if a unit has two rows in one period. Rows are sorted.
func (t *table) unique() error {
	for i := 1; i < len(t.unit.Codes); i++ {
		if t.unit.Codes[i] == t.unit.Codes[i-1] && t.time.Codes[i] == t.time.Codes[i-1] {
			return fmt.Errorf("%w: unit %s has two rows in period %s", ErrDuplicate, t.unit.Labels[t.unit.Codes[i]], t.time.Labels[t.time.Codes[i]])
		}
	}
	return nil
}

// exposure is 1 per row from the unit's first treated period on.
func (t *table) exposure(first []float64) []float64 {
	d := make([]float64, len(t.outcome))
	for i, c := range t.unit.Codes {
		if t.time.Values[t.time.Codes[i]] >= first[c] {
			d[i] = 1
		}
	}
	return d
}

// split counts treated and comparison units: those first treated within the periods
// seen, and the others.
func (t *table) split(first []float64) (treated, control int) {
	end := t.time.Values[t.time.Levels()-1]
	for _, g := range first {
		if g <= end {
			treated++
		} else {
			control++
		}
	}
	return treated, control
}

// cohorts lists the distinct first treated periods within the periods seen, in
// order.
func (t *table) cohorts(first []float64) []float64 {
	end := t.time.Values[t.time.Levels()-1]
	seen := map[float64]bool{}
	for _, g := range first {
		if g <= end {
			seen[g] = true
		}
	}
	return sortedKeys(seen)
}
