package warehouse

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
)

// evidenceTables are filled from JSON, in this order.
var evidenceTables = [...]string{"evidence_run", "evidence_check", "evidence_point"}

// SaveEvidence adds evidence runs with their checks and points, in one write. Each
// argument is a JSON array of rows by the names of the columns of meta.evidence_run,
// _check and _point; columns that a row does not name are null. Nothing that was
// saved before is touched. The next build shows it.
func (w *Warehouse) SaveEvidence(ctx context.Context, runs, checks, points []byte) error {
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for i, data := range [][]byte{runs, checks, points} {
			if err := insertJSON(ctx, conn, "meta."+evidenceTables[i], data); err != nil {
				return fmt.Errorf("save evidence: %s: %w", evidenceTables[i], err)
			}
		}
		return nil
	})
}

// insertJSON inserts an array of JSON objects into a table whose columns they name.
func insertJSON(ctx context.Context, conn *sql.Conn, table string, data []byte) error {
	const columns = `
select column_name, data_type
from duckdb_columns() where database_name = current_database() and schema_name || '.' || table_name = '%s'`
	types, err := pairs(ctx, conn, fmt.Sprintf(columns, table))
	if err != nil {
		return err
	}
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(data, &rows); err != nil {
		return err
	}
	for i, row := range rows {
		for name := range row {
			if _, ok := types[name]; !ok {
				return fmt.Errorf("row %d: there is no column %q", i+1, name)
			}
		}
		for name := range types {
			if _, ok := row[name]; !ok {
				row[name] = json.RawMessage("null")
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	whole, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	structure, err := json.Marshal([]any{types})
	if err != nil {
		return err
	}
	// strict: a value that does not fit is an error, not null
	insert := fmt.Sprintf("insert into %s by name select unnest(r) from (select unnest(from_json_strict(?::json, '%s')) as r)",
		quoteTable(table), strings.ReplaceAll(string(structure), "'", "''"))
	_, err = conn.ExecContext(ctx, insert, string(whole))
	return err
}
