package warehouse

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

const migrationTable = `
create schema if not exists meta;
create table if not exists meta.migration (
    number     integer not null,
    name       varchar not null,
    sha256     varchar not null,
    applied_at timestamp not null
);`

// A migration is one file of migrations, NNNN_what.sql.
type migration struct {
	number int
	name   string
	sql    string
	sha256 string
}

// migrate applies the migrations that the file does not have yet, each in one
// transaction with its log entry.
func (w *Warehouse) migrate(ctx context.Context, fsys fs.FS) error {
	all, err := readMigrations(fsys)
	if err != nil {
		return err
	}
	if err := w.refuseForeign(ctx); err != nil {
		return err
	}
	applied, err := w.applied(ctx)
	if err != nil {
		return err
	}
	if len(applied) > len(all) {
		return fmt.Errorf("%w (migration %04d; this dials knows %d): upgrade dials", ErrNewer, len(applied), len(all))
	}
	if before := w.options.BeforeMigration; before != nil && 0 < len(applied) && len(applied) < len(all) {
		if err := before(ctx, w); err != nil {
			return fmt.Errorf("before migration %s: %w", all[len(applied)].name, err)
		}
	}
	for i, m := range all {
		if i < len(applied) {
			if applied[i] != m.sha256 {
				return fmt.Errorf("migration %s is not the one that was applied to this file: add a new migration instead of editing one", m.name)
			}
			continue
		}
		err := w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
			if _, err := conn.ExecContext(ctx, migrationTable+"\n"+m.sql); err != nil {
				return err
			}
			_, err := conn.ExecContext(ctx, "insert into meta.migration values (?, ?, ?, now()::timestamp)", m.number, m.name, m.sha256)
			return err
		})
		if err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return nil
}

// readMigrations returns the migrations of fsys, numbered from 1 without a gap.
func readMigrations(fsys fs.FS) ([]migration, error) {
	files, err := fs.Glob(fsys, "migrations/*.sql") // sorted by name
	if err != nil {
		return nil, err
	}
	all := make([]migration, len(files))
	for i, file := range files {
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(path.Base(file), ".sql")
		digits, _, _ := strings.Cut(name, "_")
		if number, err := strconv.Atoi(digits); err != nil || number != i+1 || len(digits) != 4 {
			return nil, fmt.Errorf("%s: its name must begin with %04d_", file, i+1)
		}
		sum := sha256.Sum256(src)
		all[i] = migration{i + 1, name, string(src), hex.EncodeToString(sum[:])}
	}
	return all, nil
}

// refuseForeign refuses a DuckDB file that holds somebody else's tables.
func (w *Warehouse) refuseForeign(ctx context.Context) error {
	const query = `
select schema_name || '.' || table_name from duckdb_tables()
where not internal and database_name = current_database()
  and not exists (from duckdb_tables() where schema_name = 'meta' and table_name = 'migration')
order by all limit 1`
	var table string
	err := w.db.QueryRowContext(ctx, query).Scan(&table)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("it holds the table %s and is no dials warehouse: choose another path", table)
}

// applied returns the sha256 of each migration that the file has, in order.
func (w *Warehouse) applied(ctx context.Context) (sums []string, err error) {
	if _, err := w.db.ExecContext(ctx, migrationTable); err != nil {
		return nil, err
	}
	rows, err := w.db.QueryContext(ctx, "select sha256 from meta.migration order by number")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sum string
		if err := rows.Scan(&sum); err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	return sums, rows.Err()
}
