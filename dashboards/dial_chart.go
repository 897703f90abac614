package dashboards

import (
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// chartMonths is how many complete months a dial's chart shows.
const chartMonths = 42

// blank is how ECharts reads a point that is not there.
const blank = "-"

// A mark is a launch on a chart: its key, its month and those of later waves.
type mark struct {
	Key   string // "1", or "launch" where there is one
	Month time.Time
	Waves []time.Time
}

// A rivalRow is another event that could have moved a dial.
type rivalRow struct {
	RivalEventID string     `db:"rival_event_id"`
	MetricID     string     `db:"metric_id"`
	Name         string     `db:"name"`
	FromDate     time.Time  `db:"from_date"`
	ToDate       *time.Time `db:"to_date"`
	IsLasting    bool       `db:"is_lasting"`
	Units        int64      `db:"units"`
}

// A point is one month of a dial's chart.
type point struct {
	Month          time.Time
	Value, Running number // complete; still running
	Plan           number
	Forecast       number
	Low, High      float64 // of the forecast
}

// points lists the months of a dial's chart, up to the end of the fiscal year
// where the year's plan and forecast belong beside it.
func (d *dial) points(r reading, p Period) []point {
	last, ok := d.lastComplete(p.To)
	if !ok {
		return nil
	}
	end := last.AddDate(0, 2, 0)
	if p.IsYearToDate && end.Before(p.YearTo) {
		end = p.YearTo
	}
	var all []point
	for _, m := range monthsOf(last.AddDate(0, 1-chartMonths, 0), end) {
		row, exists := d.month(m)
		pt := point{Month: m}
		if !exists && len(all) == 0 {
			continue
		}
		if !m.After(last) {
			if _, few := d.isFew(d.shown(m)); !few {
				pt.Value = known(d.over(d.shown(m)))
			}
		} else if row.Value != nil && !d.isRate() && monthsBetween(last, m) == 1 {
			pt.Running = number{*row.Value, true}
		}
		pt.Plan = known(d.plan([]time.Time{m}))
		if i := monthsBetween(last, m) - 1; r.Forecast != nil && !d.isRate() && i >= 0 && i < len(r.Forecast.Months) {
			f := r.Forecast.Months[i]
			pt.Forecast, pt.Low, pt.High = number{f.Value, true}, f.Low, f.High
			if !r.Forecast.HasRange {
				pt.Low, pt.High = f.Value, f.Value
			}
		}
		if len(all) == 0 && !pt.Value.Known {
			continue
		}
		all = append(all, pt)
	}
	for len(all) > 0 && all[len(all)-1] == (point{Month: all[len(all)-1].Month}) {
		all = all[:len(all)-1]
	}
	return all
}

// shown lists the months that one point of the chart puts together: a yearly
// rate of people is shown over 12 months, anything else month by month.
func (d *dial) shown(m time.Time) []time.Time {
	if d.isRate() {
		return monthsOf(m.AddDate(0, -11, 0), m.AddDate(0, 1, 0))
	}
	return []time.Time{m}
}

// dialChart draws a dial's months: actual, the running month dotted and hollow,
// plan dashed, the 80 % range of the forecast as a band, launches as lines and
// rival events as bands.
func dialChart(points []point, marks []mark, rivals []rivalRow) *charts.Line {
	line := charts.NewLine()
	var months []string
	actual, running, plan, low, width, center := series(), series(), series(), series(), series(), series()
	for _, p := range points {
		months = append(months, p.Month.Format("2006-01"))
		actual.add(p.Value)
		running.add(p.Running)
		plan.add(p.Plan)
		center.add(p.Forecast)
		low.add(number{p.Low, p.Forecast.Known})
		width.add(number{p.High - p.Low, p.Forecast.Known})
	}
	lastActual := actual.last()
	floor, ceiling, step := limits(actual, plan, center, low)
	running.clip(floor)
	running.join(actual, lastActual)
	if center.first() == lastActual+1 {
		center.join(actual, lastActual)
	}
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "44", Right: "56", Top: "20", Bottom: "20"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", Formatter: "@month"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{Interval: "@january", Formatter: "@year", FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: floor, Max: ceiling, MinInterval: step, MaxInterval: step, AxisLabel: &opts.AxisLabel{Formatter: "@short", FontSize: 10}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	line.SetXAxis(months)
	if low.last() >= 0 {
		line.AddSeries("range low", low.data, charts.WithLineChartOpts(opts.LineChart{Stack: "range", ShowSymbol: opts.Bool(false)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 0.01, Color: "var(--band)"}))
		line.AddSeries("80 % range", width.data, charts.WithLineChartOpts(opts.LineChart{Stack: "range", ShowSymbol: opts.Bool(false)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 0.01, Color: "var(--band)"}), charts.WithAreaStyleOpts(opts.AreaStyle{Color: "var(--band)", Opacity: opts.Float(1)}))
		line.AddSeries("forecast", center.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 1.5, Type: "dotted", Color: "var(--series-1)"}))
	}
	if plan.last() >= 0 {
		line.AddSeries("plan", plan.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 1.25, Type: "dashed", Color: "var(--plan)"}))
	}
	line.AddSeries("actual", actual.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
		charts.WithLineStyleOpts(opts.LineStyle{Width: 2, Color: "var(--series-1)"}), charts.WithSeriesOpts(func(s *charts.SingleSeries) {
			s.MarkLines, s.MarkAreas = markLines(months, marks), markAreas(months, rivals)
		}))
	if running.last() > lastActual {
		line.AddSeries("month so far", running.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(true), Symbol: "emptyCircle", SymbolSize: 6}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 1.5, Type: "dotted", Color: "var(--series-1)"}), charts.WithItemStyleOpts(opts.ItemStyle{Color: "var(--series-1)"}))
	}
	labelEnds(line, months, actual, plan, center)
	return line
}

