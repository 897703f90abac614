package warehouse

import "testing"

// cascadeRecords is a small company on 30 June 2025: one strategic objective with two
// branches below, one of them without a target of its own, and what is wrong with others.
const cascadeRecords = `
	org_unit: unit_id name valid_from=2019-01-01
	co Company
	x X-unit
	y Y-unit
	metric: metric_id name
	m Margin
	metric_observation: metric_id unit_id period_start_date value is_complete
	m x 2025-06-01 1 true
	employment: employment_id person_id hire_date employment_type=employee valid_from=2020-01-01 recorded_at=2025-07-01
	e1 p1 2020-01-01
	e2 p2 2020-01-01
	e3 p3 2020-01-01
	e4 p4 2020-01-01
	e5 p5 2020-01-01
	e6 p6 2020-01-01
	job: employment_id fte_share unit_id assignment_id=1 is_primary=true valid_from=2020-01-01
	e1 1 x
	e2 1 x
	e3 0.5 x
	e4 1 x
	e5 1 x
	e6 1 y
	goal: goal_id name parent_id level owner_id unit_id start_date due_date baseline target direction weight metric_id status cadence_days valid_from
	s Strategy - strategic p1 co 2024-01-01 2026-12-31 - - - 1 - active 30 2023-12-01
	a Sell s supporting p1 x 2024-01-01 2025-12-31 100 200 up 3 m active 30 2023-12-01
	b Fewer s supporting p2 y 2024-01-01 2025-12-31 10 4 down 1 - active 30 2023-12-01
	d Dept a department p1 x 2025-01-01 2025-12-31 - - - 1 - active 30 2024-12-01
	t1 One d team p3 x 2025-01-01 2025-12-31 0 10 up 1 - active 30 2024-12-01
	t2 Two d team - x 2025-01-01 2025-12-31 0 10 up 3 - active 30 2024-12-01
	t3 Gone d team p3 x 2025-01-01 2025-12-31 0 10 up 9 - abandoned 30 2024-12-01
	old Old s department p1 x 2024-01-01 2024-12-31 0 1 up 1 - active 30 2023-12-01
	u1 Under-old old team p3 x 2025-01-01 2025-12-31 0 1 up 1 - active 30 2024-12-01
	u2 Nowhere - team p3 x 2025-01-01 2025-12-31 0 1 up 1 - active 30 2024-12-01
	u3 Unknown zz team p3 x 2025-01-01 2025-12-31 0 1 up 1 - active 30 2024-12-01
	c1 Round c2 team p3 x 2025-01-01 2025-12-31 0 1 up 1 - active 30 2024-12-01
	c2 About c1 team p3 x 2025-01-01 2025-12-31 0 1 up 1 - active 30 2024-12-01
	n Later a department p1 x 2025-09-01 2025-12-31 0 1 up 1 - active 30 2024-12-01
	i1 Mine t1 individual p1 x 2025-01-01 2025-12-31 0 1 up 1 - active 90 2024-12-01
	i2 Mine t1 individual p2 x 2025-01-01 2025-12-31 0 1 up 1 - active 90 2024-12-01
	i3 Mine t1 individual p3 x 2025-01-01 2025-12-31 0 1 up 2 - active 90 2024-12-01
	i4 Mine t1 individual p4 x 2025-01-01 2025-12-31 0 1 up 1 - active 90 2024-12-01
	i5 Mine t1 individual p5 x 2025-01-01 2025-12-31 0 1 up 1 - active 90 2024-12-01
	i6 Mine - individual p6 y 2025-01-01 2025-12-31 0 1 up 1 - active 90 2024-12-01
	goal_progress: goal_id as_of_date value owner_status
	a 2025-06-01 150 green
	b 2025-06-01 7 red
	t1 2025-03-01 4 green
	t1 2025-06-01 6 green
	t2 2025-05-01 3 green
	t2 2025-06-20 2 amber
	i1 2025-06-01 0.2 green
	i2 2025-06-01 0.2 green
	i3 2025-06-01 0.5 green
	i4 2025-06-01 0.2 green
	i5 2025-06-01 0.4 green
`

// Progress works when down is good; the roll-up weighs, leaves out what was given up or
// has not begun, and goes one level at a time (R24).
func TestGoalProgressAndRollup(t *testing.T) {
	w := build(t, cascadeRecords)
	want(t, w, "select goal_id, progress, expected_progress, computed_status, owner_status from core.fct_goal_states where goal_id in ('a', 'b', 't1', 't2', 's', 'old') order by goal_id", `
		a 0.5 0.7082 behind green
		b 0.5 0.7082 behind red
		old - - overdue -
		s - - no baseline -
		t1 0.6 0.4148 on track green
		t2 0.2 0.467 behind amber
	`)
	// d: (1·0.6 + 3·0.2) ÷ 4; a has its own and would roll up to d alone; s: (3·0.5 + 1·0.5) ÷ 4,
	// old is not known and does not count
	want(t, w, "select goal_id, children, rolled_children, rollup_progress, effective_progress from core.fct_goal_rollups where goal_id in ('s', 'a', 'd', 't1', 'b') order by goal_id", `
		a 1 1 0.3 0.5
		b 0 0 - 0.5
		d 2 2 0.3 0.3
		s 3 2 0.5 0.5
		t1 0 0 - 0.6
	`)
	// five people stand behind t1: (0.2 + 0.2 + 2·0.5 + 0.2 + 0.4) ÷ 6
	want(t, w, "select goal_id, people_progress, is_people_told from marts.objectives where goal_id in ('t1', 't2') order by goal_id", `
		t1 0.3333 true
		t2 - false
	`)
}

