package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Delivery says what a source delivers of a stream.
type Delivery string

// The deliveries. Snapshots and histories are complete: a record that is no longer
// in them is gone. A delta holds what was added and what changed.
const (
	Snapshot Delivery = "snapshot" // the state as of a date
	Delta    Delivery = "delta"
	History  Delivery = "history" // every effective-dated record
)

// A LoadSpec says what is loaded and how it is to be merged.
type LoadSpec struct {
	Source, Stream string // names in config.toml
	Target         Stream
	Delivery       Delivery
	ActiveOnly     bool    // absence from a snapshot is an inferred end, not a deletion
	MinRows        int64   // fewer records are no complete delivery
	MaxDeleted     float64 // share of the records that one delivery may delete
	Confirmed      bool    // a person has confirmed the deletions of this delivery
	KeepDays       int     // records are kept so many days after their last date; 0 is for ever
	ReplaceWithin  string  // a delivered value of this column replaces all its records
	Clock          func() time.Time
}

// A Load is one delivery of one stream: it lands in temporary tables on a
// connection of its own, without keeping other writers waiting, and is merged into
// raw in one transaction. It is for one goroutine.
//
// The table landing holds the typed records, with those of LandingColumns that are
// filled ([Load.Fill]) and not the same in all ([Load.Constant]); the table refused those that were refused, with the columns of
// RefusedColumns.
type Load struct {
	spec  LoadSpec
	w     *Warehouse
	conn  *sql.Conn
	files []File    // 1 is the first
	now   time.Time // when Dials knew

	filled       map[string]bool   // columns that landing has
	constant     map[string]string // columns that are the same in every record, as literals: landing has them not
	erasedBefore int               // how many identifiers were in the list of who was erased
	runID        int64
}

// A File is one source file as it was read: path and SHA-256 are its identity.
type File struct {
	Path       string
	SHA256     string
	Size       int64
	ModifiedAt time.Time
	Rows       int64
}

// A LoadState is what earlier loads of a stream left.
type LoadState struct {
	Cursor string
	FullAt time.Time // of the last full walk, zero before the first
	Rows   int64     // that it came to
	Files  map[string]File
	AsOf   time.Time // of the newest delivery, zero before the first
}

