package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// ExpireRejected deletes what rejected rows of runs before a moment held: values,
// payloads, and what their reasons quote. That they were rejected, and why, stays.
// It returns how many rows it changed.
func (w *Warehouse) ExpireRejected(ctx context.Context, before time.Time) (n int64, err error) {
	err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		n, err = forgetRejected(ctx, conn, "run_id in (select run_id from meta.run where started_at < ?)", before.UTC())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("rejected rows: %w", err)
	}
	return n, nil
}

// forgetRejected empties the rejected rows for which a condition holds.
func forgetRejected(ctx context.Context, conn *sql.Conn, where string, args ...any) (int64, error) {
	result, err := conn.ExecContext(ctx, `
update meta.rejected_row set value = null, payload = null, reason = regexp_replace(reason, '"[^"]*"', '"…"', 'g')
where (value is not null or payload is not null) and `+where, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// ExpireRaw deletes the records of one source that are about nothing since a moment:
// those whose last date is before it, and versions that were corrected before it. A
// record without an end is of today. It returns how many rows went.
func (w *Warehouse) ExpireRaw(ctx context.Context, source, stream string, before time.Time) (n int64, err error) {
	s, err := StreamByName(stream)
	if err != nil {
		return 0, err
	}
	err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		n, err = expireRaw(ctx, conn, s, source, before)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("%s.%s: %w", source, stream, err)
	}
	return n, nil
}

func expireRaw(ctx context.Context, conn *sql.Conn, s Stream, source string, before time.Time) (int64, error) {
	result, err := conn.ExecContext(ctx, "delete from raw."+quote(s.Name)+" where source = ? and ("+
		s.lastDay("recorded_at")+" < ? or superseded_at < ?)", source, before.UTC(), before.UTC())
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	if err != nil || n == 0 {
		return n, err
	}
	return n, bumpVersion(ctx, conn, "raw."+s.Name)
}

// lastDay is, in SQL, the last moment that a record is about: of a dated one its
// end, of another the latest of its dates, else when it was known. An open end is
// null, which is before nothing.
func (s Stream) lastDay(known string) string {
	if s.Dated {
		return "valid_to::timestamp"
	}
	var dates []string
	for _, c := range s.Columns {
		if c.Kind == Date || c.Kind == Instant {
			dates = append(dates, quote(c.Name)+"::timestamp")
		}
	}
	if len(dates) == 0 {
		return known
	}
	return "coalesce(greatest(" + strings.Join(dates, ", ") + "), " + known + ")"
}

// expire drops, before a merge, what is too old to be kept from raw and from the
// delivery alike, so that neither side takes the other's for gone or new.
func (m *merge) expire(ctx context.Context) error {
	if m.spec.KeepDays <= 0 {
		return nil
	}
	before := m.now.AddDate(0, 0, -m.spec.KeepDays)
	if _, err := expireRaw(ctx, m.conn, m.spec.Target, m.spec.Source, before); err != nil {
		return err
	}
	if m.observed() {
		return nil // it is true from the day of the delivery on
	}
	n, err := m.exec(ctx, "delete from landing where "+m.spec.Target.lastDay("null::timestamp")+" < ?", before)
	if n > 0 {
		m.warn("%s older than %d days (keep_days) not loaded", plural(n, "record"), m.spec.KeepDays)
	}
	m.landed -= n
	m.counts.Unchanged += n
	return err
}
