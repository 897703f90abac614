package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/gonum/stat/distuv"
)

// objectivesView is the data of templates/objectives.html.
type objectivesView struct {
	overview
	Tree []treeNode
}

// objectivesView lays out what the queries returned.
func (r *request) objectivesView(c *cascade) (*objectivesView, error) {
	v := &objectivesView{Tree: r.nodes(c.roots, c.below)}
	v.Facts, v.Notes, v.Choose = r.cascadeFacts(c), append(r.cascadeNotApplied(), r.cascadeMissing(c)...), r.calendarForm(c)
	for _, draw := range []func(*cascade) (*panel, error){r.ganttPanel, r.rhythmPanel, r.qualityPanel, r.answerPanel, r.messagePanel, r.certaintyPanel, r.periodPanel} {
		p, err := draw(c)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.Panels = append(v.Panels, *p)
		}
	}
	v.Lists = []listing{r.impedimentList(c), r.levelList(c), r.brokenList(c), r.stalledList(c), r.messageList(c), r.bareList(c)}
	v.Foot = []footItem{{Text: "Definitions", Link: "/definitions"}, {Text: "Tables: marts.objectives, marts.objective_people_tree, marts.checkin_tree_quarterly, marts.survey_tree, marts.impediments"}, {Text: "Data to " + day(r.asOf)}}
	return v, nil
}

// cascadeNotApplied says which of the common filters the page cannot obey.
func (r *request) cascadeNotApplied() []string {
	notes := []string{}
	if r.filters.Period != toDate {
		notes = append(notes, "Not applied: the period. Objectives stand as on the last day of the data; what was due and check-ins are shown by their own periods.")
	}
	if r.filters.AsNow {
		notes = append(notes, "Not applied: the organisation as it is now, for groups of people. They count where they worked then.")
	}
	if !r.filters.AsOf.IsZero() {
		notes = append(notes, "Not applied: as of "+day(r.filters.AsOf)+". Shown is the state on the last day of the data.")
	}
	return notes
}

// cascadeMissing names the inputs without which parts of the page are empty.
func (r *request) cascadeMissing(c *cascade) []string {
	var missing []string
	add := func(is bool, text string) {
		if is {
			missing = append(missing, text)
		}
	}
	add(len(c.roots) == 0, "There is no strategic objective: give objectives a level and a parent_id in the stream goal.")
	add(c.all.Open > 0 && c.all.Forecast == 0, "No forecast yet: it needs baseline, target, start and due date of the stream goal and three values of goal_progress.")
	add(len(c.rhythm) == 0, "Check-ins are not known here: load the stream checkin.")
	add(len(c.answers) == 0, "Impediments are not known here: load the stream impediment.")
	add(len(c.messages) == 0, "How far messages get is not known here: load survey_result with a goal_id and items that say heard, understand, want, know how and act.")
	add(len(c.certainty) == 0, "How certain people are of their goals is not known here: load two waves of survey_result with an item that says certain.")
	add(c.sight == nil, "People's line of sight is not known here: it needs employment and job, or is about too few people.")
	add(c.all.Uncadenced > 0, "Whether "+inWords(int(c.all.Uncadenced))+" of the open objectives stand still is not known: they have no cadence_days.")
	return missing
}

func (r *request) calendarForm(c *cascade) *ownForm {
	if len(c.calendars) < 2 {
		return nil
	}
	field := chooseField{Name: "calendar", Label: "Fiscal calendar"}
	for _, k := range c.calendars {
		value := k.Name
		if k.IsDefault {
			value = ""
		}
		field.Choices = append(field.Choices, choice{value, k.Name, value == r.query["calendar"]})
	}
	return r.ownForm(field)
}

