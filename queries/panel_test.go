package queries

import (
	"cmp"
	"dials/queries/evidence"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// A world is a simulated dial: units with levels, a season that all share, and
// noise that hangs together; the tactic adds effect from each unit's month on.
type world struct {
	seed          uint64
	units, months int
	aggregation   string      // sum, mean
	starts        map[int]int // unit → first month with the tactic
	effect        float64     // of the mean level 100
	sigma, rho    float64     // of the noise of a unit
	common        float64     // of the noise that all share
	season        float64
	trend         float64 // of treated units alone, per month
}

var firstMonth = time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)

func (w world) month(t int) time.Time { return firstMonth.AddDate(0, t, 0) }

func (w world) values() [][]float64 {
	r := rand.New(rand.NewPCG(w.seed, 99))
	ar := func(sigma float64) []float64 {
		x := make([]float64, w.months)
		for t := range x {
			e := r.NormFloat64() * sigma
			if t == 0 {
				x[t] = e
				continue
			}
			x[t] = w.rho*x[t-1] + math.Sqrt(1-w.rho*w.rho)*e
		}
		return x
	}
	common := ar(w.common)
	y := make([][]float64, w.units)
	for i := range y {
		level := 100 + 10*r.NormFloat64()
		own := ar(w.sigma)
		y[i] = make([]float64, w.months)
		start, treated := w.starts[i]
		for t := range y[i] {
			v := level + common[t] + own[t] + w.season*math.Sin(float64(t)*math.Pi/6)
			if treated {
				v += w.trend * float64(t)
				if t >= start {
					v += w.effect
				}
			}
			y[i][t] = v
		}
	}
	return y
}

func (w world) link() linkRow {
	l := linkRow{
		ID: "L", Tactic: "T", Metric: ptr("m"), TacticName: "Tactic", TacticType: "process", DialName: ptr("Dial"),
		HasGoal: true, HasMetric: true, HasBaseline: true, HasTarget: true, HasOwner: true, HasMechanism: true, HasLag: true,
		IsApproved: true, IsBefore: true, Baseline: ptr(100.), Target: ptr(105.), ReachedPeople: 50, ReachedUnits: 5,
		Direction: "up", UnitAggregation: w.aggregation, TimeAggregation: "mean", LastMonth: ptr(w.month(w.months - 1)),
	}
	for _, s := range w.starts {
		if m := w.month(s); l.Launch == nil || m.Before(*l.Launch) {
			l.Launch, l.LaunchedMonth = &m, &m
		}
	}
	return l
}

func (w world) rows() ([]unitRow, []cellRow) {
	var units []unitRow
	var all []cellRow
	for i, row := range w.values() {
		u := unitRow{Unit: fmt.Sprintf("u%04d", i), Part: "other", Heads: ptr(10.)}
		if s, ok := w.starts[i]; ok {
			u.Part, u.From = "treated", ptr(w.month(s))
		}
		units = append(units, u)
		for t, v := range row {
			all = append(all, cellRow{unit: u.Unit, month: monthNumber(w.month(t)), value: v, weight: 1})
		}
	}
	return units, all
}

