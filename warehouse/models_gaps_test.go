package warehouse

import (
	"math"
	"strings"
	"testing"
	"time"
)

// gapRecords are one unit T with two below it, A and B, ten clerks and one head: who they
// are, what is required of them, and what was found. The facts reach 31 March 2024.
const gapRecords = untilMarch + `
	org_unit: unit_id name parent_id valid_from
	T T - 2010-01-01
	A A T 2010-01-01
	B B T 2010-01-01

	job_title: job_title_id name is_critical valid_from
	clerk Clerk false 2010-01-01
	head  Head  true  2010-01-01

	employment: employment_id person_id hire_date term_date employment_type valid_from
	e1  p1  2020-01-01 -          employee 2020-01-01
	e2  p2  2020-01-01 -          employee 2020-01-01
	e3  p3  2020-01-01 -          employee 2020-01-01
	e4  p4  2020-01-01 -          employee 2020-01-01
	e5  p5  2020-01-01 -          employee 2020-01-01
	e6  p6  2020-01-01 -          employee 2020-01-01
	e7  p7  2023-10-01 -          employee 2023-10-01
	e8  p8  2020-01-01 2023-12-01 employee 2020-01-01
	e9  p9  2020-01-01 -          employee 2020-01-01
	e10 p10 2020-01-01 -          employee 2020-01-01

	job: employment_id assignment_id is_primary fte_share job_title_id unit_id valid_from valid_to
	e1  1 true 1 clerk A 2020-01-01 -
	e2  1 true 1 clerk A 2020-01-01 -
	e3  1 true 1 clerk A 2020-01-01 -
	e4  1 true 1 clerk A 2020-01-01 -
	e5  1 true 1 clerk A 2020-01-01 -
	e6  1 true 1 clerk B 2020-01-01 -
	e7  1 true 1 clerk A 2023-10-01 -
	e8  1 true 1 clerk A 2020-01-01 2023-12-01
	e9  1 true 1 clerk A 2020-01-01 2023-06-01
	e9  1 true 1 head  A 2023-06-01 -
	e10 1 true 1 other A 2020-01-01 -

	framework: framework_id name
	F Handbook
	scale: scale_id name low_value high_value
	five One~to~five 1 5
	four Zero~to~four 0 4
	scale_point: scale_id value label anchor
	five 1 Not~yet Has~not~done~it
	five 2 Beginner Does~parts
	five 3 Able -
	competency: competency_id framework_id name scale_id
	sell F Selling five
	tidy F Tidying four
	odd  F Odd -
	old  F Old four

	requirement: competency_id job_title_id unit_id level weight goal_id valid_from valid_to
	sell clerk - 3 2 -  2018-01-01 2023-07-01
	sell clerk - 4 4 G1 2023-07-01 -
	sell clerk B 5 4 G1 2023-07-01 -
	tidy clerk - 2 1 -  2018-01-01 -
	tidy clerk T 3 1 -  2024-01-01 -
	odd  clerk - 2 1 -  2018-01-01 -
	sell head  - 4 5 -  2018-01-01 -
	old  clerk - 2 1 -  2018-01-01 2023-09-01
	sell head  - 4 5 -  2023-11-01 -
	goal: goal_id name level valid_from
	G1 Grow strategic 2023-01-01

	assessment: assessment_id person_id competency_id rater_id rater_type value scale_id assessed_date
	a1  p1 sell m1 manager 3 five 2023-06-01
	a2  p1 sell m1 manager 4 five 2024-02-01
	a3  p1 sell p1 self    5 five 2024-03-01
	a4  p2 sell m1 manager 2 five 2023-05-01
	a5  p2 sell k1 peer    4 five 2024-01-01
	a6  p3 sell k1 peer    2 five 2024-01-01
	a7  p3 sell k2 peer    3 five 2024-01-02
	a8  p3 sell k3 peer    4 five 2024-01-03
	a9  p3 sell k1 peer    3 five 2024-02-01
	a10 p4 sell p4 self    5 five 2024-02-01
	a11 p4 sell k1 peer    5 five 2024-02-01
	a12 p4 sell k2 peer    5 five 2024-02-01
	a13 p5 sell m1 manager 5 five 2023-01-10
	a14 p6 sell m2 manager 4 five 2024-02-01
	a15 p7 sell m1 manager 1 five 2024-02-01
	a16 p8 sell m1 manager 2 five 2023-05-01
	a17 p9 sell m1 manager 3 five 2023-05-01
	a18 p1 tidy m1 manager 1 four 2024-02-01
	a19 p2 tidy m2 manager 9 four 2024-02-01
	a20 p1 sell x1 external 1 five 2024-03-20
`