// cascadeFacts are the numbers at the head of the page.
func (r *request) cascadeFacts(c *cascade) []fact {
	a := c.all
	of := func(n, of int64) string {
		if of == 0 {
			return unknown
		}
		return r.numbers.wholePercent(float64(n) / float64(of))
	}
	facts := []fact{
		{"Going to be late", r.numbers.count(a.Flagged), "of " + r.numbers.count(a.Forecast) + " with a forecast; " + r.numbers.count(a.Disagree) + " late or behind while the owner says green", definition("objective-forecast")},
		{"Overdue", r.numbers.count(a.Overdue), "of " + r.numbers.count(a.Open) + " open", definition("objective-progress")},
		{"Stalled", r.numbers.count(a.Stalled), "no progress for more than two cadences, of " + r.numbers.count(a.Open) + " open", definition("stalled-objectives")},
		{"Abandoned", of(a.Abandoned, a.Started), r.numbers.count(a.Abandoned) + " of " + r.numbers.count(a.Started) + " started", definition("stalled-objectives")},
		{"Line of sight, objectives", of(a.Sighted, a.Current), r.numbers.count(a.Sighted) + " of " + r.numbers.count(a.Current) + " current hang on a strategic one", definition("line-of-sight")},
		{"Line of sight, people", unknown, "too few people, or none with an objective of their own", definition("line-of-sight")},
		{"FTE without an objective", unknown, "too few people, or no employees", definition("uncovered-fte")},
		{"SMART", of(a.Smart, a.Open), unknown, definition("objective-smart")},
		{"No owner", r.numbers.count(a.Unowned), "of " + r.numbers.count(a.Open) + " open", definition("checkin-rhythm")},
	}
	if a.Open > 0 {
		facts[7].Sub = "have all five; mean " + r.numbers.fixed(float64(a.SmartSum)/float64(a.Open), 1) + " of 5"
	}
	if s := c.sight; s != nil {
		if s.People != nil && s.Sighted != nil {
			facts[5].Value, facts[5].Sub = of(*s.Sighted, *s.People), r.numbers.count(*s.Sighted)+" of "+r.numbers.count(*s.People)+" with an objective of their own; "+of(deref(s.SightedGoals), deref(s.Goals))+" of those objectives"
		} else if s.People != nil && s.High != nil {
			facts[5].Value, facts[5].Sub = r.numbers.count(deref(s.Low))+" to "+r.numbers.count(*s.High), "of "+r.numbers.count(*s.People)+" people with an objective of their own"
		}
		if s.UncoveredShare != nil && s.FTE != nil && s.Uncovered != nil {
			facts[6].Value, facts[6].Sub = r.numbers.wholePercent(*s.UncoveredShare), "about "+r.numbers.fixed(*s.Uncovered, 0)+" of "+r.numbers.fixed(*s.FTE, 0)+" in units without one of their own"
		} else if s.FTE != nil {
			facts[6].Value, facts[6].Sub = "few or all", "of about "+r.numbers.fixed(*s.FTE, 0)+" FTE"
		}
	}
	return append(facts, r.meetingFact(c), r.helpFact(c), r.surpriseFact(c))
}

// meetingFact is how well status meetings of the last whole quarter kept their agenda (R27).
func (r *request) meetingFact(c *cascade) fact {
	f := fact{"Check-ins with all agenda items", unknown, "no agenda is known", definition("checkin-rhythm")}
	var last rhythmRow
	var complete, agenda, timed int64
	minutes := 0.0
	for _, w := range c.rhythm {
		if int(w.Month.Month())%3 == 0 && w.Month.AddDate(0, 1, 0).Before(r.asOf.AddDate(0, 0, 2)) && !w.Month.Before(last.Month) {
			if w.Month.After(last.Month) {
				complete, agenda, timed, minutes = 0, 0, 0, 0
			}
			last = w
			complete, agenda, timed, minutes = complete+deref(w.Complete), agenda+deref(w.Agenda), timed+deref(w.Timed), minutes+deref(w.Minutes)
		}
	}
	if agenda > 0 {
		f.Value, f.Sub = r.numbers.wholePercent(float64(complete)/float64(agenda)), "of "+r.numbers.count(agenda)+" held in "+quarterName(last.Month, r.asOf)
		if timed > 0 {
			f.Sub += ", " + r.numbers.fixed(minutes/float64(timed), 0) + " minutes on average"
		}
	}
	return f
}

