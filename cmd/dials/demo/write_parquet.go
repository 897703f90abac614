package demo

import (
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// batchRows is how many rows are held before they become a row group.
const batchRows = 1 << 15

// A parquetFile is a Parquet file whose column types are those of the first
// values in its first batch.
type parquetFile struct {
	path    string
	columns []*column
	rows    [][]cell
	schema  *arrow.Schema
	out     *os.File
	w       *pqarrow.FileWriter
}

func newParquet(path string, columns []*column) (*parquetFile, error) {
	out, err := os.Create(path)
	return &parquetFile{path: path, columns: columns, out: out}, err
}

func (p *parquetFile) write(cells []cell) error {
	p.rows = append(p.rows, append([]cell(nil), cells...))
	if len(p.rows) < batchRows {
		return nil
	}
	return p.flush()
}

// open decides the schema and starts the file.
func (p *parquetFile) open() error {
	types := map[kind]arrow.DataType{
		number: arrow.PrimitiveTypes.Float64, integer: arrow.PrimitiveTypes.Int64,
		dayOf: arrow.FixedWidthTypes.Date32, boolean: arrow.FixedWidthTypes.Boolean,
	}
	var fields []arrow.Field
	for i, c := range p.columns {
		field := arrow.Field{Name: c.name, Type: arrow.BinaryTypes.String, Nullable: true}
		for _, row := range p.rows {
			if row[i].kind != empty {
				if t, ok := types[row[i].kind]; ok {
					field.Type = t
				}
				break
			}
		}
		fields = append(fields, field)
	}
	p.schema = arrow.NewSchema(fields, nil)
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithAllocator(memory.NewGoAllocator()))
	w, err := pqarrow.NewFileWriter(p.schema, p.out, props, pqarrow.DefaultWriterProps())
	p.w = w
	return err
}

func (p *parquetFile) flush() error {
	if p.w == nil {
		if err := p.open(); err != nil {
			return err
		}
	}
	b := array.NewRecordBuilder(memory.NewGoAllocator(), p.schema)
	defer b.Release()
	b.Reserve(len(p.rows))
	for i, c := range p.columns {
		for _, row := range p.rows {
			appendCell(b.Field(i), c, row[i])
		}
	}
	record := b.NewRecordBatch()
	defer record.Release()
	p.rows = p.rows[:0]
	return p.w.Write(record)
}

func appendCell(b array.Builder, col *column, c cell) {
	if c.kind == empty {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.Float64Builder:
		b.Append(c.n)
	case *array.Int64Builder:
		b.Append(int64(c.n))
	case *array.Date32Builder:
		b.Append(arrow.Date32(c.n))
	case *array.BooleanBuilder:
		b.Append(c.n == 1)
	case *array.StringBuilder:
		b.Append(col.string(c))
	}
}

func (p *parquetFile) close() error {
	var err error
	if len(p.rows) > 0 || p.w == nil {
		err = p.flush()
	}
	if p.w != nil { // closes the file too
		if e := p.w.Close(); err == nil {
			err = e
		}
		return err
	}
	if e := p.out.Close(); err == nil {
		err = e
	}
	return err
}