// One build serves the tests of the records above.
func TestGaps(t *testing.T) {
	w := build(t, gapRecords)
	t.Run("states", func(t *testing.T) { gapStates(t, w) })
	t.Run("cells", func(t *testing.T) { gapCells(t, w) })
	t.Run("waterfall", func(t *testing.T) { gapWaterfall(t, w) })
	t.Run("snapshot", func(t *testing.T) { gapSnapshot(t, w) })
}

// R12, R20, R53: the level of a person by the stated rule and the others, as a share of
// the scale; what is required by the more specific requirement; what has expired.
func gapStates(t *testing.T, w *Warehouse) {
	// one to five: 4 is (4-1)/4 = 0.75, 5 is 1. B asks for 5 of its own. T, above A, asks for
	// 3 of tidying since January: 3/4. p3's peers are k1 with the later 3, k2 and k3: their mean
	// is (3+3+4)/3 = 3.3333, which is 0.5833. p4 has two peers and themselves: nothing. p5's rating
	// is of more than 365 days ago. A 9 on a scale to four is left out, an external finding too.
	want(t, w, `select person_id, competency_id, required_share, weight, coalesce(stated_share::varchar, '-'), coalesce(basis, '-'), round(self_share, 4), round(peers_share, 4)
		from core.fct_gap_states as s join core.fct_gap_dates as d on s.day = d.day where d.is_latest and (competency_id = 'sell' or person_id = 'p1')
		order by competency_id, length(person_id), person_id`, `
		p1 sell 0.75 4 0.75 manager 1 -
		p2 sell 0.75 4 0.25 manager - -
		p3 sell 0.75 4 0.5833333333333334 peers - 0.5833
		p4 sell 0.75 4 - - 1 -
		p5 sell 0.75 4 - - - -
		p6 sell 1 4 0.75 manager - -
		p7 sell 0.75 4 0.0 manager - -
		p9 sell 0.75 5 0.5 manager - -
		p1 tidy 0.75 1 0.25 manager - -
	`)
	want(t, w, "select is_latest, day from core.fct_gap_dates where is_latest or is_reference order by day desc limit 3", `
		true 2024-03-31
		false 2023-12-31
		false 2023-09-30
	`)
	// R18: all but p10, whose title requires nothing: 8 of 9 employees. Told are the six clerks of A: with
	// the one of B, or the one head, those would be known.
	want(t, w, "select count(distinct p.person_id), count(distinct s.person_id) from core.fct_gap_people as p join core.fct_gap_dates as d on p.day = d.day and d.is_latest left join core.fct_gap_states as s on p.day = s.day and p.person_id = s.person_id", "9 8")
	want(t, w, "select employees, mapped_employees from marts.gap_mapped where ancestor_id = '*' and month = '2024-03-01'", "9 6")
	// R20: three points, two with words
	want(t, w, "select scale_id, points, anchored_points, has_ends from marts.competency_scales order by scale_id nulls last", `
		five 3 2 true
		four - - true
		- - - false
	`)
	// R14: in force are sell everywhere, sell of B, tidy everywhere, tidy of T, odd and sell of the head;
	// within a year sell was raised, sell of B and tidy of T are new, and old was withdrawn. What the
	// head needs was stated anew as it was: no change.
	want(t, w, "select sum(requirements), sum(new_requirements), sum(changed_requirements), sum(withdrawn_requirements) from marts.requirement_changes", "6 2 1 1")
}

