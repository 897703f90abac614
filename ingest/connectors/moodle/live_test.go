package moodle_test

import (
	"os"
	"testing"
	"time"

	"dials/ingest"
	"dials/ingest/connectors/moodle"
	"dials/ingest/ingesttest"
)

// A live site fills the streams, and a second run changes nothing.
// DIALS_TEST_MOODLE_URL and DIALS_TEST_MOODLE_TOKEN name it.
func TestLive(t *testing.T) {
	base := os.Getenv("DIALS_TEST_MOODLE_URL")
	if base == "" || os.Getenv("DIALS_TEST_MOODLE_TOKEN") == "" {
		t.Skip("skipped: DIALS_TEST_MOODLE_URL and DIALS_TEST_MOODLE_TOKEN name no live Moodle")
	}
	t.Setenv("MOODLE_TOKEN", os.Getenv("DIALS_TEST_MOODLE_TOKEN"))
	s := ingesttest.New(t, map[string]ingest.New{"moodle": moodle.New})
	s.Now = time.Now().UTC()
	for _, target := range allTargets() {
		c := config(base, "allow_http = true", target)
		reports, err := s.Run(c, false)
		if err != nil {
			t.Errorf("%v", err) // the others may still work
			continue
		}
		t.Logf("%s: %s %q", target, ingesttest.Counts(reports[target]), reports[target].Warnings)
		s.Unchanged(c)
	}
	for _, row := range s.Query("select course_id, count(*), count(completed_at), count(score), count(withdrawn_date) from raw.enrolment where superseded_at is null group by 1 order by 1") {
		t.Logf("course|enrolments|completed|scored|withdrawn: %s", row)
	}
}
