package warehouse

import "testing"

const tactics = payroll + `
	org_unit: unit_id name unit_type valid_from
	A Team~A team 2020-01-01
	B Team~B team 2020-01-01

	metric: metric_id name direction unit_aggregation time_aggregation base_grain owner_id owner_name valid_from
	sales Sales up sum sum month p1 Sales~director 2020-01-01
	goal: goal_id name level valid_from
	g1 Grow strategic 2023-01-01

	course: course_id name duration_hours source
	k1 Selling 4 lms
	enrolment: enrolment_id person_id course_id assigned_date completed_at withdrawn_date hours source
	n1 p1 k1 2024-02-01 2024-02-20 - 5 lms
	n2 p2 k1 2024-02-01 2024-03-10 - - lms
	n3 x9 k1 2024-02-01 2024-02-21 - 2 lms
	n4 p3 k1 2023-02-01 2023-02-02 - 9 lms

	tactic: tactic_id name tactic_type launched_date ended_date planned_cost_amount currency sessions_planned has_follow_up course_id valid_from source
	selling  Selling  training       2024-02-01 -  1000 EUR 3 true  k1 2024-01-01 register
	selling  Selling  training       2024-02-01 -  2000 EUR 3 true  k1 2024-02-01 register
	pilot    Pilot    training       2024-03-01 -  1000 USD 1 false -  2024-01-01 register
	reorg    Reorg    reorganisation 2024-02-01 -  -    -   - -     -  2024-01-01 register
	bonus    Bonus    incentive      2024-02-01 -  -    -   - -     -  2024-01-01 register
	idea     Idea     tool           -          -  -    -   1 -     -  2024-01-01 register

	tactic_wave: tactic_id wave start_date assigned_by source
	selling 1 2024-02-15 order register
	selling 2 2024-03-15 order register
	bonus   1 2024-02-01 all   register

	tactic_unit: tactic_id unit_id arm wave assigned_at exposed_from_date source
	selling A treated 1 2024-01-15 - register
	selling B treated 2 2024-01-15 - register
	reorg   A treated - 2024-01-15 2024-02-10 hris
	reorg   B control - 2024-01-15 - hris

	tactic_participant: tactic_id person_id arm completed_date hours source
	pilot p1 treated 2024-03-10 10 register
	pilot p2 control -          -  register
	pilot p3 treated -          -  register

	learning_cost: cost_id cost_type amount currency cost_date course_id tactic_id source
	c1 vendor 100 EUR 2024-02-01 k1 -       lms
	c2 vendor 50  EUR 2024-02-01 -  selling lms
	c3 vendor 80  USD 2024-02-01 -  pilot   lms
	c4 vendor 80  USD 2024-01-15 -  pilot   lms
	c5 staff  70  EUR 2024-01-15 -  -       lms

	payroll_line: payroll_line_id payroll_run_id person_id element tactic_id amount currency earned_from_date earned_to_date source
	t1 mar p1 bonus bonus 30 EUR 2024-03-01 2024-03-31 payroll
`

func TestTactics(t *testing.T) {
	w := build(t, tactics+`
		tactic_link: tactic_link_id tactic_id goal_id metric_id baseline target target_date business_owner_id registered_at approved_at source
		l1 selling g1   sales 10 12 2024-12-31 p1     2024-02-14 2024-02-14 register
		l2 pilot   -    sales 10 -  -          p2     2024-01-01 2024-02-01 hris
		l3 reorg   gone ghost -  12 2024-12-31 Boss   2024-02-10 -          register
	`)
	// selling: p1 and p2 worked in A when its wave began on 15 February; B is empty.
	// x9 completed the course and was never eligible, p3's attempt is from before.
	// pilot: of p1 and p3, treated, p1 completed. reorg: p1 and p2 were in A; nobody
	// completes one. bonus: wave of all, p1 was paid.
	want(t, w, "select tactic_id, launch_date, wave_count, eligible_people, reached_people, eligible_units, reached_units, people_n, is_hidden from marts.tactics order by all", `
		bonus 2024-02-01 1 2 1 0 0 2 true
		idea - 0 0 - 0 0 0 false
		pilot 2024-03-01 0 2 1 0 0 2 true
		reorg 2024-02-01 0 2 - 1 1 2 true
		selling 2024-02-15 2 2 2 2 2 3 true
	`)
	want(t, w, "select tactic_id, is_one_off, is_orphan, links, approved_links, completeness from marts.tactics order by all", `
		bonus false true 0 0 -
		idea true true 0 0 -
		pilot false false 1 1 3
		reorg false true 1 0 2
		selling false false 1 1 5
	`)
	// selling: 150 direct (its course is nobody else's). p1: 5 h; p2: the course's 4 h;
	// x9: 2 h. p1's rate with the bonus of 30: 10640 ÷ 455; p2's 5; x9 has none, so
	// the company's, (10640 + 500 + 2050) ÷ 710. pilot: the dollars of February have no rate.
	want(t, w, "select tactic_id, direct_cost_amount::double, participant_hours, loaded_cost_amount::double, missing_rate_lines, planned_cost_amount::double, is_cost_hidden from marts.tactics order by all", `
		bonus 30 - 30 0 - true
		idea - - - 0 - false
		pilot 40 10 273.8462 1 - true
		reorg - - - 0 - false
		selling 150 11 324.078 0 2000 true
	`)
	want(t, w, `select tactic_link_id, has_goal, has_metric, has_baseline, has_target, has_owner, completeness, goal_name, business_owner_name,
		registered_at, registered_basis, is_approved, is_registered_before_launch, launched_month, wave_months from marts.tactic_links order by all`, `
		l1 true true true true true 5 Grow Sales director 2024-02-14 stated in a trusted log true true 2024-02-01 [2024-02-01 00:00:00 +0000 UTC 2024-03-01 00:00:00 +0000 UTC]
		l2 false true true false true 3 - - 2025-01-10 when Dials first saw it true false 2024-03-01 [2024-03-01 00:00:00 +0000 UTC]
		l3 false false false true true 2 - Boss 2024-02-10 stated in a trusted log false false 2024-02-01 [2024-02-01 00:00:00 +0000 UTC]
	`)
	want(t, w, "select month, cost_type, amount::double, lines, is_hidden from marts.unallocated_costs", "2024-01-01 staff 70 1 false")
	want(t, w, "select tactic_id, unit_id, assigned_at, is_assigned_at_trusted, exposed_from_date from core.fct_tactic_units order by all", `
		reorg A 2025-01-10 false 2024-02-10
		reorg B 2025-01-10 false -
		selling A 2024-01-15 true 2024-02-15
		selling B 2024-01-15 true 2024-03-15
	`)
}

