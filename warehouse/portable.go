package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What a warehouse file makes for itself: its own migrations, and what it has built.
func isOwn(table string) bool {
	return slices.Contains([]string{"meta.migration", "meta.model", "meta.data_version"}, table)
}

// Unload writes the tables of raw and meta, of one moment, as Parquet files to dir,
// one a table, which any version of DuckDB can read: models are built from them. dir
// must be in Scratch.
func (w *Warehouse) Unload(ctx context.Context, dir string) (Contents, error) {
	var c Contents
	err := w.inTransaction(ctx, func(conn *sql.Conn) (err error) {
		if c, err = contents(ctx, conn); err != nil {
			return err
		}
		for name, rows := range c.Tables {
			if isOwn(name) {
				delete(c.Tables, name)
				continue
			}
			file := literal(filepath.Join(dir, name+".parquet"))
			result, err := conn.ExecContext(ctx, fmt.Sprintf("copy %s to %s (format parquet, compression zstd)", quoteTable(name), file))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if n, err := result.RowsAffected(); err != nil || n != rows {
				return errors.Join(err, fmt.Errorf("%s: %d of %d rows were written", name, n, rows))
			}
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("unload: %w", err)
	}
	return c, nil
}

// Reload fills an empty warehouse with what Unload wrote to dir, in one transaction.
// dir must be in Scratch. The models are to be built afterwards.
func (w *Warehouse) Reload(ctx context.Context, dir string, c Contents) error {
	err := w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		here, err := contents(ctx, conn)
		if err != nil {
			return err
		}
		if here.Migration != c.Migration {
			return fmt.Errorf("it is of migration %d and this dials is at %d: use the dials that wrote it, then upgrade", c.Migration, here.Migration)
		}
		for name, rows := range here.Tables {
			if strings.HasPrefix(name, "raw.") && rows > 0 {
				return fmt.Errorf("this warehouse holds data (%s has %d rows): name an empty one", name, rows)
			}
		}
		for name, rows := range c.Tables {
			if _, known := here.Tables[name]; !known || isOwn(name) {
				return fmt.Errorf("there is no table %s", name)
			}
			if err := reloadTable(ctx, conn, name, filepath.Join(dir, name+".parquet"), rows); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reload: %w", err)
	}
	return nil
}

// reloadTable replaces the rows of a table, which a fresh warehouse may have some of,
// by those of a file.
func reloadTable(ctx context.Context, conn *sql.Conn, name, file string, rows int64) error {
	if _, err := os.Stat(file); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "delete from "+quoteTable(name)); err != nil {
		return err
	}
	result, err := conn.ExecContext(ctx, fmt.Sprintf("insert into %s by name select * from read_parquet(%s)", quoteTable(name), literal(file)))
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n != rows {
		return errors.Join(err, fmt.Errorf("%d of %d rows were read", n, rows))
	}
	return nil
}
