package warehouse

import "testing"

// Three learn: p1 at the front line (2 hours self-directed on k2, aligned; 4 on k1), p3 elsewhere
// (8 hours on k1, the course's own), and x1, whom HRIS does not know (2 hours on k1).
const invest = learning + `
	job_title: job_title_id name is_frontline valid_from
	T1 Seller true 2020-01-01
	T2 Clerk false 2020-01-01
	course: course_id name purpose modality kind duration_hours is_customer_led source
	k3 Coaching skill coaching with_others 8 true lms
	k4 Rules compliance e-learning formal 1 false lms
	competency: competency_id framework_id name source
	c1 f1 Selling hris
	requirement: competency_id job_title_id level goal_id valid_from source
	c1 T1 3 g1 2024-06-01 hris
	course_competency: course_id competency_id source
	k3 c1 lms
	enrolment: enrolment_id person_id course_id completed_at hours origin source
	n1 p1 k3 2024-07-01 2 self lms
	n2 p1 k4 2024-07-02 4 assigned lms
	n3 p3 k3 2024-12-20 - manager lms
	n4 x1 k4 2024-03-01 2 - lms
	n5 p1 k3 2024-02-01 1 self lms
	fx_rate: currency base_currency kind rate_date rate
	USD EUR daily 2024-07-10 0.5
	learning_cost: cost_id cost_type amount currency cost_date course_id unit_id person_id source
	l1 vendor   120 EUR 2024-07-10 k4 - - lms
	l2 vendor   100 USD 2024-07-10 k3 - - lms
	l3 tuition  30  EUR 2024-07-10 -  - p3 lms
	l4 staff    70  EUR 2024-07-10 -  A - lms
	l5 delivery 11  EUR 2024-07-10 -  - - lms
	l6 vendor   9   GBP 2024-07-10 k4 - - lms
	tactic: tactic_id name tactic_type need_id course_id valid_from source
	t1 Coaching training n1 k3 2024-01-01 register
	need: need_id title is_customer_feedback opened_date source
	n1 Listen true 2024-01-01 register
	metric: metric_id name direction unit_aggregation time_aggregation base_grain valid_from
	nps Satisfaction up mean mean month 2020-01-01
	tactic_link: tactic_link_id tactic_id metric_id approved_at source
	k1 t1 nps 2024-01-01 register
`

func TestInvestment(t *testing.T) {
	w := build(t, invest)
	// k3 is aligned from 1 June on: n1 and n3, not n5.
	want(t, w, "select learner_id, course_id, day, hours, is_aligned from core.fct_learning_hours order by all", `
		lms:x1 k4 2024-03-01 2 false
		p1 k3 2024-02-01 1 false
		p1 k3 2024-07-01 2 true
		p1 k4 2024-07-02 4 false
		p3 k3 2024-12-20 8 true
	`)
	// k4's 120 by hours: p1 4 of 6, x1 2 of 6. k3's 50 euros: p1 3 of 11, p3 8 of 11, and
	// p3's own 30. The unit's 70 and nobody's 11 are no learner's. Pounds have no rate.
	want(t, w, "select learner_id, hours, aligned_hours, completions, self_completions, direct_amount from core.fct_learner_investment where window_id = 'rolling-12' order by all", `
		lms:x1 2 0 1 0 40
		p1 7 2 3 2 93.6364
		p3 8 8 1 0 66.3636
	`)
	want(t, w, "select coalesce(learner_id, unit_id, 'nobody'), sum(amount) from core.fct_learning_spend where window_id = 'rolling-12' group by all order by all", `
		A 70
		lms:x1 40
		nobody 11
		p1 93.6364
		p3 66.3636
	`)
	// p1 is at the front line: Σ and Σ² of hours.
	want(t, w, "select attribute_value, sum(people), sum(total), sum(square), sum(part) from core.fct_investment_cells where measure = 'rolling-12|hours|' and attribute = 'frontline' group by all order by all", `
		no 2 10 68 8
		yes 1 7 49 2
	`)
	want(t, w, "select measure, sum(people), sum(total) from core.fct_investment_cells where measure like 'quarter|%' and month = '2024-09-01' group by all order by all", `
		quarter|kind|formal 1 4
		quarter|kind|with_others 1 2
		quarter|modality|coaching 1 2
		quarter|modality|e-learning 1 4
		quarter|purpose|compliance 1 4
		quarter|purpose|skill 1 2
	`)
	want(t, w, "select sum(items), sum(items_done) from core.fct_investment_cells where measure = 'rolling-12|self|' and attribute = ''", "5 2")
	// p1, p4 and p2 (274 of 366 days) are full time, p3 for 17 days.
	want(t, w, "select is_frontline, sum(fte) from core.fct_learning_fte where window_id = 'rolling-12' group by all order by all", `
		no 1.0464
		yes 1.7486
	`)
	want(t, w, "select cost_id, amount, stated_amount, stated_currency, missing_rate_lines, is_aligned, is_hidden from marts.learning_cost_lines order by all", `
		l1 120 120 EUR 0 false false
		l2 50 100 USD 0 true false
		l4 70 70 EUR 0 false false
		l5 11 11 EUR 0 false false
		l6 - 9 GBP 1 false false
		- - - - 0 false true
	`)
	want(t, w, "select kind, id, is_customer_led, metric_name from marts.customer_led where is_customer_led order by all", `
		course k3 true Satisfaction
		need n1 true Satisfaction
	`)
}

