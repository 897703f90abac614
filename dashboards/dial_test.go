package dashboards

import (
	"math"
	"testing"
	"time"

	"dials/queries/evidence"
)

// seriesOf makes a dial of months from January 2024; nil is a missing month.
func seriesOf(row dialRow, asOf time.Time, months ...*monthRow) *dial {
	var rows []monthRow
	for i, m := range months {
		if m != nil {
			m.Month = ym(2024, time.January).AddDate(0, i, 0)
			rows = append(rows, *m)
		}
	}
	return newDial(row, rows, asOf)
}

func at(value, plan float64) *monthRow {
	return &monthRow{Value: &value, Plan: &plan, IsComplete: true, Units: 3}
}

func ratioAt(numerator, denominator float64) *monthRow {
	value := numerator / denominator
	return &monthRow{Value: &value, Numerator: &numerator, Denominator: &denominator, IsComplete: true, Units: 2}
}

func repeat(n int, m func(i int) *monthRow) []*monthRow {
	all := make([]*monthRow, n)
	for i := range all {
		all[i] = m(i)
	}
	return all
}

var endOf2025 = time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)

// Months are put together by Σ for flows, Σ numerator ÷ Σ denominator for ratios
// and means, and the last for levels; a rate of people is yearly.
func TestOver(t *testing.T) {
	employment := "employment"
	two := monthsOf(ym(2024, 1), ym(2024, 3))
	for _, tt := range []struct {
		name   string
		row    dialRow
		months []*monthRow
		want   float64 // NaN is unknown
	}{
		{"flow", dialRow{UnitAggregation: "sum", TimeAggregation: "sum"}, []*monthRow{at(10, 0), at(30, 0)}, 40},
		{"level", dialRow{UnitAggregation: "sum", TimeAggregation: "last"}, []*monthRow{at(10, 0), at(30, 0)}, 30},
		{"sum over units, mean over time", dialRow{UnitAggregation: "sum", TimeAggregation: "mean"}, []*monthRow{at(10, 0), at(30, 0)}, 20},
		{"ratio", dialRow{UnitAggregation: "ratio", TimeAggregation: "mean"}, []*monthRow{ratioAt(1, 10), ratioAt(9, 30)}, 0.25},
		{"ratio without its parts", dialRow{UnitAggregation: "ratio", TimeAggregation: "mean"}, []*monthRow{ratioAt(1, 10), at(0.3, 0)}, math.NaN()},
		{"ratio of nothing", dialRow{UnitAggregation: "ratio", TimeAggregation: "mean"}, []*monthRow{ratioAt(0, 0), ratioAt(0, 0)}, math.NaN()},
		{"weighted mean", dialRow{UnitAggregation: "mean", TimeAggregation: "mean"}, []*monthRow{ratioAt(10, 1), ratioAt(120, 3)}, 32.5},
		{"mean without weights", dialRow{UnitAggregation: "mean", TimeAggregation: "mean"}, []*monthRow{at(10, 0), at(30, 0)}, 20},
		{"yearly rate", dialRow{UnitAggregation: "ratio", TimeAggregation: "mean", ComputedFrom: &employment}, []*monthRow{ratioAt(10, 1000), ratioAt(20, 1000)}, 0.18},
		{"a missing month", dialRow{UnitAggregation: "sum", TimeAggregation: "sum"}, []*monthRow{at(10, 0), nil}, math.NaN()},
	} {
		got, ok := seriesOf(tt.row, endOf2025, tt.months...).over(two)
		if ok == math.IsNaN(tt.want) || ok && math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s: got %v, %v, want %v", tt.name, got, ok, tt.want)
		}
	}
}

