package dashboards

import (
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/evidence"
)

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
