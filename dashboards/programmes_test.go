package dashboards

import (
	"encoding/json"
	"math"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// chained is the chain of two courses, in the marts of page 8.
func chained() []string {
	p := &rows{into: "marts.programmes (course_id, name, purpose, tactic_id, teaches, reaction_people, reaction_mean, reaction_most, application_people, application_positive, recent_version, earlier_version, is_comparable, has_same_assessment, people_n, is_hidden)"}
	p.add("selling", "Consultative selling", "skill", "selling", "sell", 150, 4.2, 5, 80, 40, "V1", "V1", true, true, 200, false)
	p.add("rules", "Rules", "compliance", nil, nil, nil, nil, nil, nil, nil, "V2", "V1", false, true, 900, false)
	s := &rows{into: "marts.programme_steps (view_name, ancestor_id, course_id, step, people_n, done, done_low, done_high, pairs, before_level, change_level, change_variance, before_deviation, is_hidden)"}
	s.add("as_was", "*", "selling", "assessed", 200, 180, nil, nil, nil, nil, nil, nil, nil, false)
	s.add("as_was", "*", "selling", "applied", 200, 110, nil, nil, nil, nil, nil, nil, nil, false)
	s.add("as_was", "*", "selling", "dose-1", 80, 30, nil, nil, nil, nil, nil, nil, nil, false)
	s.add("as_was", "*", "selling", "dose-2", 120, 80, nil, nil, nil, nil, nil, nil, nil, false)
	s.add("as_was", "*", "selling", "rated", 100, nil, nil, nil, 100, 0.4, 0.12, 0.04, 0.2, false)
	s.add("as_was", "*", "selling", "rated-others", 400, nil, nil, nil, 400, 0.5, 0.05, 0.04, 0.2, false)
	s.add("as_was", "sales", "selling", "assessed", 120, 90, nil, nil, nil, nil, nil, nil, nil, false)
	s.add("as_was", "sales", "selling", "applied", 120, 60, nil, nil, nil, nil, nil, nil, nil, false)
	w := &rows{into: "marts.programme_waits (course_id, days, applied, censored, people_n, is_hidden)"}
	for i, n := range []int{20, 40, 30, 20} {
		w.add("selling", 10*(i+1), n, 5, 200, false)
	}
	return []string{p.String(), s.String(), w.String()}
}

func chainApp(t testing.TB) *fiber.App {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), chained()...)); err != nil {
		t.Fatal(err)
	}
	return serve(t, w, fixtureCompany)
}

func TestProgrammesPage(t *testing.T) {
	app := chainApp(t)
	for path, wants := range map[string][]string{
		"/programmes": {
			"<h1>The chain of Consultative selling breaks at impact, of which nothing is known</h1>", "200 people completed it.", "Half of all who did showed a first use within 30 days",
			"n = 150, missing 25\u202f%", "n = 180, missing 10\u202f%", "55.0\u202f% applied it", "After it managers rate 12.0 points of 100 higher; those without it 5.0 points of 100 higher",
			"Those who came were rated 10 points lower before: part of the rise would have come anyway (regression to the mean)", "Do those who spend more hours apply it more?", ">comparable<",
			"not comparable: version V1 → V2", "no tactic with an approved link",
		},
		"/programmes?unit=sales":   {"120 people completed it.", "n = 90, missing 25\u202f%", "50.0\u202f% applied it", "of the whole company: answers carry no unit", "whole company, whichever unit is asked for"},
		"/programmes?unit=ops":     {"Too few people here completed Consultative selling"},
		"/programmes?course=rules": {"The chain of Rules breaks at reaction", "Days to the first use are not known for this course", "load learning_feedback of step reaction"},
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
	if resp, _ := get(t, app, "/programmes?course=x"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a course that is none: %d", resp.StatusCode)
	}
}

// By hand: 100 pairs, mean 0.12, variance 0.04: 0.12 ± 1.984217 · 0.02.
func TestPairedChange(t *testing.T) {
	got, ok := pairedChange(0.12, 0.04, 100)
	if !ok || math.Abs(got.Low-0.0803157) > 1e-6 || math.Abs(got.High-0.1596843) > 1e-6 {
		t.Errorf("got %+v", got)
	}
	if _, ok := pairedChange(0.1, 0.1, 1); ok {
		t.Error("one pair has an interval")
	}
}

func browserProgrammes(t *testing.T, b *browser) {
	tryPage(t, b, pageTrial{
		path: "/programmes", shot: "programmes", figures: 4, figure: "chart-dose", field: "course", value: "rules",
		query: "programme_steps", cell: func(row map[string]any) string {
			if step, _ := row["step"].(string); !strings.HasPrefix(step, "dose") {
				return ""
			}
			return string(row["done"].(json.Number))
		},
	})
}
