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
			if i == 0 {
				key = "wave 1"
			}
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

// An effectPoint is an effect at some distance from the start, as it is shown.
type effectPoint struct {
	At, Value, Low, High float64
	HasInterval          bool
	Name                 string // for the tooltip
}

// eventPanel shows the effect by months since the start.
func (r *request) eventPanel(d *impactData) (*panel, error) {
	var points []effectPoint
	table := dataTable{Caption: "Effect by months since the start", Head: []string{"Months since the start", "Effect", "Interval"}}
	for _, p := range d.points["event"] {
		if p.X == nil || p.Value == nil {
			continue
		}
		pt := effectPoint{At: *p.X, Value: d.scale.convert(*p.Value), Name: monthsSince(r, *p.X) + ": " + d.scale.signed(*p.Value)}
		cells := []string{r.numbers.signed(*p.X, 0), d.scale.signed(*p.Value), unknown}
		if p.Low != nil && p.High != nil {
			pt.Low, pt.High, pt.HasInterval = d.scale.convert(*p.Low), d.scale.convert(*p.High), true
			cells[2] = d.scale.between(*p.Low, *p.High)
			pt.Name += "\n" + cells[2]
		}
		points = append(points, pt)
		table.Rows = append(table.Rows, cells)
	}
	if len(points) < 3 {
		return nil, nil
	}
	slices.SortStableFunc(points, func(a, b effectPoint) int { return int(a.At - b.At) })
	o, err := option(eventChart(points))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "event", Title: "Effect by months since the start", Sub: r.eventSub(d)}
	p.Title = eventTitle(points, d.dial.wanted(), evidence.Rung(d.row.Rung) >= evidence.Compared)
	p.Chart = &figure{
		ID: "chart-event", Class: "chart tall", Title: p.Title, Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1},
		Summary: fmt.Sprintf("Effects from %s to %s.", monthsSince(r, points[0].At), monthsSince(r, points[len(points)-1].At)), Table: table,
	}
	p.Foot = []footItem{{Text: "Method", Link: "#method"}, {Text: r.sizes(d.row)}}
	return p, nil
}

func (r *request) eventSub(d *impactData) string {
	unit := "in points"
	switch d.scale.unit {
	case thin + "%":
		unit = "in per cent of what would have been"
	case " points":
	default:
		unit = "in" + d.scale.unit
	}
	return d.dial.Name + ", effect " + unit + "; 95" + thin + "% intervals, for all months together where the method gives them"
}

// eventTitle says whether anything shows before and after the start.
func eventTitle(points []effectPoint, wanted evidence.Wanted, isCompared bool) string {
	var before, beforeOff, after, afterOff int
	for _, p := range points {
		if !p.HasInterval || p.Low == 0 && p.High == 0 {
			continue
		}
		away := p.Low > 0 || p.High < 0
		switch {
		case p.At < 0:
			before++
			if away {
				beforeOff++
			}
		default:
			after++
			if away && (p.Low > 0) == (wanted == evidence.Up) {
				afterOff++
			}
		}
	}
	switch {
	case before == 0 || after == 0 || !isCompared:
		return "What shows before and after the start?"
	case beforeOff == 0 && afterOff*2 > after:
		return "Nothing shows before the start, an effect in most months after it"
	case beforeOff == 0 && afterOff > 0:
		return "Nothing shows before the start, an effect in some months after it"
	case beforeOff == 0:
		return "No single month stands out, before or after the start"
	}
	return "Months before the start stand out as well: read the effect with care"
}

// A valueLine is a mark line at a value of an axis.
type valueLine struct {
	XAxis     *float64        `json:"xAxis,omitempty"`
	YAxis     *float64        `json:"yAxis,omitempty"`
	Name      string          `json:"name,omitempty"`
	LineStyle *opts.LineStyle `json:"lineStyle,omitempty"`
	Label     *markLabel      `json:"label,omitempty"`
}

