package http

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"dials/ingest"
	"dials/ingest/web"
)

// Names of columns that no field of a record has.
const (
	keyColumn    = "_key"    // the key of a record in an object of records
	parentPrefix = "parent." // what follows is a field of the record that was asked for
)

// output makes batches of records.
type output struct {
	emit   func(ingest.Batch) error
	names  []string // of all columns
	always int      // so many of them are in each batch; the others if they were seen
	seen   []bool
	key    []int // columns of the key
	cursor int   // column of the cursor, which may be no column of a batch
	fields *web.Columns
	record []int // column of each field
	parent []parentField
	rows   *ingest.Rows
	number []int64 // of the rows in the batch
	values map[string]string
	gone   []ingest.Refused
	count  int64
	unread int // records that could not be read
	total  int64
	keyAt  int
}

// parentField is a column that is a field of the parent.
type parentField struct {
	column int
	path   string
}

func newOutput(p *plan, emit func(ingest.Batch) error) *output {
	o := &output{emit: emit, values: map[string]string{}, cursor: -1, keyAt: -1}
	o.names = slices.Concat(p.columns, p.own)
	o.always = len(p.columns)
	visible := len(o.names)
	if p.Cursor != nil && p.Cursor.Field != "" {
		if o.cursor = slices.Index(o.names, p.Cursor.Field); o.cursor < 0 {
			o.cursor = len(o.names)
			o.names = append(o.names, p.Cursor.Field)
		}
	}
	o.seen = make([]bool, len(o.names))
	var paths []string
	for i, name := range o.names {
		field, ok := strings.CutPrefix(name, parentPrefix)
		switch {
		case name == keyColumn:
			o.keyAt = i
		case ok && p.Each != nil:
			o.parent = append(o.parent, parentField{i, field})
		default:
			o.record = append(o.record, i)
			paths = append(paths, name)
		}
	}
	for _, k := range p.key {
		if i := slices.Index(o.names, k); i >= 0 {
			o.key = append(o.key, i)
		}
	}
	o.fields = web.NewColumns(paths)
	o.rows = ingest.NewRows(o.names[:visible]...)
	return o
}

// read reads one record, and the fields of its parent. It returns nil for one that
// cannot be read, which is set aside.
func (o *output) read(key string, record []byte, parent []string) ([]string, error) {
	o.count++
	fields := make([]string, len(o.record))
	if err := o.fields.Read(record, fields); err != nil {
		return nil, o.refuse(err.Error(), string(record))
	}
	row := make([]string, len(o.names))
	for i, at := range o.record {
		row[at] = fields[i]
	}
	for i, f := range o.parent {
		row[f.column] = parent[i]
	}
	if o.keyAt >= 0 {
		row[o.keyAt] = key
	}
	return row, nil
}

func (o *output) keyOf(row []string) []string {
	out := make([]string, len(o.key))
	for i, at := range o.key {
		out[i] = row[at]
	}
	return out
}

// add adds a row to the batch.
func (o *output) add(row []string) error {
	clear(o.values)
	for i, v := range row {
		if v != "" {
			o.values[o.names[i]] = v
			o.seen[i] = true
		}
	}
	o.number = append(o.number, o.count)
	if o.rows.Add(o.values) {
		return o.flush()
	}
	return nil
}

// refuse sets a record aside.
func (o *output) refuse(reason, text string) error {
	const most, many = 1000, 10_000
	o.unread++
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "")
	}
	o.gone = append(o.gone, ingest.Refused{Record: o.count, Reason: reason, Text: text})
	if len(o.gone) >= many {
		return o.flush()
	}
	return nil
}

// flush emits what was gathered.
func (o *output) flush() error {
	if o.rows.Len() == 0 && len(o.gone) == 0 {
		return nil
	}
	b := o.rows.Batch()
	all := b.Records
	defer all.Release()
	var fields []arrow.Field
	var columns []arrow.Array
	for i, f := range all.Schema().Fields() {
		if i < o.always || o.seen[i] {
			fields = append(fields, f)
			columns = append(columns, all.Column(i))
		}
	}
	b.Records = array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, all.NumRows())
	defer b.Records.Release()
	b.Sparse, b.Refused, b.Total, b.Numbers = true, o.gone, o.total, o.number
	o.gone, o.number = nil, nil
	return o.emit(b)
}

func (o *output) release() { o.rows.Release() }

// warnings name what the service has and nothing reads.
func (o *output) warnings() []string {
	const few = 12
	others := o.fields.Others()
	if len(others) == 0 {
		return nil
	}
	more := ""
	if n := len(others) - few; n > 0 {
		others, more = others[:few], fmt.Sprintf(" and %d more", n)
	}
	return []string{"dropped the fields that nothing reads: " + strings.Join(others, ", ") + more}
}

// csv reads a page of comma-separated values, which begins with a header.
func (w *walk) csv(a *web.Answer, n *int) error {
	r := csv.NewReader(a.Reader())
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return errors.New("the answer has no header")
	}
	header = slices.Clone(header)
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	at := make([]int, len(w.out.names))
	for i, name := range w.out.names {
		at[i] = slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == name })
		if at[i] < 0 && i < w.out.always {
			return fmt.Errorf("the answer has no column %q: it has %q", name, header)
		}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		*n++
		w.out.count++
		if err == nil && len(fields) != len(header) {
			err = fmt.Errorf("has %d fields where the header has %d", len(fields), len(header))
		} else if err == nil && slices.ContainsFunc(fields, func(s string) bool { return !utf8.ValidString(s) }) {
			err = errors.New("is not UTF-8")
		}
		if err != nil {
			if parse, ok := errors.AsType[*csv.ParseError](err); ok {
				err = fmt.Errorf("is no CSV: %w", parse.Err)
			}
			if err := w.out.refuse(err.Error(), strings.ToValidUTF8(strings.Join(fields, ","), "\ufffd")); err != nil {
				return err
			}
			continue
		}
		row := make([]string, len(w.out.names))
		for i, k := range at {
			if k >= 0 {
				row[i] = strings.TrimSpace(fields[k])
			}
		}
		w.key(w.out.keyOf(row))
		if err := w.changed(row); err != nil {
			return err
		}
		if err := w.out.add(row); err != nil {
			return err
		}
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func values(m map[string]string) []string { return slices.Collect(maps.Values(m)) }
