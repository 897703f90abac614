package dashboards

import (
	"cmp"
	"slices"
	"time"

	"dials/queries"
)

// leaversByPanel shows turnover by the attribute chosen, of the whole company.
func (r *request) leaversByPanel(s *staff, by string) (*panel, error) {
	if by != byTitle && by != byPlace {
		return nil, nil
	}
	p := &panel{ID: "leavers-by", Title: "Turnover by " + byWords(by), Sub: "Twelve months, whole company"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("turnover-rolling")}, {Text: "Table: marts.workforce_tree"}}
	byName := map[string]map[string]staffByRow{}
	var names []string
	for _, row := range s.by {
		if row.Attribute != by {
			continue
		}
		if byName[row.Name] == nil {
			byName[row.Name] = map[string]staffByRow{}
			names = append(names, row.Name)
		}
		byName[row.Name][row.Measure] = row
	}
	if len(names) == 0 {
		p.Sub = "Told of the whole company alone: of units, single titles and places would tell of few people."
		return p, nil
	}
	as := func(row staffByRow) staffRow {
		return staffRow{People: row.People, Amount: row.Amount, Base: row.Base, Low: row.Low, High: row.High, IsRange: row.IsRange, IsHidden: row.IsHidden}
	}
	rate := func(name string) float64 {
		q := as(byName[name]["leavers"]).rate()
		if !q.Known {
			return -1
		}
		return q.Value
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(rate(b), rate(a)) })
	table := dataTable{Caption: p.Title, Head: []string{capital(byWords(by)), "Average heads", "Leavers", "Turnover", "Joiners", "Gone within a year", "Starts from within"}}
	var items []barItem
	for _, name := range names {
		m := byName[name]
		left := as(m["leavers"])
		if left.People == nil || left.IsHidden {
			continue
		}
		item := barItem{Name: name, Value: left.rate(), Label: r.toldRate(left)}
		items = append(items, item)
		table.Rows = append(table.Rows, []string{
			name, r.told(left, left.Base, 0), r.toldCount(left), item.Label, r.toldCount(as(m["joiners"])), r.toldShare(as(m["first year"])), r.toldShare(as(m["fills"])),
		})
	}
	if len(items) == 0 {
		p.Sub = "Hidden to protect people."
		return p, nil
	}
	known := slices.IndexFunc(items, func(i barItem) bool { return !i.Value.Known })
	if known < 0 {
		known = len(items)
	}
	if known > 1 {
		p.Title = "Turnover by " + byWords(by) + " is " + items[known-1].Label + " to " + items[0].Label
	}
	class := "chart"
	if len(items) > 9 {
		class = "chart tall"
	}
	return p, figureOf(p, barsChart(items, true), valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, p.Title+".", table, class)
}

// absencePanel shows the share of contracted hours that people were absent.
func (r *request) absencePanel(s *staff) (*panel, error) {
	if r.reader.Policy.IsOff("absence") {
		return nil, nil
	}
	p := &panel{ID: "absence", Title: "How much work time is lost to absence?", Sub: "Hours absent ÷ contracted hours, twelve months; people are never ranked"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("absence-rate")}, {Text: "Table: marts.absence_tree"}, {Text: "of 10 people or more"}}
	years := s.years()
	var items []barItem
	table := dataTable{Caption: "Absence by kind and year", Head: []string{"Kind, twelve months to", "Hours absent", "Contracted hours", "Absence", "Spells", "Spells a head"}}
	any := false
	for _, a := range s.absence {
		if a.Attribute != "" {
			continue
		}
		any = true
		rate := quotient(a.Hours, a.Contracted)
		label := "hidden"
		if rate.Known {
			label = r.numbers.percent(rate.Value)
		}
		name := capital(a.Type) + ", " + month(a.Month)
		color := "var(--quiet)"
		if len(years) > 0 && a.Month.Equal(years[0]) {
			color = "var(--series-1)"
		}
		items = append(items, barItem{Name: name, Value: rate, Label: label, Color: color})
		spells, perHead := unknown, unknown
		if a.Spells != nil {
			spells = r.numbers.fixed(*a.Spells, 0)
			if q := quotient(a.Spells, a.Heads); q.Known {
				perHead = r.numbers.fixed(q.Value, 2)
			}
		}
		table.Rows = append(table.Rows, []string{name, r.toldOf(a.Hours, 0), r.toldOf(a.Contracted, 0), label, spells, perHead})
	}
	if !any {
		p.Title = "Absence is not known"
		p.Sub = "Load the stream absence, with contracted_hours in employment; then this shows hours absent ÷ contracted hours."
		return p, nil
	}
	if len(years) > 0 {
		if h := s.hoursAbsent("sick", years[0]); h != nil {
			p.Title = "Sick leave took " + r.percentTold(quotient(h.Hours, h.Contracted)) + " of contracted hours in twelve months"
		}
	}
	return p, figureOf(p, barsChart(items, true), valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, p.Title+".", table, "chart")
}

