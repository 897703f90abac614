package sql_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
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

// worked is the CPU time that this process and its ended children have taken, in seconds.
func worked(who int) float64 {
	var r syscall.Rusage
	_ = syscall.Getrusage(who, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano()).Seconds()
}

// Two million rows from PostgreSQL into an empty warehouse, against psql's \copy of the
// same query into a file: the ratio of the speeds, and the most memory over that at rest.
func BenchmarkPostgres(b *testing.B) {
	const rows = 2_000_000
	s := newSite(b, "postgres")
	psql := binary("psql", "/usr/lib/postgresql/*/bin")
	run(b, s.db, "create table o as select i as id, 'u' || i % 1000 as unit, date '2020-01-01' + (i / 1000)::int as day, (i % 100000)::numeric / 100 as value, "+
		"timestamptz '2024-01-01' + i * interval '1 second' as at from generate_series(1, "+strconv.Itoa(rows)+") i", "vacuum analyze o")
	const query = "select id, unit, day, value, at from o"
	var bare, read, whole, readCPU, cpu, most float64
	for b.Loop() {
		begin := time.Now()
		out, err := exec.CommandContext(b.Context(), psql, "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "postgres", "-c",
			fmt.Sprintf("\\copy (%s) to '%s'", query, filepath.Join(b.TempDir(), "o.txt")), s.name).CombinedOutput()
		if err != nil {
			b.Fatalf("psql: %v: %s", err, out)
		}
		bare += time.Since(begin).Seconds()
		w, err := warehouse.Open(b.Context(), warehouse.Options{Path: filepath.Join(b.TempDir(), "w.duckdb"), Threads: 2, MemoryLimit: benchMemory})
		if err != nil {
			b.Fatal(err)
		}
		s.w = w
		src, err := s.source("", stream("o", "metric_observation", "snapshot", query,
			"[source.stream.map]\nmetric_id = { value = \"m\" }\nunit_id = \"unit\"\nperiod_start_date = \"day\"\nvalue = \"value\"\nsource_id = \"id\"\nrecorded_at = \"at\""))
		if err != nil {
			b.Fatal(err)
		}
		debug.FreeOSMemory()
		idle := resident(b)
		begin, before := time.Now(), worked(syscall.RUSAGE_SELF)
		reports, err := ingest.Run(b.Context(), w, src, ingest.RunOptions{Progress: func(p ingest.Progress) {
			most = max(most, resident(b)-idle)
			if p.State == "merging" {
				read += time.Since(begin).Seconds()
				readCPU += worked(syscall.RUSAGE_SELF) - before
			}
		}})
		if err != nil || reports[0].Inserted != rows {
			b.Fatal(err, counts(reports[0]))
		}
		whole += time.Since(begin).Seconds()
		cpu += worked(syscall.RUSAGE_SELF) - before
		most = max(most, resident(b)-idle)
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	n := float64(b.N)
	b.ReportMetric(bare/whole, "of-psql-copy")
	b.ReportMetric(bare/read, "read-of-psql-copy")
	b.ReportMetric(bare/n, "psql-s")
	b.ReportMetric(readCPU/n, "read-cpu-s")
	b.ReportMetric(cpu/n, "cpu-s")
	b.ReportMetric(n*rows/whole/1e6, "Mrows/s")
	b.ReportMetric(most, "MiB-over-idle")
}

const benchMemory = "170MB" // of which DuckDB takes half as much again
