package dashboards

import (
	"math"

	"dials/queries/evidence"
)

// A balanceView is whether the groups were alike before the launch.
type balanceView struct {
	Title, Sub string
	Table      dataTable
}

func (r *request) balance(d *impactData) *balanceView {
	points := d.points["balance"]
	if len(points) == 0 {
		return nil
	}
	limit := evidence.SMDLimit(int(deref(d.row.Treated)), int(deref(d.row.Comparison)))
	b := &balanceView{Sub: "Standardised difference before the launch; chance alone explains up to " + r.numbers.fixed(limit, 2)}
	b.Table = dataTable{Caption: "Differences before the launch", Head: []string{"", "As they were", "As compared"}}
	apart, fixed := 0, 0
	for _, p := range points {
		after := "as they were"
		used := deref(p.Value)
		if p.Other != nil {
			used, after = *p.Other, r.numbers.signed(*p.Other, 2)
		}
		switch {
		case math.Abs(used) >= limit:
			apart++
		case math.Abs(deref(p.Value)) >= limit:
			fixed++
		}
		b.Table.Rows = append(b.Table.Rows, []string{capital(deref(p.Name)), r.numbers.signed(deref(p.Value), 2), after})
	}
	switch {
	case apart == 0 && fixed == 0:
		b.Title = "Before the launch both groups were alike"
	case apart == 0:
		b.Title = "Both groups were not alike; weighted, they are"
	default:
		b.Title = "Before the launch the groups differed in " + counted(apart, "thing", "that was measured", "that were measured")
	}
	return b
}

// persistence is how long the effect lasts: months 3, 6, 12, 24, 36 and 60 since
// the start, and how much is kept of it (R06).
func (r *request) persistence(d *impactData) (*dataTable, string) {
	kept, retained := byDistance(d.points["kept"]), byDistance(d.points["retention"])
	if len(kept) == 0 {
		kept = byDistance(d.points["event"])
	}
	last := -1
	for at := range kept {
		last = max(last, at)
	}
	if last < 3 {
		return nil, ""
	}
	t := &dataTable{Caption: "Effect by months since the start", Head: []string{"Months since the start", "Effect", "Interval", "Kept"}}
	for _, m := range []int{3, 6, 12, 24, 36, 60} {
		cells := []string{r.numbers.count(int64(m)), unknown, "not yet", unknown}
		if p, ok := kept[m]; ok {
			cells[1], cells[2] = d.scale.signed(*p.Value), unknown
			if p.Low != nil && p.High != nil {
				cells[2] = d.scale.between(*p.Low, *p.High)
			}
		} else if m <= last {
			cells[2] = "not observed"
		}
		if p, ok := retained[m]; ok {
			cells[3] = r.numbers.wholePercent(*p.Value)
			if p.Low != nil && p.High != nil {
				cells[3] += " (" + r.numbers.wholePercent(*p.Low) + " to " + r.numbers.wholePercent(*p.High) + ")"
			}
		}
		t.Rows = append(t.Rows, cells)
	}
	if len(retained) == 0 {
		t.Head = t.Head[:3]
		for i := range t.Rows {
			t.Rows[i] = t.Rows[i][:3]
		}
	}
	if last < 12 {
		return t, "Does it last? It is too early to tell after " + r.numbers.plural(int64(last), "month")
	}
	return t, "Does it last? What is known up to month " + r.numbers.count(int64(last))
}

// byDistance finds points by their months since the start.
func byDistance(points []impactPointRow) map[int]impactPointRow {
	at := map[int]impactPointRow{}
	for _, p := range points {
		if p.X != nil && *p.X >= 0 && p.Value != nil {
			at[int(*p.X)] = p
		}
	}
	return at
}
