package dashboards

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"dials/queries"
)

// learningInvestment is the page on where money and hours go, and whether the front
// line gets its share.
var learningInvestment = page{
	Path: "/investment", Name: "Investment", Heading: "Learning investment", Topics: []queries.Topic{queries.TopicInvestment}, Template: "overview.html",
	Filters: true, Params: []string{"of"}, Load: loadInvestment,
}

// An investedRow is what is measured of learning in a window or quarter.
type investedRow struct {
	Window    string    `db:"window_id"`
	Month     time.Time `db:"month"`
	What      string    `db:"what"`
	Value     string    `db:"value"`
	Frontline string    `db:"attribute_value"`
	People    *int64    `db:"people_n"`
	Hours     *float64  `db:"hours"`
	Aligned   *float64  `db:"aligned_hours"`
	Square    *float64  `db:"square"`
	FTE       *float64  `db:"fte"`
	Days      *int64    `db:"days"`
	Items     *int64    `db:"items"`
	Done      *int64    `db:"items_done"`
	IsRange   bool      `db:"is_range"`
}

// An investedUnitRow is hours and full-time equivalents of a unit.
type investedUnitRow struct {
	ID     string   `db:"group_id"`
	Name   string   `db:"group_name"`
	People *int64   `db:"people_n"`
	Hours  *float64 `db:"hours"`
	FTE    *float64 `db:"fte"`
	Days   *int64   `db:"days"`
}

// A costRow is a kind of cost of learning.
type costOfRow struct {
	What      string   `db:"what"`
	Frontline string   `db:"attribute_value"`
	People    *int64   `db:"people_n"`
	Amount    *float64 `db:"amount"`
	Square    *float64 `db:"square"`
	Unit      *float64 `db:"unit_amount"`
	Open      *float64 `db:"open_amount"`
	FTE       *float64 `db:"fte"`
	Days      *int64   `db:"days"`
	Currency  string   `db:"cost_currency"`
}

// A costUnitRow is a kind of cost of a unit.
type costUnitRow struct {
	ID     string   `db:"group_id"`
	Name   string   `db:"group_name"`
	What   string   `db:"what"`
	People *int64   `db:"people_n"`
	Amount *float64 `db:"amount"`
	Unit   *float64 `db:"unit_amount"`
	FTE    *float64 `db:"fte"`
	Days   *int64   `db:"days"`
}

// A costLineRow is one cost line, or the lines for persons of a course, type and month.
type costLineRow struct {
	CostID    *string   `db:"cost_id"`
	Date      time.Time `db:"cost_date"`
	Type      string    `db:"cost_type"`
	CourseID  *string   `db:"course_id"`
	Course    *string   `db:"course_name"`
	TacticID  *string   `db:"tactic_id"`
	Tactic    *string   `db:"tactic_name"`
	ForUnit   *string   `db:"for_unit"`
	UnitName  *string   `db:"for_unit_name"`
	Amount    *float64  `db:"amount"`
	Stated    *float64  `db:"stated_amount"`
	StatedIn  *string   `db:"stated_currency"`
	Currency  string    `db:"cost_currency"`
	Missing   int64     `db:"missing_rate_lines"`
	IsAligned bool      `db:"is_aligned"`
	People    *int64    `db:"people_n"`
}

// of says what a cost line is for: its key for the address, and its name.
func (c costLineRow) of() (key, name string) {
	switch {
	case c.CourseID != nil:
		return "course:" + *c.CourseID, cmp.Or(deref(c.Course), *c.CourseID)
	case c.TacticID != nil:
		return "tactic:" + *c.TacticID, cmp.Or(deref(c.Tactic), *c.TacticID)
	case c.ForUnit != nil:
		return "unit:" + *c.ForUnit, cmp.Or(deref(c.UnitName), *c.ForUnit)
	}
	return "open", "not allocated"
}

// A clientRow is a need or a course, with the dial beside it.
type clientRow struct {
	Kind        string  `db:"kind"`
	ID          string  `db:"id"`
	Name        string  `db:"name"`
	IsClientLed bool    `db:"is_customer_led"`
	MetricID    *string `db:"metric_id"`
	Metric      *string `db:"metric_name"`
}

// A windowRow is the days of a window.
type windowRow struct {
	From time.Time `db:"from_date"`
	To   time.Time `db:"to_date"`
}

