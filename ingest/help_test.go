package ingest_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"dials/ingest"
	"dials/ingest/connectors"
	"dials/warehouse"
)

// site is a folder with files, a warehouse and a clock, as one test needs them.
type site struct {
	t   testing.TB
	dir string
	w   *warehouse.Warehouse
	now time.Time
}

func newSite(t testing.TB) *site {
	t.Helper()
	s := &site{t: t, dir: t.TempDir(), now: time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)}
	s.open("")
	return s
}

// open opens the warehouse at path, in memory if that is empty.
func (s *site) open(path string) {
	s.t.Helper()
	w, err := warehouse.Open(s.t.Context(), warehouse.Options{Path: path, Threads: 1, AllowedDirectories: []string{s.dir}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.w = w
	s.t.Cleanup(func() { _ = w.Close() })
}

// write writes a file of the site, as of a month before now.
func (s *site) write(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.touch(name, s.now.Add(-time.Hour))
}

func (s *site) touch(name string, at time.Time) {
	s.t.Helper()
	if err := os.Chtimes(filepath.Join(s.dir, name), at, at); err != nil {
		s.t.Fatal(err)
	}
}

// source opens the source that a config describes.
func (s *site) source(config string) (*ingest.Source, error) {
	return openSource(s.dir, config, func() time.Time { return s.now })
}

func openSource(dir, config string, clock func() time.Time) (*ingest.Source, error) {
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.Decode(config, &file)
	if err != nil {
		return nil, err
	}
	src := file.Source[0]
	err = src.Open(md.PrimitiveDecode, ingest.Env{Dir: dir, Settle: -1, Clock: clock}, connectors.All())
	if err == nil && len(md.Undecoded()) > 0 {
		err = fmt.Errorf("unknown keys %v", md.Undecoded())
	}
	return src, err
}

// sync runs a source a day after the last time.
func (s *site) sync(config string) ingest.StreamReport { return s.run(config, false) }

func (s *site) run(config string, full bool) ingest.StreamReport {
	s.t.Helper()
	src, err := s.source(config)
	if err != nil {
		s.t.Fatal(err)
	}
	s.now = s.now.Add(24 * time.Hour)
	reports, _ := ingest.Run(s.t.Context(), s.w, src, ingest.RunOptions{Full: full, Clock: func() time.Time { return s.now }})
	if len(reports) != 1 {
		s.t.Fatalf("%d reports", len(reports))
	}
	return reports[0]
}

// mustSync runs a source that has nothing wrong with it.
func (s *site) mustSync(config string) ingest.StreamReport {
	s.t.Helper()
	r := s.sync(config)
	if r.Err != nil {
		s.t.Fatal(r.Err)
	}
	return r
}

// counts writes what a run did.
func counts(r ingest.StreamReport) string {
	return fmt.Sprintf("read %d inserted %d updated %d unchanged %d rejected %d deleted %d", r.Read, r.Inserted, r.Updated, r.Unchanged, r.Rejected, r.Deleted)
}

// query returns the rows of a query, values parted by bars.
func (s *site) query(q string, args ...any) []string {
	s.t.Helper()
	return query(s.t, s.w.DB(), q, args...)
}

func query(t testing.TB, db *sql.DB, q string, args ...any) []string {
	t.Helper()
	rows, err := db.Query("select columns(*)::varchar from ("+q+")", args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for rows.Next() {
		values := make([]sql.NullString, len(names))
		ptrs := make([]any, len(names))
		for i := range values {
			ptrs[i] = &values[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			t.Fatal(err)
		}
		var parts []string
		for _, v := range values {
			if !v.Valid {
				v.String = "-"
			}
			parts = append(parts, v.String)
		}
		out = append(out, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// stream is the config of one file stream. extra are keys of the stream, then of its
// options, then of its map.
func stream(target, delivery, path string, extra ...string) string {
	part := func(i int) string {
		if i < len(extra) {
			return extra[i]
		}
		return ""
	}
	return fmt.Sprintf(`
[[source]]
name = "src"
kind = "file"
[[source.stream]]
name = "s"
target = %q
delivery = %q
%s
[source.stream.options]
path = %q
%s
[source.stream.map]
%s
`, target, delivery, part(0), path, part(1), part(2))
}
