package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
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
	people := func(n int) {
		var b strings.Builder
		b.WriteString("person_id\n")
		for i := range n {
			fmt.Fprintf(&b, "P%08d-%s\n", i, strings.Repeat("x", i%40))
		}
		if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "config.toml")
	err := os.WriteFile(config, []byte(`[warehouse]
path = "disk/dials.duckdb"
[[source]]
name = "hris"
kind = "file"
creates_people = true
[[source.stream]]
name = "people"
target = "person"
delivery = "snapshot"
[source.stream.options]
path = "people.csv"
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	people(10)
	l := openConfig(t, config)
	l.only = verdictModels()
	path := l.cfg.Warehouse.Path
	load := func() error {
		result, err := l.Sync(t.Context(), syncRequest{}, nil)
		return errors.Join(err, syncError(result))
	}
	state := func(want string) {
		t.Helper()
		last, err := l.w.LastLoad(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		l.health.look(path, last, time.Now())
		var kinds []string
		for _, trouble := range l.health.all() {
			kinds = append(kinds, trouble.Kind)
		}
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("troubles %q, want %q", got, want)
		}
	}
	rows := func(want int) {
		t.Helper()
		var n int
		if err := l.w.DB().QueryRowContext(t.Context(), "select count(*) from raw.person where superseded_at is null and deleted_at is null").Scan(&n); err != nil || n != want {
			t.Errorf("%d people, want %d (%v)", n, want, err)
		}
	}
	if err := load(); err != nil {
		t.Fatal(err)
	}
	state("")

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
	people(200_000)
	if err := load(); troubleOf(err) != diskFull {
		t.Errorf("a load on a full disk: %v", err)
	}
	state(diskFull)
	rows(10)
	if err := os.Remove(fill.Name()); err != nil {
		t.Fatal(err)
	}
	if err := load(); err != nil {
		t.Fatalf("after room was made: %v", err)
	}
	state("")
	rows(200_000)

	// A disk that is remounted read-only under files that are open for writing is refused
	// by the kernel, so a second mount over the folder stands for it.
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	state(diskReadOnly)
	if err := syscall.Unmount(disk, 0); err != nil {
		t.Fatal(err)
	}
	state("")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openConfig(t, config)
	rows(200_000)
}
