package dashboards

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/evidence"
)

// statusPanel shows spend by what is known of the tactic.
func (r *request) statusPanel(p *portfolio) (*panel, error) {
	all, _, _, _ := p.spend()
	if all <= 0 {
		return nil, nil
	}
	type group struct {
		name, color string
		amount      float64
		lines       []portfolioLine
	}
	var groups []group
	for _, s := range statuses {
		g := group{name: s.name, color: s.color}
		for _, l := range p.lines {
			if l.cost.Known && l.cost.Value > 0 && l.status() == s.name {
				g.lines = append(g.lines, l)
				g.amount += l.cost.Value
			}
		}
		if len(g.lines) > 0 {
			groups = append(groups, g)
		}
	}
	table := dataTable{Caption: "Spend by what is known", Head: []string{"Tactic", "What is known", "Cost", "Share of spend"}}
	var boxes []treeBox
	moved := 0.0
	for _, g := range groups {
		if g.name == statuses[0].name {
			moved = g.amount
		}
		b := treeBox{Name: g.name, Text: capital(g.name) + "  " + r.numbers.wholePercent(g.amount/all), Color: g.color, Amount: g.amount}
		for _, l := range g.lines {
			b.Inside = append(b.Inside, treeBox{
				Name: l.Name + ": " + g.name + ", " + r.numbers.card(l.cost.Value, p.money), Text: l.Name + "\n" + r.numbers.card(l.cost.Value, p.money), Color: g.color, Amount: l.cost.Value,
				IsHatched: !l.isLinked(),
			})
			table.Rows = append(table.Rows, []string{l.Name, g.name, r.numbers.exact(l.cost.Value, p.money), r.numbers.wholePercent(l.cost.Value / all)})
		}
		boxes = append(boxes, b)
	}
	o, err := option(treeChart(boxes))
	if err != nil {
		return nil, err
	}
	t := &panel{ID: "status", Title: "None of the money is known yet to have moved a dial", Sub: "Cost to date by what is known of the tactic at its best known dial; area is money, hatched is not linked"}
	if moved > 0 {
		t.Title = r.numbers.wholePercent(moved/all) + " of the money went to tactics with evidence that their dial moved as wanted"
	}
	t.Chart = &figure{ID: "chart-status", Class: "chart tall roomy", Title: t.Title, Option: o, Format: r.numbers.format(p.money), Table: table, Summary: t.Title + "."}
	t.Foot = []footItem{{Text: "How we know", Link: definition("evidence")}, {Text: "how strong the evidence is, the rung says"}, {Text: "Tables: marts.tactics, marts.evidence"}}
	return t, nil
}

// A treeBox is a rectangle of a treemap.
type treeBox struct {
	Name, Text, Color string
	Amount            float64
	IsHatched         bool
	Inside            []treeBox
	Link              string // to what it is made of
}

// treeChart draws boxes in boxes, the area by the amount.
func treeChart(boxes []treeBox) chart {
	type m = map[string]any
	leaf := func(b treeBox) m {
		style := m{"color": b.Color, "borderColor": "var(--card)", "borderWidth": 2}
		if b.IsHatched {
			style["decal"] = m{"symbol": "rect", "color": "rgba(255,255,255,0.28)", "dashArrayX": []int{1, 0}, "dashArrayY": []int{2, 5}, "rotation": -math.Pi / 4}
		}
		box := m{"name": b.Name, "value": rounded(b.Amount), "itemStyle": style, "label": m{"formatter": b.Text, "lineHeight": 16}}
		if b.Link != "" {
			box["link"] = b.Link
		}
		return box
	}
	var data []m
	for _, b := range boxes {
		var inside []m
		for _, i := range b.Inside {
			inside = append(inside, leaf(i))
		}
		data = append(data, m{
			"name": b.Text, "value": rounded(b.Amount), "children": inside,
			"itemStyle": m{"color": b.Color, "borderColor": "var(--card)", "borderWidth": 1, "gapWidth": 2}, "upperLabel": m{"formatter": b.Text},
		})
	}
	tree := charts.NewTreeMap()
	tree.SetGlobalOptions(
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
	)
	tree.AddSeries("spend", nil, charts.WithSeriesOpts(func(s *charts.SingleSeries) {
		s.Data, s.Left, s.Right, s.Top, s.Bottom = data, "0", "0", "0", "0"
		s.Roam, s.NodeClick = opts.Bool(false), "false"
		s.UpperLabel = m{"show": true, "height": 22, "color": "var(--ink)", "fontSize": 12, "textBorderWidth": 0}
		s.Label = &opts.Label{Show: opts.Bool(true), Color: "var(--card)", FontSize: 12}
		s.Levels = []m{{"itemStyle": m{"gapWidth": 6, "borderWidth": 0, "borderColor": "var(--card)"}, "upperLabel": m{"show": false}}, {"itemStyle": m{"borderColor": "var(--card)", "borderWidth": 3, "gapWidth": 2}}}
	}))
	return amended{tree, m{"breadcrumb": m{"show": false}, "animation": false, "animationDuration": 0, "animationDurationUpdate": 0}}
}

