package dashboards

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"
)

// investmentView lays out what the queries returned.
func (r *request) investmentView(v *invested) (*overview, error) {
	view := &overview{Facts: r.investmentFacts(v), Notes: r.notApplied()}
	for _, draw := range []func(*invested) (*panel, error){r.parityPanel, r.spendPanel, r.hoursPanel, r.purposePanel, r.modalityPanel, r.kindPanel} {
		p, err := draw(v)
		if err != nil {
			return nil, err
		}
		if p != nil {
			view.Panels = append(view.Panels, *p)
		}
	}
	view.Lists = []listing{r.costLineList(v), r.unitCostList(v), r.clientList(v)}
	view.Notes = append(view.Notes, r.investmentMissing(v)...)
	view.Foot = []footItem{{Text: "Definitions", Link: "/definitions"}, {Text: "Tables: marts.investment_tree, marts.investment_cost_tree, marts.learning_cost_lines"}, {Text: "Data to " + day(r.asOf)}}
	return view, nil
}

// investmentMissing names the inputs without which parts of the page are empty.
func (r *request) investmentMissing(v *invested) []string {
	var missing []string
	if _, ok := v.frontline("hours"); !ok {
		missing = append(missing, "Front-line parity is not shown: job_title must say who is at the front line (is_frontline), and both sides need enough people.")
	}
	if len(v.lines) == 0 && r.reader.Policy.Whole() {
		missing = append(missing, "Cost lines are not shown for this period: load learning_cost, with fx_rate for other currencies.")
	}
	h, ok := v.row(v.window, "hours", "")
	if !ok || h.Hours == nil {
		missing = append(missing, "Hours, and their mix by purpose, modality and kind, are not known here: map hours of the stream enrolment, or duration_hours, purpose, modality and kind of course.")
	}
	if v.loaded() == nil && r.reader.Policy.Whole() {
		missing = append(missing, "Loaded cost is not known here: it needs hours of learning and a payroll (payroll_run, payroll_line).")
	}
	if _, known := v.row("rolling-12", "plans", ""); !known {
		missing = append(missing, "Development plans are not known here: load the stream plan_item.")
	}
	if ok && deref(h.Aligned) == 0 {
		missing = append(missing, "No hours are aligned: load course_competency, and goal_id of the stream requirement.")
	}
	return missing
}

// notStated is what a course is for, or how it is learned, where its source does not say.
const notStated = "(not stated)"

// mixed are the colours of parts of a whole, the last one of all others.
var mixed = []string{"var(--series-1)", "var(--series-2)", "var(--series-3)", "var(--series-4)"}

// spendPanel shows where direct cost goes, down to types, each leading to its lines.
func (r *request) spendPanel(v *invested) (*panel, error) {
	groups, all := v.grouped(), 0.0
	for _, g := range groups {
		all += g.amount
	}
	if all <= 0 {
		return nil, nil
	}
	table := dataTable{Caption: "Direct cost by what it is for and type", Head: []string{"For", "Type", "Cost", "Share"}}
	var boxes []treeBox
	for _, g := range groups {
		link := r.here("/investment", "of", g.key) + "#lines"
		box := treeBox{Name: g.name, Text: g.name + "  " + r.numbers.wholePercent(g.amount/all), Color: "var(--series-1)", Amount: g.amount, Link: link, IsHatched: g.key == "open"}
		if g.key == "open" {
			box.Color = "var(--series-2)"
		}
		for _, kind := range slices.Sorted(maps.Keys(g.types)) {
			amount := g.types[kind]
			table.Rows, table.Links = append(table.Rows, []string{g.name, kind, r.numbers.exact(amount, v.money), r.numbers.percent(amount / all)}), append(table.Links, link)
			if amount > 0 {
				box.Inside = append(box.Inside, treeBox{Name: g.name + ", " + kind + ": " + r.numbers.card(amount, v.money), Text: kind + "\n" + r.numbers.card(amount, v.money), Color: box.Color, Amount: amount, IsHatched: box.IsHatched, Link: link})
			}
		}
		if g.amount > 0 {
			boxes = append(boxes, box)
		}
	}
	option, err := option(treeChart(boxes))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "spend", Title: capital(groups[0].name) + " took the largest part of direct cost, " + r.numbers.wholePercent(groups[0].amount/all), Sub: "Direct cost of the company in " + r.windowName(v.window) + " by course, tactic or unit and type; area is money, hatched belongs to nobody; each box leads to its lines"}
	p.Chart = &figure{ID: "chart-spend", Class: "chart tall roomy", Title: p.Title, Option: option, Format: r.numbers.format(v.money), Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("direct-cost-per-fte")}, {Text: "Table: marts.learning_cost_lines"}, {Text: "n = " + r.numbers.plural(int64(len(v.lines)), "line")}, {Text: "Data to " + day(r.asOf)}}
	return p, nil
}

