package ingest

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Rows gathers records of text into batches, for sources whose records are not typed.
type Rows struct {
	columns []string
	records *array.RecordBuilder
	n, size int
}

// A batch of text is full at so many records, or bytes.
const (
	fullRecords = 16_384
	fullBytes   = 16 << 20
)

// NewRows returns a builder of batches with these columns.
func NewRows(columns ...string) *Rows {
	fields := make([]arrow.Field, len(columns))
	for i, name := range columns {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	return &Rows{columns: columns, records: array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))}
}

// Add adds a record. A column that values does not have has no value; a value that no
// column has is left out. It reports whether the batch is full.
func (r *Rows) Add(values map[string]string) bool {
	for i, f := range r.records.Fields() {
		col := f.(*array.StringBuilder)
		if v, ok := values[r.columns[i]]; ok {
			col.Append(v)
			r.size += len(v)
		} else {
			col.AppendNull()
		}
	}
	r.n++
	return r.n >= fullRecords || r.size >= fullBytes
}

// Len is how many records wait for the next batch.
func (r *Rows) Len() int { return r.n }

// Batch returns what was added since the last one. The caller releases its Records.
func (r *Rows) Batch() Batch {
	r.n, r.size = 0, 0
	return Batch{Records: r.records.NewRecordBatch()}
}

// Release frees the builder.
func (r *Rows) Release() { r.records.Release() }
