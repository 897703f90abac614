package ingest

import (
	"context"
	"fmt"
	"slices"
)

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
