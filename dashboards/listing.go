package dashboards

import (
	"cmp"
	"math"
	"net/url"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// A listing is a table that stands by itself, whose cells may lead on.
type listing struct {
	ID, Title, Sub, Note string
	Head                 []listHead
	Rows                 [][]listCell
	Empty                string // what to do where there is nothing
	Foot                 []footItem
}

// A listHead is a column's name, with its definition.
type listHead struct {
	Text, Link string
	IsNumber   bool
}

// A listCell is a value, with where it leads and a word beside it.
type listCell struct{ Text, Link, Sub string }

// words are cells that lead nowhere.
func words(texts ...string) []listCell {
	cells := make([]listCell, len(texts))
	for i, t := range texts {
		cells[i] = listCell{Text: t}
	}
	return cells
}

// An overview is the data of a page made of facts, panels and listings.
type overview struct {
	Facts  []fact
	Choose *ownForm
	Notes  []string // filters that are not applied, and what is missing
	Panels []panel
	Lists  []listing
	Foot   []footItem
	Empty  string // in place of all, where nothing is known
}

// An ownForm is the form of a page's own parameters, beside the common filters.
type ownForm struct {
	Path   string
	Keep   []kept // the common filters
	Fields []chooseField
}

type kept struct{ Name, Value string }

// A chooseField is one parameter that has a list of values.
type chooseField struct {
	Name, Label string
	Choices     []choice
}

// ownForm returns the form of the page's own fields.
func (r *request) ownForm(fields ...chooseField) *ownForm {
	c := &ownForm{Path: r.page.Path, Fields: fields}
	stated, _ := url.ParseQuery(r.filters.Query()) // written by us
	for _, name := range filterNames {
		if v := stated.Get(name); v != "" {
			c.Keep = append(c.Keep, kept{name, v})
		}
	}
	return c
}

// here is an address of a page with the common filters and parameters; empty ones are left out.
func (r *request) here(path string, params ...string) string {
	query := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		if params[i+1] != "" {
			query.Set(params[i], params[i+1])
		}
	}
	f := r.filters
	if stated, err := url.ParseQuery(f.Query()); err == nil {
		for name, values := range stated {
			if !query.Has(name) {
				query[name] = values
			}
		}
	}
	if query.Get("unit") == "*" {
		query.Del("unit")
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// A bar is one bar of a chart with its name, its words and where it leads.
type bar struct {
	Name, Text, Link, Color string
	Value                   float64
	Low, High               float64 // an interval, where High > Low
	IsHidden                bool
}

// A linkedBar is a value of a bar chart that leads to what it is made of.
type linkedBar struct {
	opts.BarData
	Link string `json:"link,omitempty"`
}

// linked are the values of a series of bars.
func linked(data []linkedBar) charts.SeriesOpts {
	return charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data = data })
}

// barChart draws bars from zero, the first on top; what is hidden is hatched. line, where it
// is above 0, is drawn across.
func barChart(bars []bar, line float64) *charts.Bar {
	type m = map[string]any
	chart := charts.NewBar()
	names, data := []string{}, []m{}
	most, least := line, 0.0
	for _, b := range slices.Backward(bars) {
		names = append(names, axisName(b.Name))
		most, least = max(most, b.Value, b.High), min(least, b.Value, b.Low)
	}
	for _, b := range slices.Backward(bars) {
		d := m{
			"name": b.Name + ": " + b.Text, "value": rounded(b.Value), "itemStyle": m{"color": cmp.Or(b.Color, "var(--series-1)")},
			"label": m{"show": true, "position": "right", "formatter": b.Text, "color": "var(--ink)", "fontSize": 11},
		}
		if b.High > b.Low { // it stands at the end of the interval
			d["label"].(m)["show"] = false
		}
		if b.IsHidden {
			d["value"] = rounded(most * 0.12)
			d["itemStyle"] = m{"color": "var(--raised)", "decal": m{"symbol": "rect", "color": "var(--quiet)", "dashArrayX": []int{1, 0}, "dashArrayY": []int{2, 5}, "rotation": -0.785}}
		}
		if b.Link != "" {
			d["link"] = b.Link
		}
		data = append(data, d)
	}
	chart.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "116", Right: "72", Top: "8", Bottom: "24"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: axisStart(least), Max: axisEnd(most), AxisLabel: &opts.AxisLabel{Formatter: "@short", FontSize: 11}, SplitNumber: 4}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: names, AxisLabel: &opts.AxisLabel{FontSize: 11, Width: 108, Overflow: nameOverflow(bars), Interval: "0"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	chart.AddSeries("values", nil, charts.WithSeriesOpts(func(s *charts.SingleSeries) {
		s.Data, s.BarMaxWidth = data, "18"
		var marks []any
		if line > 0 {
			marks = append(marks, m{"xAxis": rounded(line)})
		}
		for i, b := range bars { // by place, since two may have one name
			if at := len(bars) - 1 - i; b.High > b.Low {
				ink, label := m{"color": "var(--ink)", "width": 2, "type": "solid"}, m{"show": true, "position": "end", "formatter": b.Text, "color": "var(--ink)", "fontSize": 11}
				marks = append(marks, []m{{"coord": []any{rounded(b.Low), at}, "lineStyle": ink, "label": label}, {"coord": []any{rounded(b.High), at}}})
			}
		}
		if marks != nil {
			s.MarkLines = &opts.MarkLines{Data: marks, MarkLineStyle: opts.MarkLineStyle{Symbol: []string{"none", "none"}, LineStyle: &opts.LineStyle{Color: "var(--quiet)", Type: "solid", Width: 1}, Label: &opts.Label{Show: opts.Bool(false)}}}
		}
	}))
	return chart
}

