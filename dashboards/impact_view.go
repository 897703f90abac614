package dashboards

import (
	"math"
	"strings"
	"time"

	"dials/queries/evidence"
)

// impactView is the data of templates/impact.html.
type impactView struct {
	Choose *chooser
	IsNew  bool
	Empty  string

	Rung             int
	HowWeKnow        string
	MindChange, Next string
	Caps             string
	Facts            []fact
	Panels           []panel
	ChecksTitle      string
	Checks           []checkLine
	Money            *panel
	MoneyWhy         string
	Naive            sentence
	Balance          *balanceView
	Persistence      *dataTable
	Placebo          *panel
	PersistTitle     string
	Beside           []besideLine
	Overview         []overviewLine
	Past             []pastLine
	PastTitle        string
	Method           []definitionTerm
	Panel            *panelNote
	AsKnown          *asKnownView
	Groups           *groupsView
	Benefits         *benefitTable
	Foot             []footItem
}

// Pips are the six steps of the ladder, those reached first.
func (v impactView) Pips() []pip { return pips(v.Rung) }

// A checkLine is something that was looked at: Mark is ✓, ✕ or ?.
type checkLine struct{ Class, Mark, State, Text, Sub string }

// A besideLine is another dial of the same tactic.
type besideLine struct {
	Dial, Link, Change, Effect, Result, HowWeKnow string
	Rung                                          int
	IsCurrent                                     bool
}

// Pips are the six steps of the ladder, those reached first.
func (l besideLine) Pips() []pip { return pips(l.Rung) }

// An overviewLine is one tactic and dial.
type overviewLine struct {
	Tactic, Dial, Link, Effect, Result, HowWeKnow string
	Rung                                          int
	IsCurrent                                     bool
}

// Pips are the six steps of the ladder, those reached first.
func (l overviewLine) Pips() []pip { return pips(l.Rung) }

// A pastLine is what was believed since a day.
type pastLine struct{ Since, DataTo, HowWeKnow, Result, Effect, Why string }

// impactView lays out what the queries returned.
func (r *request) impactView(d *impactData) (*impactView, error) {
	row := d.row
	v := &impactView{
		Choose: r.chooser(d, row.TacticID, d.dial.MetricID), Rung: int(row.Rung), HowWeKnow: row.HowWeKnow,
		MindChange: deref(row.MindChange), Next: deref(row.NextStep), Caps: r.capsNote(row),
		Facts: r.impactFacts(d), Checks: r.checkLines(d), Naive: r.naiveNote(d), Balance: r.balance(d),
		Beside: r.beside(d), Overview: r.overview(d), Past: r.past(d), Panel: r.panelNote(d), Method: r.method(d), AsKnown: r.asKnown(d), Benefits: r.benefitsOf(d.planned, []tacticRow{d.tactic}, d.dial),
	}
	if evidence.Rung(row.Rung) < evidence.BeforeAfter {
		v.MindChange = ""
	}
	v.ChecksTitle = checksTitle(v.Checks)
	if result := evidence.Result(row.Result); result == evidence.Moved || result == evidence.MovedAgainst {
		v.Persistence, v.PersistTitle = r.persistence(d)
	}
	for _, draw := range []func(*impactData) (*panel, error){r.trendPanel, r.eventPanel} {
		p, err := draw(d)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.Panels = append(v.Panels, *p)
		}
	}
	v.Groups = r.byGroup(d)
	var err error
	if v.Placebo, err = r.placeboPanel(d); err != nil {
		return nil, err
	}
	if v.Money, v.MoneyWhy, err = r.moneyPanel(d); err != nil {
		return nil, err
	}
	v.PastTitle = "This is the first judgement"
	if len(v.Past) > 1 {
		v.PastTitle = "What was believed before, and why it changed"
	}
	v.Foot = r.impactFoot(d)
	return v, nil
}

// impactFoot is where the numbers come from and how fresh they are.
func (r *request) impactFoot(d *impactData) []footItem {
	foot := []footItem{
		{Text: "Definition of " + d.dial.Name, Link: definition(d.dial.MetricID)},
		{Text: "How we know", Link: definition("evidence")},
		{Text: "Table: marts.evidence"},
	}
	if s := deref(d.dial.Sources); s != "" {
		foot = append(foot, footItem{Text: "Sources: " + s})
	}
	if d.row.DataAsOf != nil {
		foot = append(foot, footItem{Text: "Data to " + day(*d.row.DataAsOf)})
	}
	return append(foot, footItem{Text: "Judged on " + r.instant(d.row.ComputedAt)})
}