// Branches break in four ways; a line of sight needs every objective above to be current (R24, R25).
func TestGoalPaths(t *testing.T) {
	w := build(t, cascadeRecords)
	want(t, w, "select goal_id, has_sight, coalesce(broken, '-') from core.fct_goal_paths where goal_id not in ('t3', 'n') order by goal_id", `
		a true -
		b true -
		c1 false cycle
		c2 false cycle
		d true -
		i1 true -
		i2 true -
		i3 true -
		i4 true -
		i5 true -
		i6 false no parent
		old false -
		s true -
		t1 true -
		t2 true -
		u1 false expired parent
		u2 false no parent
		u3 false unknown parent
	`)
	// six people have an objective of their own; five see the strategy; y has an objective (b)
	want(t, w, "select people, sighted_people, sighted_low, sighted_high, goals from marts.objective_people_tree where ancestor_id = '*'", "6 5 - - 6")
}

// SMART counts five things; who has no owner, stands still or gave up is found (R32, R33, R34).
func TestGoalFlaws(t *testing.T) {
	w := build(t, cascadeRecords)
	want(t, w, "select goal_id, smart, has_owner, is_stalled, days_still from marts.objectives where goal_id in ('s', 'a', 't1', 't2', 'u2') order by goal_id", `
		a 5 true false 29
		s 2 true false -
		t1 4 true false 29
		t2 3 false false 60
		u2 4 true true 180
	`)
	want(t, w, "select count(*) filter (state not in ('draft', 'planned')), count(*) filter (state = 'abandoned') from marts.objectives", "13 1")
}

// A date that was moved does not move the first one, and a target in force that day counts (R23, R29).
func TestGoalVersions(t *testing.T) {
	w := build(t, cascadeRecords+`
	goal: goal_id name level start_date due_date baseline target status cadence_days valid_from
	v Moved team 2025-01-01 2025-03-31 0 10 active 30 2024-12-01
	v Moved team 2025-01-01 2025-05-31 0 20 active 30 2025-03-15
	v Moved team 2025-01-01 2025-05-31 0 20 done 30 2025-06-05
	w Draft team 2025-01-01 2025-02-28 0 10 draft 30 2024-12-01
	w Draft team 2025-01-01 2025-04-30 0 10 active 30 2025-01-10
	goal_progress: goal_id as_of_date value
	v 2025-03-01 5
	v 2025-04-01 12
	v 2025-06-01 22
	w 2025-03-01 11
	`)
	want(t, w, "select goal_id, first_due_date, due_date, state, finish_date, finish_date <= first_due_date from marts.objectives where goal_id in ('v', 'w') order by goal_id", `
		v 2025-03-31 2025-05-31 done 2025-05-20 false
		w 2025-04-30 2025-04-30 overdue 2025-02-24 true
	`)
	want(t, w, "select as_of_date, progress from marts.objective_readings where goal_id = 'v' order by 1", `
		2025-03-01 0.5
		2025-04-01 0.6
		2025-06-01 1.1
	`)
}

// Check-ins by level and quarter; meetings of too few people are hidden (R26, R27, R33).
func TestCheckins(t *testing.T) {
	w := build(t, cascadeRecords+`
	checkin: checkin_id person_id goal_id expected_date held_date minutes items_set items_covered
	k1 p1 i1 2025-05-01 2025-05-02 20 4 4
	k2 p2 i2 2025-05-01 - - 4 -
	k3 p3 i3 2025-05-01 2025-05-03 30 4 2
	k4 p4 i4 2025-05-01 2025-05-03 - - -
	k5 p5 i5 2025-05-01 2025-07-20 10 4 4
	k6 p1 a 2025-05-01 2025-05-01 15 4 4
	k7 p1 i1 2025-09-01 - - - -
	`)
	want(t, w, "select month, level, expected, held, with_agenda, complete, items_set, items_covered, minutes, timed, is_hidden from marts.checkin_tree_quarterly where ancestor_id = '*' order by level", `
		2025-06-01 individual 5 3 2 1 8 6 50 2 false
		2025-06-01 supporting - - - - - - - - true
	`)
}

