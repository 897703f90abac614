package dashboards

import (
	"math"
	"slices"
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
