package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"dials/warehouse"
)

// held returns what reads the warehouse's records of a source in a canonical stream:
// the named columns of each record as it is known now, as text, nil where there is no
// value. It is what a connector remembers of earlier runs: a cursor is lost when
// everything is read anew, and the records are not. Of course_xref it reads also what
// other sources say of this system's names.
func held(load *warehouse.Load, source string) func(context.Context, string, []string, func([]*string) error) error {
	return func(ctx context.Context, target string, columns []string, each func(values []*string) error) error {
		query, err := heldSQL(target, columns)
		if err != nil {
			return err
		}
		rows, err := load.Conn().QueryContext(ctx, query, source)
		if err != nil {
			return err
		}
		defer rows.Close()
		values, ptrs := make([]*string, len(columns)), make([]any, len(columns))
		for i := range values {
			ptrs[i] = &values[i]
		}
		for rows.Next() {
			if err := rows.Scan(ptrs...); err != nil {
				return err
			}
			if err := each(values); err != nil {
				return err
			}
		}
		return rows.Err()
	}
}

// heldSQL selects columns of a canonical stream, of the source that is its parameter.
func heldSQL(target string, columns []string) (string, error) {
	streams, err := warehouse.Streams()
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(streams, func(s warehouse.Stream) bool { return s.Name == target })
	if i < 0 {
		return "", fmt.Errorf("%q is no canonical stream", target)
	}
	exprs := make([]string, len(columns))
	for j, name := range columns {
		if !slices.ContainsFunc(fillable(streams[i]), func(c warehouse.Column) bool { return c.Name == name }) {
			return "", fmt.Errorf("%s has no column %q", target, name)
		}
		if name == "recorded_at" {
			name = "stated_at"
		}
		exprs[j] = ident(name) + "::varchar"
	}
	of := "source = $1"
	if target == "course_xref" {
		of = "$1 in (source, system)"
	}
	return "select " + strings.Join(exprs, ", ") + " from raw." + ident(target) +
		" where " + of + " and superseded_at is null and deleted_at is null", nil
}
