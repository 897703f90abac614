package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Whatever DuckDB and the system say of a disk or of memory is told as what it is.
func TestTroubleOf(t *testing.T) {
	for text, want := range map[string]string{
		`TransactionContext Error: Failed to commit: Could not write file "d.wal": No space left on device`:      diskFull,
		`IO Error: Cannot open file "d.wal": Read-only file system`:                                              diskReadOnly,
		"Out of Memory Error: failed to allocate data of size 16.0 MiB (47.5 MiB/47.6 MiB used)":                 outOfMemory,
		"Out of Memory Error: failed to offload data block of size 256.0 KiB (max_temp_directory_size is 1 GiB)": diskFull,
		"row 3: hire_date \"x\" is not a date":                                                                   "",
	} {
		if got := troubleOf(errors.New(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := troubleOf(fmt.Errorf("probe: %w", syscall.EDQUOT)); got != diskFull {
		t.Error(got)
	}
}

// A clock that is behind the last load is told, and what is recorded meanwhile does not
// run backwards; memory that did not suffice is told until a build succeeds.
func TestClockAndMemoryTroubles(t *testing.T) {
	h, path := newHealth(), filepath.Join(t.TempDir(), "dials.duckdb")
	now := time.Now()
	kinds := func() (out string) {
		for _, trouble := range h.all() {
			out += trouble.Kind + " "
		}
		return out
	}
	h.look(path, now.Add(-time.Hour), now)
	if got := kinds(); got != "" {
		t.Error(got)
	}
	h.look(path, now.Add(2*time.Hour), now)
	if got := h.all(); len(got) != 1 || !strings.Contains(got[0].What, "2h0m0s behind the last load") {
		t.Error(got)
	}
	h.look(path, now, now.Add(3*time.Hour)) // it was waited for
	if got := kinds(); got != "" {
		t.Error(got)
	}
	h.look(path, now, now.Add(4*time.Hour).Round(0)) // without the monotonic reading: set forward
	h.worked(errors.New("Out of Memory Error: failed to allocate"), now)
	if got := kinds(); !strings.Contains(got, outOfMemory) {
		t.Error(got)
	}
	h.worked(errors.New("another error"), now)
	if got := kinds(); !strings.Contains(got, outOfMemory) {
		t.Error("another error ends it")
	}
	h.worked(nil, now)
	if got := kinds(); strings.Contains(got, outOfMemory) {
		t.Error(got)
	}
}
