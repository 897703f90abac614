package dashboards

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-echarts/go-echarts/v2/charts"
	"github.com/go-echarts/go-echarts/v2/opts"

	"dials/queries/survival"
)

// learningView lays out what the queries returned.
func (r *request) learningView(o *operations) (*overview, error) {
	v := &overview{Facts: r.learningFacts(o), Notes: r.notApplied(), Choose: r.learningChooser(o)}
	for _, draw := range []func(*operations) (*panel, error){r.overduePanel, r.funnelPanel, r.waitPanel, r.cohortPanel, r.compliancePanel, r.teamPanel} {
		p, err := draw(o)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.Panels = append(v.Panels, *p)
		}
	}
	v.Lists = []listing{r.complianceList(o), r.courseList(o), r.resultList(o)}
	if len(r.learningMissing(o)) > 0 {
		v.Notes = append(v.Notes, r.learningMissing(o)...)
	}
	v.Foot = []footItem{{Text: "Definitions", Link: "/definitions"}, {Text: "Tables: marts.learning_tree, marts.learning_survival, marts.learning_results, marts.team_learning_spread"}, {Text: "Data to " + day(r.asOf)}}
	return v, nil
}

// learningMissing names the inputs without which parts of the page are empty.
func (r *request) learningMissing(o *operations) []string {
	var missing []string
	if _, ok := o.step("now", "overdue", ""); !ok {
		missing = append(missing, "Overdue is not known: no enrolment has a due date. Map due_date of the stream enrolment, or load learning_assignment with due_days.")
	}
	if _, ok := o.step("now", "overdue", o.course); ok && len(o.groupOrder) == 0 {
		text := "There is no unit below this one, or none with enough people: the numbers of courses lead to the rows."
		if o.by != "" {
			text = "No " + o.groupWord() + " here has enough people to be told who is overdue by it."
		}
		missing = append(missing, text)
	}
	if o.curve == nil && o.course == "" {
		missing = append(missing, "Time to completion is not known for this unit and period: it needs assignments with stated dates of at least 20 people.")
	}
	if !slices.ContainsFunc(o.order, func(c courseRow) bool { _, ok := o.step("now", "compliant", c.CourseID); return ok }) {
		missing = append(missing, "Compliance is not known here: load learning_assignment (who must take what) or certification.")
	}
	if s, _, ok := o.assignments("assessed"); ok && s.Done != nil && *s.Done == 0 {
		missing = append(missing, "Who was assessed is not known here: no attempt has a score, a pass or a fail. Map score or is_passed of the stream enrolment.")
	}
	if _, ok := o.step("now", "engaged", ""); !ok {
		missing = append(missing, "Teams of managers are not known here: load reporting_line.")
	}
	return missing
}

func (r *request) learningChooser(o *operations) *ownForm {
	by := chooseField{Name: "by", Label: "Audience by"}
	for _, a := range audiences {
		by.Choices = append(by.Choices, choice{a.Value, a.Text, a.Value == o.by})
	}
	course := chooseField{Name: "course", Label: "Course", Choices: []choice{{"", "All courses", o.course == ""}}}
	for _, c := range o.order {
		course.Choices = append(course.Choices, choice{c.CourseID, c.Name, c.CourseID == o.course})
	}
	return r.ownForm(by, course)
}

// count writes how many are at a step: a number, or the range that may be told.
func (r *request) stepCount(s stepRow) string {
	switch {
	case s.People == nil:
		return "hidden"
	case s.Numerator != nil:
		return r.numbers.count(*s.Numerator)
	case s.Low != nil && s.High != nil:
		return r.numbers.count(*s.Low) + " to " + r.numbers.count(*s.High)
	case s.High != nil:
		return "at most " + r.numbers.count(*s.High)
	}
	return unknown
}

// share is a step's share of people.
func (s stepRow) share() (float64, bool) {
	if s.Numerator == nil || s.People == nil || *s.People == 0 {
		return 0, false
	}
	return float64(*s.Numerator) / float64(*s.People), true
}

// itemShare is a step's share of assignments.
func (s stepRow) itemShare() (float64, bool) {
	if s.Done == nil || s.Items == nil || *s.Items == 0 {
		return 0, false
	}
	return float64(*s.Done) / float64(*s.Items), true
}

