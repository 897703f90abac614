package warehouse

import (
	"fmt"
	"testing"
)

func TestObservations(t *testing.T) {
	w := build(t, `
		metric: metric_id name direction unit_aggregation time_aggregation base_grain base_unit_type valid_from
		daily   Sales     up   sum   sum  day     team 2020-01-01
		weekly  Tickets   up   sum   sum  week    team 2020-01-01
		stock   Backlog   down sum   last week    team 2020-01-01
		defects Defects   down ratio sum  month   team 2020-01-01
		quarter Survey    up   mean  mean quarter team 2020-01-01
		sold    Sold      up   sum   sum  quarter team 2020-01-01
		score   Score     up   mean  mean day     team 2020-01-01
		margin  Margin    up   sum   sum  month   -    2020-01-01

		org_unit: unit_id name parent_id unit_type valid_from
		C Company - company 2020-01-01
		A Team~A  C team    2020-01-01
		B Team~B  C team    2020-01-01

		metric_observation: metric_id unit_id period_start_date value numerator denominator n is_complete source
		daily   A 2024-01-01 10 - - 1 - hris
		daily   A 2024-01-02 20 - - 2 - hris
		daily   A 2024-02-28 30 - - 3 - hris
		weekly  A 2024-01-01 7  - - - - hris
		weekly  A 2024-01-08 7  - - - - hris
		weekly  A 2024-01-29 70 - - - - hris
		stock   A 2024-01-22 5  - - - - hris
		stock   A 2024-01-29 9  - - - - hris
		defects A 2024-01-01 -  5 100 100 -     hris
		defects B 2024-01-01 -  30 200 200 -    hris
		defects C 2024-01-01 -  35 300 300 -    hris
		defects A 2024-02-01 -  0 0 0 -         hris
		defects B 2024-02-01 -  1 50 50 false   hris
		quarter A 2024-01-01 4 - - 10 -         hris
		sold    A 2024-01-01 91 - - - -         hris
		score   A 2024-01-01 2 - - 1 -          hris
		score   A 2024-01-02 5 - - 3 -          hris
		margin  C 2024-01-01 30 - - - -         hris
		margin  A 2024-01-01 10 - - - -         hris
		margin  B 2024-01-01 19 - - - -         hris
		margin  B 2024-01-01 99 - - - -         lms
		ghost   A 2024-01-01 1 - - - -          hris
		defects B 2025-02-01 -  1 50 50 -       hris
	`)
	want(t, w, "select metric_id, unit_id, month, value, numerator, denominator, n, is_complete from marts.dial_monthly order by all", `
		daily A 2024-01-01 30 - - 3 true
		daily A 2024-02-01 30 - - 3 true
		defects A 2024-01-01 0.05 5 100 100 true
		defects A 2024-02-01 - 0 0 0 true
		defects B 2024-01-01 0.15 30 200 200 true
		defects B 2024-02-01 0.02 1 50 50 false
		defects B 2025-02-01 0.02 1 50 50 false
		margin A 2024-01-01 10 - - - true
		margin B 2024-01-01 19 - - - true
		quarter A 2024-01-01 4 - - 3 true
		quarter A 2024-02-01 4 - - 3 true
		quarter A 2024-03-01 4 - - 3 true
		score A 2024-01-01 4.25 - - 4 false
		sold A 2024-01-01 31 - - - true
		sold A 2024-02-01 29 - - - true
		sold A 2024-03-01 31 - - - true
		stock A 2024-01-01 5 - - - false
		stock A 2024-02-01 9 - - - false
		weekly A 2024-01-01 44 - - - true
		weekly A 2024-02-01 40 - - - false
	`)
	// Σ ÷ Σ, not the mean of 5 % and 15 %: 35 of 300
	want(t, w, `select round(sum(numerator) / sum(denominator), 4) from marts.dial_monthly where metric_id = 'defects' and month = '2024-01-01'`, "0.1167")
	// the totals of C agree for defects; of margin 30 is not 29, which is 3 % apart
	want(t, w, checkSQL(t, "totals_match_their_parts"), "dial margin: 1 months of unit C differ from the sum of its units, such as 2024-01: 30.0 and 29.0")
	want(t, w, checkSQL(t, "ratios_have_denominators"), "dial defects: 1 months of units have no usable denominator")
	want(t, w, "select metric_id, first_month, last_complete_month, sources from marts.dials where metric_id in ('defects', 'margin') order by 1", `
		defects 2024-01-01 2024-01-01 hris
		margin 2024-01-01 2024-01-01 hris
	`)
}

