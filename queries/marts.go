package queries

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// ErrNotBuilt is wrapped by the error of a query whose mart does not exist yet.
var ErrNotBuilt = errors.New("is not built yet: run dials sync")

// Marts are the marts of one warehouse, behind the gate. It is safe for
// concurrent use.
type Marts struct {
	db    *sql.DB
	files fs.FS // <name>.sql
	cache cache

	mu    sync.Mutex
	state *state
}

// A state is what is known of one data version.
type state struct {
	version int64
	floors  Floors
	reach   map[string]reach // of each mart, by name

	mu       sync.Mutex
	prepared map[string]*query
}

// A reach says how a mart reaches org units, which decides how it is scoped.
type reach int

const (
	companyWide reach = iota
	byUnit            // has a unit_id: only through scoped_units
	byNode            // has an ancestor_id: only at $scope_unit, in $scope_view
)

// A query is a file that passed the gate, ready to run.
type query struct {
	header header
	sql    string
	params []string // in order of name
}

// Open returns the marts in db.
func Open(db *sql.DB) *Marts {
	return &Marts{db: db, files: files, cache: newCache(maxKeptResults, maxKeptRows)}
}

// Version returns the data version: it moves when a build changed something.
func (m *Marts) Version(ctx context.Context) (int64, error) {
	var v int64
	err := m.db.QueryRowContext(ctx, "select coalesce(max(version), 0) from meta.data_version").Scan(&v)
	if err != nil {
		return 0, fmt.Errorf("data version: %w", err)
	}
	return v, nil
}

// Floors returns the fewest people that a row may be about.
func (m *Marts) Floors(ctx context.Context) (Floors, error) {
	s, err := m.at(ctx)
	if err != nil {
		return Floors{}, err
	}
	return s.floors, nil
}

// at returns the state of the current data version.
func (m *Marts) at(ctx context.Context) (*state, error) {
	version, err := m.Version(ctx)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	known := m.state
	m.mu.Unlock()
	if known != nil && known.version == version {
		return known, nil
	}
	s := &state{version: version, floors: lowestFloors, reach: map[string]reach{}, prepared: map[string]*query{}}
	if err := s.read(ctx, m.db); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state == nil || m.state.version < version {
		m.state = s
	}
	return s, nil
}

func (s *state) read(ctx context.Context, db *sql.DB) error {
	var people, pay int64
	err := db.QueryRowContext(ctx, `select
		coalesce(max(try_cast(value as bigint)) filter (key = 'min_people'), 0),
		coalesce(max(try_cast(value as bigint)) filter (key = 'min_people_pay'), 0)
		from meta.setting`).Scan(&people, &pay)
	if err != nil {
		return fmt.Errorf("floors: %w", err)
	}
	s.floors = Floors{People: max(people, lowestFloors.People), Pay: max(pay, people, lowestFloors.Pay)}
	rows, err := db.QueryContext(ctx, `select lower(table_name),
			case when bool_or(column_name = 'ancestor_id') then 2 when bool_or(column_name = 'unit_id') then 1 else 0 end
		from information_schema.columns where table_schema = 'marts' group by all`)
	if err != nil {
		return fmt.Errorf("marts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var r reach
		if err := rows.Scan(&table, &r); err != nil {
			return fmt.Errorf("marts: %w", err)
		}
		s.reach[table] = r
	}
	return rows.Err()
}

// prepare returns the query in <name>.sql after the checks that need no row.
func (m *Marts) prepare(ctx context.Context, s *state, name string) (*query, error) {
	s.mu.Lock()
	known := s.prepared[name]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	src, err := fs.ReadFile(m.files, name+".sql")
	if err != nil {
		return nil, err
	}
	q, err := prepare(ctx, m.db, s.reach, string(src))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepared[name] = q
	return q, nil
}

func prepare(ctx context.Context, db *sql.DB, marts map[string]reach, src string) (*query, error) {
	h, body, err := parseHeader(src)
	if err != nil {
		return nil, err
	}
	p, err := parse(ctx, db, body)
	if err != nil {
		return nil, err
	}
	scoped, err := p.check(marts)
	if err != nil {
		return nil, err
	}
	q := &query{header: h, sql: body}
	if scoped {
		q.sql = withScope(body)
		p.params["scope_unit"], p.params["scope_view"] = true, true
	}
	q.params = slices.Sorted(maps.Keys(p.params))
	return q, nil
}

// parsed is what DuckDB's own parser says about a query.
type parsed struct {
	tables, functions, ctes, params map[string]bool
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
	p := &parsed{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
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
			p.tables[strings.Join(parts, ".")] = true
		case text("type") == "table_function":
			if call, ok := node["function"].(map[string]any); ok {
				name, _ := call["function_name"].(string)
				p.functions[strings.ToLower(name)] = true
			}
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

// check refuses tables that are no mart and units that are read past the scope;
// it reports whether the query reads scoped_units.
func (p *parsed) check(marts map[string]reach) (scoped bool, err error) {
	if p.ctes["scoped_units"] {
		return false, errors.New("scoped_units is the gate's own name")
	}
	for name := range p.functions {
		if !slices.Contains(rowSources, name) {
			return false, fmt.Errorf("function %s() may not be read; queries read marts only", name)
		}
	}
	var unit, node string
	for _, name := range slices.Sorted(maps.Keys(p.tables)) {
		mart, ok := strings.CutPrefix(name, "marts.")
		switch {
		case name == "scoped_units":
			scoped = true
		case p.ctes[name]:
		case mart == "unit_scope" && ok:
			return false, errors.New("marts.unit_scope may not be read; scoped_units is it, for this reader")
		case !ok || strings.Contains(mart, "."):
			return false, fmt.Errorf("%s may not be read; queries read marts only", name)
		default:
			r, exists := marts[mart]
			switch {
			case !exists:
				return false, fmt.Errorf("%s %w", name, ErrNotBuilt)
			case r == byUnit:
				unit = name
			case r == byNode:
				node = name
			}
		}
	}
	if unit != "" && !scoped {
		return false, fmt.Errorf("%s is kept by unit, but the query does not read scoped_units", unit)
	}
	if node != "" && (!p.params["scope_unit"] || !p.params["scope_view"]) {
		return false, fmt.Errorf("%s is kept by node of the unit tree, but the query does not use $scope_unit and $scope_view", node)
	}
	return scoped, nil
}