// A line for a session goes to those of its learners, by their hours; for a session where nobody spent any, to the
// course's. And a course is aligned on the days on which an objective asks for what it teaches, not between them.
func TestSessionCost(t *testing.T) {
	w := build(t, learning+`
		session: session_id course_id course_version_id source
		s1 -  k1v1 lms
		s2 k1 - lms
		s3 k1 - lms
		enrolment: enrolment_id person_id course_id session_id completed_at hours source
		n1 p1 k1 s1 2024-03-01 1 lms
		n2 p4 k1 s1 2024-03-01 3 lms
		n3 p3 k1 s2 2024-05-01 4 lms
		n4 p1 k2 -  2024-09-01 1 lms
		learning_cost: cost_id cost_type amount currency cost_date course_id session_id source
		l1 vendor 100 EUR 2024-03-01 -  s1 lms
		l2 vendor 10  EUR 2024-05-01 k1 s2 lms
		l3 vendor 80  EUR 2024-06-01 k1 s3 lms
		competency: competency_id framework_id name source
		c1 f1 Lifting hris
		course_competency: course_id competency_id source
		k1 c1 lms
		k2 c1 lms
		requirement: competency_id job_title_id level goal_id valid_from valid_to source
		c1 T1 3 g1 2024-01-01 2024-04-01 hris
		c1 T2 3 g1 2024-08-01 - hris
	`)
	want(t, w, "select cost_id, learner_id, sum(amount) from core.fct_learning_spend where window_id = 'rolling-12' group by all order by all", `
		l1 p1 25
		l1 p4 75
		l2 p3 10
		l3 p1 10
		l3 p3 40
		l3 p4 30
	`)
	want(t, w, "select learner_id, course_id, is_aligned from core.fct_learning_hours order by all", `
		p1 k1 true
		p1 k2 true
		p3 k1 false
		p4 k1 true
	`)
	want(t, w, "select cost_id, course_id, is_aligned from marts.learning_cost_lines order by all", `
		l1 k1 true
		l2 k1 false
		l3 k1 false
	`)
}

// Loaded cost is direct cost and each hour at the person's rate of the year.
func TestLoadedLearning(t *testing.T) {
	w := build(t, tactics)
	// p1's rate with the bonus is 10640 ÷ 455, p2's 5; the others' is the company's, 13190 ÷ 710.
	want(t, w, "select learner_id, hours, time_amount from core.fct_learner_investment where window_id = 'rolling-12' order by all", `

		p1 5 116.9231
		p2 4 20
		x9 2 37.1549
	`)
}
