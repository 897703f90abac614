package ingest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"dials/warehouse"
)

// RunOptions says how to run a source.
type RunOptions struct {
	// Full reads and compares everything, files that are loaded already included.
	Full bool
	// Confirm names the streams, as source.stream, whose deletions a person has confirmed.
	Confirm []string
	// Parallel is how many sources [RunAll] runs at once; 1 if it is less.
	Parallel int
	// Progress is told how far a stream is, if it is not nil.
	Progress func(Progress)
	// Clock is time.Now where it is nil.
	Clock func() time.Time
}

// A StreamReport is what a run did with one stream.
type StreamReport struct {
	Source    string
	Stream    string
	Full      bool // it was walked from the beginning
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
	if t, ok := s.connector.(Timed); ok && t.Deadline() > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, t.Deadline(), fmt.Errorf("the run took longer than its deadline of %s", t.Deadline()))
		defer cancel()
	}
	connector, end := begin(ctx, s)
	var reports []StreamReport
	var errs []error
	for _, stream := range s.connector.Streams() {
		i := slices.IndexFunc(s.Streams, func(st *SourceStream) bool { return st.Name == stream.Name })
		if i < 0 {
			continue
		}
		r := &runner{w: w, source: s, st: s.Streams[i], stream: stream, connector: connector, o: o, begun: o.Clock()}
		r.stream.Started = r.begun
		report := r.run(ctx)
		report.Source, report.Stream = s.Name, stream.Name
		report.Seconds = o.Clock().Sub(r.begun).Seconds()
		if report.Err != nil {
			report.Err = fmt.Errorf("sync %s.%s: %w", s.Name, stream.Name, report.Err)
			errs = append(errs, report.Err)
		}
		r.done(report)
		reports = append(reports, report)
		if ctx.Err() != nil {
			break
		}
	}
	if err := end(); err != nil {
		errs = append(errs, fmt.Errorf("sync %s: %w", s.Name, err))
	}
	return reports, errors.Join(errs...)
}

// begin is the connector of one run, and what ends it. A run that cannot begin fails
// each of its streams.
func begin(ctx context.Context, s *Source) (c Connector, end func() error) {
	c, end = s.connector, func() error { return nil }
	b, ok := c.(Beginner)
	if !ok {
		return c, end
	}
	err := guarded(func() (err error) {
		c, err = b.Begin(ctx)
		return err
	})
	if err != nil {
		return failing{err}, end
	}
	if closer, ok := c.(io.Closer); ok {
		end = closer.Close
	}
	return c, end
}

// failing is the connector of a run that could not begin.
type failing struct{ err error }

func (failing) Streams() []Stream { return nil }

func (f failing) Pull(context.Context, Stream, string, func(Batch) error) (Result, error) {
	return Result{}, f.err
}

// guarded runs f and makes an error of a panic: a source's mistake stops no other.
func guarded(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the connector has a bug: %v", r)
		}
	}()
	return f()
}

// A runner is one run of one stream.
type runner struct {
	w         *warehouse.Warehouse
	source    *Source
	st        *SourceStream
	stream    Stream
	connector Connector
	o         RunOptions
	begun     time.Time
	expected  int64 // records of the last full walk, if this is one
	rows      int64
	news      int64
}

// run loads the stream.
func (r *runner) run(ctx context.Context) (report StreamReport) {
	fail := func(err error) StreamReport {
		report.Err = err
		return report
	}
	var err error
	if r.stream.Scratch, err = r.w.Scratch(); err != nil {
		return fail(err)
	}
	spec := r.st.spec(r.source.Name, r.o.Clock)
	if r.stream.MaxDeleted != nil && r.st.MaxDeletedFraction == nil {
		spec.MaxDeleted = *r.stream.MaxDeleted
	}
	spec.Confirmed = slices.Contains(r.o.Confirm, r.source.Name+"."+r.st.Name)
	load, err := r.w.BeginLoad(ctx, spec)
	if err != nil {
		return fail(err)
	}
	defer func() { report.Err = errors.Join(report.Err, load.Close()) }()
	r.tell("reading", nil)
	l, err := r.pull(ctx, load, r.o.Full)
	var counts warehouse.Counts
	if err == nil {
		r.tell("merging", nil)
		counts, report.Warnings, err = load.Commit(ctx, l.walk)
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		counts = warehouse.Counts{Read: l.walk.Read, Rejected: l.walk.Rejected}
		report.Warnings = l.notices
		// The failure is told even when ctx has ended, which may be why.
		logged := load.Fail(context.WithoutCancel(ctx), err, counts, report.Warnings)
		if logged != nil {
			err = errors.Join(err, fmt.Errorf("its run is not logged: %w", logged))
		}
	}
	report.Err, report.Full = err, l.walk.Full
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
	if st.KeepDays != nil {
		spec.KeepDays = int(*st.KeepDays)
	}
	if st.MaxDeletedFraction != nil {
		spec.MaxDeleted = *st.MaxDeletedFraction
	}
	return spec
}

