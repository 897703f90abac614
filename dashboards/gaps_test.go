package dashboards

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"dials/warehouse"
)

// gapWarehouse is the fixture with competency gaps: two titles, three competencies, of which one has
// been assessed of nobody, one cell is withheld, and one snapshot, two courses and three years.
func gapStatements() []string {
	month := "date '2026-10-01'"
	var s []string
	gap := func(unit, rule, title, competency string, people, assessed int, index string) {
		found, low, level := "false", "null", "null"
		proficient, n := "null", fmt.Sprint(assessed)
		switch {
		case assessed > 0 && index != "null":
			low, level, proficient = "false", ".5", fmt.Sprint(assessed/2)
		case assessed > 0:
			found, n = "true", "null"
		}
		s = append(s, fmt.Sprintf("insert into marts.gaps by name select 'as_was' as view_name, '%s' as ancestor_id, %s as month, '%s' as rule, '%s' as job_title_id, '%s' as competency_id, %d as required_n, %d as pairs, "+
			"%s::bigint as assessed_n, %s::bigint as assessed_pairs, %s::double as gap_index, %s::boolean as is_index_low, .1 as surplus_index, %s::bigint as proficient_low, %s::bigint as proficient_high, "+
			"%s::double as level_share, .75 as required_share, %s as is_found_hidden, %d as people_n, false as is_hidden",
			unit, month, rule, title, competency, people, people, n, n, index, low, proficient, proficient, level, found, people))
	}
	for _, unit := range []string{"*", "sales", "ops"} {
		for i, rule := range []string{"stated", "manager", "peers", "self"} {
			less := func(index float64) string { return fmt.Sprintf("%.2f", index-.02*float64(i)) }
			if unit != "*" {
				less = func(index float64) string { return fmt.Sprintf("%.2f", index+.05) }
			}
			gap(unit, rule, "", "", 60, 50, less(.22))
			gap(unit, rule, "", "sell", 60, 50, less(.31))
			gap(unit, rule, "", "tidy", 60, 40, less(.12))
			gap(unit, rule, "", "assist", 40, 0, "null")
			gap(unit, rule, "clerk", "", 40, 30, less(.25))
			gap(unit, rule, "clerk", "sell", 40, 30, less(.35))
			gap(unit, rule, "clerk", "tidy", 40, 25, less(.15))
			gap(unit, rule, "clerk", "assist", 40, 0, "null")
			gap(unit, rule, "lead", "", 20, 20, less(.1))
			gap(unit, rule, "lead", "sell", 20, 3, "null")
		}
	}
	requirement := func(title, name, competency, says string, level, share, weight float64) {
		s = append(s, fmt.Sprintf("insert into marts.requirements by name select '%s' as job_title_id, '%s' as job_title_name, '%s' as competency_id, '%s' as competency_name, 'f' as framework_id, 'Handbook' as framework_name, '' as holds_for, "+
			"%v as level, %v as required_share, %v as weight, 'five' as scale_id, 'One to five' as scale_name, 1 as low_value, 5 as high_value, 'Able' as label, 'Does it well' as anchor, 'g1' as goal_id, 'Grow' as goal_name, 'talent' as source, true as is_current, false as is_critical",
			title, name, competency, says, level, share, weight))
	}
	requirement("clerk", "Clerk", "sell", "Selling", 4, .75, 5)
	requirement("clerk", "Clerk", "tidy", "Tidying", 3, .5, 2)
	requirement("clerk", "Clerk", "assist", "Working with assistants", 3, .5, 3)
	requirement("lead", "Team lead", "sell", "Selling", 5, 1, 5)
	for i, step := range []string{"open 100", "joiners 20", "leavers -10", "new 15", "assessed 8", "expired -5", "improved -30", "close 98"} {
		name, amount, _ := strings.Cut(step, " ")
		s = append(s, fmt.Sprintf("insert into marts.gap_waterfall by name select 'as_was' as view_name, '*' as ancestor_id, %s as month, 'g1' as goal_id, 'Grow' as goal_name, date '2025-01-01' as launched_date, "+
			"date '2024-12-31' as open_date, date '2026-01-01' as close_date, '%s' as step, %s as amount, %s as pairs, %d as people_n, false as is_hidden", month, name, amount, amount, 20+i))
	}
	s = append(s,
		"insert into marts.gaps by name select g.* exclude (month, gap_index), date_trunc('month', date '2023-12-31' + to_months((3 * r)::integer))::date as month, .2 + .01 * r as gap_index from marts.gaps as g cross join range(11) as t (r) where rule = 'stated' and ancestor_id = '*' and competency_id = '' and job_title_id = ''",
		"insert into marts.gap_mapped by name select 'as_was' as view_name, '*' as ancestor_id, date '2026-10-01' as month, 70 as employees, 60 as mapped_employees, 70 as people_n, false as is_hidden",
		"insert into marts.requirement_changes by name select 'clerk' as job_title_id, 4 as requirements, 1 as new_requirements, 0 as changed_requirements, 0 as withdrawn_requirements",
		"insert into marts.competency_scales by name select 'five' as scale_id, 'One to five' as scale_name, 1 as low_value, 5 as high_value, true as has_ends, 3 as competencies, 'Handbook' as frameworks, 2 as points, 1 as anchored_points",
		"insert into marts.scale_points by name select 'five' as scale_id, 3 as value, 'Able' as label, 'Does it well' as anchor",
		"insert into marts.scale_points by name select 'five' as scale_id, 4 as value, 'Strong' as label",
		"insert into marts.gap_raters by name select 'as_was' as view_name, '*' as ancestor_id, date '2026-10-01' as month, t as job_title_id, 'self|manager' as raters, 50 as pairs, false as has_few_raters, 8 as raters_n, .09 as mean_difference, .16 as sd_difference, .5 as exact_share, .9 as within_one_share, .6 as kappa, 40 as people_n, false as is_hidden from (values (''), ('clerk')) as v (t)",
		"insert into marts.competency_courses by name select 'sell' as competency_id, c as course_id, n as course_name from (values ('c1', 'Selling well'), ('c2', 'Selling more')) as v (c, n)",
		"insert into marts.gap_courses by name select 'sell' as competency_id, c as course_id, n as course_name, 40 as trained_people, 60 as compared_people, 44 as trained_n, 80 as compared_n, 6 as strata, .15 as trained_change, .03 as compared_change, 'ols' as design, e as effect, .02 as std_error, 110 as df, e - .04 as low, e + .04 as high, case when e > .1 then .001 else .6 end as adjusted_p, .057 as mde, 40 as people_n, false as is_hidden from (values ('c1', 'Selling well', .12), ('c2', 'Selling more', .01)) as v (c, n, e)",
		"insert into marts.ready_titles by name select 'lead' as job_title_id, 'Team lead' as job_title_name, 1 as competencies, 30 as assessed_people, true as can_tell, false as is_covered, 30 as people_n, false as is_hidden",
		"insert into marts.title_demand by name select 'clerk' as job_title_id, 'Clerk' as job_title_name, 40 as heads, 8 as exits, 40 as person_years, 44 as planned_6, 46 as planned_12, 48 as planned_24, true as has_plan_12, true as has_plan_24, 40 as people_n, false as is_hidden",
		"insert into marts.gap_supply by name select (date_trunc('month', date '2023-12-31' + to_months((3 * r)::integer)))::date as month, c as competency_id, 60 as required_n, 50 as assessed_n, (25 + r)::bigint as proficient_n, 8 as exits, 60 as person_years, 6 as pipeline_n, 20 as below_n, 12 as reached_n, (26 + r)::bigint as stayed_n, false as is_planned, 60 as people_n, false as is_hidden from range(11) as t (r) cross join (values ('sell'), ('tidy')) as v (c)",
		"insert into marts.gap_snapshots by name select 'Plan' as name, timestamp '2026-06-01' as made_at, 'as decided' as note, date '2026-05-01' as frozen_month",
		"insert into marts.gap_snapshot_cells by name select 'Plan' as snapshot, 'as_was' as view_name, '*' as ancestor_id, date '2026-05-01' as month, '' as job_title_id, c as competency_id, 60 as required_n, 45 as assessed_n, 60 as pairs, 45 as assessed_pairs, .4 as gap_index, false as is_index_low, 60 as people_n, false as is_hidden from (values (''), ('sell')) as v (c)",
		"insert into marts.gap_people by name select 'p-secret' as person_id, 'sales-01' as unit_id, 'clerk' as job_title_id, 'sell' as competency_id, .75 as required_share, 5 as weight, .25 as stated_share, .25 as manager_share, 'manager' as basis",
		"insert into marts.access_people by name select 'p-secret' as person_id, 'sales-01' as unit_id",
	)
	return s
}

