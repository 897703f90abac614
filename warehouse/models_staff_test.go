package warehouse

import (
	"fmt"
	"strings"
	"testing"
)

// A posted payroll run of December 2025 says that the facts reach 31 December, so the
// years of the workforce are 2025 and 2024 (the first leaver known is of March 2024).
const untilDecember = `
payroll_run: payroll_run_id status period_start_date period_end_date pay_date recorded_at source
r0 posted 2025-12-01 2025-12-31 2025-12-28 2026-01-02 payroll
`

// The workforce of one unit, small enough to be worked out by hand.
const workforce = untilDecember + `
	employment: employment_id person_id hire_date term_date is_voluntary employment_type contracted_hours valid_from recorded_at
	e1 p1 2020-01-01 -          -     employee   35 2020-01-01 2026-01-02
	e2 p2 2020-01-01 2025-07-01 true  employee   35 2020-01-01 2026-01-02
	e3 p3 2023-10-01 2024-03-01 false employee   35 2023-10-01 2026-01-02
	e4 p4 2024-02-01 2024-10-01 true  employee   35 2024-02-01 2026-01-02
	e5 p5 2024-04-01 -          -     employee   35 2024-04-01 2026-01-02
	e6 p6 2025-10-01 -          -     employee   35 2025-10-01 2026-01-02
	e7 p7 2022-01-01 -          -     employee   35 2022-01-01 2026-01-02
	e8 p8 2025-01-01 -          -     contractor 35 2025-01-01 2026-01-02
	e9 p9 2023-01-01 2025-03-01 true  employee   35 2023-01-01 2026-01-02
	ea p9 2025-03-20 -          -     employee   35 2025-03-20 2026-01-02

	job: employment_id assignment_id is_primary fte_share raw_title job_title_id unit_id location change_reason valid_from valid_to recorded_at
	e1 1 true 1   Rep  T1 A Graz -              2020-01-01 2025-04-01 2026-01-02
	e1 1 true 1   Lead T2 A Graz Promotion      2025-04-01 -          2026-01-02
	e2 1 true 1   Rep  T1 A Graz -              2020-01-01 -          2026-01-02
	e3 1 true 1   Rep  T1 A Graz -              2023-10-01 -          2026-01-02
	e4 1 true 1   Rep  T1 A Graz -              2024-02-01 -          2026-01-02
	e5 1 true 0.5 Rep  T1 A Graz -              2024-04-01 2025-06-01 2026-01-02
	e5 1 true 0.5 rep~2 T1 A Linz -             2025-06-01 2025-08-01 2026-01-02
	e5 1 true 0.5 Rep  T1 B Linz Transfer       2025-08-01 -          2026-01-02
	e6 1 true 1   Lead T2 A Graz -              2025-10-01 -          2026-01-02
	e7 1 true 1   Rep  T1 A Graz -              2022-01-01 2025-09-01 2026-01-02
	e7 1 true 1   Rep  T1 C Graz Reorganisation 2025-09-01 -          2026-01-02
	e8 1 true 1   Rep  T1 A Graz -              2025-01-01 -          2026-01-02
	e9 1 true 1   Rep  T1 A Graz -              2023-01-01 -          2026-01-02
	ea 1 true 1   Rep  T1 A Graz -              2025-03-20 -          2026-01-02

	reporting_line: person_id manager_id kind valid_from recorded_at
	p5 p1 solid  2024-04-01 2026-01-02
	p6 p1 solid  2025-10-01 2026-01-02
	p7 p1 dotted 2022-01-01 2026-01-02
	p9 p1 solid  2023-01-01 2026-01-02

	absence: absence_id person_id absence_type from_date to_date absent_hours recorded_at
	a1 p1 sick     2025-02-03 2025-02-05 14 2026-01-02
	a2 p5 sick     2024-12-22 2025-01-01 50 2026-01-02
	a3 p5 sick     2025-12-22 2026-01-11 40 2026-01-02
	a4 p7 parental 2025-06-01 2025-07-01 -  2026-01-02
	a5 p8 sick     2025-06-01 2025-07-01 99 2026-01-02
`

