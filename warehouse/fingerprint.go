package warehouse

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
)

// fingerprints computes what a model's result depends on: the engine, its own SQL
// and the fingerprints of everything that it reads.
type fingerprints struct {
	conn    *sql.Conn
	engine  string
	known   map[string]string // schema.table → fingerprint
	columns map[string]string // raw and meta tables → their columns
	version map[string]string // raw tables → their version
}

func newFingerprints(ctx context.Context, conn *sql.Conn) (*fingerprints, error) {
	f := &fingerprints{conn: conn, known: map[string]string{}}
	if err := conn.QueryRowContext(ctx, "select version()").Scan(&f.engine); err != nil {
		return nil, err
	}
	const columns = `
select schema_name || '.' || table_name, string_agg(column_name || ' ' || data_type, ', ' order by column_index)
from duckdb_columns() where database_name = current_database() and schema_name in ('raw', 'meta')
group by all`
	var err error
	if f.columns, err = pairs(ctx, conn, columns); err != nil {
		return nil, err
	}
	f.version, err = pairs(ctx, conn, "select table_name, max(version)::varchar from meta.raw_version group by all")
	return f, err
}

// of returns the fingerprint of m; the models that m reads must have theirs.
func (f *fingerprints) of(ctx context.Context, m *model) (string, error) {
	h := sha256.New()
	write(h, f.engine, layers[m.layer].as, m.table(), m.sql)
	for _, table := range m.reads {
		if f.known[table] == "" {
			base, err := f.base(ctx, table)
			if err != nil {
				return "", err
			}
			f.known[table] = base
		}
		write(h, table, f.known[table])
	}
	f.known[m.table()] = hex.EncodeToString(h.Sum(nil))
	return f.known[m.table()], nil
}

// base returns the fingerprint of a table that is no model. A raw table has a
// version that its loads count up. The tables of meta are small: theirs is their
// content, hashed with DuckDB's own function, which may differ between versions of
// DuckDB; then everything is built again anyway.
func (f *fingerprints) base(ctx context.Context, table string) (string, error) {
	content := f.version[table]
	if strings.HasPrefix(table, "meta.") {
		query := "select count(*) || ' ' || coalesce(sum(hash(t)::hugeint), 0) from " + quoteTable(table) + " as t"
		if err := f.conn.QueryRowContext(ctx, query).Scan(&content); err != nil {
			return "", fmt.Errorf("%s: %w", table, err)
		}
	}
	h := sha256.New()
	write(h, f.columns[table], content)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// write writes each part with its length, so that no two lists of parts are alike.
func write(h io.Writer, parts ...string) {
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
}
