package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dials/warehouse"
)

// keptText is how many bytes of each value of a refused record are kept, to be
// replayed.
const keptText = 10_000

// A ReplayReport is what became of a stream's rejected rows.
type ReplayReport struct {
	Source, Stream string
	Rows           int64  // that could be replayed
	Loaded         int64  // that are good now and were news
	Known          int64  // that are good now, and that a later delivery brought already
	Rejected       int64  // that are still bad
	Lost           int64  // of which too little was kept
	Reason         string // for which the first of those still bad is bad
}

// rejected is one rejected row.
type rejected struct {
	rowid  int64
	values map[string]string
}

// Replay converts the rejected rows of a stream again, as it is configured now, and
// loads those that are good. Rows that a later full delivery has settled stay as they
// are, and so does whatever was delivered since.
func Replay(ctx context.Context, w *warehouse.Warehouse, s *Source, name string, o RunOptions) (ReplayReport, error) {
	report := ReplayReport{Source: s.Name, Stream: name}
	fail := func(err error) (ReplayReport, error) {
		return report, fmt.Errorf("replay %s.%s: %w", s.Name, name, err)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	i := slices.IndexFunc(s.Streams, func(st *SourceStream) bool { return st.Name == name })
	if i < 0 || s.connector == nil {
		return fail(errors.New("there is no such stream"))
	}
	if !s.running.TryLock() {
		return fail(ErrRunning)
	}
	defer s.running.Unlock()
	st := s.Streams[i]
	var stream Stream
	for _, one := range s.connector.Streams() {
		if one.Name == name {
			stream = one
		}
	}
	if st.target.Dated && st.Delivery == warehouse.Snapshot && st.Map["valid_from"] == nil {
		return fail(fmt.Errorf("its rows are true from the day of their delivery, which the rejected ones no longer tell: once the configuration is right, dials sync %s --full", s.Name))
	}
	runs, err := replayable(ctx, w, s.Name, name)
	if err != nil {
		return fail(err)
	}
	for _, run := range runs {
		r := &replay{w: w, source: s, st: st, stream: stream, o: o, report: &report, run: run}
		if err := r.load(ctx); err != nil {
			return fail(err)
		}
	}
	return report, nil
}

// stillOpen selects the rejected rows that nothing has settled since: those of the
// last full walk and after, and those of files whose bytes are still the last ones.
const stillOpen = ` from meta.rejected_row r join meta.run u using (run_id, source, stream) where source = ? and stream = ? and u.status = 'ok' and r.replayed_run_id is null
	and case when r.source_file is null
		then run_id >= coalesce((select max(run_id) from meta.run f where f.source = r.source and f.stream = r.stream and f.status = 'ok' and f.is_full), 0)
		else exists (select 1 from meta.file f where f.source = r.source and f.stream = r.stream and f.path = r.source_file and f.run_id = r.run_id) end`

// replayable are the runs that have rejected rows to replay, oldest first.
func replayable(ctx context.Context, w *warehouse.Warehouse, source, stream string) ([]int64, error) {
	rows, err := w.DB().QueryContext(ctx, "select distinct run_id"+stillOpen+" order by 1", source, stream)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var runs []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		runs = append(runs, id)
	}
	return runs, rows.Err()
}

// replay is the replay of what one run rejected.
type replay struct {
	w      *warehouse.Warehouse
	source *Source
	st     *SourceStream
	stream Stream
	o      RunOptions
	report *ReplayReport
	run    int64
}

// load replays the rows in one load.
func (r *replay) load(ctx context.Context) (err error) {
	rows, err := r.read(ctx)
	if err != nil || len(rows) == 0 {
		return err
	}
	r.report.Rows += int64(len(rows))
	load, err := r.w.BeginLoad(ctx, r.st.spec(r.source.Name, r.o.Clock))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, load.Close()) }()
	state, err := load.State(ctx)
	if err != nil {
		return err
	}
	l := &landing{load: load, st: r.st, stream: r.stream, absent: map[string]bool{}, report: func(int64, int64) {}}
	l.stream.Started = r.o.Clock()
	records := NewRows(columnsOf(rows)...)
	defer records.Release()
	for _, row := range rows {
		records.Add(row.values)
	}
	b := records.Batch()
	defer b.Records.Release()
	b.Sparse = true
	if err := l.emit(ctx, b); err != nil {
		return err
	}
	bad, err := r.stillBad(ctx, l)
	if err != nil {
		return err
	}
	known, err := r.dropKnown(ctx, l)
	if err != nil {
		return err
	}
	l.walk.Day, l.walk.Cursor, l.walk.Rejected = state.AsOf, state.Cursor, 0
	l.walk.Warnings = []string{fmt.Sprintf("replayed %s rejected by run %d", plural(int64(len(rows)), "record"), r.run)}
	counts, _, err := load.Commit(ctx, l.walk)
	if err != nil {
		return err
	}
	r.report.Loaded += counts.Inserted + counts.Updated
	r.report.Known += known + counts.Unchanged
	r.report.Rejected += int64(len(bad))
	return r.mark(ctx, rows, bad)
}

