package dashboards

import (
	"math"
	"slices"
	"strings"
	"time"
)

// A dialRow is one dial's definition.
type dialRow struct {
	MetricID          string     `db:"metric_id"`
	Name              string     `db:"name"`
	UnitOfMeasure     string     `db:"unit_of_measure"`
	Direction         string     `db:"direction"`
	UnitAggregation   string     `db:"unit_aggregation"`
	TimeAggregation   string     `db:"time_aggregation"`
	OwnerName         *string    `db:"owner_name"`
	IsOwnerInLD       *bool      `db:"is_owner_in_ld"`
	Currency          *string    `db:"currency"`
	Sources           *string    `db:"sources"`
	ComputedFrom      *string    `db:"computed_from"`
	IsOfPersons       bool       `db:"is_of_persons"`
	FirstMonth        *time.Time `db:"first_month"`
	LastCompleteMonth *time.Time `db:"last_complete_month"`
	DefinitionVersion *int64     `db:"definition_version"`
}

// A monthRow is one dial in one month, over the units in scope.
type monthRow struct {
	MetricID    string    `db:"metric_id"`
	Month       time.Time `db:"month"`
	Value       *float64  `db:"value"`
	Numerator   *float64  `db:"numerator"`
	Denominator *float64  `db:"denominator"`
	N           *int64    `db:"n"`
	PeopleN     *int64    `db:"people_n"`
	Units       int64     `db:"units"`
	IsComplete  bool      `db:"is_complete"`
	Plan        *float64  `db:"plan"`
	PlanWeight  *float64  `db:"plan_weight"`
}

// A peopleMonthRow is one dial of people in one month, for the unit asked for.
// Of a month that IsRange only NumeratorLow to NumeratorHigh may be said.
type peopleMonthRow struct {
	MetricID      string    `db:"metric_id"`
	Month         time.Time `db:"month"`
	Value         *float64  `db:"value"`
	Numerator     *float64  `db:"numerator"`
	Denominator   *float64  `db:"denominator"`
	PeopleN       *int64    `db:"people_n"`
	IsComplete    bool      `db:"is_complete"`
	IsRange       bool      `db:"is_range"`
	NumeratorLow  *float64  `db:"numerator_low"`
	NumeratorHigh *float64  `db:"numerator_high"`
}

// monthsByDial puts the months of people's dials beside their plans, in order.
func monthsByDial(months []monthRow, people []peopleMonthRow) map[string][]monthRow {
	type key struct {
		metric string
		month  time.Time
	}
	measured := map[key]peopleMonthRow{}
	for _, p := range people {
		measured[key{p.MetricID, p.Month}] = p
	}
	byDial := map[string][]monthRow{}
	merge := func(m monthRow) {
		if p, ok := measured[key{m.MetricID, m.Month}]; ok {
			m.Value, m.Numerator, m.Denominator, m.PeopleN, m.IsComplete = p.Value, p.Numerator, p.Denominator, p.PeopleN, p.IsComplete
			delete(measured, key{m.MetricID, m.Month})
		}
		byDial[m.MetricID] = append(byDial[m.MetricID], m)
	}
	for _, m := range months {
		merge(m)
	}
	for k := range measured {
		merge(monthRow{MetricID: k.metric, Month: k.month})
	}
	for _, rows := range byDial {
		slices.SortFunc(rows, func(a, b monthRow) int { return a.Month.Compare(b.Month) })
	}
	return byDial
}

// A dial is a metric with its months in order.
type dial struct {
	dialRow
	measure measure
	months  []monthRow
	at      map[time.Time]int // month → index
}

// newDial puts a dial together from its rows as known on a day: months that had
// not begun by then keep their plan alone, those not over by then are incomplete.
func newDial(row dialRow, months []monthRow, asOf time.Time) *dial {
	d := &dial{dialRow: row, at: make(map[time.Time]int, len(months))}
	d.measure = measureOf(row.UnitOfMeasure, row.UnitAggregation, deref(row.Currency))
	if unit := strings.ToLower(strings.TrimSpace(d.measure.suffix)); !d.measure.isPercent && strings.Contains(strings.ToLower(row.Name), unit) {
		d.measure.suffix = "" // the name says it
	}
	for _, m := range months {
		if m.Month.After(asOf) {
			m.Value, m.Numerator, m.Denominator, m.N, m.PeopleN, m.Units = nil, nil, nil, nil, nil, 0
		}
		if m.Value == nil || m.Month.AddDate(0, 1, -1).After(asOf) {
			m.IsComplete = false
		}
		d.at[m.Month] = len(d.months)
		d.months = append(d.months, m)
	}
	return d
}

