package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
)

// One company of each kind, through the whole path. How often verdicts are right is
// for TestCalibration of queries, which starts from panels, and for make calibrate.
func TestCalibrate(t *testing.T) {
	if testing.Short() {
		t.Skip("loads several companies")
	}
	c := calibrator{runs: 1, learn: 1, seed: 4, keep: filepath.Join(t.TempDir(), "companies.jsonl")}
	table, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again := resumed(t, c)
	if diff := cmp.Diff(table, again); diff != "" {
		t.Errorf("a run that was killed and goes on gives another table: %s", diff)
	}
	if table.Companies != 7 || table.Company.Of != 1 || len(table.Designs) != 8 || len(table.Traps) < 10 {
		t.Errorf("%d companies, %d designs, %d traps", table.Companies, len(table.Designs), len(table.Traps))
	}
	for _, d := range table.Designs {
		if d.CannotTell.Of != 3 || d.Covered.Of < 3 || !(d.MDE > 0) {
			t.Errorf("%s: %+v", d.Name, d)
		}
	}
	for _, p := range table.Traps {
		if p.Wrong.Of != 1 && p.Name != "volunteers" || p.About == "" {
			t.Errorf("%+v", p)
		}
	}
	var text bytes.Buffer
	if err := table.WriteText(&text); err != nil || text.Len() < 1000 {
		t.Errorf("%v: %s", err, text.String())
	}
	b, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	var back calibration.Table
	if err := json.Unmarshal(b, &back); err != nil || len(back.Designs) != 8 {
		t.Errorf("%v", err)
	}
}

// resumed goes on with a file whose last line was being written when the run was killed,
// and with one that another seed wrote.
func resumed(t *testing.T, c calibrator) calibration.Table {
	t.Helper()
	b, err := os.ReadFile(c.keep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.keep, append(b, `{"part":"nothing wo`...), 0o600); err != nil {
		t.Fatal(err)
	}
	judged := 0
	c.progress = func(string, int) { judged++ }
	c.until = time.Unix(1, 0) // there is nothing left to judge
	table, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(c.keep); err != nil || !bytes.Equal(after, b) || judged > 0 {
		t.Errorf("%d companies judged again, %v", judged, err)
	}
	c.seed++
	if _, err := c.run(t.Context()); err == nil || !strings.Contains(err.Error(), "name another file") {
		t.Errorf("companies of another seed: %v", err)
	}
	return table
}

// The released table is one of the designs there are.
func TestReleasedCalibration(t *testing.T) {
	table, err := calibration.Released()
	if err != nil || table.Runs == 0 || table.Date == "" || len(table.Designs) != 8 || len(table.Traps) != len(worlds.Traps())+1 {
		t.Errorf("%d designs, %d traps of %d runs on %s: %v", len(table.Designs), len(table.Traps), table.Runs, table.Date, err)
	}
}

// README holds the released table as the command prints it.
func TestReadmeCalibration(t *testing.T) {
	table, err := calibration.Released()
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := table.WriteMarkdown(&want); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- calibration -->\n")
	got, _, _ := strings.Cut(rest, "<!-- /calibration -->")
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("README between the marks of calibration is not what dials calibrate --released --format md prints: %s", diff)
	}
}
