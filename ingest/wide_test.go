package ingest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

const wideTarget = `
metric_id = { value = "revenue" }
unit_id = "Unit"
period_start_date = { from = "month", format = ["%Y-%m", "%b %Y"] }
plan = { from = "plan", decimal = "," }
plan_version = { value = "2027" }
`

// A sheet with units down and months across becomes a value for each cell that is filled.
func TestWide(t *testing.T) {
	s := newSite(t)
	s.write("plan.csv", "Unit;Lead;2027-01;Feb 2027;2027-03;2027\nS;Ann;1.000,5;;7;1.007,5\nV;Bo;-3;much;;-3\nTotal;;1;1;1;1\n")
	const options = `wide = { keys = ["Unit"], name = "month", value = "plan", skip = ["Lead", "2027", "Total"] }`
	cfg := stream("metric_target", "delta", "plan.csv", "", options, wideTarget)
	held := "select unit_id, period_start_date, plan from raw.metric_target where superseded_at is null and deleted_at is null order by 1, 2"
	s.mustSync(cfg)
	s.same("targets", []string{"S|2027-01-01|1000.5|", "S|2027-03-01|7.0|", "V|2027-01-01|-3.0|"}, strings.Replace(held, "plan from", "plan, '' from", 1))
	s.same("rejected", []string{"3|plan"}, "select distinct line, column_name from meta.rejected_row where column_name = 'plan'")
	if r := s.sync(strings.Replace(cfg, `["Unit"]`, `["Team"]`, 1)); r.Err == nil || !strings.Contains(r.Err.Error(), `plan.csv: wide: there is no column "Team", but Unit, Lead, 2027-01`) {
		t.Errorf("no such key: %v", r.Err)
	}
}

// In a workbook the months are dates, and a plan of heads has a unit and a title a row.
func TestWideBook(t *testing.T) {
	s := newSite(t)
	s.book("heads.xlsx", "Plan", func(f *excelize.File) {
		for cell, v := range map[string]any{
			"A1": "Unit", "B1": "Title", "C1": time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), "D1": time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC),
			"A2": "S", "B2": "agent", "C2": 12, "D2": 13.5, "A3": "V", "B3": "agent", "D3": 4,
		} {
			if err := f.SetCellValue("Plan", cell, v); err != nil {
				t.Fatal(err)
			}
		}
	})
	s.mustSync(stream("workforce_plan", "delta", "heads.xlsx", "", "sheet = \"Plan\"\n"+`wide = { keys = ["Unit", "Title"], name = "month", value = "heads" }`, `
unit_id = "Unit"
job_title_id = "Title"
period_start_date = "month"
planned_heads = "heads"
plan_version = { value = "2027" }
`))
	s.same("heads", []string{"S|agent|2027-01-01|12.0", "S|agent|2027-02-01|13.5", "V|agent|2027-02-01|4.0"},
		"select unit_id, job_title_id, period_start_date, planned_heads from raw.workforce_plan order by 1, 3")
}

// What is not whole is refused before anything is read.
func TestWideRefuses(t *testing.T) {
	s := newSite(t)
	for options, want := range map[string]string{
		`wide = { keys = ["Unit"], name = "month" }`:                                            "wide needs keys, name and value",
		`wide = { keys = ["plan"], name = "month", value = "plan" }`:                            "must differ",
		"turn = true\n" + `wide = { keys = ["Unit"], name = "month", value = "plan" }`:          "neither turn nor pivot",
		"format = \"parquet\"\n" + `wide = { keys = ["Unit"], name = "month", value = "plan" }`: "not for parquet",
	} {
		if _, err := s.source(stream("metric_target", "delta", "plan.csv", "", options, wideTarget)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", options, err, want)
		}
	}
	s.write("plan.csv", "Unit\nS\n")
	cfg := stream("metric_target", "delta", "plan.csv", "", `wide = { keys = ["Unit"], name = "month", value = "plan" }`, wideTarget)
	if r := s.sync(cfg); r.Err == nil || !strings.Contains(r.Err.Error(), "there is no column beside Unit") {
		t.Errorf("no month: %v", r.Err)
	}
}
