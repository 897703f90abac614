package warehouse

import (
	"fmt"
	"strings"
	"testing"
)

// Reviews due in 2025, small enough to be worked out by hand: p1 to p3 report to m1, p4 to m2.
const reviewed = untilDecember + `
	employment: employment_id person_id hire_date term_date employment_type valid_from recorded_at
	e1 p1 2020-01-01 -          employee 2020-01-01 2026-01-02
	e2 p2 2020-01-01 -          employee 2020-01-01 2026-01-02
	e3 p3 2020-01-01 -          employee 2020-01-01 2026-01-02
	e4 p4 2020-01-01 -          employee 2020-01-01 2026-01-02
	e5 m1 2020-01-01 -          employee 2020-01-01 2026-01-02
	e6 m2 2020-01-01 -          employee 2020-01-01 2026-01-02
	e7 p7 2020-01-01 2023-06-01 employee 2020-01-01 2026-01-02
	job: employment_id assignment_id is_primary fte_share job_title_id unit_id location valid_from recorded_at
	e1 1 true 1 T1 A Graz 2020-01-01 2026-01-02
	e2 1 true 1 T1 A Graz 2020-01-01 2026-01-02
	e3 1 true 1 T1 A Graz 2020-01-01 2026-01-02
	e4 1 true 1 T1 B Graz 2020-01-01 2026-01-02
	e5 1 true 1 T9 A Graz 2020-01-01 2026-01-02
	e6 1 true 1 T9 B Graz 2020-01-01 2026-01-02
	e7 1 true 1 T9 B Graz 2020-01-01 2026-01-02

	scale: scale_id low_value high_value recorded_at
	S 1 5 2026-01-02
	review: review_id person_id reviewer_id due_date held_date mode were_both_present completed_date rating scale_id recorded_at
	r1 p1 m1 2025-03-31 2025-03-20 in_person true  2025-03-25 4 S 2026-01-02
	r2 p2 m1 2025-03-31 2025-04-10 phone     true  2025-04-12 2 S 2026-01-02
	r3 p3 m1 2025-03-31 2025-03-31 video     false -          3 S 2026-01-02
	r4 p4 m2 2025-03-31 -          -         -     -          - S 2026-01-02
	r5 p4 m2 2026-03-31 -          -         -     -          - S 2026-01-02
	r6 p1 m1 2024-03-31 2024-03-01 video     true  2024-03-02 3 S 2026-01-02
	r7 p2 m1 2024-03-31 2024-04-01 video     true  2024-04-02 3 S 2026-01-02
	r8 p4 m2 2024-03-31 2024-03-31 video     true  2024-04-02 5 S 2026-01-02

	action: action_id review_id owner_id due_date done_date recorded_at
	a1 r1 p1 2025-06-01 2025-05-20 2026-01-02
	a2 r1 p1 2025-06-01 2025-06-20 2026-01-02
	a3 r2 p2 2025-07-01 -          2026-01-02
	a4 r2 p2 2026-07-01 -          2026-01-02
	review_check: review_id checker_id checked_date is_passed recorded_at
	r1 m2 2025-04-01 true  2026-01-02
	r2 m1 2025-04-11 true  2026-01-02
	r3 m2 2025-04-01 true  2026-01-02
	r3 p7 2025-04-02 false 2026-01-02
	review_note: review_note_id person_id author_id noted_date kind recorded_at
	n1 p1 m1 2025-07-05 observation 2026-01-02
	n2 p1 m1 2025-08-05 recognition 2026-01-02
	n3 p4 m2 2025-09-30 recognition 2026-01-02
	n4 p2 m1 2025-10-01 recognition 2026-01-02
	checkin: checkin_id person_id held_date recorded_at source
	c1 p1 2024-03-19 2026-01-02 strategy
	c2 p1 2024-03-20 2026-01-02 strategy
	c3 p1 2024-09-01 2026-01-02 strategy
	c4 p1 2025-03-19 2026-01-02 strategy
	c5 p2 2025-04-09 2026-01-02 strategy
	c6 p2 -          2026-01-02 strategy
	requirement: competency_id job_title_id unit_id level valid_from recorded_at
	K1 T1 - 3 2020-01-01 2026-01-02
	K2 T1 - 4 2020-01-01 2026-01-02
	assessment: assessment_id person_id competency_id rater_id rater_type value assessed_date recorded_at
	s1 p1 K1 m1 manager 2 2024-09-01 2026-01-02
	s2 p1 K1 p1 self    1 2024-09-02 2026-01-02
	s3 p2 K2 m1 manager 3 2024-09-01 2026-01-02
	s4 p2 K2 m1 manager 4 2025-01-10 2026-01-02
	s5 p3 K2 m1 manager 2 2024-09-01 2026-01-02
	plan_item: plan_item_id person_id review_id competency_id recorded_at
	i1 p1 r1 K1 2026-01-02
	i2 p3 r3 K1 2026-01-02
	survey_result: survey_id wave item respondent unit_id value asked answered answered_date recorded_at
	talk-quality 2025 My~talk~helped A A 3.5 3 2 2025-05-10 2026-01-02
	talk-quality 2025 My~talk~helped B B 2   2 1 2025-05-10 2026-01-02
	goal-clarity 2025 I~understand   A A 1   9 9 2025-05-10 2026-01-02

	course: course_id name purpose recorded_at source
	C Leading leadership 2026-01-02 lms
	D Sums    skill      2026-01-02 lms
	enrolment: enrolment_id person_id course_id completed_at is_passed recorded_at source
	x1 m1 C 2024-06-01 true 2026-01-02 lms
	x2 m2 D 2023-06-01 true 2026-01-02 lms
`

