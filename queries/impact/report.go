package impact

import (
	"maps"
	"math"
	"slices"
)

// Kinds of [Effect].
const (
	KindGroupTime   = "group-time"
	KindEvent       = "event"
	KindGroup       = "group"
	KindCalendar    = "calendar"
	KindCoefficient = "coefficient"
	KindPlacebo     = "placebo"
	KindCohort      = "cohort"
)

// A Report is everything one analysis says. What does not apply is absent from
// its JSON: counts of 0, NaN, empty lists.
type Report struct {
	Design     string
	Estimand   string
	Obs        int
	Units      int
	Treated    int
	Control    int
	Periods    int
	Clusters   int
	Effect     *Estimate
	Effects    []Effect
	Aggregates map[string]Estimate // simple, event, group, calendar
	Weights    []Weight
	Checks     []Check
	MDE        float64 // minimum detectable effect at 80 % power; 0 where unknown
	Settings   map[string]any
	Warnings   []string
	Data       Data
}

// An Effect is one of the effects that a design lists: a coefficient, a cell, an
// event time. Group, Time and EventTime are NaN where they do not apply.
type Effect struct {
	Kind      string
	Name      string
	Group     float64
	Time      float64
	EventTime float64
	Estimate  Estimate
	Weight    float64        // its weight in the headline effect; NaN where unknown
	BandLo    float64        // simultaneous band, NaN where there is none
	BandHi    float64        //
	Extra     map[string]any // what one design adds, under its own names
}

// A Weight is how much a unit, a period or a comparison counts.
type Weight struct {
	Kind   string  `json:"kind"` // unit, time, bacon, imputation
	Name   string  `json:"name"`
	Weight float64 `json:"weight"`
	// Estimate is the estimate that the weight multiplies, NaN where there is none.
	Estimate float64 `json:"-"`
}

// A Check is one question put to the data, and its answer.
type Check struct {
	Name      string
	Statistic float64
	DF        float64
	P         float64
	Passed    bool
	Note      string
	Lo, Hi    float64 // the interval of a sensitivity check
}

// Data says what was read and what was left out, and why.
type Data struct {
	SHA256   string
	RowsRead int
	RowsUsed int
	Dropped  map[string]int
}

// drop counts n rows left out for a reason.
func (d *Data) drop(reason string, n int) {
	if n == 0 {
		return
	}
	if d.Dropped == nil {
		d.Dropped = map[string]int{}
	}
	d.Dropped[reason] += n
}

// newEffect is an effect of a kind without a place in group or time.
func newEffect(kind, name string, e Estimate) Effect {
	nan := math.NaN()
	return Effect{Kind: kind, Name: name, Group: nan, Time: nan, EventTime: nan, Estimate: e, Weight: nan, BandLo: nan, BandHi: nan}
}

// MarshalJSON writes the report under the names of the command's JSON.
func (r Report) MarshalJSON() ([]byte, error) {
	fields := []field{
		{"design", r.Design},
		{"estimand", r.Estimand},
		{"n_obs", count(r.Obs)},
		{"n_units", count(r.Units)},
		{"n_treated", count(r.Treated)},
		{"n_control", count(r.Control)},
		{"n_periods", count(r.Periods)},
		{"n_clusters", count(r.Clusters)},
	}
	if r.Effect != nil {
		fields = append(fields, field{"effect", *r.Effect})
	}
	if len(r.Effects) > 0 {
		fields = append(fields, field{"effects", r.Effects})
	}
	if len(r.Aggregates) > 0 {
		fields = append(fields, field{"aggregates", r.Aggregates})
	}
	if len(r.Weights) > 0 {
		fields = append(fields, field{"weights", r.Weights})
	}
	if len(r.Checks) > 0 {
		fields = append(fields, field{"checks", r.Checks})
	}
	if r.MDE != 0 {
		fields = append(fields, field{"mde", r.MDE})
	}
	if len(r.Settings) > 0 {
		known := map[string]any{} // without NaN and infinities, which JSON cannot hold
		for k, v := range r.Settings {
			if x, ok := v.(float64); !ok || !math.IsNaN(x) && !math.IsInf(x, 0) {
				known[k] = v
			}
		}
		fields = append(fields, field{"settings", known})
	}
	if len(r.Warnings) > 0 {
		fields = append(fields, field{"warnings", r.Warnings})
	}
	return marshalFields(append(fields, field{"data", r.Data}))
}

// MarshalJSON writes the effect with its estimate's parts beside its own.
func (e Effect) MarshalJSON() ([]byte, error) {
	fields := []field{
		{"kind", e.Kind}, {"name", e.Name}, {"group", e.Group}, {"time", e.Time}, {"event_time", e.EventTime},
	}
	fields = append(fields, e.Estimate.fields()...)
	fields = append(fields, field{"weight", e.Weight}, field{"band_low", e.BandLo}, field{"band_high", e.BandHi})
	for _, k := range slices.Sorted(maps.Keys(e.Extra)) {
		fields = append(fields, field{k, e.Extra[k]})
	}
	return marshalFields(fields)
}

// MarshalJSON writes the weight, and the estimate it multiplies where there is one.
func (w Weight) MarshalJSON() ([]byte, error) {
	fields := []field{{"kind", w.Kind}, {"name", w.Name}, {"weight", w.Weight}}
	if w.Estimate != 0 {
		fields = append(fields, field{"estimate", w.Estimate})
	}
	return marshalFields(fields)
}

// MarshalJSON writes the parts of the check that are known.
func (c Check) MarshalJSON() ([]byte, error) {
	fields := []field{{"check", c.Name}, {"statistic", c.Statistic}, {"df", c.DF}, {"p_value", c.P}, {"passed", c.Passed}, {"note", c.Note}}
	if c.Lo != 0 || c.Hi != 0 {
		fields = append(fields, field{"ci_low", c.Lo}, field{"ci_high", c.Hi})
	}
	return marshalFields(fields)
}

// MarshalJSON writes what was read, used and dropped.
func (d Data) MarshalJSON() ([]byte, error) {
	fields := []field{{"sha256", d.SHA256}, {"rows_read", d.RowsRead}, {"rows_used", d.RowsUsed}}
	if len(d.Dropped) > 0 {
		fields = append(fields, field{"dropped", d.Dropped})
	}
	return marshalFields(fields)
}

// count is n, or absent where n is 0.
func count(n int) any {
	if n == 0 {
		return nil
	}
	return n
}