// capsNote says what no test will lift.
func (r *request) capsNote(row impactRow) string {
	var parts []string
	if len(row.Joint) > 0 {
		parts = append(parts, "A joint verdict: "+list(row.Joint)+" touched one group more than the other")
	}
	for _, c := range row.Caps {
		if !strings.Contains(row.HowWeKnow, c) {
			parts = append(parts, capital(c))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ". ") + "."
}

// impactFacts are the numbers at the head of the page.
func (r *request) impactFacts(d *impactData) []fact {
	row := d.row
	effect := fact{Term: "Effect", Value: unknown, Sub: "not estimated", Link: definition("effect")}
	if row.Effect != nil && row.Low != nil && row.High != nil {
		effect.Value = d.scale.signed(*row.Effect)
		effect.Sub = d.scale.between(*row.Low, *row.High) + ", " + r.levelWords(row) + " interval"
	}
	compared := fact{Term: "Compared with", Value: unknown, Sub: "nobody to compare with", Link: definition("evidence")}
	if n := deref(row.Comparison); n > 0 {
		noun := row.unitNoun() + "s"
		if row.IsPeople {
			noun = "people"
		}
		compared.Value, compared.Sub = r.numbers.count(n), noun+" without it; "+r.unitsWith(row)+" with it"
	} else if deref(row.MonthsBefore) > 0 {
		compared.Value, compared.Sub = r.numbers.plural(*row.MonthsBefore, "month"), "before the launch; nobody without it"
	}
	line := r.commonLine(d.results, d.tactic, r.money(d.results))
	return []fact{
		effect, compared,
		{"Reach", line.Reach, line.ReachSub, definition("reach")},
		{"Cost to date", line.Cost, line.CostSub, definition("cost-to-date")},
	}
}

// money is the measure of the register's costs.
func (r *request) money(data *results) measure {
	for _, t := range data.tactics {
		if t.CostCurrency != nil {
			return moneyIn(*t.CostCurrency)
		}
	}
	return moneyIn(r.company.Currency)
}

func (r *request) levelWords(row impactRow) string {
	level := deref(row.Level) * 100
	decimals := 0
	if level != math.Trunc(level) {
		decimals = 1
	}
	return r.numbers.fixed(level, decimals) + thin + "%"
}

// beside lists the dials of the same tactic, if there are several (R59).
func (r *request) beside(d *impactData) []besideLine {
	var lines []besideLine
	for _, o := range r.overviewOf(d) {
		if o.row.TacticID != d.row.TacticID {
			continue
		}
		l := besideLine{
			Dial: o.Dial, Link: o.Link, Effect: o.Effect, Result: o.Result, HowWeKnow: o.HowWeKnow, Rung: o.Rung,
			IsCurrent: o.row.LinkID == d.row.LinkID, Change: unknown,
		}
		if o.row.Launched != nil {
			if c := o.dial.sinceLaunch(monthOf(*o.row.Launched), r.period.To); c.Known {
				l.Change = r.numbers.change(c.Now, c.Base, o.dial.measure)
			}
		}
		lines = append(lines, l)
	}
	if len(lines) < 2 {
		return nil
	}
	return lines
}

// A judgedLine is an overview line with what it is of.
type judgedLine struct {
	overviewLine
	row  impactRow
	dial *dial
}

func (r *request) overviewOf(d *impactData) []judgedLine {
	tactics := index(d.tactics, func(t tacticRow) string { return t.TacticID })
	dials := index(d.dials, func(d *dial) string { return d.MetricID })
	var all []judgedLine
	for _, row := range d.rows {
		dl, known := dials[deref(row.MetricID)]
		t, listed := tactics[row.TacticID]
		if !known || !listed {
			continue
		}
		j := judgedLine{row: row, dial: dl, overviewLine: overviewLine{
			Tactic: t.Name, Dial: dl.Name, Link: storyAddress(row.TacticID, dl.MetricID), Rung: int(row.Rung), HowWeKnow: together(row.HowWeKnow),
			Result: resultWords(row), Effect: unknown, IsCurrent: row.LinkID == d.row.LinkID,
		}}
		if row.Effect != nil && row.Low != nil && row.High != nil {
			s := r.scaleOf(dl, row)
			j.Effect = s.signed(*row.Effect) + " (" + s.between(*row.Low, *row.High) + ")"
		}
		all = append(all, j)
	}
	return all
}

// together keeps "(5 of 6)" on one line.
func together(how string) string { return strings.ReplaceAll(how, " of 6", "\u00a0of\u00a06") }

func (r *request) overview(d *impactData) []overviewLine {
	var lines []overviewLine
	for _, j := range r.overviewOf(d) {
		lines = append(lines, j.overviewLine)
	}
	return lines
}

// past lists what was believed, the last first. Runs that changed nothing are
// passed over.
func (r *request) past(d *impactData) []pastLine {
	var lines []pastLine
	for i, h := range d.history {
		row := h.row()
		l := pastLine{Since: day(h.ComputedAt.In(r.zone)), DataTo: unknown, HowWeKnow: h.HowWeKnow, Result: resultWords(row), Effect: unknown, Why: h.Why}
		if h.DataAsOf != nil {
			l.DataTo = day(*h.DataAsOf)
		}
		if h.Effect != nil {
			l.Effect = r.scaleOf(d.dial, row).signed(*h.Effect)
		}
		if i > 0 && i < len(d.history)-1 && h.Rung == d.history[i+1].Rung && h.Result == d.history[i+1].Result && len(lines) > 8 {
			continue
		}
		lines = append(lines, l)
	}
	return lines
}

// storyAddress is where the story of a tactic and a dial is told.
func storyAddress(tactic, dial string) string {
	return "/impact?tactic=" + queryEscape(tactic) + "&dial=" + queryEscape(dial)
}

// monthsSince names a month by its distance from the start.
func monthsSince(r *request, x float64) string {
	switch n := int64(math.Round(x)); {
	case n < 0:
		return r.numbers.plural(-n, "month") + " before the start"
	case n == 0:
		return "the month of the start"
	default:
		return r.numbers.plural(n, "month") + " after the start"
	}
}

// startOf is the first month with the tactic.
func (d *impactData) startOf() (time.Time, bool) {
	if d.row.Launched == nil {
		return time.Time{}, false
	}
	return monthOf(*d.row.Launched), true
}