// columnChart draws the values of one or more series over names, as lines with marks.
func columnChart(names []string, colors []string, labels []string, all ...*lineData) *charts.Line {
	line := charts.NewLine()
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "48", Right: "92", Top: "16", Bottom: "24"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", ValueFormatter: "@value"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, AxisLabel: &opts.AxisLabel{Formatter: "@short", FontSize: 11}, SplitNumber: 4}),
		charts.WithColorsOpts(opts.Colors(colors)),
	)
	line.SetXAxis(names)
	for i, l := range all {
		line.AddSeries(labels[i], nil, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(true), Symbol: "circle", SymbolSize: 5}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 2, Color: colors[i]}), charts.WithItemStyleOpts(opts.ItemStyle{Color: colors[i]}),
			charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data = endLabelled(l, labels[i], colors[i], apart(i, all)) }))
	}
	return line
}

// apart is how far below its end the name of a series stands, so that it does not lie on
// that of another which ends near it.
func apart(i int, all []*lineData) int {
	most := 0.0
	for _, l := range all {
		for _, v := range l.values {
			most = max(most, v.Value)
		}
	}
	for j, l := range all {
		a, b := all[i].last(), l.last()
		if j == i || a < 0 || b < 0 || abs(all[i].values[a].Value-l.values[b].Value) > .06*most {
			continue
		}
		if d := all[i].values[a].Value - l.values[b].Value; d > 0 || d == 0 && i < j {
			return -7
		}
		return 7
	}
	return 0
}

// endLabelled are the points of a series, the last known one with the series' name.
func endLabelled(l *lineData, name, color string, offset int) []map[string]any {
	var data []map[string]any
	for i, v := range l.values {
		d := map[string]any{"value": blank}
		if v.Known {
			d["value"] = rounded(v.Value)
		}
		if i < len(l.links) {
			d["link"] = l.links[i]
		}
		if i == l.open && l.open > 0 { // still running
			d["symbol"], d["symbolSize"] = "emptyCircle", 7
		}
		if i == l.last() {
			d["label"] = map[string]any{"show": true, "position": "right", "formatter": name, "color": color, "fontSize": 11}
			if offset != 0 {
				d["label"].(map[string]any)["offset"] = []int{0, offset}
			}
		}
		data = append(data, d)
	}
	return data
}

// axisName is a name as an axis has room for it; tips and tables hold the whole.
func axisName(name string) string {
	if r := []rune(name); len(r) > 36 {
		return string(r[:35]) + "…"
	}
	return name
}

// nameOverflow is what becomes of names that are wider than their room: of a few bars they
// take a second line, of many they are cut.
func nameOverflow(bars []bar) string {
	if len(bars) <= 9 {
		return "break"
	}
	return "truncate"
}

// axisStart is zero, or a round number below what is less.
func axisStart(least float64) float64 {
	if least >= 0 {
		return 0
	}
	return -axisEnd(-least)
}

// axisEnd is a round end of an axis that begins at zero.
func axisEnd(most float64) float64 {
	if most <= 0 {
		most = 1
	}
	step := roundStep(most / 4)
	return rounded(math.Ceil(most/step) * step)
}