func (r *request) percentOr(v float64, ok bool) string {
	if !ok {
		return unknown
	}
	return r.numbers.percent(v)
}

// peopleLink leads to the rows behind a number.
func (r *request) peopleLink(params ...string) string {
	return r.here("/learning/people", params...)
}

// learningFacts are the numbers at the head of the page.
func (r *request) learningFacts(o *operations) []fact {
	facts := []fact{
		{"Overdue", unknown, "no due date is known", definition("overdue-rate")},
		{"Assignments completed", unknown, "nothing was assigned in " + r.windowName(o.window), definition("completion-of-assignments")},
		{"People who completed all", unknown, "nothing was assigned in " + r.windowName(o.window), definition("completion-of-people")},
		{"Median days to complete", unknown, "fewer than 20 people, or no stated dates", definition("time-to-completion")},
	}
	if s, ok := o.step("now", "overdue", o.course); ok && s.People != nil {
		facts[0].Value = r.stepCount(s)
		facts[0].Sub = "of " + r.numbers.count(*s.People) + " people with anything due, " + day(r.asOf)
	}
	if s, told, ok := o.assignments("completed"); ok && s.People != nil && o.isUndated() {
		facts[1].Sub = "no source says when anything was assigned: map assigned_date of the stream enrolment, or load learning_assignment"
		facts[2].Sub = facts[1].Sub
	} else if ok && s.People != nil {
		share, known := s.itemShare()
		facts[1].Value, facts[1].Sub = r.percentOr(share, known), "not told in "+r.windowName(o.window)+": with what is shown of courses it would tell of one with too few people"
		if s.Items != nil {
			facts[1].Sub = "of " + r.numbers.count(*s.Items) + " assigned in " + r.windowName(o.window) + r.toldWords(told) + ", less withdrawn, exempt and left"
		}
		share, known = s.share()
		facts[2].Value, facts[2].Sub = r.percentOr(share, known), "of "+r.numbers.count(*s.People)+" people with assignments in "+r.windowName(o.window)
	}
	if o.curve != nil {
		m := o.curve.Median()
		if !math.IsNaN(m.Time) {
			facts[3].Value, facts[3].Sub = r.numbers.fixed(m.Time, 0), "95 % interval "+r.daysOr(m.Low)+" to "+r.daysOr(m.High)+"; open ones are counted as open"
		} else {
			facts[3].Sub = "fewer than half are completed"
		}
	}
	return facts
}

func (r *request) daysOr(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "open"
	}
	return r.numbers.fixed(v, 0)
}

