package queries

import (
	"context"
	"fmt"
	"slices"
)

// A Table is what a reader may see of a query, with its columns by name, for those
// who do not know what it returns.
type Table struct {
	Topic   Topic
	Class   Class
	People  string // the column that counts people; "" is none
	Columns []string
	Types   []string // as DuckDB names them
	Rows    [][]any
	Hidden  bool  // rows were withheld to protect people
	Version int64 // of the data
}

// Read is All without a row type: the same query through the same gate. The gate's
// own is_hidden is left out. A query about persons is refused.
func Read(ctx context.Context, m *Marts, reader Reader, name string, args ...any) (Table, error) {
	t, err := readTable(ctx, m, reader, name, args)
	if err != nil {
		return Table{}, fmt.Errorf("query %s: %w", name, err)
	}
	return t, nil
}

func readTable(ctx context.Context, m *Marts, reader Reader, name string, args []any) (Table, error) {
	var none Table
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
	if q.header.class == Person {
		return none, Deny(q.header.topic, Person)
	}
	bound, err := bind(q, reader, now.floors, args)
	if err != nil {
		return none, err
	}
	t := Table{Topic: q.header.topic, Class: q.header.class, People: q.header.people, Rows: [][]any{}, Version: now.version}
	shown := -1 // where is_hidden stands
	ctx, end := begin(ctx, name)
	defer end()
	t.Hidden, err = eachRow(ctx, m.db, now.floors, q, bound, func(columns, types []string, g guard) error {
		shown = g.hidden
		t.Columns, t.Types = withoutAt(columns, shown), withoutAt(types, shown)
		return nil
	}, func(values []any) error {
		t.Rows = append(t.Rows, withoutAt(values, shown))
		return nil
	})
	return t, err
}

// withoutAt returns a copy of s without the element at i, if i is not negative.
func withoutAt[T any](s []T, i int) []T {
	if i < 0 {
		return slices.Clone(s)
	}
	return slices.Delete(slices.Clone(s), i, i+1)
}
