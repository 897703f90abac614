package dashboards

import (
	"time"

	"dials/queries/evidence"
	"dials/queries/forecast"
)

// A reading is what a card says of a dial in a period.
type reading struct {
	From, Last       time.Time // first and last complete month in the period
	Months           int
	Value, LastYear  number
	Limit            number // the value is below this, and not said more exactly
	PlanToDate       number // ratio: 1 is on plan, more is better
	PlanOfMonths     number // the plan itself, of the same months
	YearPlan         number
	Forecast         *forecast.Forecast
	WhyNoForecast    string
	N, People, Units int64
}

// read says what the dial shows in a period.
func (d *dial) read(p Period) reading {
	r := reading{WhyNoForecast: "only beside the fiscal year to date"}
	last, ok := d.lastComplete(p.To)
	if !ok || last.Before(p.From) {
		r.WhyNoForecast = "no complete month in the period"
		return r
	}
	// Where the dial begins later than the period, so does what is said of it.
	r.From, r.Last = p.From, last
	for m, ok := d.month(r.From); r.From.Before(last) && (!ok || !m.IsComplete); m, ok = d.month(r.From) {
		r.From = r.From.AddDate(0, 1, 0)
	}
	months := monthsOf(r.From, last.AddDate(0, 1, 0))
	r.Months = len(months)
	if limit, few := d.isFew(months); few {
		r.Limit = number{limit, true}
		r.WhyNoForecast = "too few leavers"
		r.PlanOfMonths = known(d.plan(months))
		return r
	}
	r.Value = known(d.over(months))
	if _, few := d.isFew(shift(months, -12)); !few {
		r.LastYear = known(d.over(shift(months, -12)))
	}
	r.PlanOfMonths = known(d.plan(months))
	if r.Value.Known && r.PlanOfMonths.Known {
		r.PlanToDate = known(evidence.PlanToDate(r.Value.Value, r.PlanOfMonths.Value, d.wanted()))
	}
	for _, m := range months {
		row, _ := d.month(m)
		r.N += deref(row.N)
		r.People = max(r.People, deref(row.PeopleN))
		r.Units = max(r.Units, row.Units)
	}
	if p.IsYearToDate {
		r.YearPlan = known(d.plan(monthsOf(p.YearFrom, p.YearTo)))
		r.Forecast, r.WhyNoForecast = d.forecast(p, last)
	}
	return r
}

// forecast forecasts the fiscal year of p from the complete months up to last.
func (d *dial) forecast(p Period, last time.Time) (*forecast.Forecast, string) {
	remaining := monthsBetween(last, p.YearTo) - 1
	if remaining == 0 {
		return nil, "the year is complete"
	}
	y := forecast.Year{Remaining: remaining, ToDate: 12 - remaining, Seed: 1}
	switch {
	case d.TimeAggregation == "last":
		y.Kind = forecast.Last
	case d.UnitAggregation == "ratio" || d.TimeAggregation == "mean":
		y.Kind = forecast.Mean
	}
	// The months without a gap that end with the last complete one.
	var first int
	end := d.at[last]
	for first = end; first > 0; first-- {
		before := d.months[first-1]
		if !before.IsComplete || monthsBetween(before.Month, d.months[first].Month) != 1 {
			break
		}
	}
	weighted := y.Kind == forecast.Mean
	for _, m := range d.months[first : end+1] {
		y.Values = append(y.Values, *m.Value*d.perYear())
		weighted = weighted && m.Denominator != nil
	}
	if weighted {
		for _, m := range d.months[first : end+1] {
			y.Weights = append(y.Weights, *m.Denominator)
		}
	}
	f, err := forecast.YearEnd(y)
	if err != nil {
		return nil, err.Error()
	}
	return &f, ""
}

// kind is how evidence puts the dial's months together.
func (d *dial) kind() evidence.Kind {
	switch {
	case d.TimeAggregation == "last":
		return evidence.Level
	case d.UnitAggregation == "ratio":
		return evidence.Ratio
	case d.TimeAggregation == "sum":
		return evidence.Flow
	}
	return evidence.Mean
}

// wanted is the direction in which the dial should move.
func (d *dial) wanted() evidence.Wanted {
	if d.Direction == "down" {
		return evidence.Down
	}
	return evidence.Up
}

// sinceLaunch compares the last complete months since a launch, at most 12, with
// the same calendar months in the year before it: a change, not an effect.
func (d *dial) sinceLaunch(launch, until time.Time) evidence.Change {
	months := make([]evidence.Month, len(d.months))
	for i, m := range d.months {
		months[i] = evidence.Month{
			Month: m.Month, Value: m.Value, Numerator: m.Numerator, Denominator: m.Denominator, IsComplete: m.IsComplete, Units: m.Units,
		}
	}
	c := evidence.SinceLaunch(d.kind(), months, launch, until)
	if !c.Known || !d.isRate() {
		return c
	}
	now, base := monthsOf(c.From, c.To.AddDate(0, 1, 0)), []time.Time(nil)
	for _, m := range now {
		for !m.Before(launch) {
			m = m.AddDate(-1, 0, 0)
		}
		base = append(base, m)
	}
	a, exposureA := d.count(now)
	b, exposureB := d.count(base)
	if a < fewest || b < fewest {
		return evidence.Change{Why: "at least five people who left, before and since"}
	}
	c.Now, c.Base, c.Points = c.Now*d.perYear(), c.Base*d.perYear(), c.Points*d.perYear()
	return c.WithRateInterval(a, exposureA, b, exposureB)
}

// count sums the numerators and denominators of months.
func (d *dial) count(months []time.Time) (events, exposure float64) {
	for _, m := range months {
		row, _ := d.month(m)
		events += deref(row.Numerator)
		exposure += deref(row.Denominator)
	}
	return events, exposure
}