// eventChart draws effects with their intervals, the zero line and the start.
func eventChart(points []effectPoint) *charts.Scatter {
	scatter := charts.NewScatter()
	floor, ceiling := 0.0, 0.0
	var data []opts.ScatterData
	marks := &opts.MarkLines{}
	marks.Symbol = []string{"none", "none"}
	for _, p := range points {
		data = append(data, opts.ScatterData{Name: p.Name, Value: []float64{p.At, rounded(p.Value)}})
		floor, ceiling = min(floor, p.Value), max(ceiling, p.Value)
		if !p.HasInterval {
			continue
		}
		floor, ceiling = min(floor, p.Low), max(ceiling, p.High)
		marks.Data = append(marks.Data, []markItem{{
			Coord: []any{p.At, rounded(p.Low)}, LineStyle: &opts.LineStyle{Color: "var(--series-1)", Width: 2, Type: "solid", Opacity: opts.Float(0.45)}, Label: &markLabel{},
		}, {Coord: []any{p.At, rounded(p.High)}}})
	}
	zero, start := 0.0, -0.5
	grey := &opts.LineStyle{Color: "var(--muted)", Width: 1, Type: "solid"}
	marks.Data = append(marks.Data, valueLine{YAxis: &zero, LineStyle: grey, Label: &markLabel{}},
		valueLine{XAxis: &start, Name: "start", LineStyle: grey, Label: &markLabel{Show: true, Position: "end", Formatter: "{b}", Color: "var(--muted)", FontSize: 11, Distance: 3}})
	step := roundStep(max(ceiling-floor, 1e-9) / 4)
	floor, ceiling = math.Floor(floor/step)*step, math.Ceil(ceiling/step)*step
	scatter.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "40", Right: "16", Top: "24", Bottom: "44"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
		charts.WithXAxisOpts(opts.XAxis{
			Type: "value", Min: points[0].At - 0.5, Max: points[len(points)-1].At + 0.5, MinInterval: 1, Name: "months since the start", NameLocation: "middle", NameGap: 26,
			SplitLine: &opts.SplitLine{Show: opts.Bool(false)}, AxisLabel: &opts.AxisLabel{Formatter: "@short", ShowMinLabel: opts.Bool(false), ShowMaxLabel: opts.Bool(false)},
		}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: rounded(floor), Max: rounded(ceiling), MinInterval: rounded(step), MaxInterval: rounded(step), AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	scatter.AddSeries("effect", data, charts.WithSeriesOpts(func(s *charts.SingleSeries) {
		s.SymbolSize, s.MarkLines = 7, marks
	}))
	return scatter
}

// A bin counts placebos.
type bin struct {
	Low, High float64
	N         int
	IsOurs    bool // holds the tactic's own effect
	Name      string
}

// placeboBins sorts placebos and the effect itself into bins of round width.
func placeboBins(placebos []float64, effect float64) []bin {
	low, high := min(effect, slices.Min(placebos)), max(effect, slices.Max(placebos))
	if !(high > low) {
		return nil
	}
	step := roundStep((high - low) / 18)
	first := math.Floor(low / step)
	bins := make([]bin, int(math.Floor(high/step)-first)+1)
	for i := range bins {
		bins[i].Low, bins[i].High = rounded((first+float64(i))*step), rounded((first+float64(i)+1)*step)
	}
	at := func(v float64) int { return min(len(bins)-1, max(0, int(math.Floor(v/step)-first))) }
	for _, v := range placebos {
		bins[at(v)].N++
	}
	bins[at(effect)].IsOurs = true
	return bins
}

// placeboPanel shows the effects of invented assignments or dates with this
// tactic's among them.
func (r *request) placeboPanel(d *impactData) (*panel, error) {
	kind, nouns := "placebo", [2]string{"invented assignment", "invented assignments"}
	rows := d.points[kind]
	if len(rows) == 0 {
		rows, nouns = d.points["placebo-date"], [2]string{"earlier date", "earlier dates"}
	}
	if len(rows) < 5 || d.row.Effect == nil {
		return nil, nil
	}
	var values []float64
	larger := 0
	for _, p := range rows {
		if p.Value != nil {
			values = append(values, d.scale.convert(*p.Value))
			if math.Abs(*p.Value) >= math.Abs(*d.row.Effect) {
				larger++
			}
		}
	}
	if len(values) < 5 {
		return nil, nil
	}
	bins := placeboBins(values, d.scale.convert(*d.row.Effect))
	if bins == nil {
		return nil, nil
	}
	table := dataTable{Caption: "Effects of " + nouns[1], Head: []string{"Effect", capital(nouns[1]), "This tactic"}}
	for i, b := range bins {
		bins[i].Name = r.numbers.signed(b.Low, decimalsOf(b)) + " to " + r.numbers.signed(b.High, decimalsOf(b)) + d.scale.unit
		ours := ""
		if b.IsOurs {
			ours = d.scale.signed(*d.row.Effect)
		}
		table.Rows = append(table.Rows, []string{bins[i].Name, r.numbers.count(int64(b.N)), ours})
	}
	o, err := option(placeboChart(bins, d.scale.signed(*d.row.Effect)))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "placebo", Title: placeboTitle(larger, len(values), nouns), Sub: "The same estimate with the start given to others at random; how many show which effect"}
	if kind == "placebo" && len(d.points["placebo"]) == 0 {
		p.Sub = "The same estimate at dates before the launch, at which nothing began; how many show which effect"
	}
	p.Chart = &figure{
		ID: "chart-placebo", Class: "chart", Title: p.Title, Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, Table: table,
		Summary: p.Title + ".",
	}
	p.Foot = []footItem{{Text: "Method", Link: "#method"}, {Text: r.numbers.plural(int64(len(values)), nouns[0])}}
	return p, nil
}

