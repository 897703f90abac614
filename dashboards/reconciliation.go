package dashboards

import (
	"fmt"
	"math"
	"slices"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// reconciledMonths is how many months the chart shows.
const reconciledMonths = 36

// charted are the months that payroll covers, the latest ones.
func (t *trust) charted() []reconciliationRow {
	var months []reconciliationRow
	for _, m := range t.months {
		if m.IsWithin != nil {
			months = append(months, m)
		}
	}
	return months[max(0, len(months)-reconciledMonths):]
}

// differencePanel shows how far payroll is off the headcount of HRIS.
func (r *request) differencePanel(months []reconciliationRow, _ string) (*panel, error) {
	o, err := option(differenceChart(months))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "difference", Title: differenceTitle(months), Sub: "People paid against HRIS headcount, in % of HRIS, whole company, by month"}
	table := dataTable{Caption: "Payroll against HRIS by month", Head: []string{"Month", "Difference", "Tolerance"}}
	var widest reconciliationRow
	var most float64
	for _, m := range slices.Backward(months) {
		d, _ := m.difference()
		if math.Abs(d) >= math.Abs(most) {
			most, widest = d, m
		}
		table.Rows = append(table.Rows, []string{month(m.Month), r.numbers.relative(d), tolerance(m)})
	}
	p.Chart = &figure{
		ID: "chart-difference", Class: "chart", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100},
		Title: p.Title, Summary: "The widest difference is " + r.numbers.relative(most) + " in " + month(widest.Month) + ".", Table: table,
	}
	return p, nil
}

func tolerance(m reconciliationRow) string {
	if *m.IsWithin {
		return "within"
	}
	return "beyond"
}

// differenceTitle says what the chart shows.
func differenceTitle(months []reconciliationRow) string {
	off := 0
	for _, m := range months {
		if !*m.IsWithin {
			off++
		}
	}
	n := len(months)
	switch off {
	case 0:
		return "Payroll and HRIS agree within the tolerance in every month"
	case n:
		return "Payroll and HRIS disagree beyond the tolerance in every month"
	}
	return fmt.Sprintf("Payroll and HRIS disagree beyond the tolerance in %s of %d months", inWords(off), n)
}

// countsPanel shows the three counts of people side by side.
func (r *request) countsPanel(months []reconciliationRow, few string) (*panel, error) {
	o, err := option(countsChart(months))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "counts", Title: r.countsTitle(months), Sub: "HRIS headcount, people paid, people active in the LMS, whole company, by month"}
	p.Chart = &figure{
		ID: "chart-counts", Class: "chart", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true},
		Title: p.Title, Summary: p.Title + ".", Table: r.reconciliationTable(months, few),
	}
	return p, nil
}

func (r *request) countsTitle(months []reconciliationRow) string {
	m := months[len(months)-1]
	text := fmt.Sprintf("In %s HRIS counts %s people, payroll paid %s", month(m.Month), r.numbers.count(m.HRIS), r.numbers.count(m.Payroll))
	if m.LMS != nil && *m.LMS > 0 {
		text += ", and " + r.numbers.count(*m.LMS) + " were active in the LMS"
	}
	return text
}

// reconciliationTable is the chart as a table with what explains the differences,
// the latest month first.
func (r *request) reconciliationTable(months []reconciliationRow, few string) dataTable {
	t := dataTable{
		Caption: "HRIS, payroll and LMS by month",
		Head:    []string{"Month", "HRIS", "Paid", "Difference", "Paid, not in HRIS", "In HRIS, not paid", "Retro lines", "Off-cycle runs", "Active in LMS", "LMS, unknown to HRIS", "Tolerance"},
	}
	show := func(n *int64, isFew bool) string {
		switch {
		case isFew:
			return few
		case n == nil:
			return unknown
		}
		return r.numbers.count(*n)
	}
	only := func(m reconciliationRow, n *int64) string {
		if m.IsFew {
			return "hidden"
		}
		return show(n, false)
	}
	about := func(m reconciliationRow, n int64) string {
		if m.IsFew {
			return "about " + r.numbers.count(n)
		}
		return r.numbers.count(n)
	}
	for _, m := range slices.Backward(months) {
		d, ok := m.difference()
		difference := unknown
		if ok {
			difference = r.numbers.relative(d)
		}
		t.Rows = append(t.Rows, []string{
			month(m.Month), about(m, m.HRIS), about(m, m.Payroll), difference,
			only(m, m.PaidOnly), only(m, m.UnpaidOnly), show(m.RetroLines, m.RetroLines == nil),
			r.numbers.count(m.OffCycleRuns), show(m.LMS, m.LMS == nil), show(m.LMSUnknown, m.IsUnknownFew), tolerance(m),
		})
	}
	return t
}

