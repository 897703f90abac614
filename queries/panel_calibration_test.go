package queries

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"

	"dials/cmd/dials/worlds"
	"dials/queries/calibration"
	"dials/queries/evidence"
)

// judgeWorld judges the first links dials of each tactic of a company from its panels.
// It skips the path from source files to marts, which "dials calibrate" takes and
// TestCalibrate of cmd/dials with it: that takes 100 companies beyond a test's time.
func judgeWorld(c *worlds.Company, dials int) ([]evidence.Finding, []evidence.Trial, error) {
	w := world{}
	var trials []evidence.Trial
	for _, t := range c.Tactics {
		for k, id := range t.Dials[:dials] {
			var d *worlds.Dial
			for _, x := range c.Dials {
				if x.ID == id {
					d = x
				}
			}
			var units []unitRow
			var all []cellRow
			seen := map[int]bool{}
			for i := range d.Points {
				u := unitRow{Unit: fmt.Sprintf("U%02d", i), Part: "other"}
				start := t.All
				if t.Starts != nil {
					start = t.Starts[i]
				}
				if start >= 0 {
					u.Part, u.From = "treated", ptr(w.month(start))
					seen[start] = true
				}
				if t.To > 0 && start >= 0 {
					u.IsChosen, u.SelectionFrom, u.SelectionTo = true, ptr(w.month(t.From)), ptr(w.month(t.To))
				}
				units = append(units, u)
				for m := range worlds.Months {
					if v, n := d.Value(i, m); !math.IsNaN(v) {
						all = append(all, cellRow{unit: u.Unit, month: monthNumber(w.month(m)), value: v, weight: max(1, n)})
					}
				}
			}
			l := world{aggregation: string(d.Form), months: worlds.Months}.link()
			l.Target = ptr(worlds.Level + t.Worth[k])
			s, err := studyPanel(l, newPanel(l, units, all), byRule(t.AssignedBy, len(seen)), nil)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", id, err)
			}
			s.Trial.Case = found().Case
			trials = append(trials, s.Trial)
		}
	}
	return evidence.Conclude(trials), trials, nil
}

// 100 companies in which nothing works: few hold a claim, and intervals hold 0.
func TestCalibration(t *testing.T) {
	longRun(t)
	const companies = 100
	tally := calibration.NewTally(worlds.Designs()...)
	var mu sync.Mutex
	var wg sync.WaitGroup
	next := make(chan uint64, companies)
	for i := range uint64(companies) {
		next <- i
	}
	close(next)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range next {
				c := worlds.Of(700+seed, worlds.Plan{
					Effect: func(string, int) float64 { return 0 }, Worth: func(string, int) float64 { return 12 },
				})
				findings, trials, err := judgeWorld(c, 1)
				if err != nil {
					t.Error(err)
					return
				}
				var company calibration.Company
				for i, f := range findings {
					v := calibration.Verdict{
						Design: worlds.Designs()[i], Rung: int(f.Rung), Result: string(f.Result), IsClaim: f.IsClaim, HasInterval: f.HasInterval,
						Low: f.Low, High: f.High, Tests: f.Tests, Rejected: f.Rejected,
					}
					if e := trials[i].Estimate; e != nil {
						v.Effect, v.StdErr, v.DF = e.Value, e.StdErr, e.DF
					}
					company.Verdicts = append(company.Verdicts, v)
				}
				mu.Lock()
				tally.Nothing(company, true)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	table := tally.Table()
	// three Monte Carlo errors beyond the targets
	beyond := func(s calibration.Share, target float64) bool {
		return s.Rate() > target+3*math.Sqrt(target*(1-target)/float64(max(1, s.Of)))
	}
	if beyond(table.Company, 0.05) {
		t.Errorf("%d of %d companies in which nothing works hold a claim", table.Company.Count, table.Company.Of)
	}
	for _, d := range table.Designs {
		t.Logf("%s: %d of %d claims, %d of %d cannot tell, %d of %d covered", d.Name, d.FalseClaims.Count, d.FalseClaims.Of, d.CannotTell.Count, d.CannotTell.Of, d.Covered.Count, d.Covered.Of)
		if beyond(d.FalseClaims, 0.05) || beyond(d.CannotTell, 0.10) {
			t.Errorf("%s: %+v false claims, %+v cannot tell", d.Name, d.FalseClaims, d.CannotTell)
		}
		if missed := (calibration.Share{Count: d.Covered.Of - d.Covered.Count, Of: d.Covered.Of}); beyond(missed, 0.05) {
			t.Errorf("%s: %d of %d intervals hold 0", d.Name, d.Covered.Count, d.Covered.Of)
		}
	}
}

// A company that works is told from one that does not.
func TestCalibrationFinds(t *testing.T) {
	plan := worlds.Plan{
		Effect: func(design string, _ int) float64 {
			if design == worlds.Drawn || design == worlds.Order {
				return 9
			}
			return 0
		},
		Worth: func(string, int) float64 { return 12 },
	}
	findings, _, err := judgeWorld(worlds.Of(5, plan), 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range findings {
		design := worlds.Designs()[i]
		if works := design == worlds.Drawn || design == worlds.Order; f.IsClaim != works {
			t.Errorf("%s: claim %v, %s on rung %d", design, f.IsClaim, f.Result, f.Rung)
		}
	}
}
