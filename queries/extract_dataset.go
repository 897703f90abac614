package queries

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A Part is one file of a dataset.
type Part struct {
	Path string // within the dataset's folder, with slashes
	Rows int64
}

// Dataset writes the cut as Parquet files to dir, which DuckDB may write and which
// is not there yet: one file a year where the cut has months, else one file. Folders
// are named as Hive does, year=2026.
func (c *Cut) Dataset(ctx context.Context, dir string) (parts []Part, rows Rows, err error) {
	err = c.within(ctx, func(conn *sql.Conn) (err error) {
		if rows, err = c.count(ctx, conn); err != nil {
			return err
		}
		said := c.About(rows)
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(said)) {
			pairs = append(pairs, quoted(key, `"`)+": "+quoted(said[key], "'"))
		}
		query, options := c.query, "per_thread_output false, file_size_bytes '1GB'"
		if slices.ContainsFunc(c.Columns, func(col ExtractColumn) bool { return col.Name == "month" }) {
			query, options = "select *, year(month) as year from ("+query+")", "partition_by (year), filename_pattern 'part-{i}'"
		}
		statement := fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, row_group_size 122880, %s, kv_metadata {%s})",
			query, quoted(dir, "'"), options, strings.Join(pairs, ", "))
		if _, err := conn.ExecContext(ctx, statement, c.args...); err != nil {
			return err
		}
		parts, err = partsIn(ctx, conn, dir)
		return err
	})
	var written int64
	for _, p := range parts {
		written += p.Rows
	}
	if err == nil && written != rows.Count {
		err = fmt.Errorf("extract %s: %d rows were declared, and %d written", c.Extract.Name, rows.Count, written)
	}
	return parts, rows, err
}

// partsIn lists the Parquet files under dir with their rows, by path.
func partsIn(ctx context.Context, conn *sql.Conn, dir string) ([]Part, error) {
	rows, err := conn.QueryContext(ctx, "select file_name, num_rows from parquet_file_metadata($1) order by file_name", filepath.Join(dir, "**", "*.parquet"))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var parts []Part
	for rows.Next() {
		var p Part
		if err := rows.Scan(&p.Path, &p.Rows); err != nil {
			return nil, err
		}
		inside, err := filepath.Rel(dir, p.Path)
		if err != nil {
			return nil, err
		}
		p.Path = filepath.ToSlash(inside)
		parts = append(parts, p)
	}
	return parts, rows.Err()
}
