package warehouse

import "testing"

func TestPersonIDs(t *testing.T) {
	w := build(t, `
		person: person_id
		p1
		p2
		u5
		employment: employment_id person_id hire_date employment_type valid_from
		e3 p3 2020-01-01 employee 2020-01-01

		person_xref: system legal_entity value person_id valid_from valid_to valid_basis
		lms x u1 p1 2020-01-01 -          stated
		lms x u2 p1 2020-01-01 2022-01-01 stated
		lms x u2 p2 2022-01-01 -          stated
		lms x u3 p3 2024-01-01 2024-06-01 stated
		lms x u4 p2 2024-12-31 -          observed
		payroll DE 7 p1 2020-01-01 -      stated
		payroll UK 7 p2 2020-01-01 -      stated

		course: course_id name source
		k1 Course lms
		course_xref: system value course_id source
		lms 101 k1 lms

		enrolment: enrolment_id person_id course_id assigned_date completed_at source
		n1 u1 k1  2024-02-01 2024-03-01 lms
		n2 u2 k1  2024-02-01 - lms
		n3 u3 101 2024-02-01 - lms
		n4 u3 k1  2024-07-01 - lms
		n5 u4 k1  2020-02-01 - lms
		n6 u5 k1  2024-02-01 - lms
		n7 u9 k1  2024-02-01 - lms

		payroll_run: payroll_run_id legal_entity status period_start_date period_end_date pay_date source
		d DE posted 2024-01-01 2024-01-31 2024-01-31 payroll
		u UK posted 2024-01-01 2024-01-31 2024-01-31 payroll
		payroll_line: payroll_line_id payroll_run_id person_id element amount currency source
		l1 d 7 base 100 EUR payroll
		l2 u 7 base 200 EUR payroll
		l3 d 8 base 300 EUR payroll

		tactic: tactic_id name tactic_type valid_from source
		t Tactic training 2024-01-01 register
		tactic_participant: tactic_id person_id source
		t p2 register
		t u1 register
		t u5 register
		t 7  register
	`)
	// register has no numbers of its own: people's ids count first, then anybody's
	// numbers; 7 is two people's
	want(t, w, "select value, person_id, match_basis from core.fct_learner_ids where source = 'register' order by all", `
		7 - ambiguous
		p2 p2 own id
		u1 p1 xref
		u5 u5 own id
	`)
	want(t, w, "select enrolment_id, person_id, learner_id, course_id from core.fct_enrolments order by all", `
		n1 p1 p1 k1
		n2 - lms:u2 k1
		n3 p3 p3 k1
		n4 - p3 k1
		n5 p2 p2 k1
		n6 u5 u5 k1
		n7 - lms:u9 k1
	`)
	want(t, w, "select payee_id, is_known, gross_amount from core.fct_payroll_months join core.dim_payees using (payee_number) order by all", `
		p1 true 100
		p2 true 200
		payroll:8 false 300
	`)
	want(t, w, "select source, system, ids, matched_ids, unmatched_ids from marts.id_matches order by all", `
		lms learning 6 4 2
		payroll payroll 3 2 1
		register learning 4 3 1
	`)
	want(t, w, checkSQL(t, "identifiers_unambiguous"), "person_xref: 1 identifiers of system lms belonged to more than one person, such as u2")
	want(t, w, checkSQL(t, "people_known")+" order by all", `
		lms: 2 of 6 identifiers belong to nobody that HR knows
		payroll: 1 of 3 identifiers belong to nobody that HR knows
		register: 1 of 4 identifiers belong to nobody that HR knows
	`)
}

func TestExchangeRates(t *testing.T) {
	w := build(t, `
		fx_rate: currency base_currency kind rate_date rate
		USD EUR daily 2024-01-05 0.90
		USD EUR daily 2024-01-10 0.92
		USD EUR monthly_average 2024-03-01 0.95
		GBP EUR daily 2024-01-01 1.20
		GBP USD daily 2024-02-01 9
		CHF EUR budget 2024-01-01 7

		learning_cost: cost_id cost_type amount currency cost_date
		base      vendor 100 EUR 2024-01-07
		before    vendor 100 USD 2024-01-04
		on-day    vendor 100 USD 2024-01-10
		after     vendor 100 usd 2024-01-09
		average   vendor 100 USD 2024-03-20
		old-daily vendor 100 GBP 2024-05-01
		too-old   vendor 100 GBP 2025-06-01
		budget    vendor 100 CHF 2024-01-01
	`)
	want(t, w, "select cost_id, amount::double, currency, is_rate_missing from core.fct_learning_costs order by all", `
		after 90 EUR false
		average 95 EUR false
		base 100 EUR false
		before - EUR true
		budget - EUR true
		old-daily 120 EUR false
		on-day 92 EUR false
		too-old - EUR true
	`)
	want(t, w, checkSQL(t, "exchange_rates_known")+" order by all", `
		learning_cost: 1 amounts in CHF have no rate into EUR, from 2024-01-01 to 2024-01-01: load fx_rate for these days
		learning_cost: 1 amounts in GBP have no rate into EUR, from 2025-06-01 to 2025-06-01: load fx_rate for these days
		learning_cost: 1 amounts in USD have no rate into EUR, from 2024-01-04 to 2024-01-04: load fx_rate for these days
	`)
}

