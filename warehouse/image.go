package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
)

// Contents is what a warehouse file holds, as a backup's manifest tells it.
type Contents struct {
	Engine      string           `json:"engine"`       // DuckDB's version
	Storage     string           `json:"storage"`      // of the file, in DuckDB's words
	Migration   int              `json:"migration"`    // the last one applied
	DataVersion int64            `json:"data_version"` // see [Warehouse.DataVersion]
	Tables      map[string]int64 `json:"tables"`       // rows of each table of raw and meta
}

// Image copies the file to path, as it is between two writes. Writers wait for as long
// as the disk takes, readers go on. It returns what the copy holds, as read from it.
func (w *Warehouse) Image(ctx context.Context, path string) (Contents, error) {
	if w.file == "" {
		return Contents{}, errors.New("image: a warehouse in memory has no file")
	}
	if err := w.checkpoint(ctx); err != nil {
		return Contents{}, fmt.Errorf("image: %w", err)
	}
	if err := w.copyOut(ctx, path); err != nil {
		return Contents{}, fmt.Errorf("image: %w", err)
	}
	contents, err := Inspect(ctx, path, w.options)
	if err != nil {
		return Contents{}, fmt.Errorf("image: %w", err)
	}
	return contents, nil
}

// copyOut copies the file and its log to path and path.wal.
func (w *Warehouse) copyOut(ctx context.Context, path string) (err error) {
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer func() { <-w.writing }()
	// DuckDB's lock is this process's: closing any descriptor of the file would let it
	// go. So this one stays open for as long as DuckDB has the file.
	if w.image == nil {
		if w.image, err = os.Open(w.file); err != nil {
			return err
		}
	}
	if _, err := w.image.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := copyDurably(w.image, path); err != nil {
		return err
	}
	log, err := os.Open(w.file + ".wal") // locked by nobody
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(copyDurably(log, path+".wal"), log.Close())
}

// copyDurably writes what is left of in to a new file of the owner's alone.
func copyDurably(in io.Reader, path string) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

// Inspect opens a warehouse file that nobody else has open, moves its log into it and
// returns what it holds. A file that is damaged, locked, or no warehouse is an error.
func Inspect(ctx context.Context, path string, o Options) (c Contents, err error) {
	if _, err := os.Stat(path); err != nil {
		return c, err
	}
	connector, err := connect(path)
	if err != nil {
		return c, errors.New(tidy(err.Error()))
	}
	pool := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, pool.Close()) }()
	for _, set := range engineLimits(o) {
		if _, err := pool.ExecContext(ctx, "set "+set); err != nil {
			return c, fmt.Errorf("%s: %w", set, err)
		}
	}
	if _, err := pool.ExecContext(ctx, "checkpoint"); err != nil {
		return c, err
	}
	return contents(ctx, pool)
}

// engineLimits are the settings of o that bound an engine of its own.
func engineLimits(o Options) []string {
	limits := []string{fmt.Sprintf("threads = %d", max(o.Threads, 1))}
	if o.MemoryLimit != "" {
		limits = append(limits, "memory_limit = "+literal(o.MemoryLimit))
	}
	return limits
}

// A reading is a database or a connection of it.
type reading interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Versions says which DuckDB has the file, in which layout, and which migration it is at;
// it counts no rows.
func (w *Warehouse) Versions(ctx context.Context) (Contents, error) { return versions(ctx, w.db) }

func versions(ctx context.Context, db reading) (Contents, error) {
	c := Contents{Tables: map[string]int64{}}
	const query = `
select
    version(),
    coalesce((select tags['storage_version'] from duckdb_databases() where database_name = current_database()), ''),
    (select max(number) from meta.migration),
    (select coalesce(max(version), 0) from meta.data_version)`
	if err := db.QueryRowContext(ctx, query).Scan(&c.Engine, &c.Storage, &c.Migration, &c.DataVersion); err != nil {
		return c, fmt.Errorf("it is no warehouse of dials: %w", err)
	}
	return c, nil
}

func contents(ctx context.Context, db reading) (Contents, error) {
	c, err := versions(ctx, db)
	if err != nil {
		return c, err
	}
	names, err := tablesOf(ctx, db, "raw", "meta")
	if err != nil {
		return c, err
	}
	for _, name := range names {
		var rows int64
		if err := db.QueryRowContext(ctx, "select count(*) from "+quoteTable(name)).Scan(&rows); err != nil {
			return c, fmt.Errorf("%s: %w", name, err)
		}
		c.Tables[name] = rows
	}
	return c, nil
}

// tablesOf returns the tables of schemas as "schema.table", in order.
func tablesOf(ctx context.Context, db reading, schemas ...string) (names []string, err error) {
	rows, err := db.QueryContext(ctx, `
select schema_name || '.' || table_name from duckdb_tables()
where database_name = current_database() and not temporary and list_contains(?::varchar[], schema_name)
order by all`, schemas)
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