func TestRead(t *testing.T) {
	flow := dialRow{UnitAggregation: "sum", TimeAggregation: "sum", Direction: "up"}
	cost := dialRow{UnitAggregation: "sum", TimeAggregation: "sum", Direction: "down"}
	grow := func(i int) *monthRow { return at(100+float64(i), 110) }
	year := calendar{time.January}
	october := time.Date(2025, 10, 31, 0, 0, 0, 0, time.UTC)

	d := seriesOf(flow, october, repeat(24, grow)...)
	r := d.read(year.period(Filters{}, october))
	if r.Months != 10 || r.Value.Value != 1165 || r.LastYear.Value != 1045 || r.PlanOfMonths.Value != 1100 || r.YearPlan.Value != 1320 {
		t.Errorf("year to date: %+v", r)
	}
	if math.Abs(r.PlanToDate.Value-1165.0/1100) > 1e-12 {
		t.Errorf("plan to date when up is good: %v", r.PlanToDate)
	}
	if r.Forecast == nil || len(r.Forecast.Months) != 2 || math.Abs(r.Forecast.Value-1410) > 15 {
		t.Errorf("forecast: %+v, %s; the months continue to 1410", r.Forecast, r.WhyNoForecast)
	}
	r = seriesOf(cost, october, repeat(24, grow)...).read(year.period(Filters{}, october))
	if math.Abs(r.PlanToDate.Value-1100.0/1165) > 1e-12 {
		t.Errorf("plan to date when down is good: %v", r.PlanToDate)
	}
	if r := d.read(year.period(Filters{Period: lastYear}, october)); r.Value.Value != 1266 || r.LastYear.Known || r.Forecast != nil {
		t.Errorf("last year: %+v", r)
	}
	if r := d.read(year.period(Filters{}, time.Date(2023, 6, 30, 0, 0, 0, 0, time.UTC))); r.Value.Known || r.WhyNoForecast == "" {
		t.Errorf("before the data: %+v", r)
	}
	gap := repeat(24, grow)
	gap[15] = nil
	if r := seriesOf(flow, october, gap...).read(year.period(Filters{}, october)); r.Value.Known || r.Last.IsZero() {
		t.Errorf("with a gap: %+v", r)
	}
	late := append(make([]*monthRow, 14), repeat(10, grow)...)
	if r := seriesOf(flow, october, late...).read(year.period(Filters{}, october)); !r.Value.Known || !r.From.Equal(ym(2025, 3)) {
		t.Errorf("a dial that begins in the period: %+v", r)
	}
}

// What is not over by the day asked for counts for nothing.
func TestAsOf(t *testing.T) {
	flow := dialRow{UnitAggregation: "sum", TimeAggregation: "sum"}
	d := seriesOf(flow, time.Date(2024, 6, 15, 0, 0, 0, 0, time.UTC), repeat(12, func(int) *monthRow { return at(1, 2) })...)
	if last, ok := d.lastComplete(ym(2025, 1)); !ok || !last.Equal(ym(2024, 5)) {
		t.Errorf("last complete month: %v, %v", last, ok)
	}
	if m, _ := d.month(ym(2024, 6)); m.IsComplete || m.Value == nil {
		t.Errorf("running month: %+v", m)
	}
	if m, _ := d.month(ym(2024, 7)); m.Value != nil || m.Plan == nil {
		t.Errorf("month to come: %+v", m)
	}
}

// Rates of fewer than five people are said as an upper limit alone.
func TestFewLeavers(t *testing.T) {
	employment := "employment"
	row := dialRow{UnitAggregation: "ratio", TimeAggregation: "mean", Direction: "down", ComputedFrom: &employment}
	few := seriesOf(row, endOf2025, repeat(24, func(i int) *monthRow { return ratioAt(float64(i%6/5), 40) })...)
	p := calendar{time.January}.period(Filters{}, endOf2025)
	r := few.read(p)
	if r.Value.Known || !r.Limit.Known || math.Abs(r.Limit.Value-5.0/40) > 1e-12 {
		t.Errorf("two leavers of 40 people: %+v", r)
	}
	if c := few.sinceLaunch(ym(2025, 1), p.To); c.Known {
		t.Errorf("a change of few leavers is known: %+v", c)
	}
	for _, pt := range few.points(r, p) {
		if pt.Value.Known {
			t.Errorf("the chart shows %v in %v", pt.Value.Value, pt.Month)
		}
	}
	many := seriesOf(row, endOf2025, repeat(24, func(i int) *monthRow { return ratioAt(10-float64(i/12)*3, 500) })...)
	c := many.sinceLaunch(ym(2025, 1), p.To)
	if !c.Known || math.Abs(c.Now-0.168) > 1e-12 || math.Abs(c.Base-0.24) > 1e-12 || math.Abs(c.Relative+0.3) > 1e-12 || !c.HasInterval {
		t.Errorf("a change of many leavers: %+v", c)
	}
	if got := c.Move(many.wanted()); got != evidence.Better {
		t.Errorf("fewer leavers are %v", got)
	}
}

func TestLimits(t *testing.T) {
	line := func(values ...float64) *lineData {
		l := series()
		for _, v := range values {
			l.add(number{v, !math.IsNaN(v)})
		}
		return l
	}
	for _, tt := range []struct {
		name                 string
		l                    *lineData
		floor, ceiling, step float64
	}{
		{"money", line(12.4e6, 15.9e6), 12e6, 16e6, 2e6},
		{"rate", line(0.16, 0.199), 0.16, 0.2, 0.02},
		{"below zero", line(-3, 4), -5, 5, 5},
		{"constant", line(5, 5), 4.6, 5.4, 0.2},
		{"zero", line(0, 0), -1e-9, 1e-9, 1e-9},
		{"nothing", line(math.NaN()), 0, 1, 1},
	} {
		floor, ceiling, step := limits(tt.l)
		if floor != tt.floor || ceiling != tt.ceiling || step != tt.step {
			t.Errorf("%s: got %v, %v, %v, want %v, %v, %v", tt.name, floor, ceiling, step, tt.floor, tt.ceiling, tt.step)
		}
	}
}