// pull lands a stream. The landing that it returns is never nil.
func (r *runner) pull(ctx context.Context, load *warehouse.Load, full bool) (*landing, error) {
	l := &landing{load: load, st: r.st, stream: r.stream, absent: map[string]bool{}, report: r.report}
	state, err := load.State(ctx)
	if err != nil {
		return l, err
	}
	// A stream that is configured otherwise than when it was loaded is read anew.
	print := r.st.fingerprint(r.stream)
	cursor, same := strings.CutPrefix(state.Cursor, print+" ")
	if full || !same {
		cursor = ""
	} else {
		l.known = state.Files
	}
	if r.st.dueFull(r.begun, state.FullAt) {
		cursor = ""
	}
	if cursor == "" {
		r.expected = state.Rows
	}
	l.walk.Full = cursor == ""
	l.walk.Cursor = print + " "
	l.walk.HasAsOf = r.stream.AsOfColumn != ""
	l.stream.Held = held(load, r.source.Name)
	var result Result
	err = guarded(func() (err error) {
		result, err = r.connector.Pull(ctx, l.stream, cursor, func(b Batch) error { return l.emit(ctx, b) })
		return err
	})
	if err == nil {
		err = l.settle(ctx)
	} else {
		l.leave()
	}
	if err == nil && r.stream.AsOfColumn != "" && l.taken > 0 && len(l.walk.Kept) > 0 {
		// The days are inside the files: which ones to read again shows only by
		// reading them all.
		if err := load.Reset(ctx); err != nil {
			return l, err
		}
		return r.pull(ctx, load, true)
	}
	if err != nil {
		return l, err
	}
	if r.source.Folders() == nil && !l.direct {
		l.walk.Day = l.today() // nothing came, today
	}
	result.Complete = result.Complete && l.walk.Full
	return l, l.finish(ctx, result, state)
}

// dueFull says whether an incremental stream is to be walked in full again: what was
// deleted, or changed behind the cursor, shows only then.
func (st *SourceStream) dueFull(now, last time.Time) bool {
	const week = 7
	days := int64(week)
	if st.FullWalkDays != nil {
		days = *st.FullWalkDays
	}
	// An hour less, so that a run at the same time of day is not a day late.
	return !now.Before(last.Add(time.Duration(days)*24*time.Hour - time.Hour))
}

// finish judges a whole pull.
func (l *landing) finish(ctx context.Context, result Result, state warehouse.LoadState) error {
	w := &l.walk
	w.Complete, w.Within = result.Complete, result.Within
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
	if (l.taken > 0 || l.direct && w.Full) && w.Read == 0 {
		l.notice("the delivery holds no record")
	}
	if w.Rejected > 0 {
		first, err := l.firstRefused(ctx)
		if err != nil {
			return err
		}
		l.notice("%s of %d refused; the first is %s", plural(w.Rejected, "record"), w.Read, first)
	}
	if l.st.target.Dated && !w.StatesFrom && !w.HasAsOf && (l.taken > 0 || l.direct) && state.AsOf.IsZero() {
		written := "the day the file was written"
		if l.direct {
			written = "the day of the first run"
		}
		l.notice("valid_from is not mapped and as_of is not set: records are taken as true from %s, %s", w.Day.Format(time.DateOnly), written)
	}
	l.warnOfDates()
	if err := l.findAbsent(ctx); err != nil {
		return err
	}
	w.Warnings = l.notices
	return nil
}

// fingerprint changes when the stream is configured otherwise.
func (st *SourceStream) fingerprint(stream Stream) string {
	stream.Scratch, stream.Started = "", time.Time{}
	text, err := json.Marshal([]any{
		st.target, st.Delivery, st.Population, st.Keep, st.ReplaceWithin, st.Timezone, st.Absent, st.Map, stream,
	})
	if err != nil {
		return "" // nothing in it can fail
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
