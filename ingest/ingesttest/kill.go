package ingesttest

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dials/ingest"
	"dials/warehouse"
)

// childDir names the folder that a child process of a test syncs, and childNow the time
// of its clock.
const (
	childDir = "DIALS_CONNECTOR_CHILD"
	childNow = "DIALS_CONNECTOR_NOW"
)

// Main runs a package's tests or, in a child process that [Kills] starts, a source.
func Main(m *testing.M, kinds map[string]ingest.New) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := child(dir, kinds); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child syncs the source of a folder into the warehouse there.
func child(dir string, kinds map[string]ingest.New) error {
	now, err := time.Parse(time.RFC3339, os.Getenv(childNow))
	if err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(dir, "config.toml"))
	if err != nil {
		return err
	}
	ctx := context.Background()
	w, err := warehouse.Open(ctx, warehouse.Options{Path: filepath.Join(dir, "w.duckdb"), Threads: 2, AllowedDirectories: []string{dir}})
	if err != nil {
		return err
	}
	defer w.Close()
	s := &Site{Dir: dir, Now: now, Kinds: kinds}
	src, err := s.Open(string(config))
	if err != nil {
		return err
	}
	_, err = ingest.Run(ctx, w, src, ingest.RunOptions{Clock: s.Clock})
	return err
}

// A Killing is a source whose process is killed as it asks a service.
type Killing struct {
	Config string
	// Version makes the service what it is at the n-th run, 1 or 2.
	Version func(n int)

	mu    sync.Mutex
	cmd   *exec.Cmd
	count int
	at    int
}

// Asked is to be called with each request, before it is answered.
func (k *Killing) Asked() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.count++
	if k.count == k.at {
		_ = k.cmd.Process.Kill()
	}
}

// run runs a child at the time of the n-th run, and kills it at a request; 0 is never.
// It returns how many requests came.
func (k *Killing) run(t testing.TB, dir string, n, at int) int {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "config.toml"), []byte(k.Config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childNow+"="+time.Date(2026, 11, 20+n, 8, 0, 0, 0, time.UTC).Format(time.RFC3339))
	var said strings.Builder
	cmd.Stderr = &said
	k.mu.Lock()
	k.cmd, k.count, k.at = cmd, 0, at
	err := cmd.Start()
	k.mu.Unlock()
	if err == nil {
		err = cmd.Wait()
	}
	if at == 0 && err != nil {
		t.Fatalf("an undisturbed run: %v: %s", err, said.String())
	}
	if at > 0 && err == nil {
		t.Fatalf("it was through before it was killed at request %d", at)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.count
}

// Kills kills the first and the second run of a source at requests over all of them, as
// often as DIALS_KILLS says, 3 times each by default. A rerun then leaves what an
// undisturbed run does.
func (k *Killing) Kills(t *testing.T) {
	t.Helper()
	kills := 3
	if n, err := strconv.Atoi(os.Getenv("DIALS_KILLS")); err == nil {
		kills = n
	}
	before, base := t.TempDir(), t.TempDir()
	for n := 1; n <= 2; n++ {
		k.Version(n)
		requests := k.run(t, base, n, 0)
		want := contents(t, base)
		for i := range min(kills, requests) {
			at := 1 + i*requests/min(kills, requests)
			dir := filepath.Join(t.TempDir(), "again")
			if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
				t.Fatal(err)
			}
			k.run(t, dir, n, at)
			k.run(t, dir, n, 0)
			if diff := cmp.Diff(want, contents(t, dir)); diff != "" {
				t.Fatalf("run %d, killed at request %d of %d: (-undisturbed +rerun)\n%.3000s", n, at, requests, diff)
			}
		}
		// The next run begins where this one ended.
		before = filepath.Join(t.TempDir(), "before")
		if err := os.CopyFS(before, os.DirFS(base)); err != nil {
			t.Fatal(err)
		}
	}
}

// contents is what a warehouse holds of records and cursors, and what lies beside it.
func contents(t *testing.T, dir string) map[string][]string {
	t.Helper()
	w, err := warehouse.Open(t.Context(), warehouse.Options{Path: filepath.Join(dir, "w.duckdb"), AllowedDirectories: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s := &Site{T: t, W: w}
	out := map[string][]string{}
	for _, table := range s.Query("select table_name from duckdb_tables() where schema_name = 'raw' and database_name = current_database() order by 1") {
		if rows := s.Query("select * exclude (run_id) from raw.\"" + table + "\" order by all"); len(rows) > 0 {
			out[table] = rows
		}
	}
	out["cursor"] = s.Query("select source, stream, cursor, full_rows from meta.cursor order by all")
	out["failed"] = s.Query("select source, stream, error from meta.run where status = 'failed'")
	err = fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasPrefix(path, "w.duckdb") {
			out["files"] = append(out["files"], path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
