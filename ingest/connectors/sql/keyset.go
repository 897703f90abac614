package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// pageOptions let a query be read in pages, for servers that end long statements.
type pageOptions struct {
	Key  []string `toml:"key"`  // columns of the query that are unique together, and never empty
	Rows int64    `toml:"rows"` // of one page; 100,000
}

const defaultPage = 100_000

func (o *pageOptions) check() []error {
	var errs []error
	if len(o.Key) == 0 && o.Rows != 0 {
		errs = append(errs, errors.New("page: key is missing"))
	}
	if o.Rows < 0 {
		errs = append(errs, fmt.Errorf("page: rows = %d is negative", o.Rows))
	}
	if o.Rows == 0 {
		o.Rows = defaultPage
	}
	return errs
}

// A keyset remembers the key of the last row that was read: the next page begins after
// it. Without columns the query is read as a whole.
type keyset struct {
	columns []column
	index   []int
	last    []any
	size    int64
	rows    int64  // that were read
	empty   string // a column of the key that had no value
}

func newKeyset(o pageOptions, cols []column) (*keyset, error) {
	k := &keyset{size: o.Rows, last: make([]any, len(o.Key))}
	for _, name := range o.Key {
		i := slices.IndexFunc(cols, func(c column) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("page: the query has no column %q", name)
		}
		switch cols[i].kind {
		case asInteger, asDecimal, asText, asDate, asStamp, asMoment:
		default:
			return nil, fmt.Errorf("page: %q is %s, by which rows cannot be put in order: take whole numbers, texts, dates or times", name, cols[i].typ)
		}
		k.columns, k.index = append(k.columns, cols[i]), append(k.index, i)
	}
	return k, nil
}

func (k *keyset) has(i int) bool { return slices.Contains(k.index, i) }

// see notes a value of column i.
func (k *keyset) see(i int, v any) { k.last[slices.Index(k.index, i)] = v }

// value writes the i-th value of the key as the server reads it.
func (k *keyset) value(i int) any {
	n, ok := k.last[i].(int64)
	switch {
	case ok && k.columns[i].kind == asDate:
		return time.Unix(n*86400, 0).UTC().Format(time.DateOnly)
	case ok && k.columns[i].kind != asInteger:
		return time.UnixMicro(n).UTC().Format(layout)
	}
	return k.last[i]
}

// after is the statement of the rows after the last one.
func (k *keyset) after(s statement, w words) statement {
	var either []string
	for i := range k.columns {
		var all []string
		for j := range i + 1 {
			op := " = "
			if j == i {
				op = " > "
			}
			s.args = append(slices.Clip(s.args), k.value(j))
			all = append(all, w.quote(k.columns[j].name)+op+w.parameter(k.columns[j], len(s.args)))
		}
		either = append(either, strings.Join(all, " and "))
	}
	where := "(" + strings.Join(either, " or ") + ")"
	if s.where != "" {
		where = s.where + " and " + where
	}
	s.where = where
	return s
}

// pages reads a statement, in pages if it has a key. All are of one snapshot, in which
// a short page is the last one.
func (r *run) pages(ctx context.Context, s statement, cols []column, b *builder) error {
	k := b.key
	if len(k.columns) == 0 {
		return r.db.read(ctx, s.text(s.selected, ""), s.args, cols, b)
	}
	var order, names []string
	for _, c := range k.columns {
		order, names = append(order, "dials."+r.db.quote(c.name)), append(names, c.name)
	}
	more := fmt.Sprintf("\norder by %s limit %d", strings.Join(order, ", "), k.size)
	page := s
	for from := int64(0); ; from = k.rows {
		if err := r.db.read(ctx, page.text(s.selected, more), page.args, cols, b); err != nil {
			return err
		}
		if k.empty != "" {
			return fmt.Errorf("page: column %q of the key has no value in some row: the key must be unique and never empty", k.empty)
		}
		if k.rows-from < k.size {
			break
		}
		page = k.after(s, r.db)
	}
	// Rows of one key, or without one, fall between pages.
	n, err := r.db.count(ctx, s.text("count(*)", ""), s.args)
	if err == nil && n != k.rows {
		err = fmt.Errorf("page: the query has %d rows, of which %d came by the key %s: it must be unique and never empty", n, k.rows, strings.Join(names, ", "))
	}
	return err
}
