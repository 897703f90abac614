package dashboards

import (
	"math"
	"slices"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

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