// helpFact is what stands in the way, and for how long (R28).
func (r *request) helpFact(c *cascade) fact {
	_, asked, answered, raised, open, old := c.answersOf()
	f := fact{"Impediments open > 14 days", unknown, "none is known", definition("impediments")}
	if raised > 0 {
		f.Value, f.Sub = r.numbers.count(old), "of "+r.numbers.count(open)+" open"
		if asked > 0 {
			f.Sub += "; help asked for " + r.numbers.count(asked) + " of " + r.numbers.count(raised) + ", answered " + r.numbers.wholePercent(float64(answered)/float64(asked))
		}
	}
	return f
}

// surpriseFact is how often a missed date was a surprise (R30), from 20 finished objectives on.
func (r *request) surpriseFact(c *cascade) fact {
	f := fact{"Surprises", unknown, "fewer than 20 objectives are finished", definition("objective-forecast-quality")}
	finished, _ := c.figure("finished")
	missed, _ := c.figure("missed")
	surprises, _ := c.figure("surprises")
	unsaid, _ := c.figure("unsaid")
	if finished >= 20 && missed > 0 {
		f.Value = r.numbers.wholePercent(surprises / missed)
		f.Sub = "of " + r.numbers.count(int64(missed)) + " missed due dates were not flagged by the forecast 30 days before; owners did not warn of " + r.numbers.wholePercent(unsaid/missed)
	}
	return f
}

// steps of a message, in order.
var messageSteps = []string{"heard", "understood", "want", "know how", "act"}

var stepWords = map[string]string{"heard": "heard of it", "understood": "understand it", "want": "want to act", "know how": "know how to act", "act": "act on it"}

// messagePanel shows how far the message of the topmost objective gets (R64).
func (r *request) messagePanel(c *cascade) (*panel, error) {
	if len(c.messages) == 0 {
		return nil, nil
	}
	goal := c.messages[0]
	var bars []bar
	table := dataTable{Caption: "How far the message gets", Head: []string{"Step", "Mean of 1 to 5", "Answered", "Asked"}}
	var want, know *float64
	for _, step := range messageSteps {
		i := slices.IndexFunc(c.messages, func(m messageRow) bool { return m.GoalID == goal.GoalID && m.Step == step })
		if i < 0 || c.messages[i].Mean == nil {
			continue
		}
		m := c.messages[i]
		if step == "want" {
			want = m.Mean
		}
		if step == "know how" {
			know = m.Mean
		}
		bars = append(bars, bar{Name: stepWords[step], Text: r.numbers.fixed(*m.Mean, 1), Value: *m.Mean})
		table.Rows = append(table.Rows, []string{stepWords[step], r.numbers.fixed(*m.Mean, 2), r.numbers.count(deref(m.Answered)), countOr(r, m.Asked)})
	}
	if len(bars) == 0 {
		return nil, nil
	}
	met := r.metWords(c)
	if met != "" {
		table.Rows = append(table.Rows, []string{"talk about objectives: " + met, "", "", ""})
		met = "; " + met
	}
	name := deref(goal.GoalName)
	p := &panel{ID: "message", Title: "How far does the message of “" + name + "” get?", Sub: "Mean agreement, 1 to 5, of the last survey wave that asked about it, " + month(goal.Month) + met + "; other objectives are in the list below"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("understanding-funnel")}, {Text: "Table: marts.survey_tree"}}
	if want != nil && know != nil && *know < *want {
		p.Title = "People want to act on “" + name + "” more than they know how to: a learning need"
		if r.has("/gaps") {
			p.Foot = append(p.Foot, footItem{Text: "competency gaps", Link: "/gaps"})
		}
	}
	o, err := option(barChart(bars, 0))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-message", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1}, Table: table}
	return p, nil
}

// metWords says how many of the status meetings expected were held in the last whole quarter, at all levels that may be told.
func (r *request) metWords(c *cascade) string {
	var last time.Time
	for _, w := range c.rhythm {
		if w.Month.After(last) && w.Month.Month()%3 == 0 && !w.Month.AddDate(0, 1, -1).After(r.asOf) && w.Held != nil {
			last = w.Month
		}
	}
	var held, expected int64
	for _, w := range c.rhythm {
		if w.Month.Equal(last) && w.Held != nil && w.Expected != nil {
			held, expected = held+*w.Held, expected+*w.Expected
		}
	}
	if expected == 0 {
		return ""
	}
	return r.numbers.wholePercent(float64(held)/float64(expected)) + " of the " + r.numbers.count(expected) + " status meetings expected in the quarter to " + month(last) + " were held"
}

