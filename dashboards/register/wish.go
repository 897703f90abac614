package register

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Wish is a test as somebody asks for it.
type Wish struct {
	Dial, Tactic string
	EffectPct    float64   // smallest change worth having, in per cent of the level
	Waves        int       // 1: some get it; else all, in so many waves
	SharePct     float64   // of the units that get it, where Waves is 1
	Gap          int       // months between waves
	Units        []string  // empty is all with a past
	UnitType     string    // empty is the most common
	First        time.Time // first day of the first wave
	Seed         string    // empty follows from the rest
}

// A HistoryRow is the dial of one unit in one complete month.
type HistoryRow struct {
	Unit, Name, Type string
	Month            time.Time
	Value            float64
	Size             float64 // 0 where none is known
}

// A Past is what a test would be measured against.
type Past struct {
	Units       []UnitHistory
	First, Last time.Time
	Level       float64 // mean of all units over the last 12 months
	LeftOut     int     // units with gaps
	Type        string
	Types       []string // of units that the dial is observed for
}

// minReporting is the share of the units that a month needs to count.
const minReporting = 0.8

// maxPast bounds the months that are looked at.
const maxPast = 60

// ReadPast lays rows out by unit over the last months in which at least 80 % of the
// units report; units with a gap in them are left out.
func ReadPast(rows []HistoryRow, w Wish) (Past, error) {
	var p Past
	p.Type, p.Types = unitType(rows, w)
	cells := map[string]map[time.Time]float64{}
	names := map[string]HistoryRow{}
	perMonth := map[time.Time]int{}
	for _, r := range rows {
		if r.Type != p.Type || len(w.Units) > 0 && !slices.Contains(w.Units, r.Unit) {
			continue
		}
		if cells[r.Unit] == nil {
			cells[r.Unit] = map[time.Time]float64{}
		}
		cells[r.Unit][r.Month] = r.Value
		names[r.Unit] = r
		perMonth[r.Month]++
		if r.Month.After(p.Last) {
			p.Last = r.Month
		}
	}
	for _, u := range w.Units {
		if cells[u] == nil {
			return p, fmt.Errorf("unit %q: the dial is not observed for it", u)
		}
	}
	if len(cells) < 4 {
		return p, ErrFewUnits
	}
	months := 0
	for m := p.Last; months < maxPast && float64(perMonth[m]) >= minReporting*float64(len(cells)); m = m.AddDate(0, -1, 0) {
		p.First = m
		months++
	}
	if months < 6 {
		return p, ErrFewPast
	}
	p.lay(cells, names, months)
	if len(p.Units) < 4 {
		return p, ErrFewUnits
	}
	return p, nil
}

// lay keeps the units that have every month.
func (p *Past) lay(cells map[string]map[time.Time]float64, names map[string]HistoryRow, months int) {
	sum, n := 0.0, 0.0
	for id, values := range cells {
		u := UnitHistory{ID: id, Name: cmp.Or(names[id].Name, id), Size: names[id].Size}
		for m := p.First; !m.After(p.Last); m = m.AddDate(0, 1, 0) {
			v, ok := values[m]
			if !ok {
				break
			}
			u.Values = append(u.Values, v)
		}
		if len(u.Values) < months {
			p.LeftOut++
			continue
		}
		p.Units = append(p.Units, u)
		for _, v := range u.Values[max(0, months-12):] {
			sum, n = sum+v, n+1
		}
	}
	p.Level = sum / n
	slices.SortFunc(p.Units, func(a, b UnitHistory) int { return strings.Compare(a.ID, b.ID) })
}

// unitType is the type of units that is asked for, or the most common.
func unitType(rows []HistoryRow, w Wish) (string, []string) {
	units := map[string]map[string]bool{}
	for _, r := range rows {
		if units[r.Type] == nil {
			units[r.Type] = map[string]bool{}
		}
		units[r.Type][r.Unit] = true
	}
	var types []string
	for t := range units {
		types = append(types, t)
	}
	slices.SortFunc(types, func(a, b string) int {
		return cmp.Or(-cmp.Compare(len(units[a]), len(units[b])), strings.Compare(a, b))
	})
	switch {
	case w.UnitType != "" || len(types) == 0:
		return w.UnitType, types
	case len(w.Units) > 0:
		for _, t := range types {
			if units[t][w.Units[0]] {
				return t, types
			}
		}
	}
	return types[0], types
}

