package warehouse

import (
	"fmt"
	"strings"
	"testing"
)

// paidPeople are n employees of unit A, all year, with base pay of 1,000 more each.
func paidPeople(n int) (people, jobs, pay, slips string) {
	var a, b, c, d strings.Builder
	for i := range n {
		fmt.Fprintf(&a, "e%d p%d 2020-01-01 - employee 40 2020-01-01 2026-01-02\n", i, i)
		fmt.Fprintf(&b, "e%d 1 true 1 T1 A Graz B1 2020-01-01 2026-01-02\n", i)
		fmt.Fprintf(&c, "e%d %d EUR year 1 hire 2020-01-01 - 2026-01-02\n", i, 30000+1000*i)
		fmt.Fprintf(&d, "l%d jan p%d base %d EUR 2024-12-01 2025-01-31 2026-01-02 payroll\n", i, i, 6200)
	}
	return a.String(), b.String(), c.String(), d.String()
}

// Compa-ratio, spread and payroll per FTE (R17), worked out by hand.
func TestPayLevels(t *testing.T) {
	people, jobs, pay, slips := paidPeople(21)
	w := build(t, untilDecember+`
		employment: employment_id person_id hire_date term_date employment_type contracted_hours valid_from recorded_at
		`+people+`
		x1 x1 2020-01-01 2022-06-01 employee 40 2020-01-01 2026-01-02
		x2 x2 2020-01-01 - employee 40 2020-01-01 2026-01-02
		job: employment_id assignment_id is_primary fte_share job_title_id unit_id location pay_band_id valid_from recorded_at
		`+jobs+`
		x1 1 true 1 T1 A Graz B1 2020-01-01 2026-01-02
		x2 1 true 0.5 T2 A Graz B2 2020-01-01 2026-01-02
		compensation: employment_id base_amount currency per fte_basis change_reason valid_from valid_to recorded_at
		`+pay+`
		x2 1000 USD month 0.5 hire 2020-01-01 - 2026-01-02
		pay_band: pay_band_id currency low_amount midpoint_amount high_amount valid_from recorded_at
		B1 EUR 30000 40000 50000 2020-01-01 2026-01-02
		B2 EUR 10000 24000 50000 2020-01-01 2026-01-02
		fx_rate: currency base_currency kind rate_date rate recorded_at
		USD EUR daily 2024-12-30 0.5 2026-01-02
		payroll_run: payroll_run_id legal_entity status period_start_date period_end_date pay_date recorded_at source
		jan DE posted 2025-01-01 2025-01-31 2025-01-31 2026-01-02 payroll
		payroll_line: payroll_line_id payroll_run_id person_id element amount currency earned_from_date earned_to_date recorded_at source
		`+slips)
	// 1 January 2025: x2 has 1,000 dollars a month for half a time: 2,000 · 12 · 0.5 = 12,000
	want(t, w, "select pay_amount, midpoint_amount from core.fct_base_pay where person_id = 'x2' and month = '2025-01-01'", "12000 24000")
	// Σ 30,000 … 50,000 = 840,000 and 12,000 over 21 · 40,000 + 24,000: 852 ÷ 864
	want(t, w, "select people, amount, base, largest from core.fct_pay_sums where measure = 'compa' and month = '2025-01-01' and attribute = '' order by all", "22 852000 864000 50000")
	// All have 6,200 of December and January: 31 days of 62, so 3,100 of each year by what was
	// earned; paid in January. Of 2024, the year before 1 January 2025: 21 · 3,100 earned, nothing paid.
	want(t, w, "select measure, month, people, amount, round(base, 4) from core.fct_pay_sums where measure like 'payroll%' order by all", `
		payroll||earned 2025-01-01 21 65100 21.5
	`)
	// Told rounded to 1 %: 852 ÷ 864 = 0.9861, on the grid of 1 % 0.9861 → e^−0.01 = 0.9900; 22
	// people to the nearest 5. T2 has one person and is hidden, and T1 with it, or it would be given back.
	want(t, w, "select coalesce(nullif(attribute, ''), 'all'), people_n, round(ratio, 4), is_hidden from marts.pay_tree where view_name = 'as_was' and ancestor_id = '*' and measure = 'compa' and month = '2025-01-01' order by all", `
		all 20 0.99 false
		title - - true
		title - - true
	`)
	// 22 people, 12,000 and then 30,000 to 50,000: the median is 39,500, the tenths are at 31,100 and
	// 47,900; each on the grid of 1 %
	want(t, w, "select round(pay_median), round(pay_low), round(pay_high) from marts.pay_tree where view_name = 'as_was' and ancestor_id = '*' and measure = 'compa' and attribute = '' and month = '2025-01-01'", "39340 30946 48050")
}

// Pay change by rating (R63): twelve months after the review, promotions left out.
func TestRises(t *testing.T) {
	w := build(t, untilDecember+`
		employment: employment_id person_id hire_date term_date employment_type valid_from recorded_at
		e1 p1 2020-01-01 - employee 2020-01-01 2026-01-02
		e2 p2 2020-01-01 - employee 2020-01-01 2026-01-02
		e3 p3 2020-01-01 - employee 2020-01-01 2026-01-02
		e4 p4 2020-01-01 2023-06-01 employee 2020-01-01 2026-01-02
		job: employment_id assignment_id is_primary fte_share job_title_id unit_id valid_from recorded_at
		e1 1 true 1 T1 A 2020-01-01 2026-01-02
		e2 1 true 1 T1 A 2020-01-01 2026-01-02
		e3 1 true 1 T1 A 2020-01-01 2026-01-02
		e4 1 true 1 T1 A 2020-01-01 2026-01-02
		compensation: employment_id base_amount currency per change_reason valid_from valid_to recorded_at
		e1 1000 EUR month hire      2020-01-01 2025-01-01 2026-01-02
		e1 1040 EUR month merit     2025-01-01 -          2026-01-02
		e2 1000 EUR month hire      2020-01-01 2025-01-01 2026-01-02
		e2 1500 EUR month Promotion 2025-01-01 -          2026-01-02
		e3 1000 EUR month hire      2020-01-01 -          2026-01-02
		scale: scale_id low_value high_value recorded_at
		S 0 4 2026-01-02
		review: review_id person_id reviewer_id due_date held_date rating scale_id recorded_at
		r1 p1 m1 2024-03-31 2024-03-20 3 S 2026-01-02
		r2 p2 m1 2024-03-31 2024-03-20 3 S 2026-01-02
		r3 p3 m1 2024-03-31 2024-03-20 2 S 2026-01-02
		r4 p1 m1 2025-03-31 2025-03-20 3 S 2026-01-02
	`)
	// r2's pay changed with a promotion; the twelve months after r4 are not over
	want(t, w, "select review_id, band, rise from core.fct_rises order by all", `
		r1 4 0.04
		r3 3 0
	`)
	want(t, w, "select measure, people, amount, base from core.fct_pay_sums where table_name = 'rises' order by all", `
		rise||3 1 0 1
		rise||4 1 0.04 1
	`)
	// of 10 people or more: nothing is told
	want(t, w, "select count(*) from marts.pay_tree where measure like 'rise%' and not is_hidden", "0")
}