// Every number of reviews (R31, R45, R46, R48, R49, R50, R51, R52, R68, R70), worked out by hand.
func TestReviews(t *testing.T) {
	w := build(t, reviewed)
	// r5 is due after the end of the facts. Of the four due, three were held, r1 and r3 by the due
	// date. r1 and r2 agreed on actions: two each; of the three due by now one was done in time. r1
	// is checked by another manager and passed; r2's checker is its reviewer; r3 passed one of two.
	// p1 has three check-ins in the 365 days before (that of 19 March 2024 is one day too early),
	// p2 one. Gaps on the day: p1 in K1 (tied), p3 in K2 (its item names K1); p2 has none any more.
	want(t, w, "select cell, measure, sum(people), sum(amount), sum(base) from core.fct_review_sums where month = '2025-12-01' and attribute = '' and measure not like '%||%e%' group by all order by all", `
		a year here without 6 3 6
		acted done 2 2 4
		acted on time done on time 2 1 3
		checked passed 2 1 2
		due held 4 3 4
		due on time 4 2 4
		gap tied 2 1 2
		heads of a quarter recognition 6 1 6
		held agreed 3 2 3
		held backed||1 3 2 3
		held backed||3 3 1 3
		held backed||6 3 0 3
		held checked 3 2 3
		held signed 3 2 3
		managers trained 2 1 2
		rated rating 3 9 3
		reviewed in a year noted 3 1 3
		reviewed once since 4 1466 4
		signed face to face 2 1 2
	`)
	// July to September: p1 has two notes, one of recognition, p4 one. Reviewed in the year to the
	// end of September: p1, p2, p3.
	want(t, w, "select cell, sum(people), sum(amount), sum(base) from core.fct_review_sums where month = '2025-09-01' and cell in ('heads of a quarter', 'reviewed in a year') group by all order by all", `
		heads of a quarter 6 2 6
		reviewed in a year 3 1 3
	`)
	// (2 · 3.5 + 1 · 2) ÷ 3 answers of 5 asked
	want(t, w, "select measure, sum(people), sum(amount), sum(base) from core.fct_review_sums where measure in ('quality', 'response') group by all order by all", `
		quality 3 9 3
		response 5 3 5
	`)
	want(t, w, "select attribute_value, sum(people) from core.fct_review_sums where measure = 'rating' and month = '2025-12-01' and attribute = 'band' group by all order by all", `
		2 1
		3 1
		4 1
	`)
	// m1 was trained between the two years: of 2 due 1 in time before, of 3 due 2 after; m2 never
	want(t, w, "select measure, sum(amount), sum(base) from core.fct_review_sums where month = '2025-12-01' and measure like '%||on time%' group by all order by all", `
		not trained||on time after 0 1
		not trained||on time before 1 1
		trained between||on time after 2 3
		trained between||on time before 1 2
	`)
}

// Small groups have no number in the marts: of four reviews nothing is told.
func TestReviewsHidden(t *testing.T) {
	w := build(t, reviewed)
	want(t, w, "select count(*) from marts.reviews_tree where not is_hidden and people_n < 5", "0")
	want(t, w, "select count(*) from marts.reviews_tree where is_hidden and coalesce(people_n, amount, base, p50) is not null", "0")
	want(t, w, "select people_n, amount, base, is_hidden from marts.reviews_tree where view_name = 'as_was' and ancestor_id = '*' and measure = 'held' and attribute = '' and month = '2025-12-01'", "- - - true")
	want(t, w, "select people_n, amount, is_hidden from marts.reviews_tree where view_name = 'as_was' and ancestor_id = '*' and measure = 'recognition' and month = '2025-12-01'", "6 1 false")
	want(t, w, "select count(*) from marts.workforce_tree where is_range and amount is not null", "0")
}

// Leniency: n ÷ (n + 10) · mean of (rating − mean of the job family) ÷ SD, n ≥ 5.
func TestLeniency(t *testing.T) {
	var people, jobs, ratings strings.Builder
	for i := range 14 { // m1 rates six with 4, m2 five with 2 and m3 three with 3, too few
		manager, rating := "m1", 4
		if i >= 6 {
			manager, rating = "m2", 2
		}
		if i >= 11 {
			manager, rating = "m3", 3
		}
		fmt.Fprintf(&people, "e%d p%d 2020-01-01 - employee 2020-01-01 2026-01-02\n", i, i)
		fmt.Fprintf(&jobs, "e%d 1 true 1 T1 A 2020-01-01 2026-01-02\n", i)
		fmt.Fprintf(&ratings, "r%d p%d %s 2025-03-31 2025-03-20 %d S 2026-01-02\n", i, i, manager, rating)
	}
	w := build(t, untilDecember+`
		employment: employment_id person_id hire_date term_date employment_type valid_from recorded_at
		`+people.String()+`
		job: employment_id assignment_id is_primary fte_share job_title_id unit_id valid_from recorded_at
		`+jobs.String()+`
		job_title: job_title_id name family valid_from recorded_at
		T1 Rep Sales 2020-01-01 2026-01-02
		scale: scale_id low_value high_value recorded_at
		S 1 5 2026-01-02
		review: review_id person_id reviewer_id due_date held_date rating scale_id recorded_at
		`+ratings.String())
	// Σ = 24 + 10 + 9 = 43, mean 43/14 = 3.0714; SS = 6·0.8622 + 5·1.1480 + 3·0.0051 = 10.9286,
	// SD = √(10.9286 ÷ 13) = 0.91687. m1: 0.9286 ÷ 0.91687 · 6/16 = 0.3798; m2: −1.0714 ÷ 0.91687 · 5/15
	want(t, w, "select person_id, ratings, difference, leniency from marts.review_leniency", `
		m1 6 1.0128 0.3798
		m2 5 -1.1686 -0.3895
	`)
}
