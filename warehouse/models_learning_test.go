package warehouse

import "testing"

// learning is a company of three: p1 and p2 in team A from 2023, p3 in B from 15
// December 2024; p2 left on 1 October 2024. The data reach to 31 December 2024.
const learning = `
	org_unit: unit_id name unit_type valid_from
	A Team~A team 2020-01-01
	B Team~B team 2020-01-01
	employment: employment_id person_id hire_date term_date employment_type valid_from
	e1 p1 2023-01-01 - employee 2023-01-01
	e2 p2 2023-01-01 2024-10-01 employee 2023-01-01
	e3 p3 2024-12-15 - employee 2024-12-15
	e4 p4 2023-01-01 - employee 2023-01-01
	job: employment_id assignment_id is_primary fte_share unit_id job_title_id location valid_from
	e1 1 true 1 A T1 Graz 2023-01-01
	e2 1 true 1 A T1 Graz 2023-01-01
	e3 1 true 1 B T2 Wien 2024-12-15
	e4 1 true 1 A T9 Graz 2023-01-01
	reporting_line: person_id manager_id kind valid_from
	p1 p4 solid 2023-01-01
	p3 p4 solid 2024-12-15
	absence: absence_id person_id absence_type from_date to_date
	a1 p3 parental 2024-12-20 -
	metric: metric_id name direction unit_aggregation time_aggregation base_grain valid_from
	sales Sales up sum sum month 2020-01-01
	metric_observation: metric_id unit_id period_start_date value
	sales A 2024-12-01 1
	course: course_id name duration_hours source
	k1 Safety 2 lms
	k2 Selling 8 lms
	course_version: course_version_id course_id assessment source
	k1v1 k1 test lms
	learning_event: statement_id person_id verb object occurred_at source
	x1 p1 http://adlnet.gov/expapi/verbs/applied http://acme.test/k1 2024-12-30T09:00:00 lms
	learning_assignment: assignment_id course_id unit_id job_title_id due_days recurs_months valid_from source
	r1 k1 A -  30 12 2023-01-01 lms
	r2 k1 - T2 30 12 2024-01-01 lms
`

func TestLearningSteps(t *testing.T) {
	w := build(t, learning+`
		enrolment: enrolment_id person_id course_id assigned_date assigned_basis due_date started_at completed_at withdrawn_date is_exempt is_passed score origin status source
		n1 p1 k1 2024-02-01 source 2024-03-01 2024-02-05 2024-02-11 -          -    true  80 assigned - lms
		n2 p1 k2 2024-03-01 source 2024-04-01 2024-03-02 -          -          -    -     -  manager  - lms
		n3 p2 k2 2024-09-15 source 2024-11-01 -          -          -          -    -     -  assigned - lms
		n4 p2 k1 2024-02-01 source 2024-03-01 -          -          2024-02-10 -    -     -  assigned - lms
		n5 p3 k1 2024-12-15 rule   2024-12-20 -          -          -          -    -     -  assigned - lms
		n6 p3 k2 2024-12-15 source 2025-01-15 -          -          -          true -     -  assigned - lms
		n7 p1 k2 2024-05-01 source -          2024-05-01 2024-05-09 -          -    false 40 self     - lms
		n8 p4 k2 -          -      -          2024-06-03 2024-06-05 -          -    -     -  assigned - lms
		n9 p4 k1 -          -      -          -          -          -          -    -     -  -        Withdrew lms
	`)
	// Seven assignments of 2024 (n7 is p1's own wish; n9 has no day but that of loading,
	// 10 January 2025, beyond the data). Withdrawn: n4. Exempt: n6. Left before due: n3.
	// Four count. n1 is completed; n2 by n7, a later attempt; n8 too; n5 is not.
	want(t, w, "select sum(assigned), sum(withdrawn), sum(exempt), sum(left_before_due), sum(first_seen), sum(base), sum(started), sum(completed), sum(assessed) from core.fct_learner_steps where window_id = 'rolling-12'",
		"7 1 1 1 1 4 3 3 1")
	// Of people: p1 and p4 completed all of theirs, p3 nothing; p2 has nothing that counts.
	want(t, w, "select step, people, numerator, items, items_done from (select step, sum(people) as people, sum(numerator) as numerator, sum(items) as items, sum(items_done) as items_done from core.fct_learning_cells where window_id = 'rolling-12' and course_id = '' and attribute = '' group by step) order by all", `
		assessed 3 1 4 1
		completed 3 2 4 3
		exempt 4 1 7 1
		first-seen 4 - 7 1
		left 4 1 7 1
		started 3 2 4 3
		withdrawn 4 1 7 1
	`)
	// Due before 31 December of those employed: n1, n2, n5. Open: n5, whose person is on leave.
	want(t, w, "select step, unit_id, people, numerator from core.fct_learning_cells where window_id = 'now' and step like 'overdue%' and course_id = '' and attribute = '' order by all", `
		overdue A 1 0
		overdue-on-leave B 1 1
	`)
	want(t, w, "select measure, unit_id, floor from core.cells_learning where measure like '%overdue-on-leave||' and attribute = ''", "now|overdue-on-leave|| B pay")
	want(t, w, "select enrolment_id, assigned_date, assigned_basis, is_completed, is_withdrawn, done_date from core.fct_learning where enrolment_id in ('n2', 'n8', 'n9') order by all", `
		n2 2024-03-01 source false false 2024-05-09
		n8 2024-06-03 first_seen true false 2024-06-05
		n9 2025-01-10 first_seen false true -
	`)
	want(t, w, "select person_id, count(*) from marts.learning_people where is_overdue group by all", "p3 1")
}

