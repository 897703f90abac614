package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// parsed is what DuckDB's own parser says about a query.
type parsed struct {
	tables, qualified, functions, ctes, params, calls map[string]bool
}

// parse has DuckDB parse body. duckdb.GetTableNames would not do: it binds the
// query and returns no name at all where that fails, as for a join using().
func parse(ctx context.Context, db *sql.DB, body string) (*parsed, error) {
	var text string
	err := db.QueryRowContext(ctx,
		"select json_serialize_sql($1::varchar, skip_null := true, skip_default := true)::varchar", body).Scan(&text)
	if err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	var tree struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Statements []any  `json:"statements"`
	}
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	if tree.Error {
		return nil, fmt.Errorf("parse: %s", tree.Message)
	}
	if len(tree.Statements) != 1 {
		return nil, fmt.Errorf("parse: %d statements, not one", len(tree.Statements))
	}
	p := &parsed{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	p.walk(tree.Statements[0])
	return p, nil
}

// walk collects the names in a serialized statement.
func (p *parsed) walk(node any) {
	switch node := node.(type) {
	case []any:
		for _, child := range node {
			p.walk(child)
		}
	case map[string]any:
		text := func(key string) string { s, _ := node[key].(string); return strings.ToLower(s) }
		switch {
		case text("type") == "base_table":
			parts := slices.DeleteFunc([]string{text("catalog_name"), text("schema_name"), text("table_name")},
				func(s string) bool { return s == "" })
			name := strings.Join(parts, ".")
			p.tables[name] = true
			if len(parts) > 1 {
				p.qualified[name] = true
			}
		case text("type") == "table_function":
			if call, ok := node["function"].(map[string]any); ok {
				name, _ := call["function_name"].(string)
				p.functions[strings.ToLower(name)] = true
			}
		case text("class") == "function":
			p.calls[text("function_name")] = true
		case text("class") == "parameter":
			name, _ := node["identifier"].(string)
			p.params[name] = true
		}
		if ctes, ok := node["cte_map"].(map[string]any); ok {
			entries, _ := ctes["map"].([]any)
			for _, e := range entries {
				if entry, ok := e.(map[string]any); ok {
					name, _ := entry["key"].(string)
					p.ctes[strings.ToLower(name)] = true
				}
			}
		}
		for _, child := range node {
			p.walk(child)
		}
	}
}

// rowSources are the table functions that read nothing but their arguments.
var rowSources = []string{"range", "generate_series", "unnest"}

// check refuses tables that are no mart, and units and people that are read past
// the scope.
func (p *parsed) check(marts map[string]reach, h header) error {
	for name := range p.ctes {
		if isOurs(name) {
			return fmt.Errorf("%s is the gate's own name", name)
		}
	}
	for name := range p.functions {
		if !slices.Contains(rowSources, name) {
			return fmt.Errorf("function %s() may not be read; queries read marts only", name)
		}
	}
	if err := h.soft.checkCalls(h.class, p.calls); err != nil {
		return err
	}
	var unit, node string
	isScoped := false
	for _, name := range slices.Sorted(maps.Keys(p.tables)) {
		mart, ok := strings.CutPrefix(name, "marts.")
		switch {
		case slices.Contains(relations, name):
			isScoped = true
			continue
		case p.ctes[name]:
			continue
		case ok && (mart == "unit_scope" || strings.HasPrefix(mart, "access_")):
			return fmt.Errorf("%s may not be read; scoped_units and scoped_people are it, for this reader", name)
		case !ok || strings.Contains(mart, ".") || !p.qualified[name]:
			return fmt.Errorf("%s may not be read; queries read marts only", name)
		}
		r, exists := marts[mart]
		switch {
		case !exists:
			return fmt.Errorf("%s %w", name, ErrNotBuilt)
		case r.person && h.class != Person:
			return fmt.Errorf("%s has rows about single people: class %s may not read it", name, h.class)
		case r.person: // cut to the reader's people
		case r.node:
			node = name
		case r.unit:
			unit = name
		}
		isScoped = isScoped || r.person || r.node
	}
	if unit != "" && !p.tables["scoped_units"] && !p.tables["granted_units"] && h.scope != grantsScope {
		return fmt.Errorf("%s is kept by unit, but the query does not read scoped_units", unit)
	}
	if node != "" && h.scope != grantsScope && (!p.params["scope_unit"] || !p.params["scope_view"]) {
		return fmt.Errorf("%s is kept by node of the unit tree, but the query does not use $scope_unit and $scope_view", node)
	}
	if h.class == Person && !p.tables["scoped_people"] && !p.readsPeople(marts) {
		return errors.New("class person reads neither scoped_people nor a mart with a person_id")
	}
	if !isScoped && (h.class == Aggregate || h.class == Pay) && h.scope == "" {
		return errors.New(`header: it is about people of the whole company: say "-- scope: company" if that is for readers of the whole company alone, or "-- scope: everyone"`)
	}
	return nil
}

func (p *parsed) readsPeople(marts map[string]reach) bool {
	for name := range p.tables {
		if marts[strings.TrimPrefix(name, "marts.")].person {
			return true
		}
	}
	return false
}
