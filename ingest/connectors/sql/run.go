package sql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"dials/ingest"
)

// A database is one snapshot of one server, for one goroutine.
type database interface {
	// describe returns the columns of a query.
	describe(ctx context.Context, query string) ([]column, error)
	// read runs a query and adds its rows to b; args are its parameters.
	read(ctx context.Context, query string, args []any, cols []column, b *builder) error
	// count runs a query that returns one number.
	count(ctx context.Context, query string, args []any) (int64, error)
	// now is the server's clock, when the snapshot was taken.
	now() time.Time
	alive() bool
	close() error
	words
}

// words are the server's own ways to say things.
type words interface {
	quote(name string) string
	// selected is the SQL that reads a column so that the driver understands it.
	selected(c column) string
	// parameter is the SQL of the n-th parameter, counted from 1, for a column.
	parameter(c column, n int) string
	explain(err error, o options) error
}

// A column is one column of a query's result.
type column struct {
	name   string
	kind   kind
	typ    string // the server's name of its type
	real   bool   // a decimal that only numbers are made of: it is read as one
	single bool   // a float of 32 bits
	oid    uint32
}

// kind says how a column is read.
type kind int

const (
	asText kind = iota
	asInteger
	asNumber
	asDecimal // exact, as text
	asBoolean
	asDate
	asStamp  // without a time zone
	asMoment // an instant
	asJSON   // arrays and records
	asBytes
	asBits
)

// a run is the connector of one run: one snapshot for all streams.
type run struct {
	*connector
	db      database
	resolve options
	again   bool // the snapshot is not that of the run's first stream
}

func (c *connector) begin(ctx context.Context) (*run, error) {
	o, err := c.options.resolve()
	if err != nil {
		return nil, err
	}
	r := &run{connector: c, resolve: o}
	return r, r.open(ctx)
}

// open connects and takes the snapshot.
func (r *run) open(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeout(ctx, r.resolve.connect)
	defer cancel()
	if r.resolve.Driver == postgres {
		r.db, err = openPostgres(ctx, r.resolve)
	} else {
		r.db, err = openMySQL(ctx, r.resolve)
	}
	return err
}

// Close ends the snapshot.
func (r *run) Close() error {
	if r.db == nil {
		return nil
	}
	return r.db.close()
}

// Pull reads a stream from the run's snapshot.
func (r *run) Pull(ctx context.Context, stream ingest.Stream, from string, emit func(ingest.Batch) error) (ingest.Result, error) {
	result := ingest.Result{SourceTotal: -1}
	if r.db == nil || !r.db.alive() {
		// An earlier stream of the run was cut off, and took its connection with it.
		if err := errors.Join(r.Close(), r.open(ctx)); err != nil {
			return result, err
		}
		r.again = true
	}
	o := r.queries[stream.Name]
	cols, err := r.columns(ctx, o)
	if err != nil {
		return result, r.db.explain(err, r.resolve)
	}
	cur, err := newCursor(o.Cursor, cols, from)
	if err != nil {
		return result, err
	}
	key, err := newKeyset(o.Page, cols)
	if err != nil {
		return result, err
	}
	b := newBuilder(cols, cur, key)
	if err := r.read(ctx, r.statement(o.Query, cols, cur), cols, b, emit); err != nil {
		return result, r.db.explain(err, r.resolve)
	}
	result.Complete = from == ""
	result.NextCursor = cur.next(stream.Started, r.db.now())
	result.Warnings = b.warnings()
	if r.resolve.TLS == "unverified" {
		result.Warnings = append(result.Warnings, `tls = "unverified": whoever answers at this address is believed to be the database`)
	}
	if r.again {
		result.Warnings = append(result.Warnings, "read in a snapshot of its own: that of the run ended with a stream that failed")
	}
	if skew := r.db.now().Sub(r.clock()); skew.Abs() > 2*time.Minute && cur.kind != asText {
		result.Warnings = append(result.Warnings, fmt.Sprintf("the database's clock is %s off ours", skew.Abs().Round(time.Second)))
	}
	return result, nil
}

// columns describes the query, and refuses what cannot be read.
func (r *run) columns(ctx context.Context, o streamOptions) ([]column, error) {
	cols, err := r.db.describe(ctx, wrapped("*", o.Query))
	if err != nil {
		return nil, err
	}
	var seen []string
	for i, c := range cols {
		if slices.Contains(seen, c.name) {
			return nil, fmt.Errorf("the query has two columns %q: give one another name with as", c.name)
		}
		seen = append(seen, c.name)
		cols[i].real = c.kind == asDecimal && slices.Contains(o.numbers, c.name) && !slices.Contains(o.Page.Key, c.name)
		if c.kind == asBytes && r.resolve.Bytes != "hex" {
			return nil, fmt.Errorf("column %d, %q, is %s: leave it out of the query, or set bytes = \"hex\" in the source's options", i+1, c.name, c.typ)
		}
	}
	return cols, nil
}

// wrapped makes a query a table, so that it can be nothing but one query.
func wrapped(selected, query string) string {
	return "select " + selected + " from (\n" + query + "\n) dials"
}

// A statement is a query in the words of its server.
type statement struct {
	selected, from, where string
	args                  []any
}

// statement is what reads the columns, from the cursor on. Rows without a value in the
// cursor's column always come.
func (r *run) statement(query string, cols []column, cur *cursor) statement {
	selected := make([]string, len(cols))
	for i, c := range cols {
		selected[i] = r.db.selected(c)
	}
	s := statement{selected: strings.Join(selected, ", "), from: query}
	if cur.from != nil {
		name := r.db.quote(cur.column.name)
		s.where, s.args = "("+name+" >= "+r.db.parameter(cur.column, 1)+" or "+name+" is null)", []any{cur.from}
	}
	return s
}

// text is the statement, with what follows its conditions.
func (s statement) text(selected, more string) string {
	text := wrapped(selected, s.from)
	if s.where != "" {
		text += "\nwhere " + s.where
	}
	return text + more
}

// read reads while batches are emitted, one ahead.
func (r *run) read(ctx context.Context, s statement, cols []column, b *builder, emit func(ingest.Batch) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	full := make(chan batch, 1)
	b.full = func(record batch) error {
		select {
		case full <- record:
			return nil
		case <-ctx.Done():
			record.Release()
			return ctx.Err()
		}
	}
	read := make(chan error, 1)
	go func() {
		defer b.release()
		defer close(full)
		err := r.pages(ctx, s, cols, b)
		if err == nil {
			err = b.flush(true)
		}
		read <- err
	}()
	var emitted error
	for record := range full {
		if emitted == nil {
			emitted = emit(ingest.Batch{Records: record.RecordBatch, Notes: b.notes, Trimmed: record.trimmed, Flowing: true})
			if emitted != nil {
				cancel()
			}
		}
		record.Release()
	}
	err := <-read
	if emitted != nil {
		return emitted
	}
	return err
}
