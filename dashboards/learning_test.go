package dashboards

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dials/warehouse"
)

// learned is what the company's people learn, in the marts of page 6.
func learned() []string {
	courses := &rows{into: "marts.courses (course_id, name, purpose, modality, kind, duration_hours, is_customer_led, has_rule)"}
	courses.add("safety", "Safety at work", "compliance", "e-learning", "formal", 2, false, true)
	courses.add("selling", "Consultative selling", "skill", "class", "formal", 16, true, false)
	tree := &rows{into: "marts.learning_tree (view_name, ancestor_id, node_name, parent_node, window_id, month, step, course_id, attribute, attribute_value, attribute_name, people_n, numerator, numerator_low, numerator_high, items, items_done, is_range, is_hidden)"}
	step := func(node, window, step, course, attribute, value string, people, numerator, items, done any) {
		name, parent := any(node), any("co")
		switch node {
		case "*":
			name, parent = nil, nil
		case "co":
			parent = "*"
		}
		var low, high any
		isRange, isHidden := false, people == nil
		if numerator == nil && !isHidden {
			low, high, isRange = 0, 4, true
		}
		tree.add("as_was", node, name, parent, window, ym(2026, 11), step, course, attribute, value, value, people, numerator, low, high, items, done, isRange, isHidden)
	}
	for _, node := range []string{"*", "co"} {
		for i, window := range []string{"fy", "last-fy", "rolling-12"} {
			step(node, window, "withdrawn", "", "", "", 900, 12, 2000+i, 12)
			step(node, window, "exempt", "", "", "", 900, 20, 2000+i, 21)
			step(node, window, "left", "", "", "", 900, nil, 2000+i, nil)
			step(node, window, "first-seen", "", "", "", 900, nil, 2000+i, 7)
			step(node, window, "started", "", "", "", 880, 870, 1960, 1900)
			step(node, window, "completed", "", "", "", 880, 660+i, 1960, 1764+i)
			step(node, window, "assessed", "", "", "", 880, 640, 1960, 1700)
			step(node, window, "completed", "safety", "", "", 700, 630, 720, 648)
			step(node, window, "started", "safety", "", "", 700, 690, 720, 710)
		}
		step(node, "now", "overdue", "", "", "", 2000, 300, 9000, 340)
		step(node, "now", "overdue-on-leave", "", "", "", 40, 9, 60, 11)
		step(node, "now", "overdue", "safety", "", "", 1000, 200, 3000, 240)
		step(node, "now", "overdue", "selling", "", "", 400, 100, 400, 100)
		step(node, "now", "engaged", "", "", "", 2300, 1150, 2300, 1150)
		for name, n := range map[string]any{"compliant": 1500, "lapsed": 80, "expiring-30": nil, "expiring-60": 60, "expiring-90": 150} {
			step(node, "now", name, "safety", "", "", 1600, n, 1600, n)
		}
		step(node, "now", "overdue", "", "title", "Seller", 800, 160, 3000, 170)
		step(node, "now", "overdue", "", "title", "Clerk", 50, nil, 90, nil)
	}
	for i, d := range []string{"sales", "ops", "service", "logistics"} {
		step(d, "now", "overdue", "", "", "", 500, 40+20*i, 2000, 50+20*i)
		step(d, "now", "engaged", "", "", "", 500, 200+50*i, 500, 200+50*i)
	}
	for m := ym(2024, 3); m.Before(ym(2026, 12)); m = m.AddDate(0, 3, 0) {
		tree.text = append(tree.text, fmt.Sprintf("('as_was', '*', null, null, 'cohort', date '%s', 'completed', '', '', '', '', 300, %d, null, null, 600, %d, false, false)", m.Format("2006-01-02"), 290-m.Year()%7, 590-m.Year()%7))
	}
	waits := &rows{into: "marts.learning_survival (view_name, ancestor_id, window_id, month, course_id, days, completed, censored, people_n, is_hidden)"}
	for i, n := range []int{20, 40, 60, 80, 60, 40, 20} {
		for _, window := range []string{"fy", "last-fy", "rolling-12"} {
			waits.add("as_was", "*", window, ym(2026, 11), "", 3*(i+1), n, 5, 345, false)
		}
	}
	results := &rows{into: "marts.learning_results (view_name, ancestor_id, month, course_id, course_name, version_id, people_n, attempts, passed, completed, withdrawn, mean_score, is_range, is_hidden)"}
	results.add("as_was", "*", ym(2026, 11), "safety", "Safety at work", "", 1400, 3000, 2700, 2800, 60, 86.25, false, false)
	results.add("as_was", "*", ym(2026, 11), "safety", "Safety at work", "V2", 700, 900, 800, 850, 20, 85.5, false, false)
	spread := &rows{into: "marts.team_learning_spread (view_name, ancestor_id, month, low_share, median_share, high_share, people_n, is_hidden)"}
	spread.add("as_was", "*", ym(2026, 11), 0.41, 0.55, 0.68, 184, false)
	people := &rows{into: "marts.learning_people (person_id, enrolment_id, course_id, course_name, course_version_id, unit_at_day, origin, assigned_date, assigned_basis, due_date, started_date, done_date, is_exempt, is_withdrawn, is_overdue, days_overdue)"}
	people.add("p1", "n1", "safety", "Safety at work", "V2", "sales-01", "assigned", ym(2026, 9), "source", ym(2026, 10), nil, nil, false, false, true, 45)
	people.add("p2", "n2", "safety", "Safety at work", "V2", "ops-01", "assigned", ym(2026, 9), "first_seen", nil, nil, ym(2026, 10), false, false, false, nil)
	proofs := &rows{into: "marts.certification_people (person_id, course_id, course_name, course_version_id, proof_date, valid_until, is_certified, unit_at_day, state, is_ruled)"}
	proofs.add("p1", "safety", "Safety at work", "V2", ym(2025, 12), ym(2026, 12), true, "sales-01", "ends within 90 days", true)
	managers := &rows{into: "marts.team_learning_people (person_id, team, active)"}
	managers.add("p9", 8, 2)
	access := &rows{into: "marts.access_people (person_id, unit_id)"}
	access.add("p1", "sales-01")
	access.add("p2", "ops-01")
	access.add("p9", "sales-01")
	return []string{courses.String(), tree.String(), waits.String(), results.String(), spread.String(), people.String(), proofs.String(), managers.String(), access.String()}
}

func learningWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), learned()...)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestLearningPage(t *testing.T) {
	app := serve(t, learningWarehouse(t), fixtureCompany)
	for path, wants := range map[string][]string{
		"/learning": {
			"<h1>300 of 2000 people, 15\u202f%, are overdue; most of it is stuck in Safety at work</h1>",
			"9 more are overdue while on leave and counted apart.", "90.0\u202f% is completed; 75.0\u202f% of people completed all of theirs.",
			"Half is done within 12 days.", "7 assignments only first seen when begun or loaded: left out of how long it takes.",
			"Unit logistics has the largest share overdue: 20\u202f% of its people with anything due", "0 to 4", "of 184 managers the middle half have 41\u202f% to 68\u202f%",
			`href="/learning?unit=sales"`, `href="/learning/people?course=safety&amp;show=proofs&amp;state=ended"`, "86.2",
		},
		"/learning?by=title":               {"Job title Seller has the largest share overdue: 20\u202f%", "0 to 4 of 50"},
		"/learning?course=safety":          {"200 of 1000 people, 20\u202f%, are overdue with Safety at work", "V2<small>version</small>", "93.8\u202f%"},
		"/learning?period=last-fy":         {"661", "FY 2025"},
		"/learning?org=now":                {"Not applied: the organisation as it is now."},
		"/learning/people":                 {"Say why you need rows about single people", "visible to HR and learning"},
		"/learning/people?reason=checking": {"Not shown: rows about single people."},
	} {
		code, body := answer(t, app, path)
		if code != http.StatusOK {
			t.Fatalf("%s: %d\n%s", path, code, body)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
	}
	for path, want := range map[string]string{
		"/learning?by=age": "is not one of title", "/learning?course=nope": "is no course", "/learning/people?show=x": "is not one of", "/learning/people?state=x": "is no state",
	} {
		if resp, body := get(t, app, path); resp.StatusCode != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s: %d, without %q", path, resp.StatusCode, want)
		}
	}
}

