package queries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// ErrNotBuilt is wrapped by the error of a query whose mart does not exist yet.
var ErrNotBuilt = errors.New("is not built yet: run dials sync")

// Marts are the marts of one warehouse, behind the gate. It is safe for
// concurrent use.
type Marts struct {
	db     *sql.DB
	files  fs.FS // <name>.sql
	cache  cache
	viewed func(context.Context, Viewed) error // nil: no rows about persons

	mu    sync.Mutex
	state *state
}

// A state is what is known of one data version.
type state struct {
	version int64
	floors  Floors
	reach   map[string]reach // of each mart, by name

	mu       sync.Mutex
	prepared map[preparedKey]*query
	asked    map[string]bool // whether units may be asked for, by grants and unit
	reaches  map[string]*scopeReach
}

// A reach says how a mart reaches units and people, which decides how it is cut
// to what a reader may see.
type reach struct {
	unit, node, person bool // has a unit_id, an ancestor_id, a person_id
	month              bool // has a month
}

type preparedKey struct {
	name string
	kind kind
}

// A query is a file that passed the gate, ready to run.
type query struct {
	header header
	parsed *parsed
	body   string
	sql    string   // with the scope in front
	params []string // in order of name
}

// Viewed is one view of rows about persons, for the audit.
type Viewed struct {
	Query  string
	Topic  Topic
	Reader Reader // with the reason
	Rows   int
	People []string // whom the rows are about
}

// Open returns the marts in db, without rows about persons.
func Open(db *sql.DB) *Marts {
	return &Marts{db: db, files: files, cache: newCache(maxKeptResults, maxKeptRows)}
}

// Audited returns the same marts with rows about persons: viewed is told of each
// view before the rows are shown, and if it cannot keep that, they are not.
func (m *Marts) Audited(viewed func(context.Context, Viewed) error) *Marts {
	return &Marts{db: m.db, files: m.files, cache: m.cache, viewed: viewed}
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
	s := &state{version: version, floors: lowestFloors, reach: map[string]reach{}, prepared: map[preparedKey]*query{}, asked: map[string]bool{}, reaches: map[string]*scopeReach{}}
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
	rows, err := db.QueryContext(ctx, `select lower(table_name), bool_or(column_name = 'unit_id'), bool_or(column_name = 'ancestor_id'),
			bool_or(column_name = 'person_id'), bool_or(column_name = 'month')
		from information_schema.columns where table_schema = 'marts' group by all`)
	if err != nil {
		return fmt.Errorf("marts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		var r reach
		if err := rows.Scan(&table, &r.unit, &r.node, &r.person, &r.month); err != nil {
			return fmt.Errorf("marts: %w", err)
		}
		s.reach[table] = r
	}
	return rows.Err()
}

// prepare returns the query in <name>.sql for readers of kind k, after the checks
// that need no row.
func (m *Marts) prepare(ctx context.Context, s *state, name string, k kind) (*query, error) {
	key := preparedKey{name, k}
	s.mu.Lock()
	known := s.prepared[key]
	s.mu.Unlock()
	if known != nil {
		return known, nil
	}
	src, err := fs.ReadFile(m.files, name+".sql")
	if err != nil {
		return nil, err
	}
	q, err := prepare(ctx, m.db, s.reach, string(src), k)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prepared[key] = q
	return q, nil
}

func prepare(ctx context.Context, db *sql.DB, marts map[string]reach, src string, k kind) (*query, error) {
	h, body, err := parseHeader(src)
	if err != nil {
		return nil, err
	}
	p, err := parse(ctx, db, body)
	if err != nil {
		return nil, err
	}
	if err := p.check(marts, h); err != nil {
		return nil, err
	}
	q := &query{header: h, parsed: p, body: body}
	if err := q.scope(ctx, db, marts, k); err != nil {
		return nil, err
	}
	return q, nil
}

// OpenFiles is Open with other query files, for tests of what lies above queries.
func OpenFiles(db *sql.DB, files fs.FS) *Marts {
	m := Open(db)
	m.files = files
	return m
}