// BeginLoad prepares the tables landing and refused. The caller closes the load.
func (w *Warehouse) BeginLoad(ctx context.Context, spec LoadSpec) (*Load, error) {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	l := &Load{spec: spec, w: w, conn: conn, now: spec.Clock().UTC().Truncate(time.Microsecond), filled: map[string]bool{}, constant: map[string]string{}}
	var always []Column
	for _, c := range l.LandingColumns() {
		if slices.Contains(append(spec.Target.FullKey(), "valid_to", "as_of", "file", "is_bad", "is_gone"), c.Name) {
			always = append(always, c)
			l.filled[c.Name] = true
		}
	}
	for _, table := range []struct {
		name string
		cols []Column
	}{{"landing", always}, {"refused", l.RefusedColumns()}, {"landed_file", []Column{
		{Name: "file", Type: "INTEGER"}, {Name: "path", Type: "VARCHAR"},
	}}} {
		var defs []string
		for _, c := range table.cols {
			defs = append(defs, quote(c.Name)+" "+c.Type)
		}
		if _, err := conn.ExecContext(ctx, "create temp table "+table.name+" ("+strings.Join(defs, ", ")+")"); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return l, nil
}

// LandingColumns are the columns of the table landing: those that a source can
// fill, then as_of (the date that a record's delivery is of), file (its number, as
// AddFile gave it), is_bad, and is_gone, for a record that names by its key what the
// source says is deleted.
func (l *Load) LandingColumns() []Column {
	cols := append([]Column(nil), l.spec.Target.Columns...)
	if l.spec.Target.Dated {
		cols = append(cols, Column{Name: "valid_from", Type: "DATE", Kind: Date}, Column{Name: "valid_to", Type: "DATE", Kind: Date})
	}
	return append(
		cols,
		Column{Name: "source_id", Type: "VARCHAR", Kind: Text},
		Column{Name: "stated_at", Type: "TIMESTAMP", Kind: Instant},
		Column{Name: "extra", Type: "JSON"},
		Column{Name: "as_of", Type: "DATE", Kind: Date},
		Column{Name: "file", Type: "INTEGER"},
		Column{Name: "is_bad", Type: "BOOLEAN"},
		Column{Name: "is_gone", Type: "BOOLEAN"},
	)
}

// Fill adds columns to the table landing, those that the records to come have a value
// in. The key and what is said of each record are always there.
func (l *Load) Fill(ctx context.Context, columns ...string) error {
	for _, c := range l.LandingColumns() {
		if l.filled[c.Name] || l.constant[c.Name] != "" || !slices.Contains(columns, c.Name) {
			continue
		}
		if _, err := l.exec(ctx, "alter table landing add column "+quote(c.Name)+" "+c.Type); err != nil {
			return err
		}
		l.filled[c.Name] = true
	}
	return nil
}

// Constant says that all records of this load have the value that a literal, or null,
// stands for in a column: it is kept once, not with each record. The table landing is
// empty, and has another column.
func (l *Load) Constant(ctx context.Context, column, literal string) error {
	if l.filled[column] {
		if _, err := l.exec(ctx, "alter table landing drop column "+quote(column)); err != nil {
			return err
		}
		delete(l.filled, column)
	}
	l.constant[column] = literal
	return nil
}

// IsConstant says whether a column is kept once and landing has it not.
func (l *Load) IsConstant(column string) bool { return l.constant[column] != "" }

// Spread gives each record in landing the constants, so that others may follow.
func (l *Load) Spread(ctx context.Context) error {
	if len(l.constant) == 0 {
		return nil
	}
	return l.fillAll(ctx)
}

// fillAll adds the columns that no record has a value in, and the constant ones.
func (l *Load) fillAll(ctx context.Context) error {
	for _, c := range l.LandingColumns() {
		value, ok := l.constant[c.Name]
		if !ok {
			continue
		}
		if _, err := l.exec(ctx, "alter table landing add column "+quote(c.Name)+" "+c.Type+" default "+value); err != nil {
			return err
		}
		l.filled[c.Name] = true
		delete(l.constant, c.Name)
	}
	var all []string
	for _, c := range l.LandingColumns() {
		all = append(all, c.Name)
	}
	return l.Fill(ctx, all...)
}

// RefusedColumns are the columns of the table refused. The last ones are the key of
// the refused record, as far as it could be read: a record that is delivered in a
// bad state is not gone.
func (l *Load) RefusedColumns() []Column {
	cols := []Column{
		{Name: "file", Type: "INTEGER"},
		{Name: "record", Type: "BIGINT"},
		{Name: "line", Type: "BIGINT"},
		{Name: "column_name", Type: "VARCHAR"},
		{Name: "value", Type: "VARCHAR"},
		{Name: "reason", Type: "VARCHAR"},
		{Name: "payload", Type: "JSON"},
	}
	for _, k := range l.spec.Target.Key {
		c, _ := l.spec.Target.Column(k)
		cols = append(cols, Column{Name: "key_" + k, Type: c.Type})
	}
	return cols
}

// Conn is the connection that holds landing and refused.
func (l *Load) Conn() *sql.Conn { return l.conn }

// AddFile says that the records that follow come from f, and returns its number.
func (l *Load) AddFile(ctx context.Context, f File) (int, error) {
	l.files = append(l.files, f)
	_, err := l.conn.ExecContext(ctx, "insert into landed_file values (?, ?)", len(l.files), f.Path)
	return len(l.files), err
}

// SetRows says how many records the file of that number held.
func (l *Load) SetRows(file int, rows int64) { l.files[file-1].Rows = rows }

// DropFile forgets what has landed from the file of that number, to read it again.
func (l *Load) DropFile(ctx context.Context, file int) error {
	for _, table := range []string{"landing", "refused"} {
		if _, err := l.conn.ExecContext(ctx, "delete from "+table+" where file = ?", file); err != nil {
			return err
		}
	}
	return nil
}

// Reset drops all that has landed, to read everything again.
func (l *Load) Reset(ctx context.Context) error {
	l.files = nil
	for _, table := range []string{"landing", "refused", "landed_file"} {
		if _, err := l.conn.ExecContext(ctx, "delete from "+table); err != nil {
			return err
		}
	}
	return nil
}

// State returns what earlier loads of this stream left.
func (l *Load) State(ctx context.Context) (LoadState, error) {
	state := LoadState{Files: map[string]File{}}
	var fullAt sql.NullTime
	err := l.conn.QueryRowContext(ctx, "select cursor, full_at, coalesce(full_rows, 0) from meta.cursor where source = ? and stream = ?",
		l.spec.Source, l.spec.Stream).Scan(&state.Cursor, &fullAt, &state.Rows)
	state.FullAt = fullAt.Time
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return state, err
	}
	var asOf sql.NullTime
	err = l.conn.QueryRowContext(ctx, "select max(data_as_of) from meta.run where source = ? and stream = ? and status = 'ok'",
		l.spec.Source, l.spec.Stream).Scan(&asOf)
	if err != nil {
		return state, err
	}
	state.AsOf = asOf.Time
	rows, err := l.conn.QueryContext(ctx, "select path, sha256, size, modified_at, rows from meta.file where source = ? and stream = ?",
		l.spec.Source, l.spec.Stream)
	if err != nil {
		return state, err
	}
	defer rows.Close()
	for rows.Next() {
		var f File
		if err := rows.Scan(&f.Path, &f.SHA256, &f.Size, &f.ModifiedAt, &f.Rows); err != nil {
			return state, err
		}
		state.Files[f.Path] = f
	}
	return state, rows.Err()
}

// Close drops what has landed. After Commit it only lets the connection go.
func (l *Load) Close() error {
	_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // closes it for good
	if err := l.conn.Close(); err != nil && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("close load: %w", err)
	}
	return nil
}

// exec runs one statement and returns how many rows it changed.
func (l *Load) exec(ctx context.Context, query string, args ...any) (int64, error) {
	result, err := l.conn.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// count runs a query that returns one number.
func (l *Load) count(ctx context.Context, query string, args ...any) (int64, error) {
	var n sql.NullInt64
	err := l.conn.QueryRowContext(ctx, query, args...).Scan(&n)
	return n.Int64, err
}