// parityPanel shows what the front line gets against its size (R36).
func (r *request) parityPanel(v *invested) (*panel, error) {
	var bars []bar
	table := dataTable{Caption: "Front-line share ÷ its share of full-time equivalents", Head: []string{"Of", "Front line's share", "Its share of FTE", "Parity", "95 % interval"}}
	hours := r.peopleLink("show", "hours", "window", v.window, "frontline", "yes")
	for _, x := range [][3]string{{"hours", "hours", hours}, {"direct", "direct cost", r.here("/investment") + "#lines"}, {"time", "cost of time", hours}} {
		p, ok := v.frontline(x[0])
		if !ok {
			continue
		}
		bars = append(bars, bar{Name: x[1], Text: r.numbers.fixed(p.Ratio, 2), Value: p.Ratio, Low: p.Low, High: p.High, Link: x[2]})
		table.Links = append(table.Links, x[2])
		table.Rows = append(table.Rows, []string{x[1], r.numbers.percent(p.ShareOf), r.numbers.percent(p.ShareOfFTE), r.numbers.fixed(p.Ratio, 2), r.numbers.fixed(p.Low, 2) + " to " + r.numbers.fixed(p.High, 2)})
	}
	if len(bars) == 0 {
		return nil, nil
	}
	option, err := option(barChart(bars, 1))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "parity", Title: "Does the front line get its share?", Sub: "Front line’s share ÷ its share of full-time equivalents in " + r.windowName(v.window) + ", with the 95 % interval; the line is 1, even. Direct cost: the part that learners can be told of"}
	if q, ok := v.frontline("hours"); ok {
		switch {
		case q.Low > 1:
			p.Title = "The front line gets more hours than its share"
		case q.High < 1:
			p.Title = "The front line gets fewer hours than its share"
		default:
			p.Title = q.words("The front line gets its share of hours", "Whether the front line gets its share of hours cannot be told")
		}
	}
	p.Chart = &figure{ID: "chart-parity", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("front-line-parity")}, {Text: "Tables: marts.investment_tree, marts.investment_cost_tree"}, {Text: "front line: as job_title says"}}
	return p, nil
}

// hoursPanel shows hours per full-time equivalent by unit.
func (r *request) hoursPanel(v *invested) (*panel, error) {
	var bars []bar
	for _, u := range v.units {
		per, ok := perFTE(u.Hours, u.FTE, u.Days)
		b := bar{Name: u.Name, Text: r.numbers.fixed(per, 1), Value: per, Link: r.here("/investment", "unit", u.ID)}
		if !ok {
			b.IsHidden, b.Text = true, "hidden"
		}
		bars = append(bars, b)
	}
	if len(bars) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(bars, func(a, b bar) int { return cmp.Compare(b.Value, a.Value) })
	table := dataTable{Caption: "Hours of learning a year per full-time equivalent", Head: []string{"Unit", "Hours a year per FTE"}}
	for _, b := range bars {
		table.Rows, table.Links = append(table.Rows, []string{b.Name, b.Text}), append(table.Links, b.Link)
	}
	bars = bars[:min(16, len(bars))]
	option, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "hours", Title: bars[0].Name + " learns most: " + bars[0].Text + " hours a year per full-time equivalent", Sub: "Hours of learning in " + r.windowName(v.window) + " ÷ mean full-time equivalents, as a year"}
	p.Chart = &figure{ID: "chart-hours", Class: chartClass(len(bars)), Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("hours-per-fte")}, {Text: "Table: marts.investment_tree"}, {Text: "Data to " + day(r.asOf)}}
	return p, nil
}

// mix are the hours of quarters by one property of the courses.
func (v *invested) mix(what string) (quarters []time.Time, values []string, hours map[string]map[string]float64, totals, sums map[string]float64) {
	hours, totals, sums = map[string]map[string]float64{}, map[string]float64{}, map[string]float64{}
	for _, x := range v.rows {
		if x.Window != "quarter" || x.What != what || x.Hours == nil {
			continue
		}
		q := month(x.Month)
		if hours[q] == nil {
			hours[q] = map[string]float64{}
			quarters = append(quarters, x.Month)
		}
		hours[q][x.Value] += *x.Hours
		totals[q] += *x.Hours
		sums[x.Value] += *x.Hours
	}
	values = slices.SortedFunc(maps.Keys(sums), func(a, b string) int { return cmp.Compare(sums[b], sums[a]) })
	return quarters, values, hours, totals, sums
}

func (r *request) purposePanel(v *invested) (*panel, error) {
	return r.mixPanel(v, "purpose", "learning-mix", "hours are for compliance", "compliance", "By what learning is for")
}

