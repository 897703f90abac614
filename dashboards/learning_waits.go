package dashboards

import (
	"math"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/survival"
)

// waitPanel shows the share completed by days since the assignment.
func (r *request) waitPanel(o *operations) (*panel, error) {
	if o.curve == nil || len(o.curve.Steps) == 0 {
		return nil, nil
	}
	table := dataTable{Caption: "Completed by days since assigned", Head: []string{"Days", "Open before", "Completed then", "Completed by then", "95 % interval"}}
	for _, s := range o.curve.Steps {
		table.Rows = append(table.Rows, []string{r.numbers.fixed(s.Time, 0), r.numbers.fixed(s.AtRisk, 0), r.numbers.fixed(s.Events, 0), r.numbers.percent(1 - s.Survival), r.numbers.percent(1-s.High) + " to " + r.numbers.percent(1-s.Low)})
		table.Links = append(table.Links, r.peopleLink("show", "enrolments", "window", o.window, "course", o.course, "state", "done", "days", strconv.Itoa(int(s.Time))))
	}
	option, err := option(waitChart(o.curve, "days since assigned", "completed", table.Links))
	if err != nil {
		return nil, err
	}
	m := o.curve.Median()
	p := &panel{ID: "wait", Title: "How long does it take to complete?", Sub: "Share of the assignments of " + r.windowName(o.window) + " completed by days since they were assigned, with the 95 % interval; open ones count as open (Kaplan–Meier)"}
	if !math.IsNaN(m.Time) {
		p.Title = "Half is completed within " + r.numbers.plural(int64(m.Time), "day") + " of being assigned"
	}
	p.Chart = &figure{ID: "chart-wait", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("time-to-completion")}, {Text: "Table: marts.learning_survival"}, {Text: "n = " + r.numbers.count(o.waits[0].People) + " people"}, {Text: "steps of at least five assignments"}}
	if s, ok := o.step(o.window, "first-seen", o.course); ok && s.Done != nil {
		p.Foot = append(p.Foot, footItem{Text: r.numbers.plural(*s.Done, "assignment") + " only first seen, left out"})
	}
	return p, nil
}

// waitChart draws the curve as steps with its interval as a band.
func waitChart(curve *survival.Curve, axis, name string, links []string) *charts.Line {
	line := charts.NewLine()
	steps := curve.Steps
	if len(steps) > 400 {
		steps = steps[:400]
	}
	type m = map[string]any
	pairs := func(value func(i int) float64) []m {
		data := []m{{"value": []float64{0, 0}}}
		for i, s := range steps {
			point := m{"value": []float64{s.Time, rounded(value(i))}}
			if i < len(links) && links[i] != "" {
				point["link"] = links[i]
			}
			data = append(data, point)
		}
		return data
	}
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "48", Right: "24", Top: "16", Bottom: "40"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "value", Name: axis, NameLocation: "middle", NameGap: 26, Min: 0, AxisLabel: &opts.AxisLabel{FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, Max: 100, AxisLabel: &opts.AxisLabel{Formatter: "@short", FontSize: 11}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	add := func(name string, width float32, kind string, value func(i int) float64) {
		line.AddSeries(name, nil, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false), Step: "end"}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: width, Type: kind, Color: "var(--series-1)"}),
			charts.WithSeriesOpts(func(s *charts.SingleSeries) { s.Data = pairs(value) }))
	}
	add("at least", 1, "dotted", func(i int) float64 { return 100 * (1 - steps[i].High) })
	add("at most", 1, "dotted", func(i int) float64 { return 100 * (1 - steps[i].Low) })
	add(name, 2, "solid", func(i int) float64 { return 100 * (1 - steps[i].Survival) })
	return line
}

// cohortPanel shows both completion rates by quarter of assignment.
func (r *request) cohortPanel(o *operations) (*panel, error) {
	if len(o.cohorts) < 2 {
		return nil, nil
	}
	table := dataTable{Caption: "Completion by quarter of assignment", Head: []string{"Quarter to", "Assignments", "Completed", "People", "Completed all"}}
	items, people := series(), series()
	var names, links []string
	for _, c := range o.cohorts {
		s := stepRow{People: c.People, Numerator: c.Numerator, Items: c.Items, Done: c.Done}
		share, known := s.itemShare()
		items.add(number{share * 100, known})
		of, peopleKnown := s.share()
		people.add(number{of * 100, peopleKnown})
		names = append(names, month(c.Month))
		links = append(links, r.peopleLink("show", "enrolments", "quarter", c.Month.Format("2006-01"), "state", "counted"))
		table.Rows = append(table.Rows, []string{month(c.Month), r.countOr(c.Items), r.percentOr(share, known), r.countOr(c.People), r.percentOr(of, peopleKnown)})
	}
	items.open, people.open = len(names)-1, len(names)-1
	table.Links, items.links, people.links = links, links, links
	option, err := option(columnChart(names, []string{"var(--series-1)", "var(--series-2)"}, []string{"assignments", "people, all"}, items, people))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "cohorts", Title: "Are later assignments completed as far as earlier ones?", Sub: "Completed today, by the quarter in which it was assigned; all courses; the last quarter is still running. The period of the filters is not applied here"}
	p.Chart = &figure{ID: "chart-cohorts", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table, Summary: p.Title}
	p.Foot = []footItem{{Text: "Of assignments", Link: definition("completion-of-assignments")}, {Text: "Of people", Link: definition("completion-of-people")}, {Text: "Table: marts.learning_tree"}, {Text: "Data to " + day(r.asOf)}}
	return p, nil
}