// R12: the cells, recomputed by hand: of clerks and selling at the horizon p1 0, p2 4×0.5,
// p3 4×(0.75−0.5833), p6 4×0.25, p7 4×0.75, over Σ weight × required of these five.
func gapCells(t *testing.T, w *Warehouse) {
	want(t, w, `select sum(people), sum(assessed_people), sum(proficient_pairs), round(sum(gap), 4), round(sum(required), 4), round(sum(gap) / sum(required), 4)
		from core.fct_gap_cells where rule = 'stated' and month = '2024-03-01' and job_title_id = 'clerk' and competency_id = 'sell'`,
		"7 5 1 6.6667 16 0.4167")
	want(t, w, `select required_n, assessed_n, gap_index, proficient_low, proficient_high from marts.gaps
		where ancestor_id = '*' and rule = 'stated' and month = '2024-03-01' and job_title_id = '' and competency_id = 'sell'`, "6 6 0.4 0 4")
	// self: p1 and p4 alone, fewer than five: told of nobody
	want(t, w, `select assessed_n, gap_index, is_found_hidden from marts.gaps
		where ancestor_id = '*' and rule = 'self' and month = '2024-03-01' and job_title_id = '' and competency_id = 'sell'`, "- - true")
	// unassessed is no zero: tidying is known of p1 alone, and of no clerk in B
	want(t, w, "select sum(assessed_people) from core.fct_gap_cells where rule = 'stated' and month = '2024-03-01' and unit_id = 'B' and competency_id = 'tidy'", "0")
}

// R13: from 30 June 2023 to 31 March 2024, each pair into the first step that fits, by hand, and the
// sum of all steps is exactly what became of the gaps, in every unit.
func gapWaterfall(t *testing.T, w *Warehouse) {
	want(t, w, "select coalesce(nullif(goal_id, ''), 'year'), launched_date, open_date, close_date from core.fct_gap_launches order by 1", `
		G1 2023-07-01 2023-06-30 2024-03-31
		year - 2023-03-31 2024-03-31
	`)
	// 30 June: sell required 0.5 × weight 2: p1 0.5, p2 0.25, p8 0.25 → gaps 0, 0.5, 0.5; p9 is a head
	// already: 5 × (0.75 − 0.5) = 1.25 at both ends. 31 March: 0.75 × weight 4, of B 1: p1 0, p2 4 × 0.5 = 2,
	// p3 4 × 0.166667 = 0.666667, p6 4 × 0.25 = 1, p7 4 × 0.75 = 3; and tidy, raised, of p1 0.5.
	want(t, w, `select person_id, competency_id, step, amount::double from core.fct_gap_steps
		where goal_id = 'G1' and (amount <> 0 or (person_id = 'p1' and competency_id = 'sell')) order by person_id, competency_id`, `
		p1 sell changed 0
		p1 tidy changed 0.5
		p2 sell changed 1.5
		p3 sell changed 0.6667
		p6 sell changed 1
		p7 sell joiners 3
		p8 sell leavers -0.5
	`)
	want(t, w, `select unit_id, sum(open_gap)::double, sum(close_gap)::double, (sum(open_gap) + sum(amount) - sum(close_gap))::double
		from core.fct_gap_steps where goal_id = 'G1' group by unit_id order by 1`, `
		A 2.25 7.4167 0
		B 0 1 0
	`)
	want(t, w, `select count(*) from (select goal_id, unit_id, sum(open_gap) + sum(amount) - sum(close_gap) as off, sum(open_pairs) + sum(pairs) - sum(close_pairs) as pairs_off
		from core.fct_gap_steps group by goal_id, unit_id) where off <> 0 or pairs_off <> 0`, "0")
	want(t, w, "select distinct step from core.fct_gap_steps where goal_id = 'G1' and person_id in ('p4', 'p5') and competency_id = 'old'", "withdrawn")
}

// R19: a snapshot keeps what was shown, whatever comes after, and its name is used once.
func gapSnapshot(t *testing.T, w *Warehouse) {
	now := time.Date(2024, 4, 1, 9, 0, 0, 0, time.UTC)
	ready(t, w, "marts.gaps")
	cells, err := w.FreezeGaps(t.Context(), now, "Plan", "uid:1", "first")
	if err != nil || cells == 0 {
		t.Fatalf("froze %d cells: %v", cells, err)
	}
	if _, err := w.FreezeGaps(t.Context(), now, " Plan ", "uid:1", ""); err == nil || !strings.Contains(err.Error(), "frozen already") {
		t.Errorf("a second snapshot of the name: %v", err)
	}
	exec(t, w, "update raw.assessment set value = 5 where competency_id = 'sell' and rater_type = 'manager'", "insert into meta.raw_version select 'raw.assessment', coalesce(max(version), 0) + 1 from meta.raw_version")
	rebuild(t, w)
	want(t, w, "select snapshot, required_n, assessed_n, gap_index from marts.gap_snapshot_cells where ancestor_id = '*' and job_title_id = '' and competency_id = 'sell'", "Plan 6 6 0.4")
	// all that is missing now is missing to p3: one person who is all of a sum is told of nobody
	want(t, w, "select gap_index, is_found_hidden from marts.gaps where ancestor_id = '*' and rule = 'stated' and month = '2024-03-01' and job_title_id = '' and competency_id = 'sell'", "- true")
}

