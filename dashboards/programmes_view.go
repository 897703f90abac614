package dashboards

import (
	"math"
	"net/url"
)

// chainView lays out what the queries returned.
func (r *request) chainView(c *chain) (*overview, error) {
	links := r.links(c, c.course)
	v := &overview{Notes: r.chainNotes(c)}
	for _, l := range links {
		sub := l.note
		if !l.isMissing {
			sub = "n = " + l.nWords(r)
			if l.hasMissing && l.name != "Application" {
				sub += ", missing " + r.numbers.wholePercent(l.missing)
			}
			sub += "; " + l.note
		}
		v.Facts = append(v.Facts, fact{l.name, l.value, sub, definition("programme-chain")})
	}
	course := chooseField{Name: "course", Label: "Programme"}
	for _, p := range c.programmes {
		course.Choices = append(course.Choices, choice{p.CourseID, p.Name, p.CourseID == c.course.CourseID})
	}
	v.Choose = r.ownForm(course)
	for _, draw := range []func(*chain) (*panel, error){r.reachedPanel, r.appliedPanel, r.ratedPanel, r.dosePanel} {
		p, err := draw(c)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.Panels = append(v.Panels, *p)
		}
	}
	if c.curve == nil {
		v.Notes = append(v.Notes, "Days to the first use are not known for this course: they need signs of use that are linked to learners, and 20 people.")
	}
	if _, ok := c.step(c.course.CourseID, "rated"); !ok {
		v.Notes = append(v.Notes, "Ratings before and after are not known for this course: load course_competency and managers’ assessments.")
	}
	v.Lists = []listing{r.programmeList(c)}
	v.Foot = []footItem{{Text: "Definition", Link: definition("programme-chain")}, {Text: "Tables: marts.programmes, marts.programme_steps, marts.programme_waits, marts.evidence"}, {Text: "Data to " + day(r.asOf)}}
	return v, nil
}

// reachedPanel shows of how many of those who completed each step is known.
func (r *request) reachedPanel(c *chain) (*panel, error) {
	if c.course.completed == 0 {
		return nil, nil
	}
	bars := []bar{{Name: "completed", Text: r.numbers.count(c.course.completed), Value: float64(c.course.completed), Link: r.doneState(c, "done")}}
	table := dataTable{Caption: "The chain, step by step", Head: []string{"Step", "Known of", "Missing", "What it says"}, Rows: [][]string{{"completed", bars[0].Text, "", ""}}, Links: []string{bars[0].Link}}
	for _, l := range r.links(c, c.course)[:3] {
		if c.isPart && l.name == "Reaction" {
			continue // answers carry no unit
		}
		n := l.n
		if s, ok := c.step(c.course.CourseID, "applied"); ok && l.name == "Application" && s.Done != nil {
			n = *s.Done
		}
		b := bar{Name: map[string]string{"Reaction": "reacted", "Learning": "assessed", "Application": "applied"}[l.name], Text: r.numbers.count(n), Value: float64(n)}
		missing := r.numbers.wholePercent(math.Max(0, 1-float64(n)/float64(c.course.completed)))
		if l.isMissing || n == 0 {
			b.IsHidden, b.Text, missing = true, "not known", unknown
		}
		if b.Name != "reacted" { // answers are kept without whose they are
			b.Link = r.doneState(c, map[string]string{"Learning": "assessed", "Application": "done"}[l.name])
		}
		bars = append(bars, b)
		table.Rows, table.Links = append(table.Rows, []string{b.Name, b.Text, missing, l.value}), append(table.Links, b.Link)
	}
	option, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "reached", Title: "Of how many who completed it is each step known?", Sub: "People who completed " + c.course.Name + ", by step of the chain; hatched is not known"}
	p.Chart = &figure{ID: "chart-reached", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, Table: table, Summary: p.Title}
	p.Foot = []footItem{{Text: "Definition", Link: definition("programme-chain")}, {Text: "Table: marts.programme_steps"}, {Text: comparability(c.course)}, {Text: "reactions and signs of use are shown of nobody by name: “applied” leads to all who completed it"}}
	return p, nil
}

// doneState leads to those who completed the course, as far as one step.
func (r *request) doneState(c *chain, state string) string {
	return r.peopleLink("show", "enrolments", "course", c.course.CourseID, "state", state)
}

