package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A load that needs more memory than it may have says so, is not kept by halves, and
// leaves what was there; the trouble ends with the load that has enough.
func TestMemoryCap(t *testing.T) {
	dir := t.TempDir()
	people := func(n int) {
		var b strings.Builder
		b.WriteString("person_id\n")
		for i := range n {
			fmt.Fprintf(&b, "P%08d-%s\n", i, strings.Repeat("x", i%80))
		}
		if err := os.WriteFile(filepath.Join(dir, "people.csv"), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var l *local
	with := func(memory string) {
		if l != nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
		}
		config := filepath.Join(dir, "config.toml")
		err := os.WriteFile(config, fmt.Appendf(nil, `[warehouse]
memory_limit = %q
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
`, memory), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		l = openConfig(t, config)
		l.only = verdictModels()
	}
	load := func() error {
		result, err := l.Sync(t.Context(), syncRequest{}, nil)
		return errors.Join(err, syncError(result))
	}
	state := func(kinds string, rows int) {
		t.Helper()
		got := ""
		for _, trouble := range l.health.all() {
			got += trouble.Kind
		}
		var n int
		err := l.w.DB().QueryRowContext(t.Context(), "select count(*) from raw.person where superseded_at is null and deleted_at is null").Scan(&n)
		if err != nil || n != rows || got != kinds {
			t.Errorf("%d people and trouble %q, want %d and %q (%v)", n, got, rows, kinds, err)
		}
	}
	with("1GB")
	people(10)
	if err := load(); err != nil {
		t.Fatal(err)
	}
	state("", 10)
	people(400_000)
	with("24MB")
	if err := load(); troubleOf(err) != outOfMemory || strings.Contains(told(err), "SET ") {
		t.Errorf("a load with little memory: %v", told(err))
	}
	state(outOfMemory, 10) // although the models, of which nothing changed, are up to date
	with("1GB")
	if err := load(); err != nil {
		t.Fatal(err)
	}
	state("", 400_000)
}
