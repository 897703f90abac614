package ingest_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A disk that is full in the middle of a load gives an error and loses nothing; with
// space again a rerun is right.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("skipped: only root can mount the small disk that this test fills")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Skipf("skipped: the small disk that this test fills cannot be mounted: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	s := newSite(t)
	s.open(filepath.Join(disk, "w.duckdb"))
	frames := stream("framework", "snapshot", "f.csv")
	s.write("f.csv", frameworks(0, 300))
	s.mustSync(frames)
	var b strings.Builder
	b.WriteString("payroll_line_id,payroll_run_id,person_id,element,amount,currency\n")
	const n = 300_000
	random := rand.New(rand.NewPCG(1, 1))
	for i := range n {
		fmt.Fprintf(&b, "%d-%x%x,r%d,p%x,base,%d.50,EUR\n", i, random.Uint64(), random.Uint64(), i/1000, random.Uint64(), i)
	}
	s.write("lines.csv", b.String())
	lines := stream("payroll_line", "delta", "lines.csv")
	r := s.sync(lines)
	if r.Err == nil {
		t.Fatal("a full disk gave no error")
	}
	t.Logf("the error: %v", r.Err)
	if !strings.Contains(r.Err.Error(), "No space left") && !strings.Contains(r.Err.Error(), "full") {
		t.Errorf("the error does not say that the disk is full: %v", r.Err)
	}
	_ = s.w.Close()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=512m"); err != nil {
		t.Fatal(err)
	}
	s.open(filepath.Join(disk, "w.duckdb"))
	s.same("what was there", []string{"300"}, "select count(*) from raw.framework")
	s.same("what did not fit", []string{"0"}, "select count(*) from raw.payroll_line")
	if r := s.mustSync(lines); r.Inserted != n {
		t.Errorf("with space again: %s", counts(r))
	}
	s.same("once each", []string{fmt.Sprintf("%d|%d", n, n)}, "select count(*), count(distinct payroll_line_id) from raw.payroll_line")
}
