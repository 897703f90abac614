package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"
)

// A BuildReport says what a build did.
type BuildReport struct {
	Rebuilt     []BuiltModel // in the order in which they were built
	Kept        []string     // up to date already
	Dropped     []string     // no longer in the tree
	DataVersion int64        // after the build
	Seconds     float64
}

// A BuiltModel is one model that a build built.
type BuiltModel struct {
	Name    string // schema.table
	Rows    int64  // 0 for a view
	Seconds float64
}

// Build brings every model up to date, in one transaction: readers see the old
// marts until the new ones are complete. It rebuilds a model only if its own SQL
// changed or anything that it reads, and drops models that the tree no longer
// has. If that was nothing, the data version stands.
func (w *Warehouse) Build(ctx context.Context) (BuildReport, error) {
	return w.build(ctx, models)
}

// BuildOnly is Build of the models that are named, as schema.table, and of those that they
// read. It leaves all others as they are, whatever has changed: it is for simulations,
// which look at nothing else.
func (w *Warehouse) BuildOnly(ctx context.Context, names ...string) (BuildReport, error) {
	return w.build(ctx, models, names...)
}

func (w *Warehouse) build(ctx context.Context, fsys fs.FS, only ...string) (BuildReport, error) {
	start := time.Now()
	var report BuildReport
	err := w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		b := builder{conn: conn, only: only}
		if err := b.run(ctx, fsys); err != nil {
			return err
		}
		report = b.report
		return nil
	})
	if err != nil {
		return BuildReport{}, fmt.Errorf("build: %w", err)
	}
	if len(report.Rebuilt)+len(report.Dropped) > 0 {
		// Without it the blocks of the replaced tables are not used again: they
		// hardly touch the log, whose length decides when DuckDB does it by itself.
		if err := w.checkpoint(ctx); err != nil {
			return BuildReport{}, fmt.Errorf("build: checkpoint: %w", err)
		}
	}
	report.Seconds = time.Since(start).Seconds()
	return report, nil
}

// A builder is one build in progress, inside its transaction.
type builder struct {
	conn   *sql.Conn
	exists map[string]string // schema.table → "table" or "view"
	built  map[string]string // model → fingerprint when it was last built
	only   []string          // none is all
	report BuildReport
}

func (b *builder) run(ctx context.Context, fsys fs.FS) error {
	var err error
	if b.exists, err = pairs(ctx, b.conn, catalogQuery); err != nil {
		return err
	}
	if b.built, err = pairs(ctx, b.conn, "select name, fingerprint from meta.model"); err != nil {
		return err
	}
	ordered, err := readModels(ctx, b.conn, fsys, b.base(), b.only)
	if err != nil {
		return err
	}
	if len(b.only) == 0 {
		if err := b.drop(ctx, ordered); err != nil {
			return err
		}
	}
	prints, err := newFingerprints(ctx, b.conn)
	if err != nil {
		return err
	}
	for _, m := range ordered {
		print, err := prints.of(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
		if b.built[m.table()] == print && b.exists[m.table()] == layers[m.layer].as {
			b.report.Kept = append(b.report.Kept, m.table())
			continue
		}
		if err := b.rebuild(ctx, m, print); err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
	}
	return b.version(ctx)
}

const catalogQuery = `
select schema_name || '.' || table_name, 'table' from duckdb_tables() where database_name = current_database()
union all
select schema_name || '.' || view_name, 'view' from duckdb_views() where database_name = current_database() and not internal`

// base returns what models may read that is no model: raw and meta.
func (b *builder) base() map[string]string {
	base := maps.Clone(b.exists)
	maps.DeleteFunc(base, func(name, _ string) bool {
		return !strings.HasPrefix(name, "raw.") && !strings.HasPrefix(name, "meta.")
	})
	return base
}

// drop drops the models that were built once and are no longer in the tree.
func (b *builder) drop(ctx context.Context, ordered []*model) error {
	for _, name := range slices.Sorted(maps.Keys(b.built)) {
		if slices.ContainsFunc(ordered, func(m *model) bool { return m.table() == name }) {
			continue
		}
		if err := b.dropObject(ctx, name); err != nil {
			return err
		}
		if _, err := b.conn.ExecContext(ctx, "delete from meta.model where name = ?", name); err != nil {
			return err
		}
		b.report.Dropped = append(b.report.Dropped, name)
	}
	return nil
}

// dropObject drops the table or view called schema.table, if there is one.
func (b *builder) dropObject(ctx context.Context, name string) error {
	kind, ok := b.exists[name]
	if !ok {
		return nil
	}
	delete(b.exists, name)
	_, err := b.conn.ExecContext(ctx, "drop "+kind+" "+quoteTable(name))
	return err
}

// rebuild builds one model and notes its fingerprint.
func (b *builder) rebuild(ctx context.Context, m *model, print string) error {
	start := time.Now()
	as := layers[m.layer].as
	if kind := b.exists[m.table()]; kind != "" && kind != as {
		if err := b.dropObject(ctx, m.table()); err != nil {
			return err
		}
	}
	// On one line with the model's first, so that DuckDB's line numbers are the file's.
	stmt := fmt.Sprintf("create or replace %s %s as %s", as, quoteTable(m.table()), m.sql)
	if _, err := b.conn.ExecContext(ctx, stmt); err != nil {
		return err
	}
	built := BuiltModel{Name: m.table()}
	var rows sql.NullInt64
	if as == "table" {
		if err := b.conn.QueryRowContext(ctx, "select count(*) from "+quoteTable(m.table())).Scan(&rows); err != nil {
			return err
		}
	}
	built.Rows, built.Seconds = rows.Int64, time.Since(start).Seconds()
	b.report.Rebuilt = append(b.report.Rebuilt, built)
	if _, err := b.conn.ExecContext(ctx, "delete from meta.model where name = ?", m.table()); err != nil {
		return err
	}
	_, err := b.conn.ExecContext(ctx, "insert into meta.model values (?, ?, now()::timestamp, ?, ?)", m.table(), print, built.Seconds, rows)
	return err
}

// version adds 1 to the data version if the build changed anything.
func (b *builder) version(ctx context.Context) error {
	if len(b.report.Rebuilt)+len(b.report.Dropped) > 0 {
		const next = "insert into meta.data_version select coalesce(max(version), 0) + 1, now()::timestamp from meta.data_version"
		if _, err := b.conn.ExecContext(ctx, next); err != nil {
			return err
		}
	}
	return b.conn.QueryRowContext(ctx, "select coalesce(max(version), 0) from meta.data_version").Scan(&b.report.DataVersion)
}

// quoteTable quotes schema.table.
func quoteTable(name string) string {
	schema, table, _ := strings.Cut(name, ".")
	return quote(schema) + "." + quote(table)
}

// pairs returns the rows of a query of two text columns as a map.
func pairs(ctx context.Context, conn *sql.Conn, query string) (_ map[string]string, err error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	m := map[string]string{}
	for rows.Next() {
		var key, value string
		if err := rows.Scan(&key, &value); err != nil {
			return nil, err
		}
		m[key] = value
	}
	return m, nil
}