// Turnover, joiners, first year, moves, fills: each worked out by hand from the records.
func TestStaffYears(t *testing.T) {
	w := build(t, workforce)
	// 2025: p1, p5, p7, p9 all year but for p9's 19 days between two employments, p2 six
	// months, p6 three. p9's break of 19 days is no separation and no start.
	want(t, w, "select month, person_id, unit_id, job_title_id, location, round(average_heads, 4), round(average_fte, 4), separations, voluntary_separations, joins, moves from core.fct_staff_years where month = '2025-12-01' order by all", fmt.Sprintf(`
		2025-12-01 p1 A T2 Graz 1 1 0 0 0 1
		2025-12-01 p2 A T1 Graz 0.5 0.5 1 1 0 0
		2025-12-01 p5 B T1 Linz 1 0.5 0 0 0 1
		2025-12-01 p6 A T2 Graz 0.25 0.25 0 0 1 0
		2025-12-01 p7 C T1 Graz 1 1 0 0 0 0
		2025-12-01 p9 A T1 Graz %s %s 0 0 0 0
	`, "0.9489", "0.9489"))
	// p9: eleven months and 12 of March's 31 days: (11 + 12/31) ÷ 12 = 0.9489
	want(t, w, "select measure, sum(people), sum(numerator), round(sum(amount), 4), round(sum(base), 4) from core.fct_workforce_sums where month = '2025-12-01' and attribute = '' and measure in ('leavers', 'voluntary', 'involuntary', 'joiners', 'moves', 'first year', 'fills') group by all order by all", `
		fills 2 1 1 2
		first year 2 1 1 2
		involuntary 6 0 0 4.6989
		joiners 6 1 1 4.6989
		leavers 6 1 1 4.6989
		moves 6 2 2 4.6989
		voluntary 6 1 1 4.6989
	`)
	// hired in 2024 were p4, who left after eight months, and p5. Starts in a title: p6 from
	// outside, p1 from within. p7's move was a reorganisation.
	want(t, w, "select person_id, moved_date, from_unit_id, unit_id, is_title_change, is_mass from core.fct_moves order by all", `
		p1 2025-04-01 A A true false
		p5 2025-08-01 A B false false
		p7 2025-09-01 A C false true
	`)
}

// Absence: hours absent ÷ contracted hours, spells ÷ heads (S3 of §4).
func TestAbsence(t *testing.T) {
	w := build(t, workforce)
	// Sick in 2025: p1's 14 hours; p5's 40 over 20 days, of which 10 lie in the year: 20.
	// The spell of December 2024 was over on 1 January; p8 is no employee. Parental: 30 days
	// of 35/7 hours. Contracted: 35/7 a day of each employed: p1, p5, p7 365 days, p2 181,
	// p6 92, p9 365 − 19 = 346: 1714 · 5 = 8570.
	want(t, w, "select measure, sum(people), sum(numerator), sum(amount), round(sum(base), 4), max(largest), sum(total) from core.fct_workforce_sums where month = '2025-12-01' and attribute = '' and (measure like 'absence||%' or measure like 'spells||%') and measure not like '%||%||%' group by all order by all", `
		absence||parental 6 1 150 8570 150 150
		absence||sick 6 2 34 8570 20 34
		spells||parental 6 1 1 4.6989 - -
		spells||sick 6 2 2 4.6989 - -
	`)
	// the floor of all of it is that of pay
	want(t, w, "select distinct floor from core.cells_people where measure like 'absence%' or measure like 'spells%'", "pay")
}

// Tenure, span of control and contracts on the last day.
func TestStaff(t *testing.T) {
	w := build(t, workforce)
	want(t, w, "select attribute_value, people from core.fct_workforce_sums where measure = 'tenure' and attribute = 'band' and month = '2025-12-01' order by all", `
		0-1 1
		1-2 1
		2-5 1
		2-5 1
		5-10 1
	`)
	// p1 has three on solid lines, of whom nobody left; dotted lines do not count
	want(t, w, "select unit_id, attribute_value, people, amount from core.fct_workforce_sums where measure = 'span' order by all", `
		A  1 3
		A 1-3 1 3
	`)
	want(t, w, "select coalesce(nullif(attribute_value, ''), 'all'), sum(people) from core.fct_workforce_sums where measure = 'contracts' and month = '2025-12-01' group by 1 order by all", `
		all 6
		contractor 1
		employee 5
	`)
}

