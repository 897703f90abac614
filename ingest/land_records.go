package ingest

import (
	"context"
	"database/sql/driver"
	"errors"
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
		b.Numbers = make([]int64, b.Records.NumRows())
		for i := range b.Numbers {
			b.Numbers[i] = l.walk.Read - l.start + int64(i) + 1
		}
	}
	record, names := numbered(b)
	defer record.Release()
	if l.mapping == nil || l.gone != b.Gone || l.trimmed != b.Trimmed || !slices.Equal(l.names, names) {
		if err := l.mapRecords(ctx, b, record, names); err != nil {
			return err
		}
	}
	release, err := l.view(record)
	if err != nil {
		return err
	}
	defer release()
	var copied error
	_, _, err = l.land(context.WithoutCancel(ctx), l.viewName(), func() (string, string) {
		copied = l.copyIn(ctx, record)
		return batch, "dials_n, dials_line, " + l.payload(reading{cols: l.mapping.cols}) + " as dials_payload"
	})
	return errors.Join(ctx.Err(), copied, err)
}

// mapRecords maps the columns of a batch that differ from those before.
func (l *landing) mapRecords(ctx context.Context, b Batch, record arrow.RecordBatch, names []string) error {
	l.names, l.gone, l.trimmed = names, b.Gone, b.Trimmed
	r := reading{notes: b.Notes, sparse: b.Sparse, gone: b.Gone}
	if b.File != nil {
		r.odd, r.serial = b.File.Odd, b.File.Serial
	}
	if err := l.copyIn(ctx, record); err != nil {
		return err
	}
	cols, err := l.describe(ctx, batch)
	if err != nil {
		return err
	}
	r.cols = cols[:len(names)]
	for i, name := range names {
		r.cols[i].Name, r.cols[i].trimmed = name, b.Trimmed
	}
	return l.setMapping(ctx, r)
}

// viewName is the name of the batch that DuckDB reads from Arrow memory, once. All
// connections share the names of views, so each landing has its own.
func (l *landing) viewName() string { return fmt.Sprintf("dials_arrow_%p", l) }

// view shows Arrow records to DuckDB, in pieces that its threads share. What reads them
// is not to be interrupted: DuckDB may then still read when the next statement comes, and
// they are gone.
func (l *landing) view(record arrow.RecordBatch) (func(), error) {
	const piece = 16_384
	var pieces []arrow.RecordBatch
	defer func() {
		for _, p := range pieces {
			p.Release()
		}
	}()
	for i := int64(0); i == 0 || i < record.NumRows(); i += piece {
		pieces = append(pieces, record.NewSlice(i, min(i+piece, record.NumRows())))
	}
	reader, err := array.NewRecordReader(record.Schema(), pieces)
	if err != nil {
		return nil, err
	}
	return l.register(reader)
}

// register makes the view of what reader reads, and returns what ends both.
func (l *landing) register(reader array.RecordReader) (func(), error) {
	var release func()
	err := l.load.Conn().Raw(func(c any) error {
		a, err := duckdb.NewArrowFromConn(c.(driver.Conn))
		if err == nil {
			release, err = a.RegisterView(reader, l.viewName())
		}
		return err
	})
	if err != nil {
		reader.Release()
		return nil, err
	}
	return func() {
		release()
		reader.Release()
	}, nil
}

// copyIn brings Arrow records into the table batch, which can be read again.
func (l *landing) copyIn(ctx context.Context, record arrow.RecordBatch) error {
	release, err := l.view(record)
	if err != nil {
		return err
	}
	defer release()
	_, err = l.load.Conn().ExecContext(context.WithoutCancel(ctx), "create or replace temp table "+batch+" as select * from "+l.viewName())
	return errors.Join(ctx.Err(), err)
}

// numbered returns the records of a batch with plain column names, their numbers and
// their lines, and the names that the source has for the columns.
func numbered(b Batch) (arrow.RecordBatch, []string) {
	n := int(b.Records.NumRows())
	numbers, lines := array.NewInt64Builder(memory.DefaultAllocator), array.NewInt64Builder(memory.DefaultAllocator)
	defer numbers.Release()
	defer lines.Release()
	numbers.AppendValues(b.Numbers[:n], nil)
	known := b.Lines[:min(n, len(b.Lines))]
	for _, line := range known {
		if line > 0 {
			lines.Append(line)
		} else {
			lines.AppendNull()
		}
	}
	lines.AppendNulls(n - len(known))
	fields, names := plainFields(b.Records)
	cols := slices.Clone(b.Records.Columns())
	number, line := numbers.NewArray(), lines.NewArray()
	defer number.Release()
	defer line.Release()
	fields = append(fields, arrow.Field{Name: "dials_n", Type: arrow.PrimitiveTypes.Int64}, arrow.Field{Name: "dials_line", Type: arrow.PrimitiveTypes.Int64, Nullable: true})
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), append(cols, number, line), int64(n)), names
}

// plainFields are the columns of records under plain names, and their own names.
func plainFields(records arrow.RecordBatch) (fields []arrow.Field, names []string) {
	for i, f := range records.Schema().Fields() {
		names = append(names, f.Name)
		f.Name = fmt.Sprintf("c%d", i)
		fields = append(fields, f)
	}
	return fields, names
}
