package dashboards

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// gapCell is what one cell of the heat map is made of: units for all, persons for
// those who may see them and say why.
var gapCell = page{
	Path: "/gaps/cell", Heading: "Competency gaps: one cell", Topics: []queries.Topic{queries.TopicCompetency}, Template: "gaps_cell.html", Live: true,
	Params: []string{"rule", "title", "competency", "reason"}, Load: loadGapCell,
}

// A gapPartRow is one unit below the one asked for.
type gapPartRow struct {
	Unit           string   `db:"unit"`
	Required       *int64   `db:"required_n"`
	Assessed       *int64   `db:"assessed_n"`
	AssessedPairs  *int64   `db:"assessed_pairs"`
	Index          *float64 `db:"gap_index"`
	IsLow          *bool    `db:"is_index_low"`
	ProficientLow  *int64   `db:"proficient_low"`
	ProficientHigh *int64   `db:"proficient_high"`
	IsFoundHidden  bool     `db:"is_found_hidden"`
}

// A gapPersonRow is one person.
type gapPersonRow struct {
	PersonID string   `db:"person_id"`
	UnitID   string   `db:"unit_id"`
	TitleID  string   `db:"job_title_id"`
	SkillID  string   `db:"competency_id"`
	Required float64  `db:"required_share"`
	Stated   *float64 `db:"stated_share"`
	Manager  *float64 `db:"manager_share"`
	Peers    *float64 `db:"peers_share"`
	Self     *float64 `db:"self_share"`
	Basis    *string  `db:"basis"`
}

// A gapCellView is the data of templates/gaps_cell.html.
type gapCellView struct {
	Path, Back    string
	Own           []ownFilter
	Parts         *gapTable
	MaySeePersons bool
	Reason        string
	Persons       *gapTable
	Under         string // whose eyes the rows are for
	IsAsked       bool
}

func loadGapCell(ctx context.Context, r *request) (*content, error) {
	g, err := gapsAsked(r.query)
	if err != nil {
		return nil, err
	}
	r.reader.View = queries.AsWas
	competency := r.query["competency"]
	args := []any{sql.Named("rule", g.rule), sql.Named("as_of", r.asOf), sql.Named("title", g.title), sql.Named("competency", competency)}
	if g.titles, err = read[gapTitleRow](ctx, r, "gap_titles"); err != nil {
		return nil, err
	}
	if g.competencies, err = read[gapCompetencyRow](ctx, r, "gap_competencies"); err != nil {
		return nil, err
	}
	g.titleName, g.name = map[string]string{"": "All titles"}, map[string]string{"": "All competencies"}
	for _, t := range g.titles {
		g.titleName[t.TitleID] = t.Name
	}
	for _, k := range g.competencies {
		g.name[k.CompetencyID] = k.Name
	}
	if g.name[competency] == "" {
		return nil, fiber.NewError(fiber.StatusNotFound, "no competency of this id is required")
	}
	if g.rows, err = read[gapRow](ctx, r, "gap_heat", args...); err != nil {
		return nil, err
	}
	parts, err := read[gapPartRow](ctx, r, "gap_parts", append(args, sql.Named("units", strings.Join(r.unitsBelow(), "\x1f")))...)
	if err != nil {
		return nil, err
	}
	v := &gapCellView{Path: r.page.Path, Back: r.gapsLink("competency", ""), Parts: r.partsTable(parts, competency, g)}
	v.Back = strings.ReplaceAll(strings.ReplaceAll(v.Back, "reason=", "was="), "competency=", "was=")
	for _, name := range []string{"unit", "as_of", "title", "competency", "rule"} {
		if value := r.query[name]; value != "" {
			v.Own = append(v.Own, ownFilter{name, value})
		}
	}
	v.MaySeePersons = r.reader.Policy.May(queries.TopicCompetency, queries.Person)
	v.Reason = strings.TrimSpace(r.query["reason"])
	if v.MaySeePersons && v.Reason != "" {
		if err := r.gapPersons(ctx, g, v, args); err != nil {
			return nil, err
		}
	}
	title := cmp.Or(g.titleName[g.title], g.title) + ", " + lowered(g.name[competency])
	row, ok := g.cell(g.title, competency)
	cell := r.heatCell(cmp.Or(g.titleName[g.title], g.title), g.name[competency], row, ok, true)
	return &content{Title: title + ": " + cellWords(cell), Lead: "What the cell is made of, on the last reference day until " + day(r.asOf) + ", by the rule: " + ruleSays(g.rule) + ".", Body: v}, nil
}

