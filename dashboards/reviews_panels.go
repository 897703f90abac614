package dashboards

import (
	"slices"
	"strconv"
	"time"
)

// reviewFunnel shows due → held → actions agreed → actions done (R45).
func (r *request) reviewFunnel(v *reviews) (*panel, error) {
	at, ok := v.year()
	if !ok {
		return nil, nil
	}
	held, ok := v.find("held", at)
	if !ok {
		return nil, nil
	}
	p := &panel{ID: "funnel", Title: "Where do reviews get stuck?", Sub: "Reviews due in " + r.yearName(held) + ", by how far they came; actions are those agreed in them"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("reviews-held")}, {Text: "Actions", Link: definition("review-actions")}, {Text: "Table: marts.reviews_tree"}}
	table := dataTable{Caption: "From due to done", Head: []string{"Step", "Count", "Of the step before"}}
	var items []barItem
	add := func(name string, n *float64, of *float64) {
		item := barItem{Name: name, Label: "hidden"}
		share := unknown
		if n != nil {
			item.Value, item.Label = number{*n, true}, r.numbers.fixed(*n, 0)
			if q := quotient(n, of); q.Known {
				share = r.numbers.wholePercent(q.Value)
				item.Label += ", " + share
			}
		}
		items = append(items, item)
		table.Rows = append(table.Rows, []string{name, r.toldOf(n, 0), share})
	}
	agreed, _ := v.find("agreed", at)
	signed, _ := v.find("signed", at)
	done, _ := v.find("done", at)
	onTime, _ := v.find("done on time", at)
	add("Reviews due", held.Base, nil)
	add("held", held.Amount, held.Base)
	add("signed off", signed.Amount, signed.Base)
	add("with actions agreed", agreed.Amount, agreed.Base)
	add("Actions agreed", done.Base, nil)
	add("done", done.Amount, done.Base)
	add("done on time", onTime.Amount, onTime.Base)
	if a, d := agreed.rate(), done.rate(); a.Known && d.Known {
		p.Title = "Of ten reviews held, " + r.numbers.fixed(a.Value*10, 0) + " agreed on actions; of ten actions, " + r.numbers.fixed(d.Value*10, 0) + " were done"
	}
	return p, figureOf(p, barsChart(items, true), valueFormat{Decimal: r.numbers.decimal, Factor: 1, IsWhole: true}, p.Title+".", table, "chart")
}

// ratingsPanel shows how ratings are spread.
func (r *request) ratingsPanel(v *reviews) (*panel, error) {
	months := v.months("rating")
	p := &panel{ID: "ratings", Title: "How are ratings spread?", Foot: []footItem{{Text: "Definition", Link: definition("rating-distribution")}, {Text: "Table: marts.reviews_tree"}}}
	if len(months) == 0 {
		p.Sub = "Nothing may be told of ratings here: none are known, or too few."
		return p, nil
	}
	whole, ok := v.find("rating", months[0])
	if !ok {
		p.Sub = "Hidden to protect people."
		return p, nil
	}
	p.Sub = "Share of the people rated in " + r.yearName(whole) + " by fifth of the scale, rounded to 1" + thin + "%; n = " + r.numbers.count(deref(whole.People)) + " to the nearest 5"
	var items []barItem
	table := dataTable{Caption: "Ratings", Head: []string{"Rating, 1 to 5", "Share", "People, to the nearest 5"}}
	for band := 1; band <= 5; band++ {
		item := barItem{Name: strconv.Itoa(band), Label: "few or none"}
		people := "few or none"
		for _, row := range v.rows {
			if row.Measure == "rating" && row.Attribute == "band" && row.Value == item.Name && row.Month.Equal(months[0]) && row.Amount != nil && !row.IsHidden {
				item.Value, item.Label = number{*row.Amount, true}, r.numbers.wholePercent(*row.Amount)
				people = r.numbers.count(deref(row.People))
			}
		}
		items = append(items, item)
		table.Rows = append(table.Rows, []string{item.Name, item.Label, people})
	}
	if mean := whole.rate(); mean.Known {
		p.Title = "The mean rating is " + r.numbers.fixed(mean.Value, 1) + " of 5"
		if len(months) > 1 {
			if before, ok := v.find("rating", months[1]); ok && before.rate().Known {
				p.Title += ", after " + r.numbers.fixed(before.rate().Value, 1) + " the year before"
			}
		}
	}
	return p, figureOf(p, barsChart(items, false), valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, p.Title+".", table, "chart")
}