func (r *request) toldOf(v *float64, decimals int) string {
	if v == nil {
		return "hidden"
	}
	return r.numbers.fixed(*v, decimals)
}

// perFTEPanel shows revenue per full-time equivalent.
func (r *request) perFTEPanel(s *staff) (*panel, error) {
	p := &panel{ID: "money", Title: "What comes in per full-time equivalent?", Sub: "Twelve months ÷ the mean of twelve averages of full-time equivalents"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("money-per-fte")}, {Text: "Table: marts.money_per_fte"}}
	var items []barItem
	table := dataTable{Caption: "Money per full-time equivalent", Head: []string{"Dial, twelve months to", "Amount", "Full-time equivalents", "Per FTE"}}
	var last, before *moneyRow
	for i, m := range s.money {
		if m.PerFTE == nil {
			continue
		}
		unit := moneyIn(m.Currency)
		items = append(items, barItem{Name: m.Name + ", " + month(m.Month), Value: number{*m.PerFTE, true}, Label: r.numbers.card(*m.PerFTE, unit), Color: "var(--series-1)"})
		table.Rows = append(table.Rows, []string{m.Name + ", " + month(m.Month), r.numbers.exact(deref(m.Amount), unit), r.toldOf(m.FTE, 1), r.numbers.exact(*m.PerFTE, unit)})
		if last != nil && last.MetricID == m.MetricID {
			before = last
		}
		last = &s.money[i]
	}
	if len(items) == 0 {
		p.Title = "Revenue per full-time equivalent is not known here"
		p.Sub = "It needs a dial that is an amount of money, summed up and wanted to go up, observed for units here in each of twelve months."
		return p, nil
	}
	unit := moneyIn(last.Currency)
	p.Title = last.Name + " per full-time equivalent is " + r.numbers.card(*last.PerFTE, unit)
	if before != nil {
		p.Title += ", " + r.numbers.relative(*last.PerFTE / *before.PerFTE - 1) + " on the year before"
	}
	return p, figureOf(p, barsChart(items, true), r.numbers.format(unit), p.Title+".", table, "chart")
}

// payrollPanel shows payroll per full-time equivalent on the basis chosen.
func (r *request) payrollPanel(s *staff, basis string) (*panel, error) {
	rows := s.payrollOf(basis)
	if len(s.payroll) == 0 {
		return nil, nil
	}
	p := &panel{ID: "payroll", Title: "What does a full-time equivalent cost?", Sub: "Gross and employer's on-costs " + basis + " in the fiscal year ÷ average full-time equivalents; rounded to 1" + thin + "%"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("payroll-per-fte")}, {Text: "Table: marts.pay_tree"}, {Text: "of 10 people or more"}}
	var items []barItem
	table := dataTable{Caption: "Payroll per full-time equivalent", Head: []string{"Fiscal year", "Earned in it", "Paid in it", "People, to the nearest 5"}}
	other := map[time.Time]payrollRow{}
	for _, o := range s.payroll {
		if o.Basis != basis {
			other[o.Month] = o
		}
	}
	unit := moneyIn("")
	for _, row := range rows {
		unit = moneyIn(row.Currency)
		name := r.fiscalName(row.Month.AddDate(0, -1, 0))
		write := func(v *float64) string {
			if v == nil {
				return "hidden"
			}
			return r.numbers.card(*v, unit)
		}
		items = append(items, barItem{Name: name, Value: valueOf(row.Amount), Label: write(row.Amount)})
		earned, paid := write(row.Amount), write(other[row.Month].Amount)
		if basis == "paid" {
			earned, paid = paid, earned
		}
		people := "hidden"
		if row.People != nil {
			people = r.numbers.count(*row.People)
		}
		table.Rows = append(table.Rows, []string{name, earned, paid, people})
	}
	if len(items) == 0 {
		return nil, nil
	}
	if n := len(items); items[n-1].Value.Known {
		p.Title = "A full-time equivalent cost " + items[n-1].Label + " in " + items[n-1].Name + ", by what was " + basis
	}
	return p, figureOf(p, barsChart(items, true), r.numbers.format(unit), p.Title+".", table, "chart")
}

// A payView is what people of one title are paid.
type payView struct {
	Panel panel
	Note  string
}