// TestMonths are the lengths of a test that a plan looks at.
func TestMonths() []int { return []int{3, 6, 12, 18, 24} }

// Ask is the wish as a plan takes it. isFlow says that the dial adds up over units.
func (w Wish) Ask(p Past, isFlow bool) PlanAsk {
	a := PlanAsk{
		Units: p.Units, Relative: isFlow && p.Level > 0, Effect: w.EffectPct / 100, Waves: w.Waves, Share: w.SharePct / 100, Gap: w.Gap,
		Months: TestMonths(), Power: 0.8, Alpha: 0.05, Seed: w.Seed,
	}
	if !a.Relative {
		a.Effect *= math.Abs(p.Level)
	}
	if a.Seed == "" {
		ids := make([]string, len(p.Units))
		for i, u := range p.Units {
			ids[i] = u.ID
		}
		a.Seed = SeedOf(w.Dial, w.Tactic, w.First.Format(time.DateOnly), fmt.Sprint(w.Waves, w.SharePct, w.Gap), strings.Join(ids, ","))
	}
	return a
}

// Check says what is wrong with a wish.
func (w Wish) Check() error {
	switch {
	case w.Dial == "":
		return errors.New("the dial is not said")
	case !(math.Abs(w.EffectPct) > 0) || math.Abs(w.EffectPct) > 1000:
		return errors.New("the smallest change worth having must be a per cent of the level, such as 5")
	case w.Waves < 1 || w.Waves > 12:
		return fmt.Errorf("%d waves: want 1 to 12", w.Waves)
	case w.Waves == 1 && !(w.SharePct > 0 && w.SharePct < 100):
		return fmt.Errorf("%g %% of the units: want more than 0 and less than 100", w.SharePct)
	case w.Waves > 1 && (w.Gap < 1 || w.Gap > 24):
		return fmt.Errorf("%d months between waves: want 1 to 24", w.Gap)
	}
	return nil
}

// ErrLaunched says that a draw would come too late to be one.
var ErrLaunched = errors.New("the first day has begun: an assignment counts as random only if it is logged before")

// Entries are the waves and units of a draw as entries of the register. now is when
// they are logged.
func (w Wish) Entries(a PlanAsk, d Draw, now time.Time) ([]Change, error) {
	if w.Tactic == "" {
		return nil, errors.New("the tactic is not said")
	}
	if !w.First.After(now) {
		return nil, ErrLaunched
	}
	rule := fmt.Sprintf("drawn at random among neighbours in the level of the dial; draw %d of the seed, the first that is even in level, trend and size", d.Tries)
	if !d.IsEven {
		rule = fmt.Sprintf("drawn at random among neighbours in the level of the dial; draw %d of the seed, the most even of %d", d.Tries, maxTries)
	}
	var out []Change
	for n := 1; n <= w.Waves; n++ {
		out = append(out, Change{
			Stream: "tactic_wave", Key: map[string]any{"tactic_id": w.Tactic, "wave": n}, Moments: wave().Moments,
			After: map[string]any{"start_date": StartOf(w.First, n, w.Gap).Format(time.DateOnly), "assigned_by": "random", "order_rule": rule, "seed": d.Seed},
			Note:  "plan of a test",
		})
	}
	for i, u := range a.Units {
		c := Change{
			Stream: "tactic_unit", Key: map[string]any{"tactic_id": w.Tactic, "unit_id": u.ID}, Moments: unit().Moments,
			After: map[string]any{"arm": "control"}, Note: "plan of a test",
		}
		if n := d.Wave[i]; n > 0 {
			c.After["arm"], c.After["wave"] = "treated", n
		}
		out = append(out, c)
	}
	return out, nil
}

// Words say what a wish tests.
func (w Wish) Words() string {
	if w.Waves == 1 {
		return strconv.FormatFloat(math.Round(w.SharePct*10)/10, 'f', -1, 64) + " % of the units get it, the others do not while the test lasts"
	}
	return fmt.Sprintf("all units get it in %d waves, %d months apart, in random order", w.Waves, w.Gap)
}