func TestLearningProofs(t *testing.T) {
	w := build(t, learning+`
		enrolment: enrolment_id person_id course_id assigned_date completed_at is_passed course_version_id source
		n1 p1 k1 2023-12-20 2023-12-28 true  k1v1 lms
		n2 p4 k1 2023-02-01 2023-02-10 true  k1v1 lms
		n3 p4 k1 2024-02-01 2024-02-10 false k1v1 lms
		certification: certification_id person_id course_version_id course_id issued_date expires_date source
		c1 p4 kx1 k3 2023-01-01 2025-01-20 lms
		c2 p1 kx1 k3 2022-01-01 2024-01-01 lms
		c3 p4 kx0 k3 2024-05-01 2024-06-01 lms
	`)
	// k1 is asked of p1 and p4 in A, and of p3 as a T2, who has 30 days from 15 December.
	// p1's completion holds 12 months and 30 days, until 27 January 2025. p4 failed the renewal.
	// k3 has certificates and no rule: of those who held one, p4's is valid for 20 more days. The proof is that
	// certificate, and no part of c3, which was issued later and ended sooner.
	want(t, w, "select person_id, course_id, proof_date, valid_until, is_certified, state from marts.certification_people order by all", `
		p1 k1 2023-12-28 2025-01-27 false ends within 90 days
		p1 k3 2022-01-01 2024-01-01 true ended
		p3 k1 - - false not yet due
		p4 k1 2023-02-10 2024-03-11 false ended
		p4 k3 2023-01-01 2025-01-20 true ends within 90 days
	`)
	want(t, w, "select course_id, step, sum(people), sum(numerator) from core.fct_learning_cells where step in ('compliant', 'in-time', 'lapsed') and attribute = '' group by all order by all", `
		k1 compliant 2 1
		k1 in-time 3 1
		k1 lapsed 2 1
		k3 compliant 2 1
		k3 in-time 2 0
		k3 lapsed 2 1
	`)
	want(t, w, "select course_id, step, sum(people), sum(numerator) from core.fct_learning_cells where step like 'expiring%' and attribute = '' group by all order by all", `
		k1 expiring-30 1 1
		k1 expiring-60 1 1
		k1 expiring-90 1 1
		k3 expiring-30 1 1
		k3 expiring-60 1 1
		k3 expiring-90 1 1
	`)
}