// appliedPanel shows the share that applied it by days since completion (R54).
func (r *request) appliedPanel(c *chain) (*panel, error) {
	if c.curve == nil || len(c.curve.Steps) == 0 {
		return nil, nil
	}
	table := dataTable{Caption: "First use by days since completion", Head: []string{"Days", "Followed", "First use then", "By then", "95 % interval"}}
	for _, s := range c.curve.Steps {
		table.Rows = append(table.Rows, []string{r.numbers.fixed(s.Time, 0), r.numbers.fixed(s.AtRisk, 0), r.numbers.fixed(s.Events, 0), r.numbers.percent(1 - s.Survival), r.numbers.percent(1-s.High) + " to " + r.numbers.percent(1-s.Low)})
	}
	done := r.doneState(c, "done")
	for range table.Rows {
		table.Links = append(table.Links, done)
	}
	option, err := option(waitChart(c.curve, "days since completion", "applied", table.Links))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "applied", Title: "Fewer than half have shown a first use so far", Sub: "Share of those who completed it with a first sign of use at work, by days since completion, with the 95 % interval; who shows none is followed until the last day, or until leaving (Kaplan–Meier)"}
	if m := c.curve.Median(); !math.IsNaN(m.Time) {
		p.Title = "Half showed a first use within " + r.numbers.plural(int64(m.Time), "day")
	}
	p.Chart = &figure{ID: "chart-applied", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("time-to-application")}, {Text: "Table: marts.programme_waits"}}
	if c.isPart {
		p.Foot = append(p.Foot, footItem{Text: "whole company, whichever unit is asked for", IsWarning: true})
	}
	if s, ok := c.step(c.course.CourseID, "applied"); ok && s.Done != nil && s.People != nil {
		p.Foot = append(p.Foot, footItem{Text: "applied ÷ completed: " + r.numbers.count(*s.Done) + " of " + r.numbers.count(*s.People)})
	}
	return p, nil
}

// ratedPanel shows managers' ratings before and after, of those trained and of others.
func (r *request) ratedPanel(c *chain) (*panel, error) {
	with, ok := c.step(c.course.CourseID, "rated")
	change, known := changeOf(with)
	if !ok || !known {
		return nil, nil
	}
	table := dataTable{Caption: "Ratings before and after", Head: []string{"Who", "Pairs", "Before", "Change, points of 100", "95 % interval"}}
	var bars []bar
	add := func(name, link string, s chainRow, m meanChange) {
		table.Links = append(table.Links, link)
		bars = append(bars, bar{Name: name, Link: link, Text: r.numbers.signed(m.Mean*100, 1), Value: m.Mean * 100, Low: m.Low * 100, High: m.High * 100})
		table.Rows = append(table.Rows, []string{name, r.numbers.count(deref(s.Pairs)), r.numbers.fixed(deref(s.Before)*100, 1), r.numbers.signed(m.Mean*100, 1), r.numbers.signed(m.Low*100, 1) + " to " + r.numbers.signed(m.High*100, 1)})
	}
	add("completed it", r.doneState(c, "done"), with, change)
	p := &panel{ID: "rated", Title: "After it managers rate " + r.pointsMoved(change)}
	note := "People often come to a course when they are rated low and would have risen anyway (regression to the mean)"
	if others, ok := c.step(c.course.CourseID, "rated-others"); ok {
		if m, known := changeOf(others); known {
			link := ""
			if c.course.Teaches != nil {
				link = r.here("/gaps/cell", "competency", *c.course.Teaches)
			}
			add("did not", link, others, m)
			p.Title += "; those without it " + r.pointsMoved(m)
			if d := deref(others.Before) - deref(with.Before); deref(others.Deviation) > 0 && d > 0.25**others.Deviation {
				note = "Those who came were rated " + r.numbers.fixed(d*100, 0) + " points lower before: part of the rise would have come anyway (regression to the mean)"
			}
		}
	}
	option, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p.Sub = "Mean change of managers’ ratings of what the course teaches, points of 100 of the scale, 95 % t interval. " + note + ". It is no effect: that is on the page Impact"
	p.Chart = &figure{ID: "chart-rated", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1}, Table: table, Summary: p.Title + "."}
	p.Foot = []footItem{{Text: "Definition", Link: definition("before-after-ratings")}, {Text: "Table: marts.programme_steps"}, {Text: "n = " + r.numbers.plural(deref(with.Pairs), "pair") + " of ratings"}, {Text: comparability(c.course)}}
	return p, nil
}