func (w world) study(t testing.TB, waves ...waveRow) study {
	t.Helper()
	units, all := w.rows()
	p := newPanel(w.link(), units, all)
	if p == nil {
		t.Fatal("no panel")
	}
	s, err := studyPanel(w.link(), p, waves, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// starting gives the first n units their start, k units a date.
func starting(n, k int, dates ...int) map[int]int {
	m := map[int]int{}
	for i := range n {
		m[i] = dates[min(i/k, len(dates)-1)]
	}
	return m
}

func byRule(by string, n int) []waveRow {
	var out []waveRow
	for i := range n {
		out = append(out, waveRow{Wave: int64(i + 1), Start: firstMonth, AssignedBy: by, AssignedAt: ptr(firstMonth)})
	}
	return out
}

func TestDesignsFindWhatWasPlanted(t *testing.T) {
	plain := world{seed: 5, units: 40, months: 48, aggregation: "mean", effect: 5, sigma: 5, rho: 0.3, common: 1, season: 3}
	with := func(f func(*world)) world {
		w := plain
		f(&w)
		return w
	}
	tests := []struct {
		name   string
		w      world
		waves  []waveRow
		design evidence.Design
		rung   evidence.Rung
	}{
		{"one date", with(func(w *world) { w.starts = starting(12, 12, 30) }), byRule("choice", 1), evidence.Difference, evidence.Compared},
		{"waves", with(func(w *world) { w.starts = starting(20, 5, 24, 27, 30, 33) }), byRule("order", 4), evidence.RollOut, evidence.Staggered},
		{"chosen waves", with(func(w *world) { w.starts = starting(20, 5, 24, 27, 30, 33) }), byRule("choice", 4), evidence.RollOut, evidence.Compared},
		{"everybody", with(func(w *world) { w.starts = starting(40, 40, 30) }), byRule("all", 1), evidence.Series, evidence.Interrupted},
		{"two units", with(func(w *world) { w.starts, w.effect, w.sigma = starting(2, 2, 30), 15, 3 }), byRule("choice", 1), evidence.Synthetic, evidence.Compared},
		{"units at random", with(func(w *world) { w.starts = starting(20, 20, 30) }), byRule("random", 1), evidence.Experiment, evidence.Randomised},
		{"dates at random", with(func(w *world) { w.starts = starting(24, 8, 24, 28, 32) }), byRule("random", 3), evidence.RollOut, evidence.Randomised},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.w.study(t, tt.waves...)
			e := s.Trial.Estimate
			if s.Trial.Design != tt.design || math.Abs(e.Value-tt.w.effect) > 4*e.StdErr {
				t.Errorf("%s: %.3g ± %.3g, want %s and %v", s.Trial.Design, e.Value, e.StdErr, tt.design, tt.w.effect)
			}
			s.Trial.Case = found().Case
			f := evidence.Conclude([]evidence.Trial{s.Trial})[0]
			if f.Rung != tt.rung || f.Result != evidence.Moved {
				t.Errorf("rung %d, %s; missing %v", f.Rung, f.Result, f.Missing)
			}
			if s.Facts.Counterfactual == nil || math.Abs(*s.Facts.Observed-*s.Facts.Counterfactual-e.Value) > 1e-9 {
				t.Error("observed less what would have been is not the effect")
			}
			if !slices.ContainsFunc(s.points, func(p point) bool { return p.Kind == "path" && p.Value != nil && p.Other != nil }) {
				t.Error("no curve of what would have been")
			}
		})
	}
}

func found() evidence.Trial {
	return evidence.Trial{Case: evidence.Case{
		Link: evidence.Link{
			Exists: true, IsApproved: true, HasGoal: true, HasMetric: true, HasBaseline: true, HasTarget: true,
			HasOwner: true, HasMechanism: true, HasLag: true, IsRegisteredBeforeLaunch: true,
		},
		IsLaunched: true, IsDelivered: true, Change: evidence.Change{Known: true, Reporting: 1},
	}}
}

func TestFlowsAreInLogs(t *testing.T) {
	w := world{seed: 2, units: 40, months: 40, aggregation: "sum", starts: starting(15, 15, 28), effect: 10, sigma: 3}
	s := w.study(t)
	if s.Facts.Scale != scaleLog || math.Abs(s.Trial.Estimate.Value-math.Log(1.1)) > 4*s.Trial.Estimate.StdErr {
		t.Errorf("%s: %+v", s.Facts.Scale, s.Trial.Estimate)
	}
	if want := math.Log(1.05); math.Abs(s.Trial.Worth-want) > 1e-12 {
		t.Errorf("worth %v, want %v", s.Trial.Worth, want)
	}
	_, metric := s.Facts.converters()
	if v := metric(s.Trial.Estimate.Value); math.Abs(*v-10) > 1.5 {
		t.Errorf("%v a unit and month, want about 10", *v)
	}
}

// Units chosen for being the worst in their last months come back to the mean by
// themselves. The naive before/after sees an effect; the panel must not.
func TestUnitsChosenOnTheDial(t *testing.T) {
	claims, naive := 0, 0.0
	const runs = 30
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
		if len(p.base()) != launch-6 || !s.Trial.Selection.IsMatched || !s.Trial.Selection.IsLeftOut {
			t.Fatalf("base of %d months, %+v", len(p.base()), s.Trial.Selection)
		}
		naive += *s.Facts.Naive / runs
		s.Trial.Case, s.Trial.Wanted = found().Case, evidence.Down
		if evidence.Conclude([]evidence.Trial{s.Trial})[0].IsClaim {
			claims++
		}
	}
	if naive > -8 {
		t.Errorf("the naive change is %.1f, the trap is not set", naive)
	}
	if claims > 3 { // 2.5 % of 30 are 0.75
		t.Errorf("%d of %d are credited with what comes by itself", claims, runs)
	}
}

