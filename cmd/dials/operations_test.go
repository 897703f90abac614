package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"dials/dashboards"
	"dials/queries"
)

// A server that has built nothing is alive and not ready; its metrics name routes,
// queries and sources.
func TestOperations(t *testing.T) {
	l := newLocal(t)
	l.metrics.registry.MustRegister(newGauges(l, slog.New(slog.DiscardHandler)))
	server := httptest.NewServer(l.operations(t.Context(), l.metrics))
	defer server.Close()
	asks := func(path string) (int, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(body)
	}
	if status, _ := asks("/livez"); status != http.StatusOK {
		t.Errorf("livez: %d", status)
	}
	if status, body := asks("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "no models are built yet") {
		t.Errorf("readyz before a build: %d %s", status, body)
	}
	built, err := l.w.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.metrics.built(built)
	l.metrics.synced(streamResult{Source: "hris", Stream: "people", Inserted: 3})
	if status, body := asks("/readyz"); status != http.StatusOK {
		t.Errorf("readyz: %d %s", status, body)
	}
	l.metrics.observe(dashboards.Observed{
		Route: "/strategic-results", Status: 200, Total: time.Second,
		Steps: []queries.Step{{Query: "dials", Run: time.Millisecond}, {Query: "units", Kept: true}},
	})
	_, body := asks("/metrics")
	for _, want := range []string{
		`dials_requests_total{route="/strategic-results",status="200"} 1`,
		`dials_request_seconds_count{route="/strategic-results"} 1`,
		`dials_query_seconds_count{query="dials"} 1`,
		`dials_query_cache_total{result="hit"} 1`,
		`dials_model_seconds{model="marts.dials"}`,
		`dials_sync_rows_total{became="inserted",source="hris",stream="people"} 3`,
		`dials_worker_restarts_total 0`,
		`dials_data_version 1`,
		`dials_duckdb_memory_bytes`,
		`process_resident_memory_bytes`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
}

// What is slow is in the log with its parts and its slow queries, and nothing of who asked.
func TestSlowRequests(t *testing.T) {
	var log bytes.Buffer
	o := Operations{LogFormat: "json", LogLevel: "info", Slow: "100ms"}
	observe := o.observer(newMetrics(), o.logger(&log))
	observe(dashboards.Observed{ID: "fast", Route: "/", Total: 99 * time.Millisecond})
	observe(dashboards.Observed{
		ID: "slow", Method: "GET", Route: "/workforce", Status: 200, Total: time.Second,
		Steps: []queries.Step{{Query: "runs", Run: time.Millisecond}, {Query: "headcount", Wait: 100 * time.Millisecond, Run: 600 * time.Millisecond}},
	})
	var lines []map[string]any
	for line := range bytes.Lines(log.Bytes()) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, "time")
		lines = append(lines, fields)
	}
	if len(lines) != 2 || lines[0]["request"] != "slow" || lines[1]["query"] != "headcount" {
		t.Fatalf("%v", lines)
	}
	for part, want := range map[string]time.Duration{"wait": 100 * time.Millisecond, "query": 601 * time.Millisecond, "render": 299 * time.Millisecond} {
		if got, err := time.ParseDuration(fmt.Sprint(lines[0][part])); err != nil || got != want {
			t.Errorf("%s: %v, want %v", part, lines[0][part], want)
		}
	}
}
