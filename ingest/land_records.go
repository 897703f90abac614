package ingest

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/duckdb/duckdb-go/v2"
)

// batch is the temporary table that holds the records of one batch: a view on Arrow
// memory can be read but once.
const batch = "dials_batch"

// readRecords lands the records of a batch.
func (l *landing) readRecords(ctx context.Context, b Batch) error {
	if b.Numbers == nil {
		for i := range b.Records.NumRows() {
			b.Numbers = append(b.Numbers, l.walk.Read-l.start+i+1)
		}
	}
	record, names := numbered(b)
	defer record.Release()
	if err := l.copyIn(ctx, record); err != nil {
		return err
	}
	if l.mapping == nil || l.gone != b.Gone || !slices.Equal(l.names, names) {
		l.names, l.gone = names, b.Gone
		r := reading{notes: b.Notes, sparse: b.Sparse, gone: b.Gone}
		if b.File != nil {
			r.odd, r.serial = b.File.Odd, b.File.Serial
		}
		cols, err := l.describe(ctx, batch)
		if err != nil {
			return err
		}
		r.cols = cols[:len(names)]
		for i, name := range names {
			r.cols[i].Name = name
		}
		if err := l.setMapping(r); err != nil {
			return err
		}
	}
	_, _, err := l.land(ctx, batch, func() (string, string) {
		return batch, "dials_n, dials_line, " + l.payload(reading{cols: l.mapping.cols}) + " as dials_payload"
	})
	return err
}

// copyIn brings Arrow records into the table batch.
func (l *landing) copyIn(ctx context.Context, record arrow.RecordBatch) error {
	reader, err := array.NewRecordReader(record.Schema(), []arrow.RecordBatch{record})
	if err != nil {
		return err
	}
	defer reader.Release()
	const view = "dials_arrow"
	var release func()
	err = l.load.Conn().Raw(func(c any) error {
		a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err == nil {
			release, err = a.RegisterView(reader, view)
		}
		return err
	})
	if err != nil {
		return err
	}
	defer release()
	_, err = l.load.Conn().ExecContext(ctx, "create or replace temp table "+batch+" as select * from "+view)
	return err
}

// numbered returns the records of a batch with plain column names, their numbers and
// their lines, and the names that the source has for the columns.
func numbered(b Batch) (arrow.RecordBatch, []string) {
	n := int(b.Records.NumRows())
	numbers, lines := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	defer numbers.Release()
	defer lines.Release()
	for i := range n {
		numbers.Append(b.Numbers[i])
		if i < len(b.Lines) && b.Lines[i] > 0 {
			lines.Append(b.Lines[i])
		} else {
			lines.AppendNull()
		}
	}
	var names []string
	var fields []arrow.Field
	var cols []arrow.Array
	for i, f := range b.Records.Schema().Fields() {
		names = append(names, f.Name)
		f.Name = fmt.Sprintf("c%d", i)
		fields = append(fields, f)
		cols = append(cols, b.Records.Column(i))
	}
	number, line := numbers.NewArray(), lines.NewArray()
	defer number.Release()
	defer line.Release()
	fields = append(fields, arrow.Field{Name: "dials_n", Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: "dials_line", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), append(cols, number, line), int64(n)), names
}
