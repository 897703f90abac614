package demo

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"testing"
	"time"
)

// These tests check the planted cases from the written files alone, by simple
// computations, against truth.json.

func float(t *testing.T, v string) float64 {
	t.Helper()
	if v == "" {
		return 0
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// observed is one dial: unit → months in order.
type observed map[string][]float64

func observations(t *testing.T, all map[string][]table, metric string) (observed, []string) {
	t.Helper()
	cells, months := map[string]map[string]float64{}, map[string]bool{}
	for _, r := range rows(all, "metric_observation") {
		if r["metric_id"] != metric {
			continue
		}
		if cells[r["unit_id"]] == nil {
			cells[r["unit_id"]] = map[string]float64{}
		}
		m := r["period_start_date"][:7]
		months[m] = true
		cells[r["unit_id"]][m] = float(t, r["value"])
	}
	var order []string
	for m := range months {
		order = append(order, m)
	}
	sort.Strings(order)
	out := observed{}
	for u, c := range cells {
		for _, m := range order {
			if _, ok := c[m]; !ok {
				t.Fatalf("%s of %s lacks %s", metric, u, m)
			}
			out[u] = append(out[u], c[m])
		}
	}
	return out, order
}

func at24(months []string, d string) int { return sort.SearchStrings(months, d[:7]) }

func readTruth(t *testing.T, dir string) truth {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out truth
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if math.Abs(got-want) > within {
		t.Errorf("%s: %.4f, want %.4f ± %.4f", what, got, want, within)
	}
}

func TestPlanted(t *testing.T) {
	dir := write(t, 2500, 48, 1)
	all := read(t, dir, "metric_observation", "metric", "tactic", "tactic_link", "tactic_wave", "tactic_unit", "tactic_participant", "rival_event",
		"employment", "payroll_line", "payroll_run", "enrolment", "person_xref")
	known := readTruth(t, dir)
	if known.Last != "2026-10" || known.First != "2022-11" {
		t.Errorf("data run from %s to %s", known.First, known.Last)
	}
	t.Run("selling", func(t *testing.T) { testSelling(t, all, known) })
	t.Run("people", func(t *testing.T) { testPeople(t, all, known) })
	t.Run("incentive", func(t *testing.T) { testIncentive(t, all) })
	t.Run("circles", func(t *testing.T) { testCircles(t, all) })
	t.Run("desks", func(t *testing.T) { testDesks(t, all, known) })
	t.Run("links", func(t *testing.T) { testLinks(t, all) })
	t.Run("delivery", func(t *testing.T) { testDelivery(t, all) })
	t.Run("payroll", func(t *testing.T) { testPayroll(t, all) })
	t.Run("turnover", func(t *testing.T) { testTurnover(t, all) })
}

// units returns unit → first day exposed, "" for control, of a tactic.
func units(all map[string][]table, tactic string) (treated map[string]record, control int) {
	treated = map[string]record{}
	for _, r := range rows(all, "tactic_unit") {
		if r["tactic_id"] != tactic {
			continue
		}
		if r["arm"] == "treated" {
			treated[r["unit_id"]] = r
		} else {
			control++
		}
	}
	return treated, control
}

func testSelling(t *testing.T, all map[string][]table, known truth) {
	x, months := observations(t, all, "revenue")
	treated, control := units(all, sellingTactic)
	if len(x) != 60 || len(treated) != 24 || control != 36 {
		t.Fatalf("%d teams, %d treated, %d control", len(x), len(treated), control)
	}
	waves, launch := map[string]int{}, ""
	for u, r := range treated {
		waves[r["exposed_from_date"]]++
		if u == "S-R01" {
			launch = r["exposed_from_date"]
		}
		if r["assigned_at"][:10] >= r["exposed_from_date"] {
			t.Errorf("%s was assigned %s, after its launch", u, r["assigned_at"])
		}
	}
	want := []string{"2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"}
	for _, d := range want {
		if waves[d] != 6 {
			t.Errorf("waves %v, want 6 on each of %v", waves, want)
		}
	}
	if launch != want[0] {
		t.Errorf("the lowest region code starts %s", launch)
	}
	// After the ramp, against the two years before, less the same of the others.
	pre := at24(months, want[0])
	var gains []float64
	for u, r := range treated {
		from := at24(months, r["exposed_from_date"]) + 4
		own := logs(x[u][from:]) - logs(x[u][:pre])
		var other []float64
		for v, y := range x {
			if _, is := treated[v]; !is {
				other = append(other, logs(y[from:])-logs(y[:pre]))
			}
		}
		gains = append(gains, own-mean(other))
	}
	near(t, "log gain after the ramp", mean(gains), known.Cases[0].Effects["after_ramp"].Log, .012)
	near(t, "truth after the ramp", known.Cases[0].Effects["after_ramp"].Relative, .06, 1e-9)
}

func logs(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += math.Log(v)
	}
	return sum / float64(len(x))
}

func testPeople(t *testing.T, all map[string][]table, known truth) {
	employed := map[string][]record{} // one record an employment, though it may have two versions
	seen := map[string]bool{}
	for _, r := range rows(all, "employment") {
		if r["employment_type"] == "employee" && !seen[r["employment_id"]] {
			seen[r["employment_id"]] = true
			employed[r["person_id"]] = append(employed[r["person_id"]], r)
		}
	}
	for i, x := range []struct {
		tactic, from, to string
		treated, control int
		ratio            float64
	}{{pilotTactic, "2025-10-01", "2026-10-01", 200, 2300, .5}, {coachingTactic, "2024-09-01", "2025-09-01", 100, 100, .75}} {
		left, n := map[string]float64{}, map[string]float64{}
		for _, r := range rows(all, "tactic_participant") {
			if r["tactic_id"] != x.tactic {
				continue
			}
			n[r["arm"]]++
			if r["assigned_at"][:10] >= x.from {
				t.Fatalf("%s: assigned %s", x.tactic, r["assigned_at"])
			}
			for _, e := range employed[r["person_id"]] {
				d := e["term_date"]
				if e["term_reason"] == "Resignation" && e["hire_date"] < x.from && d > x.from && d <= x.to {
					left[r["arm"]]++
				}
			}
		}
		if n["treated"] != float64(x.treated) || n["control"] != float64(x.control) {
			t.Errorf("%s: arms %v", x.tactic, n)
		}
		ratio := math.Log(1-left["treated"]/n["treated"]) / math.Log(1-left["control"]/n["control"])
		// Who leaves is drawn: two standard errors of the logarithm of a ratio of counts.
		near(t, x.tactic+": logarithm of the hazard ratio", math.Log(ratio), math.Log(x.ratio), 2*math.Sqrt(1/left["treated"]+1/left["control"]))
		c := known.Cases[1+i]
		near(t, x.tactic+": leavers treated", left["treated"], c.Realised["treated_leavers"], .5)
		near(t, x.tactic+": leavers control", left["control"], c.Realised["control_leavers"], .5)
		if c.IsClaim != (x.tactic == pilotTactic) {
			t.Errorf("%s: is a claim %v", x.tactic, c.IsClaim)
		}
	}
}

func testIncentive(t *testing.T, all map[string][]table) {
	x, months := observations(t, all, "order_time")
	treated, _ := units(all, incentiveTactic)
	if len(x) != len(treated) || len(treated) == 0 {
		t.Fatalf("%d depots, %d treated", len(x), len(treated))
	}
	at := at24(months, "2025-07-01")
	if at < 24 || len(months)-at < 12 {
		t.Errorf("%d months before, %d after", at, len(months)-at)
	}
	var change []float64
	for _, y := range x { // the same months of the year before
		change = append(change, logs(y[at:at+12])-logs(y[at-12:at]))
	}
	near(t, "log change on the year before", mean(change), math.Log(.88), .025)
}

func testCircles(t *testing.T, all map[string][]table) {
	x, months := observations(t, all, "defects")
	treated, _ := units(all, circlesTactic)
	if len(x) != 50 || len(treated) != 10 {
		t.Fatalf("%d lines, %d treated", len(x), len(treated))
	}
	var lines []string
	for u := range x {
		lines = append(lines, u)
	}
	at := at24(months, "2025-09-01")
	sort.Slice(lines, func(i, j int) bool { return mean(x[lines[i]][at-6:at]) > mean(x[lines[j]][at-6:at]) })
	var naive, own, other []float64
	for i, u := range lines {
		r, is := treated[u]
		if is != (i < 10) {
			t.Errorf("line %s, number %d from the worst: treated %v", u, i+1, is)
		}
		after := mean(x[u][at:])
		if !is {
			other = append(other, after-mean(x[u][:at-6]))
			continue
		}
		if r["is_chosen_on_dial"] != "true" || r["selection_from_date"] != "2025-03-01" || r["selection_to_date"] != "2025-09-01" {
			t.Errorf("selection of %s: %v", u, r)
		}
		naive = append(naive, after-mean(x[u][at-6:at]))
		own = append(own, after-mean(x[u][:at-6]))
	}
	near(t, "naive before/after, per 1,000", 1000*mean(naive), -10, 2)
	near(t, "against the others and without the window, per 1,000", 1000*(mean(own)-mean(other)), 0, 3)
	var noise []float64
	for _, u := range lines {
		noise = append(noise, deviation(x[u]))
	}
	near(t, "noise, per 1,000", 1000*mean(noise), 20, 2)
}

func testDesks(t *testing.T, all map[string][]table, known truth) {
	x, months := observations(t, all, "handling_time")
	treated, _ := units(all, reorganisationTactic)
	rival := map[string]bool{}
	for _, r := range rows(all, "rival_event") {
		rival[r["unit_id"]] = true
	}
	at := at24(months, "2025-10-01")
	both, others := 0, 0
	var in, out []float64
	for u, y := range x {
		d := logs(y[at:]) - logs(y[:at])
		if _, is := treated[u]; is {
			in = append(in, d)
			if rival[u] {
				both++
			}
			continue
		}
		out = append(out, d)
		if rival[u] {
			others++
		}
	}
	if len(in) != 12 || len(out) != 28 || both != 9 || others != 4 {
		t.Errorf("%d treated with %d repriced, %d others with %d", len(in), both, len(out), others)
	}
	near(t, "joint log effect", mean(in)-mean(out), known.Cases[5].Effects["joint"].Log, .012)
}

func testLinks(t *testing.T, all map[string][]table) {
	launched, linked := map[string]string{}, map[string]record{}
	for _, r := range rows(all, "tactic") {
		launched[r["tactic_id"]] = r["launched_date"]
	}
	for _, r := range rows(all, "tactic_link") {
		linked[r["tactic_id"]] = r
	}
	for tactic, d := range launched {
		r, is := linked[tactic]
		switch tactic {
		case complianceTactic, awayTactic, toolsTactic:
			if is {
				t.Errorf("%s is linked", tactic)
			}
		case mentoringTactic:
			if r["registered_at"][:10] <= d {
				t.Errorf("mentoring was linked %s and launched %s", r["registered_at"], d)
			}
		default:
			if !is || r["registered_at"][:10] >= d || r["approved_at"][:10] >= d {
				t.Errorf("%s: linked %s, approved %s, launched %s", tactic, r["registered_at"], r["approved_at"], d)
			}
		}
	}
	for _, s := range all["tactic_link"] {
		if s.source != "register" {
			t.Errorf("links come from %s", s.source)
		}
	}
}

// Each tactic's type has its evidence of delivery.
func testDelivery(t *testing.T, all map[string][]table) {
	completed, paid, parts := map[string]int{}, map[string]int{}, map[string]int{}
	for _, r := range rows(all, "enrolment") {
		if r["completed_at"] != "" {
			completed[r["course_id"]]++
		}
	}
	for _, r := range rows(all, "payroll_line") {
		if r["tactic_id"] != "" {
			paid[r["tactic_id"]]++
		}
	}
	for _, r := range rows(all, "tactic_participant") {
		if r["completed_date"] != "" {
			parts[r["tactic_id"]]++
		}
	}
	for _, r := range rows(all, "tactic") {
		id := r["tactic_id"]
		switch {
		case r["tactic_type"] == "training" && (completed[r["course_id"]] < 50 || parts[id] < 50):
			t.Errorf("%s: %d completions of %q, %d participants", id, completed[r["course_id"]], r["course_id"], parts[id])
		case r["tactic_type"] == "incentive" && paid[id] < 1000:
			t.Errorf("%s: %d pay lines", id, paid[id])
		case r["tactic_type"] != "incentive" && parts[id] < 20:
			t.Errorf("%s: %d took part", id, parts[id])
		}
	}
}

// Paid heads and heads in the HRIS agree within 2 % in every month.
func testPayroll(t *testing.T, all map[string][]table) {
	person := map[string]string{}
	for _, r := range rows(all, "person_xref") {
		person[r["system"]+r["value"]] = r["person_id"]
	}
	posted := map[string]bool{}
	for _, r := range rows(all, "payroll_run") {
		posted[r["payroll_run_id"]] = r["status"] == "posted"
	}
	gross := map[string]map[string]float64{}
	for _, x := range all["payroll_line"] {
		for _, r := range x.rows {
			p := person[x.source+r["person_id"]]
			if p == "" {
				t.Fatalf("nobody has number %s in %s", r["person_id"], x.source)
			}
			if !posted[r["payroll_run_id"]] || r["is_employer_cost"] == "true" {
				continue
			}
			m := r["earned_from_date"][:7]
			if gross[m] == nil {
				gross[m] = map[string]float64{}
			}
			gross[m][p] += float(t, r["amount"])
		}
	}
	for m, people := range gross {
		paid := 0
		for _, v := range people {
			if v > 0 {
				paid++
			}
		}
		first, _ := time.Parse("2006-01", m)
		for _, day := range []time.Time{first.AddDate(0, 0, 14), first.AddDate(0, 1, -1)} {
			heads := heads(all, day.Format(time.DateOnly))
			if diff := float64(paid)/float64(heads) - 1; math.Abs(diff) > .019 {
				t.Errorf("%s: %d paid, %d heads on %s: %+.1f %%", m, paid, heads, day.Format(time.DateOnly), 100*diff)
			}
		}
	}
}

func heads(all map[string][]table, day string) int {
	people := map[string]bool{}
	for _, r := range rows(all, "employment") {
		if r["employment_type"] == "employee" && r["hire_date"] <= day && (r["term_date"] == "" || day < r["term_date"]) {
			people[r["person_id"]] = true
		}
	}
	return len(people)
}

func testTurnover(t *testing.T, all map[string][]table) {
	left, late, future, again, soon := 0.0, 0, 0, 0, 0
	ended := map[string]string{}
	var headcount []float64
	for m := range 48 {
		headcount = append(headcount, float64(heads(all, time.Date(2022, time.Month(11+m), 15, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))))
	}
	seen := map[string]bool{}
	for _, r := range rows(all, "employment") {
		if r["employment_type"] != "employee" || seen[r["employment_id"]] {
			continue
		}
		seen[r["employment_id"]] = true
		d := r["term_date"]
		if r["is_voluntary"] == "true" && r["term_reason"] == "Resignation" && d > "2022-11-01" && d <= "2026-11-01" {
			left++
		}
		if d != "" && r["recorded_at"][:10] > d {
			late++
		}
		if d > "2026-11-01" || r["hire_date"] > "2026-11-01" {
			future++
		}
		if e, ok := ended[r["person_id"]]; ok {
			again++
			a, _ := time.Parse(time.DateOnly, e)
			b, _ := time.Parse(time.DateOnly, r["hire_date"])
			if b.Sub(a) <= 31*24*time.Hour {
				soon++
			}
		}
		if d != "" {
			ended[r["person_id"]] = d
		}
	}
	near(t, "headcount", mean(headcount), 2530, 60)
	near(t, "voluntary turnover a year", left/4/mean(headcount), .175, .02)
	if late < 20 || future < 5 || soon < 5 || again-soon < 10 {
		t.Errorf("%d recorded late, %d in the future, %d rehired within 31 days, %d after", late, future, soon, again-soon)
	}
}

// Seed 46 once sent somebody from the top of the company to another team of it.
func TestSeeds(t *testing.T) {
	for _, seed := range []int64{2, 46, 77} {
		o, err := Options{Dir: "unused", Employees: 2500, Months: 48, Seed: seed}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		if c := newCompany(o); len(c.emps) < 2500 {
			t.Errorf("seed %d: %d employments", seed, len(c.emps))
		}
	}
}