func TestTargets(t *testing.T) {
	w := build(t, `
		metric: metric_id name direction unit_aggregation time_aggregation base_grain valid_from
		sales   Sales up   sum sum month 2020-01-01
		quality Q     up   sum sum month 2020-01-01
		quality Q     up   sum sum month 2024-01-01
		quality Later up   sum sum month 2031-01-01

		metric_observation: metric_id unit_id period_start_date value
		sales   A 2024-01-01 9
		quality A 2024-01-01 9

		metric_target: metric_id unit_id period_start_date plan_version plan plan_weight
		sales A 2024-01-01 2023-v1 10 -
		sales A 2024-01-01 2024-v2 12 3
		sales A 2024-02-01 2023-v1 11 -
		sales B 2024-02-01 2023-v1 8  -
	`)
	want(t, w, "select metric_id, unit_id, month, value, plan, plan_weight, is_complete from marts.dial_monthly order by all", `
		quality A 2024-01-01 9 - - true
		sales A 2024-01-01 9 12 3 true
		sales A 2024-02-01 - 11 1 false
		sales B 2024-02-01 - 8 1 false
	`)
	// the version that starts after we learned of it is not in force
	want(t, w, "select metric_id, name, definition_version from marts.dials order by 1", "quality Q 2\nsales Sales 1")
	want(t, w, checkSQL(t, "plans_present"), "dial quality has no plan")
}

func TestUnitScope(t *testing.T) {
	w := build(t, `
		org_unit: unit_id name parent_id unit_type valid_from valid_to
		C  Company -  company  2020-01-01 -
		D1 North   C  division 2020-01-01 -
		D2 South   C  division 2020-01-01 -
		A  Team~A  D1 team     2020-01-01 2024-03-01
		A  Team~A  D2 team     2024-03-01 -
		B  Team~B  D1 team     2020-01-01 2024-02-01
		X  Team~X  D2 team     2020-01-01 -
		Y  Team~Y  D1 team     2020-01-01 -
		Z  Orphan  Q  team     2020-01-01 -
		F  Future  D2 team     2031-01-01 -
		R1 Ring~1  R2 team     2020-01-01 -
		R2 Ring~2  R1 team     2020-01-01 -

		org_unit_successor: from_unit_id to_unit_id share changed_date
		B X 0.6 2024-02-01
		B Y 0.4 2024-02-01
		X Y 0.5 2024-06-01

		metric: metric_id name direction unit_aggregation time_aggregation base_grain valid_from
		sales Sales up sum sum month 2020-01-01
		metric_observation: metric_id unit_id period_start_date value
		sales A 2024-02-01 1
		sales A 2024-03-01 2
		sales B 2024-01-01 100
		sales X 2024-03-01 10
		sales X 2024-07-01 20
		sales U 2024-03-01 5
		sales Z 2024-03-01 7
		sales R1 2024-03-01 3
	`)
	const rolled = `
		select s.ancestor_id, d.month, sum(d.value * s.share)
		from marts.dial_monthly d join marts.unit_scope s on d.unit_id = s.unit_id and d.month >= s.valid_from and d.month < s.valid_to
		where s.view_name = '%s' and s.ancestor_id in ('*', 'C', 'D1', 'D2', 'X', 'Y', 'B', 'U') group by all order by all`
	want(t, w, fmt.Sprintf(rolled, "as_was"), `
		* 2024-01-01 100
		* 2024-02-01 1
		* 2024-03-01 27
		* 2024-07-01 20
		B 2024-01-01 100
		C 2024-01-01 100
		C 2024-02-01 1
		C 2024-03-01 12
		C 2024-07-01 20
		D1 2024-01-01 100
		D1 2024-02-01 1
		D2 2024-03-01 12
		D2 2024-07-01 20
		U 2024-03-01 5
		X 2024-03-01 10
		X 2024-07-01 20
	`)
	// Of B's 100, 60 went to X and half of X's later to Y: X 30, Y 40 + 30. X's 10 of
	// March passed half to Y; what X does after its split is its own. A is now of D2.
	want(t, w, fmt.Sprintf(rolled, "as_now"), `
		* 2024-01-01 100
		* 2024-02-01 1
		* 2024-03-01 27
		* 2024-07-01 20
		C 2024-01-01 100
		C 2024-02-01 1
		C 2024-03-01 12
		C 2024-07-01 20
		D1 2024-01-01 70
		D1 2024-03-01 5
		D2 2024-01-01 30
		D2 2024-02-01 1
		D2 2024-03-01 7
		D2 2024-07-01 20
		U 2024-03-01 5
		X 2024-01-01 30
		X 2024-03-01 5
		X 2024-07-01 20
		Y 2024-01-01 70
		Y 2024-03-01 5
	`)
	want(t, w, "select unit_id, parent_id, depth, is_current from marts.units order by all", `
		A D2 2 true
		B D1 2 false
		C - 0 true
		D1 C 1 true
		D2 C 1 true
		F D2 2 false
		R1 - 0 true
		R2 - 0 true
		U - 0 true
		X D2 2 true
		Y D1 2 true
		Z - 0 true
	`)
	want(t, w, checkSQL(t, "unit_tree_sound")+" order by all", `
		org_unit: unit R1 is below itself: it is shown at the top
		org_unit: unit R2 is below itself: it is shown at the top
	`)
	want(t, w, checkSQL(t, "references_resolved")+" order by all", `
		metric_observation.unit_id: 1 value of source hris name no org_unit that is known, such as U
		org_unit.parent_id: 1 value of source hris name no org_unit that is known, such as Q
	`)
}
