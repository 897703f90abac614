package dashboards

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"dials/warehouse"
)

func ymd(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// cascaded writes a small cascade into the marts: one strategic objective, two below
// it, twelve of teams of sales, one of them flagged, one broken, one without an owner.
func cascaded() []string {
	asOf := ymd(2026, 11, 15)
	goals := &rows{into: `marts.objectives (goal_id, name, parent_id, level, level_position, unit_id, period, start_date, due_date, first_due_date, finish_date, state, is_open, is_current, weight,
		cadence_days, curve, as_of_date, metric_name, has_owner, has_metric, has_baseline, has_target, has_due, smart, readings, reading_date, progress, expected_progress, owner_status, computed_status, days_still, is_stalled,
		children, late_children, rolled_children, rollup_progress, effective_progress, people_progress, is_people_told, has_sight, broken, forecast_date, low_date, high_date, theil_sen_date, on_time, spi, slip_days, is_flagged, reason)`}
	start, due := ymd(2026, 1, 1), ymd(2026, 12, 31)
	add := func(id, name string, parent any, level string, position int, unit string, progress, rollup any, status string, children, late int, more ...any) {
		effective := progress
		if progress == nil {
			effective = rollup
		}
		row := []any{
			id, name, parent, level, position, unit, "FY2026", start, due, due, nil, "open", true, true, 1, 30, "linear", asOf, nil, true, level == "team", progress != nil, progress != nil, true, 4, 5, ymd(2026, 11, 1),
			progress, .83, "green", status, 14, false, children, late, children, rollup, effective, nil, false, true, nil,
		}
		if more == nil {
			more = []any{nil, nil, nil, nil, nil, nil, nil, false, "too early to forecast"}
		}
		goals.add(append(row, more...)...)
	}
	add("s", "Grow profitably", nil, "strategic", 1, "co", nil, .55, "no baseline", 2, 1)
	add("sell", "Sell more", "s", "supporting", 2, "sales", .6, .5, "behind", 12, 1,
		ymd(2027, 7, 1), ymd(2027, 3, 1), ymd(2027, 12, 1), ymd(2027, 8, 1), .02, .72, 182, true, nil)
	add("ops", "Make it right", "s", "supporting", 2, "ops", .5, nil, "on track", 0, 0, ymd(2026, 12, 20), ymd(2026, 12, 1), ymd(2027, 1, 15), nil, .7, 1.02, -11, false, nil)
	for i := range 12 {
		add(fmt.Sprintf("t%02d", i), fmt.Sprintf("Team %d: our part", i+1), "sell", "team", 4, fmt.Sprintf("sales-%02d", i+1), .5, nil, "on track", 0, 0,
			ymd(2026, 12, 20+i%3), ymd(2026, 12, 1), ymd(2027, 1, 15), ymd(2026, 12, 24), .7, 1.0, -11+i%3, false, nil)
	}
	readings := &rows{into: "marts.objective_readings (goal_id, unit_id, as_of_date, progress, is_warned, owner_status)"}
	for i := range 5 {
		readings.add("sell", "sales", ymd(2026, time.Month(3+2*i), 1), .12*float64(i+1), false, "green")
	}
	quality := &rows{into: "marts.objective_quality (name, position, value, low, high, n)"}
	for _, q := range []struct {
		name      string
		at        int
		value, hi any
		n         int
	}{{"finished", 0, 40, nil, 40}, {"coverage", 0, .79, nil, 40}, {"brier", 0, .1, .24, 50}, {"missed", 0, 20, nil, 20}, {"surprises", 0, 3, nil, 20}, {"unsaid", 0, 9, nil, 20}} {
		quality.add(q.name, q.at, q.value, nil, q.hi, q.n)
	}
	for i := range 4 {
		quality.add("bin", i, .2*float64(i)+.12, .2*float64(i), .2*float64(i+1), 10)
		quality.add("bin said", i, .2*float64(i)+.1, .2*float64(i), .2*float64(i+1), 10)
	}
	periods := &rows{into: "marts.fiscal_periods (calendar, fiscal_year, period, quarter, half, start_date, end_date, has_week_53, week_53_date, basis, is_default)"}
	for m := range 36 {
		from := ym(2025, 1).AddDate(0, m, 0)
		periods.add("company", 2025+m/12, m%12+1, m%12/3+1, m%12/6+1, from, from.AddDate(0, 1, 0), false, nil, "months", true)
		periods.add("group", 2025+m/12, m%12+1, m%12/3+1, m%12/6+1, from, from.AddDate(0, 1, 0), m%12 == 11, from.AddDate(0, 0, 24), "loaded", false)
	}
	done := &rows{into: "marts.objectives (goal_id, name, parent_id, level, level_position, unit_id, start_date, due_date, first_due_date, finish_date, state, is_open, is_current, weight, as_of_date, has_owner, smart, computed_status, is_stalled, children, late_children, rolled_children, is_people_told, has_sight, is_flagged)"}
	for i := range 8 {
		first := ymd(2026, 9, 3+i)
		done.add(fmt.Sprintf("d%d", i), fmt.Sprintf("Done %d", i), "sell", "team", 4, "sales-20", start, first, first, first.AddDate(0, 0, i-4), "done", false, false, 1, asOf, true, 5, "done", false, 0, 0, 0, false, false, false)
	}
	done.add("late53", "Due at the year's end", "ops", "team", 4, "ops-01", start, ymd(2025, 12, 28), ymd(2025, 12, 28), nil, "overdue", true, false, 1, asOf, false, 3, "overdue", true, 0, 0, 0, false, false, false)
	done.add("loose", "Hangs under nothing", nil, "team", 4, "ops-02", start, due, due, nil, "open", true, true, 1, asOf, true, 3, "not read", false, 0, 0, 0, false, false, false)
	return append([]string{
		goals.String(), readings.String(), quality.String(), periods.String(), done.String(), "update marts.objectives set broken = 'no parent' where goal_id = 'loose'",
		"update marts.objectives set days_still = 90, cadence_days = 30 where goal_id = 'late53'",
	}, asked4()...)
}

// asked4 writes what people did and said: check-ins, impediments, surveys, line of sight.
func asked4() []string {
	rhythm := &rows{into: "marts.checkin_tree_quarterly (view_name, ancestor_id, month, level, level_position, expected, held, with_agenda, complete, items_set, items_covered, minutes, timed, people_n, is_hidden)"}
	sight := &rows{into: "marts.objective_people_tree (view_name, ancestor_id, month, people, sighted_people, sighted_low, sighted_high, goals, sighted_goals, fte, uncovered_fte, uncovered_share, units, uncovered_units, people_n, is_hidden)"}
	steps := &rows{into: "marts.survey_tree (view_name, ancestor_id, month, survey_id, wave, item, step, goal_id, goal_name, mean_value, answered, asked, people_n, is_hidden)"}
	change := &rows{into: "marts.survey_change_tree (view_name, ancestor_id, month, survey_id, item, before_wave, after_wave, before_month, before_mean, before_answered, before_asked, after_mean, after_answered, after_asked, delta, std_error, units, people_n, is_hidden)"}
	for i, node := range []string{"*", "sales"} {
		for q := range 4 {
			month := ym(2026, 3).AddDate(0, 3*q, 0)
			if q == 3 {
				month = ym(2026, 11)
			}
			rhythm.add("as_was", node, month, "strategic", 1, nil, nil, nil, nil, nil, nil, nil, nil, 1, true)
			rhythm.add("as_was", node, month, "team", 4, 100-40*i, 80-40*i, 60, 30, 240, 180, 1500, 60, 60, false)
		}
		sight.add("as_was", node, ym(2026, 11), 200-100*i, 180-120*i, nil, nil, 220, 190, 2400, 120, .05, 150, 8, 2400, false)
		for j, step := range messageSteps {
			steps.add("as_was", node, ym(2026, 7), "pulse", "2026", step, step, "s", "Grow profitably", 4-.3*float64(j)-.2*float64(i), 1800, 2400, 1800, false)
		}
		change.add("as_was", node, ym(2026, 7), "certain", "I am certain what my goals are", "before", "after", ym(2024, 9), 3.1, 1500, 2400, 3.5-.6*float64(i), 1800, 2400, .4-.6*float64(i), .05, 100, 1500, false)
	}
	impediments := &rows{into: "marts.impediments (impediment_id, goal_id, goal_name, level, unit_id, raised_date, is_help_requested, answered_date, closed_date, is_open, age_days, is_old, days_to_answer, is_answered)"}
	for i := range 9 {
		raised := ymd(2026, 10, 1+i)
		switch {
		case i < 5:
			impediments.add(fmt.Sprintf("i%d", i), "sell", "Sell more", "supporting", "sales", raised, true, raised.AddDate(0, 0, 4+i), raised.AddDate(0, 0, 12), false, 12, false, 4+i, true)
		default:
			impediments.add(fmt.Sprintf("i%d", i), "ops", "Make it right", "supporting", "ops", raised, i > 6, nil, nil, true, 45-i, true, 45-i, false)
		}
	}
	bare := &rows{into: "marts.objective_units (unit_id, name, unit_type, has_objective)"}
	bare.add("ops-03", "Operations line 3", "line", false)
	bare.add("sales-01", "Sales team 1", "team", true)
	people := &rows{into: "marts.objective_people (person_id, goal_id, name, level, parent_name, unit_id, start_date, due_date, first_due_date, curve, state, progress, expected_progress, reading_date, owner_status, computed_status, is_stalled, has_sight, broken, days, progresses)"}
	for i, id := range []string{"p1", "p2", "p9"} {
		people.text = append(people.text, fmt.Sprintf(`('%s', 'g-%[1]s', 'My part', 'individual', 'Team 1: our part', 'sales-01', date '2026-01-01', date '2026-12-31', date '2026-12-31', 'linear', 'open', %g, .8, date '2026-10-01', 'green', '%s', false, true, null,
			[date '2026-04-01', date '2026-07-01', date '2026-10-01'], [.1, .25, .4])`, id, .4, []string{"behind", "on track", "on track"}[i]))
	}
	access := &rows{into: "marts.access_people (person_id, unit_id)"}
	access.add("p1", "sales-01")
	access.add("p2", "ops-01")
	access.add("p9", "sales-01")
	return []string{rhythm.String(), sight.String(), steps.String(), change.String(), impediments.String(), bare.String(), people.String(), access.String()}
}

func cascadeWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), cascaded()...)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestObjectivesPage(t *testing.T) {
	app := serve(t, cascadeWarehouse(t), fixtureCompany)
	for path, wants := range map[string][]string{
		"/objectives": {
			"<h1>One of 14 objectives with a forecast is going to be late; “Sell more” by 5 months, the most</h1>",
			"One objective is past the due date and not done.", "Two open impediments wait for the help that was asked for", "Of one the owner says green", "Of earlier ranges 79\u202f% held the day",
			"Grow profitably", "12 branches, 1 behind or overdue", "roll-up 50\u202f%", "Hangs under nothing", "no parent", "no progress for more than two cadences",
			"Last quarter the team level held the fewest check-ins: 80\u202f%", "hidden or none", "The 80 % range held the day for 79\u202f% of finished objectives", "Brier score 0.100",
			"Half of those who ask for help have an answer after 7 days", "People want to act on “Grow profitably” more than they know how to: a learning need",
			"People are more certain of their goals than before: +0.40 (+0.30 to +0.50)", "answered by 62\u202f% before and 75\u202f% after",
			"Of 8 due in FY 2026 Q3, 62\u202f% were done by their first due date", "Operations line 3", "about 120 of 2400", "15\u202f%", "of 20 missed due dates were not flagged",
			"50\u202f%", "25 minutes on average", "1 Mar 2027 to 1 Dec 2027",
		},
		"/objectives?calendar=group":         {"calendar: group, as loaded", "week 53 is left out: 1 objective due in it"},
		"/objectives?unit=sales":             {"Sell more", "People are less certain of their goals than before", "No impediment is open here"},
		"/objectives?org=now":                {"Not applied: the organisation as it is now, for groups of people."},
		"/objectives?period=last-fy":         {"Not applied: the period."},
		"/objectives/branch?parent=sell":     {"<h1>Sell more: behind</h1>", "due 31 Dec 2026, forecast 1 Jul 2027 (1 Mar 2027 to 1 Dec 2027), 5 months late", "60\u202f% of the way, where 83\u202f% was planned", "Team 12: our part", "at the pace of the last six readings 1 Aug 2027", "lacks dial"},
		"/objectives/branch?parent=s":        {"Roll-up: Σ weight × progress ÷ Σ weight = 1.10 ÷ 2 = 55.0\u202f%, over 2 of 2 with progress."},
		"/objectives/people":                 {"Say why you need rows about single people", "visible to HR"},
		"/objectives/people?reason=checking": {"Not shown: rows about single people."},
	} {
		code, body := answer(t, app, path)
		if code != http.StatusOK {
			t.Fatalf("%s: %d\n%s", path, code, body)
		}
		body = html.UnescapeString(body)
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
	for path, want := range map[string]int{"/objectives?calendar=x": 400, "/objectives/people?state=x": 400, "/objectives/branch?parent=x": 404} {
		if resp, body := get(t, app, path); resp.StatusCode != want {
			t.Errorf("%s: %d: %s", path, resp.StatusCode, text(body))
		}
	}
}

// A company that loaded nothing is told what to load.
func TestObjectivesBeforeData(t *testing.T) {
	_, body := answer(t, serveFixture(t), "/objectives")
	if !strings.Contains(body, "No objective of a unit is known here") || !strings.Contains(body, "Load the streams goal and goal_progress") {
		t.Error(text(body))
	}
}

// Objectives of people: for hr of the unit, with a reason that the audit keeps.
func TestObjectivesOfPeople(t *testing.T) {
	app, doors := guarded(t, cascadeWarehouse(t))
	headers := signedInAs(t, app, doors, "sales-hr")
	resp, body := get(t, app, "/objectives/people?reason=talk+in+november", headers...)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, ">p1<") || !strings.Contains(body, ">p9<") || strings.Contains(body, ">p2<") {
		t.Errorf("%d: %s", resp.StatusCode, text(body))
	}
	if _, body := get(t, app, "/objectives/people?state=behind&reason=talk+in+november", headers...); strings.Contains(body, ">p9<") || !strings.Contains(body, "▲ behind") {
		t.Error(text(body))
	}
	if seen := fmt.Sprint(viewsOf(t, doors)); strings.Count(seen, "talk in november") != 2 {
		t.Errorf("the audit has %s", seen)
	}
}

