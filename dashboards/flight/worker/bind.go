package worker

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/duckdb/duckdb-go/v2/mapping"
)

// mostBindings bounds how often one statement is run.
const mostBindings = 1000

// bindings returns how each row of params, an Arrow stream, is bound; without params
// there is nothing to bind.
func (p *prepared) bindings(params []byte) (found []func() error, err error) {
	n := int(mapping.NParams(p.stmt)) //nolint:gosec // a count
	if len(params) == 0 {
		if n > 0 {
			return nil, &Failure{Wrong, fmt.Sprintf("the statement has %d parameters, and none is bound", n)}
		}
		return []func() error{func() error { return nil }}, nil
	}
	r, err := ipc.NewReader(bytes.NewReader(params))
	if err != nil {
		return nil, &Failure{Wrong, "the parameters are no Arrow stream"}
	}
	defer r.Release()
	if r.Schema().NumFields() != n {
		return nil, &Failure{Wrong, fmt.Sprintf("the statement has %d parameters, and %d are bound", n, r.Schema().NumFields())}
	}
	for r.Next() {
		batch := r.RecordBatch()
		batch.Retain() // freed with the process's memory: what binds reads it later
		for row := range int(batch.NumRows()) {
			found = append(found, func() error { return p.bind(batch, row) })
		}
		if len(found) > mostBindings {
			return nil, &Failure{TooLarge, fmt.Sprintf("more than %d rows of parameters", mostBindings)}
		}
	}
	if r.Err() != nil {
		return nil, &Failure{Wrong, "the parameters are no Arrow stream"}
	}
	return found, nil
}

// bind binds one row.
func (p *prepared) bind(batch arrow.RecordBatch, row int) error {
	mapping.ClearBindings(p.stmt)
	for i, column := range batch.Columns() {
		if state, err := p.bindValue(mapping.IdxT(i+1), column, row); err != nil {
			return &Failure{Wrong, fmt.Sprintf("parameter %d: %v", i+1, err)}
		} else if state == mapping.StateError {
			return &Failure{Wrong, fmt.Sprintf("parameter %d cannot be bound", i+1)}
		}
	}
	return nil
}

func (p *prepared) bindValue(i mapping.IdxT, column arrow.Array, row int) (mapping.State, error) {
	if column.IsNull(row) {
		return mapping.BindNull(p.stmt, i), nil
	}
	switch a := column.(type) {
	case *array.Null:
		return mapping.BindNull(p.stmt, i), nil
	case *array.Boolean:
		return mapping.BindBoolean(p.stmt, i, a.Value(row)), nil
	case *array.Int8:
		return mapping.BindInt8(p.stmt, i, a.Value(row)), nil
	case *array.Int16:
		return mapping.BindInt16(p.stmt, i, a.Value(row)), nil
	case *array.Int32:
		return mapping.BindInt32(p.stmt, i, a.Value(row)), nil
	case *array.Int64:
		return mapping.BindInt64(p.stmt, i, a.Value(row)), nil
	case *array.Uint8:
		return mapping.BindUInt8(p.stmt, i, a.Value(row)), nil
	case *array.Uint16:
		return mapping.BindUInt16(p.stmt, i, a.Value(row)), nil
	case *array.Uint32:
		return mapping.BindUInt32(p.stmt, i, a.Value(row)), nil
	case *array.Uint64:
		return mapping.BindUInt64(p.stmt, i, a.Value(row)), nil
	case *array.Float32:
		return mapping.BindFloat(p.stmt, i, a.Value(row)), nil
	case *array.Float64:
		return mapping.BindDouble(p.stmt, i, a.Value(row)), nil
	case *array.Date32:
		return mapping.BindDate(p.stmt, i, mapping.NewDate(int32(a.Value(row)))), nil
	case *array.Date64:
		return mapping.BindDate(p.stmt, i, mapping.NewDate(int32(arrow.Date32FromTime(a.Value(row).ToTime())))), nil
	case *array.Timestamp:
		return p.bindInstant(i, a, row)
	case *array.Binary:
		return mapping.BindBlob(p.stmt, i, a.Value(row)), nil
	case *array.Decimal128:
		return p.bindText(i, a.Value(row).ToString(a.DataType().(*arrow.Decimal128Type).Scale)), nil
	case *array.String, *array.LargeString, *array.StringView:
		return p.bindText(i, a.ValueStr(row)), nil
	case *array.Dictionary:
		return p.bindValue(i, a.Dictionary(), a.GetValueIndex(row))
	case *array.DenseUnion:
		return p.bindValue(i, a.Field(a.ChildID(row)), int(a.ValueOffset(row)))
	case array.ExtensionArray:
		return p.bindValue(i, a.Storage(), row)
	}
	return mapping.StateError, fmt.Errorf("type %s cannot be bound", column.DataType())
}

func (p *prepared) bindText(i mapping.IdxT, text string) mapping.State {
	return mapping.BindVarcharLength(p.stmt, i, text, mapping.IdxT(len(text)))
}

func (p *prepared) bindInstant(i mapping.IdxT, a *array.Timestamp, row int) (mapping.State, error) {
	t := a.DataType().(*arrow.TimestampType)
	toTime, err := t.GetToTimeFunc()
	if err != nil {
		return mapping.StateError, err
	}
	at := mapping.NewTimestamp(toTime(a.Value(row)).UnixMicro())
	if t.TimeZone != "" {
		return mapping.BindTimestampTZ(p.stmt, i, at), nil
	}
	return mapping.BindTimestamp(p.stmt, i, at), nil
}