// Impediments: age, help, what was closed without an answer waited until then (R28, R65).
func TestImpediments(t *testing.T) {
	w := build(t, cascadeRecords+`
	impediment: impediment_id goal_id raised_date is_help_requested answered_date closed_date
	1 a 2025-06-01 true 2025-06-05 2025-06-10
	2 a 2025-06-20 true - -
	3 a 2025-06-01 false - 2025-06-12
	4 a 2025-06-01 true 2025-07-15 -
	5 i1 2025-06-01 true - -
	6 a 2025-07-02 true - -
	`)
	want(t, w, "select impediment_id, is_open, age_days, is_old, days_to_answer, is_answered from marts.impediments order by 1", `
		1 false 9 false 4 true
		2 true 10 false 10 false
		3 false 11 false 11 false
		4 true 29 true 29 false
	`)
}

// Employees whose unit has no objective of its own, in full-time equivalents (R35). Y has
// one person, who has one: nobody is told how many have none.
func TestUncoveredUnits(t *testing.T) {
	records := cascadeRecords + `
	org_unit: unit_id name valid_from=2019-01-01
	z Z-unit
	employment: employment_id person_id hire_date employment_type=employee valid_from=2020-01-01 recorded_at=2025-07-01
	f1 q1 2020-01-01
	f2 q2 2020-01-01
	f3 q3 2020-01-01
	f4 q4 2020-01-01
	f5 q5 2020-01-01
	job: employment_id assignment_id=1 is_primary=true fte_share=1 unit_id=z valid_from=2020-01-01
	f1
	f2
	f3
	f4
	f5
	`
	w := build(t, records)
	want(t, w, "select unit_id, people, fte, has_objective from core.fct_unit_objectives order by 1", `
		x 5 4.5 true
		y 1 1 true
		z 5 5 false
	`)
	want(t, w, "select fte, uncovered_fte, uncovered_share, uncovered_units from marts.objective_people_tree where ancestor_id = '*'", "10 5 0.48 1")
}

// How far a message gets, by Σ value × answers ÷ Σ answers, and how certain people are before
// and after with the standard error of a linearised mean over units (R58, R64).
func TestSurveys(t *testing.T) {
	w := build(t, cascadeRecords+`
	survey_result: survey_id wave item respondent unit_id goal_id value asked answered answered_date
	pulse 1 I~have~heard~of~it x x s 4 10 8 2025-05-05
	pulse 1 I~have~heard~of~it y y s 3 10 2 2025-05-05
	pulse 1 I~know~how~to~act x x s 2 10 8 2025-05-05
	sure a I~am~certain x x - 3 10 10 2025-02-05
	sure a I~am~certain y y - 4 10 10 2025-02-05
	sure b I~am~certain x x - 4 10 5 2025-05-05
	sure b I~am~certain y y - 4 20 15 2025-05-05
	`)
	want(t, w, "select step, mean_value, answered, asked from marts.survey_tree where ancestor_id = '*' and goal_id = 's' order by step", `
		heard 3.8 10 20
		know how 2 8 10
	`)
	// before 3.5, after 4: pulls x: 5·0 ÷ 20 + 10·0.5 ÷ 20 = 0.25, y: 0 − 0.25; √(2·0.125) = 0.5
	want(t, w, "select before_mean, after_mean, delta, std_error, units, before_answered, before_asked, after_answered, after_asked from marts.survey_change_tree where ancestor_id = '*'", "3.5 4 0.5 0.5 2 20 20 20 30")
}

// Fiscal periods: months by default, 4-4-5 weeks with a 53rd where the next year starts later,
// and loaded ones as they are (R23).
func TestFiscalPeriods(t *testing.T) {
	w := build(t, cascadeRecords+`
	fiscal_period: calendar fiscal_year period start_date end_date has_week_53
	group 2025 1 2024-12-30 2025-01-27 false
	group 2025 13 2025-12-01 2026-01-05 true
	`)
	want(t, w, "select calendar, period, quarter, half, start_date, end_date, week_53_date, basis, is_default from marts.fiscal_periods where fiscal_year = 2025 and (period in (1, 7) and calendar = 'company' or calendar = 'group') order by 1, 2", `
		company 1 1 1 2025-01-01 2025-02-01 - months false
		company 7 3 2 2025-07-01 2025-08-01 - months false
		group 1 1 1 2024-12-30 2025-01-27 - loaded true
		group 13 4 2 2025-12-01 2026-01-05 2025-12-29 loaded true
	`)
	exec(t, w, "update meta.setting set value = '4-4-5' where key = 'fiscal_calendar'", "update meta.setting set value = '7' where key = 'fiscal_year_start_month'")
	rebuild(t, w)
	// the Mondays nearest to 1 July: 2024-07-01, 2025-06-30, 2026-06-29, 2027-06-28, 2028-07-03
	want(t, w, "select fiscal_year, period, start_date, end_date, has_week_53, week_53_date from marts.fiscal_periods where calendar = 'company' and (fiscal_year = 2025 and period in (1, 2, 3, 12) or fiscal_year = 2028 and period = 12) order by 1, 2", `
		2025 1 2024-07-01 2024-07-29 false -
		2025 2 2024-07-29 2024-08-26 false -
		2025 3 2024-08-26 2024-09-30 false -
		2025 12 2025-05-26 2025-06-30 false -
		2028 12 2028-05-22 2028-07-03 true 2028-06-26
	`)
}