// limits returns round limits of an axis that holds the points, and its step. The
// running month does not count: a part of a month would squash all the others.
func limits(all ...*lineData) (floor, ceiling, step float64) {
	floor, ceiling = math.Inf(1), math.Inf(-1)
	for _, l := range all {
		for _, v := range l.values {
			if v.Known {
				floor, ceiling = min(floor, v.Value), max(ceiling, v.Value)
			}
		}
	}
	if math.IsInf(floor, 0) {
		return 0, 1, 1
	}
	if floor == ceiling {
		margin := math.Max(math.Abs(floor)*0.05, 1e-9)
		floor, ceiling = floor-margin, ceiling+margin
	}
	step = roundStep((ceiling - floor) / 3)
	return rounded(math.Floor(floor/step) * step), rounded(math.Ceil(ceiling/step) * step), rounded(step)
}

// roundStep returns 1, 2 or 5 times a power of ten, at least v.
func roundStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

// A lineData is the points of one series.
type lineData struct {
	data   []opts.LineData
	values []number
	links  []string // of its points; none lead nowhere
	open   int      // the point that is still running, drawn hollow; 0 is none
}

func series() *lineData { return &lineData{} }

func (l *lineData) add(n number) {
	l.values = append(l.values, n)
	if !n.Known {
		l.data = append(l.data, opts.LineData{Value: blank})
		return
	}
	l.data = append(l.data, opts.LineData{Value: rounded(n.Value)})
}

// clip draws points below floor at floor; their name keeps the value itself.
func (l *lineData) clip(floor float64) {
	for i, v := range l.values {
		if v.Known && v.Value < floor {
			l.data[i] = opts.LineData{Value: floor, Name: strconv.FormatFloat(rounded(v.Value), 'g', -1, 64)}
		}
	}
}

// join starts l at the point i of from, so that the two lines meet.
func (l *lineData) join(from *lineData, i int) {
	if i < 0 || l.last() < 0 {
		return
	}
	l.values[i] = from.values[i]
	l.data[i] = opts.LineData{Value: rounded(from.values[i].Value), Symbol: "none"}
}

// first and last return the index of the first and last known point, or -1.
func (l *lineData) first() int {
	return slices.IndexFunc(l.values, func(n number) bool { return n.Known })
}

func (l *lineData) last() int {
	for i := len(l.values) - 1; i >= 0; i-- {
		if l.values[i].Known {
			return i
		}
	}
	return -1
}

// rounded keeps six significant digits: a chart shows no more.
func rounded(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil {
		return v
	}
	return r
}
