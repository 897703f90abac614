package dashboards

import (
	"cmp"
	"fmt"
	"slices"
)

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