// countsChart draws the three counts of people by month.
func countsChart(months []reconciliationRow) *charts.Line {
	line := charts.NewLine()
	var names []string
	hris, paid, learners := series(), series(), series()
	for _, m := range months {
		names = append(names, m.Month.Format("2006-01"))
		hris.add(number{float64(m.HRIS), true})
		paid.add(number{float64(m.Payroll), true})
		learners.add(number{float64(deref(m.LMS)), deref(m.LMS) > 0})
	}
	line.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "8", Right: "64", Top: "16", Bottom: "8", ContainLabel: opts.Bool(true)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", Formatter: "@month"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{Interval: "@january", Formatter: "@year"}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, AxisLabel: &opts.AxisLabel{Formatter: "@value"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	line.SetXAxis(names)
	above := -7.0 // the label of HRIS stands on the other side of that of payroll
	if last := months[len(months)-1]; last.Payroll > last.HRIS {
		above = 7
	}
	for _, s := range []struct {
		name, color, kind string
		data              *lineData
		shift             float64
	}{
		{"HRIS", "var(--series-1)", "solid", hris, above},
		{"paid", "var(--series-2)", "dashed", paid, -above},
		{"LMS", "var(--series-3)", "solid", learners, 0},
	} {
		last := s.data.last()
		if last < 0 {
			continue
		}
		line.AddSeries(s.name, s.data.data, charts.WithLineChartOpts(opts.LineChart{ShowSymbol: opts.Bool(false)}),
			charts.WithLineStyleOpts(opts.LineStyle{Width: 2, Type: s.kind, Color: s.color}), charts.WithItemStyleOpts(opts.ItemStyle{Color: s.color}))
		at := len(line.MultiSeries) - 1
		line.MultiSeries[at].MarkPoints = &opts.MarkPoints{Data: []any{endLabel(s.name, names[last], s.data.values[last].Value, s.color, s.shift)}}
	}
	return line
}

// endLabel names a line at its right end.
func endLabel(name, at string, v float64, color string, offset float64) markItem {
	return markItem{
		Name: name, Coord: []any{at, rounded(v)}, SymbolSize: 0.1,
		Label: &markLabel{Show: true, Position: "right", Formatter: name, Color: color, FontSize: 12, Offset: []float64{0, offset}, Distance: 6},
	}
}

// differenceChart draws the difference of each month as a bar, those beyond the
// tolerance in the colour of bad and named.
func differenceChart(months []reconciliationRow) *charts.Bar {
	bar := charts.NewBar()
	var names []string
	var data []opts.BarData
	for _, m := range months {
		d, _ := m.difference()
		names = append(names, m.Month.Format("2006-01"))
		item := opts.BarData{Value: rounded(d), ItemStyle: &opts.ItemStyle{Color: "var(--series-1)"}}
		if !*m.IsWithin {
			item.ItemStyle.Color = "var(--bad)"
			item.Label = &opts.Label{Show: opts.Bool(true), Position: "inside", Formatter: "beyond", Color: "var(--bad)"}
			if d < 0 {
				item.Label.Position = "bottom"
			} else {
				item.Label.Position = "top"
			}
		}
		data = append(data, item)
	}
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "8", Right: "16", Top: "20", Bottom: "16", ContainLabel: opts.Bool(true)}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(false)}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", Formatter: "@month"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{Interval: "@january", Formatter: "@year"}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", AxisLabel: &opts.AxisLabel{Formatter: "@value"}}),
		charts.WithColorsOpts(opts.Colors{"var(--series-1)"}),
	)
	bar.SetXAxis(names)
	bar.AddSeries("difference", data)
	return bar
}
