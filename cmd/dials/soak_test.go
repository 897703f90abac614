package main

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// A soak is a server under mixed load, as DIALS_SOAK=60m asks for: 50 pages a second,
// a sync of changed data every minute, extracts, refreshes of the evidence, and one
// kill -9.
type soak struct {
	bin, dir, config string
	page, operations string // addresses
	server           *exec.Cmd
	log              *bytes.Buffer

	down  atomic.Bool // killed on purpose, and not yet ready again
	mu    sync.Mutex
	pages []visited
	syncs []time.Duration
	errs  []string
}

// A visited page was asked for at a time and took that long.
type visited struct {
	path string
	at   time.Time
	took time.Duration
}

// TestSoak holds that no request fails but for the kill, that memory, goroutines and
// files stay flat, and that pages stay fast.
func TestSoak(t *testing.T) {
	length, err := time.ParseDuration(os.Getenv("DIALS_SOAK"))
	if err != nil {
		t.Skip("SKIPPED: DIALS_SOAK=60m runs it")
	}
	s := &soak{bin: buildDials(t), dir: filepath.Join(t.TempDir(), "company"), page: freeAddress(t), operations: freeAddress(t)}
	s.config = filepath.Join(s.dir, "config.toml")
	mustRun(t, s.bin, "demo", s.dir)
	mustRun(t, s.bin, "sync", "--config", s.config)
	s.start(t)
	t.Cleanup(func() { s.stop(t) })

	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var parts sync.WaitGroup
	var samples []sample
	parts.Go(func() { s.read(ctx, s.paths(t)) })
	parts.Go(func() { s.change(ctx) })
	parts.Go(func() { s.take(ctx) })
	parts.Go(func() { samples = s.watch(ctx, length/240) })
	parts.Go(func() {
		if waits(ctx, length/2) {
			s.kill(t)
		}
	})
	parts.Wait()
	for _, e := range s.errs {
		t.Error(e)
	}
	s.judge(t, samples)
}

// judge compares the last quarter with the second: the second is before the kill.
func (s *soak) judge(t *testing.T, samples []sample) {
	t.Helper()
	slices.SortFunc(s.pages, func(a, b visited) int { return cmp.Compare(a.took, b.took) })
	at := func(share int) time.Duration { return s.pages[len(s.pages)*share/1000].took }
	t.Logf("%d pages, p50 %v, p95 %v, p99 %v, p99.9 %v, max %v", len(s.pages), at(500), at(950), at(990), at(999), s.pages[len(s.pages)-1].took)
	t.Logf("%d syncs, the longest %v", len(s.syncs), slices.Max(append(s.syncs, 0)))
	if at(990) > 300*time.Millisecond {
		t.Errorf("p99 of pages is %v, want at most 300ms", at(990))
		for _, p := range s.pages[max(0, len(s.pages)*98/100):] {
			t.Logf("%s %s %v", p.at.Format("15:04:05.0"), p.path, p.took)
		}
	}
	quarter := len(samples) / 4
	for i, name := range []string{"process_resident_memory_bytes", "go_goroutines", "process_open_fds"} {
		second, last := mean(samples[quarter:2*quarter], i), mean(samples[3*quarter:], i)
		t.Logf("%s: second quarter %.0f, last quarter %.0f, ratio %.3f", name, second, last, last/second)
		if last > 1.1*second {
			t.Errorf("%s grew from %.0f to %.0f", name, second, last)
		}
	}
}

// A sample is memory, goroutines and open files.
type sample [3]float64

func mean(samples []sample, i int) float64 {
	sum := 0.0
	for _, s := range samples {
		sum += s[i]
	}
	return sum / float64(max(len(samples), 1))
}

// start starts the server and waits until it is ready.
func (s *soak) start(t *testing.T) {
	t.Helper()
	s.log = new(bytes.Buffer)
	s.server = exec.CommandContext(context.WithoutCancel(t.Context()), s.bin, "serve", "--config", s.config, "--listen", s.page)
	s.server.Env = append(os.Environ(), "DIALS_OPERATIONS_LISTEN="+s.operations)
	s.server.Stderr = s.log
	if err := s.server.Start(); err != nil {
		t.Error(err)
		return
	}
	for range 600 {
		if status, _, err := visit(t.Context(), "http://"+s.operations+"/readyz"); err == nil && status == http.StatusOK {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("the server does not get ready")
}

func (s *soak) kill(t *testing.T) {
	t.Helper()
	s.down.Store(true)
	begin := time.Now()
	if err := s.server.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = s.server.Wait()
	s.start(t)
	s.down.Store(false)
	t.Logf("killed, and ready again after %v", time.Since(begin))
}

func (s *soak) stop(t *testing.T) {
	t.Helper()
	if err := s.server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := s.server.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, s.log)
	}
}

func (s *soak) synced(took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.syncs = append(s.syncs, took)
}

