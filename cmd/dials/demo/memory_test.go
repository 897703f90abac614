//go:build linux

package demo

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

const childFolder = "DIALS_DEMO_CHILD"

// TestBoundedMemory writes a large company in a process of its own, whose peak
// the system knows.
func TestBoundedMemory(t *testing.T) {
	if dir := os.Getenv(childFolder); dir != "" {
		if err := Write(t.Context(), Options{Dir: dir, Employees: 20_001, Months: 40, Seed: 1}, nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	if testing.Short() {
		t.Skip("short: 20,001 employees are left out")
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBoundedMemory$")
	cmd.Env = append(os.Environ(), childFolder+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("no resource usage")
	}
	if peak := usage.Maxrss / 1024; peak > 400 {
		t.Errorf("peak of %d MB, want at most 400", peak)
	}
	// Above 20,000 employees the long tables are no sheets.
	for _, pattern := range []string{"talent/reviews-*.parquet", "talent/assessments-*.parquet"} {
		if found, err := filepath.Glob(filepath.Join(dir, pattern)); err != nil || len(found) == 0 {
			t.Errorf("no file %s (%v)", pattern, err)
		}
	}
	if got := len(rows(read(t, dir, "review"), "review")); got < 50_000 {
		t.Errorf("%d reviews", got)
	}
}
