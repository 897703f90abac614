package dashboards

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strings"

	"dials/dashboards/register"
)

// planPeople answers a wish for a dial that is counted over people. Who gets it is
// drawn by whoever knows them: Dials holds no list of names to draw from.
func (r *request) planPeople(ctx context.Context, v *planView, w register.Wish, d dialRow) (*content, error) {
	ask := func(why string) *content {
		v.Problem = why
		return &content{Title: "This test cannot be planned yet", Lead: "A test on " + lowerFirst(d.Name) + " draws people, not units.", Body: v}
	}
	rows, err := read[peopleMonthRow](ctx, r, "dial_people_monthly")
	if err != nil {
		return nil, err
	}
	a, from, to := w.AskPeople(peopleMonths(rows, w.Dial))
	if w.Waves > 1 {
		return ask("People are drawn for one date: choose which share of them gets it."), nil
	}
	plan, err := register.PlanPeople(a)
	if err != nil {
		return ask(capital(err.Error()) + "."), nil
	}
	rate := a.Events / a.PersonMonths
	pct := func(x float64) string { return r.numbers.fixed(100*x, relativeDecimals(x)) + thin + "%" }
	wanted := math.Abs(w.EffectPct) / 100
	v.Facts = []fact{
		{Term: "People now", Value: r.numbers.count(int64(a.People)), Sub: "counted by " + lowerFirst(d.Name), Link: definition(d.MetricID)},
		{Term: "Leave in a year", Value: pct(1 - math.Pow(1-rate, 12)), Sub: "at the rate of " + month(from) + " to " + month(to), Link: definition(d.MetricID)},
		{Term: "Wanted", Value: pct(wanted), Sub: "fewer of those who would leave", Link: definition("mde")},
		{Term: "Could be found", Value: unknown, Sub: "too few leave", Link: definition("mde")},
	}
	if !math.IsNaN(plan.MDE) {
		v.Facts[3].Value, v.Facts[3].Sub = pct(plan.MDE), "the best of the tests below"
		if plan.Months > 0 {
			v.Facts[3].Sub = r.numbers.plural(int64(plan.Months), "month") + ", all people"
		}
	}
	people := func(n int) string { return r.numbers.count(int64(n)) + " people" }
	v.Table = &dataTable{Caption: "Smallest change found", Head: []string{"People drawn"}}
	for _, m := range a.Months {
		v.Table.Head = append(v.Table.Head, r.numbers.plural(int64(m), "month"))
	}
	for _, c := range plan.Cells {
		if len(v.Table.Rows) == 0 || len(v.Table.Rows[len(v.Table.Rows)-1]) == len(v.Table.Head) {
			v.Table.Rows = append(v.Table.Rows, []string{people(c.Units)})
		}
		last := len(v.Table.Rows) - 1
		text := unknown
		if !math.IsNaN(c.MDE) {
			if text = pct(c.MDE); c.Finds {
				text += " ✓"
			}
		}
		v.Table.Rows[last] = append(v.Table.Rows[last], text)
	}
	v.TableSub = "Smallest fall found four times in five, in per cent of those who would leave; ✓ finds what is wanted, – is more than all of them"
	lines := foundLines(plan.Cells, func(x float64) float64 { return x }, people)
	if v.Chart, err = r.planFigure("How much fewer must leave to be seen?", lines, a.Months, wanted, *v.Table); err != nil {
		return nil, err
	}
	v.Design = r.peopleDesign(a, plan, w)
	v.Checks = peopleChecks(w)
	v.IsPeople = true
	v.Command = planCommand(w, register.Past{})
	v.Foot = []footItem{{Text: "Definition of " + d.Name, Link: definition(d.MetricID)}, {Text: "Smallest change that can be found", Link: definition("mde")}, {Text: "Table: marts.dial_tree_monthly"}, {Text: "Data to " + month(to)}}
	title := fmt.Sprintf("Drawing all %s for %s would find a fall of %s or more", people(a.People), r.numbers.plural(int64(plan.Months), "month"), pct(plan.MDE))
	if plan.Months == 0 {
		title = fmt.Sprintf("No draw of all %s finds a fall of %s", people(a.People), pct(wanted))
		if !math.IsNaN(plan.MDE) {
			title += ": the smallest is " + pct(plan.MDE)
		}
	}
	share := "half"
	if w.SharePct != 50 {
		share = r.numbers.fixed(w.SharePct, 0) + thin + "%"
	}
	lead := fmt.Sprintf("%s, %s to %s: %s of the people who are drawn get it, the others do not while the test lasts. Found means four times in five, at a level of 5%s%%.", d.Name, month(from), month(to), share, thin)
	return &content{Title: title, Lead: lead, Body: v}, nil
}

// peopleMonths are the complete months of a dial that the reader is shown in full.
func peopleMonths(rows []peopleMonthRow, dial string) []register.PeopleMonth {
	var out []register.PeopleMonth
	for _, row := range rows {
		if row.MetricID == dial && row.IsComplete && !row.IsRange && row.Numerator != nil && row.Denominator != nil {
			out = append(out, register.PeopleMonth{Month: row.Month, Events: *row.Numerator, People: *row.Denominator})
		}
	}
	return out
}

func (r *request) peopleDesign(a register.PeopleAsk, plan register.PeoplePlan, w register.Wish) string {
	if plan.Months == 0 {
		return "Nothing here finds it. Take more people or months, or a larger change; else the test will end in “too weak to tell”."
	}
	text := fmt.Sprintf("Draw at random, start on %s and wait %s before judging", day(w.First), r.numbers.plural(int64(plan.Months), "month"))
	treated := int(math.Round(a.Share * float64(a.People)))
	text += fmt.Sprintf(": %s get it, %s are compared with.", r.numbers.count(int64(treated)), r.numbers.count(int64(a.People-treated)))
	if plan.People < a.People {
		text += fmt.Sprintf(" %s would be enough.", r.numbers.plural(int64(plan.People), "person"))
		text = strings.Replace(text, "persons would", "people would", 1)
	}
	return text + " Decide beforehand how long it runs: a test that is stopped when it looks good finds too much."
}

// peopleChecks are what a draw of people needs, and what it cannot say.
func peopleChecks(w register.Wish) []checkLine {
	ask := func(text, sub string) checkLine { return checkLine{"ask", "?", "to be done", text, sub} }
	tactic := cmp.Or(w.Tactic, "the tactic")
	return []checkLine{
		ask("Draw the people outside of Dials", "it holds no list of names to draw from; take who is employed and eligible on the day of the draw, and keep the seed"),
		ask("Deliver who was drawn before the first day", "stream tactic_participant: "+tactic+", person_id, arm (treated or control) and assigned_at; a draw that comes later counts as none"),
		ask("Everyone drawn is counted, whoever takes it up", "the outcome must be known for more than 80"+thin+"% of them, and as well in one arm as in the other"),
		ask("Do colleagues hand it on?", "then those without it get some of it, and the test finds less: draw whole teams, on a dial of units"),
		ask("Do people leave in groups?", "the table takes them for independent; if a team leaves together, more people or months are needed"),
		ask("Will the rate stay as it was?", "the last months are taken for the next ones"),
	}
}
