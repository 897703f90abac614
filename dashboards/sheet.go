package dashboards

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/register"
	"dials/queries"
)

// sheetPage is the page into which a plan is pasted as a sheet: units down, months across.
var sheetPage = page{
	Path: "/plan-sheet", Heading: "Plan sheet", Topics: []queries.Topic{queries.TopicPortfolio}, Action: queries.ActionTargets, Template: "sheet.html",
	Params: []string{"metric", "plan"}, Live: true, Load: loadSheet,
}

// A sheetView is the data of templates/sheet.html.
type sheetView struct {
	CSRF, Plan, Sheet, Done string
	Dials                   []choice
	Problems                []string
	Example, OfHeads        string
	titles                  []choiceRow
}

// plannedHeads is planned in the place of a dial: a plan of heads. No dial is called so.
const plannedHeads = "/heads"

// routeSheet answers the form.
func (s *server) routeSheet(app *fiber.App) {
	app.Post(sheetPage.Path, func(c *fiber.Ctx) error {
		p, sent := sheetPage, submissionOf(c)
		p.Load = func(ctx context.Context, r *request) (*content, error) { return r.keepSheet(ctx, sent) }
		return s.servePage(c, p)
	})
}

// keepSheet keeps every number of a sheet, or none and says what is wrong.
func (r *request) keepSheet(ctx context.Context, sent submission) (*content, error) {
	if r.register.Apply == nil {
		return nil, fiber.NewError(fiber.StatusForbidden, "this server keeps no plans")
	}
	metric, plan, sheet := one(sent.get("metric")), strings.TrimSpace(one(sent.get("plan"))), one(sent.get("sheet"))
	r.query["metric"], r.query["plan"] = metric, plan
	answer, err := loadSheet(ctx, r)
	if err != nil {
		return nil, err
	}
	v := answer.Body.(*sheetView)
	v.Sheet = sheet
	known := false
	for _, d := range v.Dials {
		known = known || d.Value == metric && metric != ""
	}
	if !known {
		v.Problems = append(v.Problems, "Choose what is planned.")
	}
	if plan == "" || len(plan) > 40 {
		v.Problems = append(v.Problems, "Name the plan in at most 40 letters; of several plans the last by name counts.")
	}
	changes, problems := r.readPlan(metric, plan, sheet, v.titles)
	v.Problems = append(v.Problems, problems...)
	if len(v.Problems) == 0 {
		_, errs := r.keep(ctx, changes)
		if errs == nil {
			v.Done = r.numbers.plural(int64(len(changes)), "planned value") + " kept. The pages show them."
			v.Sheet = ""
			return answer, nil
		}
		v.Problems = append(v.Problems, errs[""])
	}
	answer.Status = fiber.StatusUnprocessableEntity
	return answer, nil
}

// readPlan reads a sheet of a dial, or of heads, which have a title beside the unit.
func (r *request) readPlan(metric, plan, sheet string, titles []choiceRow) ([]register.Change, []string) {
	unit := register.SheetKey{Noun: "unit", Find: r.findUnit}
	of := func(c register.SheetCell) register.Change {
		return register.Change{
			Stream: "metric_target",
			Key:    map[string]any{"metric_id": metric, "unit_id": c.Keys[0]},
			After:  map[string]any{"plan": c.Value, "plan_weight": register.Kept},
		}
	}
	var cells []register.SheetCell
	var problems []string
	if metric == plannedHeads {
		of = func(c register.SheetCell) register.Change {
			return register.Change{
				Stream: "workforce_plan",
				Key:    map[string]any{"unit_id": c.Keys[0], "job_title_id": c.Keys[1]},
				After:  map[string]any{"planned_heads": c.Value},
			}
		}
		title := register.SheetKey{Noun: "title", Find: func(text string) (string, bool) { return only(titles, text) }}
		cells, problems = register.ReadSheet(sheet, 0, unit, title)
	} else {
		cells, problems = register.ReadSheet(sheet, math.Inf(-1), unit)
	}
	changes := make([]register.Change, len(cells))
	for i, c := range cells {
		changes[i] = of(c)
		changes[i].Version, changes[i].Note = register.AnyVersion, "plan sheet"
		changes[i].Key["period_start_date"], changes[i].Key["plan_version"] = c.Month.Format(time.DateOnly), plan
	}
	return changes, problems
}

// only finds a choice by its id, or by its label where only one has it.
func only(choices []choiceRow, text string) (id string, ok bool) {
	n := 0
	for _, c := range choices {
		if c.ID == text {
			return text, true
		}
		if strings.EqualFold(c.Label, text) {
			id = c.ID
			n++
		}
	}
	return id, n == 1
}

// findUnit finds a unit by its id, or by its name where only one has it.
func (r *request) findUnit(text string) (string, bool) {
	id, n := "", 0
	for _, u := range r.units {
		if u.UnitID == text {
			return text, true
		}
		if strings.EqualFold(u.Name, text) {
			id = u.UnitID
			n++
		}
	}
	return id, n == 1
}

func loadSheet(ctx context.Context, r *request) (*content, error) {
	choices, err := read[choiceRow](ctx, r, "register_choices")
	if err != nil {
		return nil, err
	}
	v := &sheetView{CSRF: r.csrf, Plan: r.query["plan"], Dials: []choice{{"", "–", r.query["metric"] == ""}}}
	for _, c := range choices {
		if c.Kind == "metric" {
			v.Dials = append(v.Dials, choice{c.ID, c.Label, c.ID == r.query["metric"]})
		}
		if c.Kind == "title" {
			v.titles = append(v.titles, c)
		}
	}
	if len(v.titles) > 0 {
		v.Dials = append(v.Dials, choice{plannedHeads, "Heads, by unit and title", r.query["metric"] == plannedHeads})
	}
	year := r.asOf.Year() + 1
	if v.Plan == "" {
		v.Plan = fmt.Sprint(year)
	}
	unit := "Unit name or id"
	if len(r.units) > 0 {
		unit = r.units[len(r.units)-1].Name
	}
	v.Example = fmt.Sprintf("Unit\t%d-01\t%[1]d-02\t%[1]d-03\n%[2]s\t120\t125\t131", year, unit)
	if len(v.titles) > 0 {
		v.OfHeads = fmt.Sprintf("Unit\tTitle\t%d-01\t%[1]d-06\n%[2]s\t%[3]s\t12\t14", year, unit, v.titles[0].Label)
	}
	return &content{
		Title: "Paste a plan: units down, months across",
		Lead:  "Copy the cells of a spreadsheet. Everything is checked first: all of it is kept, or none.",
		Body:  v,
	}, nil
}
