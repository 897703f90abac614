package dashboards

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// workforceView is the data of templates/workforce.html.
type workforceView struct {
	Facts      []fact
	Sources    []sourceLine
	Chart      *figure
	ChartTitle string
	ChartSub   string
	ChartFoot  []footItem
	Matches    []matchLine
	Rejections []rejectionLine
	Runs       []runLine
}

// A fact is one number at the head of the page.
type fact struct{ Term, Value, Sub, Link string }

// A sourceLine is one source.
type sourceLine struct {
	Name, Kind, Schedule, Loaded, DataTo, Rows, Rejected string
	Badge, Class, Error                                  string
}

// A matchLine is one source of person ids.
type matchLine struct{ Source, System, IDs, Unmatched, Share string }

// A rejectionLine is one reason for rejected rows.
type rejectionLine struct{ Source, Column, Reason, Rows, LastSeen string }

// A runLine is one load.
type runLine struct {
	Source, Started, Seconds, Read, Inserted, Updated, Unchanged, Rejected, Deleted string
	Status, Class, Note                                                             string
}

// workforceView lays out what the queries returned.
func (r *request) workforceView(t *trust) (*workforceView, error) {
	view := &workforceView{Facts: r.trustFacts(t)}
	for _, s := range r.sources {
		view.Sources = append(view.Sources, r.sourceLine(s))
	}
	for _, m := range t.matches {
		view.Matches = append(view.Matches, r.matchLine(m, t.few))
	}
	for _, j := range t.rejections {
		line := rejectionLine{
			Source: j.Source + "." + j.Stream, Column: deref(j.Column), Reason: withoutValues(j.Reason), Rows: r.numbers.count(j.Rows), LastSeen: unknown,
		}
		if line.Column == "" {
			line.Column = "whole row"
		}
		if j.LastSeen != nil {
			line.LastSeen = r.instant(*j.LastSeen)
		}
		view.Rejections = append(view.Rejections, line)
	}
	for _, run := range t.runs {
		view.Runs = append(view.Runs, r.runLine(run))
	}
	if _, ok := t.latest(); !ok {
		return view, nil
	}
	months := t.charted()
	o, err := option(reconciliationChart(months))
	if err != nil {
		return nil, err
	}
	view.ChartTitle, view.ChartSub = r.reconciliationTitle(months), "People by month, whole company: HRIS headcount, people paid, people active in the LMS"
	view.Chart = &figure{
		ID: "chart-reconciliation", Class: "chart", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true},
		Title: view.ChartTitle, Summary: r.reconciliationSummary(months), Table: r.reconciliationTable(months, t.few),
	}
	view.ChartFoot = []footItem{
		{Text: "Definition", Link: definition("reconciliation")},
		{Text: "Table: marts.reconciliation_monthly"},
		{Text: "Data to " + month(months[len(months)-1].Month)},
	}
	return view, nil
}

// trustFacts are the numbers at the head of the page.
func (r *request) trustFacts(t *trust) []fact {
	facts := []fact{{Term: "Headcount", Value: unknown, Sub: "no complete month", Link: definition("headcount")}}
	for _, h := range slices.Backward(t.headcount) {
		if !h.IsComplete {
			continue
		}
		facts[0].Value = r.numbers.fixed(h.Heads, 0)
		facts[0].Sub = month(h.Month)
		if h.FTE != nil {
			facts[0].Sub = r.numbers.fixed(*h.FTE, 0) + " FTE, " + facts[0].Sub
		}
		if c := deref(h.Contractors); c > 0 {
			facts[0].Sub += "; " + r.numbers.fixed(c, 0) + " on other contracts apart"
		}
		break
	}
	fresh := 0
	var read, rejected int64
	for _, s := range r.sources {
		if s.staleness(r.now, r.zone) == "" {
			fresh++
		}
		read += deref(s.Rows)
		rejected += deref(s.Rejected)
	}
	facts = append(facts, fact{"Sources fresh", fmt.Sprintf("%d of %d", fresh, len(r.sources)), "loaded as their schedules say", definition("freshness")})
	if m, ok := t.latest(); ok {
		d, _ := m.difference()
		facts = append(facts, fact{"Payroll against HRIS", r.numbers.relative(d), r.numbers.count(m.Payroll) + " paid, " + r.numbers.count(m.HRIS) + " in HRIS, " + month(m.Month), definition("reconciliation")})
	}
	rows := fact{"Rejected rows", r.numbers.count(rejected), "of " + r.numbers.count(read) + " in the last loads", definition("rejected-rows")}
	return append(facts, rows)
}

