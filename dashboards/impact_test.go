package dashboards

import (
	"encoding/json"
	"fmt"
	"html"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"dials/queries/evidence"
	"dials/warehouse"
)

// sqlText stands in a row as it is written.
type sqlText string

// evident is what is believed of the company's tactics: a staggered roll-out that
// worked, an experiment on people, a joint verdict, one too weak to tell, one
// without a test, and one about too few people.
func evident() []string {
	runs := &rows{into: `marts.evidence (evidence_run_id, run_number, tactic_link_id, tactic_id, metric_id, computed_at, data_as_of, why, fingerprint,
		rung, result, is_claim, joint_with, caps, missing, words, how_we_know, mind_change, next_step, reason, design, design_rule, runners_up,
		is_overridden, estimand, scale, effect, std_error, df, p_value, low, high, level, mde, worth, effect_metric, naive, counterfactual,
		benefit_low_amount, benefit_amount, benefit_currency, benefit_basis, share_of_change, treated, comparison, is_people, months_before, months_after,
		first_month, launched_month, last_month, reporting, tests, rejected, settings, command, people_n, is_hidden)`}
	run := func(id, link, metric string, rung int, result evidence.Result, claim bool, joint sqlText, how, reason string, design, scale any,
		numbers []any, money []any, treated, comparison int, people bool, launch time.Time, peopleN any, hidden bool,
	) {
		values := []any{
			"run-" + id, 2, link, strings.TrimPrefix(link, "l-"), metric, sqlText("timestamp '2026-11-16 02:10:00'"), ym(2026, 10), "the data or the register changed", "f00d",
			rung, string(result), claim, joint, sqlText("[]::varchar[]"), sqlText("[]::varchar[]"), "words", how, "another wave that does not show it", "Scale it to the units that do not have it yet.", reason,
			design, "It started at different dates: each start is compared with units that had not started.", sqlText("['its']"),
			false, "mean effect on the treated", scale,
		}
		values = append(values, numbers...)
		values = append(values, money...)
		values = append(values, treated, comparison, people, 26, 22, ym(2022, 12), launch, ym(2026, 10), 1.0, 4, 2,
			sqlText(`'{"seed": 1, "se": "cr2"}'`), "dials estimate --design staggered panel.csv", peopleN, hidden)
		runs.add(values...)
	}
	none := sqlText("[]::varchar[]")
	noMoney := []any{nil, nil, nil, nil, nil}
	noNumbers := make([]any, 12)
	run("selling", "l-selling", "revenue", 5, evidence.Moved, true, none, "staggered roll-out (5 of 6)", "", "staggered", "log",
		[]any{0.0557, 0.009, 27.0, 0.0001, 0.034, 0.077, 0.975, 0.026, 0.049, 14_200.0, 0.107, 262_000.0},
		[]any{1_400_000, 2_900_000, "EUR", "measured", 0.36}, 24, 36, false, ym(2025, 1), nil, false)
	run("leadership", "l-leadership", "turnover", 6, evidence.Moved, true, none, "randomised (6 of 6)", "", "randomized", "share",
		[]any{-0.039, 0.014, 196.0, 0.006, -0.066, -0.012, 0.975, 0.039, 0.05, -0.039, nil, 0.16}, noMoney, 200, 2300, true, ym(2025, 3), 200, false)
	run("reorg", "l-reorg", "handling", 4, evidence.Moved, false, "['price change']", "comparison group (4 of 6)", "", "did", "level",
		[]any{-0.45, 0.08, 38.0, 0.0001, -0.63, -0.27, 0.975, 0.23, 0.4, -0.45, -0.44, 8.05}, noMoney, 12, 28, false, ym(2025, 4), nil, false)
	run("circles", "l-circles", "defects", 3, evidence.CannotTell, false, none, "break in trend (3 of 6)", "this test was too weak to tell", "did", "level",
		[]any{-0.0001, 0.0002, 40.0, 0.6, -0.0005, 0.0003, 0.95, 0.0006, 0.0009, -0.0001, -0.0012, 0.0055}, noMoney, 10, 40, false, ym(2025, 2), nil, false)
	run("mindset", "l-mindset", "handling", 1, evidence.CannotTell, false, none, "linked (1 of 6)", "a launch", nil, nil, noNumbers, noMoney, 0, 0, false, ym(2026, 12), nil, false)
	run("mentoring", "l-mentoring", "turnover", 2, evidence.CannotTell, false, none, "before/after (2 of 6)", "", nil, nil, noNumbers, noMoney, 3, 900, true, ym(2024, 9), 3, true)

	checks := &rows{into: `marts.evidence_checks (evidence_run_id, position, rung, is_cap, name, status, measure, value, "limit", is_least, words, tactic_link_id, tactic_id, metric_id)`}
	for i, c := range []struct {
		rung    any
		isCap   bool
		name    string
		status  evidence.Status
		measure any
		value   any
		limit   any
		least   any
		words   string
	}{
		{1, false, "approved", evidence.Passed, nil, nil, nil, nil, "The link is approved."},
		{3, false, "months-before", evidence.Passed, "months", 26, 24, true, "Complete months before the launch."},
		{5, false, "drift", evidence.Passed, "ratio", 0.21, 0.5, false, "Drift."},
		{5, false, "balance-size", evidence.Passed, "smd", 0.4, 0.52, false, "Size."},
		{5, false, "order-and-dial", evidence.Passed, "p", 0.41, 0.01, true, "Order."},
		{6, false, "outcome-unknown", evidence.Failed, "share", 0.31, 0.2, false, "Unknown."},
		{6, false, "assignment-logged", evidence.NotApplicable, nil, nil, nil, nil, "Nobody was assigned at random."},
		{6, true, "rival", evidence.Failed, "points", 0.35, 0.2, false, "A <b>price</b> change touched one group more than the other."},
		{3, true, "reporting", evidence.Passed, "share", 1.0, 0.8, true, "Reporting."},
		{nil, false, "estimator-sensitivity-honest-rm", evidence.Passed, nil, 1.4, nil, nil, "Breakdown."},
		{nil, false, "estimator-pre-trend", evidence.Failed, "p", 0.0004, nil, nil, "joint test of 12 months"},
	} {
		checks.add("run-selling", i+1, c.rung, c.isCap, c.name, string(c.status), c.measure, c.value, c.limit, c.least, c.words, "l-selling", "selling", "revenue")
	}
	points := &rows{into: "marts.evidence_points (evidence_run_id, position, kind, name, x, month, value, other, low, high, tactic_link_id, tactic_id, metric_id)"}
	at := 0
	point := func(link, metric, kind string, name, x, month, value, other, low, high any) {
		at++
		tactic := strings.TrimPrefix(link, "l-")
		points.add("run-"+tactic, at, kind, name, x, month, value, other, low, high, link, tactic, metric)
	}
	for m := ym(2022, 12); m.Before(ym(2026, 11)); m = m.AddDate(0, 1, 0) {
		k := float64(monthsBetween(ym(2025, 1), m))
		expected := 250_000 * (1 + 0.002*(k+24)) * (1 + 0.04*math.Sin(k/2))
		point("l-selling", "revenue", "path", nil, nil, m, expected*(1+0.06*min(1, max(0, k+1)/6)), expected, nil, nil)
		handling := 8 + 0.2*math.Sin(k/3)
		point("l-reorg", "handling", "path", nil, nil, m, handling-0.45*boolean(k >= 3), handling, nil, nil)
	}
	for i := range 9 {
		point("l-leadership", "turnover", "path", nil, nil, ym(2025, time.Month(3+i)), 0.02+0.01*float64(i), 0.03+0.015*float64(i), nil, nil)
	}
	for k := -12; k <= 21; k++ {
		v := 0.002*math.Sin(float64(k)) + 0.058*min(1, max(0, float64(k+1))/6)
		point("l-selling", "revenue", "event", nil, k, nil, v, nil, v-0.02, v+0.02)
	}
	for i := range 199 {
		point("l-selling", "revenue", "placebo", nil, nil, nil, 0.011*math.Sin(float64(i)*1.7), nil, nil, nil)
	}
	for i := range 4 {
		point("l-selling", "revenue", "wave", fmt.Sprint(i+1), nil, ym(2025, time.Month(1+3*i)), nil, nil, nil, nil)
	}
	point("l-selling", "revenue", "balance", "level", nil, nil, 0.08, nil, nil, nil)
	point("l-selling", "revenue", "balance", "size", nil, nil, 0.7, 0.02, nil, nil)
	point("l-selling", "revenue", "beside", "imputation", nil, nil, 0.054, nil, 0.048, 0.061)
	for i, name := range []string{"North", "South"} {
		point("l-selling", "revenue", "group-unit", name, 12, nil, 0.05+0.01*float64(i), nil, 0.02, 0.09)
	}
	for k := 1; k <= 12; k++ {
		point("l-selling", "revenue", "benefit", nil, k, nil, 95_000*float64(k), nil, 60_000*float64(k), nil)
	}
	history := &rows{into: `marts.evidence_history (evidence_run_id, run_number, tactic_link_id, tactic_id, metric_id, computed_at, data_as_of, why, fingerprint, rung, result,
		is_claim, words, how_we_know, is_overridden, scale, effect, low, high, is_people, tests, rejected, people_n, is_hidden)`}
	history.add("run-selling", 2, "l-selling", "selling", "revenue", sqlText("timestamp '2026-11-16 02:10:00'"), ym(2026, 10), "the data or the register changed", "f00d", 5, "moved as wanted", true, "w", "staggered roll-out (5 of 6)", false, "log", 0.0557, 0.034, 0.077, false, 4, 2, nil, false)
	history.add("run-before", 1, "l-selling", "selling", "revenue", sqlText("timestamp '2026-05-16 02:10:00'"), ym(2026, 4), "first run", "feed", 2, "cannot tell", false, "w", "before/after (2 of 6)", false, nil, nil, nil, nil, false, 0, 0, nil, false)
	needs := &rows{into: "marts.portfolio_tactics (tactic_id, name, need_id, need_title, need_opened_date, first_approved_date, days_to_first_tactic, is_solution_first, was_neutral, had_owner_access, is_shared, is_customer_feedback)"}
	needs.add("selling", "Consultative selling", "N-1", "Clients say that we offer before we listen", ym(2024, 7), ym(2024, 10), 92, false, true, true, true, true)
	needs.add("incentive", "Incentive plan", "N-3", "Orders leave too late", ym(2025, 5), ym(2025, 5), 0, true, false, true, nil, false)
	needs.add("refresher", "Compliance refresher", nil, nil, nil, nil, nil, nil, nil, nil, nil, nil)
	benefits := &rows{into: "marts.portfolio_benefits (benefit_id, tactic_id, metric_id, planned_amount, actual_amount, currency, go_live_date)"}
	benefits.add("b1", "selling", "revenue", 1_500_000, 1_200_000, "EUR", ym(2025, 1))
	benefits.add("b2", "leadership", "turnover", 300_000, nil, "EUR", ym(2026, 3))
	overlap := &rows{into: "marts.tactic_overlap (tactic_id, other_tactic_id, units)"}
	for _, row := range []struct {
		tactic, other string
		units         int
	}{{"selling", "selling", 24}, {"selling", "", 18}, {"selling", "reorg", 6}, {"reorg", "reorg", 12}, {"reorg", "", 6}, {"reorg", "selling", 6}} {
		overlap.add(row.tactic, row.other, row.units)
	}
	return []string{
		overlap.String(), benefits.String(), runs.String(), checks.String(), points.String(), history.String(), needs.String(),
		"update marts.dials set base_unit_type = 'team' where metric_id = 'revenue'",
		"update marts.tactics set is_cost_hidden = false where tactic_id = 'selling'",
	}
}

func evidentWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), evident()...)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestImpactPage(t *testing.T) {
	app := serve(t, evidentWarehouse(t), fixtureCompany)
	for path, want := range map[string][]string{
		"/impact?tactic=selling": {
			"In the 24 teams with Consultative selling it was 5.7\u202f% (3.5 to 8.0\u202f%) higher than it would have been: about 36\u202f% of the company&#39;s change.",
			"Consultative selling probably contributed to this.</h1>", "How we know: staggered roll-out (5 of 6).", "What would change our mind: another wave",
			"would have claimed <b>+11.3\u202f%</b>", "About half of that happened to teams without it too",
			"Teams with it pulled away from the others after their own start", "Nothing shows before the start, an effect in most months after it",
			"None of 199 invented assignments shows as much", "Would we have been fooled? One check failed",
			"21\u202f% of the effect could be drift", "p = 0.410; at least 0.01 would pass", "keeps it from rung 6", "One of the estimator&#39;s own tests failed",
			"A &lt;b&gt;price&lt;/b&gt; change touched one group", "Worth at least €\u202f1.40\u202fm, more likely €\u202f2.90\u202fm, for €\u202f905\u202fk",
			"ROI 55\u202f% low, 220\u202f% central", "benefit-cost ratio 1.5 and 3.2", "Both groups were not alike; weighted, they are",
			"What was believed before, and why it changed", "before/after (2 of 6)", "dials estimate --design staggered panel.csv", "se cr2; seed 1", "Beside it: imputation",
			"The register says that less came than was planned", "€\u202f1.20\u202fm</td><td class=\"num\">80\u202f%</td>", "The effect is there in each group of units", "payback 10 months, central", "It would hold if the groups had drifted apart as much afterwards as before", "/impact/panel.csv?link=l-selling", `<option value="selling" selected>`, "price change",
		},
		"/impact": {
			"In the 200 people with Leadership pilot it was 3.9 points (1.2 to 6.6 points) lower than it would have been. Leadership pilot caused this.</h1>",
			"People with it pulled away from the others after the start", "No return is computed", "2300", "due in Feb 2027",
		},
		"/impact?tactic=selling&dial=revenue&known=2026-06-01": {
			"On 1 Jun 2026 it was believed: Consultative selling cannot be told (before/after (2 of 6)).",
			"16 Nov 2026: from rung 2 to 5 and from “cannot be told” to “probably contributed to it”, because the data or the register changed.",
		},
		"/impact?tactic=selling&dial=revenue&known=2026-01-01": {"On 1 Jan 2026 nothing had been judged yet.", "The first judgement here is of 16 May 2026"},
		"/impact?tactic=selling&dial=revenue&known=soon":       {"is not a day like 2026-10-31"},
		"/impact?tactic=reorg&dial=handling": {
			"together probably contributed to this.</h1>", "A joint verdict: price change touched one group more than the other.", "but not by Reorganisation of desks alone",
		},
		"/impact?tactic=circles": {"cannot be told: this test was too weak to tell; it could have seen 10.9\u202f% or more."},
		"/impact?tactic=mindset": {"<h1>Service mindset is aimed at Handling time.</h1>", "No return is computed before", "Nothing could be checked"},
		"/impact?dial=handling":  {"Reorganisation of desks", "What is known of each tactic?"},
		"/impact?tactic=away":    {"<h1>Away days is not linked to any dial</h1>", "Some groups are hidden"},
		"/impact?tactic=selling&dial=turnover": {
			"<h1>Consultative selling is not linked to Voluntary turnover</h1>",
		},
		"/impact?tactic=mentoring": {"<h1>What is known of Mentoring is withheld to protect people</h1>", "it would tell of single ones"},
	} {
		code, body := answer(t, app, path)
		if code != http.StatusOK {
			t.Errorf("%s: got %d", path, code)
		}
		for _, w := range want {
			if !strings.Contains(body, w) && !strings.Contains(html.UnescapeString(body), w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
		for _, never := range []string{"proved", "drove", "significant", "Mentoring</a>", "NaN", "<nil>"} {
			if strings.Contains(body, never) {
				t.Errorf("%s says %q", path, never)
			}
		}
	}
}

func TestImpactRefusals(t *testing.T) {
	app := serve(t, evidentWarehouse(t), fixtureCompany)
	for path, want := range map[string]string{
		"/impact?tactic=nothing":                             "tactic: &#34;nothing&#34; is not a tactic of the register",
		"/impact?dial=nothing":                               "dial: &#34;nothing&#34; is not a dial",
		"/impact?tactic=%3Cscript%3Ealert(1)%3C%2Fscript%3E": "tactic: &#34;&lt;script&gt;alert(1)&lt;/script&gt;&#34; is not",
	} {
		code, body := answer(t, app, path)
		if code != http.StatusBadRequest || !strings.Contains(body, want) {
			t.Errorf("%s: got %d without %q", path, code, want)
		}
	}
}

// Before anything was judged the page says what to do.
func TestImpactBeforeEvidence(t *testing.T) {
	code, body := answer(t, serveFixture(t), "/impact")
	if code != http.StatusOK || !strings.Contains(body, "<h1>No evidence yet: no tactic has been judged</h1>") || !strings.Contains(body, "dials sync") {
		t.Errorf("got %d:\n%s", code, body)
	}
}

// The options of the page's charts are those of the golden file.
func TestImpactCharts(t *testing.T) {
	var path []pathPoint
	for i := range 6 {
		v := 100 + float64(i)
		path = append(path, pathPoint{ym(2025, time.Month(1+i)), number{v + 2*boolean(i > 2), true}, number{v, i != 1}})
	}
	until := ym(2025, 5)
	rivals := []rivalRow{{Name: "price change", FromDate: ym(2025, 4), ToDate: &until}}
	marks := []mark{{Key: "1", Month: ym(2025, 4)}, {Key: "2", Month: ym(2025, 6)}}
	events := []effectPoint{{-1, 0.1, -1, 1.2, true, "1 month before the start: +0.1 %"}, {0, 2, 1, 3, true, "the month of the start: +2.0 %"}, {At: 1, Value: 3, Name: "1 month after the start: +3.0 %"}}
	bins := placeboBins([]float64{-1, -0.4, 0, 0.2, 0.5, 0.9}, 4)
	for i := range bins {
		bins[i].Name = fmt.Sprint(bins[i].Low)
	}
	loss := moneySteps(905, -100, 400)
	for i := range loss {
		loss[i].Label = fmt.Sprint(loss[i].Amount)
	}
	var options []any
	for _, c := range []chart{
		trendChart(path, ym(2025, 4), marks, rivals, [2]string{"with it", "comparison"}),
		trendChart(path, ym(2026, 1), nil, nil, [2]string{"with it", "without it"}),
		eventChart(events), placeboChart(bins, "+4.0 %"), moneyChart(moneySteps(905, 1400, 2900)), moneyChart(loss),
	} {
		c.Validate()
		options = append(options, c.JSON())
	}
	got, err := json.MarshalIndent(options, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "impact.json", append(got, '\n'))
}

func TestPlaceboBins(t *testing.T) {
	for _, tt := range []struct {
		placebos []float64
		effect   float64
	}{{[]float64{-3, -1, 0, 1, 3}, 12}, {[]float64{0, 0, 0, 0, 1e-9}, 0}, {[]float64{5, 6, 7}, -5}, {[]float64{-0.7, 0.7}, 0.7}} {
		bins := placeboBins(tt.placebos, tt.effect)
		n, ours := 0, 0
		for _, b := range bins {
			n += b.N
			ours += int(boolean(b.IsOurs))
		}
		if n != len(tt.placebos) || ours != 1 || len(bins) > 60 {
			t.Errorf("%v, %v: %d placebos in %d bins, %d of ours", tt.placebos, tt.effect, n, len(bins), ours)
		}
	}
	if bins := placeboBins([]float64{2, 2}, 2); bins != nil {
		t.Errorf("got %v where nothing varies", bins)
	}
}

func TestEffectScale(t *testing.T) {
	r := &request{numbers: numbersFor("en")}
	v := func(v float64) *float64 { return &v }
	s := func(s string) *string { return &s }
	percent := &dial{measure: measureOf("%", "ratio", "")}
	minutes := &dial{measure: measureOf("min", "mean", "")}
	points := &dial{measure: measureOf("points", "mean", "")}
	for _, tt := range []struct {
		dial           *dial
		row            impactRow
		size, interval string
	}{
		{minutes, impactRow{Scale: s("log"), Effect: v(0.0488), Low: v(0.01), High: v(0.0862)}, "5.0\u202f%", "1.0 to 9.0\u202f%"},
		{minutes, impactRow{Scale: s("level"), Effect: v(-0.4), Low: v(-0.8), High: v(0.1), Counterfactual: v(8)}, "5.0\u202f%", "from 10.0\u202f% lower to 1.2\u202f% higher"},
		{minutes, impactRow{Scale: s("level"), Effect: v(-0.4), Low: v(-0.8), High: v(-0.1)}, "0.40\u202fmin", "0.10 to 0.80\u202fmin"},
		{percent, impactRow{Scale: s("level"), Effect: v(-0.4), Low: v(-0.8), High: v(-0.1), Counterfactual: v(1)}, "40 points", "10 to 80 points"},
		{percent, impactRow{Scale: s("share"), Effect: v(-0.039), Low: v(-0.066), High: v(-0.012)}, "3.9 points", "1.2 to 6.6 points"},
		{points, impactRow{Scale: s("level"), Effect: v(2), Low: v(1), High: v(3), Counterfactual: v(70)}, "2.0 points", "1.0 to 3.0 points"},
	} {
		scale := r.scaleOf(tt.dial, tt.row)
		if got := scale.size(*tt.row.Effect); got != tt.size {
			t.Errorf("size: got %q, want %q", got, tt.size)
		}
		if got := scale.interval(*tt.row.Low, *tt.row.High); got != tt.interval {
			t.Errorf("interval: got %q, want %q", got, tt.interval)
		}
	}
}

// Both pages draw all their charts, in light and dark, and stay within a narrow screen.
func TestBrowserImpact(t *testing.T) {
	b := browse(t, func(t testing.TB) *fiber.App { return serve(t, evidentWarehouse(t), fixtureCompany) })
	for name, page := range map[string]struct {
		path    string
		figures int
	}{
		"impact": {"/impact?tactic=selling", 4}, "impact-people": {"/impact", 1}, "tactics": {"/tactics", 4},
	} {
		for _, scheme := range []string{"light", "dark"} {
			b.prefer(t, scheme)
			b.do(t, chromedp.EmulateViewport(1280, 2400), chromedp.Navigate(b.base+page.path))
			counts := result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
			if len(counts) != 2 || counts[0] != page.figures || counts[1] != page.figures {
				t.Errorf("%s: figures and those drawn are %v, want %d", page.path, counts, page.figures)
			}
			b.shoot(t, name+"-1280-"+scheme)
		}
		b.prefer(t, "light")
		b.do(t, chromedp.EmulateViewport(360, 6000), chromedp.Navigate(b.base+page.path))
		result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
		wide := result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('body *')]
			.filter(e => !e.closest('details') && !e.closest('.skip') && !e.closest('.wide table') && !e.closest('.scroll table') && !e.closest('.roomy') && e.getBoundingClientRect().right > 361)
			.map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))`))
		for _, w := range wide {
			t.Errorf("%s: wider than the screen: %s", page.path, w)
		}
		b.shoot(t, name+"-360")
	}
	b.check(t)
}
