package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A crowd is a company whose one source is a file of people, loaded on a machine in
// trouble.
type crowd struct {
	dir string
	l   *local
}

// write writes the file, with identifiers of up to width more letters.
func (c *crowd) write(t *testing.T, people, width int) {
	t.Helper()
	var b strings.Builder
	b.WriteString("person_id\n")
	for i := range people {
		fmt.Fprintf(&b, "P%08d-%s\n", i, strings.Repeat("x", i%width))
	}
	if err := os.WriteFile(filepath.Join(c.dir, "people.csv"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// open opens the company, again if it is open, with one setting of its warehouse.
func (c *crowd) open(t *testing.T, setting string) {
	t.Helper()
	if c.l != nil {
		if err := c.l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(c.dir, "config.toml")
	err := os.WriteFile(config, []byte("[warehouse]\n"+setting+`
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
	c.l = openConfig(t, config)
	c.l.only = verdictModels()
}

func (c *crowd) load(t *testing.T) error {
	t.Helper()
	result, err := c.l.Sync(t.Context(), syncRequest{}, nil)
	return errors.Join(err, syncError(result))
}

// holds compares the kinds of trouble and the number of people with those that are wanted.
func (c *crowd) holds(t *testing.T, kinds string, people int) {
	t.Helper()
	var got []string
	for _, trouble := range c.l.health.all() {
		got = append(got, trouble.Kind)
	}
	var n int
	err := c.l.w.DB().QueryRowContext(t.Context(), "select count(*) from raw.person where superseded_at is null and deleted_at is null").Scan(&n)
	if err != nil || n != people || strings.Join(got, " ") != kinds {
		t.Errorf("%d people and troubles %q, want %d and %q (%v)", n, got, people, kinds, err)
	}
}

// A load that needs more memory than it may have says so, is not kept by halves, and
// leaves what was there; the trouble ends with the load that has enough.
func TestMemoryCap(t *testing.T) {
	c := crowd{dir: t.TempDir()}
	c.open(t, `memory_limit = "1GB"`)
	c.write(t, 10, 80)
	if err := c.load(t); err != nil {
		t.Fatal(err)
	}
	c.holds(t, "", 10)
	c.write(t, 400_000, 80)
	c.open(t, `memory_limit = "24MB"`)
	if err := c.load(t); troubleOf(err) != outOfMemory || strings.Contains(told(err), "SET ") {
		t.Errorf("a load with little memory: %v", told(err))
	}
	c.holds(t, outOfMemory, 10) // although the models, of which nothing changed, are up to date
	c.open(t, `memory_limit = "1GB"`)
	if err := c.load(t); err != nil {
		t.Fatal(err)
	}
	c.holds(t, "", 400_000)
}
