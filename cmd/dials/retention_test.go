package main

import (
	"log/slog"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"dials/dashboards/audit"
)

// A start says what of the configuration is not as it was, floors of privacy apart,
// and of a source no value.
func TestConfigChanges(t *testing.T) {
	l := newLocal(t)
	edit := func(text string) {
		t.Helper()
		if err := os.WriteFile(l.cfg.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := readConfig(l.cfg.path)
		if err != nil {
			t.Fatal(err)
		}
		if err := auditConfig(l.audit, cfg); err != nil {
			t.Fatal(err)
		}
	}
	source := "[[source]]\nname = \"hr\"\nkind = \"file\"\nschedule = \"%s\"\n[[source.stream]]\nname=\"a\"\ntarget=\"absence\"\ndelivery=\"delta\"\n[source.stream.options]\npath=\"sekret.csv\"\n"
	edit("[warehouse]\nmemory_limit = \"1GB\"\n[privacy]\nmin_people = 7\n" + strings.Replace(source, "%s", "15 2 * * *", 1))
	edit("[warehouse]\nmemory_limit = \"1GB\"\n[privacy]\nmin_people = 7\n" + strings.Replace(source, "%s", "15 3 * * *", 1))
	edit("[warehouse]\nmemory_limit = \"1GB\"\n[privacy]\nmin_people = 7\n" + strings.Replace(source, "%s", "15 3 * * *", 1))
	records, err := l.audit.List(audit.Filter{Limit: 4})
	if err != nil || len(records) != 4 {
		t.Fatal(records, err)
	}
	for i, want := range []map[string]string{
		{"source.hr.schedule": "changed"},
		{"source.hr.name": "new", "source.hr.kind": "new", "source.hr.schedule": "new", "source.hr.stream": "new"},
		{"privacy.min_people": "5 → 7"},
	} {
		if !maps.Equal(records[i].Fields, want) {
			t.Errorf("event %d: %v, want %v", i, records[i].Fields, want)
		}
	}
	if records[2].Kind != audit.Threshold || records[3].What != "config.toml, first start" {
		t.Errorf("%+v", records[2:])
	}
}

// What is too old goes, and what went is on record.
func TestRetain(t *testing.T) {
	l := newLocal(t)
	exec := func(query string) {
		t.Helper()
		if _, err := l.w.DB().ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	exec(`insert into meta.run (run_id, source, stream, target, started_at, status) values (1, 's', 'a', 'absence', '2026-01-01', 'ok')`)
	exec(`insert into meta.rejected_row (run_id, source, stream, reason, payload) values (1, 's', 'a', 'because', '{"a": 1}')`)
	var log strings.Builder
	now := time.Date(2026, 2, 15, 0, 0, 0, 0, time.UTC)
	for range 2 {
		if err := l.retain(t.Context(), slog.New(slog.NewTextHandler(&log, nil)), now); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), `what="rejected payloads" rows=1`); n != 1 {
		t.Errorf("logged %d times: %s", n, log.String())
	}
	records, err := l.audit.List(audit.Filter{Kind: audit.Expire})
	if err != nil || len(records) != 1 || records[0].What != "rejected payloads" || records[0].Fields["rows"] != "1" {
		t.Errorf("%+v, %v", records, err)
	}
}