// payView shows compa-ratio and spread by title (R17).
func (r *request) payView(s *staff) (*payView, error) {
	if len(s.pay) == 0 {
		return nil, nil
	}
	var items []rangeItem
	v := &payView{Panel: panel{ID: "pay", Title: "How is pay placed in its bands?"}}
	table := dataTable{Caption: "Full-time base pay by job title", Head: []string{
		"Job title", "People, to the nearest 5", "Compa-ratio", "Middle half of compa-ratios", "Median pay", "Lowest to highest tenth of pay", "Spread",
	}}
	var all payRow
	ratio := func(q *float64) string {
		if q == nil {
			return unknown
		}
		return r.numbers.fixed(*q, 2)
	}
	for _, row := range s.pay {
		if row.Attribute == "" && !row.Month.Before(all.Month) {
			all = row
		}
	}
	hidden := 0
	for _, row := range s.pay {
		if row.Attribute == "" && row.Month.Before(all.Month) {
			continue
		}
		if row.IsHidden || row.Compa == nil || row.People == nil {
			hidden++
			continue
		}
		name := row.Name
		if row.Attribute == "" {
			name = "All job titles"
		}
		unit := moneyIn(row.Currency)
		half, median, spread, width := "under 20 people", unknown, unknown, unknown
		if row.P25 != nil && row.P75 != nil {
			half = ratio(row.P25) + " to " + ratio(row.P75)
		}
		if row.PayLow != nil && row.PayHigh != nil && row.PayMedian != nil && *row.PayMedian > 0 {
			median, spread = r.numbers.card(*row.PayMedian, unit), r.numbers.card(*row.PayLow, unit)+" to "+r.numbers.card(*row.PayHigh, unit)
			width = r.numbers.wholePercent((*row.PayHigh - *row.PayLow) / *row.PayMedian)
		}
		items = append(items, rangeItem{Name: name, Low: valueOf(row.P25), High: valueOf(row.P75), Point: valueOf(row.Compa), Tip: name + ": " + ratio(row.Compa) + ", middle half " + half})
		table.Rows = append(table.Rows, []string{name, r.numbers.count(*row.People), ratio(row.Compa), half, median, spread, width})
	}
	v.Panel.Foot = []footItem{{Text: "Definition", Link: definition("compa-ratio")}, {Text: "Table: marts.pay_tree"}, {Text: "pay on " + day(all.Month)}}
	v.Note = "Demographics and pay equity are not in scope: this says nothing of whether pay is fair between groups of people."
	if len(items) == 0 {
		v.Panel.Sub = "Hidden to protect people: pay is told of 10 people or more."
		return v, nil
	}
	v.Panel.Title = "Pay by job title against the middle of its band"
	if all.Compa != nil {
		v.Panel.Title = "Base pay is " + r.numbers.wholePercent(*all.Compa) + " of the middle of its bands"
	}
	v.Panel.Sub = "Compa-ratio: full-time base pay ÷ midpoint of the band on " + day(all.Month) + "; the bar is the middle half of the people, the point all of them; rounded to 1" + thin + "%"
	if hidden > 0 {
		v.Panel.Sub += "; job titles with few people are hidden"
	}
	return v, figureOf(&v.Panel, rangesChart(items, 1, "midpoint"), valueFormat{Decimal: r.numbers.decimal, Factor: 1}, v.Panel.Title+".", table, "chart tall")
}

// A titlesView is how spellings were made one.
type titlesView struct {
	Title  string
	Groups []titleGroup
	Foot   []footItem
}

// A titleGroup is one canonical title with its spellings.
type titleGroup struct{ Title, Family, Spellings, Approved, Basis string }

// titlesView lists the canonical titles with the spellings behind them (R17).
func (r *request) titlesView(s *staff) *titlesView {
	if len(s.titles) == 0 {
		return nil
	}
	v := &titlesView{Foot: []footItem{{Text: "Definition", Link: definition("title-consolidation")}, {Text: "Table: marts.title_map"}}}
	if r.reader.Policy.May(queries.TopicWorkforce, queries.Person) {
		v.Foot = append(v.Foot, footItem{Text: "Who approved them (HR)", Link: "/workforce/titles"})
	}
	var order []string
	groups := map[string]*titleGroup{}
	used, unmapped := 0, 0
	for _, t := range s.titles {
		if !t.IsUsed && t.TitleID != nil && t.Basis == "mapped" && deref(t.Title) == t.Raw {
			continue // a title under its own name that nobody uses
		}
		name := deref(t.Title)
		if t.TitleID == nil {
			name = "Not mapped to any title"
		}
		g := groups[name]
		if g == nil {
			g = &titleGroup{Title: name, Family: deref(t.Family), Basis: t.Basis}
			groups[name] = g
			order = append(order, name)
		}
		if t.IsUsed {
			used++
			if t.TitleID == nil {
				unmapped++
			}
		}
		if g.Spellings != "" {
			g.Spellings += " · "
		}
		g.Spellings += t.Raw
		if t.Approved {
			g.Approved = "yes"
			if t.Mapped != nil {
				g.Approved += ", since " + day(*t.Mapped)
			}
		}
	}
	slices.Sort(order)
	titles := 0
	for _, name := range order {
		if groups[name].Approved == "" {
			groups[name].Approved = unknown
		}
		if name != "Not mapped to any title" {
			titles++
		}
		v.Groups = append(v.Groups, *groups[name])
	}
	v.Title = r.numbers.plural(int64(used), "spelling") + " of job titles are in use for " + r.numbers.plural(int64(titles), "title")
	if unmapped > 0 {
		v.Title += "; " + inWords(unmapped) + " stand for no known title"
		if unmapped == 1 {
			v.Title = v.Title[:len(v.Title)-len("stand for no known title")] + "stands for no known title"
		}
	}
	return v
}
