package warehouse

import "testing"

// Who is in whose line, by the solid lines of the last day alone.
func TestAccessLine(t *testing.T) {
	w := build(t, untilMarch+`
		org_unit: unit_id name parent_id valid_from
		Top Top -   2020-01-01
		A   A   Top 2020-01-01
		B   B   A   2020-01-01
		O   O   -   2020-01-01

		employment: employment_id person_id hire_date term_date employment_type valid_from
		e1 boss    2020-01-01 -          employee 2020-01-01
		e2 lead    2020-01-01 -          employee 2020-01-01
		e3 member  2020-01-01 -          employee 2020-01-01
		e4 left    2020-01-01 2024-02-01 employee 2020-01-01
		e5 orphan  2020-01-01 -          employee 2020-01-01
		e6 ring1   2020-01-01 -          employee 2020-01-01
		e7 ring2   2020-01-01 -          employee 2020-01-01
		e8 under   2020-01-01 -          employee 2020-01-01
		e9 deep    2020-01-01 -          employee 2020-01-01
		e10 torn   2020-01-01 -          employee 2020-01-01
		e11 self   2020-01-01 -          employee 2020-01-01
		e12 dotted 2020-01-01 -          employee 2020-01-01
		e13 former 2020-01-01 -          employee 2020-01-01

		job: employment_id assignment_id is_primary fte_share unit_id valid_from
		e1 1 true 1 Top 2020-01-01
		e2 1 true 1 A 2020-01-01
		e3 1 true 1 A 2020-01-01
		e3 1 true 1 B 2024-02-01
		e4 1 true 1 O 2020-01-01
		e5 1 true 1 O 2020-01-01
		e6 1 true 1 O 2020-01-01
		e7 1 true 1 O 2020-01-01
		e8 1 true 1 O 2020-01-01
		e9 1 true 1 O 2020-01-01
		e10 1 true 1 O 2020-01-01
		e11 1 true 1 O 2020-01-01
		e12 1 true 1 O 2020-01-01
		e13 1 true 1 O 2020-01-01

		reporting_line: person_id manager_id kind valid_from valid_to
		lead   boss   solid  2020-01-01 -
		member lead   solid  2020-01-01 -
		left   boss   solid  2020-01-01 -
		orphan left   solid  2020-01-01 -
		ring1  ring2  solid  2020-01-01 -
		ring2  ring1  solid  2020-01-01 -
		under  ring1  solid  2020-01-01 -
		deep   under  solid  2020-01-01 -
		torn   boss   solid  2020-01-01 -
		torn   lead   solid  2020-01-01 -
		self   self   solid  2020-01-01 -
		dotted boss   dotted 2020-01-01 -
		former boss   solid  2020-01-01 2024-01-01
	`)
	want(t, w, "select string_agg(manager_id || '>' || person_id, ' ' order by manager_id, person_id) from marts.access_line",
		"boss>lead boss>member lead>member under>deep")
	want(t, w, "select string_agg(ancestor_id || '>' || unit_id, ' ' order by ancestor_id, unit_id) from marts.access_units where unit_id in ('A', 'B')",
		"A>A A>B B>B Top>A Top>B")
	want(t, w, "select string_agg(unit_id, ' ' order by person_id) from marts.access_people where person_id in ('boss', 'left', 'member')", "Top O B")
}