// invested is what the page's queries returned.
type invested struct {
	window    string
	of        string
	rows      []investedRow
	units     []investedUnitRow
	costs     []costOfRow
	costUnits []costUnitRow
	lines     []costLineRow
	clients   []clientRow
	money     measure
}

func loadInvestment(ctx context.Context, r *request) (*content, error) {
	v := &invested{window: r.filters.windowOf(), of: r.query["of"]}
	if err := v.read(ctx, r); err != nil {
		return nil, err
	}
	if len(v.rows) == 0 && len(v.lines) == 0 {
		return &content{Title: "Neither hours nor costs of learning are known here, or of too few people", Body: &overview{Empty: "Load the streams enrolment and course (hours), learning_cost and fx_rate (direct cost), payroll_run and payroll_line (loaded cost), then run dials sync and reload this page."}}, nil
	}
	view, err := r.investmentView(v)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.investmentTitle(v), Lead: r.investmentLead(v), Body: view}, nil
}

func (v *invested) read(ctx context.Context, r *request) error {
	var err error
	window := sql.Named("window", v.window)
	if v.rows, err = read[investedRow](ctx, r, "investment", window); err != nil {
		return err
	}
	if v.units, err = read[investedUnitRow](ctx, r, "investment_units", window); err != nil {
		return err
	}
	if v.costs, err = read[costOfRow](ctx, r, "investment_cost", window); err != nil {
		return err
	}
	if v.costUnits, err = read[costUnitRow](ctx, r, "investment_cost_units", window); err != nil {
		return err
	}
	if v.clients, err = read[clientRow](ctx, r, "customer_led"); err != nil {
		return err
	}
	windows, err := read[windowRow](ctx, r, "learning_windows", window)
	if err != nil || len(windows) == 0 {
		return err
	}
	v.lines, err = read[costLineRow](ctx, r, "learning_cost_lines", sql.Named("from", windows[0].From), sql.Named("to", windows[0].To))
	v.money = moneyIn(r.company.Currency)
	return err
}

func (v *invested) row(window, what, frontline string) (investedRow, bool) {
	for _, x := range v.rows {
		if x.Window == window && x.What == what && x.Frontline == frontline {
			return x, true
		}
	}
	return investedRow{}, false
}

func (v *invested) cost(what, frontline string) (costOfRow, bool) {
	for _, c := range v.costs {
		if c.What == what && c.Frontline == frontline {
			return c, true
		}
	}
	return costOfRow{}, false
}

// perFTE is an amount a year for each full-time equivalent.
func perFTE(amount, fte *float64, days *int64) (float64, bool) {
	if amount == nil || fte == nil || days == nil || *fte <= 0 || *days <= 0 {
		return 0, false
	}
	return finite(*amount / *fte * 365 / float64(*days))
}

// direct is what was spent on a unit: its learners' part of cost lines, the lines of the
// unit itself and, of the company, what belongs to nobody.
func (c costOfRow) direct() *float64 {
	if c.Amount == nil {
		return nil
	}
	all := *c.Amount + deref(c.Unit) + deref(c.Open)
	return &all
}

// loaded is direct cost and the learners' time.
func (v *invested) loaded() *float64 {
	direct, ok := v.cost("direct", "")
	spent, known := v.cost("time", "")
	if !known || spent.Amount == nil {
		return nil
	}
	if !ok {
		return spent.Amount
	}
	if direct.Amount == nil {
		return nil
	}
	all := *direct.direct() + *spent.Amount
	return &all
}

// frontline is the parity of hours, direct cost or time between the front line and the others.
func (v *invested) frontline(what string) (parity, bool) {
	var side, others part
	for i, value := range []string{"yes", "no"} {
		p := []*part{&side, &others}[i]
		if what == "hours" {
			x, ok := v.row(v.window, "hours", value)
			if !ok || x.Hours == nil || x.FTE == nil {
				return parity{}, false
			}
			*p = part{*x.Hours, deref(x.Square), float64(deref(x.People)), *x.FTE}
			continue
		}
		x, ok := v.cost(what, value)
		if !ok || x.Amount == nil || x.FTE == nil {
			return parity{}, false
		}
		*p = part{*x.Amount, deref(x.Square), float64(deref(x.People)), *x.FTE}
	}
	return parityOf(side, others)
}

