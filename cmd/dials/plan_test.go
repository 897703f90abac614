package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dials/dashboards/register"
)

const planConfig = `
[company]
name = "Planned"
currency = "EUR"
timezone = "UTC"

[[source]]
name = "files"
kind = "file"
%s`

// planStream is one file of the company that plans.
func planStream(target string) string {
	return fmt.Sprintf(`
[[source.stream]]
name = %[1]q
target = %[1]q
delivery = "snapshot"
[source.stream.options]
path = "%[1]s.csv"
`, target)
}

// A test that is planned and drawn with "dials plan" before its launch is judged as
// the experiment that it was.
func TestPlanEarnsRung6(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC()
	this := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	launch := this.AddDate(0, 2, 0)
	streams := ""
	for _, s := range []string{"org_unit", "metric", "goal", "metric_observation"} {
		streams += planStream(s)
	}
	write("config.toml", fmt.Sprintf(planConfig, streams))
	const units = 24
	lines := []string{"unit_id,name,unit_type,valid_from,valid_to"}
	for i := range units {
		lines = append(lines, fmt.Sprintf("U%02d,Desk %d,desk,2020-01-01,", i, i))
	}
	write("org_unit.csv", strings.Join(lines, "\n"))
	write("metric.csv", "metric_id,name,direction,unit_aggregation,time_aggregation,base_grain,owner_name,unit_of_measure,valid_from,valid_to\nwait,Waiting time,down,mean,mean,month,Service director,min,2020-01-01,\n")
	write("goal.csv", "goal_id,name,level,valid_from,valid_to\ng,Wait less,strategic,2020-01-01,\n")
	observe := func(until time.Time, treated map[string]bool) {
		random := rand.New(rand.NewPCG(5, 5))
		lines := []string{"metric_id,unit_id,period_start_date,value,is_complete"}
		for m := this.AddDate(0, -30, 0); m.Before(until); m = m.AddDate(0, 1, 0) {
			for i := range units {
				v := 20 + float64(i%7) + 0.5*random.NormFloat64()
				if id := fmt.Sprintf("U%02d", i); treated[id] && !m.Before(launch) {
					v -= 2
				}
				lines = append(lines, fmt.Sprintf("wait,U%02d,%s,%.3f,true", i, m.Format(time.DateOnly), v))
			}
		}
		write("metric_observation.csv", strings.Join(lines, "\n"))
	}
	observe(this, nil)

	cfg, err := readConfig(filepath.Join(dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	l, err := openLocal(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	load := func() {
		t.Helper()
		result, err := l.Sync(ctx, syncRequest{}, nil)
		if err == nil {
			err = syncError(result)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	load()
	enter := func(stream string, key, after map[string]any) {
		t.Helper()
		e, _ := register.Find(stream)
		if err := l.keepRegister(ctx, []register.Change{{Stream: stream, Key: key, After: after, Who: "test", Moments: e.Moments}}); err != nil {
			t.Fatal(err)
		}
	}
	enter("tactic", map[string]any{"tactic_id": "hub"}, map[string]any{"name": "One hub", "tactic_type": "reorganisation", "launched_date": launch.Format(time.DateOnly)})
	enter("tactic_link", map[string]any{"tactic_link_id": "hub-wait"}, map[string]any{
		"tactic_id": "hub", "metric_id": "wait", "goal_id": "g", "mechanism": "specialists", "baseline": 23, "target": 22, "target_date": launch.AddDate(1, 0, 0).Format(time.DateOnly),
		"business_owner_id": "Service director", "expected_lag_months": 0, "approved_at": now.Format("2006-01-02 15:04:05"),
	})
	plan, err := l.Plan(ctx, planRequest{Dial: "wait", Tactic: "hub", Effect: 5, Waves: 1, Share: 50, Gap: 3, First: launch.Format(time.DateOnly), Register: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !plan.Registered || plan.Months == 0 || len(plan.Assignment) != units {
		t.Fatalf("%+v", plan)
	}
	if _, err := l.Plan(ctx, planRequest{Dial: "wait", Tactic: "hub", Effect: 5, Waves: 1, Share: 50, First: launch.Format(time.DateOnly), Register: true}, nil); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second draw: %v", err)
	}
	treated := map[string]bool{}
	for _, u := range plan.Assignment {
		treated[u.Unit] = u.Wave == 1
	}
	observe(launch.AddDate(0, 8, 0), treated)
	load()
	var rung int
	var result, settings string
	var low, high float64
	err = l.w.DB().QueryRowContext(ctx, "select rung, result, low, high, settings::varchar from marts.evidence where tactic_id = 'hub'").Scan(&rung, &result, &low, &high, &settings)
	if err != nil {
		t.Fatal(err)
	}
	if rung != 6 || result != "moved as wanted" || low > -2 || high < -2 {
		t.Errorf("rung %d, %s, %.2f to %.2f", rung, result, low, high)
	}
	var wave struct {
		Seed string `json:"seed"`
	}
	var after string
	if err := l.w.DB().QueryRowContext(ctx, "select after::varchar from marts.register_changes where stream = 'tactic_wave'").Scan(&after); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(after), &wave); err != nil || wave.Seed != plan.Seed {
		t.Errorf("the register holds %s, the plan has seed %s", after, plan.Seed)
	}
}

func TestPlanRefusesThePast(t *testing.T) {
	for _, req := range []planRequest{
		{Dial: "", Effect: 5, Waves: 1, Share: 50},
		{Dial: "d", Effect: 0, Waves: 1, Share: 50},
		{Dial: "d", Effect: 5, Waves: 1, Share: 100},
		{Dial: "d", Effect: 5, Waves: 3},
		{Dial: "d", Effect: 5, Waves: 1, Share: 50, First: "soon"},
	} {
		if _, err := req.wish(time.Unix(0, 0)); err == nil {
			t.Errorf("%+v: no error", req)
		}
	}
	w, err := planRequest{Dial: "d", Tactic: "t", Effect: 5, Waves: 1, Share: 50, First: "2026-01-01"}.wish(time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Entries(register.PlanAsk{}, register.Draw{}, w.First); err == nil {
		t.Error("a draw on the first day counts as logged before it")
	}
}
