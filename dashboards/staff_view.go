package dashboards

import (
	"fmt"
	"math"
	"time"
)

// staffView is what templates/workforce.html shows of the workforce.
type staffView struct {
	Facts  []fact
	Note   string // which filters are not applied, and why
	Form   staffForm
	Panels []panel
	Years  *dataTable
	Known  *knownView
	Pay    *payView
	Titles *titlesView
}

// staffForm is the page's own choices.
type staffForm struct {
	Unit, Org string
	By, Basis []choice
	KnownOn   string
	MayKnow   bool
}

const noBy, byTitle, byPlace, byContract = "", "title", "location", "type"

// staffView lays out the numbers of the workforce.
func (r *request) staffView(s *staff) (*staffView, error) {
	by, err := r.chosen("by", noBy, byTitle, byPlace, byContract)
	if err != nil {
		return nil, err
	}
	basis, err := r.chosen("basis", "", "earned", "paid")
	if err != nil {
		return nil, err
	}
	if basis == "" {
		basis = "earned"
	}
	v := &staffView{Facts: r.staffFacts(s, basis), Form: staffForm{
		Unit: r.filters.Unit, MayKnow: r.mayKnow(), KnownOn: r.query["known_on"],
		By:    []choice{{noBy, "nothing further", by == noBy}, {byTitle, "job title", by == byTitle}, {byPlace, "place of work", by == byPlace}, {byContract, "type of contract", by == byContract}},
		Basis: []choice{{"earned", "when it was earned", basis == "earned"}, {"paid", "when it was paid", basis == "paid"}},
	}}
	if r.filters.AsNow {
		v.Form.Org = "now"
	}
	v.Note = r.staffNote(s)
	for _, draw := range []func(*staff) (*panel, error){
		r.turnoverPanel, r.tenurePanel, r.spanPanel,
		func(s *staff) (*panel, error) { return r.headsPanel(s, by) },
		func(s *staff) (*panel, error) { return r.leaversByPanel(s, by) },
		r.absencePanel, r.perFTEPanel,
		func(s *staff) (*panel, error) { return r.payrollPanel(s, basis) },
	} {
		p, err := draw(s)
		if err != nil {
			return nil, err
		}
		if p != nil {
			v.Panels = append(v.Panels, *p)
		}
	}
	v.Years = r.yearsTable(s)
	v.Known = r.knownView(s)
	if v.Pay, err = r.payView(s); err != nil {
		return nil, err
	}
	v.Titles = r.titlesView(s)
	return v, nil
}

// staffNote says what the filters do not change here.
func (r *request) staffNote(s *staff) string {
	years := s.years()
	if len(years) == 0 {
		return ""
	}
	text := "Years are the twelve months to " + month(years[0]) + " and those before; the filters Period and As of do not change them."
	if r.filters.AsNow {
		text += " Job titles, places and single persons' moves follow the organisation as it was."
	}
	return text
}

// staffFacts are the numbers of the workforce at the head of the page.
func (r *request) staffFacts(s *staff, basis string) []fact {
	facts := []fact{}
	years := s.years()
	if len(years) == 0 {
		return nil
	}
	at := years[0]
	when := "twelve months to " + month(at)
	add := func(term, link string, value number, write func(float64) string, sub string) {
		f := fact{Term: term, Value: unknown, Sub: sub, Link: definition(link)}
		if value.Known {
			f.Value = write(value.Value)
		}
		facts = append(facts, f)
	}
	left, _ := s.find("leavers", at)
	add("Turnover", "turnover-rolling", left.rate(), r.numbers.percent, r.leaverSub(left, when))
	joined, _ := s.find("joiners", at)
	add("Joiners", "joiners", valueOf(joined.Amount), func(v float64) string { return r.numbers.fixed(v, 0) }, r.joinerSub(joined, when))
	first, _ := s.find("first year", at)
	add("Gone within a year", "first-year-turnover", first.rate(), r.numbers.percent, r.shareSub(first, "hired the year before"))
	moved, _ := s.find("moves", at)
	add("Internal moves", "mobility", moved.rate(), r.numbers.percent, r.countSub(moved, when))
	if h := s.hoursAbsent("sick", at); h != nil {
		add("Sick leave", "absence-rate", quotient(h.Hours, h.Contracted), r.numbers.percent, "of contracted hours, "+when)
	}
	if fill, ok := s.find("fills", at); ok {
		add("Starts filled from within", "fills", fill.rate(), r.numbers.wholePercent, r.shareSub(fill, "starts in a title"))
	}
	for _, m := range s.money {
		if m.Month.Equal(at) && m.PerFTE != nil {
			add(m.Name+" per FTE", "money-per-fte", valueOf(m.PerFTE), func(v float64) string { return r.numbers.card(v, moneyIn(m.Currency)) }, "a year, "+when)
			break
		}
	}
	if p := s.payrollOf(basis); len(p) > 0 && p[len(p)-1].Amount != nil {
		last := p[len(p)-1]
		add("Payroll per FTE", "payroll-per-fte", valueOf(last.Amount), func(v float64) string { return r.numbers.card(v, moneyIn(last.Currency)) },
			"gross and on-costs "+basis+" in "+r.fiscalName(last.Month.AddDate(0, -1, 0)))
	}
	return facts
}

func valueOf(v *float64) number {
	if v == nil {
		return number{}
	}
	return number{*v, true}
}

// fiscalName names the fiscal year that a month lies in.
func (r *request) fiscalName(m time.Time) string {
	c := calendar{time.Month(r.company.FiscalYearStartMonth)}
	from, _ := c.yearOf(m)
	return c.yearName(from)
}

