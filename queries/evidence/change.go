package evidence

import (
	"encoding/json"
	"math"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Month is one month of a dial. What is not known is nil; it is not 0.
type Month struct {
	Month                         time.Time // its first day
	Value, Numerator, Denominator *float64
	IsComplete                    bool
	Units                         int64 // that reported; 0 is not counted
}

// MarshalJSON writes the change without the parts that are not numbers.
func (c Change) MarshalJSON() ([]byte, error) {
	type plain Change
	p := struct {
		plain
		Relative, Low, High *float64 `json:",omitempty"`
	}{plain: plain(c)}
	for _, f := range []struct {
		from float64
		to   **float64
	}{{c.Relative, &p.Relative}, {c.Low, &p.Low}, {c.High, &p.High}} {
		if finite(f.from) {
			*f.to = &f.from
		}
	}
	return json.Marshal(p)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (c *Change) UnmarshalJSON(data []byte) error {
	type plain Change
	p := plain{Relative: math.NaN(), Low: math.NaN(), High: math.Inf(1)}
	if err := json.Unmarshal(data, &p); err != nil {
		return err
	}
	*c = Change(p)
	return nil
}

// A Kind says how months are put together.
type Kind int

// The kinds of dials.
const (
	Flow  Kind = iota // Σ value
	Ratio             // Σ numerator ÷ Σ denominator
	Mean              // mean of the values, weighted by Denominator where all have it
	Level             // mean of the month ends
)

// Wanted is the direction in which a dial should move.
type Wanted int

// The directions.
const (
	Up Wanted = iota
	Down
)

// A Change is how a dial stands since a launch against the year before it.
type Change struct {
	Known bool
	// Why says what is missing when it is not known, or when months were skipped.
	Why      string
	From, To time.Time // first and last month compared
	Months   int       // compared, at most 12
	Skipped  int       // left out since they, or their counterparts, are not complete
	Base     float64   // the same calendar months in the year before launch
	Now      float64
	Relative float64 // Now ÷ Base − 1; NaN where Base is not above 0
	Points   float64 // Now − Base, in the unit of measure
	// Low and High hold Relative at 95 %, for a rate of counted people.
	Low, High   float64
	HasInterval bool
	Reporting   float64 // least share of the units that reported in a month
}

// SinceLaunch compares the last k ≤ 12 complete months since launch with the
// same calendar months in the year before it:
//
//	change = months since launch ÷ the same months of the year before launch − 1
//
// by Σ for flows and Σ numerator ÷ Σ denominator for ratios. launch is the first
// day of the month of the launch, which counts as since; months from until on are
// not looked at. A month that is incomplete or unknown is left out together with
// its counterpart. months may be in any order.
//
// It is a change, not an effect.
func SinceLaunch(kind Kind, months []Month, launch, until time.Time) Change {
	byMonth := make(map[time.Time]Month, len(months))
	var last time.Time
	for _, m := range months {
		if !m.Month.Before(until) || !usable(kind, m) {
			continue
		}
		byMonth[m.Month] = m
		if m.Month.After(last) {
			last = m.Month
		}
	}
	if last.IsZero() || last.Before(launch) {
		return Change{Why: "a complete month since the launch"}
	}
	c := Change{To: last}
	var now, base []Month
	for i := range 12 {
		month := last.AddDate(0, -i, 0)
		if month.Before(launch) {
			break
		}
		before := month
		for !before.Before(launch) {
			before = before.AddDate(-1, 0, 0)
		}
		m, ok := byMonth[month]
		b, okBase := byMonth[before]
		if !ok || !okBase {
			c.Skipped++
			c.Why = "the year before the launch in full"
			if !ok {
				c.Why = "all months since the launch"
			}
			continue
		}
		c.From = month
		now, base = append(now, m), append(base, b)
	}
	if len(now) == 0 {
		return Change{Why: c.Why, Skipped: c.Skipped}
	}
	c.Months = len(now)
	c.Now, c.Base = together(kind, now), together(kind, base)
	if !finite(c.Now) || !finite(c.Base) {
		return Change{Why: "a denominator above zero", Skipped: c.Skipped}
	}
	c.Known = true
	c.Points = c.Now - c.Base
	c.Relative = math.NaN()
	if c.Base > 0 {
		c.Relative = c.Now/c.Base - 1
	}
	c.Reporting = reporting(now, base)
	return c
}

// usable reports whether a month can be compared.
func usable(kind Kind, m Month) bool {
	if !m.IsComplete {
		return false
	}
	if kind == Ratio {
		return m.Numerator != nil && m.Denominator != nil && finite(*m.Numerator) && finite(*m.Denominator)
	}
	return m.Value != nil && finite(*m.Value)
}

// together puts months together.
func together(kind Kind, months []Month) float64 {
	var sum, numerator, denominator float64
	weighted := true
	for _, m := range months {
		if m.Value != nil {
			sum += *m.Value
		}
		if m.Denominator == nil {
			weighted = false
			continue
		}
		denominator += *m.Denominator
		if kind == Ratio {
			numerator += *m.Numerator
		} else if m.Value != nil {
			numerator += *m.Value * *m.Denominator
		}
	}
	switch {
	case kind == Flow:
		return sum
	case kind == Ratio, kind == Mean && weighted && denominator > 0:
		return numerator / denominator
	}
	return sum / float64(len(months))
}

// reporting is the least number of units in a month ÷ the most.
func reporting(now, base []Month) float64 {
	least, most := int64(math.MaxInt64), int64(0)
	for _, months := range [][]Month{now, base} {
		for _, m := range months {
			if m.Units > 0 {
				least, most = min(least, m.Units), max(most, m.Units)
			}
		}
	}
	if most == 0 {
		return 1
	}
	return float64(least) / float64(most)
}

// WithRateInterval adds the 95 % interval of Relative to the change of a rate
// whose numerators count independent events, such as people who left:
//
//	a events in exposure A after, b in B before:   a | a + b ~ Binomial(p)
//	rate ratio = p ÷ (1 − p) × B ÷ A,  p within its Clopper–Pearson limits
//
// now and base are the sums over the compared months. Without an event there is
// no interval; with none before, High is infinite.
//
// Source: J. Przyborowski, H. Wilenski, Biometrika 31 (1940) 313–323,
// doi:10.1093/biomet/31.3-4.313; as R's poisson.test.
func (c Change) WithRateInterval(a, exposureA, b, exposureB float64) Change {
	ok := c.Known && a >= 0 && b >= 0 && a+b > 0 && exposureA > 0 && exposureB > 0 &&
		finite(a+b) && finite(exposureA) && finite(exposureB)
	if !ok {
		return c
	}
	const tail = 0.025
	odds := func(p float64) float64 { return p / (1 - p) * exposureB / exposureA }
	c.Low, c.High, c.HasInterval = -1, math.Inf(1), true
	if a > 0 {
		c.Low = odds(distuv.Beta{Alpha: a, Beta: b + 1}.Quantile(tail)) - 1
	}
	if b > 0 {
		c.High = odds(distuv.Beta{Alpha: a + 1, Beta: b}.Quantile(1-tail)) - 1
	}
	return c
}

// A Move is what a change means, given the wanted direction.
type Move int

// The moves. Good and bad follow the wanted direction, not the sign.
const (
	Unknown Move = iota
	Steady       // no change that can be told from none
	Better
	Worse
)

// minVisible is the smallest relative change that counts as a move of a dial
// whose chance variation is not known.
const minVisible = 0.01

// Move reads the change: by its interval where there is one, else by size.
func (c Change) Move(wanted Wanted) Move {
	by := c.Relative
	if math.IsNaN(by) {
		by = c.Points // below zero there is no relative change; any is a move
	}
	switch {
	case !c.Known:
		return Unknown
	case c.HasInterval && c.Low <= 0 && c.High >= 0, !c.HasInterval && math.Abs(by) < minVisible:
		return Steady
	case (by > 0) == (wanted == Up):
		return Better
	}
	return Worse
}

// PlanToDate is value ÷ plan when up is good and plan ÷ value when down is good:
// 1 is on plan, more is better. It is never progress towards a target. There is
// none unless both are above 0.
func PlanToDate(value, plan float64, wanted Wanted) (ratio float64, ok bool) {
	if !(value > 0) || !(plan > 0) || !finite(value) || !finite(plan) {
		return 0, false
	}
	if wanted == Down {
		value, plan = plan, value
	}
	return value / plan, true
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
