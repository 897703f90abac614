package sql_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dials/ingest"
	"dials/warehouse"
)

// resident is the memory that this process has now, in MiB.
func resident(b *testing.B) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("resident memory is read from /proc")
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// Two million rows from PostgreSQL into raw, against psql's \copy of the same query
// into a file: the ratio of the speeds, and the most memory over that at rest.
func BenchmarkPostgres(b *testing.B) {
	const rows = 2_000_000
	s := newSite(b, "postgres")
	psql := binary("psql", "/usr/lib/postgresql/*/bin")
	run(b, s.db, "create table o as select i as id, 'u' || i % 1000 as unit, date '2020-01-01' + (i / 1000)::int as day, (i % 100000)::numeric / 100 as value, "+
		"timestamptz '2024-01-01' + i * interval '1 second' as at from generate_series(1, "+strconv.Itoa(rows)+") i", "vacuum analyze o")
	const query = "select id, unit, day, value, at from o"
	path := filepath.Join(b.TempDir(), "w.duckdb")
	w, err := warehouse.Open(b.Context(), warehouse.Options{Path: path, Threads: 2, MemoryLimit: "160MB"})
	if err != nil {
		b.Fatal(err)
	}
	defer w.Close()
	s.w = w
	for b.Loop() {
		begin := time.Now()
		out, err := exec.CommandContext(b.Context(), psql, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "postgres", "-c",
			fmt.Sprintf("\\copy (%s) to '%s'", query, filepath.Join(b.TempDir(), "o.txt")), s.name).CombinedOutput()
		if err != nil {
			b.Fatalf("psql: %v: %s", err, out)
		}
		bare := time.Since(begin)
		idle, most := resident(b), 0.0
		src, err := s.source("", stream("o", "metric_observation", "snapshot", query,
			"[source.stream.map]\nmetric_id = { value = \"m\" }\nunit_id = \"unit\"\nperiod_start_date = \"day\"\nvalue = \"value\"\nsource_id = \"id\"\nrecorded_at = \"at\""))
		if err != nil {
			b.Fatal(err)
		}
		begin = time.Now()
		reports, err := ingest.Run(b.Context(), w, src, ingest.RunOptions{Progress: func(p ingest.Progress) {
			most = max(most, resident(b))
			if p.State == "merging" {
				b.ReportMetric(bare.Seconds()/time.Since(begin).Seconds(), "read-of-psql-copy")
			}
		}})
		if err != nil || reports[0].Read != rows {
			b.Fatal(err, counts(reports[0]))
		}
		took := time.Since(begin)
		most = max(most, resident(b))
		b.ReportMetric(bare.Seconds()/took.Seconds(), "of-psql-copy")
		b.ReportMetric(bare.Seconds(), "psql-s")
		b.ReportMetric(rows/took.Seconds()/1e6, "Mrows/s")
		b.ReportMetric(most-idle, "MiB-over-idle")
	}
}
