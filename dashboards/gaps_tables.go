package dashboards

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"dials/queries/forecast"
)

// unescaped is a value of a query string as it was.
func unescaped(value string) string {
	s, err := url.QueryUnescape(value)
	if err != nil {
		return value
	}
	return s
}

// gapReady lists the critical titles.
func (r *request) gapReady(g *gaps) *gapTable {
	if len(g.ready) == 0 {
		return nil
	}
	t := &gapTable{
		Sub:  "Ready now is to be at every level that the title requires everywhere, by the stated rule, in another title today; how many are ready is not told",
		Head: []string{"Critical title", "Two or more ready", "Competencies required", "People assessed in all of them"},
		Foot: []footItem{{Text: "Definition", Link: definition("ready-now")}, {Text: "Table: marts.ready_titles"}, {Text: "whole company, at the last day of the data"}},
	}
	bare := 0
	for _, x := range g.ready {
		state := "cannot be told"
		switch {
		case x.Competencies == 0:
			state = "nothing is required of it"
		case x.IsCovered != nil && *x.IsCovered:
			state = "✓ yes"
		case x.IsCovered != nil:
			state = "✕ no"
			bare++
		}
		n := "few"
		if x.Assessed != nil {
			n = r.numbers.count(*x.Assessed)
		}
		t.Rows = append(t.Rows, []string{x.Name, state, r.numbers.count(x.Competencies), n})
		t.Links = append(t.Links, r.gapsLink("title", x.TitleID))
	}
	t.Title = r.readyTitle(g, bare)
	return t
}

func (r *request) readyTitle(g *gaps, bare int) string {
	unknownOnes := 0
	for _, x := range g.ready {
		if x.IsCovered == nil {
			unknownOnes++
		}
	}
	switch {
	case bare > 0:
		return capital(inWords(bare)) + " of " + inWords(len(g.ready)) + " critical titles " + verb(int64(bare), "has", "have") + " no two people ready"
	case unknownOnes == len(g.ready):
		return "Of no critical title it can be told whether two people are ready"
	case unknownOnes > 0:
		return "Of " + inWords(unknownOnes) + " of " + inWords(len(g.ready)) + " critical titles it cannot be told whether two people are ready"
	}
	return "Every critical title has two people or more ready"
}

// horizons are the months ahead that are projected.
func horizons() []float64 { return []float64{6, 12, 24} }

// rangeLevel is the level of the range of a projection.
const rangeLevel = .8

// gapHires lists the titles whose heads will not do.
func (r *request) gapHires(g *gaps) *gapTable {
	if len(g.demand) == 0 {
		return nil
	}
	t := &gapTable{
		Sub:   "Planned heads less those of today who will still be there, at the title's own attrition, at least 0; 80 % range. Moves between titles are not in it",
		Cells: cellLinks{}, Head: []string{"Title", "Heads now", "Attrition a year", "Planned in 12 months", "Hires, 6 months", "Hires, 12 months", "Hires, 24 months"},
		Foot: []footItem{{Text: "Definition", Link: definition("hires-needed")}, {Text: "Table: marts.title_demand"}, {Text: "whole company, whichever unit is asked for"}},
	}
	type line struct {
		row  []string
		id   string
		need float64
	}
	var lines []line
	total, planned := 0.0, false
	for _, d := range g.demand {
		if d.Heads == 0 && d.Planned12 == nil {
			continue
		}
		s := forecast.Supply{Proficient: float64(d.Heads), Exits: float64(d.Exits), PersonYears: d.PersonYears}
		l := line{id: d.TitleID}
		l.row = []string{d.Name, r.numbers.count(d.Heads), unknown, "no plan"}
		if d.PersonYears > 0 && d.Exits > 0 {
			l.row[2] = r.numbers.wholePercent(float64(d.Exits) / d.PersonYears)
		} else {
			l.row[2] = "few"
		}
		if d.Planned12 != nil {
			l.row[3] = r.numbers.fixed(*d.Planned12, 0)
			if !d.HasPlan12 {
				l.row[3] += " (plan ends before)"
			}
		}
		for i, p := range []*float64{d.Planned6, d.Planned12, d.Planned24} {
			if p == nil {
				l.row = append(l.row, unknown)
				continue
			}
			planned = true
			c := projected(s, *p, horizons()[i])
			l.row = append(l.row, r.peopleRange(c.Gap, c.GapLow, c.GapHigh))
			if i == 1 {
				l.need = c.Gap
				total += c.Gap
			}
		}
		lines = append(lines, l)
	}
	if !planned {
		return nil
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Compare(b.need, a.need) })
	for _, l := range lines {
		t.Cells[[2]int{len(t.Rows), 1}] = r.cellLink(g, l.id, "")
		t.Rows, t.Links = append(t.Rows, l.row), append(t.Links, r.gapsLink("title", l.id))
	}
	t.Title = "About " + r.numbers.fixed(total, 0) + " hires are needed within 12 months"
	switch need := lines[0].need; {
	case total < .5:
		t.Title = "No hire is needed within 12 months for the heads that are planned"
	case len(lines) > 1 && need > total/2:
		t.Title += ", most of them for the title " + lines[0].row[0]
	case len(lines) > 1:
		t.Title += ", " + r.numbers.fixed(need, 0) + " of them for the title " + lines[0].row[0]
	}
	return t
}