func countOr(r *request, n *int64) string {
	if n == nil {
		return unknown
	}
	return r.numbers.count(*n)
}

// certaintyPanel shows how certain people are of their goals, before and after (R58).
func (r *request) certaintyPanel(c *cascade) (*panel, error) {
	if len(c.certainty) == 0 || c.certainty[0].Before == nil || c.certainty[0].After == nil {
		return nil, nil
	}
	q := c.certainty[0]
	p := &panel{ID: "certainty", Title: "People are about as certain of their goals as before", Sub: "“" + q.Item + "”, mean of 1 to 5"}
	interval := ""
	if q.Delta != nil && q.StdErr != nil && q.Units > 1 {
		half := distuv.StudentsT{Sigma: 1, Nu: float64(q.Units - 1)}.Quantile(.975) * *q.StdErr
		low, high := *q.Delta-half, *q.Delta+half
		interval = r.numbers.signed(*q.Delta, 2) + " (95 % interval " + r.numbers.signed(low, 2) + " to " + r.numbers.signed(high, 2) + ", units as what is drawn)"
		switch {
		case low > 0:
			p.Title = "People are more certain of their goals than before: " + r.numbers.signed(*q.Delta, 2) + " (" + r.numbers.signed(low, 2) + " to " + r.numbers.signed(high, 2) + ")"
		case high < 0:
			p.Title = "People are less certain of their goals than before: " + r.numbers.signed(*q.Delta, 2) + " (" + r.numbers.signed(low, 2) + " to " + r.numbers.signed(high, 2) + ")"
		}
	}
	rate := func(answered, asked *int64) string {
		if answered == nil || asked == nil || *asked == 0 {
			return unknown
		}
		return r.numbers.wholePercent(float64(*answered) / float64(*asked))
	}
	before, after := q.BeforeWave+", "+month(q.BeforeMonth), q.AfterWave+", "+month(q.AfterMonth)
	p.Sub += "; answered by " + rate(q.BeforeAnswered, q.BeforeAsked) + " before and " + rate(q.AfterAnswered, q.AfterAsked) + " after. A change, not the effect of anything"
	table := dataTable{Caption: "How certain people are", Head: []string{"Wave", "Mean", "Answered", "Asked", "Response rate"}}
	table.Rows = [][]string{
		{before, r.numbers.fixed(*q.Before, 2), countOr(r, q.BeforeAnswered), countOr(r, q.BeforeAsked), rate(q.BeforeAnswered, q.BeforeAsked)},
		{after, r.numbers.fixed(*q.After, 2), countOr(r, q.AfterAnswered), countOr(r, q.AfterAsked), rate(q.AfterAnswered, q.AfterAsked)},
		{"Change", interval, "", "", ""},
	}
	o, err := option(barChart([]bar{{Name: before, Text: r.numbers.fixed(*q.Before, 2), Value: *q.Before}, {Name: after, Text: r.numbers.fixed(*q.After, 2), Value: *q.After}}, 0))
	if err != nil {
		return nil, err
	}
	p.Chart = &figure{ID: "chart-certainty", Class: "chart", Title: p.Title, Summary: p.Title + ".", Option: o, Format: valueFormat{Decimal: r.numbers.decimal, Factor: 1}, Table: table}
	p.Foot = []footItem{{Text: "Definition", Link: definition("goal-certainty")}, {Text: "n = " + countOr(r, q.AfterAnswered) + " answers, " + r.numbers.plural(q.Units, "unit")}, {Text: "Table: marts.survey_change_tree"}}
	return p, nil
}

