package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dials/warehouse"
)

// RunOptions says how to run a source.
type RunOptions struct {
	// Full reads and compares everything, files that are loaded already included.
	Full bool
	// Progress is told how far a stream is, if it is not nil.
	Progress func(Progress)
	// Clock is time.Now where it is nil.
	Clock func() time.Time
}

// Progress is how far a stream is.
type Progress struct {
	Source string `json:"source"`
	Stream string `json:"stream"`
	Rows   int64  `json:"rows"`
}

// A StreamReport is what a run did with one stream.
type StreamReport struct {
	Source    string
	Stream    string
	Read      int64
	Inserted  int64
	Updated   int64
	Unchanged int64
	Rejected  int64
	Deleted   int64
	Seconds   float64
	Warnings  []string
	Err       error
}

// Run loads what changed in a source since its last run, stream by stream. Each
// stream is merged in one transaction or, if anything is wrong with it, not at all;
// the others go on. The error joins those of the reports.
func Run(ctx context.Context, w *warehouse.Warehouse, s *Source, o RunOptions) ([]StreamReport, error) {
	if s.connector == nil {
		return nil, fmt.Errorf("sync %s: the source is not open", s.Name)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	var reports []StreamReport
	var errs []error
	for _, stream := range s.connector.Streams() {
		i := slices.IndexFunc(s.Streams, func(st *SourceStream) bool { return st.Name == stream.Name })
		if i < 0 {
			continue
		}
		begin := o.Clock()
		report := runStream(ctx, w, s, s.Streams[i], stream, o)
		report.Source, report.Stream = s.Name, stream.Name
		report.Seconds = o.Clock().Sub(begin).Seconds()
		if report.Err != nil {
			report.Err = fmt.Errorf("sync %s.%s: %w", s.Name, stream.Name, report.Err)
			errs = append(errs, report.Err)
		}
		reports = append(reports, report)
		if ctx.Err() != nil {
			break
		}
	}
	return reports, errors.Join(errs...)
}

// runStream loads one stream.
func runStream(ctx context.Context, w *warehouse.Warehouse, s *Source, st *SourceStream, stream Stream, o RunOptions) (report StreamReport) {
	fail := func(err error) StreamReport {
		report.Err = err
		return report
	}
	var err error
	if stream.Scratch, err = w.Scratch(); err != nil {
		return fail(err)
	}
	load, err := w.BeginLoad(ctx, st.spec(s.Name, o.Clock))
	if err != nil {
		return fail(err)
	}
	defer func() { report.Err = errors.Join(report.Err, load.Close()) }()
	l, err := pull(ctx, load, s, st, stream, o)
	var counts warehouse.Counts
	if err == nil {
		counts, report.Warnings, err = load.Commit(ctx, l.walk)
	}
	if err != nil {
		counts = warehouse.Counts{Read: l.walk.Read, Rejected: l.walk.Rejected}
		report.Warnings = l.notices
		// The failure is told even when ctx has ended, which may be why.
		logged := load.Fail(context.WithoutCancel(ctx), err, counts, report.Warnings)
		if logged != nil {
			err = errors.Join(err, fmt.Errorf("its run is not logged: %w", logged))
		}
	}
	report.Err = err
	report.Read, report.Inserted, report.Updated = counts.Read, counts.Inserted, counts.Updated
	report.Unchanged, report.Rejected, report.Deleted = counts.Unchanged, counts.Rejected, counts.Deleted
	return report
}

// spec is how the warehouse is to merge the stream.
func (st *SourceStream) spec(source string, clock func() time.Time) warehouse.LoadSpec {
	spec := warehouse.LoadSpec{
		Source: source, Stream: st.Name, Target: st.target, Delivery: st.Delivery,
		ActiveOnly: st.Population == "active_only", ReplaceWithin: st.ReplaceWithin,
		MinRows: 1, MaxDeleted: 0.05, Clock: clock,
	}
	if st.MinRows != nil {
		spec.MinRows = *st.MinRows
	}
	if st.MaxDeletedFraction != nil {
		spec.MaxDeleted = *st.MaxDeletedFraction
	}
	return spec
}

// pull lands a stream. The landing that it returns is never nil.
func pull(ctx context.Context, load *warehouse.Load, s *Source, st *SourceStream, stream Stream, o RunOptions) (*landing, error) {
	l := &landing{load: load, st: st, stream: stream, absent: map[string]bool{}, report: func(int64) {}}
	if o.Progress != nil {
		l.report = func(rows int64) { o.Progress(Progress{Source: s.Name, Stream: stream.Name, Rows: rows}) }
	}
	state, err := load.State(ctx)
	if err != nil {
		return l, err
	}
	// A stream that is configured otherwise than when it was loaded is read anew.
	print := st.fingerprint(stream)
	cursor, same := strings.CutPrefix(state.Cursor, print+" ")
	if o.Full || !same {
		cursor = ""
	} else {
		l.known = state.Files
	}
	l.walk.Cursor = print + " "
	l.walk.HasAsOf = stream.AsOfColumn != ""
	result, err := s.connector.Pull(ctx, stream, cursor, func(b Batch) error { return l.emit(ctx, b) })
	if err == nil && stream.AsOfColumn != "" && l.taken > 0 && len(l.walk.Kept) > 0 {
		// The days are inside the files: which ones to read again shows only by
		// reading them all.
		if err := load.Reset(ctx); err != nil {
			return l, err
		}
		return pull(ctx, load, s, st, stream, RunOptions{Full: true, Progress: o.Progress, Clock: o.Clock})
	}
	if err != nil {
		return l, err
	}
	return l, l.finish(ctx, result, state)
}

// finish judges a whole pull.
func (l *landing) finish(ctx context.Context, result Result, state warehouse.LoadState) error {
	w := &l.walk
	w.Complete = result.Complete
	w.Cursor += result.NextCursor
	l.notices = append(l.notices, result.Warnings...)
	if w.Day.Before(state.AsOf) && !w.HasAsOf {
		w.Day = state.AsOf // a file that is delivered now is not older news than the last one
	}
	if result.SourceTotal >= 0 && result.SourceTotal != w.Read+w.KeptRows {
		return fmt.Errorf("the source says that it holds %d records, and %d came", result.SourceTotal, w.Read+w.KeptRows)
	}
	if err := l.tooManyRefused(ctx); err != nil {
		return err
	}
	if l.taken > 0 && w.Read == 0 {
		l.notice("the delivery holds no record")
	}
	if w.Rejected > 0 {
		first, err := l.firstRefused(ctx)
		if err != nil {
			return err
		}
		l.notice("%s of %d refused; the first is %s", plural(w.Rejected, "record"), w.Read, first)
	}
	if l.st.target.Dated && !w.StatesFrom && !w.HasAsOf && l.taken > 0 && state.AsOf.IsZero() {
		l.notice("valid_from is not mapped and as_of is not set: records are taken as true from %s, the day the file was written", w.Day.Format(time.DateOnly))
	}
	l.warnOfDates()
	if err := l.findAbsent(ctx); err != nil {
		return err
	}
	w.Warnings = l.notices
	return nil
}

// tooManyRefused fails a stream of which too much is bad.
func (l *landing) tooManyRefused(ctx context.Context) error {
	w := l.walk
	limit := max(10, w.Read/100)
	if w.Rejected <= limit && w.Rejected*2 <= w.Read {
		return nil
	}
	first, err := l.firstRefused(ctx)
	if err != nil {
		return err
	}
	return fmt.Errorf("%d of %d records are bad and nothing was loaded; the first is %s", w.Rejected, w.Read, first)
}

// firstRefused says where the first refused record is, and why it is refused.
func (l *landing) firstRefused(ctx context.Context) (string, error) {
	var path, record, column, reason, line *string
	err := l.load.Conn().QueryRowContext(ctx, "select f.path, r.record::varchar, r.line::varchar, r.column_name, r.reason from refused r "+
		"left join landed_file f using (file) order by r.file, r.record limit 1").Scan(&path, &record, &line, &column, &reason)
	if err != nil {
		return "", err
	}
	first := "record " + deref(record)
	if path != nil {
		first = *path + ", " + first
	}
	if line != nil {
		first += ", line " + *line
	}
	if column != nil {
		first += ": " + *column
	}
	return first + " " + deref(reason), nil
}

func deref(s *string) string {
	if s == nil {
		return "unknown"
	}
	return *s
}

// findAbsent finds the columns that no record has although the map names them: what
// was known in them stays, for a right that was lost looks like this.
func (l *landing) findAbsent(ctx context.Context) error {
	for _, c := range slices.Sorted(keys(l.absent)) {
		name := c
		if name == "recorded_at" {
			name = "stated_at"
		}
		var n int64
		if err := l.load.Conn().QueryRowContext(ctx, "select count("+ident(name)+") from landing").Scan(&n); err != nil {
			return err
		}
		if n == 0 && l.walk.Read > 0 {
			_, declared := l.st.target.Column(c)
			if declared && l.st.Absent != "null" {
				l.walk.Absent = append(l.walk.Absent, c)
				l.notice("no record has %s: what was known of it stays", quotedList(l.st.Map[c].From))
			} else {
				l.notice("no record has %s", quotedList(l.st.Map[c].From))
			}
		}
	}
	return nil
}

func keys(m map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// fingerprint changes when the stream is configured otherwise.
func (st *SourceStream) fingerprint(stream Stream) string {
	stream.Scratch = ""
	text, err := json.Marshal([]any{
		st.target, st.Delivery, st.Population, st.Keep, st.ReplaceWithin, st.Timezone, st.Absent, st.Map, stream,
	})
	if err != nil {
		return "" // nothing in it can fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
