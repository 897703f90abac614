package worker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/duckdb/duckdb-go/v2"
)

// build writes the tables of a setup to a DuckDB file in its folder and returns it. The
// Parquet files that it read are removed.
func build(ctx context.Context, s Setup) (file string, err error) {
	file = filepath.Join(s.Dir, Catalog+".duckdb")
	connector, err := duckdb.NewConnector(file+"?autoinstall_known_extensions=false&autoload_known_extensions=false&threads=1", nil)
	if err != nil {
		return "", fmt.Errorf("snapshot: %w", err)
	}
	db := sql.OpenDB(connector)
	defer func() { err = errors.Join(err, db.Close()) }()
	statements := []string{
		fmt.Sprintf("set memory_limit = '%dB'", s.Limits.Memory*3/4),
		"set temp_directory = " + literal(filepath.Join(s.Dir, "temp")),
		"set preserve_insertion_order = false",
	}
	for _, t := range s.Tables {
		name := Schema + "." + identifier(t.Name)
		statements = append(statements,
			"create table "+name+" as select * from read_parquet("+literal(t.File)+")",
			"comment on table "+name+" is "+literal(t.Says))
		for _, column := range slices.Sorted(maps.Keys(t.Columns)) {
			statements = append(statements, "comment on column "+name+"."+identifier(column)+" is "+literal(t.Columns[column]))
		}
	}
	for _, statement := range append(statements, "checkpoint") {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return "", fmt.Errorf("snapshot: %.80s: %w", statement, err)
		}
	}
	for _, t := range s.Tables {
		err = errors.Join(err, os.Remove(t.File))
	}
	return file, err
}

// A parser has DuckDB's parser read texts, in a database of its own that holds nothing.
type parser struct{ db *sql.DB }

func openParser(ctx context.Context) (*parser, error) {
	connector, err := duckdb.NewConnector("?autoinstall_known_extensions=false&autoload_known_extensions=false&threads=1&enable_external_access=false", nil)
	if err != nil {
		return nil, fmt.Errorf("parser: %w", err)
	}
	p := &parser{sql.OpenDB(connector)}
	if _, err := p.db.ExecContext(ctx, "set global lock_configuration = true"); err != nil {
		return nil, errors.Join(fmt.Errorf("parser: %w", err), p.db.Close())
	}
	return p, nil
}

// tree is what DuckDB's parser makes of a text.
func (p *parser) tree(ctx context.Context, query string) (string, error) {
	var tree string
	err := p.db.QueryRowContext(ctx, "select json_serialize_sql($1::varchar, skip_null := true, skip_default := true)::varchar", query).Scan(&tree)
	if err != nil {
		return "", fmt.Errorf("parser: %w", err)
	}
	return tree, nil
}