// grouped are the groups of the page, each once, in order.
func (o *operations) grouped() []string {
	var ids []string
	for _, g := range o.groupOrder {
		if !slices.Contains(ids, g.ID) {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

func (o *operations) group(id, window, step string) (groupRow, bool) {
	g, ok := o.groups[id][window+"|"+step]
	return g, ok
}

// groupWord is what the page is cut by.
func (o *operations) groupWord() string {
	switch o.by {
	case "title":
		return "job title"
	case "location":
		return "location"
	case "type":
		return "type of employment"
	}
	return "unit"
}

// groupLink leads from a bar to what it is made of: the unit's page, or the rows.
func (r *request) groupLink(o *operations, id, state string) string {
	if o.by == "" {
		return r.here("/learning", "unit", id, "course", o.course)
	}
	show := "enrolments"
	if state == "held" {
		show = "proofs"
	}
	return r.peopleLink("show", show, "state", state, "course", o.course, o.by, id)
}

// overduePanel shows who is overdue, by audience.
func (r *request) overduePanel(o *operations) (*panel, error) {
	return r.groupPanel(o, "overdue", "now", "overdue", "Share of people with anything due who are overdue, people on leave apart", "overdue", "overdue-rate",
		func(name string, share float64) string {
			return capital(o.groupWord()) + " " + name + " has the largest share overdue: " + r.numbers.wholePercent(share) + " of its people with anything due"
		}, "Is anybody overdue?")
}

// groupPanel shows one step by audience, the largest share first.
func (r *request) groupPanel(o *operations, id, window, step, sub, state, defined string, finding func(name string, share float64) string, question string) (*panel, error) {
	var bars []bar
	table := dataTable{Caption: sub, Head: []string{capital(o.groupWord()), "People", capital(step), "Share"}}
	type line struct {
		bar bar
		row []string
	}
	var lines []line
	top, most := "", -1.0
	for _, g := range o.grouped() {
		row, ok := o.group(g, window, step)
		if !ok {
			continue
		}
		s := row.step()
		share, known := s.share()
		text := r.percentOr(share, known)
		b := bar{Name: row.Name, Text: text, Link: r.groupLink(o, g, state), Value: share * 100}
		switch {
		case s.People == nil:
			b.IsHidden, b.Text = true, "hidden"
		case !known:
			b.IsHidden, b.Text = true, r.stepCount(s)+" of "+r.numbers.count(*s.People)
		}
		if known && share > most {
			top, most = row.Name, share
		}
		people := "hidden"
		if s.People != nil {
			people = r.numbers.count(*s.People)
		}
		lines = append(lines, line{b, []string{row.Name, people, r.stepCount(s), text}})
	}
	if len(lines) == 0 {
		return nil, nil
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(b.bar.Value, a.bar.Value) })
	for i, l := range lines {
		if i < 16 {
			bars = append(bars, l.bar)
		}
		table.Rows = append(table.Rows, l.row)
		table.Links = append(table.Links, l.bar.Link)
	}
	option, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: id, Title: question, Sub: sub}
	if most > 0 {
		p.Title = finding(top, most)
	}
	if len(lines) > len(bars) {
		p.Sub += fmt.Sprintf("; the first %d of %d, all in the table", len(bars), len(lines))
	}
	p.Chart = &figure{ID: "chart-" + id, Class: chartClass(len(bars)), Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition(defined)}, {Text: "Table: marts.learning_tree"}, {Text: "hatched: too few people, or told as a range"}, {Text: "Data to " + day(r.asOf)}}
	return p, nil
}

// chartClass gives many bars more room.
func chartClass(bars int) string {
	if bars > 9 {
		return "chart tall"
	}
	return "chart"
}

// funnelPanel shows assigned, started, completed, assessed.
func (r *request) funnelPanel(o *operations) (*panel, error) {
	s, told, ok := o.assignments("completed")
	if !ok || s.Items == nil {
		return nil, nil
	}
	rows := func(state string) string {
		return r.peopleLink("show", "enrolments", "window", o.window, "course", o.course, "state", state)
	}
	sub := "Assignments of " + r.windowName(o.window) + r.toldWords(told) + " by how far they came"
	table := dataTable{Caption: sub, Head: []string{"Step", "Assignments", "Of those that count", "People", "Of people"}}
	var bars []bar
	add := func(name string, done *int64, count string, people string, share string, itemShare string, link string) {
		b := bar{Name: name, Text: itemShare, Link: link}
		if done == nil {
			b.IsHidden, b.Text = true, "told as a range"
		} else {
			b.Value = float64(*done)
			b.Text = r.numbers.count(*done)
		}
		bars = append(bars, b)
		table.Rows, table.Links = append(table.Rows, []string{name, count, itemShare, people, share}), append(table.Links, link)
	}
	if w, ok := o.step(o.window, "withdrawn", o.course); ok && w.Items != nil && told == 0 {
		table.Rows, table.Links = append(table.Rows, []string{"assigned, all", r.numbers.count(*w.Items), "", r.countOr(w.People), ""}), append(table.Links, rows(""))
		off, states := r.takenOff(o, *w.Items-*s.Items)
		for i, row := range off {
			table.Rows, table.Links = append(table.Rows, row), append(table.Links, rows(states[i]))
		}
	}
	add("assigned", s.Items, r.numbers.count(*s.Items), r.countOr(s.People), "", "100"+thin+"%", rows("counted"))
	states := map[string]string{"started": "started", "completed": "done", "assessed": "assessed"}
	worst, loss, before := "", 0.0, float64(*s.Items)
	for _, step := range []string{"started", "completed", "assessed"} {
		x, _, ok := o.assignments(step)
		if !ok {
			continue
		}
		if step == "assessed" && x.Done != nil && *x.Done == 0 { // nobody knows, rather than none
			bars = append(bars, bar{Name: step, Text: "not known", IsHidden: true, Link: rows("")})
			table.Rows, table.Links = append(table.Rows, []string{step, unknown, unknown, unknown, unknown}), append(table.Links, rows(""))
			continue
		}
		share, known := x.itemShare()
		people, peopleKnown := x.share()
		add(step, x.Done, r.countOr(x.Done), r.stepCount(x), r.percentOr(people, peopleKnown), r.percentOr(share, known), rows(states[step]))
		if x.Done != nil {
			if l := before - float64(*x.Done); l > loss {
				worst, loss = step, l
			}
			before = float64(*x.Done)
		}
	}
	option, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "funnel", Title: "How far did assignments come?", Sub: sub + "; withdrawn, exempt and left before due are taken off first"}
	if o.isUndated() {
		p.Title = "How far did the attempts come whose assignment nobody dates?"
		p.Sub = "Attempts first seen in " + r.windowName(o.window) + ", when they were begun or loaded; withdrawn, exempt and left are taken off first"
	} else if share, known := s.itemShare(); known {
		p.Title = r.numbers.percent(share) + " of what was assigned is completed"
		if worst != "" {
			p.Title += "; most is lost before it is " + worst
		}
	}
	p.Chart = &figure{ID: "chart-funnel", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("completion-of-assignments")}, {Text: "Table: marts.learning_tree"}, {Text: "n = " + r.numbers.count(*s.Items) + " assignments"}, {Text: "Data to " + day(r.asOf)}}
	return p, nil
}

