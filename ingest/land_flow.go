package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A flow lands batches by one statement that reads them while they come. With a
// statement for each, DuckDB's threads would spend their time waiting for each other. Its
// batches are kept until it ends, for a second look at what is bad: it ends at fullFlow.
type flow struct {
	schema *arrow.Schema
	next   chan arrow.RecordBatch
	now    arrow.RecordBatch // that the statement reads
	kept   []arrow.RecordBatch
	rows   int64
	bytes  int

	done   chan struct{} // closed when the statement has ended, with:
	landed int64
	err    error
}

// fullFlow is how many bytes a flow keeps.
const fullFlow = 16 << 20

// flow is the [array.RecordReader] of its statement.
var _ array.RecordReader = (*flow)(nil)

// Retain does nothing: the landing releases the flow.
func (f *flow) Retain() {}

// Release does nothing.
func (f *flow) Release() {}

// Schema is that of the batches.
func (f *flow) Schema() *arrow.Schema { return f.schema }

// RecordBatch is the batch that is read now.
func (f *flow) RecordBatch() arrow.RecordBatch { return f.now }

// Record is RecordBatch.
func (f *flow) Record() arrow.RecordBatch { return f.now }

// Err is none: for its statement the batches of a pull that fails just end.
func (f *flow) Err() error { return nil }

// Next waits for the next batch.
func (f *flow) Next() (ok bool) {
	f.now, ok = <-f.next
	return ok
}

// len is how many records are on their way.
func (f *flow) len() int64 {
	if f == nil {
		return 0
	}
	return f.rows
}

// flows says whether the records of a batch can land in a flow.
func (b Batch) flows() bool {
	return b.Flowing && b.File == nil && b.Records != nil && b.Numbers == nil && b.Lines == nil && len(b.Refused) == 0 && !b.Gone
}

// flowIn hands a batch to the flow, which it begins if need be.
func (l *landing) flowIn(ctx context.Context, b Batch) error {
	fields, names := plainFields(b.Records)
	fits := l.mapping != nil && !l.gone && l.trimmed == b.Trimmed && slices.Equal(l.names, names)
	if l.flow != nil && (!fits || l.flow.bytes >= fullFlow) {
		if err := l.settle(ctx); err != nil {
			return err
		}
	}
	if !fits {
		if err := l.mapFlow(ctx, b, names); err != nil {
			return err
		}
	}
	if b.Records.NumRows() == 0 {
		return nil
	}
	record := array.NewRecordBatch(arrow.NewSchema(fields, nil), b.Records.Columns(), b.Records.NumRows())
	if l.flow == nil {
		if err := l.begin(ctx, record.Schema()); err != nil {
			record.Release()
			return err
		}
	}
	f := l.flow
	f.kept, f.rows, f.bytes = append(f.kept, record), f.rows+record.NumRows(), f.bytes+size(record)
	select {
	case f.next <- record:
		return nil
	case <-f.done:
		return l.settle(ctx)
	}
}

// mapFlow maps the columns of the batches to come. What is the same in all records does
// not land with each.
func (l *landing) mapFlow(ctx context.Context, b Batch, names []string) error {
	first := !l.mapped
	b.Numbers = make([]int64, b.Records.NumRows())
	record, _ := numbered(b)
	defer record.Release()
	if err := l.mapRecords(ctx, b, record, names); err != nil || !first {
		return err
	}
	constant := map[string]string{"file": "null", "is_gone": "null", "is_bad": "'false'"}
	if !l.mapping.asOf {
		constant["as_of"] = "null"
	}
	for _, f := range l.mapping.constants() {
		var text *string
		query := "select (" + f.value + ")::varchar from (select " + f.text + " as " + f.t + ")"
		if err := l.load.Conn().QueryRowContext(ctx, query).Scan(&text); err != nil {
			return err
		}
		if constant[f.column()] = "null"; text != nil {
			constant[f.column()] = literal(*text)
		}
	}
	for _, c := range l.load.LandingColumns() {
		if v, ok := constant[c.Name]; ok {
			if err := l.load.Constant(ctx, c.Name, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin begins a flow.
func (l *landing) begin(ctx context.Context, schema *arrow.Schema) error {
	f := &flow{schema: schema, next: make(chan arrow.RecordBatch, 1), done: make(chan struct{})}
	release, err := l.register(f)
	if err != nil {
		return err
	}
	l.flow = f
	query := l.mapping.landGood(l.viewName(), l.load.IsConstant)
	go func() {
		defer close(f.done)
		defer release()
		// It is not interrupted while it waits in Go's code: it ends as soon as no batch follows.
		result, err := l.load.Conn().ExecContext(context.WithoutCancel(ctx), query)
		if err == nil {
			f.landed, err = result.RowsAffected()
		}
		f.err = err
	}()
	return nil
}

// settle ends the flow, and refuses what was bad in it.
func (l *landing) settle(ctx context.Context) (err error) {
	f := l.flow
	if f == nil {
		return nil
	}
	l.flow = nil
	close(f.next)
	<-f.done
	defer f.end()
	if err := errors.Join(ctx.Err(), f.err); err != nil {
		return err
	}
	first := l.walk.Read - l.start + 1
	l.walk.Read += f.rows
	if f.landed == f.rows {
		return nil
	}
	var bad int64
	for _, record := range f.kept {
		n, err := l.refuseFrom(ctx, record, first)
		if err != nil {
			return err
		}
		bad, first = bad+n, first+record.NumRows()
	}
	blank := f.rows - f.landed - bad
	if blank < 0 || blank > 0 && l.mapping.blank() == "false" {
		return fmt.Errorf("%d records were left out in the first look and %d in the second", f.rows-f.landed, bad)
	}
	l.walk.Read -= blank
	l.walk.Rejected += bad
	return nil
}

// refuseFrom refuses the bad ones of some records, whose numbers begin at first.
func (l *landing) refuseFrom(ctx context.Context, records arrow.RecordBatch, first int64) (int64, error) {
	b := Batch{Records: records, Numbers: make([]int64, records.NumRows())}
	for i := range b.Numbers {
		b.Numbers[i] = first + int64(i)
	}
	record, _ := numbered(b)
	defer record.Release()
	if err := l.copyIn(ctx, record); err != nil {
		return 0, err
	}
	n := "dials_n, dials_line, " + l.payload(reading{cols: l.mapping.cols}) + " as dials_payload"
	result, err := l.load.Conn().ExecContext(ctx, l.mapping.refuse(batch, n, 0, l.st.target.Key))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// leave ends the flow of a pull that failed.
func (l *landing) leave() {
	f := l.flow
	if f == nil {
		return
	}
	l.flow = nil
	l.walk.Read += f.rows
	close(f.next)
	<-f.done
	f.end()
}

// end frees what a flow that has ended kept.
func (f *flow) end() {
	for _, r := range f.kept {
		r.Release()
	}
}

// size is the memory that records take.
func size(records arrow.RecordBatch) int {
	n := 0
	for _, col := range records.Columns() {
		for _, b := range col.Data().Buffers() {
			if b != nil {
				n += b.Len()
			}
		}
	}
	return n
}
