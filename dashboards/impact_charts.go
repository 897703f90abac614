package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/evidence"
)

// A pathPoint is the treated units and what one would expect of them in a month.
type pathPoint struct {
	Month           time.Time
	Value, Expected number
}

// trendPanel shows the treated units beside what would have been.
func (r *request) trendPanel(d *impactData) (*panel, error) {
	rows := d.points["path"]
	if len(rows) < 2 {
		return nil, nil
	}
	start, ok := d.startOf()
	byMonth := slices.ContainsFunc(rows, func(p impactPointRow) bool { return p.Month != nil })
	if !ok && byMonth {
		return nil, nil
	}
	m := d.dial.measure
	factor := d.dial.perYear()
	if d.row.IsPeople {
		m, factor = measure{suffix: thin + "%", factor: 100, isPercent: true}, 1
	}
	var path []pathPoint
	for _, p := range rows {
		pt := pathPoint{Value: scaled(p.Value, factor), Expected: scaled(p.Other, factor)}
		switch {
		case p.Month != nil:
			pt.Month = monthOf(*p.Month)
		case p.X != nil:
			pt.Month = start.AddDate(0, int(*p.X), 0)
		}
		path = append(path, pt)
	}
	var marks []mark
	waves := d.points["wave"]
	for i, w := range waves {
		key := "launch"
		if len(waves) > 1 {
			key = strconv.Itoa(i + 1)
		}
		if w.Month != nil {
			marks = append(marks, mark{Key: key, Month: monthOf(*w.Month)})
		}
	}
	if len(marks) == 0 && ok {
		marks = append(marks, mark{Key: "launch", Month: start})
	}
	others := r.otherStarts(d)
	marks = append(marks, others...)
	var rivals []rivalRow
	for _, e := range d.rivals {
		if e.MetricID == d.dial.MetricID {
			rivals = append(rivals, e)
		}
	}
	since := start
	if d.row.IsPeople { // the other arm is seen, not expected
		since = path[len(path)-1].Month.AddDate(0, 1, 0)
	}
	o, err := option(trendChart(path, since, marks, rivals, trendNames(d)))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "trend", Title: trendTitle(d), Sub: r.trendSub(d, m)}
	p.Chart = &figure{
		ID: "chart-trend", Class: "chart tall", Title: p.Title, Option: o, Format: r.numbers.format(m), Summary: r.trendSummary(d, path, start, m),
		Table: dataTable{Caption: p.Sub, Head: []string{"Month", "With it", "Expected without it"}},
	}
	if d.row.IsPeople {
		p.Chart.Table.Head[2] = "Without it"
	}
	for _, pt := range path {
		p.Chart.Table.Rows = append(p.Chart.Table.Rows, []string{month(pt.Month), r.exactOr(pt.Value, m), r.exactOr(pt.Expected, m)})
	}
	p.Foot = []footItem{{Text: "Definition", Link: definition(d.dial.MetricID)}, {Text: r.sizes(d.row)}}
	if n := len(waves); n > 1 {
		p.Foot = append(p.Foot, footItem{Text: fmt.Sprintf("lines: starts of waves 1 to %d", n)})
	}
	from, to := path[0].Month, path[len(path)-1].Month
	for _, e := range rivals {
		if !e.FromDate.After(to.AddDate(0, 1, -1)) && (e.ToDate == nil || e.ToDate.After(from)) {
			p.Foot = append(p.Foot, footItem{Text: "band: " + e.Name})
		}
	}
	for _, o := range others {
		if !o.Month.Before(from) && !o.Month.After(to) {
			p.Foot = append(p.Foot, footItem{Text: "line: " + o.Key + ", " + month(o.Month)})
		}
	}
	return p, nil
}

func scaled(v *float64, factor float64) number {
	if v == nil {
		return number{}
	}
	return number{*v * factor, true}
}

func (r *request) exactOr(n number, m measure) string {
	if !n.Known {
		return unknown
	}
	return r.numbers.exact(n.Value, m)
}

// otherStarts are the launches of other tactics at the same dial.
func (r *request) otherStarts(d *impactData) []mark {
	names := index(d.tactics, func(t tacticRow) string { return t.TacticID })
	var marks []mark
	for _, l := range d.links {
		if t, ok := names[l.TacticID]; ok && deref(l.MetricID) == d.dial.MetricID && l.TacticID != d.row.TacticID && l.LaunchedMonth != nil {
			marks = append(marks, mark{Key: t.Name, Month: monthOf(*l.LaunchedMonth)})
		}
	}
	return marks
}

// trendNames are the names of the two lines.
func trendNames(d *impactData) [2]string {
	switch {
	case d.row.IsPeople:
		return [2]string{"with it", "without it"}
	case deref(d.row.Comparison) == 0:
		return [2]string{"actual", "comparison"}
	}
	return [2]string{"with it", "comparison"}
}

// trendTitle says what the chart shows, where something can be said.
func trendTitle(d *impactData) string {
	who := capital(d.row.unitNoun()) + "s with it"
	if d.row.IsPeople {
		who = "People with it"
	}
	alone := deref(d.row.Comparison) == 0
	switch result := evidence.Result(d.row.Result); {
	case evidence.Rung(d.row.Rung) < evidence.Interrupted:
		return "Did " + d.dial.Name + " move with " + d.tactic.Name + "?"
	case len(d.row.Joint) > 0 && (result == evidence.Moved || result == evidence.MovedAgainst):
		return who + " moved apart, but not by " + d.tactic.Name + " alone"
	case result == evidence.Moved && alone, result == evidence.MovedAgainst && alone:
		return "The trend broke after the start, not before"
	case result == evidence.Moved, result == evidence.MovedAgainst:
		if len(d.points["wave"]) > 1 {
			return who + " pulled away from the others after their own start"
		}
		return who + " pulled away from the others after the start"
	case result == evidence.NoChange:
		return who + " moved as the others did"
	}
	return "Did units with it move apart from the others? It cannot be told"
}