// Where the total would tell of a course of few, the sum of the courses that are told stands in its
// place: of 720 and 100 assignments 648 and 50 are completed, 85.1 %; the third is in no sum.
func TestLearningTold(t *testing.T) {
	w := learningWarehouse(t)
	if err := fill(w, []string{
		"update marts.learning_tree set items = null, items_done = null where window_id = 'fy' and course_id = '' and step in ('started', 'completed', 'assessed')",
		"insert into marts.courses by name select 'rare' as course_id, 'Rare' as name, false as is_customer_led, false as has_rule",
		"insert into marts.learning_tree by name select view_name, ancestor_id, window_id, month, step, 'selling' as course_id, attribute, attribute_value, 90 as people_n, 45 as numerator, 100 as items, 50 as items_done, false as is_range, false as is_hidden from marts.learning_tree where window_id = 'fy' and course_id = 'safety'",
		"insert into marts.learning_tree by name select view_name, ancestor_id, window_id, month, step, 'rare' as course_id, attribute, attribute_value, false as is_range, true as is_hidden from marts.learning_tree where window_id = 'fy' and course_id = 'safety'",
	}); err != nil {
		t.Fatal(err)
	}
	_, body := answer(t, serve(t, w, fixtureCompany), "/learning")
	for _, want := range []string{"85.1\u202f%", "of 820 assigned in FY 2026 to date of the 2 courses that can be told", "of the 2 courses that can be told, 85.1\u202f% is completed; 75.0\u202f% of people", "by how far they came"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// A company that loaded nothing is told what to load.
func TestLearningBeforeData(t *testing.T) {
	_, body := answer(t, serveFixture(t), "/learning")
	if !strings.Contains(body, "No learning has been loaded yet") || !strings.Contains(body, "Load the stream enrolment") {
		t.Error(text(body))
	}
}

// Rows about people: for hr of the unit, with a reason that the audit keeps.
func TestLearningPeople(t *testing.T) {
	app, doors := guarded(t, learningWarehouse(t))
	headers := signedInAs(t, app, doors, "sales-hr")
	for path, want := range map[string]string{
		"/learning/people?reason=audit+of+2026":               "overdue by 45 days",
		"/learning/people?show=proofs&reason=audit+of+2026":   "1 Dec 2026",
		"/learning/people?show=managers&reason=audit+of+2026": "25\u202f%",
	} {
		resp, body := get(t, app, path, headers...)
		if resp.StatusCode != http.StatusOK || !strings.Contains(body, want) || strings.Contains(body, ">p2<") {
			t.Errorf("%s: %d: %s", path, resp.StatusCode, text(body))
		}
	}
	if seen := fmt.Sprint(viewsOf(t, doors)); strings.Count(seen, "audit of 2026") != 3 {
		t.Errorf("the audit has %s", seen)
	}
}

func browserLearning(t *testing.T, b *browser) {
	tryPage(t, b, pageTrial{
		path: "/learning", shot: "learning", figures: 5, figure: "chart-overdue", field: "period", value: "last-fy",
		query: "learning_units", cell: func(row map[string]any) string {
			if row["step"] != "overdue" {
				return ""
			}
			return string(row["numerator"].(json.Number))
		},
	})
}