func TestBrowserObjectives(t *testing.T) {
	b := browse(t, func(testing.TB) *fiber.App { return serve(t, cascadeWarehouse(t), fixtureCompany) })
	tryPage(t, b, pageTrial{
		path: "/objectives", shot: "objectives", figures: 7, figure: "chart-gantt", field: "unit", value: "sales",
		query: "objective_late", cell: func(row map[string]any) string {
			if row["goal_id"] != "sell" {
				return ""
			}
			return string(row["slip_days"].(json.Number))
		},
	})
	// The branches come when they are asked for, and the keyboard stays with them.
	b.do(t, chromedp.EmulateViewport(1400, 900), chromedp.Navigate(b.base+"/objectives"), chromedp.Evaluate[chromedp.Void](`document.querySelector('a[data-branch]').focus(); document.activeElement.click(); undefined`))
	found := result(t, b, chromedp.Evaluate[[]string](`new Promise(done => { const look = n => { const all = [...document.querySelectorAll('ul.tree ul.tree ul.tree > li .what a')]; if (all.length || n > 1500) done([String(all.length), document.activeElement.textContent]); else setTimeout(look, 20, n + 1) }; look(0) })`, chromedp.EvalAwaitPromise))
	if len(found) != 2 || found[0] != "20" || !strings.HasPrefix(found[1], "Team ") {
		t.Errorf("the tree opened to %q", found)
	}
	b.check(t)
}