// The same when nobody says that they were chosen: the months before the launch give
// it away. The naive answer is wrong every time.
func TestUnitsChosenInSilence(t *testing.T) {
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

func TestPanelLeavesOutGaps(t *testing.T) {
	w := world{seed: 1, units: 20, months: 30, aggregation: "mean", starts: starting(8, 8, 20), sigma: 2}
	units, all := w.rows()
	missing := func(n int) []cellRow {
		return slices.DeleteFunc(slices.Clone(all), func(c cellRow) bool {
			for i := range n {
				if c.unit == units[19-i].Unit && c.month == monthNumber(w.month(25)) {
					return true
				}
			}
			return false
		})
	}
	for _, tt := range []struct {
		lost int
		want float64
	}{{0, 1}, {1, 0.95}, {4, 0.8}, {5, 0.75}} {
		p := newPanel(w.link(), units, missing(tt.lost))
		if p.reporting != tt.want || len(p.units) != 20-tt.lost || p.lost[1] != tt.lost {
			t.Errorf("%d lost: reporting %v, %d units, lost %v", tt.lost, p.reporting, len(p.units), p.lost)
		}
	}
	// months before the first that most units report are not looked at
	late := slices.DeleteFunc(slices.Clone(all), func(c cellRow) bool { return c.month < monthNumber(w.month(6)) && c.unit < "u0010" })
	if p := newPanel(w.link(), units, late); !p.months[0].Equal(w.month(6)) || p.launch != 14 {
		t.Errorf("starts in %v", p.months[0])
	}
	if newPanel(w.link(), units, nil) != nil {
		t.Error("a panel of nothing")
	}
}

func TestChoose(t *testing.T) {
	base := world{seed: 1, units: 40, months: 40, aggregation: "mean", sigma: 2}
	tests := []struct {
		name     string
		starts   map[int]int
		units    int
		waves    []waveRow
		override string
		want     evidence.Design
	}{
		{"one date", starting(10, 10, 30), 40, nil, "", evidence.Difference},
		{"override", starting(10, 10, 30), 40, nil, "its", evidence.Series},
		{"override that cannot be", starting(10, 10, 30), 40, nil, "staggered", evidence.Difference},
		{"4 units", starting(4, 4, 30), 40, nil, "", evidence.Synthetic},
		{"4 units, little before", starting(4, 4, 8), 40, nil, "", evidence.Difference},
		{"4 units, 9 others", starting(4, 4, 30), 13, nil, "", evidence.Difference},
		{"two dates", starting(10, 5, 28, 32), 40, nil, "", evidence.RollOut},
		{"all, three dates", starting(12, 4, 20, 24, 28), 12, nil, "", evidence.RollOut},
		{"all, one date", starting(12, 12, 20), 12, nil, "", evidence.Series},
		{"drawn", starting(10, 10, 30), 40, byRule("random", 1), "", evidence.Experiment},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := base
			w.starts, w.units = tt.starts, tt.units
			units, all := w.rows()
			l := w.link()
			if tt.override != "" {
				l.Override = &tt.override
			}
			c := choose(l, newPanel(l, units, all), tt.waves)
			if c.design != tt.want || c.rule == "" || slices.Contains(c.runnersUp, string(c.design)) {
				t.Errorf("got %+v, want %s", c, tt.want)
			}
			if c.overridden != (tt.name == "override") {
				t.Errorf("overridden is %v", c.overridden)
			}
		})
	}
}

