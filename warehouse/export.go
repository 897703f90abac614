package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
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
// older one; format is one of Formats.
//
// What is hidden to protect people is left out: rows that are is_hidden, and the
// cells that a model's comments name, as in "-- hide: value, numerator where
// is_range"; such a line about is_hidden keeps the rows and empties those cells.
// The core tables hold people and are the operator's alone.
func (w *Warehouse) Export(ctx context.Context, name, format, dir string) (path string, rows int64, err error) {
	if path, rows, err = w.export(ctx, models, name, format, dir); err != nil {
		return "", 0, fmt.Errorf("export %s: %w", name, err)
	}
	return path, rows, nil
}

func (w *Warehouse) export(ctx context.Context, fsys fs.FS, name, format, dir string) (path string, rows int64, err error) {
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
	visible, err := w.visible(ctx, fsys, name)
	if err != nil {
		return "", 0, err
	}
	if rows, err = w.writeFile(ctx, name, format, visible, file); err != nil {
		return "", 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", 0, err
	}
	path = filepath.Join(dir, filepath.Base(file))
	return path, rows, publish(file, path)
}

// writeFile writes what a select says is visible of a table to file.
func (w *Warehouse) writeFile(ctx context.Context, name, format, visible, file string) (int64, error) {
	if format == "arrow" {
		return w.writeArrow(ctx, name, visible, file)
	}
	options := "format csv, header"
	if format == "parquet" {
		options = "format parquet, compression zstd"
	}
	result, err := w.db.ExecContext(ctx, fmt.Sprintf("copy (%s) to %s (%s)", visible, literal(file), options))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// visible returns the select, ending in its condition, of what may leave of a
// table.
func (w *Warehouse) visible(ctx context.Context, fsys fs.FS, name string) (string, error) {
	schema, table, _ := strings.Cut(name, ".")
	var hides bool
	err := w.db.QueryRowContext(ctx, `
select count(*) > 0 from duckdb_columns()
where database_name = current_database() and schema_name = ? and table_name = ? and column_name = 'is_hidden'`, schema, table).Scan(&hides)
	if err != nil {
		return "", err
	}
	src, err := fs.ReadFile(fsys, "models/"+schema+"/"+table+".sql")
	if err != nil {
		return "", err
	}
	conditions, err := hidden(string(src))
	if err != nil {
		return "", err
	}
	where := "true"
	if _, ok := conditions["is_hidden"]; hides && !ok {
		where = "is_hidden is not distinct from false"
	}
	empty := map[string][]string{} // column → the flags under which it is emptied
	for flag, columns := range conditions {
		for _, column := range columns {
			empty[column] = append(empty[column], quote(flag)+" is distinct from false")
		}
	}
	var replace []string
	for _, column := range slices.Sorted(maps.Keys(empty)) {
		flags := strings.Join(slices.Sorted(slices.Values(empty[column])), " or ")
		replace = append(replace, fmt.Sprintf("case when %s then null else %s end as %s", flags, quote(column), quote(column)))
	}
	list := "*"
	if len(replace) > 0 {
		list = "* replace (" + strings.Join(replace, ", ") + ")"
	}
	return fmt.Sprintf("select %s from %s where %s", list, quoteTable(name), where), nil
}

// hidden returns, from the comments on top of a model, the columns that are
// emptied in its exports where a flag is not false.
func hidden(src string) (map[string][]string, error) {
	hidden := map[string][]string{}
	for line := range strings.Lines(src) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "--")
		if !ok {
			break
		}
		if text, ok = strings.CutPrefix(strings.TrimSpace(text), "hide:"); !ok {
			continue
		}
		columns, flag, ok := strings.Cut(text, " where ")
		if !ok || strings.Contains(strings.TrimSpace(flag), " ") {
			return nil, fmt.Errorf("hide:%s: it is not \"hide: column, column where flag\"", text)
		}
		flag = strings.TrimSpace(flag)
		for column := range strings.SplitSeq(columns, ",") {
			hidden[flag] = append(hidden[flag], strings.TrimSpace(column))
		}
	}
	return hidden, nil
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
