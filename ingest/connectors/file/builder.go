package file

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"dials/ingest"
)

// builder gathers records of text into batches and emits them.
type builder struct {
	file    *ingest.File
	emit    func(ingest.Batch) error
	records *array.RecordBuilder
	notes   bool
	numbers []int64
	lines   []int64
	refused []ingest.Refused
	size    int
}

// A batch is emitted at so many records, or bytes.
const (
	batchRecords = 16_384
	batchBytes   = 16 << 20
)

func newBuilder(columns []string, f *ingest.File, emit func(ingest.Batch) error) *builder {
	fields := make([]arrow.Field, len(columns))
	for i, name := range columns {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String, Nullable: true}
	}
	return &builder{file: f, emit: emit, records: array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))}
}

// add adds a record; empty text is no value.
func (b *builder) add(values []string, number, line int64) error {
	for i, f := range b.records.Fields() {
		col := f.(*array.StringBuilder)
		if i >= len(values) || values[i] == "" {
			col.AppendNull()
			continue
		}
		col.Append(values[i])
		b.size += len(values[i])
	}
	b.numbers = append(b.numbers, number)
	b.lines = append(b.lines, line)
	if len(b.numbers) >= batchRecords || b.size >= batchBytes {
		return b.flush()
	}
	return nil
}

// refuse adds a record that could not be read.
func (b *builder) refuse(r ingest.Refused) error {
	const most = 1000
	if len(r.Text) > most {
		r.Text = r.Text[:most]
	}
	b.refused = append(b.refused, r)
	if len(b.refused) >= batchRecords {
		return b.flush()
	}
	return nil
}

// flush emits what is gathered. The first batch of a file is emitted even if it is
// empty, for its columns.
func (b *builder) flush() error {
	batch := b.records.NewRecordBatch()
	defer batch.Release()
	err := b.emit(ingest.Batch{File: b.file, Records: batch, Numbers: b.numbers, Lines: b.lines, Notes: b.notes, Refused: b.refused})
	b.numbers, b.lines, b.refused, b.size = nil, nil, nil, 0
	return err
}

func (b *builder) release() { b.records.Release() }
