package dashboards

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// gapStepPage is what one bar of the waterfall is made of: units for all, persons for
// those who may see them and say why.
var gapStepPage = page{
	Path: "/gaps/step", Heading: "Competency gaps: one step", Topics: []queries.Topic{queries.TopicCompetency}, Template: "gaps_cell.html", Live: true,
	Params: []string{"goal", "step", "reason"}, Load: loadGapStep,
}

// A gapStepPartRow is one step in one unit.
type gapStepPartRow struct {
	Unit   string   `db:"unit"`
	Amount *float64 `db:"amount"`
	Pairs  *int64   `db:"pairs"`
	People *int64   `db:"people_n"`
}

// A gapStepPersonRow is one person and competency in a step.
type gapStepPersonRow struct {
	PersonID string  `db:"person_id"`
	UnitID   string  `db:"unit_id"`
	SkillID  string  `db:"competency_id"`
	Step     string  `db:"step"`
	Amount   float64 `db:"amount"`
	Open     float64 `db:"open_gap"`
	Close    float64 `db:"close_gap"`
}

// stepName is a step in words.
func stepName(step string) string {
	for _, s := range append([]gapStep{{"open", "Gaps at the beginning"}, {"close", "Gaps at the end"}}, gapStepOrder...) {
		if s.id == step {
			return s.name
		}
	}
	return ""
}

func loadGapStep(ctx context.Context, r *request) (*content, error) {
	goal, step := r.query["goal"], r.query["step"]
	if stepName(step) == "" {
		return nil, fiber.NewError(fiber.StatusNotFound, fmt.Sprintf("step: %.40q is no step of the waterfall", step))
	}
	r.reader.View = queries.AsWas
	g := &gaps{name: map[string]string{}}
	var err error
	if g.steps, err = read[gapStepRow](ctx, r, "gap_waterfall"); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(g.steps, func(s gapStepRow) bool { return s.GoalID == goal && s.Step == step })
	if i < 0 {
		return nil, fiber.NewError(fiber.StatusNotFound, "this step is not told of the unit asked for")
	}
	row := g.steps[i]
	args := []any{sql.Named("goal", goal), sql.Named("step", step), sql.Named("steps", strings.Join(g.stepsOf(goal, step), "\x1f")), sql.Named("units", strings.Join(r.unitsBelow(), "\x1f"))}
	parts, err := read[gapStepPartRow](ctx, r, "gap_step_parts", args...)
	if err != nil {
		return nil, err
	}
	v := &gapCellView{Path: r.page.Path, Back: r.here("/gaps", "goal", cmp.Or(goal, "last")), Parts: r.stepParts(parts, goal, step)}
	for _, name := range []string{"unit", "goal", "step"} {
		if value := r.query[name]; value != "" {
			v.Own = append(v.Own, ownFilter{name, value})
		}
	}
	v.MaySeePersons = r.reader.Policy.May(queries.TopicCompetency, queries.Person)
	v.Reason = strings.TrimSpace(r.query["reason"])
	if v.MaySeePersons && v.Reason != "" {
		if err := r.stepPersons(ctx, g, v, args); err != nil {
			return nil, err
		}
	}
	around := "in the last 12 months"
	if goal != "" {
		around = "around the launch of “" + cmp.Or(deref(row.GoalName), goal) + "”"
	}
	title := stepName(step) + " " + around + ": " + r.numbers.signed(deref(row.Amount), 2) + " gap points of " + r.numbers.plural(deref(row.People), "person")
	if step == "open" || step == "close" {
		title = strings.Replace(title, ": "+r.numbers.signed(deref(row.Amount), 2), ": "+r.numbers.fixed(deref(row.Amount), 2), 1)
	}
	return &content{Title: strings.Replace(title, "persons", "people", 1), Lead: "What the bar is made of, from " + day(row.Open) + " to " + day(row.Close) + ", by the stated rule.", Body: v}, nil
}

// stepsOf are the steps of persons that a bar holds: its own, or, of “other”, all that have no
// bar of their own.
func (g *gaps) stepsOf(goal, step string) []string {
	if step != "other" {
		return []string{step}
	}
	var steps []string
	for _, o := range gapStepOrder {
		if !slices.ContainsFunc(g.steps, func(s gapStepRow) bool { return s.GoalID == goal && s.Step == o.id }) {
			steps = append(steps, o.id)
		}
	}
	return steps
}

// stepParts lists the units below.
func (r *request) stepParts(parts []gapStepPartRow, goal, step string) *gapTable {
	t := &gapTable{
		Title: "Which units is it made of?", Sub: "Units directly below the one asked for; those of too few people are left out",
		Head: []string{"Unit", "Gap points", "Gaps", "People"}, Foot: []footItem{{Text: "Definition", Link: definition("gap-waterfall")}, {Text: "Table: marts.gap_waterfall"}},
	}
	for _, p := range parts {
		if p.Amount == nil {
			continue
		}
		t.Rows = append(t.Rows, []string{r.unitName(p.Unit), r.numbers.signed(*p.Amount, 2), r.numbers.signed(float64(deref(p.Pairs)), 0), r.numbers.count(deref(p.People))})
		t.Links = append(t.Links, r.here("/gaps/step", "unit", p.Unit, "goal", goal, "step", step))
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

// stepPersons lists persons, for a reason that is logged.
func (r *request) stepPersons(ctx context.Context, g *gaps, v *gapCellView, args []any) error {
	r.reader.Reason = v.Reason
	rows, err := read[gapStepPersonRow](ctx, r, "gap_step_persons", args...)
	if errors.Is(err, queries.ErrNoReason) {
		return nil
	}
	if err != nil {
		return err
	}
	v.IsAsked, v.Under = true, "Visible to HR and to the line of the person; that you saw these rows is on record, with your reason."
	if len(rows) == 0 {
		return nil
	}
	competencies, err := read[gapCompetencyRow](ctx, r, "gap_competencies")
	if err != nil {
		return err
	}
	for _, k := range competencies {
		g.name[k.CompetencyID] = k.Name
	}
	t := &gapTable{Title: r.numbers.plural(int64(len(rows)), "row") + " about persons", Sub: "The largest first; gap points are weight × what is missing to the level", Head: []string{"Person", "Unit", "Competency", "Step", "Gap before", "Gap after", "Gap points"}}
	for _, p := range rows {
		t.Rows = append(t.Rows, []string{p.PersonID, r.unitName(p.UnitID), cmp.Or(g.name[p.SkillID], p.SkillID), cmp.Or(stepName(p.Step), "Unchanged"), r.numbers.fixed(p.Open, 2), r.numbers.fixed(p.Close, 2), r.numbers.signed(p.Amount, 2)})
		t.Links = append(t.Links, "")
	}
	v.Persons = t
	return nil
}