// takenOff are the rows of what does not count of all that was assigned. Where one of them may
// not be told they are one row, since the others would give it away.
func (r *request) takenOff(o *operations, all int64) (rows [][]string, states []string) {
	for _, x := range [][2]string{{"withdrawn", "less withdrawn"}, {"exempt", "less exempt"}, {"left", "less left before due"}} {
		less, ok := o.step(o.window, x[0], o.course)
		switch {
		case ok && (less.Done == nil || less.Numerator == nil):
			return [][]string{{"less withdrawn, exempt and left before due", r.numbers.count(all), "", "", ""}}, []string{""}
		case ok:
			rows, states = append(rows, []string{x[1], r.doneOr(less), "", r.stepCount(less), ""}), append(states, x[0])
		}
	}
	return rows, states
}

// doneOr writes how many assignments are at a step.
func (r *request) doneOr(s stepRow) string {
	if s.Done == nil && s.People != nil {
		return "few"
	}
	return r.countOr(s.Done)
}

func (r *request) countOr(v *int64) string {
	if v == nil {
		return "hidden"
	}
	return r.numbers.count(*v)
}

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

// compliancePanel shows who holds a valid proof of a course, by audience.
func (r *request) compliancePanel(o *operations) (*panel, error) {
	if o.course == "" {
		return nil, nil
	}
	return r.groupPanel(o, "compliance-by", "now", "compliant", "Share of those who must take "+o.courses[o.course].Name+" that hold a valid proof today", "held", "compliance",
		func(string, float64) string { return "Who holds a valid proof of " + o.courses[o.course].Name + "?" }, "Does anybody hold a valid proof?")
}

// teamPanel shows how active the teams of managers are in learning (R41).
func (r *request) teamPanel(o *operations) (*panel, error) {
	if o.course != "" {
		return nil, nil
	}
	sub := "Share of people with a manager who began, completed or recorded learning in the last 90 days"
	if o.team != nil {
		sub += "; of " + r.numbers.count(o.team.People) + " managers the middle half have " + r.numbers.wholePercent(o.team.Low) + " to " + r.numbers.wholePercent(o.team.High) + " of their team active, the median " + r.numbers.wholePercent(o.team.Median)
	}
	p, err := r.groupPanel(o, "teams", "now", "engaged", sub, "active", "team-engagement", func(string, float64) string { return "How active in learning are the teams of managers?" }, "Are teams active in learning?")
	if p == nil || err != nil {
		return nil, err
	}
	if s, ok := o.step("now", "engaged", ""); ok {
		if share, known := s.share(); known {
			p.Title = r.numbers.wholePercent(share) + " of people in teams were active in learning in the last 90 days"
		}
	}
	p.Foot = append(p.Foot, footItem{Text: "Managers, one by one (HR and one's own line)", Link: r.peopleLink("show", "managers")})
	return p, nil
}
