package dashboards

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
	"dials/queries/forecast"
)

// objectivePeople is the objectives of single people and their tasks, for those who
// may see single people and say why.
var objectivePeople = page{
	Path: "/objectives/people", Heading: "Objectives, person by person", Topics: []queries.Topic{queries.TopicStrategy}, Template: "people.html",
	Live: true, Params: []string{"state", "reason"}, Load: loadObjectivePeople,
}

// An ownGoalRow is one objective of one person.
type ownGoalRow struct {
	PersonID   string      `db:"person_id"`
	ID         string      `db:"goal_id"`
	Name       string      `db:"name"`
	Level      string      `db:"level"`
	Parent     *string     `db:"parent_name"`
	Unit       string      `db:"unit_id"`
	Start      *time.Time  `db:"start_date"`
	Due        *time.Time  `db:"due_date"`
	FirstDue   *time.Time  `db:"first_due_date"`
	Curve      string      `db:"curve"`
	Progress   *float64    `db:"progress"`
	Expected   *float64    `db:"expected_progress"`
	Read       *time.Time  `db:"reading_date"`
	Says       *string     `db:"owner_status"`
	Status     string      `db:"computed_status"`
	Stalled    bool        `db:"is_stalled"`
	Sighted    bool        `db:"has_sight"`
	Broken     *string     `db:"broken"`
	Days       []time.Time `db:"days"`
	Progresses []float64   `db:"progresses"`
}

// ownGoalStates are what the rows can be cut to.
var ownGoalStates = []choice{{Value: "", Text: "all"}, {Value: "behind", Text: "behind or overdue"}, {Value: "stalled", Text: "stalled"}, {Value: "unsighted", Text: "without a line of sight"}}

func loadObjectivePeople(ctx context.Context, r *request) (*content, error) {
	state, reason := r.query["state"], strings.TrimSpace(r.query["reason"])
	if !slices.ContainsFunc(ownGoalStates, func(c choice) bool { return c.Value == state }) {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("state: %.40q is no state of an objective", state))
	}
	v := &peopleView{ownForm: *r.ownForm(), Reason: reason, Eyes: "Rows about single people: visible to HR for the units granted to them, and to managers for their own line. Each view is logged with its reason. A forecast of an objective is no score of a person."}
	field := chooseField{Name: "state", Label: "State"}
	for _, c := range ownGoalStates {
		c.IsSelected = c.Value == state
		field.Choices = append(field.Choices, c)
	}
	v.Fields = []chooseField{field}
	if !queries.IsReason(reason) {
		return &content{Title: "Say why you need rows about single people", Lead: "The reason is kept in the audit with who looked at whom.", Body: v}, nil
	}
	r.reader.Reason = reason
	if state == "" {
		state = "all"
	}
	rows, err := read[ownGoalRow](ctx, r, "objective_people", sql.Named("state", state))
	if err != nil {
		return nil, err
	}
	v.List = &listing{
		ID: "rows", Title: "Who, and what", Empty: "Nobody whom you may see has such an objective.",
		Head: []listHead{{Text: "Person"}, {Text: "Objective"}, {Text: "Above it"}, {"Progress", definition("objective-progress"), true}, {Text: "Expected", IsNumber: true}, {Text: "Owner says"}, {Text: "Computed"}, {Text: "Due"}, {"Forecast", definition("objective-forecast"), false}, {"Line of sight", definition("line-of-sight"), false}},
		Foot: []footItem{{Text: "Definition", Link: definition("objective-progress")}, {Text: "Table: marts.objective_people"}},
	}
	title := r.numbers.plural(int64(len(rows)), "objective") + " of people whom you may see"
	if len(rows) > mostPeople {
		rows = rows[:mostPeople]
		title = fmt.Sprintf("More than %d objectives: the first %d are shown", mostPeople, mostPeople)
		v.List.Note = "Choose a state to see the others."
	}
	for _, g := range rows {
		v.List.Rows = append(v.List.Rows, r.ownGoalCells(g))
	}
	return &content{Title: title, Lead: "Reason: " + reason, Body: v}, nil
}

func (r *request) ownGoalCells(g ownGoalRow) []listCell {
	percent := func(v *float64) string {
		if v == nil {
			return unknown
		}
		return r.numbers.wholePercent(*v)
	}
	sight := "yes"
	if !g.Sighted {
		sight = "no"
	}
	status, _ := statusOf(g.Status, false)
	computed := listCell{Text: status}
	if g.Stalled {
		computed.Sub = "stalled"
	}
	return []listCell{
		{Text: g.PersonID},
		{Text: g.Name, Sub: g.Level},
		{Text: deref(g.Parent)},
		{Text: percent(g.Progress)},
		{Text: percent(g.Expected)},
		{Text: deref(g.Says)},
		computed,
		{Text: dayOr(g.Due)},
		{Text: r.ownForecast(g)},
		{Text: sight, Sub: deref(g.Broken)},
	}
}

// ownForecast forecasts one person's objective, by what one believes before any is finished.
func (r *request) ownForecast(g ownGoalRow) string {
	if g.Start == nil || g.FirstDue == nil || g.Progress == nil || *g.Progress >= 1 {
		return unknown
	}
	number := func(t time.Time) int { return int(t.Unix() / 86400) }
	goal := forecast.Goal{Start: number(*g.Start), Due: number(*g.FirstDue), Curve: forecast.Curve(g.Curve)}
	for i, d := range g.Days {
		if i < len(g.Progresses) && number(d) > goal.Start {
			goal.Readings = append(goal.Readings, forecast.Reading{Day: number(d), Progress: g.Progresses[i]})
		}
	}
	f, err := forecast.Calibration{}.Complete(goal)
	if err != nil {
		return "too early"
	}
	at := func(day float64) time.Time { return time.Unix(int64(min(day, 70000))*86400, 0).UTC() }
	return day(at(f.Finish)) + " (" + day(at(f.Low)) + " to " + day(at(f.High)) + ")"
}
