package sql

import (
	"fmt"
	"strconv"
	"time"

	"dials/ingest"
)

// A cursor follows one column of a query.
type cursor struct {
	column  column
	kind    kind // asText where there is none
	index   int
	zone    *time.Location
	from    any // lower bound of the query, the overlap taken off; nil reads everything
	start   time.Time
	startN  int64
	seen    time.Time
	seenN   int64
	hasSeen bool
	overlap time.Duration
}

// defaultNumbers is the overlap of a cursor that is a number: transactions take their
// numbers when they begin and show them when they end.
const defaultNumbers = 1000

// newCursor finds the cursor's column and its lower bound.
func newCursor(o cursorOptions, cols []column, from string) (*cursor, error) {
	c := &cursor{index: -1, zone: o.zone}
	if o.Column == "" {
		return c, nil
	}
	for i, col := range cols {
		if col.name == o.Column {
			c.index, c.column, c.kind = i, col, col.kind
		}
	}
	if c.index < 0 {
		return nil, fmt.Errorf("cursor: the query has no column %q", o.Column)
	}
	c.overlap = map[kind]time.Duration{asStamp: ingest.Overlap, asMoment: ingest.Overlap, asDate: ingest.OverlapDates}[c.kind]
	numbers := int64(defaultNumbers)
	switch v := o.Overlap.(type) {
	case string:
		c.overlap, _ = time.ParseDuration(v) // checked before
		if c.kind == asInteger {
			return nil, fmt.Errorf("cursor: %q is a number, and overlap a duration", o.Column)
		}
	case int64:
		numbers = v
		if c.kind != asInteger {
			return nil, fmt.Errorf("cursor: %q is %s, and overlap a number: write a duration such as \"15m\"", o.Column, c.column.typ)
		}
	}
	switch c.kind {
	case asInteger:
		return c, c.resumeNumber(from, numbers)
	case asDate, asStamp, asMoment:
		return c, c.resumeTime(from)
	}
	return nil, fmt.Errorf("cursor: %q is %s, which cannot tell what is new: it must be a date, a time or a whole number", o.Column, c.column.typ)
}

func (c *cursor) resumeNumber(from string, overlap int64) error {
	if from == "" {
		return nil
	}
	n, err := strconv.ParseInt(from, 10, 64)
	if err != nil {
		return fmt.Errorf("cursor: %q was kept, which is no number: run it with --full", from)
	}
	c.startN, c.seenN, c.hasSeen, c.from = n, n, true, n-overlap
	return nil
}

// layout writes a cursor, and the lower bound: the server reads both.
const layout = "2006-01-02 15:04:05.999999"

func (c *cursor) resumeTime(from string) error {
	if from == "" {
		return nil
	}
	t, err := time.Parse(layout, from)
	if err != nil {
		return fmt.Errorf("cursor: %q was kept, which is no time: run it with --full", from)
	}
	c.start, c.seen, c.hasSeen = t, t, true
	begin := t.Add(-c.overlap)
	if c.kind == asStamp {
		begin = c.unfolded(begin)
	}
	c.from = begin.Format(layout)
	if c.kind == asDate {
		c.from = begin.Format(time.DateOnly)
	}
	return nil
}

// unfolded is the earliest that clocks have shown since they showed t. Where they were put
// back since then, or a little before, what they showed twice is read again.
func (c *cursor) unfolded(t time.Time) time.Time {
	const longest = 3 * time.Hour // they are put back by less
	at := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), c.zone)
	_, back := at.Add(-longest).ZoneBounds()
	if again := wall(back, c.zone); !back.IsZero() && again.Before(t) {
		return again
	}
	return t
}

// see notes a value of the column.
func (c *cursor) see(t time.Time) {
	if !c.hasSeen || t.After(c.seen) {
		c.seen, c.hasSeen = t, true
	}
}

func (c *cursor) seeNumber(n int64) {
	if !c.hasSeen || n > c.seenN {
		c.seenN, c.hasSeen = n, true
	}
}

// next is where the next run resumes: see [ingest.Resume]. server is the server's clock.
func (c *cursor) next(started, server time.Time) string {
	switch {
	case c.kind == asText || !c.hasSeen:
		return ""
	case c.kind == asInteger:
		return strconv.FormatInt(max(c.seenN, c.startN), 10)
	}
	const settled = 5 * time.Minute
	if c.kind == asMoment {
		return ingest.Resume(c.start, c.seen, started, server.Add(-settled)).UTC().Format(layout)
	}
	// Without a time zone in the column, both clocks are read in the cursor's.
	return ingest.Resume(c.start, c.seen, wall(started, c.zone), wall(server.Add(-settled), c.zone)).Format(layout)
}

// wall is the time that clocks in the zone show at t, as if it were UTC.
func wall(t time.Time, zone *time.Location) time.Time {
	t = t.In(zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