// R16, R53: who rates above whom and how far they agree, by hand and by Cohen's own formula.
func TestGapRaters(t *testing.T) {
	self := []float64{1, 2, 3, 4, 5, 3}
	manager := []float64{1, 2, 2, 3, 5, 4}
	var records strings.Builder
	records.WriteString(untilMarch + "org_unit: unit_id name parent_id valid_from\nT T - 2010-01-01\nscale: scale_id name low_value high_value\nfive F 1 5\nframework: framework_id name\nF F\n" +
		"competency: competency_id framework_id name scale_id\nsell F Sell five\nrequirement: competency_id job_title_id level weight valid_from\nsell clerk 3 1 2018-01-01\n" +
		"employment: employment_id person_id hire_date employment_type valid_from\n")
	id := func(i int) string { return string(rune('a' + i)) }
	for i := range self {
		records.WriteString("e" + id(i) + " p" + id(i) + " 2020-01-01 employee 2020-01-01\n")
	}
	records.WriteString("job: employment_id assignment_id is_primary fte_share job_title_id unit_id valid_from\n")
	for i := range self {
		records.WriteString("e" + id(i) + " 1 true 1 clerk T 2020-01-01\n")
	}
	records.WriteString("assessment: assessment_id person_id competency_id rater_id rater_type value scale_id assessed_date\n")
	digit := func(v float64) string { return string(rune('0' + int(v))) }
	for i := range self {
		records.WriteString("s" + id(i) + " p" + id(i) + " sell p" + id(i) + " self " + digit(self[i]) + " five 2024-02-01\n")
		records.WriteString("m" + id(i) + " p" + id(i) + " sell m" + digit(float64(i%3)) + " manager " + digit(manager[i]) + " five 2024-02-01\n")
	}
	w := build(t, records.String())
	// differences 0 0 1 1 0 −1 of a scale of 4: mean 1/24, same point 3 of 6, within one 6 of 6
	observed, chance, mean, square := 0.0, 0.0, 0.0, 0.0
	for i := range self {
		observed += (self[i] - manager[i]) * (self[i] - manager[i]) / 6
		mean += (self[i] - manager[i]) / 4 / 6
		for j := range manager {
			chance += (self[i] - manager[j]) * (self[i] - manager[j]) / 36
		}
	}
	for i := range self {
		off := (self[i]-manager[i])/4 - mean
		square += off * off / 5
	}
	var n, raters int
	var difference, sd, exact, within, kappa float64
	ready(t, w, "marts.gap_raters")
	row := w.DB().QueryRowContext(t.Context(), "select pairs, raters_n, mean_difference, sd_difference, exact_share, within_one_share, kappa from marts.gap_raters where ancestor_id = '*' and job_title_id = '' and raters = 'self|manager'")
	if err := row.Scan(&n, &raters, &difference, &sd, &exact, &within, &kappa); err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]float64{
		"pairs": {float64(n), 6}, "raters": {float64(raters), 3}, "mean": {difference, math.Round(mean*100) / 100}, "sd": {sd, math.Round(math.Sqrt(square)*100) / 100},
		"exact": {exact, .5}, "within": {within, 1}, "kappa": {kappa, math.Round((1-observed/chance)*100) / 100},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, pair[0], pair[1])
		}
	}
	exec(t, w, "update raw.assessment set rater_id = 'm0' where rater_type = 'manager' and rater_id = 'm2'", "insert into meta.raw_version select 'raw.assessment', coalesce(max(version), 0) + 1 from meta.raw_version")
	rebuild(t, w)
	want(t, w, "select has_few_raters, kappa, mean_difference from marts.gap_raters where ancestor_id = '*' and job_title_id = '' and raters = 'self|manager'", "true - -")
}

