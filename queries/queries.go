// Package queries holds the SQL of the dashboards, one file per query, and is
// the only way to run it: All applies the gate to every row a reader sees.
//
// Each file states in its header the class of what it returns and the column
// that counts the people behind a row:
//
//	-- Page: /strategic-results. One row per dial and month, months in order.
//	-- class: aggregate
//	-- people: people_n
//
// The classes are none (no people in it), aggregate (groups of people), pay
// (groups of people, computed from pay) and person (rows about one person).
// Queries read the marts only, and what is kept by org unit only through
// scoped_units, which All puts in front of the query.
package queries

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"time"
)

//go:embed *.sql
var files embed.FS

// Timeout bounds one query. A reader who leaves does not cancel the context of
// a request, so nothing else would.
const Timeout = 20 * time.Second

// A Result is what a reader may see of a query.
type Result[T any] struct {
	Rows []T
	// Hidden says that rows were withheld to protect people, never how many.
	Hidden bool
}

// All runs the query in <name>.sql for reader and returns one T, a struct, per
// row that the reader may see.
//
// Columns fill the fields whose db tag names them; a NULL needs a pointer, a
// slice or a sql.Scanner. A column without a field, or a field without a column,
// is an error, so a query and its row type cannot drift apart unseen; only the
// gate's own columns, is_hidden and the one that counts people, need no field.
//
// args are sql.Named values, by the names of the query's parameters; those that
// the query does not use are ignored, so that a page can hand all queries its
// filters. $scope_unit, $scope_view, $min_people and $min_people_pay are given by
// the gate. Rows are kept until the data version moves: change no row that a
// pointer of a result leads to.
func All[T any](ctx context.Context, m *Marts, reader Reader, name string, args ...any) (Result[T], error) {
	result, err := all[T](ctx, m, reader, name, args)
	if err != nil {
		return Result[T]{}, fmt.Errorf("query %s: %w", name, err)
	}
	return result, nil
}

func all[T any](ctx context.Context, m *Marts, reader Reader, name string, args []any) (Result[T], error) {
	var none Result[T]
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	now, err := m.at(ctx)
	if err != nil {
		return none, err
	}
	q, reader, err := m.admit(ctx, now, reader, name)
	if err != nil {
		return none, err
	}
	bound, err := bind(q, reader, now.floors, args)
	if err != nil {
		return none, err
	}
	if q.header.class == Person {
		ctx, end := begin(ctx, name)
		defer end()
		return persons[T](ctx, m, reader, name, now.floors, q, bound)
	}
	key := cacheKey(reflect.TypeFor[T](), name, reader.kind(q.header), bound)
	if kept, ok := m.cache.find(now.version, key); ok {
		traceOf(ctx).add(Step{Query: name, Kept: true})
		return kept.(Result[T]).copy(), nil
	}
	ctx, end := begin(ctx, name)
	result, err := run[T](ctx, m.db, now.floors, q, bound, nil)
	end()
	if err != nil {
		return none, err
	}
	m.cache.keep(now.version, key, result.copy(), len(result.Rows))
	return result, nil
}

// persons runs a query about persons, which is kept nowhere, and has the view audited.
func persons[T any](ctx context.Context, m *Marts, reader Reader, name string, floors Floors, q *query, bound []any) (Result[T], error) {
	if m.viewed == nil {
		return Result[T]{}, Deny(q.header.topic, Person)
	}
	about := map[string]bool{}
	result, err := run[T](ctx, m.db, floors, q, bound, about)
	if err != nil {
		return Result[T]{}, err
	}
	if err := m.viewed(ctx, Viewed{name, q.header.topic, reader, len(result.Rows), slices.Sorted(maps.Keys(about))}); err != nil {
		return Result[T]{}, fmt.Errorf("audit: %w", err)
	}
	return result, nil
}

func (r Result[T]) copy() Result[T] { return Result[T]{slices.Clone(r.Rows), r.Hidden} }

// run executes the query and withholds what the gate withholds. about, unless nil,
// is given the people whom the rows are about.
func run[T any](ctx context.Context, db *sql.DB, floors Floors, q *query, args []any, about map[string]bool) (Result[T], error) {
	var result Result[T]
	var fields []int
	var names []string
	person := -1
	hidden, err := eachRow(ctx, db, floors, q, args, func(columns, _ []string, g guard) (err error) {
		names, person = columns, g.person
		fields, err = fieldsOf(reflect.TypeFor[T](), columns, g)
		return err
	}, func(values []any) error {
		if person >= 0 && about != nil && values[person] != nil {
			about[fmt.Sprint(values[person])] = true
		}
		var row T
		v := reflect.ValueOf(&row).Elem()
		for i, f := range fields {
			if f < 0 {
				continue
			}
			if err := assign(v.Field(f), values[i]); err != nil {
				return fmt.Errorf("column %q: %w", names[i], err)
			}
		}
		result.Rows = append(result.Rows, row)
		return nil
	})
	result.Hidden = hidden
	return result, err
}

// eachRow executes the query and calls start with its columns and their types, as
// DuckDB names them, then each for every row that the gate does not withhold. each does not keep values.
func eachRow(ctx context.Context, db *sql.DB, floors Floors, q *query, args []any, start func(columns, types []string, g guard) error, each func(values []any) error) (hidden bool, err error) {
	asked := time.Now()
	conn, err := db.Conn(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	waited(ctx, time.Since(asked))
	rows, err := conn.QueryContext(ctx, q.sql, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return false, err
	}
	g, err := newGuard(q.header, columns, floors)
	if err != nil {
		return false, err
	}
	described, err := rows.ColumnTypes()
	if err != nil {
		return false, err
	}
	types := make([]string, len(columns))
	for i, d := range described {
		types[i] = d.DatabaseTypeName()
	}
	if err := start(columns, types, g); err != nil {
		return false, err
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for n := 1; rows.Next(); n++ {
		if err := rows.Scan(dest...); err != nil {
			return hidden, fmt.Errorf("row %d: %w", n, err)
		}
		withheld, err := g.withholds(values)
		if err != nil {
			return hidden, fmt.Errorf("row %d: %w", n, err)
		}
		if withheld {
			hidden = true
			continue
		}
		if err := each(values); err != nil {
			return hidden, fmt.Errorf("row %d: %w", n, err)
		}
	}
	return hidden, rows.Err()
}

// Names lists the queries, in order.
func Names() []string {
	found, err := fs.Glob(files, "*.sql")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	for i, f := range found {
		found[i] = f[:len(f)-len(".sql")]
	}
	return found
}
