package dashboards

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"dials/queries"
	"dials/warehouse"
)

// peopled is the company's workforce and its reviews, as the build would tell them.
func peopled() []string {
	staff := &rows{into: "marts.workforce_tree (view_name, ancestor_id, month, measure, attribute, attribute_value, attribute_name, people_n, amount, base, numerator_low, numerator_high, p50, is_latest, is_range, is_hidden)"}
	absent := &rows{into: "marts.absence_tree (view_name, ancestor_id, month, absence_type, attribute, attribute_value, attribute_name, people_n, absent_hours, contracted_hours, spells, average_heads, is_hidden)"}
	money := &rows{into: "marts.money_per_fte (view_name, ancestor_id, month, metric_id, name, currency, amount, fte, amount_per_fte, people_n, is_hidden)"}
	pay := &rows{into: "marts.pay_tree (view_name, ancestor_id, month, measure, attribute, attribute_value, attribute_name, people_n, ratio, p25, p50, p75, pay_low, pay_median, pay_high, currency, is_hidden)"}
	known := &rows{into: "marts.turnover_known (known_date, month, people_n, leavers_now, turnover_now, leavers_then, turnover_then, late_leavers, withdrawn, late_joiners, is_same, is_range, is_hidden)"}
	titles := &rows{into: "marts.title_map (raw_title, job_title_id, title_name, family, is_approved, mapped_date, basis, is_used)"}
	told := &rows{into: "marts.reviews_tree (view_name, ancestor_id, month, measure, attribute, attribute_value, attribute_name, people_n, amount, base, p50, p90, fiscal_year, is_complete, is_hidden)"}
	last := ym(2026, 10)
	for _, view := range []string{"as_was", "as_now"} {
		for m := ym(2023, 11); !m.After(ym(2026, 11)); m = m.AddDate(0, 1, 0) {
			staff.add(view, "*", m, "leavers of a month", "", "", nil, 2400, 40, 2400, nil, nil, nil, false, false, false)
			staff.add(view, "sales", m, "leavers of a month", "", "", nil, 600, nil, 600, nil, nil, nil, false, true, false)
		}
		for i, at := range []time.Time{last, last.AddDate(-1, 0, 0)} {
			for _, x := range []struct {
				measure      string
				amount, base int
			}{{"leavers", 480 + 20*i, 2400}, {"voluntary", 300, 2400}, {"involuntary", 180 + 20*i, 2400}, {"joiners", 500, 2400}, {"moves", 120, 2400}, {"first year", 60, 400}, {"fills", 50, 500}} {
				staff.add(view, "*", at, x.measure, "", "", nil, 2800, x.amount, x.base, nil, nil, nil, i == 0, false, false)
			}
			staff.add(view, "sales", at, "leavers", "", "", nil, 700, nil, 600, 0, 4, nil, i == 0, true, false)
			absent.add(view, "*", at, "sick", "", "", nil, 2800, 40_000, 4_000_000, 3000, 2400, false)
		}
		staff.add(view, "*", ym(2026, 11), "tenure", "", "", nil, 2400, 12_000, 2400, nil, nil, 3.2, false, false, false)
		for i, band := range tenureBands[1:] {
			staff.add(view, "*", ym(2026, 11), "tenure", "band", band, nil, 500+100*i, 2000, 500+100*i, nil, nil, nil, false, false, false)
		}
		staff.add(view, "*", last, "leavers||title", "title", "T1", "Representative", 400, 80, 380, nil, nil, nil, true, false, false)
		staff.add(view, "*", last, "leavers||title", "title", "T2", "Team lead", 40, nil, 35, 0, 4, nil, true, true, false)
		money.add(view, "*", last.AddDate(-1, 0, 0), "revenue", "Revenue", "EUR", 150_000_000, 2300, 65_217, 2300, false)
		money.add(view, "*", last, "revenue", "Revenue", "EUR", 160_000_000, 2300, 69_565, 2300, false)
		pay.add(view, "*", ym(2026, 1), "payroll||earned", "", "", nil, 2500, 60_000, nil, nil, nil, nil, nil, nil, "EUR", false)
		pay.add(view, "*", ym(2026, 1), "payroll||paid", "", "", nil, 2490, 59_000, nil, nil, nil, nil, nil, nil, "EUR", false)
		pay.add(view, "*", ym(2026, 1), "compa", "", "", nil, 2500, .99, .94, .99, 1.04, 30_000, 43_000, 63_000, "EUR", false)
		pay.add(view, "*", ym(2026, 1), "compa", "title", "T1", "Representative", 400, 1.02, .96, 1.02, 1.07, 40_000, 44_000, 48_000, "EUR", false)
		pay.add(view, "*", ym(2026, 1), "compa", "title", "T2", "Team lead", nil, nil, nil, nil, nil, nil, nil, nil, "EUR", true)
		for band, rise := range map[string]float64{"2": .02, "3": .03, "4": .04} {
			pay.add(view, "*", ym(2025, 12), "rise||"+band, "", "", nil, 200, rise, nil, nil, nil, nil, nil, nil, "EUR", false)
		}
		year := func(m time.Time, measure string, amount, base any, more ...any) {
			row := []any{view, "*", m, measure, "", "", nil, 1000, amount, base, nil, nil, m.Year(), true, false}
			if len(more) == 2 {
				row[10], row[11] = more[0], more[1]
			}
			told.add(row...)
		}
		for _, m := range []time.Time{ym(2025, 12), ym(2024, 12)} {
			year(m, "held", 900, 1000)
			year(m, "on time", 700, 1000)
			year(m, "signed", 800, 900, -5, 20)
			year(m, "agreed", 600, 900)
			year(m, "done", 700, 1000)
			year(m, "done on time", 500, 900)
			year(m, "checked", 90, 900)
			year(m, "passed", 80, 90)
			year(m, "tied", 100, 400)
			year(m, "face to face", 600, 800)
			year(m, "backed||3", 300, 900)
			year(m, "trained", 60, 80)
			year(m, "rating", 3.1, 1)
			for i, share := range []float64{.05, .2, .5, .2} {
				told.add(view, "*", m, "rating", "band", string(rune('1'+i)), nil, int(1000*share), share, 1, nil, nil, m.Year(), true, false)
			}
		}
		for _, group := range []string{"trained between", "not trained"} {
			for measure, v := range map[string][2]float64{"on time before": {60, 100}, "on time after": {80, 100}, "actions before": {30, 60}, "actions after": {30, 60}} {
				told.add(view, "*", ym(2025, 12), group+"||"+measure, "", "", nil, 20, v[0], v[1], nil, nil, 2025, true, false)
			}
		}
		year(ym(2026, 11), "since", 200_000, 1000, 190, 320)
		year(ym(2026, 11), "without", 50, 1000)
		year(ym(2026, 5), "quality", 3400, 1000)
		year(ym(2026, 5), "response", 1000, 1250)
		for m := ym(2025, 3); !m.After(ym(2026, 9)); m = m.AddDate(0, 3, 0) {
			year(m, "recognition", 300, 2400)
			year(m, "noted", 700, 2000)
		}
		for _, unit := range []string{"sales", "ops"} {
			told.add(view, unit, ym(2025, 12), "held", "", "", nil, 200, 180, 200, nil, nil, 2025, true, false)
			told.add(view, unit, ym(2025, 12), "on time", "", "", nil, 200, 150, 200, nil, nil, 2025, true, false)
		}
	}
	known.add(ym(2026, 3), ym(2026, 2), 2800, 492, .205, 480, .2, 12, nil, nil, false, false, false)
	known.add(ym(2026, 4), ym(2026, 3), 2800, 490, .204, 490, .204, 0, 0, 0, true, false, false)
	known.add(ym(2026, 5), ym(2026, 4), 2800, 488, .203, nil, nil, nil, nil, nil, false, true, false)
	titles.add("Rep", "T1", "Representative", "Sales", true, ym(2020, 1), "mapped", true)
	titles.add("rep.", "T1", "Representative", "Sales", true, ym(2020, 1), "mapped", true)
	titles.add("Odd jobs", nil, nil, nil, false, nil, "not mapped", true)
	approvals := &rows{into: "marts.title_approvals (person_id, raw_title, title_name, mapped_date)"}
	approvals.add("m1", "Rep", "Representative", ym(2020, 1))
	leniency := &rows{into: "marts.review_leniency (person_id, fiscal_year, month, ratings, difference, leniency)"}
	people := &rows{into: "marts.access_people (person_id, unit_id)"}
	people.add("m1", "sales-01")
	leniency.add("m1", 2025, ym(2025, 12), 20, .9, .6)
	training := &rows{into: "marts.review_training (measure, people_n, compared_people, trained_n, compared_n, design, effect, low, high, mde, is_hidden)"}
	training.add("on time", 20, 40, 22, 60, "ols", .08, .02, .14, .085, false)
	return []string{training.String(), staff.String(), absent.String(), money.String(), pay.String(), known.String(), titles.String(), told.String(), leniency.String(), approvals.String(), people.String()}
}

