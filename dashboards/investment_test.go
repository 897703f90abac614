package dashboards

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// spentOn is what the company's people learn for how much, in the marts of page 7.
func spentOn() []string {
	tree := &rows{into: "marts.investment_tree (view_name, ancestor_id, node_name, parent_node, window_id, month, what, value, attribute, attribute_value, people_n, hours, aligned_hours, square, fte, days, items, items_done, is_range, is_hidden)"}
	cost := &rows{into: "marts.investment_cost_tree (view_name, ancestor_id, node_name, parent_node, window_id, month, what, attribute, attribute_value, people_n, amount, square, unit_amount, open_amount, fte, days, cost_currency, is_hidden)"}
	for i, window := range []string{"fy", "last-fy", "rolling-12"} {
		for _, node := range []string{"*", "co"} {
			name, parent := any(nil), any(nil)
			if node == "co" {
				name, parent = "Northwind Instruments", "*"
			}
			hours := func(attribute, value string, people int, sum, square, fte float64) {
				tree.add("as_was", node, name, parent, window, ym(2026, 11), "hours", "", attribute, value, people, sum, sum/4, square, fte, 365, nil, nil, false, false)
			}
			hours("", "", 2000, 36_000+float64(i), 900_000, 2400)
			hours("frontline", "yes", 1500, 24_000, 500_000, 1900)
			hours("frontline", "no", 500, 12_000, 400_000, 500)
			tree.add("as_was", node, name, parent, window, ym(2026, 11), "self", "", "", "", 1900, nil, nil, nil, nil, 365, 8000, 1200, false, false)
			money := func(what, attribute, value string, people int, sum float64, fte float64) {
				var unit, open any
				if value == "" && what == "direct" {
					unit, open = 100_000.0, 50_000.0
				}
				cost.add("as_was", node, name, parent, window, ym(2026, 11), what, attribute, value, people, sum, sum*sum/500, unit, open, fte, 365, "EUR", false)
			}
			money("direct", "", "", 2000, 810_000, 2400)
			money("direct", "frontline", "yes", 1500, 600_000, 1900)
			money("direct", "frontline", "no", 500, 210_000, 500)
			money("time", "", "", 2000, 1_200_000, 2400)
		}
		for j, d := range []string{"sales", "ops", "service"} {
			tree.add("as_was", d, d, "co", window, ym(2026, 11), "hours", "", "", "", 600, 8000+1000*j, 100, 9, 700, 365, nil, nil, false, false)
			cost.add("as_was", d, d, "co", window, ym(2026, 11), "direct", "", "", 600, 210_000, 9, 0, nil, 700, 365, "EUR", false)
			cost.add("as_was", d, d, "co", window, ym(2026, 11), "time", "", "", 600, 400_000, 9, nil, nil, 700, 365, "EUR", false)
		}
	}
	tree.add("as_was", "*", nil, nil, "rolling-12", ym(2026, 11), "plans", "", "", "", 900, nil, nil, nil, nil, 365, 1000, 150, false, false)
	for m := ym(2025, 3); m.Before(ym(2026, 12)); m = m.AddDate(0, 3, 0) {
		for what, values := range map[string][]string{"purpose": {"compliance", "skill"}, "modality": {"class", "e-learning"}, "kind": {"formal", "on_the_job", "with_others"}} {
			for i, value := range values {
				tree.add("as_was", "*", nil, nil, "quarter", m, what, value, "", "", 500, 1000*(i+1), nil, nil, nil, nil, nil, nil, false, false)
			}
		}
	}
	lines := &rows{into: "marts.learning_cost_lines (cost_id, cost_date, cost_type, course_id, course_name, tactic_id, tactic_name, for_unit, for_unit_name, amount, stated_amount, stated_currency, cost_currency, missing_rate_lines, is_aligned, people_n, is_hidden)"}
	lines.add("c1", ym(2026, 3), "vendor", "selling", "Consultative selling", "selling", "Consultative selling", nil, nil, 300_000, 300_000, "EUR", "EUR", 0, true, nil, false)
	lines.add("c2", ym(2026, 3), "travel", "selling", "Consultative selling", "selling", "Consultative selling", nil, nil, nil, 9_000, "XAU", "EUR", 1, true, nil, false)
	lines.add("c3", ym(2026, 4), "staff", nil, nil, nil, nil, "co", "Learning", 100_000, 100_000, "EUR", "EUR", 0, false, nil, false)
	lines.add("c4", ym(2026, 4), "delivery", nil, nil, nil, nil, nil, nil, 50_000, 50_000, "EUR", "EUR", 0, false, nil, false)
	lines.add("c5", ym(2025, 4), "delivery", nil, nil, nil, nil, nil, nil, 70_000, 70_000, "EUR", "EUR", 0, false, nil, false)
	clients := &rows{into: "marts.customer_led (kind, id, name, is_customer_led, metric_id, metric_name)"}
	clients.add("need", "n1", "Clients say that we do not listen", true, "revenue", "Revenue")
	clients.add("course", "safety", "Safety at work", false, nil, nil)
	windows := &rows{into: "marts.learning_windows (window_id, from_date, to_date)"}
	windows.add("fy", ym(2026, 1), ym(2026, 12))
	windows.add("last-fy", ym(2025, 1), ym(2026, 1))
	windows.add("rolling-12", ym(2025, 12), ym(2026, 12))
	return []string{tree.String(), cost.String(), lines.String(), clients.String(), windows.String()}
}

func investedApp(t testing.TB) *fiber.App {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), spentOn()...)); err != nil {
		t.Fatal(err)
	}
	return serve(t, w, fixtureCompany)
}

func TestInvestmentPage(t *testing.T) {
	app := investedApp(t)
	// Of 36,000 hours the front line has 24,000: 2 ÷ 3 over 1900 ÷ 2400 is 0.84.
	for path, wants := range map[string][]string{
		"/investment": {
			"<h1>15.0 hours a year go into learning for each full-time equivalent; the front line gets less than its share</h1>", ">0.84<",
			"\u20ac\u202f400<small>a year; \u20ac\u202f960\u202f000 in FY 2026 to date for 2400 FTE", "\u20ac\u202f900<small>a year; with learners", "25.0\u202f%", "15.0\u202f%<small>of 8000 completions",
			"1 cost line without an exchange rate of the day", "Consultative selling took the largest part of direct cost, 67\u202f%", "33\u202f% of hours are for compliance",
			`href="/investment?of=course%3Aselling#lines"`, "1 of 1 needs and 0 of 1 courses name customer feedback", `href="/definitions/revenue">Revenue`, "\u20ac\u202f871",
		},
		"/investment?of=course%3Aselling": {"Which lines make up the cost of Consultative selling?", "no exchange rate of the day", "c2"},
		"/investment?period=last-fy":      {"FY 2025", "Not allocated took the largest part"},
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
	if _, body := answer(t, serveFixture(t), "/investment"); !strings.Contains(body, "Neither hours nor costs of learning are known here") {
		t.Error(text(body))
	}
}

func browserInvestment(t *testing.T, b *browser) {
	tryPage(t, b, pageTrial{
		path: "/investment", shot: "investment", figures: 6, figure: "chart-spend", field: "period", value: "last-fy",
		query: "learning_cost_lines", cell: func(row map[string]any) string {
			if row["amount"] == nil {
				return ""
			}
			n, _ := row["amount"].(json.Number).Float64()
			return "\u20ac\u202f" + strings.TrimSpace(fmt.Sprintf("%.0f\u202f000", n/1000))
		},
	})
}