// risesPanel shows how pay changed after a rating (R63).
func (r *request) risesPanel(v *reviews) (*panel, error) {
	if len(v.rises) == 0 {
		return nil, nil
	}
	var at time.Time
	for _, x := range v.rises {
		if x.Rise != nil && x.Month.After(at) {
			at = x.Month
		}
	}
	p := &panel{ID: "rises", Title: "Does pay follow the rating?", Foot: []footItem{{Text: "Definition", Link: definition("pay-by-rating")}, {Text: "Table: marts.pay_tree"}, {Text: "of 10 people or more"}, {Text: "demographics and pay equity are not in scope"}}}
	if at.IsZero() {
		p.Sub = "Hidden to protect people: pay is told of 10 people or more."
		return p, nil
	}
	p.Sub = "Mean change of full-time base pay in the twelve months after reviews of " + r.fiscalName(at) + ", by rating; promotions left out"
	var items []barItem
	table := dataTable{Caption: "Pay change by rating", Head: []string{"Rating, 1 to 5", "Mean change of base pay", "People, to the nearest 5"}}
	var told []float64
	for band := int32(1); band <= 5; band++ {
		item := barItem{Name: strconv.Itoa(int(band)), Label: "few or none"}
		people := "few or none"
		for _, x := range v.rises {
			if x.Rating == band && x.Month.Equal(at) && x.Rise != nil && !x.IsHidden {
				item.Value, item.Label, people = number{*x.Rise, true}, r.numbers.percent(*x.Rise), r.numbers.count(deref(x.People))
				told = append(told, *x.Rise)
			}
		}
		items = append(items, item)
		table.Rows = append(table.Rows, []string{item.Name, item.Label, people})
	}
	switch n := len(told); {
	case n > 1 && slices.IsSorted(told) && told[n-1] > told[0]:
		p.Title = "The better the rating, the more pay rose: " + r.numbers.percent(told[0]) + " to " + r.numbers.percent(told[n-1])
	case n > 1:
		p.Title = "Pay does not rise steadily with the rating: " + r.numbers.percent(slices.Min(told)) + " to " + r.numbers.percent(slices.Max(told))
	}
	return p, figureOf(p, barsChart(items, false), valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, p.Title+".", table, "chart")
}

// quarterPanel shows a number of quarters as a line.
func (r *request) quarterPanel(v *reviews, p *panel, measure, head string, format valueFormat, write func(float64) string) (*panel, error) {
	months := v.months(measure)
	slices.Reverse(months)
	data := series()
	table := dataTable{Caption: p.Title, Head: []string{"Quarter to", head, "Count", "People"}}
	for _, m := range months {
		row, _ := v.find(measure, m)
		data.add(row.rate())
		text := unknown
		if q := row.rate(); q.Known {
			text = write(q.Value)
		}
		table.Rows = append(table.Rows, []string{month(m), text, r.toldOf(row.Amount, 0), r.toldOf(row.Base, 0)})
	}
	if data.last() < 0 {
		p.Sub = "Hidden to protect people."
		return p, nil
	}
	slices.Reverse(table.Rows)
	c := linesChart(months, []lineItem{{Name: write(data.values[data.last()].Value), Color: "var(--series-1)", Kind: "solid", Width: 2.5, Data: data}})
	return p, figureOf(p, c, format, p.Title+".", table, "chart")
}

// recognitionPanel shows recognition notes per head and quarter (R70).
func (r *request) recognitionPanel(v *reviews) (*panel, error) {
	if len(v.months("recognition")) == 0 {
		return nil, nil
	}
	p := &panel{ID: "recognition", Title: "How often is somebody recognised?", Sub: "Notes of recognition for each employee and quarter; whole quarters only"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("recognition")}, {Text: "Table: marts.reviews_tree"}}
	if row, ok := v.last("recognition"); ok && row.rate().Known {
		p.Title = "There are " + r.numbers.fixed(row.rate().Value*100, 0) + " notes of recognition for a hundred people in a quarter"
	}
	return r.quarterPanel(v, p, "recognition", "Notes a head", valueFormat{Decimal: r.numbers.decimal, Factor: 1}, func(x float64) string { return r.numbers.fixed(x, 2) })
}

// notedPanel shows for how many people something was noted between reviews (R49).
func (r *request) notedPanel(v *reviews) (*panel, error) {
	if len(v.months("noted")) == 0 {
		return nil, nil
	}
	p := &panel{ID: "noted", Title: "Is anything noted between reviews?", Sub: "People with a note in the quarter ÷ people reviewed in the twelve months to its end; counts, never text"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("review-notes")}, {Text: "Table: marts.reviews_tree"}}
	if row, ok := v.last("noted"); ok && row.rate().Known {
		p.Title = "For " + r.numbers.wholePercent(row.rate().Value) + " of the people reviewed something was noted last quarter"
	}
	return r.quarterPanel(v, p, "noted", "Share", valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, r.numbers.wholePercent)
}

// heldByPanel shows reviews held on time by the attribute chosen.
func (r *request) heldByPanel(v *reviews, by string) (*panel, error) {
	if by == noBy {
		return nil, nil
	}
	p := &panel{ID: "held-by", Title: "Reviews held on time, by " + byWords(by), Sub: "Of the reviews due in the latest year"}
	p.Foot = []footItem{{Text: "Definition", Link: definition("reviews-held")}, {Text: "Table: marts.reviews_tree"}}
	held := map[string]reviewRow{}
	for _, row := range v.rows {
		if row.Measure == "held" && row.Attribute == by {
			held[row.Value] = row
		}
	}
	var items []barItem
	table := dataTable{Caption: p.Title, Head: []string{capital(byWords(by)), "Due", "Held", "Held on time"}}
	for _, row := range v.rows {
		if row.Measure != "on time" || row.Attribute != by || row.IsHidden || !row.rate().Known {
			continue
		}
		label := r.numbers.wholePercent(row.rate().Value)
		items = append(items, barItem{Name: row.Name, Value: row.rate(), Label: label})
		table.Rows = append(table.Rows, []string{row.Name, r.toldOf(row.Base, 0), r.percentTold(held[row.Value].rate()), label})
	}
	if len(items) == 0 {
		p.Sub = "Nothing can be shown by " + byWords(by) + " here: choose a larger unit, or the organisation as it was."
		return p, nil
	}
	class := "chart"
	if len(items) > 9 {
		class = "chart tall"
	}
	return p, figureOf(p, barsChart(items, true), valueFormat{Decimal: r.numbers.decimal, Suffix: thin + "%", Factor: 100}, p.Title+".", table, class)
}
