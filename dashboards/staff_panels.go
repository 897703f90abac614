package dashboards

import (
	"fmt"
	"slices"
	"time"
)

// turnoverPanel shows leavers month by month, over a rolling year and as an annual rate.
func (r *request) turnoverPanel(s *staff) (*panel, error) {
	var rows []staffRow
	isVague := false
	for _, row := range s.rows {
		if row.Measure == "leavers of a month" {
			rows = append(rows, row)
			isVague = isVague || row.IsHidden || row.IsRange || row.Amount == nil
		}
	}
	if len(rows) < 2 {
		return nil, nil
	}
	slices.SortFunc(rows, func(a, b staffRow) int { return a.Month.Compare(b.Month) })
	if r.asOf.Before(rows[len(rows)-1].Month.AddDate(0, 1, -1)) { // the running month
		rows = rows[:len(rows)-1]
	}
	p := &panel{ID: "turnover", Title: "How many people leave?", Sub: "Leavers ÷ average heads: each month × 365 ÷ its days, and twelve months ÷ the mean of their averages"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("turnover-rolling")}, {Text: "Table: marts.workforce_tree"}, {Text: "Data to " + month(rows[len(rows)-1].Month)}}
	if isVague {
		p.Title = "Single months would tell of few people here: the table of years below says what may be said"
		p.Sub = ""
		return p, nil
	}
	var months []time.Time
	annual, rolling := series(), series()
	table := dataTable{Caption: "Turnover by month", Head: []string{"Month", "Leavers", "Average heads", "In the month", "A year at this rate", "Twelve months"}}
	for i, row := range rows {
		months = append(months, row.Month)
		days := float64(row.Month.AddDate(0, 1, 0).Sub(row.Month) / (24 * time.Hour))
		a := row.rate()
		a.Value *= 365 / days
		annual.add(a)
		twelve := number{}
		if i >= 11 {
			var left, heads float64
			for _, m := range rows[i-11 : i+1] {
				left += *m.Amount
				heads += deref(m.Base) / 12
			}
			twelve.Value, twelve.Known = finite(left / heads)
		}
		rolling.add(twelve)
		table.Rows = append(table.Rows, []string{month(row.Month), r.numbers.fixed(*row.Amount, 0), r.numbers.fixed(deref(row.Base), 1), r.percentTold(row.rate()), r.percentTold(a), r.percentTold(twelve)})
	}
	slices.Reverse(table.Rows)
	if last := rolling.last(); last >= 0 {
		now := rolling.values[last].Value
		p.Title = r.numbers.percent(now) + " of the workforce left in twelve months"
		if last >= 12 && rolling.values[last-12].Known {
			p.Title = r.turnoverTitle(now, rolling.values[last-12].Value, rows, last)
		}
	}
	c := linesChart(months, []lineItem{
		{Name: "month, annual", Color: "var(--quiet)", Kind: "solid", Width: 1.5, Data: annual, Shift: 9},
		{Name: "12 months", Color: "var(--series-1)", Kind: "solid", Width: 2.5, Data: rolling, Shift: -9},
	})
	return p, figureOf(p, c, valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, p.Title+".", table, "chart")
}

// turnoverTitle says how twelve months stand against the twelve before; a change
// that chance explains is none.
func (r *request) turnoverTitle(now, before float64, rows []staffRow, last int) string {
	var left, leftBefore, heads, headsBefore float64
	for i := last - 11; i <= last; i++ {
		left += *rows[i].Amount
		heads += deref(rows[i].Base) / 12
		if i >= 12 {
			leftBefore += *rows[i-12].Amount
			headsBefore += deref(rows[i-12].Base) / 12
		}
	}
	low, _ := poissonInterval(left, heads)
	_, high := poissonInterval(left, heads)
	lowBefore, highBefore := poissonInterval(leftBefore, headsBefore)
	text := r.numbers.percent(now) + " left in twelve months, after " + r.numbers.percent(before) + " in those before"
	if low <= highBefore && lowBefore <= high {
		return text + ": no clear change"
	}
	return text
}

func (r *request) percentTold(n number) string {
	if !n.Known {
		return unknown
	}
	return r.numbers.percent(n.Value)
}

// bandNames are how the bands are called, in order.
var (
	tenureBands = []string{"0-1", "1-2", "2-5", "5-10", "10+"}
	spanBands   = []string{"1-3", "4-6", "7-9", "10-14", "15+"}
)

func bandName(band string) string {
	low, high, isRange := cutBand(band)
	if !isRange {
		return low + " and more"
	}
	return low + " to " + high
}

func cutBand(band string) (low, high string, isRange bool) {
	for i := range band {
		switch band[i] {
		case '+':
			return band[:i], "", false
		case '-':
			return band[:i], band[i+1:], true
		}
	}
	return band, "", false
}

