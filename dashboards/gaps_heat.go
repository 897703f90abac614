package dashboards

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"
)

// Bounds of the heat map; the API and the filters reach what lies beyond.
const (
	maxHeatTitles       = 40
	maxHeatCompetencies = 24
)

// A heatMap is titles × competencies.
type heatMap struct {
	Caption string
	Columns []heatColumn
	Rows    []heatLine
	Notes   []string
	Counts  string // what the hatched cells are
}

// A heatColumn is a competency.
type heatColumn struct{ Name, Framework string }

// A heatLine is a title.
type heatLine struct {
	Name, Link string
	Cells      []heatCell
	IsTotal    bool
}

// A heatCell is one title and competency.
type heatCell struct {
	Class      string // h0 to h5, unassessed, withheld or none
	Text, Sub  string
	Link, Says string // what it leads to, and what it says to those who do not see it
}

// heatTitles are the titles of the heat map, those of the most people first.
func (g *gaps) heatTitles() []string {
	var rows []gapRow
	for _, row := range g.rows {
		if row.TitleID != "" && row.CompetencyID == "" {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b gapRow) int { return cmp.Compare(deref(b.Required), deref(a.Required)) })
	var ids []string
	for _, row := range rows[:min(len(rows), maxHeatTitles)] {
		ids = append(ids, row.TitleID)
	}
	return ids
}

// heatCompetencies are the columns, by framework, and how many were left out.
func (g *gaps) heatCompetencies() (shown []gapCompetencyRow, left int) {
	var all []gapCompetencyRow
	for _, k := range g.competencies {
		if _, ok := g.cell("", k.CompetencyID); ok && (g.framework == "" || deref(k.FrameworkID) == g.framework) {
			all = append(all, k)
		}
	}
	if len(all) <= maxHeatCompetencies {
		return all, 0
	}
	index := func(k gapCompetencyRow) float64 {
		row, _ := g.cell("", k.CompetencyID)
		return deref(row.Index)
	}
	// what the title asked for requires comes first
	isOf := func(k gapCompetencyRow) int {
		if _, ok := g.cell(g.title, k.CompetencyID); ok && g.isAsked {
			return 0
		}
		return 1
	}
	byGap := slices.Clone(all)
	slices.SortStableFunc(byGap, func(a, b gapCompetencyRow) int { return cmp.Or(isOf(a)-isOf(b), cmp.Compare(index(b), index(a))) })
	keep := map[string]bool{}
	for _, k := range byGap[:maxHeatCompetencies] {
		keep[k.CompetencyID] = true
	}
	for _, k := range all {
		if keep[k.CompetencyID] {
			shown = append(shown, k)
		}
	}
	return shown, len(all) - len(shown)
}

// heat lays out the heat map, or nil where no one is required anything.
func (r *request) heat(g *gaps) *heatMap {
	columns, left := g.heatCompetencies()
	titles := g.heatTitles()
	if len(columns) == 0 {
		return nil
	}
	required := map[[2]string]bool{}
	for _, x := range g.grid {
		required[[2]string{x.TitleID, x.CompetencyID}] = true
	}
	h := &heatMap{Caption: "Gap index by job title and competency"}
	for _, k := range columns {
		h.Columns = append(h.Columns, heatColumn{k.Name, deref(k.FrameworkName)})
	}
	unassessed, withheld := 0, 0
	var people int64
	counted := map[string]bool{} // competencies of which nobody at all is assessed: each person counts once
	for _, title := range append([]string{""}, titles...) {
		line := heatLine{Name: g.titleName[title], IsTotal: title == "", Link: r.gapsLink("title", title)}
		if line.Name == "" {
			line.Name = title
		}
		for _, k := range columns {
			row, ok := g.cell(title, k.CompetencyID)
			cell := r.heatCell(line.Name, k.Name, row, ok, title == "" || required[[2]string{title, k.CompetencyID}])
			if cell.Class != "none" {
				cell.Link = r.cellLink(g, title, k.CompetencyID)
			}
			switch cell.Class {
			case "unassessed":
				unassessed++
				if !counted[k.CompetencyID] {
					people += deref(row.Required)
				}
				counted[k.CompetencyID] = counted[k.CompetencyID] || title == ""
			case "withheld":
				withheld++
			}
			line.Cells = append(line.Cells, cell)
		}
		h.Rows = append(h.Rows, line)
	}
	switch {
	case unassessed > 0:
		h.Counts = fmt.Sprintf("Hatched: nobody is assessed, in %s; the number is of people whose level is not known, %s in all, of each competency anew.", r.numbers.plural(int64(unassessed), "cell"), r.numbers.count(people))
	default:
		h.Counts = "No cell is without any assessment."
	}
	if withheld > 0 {
		h.Counts += " Hatched with “few”: too few people to be told of."
	}
	if len(titles) == 0 {
		h.Notes = append(h.Notes, "No job title here has enough people to be told of by itself.")
	}
	if n := r.titlesBeyond(g, len(titles)); n > 0 {
		h.Notes = append(h.Notes, r.numbers.plural(int64(n), "further title")+" of fewer people: choose a unit.")
	}
	if left > 0 {
		h.Notes = append(h.Notes, "Shown are the "+inWords(maxHeatCompetencies)+" competencies with the largest gaps, those of a title that is chosen first; "+r.numbers.plural(int64(left), "further one")+": choose a title or a framework.")
	}
	return h
}

