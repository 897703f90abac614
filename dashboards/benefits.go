package dashboards

import (
	"cmp"
	"slices"
	"time"
)

// benefitMonths are when planned and realised benefits are compared (R57).
var benefitMonths = []int64{3, 6, 12, 24}

// A benefitTable sets what was planned of tactics against what came, by the register.
type benefitTable struct {
	Title, Sub string
	Table      dataTable
}

// benefitsOf compares planned and realised benefits of tactics, on one dial or, where
// that is nil, on all. Each month is one that the register names; nothing is
// interpolated. Nil where nothing was planned.
func (r *request) benefitsOf(rows []benefitRow, tactics []tacticRow, on *dial) *benefitTable {
	names := index(tactics, func(t tacticRow) string { return t.TacticID })
	type group struct {
		tactic  string
		goLive  *time.Time
		byMonth map[int64]benefitRow
	}
	groups := map[string]*group{}
	var order []string
	for _, b := range rows {
		t, known := names[b.TacticID]
		if !known || b.Planned == nil || on != nil && b.MetricID != nil && *b.MetricID != on.MetricID {
			continue
		}
		key := b.TacticID + "\x00" + deref(b.MetricID)
		if groups[key] == nil {
			groups[key] = &group{tactic: t.Name, goLive: b.GoLive, byMonth: map[int64]benefitRow{}}
			order = append(order, key)
		}
		groups[key].byMonth[b.Months] = addBenefit(groups[key].byMonth[b.Months], b)
	}
	if len(order) == 0 {
		return nil
	}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(groups[a].tactic, groups[b].tactic) })
	out := &benefitTable{
		Sub:   "Planned → realised by so many months after going live, as the register says; a statement, not this analysis. “due” is a month that is not over",
		Table: dataTable{Caption: "Benefits planned and realised", Head: []string{"Tactic", "Went live"}},
	}
	for _, m := range benefitMonths {
		out.Table.Head = append(out.Table.Head, r.numbers.plural(m, "month"))
	}
	if on != nil {
		out.Table.Head = []string{"After going live", "Planned", "Realised", "Of plan"}
		out.Sub = "As the register says; a statement, not this analysis"
	}
	met, judged := 0, 0
	for _, key := range order {
		g := groups[key]
		line := []string{g.tactic, unknown}
		if g.goLive != nil {
			line[1] = day(*g.goLive)
		}
		last := -1.0
		for _, m := range benefitMonths {
			b, ok := g.byMonth[m]
			planned, actual, share := r.benefitCell(b, ok, m)
			text, of := planned+" → "+actual, unknown
			if !ok {
				text = unknown
			}
			if share >= 0 {
				last, of = share, r.numbers.wholePercent(share)
				text += ", " + of
			}
			line = append(line, text)
			if on != nil && ok {
				out.Table.Rows = append(out.Table.Rows, []string{r.numbers.plural(m, "month"), planned, actual, of})
			}
		}
		if last >= 0 {
			judged++
			if last >= 1 {
				met++
			}
		}
		if on == nil {
			out.Table.Rows = append(out.Table.Rows, line)
		}
	}
	out.Title = r.benefitTitle(met, judged, len(order))
	return out
}

// addBenefit adds up the benefits of one month; what is not known stays so.
func addBenefit(sum, b benefitRow) benefitRow {
	if sum.Planned == nil {
		return b
	}
	planned := *sum.Planned + *b.Planned
	sum.Planned = &planned
	if sum.Actual == nil || b.Actual == nil {
		sum.Actual = nil
		return sum
	}
	actual := *sum.Actual + *b.Actual
	sum.Actual = &actual
	return sum
}

// benefitCell writes what was planned and what came; share is realised ÷ planned, −1
// where that cannot be told yet.
func (r *request) benefitCell(b benefitRow, ok bool, months int64) (planned, actual string, share float64) {
	if !ok {
		return unknown, unknown, -1
	}
	m := moneyIn(deref(b.Currency))
	planned = r.numbers.card(*b.Planned, m)
	switch {
	case b.GoLive != nil && b.GoLive.AddDate(0, int(months), 0).After(r.asOf.AddDate(0, 0, 1)):
		return planned, "due in " + month(b.GoLive.AddDate(0, int(months), -1)), -1
	case b.Actual == nil:
		return planned, "not registered", -1
	case *b.Planned <= 0:
		return planned, r.numbers.card(*b.Actual, m), -1
	}
	return planned, r.numbers.card(*b.Actual, m), *b.Actual / *b.Planned
}

func (r *request) benefitTitle(met, judged, all int) string {
	switch {
	case judged == 0:
		return "Did the planned benefits come? It is too early, or not registered"
	case all == 1 && met == 1:
		return "The register says that the planned benefit came"
	case all == 1:
		return "The register says that less came than was planned"
	case met == judged:
		return "All benefits that are due came as planned, says the register"
	}
	return capital(inWords(met)) + " of " + inWords(judged) + " tactics brought what was planned, says the register"
}