// Of two attempts that were assigned on one day the second ends the first, in whatever order they
// come; and what a later attempt ended is done on that day, though this one was withdrawn before.
func TestLaterAttempts(t *testing.T) {
	w := build(t, learning+`
		enrolment: enrolment_id person_id course_id attempt assigned_date due_date started_at completed_at withdrawn_date source
		z1 p1 k2 1 2024-03-01 2024-04-01 2024-03-02 -          -          lms
		a2 p1 k2 2 2024-03-01 2024-04-01 2024-05-01 2024-05-09 -          lms
		b1 p4 k2 1 2024-03-01 2024-04-01 2024-03-02 -          2024-03-11 lms
		b2 p4 k2 2 2024-06-01 2024-07-01 2024-06-02 2024-06-09 -          lms
	`)
	want(t, w, "select enrolment_id, done_date from core.fct_learning order by all", `
		a2 2024-05-09
		b1 2024-06-09
		b2 2024-06-09
		z1 2024-05-09
	`)
	want(t, w, "select sum(base), sum(completed) from core.fct_learner_steps where window_id = 'rolling-12'", "4 4")
	want(t, w, "select sum(overdue) from core.fct_learner_steps where window_id = 'now'", "0")
}

// p1 learned 90 days before the last day at most; p3 did not.
func TestTeamLearning(t *testing.T) {
	w := build(t, learning+`
		enrolment: enrolment_id person_id course_id assigned_date started_at source
		n1 p1 k2 2024-01-01 2024-10-03 lms
		n2 p3 k2 2024-12-16 - lms
	`)
	want(t, w, "select person_id, team, active from marts.team_learning_people", "p4 2 1")
	want(t, w, "select count(*) from marts.team_learning_spread", "0")
}

// Twenty learners of one course: the steps of the curve hold five, and no less.
func TestLearningSurvival(t *testing.T) {
	records := learning + `
		employment: employment_id person_id hire_date employment_type valid_from
	`
	jobs := "job: employment_id assignment_id is_primary fte_share unit_id valid_from\n"
	for _, id := range []string{"q1", "q2", "q3", "q4"} {
		records += id + " " + id + " 2023-01-01 employee 2023-01-01\n"
		jobs += id + " 1 true 1 A 2023-01-01\n"
	}
	records += jobs + `
		enrolment: enrolment_id person_id course_id assigned_date assigned_basis completed_at source
	`
	for i, row := range []string{"05", "05", "06", "06", "06", "07", "08", "09", "10", "11", "12", "12", "12", "12", "12", "13", "13", "14", "-", "-", "20"} {
		done, basis := "2024-03-"+row, "source"
		if row == "-" {
			done = "-"
		}
		if row == "20" {
			basis = "first_seen"
		}
		id := string(rune('a' + i))
		records += "n" + id + " x" + id + " k2 2024-03-01 " + basis + " " + done + " lms\n"
	}
	// the first of them began twice: the attempt withdrawn after two days is done when the second is, on its day 5
	records += `
		enrolment: enrolment_id person_id course_id attempt assigned_date assigned_basis withdrawn_date source
		n0 xa k2 0 2024-02-29 source 2024-03-02 lms
	`
	w := build(t, records)
	// Day 4: two, day 5: three and the one who had begun a day earlier; days 6 to 9 four more, too few for a step of
	// their own; one on day 10 and five on day 11; the rest, of whom two are open on 31 December, after 305
	// days. The one who was first seen is not there.
	want(t, w, "select days, completed, censored, people_n from marts.learning_survival where view_name = 'as_was' and ancestor_id = '*' and course_id = '' and window_id = 'rolling-12' order by days", `
		9 10 0 20
		11 6 0 20
		305 3 2 20
	`)
}

// Where a view is switched off, nothing is computed from what it shows.
func TestSwitchedOff(t *testing.T) {
	w := build(t, learning)
	const told = "select (select count(*) from staging.absence), (select count(*) from staging.learning_event), (select count(*) from core.fct_learner_places where is_on_leave), (select count(*) from core.fct_team_learning where is_active_in_learning)"
	want(t, w, told, "1 1 1 1")
	s := DefaultSettings()
	s.Off = []string{"xapi", "leniency", "absence"}
	configure(t, w, s)
	rebuild(t, w)
	want(t, w, told, "0 0 0 0")
}
