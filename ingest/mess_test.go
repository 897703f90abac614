package ingest_test

import (
	"dials/ingest"
	"strings"
	"testing"
)

// A drop folder takes every known format, passes over what programs leave behind, and
// names what it does not know.
func TestDropFolder(t *testing.T) {
	s := newSite(t)
	config := stream("job_title", "delta", "drop/*", "", `if_missing = "skip"`)
	if r := s.mustSync(config); r.Read != 0 || len(r.Warnings) > 0 {
		t.Errorf("an empty folder: %s %v", counts(r), r.Warnings)
	}
	s.write("drop/a.csv", "job_title_id,name\n1,A\n")
	s.write("drop/b.json", `[{"job_title_id": "2", "name": "B"}]`)
	for _, name := range []string{".DS_Store", "Thumbs.db", "a.csv~", "~$a.xlsx", "c.part"} {
		s.write("drop/"+name, "no table")
	}
	if r := s.mustSync(config); r.Inserted != 2 {
		t.Errorf("two formats: %s", counts(r))
	}
	s.write("drop/notes.docx", "no table")
	wantErr(t, s.sync(config), "drop/notes.docx: its name does not end like a known format")
}

func wantErr(t *testing.T, r ingest.StreamReport, part string) {
	t.Helper()
	if r.Err == nil || !strings.Contains(r.Err.Error(), part) {
		t.Errorf("got error %v, want %q", r.Err, part)
	}
}
