package warehouse

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Counts is what a load did.
type Counts struct {
	Read, Inserted, Updated, Unchanged, Rejected, Deleted int64
}

// log writes what this load leaves behind besides records: its run, the rows that
// it refused, its files and where the next one resumes.
func (l *Load) log(ctx context.Context, walk Walk, counts Counts, dataAsOf time.Time) error {
	if err := l.logRun(ctx, "ok", walk, counts, dataAsOf, nil); err != nil {
		return err
	}
	if err := l.logRefused(ctx, 0); err != nil {
		return err
	}
	if err := l.logFiles(ctx, walk); err != nil {
		return err
	}
	s := l.spec
	if _, err := l.exec(ctx, "delete from meta.cursor where source = ? and stream = ?", s.Source, s.Stream); err != nil {
		return err
	}
	fullAt, rows := sql.NullTime{Time: walk.fullAt, Valid: !walk.fullAt.IsZero()}, walk.fullRows
	if walk.Full {
		fullAt, rows = sql.NullTime{Time: l.now, Valid: true}, counts.Read
	}
	_, err := l.exec(ctx, "insert into meta.cursor by name select ? as source, ? as stream, ? as cursor, ?::timestamp as updated_at, ?::timestamp as full_at, ?::bigint as full_rows",
		s.Source, s.Stream, walk.Cursor, l.now, fullAt, rows)
	return err
}

func (l *Load) logRun(ctx context.Context, status string, walk Walk, c Counts, dataAsOf time.Time, failure error) error {
	watermark, warnings := walk.Cursor, walk.Warnings
	message := sql.NullString{}
	if failure != nil {
		message = sql.NullString{String: failure.Error(), Valid: true}
	}
	quoted := make([]string, len(warnings))
	for i, w := range warnings {
		quoted[i] = literal(w)
	}
	_, err := l.exec(ctx, `insert into meta.run by name select ? as run_id, ? as source, ? as stream, ? as target,
		?::timestamp as started_at, ?::timestamp as finished_at, ? as status,
		? as rows_read, ? as inserted, ? as updated, ? as unchanged, ? as rejected, ? as deleted,
		? as is_full, ? as watermark, ?::date as data_as_of, [`+strings.Join(quoted, ", ")+`]::varchar[] as warnings, ? as error`,
		l.runID, l.spec.Source, l.spec.Stream, l.spec.Target.Name, l.now, l.spec.Clock().UTC(), status,
		c.Read, c.Inserted, c.Updated, c.Unchanged, c.Rejected, c.Deleted,
		walk.Full, sql.NullString{String: watermark, Valid: watermark != ""}, sql.NullTime{Time: dataAsOf, Valid: !dataAsOf.IsZero()}, message)
	return err
}

// logRefused writes the refused rows, at most limit of them unless it is 0.
func (l *Load) logRefused(ctx context.Context, limit int) error {
	query := `insert into meta.rejected_row by name
		select ?::bigint as run_id, ? as source, ? as stream, f.path as source_file, r.record, r.line, r.column_name, r.value, r.reason, r.payload
		from refused r left join landed_file f using (file) order by r.file, r.record`
	args := []any{l.runID, l.spec.Source, l.spec.Stream}
	if limit > 0 {
		query += " limit ?"
		args = append(args, limit)
	}
	_, err := l.exec(ctx, query, args...)
	return err
}

// logFiles writes the files of this load in place of what was known of them. A
// file that a complete delivery no longer holds is forgotten: should it come back,
// it is news.
func (l *Load) logFiles(ctx context.Context, walk Walk) error {
	s := l.spec
	if len(l.files) == 0 && len(walk.Kept) == 0 {
		return nil
	}
	forget := "path in (select path from landed_file)"
	if walk.Complete && s.Delivery != Delta && !walk.HasAsOf {
		forget = "path not in (" + literals(walk.Kept) + ")"
	}
	if _, err := l.exec(ctx, "delete from meta.file where source = ? and stream = ? and "+forget, s.Source, s.Stream); err != nil {
		return err
	}
	for _, f := range l.files {
		_, err := l.exec(ctx, `insert into meta.file by name select ? as source, ? as stream, ? as path, ? as sha256, ?::bigint as size,
			?::timestamp as modified_at, ?::bigint as rows, ?::bigint as run_id, ?::timestamp as loaded_at`,
			s.Source, s.Stream, f.Path, f.SHA256, f.Size, f.ModifiedAt.UTC(), f.Rows, l.runID, l.now)
		if err != nil {
			return err
		}
	}
	return nil
}

// Fail writes a failed run, with the first refused rows, in a transaction of its
// own: the load itself leaves no trace.
func (l *Load) Fail(ctx context.Context, failure error, counts Counts, warnings []string) error {
	const firstRefused = 1000
	return l.w.writeOn(ctx, l.conn, func(ctx context.Context, _ *sql.Conn) error {
		if err := l.nextRun(ctx); err != nil {
			return err
		}
		if err := l.logRun(ctx, "failed", Walk{Warnings: warnings}, counts, time.Time{}, failure); err != nil {
			return err
		}
		return l.logRefused(ctx, firstRefused)
	})
}

// nextRun takes the next run number.
func (l *Load) nextRun(ctx context.Context) (err error) {
	l.runID, err = l.count(ctx, "select coalesce(max(run_id), 0) + 1 from meta.run")
	return err
}

// literals writes values as a list for "in"; an empty list matches nothing.
func literals(values []string) string {
	out := []string{"''"}
	for _, v := range slices.Sorted(slices.Values(values)) {
		out = append(out, literal(v))
	}
	return strings.Join(out, ", ")
}

// LastRun is when the last run of a source began, the zero time if there was none.
func (w *Warehouse) LastRun(ctx context.Context, source string) (time.Time, error) {
	var last sql.NullTime
	err := w.db.QueryRowContext(ctx, "select max(started_at) from meta.run where source = ?", source).Scan(&last)
	return last.Time, err
}

// MarkReplayed notes that rejected rows of a run, by their rowids, were loaded since.
func (w *Warehouse) MarkReplayed(ctx context.Context, run int64, rows []int64) error {
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for chunk := range slices.Chunk(rows, 1000) {
			ids := make([]string, len(chunk))
			for i, id := range chunk {
				ids[i] = strconv.FormatInt(id, 10)
			}
			_, err := conn.ExecContext(ctx, "update meta.rejected_row set replayed_run_id = (select max(run_id) from meta.run) where run_id = ? and rowid in ("+strings.Join(ids, ", ")+")", run)
			if err != nil {
				return err
			}
		}
		return nil
	})
}
