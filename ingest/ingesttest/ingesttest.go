// Package ingesttest loads sources into a warehouse of their own, for the tests of
// connectors.
package ingesttest

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"dials/ingest"
	"dials/warehouse"
)

// A Site is a folder, a warehouse in memory and a clock, as one test needs them.
type Site struct {
	T     testing.TB
	Dir   string
	W     *warehouse.Warehouse
	Now   time.Time
	Kinds map[string]ingest.New
}

// New returns a site at 08:00 UTC on 2 March 2026.
func New(t testing.TB, kinds map[string]ingest.New) *Site {
	t.Helper()
	s := &Site{T: t, Dir: t.TempDir(), Now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), Kinds: kinds}
	w, err := warehouse.Open(t.Context(), warehouse.Options{Threads: 1, AllowedDirectories: []string{s.Dir}})
	if err != nil {
		t.Fatal(err)
	}
	s.W = w
	t.Cleanup(func() { _ = w.Close() })
	return s
}

// Clock is the site's time.
func (s *Site) Clock() time.Time { return s.Now }

// Open opens the first source of a configuration. Unknown keys are an error.
func (s *Site) Open(config string) (*ingest.Source, error) {
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.Decode(config, &file)
	if err != nil {
		return nil, err
	}
	src := file.Source[0]
	err = src.Open(md.PrimitiveDecode, ingest.Env{Dir: s.Dir, State: s.Dir, Settle: -1, Clock: s.Clock}, s.Kinds)
	if err == nil && len(md.Undecoded()) > 0 {
		err = fmt.Errorf("unknown keys %v", md.Undecoded())
	}
	return src, err
}

// Run runs a source, in full or not, and returns the reports by stream.
func (s *Site) Run(config string, full bool) (map[string]ingest.StreamReport, error) {
	s.T.Helper()
	src, err := s.Open(config)
	if err != nil {
		s.T.Fatal(err)
	}
	reports, err := ingest.Run(s.T.Context(), s.W, src, ingest.RunOptions{Full: full, Clock: s.Clock})
	out := map[string]ingest.StreamReport{}
	for _, r := range reports {
		out[r.Stream] = r
	}
	return out, err
}

// Sync runs a source that has nothing wrong with it, a day after the last time.
func (s *Site) Sync(config string) map[string]ingest.StreamReport {
	s.T.Helper()
	s.Now = s.Now.Add(24 * time.Hour)
	reports, err := s.Run(config, false)
	if err != nil {
		s.T.Fatal(err)
	}
	return reports
}

// Unchanged runs a source again, and again in full, and expects that nothing changes.
func (s *Site) Unchanged(config string) {
	s.T.Helper()
	for _, full := range []bool{false, true} {
		reports, err := s.Run(config, full)
		if err != nil {
			s.T.Fatal(err)
		}
		for name, r := range reports {
			if r.Inserted+r.Updated+r.Deleted+r.Rejected > 0 {
				s.T.Errorf("again, full %v: %s: %s", full, name, Counts(r))
			}
		}
	}
}

// Counts writes what a run did.
func Counts(r ingest.StreamReport) string {
	return fmt.Sprintf("read %d inserted %d updated %d unchanged %d rejected %d deleted %d", r.Read, r.Inserted, r.Updated, r.Unchanged, r.Rejected, r.Deleted)
}

// Same compares the rows of a query with those wanted: values parted by bars, - where
// there is none.
func (s *Site) Same(what string, want []string, query string, args ...any) {
	s.T.Helper()
	if diff := cmp.Diff(want, s.Query(query, args...)); diff != "" {
		s.T.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// Query returns the rows of a query, values parted by bars.
func (s *Site) Query(query string, args ...any) []string {
	s.T.Helper()
	rows, err := s.W.DB().QueryContext(s.T.Context(), "select columns(*)::varchar from ("+query+")", args...)
	if err != nil {
		s.T.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		s.T.Fatal(err)
	}
	out := []string{}
	for rows.Next() {
		values, ptrs := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range values {
			ptrs[i] = &values[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			s.T.Fatal(err)
		}
		parts := make([]string, len(values))
		for i, v := range values {
			parts[i] = "-"
			if v.Valid {
				parts[i] = v.String
			}
		}
		out = append(out, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		s.T.Fatal(err)
	}
	return out
}

// Warned expects one of the warnings to hold a text.
func Warned(t testing.TB, r ingest.StreamReport, text string) {
	t.Helper()
	if !slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, text) }) {
		t.Errorf("no warning with %q in %q", text, r.Warnings)
	}
}

// Failed expects an error that holds every text.
func Failed(t testing.TB, err error, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("the error does not hold %q: %v", text, err)
		}
	}
}
