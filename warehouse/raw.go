package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
)

// createRaw creates the raw table of each stream, and adds to the tables that
// exist the columns that they do not have yet. Nothing is ever dropped or
// retyped: that takes a migration.
func createRaw(ctx context.Context, conn *sql.Conn, streams []Stream) error {
	have, err := rawColumns(ctx, conn)
	if err != nil {
		return err
	}
	for _, s := range streams {
		for _, ddl := range rawDDL(s, have[s.Name]) {
			if _, err := conn.ExecContext(ctx, ddl); err != nil {
				return fmt.Errorf("raw.%s: %w", s.Name, err)
			}
		}
		for _, c := range s.RawColumns() {
			if typ, ok := have[s.Name][c.Name]; ok && typ != c.Type {
				return fmt.Errorf("raw.%s: column %s is %s in this file and %s in this dials: it needs a migration", s.Name, c.Name, typ, c.Type)
			}
		}
	}
	return nil
}

// rawDDL returns the statements that bring raw.<stream> from its columns in the
// file, none if there is no such table, to those that the stream declares. New
// columns come last, so rows are inserted by name.
func rawDDL(s Stream, have map[string]string) []string {
	table := "raw." + quote(s.Name)
	var defs, alters []string
	for _, c := range s.RawColumns() {
		def := quote(c.Name) + " " + c.Type
		defs = append(defs, def+s.compression(c))
		if _, ok := have[c.Name]; !ok {
			alters = append(alters, "alter table "+table+" add column "+def)
		}
	}
	if len(have) == 0 {
		return []string{"create table " + table + " (" + strings.Join(defs, ", ") + ")"}
	}
	return alters
}

// compression says how the values of a text column are kept where that is known: left
// to itself DuckDB tries every way on every value, which takes most of a load.
func (s Stream) compression(c Column) string {
	few := []string{"org_unit", "metric", "scale", "framework", "job_title", "pay_band", "payroll_run", "review_cycle", "stream"}
	switch {
	case c.Type == "JSON":
		return " using compression fsst" // each its own, or none
	case c.Type != "VARCHAR":
		return ""
	case c.Name == "source_id" || c.Mark == RecordID:
		return " using compression fsst" // each its own
	case c.Name == "source" || c.Name == "source_file" || c.Name == "valid_basis" || c.Kind == OneOf || slices.Contains(few, c.References):
		return " using compression dictionary"
	}
	return ""
}

// rawColumns returns the type of each column of each raw table.
func rawColumns(ctx context.Context, conn *sql.Conn) (map[string]map[string]string, error) {
	rows, err := conn.QueryContext(ctx,
		"select table_name, column_name, data_type from duckdb_columns() where schema_name = 'raw' and database_name = current_database()")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	have := map[string]map[string]string{}
	for rows.Next() {
		var table, column, typ string
		if err := rows.Scan(&table, &column, &typ); err != nil {
			return nil, err
		}
		if have[table] == nil {
			have[table] = map[string]string{}
		}
		have[table][column] = typ
	}
	return have, rows.Err()
}