// investmentTitle answers: where do money and hours go; does the front line get its share?
func (r *request) investmentTitle(v *invested) string {
	all, ok := v.row(v.window, "hours", "")
	title := "What is spent on learning is known; hours are not"
	if d, known := v.cost("direct", ""); len(v.lines) == 0 && (!known || d.Amount == nil) {
		title = "Neither hours nor costs of learning are known here, or of too few people"
	}
	if ok && all.Hours != nil {
		title = r.numbers.count(int64(*all.Hours+0.5)) + " hours went into learning in " + r.windowName(v.window)
		if per, known := perFTE(all.Hours, all.FTE, all.Days); known {
			title = r.numbers.fixed(per, 1) + " hours a year go into learning for each full-time equivalent"
		}
	}
	p, known := v.frontline("hours")
	switch {
	case !known:
		return title
	case p.Low > 1:
		return title + "; the front line gets more than its share"
	case p.High < 1:
		return title + "; the front line gets less than its share"
	}
	return title + "; " + p.words("the front line gets its share", "it cannot be told whether the front line gets its share")
}

// investmentLead qualifies the title in one line.
func (r *request) investmentLead(v *invested) string {
	var parts []string
	if p, ok := v.frontline("hours"); ok {
		parts = append(parts, "The front line has "+r.numbers.wholePercent(p.ShareOf)+" of the hours and "+r.numbers.wholePercent(p.ShareOfFTE)+" of the full-time equivalents: "+r.parityText(p)+".")
	}
	if d, ok := v.cost("direct", ""); ok && d.Amount != nil {
		parts = append(parts, r.numbers.card(*d.direct(), v.money)+" direct cost in "+r.windowName(v.window)+".")
		if o := deref(d.Open); o > 0 {
			parts = append(parts, r.numbers.card(o, v.money)+" of it reached no learner and no unit: lines for nothing named, or for courses on which nobody spent hours in the period.")
		}
	}
	missing := int64(0)
	for _, l := range v.lines {
		missing += l.Missing
	}
	if missing > 0 {
		parts = append(parts, r.numbers.plural(missing, "cost line")+" without an exchange rate of the day: left out of sums, shown as –.")
	}
	return strings.Join(parts, " ")
}

func (r *request) parityText(p parity) string {
	return r.numbers.fixed(p.Ratio, 2) + " (" + r.numbers.fixed(p.Low, 2) + " to " + r.numbers.fixed(p.High, 2) + ")"
}

// investmentFacts are the numbers at the head of the page.
func (r *request) investmentFacts(v *invested) []fact {
	window := r.windowName(v.window)
	facts := []fact{
		{"Direct cost per FTE", unknown, "load learning_cost and employment", definition("direct-cost-per-fte")},
		{"Loaded cost per FTE", unknown, "needs a payroll, or is hidden", definition("loaded-cost-per-fte")},
		{"Hours per FTE", unknown, "load hours of enrolments and employment", definition("hours-per-fte")},
		{"Front-line parity, hours", unknown, "job_title must say who is at the front line", definition("front-line-parity")},
		{"Aligned hours", unknown, "load course_competency and requirements of objectives", definition("aligned-share")},
		{"Aligned spend", unknown, "no cost of a course is known here", definition("aligned-share")},
		{"Self-directed", unknown, "no completion in " + window, definition("self-directed-share")},
		{"Plan items for customers", unknown, "load plan_item, or few people have one", definition("customer-led")},
	}
	if d, ok := v.cost("direct", ""); ok {
		if per, known := perFTE(d.direct(), d.FTE, d.Days); known {
			facts[0].Value, facts[0].Sub = r.numbers.card(per, v.money), "a year; "+r.numbers.exact(*d.direct(), v.money)+" in "+window+" for "+r.numbers.fixed(*d.FTE, 0)+" FTE"
		}
		if per, known := perFTE(v.loaded(), d.FTE, d.Days); known {
			facts[1].Value, facts[1].Sub = r.numbers.card(per, v.money), "a year; with learners’ hours at loaded rates, "+r.numbers.exact(*v.loaded(), v.money)
		}
	}
	if h, ok := v.row(v.window, "hours", ""); ok && h.Hours != nil {
		if per, known := perFTE(h.Hours, h.FTE, h.Days); known {
			facts[2].Value, facts[2].Sub = r.numbers.fixed(per, 1), "a year; "+r.numbers.fixed(*h.Hours, 0)+" hours in "+window+", n = "+r.numbers.count(deref(h.People))
		}
		if *h.Hours > 0 && deref(h.Aligned) > 0 {
			facts[4].Value, facts[4].Sub = r.numbers.percent(*h.Aligned / *h.Hours), "on courses that reach a competency an objective asks for"
		}
	}
	if p, ok := v.frontline("hours"); ok {
		facts[3].Value, facts[3].Sub = r.numbers.fixed(p.Ratio, 2), "95 % interval "+r.numbers.fixed(p.Low, 2)+" to "+r.numbers.fixed(p.High, 2)+"; 1 is even"
	}
	aligned, all := 0.0, 0.0
	for _, l := range v.lines {
		all += deref(l.Amount)
		if l.IsAligned {
			aligned += deref(l.Amount)
		}
	}
	if all > 0 {
		facts[5].Value, facts[5].Sub = r.numbers.percent(aligned/all), "of "+r.numbers.exact(all, v.money)+" direct cost of the company in "+window
	}
	if s, ok := v.row(v.window, "self", ""); ok && deref(s.Items) > 0 {
		facts[6].Sub = "of " + r.numbers.count(*s.Items) + " completions in " + window + ": of few people, or of none, it is stated (origin of the stream enrolment)"
		if s.Done != nil {
			facts[6].Sub = "of " + r.numbers.count(*s.Items) + " completions in " + window
			facts[6].Value = r.numbers.percent(float64(*s.Done) / float64(*s.Items))
		}
	}
	if s, ok := v.row("rolling-12", "plans", ""); ok && deref(s.Items) > 0 {
		facts[7].Sub = "of " + r.numbers.count(*s.Items) + " items of development plans in 12 months"
		if s.Done != nil {
			facts[7].Value = r.numbers.percent(float64(*s.Done) / float64(*s.Items))
		}
	}
	return facts
}

