package ingest

import "time"

// How far before its cursor an incremental pull begins again: records of the same
// instant, and those that were committed late, come a second time and change nothing.
const (
	Overlap       = 15 * time.Minute // of instants
	OverlapDates  = 48 * time.Hour   // of dates
	OverlapHeader = time.Hour        // where the source compares a header, such as If-Modified-Since
)

// settled is how long before the run began a record must have been changed for
// everything before it to be there: what is younger may still be followed by a record
// that was changed earlier and committed later.
const settled = 5 * time.Minute

// Resume is the cursor of the next pull: the newest instant that was seen, yet never
// later than five minutes before the run began, nor than any of limits, such as the
// source's own clock or the instant up to which it says that it is consistent, and
// never before from, the cursor of this pull. Zero instants say nothing.
//
// The overlap is taken off when the cursor is read, not here.
func Resume(from, seen, started time.Time, limits ...time.Time) time.Time {
	next := seen
	for _, limit := range append([]time.Time{started.Add(-settled)}, limits...) {
		if !limit.IsZero() && !next.IsZero() && limit.Before(next) {
			next = limit
		}
	}
	if next.Before(from) {
		return from
	}
	return next
}