// cellWords is what a cell says, without what it is of.
func cellWords(c heatCell) string {
	_, words, _ := strings.Cut(c.Says, ": ")
	return words
}

func ruleSays(rule string) string {
	for _, x := range gapRules {
		if x.id == rule {
			return x.says
		}
	}
	return ""
}

// unitsBelow are the units directly below the one asked for; below the company those below its only top, where there is one.
func (r *request) unitsBelow() []string {
	var below []string
	at := r.reader.Unit
	if at == "" {
		at = r.reader.Policy.Home()
	}
	for _, u := range r.units {
		if parent := deref(u.ParentID); parent == at || at == queries.EveryUnit && parent == "" {
			below = append(below, u.UnitID)
		}
	}
	if at != queries.EveryUnit || len(below) != 1 {
		return below
	}
	top := below[0] // the only one, which is the company again
	for _, u := range r.units {
		if deref(u.ParentID) == top {
			below = append(below, u.UnitID)
		}
	}
	if len(below) > 1 {
		return below[1:]
	}
	return below
}

// partsTable lists the units below.
func (r *request) partsTable(parts []gapPartRow, competency string, g *gaps) *gapTable {
	t := &gapTable{
		Title: "Which units is it made of?", Sub: "Units directly below the one asked for; those of too few people are left out",
		Head: []string{"Unit", "Required of", "Assessed", "Index", "At the level"}, Foot: []footItem{{Text: "Definition", Link: definition("gap-index")}, {Text: "Table: marts.gaps"}},
	}
	for _, p := range parts {
		line := []string{r.unitName(p.Unit), r.numbers.count(deref(p.Required)), "few", unknown, unknown}
		if p.Assessed != nil {
			line[2] = r.numbers.count(*p.Assessed)
		}
		switch {
		case p.Index != nil:
			line[3] = r.numbers.wholePercent(*p.Index)
		case p.IsLow != nil && *p.IsLow:
			line[3] = "under " + r.numbers.wholePercent(.05)
		}
		if p.ProficientLow != nil && p.ProficientHigh != nil {
			line[4] = r.numbers.count(*p.ProficientLow)
			if *p.ProficientHigh != *p.ProficientLow {
				line[4] += " to " + r.numbers.count(*p.ProficientHigh)
			}
		}
		f := r.filters
		f.Unit = p.Unit
		own := map[string][]string{}
		if competency != "" {
			own["competency"] = []string{competency}
		}
		if g.title != "" {
			own["title"] = []string{g.title}
		}
		t.Rows, t.Links = append(t.Rows, line), append(t.Links, withFilters("/gaps/cell", f, own))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// gapPersons lists persons, for a reason that is logged.
func (r *request) gapPersons(ctx context.Context, g *gaps, v *gapCellView, args []any) error {
	r.reader.Reason = v.Reason
	rows, err := read[gapPersonRow](ctx, r, "gap_persons", args...)
	if errors.Is(err, queries.ErrNoReason) {
		return nil
	}
	if err != nil {
		return err
	}
	v.IsAsked, v.Under = true, "Visible to HR and to the line of the person; that you saw these rows is on record, with your reason. The rows are of the last day of the data."
	if len(rows) == 0 {
		return nil
	}
	share := func(s *float64) string {
		if s == nil {
			return unknown
		}
		return r.numbers.wholePercent(*s)
	}
	t := &gapTable{Title: r.numbers.plural(int64(len(rows)), "person record"), Sub: "Those furthest below first; shares of the scale", Head: []string{"Person", "Unit", "Title", "Competency", "Required", "Level", "Gap", "By", "Manager", "Peers", "Self"}}
	for _, p := range rows {
		gap := "not assessed"
		if p.Stated != nil {
			gap = r.numbers.wholePercent(max(0, p.Required-*p.Stated))
		}
		t.Rows = append(t.Rows, []string{p.PersonID, r.unitName(p.UnitID), cmp.Or(g.titleName[p.TitleID], p.TitleID), cmp.Or(g.name[p.SkillID], p.SkillID), r.numbers.wholePercent(p.Required), share(p.Stated), gap, deref(p.Basis), share(p.Manager), share(p.Peers), share(p.Self)})
		t.Links = append(t.Links, "")
	}
	v.Persons = t
	return nil
}