// read reads the rows that were kept whole.
func (r *replay) read(ctx context.Context) ([]rejected, error) {
	rows, err := r.w.DB().QueryContext(ctx, "select r.rowid, r.payload::varchar"+stillOpen+" and run_id = ? order by r.record", r.source.Name, r.st.Name, r.run)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []rejected
	for rows.Next() {
		var one rejected
		var payload *string
		if err := rows.Scan(&one.rowid, &payload); err != nil {
			return nil, err
		}
		if payload == nil || !one.parse(*payload) {
			r.report.Lost++
			continue
		}
		out = append(out, one)
	}
	return out, rows.Err()
}

// parse reads a payload: an object of texts, or the text of a JSON record.
func (r *rejected) parse(payload string) bool {
	var text string
	if json.Unmarshal([]byte(payload), &text) == nil {
		payload = text
	}
	dec := json.NewDecoder(strings.NewReader(payload))
	dec.UseNumber()
	var record map[string]any
	if dec.Decode(&record) != nil || len(record) == 0 {
		return false
	}
	r.values = map[string]string{}
	return flatten(record, "", r.values)
}

// flatten writes a record's values under their dotted paths. It reports whether all
// are whole.
func flatten(record map[string]any, prefix string, into map[string]string) bool {
	whole := true
	for name, v := range record {
		switch v := v.(type) {
		case nil:
		case string:
			into[prefix+name] = v
			whole = whole && len(v) < keptText
		case map[string]any:
			whole = flatten(v, prefix+name+".", into) && whole
		case []any:
			text, err := json.Marshal(v)
			into[prefix+name] = string(text)
			whole = whole && err == nil
		default:
			into[prefix+name] = fmt.Sprint(v)
		}
	}
	return whole
}

func columnsOf(rows []rejected) []string {
	all := map[string]bool{}
	for _, r := range rows {
		for name := range r.values {
			all[name] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// stillBad takes the rows that are still bad out of the load, by their number.
func (r *replay) stillBad(ctx context.Context, l *landing) (map[int64]bool, error) {
	rows, err := l.load.Conn().QueryContext(ctx, "select record, coalesce(column_name || ' ', '') || reason from refused order by record")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	bad := map[int64]bool{}
	for rows.Next() {
		var n int64
		var reason string
		if err := rows.Scan(&n, &reason); err != nil {
			return nil, err
		}
		bad[n] = true
		if r.report.Reason == "" {
			r.report.Reason = reason
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	_, err = l.load.Conn().ExecContext(ctx, "delete from refused") // they stand in the list already
	return bad, err
}

// dropKnown leaves out the rows of whose key a later delivery has spoken.
func (r *replay) dropKnown(ctx context.Context, l *landing) (int64, error) {
	key := r.st.target.Key
	if r.st.target.Dated && l.walk.StatesFrom {
		key = r.st.target.FullKey()
	}
	var same []string
	for _, k := range key {
		same = append(same, "l."+ident(k)+" is not distinct from v."+ident(k))
	}
	result, err := l.load.Conn().ExecContext(ctx, "delete from landing l where exists (select 1 from raw."+ident(r.st.target.Name)+
		" v where v.source = ? and v.superseded_at is null and v.run_id > ? and "+strings.Join(same, " and ")+")", r.source.Name, r.run)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// mark notes which rows were replayed, for good.
func (r *replay) mark(ctx context.Context, rows []rejected, bad map[int64]bool) error {
	var ids []int64
	for i, row := range rows {
		if !bad[int64(i+1)] {
			ids = append(ids, row.rowid)
		}
	}
	return r.w.MarkReplayed(ctx, r.run, ids)
}