func peopledWarehouse(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(append(company(), trusted()...), peopled()...)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestPeoplePages(t *testing.T) {
	app := serve(t, peopledWarehouse(t), fixtureCompany)
	for path, wants := range map[string][]string{
		"/workforce": {
			"20.0 % left in twelve months, after 20.0 % in those before: no clear change", "480 leavers", "Gone within a year", "15.0 %", "60 of 400 hired the year before",
			"Sick leave took 1.0 % of contracted hours", "Revenue per full-time equivalent is € 69.6 k, +6.7 % on the year before", "A full-time equivalent cost € 60.0 k in FY 2025, by what was earned",
			"Half of the people have been here for less than 3.2 years", "Base pay is 99 % of the middle of its bands",
			"3 spellings of job titles are in use for 1 title; one stands for no known title", "Not mapped to any title", "yes, since 1 Jan 2020", "the filters Period and As of do not change them", "pay equity are not in scope",
		},
		"/workforce?basis=paid": {"€ 59.0 k in FY 2025, by what was paid"},
		"/workforce?by=title":   {"Turnover by job title", "People by job title"},
		"/workforce?unit=sales": {"Single months would tell of few people here", "0 to 4 leavers", "0 to 4"},
		"/reviews": {
			"90 % of the reviews due in FY 2025 were held; 56 % of the actions agreed were done on time", "Half of the people had their last review less than 190 days ago, nine of ten less than 320",
			"80 of 90 checks", "100 of 400 reviews with a gap", "600 of 800 completed reviews", "mean of 1000 answers", "80 % of those asked", "60 of 80 managers", "300 notes for 2400 people",
			"Of ten reviews held, 7 agreed on actions; of ten actions, 7 were done", "The mean rating is 3.1 of 5, after 3.1 the year before", "The better the rating, the more pay rose: 2.0 % to 4.0 %",
			"There are 12 notes of recognition for a hundred people", "For 35 % of the people reviewed", "Which units are behind?", "+8.0 points more (+2.0 to +14.0", "the training was followed by a rise", "Managers chose the training or were sent", "pay equity are not in scope",
			"Check-ins behind reviews",
		},
	} {
		code, body := answer(t, app, path)
		page := strings.ReplaceAll(text(body), "_", " ")
		if code != 200 {
			t.Fatalf("%s: %d %s", path, code, page)
		}
		for _, want := range wants {
			if !strings.Contains(page, want) {
				t.Errorf("%s does not say %q", path, want)
			}
		}
		if t.Failed() {
			t.Log(page)
		}
	}
	for path, want := range map[string]int{"/workforce?by=age": 400, "/workforce?known_on=soon": 400, "/reviews?by=type": 400, "/reviews/leniency": 200, "/workforce/titles": 200} {
		if code, _ := answer(t, app, path); code != want {
			t.Errorf("%s: %d, want %d", path, code, want)
		}
	}
}

// Rows about people: for hr of the unit, with a reason that the audit keeps.
func TestReasonedPages(t *testing.T) {
	app, doors := guarded(t, peopledWarehouse(t))
	headers := signedInAs(t, app, doors, "sales-hr")
	for path, wants := range map[string][2]string{
		"/workforce/titles": {"Approved by", "Spellings of job titles that were approved: 1, by 1 person"},
		"/reviews/leniency": {"Shrunken", "One reviewer and year is more than 0.3"},
	} {
		if _, body := get(t, app, path, headers...); strings.Contains(body, wants[0]) || !strings.Contains(body, "What do you need it for?") {
			t.Errorf("%s shows without a reason: %s", path, text(body))
		}
		resp, body := get(t, app, path+"?reason=case+of+March", headers...)
		for _, want := range append(wants[:], "m1") {
			if resp.StatusCode != http.StatusOK || !strings.Contains(text(body), want) {
				t.Errorf("%s: %d, without %q: %s", path, resp.StatusCode, want, text(body))
			}
		}
	}
	if seen := fmt.Sprint(viewsOf(t, doors)); strings.Count(seen, "case of March") != 2 {
		t.Errorf("the audit has %s", seen)
	}
	doors.Off = queries.SensitiveViews()
	for path, want := range map[string]string{
		"/reviews/leniency?reason=case+of+May":              "Not shown: rating leniency, switched off for everybody.",
		"/learning/people?show=managers&reason=case+of+May": "Not shown: comparisons of managers, switched off for everybody.",
		"/objectives/people?reason=case+of+May":             "Not shown: objectives of single people, switched off for everybody.",
		"/learning":                                         "Not shown: comparisons of managers, switched off for everybody.",
		"/workforce":                                        "Not shown: absence, switched off for everybody.",
	} {
		if resp, body := get(t, app, path, headers...); resp.StatusCode != http.StatusOK || !strings.Contains(text(body), want) {
			t.Errorf("%s, switched off: %s, without %q: %s", path, resp.Status, want, text(body))
		}
	}
	if seen := fmt.Sprint(viewsOf(t, doors)); strings.Contains(seen, "case of May") {
		t.Errorf("the audit has views of what is switched off: %s", seen)
	}
}

// A restated number is explained in one sentence.
func TestKnownTitle(t *testing.T) {
	v := func(x float64) *float64 { return &x }
	for _, tt := range []struct {
		row  knownRow
		want string
	}{
		{knownRow{Now: v(.046), Then: v(.041), Late: v(12)}, "Turnover to Feb 2026 was 4.1 % as known on 1 Mar 2026 and is 4.6 % now: 12 late leavers were recorded since"},
		{knownRow{Now: v(.046), Then: v(.046), IsSame: true}, "Turnover to Feb 2026 was 4.6 % as known on 1 Mar 2026, and still is"},
		{knownRow{Now: v(.046), IsRange: true}, "Turnover to Feb 2026 is 4.6 %; fewer than 5 people make what was known on 1 Mar 2026 different"},
		{knownRow{IsHidden: true}, "Turnover of this company may not be told by month"},
	} {
		tt.row.Known, tt.row.Month = ym(2026, 3), ym(2026, 2)
		r := &request{numbers: numbersFor("en")}
		if got := strings.ReplaceAll(r.knownTitle(tt.row), "\u202f", " "); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// Garwood's interval, with the values of his table: 0 events 0 to 3.689, 10 events 4.795 to 18.390.
func TestPoissonInterval(t *testing.T) {
	for _, tt := range [][3]float64{{0, 0, 3.689}, {1, 0.0253, 5.572}, {10, 4.795, 18.390}} {
		low, high := poissonInterval(tt[0], 2)
		if math.Abs(low*2-tt[1]) > 5e-4 || math.Abs(high*2-tt[2]) > 5e-4 {
			t.Errorf("%g events: %g to %g, want %g to %g", tt[0], low*2, high*2, tt[1], tt[2])
		}
	}
}

func TestPeopleCharts(t *testing.T) {
	v := func(x float64) number { return number{x, true} }
	data := series()
	for _, x := range []float64{.1, .12, .11} {
		data.add(v(x))
	}
	months := []time.Time{ym(2026, 3), ym(2026, 6), ym(2026, 9)}
	var options []any
	for _, c := range []chart{
		barsChart([]barItem{{Name: "1 to 2", Value: v(10), Label: "10"}, {Name: "2 to 5", Label: "few or none"}}, false),
		barsChart([]barItem{{Name: "Representative", Value: v(.2), Label: "20 %"}}, true),
		linesChart(months, []lineItem{{Name: "0.11", Color: "var(--series-1)", Kind: "solid", Width: 2, Data: data}}),
		rangesChart([]rangeItem{{Name: "Team lead", Tip: "Team lead: 1.02", Low: v(.95), High: v(1.08), Point: v(1.02)}, {Name: "Clerk", Point: v(.97)}}, 1, "midpoint"),
	} {
		c.Validate()
		options = append(options, c.JSON())
	}
	got, err := json.MarshalIndent(options, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "people.json", append(got, '\n'))
}
