package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dials/cmd/dials/demo"
	"dials/dashboards"
)

// The panel that the page hands out and the command beside it give the number that
// the verdict rests on, to the last digit that matters.
func TestPanelRepeatsTheEstimate(t *testing.T) {
	if testing.Short() {
		t.Skip("loads a company")
	}
	dir, ctx := t.TempDir(), t.Context()
	if err := demo.Write(ctx, demo.Options{Dir: dir, Employees: 2500, Months: 48, Seed: 1}, nil); err != nil {
		t.Fatal(err)
	}
	cfg, err := readConfig(filepath.Join(dir, "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := openLocal(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Sync(ctx, syncRequest{Sources: []string{"hris", "payroll_de", "payroll_uk", "strategy", "performance", "register"}}, nil); err != nil {
		t.Fatal(err)
	}
	app, err := dashboards.New(dashboards.Options{DB: l.w.DB(), Company: cfg.Company, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := l.w.DB().QueryContext(ctx, "select tactic_link_id, command, effect, std_error, is_people, design from marts.evidence where effect is not null order by 1")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	repeated := 0
	for rows.Next() {
		var link, design string
		var command *string
		var effect, se float64
		var people bool
		if err := rows.Scan(&link, &command, &effect, &se, &people, &design); err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequestWithContext(ctx, "GET", "/impact/panel.csv?link="+url.QueryEscape(link), nil)
		req.Host = "127.0.0.1:8080"
		resp, err := app.Test(req, 60_000)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if people {
			if resp.StatusCode == 200 && bytes.Count(text, []byte("\n")) != 3 {
				t.Errorf("%s: more than the counts of two arms leave: %s", link, text)
			}
			continue
		}
		if resp.StatusCode != 200 || command == nil {
			t.Errorf("%s: %d, %.200s", link, resp.StatusCode, text)
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "panel.csv"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := estimated(t, dir, *command, design)
		if err != nil {
			t.Errorf("%s: %s: %v", link, *command, err)
			continue
		}
		if math.Abs(got-effect) > 1e-9*math.Max(1, math.Abs(effect)) {
			t.Errorf("%s: %s gives %v, the verdict rests on %v", link, *command, got, effect)
		}
		repeated++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if repeated < 4 {
		t.Errorf("%d estimates were repeated", repeated)
	}
}

// estimated runs a command of the page on panel.csv in dir.
func estimated(t *testing.T, dir, command, design string) (float64, error) {
	t.Helper()
	args := strings.Fields(command)[1:]
	args[len(args)-1] = filepath.Join(dir, "panel.csv")
	var out, errs bytes.Buffer
	root := newRoot(&out, &errs)
	root.SetArgs(append(args, "--format", "json"))
	if err := root.ExecuteContext(t.Context()); err != nil {
		return 0, err
	}
	var r struct {
		Effect  *struct{ Estimate float64 }
		Effects []struct {
			Name     string
			Estimate float64
		}
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return 0, err
	}
	if design == "its" {
		for _, e := range r.Effects {
			if e.Name == "average effect" {
				return e.Estimate, nil
			}
		}
	}
	if r.Effect == nil {
		return 0, fmt.Errorf("no effect in %s", out.String())
	}
	return r.Effect.Estimate, nil
}
