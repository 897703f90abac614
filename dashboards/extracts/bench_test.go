package extracts

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"dials/warehouse"
)

// benchRows is the size that the README reports.
const benchRows = 5_000_000

// BenchmarkParquet is the first download of a long extract, beside a bare COPY of
// the same columns; bigger is better.
func BenchmarkParquet(b *testing.B) {
	s := newSiteWith(b, warehouse.Batches, 0, manyCells(benchRows))
	for i := range b.N {
		bare := timed(b, func() {
			if _, err := s.w.DB().ExecContext(b.Context(), copied(s, fmt.Sprintf("bare%d.parquet", i))); err != nil {
				b.Fatal(err)
			}
		})
		s.change(b) // another data version: nothing is in the cache
		got := timed(b, func() { s.drain(b, "/extracts/dial_monthly.parquet") })
		b.ReportMetric(bare.Seconds()/got.Seconds(), "×bareCOPY")
		first := s.firstByte(b, "/extracts/dial_monthly.parquet")
		b.ReportMetric(float64(first.Microseconds())/1000, "ms-first-byte-kept")
	}
}

func copied(s *site, name string) string {
	scratch, err := s.w.Scratch()
	if err != nil {
		panic(err)
	}
	return "copy (select metric_id, unit_id, month, value, numerator, numerator_low, numerator_high, denominator, n, people_n, is_complete, plan from marts.dial_monthly) to '" +
		filepath.Join(scratch, name) + "' (format parquet, compression zstd)"
}

// BenchmarkArrow is the first download of a long Arrow stream, beside a bare loop
// over DuckDB's Arrow reader; bigger is better.
func BenchmarkArrow(b *testing.B) {
	s := newSiteWith(b, warehouse.Batches, 0, manyCells(benchRows))
	for range b.N {
		var bytes int64
		bare := timed(b, func() {
			for from := 0; from < benchRows; from += 491_520 {
				bytes += bareWindow(b, s.w, from)
			}
		})
		s.change(b)
		first := s.firstByte(b, "/extracts/dial_monthly.arrows")
		s.change(b)
		var size int64
		got := timed(b, func() { size = s.drain(b, "/extracts/dial_monthly.arrows") })
		b.ReportMetric(bare.Seconds()/got.Seconds(), "×bareloop")
		b.ReportMetric(float64(size)/1e6/got.Seconds(), "MB/s")
		b.ReportMetric(float64(first.Microseconds())/1000, "ms-first-byte")
	}
}

func bareWindow(b *testing.B, w *warehouse.Warehouse, from int) (bytes int64) {
	conn, err := w.DB().Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	query := fmt.Sprintf("select * from marts.dial_monthly where rowid >= %d and rowid < %d", from, from+491_520)
	err = warehouse.Batches(b.Context(), conn, query, nil, func(_ *arrow.Schema, batch arrow.RecordBatch) error {
		if batch != nil {
			bytes += batch.NumRows()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return bytes
}

// BenchmarkCSV is the first download of a long CSV file.
func BenchmarkCSV(b *testing.B) {
	s := newSiteWith(b, warehouse.Batches, 0, manyCells(benchRows))
	for range b.N {
		first := s.firstByte(b, "/extracts/dial_monthly.csv")
		s.change(b)
		var size int64
		got := timed(b, func() { size = s.drain(b, "/extracts/dial_monthly.csv") })
		b.ReportMetric(float64(size)/1e6/got.Seconds(), "MB/s")
		b.ReportMetric(float64(first.Microseconds())/1000, "ms-first-byte")
	}
}

// BenchmarkMemory is how much resident memory grows while a long stream is read by
// a slow client; less is better.
func BenchmarkMemory(b *testing.B) {
	s := newSiteWith(b, warehouse.Batches, 0, manyCells(benchRows))
	s.drain(b, "/extracts/dial_monthly.parquet") // DuckDB keeps the table's pages from here on
	for range b.N {
		s.change(b)
		idle := resident(b)
		most := idle
		ctx, stop := context.WithCancel(b.Context())
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for ctx.Err() == nil {
				most = max(most, resident(b))
				time.Sleep(5 * time.Millisecond)
			}
		}()
		resp, err := http.Get(s.url + "/extracts/dial_monthly.arrows")
		if err != nil {
			b.Fatal(err)
		}
		slow := bufio.NewReaderSize(resp.Body, 1<<20)
		for range 50 {
			if _, err := io.CopyN(io.Discard, slow, 1<<20); err != nil {
				b.Fatal(err)
			}
			time.Sleep(20 * time.Millisecond)
		}
		_, err = io.Copy(io.Discard, slow)
		resp.Body.Close()
		stop()
		<-watched
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(most-idle)/(1<<20), "MiB-over-idle")
	}
}

// resident is this process' resident memory in bytes.
func resident(b *testing.B) int64 {
	status, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Skip("resident memory is read from /proc")
	}
	pages, err := strconv.ParseInt(strings.Fields(string(status))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}

func timed(b *testing.B, do func()) time.Duration {
	b.Helper()
	start := time.Now()
	do()
	return time.Since(start)
}

// drain reads a path to its end.
func (s *site) drain(b *testing.B, path string) int64 {
	b.Helper()
	resp, err := http.Get(s.url + path)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		b.Fatal(resp.StatusCode, err)
	}
	return n
}

// firstByte is how long the first byte of the body takes.
func (s *site) firstByte(b *testing.B, path string) time.Duration {
	b.Helper()
	start := time.Now()
	resp, err := http.Get(s.url + path)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, 1)); err != nil {
		b.Fatal(err)
	}
	took := time.Since(start)
	_, _ = io.Copy(io.Discard, resp.Body)
	return took
}
