package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"
)

// BenchmarkFirstPage is what a newcomer waits for after the build: demo, sync,
// first page.
func BenchmarkFirstPage(b *testing.B) {
	bin := buildDials(b)
	for range b.N {
		config := filepath.Join(b.TempDir(), "demo", "config.toml")
		begin := time.Now()
		mustRun(b, bin, "demo", filepath.Dir(config))
		mustRun(b, bin, "sync", "--config", config)
		address := startServer(b, bin, config)
		fetch(b, address+"/", "")
		row(b, "demo of 2,500 people, sync and first page", time.Since(begin), time.Minute)
	}
}

// BenchmarkLargeCompany measures page 1 and the models at 100,000 employees over
// 60 months.
func BenchmarkLargeCompany(b *testing.B) {
	bin := buildDials(b)
	for range b.N {
		config := filepath.Join(b.TempDir(), "demo", "config.toml")
		mustRun(b, bin, "demo", filepath.Dir(config), "--employees", "100000", "--months", "60")
		printed := mustRun(b, bin, "sync", "--config", config)
		models := regexp.MustCompile(`models rebuilt: \d+ in ([\d.]+) s`).FindStringSubmatch(printed)
		if models == nil {
			b.Fatalf("sync printed no time of the models:\n%s", printed)
		}
		seconds, err := strconv.ParseFloat(models[1], 64)
		if err != nil {
			b.Fatal(err)
		}
		row(b, "all models of 100,000 people × 60 months", time.Duration(seconds*float64(time.Second)), time.Minute)

		address := startServer(b, bin, config)
		fetch(b, address+"/", "") // opens the file
		var cold, kept []time.Duration
		for _, url := range coldPages(address) {
			_, took := fetch(b, url, "")
			cold = append(cold, took)
			tag, _ := fetch(b, url, "")
			_, took = fetch(b, url, tag)
			kept = append(kept, took)
		}
		row(b, "page 1, nothing cached, p95", p95(cold), 150*time.Millisecond)
		row(b, "page 1, revalidated by ETag, p95", p95(kept), 10*time.Millisecond)
	}
}

// coldPages are addresses of page 1 no two of which share a result.
func coldPages(address string) []string {
	var urls []string
	for day := 1; day <= 40; day++ {
		asOf := time.Date(2026, 10, 31, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -day)
		urls = append(urls, address+"/strategic-results?as_of="+asOf.Format(time.DateOnly))
	}
	return urls
}

// fetch reads a page, or revalidates it by its tag, and returns its tag and the
// time it took.
func fetch(b *testing.B, url, tag string) (string, time.Duration) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	want := http.StatusOK
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
		want = http.StatusNotModified
	}
	begin := time.Now()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		b.Fatal(err)
	}
	took := time.Since(begin)
	if resp.StatusCode != want {
		b.Fatalf("GET %s: %s, want %d", url, resp.Status, want)
	}
	return resp.Header.Get("ETag"), took
}

// p95 returns the smallest value that 95 per cent do not exceed.
func p95(values []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)*95+99)/100-1]
}

// row prints one row of README's table.
func row(b *testing.B, what string, took, target time.Duration) {
	b.Helper()
	fmt.Printf("| %s | %v | ≤ %v |\n", what, took.Round(100*time.Microsecond), target)
	b.ReportMetric(took.Seconds(), "s")
}