// dosePanel shows application by hours spent.
func (r *request) dosePanel(c *chain) (*panel, error) {
	names := map[string]string{"dose-1": "under 90 %", "dose-2": "90 to 110 %", "dose-3": "over 110 %"}
	done := r.doneState(c, "done")
	table := dataTable{Caption: "Applied by hours", Head: []string{"Hours against the course’s own", "People", "Applied", "Share"}}
	var bars []bar
	for _, step := range []string{"dose-1", "dose-2", "dose-3"} {
		s, ok := c.step(c.course.CourseID, step)
		if !ok || s.People == nil || s.Done == nil {
			continue
		}
		share := float64(*s.Done) / float64(*s.People)
		// Wilson's interval of a share
		n, z := float64(*s.People), 1.959963984540054
		mid, half := (share+z*z/(2*n))/(1+z*z/n), z/(1+z*z/n)*math.Sqrt(share*(1-share)/n+z*z/(4*n*n))
		bars = append(bars, bar{Name: names[step], Text: r.numbers.wholePercent(share), Link: done, Value: share * 100, Low: (mid - half) * 100, High: (mid + half) * 100})
		table.Rows = append(table.Rows, []string{names[step], r.numbers.count(*s.People), r.numbers.count(*s.Done), r.numbers.percent(share)})
		table.Links = append(table.Links, done)
	}
	if len(bars) < 2 {
		return nil, nil
	}
	option, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p := &panel{ID: "dose", Title: "Do those who spend more hours apply it more?", Sub: "Share with a sign of use, by hours spent against the course’s own, 95 % interval (Wilson). Who spends more hours may be keener anyway: it is no effect"}
	p.Chart = &figure{ID: "chart-dose", Class: "chart", Title: p.Title, Option: option, Format: valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 1}, Table: table, Summary: p.Title}
	p.Foot = []footItem{{Text: "Definition", Link: definition("dose-response")}, {Text: "Table: marts.programme_steps"}}
	return p, nil
}

// programmeList is the chain of every course.
func (r *request) programmeList(c *chain) listing {
	l := listing{
		ID: "programmes", Title: "Where does the chain of each programme break?", Sub: "n and what is missing of those who completed it; –: nothing is known",
		Head: []listHead{
			{Text: "Programme"},
			{"Completed", "", true},
			{"Reaction", definition("programme-chain"), true},
			{"Learning", definition("programme-chain"), true},
			{"Application", definition("time-to-application"), true},
			{Text: "Impact", Link: definition("evidence")},
			{Text: "ROI", Link: definition("programme-chain")},
			{Text: "Last two years", Link: definition("comparability")},
		},
		Empty: "No completed course may be shown.", Foot: []footItem{{Text: "Tables: marts.programmes, marts.programme_steps, marts.evidence"}},
	}
	for _, p := range c.programmes {
		row := []listCell{{Text: p.Name, Link: r.here("/programmes", "course", p.CourseID)}, {Text: r.fewOr(p.completed), Link: r.peopleLink("show", "enrolments", "course", p.CourseID, "state", "done")}}
		for _, k := range r.links(c, p) {
			cell := listCell{Text: k.value}
			if !k.isMissing {
				cell.Sub = "n = " + k.nWords(r)
				if k.hasMissing && k.name != "Application" {
					cell.Sub += ", missing " + r.numbers.wholePercent(k.missing)
				}
			}
			switch {
			case k.isMissing:
			case p.TacticID != nil && (k.name == "Impact" || k.name == "ROI"):
				cell.Link = "/impact?tactic=" + url.QueryEscape(*p.TacticID)
			case k.name == "Learning" || k.name == "Application":
				cell.Link = r.peopleLink("show", "enrolments", "course", p.CourseID, "state", map[string]string{"Learning": "assessed", "Application": "done"}[k.name])
			}
			row = append(row, cell)
		}
		l.Rows = append(l.Rows, append(row, listCell{Text: comparability(p)}))
	}
	return l
}

// pointsMoved writes a change of ratings in words.
func (r *request) pointsMoved(m meanChange) string {
	return r.numbers.fixed(math.Abs(m.Mean)*100, 1) + " points of 100 " + map[bool]string{true: "higher", false: "lower"}[m.Mean >= 0]
}

// fewOr writes how many people there are, where they may be told.
func (r *request) fewOr(n int64) string {
	if n == 0 {
		return "few"
	}
	return r.numbers.count(n)
}

// chainNotes says which filters the page cannot obey.
func (r *request) chainNotes(c *chain) []string {
	var notes []string
	if r.filters.Period != toDate || !r.filters.AsOf.IsZero() {
		notes = append(notes, "Not applied: the period and the day. All completions count up to the last day of the data, "+day(r.asOf)+".")
	}
	if r.filters.AsNow {
		notes = append(notes, "Not applied: the organisation as it is now. People count where they work on the last day of the data.")
	}
	if c.isPart {
		notes = append(notes, "Reaction, days to the first use, impact and ROI are of the whole company.")
	}
	return notes
}
