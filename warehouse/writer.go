package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/duckdb/duckdb-go/v2"
)

// writingKey marks the context of a write in progress with its warehouse.
type writingKey struct{}

// Write runs f in a transaction, alone: DuckDB fails one of two writers that meet,
// so everybody who writes comes here and waits for the others, or until ctx ends.
// The transaction is committed if f returns nil, and rolled back if it returns an
// error or panics or if ctx has ended by then.
//
// f writes through conn and neither begins nor commits. The connection is f's own
// and is closed afterwards, so that its temporary tables vanish.
func (w *Warehouse) Write(ctx context.Context, f func(ctx context.Context, conn *sql.Conn) error) error {
	if ctx.Value(writingKey{}) == w {
		return errInside
	}
	// Who waits for a turn holds no connection: Rewrite waits until there is none.
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer func() { <-w.writing }()
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer discard(conn)
	return w.transact(ctx, conn, f)
}

var errInside = errors.New("a write inside a write would wait for itself")

// discard closes conn for good instead of giving it back to the pool.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// writeOn is Write on a connection of the caller's, which may hold temporary
// tables from before and keeps them.
func (w *Warehouse) writeOn(ctx context.Context, conn *sql.Conn, f func(ctx context.Context, conn *sql.Conn) error) error {
	if ctx.Value(writingKey{}) == w {
		return errInside
	}
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer func() { <-w.writing }()
	return w.transact(ctx, conn, f)
}

// transact runs f in a transaction; the writer's turn is the caller's.
func (w *Warehouse) transact(ctx context.Context, conn *sql.Conn, f func(ctx context.Context, conn *sql.Conn) error) (err error) {
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return err
	}
	// Once it is decided how the transaction ends, ctx no longer interrupts it.
	last := context.WithoutCancel(ctx)
	done := false
	defer func() {
		if !done {
			if _, e := conn.ExecContext(last, "rollback"); e != nil && err == nil {
				err = e
			}
		}
	}()
	if err := f(context.WithValue(ctx, writingKey{}, w), conn); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := conn.ExecContext(last, "commit"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// lock waits until nobody writes.
func (w *Warehouse) lock(ctx context.Context) error {
	select {
	case <-w.closing:
		return ErrClosed
	default:
	}
	select {
	case w.writing <- struct{}{}:
		return nil
	case <-w.closing:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// checkpoint moves the log into the file and frees what nobody reads any more. It
// takes the writer's turn; where a reader is in the way, a later one will do.
func (w *Warehouse) checkpoint(ctx context.Context) error {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer func() { <-w.writing }()
	_, err := w.db.ExecContext(ctx, "checkpoint")
	var refused *duckdb.Error
	if errors.As(err, &refused) && refused.Type == duckdb.ErrorTypeTransaction {
		return nil
	}
	return err
}

// bumpVersion adds 1 to the version of a raw table, such as "raw.employment":
// whoever changes its rows says so in the same write, and the next build rebuilds
// what reads it.
func bumpVersion(ctx context.Context, conn *sql.Conn, table string) error {
	result, err := conn.ExecContext(ctx, "update meta.raw_version set version = version + 1 where table_name = ?", table)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	_, err = conn.ExecContext(ctx, "insert into meta.raw_version values (?, 1)", table)
	return err
}