// What was known on a day: ends are known from the day that a trusted log states.
func TestTurnoverKnown(t *testing.T) {
	var people, jobs strings.Builder
	for i := range 40 {
		term, known := "-", "2020-01-01"
		if i < 12 { // left in February 2025, entered in March or in April
			term, known = "2025-02-10", "2025-02-20"
			if i < 7 {
				known = "2025-04-05"
			}
		}
		if i == 20 { // the first leaver known, so that two years are told
			term, known = "2023-06-01", "2023-06-01"
		}
		fmt.Fprintf(&people, "e%d p%d 2020-01-01 %s true employee 2020-01-01 %s 2026-01-02\n", i, i, term, known)
		fmt.Fprintf(&jobs, "e%d 1 true 1 A 2020-01-01 - 2026-01-02\n", i)
	}
	w := build(t, untilDecember+`
		employment: employment_id person_id hire_date term_date is_voluntary employment_type valid_from stated_at recorded_at
		`+people.String()+`
		job: employment_id assignment_id is_primary fte_share unit_id valid_from valid_to recorded_at
		`+jobs.String())
	// hris is no trusted log: all was known on the day of loading, in 2026
	want(t, w, "select amount, leavers from core.fct_known_sums where known_date = '2025-05-01' and difference = 'late leavers'", "12 12")
	exec(t, w, "update meta.source set is_trusted_log = true where source = 'hris'")
	rebuild(t, w)
	// as known on 1 March: 5 of the 12 leavers of February; on 1 April the same, on 1 May all
	want(t, w, "select known_date, difference, amount, leavers from core.fct_known_sums where known_date between '2025-03-01' and '2025-05-01' and difference = 'late leavers' order by all", `
		2025-03-01 late leavers 7 12
		2025-04-01 late leavers 7 12
		2025-05-01 late leavers 0 12
	`)
	// then the seven were still counted, for the 19 days from the 10th to the end of the 365
	want(t, w, "select heads from core.fct_known_sums where known_date = '2025-03-01' and difference = 'late leavers'", "0.3644")
	// months without leavers tell of few people: neither number of the twelve months is told
	want(t, w, "select late_leavers, leavers_then, leavers_now, is_hidden from marts.turnover_known where known_date = '2025-03-01'", "7 - - true")
}

// A corrected end and one that was withdrawn are told from the history of the record.
func TestEndsWithdrawn(t *testing.T) {
	w := build(t, untilDecember+`
		employment: employment_id person_id hire_date term_date is_voluntary employment_type valid_from recorded_at superseded_at
		e1 p1 2020-01-01 2025-05-01 true employee 2020-01-01 2025-04-01 2025-08-15
		e1 p1 2020-01-01 -          -    employee 2020-01-01 2025-08-15 -
		e2 p2 2020-01-01 2025-05-01 true employee 2020-01-01 2025-04-01 2025-08-15
		e2 p2 2020-01-01 2025-06-01 true employee 2020-01-01 2025-08-15 -
		e3 p3 2020-01-01 2023-06-01 true employee 2020-01-01 2023-06-01 -
		e4 p4 2020-01-01 -          -    employee 2020-01-01 2020-01-01 -
		e5 p5 2025-03-01 -          -    employee 2025-03-01 2025-07-20 -
		e6 p6 2020-01-01 -          -    employee 2020-01-01 2026-01-02 -
		job: employment_id assignment_id is_primary fte_share unit_id valid_from recorded_at
		e1 1 true 1 A 2020-01-01 2020-01-01
		e2 1 true 1 A 2020-01-01 2020-01-01
		e3 1 true 1 A 2020-01-01 2020-01-01
		e4 1 true 1 A 2020-01-01 2020-01-01
		e5 1 true 1 A 2025-03-01 2020-01-01
		e6 1 true 1 A 2020-01-01 2020-01-01
	`)
	// 1 July: p1 was known to leave and did not; p2 left a month later than known, which is the
	// same twelve months; p5's start of March was entered on 20 July.
	want(t, w, "select known_date, difference, amount, leavers from core.fct_known_sums where known_date in ('2025-07-01', '2025-09-01') and amount > 0 order by all", `
		2025-07-01 late joiners 1 1
		2025-07-01 withdrawn 1 1
	`)
}

// Titles: raw → canonical with who approved it (R17).
func TestTitleMap(t *testing.T) {
	w := build(t, workforce+`
		title_map: raw_title job_title_id approver_id valid_from recorded_at
		Rep    T1 p1 2020-01-01 2026-01-02
		rep~2  T1 p1 2024-01-01 2026-01-02
		Clerk  T3 p7 2020-01-01 2026-01-02
		job_title: job_title_id name family valid_from recorded_at
		T1 Representative Sales 2020-01-01 2026-01-02
		T2 Team~lead      Sales 2020-01-01 2026-01-02
	`)
	want(t, w, "select raw_title, job_title_id, title_name, is_approved, mapped_date, basis, is_used from marts.title_map", `
		Clerk T3 T3 true 2020-01-01 mapped false
		Lead T2 Team lead false - stated by the source true
		Rep T1 Representative true 2020-01-01 mapped true
		rep 2 T1 Representative true 2024-01-01 mapped false
	`)
	want(t, w, "select person_id, raw_title, title_name, mapped_date from marts.title_approvals", `
		p7 Clerk T3 2020-01-01
		p1 Rep Representative 2020-01-01
		p1 rep 2 Representative 2024-01-01
	`)
}
