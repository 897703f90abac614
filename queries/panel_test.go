package queries

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dials/queries/evidence"
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
		IsApproved: true, IsBefore: true, Baseline: ptr(100.), Target: ptr(105.), Completed: 50, Changed: 5,
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
		{"everybody in waves", with(func(w *world) { w.starts, w.units = starting(24, 6, 24, 28, 32, 36), 24 }), byRule("order", 4), evidence.RollOut, evidence.Staggered},
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

// A shock that all units share at the launch is no effect where there is one other
// unit, and the tactic's own is found beside it.
func TestOneSeriesBesideAnother(t *testing.T) {
	shocked := func(effect float64) study {
		w := world{seed: 6, units: 2, months: 48, aggregation: "mean", starts: starting(1, 1, 30), effect: effect, sigma: 2, rho: 0.2, common: 4, season: 4}
		units, all := w.rows()
		for i := range all {
			if all[i].month >= monthNumber(w.month(30)) {
				all[i].value += 25
			}
		}
		s, err := studyPanel(w.link(), newPanel(w.link(), units, all), byRule("choice", 1), nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	none, ten := shocked(0), shocked(10)
	if e := none.Trial.Estimate; e.P < 0.05 || math.Abs(e.Value) > 4*e.StdErr {
		t.Errorf("nothing: %+v", e)
	}
	if e := ten.Trial.Estimate; math.Abs(e.Value-none.Trial.Estimate.Value-10) > 1e-6 {
		t.Errorf("an effect of 10 adds %v", e.Value-none.Trial.Estimate.Value)
	}
	if ten.Facts.Settings["comparison"] != columnBeside || !strings.Contains(ten.Facts.Command, "--comparison comparison") {
		t.Errorf("%v, %s", ten.Facts.Settings, ten.Facts.Command)
	}
	ten.Trial.Case = found().Case
	if f := evidence.Conclude([]evidence.Trial{ten.Trial})[0]; f.Rung != evidence.Interrupted {
		t.Errorf("rung %d, %v", f.Rung, f.Missing)
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
		{"4 units, 9 others", starting(4, 4, 30), 13, nil, "", evidence.Series},
		{"4 units, 9 others, little before", starting(4, 4, 8), 13, nil, "", evidence.Difference},
		{"1 unit, 1 other", starting(1, 1, 30), 2, nil, "", evidence.Series},
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
