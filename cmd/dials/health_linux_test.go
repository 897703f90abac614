package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A warehouse on a full disk, then on one that cannot be written, says so, loads
// nothing by halves, shows what it had, and goes on by itself afterwards.
func TestDiskTroubles(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("no disk of its own can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	c := crowd{dir: dir}
	c.write(t, 10, 40)
	c.open(t, `path = "disk/dials.duckdb"`)
	path := c.l.cfg.Warehouse.Path
	state := func(kinds string, people int) {
		t.Helper()
		last, err := c.l.w.LastLoad(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c.l.health.look(path, last, time.Now())
		c.holds(t, kinds, people)
	}
	if err := c.load(t); err != nil {
		t.Fatal(err)
	}
	state("", 10)

	fill, err := os.Create(filepath.Join(disk, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 1<<20); err == nil; {
		_, err = fill.Write(block)
	}
	if err := fill.Close(); err != nil {
		t.Fatal(err)
	}
	c.write(t, 200_000, 40)
	if err := c.load(t); troubleOf(err) != diskFull {
		t.Errorf("a load on a full disk: %v", err)
	}
	state(diskFull, 10)
	if err := os.Remove(fill.Name()); err != nil {
		t.Fatal(err)
	}
	if err := c.load(t); err != nil {
		t.Fatalf("after room was made: %v", err)
	}
	state("", 200_000)

	// A disk that is remounted read-only under files that are open for writing is refused
	// by the kernel, so a second mount over the folder stands for it.
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	state(diskReadOnly, 200_000)
	if err := syscall.Unmount(disk, 0); err != nil {
		t.Fatal(err)
	}
	state("", 200_000)
	c.open(t, `path = "disk/dials.duckdb"`)
	c.holds(t, "", 200_000)
}
