package moodle_test

import (
	"net/url"
	"testing"

	"dials/ingest/ingesttest"
)

func TestMain(m *testing.M) { ingesttest.Main(m, kinds()) }

// Killed at any request, and run again, a source is where an undisturbed run leaves it:
// dates of completions are asked for only where they are not known, so that what is
// kept of a half run would show.
func TestKilledAtRequests(t *testing.T) {
	t.Setenv("MOODLE_TOKEN", token)
	f := newFake(t)
	k := &ingesttest.Killing{Config: config(f.URL, "", allTargets()...), Version: func(n int) {
		f.change(func() {
			if n == 2 {
				f.courses[2].people[12].complete, f.courses[2].people[12].done[1] = true, monday
				f.courses[3].people[11].done[0] = monday - 10
				delete(f.courses[4].people, 12)
			}
		})
	}}
	f.before = func(string, url.Values) { k.Asked() }
	k.Kills(t)
}