func (r *request) sourceLine(s sourceRow) sourceLine {
	line := sourceLine{
		Name: s.Source, Kind: deref(s.Kind), Schedule: deref(s.Schedule), Loaded: "never", DataTo: unknown,
		Rows: unknown, Rejected: unknown, Badge: "fresh", Class: "good",
	}
	if line.Schedule == "" {
		line.Schedule = "by hand"
	} else {
		line.Schedule = scheduleWords(line.Schedule)
	}
	if s.LastSuccessAt != nil {
		line.Loaded = r.instant(*s.LastSuccessAt)
	}
	if s.DataAsOf != nil {
		line.DataTo = day(*s.DataAsOf)
	}
	if s.Rows != nil {
		line.Rows = r.numbers.count(*s.Rows)
		line.Rejected = r.numbers.count(deref(s.Rejected))
	}
	if why := s.staleness(r.now, r.zone); why != "" {
		line.Badge, line.Class = "stale: "+why, "bad"
	}
	line.Error = withoutValues(deref(s.LastError))
	return line
}

func (r *request) matchLine(m idMatchRow, few string) matchLine {
	line := matchLine{Source: m.Source, System: m.System, IDs: r.numbers.count(m.IDs), Unmatched: few, Share: unknown}
	switch {
	case m.Unmatched != nil:
		line.Unmatched = r.numbers.count(*m.Unmatched)
		line.Share = r.matchedShare(*m.Unmatched, m.IDs)
	case m.IDs > 0:
		line.Share = "nearly all"
	}
	return line
}

// matchedShare is 100 % only if all match.
func (r *request) matchedShare(unmatched, ids int64) string {
	share := 1 - float64(unmatched)/float64(ids)
	if unmatched > 0 && share > 0.9995 {
		return "over " + r.numbers.fixed(99.9, 1) + thin + "%"
	}
	return r.numbers.percent(share)
}

func (r *request) runLine(run runRow) runLine {
	line := runLine{
		Source: run.Source + "." + run.Stream, Started: r.instant(run.Started), Seconds: unknown,
		Read: r.numbers.count(run.Read), Inserted: r.numbers.count(run.Inserted), Updated: r.numbers.count(run.Updated),
		Unchanged: r.numbers.count(run.Unchanged), Rejected: r.numbers.count(run.Rejected), Deleted: r.numbers.count(run.Deleted),
		Status: "✓ ok", Class: "good",
	}
	if run.Finished != nil {
		line.Seconds = r.numbers.fixed(run.Finished.Sub(run.Started).Seconds(), 1)
	}
	if n := deref(run.Warnings); n > 0 {
		line.Note = r.numbers.plural(n, "warning")
	}
	if run.Status != "ok" {
		line.Status, line.Class, line.Note = "✕ "+run.Status, "bad", withoutValues(deref(run.Error))
	}
	return line
}

// instant writes a moment in the company's time zone.
func (r *request) instant(t time.Time) string { return t.In(r.zone).Format("2 Jan 2006 15:04") }

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

// reconciliationTitle says what the chart shows.
func (r *request) reconciliationTitle(months []reconciliationRow) string {
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
	return fmt.Sprintf("Payroll and HRIS disagree beyond the tolerance in %s of %s", inWords(off), r.numbers.plural(int64(n), "month"))
}