// isRate reports whether the dial is yearly although its months are monthly:
// separations of a month ÷ average headcount, shown as a rate per year.
func (d *dial) isRate() bool { return deref(d.ComputedFrom) == "employment" }

// perYear is what a value of the dial is multiplied by.
func (d *dial) perYear() float64 {
	if d.isRate() {
		return 12
	}
	return 1
}

// month returns the row of a month, if the dial has one.
func (d *dial) month(m time.Time) (monthRow, bool) {
	i, ok := d.at[m]
	if !ok {
		return monthRow{}, false
	}
	return d.months[i], true
}

// lastComplete returns the dial's last complete month before the month to.
func (d *dial) lastComplete(to time.Time) (time.Time, bool) {
	for i := len(d.months) - 1; i >= 0; i-- {
		if m := d.months[i]; m.IsComplete && m.Month.Before(to) {
			return m.Month, true
		}
	}
	return time.Time{}, false
}

// over puts complete months together: Σ for flows, Σ numerator ÷ Σ denominator
// for ratios and means, the last for levels. A month that is missing leaves
// nothing to say.
func (d *dial) over(months []time.Time) (float64, bool) {
	if len(months) == 0 {
		return 0, false
	}
	var total, numerator, denominator, last float64
	weighted := true
	for _, m := range months {
		row, ok := d.month(m)
		if !ok || !row.IsComplete || row.Value == nil {
			return 0, false
		}
		total += *row.Value
		last = *row.Value
		if row.Numerator == nil || row.Denominator == nil {
			weighted = false
			continue
		}
		numerator += *row.Numerator
		denominator += *row.Denominator
	}
	switch {
	case d.TimeAggregation == "last":
		return finite(last * d.perYear())
	case weighted && (d.UnitAggregation == "ratio" || d.TimeAggregation != "sum"):
		return finite(numerator / denominator * d.perYear())
	case d.UnitAggregation == "sum" && d.TimeAggregation == "sum":
		return finite(total)
	case d.UnitAggregation == "ratio":
		return 0, false
	case d.TimeAggregation == "sum":
		return finite(total)
	}
	return finite(total / float64(len(months)))
}

// fewest is the smallest number of leavers that is said exactly.
const fewest = 5

// isFew reports whether the rate of these months rests on so few people that it
// is said only as an upper limit, which is returned.
func (d *dial) isFew(months []time.Time) (limit float64, few bool) {
	if !d.isRate() {
		return 0, false
	}
	events, exposure := d.count(months)
	if events >= fewest || exposure == 0 {
		return 0, false
	}
	return fewest / exposure * d.perYear(), true
}

// plan puts the plans of months together, as over does the values. Plans of a
// yearly rate are yearly.
func (d *dial) plan(months []time.Time) (float64, bool) {
	if len(months) == 0 {
		return 0, false
	}
	var total, weighted, weights, last float64
	for _, m := range months {
		row, ok := d.month(m)
		if !ok || row.Plan == nil {
			return 0, false
		}
		w := 1.0
		if row.PlanWeight != nil {
			w = *row.PlanWeight
		}
		total += *row.Plan
		last = *row.Plan
		weighted += *row.Plan * w
		weights += w
	}
	switch {
	case d.TimeAggregation == "last":
		return finite(last)
	case d.UnitAggregation != "ratio" && d.TimeAggregation == "sum":
		return finite(total)
	}
	return finite(weighted / weights)
}

func finite(v float64) (float64, bool) {
	return v, !math.IsNaN(v) && !math.IsInf(v, 0)
}

// monthsOf lists the months from a to b, half-open.
func monthsOf(a, b time.Time) []time.Time {
	var months []time.Time
	for m := a; m.Before(b); m = m.AddDate(0, 1, 0) {
		months = append(months, m)
	}
	return months
}

// shift moves months by so many months.
func shift(months []time.Time, by int) []time.Time {
	moved := make([]time.Time, len(months))
	for i, m := range months {
		moved[i] = m.AddDate(0, by, 0)
	}
	return moved
}

// A number is a value that may be unknown.
type number struct {
	Value float64
	Known bool
}

func known(v float64, ok bool) number { return number{v, ok} }

// deref returns what p points to, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