// impedimentList are open impediments with their age and who asked for help (R28).
func (r *request) impedimentList(c *cascade) listing {
	l := listing{
		ID: "impediments", Title: "What stands in the way, and who asked for help?", Empty: "No impediment is open here.",
		Head: []listHead{{Text: "Objective"}, {Text: "Level"}, {Text: "Raised"}, {"Open, days", definition("impediments"), true}, {Text: "Help"}},
	}
	for _, i := range c.impediments {
		help := "not asked for"
		switch {
		case i.Help && i.Answered != nil:
			help = "answered " + day(*i.Answered)
		case i.Help:
			help = "asked for, no answer yet"
		}
		age := listCell{Text: r.numbers.count(i.Age)}
		if i.IsOld {
			age.Sub = "> 14 days"
		}
		l.Rows = append(l.Rows, []listCell{{Text: deref(i.GoalName), Link: branchLink(i.GoalID)}, {Text: i.Level}, {Text: day(i.Raised)}, age, {Text: help}})
	}
	if n := len(c.impediments); n > 0 && c.impediments[0].N > int64(n) {
		l.Note = fmt.Sprintf("The oldest %d of %s are shown.", n, r.numbers.count(c.impediments[0].N))
	}
	l.Foot = []footItem{{Text: "Definition", Link: definition("impediments")}, {Text: "Table: marts.impediments"}}
	return l
}

// levelList are the numbers of the cascade level by level (R33, R34).
func (r *request) levelList(c *cascade) listing {
	l := listing{
		ID: "levels", Title: "Where does the cascade hold, level by level?", Empty: "No objective is known here.",
		Head: []listHead{
			{Text: "Level"},
			{Text: "Open", IsNumber: true},
			{"Will be late", definition("objective-forecast"), true},
			{"Overdue", definition("objective-progress"), true},
			{"Behind", definition("objective-progress"), true},
			{"Stalled", definition("stalled-objectives"), true},
			{"No owner", definition("checkin-rhythm"), true},
			{"SMART, mean of 5", definition("objective-smart"), true},
			{"Line of sight", definition("line-of-sight"), true},
			{"Broken", definition("line-of-sight"), true},
		},
	}
	for _, v := range c.levels {
		smart, sight := unknown, unknown
		if v.Open > 0 {
			smart = r.numbers.fixed(float64(v.SmartSum)/float64(v.Open), 1)
		}
		if v.Current > 0 {
			sight = r.numbers.wholePercent(float64(v.Sighted) / float64(v.Current))
		}
		l.Rows = append(l.Rows, words(capital(v.Level), r.numbers.count(v.Open), r.numbers.count(v.Flagged)+" of "+r.numbers.count(v.Forecast), r.numbers.count(v.Overdue), r.numbers.count(v.Behind-v.Overdue),
			r.numbers.count(v.Stalled), r.numbers.count(v.Unowned), smart, sight, r.numbers.count(v.Broken)))
	}
	l.Note = "Objectives of single people and tasks are shown to HR and to managers of their own line alone."
	l.Foot = []footItem{{Text: "Table: marts.objectives"}, {Text: "single people’s objectives", Link: "/objectives/people"}}
	return l
}

// brokenList are the branches that end before they reach the strategy (R24).
func (r *request) brokenList(c *cascade) listing {
	l := listing{
		ID: "broken", Title: "Where is the cascade broken?", Empty: "Every current objective has a parent that is current.",
		Head: []listHead{{Text: "Objective"}, {Text: "Level"}, {"Broken by", definition("line-of-sight"), false}, {Text: "Due"}},
	}
	for _, f := range c.flaws["broken"] {
		l.Rows = append(l.Rows, []listCell{{Text: f.Name, Link: branchLink(f.ID)}, {Text: f.Level}, {Text: deref(f.What)}, {Text: dayOr(f.Due)}})
	}
	l.Note = r.firstOf(c.flaws["broken"])
	l.Foot = []footItem{{Text: "Definition", Link: definition("line-of-sight")}, {Text: "Table: marts.objectives"}}
	return l
}

// firstOf says that a list is cut.
func (r *request) firstOf(rows []flawRow) string {
	if n := len(rows); n > 0 && rows[0].N > int64(n) {
		return fmt.Sprintf("%d of %s are shown.", n, r.numbers.count(rows[0].N))
	}
	return ""
}