// bandPanel shows how people are spread over bands.
func (r *request) bandPanel(s *staff, measure string, order []string, unit string) (*panel, []staffRow, error) {
	bands := s.bands(measure, order)
	if len(bands) == 0 {
		return nil, nil, nil
	}
	var items []barItem
	p := &panel{ID: measure}
	table := dataTable{Caption: "People by " + measure, Head: []string{capital(measure) + ", " + unit, "People"}}
	for _, b := range bands {
		item := barItem{Name: bandName(b.Band), Label: "few or none"}
		if b.People != nil && !b.IsHidden {
			item.Value, item.Label = number{float64(*b.People), true}, r.numbers.count(*b.People)
		}
		items = append(items, item)
		table.Rows = append(table.Rows, []string{item.Name, item.Label})
	}
	err := figureOf(p, barsChart(items, false), valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, "", table, "chart")
	return p, bands, err
}

func (r *request) tenurePanel(s *staff) (*panel, error) {
	p, bands, err := r.bandPanel(s, "tenure", tenureBands, "years")
	if err != nil || p == nil {
		return nil, err
	}
	at := s.latest("tenure")
	whole, _ := s.find("tenure", at)
	p.Title = "How long have people been here?"
	if whole.Median != nil {
		p.Title = "Half of the people have been here for less than " + r.numbers.fixed(*whole.Median, 1) + " years"
	}
	p.Sub = "Employees by years since the start of their spell of employment, at the end of the data"
	if mean := whole.rate(); mean.Known {
		p.Sub += "; mean " + r.numbers.fixed(mean.Value, 1) + " years, n = " + r.numbers.count(deref(whole.People))
	}
	p.Chart.Title, p.Chart.Summary = p.Title, r.bandSummary(bands, "people")
	p.Foot = []footItem{{Text: "Definition", Link: definition("tenure")}, {Text: "Table: marts.workforce_tree"}}
	return p, nil
}

func (r *request) spanPanel(s *staff) (*panel, error) {
	p, bands, err := r.bandPanel(s, "span", spanBands, "direct reports")
	if err != nil || p == nil {
		return nil, err
	}
	at := s.latest("span")
	whole, _ := s.find("span", at)
	p.Title = "How many people report to one manager?"
	if mean := whole.rate(); mean.Known {
		p.Title = "A manager has " + r.numbers.fixed(mean.Value, 1) + " direct reports on average"
	}
	p.Sub = "Managers by direct reports on solid lines, at the end of the data; nothing is shown of a single manager"
	p.Chart.Title, p.Chart.Summary = p.Title, r.bandSummary(bands, "managers")
	p.Foot = []footItem{{Text: "Definition", Link: definition("span-of-control")}, {Text: "Table: marts.workforce_tree"}}
	return p, nil
}

// bandSummary says the largest band.
func (r *request) bandSummary(bands []staffRow, who string) string {
	var most staffRow
	for _, b := range bands {
		if deref(b.People) > deref(most.People) {
			most = b
		}
	}
	if most.People == nil {
		return "All bands are hidden to protect people."
	}
	return fmt.Sprintf("Most %s, %s, are in the band %s.", who, r.numbers.count(*most.People), bandName(most.Band))
}

// headsPanel shows employees by the attribute chosen.
func (r *request) headsPanel(s *staff, by string) (*panel, error) {
	if by == noBy {
		return nil, nil
	}
	names := map[string]string{}
	for _, t := range s.titles {
		names[deref(t.TitleID)] = deref(t.Title)
	}
	var items []barItem
	hidden := 0
	for _, h := range s.heads {
		if h.Attribute != by {
			continue
		}
		if h.Heads == nil || h.IsHidden {
			hidden++
			continue
		}
		name := h.Value
		if n := names[h.Value]; by == byTitle && n != "" {
			name = n
		}
		items = append(items, barItem{Name: name, Value: number{float64(*h.Heads), true}, Label: r.numbers.count(*h.Heads)})
	}
	if by == byContract { // other contracts apart, with employees
		items = items[:0]
		hidden = 0
		at := s.latest("contracts")
		for _, row := range s.rows {
			if row.Measure != "contracts" || row.Band == "" || !row.Month.Equal(at) {
				continue
			}
			if row.People == nil || row.IsHidden {
				hidden++
				continue
			}
			items = append(items, barItem{Name: row.Band, Value: number{float64(*row.People), true}, Label: r.numbers.count(*row.People)})
		}
	}
	p := &panel{ID: "heads-by", Title: "People by " + byWords(by), Sub: "People with a primary job at the end of the data"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("headcount")}, {Text: "Tables: marts.headcount_by_attribute, marts.workforce_tree"}}
	if len(items) == 0 {
		p.Sub = "Nothing can be shown by " + byWords(by) + " here: choose a larger unit, or the organisation as it was."
		return p, nil
	}
	slices.SortStableFunc(items, func(a, b barItem) int { return int(b.Value.Value - a.Value.Value) })
	most := items[0]
	table := dataTable{Caption: p.Title, Head: []string{capital(byWords(by)), "People"}}
	for _, i := range items {
		table.Rows = append(table.Rows, []string{i.Name, i.Label})
	}
	if hidden > 0 {
		p.Sub += "; some are hidden to protect people"
	}
	class := "chart"
	if len(items) > 9 {
		class = "chart tall"
	}
	return p, figureOf(p, barsChart(items, true), valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, "Most are "+most.Name+", "+most.Label+".", table, class)
}

func byWords(by string) string {
	return map[string]string{byTitle: "job title", byPlace: "place of work", byContract: "type of contract"}[by]
}
