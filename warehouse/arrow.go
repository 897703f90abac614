package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/duckdb/duckdb-go/v2"
)

// arrowWindow is how many rows are read at a time: DuckDB holds a whole result in
// memory, so a table is read by ranges of its row ids, four row groups each.
const arrowWindow = 4 * 122_880

// writeArrow writes what is visible of a table as an Arrow IPC file, uncompressed, because Arrow in
// JavaScript reads no other.
func (w *Warehouse) writeArrow(ctx context.Context, name, visible, file string) (rows int64, err error) {
	out, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	err = w.inTransaction(ctx, func(conn *sql.Conn) error {
		var last sql.NullInt64
		if err := conn.QueryRowContext(ctx, "select max(rowid) from "+quoteTable(name)).Scan(&last); err != nil {
			return err
		}
		var to *ipc.FileWriter
		for from := int64(0); from == 0 || from <= last.Int64; from += arrowWindow {
			query := fmt.Sprintf("%s and rowid >= %d and rowid < %d", visible, from, from+arrowWindow)
			n, err := eachBatch(ctx, conn, query, nil, func(schema *arrow.Schema, batch arrow.RecordBatch) (err error) {
				if to == nil {
					if to, err = ipc.NewFileWriter(out, ipc.WithSchema(schema)); err != nil {
						return err
					}
				}
				if batch == nil {
					return nil
				}
				return to.Write(batch)
			})
			if err != nil {
				return err
			}
			rows += n
		}
		return to.Close()
	})
	return rows, err
}

// Batches runs a query on a connection of this package's driver and calls f for the
// schema of its result, with no batch, and then for each batch, which f does not keep.
func Batches(ctx context.Context, conn *sql.Conn, query string, args []any, f func(*arrow.Schema, arrow.RecordBatch) error) error {
	_, err := eachBatch(ctx, conn, query, args, f)
	return err
}

// eachBatch is Batches; it returns how many rows the batches held.
func eachBatch(ctx context.Context, conn *sql.Conn, query string, args []any, f func(*arrow.Schema, arrow.RecordBatch) error) (rows int64, err error) {
	err = conn.Raw(func(c any) error {
		engine, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err != nil {
			return err
		}
		var reader array.RecordReader
		if reader, err = engine.QueryContext(ctx, query, args...); err != nil {
			return err
		}
		defer reader.Release()
		if err := f(reader.Schema(), nil); err != nil {
			return err
		}
		for reader.Next() {
			batch := reader.RecordBatch()
			if err := f(reader.Schema(), batch); err != nil {
				return err
			}
			rows += batch.NumRows()
		}
		return reader.Err()
	})
	return rows, err
}