// A link keeps the moment at which it was first seen through later edits, unless
// they aim it at something else.
func TestLinkFirstSeen(t *testing.T) {
	w := build(t, tactics+`
		tactic_link: tactic_link_id tactic_id metric_id target source recorded_at superseded_at
		same  selling sales 12 hris 2024-01-05 2024-06-01
		same  selling sales 99 hris 2024-06-01 -
		other selling -     12 hris 2024-01-05 2024-06-01
		other selling sales 12 hris 2024-06-01 -
	`)
	want(t, w, "select tactic_link_id, registered_at, is_registered_before_launch from marts.tactic_links order by all", `
		other 2024-06-01 false
		same 2024-01-05 true
	`)
}

// Of two sources that deliver the same record, the one named first counts.
func TestPrecedence(t *testing.T) {
	w := build(t, untilMarch+`
		employment: employment_id person_id hire_date term_date employment_type valid_from source
		e1 p1 2024-01-01 -          employee 2024-01-01 hris
		e1 p1 2024-01-01 2024-02-01 employee 2024-01-01 payroll
		job: employment_id assignment_id is_primary fte_share unit_id valid_from source
		e1 1 true 1 A 2024-01-01 hris
		e1 1 true 1 B 2024-01-01 payroll
	`)
	want(t, w, "select unit_id, month, heads from marts.headcount_monthly order by all", "A 2024-01-01 1\nA 2024-02-01 1\nA 2024-03-01 1")
	want(t, w, checkSQL(t, "keys_unique_across_sources")+" order by all", `
		employment: employment_id = e1 comes from hris and payroll
		job: employment_id, assignment_id = e1, 1 comes from hris and payroll
	`)
}

func TestFreshness(t *testing.T) {
	w := build(t, `
		meta.run: run_id source stream target started_at finished_at status rows_read rejected data_as_of error
		1 hris jobs  job        2024-01-01T02:00 2024-01-01T02:01 ok     10 1 2023-12-31 -
		2 hris staff employment 2024-01-02T02:00 2024-01-02T02:01 ok     20 0 2024-01-01 -
		3 hris jobs  job        2024-01-02T02:00 2024-01-02T02:01 failed 10 9 -          date~"Anna~Kowalski"~is~not~a~date
		4 lms  seats session    2024-01-02T02:00 2024-01-02T02:01 ok     5  0 -          -
		meta.rejected_row: run_id source stream record column_name value reason payload
		1 hris jobs 7 valid_from Anna valid_from~"Anna"~is~not~a~date {"name":"Anna"}
		3 hris jobs 7 valid_from Anna valid_from~"Anna"~is~not~a~date {"name":"Anna"}
		3 hris jobs 8 valid_from Ben  valid_from~"Ben"~is~not~a~date  {"name":"Ben"}
	`)
	want(t, w, "select source, kind, last_success_at, last_status, data_as_of, rows, rejected, last_error from marts.source_freshness order by all", `
		hris file 2024-01-01T02:01 failed 2023-12-31 30 1 date "…" is not a date
		lms file 2024-01-02T02:01 ok - 5 0 -
		payroll file - - - - - -
		register file - - - - - -
	`)
	want(t, w, "select source, stream, target, column_name, reason, rows, last_seen_at from marts.rejections", `hris jobs job valid_from valid_from "…" is not a date 3 2024-01-02T02:01`)
	want(t, w, "select count(*), max(run_id) from marts.runs", "4 4")
}
