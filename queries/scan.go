package queries

import (
	"database/sql"
	"fmt"
	"math/big"
	"reflect"

	duckdb "github.com/duckdb/duckdb-go/v2"
)

// fieldsOf returns, for each column, the index of its field in t, or -1 for a
// column of the gate's that t does not want.
func fieldsOf(t reflect.Type, columns []string, g guard) ([]int, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("row type %v is not a struct", t)
	}
	byTag := map[string]int{}
	for i := range t.NumField() {
		tag := t.Field(i).Tag.Get("db")
		if tag == "" {
			continue
		}
		if !t.Field(i).IsExported() {
			return nil, fmt.Errorf("field %s of %v has a db tag but is not exported", t.Field(i).Name, t)
		}
		if _, twice := byTag[tag]; twice {
			return nil, fmt.Errorf("two fields of %v are tagged %q", t, tag)
		}
		byTag[tag] = i
	}
	fields := make([]int, len(columns))
	for i, col := range columns {
		f, ok := byTag[col]
		switch {
		case ok:
			fields[i] = f
			delete(byTag, col)
		case i == g.hidden || i == g.people || i == g.person:
			fields[i] = -1
		default:
			return nil, fmt.Errorf("column %q has no field in %v", col, t)
		}
	}
	for tag := range byTag {
		return nil, fmt.Errorf("field tagged %q of %v has no column", tag, t)
	}
	return fields, nil
}

// assign stores a driver's value in a field. Numbers are converted only where
// nothing is lost.
func assign(dst reflect.Value, src any) error {
	if scanner, ok := dst.Addr().Interface().(sql.Scanner); ok {
		return scanner.Scan(plain(src))
	}
	if src == nil {
		if k := dst.Kind(); k == reflect.Pointer || k == reflect.Slice || k == reflect.Interface {
			dst.SetZero()
			return nil
		}
		return fmt.Errorf("is NULL, but %v cannot be", dst.Type())
	}
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		return assign(dst.Elem(), src)
	}
	if list, ok := src.([]any); ok && dst.Kind() == reflect.Slice {
		dst.Set(reflect.MakeSlice(dst.Type(), len(list), len(list)))
		for i, v := range list {
			if err := assign(dst.Index(i), v); err != nil {
				return fmt.Errorf("element %d: %w", i+1, err)
			}
		}
		return nil
	}
	v := reflect.ValueOf(plain(src))
	switch {
	case v.Type().AssignableTo(dst.Type()):
		dst.Set(v)
	case v.Kind() == dst.Kind() && v.CanConvert(dst.Type()): // a named string and the like
		dst.Set(v.Convert(dst.Type()))
	case v.CanInt() && dst.CanInt() && !dst.OverflowInt(v.Int()):
		dst.SetInt(v.Int())
	case v.CanInt() && dst.CanFloat() && int64(float64(v.Int())) == v.Int():
		dst.SetFloat(float64(v.Int()))
	case v.CanFloat() && dst.CanFloat():
		dst.SetFloat(v.Float())
	default:
		return fmt.Errorf("%v does not fit in %v", v.Type(), dst.Type())
	}
	return nil
}

// plain turns the driver's own number types into Go's.
func plain(src any) any {
	switch v := src.(type) {
	case duckdb.Decimal:
		return v.Float64()
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
	}
	return src
}
