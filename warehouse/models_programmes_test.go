package warehouse

import "testing"

// p1 completed k1 on 10 February 2024 and first used it on 20 March (an answer of 0 before that is no use);
// p4 completed it on 1 June and shows nothing until the last day, 31 December; p2 left on 1 October.
func TestProgrammes(t *testing.T) {
	w := build(t, learning+`
		course_version: course_version_id course_id assessment source
		k1v2 k1 test lms
		enrolment: enrolment_id person_id course_id course_version_id completed_at hours is_passed source
		n1 p1 k1 k1v1 2024-02-10 2 true lms
		n2 p4 k1 k1v1 2024-06-01 1 -    lms
		n3 p2 k1 k1v1 2023-09-01 3 -    lms
		learning_feedback: feedback_id course_id respondent step item value answered_date source
		f1 k1 p1   application used 0 2024-03-01 lms
		f2 k1 p1   application used 1 2024-03-20 lms
		f3 k1 tok9 application used 1 2024-03-02 lms
		f4 k1 p1   reaction    good 4 2024-02-10 lms
		person_xref: system legal_entity value person_id valid_from
		other x p1 p1 2020-01-01
		learning_event: statement_id person_id verb object occurred_at source
		s1 p1 http://x/verbs/applied     http://x/course/k1 2024-04-01 lms
		s2 p4 http://x/verbs/experienced http://x/course/k1 2024-07-01 lms
		competency: competency_id framework_id name scale_id
		c1 f1 Lifting s5
		scale: scale_id low_value high_value
		s5 1 5
		course_competency: course_id competency_id source
		k1 c1 lms
		assessment: assessment_id person_id competency_id rater_type value scale_id assessed_date
		a1 p1 c1 manager 2 s5 2023-12-01
		a2 p1 c1 self    5 s5 2024-02-09
		a3 p1 c1 manager 3 s5 2024-02-20
		a4 p1 c1 manager 4 -  2024-02-24
		a7 p1 c1 manager 9 s5 2024-02-24
		a5 p3 c1 manager 3 s5 2023-12-01
		a6 p3 c1 manager 3 -  2024-12-01
	`)
	want(t, w, "select learner_id, completed_date, applied_date, days from core.fct_applied order by all", `
		p1 2024-02-10 2024-03-20 39
		p2 2023-09-01 - 396
		p4 2024-06-01 - 213
	`)
	// a3 is 10 days after, too early; a4 counts, on the competency's own scale; a7 is off the scale. p3 never completed it.
	want(t, w, "select learner_id, is_trained, before_level, after_level from core.fct_before_after order by all", `
		p1 true 0.25 0.75
		p3 false 0.5 0.5
	`)
	want(t, w, "select measure, sum(people), sum(done) from core.fct_programme_cells group by all order by all", `
		k1|applied 3 1
		k1|assessed 3 1
		k1|dose-1 1 0
		k1|dose-2 1 1
		k1|dose-3 1 0
		k1|rated 1 0
		k1|rated-others 1 0
	`)
	// One version and one test in the last 12 months, and in the 12 before: comparable. Three people are too few to be told.
	want(t, w, "select is_comparable, recent_version, earlier_version, reaction_people, is_hidden from marts.programmes", "true k1v1 k1v1 - true")
	want(t, w, "select count(*) from marts.programme_steps where people_n is not null", "0")
}

// Another version is not comparable, nor is one year alone.
func TestComparability(t *testing.T) {
	w := build(t, learning+`
		course_version: course_version_id course_id assessment source
		k2v1 k2 test lms
		k2v2 k2 test lms
		enrolment: enrolment_id person_id course_id course_version_id completed_at source
		n1 p1 k1 k1v1 2024-02-10 lms
		n2 p4 k2 k2v2 2024-06-01 lms
		n3 p4 k2 k2v1 2023-06-01 lms
	`)
	want(t, w, "select course_id, is_comparable, has_same_assessment from marts.programmes order by all", `
		k1 - false
		k2 false true
	`)
}