func (r *request) modalityPanel(v *invested) (*panel, error) {
	return r.mixPanel(v, "modality", "learning-mix", "hours are in class", "class", "By how it is learned")
}

func (r *request) kindPanel(v *invested) (*panel, error) {
	return r.mixPanel(v, "kind", "seventy-twenty-ten", "hours are on the job", "on_the_job", "On the job, with others, formal; the rule of thumb says 70, 20, 10")
}

// mixPanel shows the mix of hours by quarter (R38, R42, R69).
func (r *request) mixPanel(v *invested, what, defined, finding, of, sub string) (*panel, error) {
	quarters, values, hours, totals, sums := v.mix(what)
	if len(quarters) == 0 {
		return nil, nil
	}
	spoken := map[string]string{"on_the_job": "on the job", "with_others": "with others"}
	table := dataTable{Caption: sub + ", share of hours", Head: []string{"Quarter to"}, Cells: cellLinks{}}
	bar := charts.NewBar()
	part, whole := 0.0, 0.0
	var names []string
	for _, at := range quarters {
		q := month(at)
		names = append(names, q)
		table.Rows, table.Links = append(table.Rows, []string{q}), append(table.Links, r.peopleLink("show", "hours", "quarter", at.Format("2006-01")))
		part, whole = part+hours[q][of], whole+totals[q]
	}
	table.Head = append(table.Head, "Hours")
	for i, q := range names {
		table.Rows[i] = append(table.Rows[i], r.numbers.fixed(totals[q], 0))
	}
	bar.SetGlobalOptions(
		charts.WithGridOpts(opts.Grid{Left: "48", Right: "16", Top: "40", Bottom: "24"}),
		charts.WithLegendOpts(opts.Legend{Show: opts.Bool(true), Top: "0", Left: "0", ItemWidth: 12, ItemHeight: 8, TextStyle: &opts.TextStyle{Color: "var(--ink)", FontSize: 11}}),
		charts.WithTooltipOpts(opts.Tooltip{Trigger: "axis", ValueFormatter: "@value"}),
		charts.WithXAxisOpts(opts.XAxis{Type: "category", AxisLabel: &opts.AxisLabel{FontSize: 11}}),
		charts.WithYAxisOpts(opts.YAxis{Type: "value", Min: 0, Max: 100, AxisLabel: &opts.AxisLabel{Formatter: "@short", FontSize: 11}}),
		charts.WithColorsOpts(opts.Colors(mixed)),
	)
	bar.SetXAxis(names)
	for i, value := range values {
		name := cmp.Or(spoken[value], value)
		table.Head = append(table.Head, name)
		var data []linkedBar
		for j, q := range names {
			share := hours[q][value] / totals[q] * 100
			link := r.peopleLink("show", "hours", "quarter", quarters[j].Format("2006-01"), what, value)
			data = append(data, linkedBar{opts.BarData{Value: rounded(share)}, link})
			table.Cells[[2]int{j, len(table.Rows[j])}] = link
			table.Rows[j] = append(table.Rows[j], r.numbers.percent(share/100))
		}
		color := "var(--quiet)"
		if i < len(mixed) {
			color = mixed[i]
		}
		bar.AddSeries(name, nil, linked(data), charts.WithBarChartOpts(opts.BarChart{Stack: "all"}), charts.WithItemStyleOpts(opts.ItemStyle{Color: color, BorderColor: "var(--card)", BorderWidth: 1}))
	}
	option, err := option(bar)
	if err != nil {
		return nil, err
	}
	title := r.numbers.wholePercent(part/whole) + " of " + finding
	if most := values[0]; part == 0 {
		title = "The largest part of hours, " + r.numbers.wholePercent(sums[most]/whole) + ", is “" + cmp.Or(spoken[most], most) + "”"
		if most == notStated {
			title = "Of " + r.numbers.wholePercent(sums[most]/whole) + " of hours it is not stated: map " + what + " of the stream course"
		}
	}
	p := &panel{ID: what, Title: title, Sub: sub + "; share of hours by quarter of the last two years, the last still running. Groups of few people are left out. The period of the filters is not applied here"}
	p.Chart = &figure{ID: "chart-" + what, Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition(defined)}, {Text: "Table: marts.investment_tree"}, {Text: "n = " + r.numbers.fixed(whole, 0) + " hours"}, {Text: "each part leads to its hours, person by person"}, {Text: "Data to " + day(r.asOf)}}
	return p, nil
}