// stalledList are objectives that stand still, and those that nobody owns (R32, R33).
func (r *request) stalledList(c *cascade) listing {
	l := listing{
		ID: "stalled", Title: "What stands still, or has no owner?", Empty: "Nothing stands still, and all have an owner.",
		Head: []listHead{{Text: "Objective"}, {Text: "Level"}, {"Why", definition("stalled-objectives"), false}, {"Days without progress", definition("stalled-objectives"), true}, {Text: "Cadence, days", IsNumber: true}, {Text: "Due"}},
	}
	for _, kind := range []string{"unowned", "stalled"} {
		for _, f := range c.flaws[kind] {
			why := map[string]string{"unowned": "no owner", "stalled": "no progress for more than two cadences"}[kind]
			l.Rows = append(l.Rows, []listCell{{Text: f.Name, Link: branchLink(f.ID)}, {Text: f.Level}, {Text: why}, {Text: countOr(r, f.Still)}, {Text: countOr(r, f.Cadence)}, {Text: dayOr(f.Due)}})
		}
	}
	l.Note = strings.TrimSpace(r.firstOf(c.flaws["stalled"]))
	l.Foot = []footItem{{Text: "Definition", Link: definition("stalled-objectives")}, {Text: "Table: marts.objectives"}}
	return l
}

// messageList is how far the messages of all objectives get (R64).
func (r *request) messageList(c *cascade) listing {
	l := listing{
		ID: "messages", Title: "Which message gets how far: heard, understood, wanted, known how, done?", Empty: "No survey asks about an objective here.",
		Head: []listHead{{Text: "Objective"}, {Text: "Heard", IsNumber: true}, {Text: "Understood", IsNumber: true}, {Text: "Want to act", IsNumber: true}, {Text: "Know how", IsNumber: true}, {Text: "Act", IsNumber: true}, {"Learning need", definition("understanding-funnel"), true}, {Text: "Response rate", IsNumber: true}},
	}
	var order []string
	by := groups(c.messages, func(m messageRow) string {
		if !slices.Contains(order, m.GoalID) {
			order = append(order, m.GoalID)
		}
		return m.GoalID
	})
	for _, id := range order {
		values := map[string]float64{}
		rate := unknown
		for _, m := range by[id] {
			if m.Mean != nil {
				values[m.Step] = *m.Mean
			}
			if m.Asked != nil && m.Answered != nil && *m.Asked > 0 {
				rate = r.numbers.wholePercent(float64(*m.Answered) / float64(*m.Asked))
			}
		}
		cells := []listCell{{Text: deref(by[id][0].GoalName), Link: branchLink(id)}}
		for _, step := range messageSteps {
			v, ok := values[step]
			if !ok {
				v = math.NaN()
			}
			cells = append(cells, listCell{Text: r.numbers.fixed(v, 1)})
		}
		need := listCell{Text: unknown}
		if want, ok := values["want"]; ok {
			if know, ok := values["know how"]; ok {
				need.Text = r.numbers.fixed(max(0, want-know), 1)
				if want > know && r.has("/gaps") {
					need.Link = "/gaps"
				}
			}
		}
		l.Rows = append(l.Rows, append(cells, need, listCell{Text: rate}))
	}
	l.Note = "Mean agreement, 1 to 5. Want to act less know how is the learning need."
	l.Foot = []footItem{{Text: "Definition", Link: definition("understanding-funnel")}, {Text: "Table: marts.survey_tree"}}
	return l
}

// bareList are units in which people work, and that have no objective (R35).
func (r *request) bareList(c *cascade) listing {
	l := listing{
		ID: "bare", Title: "Which units have no objective of their own?", Empty: "Every unit in which people work has one.",
		Head: []listHead{{Text: "Unit"}, {Text: "Type"}},
	}
	for _, u := range c.bare {
		l.Rows = append(l.Rows, []listCell{{Text: u.Name, Link: r.here(r.page.Path, "unit", u.ID)}, {Text: deref(u.Type)}})
	}
	if n := len(c.bare); n > 0 && c.bare[0].N > int64(n) {
		l.Note = fmt.Sprintf("%d of %s are shown.", n, r.numbers.count(c.bare[0].N))
	}
	l.Foot = []footItem{{Text: "Definition", Link: definition("uncovered-fte")}, {Text: "Table: marts.objective_units"}}
	return l
}
