package sql

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// A batch is full at so many rows, four of which are a row group of DuckDB, or bytes of text.
const (
	fullRows  = 30_720
	fullBytes = 2 << 20
)

// A batch is one that is full.
type batch struct {
	arrow.RecordBatch
	trimmed bool
}

// builder gathers rows into batches.
type builder struct {
	cols    []column
	cursor  *cursor
	key     *keyset
	records *array.RecordBuilder
	full    func(batch) error
	notes   bool // a text that begins with NUL says why there is no value
	rows    int
	bytes   int
	sent    bool
	blanks  bool           // a text of this batch is empty, or has a blank at an end
	none    map[string]int // values that are taken as none, by what they are
}

func newBuilder(cols []column, cur *cursor, key *keyset) *builder {
	fields := make([]arrow.Field, len(cols))
	for i, c := range cols {
		fields[i] = arrow.Field{Name: c.name, Type: c.arrow(), Nullable: true}
	}
	return &builder{
		cols: cols, cursor: cur, key: key, none: map[string]int{},
		records: array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil)),
	}
}

// arrow is the type that a column is read as.
func (c column) arrow() arrow.DataType {
	switch c.kind {
	case asDecimal:
		if c.real {
			return arrow.PrimitiveTypes.Float64
		}
	case asInteger:
		return arrow.PrimitiveTypes.Int64
	case asNumber:
		return arrow.PrimitiveTypes.Float64
	case asBoolean:
		return arrow.FixedWidthTypes.Boolean
	case asDate:
		return arrow.FixedWidthTypes.Date32
	case asStamp:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case asMoment:
		return &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	}
	return arrow.BinaryTypes.String
}

func (b *builder) null(i int) {
	if b.key.has(i) {
		b.key.empty = b.cols[i].name
	}
	b.records.Field(i).AppendNull()
}

// isNone takes a value as none, and counts it for the warning.
func (b *builder) isNone(i int, what string) {
	b.none[what+" in "+fmt.Sprintf("%q", b.cols[i].name)]++
	b.null(i)
}

func (b *builder) text(i int, v string) {
	b.blanks = b.blanks || v == "" || mayBeBlank(v[0]) || mayBeBlank(v[len(v)-1])
	if b.notes {
		switch {
		case !utf8.ValidString(v):
			v = "\x00is not UTF-8"
		case strings.ContainsRune(v, 0):
			v = "\x00holds a NUL byte"
		}
	}
	if b.key.has(i) {
		b.key.see(i, v)
	}
	b.records.Field(i).(*array.StringBuilder).Append(v)
	b.bytes += len(v)
}

// raw adds a text as it was sent.
func (b *builder) raw(i int, v []byte) {
	if b.notes || len(v) == 0 || b.key.has(i) {
		b.text(i, string(v))
		return
	}
	b.blanks = b.blanks || mayBeBlank(v[0]) || mayBeBlank(v[len(v)-1])
	b.records.Field(i).(*array.StringBuilder).BinaryBuilder.Append(v)
	b.bytes += len(v)
}

// decimal adds a decimal from its text.
func (b *builder) decimal(i int, v string) error {
	if !b.cols[i].real {
		b.text(i, v)
		return nil
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return errFormat
	}
	b.number(i, f)
	return nil
}

func (b *builder) integer(i int, v int64) {
	b.records.Field(i).(*array.Int64Builder).Append(v)
	if i == b.cursor.index {
		b.cursor.seeNumber(v)
	}
	if b.key.has(i) {
		b.key.see(i, v)
	}
}

func (b *builder) number(i int, v float64) {
	if b.cols[i].single {
		v = single(v)
	}
	b.records.Field(i).(*array.Float64Builder).Append(v)
}

// single is the number that stands for a float of 32 bits: a fraction with no more digits
// than tell it from the next one.
func single(v float64) float64 {
	if v == math.Trunc(v) {
		return v
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	if err != nil {
		return v
	}
	return short
}

func (b *builder) boolean(i int, v bool) { b.records.Field(i).(*array.BooleanBuilder).Append(v) }

// date takes days since 1970.
func (b *builder) date(i int, days int64) {
	b.records.Field(i).(*array.Date32Builder).Append(arrow.Date32(days))
	if i == b.cursor.index {
		b.cursor.see(time.Unix(days*86400, 0).UTC())
	}
	if b.key.has(i) {
		b.key.see(i, days)
	}
}

// stamp takes microseconds since 1970.
func (b *builder) stamp(i int, micros int64) {
	b.records.Field(i).(*array.TimestampBuilder).Append(arrow.Timestamp(micros))
	if i == b.cursor.index {
		b.cursor.see(time.UnixMicro(micros).UTC())
	}
	if b.key.has(i) {
		b.key.see(i, micros)
	}
}

// mayBeBlank says whether a byte is a blank, or of a character beyond ASCII that may be.
func mayBeBlank(c byte) bool { return c <= ' ' || c >= 0x7f }

// row ends a row.
func (b *builder) row() error {
	b.rows++
	b.key.rows++
	if b.rows < fullRows && b.bytes < fullBytes {
		return nil
	}
	return b.flush(false)
}

// flush hands on what was gathered. The first batch goes out even if it is empty, for
// its columns.
func (b *builder) flush(last bool) error {
	if b.rows == 0 && (b.sent || !last) {
		return nil
	}
	full := batch{b.records.NewRecordBatch(), !b.blanks}
	b.rows, b.bytes, b.sent, b.blanks = 0, 0, true, false
	if !last {
		b.records.Reserve(fullRows)
	}
	return b.full(full)
}

func (b *builder) release() { b.records.Release() }

// warnings says which values were taken as none.
func (b *builder) warnings() []string {
	var out []string
	for what, n := range b.none {
		noun := "values"
		if n == 1 {
			noun = "value"
		}
		out = append(out, fmt.Sprintf("%d %s %s: taken as no value", n, noun, what))
	}
	slices.Sort(out)
	return out
}
