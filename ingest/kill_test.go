package ingest_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dials/ingest"
	"dials/warehouse"
)

// childDir names the folder that a child process of a test syncs.
const childDir = "DIALS_INGEST_CHILD"

// childStep says at which step a child kills itself; at 0 it prints how many there are.
const childStep = "DIALS_INGEST_STEP"

// stepping is a context that kills its process when it is asked for the at-th time
// whether it has ended. It is asked before and after each statement.
type stepping struct {
	context.Context
	at int64
	n  atomic.Int64
}

func (s *stepping) step() {
	if s.n.Add(1) == s.at {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
}

func (s *stepping) Err() error { s.step(); return s.Context.Err() }

func (s *stepping) Done() <-chan struct{} { s.step(); return s.Context.Done() }

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(m, dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child syncs the sources of a folder into the warehouse there.
func child(_ *testing.M, dir string) error {
	ctx, stop := signalContext()
	defer stop()
	if at, err := strconv.ParseInt(os.Getenv(childStep), 10, 64); err == nil {
		steps := &stepping{Context: ctx, at: at}
		defer func() { fmt.Println(steps.n.Load()) }()
		ctx = steps
	}
	w, err := warehouse.Open(ctx, warehouse.Options{Path: filepath.Join(dir, "w.duckdb"), Threads: 2, AllowedDirectories: []string{dir}})
	if err != nil {
		return err
	}
	defer w.Close()
	for _, config := range killConfigs() {
		src, err := openSource(dir, config, time.Now)
		if err != nil {
			return err
		}
		if _, err := ingest.Run(ctx, w, src, ingest.RunOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// killConfigs are sources of several kinds of delivery.
func killConfigs() []string {
	name := func(s string) func(string) string {
		return func(config string) string { return strings.Replace(config, `name = "src"`, `name = "`+s+`"`, 1) }
	}
	return []string{
		name("lines")(stream("payroll_line", "delta", "lines/*.csv")),
		name("frameworks")(stream("framework", "snapshot", "frameworks.csv", "max_deleted_fraction = 0.5")),
		name("units")(stream("org_unit", "snapshot", "units/*.csv", "max_deleted_fraction = 0.5", `as_of = { file = "units_%Y-%m.csv" }`)),
	}
}

// killFiles writes the first or the second version of the sources' files.
func killFiles(t *testing.T, dir string, version int) {
	t.Helper()
	s := &site{t: t, dir: dir, now: time.Date(2026, 3, version, 8, 0, 0, 0, time.UTC)}
	killRows(t, s, version, 8000, 2000)
}

// killRows writes files of so many lines and records.
func killRows(t *testing.T, s *site, version, lines, records int) {
	t.Helper()
	for part := range 2 {
		var b strings.Builder
		b.WriteString("payroll_line_id,payroll_run_id,person_id,element,amount,currency\n")
		for i := range lines {
			fmt.Fprintf(&b, "l%d-%d,r%d,p%d,base,%d.50,EUR\n", part, i, i/1000, i%1000, i%(7+version))
		}
		s.write(fmt.Sprintf("lines/%d.csv", part*version), b.String())
	}
	s.write("frameworks.csv", frameworks(5*version, records))
	s.write(fmt.Sprintf("units/units_2026-%02d.csv", version), strings.ReplaceAll(strings.ReplaceAll(units(records*version, -1, ""), ",2024-01-01", ""), ",valid_from", ""))
}

// startChild starts a child that syncs dir.
func startChild(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func runChild(t *testing.T, dir string) time.Duration {
	t.Helper()
	begin := time.Now()
	if err := startChild(t, dir).Wait(); err != nil {
		t.Fatalf("an undisturbed sync: %v", err)
	}
	return time.Since(begin)
}

// contents is what a warehouse holds, when and by which run apart.
func contents(t *testing.T, dir string) map[string][]string {
	t.Helper()
	w, err := warehouse.Open(t.Context(), warehouse.Options{Path: filepath.Join(dir, "w.duckdb"), AllowedDirectories: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	out := map[string][]string{}
	for _, table := range []string{"payroll_line", "framework", "org_unit"} {
		out[table] = query(t, w.DB(), "select * exclude (run_id, recorded_at, superseded_at, deleted_at), superseded_at is null, deleted_at is null from raw."+table+" order by all")
	}
	out["run"] = query(t, w.DB(), "select source, status, rows_read, inserted, updated, unchanged, rejected, deleted, data_as_of, run_id from meta.run order by run_id")
	out["file"] = query(t, w.DB(), "select source, path, sha256, rows from meta.file order by all")
	out["cursor"] = query(t, w.DB(), "select source, cursor from meta.cursor order by all")
	return out
}

// A sync that is killed at any moment leaves nothing behind but what is committed:
// after a rerun the warehouse is that of an undisturbed run. DIALS_KILLS says how
// often to kill, 5 by default.
func TestKill(t *testing.T) {
	kills := 5
	if v, err := strconv.Atoi(os.Getenv("DIALS_KILLS")); err == nil {
		kills = v
	}
	base := t.TempDir()
	killFiles(t, base, 1)
	first := runChild(t, base)
	start, err := os.ReadFile(filepath.Join(base, "w.duckdb"))
	if err != nil {
		t.Fatal(err)
	}
	wantFirst := contents(t, base)
	killFiles(t, base, 2)
	second := runChild(t, base)
	wantSecond := contents(t, base)
	random := rand.New(rand.NewPCG(uint64(kills), 42))
	for i := range kills {
		dir := t.TempDir()
		killFiles(t, dir, 1)
		took, want := first, wantFirst
		if i%2 == 1 {
			if err := os.WriteFile(filepath.Join(dir, "w.duckdb"), start, 0o600); err != nil {
				t.Fatal(err)
			}
			killFiles(t, dir, 2)
			took, want = second, wantSecond
		}
		after := time.Duration(random.Float64() * float64(took))
		cmd := startChild(t, dir)
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		timer.Stop()
		runChild(t, dir)
		got := contents(t, dir)
		// A stream that was through before the kill has a second run, without news.
		got["run"] = withoutIdle(got["run"])
		want["run"] = withoutIdle(want["run"])
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("killed after %v (kill %d): (-undisturbed +rerun)\n%.3000s", after, i, diff)
		}
	}
}

// withoutIdle leaves out the runs that changed nothing, and run numbers.
func withoutIdle(runs []string) []string {
	var out []string
	for _, r := range runs {
		f := strings.Split(r, "|")
		if f[3] != "0" || f[4] != "0" || f[7] != "0" {
			out = append(out, strings.Join(f[:9], "|"))
		}
	}
	return out
}

// A sync that is killed at a step of its SQL is, run again, where an undisturbed one is.
// The steps are spread over all that there are: 8, or 20 times DIALS_KILLS.
func TestKillAtSteps(t *testing.T) {
	kills := 4
	if v, err := strconv.Atoi(os.Getenv("DIALS_KILLS")); err == nil {
		kills = 10 * v
	}
	write := func(dir string, version int) {
		t.Helper()
		killRows(t, &site{t: t, dir: dir, now: time.Date(2026, 3, version, 8, 0, 0, 0, time.UTC)}, version, 50, 20)
	}
	step := func(dir string, at int) (int, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), childDir+"="+dir, childStep+"="+strconv.Itoa(at))
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		n, _ := strconv.Atoi(strings.TrimSpace(string(out)))
		return n, err
	}
	base := t.TempDir()
	for version := 1; version <= 2; version++ {
		start, err := os.ReadFile(filepath.Join(base, "w.duckdb"))
		if err != nil && version == 2 {
			t.Fatal(err)
		}
		write(base, version)
		steps, err := step(base, 0)
		if err != nil || steps < 100 {
			t.Fatalf("an undisturbed sync: %d steps, %v", steps, err)
		}
		want := contents(t, base)
		want["run"] = withoutIdle(want["run"])
		for i := range min(kills, steps) {
			// The first steps are of the file that is opened: those are killed elsewhere.
			at := steps*(i+1)/min(kills, steps) - 1
			dir := t.TempDir()
			if version == 2 {
				write(dir, 1)
				if err := os.WriteFile(filepath.Join(dir, "w.duckdb"), start, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(dir, version)
			if _, err := step(dir, at); err == nil {
				t.Fatalf("version %d: it was through before step %d of %d", version, at, steps)
			}
			runChild(t, dir)
			got := contents(t, dir)
			got["run"] = withoutIdle(got["run"])
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("version %d, killed at step %d of %d: (-undisturbed +rerun)\n%.3000s", version, at, steps, diff)
			}
		}
	}
}
