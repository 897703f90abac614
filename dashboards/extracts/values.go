package extracts

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A kind is how a value is written in formats that have few types.
type kind int

const (
	text kind = iota
	number
	exact // decimals: as text in JSON, so that no reader rounds them
	boolean
	date
	instant
	nested
)

// A column knows how to write its values.
type column struct {
	name string
	kind kind
	text func(a arrow.Array, i int) value
}

// columnsOf returns the columns of a schema. A type that no format could carry is an
// error: the query must cast it.
func columnsOf(schema *arrow.Schema) ([]column, error) {
	columns := make([]column, schema.NumFields())
	for i, f := range schema.Fields() {
		k, write, err := writerOf(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", f.Name, err)
		}
		columns[i] = column{f.Name, k, write}
	}
	return columns, nil
}

func writerOf(t arrow.DataType) (kind, func(arrow.Array, int) value, error) {
	plain := func(a arrow.Array, i int) value { return value{text: a.ValueStr(i)} }
	switch t := t.(type) {
	case *arrow.StringType, *arrow.LargeStringType, *arrow.StringViewType:
		return text, plain, nil
	case *arrow.Int8Type, *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type, *arrow.Uint8Type, *arrow.Uint16Type, *arrow.Uint32Type, *arrow.Uint64Type:
		return number, plain, nil
	case *arrow.Float64Type:
		return number, func(a arrow.Array, i int) value { return float(a.(*array.Float64).Value(i), 64) }, nil
	case *arrow.Float32Type:
		return number, func(a arrow.Array, i int) value { return float(float64(a.(*array.Float32).Value(i)), 32) }, nil
	case *arrow.Decimal128Type:
		return exact, func(a arrow.Array, i int) value { return value{text: a.(*array.Decimal128).Value(i).ToString(t.Scale)} }, nil
	case *arrow.BooleanType:
		return boolean, func(a arrow.Array, i int) value { return value{text: strconv.FormatBool(a.(*array.Boolean).Value(i))} }, nil
	case *arrow.Date32Type:
		return date, func(a arrow.Array, i int) value {
			return value{text: a.(*array.Date32).Value(i).ToTime().Format(time.DateOnly)}
		}, nil
	case *arrow.TimestampType:
		toTime, err := t.GetToTimeFunc()
		return instant, func(a arrow.Array, i int) value {
			return value{text: toTime(a.(*array.Timestamp).Value(i)).UTC().Format("2006-01-02T15:04:05.999999Z07:00")}
		}, err
	case *arrow.ListType:
		return nested, func(a arrow.Array, i int) value {
			raw, err := json.Marshal(a.GetOneForMarshal(i))
			return value{text: string(raw), none: err != nil}
		}, nil
	}
	return text, nil, fmt.Errorf("type %s cannot leave", t)
}

// float writes a number; what is none, or without end, is no value.
func float(v float64, bits int) value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return value{none: true}
	}
	return value{text: strconv.FormatFloat(v, 'g', -1, bits)}
}
