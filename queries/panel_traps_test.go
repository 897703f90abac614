package queries

import (
	"cmp"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"dials/cmd/dials/worlds"
	"dials/queries/evidence"
)

// Units chosen for being the worst in their last months come back to the mean by
// themselves. The naive before/after sees an effect; the panel must not.
func TestUnitsChosenOnTheDial(t *testing.T) {
	longRun(t)
	claims, naive, errors := 0, 0.0, 0.0
	const runs = 100
	for seed := range uint64(runs) {
		w := world{seed: seed, units: 50, months: 48, aggregation: "mean", sigma: 20, rho: 0.2}
		values := w.values()
		const launch = 34
		order := make([]int, w.units)
		for i := range order {
			order[i] = i
		}
		window := func(i int) float64 { return meanOf(values[i][launch-6:launch], nil) }
		slices.SortFunc(order, func(a, b int) int { return int(math.Copysign(1, window(b)-window(a))) })
		w.starts = map[int]int{}
		for _, i := range order[:10] {
			w.starts[i] = launch
		}
		units, all := w.rows()
		for i := range units {
			if units[i].From != nil {
				units[i].IsChosen, units[i].SelectionFrom, units[i].SelectionTo = true, ptr(w.month(launch-6)), ptr(w.month(launch))
			}
		}
		l := w.link()
		l.Direction = "down"
		p := newPanel(l, units, all)
		s, err := studyPanel(l, p, byRule("choice", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		if half := (launch - 6) / 2; p.from != half || len(p.base()) != half || !s.Trial.Selection.IsMatched || !s.Trial.Selection.IsLeftOut {
			t.Fatalf("base of %d months from %d, %+v", len(p.base()), p.from, s.Trial.Selection)
		}
		naive += *s.Facts.Naive / runs
		errors += s.Trial.Estimate.Value / s.Trial.Estimate.StdErr / runs
		s.Trial.Case, s.Trial.Wanted = found().Case, evidence.Down
		if evidence.Conclude([]evidence.Trial{s.Trial})[0].IsClaim {
			claims++
		}
	}
	if naive > -8 {
		t.Errorf("the naive change is %.1f, the trap is not set", naive)
	}
	if claims > 5 { // 2.5 % of 100 are 2.5
		t.Errorf("%d of %d are credited with what comes by itself", claims, runs)
	}
	// Matched on the months that they are measured from, units come back by half a standard error.
	if math.Abs(errors) > 0.35 { // 3.5 times 1/√100
		t.Errorf("effects are %.2f standard errors off on average", errors)
	}
}

// The same when nobody says that they were chosen: the months before the launch give
// it away. The naive answer is wrong every time.
func TestUnitsChosenInSilence(t *testing.T) {
	longRun(t)
	const runs, launch = 30, 34
	for name, d := range map[string]struct {
		window int
		starts []int
	}{
		"worst half year":      {6, []int{launch}},
		"worst month":          {1, []int{launch}},
		"dip before each wave": {1, []int{28, 31, 34}},
	} {
		t.Run(name, func(t *testing.T) {
			claims := 0
			for seed := range uint64(runs) {
				w := world{seed: 500 + seed, units: 50, months: 48, aggregation: "mean", sigma: 10, rho: 0.4}
				values := w.values()
				w.starts = map[int]int{}
				for _, start := range d.starts {
					var left []int
					for i := range w.units {
						if _, taken := w.starts[i]; !taken {
							left = append(left, i)
						}
					}
					slices.SortFunc(left, func(a, b int) int {
						return cmp.Compare(meanOf(values[a][start-d.window:start], nil), meanOf(values[b][start-d.window:start], nil))
					})
					for _, i := range left[:12/len(d.starts)] {
						w.starts[i] = start
					}
				}
				s := w.study(t, byRule("choice", len(d.starts))...)
				s.Trial.Case = found().Case
				if evidence.Conclude([]evidence.Trial{s.Trial})[0].IsClaim {
					claims++
				}
			}
			t.Logf("%d of %d", claims, runs)
			if claims > 3 {
				t.Errorf("%d of %d are credited with what comes by itself", claims, runs)
			}
		})
	}
}

// A trend of the treated that began before the launch is no effect.
func TestDriftIsNoEffect(t *testing.T) {
	w := world{seed: 4, units: 40, months: 48, aggregation: "mean", starts: starting(12, 12, 30), sigma: 5, trend: 0.3}
	s := w.study(t)
	s.Trial.Case = found().Case
	f := evidence.Conclude([]evidence.Trial{s.Trial})[0]
	if f.Rung > evidence.Interrupted {
		t.Errorf("rung %d in spite of a trend of its own", f.Rung)
	}
}

// Where nothing happened, few are credited, whatever the design.
func TestNothingHappened(t *testing.T) {
	longRun(t)
	runs := 20
	if n, err := strconv.Atoi(os.Getenv("DIALS_RUNS")); err == nil {
		runs = n
	}
	designs := map[string]struct {
		starts map[int]int
		waves  []waveRow
	}{
		"difference": {starting(12, 12, 30), byRule("choice", 1)},
		"roll-out":   {starting(24, 6, 24, 27, 30, 33), byRule("order", 4)},
		"series":     {starting(40, 40, 30), byRule("all", 1)},
		"drawn":      {starting(20, 20, 30), byRule("random", 1)},
		"few":        {starting(2, 2, 30), byRule("choice", 1)},
	}
	for name, d := range designs {
		t.Run(name, func(t *testing.T) {
			claims, covered := 0, 0
			for seed := range uint64(runs) {
				w := world{seed: 5000 + seed, units: 40, months: 48, aggregation: "mean", starts: d.starts, sigma: 6, rho: 0.4, common: 2, season: 3}
				s := w.study(t, d.waves...)
				low, high := s.Trial.Estimate.Interval(0.95)
				if low <= 0 && high >= 0 {
					covered++
				}
				s.Trial.Case = found().Case
				if evidence.Conclude([]evidence.Trial{s.Trial})[0].IsClaim {
					claims++
				}
			}
			t.Logf("%s: %d of %d are credited, %.1f %% of intervals hold 0", name, claims, runs, 100*float64(covered)/float64(runs))
			// 5 % and two Monte Carlo errors
			if limit := 0.05 + 2*math.Sqrt(0.05*0.95/float64(runs)); float64(claims)/float64(runs) > limit {
				t.Errorf("%d of %d are credited with nothing", claims, runs)
			}
			if float64(covered)/float64(runs) < 0.95-3*math.Sqrt(0.05*0.95/float64(runs)) {
				t.Errorf("%d of %d intervals hold 0", covered, runs)
			}
		})
	}
}

// longRun leaves a simulation out of the race run (-short): it counts what comes
// of chance, in one goroutine.
func longRun(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("SKIPPED: a simulation, run by make test")
	}
}

// Where the first wave gains and later ones lose, no average is credited or blamed.
func TestWavesThatOppose(t *testing.T) {
	longRun(t)
	const runs = 30
	wrong := 0
	for seed := range uint64(runs) {
		c := worlds.OfTraps(90000 + seed)
		c.Tactics = slices.DeleteFunc(c.Tactics, func(t *worlds.Tactic) bool { return t.ID != "flipping-average" })
		findings, _, err := judgeWorld(c, 1)
		if err != nil {
			t.Fatal(err)
		}
		if r := findings[0].Result; r == evidence.Moved || r == evidence.MovedAgainst {
			wrong++
		}
	}
	if wrong > 2 {
		t.Errorf("%d of %d mixed effects are told as one", wrong, runs)
	}
}