// titlesBeyond is how many titles the heat map leaves out.
func (r *request) titlesBeyond(g *gaps, shown int) int {
	all := 0
	for _, row := range g.rows {
		if row.TitleID != "" && row.CompetencyID == "" {
			all++
		}
	}
	return all - shown
}

// heatCell says one cell. What is not assessed is never 0.
func (r *request) heatCell(title, competency string, row gapRow, ok, isRequired bool) heatCell {
	says := title + ", " + competency + ": "
	switch {
	case !isRequired:
		return heatCell{Class: "none", Says: "not required"}
	case !ok:
		return heatCell{Class: "withheld", Text: "few", Says: says + "too few people to be told of"}
	case row.IsFoundHidden:
		return heatCell{Class: "withheld", Text: "few", Sub: r.numbers.count(deref(row.Required)) + " req.", Says: says + r.numbers.count(deref(row.Required)) + " required, too few assessed to be told of"}
	case row.isUnassessed():
		return heatCell{Class: "unassessed", Text: r.numbers.count(deref(row.Required)), Sub: "unknown", Says: says + "none of " + r.numbers.count(deref(row.Required)) + " assessed"}
	}
	var cell heatCell
	if c, known := row.coverage(); known {
		cell.Sub = r.numbers.wholePercent(c) + " seen"
	}
	switch {
	case row.Index != nil:
		cell.Text = r.numbers.wholePercent(*row.Index)
		cell.Class = heatClass(*row.Index)
	default:
		cell.Text, cell.Class = "<"+thin+"5"+thin+"%", "h0"
	}
	cell.Says = says + cell.Text + " of the level is missing, " + r.numbers.count(deref(row.Assessed)) + " of " + r.numbers.count(deref(row.Required)) + " assessed"
	return cell
}

// heatClass is the shade of an index.
func heatClass(index float64) string {
	for i, bound := range []float64{.05, .10, .15, .20, .30} {
		if index < bound-1e-9 {
			return fmt.Sprintf("h%d", i)
		}
	}
	return "h5"
}

// cellLink leads to what a cell is made of.
func (r *request) cellLink(g *gaps, title, competency string) string {
	q := url.Values{}
	if competency != "" {
		q.Set("competency", competency)
	}
	if title != "" {
		q.Set("title", title)
	}
	if g.rule != gapRules[0].id {
		q.Set("rule", g.rule)
	}
	return withFilters("/gaps/cell", r.filters, q)
}

// stepLink leads to what a step of the waterfall is made of.
func (r *request) stepLink(goal, step string) string {
	return r.here("/gaps/step", "goal", goal, "step", step)
}

// doneLink leads to those who completed a course.
func (r *request) doneLink(course string) string {
	return r.peopleLink("show", "enrolments", "course", course, "state", "done")
}

// gapsOn is this page on another day.
func (r *request) gapsOn(day time.Time) string {
	on := *r
	on.filters.AsOf = day
	return on.gapsLink("", "")
}

// withFilters is the address of a page with filters and parameters of its own.
func withFilters(path string, f Filters, own url.Values) string {
	address := address(path, f)
	more := own.Encode()
	switch {
	case more == "":
		return address
	case address == path:
		return path + "?" + more
	}
	return address + "&" + more
}

// gapsLink is this page with one parameter set otherwise.
func (r *request) gapsLink(name, value string) string {
	q := url.Values{}
	for _, p := range gapParams() {
		if v := r.query[p]; v != "" {
			q.Set(p, v)
		}
	}
	if value == "" {
		q.Del(name)
	} else {
		q.Set(name, value)
	}
	return withFilters("/gaps", r.filters, q)
}

// lowered writes a name inside a sentence; none stays none.
func lowered(name string) string {
	if name == "" {
		return name
	}
	return lowerFirst(name)
}