func serveGaps(t testing.TB) *fiber.App {
	t.Helper()
	return serve(t, gapWarehouse(t), fixtureCompany)
}

func gapWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), gapStatements()...)); err != nil {
		t.Fatal(err)
	}
	return w
}

// The page answers in its title, hatches and counts what is not known, never as 0, and hides what
// must be hidden; each part that says a number names its definition.
func TestGapsPage(t *testing.T) {
	app := serveGaps(t)
	resp, body := get(t, app, "/gaps")
	if resp.StatusCode != 200 {
		t.Fatal(resp.Status, text(body))
	}
	for _, want := range []string{
		"We are furthest below what is required in selling: 31", "Clerk, Working with assistants: none of 40 assessed", "Team lead, Selling: 20 required, too few assessed to be told of",
		"Known gaps shrank from 100 to 98 points in the year from the launch of “Grow”", "One of two courses was followed by a larger rise", "was followed by a rise",
		"Since “Plan” the index has fallen from 40", "One of one critical titles has no two people ready", "back-test over 12 months", "Does it well", "no anchor text",
		"/definitions/gap-index", "/definitions/competency-coverage", "/definitions/proficient", "/definitions/framework-mapping", "/definitions/requirement-changes", "/definitions/ready-now",
		"/definitions/scale-anchors", "/definitions/self-manager", "/definitions/gap-waterfall", "/definitions/projected-gap", "/definitions/course-effect", "/definitions/gap-snapshot", "/definitions/hires-needed",
	} {
		if !strings.Contains(body, want) && !strings.Contains(text(body), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(body, "p-secret") {
		t.Error("the page names a person")
	}
	for path, status := range map[string]int{"/gaps?rule=mine": 400, "/gaps?unit=nowhere": 400, "/gaps/cell?competency=nothing": 404, "/gaps/cell?competency=sell": 200, "/gaps?title=lead&rule=self": 200} {
		if resp, body := get(t, app, path); resp.StatusCode != status || strings.Contains(body, "p-secret") {
			t.Errorf("%s: %s, want %d", path, resp.Status, status)
		}
	}
	// without sign-in nobody sees a person, with a reason or not
	if _, body := get(t, app, "/gaps/cell?competency=sell&reason=curious"); strings.Contains(body, "p-secret") {
		t.Error("a reader without sign-in sees a person")
	}
}

// What a cell leads to, the API and the page say the same number; hr sees the person behind it for a
// reason, learning does not.
func TestGapsCell(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := fill(w, append(company(), gapStatements()...)); err != nil {
		t.Fatal(err)
	}
	app, headers := signedInTo(t, w)
	path := "/gaps/cell?competency=sell&title=clerk"
	for who, sees := range map[string]bool{"hr": true, "sales-hr": true, "learning": false, "executive": false, "analyst": false} {
		resp, body := get(t, app, path+"&reason=review", headers[who]...)
		if resp.StatusCode != 200 || strings.Contains(body, "p-secret") != sees {
			t.Errorf("%s: %s, and sees the person: %v", who, resp.Status, strings.Contains(body, "p-secret"))
		}
		if _, body := get(t, app, path, headers[who]...); strings.Contains(body, "p-secret") {
			t.Errorf("%s sees a person without a reason", who)
		}
	}
}

// In a browser: each chart is drawn, the heat map holds the API's numbers, the page's form changes the
// address and the numbers, keyboard reaches every cell, and nothing is wider than a phone.
func browserGaps(t *testing.T, b *browser) {
	b.prefer(t, "light")
	b.do(t, chromedp.EmulateViewport(1400, 1000), chromedp.Navigate(b.base+"/gaps"))
	counts := result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
	if len(counts) != 2 || counts[0] != counts[1] || counts[0] < 5 {
		t.Errorf("figures and those drawn are %v", counts)
	}
	api := func(query string) map[string]float64 {
		var answer struct {
			Queries []struct {
				Name    string                  `json:"name"`
				Columns []struct{ Name string } `json:"columns"`
				Rows    [][]any                 `json:"rows"`
			} `json:"queries"`
		}
		raw := result(t, b, chromedp.Evaluate[string]("fetch('/api/v1/pages/gaps"+query+"').then(r => r.text())", chromedp.EvalAwaitPromise))
		if err := json.Unmarshal([]byte(raw), &answer); err != nil {
			t.Fatal(err, raw)
		}
		all := map[string]float64{}
		for _, q := range answer.Queries {
			if q.Name != "gap_heat" {
				continue
			}
			at := func(name string) int {
				return slices.IndexFunc(q.Columns, func(c struct{ Name string }) bool { return c.Name == name })
			}
			for _, row := range q.Rows {
				if v, ok := row[at("gap_index")].(float64); ok {
					all[row[at("job_title_id")].(string)+"|"+row[at("competency_id")].(string)] = v
				}
			}
		}
		return all
	}
	compare := func(query string) {
		t.Helper()
		cells := result(t, b, chromedp.Evaluate[map[string]string](`Object.fromEntries([...document.querySelectorAll('.heat-map td a')].map(a => [new URL(a.href).search, a.firstChild.textContent]))`))
		numbers, seen := api(query), 0
		for search, shown := range cells {
			q, err := url.ParseQuery(strings.TrimPrefix(search, "?"))
			if err != nil {
				t.Fatal(err)
			}
			if v, ok := numbers[q.Get("title")+"|"+q.Get("competency")]; ok {
				seen++
				if want := fmt.Sprintf("%.0f\u202f%%", v*100); shown != want {
					t.Errorf("%s: the cell says %q, the API %q", search, shown, want)
				}
			}
		}
		if seen < 4 {
			t.Errorf("%d cells were compared of %v with %v", seen, cells, numbers)
		}
	}
	compare("")
	// the page's own form, by keyboard alone
	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelector('select[name=rule]').value = 'self'; document.querySelector('form.choose button').focus(); setTimeout(() => document.activeElement.form.requestSubmit(), 0)`))
	waitFor(t, b, `location.search.includes('rule=self')`)
	compare("?rule=self")
	// every cell can be reached and says what it is
	if unreached := result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('.heat-map td a')].filter(a => a.tabIndex < 0 || !a.textContent.includes(': ')).map(a => a.outerHTML)`)); len(unreached) > 0 {
		t.Errorf("cells out of reach: %v", unreached)
	}
	b.do(t, chromedp.Navigate(b.base+"/gaps?unit=sales"))
	compare("?unit=sales")
	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelector('.heat-map td a').click()`))
	waitFor(t, b, `location.pathname === '/gaps/cell' && location.search.includes('unit=sales')`)
	for _, path := range []string{"/gaps", "/gaps/cell?competency=sell"} {
		b.prefer(t, "dark")
		b.do(t, chromedp.EmulateViewport(1400, 1000), chromedp.Navigate(b.base+path))
		axe(t, b, path+" dark", "color-contrast")
		b.shoot(t, "gaps-dark")
		b.prefer(t, "light")
		b.do(t, chromedp.Navigate(b.base+path))
		axe(t, b, path)
		b.shoot(t, "gaps-light")
		b.do(t, chromedp.EmulateViewport(360, 800))
		for _, w := range result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('body *')]
			.filter(e => !e.closest('details') && !e.closest('.skip') && !e.closest('.wide table') && !e.closest('.scroll table') && !e.closest('.roomy') && e.getBoundingClientRect().right > 361)
			.map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))`)) {
			t.Errorf("%s: wider than the screen: %s", path, w)
		}
	}
	b.check(t)
}

// waitFor waits until the page, which may be another one meanwhile, is complete and says
// that something holds.
func waitFor(t *testing.T, b *browser, condition string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](condition+` && document.readyState === 'complete'`)); err == nil && ok {
			return
		}
	}
	t.Errorf("it never came to %s", condition)
}