// costLineList is the cost lines of what was chosen, or the sums of all there is to choose.
func (r *request) costLineList(v *invested) listing {
	l := listing{
		ID: "lines", Title: "Which lines make up the cost?", Sub: "Of the company in " + r.windowName(v.window) + "; choose one to see its lines",
		Head:  []listHead{{Text: "For"}, {Text: "Lines", IsNumber: true}, {"Cost", definition("direct-cost-per-fte"), true}, {Text: "Without a rate", IsNumber: true}, {Text: "Aligned", Link: definition("aligned-share")}},
		Empty: "No cost line that may be shown to you lies in this period.",
		Foot:  []footItem{{Text: "Table: marts.learning_cost_lines"}, {Text: "lines for persons are put together by course, type and month"}},
	}
	for _, g := range v.grouped() {
		if v.of != "" && g.key != v.of {
			continue
		}
		if v.of == "" {
			missing, aligned := int64(0), "no"
			for _, line := range g.lines {
				missing += line.Missing
				if line.IsAligned {
					aligned = "yes"
				}
			}
			l.Rows = append(l.Rows, []listCell{{Text: g.name, Link: r.here("/investment", "of", g.key) + "#lines"}, {Text: r.numbers.count(int64(len(g.lines)))}, {Text: r.numbers.exact(g.amount, v.money)}, {Text: r.numbers.count(missing)}, {Text: aligned}})
			continue
		}
		l.Title, l.Sub = "Which lines make up the cost of "+g.name+"?", "Of the company in "+r.windowName(v.window)+", the dearest first"
		l.Head = []listHead{{Text: "Line"}, {Text: "Date"}, {Text: "Type"}, {"Cost", definition("direct-cost-per-fte"), true}, {Text: "As stated", IsNumber: true}, {Text: "Tactic"}}
		l.Note = "All lines: " + r.here("/investment")
		for i, line := range g.lines {
			if i >= 300 {
				l.Note = "The 300 dearest are shown."
				break
			}
			amount, stated := unknown, unknown
			if line.Amount != nil {
				amount = r.numbers.exact(*line.Amount, v.money)
			}
			if line.Stated != nil {
				stated = r.numbers.exact(*line.Stated, moneyIn(deref(line.StatedIn)))
			}
			cell := listCell{Text: amount}
			if line.Missing > 0 {
				cell.Sub = "no exchange rate of the day"
			}
			l.Rows = append(l.Rows, []listCell{{Text: cmp.Or(deref(line.CostID), "for persons")}, {Text: day(line.Date)}, {Text: line.Type}, cell, {Text: stated}, {Text: cmp.Or(deref(line.Tactic), unknown)}})
		}
		l.Note = ""
		l.Foot = append(l.Foot, footItem{Text: "All that cost is for", Link: r.here("/investment") + "#lines"})
	}
	return l
}

// unitCostList is both costs per full-time equivalent, by unit.
func (r *request) unitCostList(v *invested) listing {
	l := listing{
		ID: "units", Title: "What does learning cost by unit?", Sub: "A year per full-time equivalent, from " + r.windowName(v.window) + ". Direct and loaded are two metrics; loaded holds direct",
		Head:  []listHead{{Text: "Unit"}, {"FTE", "", true}, {"Hours per FTE", definition("hours-per-fte"), true}, {"Direct per FTE", definition("direct-cost-per-fte"), true}, {"Loaded per FTE", definition("loaded-cost-per-fte"), true}},
		Empty: "No unit below this one may be shown.",
		Foot:  []footItem{{Text: "Tables: marts.investment_tree, marts.investment_cost_tree"}, {Text: "what belongs to nobody is in the company’s cost alone"}},
	}
	for _, u := range v.units {
		row := []listCell{{Text: u.Name, Link: r.here("/investment", "unit", u.ID)}, {Text: unknown}, {Text: unknown}, {Text: unknown}, {Text: unknown}}
		if u.FTE != nil {
			row[1].Text = r.numbers.fixed(*u.FTE, 0)
		}
		if per, ok := perFTE(u.Hours, u.FTE, u.Days); ok {
			row[2] = listCell{Text: r.numbers.fixed(per, 1), Link: r.here("/learning/people", "show", "hours", "window", v.window, "unit", u.ID)}
		}
		var direct, loaded *float64
		var fte *float64
		var days *int64
		for _, c := range v.costUnits {
			if c.ID != u.ID || c.Amount == nil {
				continue
			}
			fte, days = c.FTE, c.Days
			sum := *c.Amount + deref(c.Unit)
			if c.What == "direct" {
				direct = &sum
			} else {
				loaded = &sum
			}
		}
		if direct != nil && loaded != nil {
			*loaded += *direct
		}
		if per, ok := perFTE(direct, fte, days); ok {
			row[3].Text = r.numbers.exact(per, v.money)
		}
		if per, ok := perFTE(loaded, fte, days); ok && direct != nil {
			row[4].Text = r.numbers.exact(per, v.money)
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}
