package main

import (
	"bytes"
	"encoding/json"
	"testing"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
)

// One company of each kind, through the whole path. How often verdicts are right is
// for TestCalibration of queries, which starts from panels, and for make calibrate.
func TestCalibrate(t *testing.T) {
	if testing.Short() {
		t.Skip("loads several companies")
	}
	c := calibrator{runs: 1, learn: 1, seed: 4}
	table, err := c.run(t.Context())
	if err != nil {
		t.Fatal(err)
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

// The released table is one of the designs there are.
func TestReleasedCalibration(t *testing.T) {
	table, err := calibration.Released()
	if err != nil || table.Runs == 0 || table.Date == "" || len(table.Designs) != 8 || len(table.Traps) != len(worlds.Traps())+1 {
		t.Errorf("%d designs, %d traps of %d runs on %s: %v", len(table.Designs), len(table.Traps), table.Runs, table.Date, err)
	}
}