func decimalsOf(b bin) int {
	switch w := b.High - b.Low; {
	case w >= 1:
		return 0
	case w >= 0.1:
		return 1
	}
	return 2
}

// placeboTitle says how often nothing looks like the tactic's effect.
func placeboTitle(larger, n int, nouns [2]string) string {
	if larger == 0 {
		return "None of " + strconv.Itoa(n) + " " + nouns[1] + " shows as much"
	}
	verb := "show"
	if larger == 1 {
		verb = "shows"
	}
	return capital(inWords(larger)) + " of " + strconv.Itoa(n) + " " + nouns[1] + " " + verb + " as much"
}

// placeboChart is a histogram in which the tactic's own bin stands out.
func placeboChart(bins []bin, effect string) *charts.Bar {
	bar := charts.NewBar()
	var names []string
	var data []opts.BarData
	most := 0
	for _, b := range bins {
		most = max(most, b.N)
	}
	marks := &opts.MarkLines{}
	marks.Symbol = []string{"none", "none"}
	for _, b := range bins {
		names = append(names, b.Name)
		item := opts.BarData{Value: b.N, Name: b.Name, ItemStyle: &opts.ItemStyle{Color: "var(--quiet)"}}
		if b.IsOurs {
			item.ItemStyle.Color = "var(--series-1)"
			marks.Data = append(marks.Data, markItem{
				Name: "this tactic " + effect, XAxis: b.Name, LineStyle: &opts.LineStyle{Color: "var(--series-1)", Width: 2, Type: "solid"},
				Label: &markLabel{Show: true, Position: "end", Formatter: "{b}", Color: "var(--series-1)", FontSize: 12, Distance: 4, Align: alignOf(len(names)-1, len(bins))},
			})
		}
		data = append(data, item)
	}
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "36", Right: "16", Top: "28", Bottom: "28"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}: {c}"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", MinInterval: 1, AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithColorsOpts(opts.Colors{"var(--quiet)"}),
	)
	bar.SetXAxis(names)
	bar.AddSeries("placebos", data, charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.MarkLines, s.BarCategoryGap = marks, "12%" }))
	return bar
}

// alignOf keeps the label of a bin inside the chart.
func alignOf(i, n int) string {
	switch {
	case i < n/3:
		return "left"
	case i >= n-n/3:
		return "right"
	}
	return "center"
}