func (r *request) trendSub(d *impactData, m measure) string {
	name := d.dial.Name
	switch unit := strings.TrimSpace(m.prefix + m.suffix); {
	case m.isPercent || unit == "":
	case strings.HasPrefix(unit, "per "):
		name += " " + unit
	default:
		name += " in " + unit
	}
	switch {
	case d.row.IsPeople:
		return name + ", share of the people of each group so far; months in which very few are counted are left out"
	case deref(d.row.Comparison) == 0:
		return name + ", units with it together, against what the months before make one expect"
	}
	of := "mean of the " + d.row.unitNoun() + "s"
	if deref(d.row.Scale) == "log" {
		of = "geometric " + of
	}
	return name + ", " + of + " per month; the comparison is moved to their level before the launch"
}

func (r *request) trendSummary(d *impactData, path []pathPoint, start time.Time, m measure) string {
	last := path[len(path)-1]
	return fmt.Sprintf("%s of units with %s from %s to %s, launched in %s: last %s, expected without it %s.",
		d.dial.Name, d.tactic.Name, month(path[0].Month), month(last.Month), month(start), r.exactOr(last.Value, m), r.exactOr(last.Expected, m))
}

// sizes says how many were compared.
func (r *request) sizes(row impactRow) string {
	with := r.unitsWith(row) + " with it"
	if n := deref(row.Comparison); n > 0 {
		return with + ", " + r.numbers.count(n) + " to compare with"
	}
	return with
}

// trendChart draws the path of the treated and of the comparison: a line up to the
// start, dashed as what is expected after it.
func trendChart(path []pathPoint, start time.Time, marks []mark, rivals []rivalRow, names [2]string) *charts.Line {
	line := charts.NewLine()
	var months []string
	actual, before, after := series(), series(), series()
	for _, p := range path {
		months = append(months, p.Month.Format("2006-01"))
		actual.add(p.Value)
		none := number{}
		if p.Month.Before(start) {
			before.add(p.Expected)
			after.add(none)
		} else {
			before.add(none)
			after.add(p.Expected)
		}
	}
	if i := after.first(); i > 0 && before.last() == i-1 {
		after.join(before, i-1)
	}
	floor, ceiling, step := limits(actual, before, after)
	dates := &opts.AxisLabel{Interval: "@january", Formatter: "@year"}
	if len(months) < 18 {
		dates = &opts.AxisLabel{}
	}
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "52", Right: "76", Top: "24", Bottom: "24"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", Formatter: "@month"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: dates}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: floor, Max: ceiling, MinInterval: step, MaxInterval: step, AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)", "var(--series-2)"}),
	)
	line.SetXAxis(months)
	plain := charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)})
	if before.last() >= 0 {
		line.AddSeries(names[1], before.data, plain, charts.WithLineStyleOpts(opts.LineStyle{Width: 1.5, Color: "var(--series-2)"}))
	}
	if after.last() >= 0 {
		line.AddSeries("expected", after.data, plain, charts.WithLineStyleOpts(opts.LineStyle{Width: 2, Type: "dashed", Color: "var(--series-2)"}))
	}
	line.AddSeries(names[0], actual.data, plain, charts.WithLineStyleOpts(opts.LineStyle{Width: 2.5, Color: "var(--series-1)"}),
		charts.WithSeriesOpts(func(s *charts.SingleSeries) {
			s.MarkLines, s.MarkAreas = markLines(months, marks), markAreas(months, rivals)
		}))
	ends := []lineEnd{{names[0], names[0], actual, "var(--series-1)"}}
	if after.last() >= 0 {
		ends = append(ends, lineEnd{"expected", "expected", after, "var(--series-2)"})
	} else {
		ends = append(ends, lineEnd{names[1], names[1], before, "var(--series-2)"})
	}
	labelLines(line, months, ceiling-floor, ends)
	return line
}

// A lineEnd is a line that is named at its right end.
type lineEnd struct {
	series, text string
	line         *lineData
	color        string
}

// labelLines names two lines at their ends, apart from each other.
func labelLines(line *charts.Line, months []string, height float64, ends []lineEnd) {
	value := func(e lineEnd) float64 { return e.line.values[e.line.last()].Value }
	ends = slices.DeleteFunc(ends, func(e lineEnd) bool { return e.line.last() < 0 })
	for i, e := range ends {
		offset := 0.0
		for j, other := range ends {
			if i != j && height > 0 && math.Abs(value(e)-value(other)) < 0.06*height {
				offset = 8
				if value(e) > value(other) || value(e) == value(other) && i < j {
					offset = -8
				}
			}
		}
		at := e.line.last()
		for s := range line.MultiSeries {
			if line.MultiSeries[s].Name != e.series {
				continue
			}
			line.MultiSeries[s].MarkPoints = &opts.MarkPoints{Data: []any{markItem{
				Name: e.text, Coord: []any{months[at], rounded(value(e))}, SymbolSize: 0.1,
				Label: &markLabel{Show: true, Position: "right", Formatter: e.text, Color: e.color, FontSize: 12, Offset: []float64{0, offset}, Distance: 6},
			}}}
		}
	}
}
