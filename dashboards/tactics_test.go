package dashboards

import (
	"encoding/json"
	"html"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTacticsPage(t *testing.T) {
	code, body := answer(t, serve(t, evidentWarehouse(t), fixtureCompany), "/tactics")
	if code != http.StatusOK {
		t.Fatalf("got %d\n%s", code, body)
	}
	text := html.UnescapeString(body)
	for _, want := range []string{
		"<h1>€\u202f364\u202fk, 11\u202f% of what tactics cost, went to three tactics that are linked to no business goal</h1>",
		"Costs that would tell of few people are hidden and not in the sums.", "8 of 11", "7 of 8",
		"The dearest tactic, Incentive plan, stands on rung 1 of 6", "with evidence that their dial moved as wanted", "Most of the money is aimed at",
		"€\u202f268\u202f000", "hidden", "One need had its solution before it was opened, or on that day", "Orders leave too late", "solution first",
		"Every dial has an owner outside L&D", "Three tactics are one-off events", "answer no need that is registered", "Clients say that we offer before we listen",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"NaN", "<nil>", "48\u202f000"} {
		if strings.Contains(text, never) {
			t.Errorf("the page says %q", never)
		}
	}
}

func TestTacticsBeforeAny(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, []string{"insert into marts.source_freshness (source, kind, last_success_at, last_status) values ('hris', 'file', timestamp '2026-11-16 01:15:00', 'ok')"}); err != nil {
		t.Fatal(err)
	}
	code, body := answer(t, serve(t, w, fixtureCompany), "/tactics")
	if code != http.StatusOK || !strings.Contains(body, "<h1>No tactic is registered yet</h1>") || !strings.Contains(body, "tactic_link") {
		t.Errorf("got %d:\n%s", code, body)
	}
}

// spending is a small portfolio: one tactic with two links, one without.
func spending() *portfolio {
	goal, metric, other := "Sell more", "revenue", "defects"
	revenue, defects := &dial{dialRow: dialRow{MetricID: metric, Name: "Revenue"}}, &dial{dialRow: dialRow{MetricID: other, Name: "Defects"}}
	return &portfolio{
		dialByID: map[string]*dial{metric: revenue, other: defects},
		lines: []portfolioLine{
			{tacticRow: tacticRow{TacticID: "a", Name: "Selling"}, cost: number{900, true}, links: []linkRow{{GoalName: &goal, MetricID: &metric}, {GoalName: &goal, MetricID: &other}}},
			{tacticRow: tacticRow{TacticID: "b", Name: "Away days", IsOrphan: true}, cost: number{100, true}},
			{tacticRow: tacticRow{TacticID: "c", Name: "Unknown"}},
			{tacticRow: tacticRow{TacticID: "d", Name: "Hidden", IsOrphan: true}, hidden: true},
		},
	}
}

// The flow adds up: what leaves the tactics arrives.
func TestFlow(t *testing.T) {
	nodes, edges := spending().flow()
	var sums [3]float64
	for _, n := range nodes {
		sums[n.Depth] += n.Amount
	}
	if diff := cmp.Diff([3]float64{1000, 1000, 900}, sums); diff != "" {
		t.Error(diff)
	}
	want := []flowEdge{
		{"tactic:a", "goal:Sell more", 900, false}, {"goal:Sell more", "dial:revenue", 450, false}, {"goal:Sell more", "dial:defects", 450, false}, {"tactic:b", "goal:", 100, true},
	}
	if diff := cmp.Diff(want, edges); diff != "" {
		t.Error(diff)
	}
	all, orphans, unknownCosts, hidden := spending().spend()
	if all != 1000 || orphans != 100 || unknownCosts != 1 || hidden != 1 {
		t.Errorf("got %v, %v, %d, %d", all, orphans, unknownCosts, hidden)
	}
}

// The options of the page's charts are those of the golden file.
func TestTacticsCharts(t *testing.T) {
	nodes, edges := spending().flow()
	boxes := []treeBox{
		{Name: "not linked", Text: "Not linked  10 %", Color: "var(--series-2)", Amount: 100, Inside: []treeBox{{Name: "Away days: not linked", Text: "Away days", Color: "var(--series-2)", Amount: 100, IsHatched: true}}},
		{Name: "linked", Text: "Linked  90 %", Color: "var(--series-1)", Amount: 900, Inside: []treeBox{{Name: "Selling: linked", Text: "Selling", Color: "var(--series-1)", Amount: 900}}},
	}
	points := []costPoint{{900, 5, "Selling", "Selling: 900", "var(--series-3)", true}, {100, 0, "Away days", "Away days: 100", "var(--series-2)", false}, {120, 0, "Tools", "Tools: 120", "var(--series-2)", false}}
	var options []any
	for _, c := range []chart{flowChart(nodes, edges, func(e flowEdge) string { return e.From + " → " + e.To }), treeChart(boxes), costRungChart(points)} {
		c.Validate()
		options = append(options, c.JSON())
	}
	got, err := json.MarshalIndent(options, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "tactics.json", append(got, '\n'))
}

// Nothing is said more strongly than it is known.
func TestPortfolioStatus(t *testing.T) {
	for want, l := range map[string]portfolioLine{
		"not linked":                        {tacticRow: tacticRow{IsOrphan: true}},
		"linked, not tested":                {},
		"moved its dial as wanted":          {best: &impactRow{Rung: 5, Result: "moved as wanted", IsClaim: true}},
		"moved it, but not it alone":        {best: &impactRow{Rung: 4, Result: "moved as wanted", Joint: []string{"price change"}}},
		"no clear change, or the other way": {best: &impactRow{Rung: 4, Result: "no clear change"}},
		"linked, cannot be told":            {best: &impactRow{Rung: 6, Result: "cannot tell"}},
	} {
		if got := l.status(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Tactics that met on the same units are drawn, and their pairs are in the table.
func TestTacticsOverlap(t *testing.T) {
	_, body := answer(t, serve(t, evidentWarehouse(t), fixtureCompany), "/tactics")
	for _, want := range []string{"6 of 12 units with ", `id="chart-overlap"`, "with other tactics at the same time", "Units with both"} {
		if !strings.Contains(body, want) {
			t.Errorf("the portfolio does not say %q", want)
		}
	}
}
