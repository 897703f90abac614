package moodle_test

import (
	"os"
	"path/filepath"
	"testing"

	"dials/ingest/connectors/file"
)

// Whoever has an employee number or an address that the HR system knows is found, on
// every build anew; the others still are somebody.
func TestPeople(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	s.Kinds["file"] = file.New
	for name, text := range map[string]string{
		"person.csv":      "person_id\nP11\nP12\nP15\n",
		"person_xref.csv": "system,value,person_id\nemployee_number,E011,P11\nemployee_number,E012,P12\nemail,learner15@example.com,P15\n",
	} {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hr := "[[source]]\nname = \"hris\"\nkind = \"file\"\n"
	for _, target := range []string{"person", "person_xref"} {
		hr += "[[source.stream]]\nname = \"" + target + "\"\ntarget = \"" + target + "\"\ndelivery = \"snapshot\"\n[source.stream.options]\npath = \"" + target + ".csv\"\n"
	}
	hr += "[source.stream.map]\nlegal_entity = { value = \"*\" }\n"
	s.Sync(hr)
	s.Sync(config(f.URL, "", "account", "course", "enrolment"))
	build := func() {
		t.Helper()
		if _, err := s.W.Build(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	build()
	const who = "select distinct learner_id, person_id from core.fct_enrolments order by all"
	s.Same("found", []string{"P11|P11", "P12|P12", "P15|P15", "lms:13|-", "lms:14|-"}, who)
	f.change(func() { f.users[11].deleted = true })
	s.Sync(config(f.URL, "", "account", "course", "enrolment"))
	build()
	s.Same("after the account was deleted", []string{"P11|P11", "P12|P12", "P15|P15", "lms:13|-", "lms:14|-"}, who)
	s.Same("completions", []string{"P11|2|2026-03-01", "P11|3|2026-03-01", "P15|3|2026-03-01"},
		"select person_id, course_id, completed_at::date from core.fct_enrolments where completed_at is not null order by all")
}