// An amended chart has options in its series that go-echarts does not know.
type amended struct {
	chart
	series map[string]any
}

// JSON returns the chart's option with the additions in its only series.
func (a amended) JSON() map[string]any {
	o := a.chart.JSON()
	var series []map[string]any
	data, err := json.Marshal(o["series"])
	if err != nil || json.Unmarshal(data, &series) != nil || len(series) != 1 {
		return o
	}
	maps.Copy(series[0], a.series)
	o["series"] = series
	return o
}

// A costPoint is a tactic by its cost and its rung.
type costPoint struct {
	Cost  float64
	Rung  int64
	Text  string
	Tip   string
	Color string
	Left  bool // the name stands on the left
}

// costRungPanel shows whether the dear tactics are the well-known ones.
func (r *request) costRungPanel(p *portfolio) (*panel, error) {
	var points []costPoint
	table := dataTable{Caption: "Cost and how we know", Head: []string{"Tactic", "Cost", "How we know", "Result"}}
	most := 0.0
	for _, l := range p.lines {
		if l.cost.Known {
			most = max(most, l.cost.Value)
		}
	}
	dearest, dearestRung := "", int64(0)
	for _, l := range p.lines {
		rung, known, result := int64(0), evidence.Unlinked.HowWeKnow(), evidence.Unlinked.Words()+" any dial"
		if l.isLinked() {
			rung, known, result = 1, evidence.Linked.HowWeKnow(), "not tested"
		}
		if l.best != nil {
			rung, known, result = l.best.Rung, l.best.HowWeKnow, resultWords(*l.best)
		}
		table.Rows = append(table.Rows, []string{l.Name, r.costOf(p, l), known, result})
		if !l.cost.Known {
			continue
		}
		if dearest == "" {
			dearest, dearestRung = l.Name, rung
		}
		color := "var(--series-1)"
		for _, s := range statuses {
			if s.name == l.status() {
				color = s.color
			}
		}
		points = append(points, costPoint{l.cost.Value, rung, l.Name, l.Name + ": " + r.numbers.card(l.cost.Value, p.money) + ", " + known + ", " + result, color, l.cost.Value > 0.55*most})
	}
	if len(points) < 2 {
		return nil, nil
	}
	o, err := option(costRungChart(points))
	if err != nil {
		return nil, err
	}
	c := &panel{ID: "cost-rung", Title: "The dearest tactic, " + dearest + ", stands on rung " + r.numbers.count(dearestRung) + " of 6", Sub: "Cost to date by how well it is known whether the tactic moved its dial"}
	c.Chart = &figure{ID: "chart-cost-rung", Class: "chart tall roomy", Title: c.Title, Option: o, Format: r.numbers.format(p.money), Table: table, Summary: c.Title + "."}
	c.Foot = []footItem{{Text: "How we know", Link: definition("evidence")}, {Text: r.numbers.plural(int64(len(points)), "tactic") + " with a known cost"}, {Text: "Tables: marts.tactics, marts.evidence"}}
	return c, nil
}

// freeSide puts the name of a point above or below it, where the names before it
// leave room in a chart of usual width.
func freeSide(taken map[[2]int64]float64, p costPoint, end float64) int {
	const width, letter, gap = 400, 6.2, 12
	at, length := p.Cost/end*width, letter*float64(utf8.RuneCountInString(p.Text))
	from, to := at+gap, at+gap+length
	if p.Left {
		from, to = at-gap-length, at-gap
	}
	for _, side := range []int64{-11, 11, -23, 23} {
		if key := [2]int64{p.Rung, side}; taken[key] <= from {
			taken[key] = to
			return int(side)
		}
	}
	return -11
}

// costRungChart draws tactics by cost, in rows by rung.
func costRungChart(points []costPoint) *charts.Scatter {
	type m = map[string]any
	scatter := charts.NewScatter()
	var rungs []string
	for rung := range int64(7) {
		rungs = append(rungs, rungName(rung))
	}
	var data []m
	slices.SortStableFunc(points, func(a, b costPoint) int {
		if a.Cost != b.Cost {
			return int(math.Copysign(1, a.Cost-b.Cost))
		}
		return strings.Compare(a.Text, b.Text)
	})
	end := axisEnd(points[len(points)-1].Cost)
	taken := map[[2]int64]float64{} // by rung and side, how far names reach
	for _, p := range points {
		offset := []int{0, freeSide(taken, p, end)}
		position := "right"
		if p.Left {
			position = "left"
		}
		data = append(data, m{
			"name": p.Tip, "value": []any{rounded(p.Cost), rungName(p.Rung)}, "itemStyle": m{"color": p.Color},
			"label": m{"show": true, "formatter": p.Text, "position": position, "offset": offset, "color": "var(--ink)", "fontSize": 11},
		})
	}
	scatter.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "128", Right: "20", Top: "12", Bottom: "28"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "item", Formatter: "{b}"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Min: 0, Max: end, AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "category", Data: rungs, SplitLine: &opts.SplitLine{Show: opts.Bool(true)}, AxisLabel: &opts.AxisLabel{FontSize: 11}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	scatter.AddSeries("tactics", nil, charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data, s.SymbolSize = data, 11 }))
	return scatter
}