// peopleRange writes a number of people with its range.
func (r *request) peopleRange(middle, low, high float64) string {
	m, l, h := r.numbers.fixed(middle, 0), r.numbers.fixed(low, 0), r.numbers.fixed(high, 0)
	if l == h {
		return m
	}
	return m + " (" + l + " to " + h + ")"
}

// gapSnapshot compares what was frozen with now.
func (r *request) gapSnapshot(g *gaps) *gapTable {
	if len(g.snapshots) == 0 {
		return nil
	}
	s := g.snapshots[0]
	for _, x := range g.snapshots {
		if x.Name == r.query["snapshot"] {
			s = x
		}
	}
	t := &gapTable{
		Sub:  "“" + s.Name + "”, frozen on " + day(s.MadeAt.In(r.zone)) + " with the gaps of " + month(s.Month) + ", by the stated rule; nothing of it has changed since",
		Head: []string{"Competency", "Index then", "Index now", "Change", "Coverage then", "Coverage now"},
		Foot: []footItem{{Text: "Definition", Link: definition("gap-snapshot")}, {Text: "Tables: marts.gap_snapshots, marts.gap_snapshot_cells, marts.gaps"}},
	}
	if note := deref(s.Note); note != "" {
		t.Sub += ". Its note: " + note
	}
	then := map[string]gapRowFrozen{}
	for _, f := range g.frozen {
		if f.TitleID == "" {
			then[f.CompetencyID] = f
		}
	}
	index := func(v *float64, low *bool) string {
		switch {
		case v != nil:
			return r.numbers.wholePercent(*v)
		case low != nil && *low:
			return "under " + r.numbers.wholePercent(.05)
		}
		return unknown
	}
	t.Title = "Nothing can be compared with “" + s.Name + "” in this unit"
	for _, k := range append([]gapCompetencyRow{{Name: "All competencies"}}, g.competencies...) {
		f, was := then[k.CompetencyID]
		row, is := g.cell("", k.CompetencyID)
		if !was && !is {
			continue
		}
		change := unknown
		if f.Index != nil && row.Index != nil {
			change = r.numbers.signed((*row.Index-*f.Index)*100, 0) + " points"
			if k.CompetencyID == "" {
				t.Title = r.snapshotTitle(s.Name, *f.Index, *row.Index)
			}
		}
		before := gapRow{Pairs: f.Pairs, AssessedPairs: f.AssessedPairs}
		line := []string{k.Name, index(f.Index, f.IsLow), index(row.Index, row.IsLow), change, unknown, unknown}
		if c, ok := before.coverage(); ok {
			line[4] = r.numbers.wholePercent(c)
		}
		if c, ok := row.coverage(); ok {
			line[5] = r.numbers.wholePercent(c)
		}
		t.Rows, t.Links = append(t.Rows, line), append(t.Links, r.cellLink(g, "", k.CompetencyID))
	}
	if g.rule != gapRules[0].id {
		t.Sub += "; now is by the rule that is chosen"
	}
	return t
}

func (r *request) snapshotTitle(name string, then, now float64) string {
	switch d := now - then; {
	case d <= -.005:
		return "Since “" + name + "” the index has fallen from " + r.numbers.wholePercent(then) + " to " + r.numbers.wholePercent(now)
	case d >= .005:
		return "Since “" + name + "” the index has risen from " + r.numbers.wholePercent(then) + " to " + r.numbers.wholePercent(now)
	}
	return "The index is " + r.numbers.wholePercent(now) + ", as in “" + name + "”"
}

// gapScales shows each scale with its points.
func (r *request) gapScales(g *gaps) []gapScaleView {
	var views []gapScaleView
	for _, s := range g.scales {
		id := deref(s.ScaleID)
		v := gapScaleView{Name: cmp.Or(deref(s.Name), id, "No scale")}
		v.Sub = r.numbers.plural(s.Competencies, "competency")
		if s.Competencies != 1 {
			v.Sub = r.numbers.count(s.Competencies) + " competencies"
		}
		if deref(s.Frameworks) != "" {
			v.Sub += " of " + *s.Frameworks
		}
		if s.HasEnds && s.Low != nil && s.High != nil {
			v.Sub += fmt.Sprintf("; from %s to %s, told as (level − %s) ÷ %s", r.level(*s.Low), r.level(*s.High), r.level(*s.Low), r.level(*s.High-*s.Low))
		} else {
			v.Sub += "; without ends, so that nothing can be compared"
		}
		for _, p := range g.points {
			if p.ScaleID == id && id != "" {
				v.Points = append(v.Points, gapPointView{r.level(p.Value), deref(p.Label), deref(p.Anchor)})
			}
		}
		views = append(views, v)
	}
	return views
}

// level writes a level as short as it is.
func (r *request) level(v float64) string {
	return strings.NewReplacer(".", r.numbers.decimal, "-", minus).Replace(strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64))
}
