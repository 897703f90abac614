package bamboohr_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"dials/ingest"
	"dials/ingest/connectors/bamboohr"
	"dials/warehouse"
)

// site is a warehouse that one source is read into.
type site struct {
	t   testing.TB
	w   *warehouse.Warehouse
	dir string
	now time.Time
	src map[string]*ingest.Source
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC), src: map[string]*ingest.Source{}}
	var err error
	s.w, err = warehouse.Open(t.Context(), warehouse.Options{Path: filepath.Join(s.dir, "d.duckdb"), Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.w.Close() })
	t.Setenv("BAMBOOHR_KEY", "key-123")
	return s
}

// open opens the source that a config describes.
func (s *site) open(config string) (*ingest.Source, error) {
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.Decode(config, &file)
	if err != nil {
		return nil, err
	}
	src := file.Source[0]
	env := ingest.Env{Dir: s.dir, State: s.dir, Settle: -1, Clock: func() time.Time { return s.now }}
	err = src.Open(md.PrimitiveDecode, env, map[string]ingest.New{"bamboohr": bamboohr.New})
	if err == nil && len(md.Undecoded()) > 0 {
		err = fmt.Errorf("unknown keys %v", md.Undecoded())
	}
	return src, err
}

// run runs a source a day after the last time and reports its streams.
func (s *site) run(config string, full bool) []ingest.StreamReport {
	s.t.Helper()
	s.now = s.now.Add(24 * time.Hour)
	src, ok := s.src[config]
	if !ok {
		var err error
		if src, err = s.open(config); err != nil {
			s.t.Fatal(err)
		}
		s.src[config] = src
	}
	reports, err := ingest.Run(s.t.Context(), s.w, src, ingest.RunOptions{Full: full, Clock: func() time.Time { return s.now }})
	if len(reports) == 0 {
		s.t.Fatal(err)
	}
	return reports
}

// check runs a source and compares what it did, stream by stream.
func (s *site) check(config string, full bool, want ...string) []ingest.StreamReport {
	s.t.Helper()
	reports := s.run(config, full)
	for i, r := range reports {
		if r.Err != nil {
			s.t.Fatal(r.Err)
		}
		if got := counts(r); got != want[i] {
			s.t.Errorf("%s: %s\n     want %s\n     warnings %q", r.Stream, got, want[i], r.Warnings)
		}
	}
	return reports
}

// fails runs a source whose first stream must fail with words.
func (s *site) fails(config, words string) {
	s.t.Helper()
	r := s.run(config, false)[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), words) || strings.Contains(r.Err.Error(), "key-123") {
		s.t.Errorf("error %v\n    want %q", r.Err, words)
	}
}

func counts(r ingest.StreamReport) string {
	return fmt.Sprintf("read %d inserted %d updated %d unchanged %d rejected %d deleted %d", r.Read, r.Inserted, r.Updated, r.Unchanged, r.Rejected, r.Deleted)
}

// same compares the rows of a query, each with | between its columns.
func (s *site) same(what string, want []string, query string) {
	s.t.Helper()
	rows, err := s.w.DB().QueryContext(s.t.Context(), query)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		s.t.Fatal(err)
	}
	got := []string{}
	values, ptrs := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		ptrs[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			s.t.Fatal(err)
		}
		var text []string
		for _, v := range values {
			switch v := v.(type) {
			case nil:
				text = append(text, "-")
			case time.Time:
				text = append(text, strings.TrimSuffix(v.Format(time.DateTime), " 00:00:00"))
			default:
				text = append(text, fmt.Sprint(v))
			}
		}
		got = append(got, strings.Join(text, "|"))
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
