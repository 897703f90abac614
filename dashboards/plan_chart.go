package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/dashboards/register"
)

// A foundLine is what so many units or people find, by how long the test lasts.
type foundLine struct {
	Name  string
	Found []number // in per cent of the level, by months
}

// foundLines are the cells of a plan as lines, the smallest number first; share makes an
// effect a share of the level.
func foundLines(cells []register.PlanCell, share func(v float64) float64, name func(n int) string) []foundLine {
	var lines []foundLine
	for _, c := range cells {
		label := name(c.Units)
		if len(lines) == 0 || lines[len(lines)-1].Name != label {
			lines = append(lines, foundLine{Name: label})
		}
		l := &lines[len(lines)-1]
		if math.IsNaN(c.MDE) {
			l.Found = append(l.Found, number{})
		} else {
			l.Found = append(l.Found, number{100 * share(c.MDE), true})
		}
	}
	return lines
}

// planFigure draws what can be found by months, and what is wanted.
func (r *request) planFigure(title string, lines []foundLine, months []int, wanted float64, table dataTable) (*figure, error) {
	o, err := option(planChart(lines, months, 100*wanted))
	if err != nil {
		return nil, err
	}
	return &figure{
		ID: "chart-plan", Class: "chart tall", Title: title, Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table,
		Summary: fmt.Sprintf("The smallest change that is found, by months of the test, for %s; wanted is %s.", list(namesOf(lines)), r.numbers.fixed(100*wanted, 1)+thin+"%"),
	}, nil
}

func namesOf(lines []foundLine) []string {
	var names []string
	for _, l := range lines {
		names = append(names, l.Name)
	}
	return names
}

func planChart(lines []foundLine, months []int, wanted float64) *charts.Line {
	line := charts.NewLine()
	var x []string
	aim := series()
	for _, m := range months {
		x = append(x, strconv.Itoa(m))
		aim.add(number{wanted, true})
	}
	all := []*lineData{aim}
	var ends []lineEnd
	if len(lines) > 3 { // three quarters are near all
		lines = append(slices.Clone(lines[:len(lines)-2]), lines[len(lines)-1])
	}
	for k, l := range lines {
		s := series()
		for _, v := range l.Found {
			s.add(v)
		}
		all = append(all, s)
		ends = append(ends, lineEnd{l.Name, l.Name, s, fmt.Sprintf("var(--series-%d)", len(lines)-k)})
	}
	_, ceiling, step := limits(all...)
	step = max(step, roundStep(ceiling/4))
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "52", Right: "96", Top: "24", Bottom: "44"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", Name: "months of the test", NameLocation: "center", NameGap: 28}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, Max: rounded(math.Ceil(ceiling/step) * step), MinInterval: step, MaxInterval: step, AxisLabel: &opts.AxisLabel{Formatter: "@short"}}),
	)
	line.SetXAxis(x)
	for _, e := range ends {
		line.AddSeries(e.series, e.line.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(true)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 2, Color: e.color}), charts.WithItemStyleOpts(opts.ItemStyle{Color: e.color}))
	}
	line.AddSeries("wanted", aim.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
		charts.WithLineStyleOpts(opts.LineStyle{Width: 1.5, Type: "dashed", Color: "var(--plan)"}), charts.WithItemStyleOpts(opts.ItemStyle{Color: "var(--plan)"}))
	labelLines(line, x, ceiling, ends)
	line.MultiSeries[len(line.MultiSeries)-1].MarkPoints = &opts.MarkPoints{Data: []any{markItem{
		Name: "wanted", Coord: []any{x[0], rounded(wanted)}, SymbolSize: 0.1,
		Label: &markLabel{Show: true, Position: "right", Formatter: "wanted", Color: "var(--plan)", FontSize: 12, Offset: []float64{0, 9}, Distance: 4},
	}}}
	return line
}
