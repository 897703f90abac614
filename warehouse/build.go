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

// Build brings every model up to date. It rebuilds a model only if its own SQL
// changed or anything that it reads, and drops models that the tree no longer has. If
// that was nothing, the data version stands.
//
// The marts, which are what readers read, change in one transaction: readers see the old
// ones until the new ones are complete. What they are made of is committed as it grows,
// because DuckDB knows how many rows and values a table has once it is committed, and
// plans joins as if it were empty before.
func (w *Warehouse) Build(ctx context.Context) (BuildReport, error) {
	return w.BuildOnly(ctx)
}

// BuildOnly is Build of the models that are named, as schema.table, and of those that they
// read. It leaves all others as they are, whatever has changed: it is for simulations,
// which look at nothing else.
func (w *Warehouse) BuildOnly(ctx context.Context, names ...string) (report BuildReport, err error) {
	Behind(func() { report, err = w.build(ctx, models, names...) })
	return report, err
}

func (w *Warehouse) build(ctx context.Context, fsys fs.FS, only ...string) (BuildReport, error) {
	start := time.Now()
	report, err := w.buildModels(ctx, fsys, only)
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

// buildModels has the writer's turn for the whole build.
func (w *Warehouse) buildModels(ctx context.Context, fsys fs.FS, only []string) (BuildReport, error) {
	if err := w.lock(ctx); err != nil {
		return BuildReport{}, err
	}
	defer func() { <-w.writing }()
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return BuildReport{}, err
	}
	defer discard(conn)
	b := builder{conn: conn}
	models, err := b.plan(ctx, fsys, only)
	if err != nil {
		return BuildReport{}, err
	}
	marts := slices.IndexFunc(models, func(m *model) bool { return m.layer == "marts" })
	if marts < 0 {
		marts = len(models)
	}
	for below := models[:marts]; len(below) > 0; {
		err := w.transact(ctx, conn, func(ctx context.Context, _ *sql.Conn) (err error) {
			below, err = b.some(ctx, below)
			return err
		})
		if err != nil {
			return BuildReport{}, err
		}
	}
	err = w.transact(ctx, conn, func(ctx context.Context, _ *sql.Conn) error { return b.finish(ctx, models[marts:]) })
	return b.report, err
}

// A builder is one build in progress.
type builder struct {
	conn   *sql.Conn
	exists map[string]string // schema.table → "table" or "view"
	built  map[string]string // model → fingerprint when it was last built
	prints map[string]string // model → fingerprint that it is to have
	gone   []string          // models that were built once and are no longer in the tree
	report BuildReport
	noted  int // how many of the report's are in meta.model
}

// plan returns the models that are not up to date, marts last, each after those that it
// reads. None in only is all.
func (b *builder) plan(ctx context.Context, fsys fs.FS, only []string) ([]*model, error) {
	var err error
	if b.exists, err = pairs(ctx, b.conn, catalogQuery); err != nil {
		return nil, err
	}
	if b.built, err = pairs(ctx, b.conn, "select name, fingerprint from meta.model"); err != nil {
		return nil, err
	}
	ordered, err := readModels(ctx, b.conn, fsys, b.base(), only)
	if err != nil {
		return nil, err
	}
	prints, err := newFingerprints(ctx, b.conn)
	if err != nil {
		return nil, err
	}
	b.prints = map[string]string{}
	var stale, marts []*model
	for _, m := range ordered {
		name := m.table()
		if b.prints[name], err = prints.of(ctx, m); err != nil {
			return nil, fmt.Errorf("%s: %w", m.file, err)
		}
		switch {
		case b.built[name] == b.prints[name] && b.exists[name] == layers[m.layer].as:
			b.report.Kept = append(b.report.Kept, name)
		case m.layer == "marts":
			marts = append(marts, m)
		default:
			stale = append(stale, m)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.built)) {
		if len(only) == 0 && b.prints[name] == "" {
			b.gone = append(b.gone, name)
		}
	}
	return append(stale, marts...), nil
}

// some builds models until they have enough rows together for a wrong plan to cost more
// than a commit, and returns the others.
func (b *builder) some(ctx context.Context, models []*model) ([]*model, error) {
	const enough = 100_000
	var rows int64
	for len(models) > 0 && rows < enough {
		if err := b.rebuild(ctx, models[0]); err != nil {
			return nil, err
		}
		models = models[1:]
		rows += b.report.Rebuilt[len(b.report.Rebuilt)-1].Rows
	}
	return models, b.note(ctx)
}

// finish builds the marts that are not up to date, drops the models that are gone and adds
// 1 to the data version if the build changed anything.
func (b *builder) finish(ctx context.Context, marts []*model) error {
	for _, m := range marts {
		if err := b.rebuild(ctx, m); err != nil {
			return err
		}
	}
	for _, name := range b.gone {
		if err := b.dropObject(ctx, name); err != nil {
			return err
		}
		b.report.Dropped = append(b.report.Dropped, name)
	}
	if err := b.note(ctx); err != nil {
		return err
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

// rebuild builds one model, which note notes.
func (b *builder) rebuild(ctx context.Context, m *model) error {
	start := time.Now()
	name, as := m.table(), layers[m.layer].as
	if kind := b.exists[name]; kind != "" && kind != as {
		if err := b.dropObject(ctx, name); err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
	}
	// On one line with the model's first, so that DuckDB's line numbers are the file's.
	stmt := fmt.Sprintf("create or replace %s %s as %s", as, quoteTable(name), m.sql)
	result, err := b.conn.ExecContext(ctx, stmt)
	if err != nil {
		return fmt.Errorf("%s: %w", m.file, err)
	}
	built := BuiltModel{Name: name}
	if as == "table" {
		if built.Rows, err = result.RowsAffected(); err != nil {
			return fmt.Errorf("%s: %w", m.file, err)
		}
	}
	built.Seconds = time.Since(start).Seconds()
	b.report.Rebuilt = append(b.report.Rebuilt, built)
	return nil
}

// note writes to meta.model what this transaction built and dropped.
func (b *builder) note(ctx context.Context) error {
	gone, rows := slices.Clone(b.report.Dropped), []string(nil)
	for _, m := range b.report.Rebuilt[b.noted:] {
		n := "null" // a view's rows are counted when it is read
		if schema, _, _ := strings.Cut(m.Name, "."); layers[schema].as == "table" {
			n = fmt.Sprint(m.Rows)
		}
		gone = append(gone, m.Name)
		rows = append(rows, fmt.Sprintf("(%s, %s, now()::timestamp, %g, %s)", literal(m.Name), literal(b.prints[m.Name]), m.Seconds, n))
	}
	b.noted = len(b.report.Rebuilt)
	if len(gone) == 0 {
		return nil
	}
	_, err := b.conn.ExecContext(ctx, "delete from meta.model where name in ("+literals(gone)+")")
	if err == nil && len(rows) > 0 {
		_, err = b.conn.ExecContext(ctx, "insert into meta.model values "+strings.Join(rows, ", "))
	}
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