const payroll = `
	employment: employment_id person_id hire_date term_date employment_type contracted_hours valid_from
	e1 p1 2023-01-01 -          employee 35 2023-01-01
	e2 p2 2023-01-01 -          employee 35 2023-01-01
	e3 p3 2023-01-01 2024-02-01 employee 35 2023-01-01
	job: employment_id assignment_id is_primary fte_share unit_id valid_from
	e1 1 true 1 A 2023-01-01
	e2 1 true 1 A 2023-01-01
	e3 1 true 1 A 2023-01-01
	person: person_id
	x9

	fx_rate: currency base_currency kind rate_date rate
	USD EUR monthly_average 2024-01-01 0.5

	payroll_run: payroll_run_id legal_entity status is_off_cycle period_start_date period_end_date pay_date source
	jan   DE posted   false 2024-01-01 2024-01-31 2024-01-31 payroll
	feb   DE posted   false 2024-02-01 2024-02-29 2024-02-29 payroll
	mar   DE posted   false 2024-03-01 2024-03-31 2024-03-31 payroll
	bonus DE posted   true  2024-03-01 2024-03-31 2024-03-20 payroll
	wrong DE reversed false 2024-02-01 2024-02-29 2024-02-20 payroll
	draft DE draft    false 2024-04-01 2024-04-30 2024-04-30 payroll

	payroll_line: payroll_line_id payroll_run_id person_id element amount currency paid_hours earned_from_date earned_to_date is_employer_cost reverses_line_id source
	j1  jan   p1 base          3100  EUR -   2024-01-01 2024-01-31 -     -  payroll
	j1c jan   p1 employer_cost 900   EUR -   2024-01-01 2024-01-31 true  -  payroll
	j1d jan   p1 deduction     -700  EUR -   2024-01-01 2024-01-31 false -  payroll
	j2  jan   p2 base          1000  USD 100 2024-01-01 2024-01-31 -     -  payroll
	j3  jan   p3 base          2000  EUR -   2024-01-01 2024-01-31 -     -  payroll
	f1  feb   p1 base          2900  EUR -   2024-02-01 2024-02-29 -     -  payroll
	f2  feb   p2 base          1000  USD 100 2024-02-01 2024-02-29 -     -  payroll
	f3  feb   p3 bonus         50    EUR -   2024-01-01 2024-01-31 -     -  payroll
	f9  feb   x9 base          10    EUR -   2024-02-01 2024-02-29 -     -  payroll
	w1  wrong p1 base          9999  EUR -   2024-02-01 2024-02-29 -     -  payroll
	w1r feb   p1 base          -9999 EUR -   2024-02-01 2024-02-29 -     w1 payroll
	m1  mar   p1 base          3100  EUR 155 2024-03-01 2024-03-31 -     -  payroll
	m2  mar   p2 base          800   EUR 80  2024-03-01 2024-03-31 -     -  payroll
	m2r mar   p2 base          -800  EUR -80 2024-03-01 2024-03-31 -     m2 payroll
	b1  bonus p1 bonus         610   EUR -   2024-02-01 2024-03-31 -     -  payroll
	d1  draft p1 base          3100  EUR -   2024-04-01 2024-04-30 -     -  payroll
`

func TestPayroll(t *testing.T) {
	w := build(t, payroll)
	// A deduction is no cost; the reversed run and what reverses it cancel out; the
	// bonus of 610 over 60 days is 10.1667 a day: 294.8333 for 29, 315.1667 for 31.
	// February's dollars have no rate.
	want(t, w, "select payee_id, month, is_paid, gross_amount, on_cost_amount, paid_hours, missing_rate_lines from core.fct_payroll_months join core.dim_payees using (payee_number) order by all", `
		p1 2024-01-01 true 3100 900 - 0
		p1 2024-02-01 true 3194.8333 - - 0
		p1 2024-03-01 true 3415.1667 - 155 0
		p2 2024-01-01 true 500 - 100 0
		p2 2024-02-01 true - - 100 1
		p2 2024-03-01 false 0 - 0 0
		p3 2024-01-01 true 2050 - - 0
		x9 2024-02-01 true 10 - - 0
	`)
	// January: 3 and 3. February: p1, p2 of HR; p1, p2 and x9 paid, though p2's amount is
	// unknown. March: p2's pay was taken back. The retro line pays p3, who left, for
	// January, and the off-cycle run pays p1 for February too.
	want(t, w, `select month, hris_heads, payroll_heads, paid_not_in_hris, in_hris_not_paid, retro_lines, retro_leaver_lines, off_cycle_runs, is_within_tolerance
		from marts.reconciliation_monthly where month >= '2024-01-01' order by 1`, `
		2024-01-01 3 3 0 0 1 1 0 true
		2024-02-01 2 3 1 0 1 0 0 false
		2024-03-01 2 1 0 1 0 0 1 false
	`)
	want(t, w, checkSQL(t, "headcount_reconciles"), `
		2024-03: 2 people in HR, 1 paid: 1 apart, more than 2.0 %; 0 paid but not in HR, 1 in HR but not paid, 0 retro lines to leavers, 1 off-cycle runs
		2024-02: 2 people in HR, 3 paid: 1 apart, more than 2.0 %; 1 paid but not in HR, 0 in HR but not paid, 0 retro lines to leavers, 0 off-cycle runs
	`)
	// p1: 4000 + 3194.8333 + 3415.1667 = 10610 over 35·31/7 + 35·29/7 + 155 = 455 hours.
	// p2: January alone, 500 ÷ 100; the months without a rate or pay are left out.
	// p3: 2050 ÷ 155. x9 has no hours that anybody knows.
	want(t, w, "select person_id, year, cost_amount, paid_hours, loaded_rate_amount from core.fct_loaded_rates order by all", `
		* 2024 13160 710 18.5352
		p1 2024 10610 455 23.3187
		p2 2024 500 100 5
		p3 2024 2050 155 13.2258
	`)
	want(t, w, checkSQL(t, "exchange_rates_known"), "payroll_line: 1 amounts in USD have no rate into EUR, from 2024-02-29 to 2024-02-29: load fx_rate for these days")
}