func (r *request) reconciliationSummary(months []reconciliationRow) string {
	m := months[len(months)-1]
	text := fmt.Sprintf("In %s HRIS counts %s people and payroll paid %s", month(m.Month), r.numbers.count(m.HRIS), r.numbers.count(m.Payroll))
	if m.LMS != nil {
		text += "; " + r.numbers.count(*m.LMS) + " were active in the LMS"
	}
	return text + "."
}

// reconciliationTable is the chart as a table with what explains the differences,
// the latest month first.
func (r *request) reconciliationTable(months []reconciliationRow, few string) dataTable {
	t := dataTable{
		Caption: "HRIS, payroll and LMS by month",
		Head:    []string{"Month", "HRIS", "Paid", "Difference", "Paid, not in HRIS", "In HRIS, not paid", "Retro lines", "Off-cycle runs", "Active in LMS", "LMS, unknown to HRIS", "Tolerance"},
	}
	show := func(n *int64, isFew, isRounded bool) string {
		switch {
		case isFew:
			return few
		case n == nil:
			return unknown
		case isRounded && *n > 0:
			return "about " + r.numbers.count(*n)
		}
		return r.numbers.count(*n)
	}
	for _, m := range slices.Backward(months) {
		d, ok := m.difference()
		difference, within := unknown, "beyond"
		if ok {
			difference = r.numbers.relative(d)
		}
		if *m.IsWithin {
			within = "within"
		}
		t.Rows = append(t.Rows, []string{
			month(m.Month), r.numbers.count(m.HRIS), r.numbers.count(m.Payroll), difference,
			show(m.PaidOnly, m.IsPaidFew, m.IsUnpaidFew), show(m.UnpaidOnly, m.IsUnpaidFew, m.IsPaidFew), show(m.RetroLines, m.RetroLines == nil, false),
			r.numbers.count(m.OffCycleRuns), show(m.LMS, m.LMS == nil, false), show(m.LMSUnknown, m.IsUnknownFew, false), within,
		})
	}
	return t
}

// reconciliationChart draws the three counts of people by month.
func reconciliationChart(months []reconciliationRow) *charts.Line {
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
		points := []any{endLabel(s.name, names[last], s.data.values[last].Value, s.color, s.shift)}
		if s.data == paid {
			points = append(points, beyondTolerance(months)...)
		}
		line.MultiSeries[at].MarkPoints = &opts.MarkPoints{Data: points}
	}
	return line
}

// A ring marks one point of a line.
type ring struct {
	Name       string         `json:"name"`
	Coord      []any          `json:"coord"`
	Symbol     string         `json:"symbol"`
	SymbolSize float64        `json:"symbolSize"`
	ItemStyle  opts.ItemStyle `json:"itemStyle"`
	Label      markLabel      `json:"label"`
}

// beyondTolerance marks the months in which payroll and HRIS disagree, and names
// the last of them.
func beyondTolerance(months []reconciliationRow) []any {
	var rings []any
	for i, m := range slices.Backward(months) {
		if *m.IsWithin {
			continue
		}
		rings = append(rings, ring{
			Name: "beyond tolerance", Coord: []any{m.Month.Format("2006-01"), rounded(float64(m.Payroll))}, Symbol: "circle", SymbolSize: 9,
			ItemStyle: opts.ItemStyle{Color: "var(--bad)"},
			Label: markLabel{
				Show: len(rings) == 0 && i < len(months)-2, Position: "bottom", Formatter: "beyond tolerance, " + month(m.Month),
				Color: "var(--bad)", FontSize: 12, Distance: 6,
			},
		})
	}
	return rings
}

// endLabel names a line at its right end.
func endLabel(name, at string, v float64, color string, offset float64) markItem {
	return markItem{
		Name: name, Coord: []any{at, rounded(v)}, SymbolSize: 0.1,
		Label: &markLabel{Show: true, Position: "right", Formatter: name, Color: color, FontSize: 12, Offset: []float64{0, offset}, Distance: 6},
	}
}