// leaverSub says how many left of how many, with the interval of the rate.
func (r *request) leaverSub(row staffRow, when string) string {
	switch {
	case row.IsHidden:
		return "hidden to protect people"
	case row.IsRange:
		return r.rangeWords(row.Low, row.High, "leaver") + ", " + when
	case row.Amount == nil || row.Base == nil || *row.Base == 0:
		return "no leaver is known yet"
	}
	low, high := poissonInterval(*row.Amount, *row.Base)
	return fmt.Sprintf("%s to %s (95%s%%): %s leavers, %s", r.numbers.fixed(low*100, 1), r.numbers.percent(high), thin, r.numbers.fixed(*row.Amount, 0), when)
}

// countSub says of how many people a count is, or why it is not told.
func (r *request) countSub(row staffRow, when string) string {
	switch {
	case row.IsHidden:
		return "hidden to protect people"
	case row.IsRange:
		return r.rangeWords(row.Low, row.High, "person") + ", " + when
	case row.Base == nil || row.Amount == nil:
		return "not known"
	}
	return r.numbers.fixed(*row.Amount, 0) + " for " + r.numbers.fixed(*row.Base, 0) + " heads on average, " + when
}

// joinerSub says which share of the workforce is new.
func (r *request) joinerSub(row staffRow, when string) string {
	if rate := row.rate(); rate.Known && !row.IsHidden {
		return r.numbers.percent(rate.Value) + " of average heads, " + when
	}
	return r.countSub(row, when)
}

func (r *request) shareSub(row staffRow, of string) string {
	switch {
	case row.IsHidden:
		return "hidden to protect people"
	case row.IsRange:
		return r.rangeWords(row.Low, row.High, "person")
	case row.Base == nil || row.Amount == nil:
		return "not known yet"
	}
	return r.numbers.fixed(*row.Amount, 0) + " of " + r.numbers.fixed(*row.Base, 0) + " " + of
}

// rangeWords say a count that is told as a range only.
func (r *request) rangeWords(low, high *int64, noun string) string {
	if low == nil || high == nil {
		return "too few " + plurals(noun) + " to be told"
	}
	return r.numbers.count(*low) + " to " + r.numbers.plural(*high, noun)
}

func plurals(noun string) string {
	if noun == "person" {
		return "people"
	}
	return noun + "s"
}

// hoursAbsent is one kind of absence of a year, without attribute.
func (s *staff) hoursAbsent(kind string, at time.Time) *absenceRow {
	for i, a := range s.absence {
		if a.Type == kind && a.Month.Equal(at) && a.Attribute == "" && !a.IsHidden && a.Hours != nil {
			return &s.absence[i]
		}
	}
	return nil
}

func (s *staff) payrollOf(basis string) []payrollRow {
	var list []payrollRow
	for _, p := range s.payroll {
		if p.Basis == basis {
			list = append(list, p)
		}
	}
	return list
}

// yearsTable is each year of the workforce in one row.
func (r *request) yearsTable(s *staff) *dataTable {
	years := s.years()
	if len(years) == 0 {
		return nil
	}
	t := &dataTable{Caption: "The workforce by year", Head: []string{
		"Twelve months to", "Average heads", "Leavers", "Turnover", "95" + thin + "% interval", "Chose to leave", "Joiners", "Gone within a year", "Internal moves", "Starts from within",
	}}
	for _, at := range years {
		left, _ := s.find("leavers", at)
		chose, _ := s.find("voluntary", at)
		joined, _ := s.find("joiners", at)
		first, _ := s.find("first year", at)
		moved, _ := s.find("moves", at)
		fills, _ := s.find("fills", at)
		interval := unknown
		if left.Amount != nil && left.Base != nil && *left.Base > 0 {
			low, high := poissonInterval(*left.Amount, *left.Base)
			interval = r.numbers.fixed(low*100, 1) + " to " + r.numbers.percent(high)
		}
		t.Rows = append(t.Rows, []string{
			month(at), r.told(left, left.Base, 0), r.toldCount(left), r.toldRate(left), interval, r.toldRate(chose), r.toldCount(joined),
			r.toldShare(first), r.toldCount(moved), r.toldShare(fills),
		})
	}
	return t
}

// told writes a value, or why it is not told.
func (r *request) told(row staffRow, v *float64, decimals int) string {
	switch {
	case row.IsHidden:
		return "hidden"
	case v == nil:
		return unknown
	}
	return r.numbers.fixed(*v, decimals)
}

func (r *request) toldCount(row staffRow) string {
	if !row.IsHidden && row.IsRange {
		if row.Low == nil || row.High == nil {
			return "few"
		}
		return r.numbers.count(*row.Low) + " to " + r.numbers.count(*row.High)
	}
	return r.told(row, row.Amount, 0)
}

func (r *request) toldRate(row staffRow) string {
	switch rate := row.rate(); {
	case row.IsHidden:
		return "hidden"
	case rate.Known:
		return r.numbers.percent(rate.Value)
	case row.IsRange && row.Low != nil && row.High != nil && row.Base != nil && *row.Base > 0:
		return r.numbers.fixed(float64(*row.Low) / *row.Base * 100, 1) + " to " + r.numbers.percent(math.Min(1, float64(*row.High) / *row.Base))
	case row.IsRange:
		return "few"
	}
	return unknown
}

func (r *request) toldShare(row staffRow) string {
	text := r.toldRate(row)
	if row.rate().Known {
		text += " of " + r.numbers.fixed(*row.Base, 0)
	}
	return text
}
