package warehouse

import (
	"testing"
)

// The rules find a person by number, then e-mail, then account; never by a name, never by
// what two people had, and never by a number that means somebody else elsewhere.
func TestAccountRules(t *testing.T) {
	w := build(t, `
		person: person_id source
		1001 hris
		1002 hris
		1003 hris
		17   hris
		person_xref: system legal_entity value person_id valid_from source
		email * Ann@Firm.example 1001 2020-01-01 hris
		email * bob@firm.example 1002 2020-01-01 hris
		email * shared@firm.example 1001 2020-01-01 hris
		email * shared@firm.example 1002 2021-01-01 hris2
		account * cleo 1003 2020-01-01 hris
		employee_number * 0042 1003 2020-01-01 hris

		account: system account_id employee_number email account_name source
		lms a1 1001 nobody@firm.example - lms
		lms a2 - BOB@firm.example - lms
		lms a3 - - CLEO lms
		lms a4 1002 ann@firm.example - lms
		lms a5 - shared@firm.example - lms
		lms a6 42 - - lms
		lms a7 - bob@other.example - lms
		lms a8 - - - lms
		lms 17 - who@firm.example - lms

		course: course_id name source
		k K lms
		enrolment: enrolment_id person_id course_id assigned_date source
		e1 a1 k 2024-01-01 lms
		e2 a2 k 2024-01-01 lms
		e3 a3 k 2024-01-01 lms
		e4 a4 k 2024-01-01 lms
		e5 a5 k 2024-01-01 lms
		e6 a6 k 2024-01-01 lms
		e7 a7 k 2024-01-01 lms
		e8 a8 k 2024-01-01 lms
		e9 17 k 2024-01-01 lms
		x1 mailto:ann@firm.example k 2024-01-01 lrs
		x2 mbox_sha1sum:5d3e1fdbc5de3c1cf7e3b7e3dd9b1bbb0f3f5d2c k 2024-01-01 lrs
		x3 https://lms.example|cleo k 2024-01-01 lrs
	`)
	want(t, w, "select source, value, person_id, match_basis from core.fct_learner_ids order by all", `
		lms 17 - none
		lms a1 1001 employee number
		lms a2 1002 e-mail
		lms a3 1003 account
		lms a4 1002 employee number
		lms a5 - none
		lms a6 - none
		lms a7 - none
		lms a8 - none
		lrs https://lms.example|cleo 1003 account
		lrs mailto:ann@firm.example 1001 e-mail
		lrs mbox_sha1sum:5d3e1fdbc5de3c1cf7e3b7e3dd9b1bbb0f3f5d2c - none
	`)
	want(t, w, "select value, nearly from core.fct_ids where person_id is null and source = 'lms' order by all", `
		17 no rule comes near: nobody has this number, e-mail or account
		a5 e-mail: it has belonged to several people
		a6 employee number: one is the same but for leading zeros, blanks or letter case
		a7 e-mail: one has the same name at another domain
		a8 the account has neither employee number nor e-mail nor name
	`)

	// A hire who comes late, and a match by hand, take their old rows with them.
	exec(t, w, statements(t, `
		person_xref: system legal_entity value person_id rule valid_from source
		lms * a5 1002 manual 2020-01-01 dials
		email * who@firm.example 1004 - 2024-06-01 hris
		person: person_id source
		1004 hris
	`)...)
	exec(t, w, "insert into meta.raw_version select 'raw.person_xref', 99 union select 'raw.person', 99")
	rebuild(t, w)
	want(t, w, "select value, person_id, match_basis from core.fct_learner_ids where value in ('a5', '17') order by all", `
		17 1004 e-mail
		a5 1002 xref
	`)
	want(t, w, "select enrolment_id, person_id from core.fct_enrolments where enrolment_id in ('e5', 'e9') order by all", `
		e5 1002
		e9 1004
	`)
}

// Only sources that create people do, where any says so.
func TestCreatesPeople(t *testing.T) {
	w := build(t, `
		person: person_id source
		p1 hris
		p2 lms
	`)
	want(t, w, "select person_id from core.dim_people order by 1", `
		p1
		p2
	`)
	exec(t, w, "update meta.source set creates_people = true where source = 'hris'")
	rebuild(t, w)
	want(t, w, "select person_id from core.dim_people order by 1", "p1")
}

// Of one completion that two systems tell of, that of the first one counts.
func TestOneCompletion(t *testing.T) {
	w := build(t, `
		person: person_id source
		p1 hris
		course: course_id name source
		k K lms
		enrolment: enrolment_id person_id course_id completed_at source
		a p1 k 2024-01-05T10:00:00 register
		b p1 k 2024-01-05T22:00:00 lms
		c p1 k 2024-01-06T10:00:00 register
		d p1 k - register
		e u9 k 2024-01-05T10:00:00 register
		f u9 k 2024-01-05T10:00:00 lms
	`)
	want(t, w, "select enrolment_id from core.fct_enrolments order by 1", `
		b
		c
		d
		e
		f
	`)
}
