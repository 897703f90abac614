package dashboards

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// grace is how long after its planned run a source may still be loading.
const grace = time.Hour

// A sourceRow is one source and how it last fared.
type sourceRow struct {
	Source        string     `db:"source"`
	Kind          *string    `db:"kind"`
	Schedule      *string    `db:"schedule"`
	LastSuccessAt *time.Time `db:"last_success_at"`
	LastStatus    *string    `db:"last_status"`
	DataAsOf      *time.Time `db:"data_as_of"`
	Rows          *int64     `db:"rows"`
	Rejected      *int64     `db:"rejected"`
	LastError     *string    `db:"last_error"`
}

// staleness says why a source is not fresh, in a few words; empty is fresh.
func (s sourceRow) staleness(now time.Time, zone *time.Location) string {
	switch {
	case s.LastStatus != nil && *s.LastStatus != "ok":
		return "last run failed"
	case s.LastSuccessAt == nil:
		return "never loaded"
	case s.Schedule == nil || *s.Schedule == "":
		return ""
	}
	plan, err := cron.ParseStandard(*s.Schedule)
	if err != nil {
		return "its schedule cannot be read"
	}
	if due := plan.Next(s.LastSuccessAt.In(zone)); now.After(due.Add(grace)) {
		return "missed its run of " + due.Format("2 Jan 15:04")
	}
	return ""
}

// A freshness is the stamp of the frame: how far the data reach, and whether
// they came as planned.
type freshness struct {
	Text    string
	IsStale bool
	Link    string // to the page that says more, if it is there
}

// freshnessOf sums up the sources.
func freshnessOf(sources []sourceRow, asOf, now time.Time, zone *time.Location) freshness {
	if len(sources) == 0 {
		return freshness{Text: "No source has been loaded yet"}
	}
	fresh := 0
	for _, s := range sources {
		if s.staleness(now, zone) == "" {
			fresh++
		}
	}
	f := freshness{Text: fmt.Sprintf("%d of %d sources fresh", fresh, len(sources)), IsStale: fresh < len(sources)}
	if !asOf.IsZero() {
		f.Text = "Data to " + day(asOf) + " · " + f.Text
	}
	return f
}
