package warehouse

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// separator stands between the parts of a table's name, which may hold dots.
const separator = "\x00"

// A statement is what DuckDB's own parser finds in a model: the tables that it
// reads and the functions that it calls, in lower case.
type statement struct {
	tables, calls, tableCalls, ctes map[string]bool
}

// parse has DuckDB parse one select. [duckdb.GetTableNames] would not do: it binds
// the select too and names no table at all where that fails.
func parse(ctx context.Context, conn *sql.Conn, text string) (*statement, error) {
	var serialized string
	err := conn.QueryRowContext(ctx,
		"select json_serialize_sql($1::varchar, skip_null := true, skip_default := true)::varchar", text).Scan(&serialized)
	if err != nil {
		return nil, err
	}
	var tree struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Position   any    `json:"position"`
		Statements []any  `json:"statements"`
	}
	if err := json.Unmarshal([]byte(serialized), &tree); err != nil {
		return nil, err
	}
	if tree.Error {
		return nil, fmt.Errorf("%s%s", lineOf(text, tree.Position), tree.Message)
	}
	if len(tree.Statements) != 1 {
		return nil, fmt.Errorf("holds %d statements, not one select", len(tree.Statements))
	}
	s := &statement{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	s.walk(tree.Statements[0])
	return s, nil
}

// lineOf turns the parser's position into "line N: ", if there is one.
func lineOf(text string, position any) string {
	var at int
	switch p := position.(type) {
	case float64:
		at = int(p)
	case string:
		if _, err := fmt.Sscan(p, &at); err != nil {
			return ""
		}
	default:
		return ""
	}
	if at < 0 || at > len(text) {
		return ""
	}
	return fmt.Sprintf("line %d: ", 1+strings.Count(text[:at], "\n"))
}

// walk collects the names in a serialized statement.
func (s *statement) walk(node any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			s.walk(child)
		}
	case map[string]any:
		s.collect(node)
		for _, child := range node {
			s.walk(child)
		}
	}
}

func (s *statement) collect(node map[string]any) {
	text := func(key string) string { t, _ := node[key].(string); return strings.ToLower(t) }
	switch {
	case text("type") == "base_table":
		parts := []string{text("catalog_name"), text("schema_name"), text("table_name")}
		parts = slices.DeleteFunc(parts, func(part string) bool { return part == "" })
		s.tables[strings.Join(parts, separator)] = true
	case text("type") == "table_function":
		if call, ok := node["function"].(map[string]any); ok {
			name, _ := call["function_name"].(string)
			s.tableCalls[strings.ToLower(name)] = true
		}
	case text("class") == "function":
		s.calls[text("function_name")] = true
	case text("class") == "column_ref":
		// current_date and its like look like columns to the parser.
		if names, ok := node["column_names"].([]any); ok && len(names) == 1 {
			if name, ok := names[0].(string); ok && strings.HasPrefix(strings.ToLower(name), "current_") {
				s.calls[strings.ToLower(name)] = true
			}
		}
	}
	if ctes, ok := node["cte_map"].(map[string]any); ok {
		entries, _ := ctes["map"].([]any)
		for _, entry := range entries {
			if entry, ok := entry.(map[string]any); ok {
				name, _ := entry["key"].(string)
				s.ctes[strings.ToLower(name)] = true
			}
		}
	}
}

// reads returns the tables that the statement reads, as schema.table.
func (s *statement) reads() ([]string, error) {
	var reads []string
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		parts := strings.Split(name, separator)
		switch len(parts) {
		case 1:
			if !s.ctes[name] {
				return nil, fmt.Errorf("reads %s: name it schema.table", name)
			}
		case 2:
			reads = append(reads, strings.Join(parts, "."))
		default:
			return nil, fmt.Errorf("reads %s, which is in another database", strings.Join(parts, "."))
		}
	}
	return reads, nil
}

// pureTableCalls are the table functions that read nothing but their arguments.
var pureTableCalls = []string{"range", "generate_series", "unnest", "json_each", "json_tree"}

// pure refuses what would make a model depend on more than the tables it reads.
// fickle holds the functions of DuckDB that do not always return the same.
func (s *statement) pure(fickle map[string]bool) error {
	for _, name := range slices.Sorted(maps.Keys(s.tableCalls)) {
		if !slices.Contains(pureTableCalls, name) {
			return fmt.Errorf("reads %s(): a model reads tables alone", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.calls)) {
		if fickle[name] {
			return fmt.Errorf("calls %s: a model's result comes from the data alone, its dates too", name)
		}
	}
	return nil
}

// fickleFunctions returns the functions whose result depends on the clock, on
// chance or on what was called before.
func fickleFunctions(ctx context.Context, conn *sql.Conn) (map[string]bool, error) {
	const query = `
select distinct lower(function_name) from duckdb_functions()
where stability in ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')
union select unnest(['current_time', 'current_timestamp', 'current_localtime', 'current_localtimestamp'])`
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	fickle := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		fickle[name] = true
	}
	return fickle, rows.Err()
}