// costGroup is the cost lines of one thing that they are for.
type costGroup struct {
	key, name string
	amount    float64
	types     map[string]float64
	lines     []costLineRow
}

// grouped puts cost lines together by what they are for, the dearest first.
func (v *invested) grouped() []*costGroup {
	byKey := map[string]*costGroup{}
	var groups []*costGroup
	for _, l := range v.lines {
		key, name := l.of()
		g := byKey[key]
		if g == nil {
			g = &costGroup{key: key, name: name, types: map[string]float64{}}
			byKey[key], groups = g, append(groups, g)
		}
		g.amount += deref(l.Amount)
		g.types[l.Type] += deref(l.Amount)
		g.lines = append(g.lines, l)
	}
	slices.SortStableFunc(groups, func(a, b *costGroup) int { return cmp.Compare(b.amount, a.amount) })
	return groups
}

// clientShares counts needs and courses that customers asked for.
func (v *invested) clientShares(kind string) (led, all int) {
	seen := map[string]bool{}
	for _, c := range v.clients {
		if c.Kind != kind || seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		all++
		if c.IsClientLed {
			led++
		}
	}
	return led, all
}

// clientList is the needs and courses that customers asked for, with their dials (R67).
func (r *request) clientList(v *invested) listing {
	needs, allNeeds := v.clientShares("need")
	courses, allCourses := v.clientShares("course")
	l := listing{
		ID: "clients", Title: "What of it did customers ask for?",
		Sub:   fmt.Sprintf("%d of %d needs and %d of %d courses name customer feedback; the dial that their tactics are aimed at beside them", needs, allNeeds, courses, allCourses),
		Head:  []listHead{{Text: "What"}, {Text: "Kind"}, {Text: "Dial", Link: definition("customer-led")}},
		Empty: "No need and no course names customer feedback: load is_customer_feedback of the stream need, is_customer_led of course.",
		Foot:  []footItem{{Text: "Definition", Link: definition("customer-led")}, {Text: "Table: marts.customer_led"}},
	}
	for _, c := range v.clients {
		if !c.IsClientLed {
			continue
		}
		dial := listCell{Text: "no dial is linked"}
		if c.MetricID != nil {
			dial = listCell{Text: deref(c.Metric), Link: definition(*c.MetricID)}
		}
		name := listCell{Text: c.Name, Link: "/register#need"}
		if c.Kind == "course" {
			name.Link = r.here("/learning", "course", c.ID)
		}
		l.Rows = append(l.Rows, []listCell{name, {Text: c.Kind}, dial})
	}
	return l
}