func TestRivalsOf(t *testing.T) {
	w := world{seed: 1, units: 20, months: 30, aggregation: "mean", starts: starting(10, 10, 20), sigma: 2}
	units, all := w.rows()
	p := newPanel(w.link(), units, all)
	rival := func(unit, from int, to *time.Time) rivalRow {
		return rivalRow{ID: "r", Name: "Rival", Unit: units[unit].Unit, From: w.month(from), To: to, IsIndependent: true}
	}
	got := rivalsOf(p, []rivalRow{rival(0, 25, nil), rival(1, 5, nil), rival(12, 29, nil), rival(2, 30, nil), rival(3, 2, ptr(w.month(20)))}, false)
	if len(got) != 1 || got[0].Treated != 0.2 || got[0].Comparison != 0.1 {
		t.Errorf("%+v", got)
	}
	got = rivalsOf(p, []rivalRow{rival(0, 10, nil)}, true)
	if len(got) != 1 || got[0].Treated != 0.1 || got[0].Comparison != 0.05 { // half of the 20 months before
		t.Errorf("of a series: %+v", got)
	}
}

func pilotRows(treated, control, leftTreated, leftControl int64) []pilotRow {
	from := firstMonth.AddDate(0, 20, 0)
	row := func(arm string, n int64, month *int64, tenure float64) pilotRow {
		r := pilotRow{Arm: arm, IsKnown: true, People: n, LeftInMonth: month, Months: 12, From: from, Until: from.AddDate(0, 12, 0), Tenure: &tenure}
		if month != nil {
			r.Leavers = n
		}
		return r
	}
	var rows []pilotRow
	for _, arm := range []struct {
		name    string
		n, left int64
	}{{"control", control, leftControl}, {"treated", treated, leftTreated}} {
		rows = append(rows, row(arm.name, (arm.n-arm.left)/2, nil, 1.5), row(arm.name, arm.n-arm.left-(arm.n-arm.left)/2, nil, 7.5),
			row(arm.name, arm.left, ptr(int64(3)), 3.5))
	}
	return rows
}

func TestStudyPilot(t *testing.T) {
	l := linkRow{ID: "L", Metric: ptr("m"), Baseline: ptr(0.18), Target: ptr(0.126), Direction: "down"}
	wave := byRule("random", 1)
	wave[0].Start, wave[0].AssignedAt = firstMonth.AddDate(0, 20, 0), ptr(firstMonth)
	rows := pilotRows(200, 2300, 17, 370)
	s, err := studyPilot(l, rows, wave, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := 17./200 - 370./2300
	if e := s.Trial.Estimate; math.Abs(e.Value-want) > 0.02 || e.P > 0.01 {
		t.Errorf("%+v, want about %v", e, want)
	}
	if got := s.Trial.Random.Treated.Assigned; got != 200 {
		t.Errorf("%d in the arm", got)
	}
	s.Trial.Case, s.Trial.Wanted = found().Case, evidence.Down
	if f := evidence.Conclude([]evidence.Trial{s.Trial})[0]; f.Rung != evidence.Randomised || !f.IsClaim {
		t.Errorf("rung %d, %s, %v", f.Rung, f.Result, f.Missing)
	}
	rows[0].IsKnown, rows[4].IsKnown = false, false
	s, err = studyPilot(l, rows, wave, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Trial.Random; r.Treated.Unknown == 0 || r.Treated.Assigned != 200 {
		t.Errorf("%+v", r)
	}
	if _, err := studyPilot(l, rows, byRule("choice", 1), nil); err == nil {
		t.Error("people who were chosen are an experiment")
	}
	if _, err := studyPilot(l, rows, nil, nil); err == nil {
		t.Error("people of whom nobody says how they were assigned are an experiment")
	}
}

func TestOmnibus(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	n := 200
	x, z, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], z[i] = r.NormFloat64(), r.NormFloat64()
		y[i] = x[i] + r.NormFloat64()
	}
	if p := omnibus(y, [][]float64{x, z}); p > 0.002 {
		t.Errorf("a strong tie has p %v", p)
	}
	if p := omnibus(z, [][]float64{x, x}); p < 0.01 {
		t.Errorf("no tie has p %v", p)
	}
	if p := omnibus(y, [][]float64{make([]float64, n)}); p != 1 {
		t.Errorf("a constant has p %v", p)
	}
}

// Where nothing happened, few are credited, whatever the design.
func TestNothingHappened(t *testing.T) {
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
			t.Parallel()
			claims, covered := 0, 0
			for seed := range uint64(runs) {
				w := world{seed: 1000 + seed, units: 40, months: 48, aggregation: "mean", starts: d.starts, sigma: 6, rho: 0.4, common: 2, season: 3}
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
