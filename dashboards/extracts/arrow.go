package extracts

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"

	"dials/queries"
)

// writeArrowStream and writeArrowFile write uncompressed IPC, for Arrow in
// JavaScript reads no other.
func writeArrowStream(ctx context.Context, engine queries.Engine, o order, sp *spool) error {
	return writeIPC(ctx, engine, o, sp, func(w io.Writer, schema *arrow.Schema) (batchWriter, error) {
		return ipc.NewWriter(w, ipc.WithSchema(schema)), nil
	})
}

func writeArrowFile(ctx context.Context, engine queries.Engine, o order, sp *spool) error {
	return writeIPC(ctx, engine, o, sp, func(w io.Writer, schema *arrow.Schema) (batchWriter, error) {
		return ipc.NewFileWriter(w, ipc.WithSchema(schema))
	})
}

type batchWriter interface {
	Write(batch arrow.RecordBatch) error
	Close() error
}

func writeIPC(ctx context.Context, engine queries.Engine, o order, sp *spool, open func(io.Writer, *arrow.Schema) (batchWriter, error)) error {
	buffer := bufio.NewWriterSize(sp, bufferSize)
	var to batchWriter
	var described *arrow.Schema
	err := o.cut.Each(ctx, engine, func(rows queries.Rows, schema *arrow.Schema) (err error) {
		described = describe(schema, o.cut, rows)
		if to, err = open(buffer, described); err != nil {
			return err
		}
		sp.begin(rows, o.cut.Version)
		return nil
	}, func(batch arrow.RecordBatch) error {
		typed := retyped(batch, described)
		defer typed.Release()
		if err := to.Write(typed); err != nil {
			return err
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	if err := to.Close(); err != nil {
		return err
	}
	return buffer.Flush()
}

// describe puts into a schema what the catalogue says of the extract and of its
// columns. Instants are stored without a zone, and are UTC.
func describe(schema *arrow.Schema, cut *queries.Cut, rows queries.Rows) *arrow.Schema {
	fields := schema.Fields()
	for i := range fields {
		c := cut.Columns[i]
		said := map[string]string{"definition": c.Says, "class": string(cut.Extract.Class)}
		if c.Unit != "" {
			said["unit"] = c.Unit
		}
		fields[i].Metadata = arrow.MetadataFrom(said)
		fields[i].Type = inUTC(fields[i].Type)
	}
	metadata := arrow.MetadataFrom(cut.About(rows))
	return arrow.NewSchema(fields, &metadata)
}

func inUTC(t arrow.DataType) arrow.DataType {
	if stamp, ok := t.(*arrow.TimestampType); ok {
		return &arrow.TimestampType{Unit: stamp.Unit, TimeZone: "UTC"}
	}
	return t
}

// retyped is batch under another schema of the same layout, to be released by the caller.
func retyped(batch arrow.RecordBatch, schema *arrow.Schema) arrow.RecordBatch {
	columns := slices.Clone(batch.Columns())
	for i, column := range columns {
		want := schema.Field(i).Type
		if !arrow.TypeEqual(column.DataType(), want) {
			old := column.Data()
			data := array.NewData(want, old.Len(), old.Buffers(), nil, old.NullN(), old.Offset())
			columns[i] = array.MakeFromData(data)
			data.Release()
			defer columns[i].Release()
		}
	}
	return array.NewRecordBatch(schema, columns, batch.NumRows())
}

// writeParquet has DuckDB write the file, five times as fast as Arrow's writer, and
// hands it out once it is whole: its footer comes last.
func writeParquet(ctx context.Context, engine queries.Engine, o order, sp *spool) error {
	schema, err := o.cut.Schema(ctx, engine)
	if err != nil {
		return err
	}
	file := sp.path + ".part"
	defer func() { _ = os.Remove(file) }() // it is there if something failed
	rows, err := o.cut.Parquet(ctx, file, func(rows queries.Rows) map[string]string {
		about := maps.Clone(o.cut.About(rows))
		about["ARROW:schema"] = encoded(describe(schema, o.cut, rows))
		return about
	})
	if err != nil {
		return err
	}
	if err := sp.adopt(file); err != nil {
		return err
	}
	sp.begin(rows, o.cut.Version)
	return nil
}

// encoded is a schema as Arrow's readers of Parquet look for it in the footer, from
// where they take the metadata of the columns.
func encoded(schema *arrow.Schema) string {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(schema))
	if err := w.Close(); err != nil {
		return ""
	}
	message := bytes.TrimSuffix(b.Bytes(), []byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0}) // the end of a stream
	return base64.StdEncoding.EncodeToString(message)
}