// learnRecords are twelve sellers who were rated twice, six of whom took a course between, a title
// that is critical and asks for less, and a plan.
func learnRecords() string {
	var b strings.Builder
	b.WriteString(untilMarch + `
		org_unit: unit_id name parent_id valid_from
		T T - 2010-01-01
		scale: scale_id name low_value high_value
		five F 1 5
		framework: framework_id name
		F F
		competency: competency_id framework_id name scale_id
		sell F Sell five
		requirement: competency_id job_title_id level weight valid_from
		sell seller 4 1 2018-01-01
		sell lead   4 1 2018-01-01
		sell chief  5 1 2018-01-01
		job_title: job_title_id name is_critical valid_from
		seller Seller false 2018-01-01
		lead   Lead   true  2018-01-01
		chief  Chief  true  2018-01-01
		course: course_id name
		C1 Selling
		course_competency: course_id competency_id
		C1 sell
		workforce_plan: unit_id job_title_id period_start_date plan_version planned_heads
		T seller 2024-07-01 P1 11
		T seller 2024-07-01 P2 15
		T seller 2025-01-01 P2 20
		employment: employment_id person_id hire_date term_date employment_type valid_from
	`)
	names := "abcdefghijkl"
	for i, n := range names {
		term := "-"
		if i == 11 {
			term = "2024-01-01"
		}
		b.WriteString("e" + string(n) + " p" + string(n) + " 2020-01-01 " + term + " employee 2020-01-01\n")
	}
	b.WriteString("job: employment_id assignment_id is_primary fte_share job_title_id unit_id valid_from\n")
	for _, n := range names {
		b.WriteString("e" + string(n) + " 1 true 1 seller T 2020-01-01\n")
	}
	b.WriteString("assessment: assessment_id person_id competency_id rater_id rater_type value scale_id assessed_date\n")
	for i, n := range names {
		was, is := "2", learnChanges[i]
		if i%2 == 1 {
			was = "3"
		}
		b.WriteString("x" + string(n) + " p" + string(n) + " sell m manager " + was + " five 2023-02-01\n")
		b.WriteString("y" + string(n) + " p" + string(n) + " sell m manager " + is + " five 2024-02-01\n")
	}
	b.WriteString("enrolment: enrolment_id person_id course_id assigned_date completed_at is_passed source=lms\n")
	for i, n := range names[:6] {
		b.WriteString("n" + string(n) + " p" + string(n) + " C1 2023-05-0" + string(rune('1'+i)) + " 2023-06-01 true\n")
	}
	b.WriteString("ng pg C1 2024-02-15 - -\n")
	return b.String()
}

// learnChanges are the second ratings of the twelve; the first were 2, 3, 2, 3 and so on.
var learnChanges = []string{"4", "4", "3", "5", "4", "4", "2", "4", "3", "3", "2", "3"}

// The courses that close a gap (against people not yet trained who began at the same level), R43's
// inputs and R44, each recomputed from the records.
func TestGapLearning(t *testing.T) {
	w := build(t, learnRecords())
	// six were trained; three of each arm began at either level, and the quarter is one
	want(t, w, "select is_treated, sum(people), count(distinct stratum), round(sum(change * people), 2) from marts.panel_changes where subject_id = 'C1' and measure = 'sell' group by 1 order by 1", `
		false 6 2 0.5
		true 6 2 2.25
	`)
	// R43: eleven sellers; a, b, d, e, f and h are at 4; pl left in the year; pg began the course in February
	// and is below; of the six trained, all below before, five came up. In six months 15 are planned
	// (the later version), in twelve 20, in twenty-four none: 20.
	want(t, w, `select required_n, assessed_n, proficient_n, exits, round(person_years, 1), pipeline_n, below_n, reached_n from core.fct_gap_supply where month = '2024-03-01'`, "11 11 6 1 11.8 1 6 5")
	want(t, w, "select demand_6, demand_12, demand_24 from core.fct_competency_demand where competency_id = 'sell'", "15 20 20")
	want(t, w, "select heads, exits, planned_6, planned_12, planned_24, has_plan_12, has_plan_24 from core.fct_title_demand", "11 1 15 20 20 true false")
	// R44: six are ready to lead, one to be chief: only d has a 5
	want(t, w, "select job_title_id, assessed_people, ready_people from core.fct_ready_titles order by 1", `
		chief 11 1
		lead 11 6
	`)
	want(t, w, "select job_title_id, is_covered from marts.ready_titles order by 1", `
		chief false
		lead true
	`)
}