// fail notes what was not injected.
func (s *soak) fail(format string, args ...any) {
	if s.down.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.errs) < 50 {
		s.errs = append(s.errs, fmt.Sprintf(format, args...))
	}
}

// paths are the pages of the navigation, for several units and periods, and of the API.
func (s *soak) paths(t *testing.T) []string {
	t.Helper()
	_, html, err := visit(t.Context(), "http://"+s.page+"/strategic-results")
	if err != nil {
		t.Fatal(err)
	}
	nav, _, _ := strings.Cut(html[strings.Index(html, "<nav"):], "</nav>")
	var paths []string
	for _, m := range regexp.MustCompile(`href="(/[a-z-]*)"`).FindAllStringSubmatch(nav, -1) {
		paths = append(paths, m[1], m[1]+"?period=last-fy")
	}
	_, api, err := visit(t.Context(), "http://"+s.page+"/api/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`"(/[a-z0-9/]*pages/[a-z-]+)"`).FindAllStringSubmatch(api, -1) {
		path := m[1]
		if !strings.HasPrefix(path, "/api/v1") {
			path = "/api/v1" + path
		}
		paths = append(paths, path)
	}
	for _, m := range regexp.MustCompile(`<option value="([A-Z][A-Z0-9-]*)"`).FindAllStringSubmatch(html, 5) {
		paths = append(paths, "/strategic-results?unit="+m[1])
	}
	if len(paths) < 10 {
		t.Fatalf("the navigation has %v", paths)
	}
	return paths
}

// read opens pages 50 times a second.
func (s *soak) read(ctx context.Context, paths []string) {
	rng := rand.New(rand.NewPCG(1, 2))
	var open sync.WaitGroup
	defer open.Wait()
	tick := time.NewTicker(time.Second / 50)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		path := paths[rng.IntN(len(paths))]
		isDown := s.down.Load()
		open.Go(func() {
			begin := time.Now()
			status, _, err := visit(context.WithoutCancel(ctx), "http://"+s.page+path)
			if isDown { // what is asked for while the server is away fails, or waits for it
				return
			}
			if err != nil || status != http.StatusOK {
				s.fail("%s: %d %v", path, status, err)
				return
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			s.pages = append(s.pages, visited{path, begin, time.Since(begin)})
		})
	}
}

// change alters observations every minute and has them synced, which judges evidence
// again.
func (s *soak) change(ctx context.Context) {
	file := filepath.Join(s.dir, "performance", "observations.parquet")
	db, err := sql.Open("duckdb", "")
	if err != nil {
		s.fail("%v", err)
		return
	}
	defer db.Close()
	for n, at := 1, time.Now().Add(time.Minute); waits(ctx, time.Until(at)); n, at = n+1, at.Add(time.Minute) {
		query := fmt.Sprintf("copy (select * replace (case when hash(unit, month) %% 50 = %d then value * 1.001 else value end as value) from read_parquet('%s')) to '%s.new' (format parquet)", n%50, file, file)
		if _, err := db.ExecContext(ctx, query); err != nil {
			s.fail("%v", err)
			return
		}
		if err := os.Rename(file+".new", file); err != nil {
			s.fail("%v", err)
		}
		if s.down.Load() { // it would open the warehouse itself
			continue
		}
		begin := time.Now()
		out, err := exec.CommandContext(context.WithoutCancel(ctx), s.bin, "sync", "--config", s.config).CombinedOutput()
		if err != nil {
			s.fail("sync: %v\n%s", err, out)
		}
		s.synced(time.Since(begin))
	}
}

// take downloads extracts, one every ten seconds.
func (s *soak) take(ctx context.Context) {
	formats := []string{"parquet", "arrow", "arrows", "csv", "xlsx", "json"}
	for n := 0; waits(ctx, 10*time.Second); n++ {
		path := "/extracts/dial_monthly." + formats[n%len(formats)]
		if status, body, err := visit(context.WithoutCancel(ctx), "http://"+s.page+path); err != nil || status != http.StatusOK || body == "" {
			s.fail("%s: %d %v", path, status, err)
		}
	}
}

// watch reads the metrics until ctx ends.
func (s *soak) watch(ctx context.Context, every time.Duration) (samples []sample) {
	for waits(ctx, every) {
		_, text, err := visit(ctx, "http://"+s.operations+"/metrics")
		if err != nil {
			if !errors.Is(err, context.DeadlineExceeded) {
				s.fail("metrics: %v", err)
			}
			continue
		}
		samples = append(samples, sample{metric(text, "process_resident_memory_bytes"), metric(text, "go_goroutines"), metric(text, "process_open_fds")})
	}
	return samples
}

func metric(text, name string) float64 {
	for line := range strings.Lines(text) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			if v, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil {
				return v
			}
		}
	}
	return math.NaN()
}

// waits returns false when ctx ends first.
func waits(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func visit(ctx context.Context, url string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// freeAddress is an address of this machine that nobody listens on just now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
