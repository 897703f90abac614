package dashboards

import (
	"fmt"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
	"github.com/gofiber/fiber/v2"
)

func badRequest(format string, values ...any) error {
	return fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf(format, values...))
}

// A barItem is one bar with what stands at its end.
type barItem struct {
	Name, Label string
	Value       number
	Color       string
}

// barsChart draws bars from zero, upright or lying; what is not known has no bar,
// and says why at its place.
func barsChart(items []barItem, isLying bool) *charts.Bar {
	bar := charts.NewBar()
	var names []string
	var data []opts.BarData
	for _, i := range items {
		position := "top"
		if isLying {
			position = "right"
		}
		color := i.Color
		if color == "" {
			color = "var(--series-1)"
		}
		item := opts.BarData{
			Name: i.Name, Value: 0, ItemStyle: &opts.ItemStyle{Color: color},
			Label: &opts.Label{Show: opts.Bool(true), Position: position, Formatter: i.Label, Color: "var(--muted)"},
		}
		if i.Value.Known {
			item.Value = rounded(i.Value.Value)
		}
		names, data = append(names, i.Name), append(data, item)
	}
	grid, value := opts.Grid{Left: "16", Right: "16", Top: "24", Bottom: "8", ContainLabel: opts.Bool(true)}, opts.AxisLabel{Formatter: "@short"}
	if isLying {
		grid.Right, grid.Top = "72", "8"
	}
	bar.SetGlobalOptions(
		charts.WithGridOpts(grid),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Show: opts.Bool(false)}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	if isLying {
		bar.SetGlobalOptions(
			charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: 0, AxisLabel: &value}),
			charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, Inverse: opts.Bool(true), AxisLabel: &opts.AxisLabel{FontSize: 11, Interval: "0"}}),
		)
	} else {
		bar.SetGlobalOptions(
			charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{Interval: "0"}}),
			charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, AxisLabel: &value}),
		)
		bar.SetXAxis(names)
	}
	bar.AddSeries("value", data)
	return bar
}

// A lineItem is one line of a chart over months.
type lineItem struct {
	Name, Color, Kind string
	Width             float32
	Data              *lineData
	Shift             float64 // of its name at the right end
}

// linesChart draws lines over months from zero, named at their right ends.
func linesChart(months []time.Time, lines []lineItem) *charts.Line {
	line := charts.NewLine()
	var names []string
	for _, m := range months {
		names = append(names, m.Format("2006-01"))
	}
	every := "@january"
	if len(months) < 14 {
		every = "0"
	}
	label := opts.AxisLabel{Interval: every, Formatter: "@year"}
	if every == "0" {
		label.Formatter = ""
	}
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "8", Right: "92", Top: "16", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", Formatter: "@month"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &label}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	line.SetXAxis(names)
	for _, l := range lines {
		last := l.Data.last()
		if last < 0 {
			continue
		}
		line.AddSeries(l.Name, l.Data.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(len(months) < 14)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: l.Width, Type: l.Kind, Color: l.Color}), charts.WithItemStyleOpts(opts.ItemStyle{Color: l.Color}))
		at := len(line.MultiSeries) - 1
		line.MultiSeries[at].MarkPoints = &opts.MarkPoints{Data: []any{endLabel(l.Name, names[last], l.Data.values[last].Value, l.Color, l.Shift)}}
	}
	return line
}

// A rawChart is an option that go-echarts has no type for.
type rawChart map[string]any

// Validate has nothing to complete.
func (c rawChart) Validate() {}

// JSON is the option.
func (c rawChart) JSON() map[string]any { return c }

// A rangeItem is one row of a chart of ranges: a bar from Low to High and a point.
type rangeItem struct {
	Name, Tip        string
	Low, High, Point number
}

// rangesChart draws ranges and points in rows, with a line at a value that matters.
func rangesChart(items []rangeItem, at float64, atName string) rawChart {
	type m = map[string]any
	var names []string
	var below, spans, points []any
	low, high := at, at
	for _, i := range items {
		names = append(names, i.Name)
		for _, v := range []number{i.Low, i.High, i.Point} {
			if v.Known {
				low, high = min(low, v.Value), max(high, v.Value)
			}
		}
		if i.Low.Known && i.High.Known {
			below = append(below, m{"value": rounded(i.Low.Value), "name": i.Tip})
			spans = append(spans, m{"value": rounded(i.High.Value - i.Low.Value), "name": i.Tip})
		} else {
			below, spans = append(below, blank), append(spans, blank)
		}
		if i.Point.Known {
			points = append(points, m{"value": []any{rounded(i.Point.Value), i.Name}, "name": i.Tip})
		}
	}
	pad := max(0.02, (high-low)*0.08)
	return rawChart{
		"grid": m{"left": "16", "right": "24", "top": "24", "bottom": "8", "containLabel": true}, "legend": m{"show": false},
		"tooltip": m{"trigger": "item", "formatter": "{b}"},
		"xAxis":   []any{m{"type": "value", "min": rounded(float64(int((low-pad)*50)) / 50), "max": rounded(float64(int((high+pad)*50)+1) / 50), "axisLabel": m{"formatter": "@short"}}},
		"yAxis":   []any{m{"type": "category", "data": names, "inverse": true, "axisLabel": m{"fontSize": 11, "interval": "0"}}},
		"series": []any{
			m{"name": "below", "type": "bar", "stack": "span", "silent": true, "itemStyle": m{"color": "transparent"}, "data": below, "barWidth": 9},
			m{
				"name": "middle half", "type": "bar", "stack": "span", "itemStyle": m{"color": "var(--band)"}, "data": spans, "barWidth": 9,
				"markLine": m{"symbol": "none", "lineStyle": m{"color": "var(--quiet)", "type": "dashed"}, "data": []any{m{"xAxis": at, "label": m{"formatter": atName, "position": "start", "color": "var(--muted)", "fontSize": 11}}}},
			},
			m{"name": "all", "type": "scatter", "symbolSize": 9, "itemStyle": m{"color": "var(--series-1)"}, "data": points},
		},
	}
}

// figureOf completes a panel with its chart and the table that holds the same numbers.
func figureOf(p *panel, c chart, format valueFormat, summary string, table dataTable, class string) error {
	o, err := option(c)
	if err != nil {
		return err
	}
	p.Chart = &figure{ID: "chart-" + p.ID, Class: class, Title: p.Title, Option: o, Format: format, Summary: summary, Table: table}
	return nil
}
