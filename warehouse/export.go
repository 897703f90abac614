package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Formats are the formats that Export writes.
func Formats() []string { return []string{"parquet", "arrow", "csv"} }

// Exportable returns the tables that Export can write, marts and core tables, as
// they were last built.
func (w *Warehouse) Exportable(ctx context.Context) (names []string, err error) {
	rows, err := w.db.QueryContext(ctx, "select name from meta.model where split_part(name, '.', 1) in ('core', 'marts') order by name")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// Export writes the table called name, such as "marts.dial_monthly", to a file of
// that name in dir, which it creates if need be, and returns the file's path and
// how many rows it holds. The file appears complete or not at all, in place of an
// older one; format is one of Formats. Cells that are hidden to protect people
// (is_hidden) are left out; the core tables hold people and are the operator's.
func (w *Warehouse) Export(ctx context.Context, name, format, dir string) (path string, rows int64, err error) {
	if path, rows, err = w.export(ctx, name, format, dir); err != nil {
		return "", 0, fmt.Errorf("export %s: %w", name, err)
	}
	return path, rows, nil
}

func (w *Warehouse) export(ctx context.Context, name, format, dir string) (path string, rows int64, err error) {
	if !slices.Contains(Formats(), format) {
		return "", 0, fmt.Errorf("format %q is not one of %s", format, strings.Join(Formats(), ", "))
	}
	names, err := w.Exportable(ctx)
	if err != nil {
		return "", 0, err
	}
	if len(names) == 0 {
		return "", 0, errors.New("nothing is built yet: sync first")
	}
	if !slices.Contains(names, name) {
		return "", 0, fmt.Errorf("there is no such table; there are %s", strings.Join(names, ", "))
	}
	scratch, err := w.Scratch()
	if err != nil {
		return "", 0, err
	}
	// SQL may write to scratch alone, and dir can be anywhere.
	if scratch, err = os.MkdirTemp(scratch, "export-"); err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	file := filepath.Join(scratch, name+"."+format)
	if rows, err = w.writeFile(ctx, name, format, file); err != nil {
		return "", 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", 0, err
	}
	path = filepath.Join(dir, filepath.Base(file))
	return path, rows, publish(file, path)
}

// writeFile writes the visible rows of a table to file.
func (w *Warehouse) writeFile(ctx context.Context, name, format, file string) (int64, error) {
	where, err := w.visible(ctx, name)
	if err != nil {
		return 0, err
	}
	if format == "arrow" {
		return w.writeArrow(ctx, name, where, file)
	}
	options := "format csv, header"
	if format == "parquet" {
		options = "format parquet, compression zstd"
	}
	query := fmt.Sprintf("copy (select * from %s where %s) to %s (%s)", quoteTable(name), where, literal(file), options)
	result, err := w.db.ExecContext(ctx, query)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// visible returns the condition that leaves hidden cells out.
func (w *Warehouse) visible(ctx context.Context, name string) (string, error) {
	schema, table, _ := strings.Cut(name, ".")
	var hides bool
	err := w.db.QueryRowContext(ctx, `
select count(*) > 0 from duckdb_columns()
where database_name = current_database() and schema_name = ? and table_name = ? and column_name = 'is_hidden'`, schema, table).Scan(&hides)
	if err != nil || !hides {
		return "true", err
	}
	return "is_hidden is not distinct from false", nil
}

// publish moves a complete file to path, through a temporary name beside it where
// another file system makes that a copy.
func publish(file, path string) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(temp.Name()))
		}
	}()
	err = os.Rename(file, temp.Name())
	if err != nil {
		err = copyInto(temp, file)
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return err
	}
	if err := os.Chmod(temp.Name(), 0o600); err != nil {
		return err
	}
	if err := syncPath(temp.Name()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

func copyInto(w io.Writer, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return errors.Join(err, in.Close())
}

// syncPath waits until a file or a folder is on the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// inTransaction runs f on a connection in a transaction that ends in a rollback,
// so that all that f reads is of one moment.
func (w *Warehouse) inTransaction(ctx context.Context, f func(conn *sql.Conn) error) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer discard(conn)
	if _, err := conn.ExecContext(ctx, "begin"); err != nil {
		return err
	}
	return f(conn)
}
