package warehouse

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// A columnBuilder collects a column of Arrow arrays. It begins with numbers where
// the type is one, and turns to text at the first integer that a float64 cannot hold.
type columnBuilder struct {
	name    string
	isText  bool
	numbers []float64
	text    []string
	rows    int
	seen    map[string]string // labels repeat: one copy of each
}

func newBuilders(schema *arrow.Schema) []*columnBuilder {
	out := make([]*columnBuilder, schema.NumFields())
	for i, f := range schema.Fields() {
		out[i] = &columnBuilder{name: f.Name, isText: !isNumber(f.Type), seen: map[string]string{}}
	}
	return out
}

func isNumber(t arrow.DataType) bool {
	if d, ok := t.(*arrow.DictionaryType); ok {
		t = d.ValueType
	}
	return arrow.IsInteger(t.ID()) || arrow.IsFloating(t.ID()) || arrow.IsDecimal(t.ID())
}

// done is the column; one without rows is of numbers.
func (b *columnBuilder) done() FileColumn {
	c := FileColumn{Name: b.name, Numbers: b.numbers}
	if b.isText {
		c.Numbers, c.Text = nil, b.text
		if c.Text == nil {
			c.Text = []string{}
		}
	} else if c.Numbers == nil {
		c.Numbers = []float64{}
	}
	return c
}

// appendBatch adds the rows of a batch, which may be nil.
func appendBatch(columns []*columnBuilder, batch arrow.RecordBatch) error {
	if batch == nil {
		return nil
	}
	for i, b := range columns {
		if err := b.add(batch.Column(i)); err != nil {
			return fmt.Errorf("column %q: %w", b.name, err)
		}
	}
	return nil
}

func (b *columnBuilder) add(a arrow.Array) error {
	n := a.Len()
	b.rows += n
	if b.isText {
		b.text = slices.Grow(b.text, n)
	} else {
		b.numbers = slices.Grow(b.numbers, n)
	}
	if d, ok := a.(*array.Dictionary); ok {
		return b.addDictionary(d)
	}
	switch a := a.(type) {
	case *array.Float64:
		b.addFloats(n, a.IsNull, a.Value)
	case *array.Float32:
		b.addFloats(n, a.IsNull, func(i int) float64 { return float64(a.Value(i)) })
	case *array.Float16:
		b.addFloats(n, a.IsNull, func(i int) float64 { return float64(a.Value(i).Float32()) })
	case *array.Int64:
		b.addInts(n, a.IsNull, a.Value)
	case *array.Int32:
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Int16:
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Int8:
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Uint64:
		for i := range n {
			if !a.IsNull(i) && a.Value(i) > exact {
				b.toText()
			}
		}
		if b.isText {
			b.addText(n, a.IsNull, func(i int) string { return strconv.FormatUint(a.Value(i), 10) })
			return nil
		}
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Uint32:
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Uint16:
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.Uint8:
		b.addInts(n, a.IsNull, func(i int) int64 { return int64(a.Value(i)) })
	case *array.String:
		b.addText(n, a.IsNull, a.Value)
	case *array.LargeString:
		b.addText(n, a.IsNull, a.Value)
	case *array.StringView:
		b.addText(n, a.IsNull, a.Value)
	case *array.Date32:
		b.addText(n, a.IsNull, func(i int) string { return a.Value(i).ToTime().Format(time.DateOnly) })
	case *array.Date64:
		b.addText(n, a.IsNull, func(i int) string { return a.Value(i).ToTime().Format(time.DateOnly) })
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		b.addText(n, a.IsNull, func(i int) string { return instant(a.Value(i).ToTime(unit)) })
	default:
		if !b.isText { // decimals
			return b.addParsed(n, a)
		}
		b.addText(n, a.IsNull, a.ValueStr) // booleans, and whatever else there is
	}
	return nil
}

// instant is a time as text; midnight is a day.
func instant(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04:05.999999")
}

func (b *columnBuilder) addFloats(n int, isNull func(int) bool, value func(int) float64) {
	for i := range n {
		v := math.NaN()
		if !isNull(i) {
			v = value(i)
		}
		b.numbers = append(b.numbers, v)
	}
}

// exact is the largest integer up to which a float64 holds every integer.
const exact = 1 << 53

func (b *columnBuilder) addInts(n int, isNull func(int) bool, value func(int) int64) {
	for i := range n {
		if b.isText || !isNull(i) && (value(i) > exact || value(i) < -exact) {
			b.toText()
			s := ""
			if !isNull(i) {
				s = strconv.FormatInt(value(i), 10)
			}
			b.text = append(b.text, s)
			continue
		}
		v := math.NaN()
		if !isNull(i) {
			v = float64(value(i))
		}
		b.numbers = append(b.numbers, v)
	}
}

// toText writes the integers so far as text.
func (b *columnBuilder) toText() {
	if b.isText {
		return
	}
	b.isText = true
	b.text = make([]string, len(b.numbers), cap(b.numbers))
	for i, v := range b.numbers {
		if !math.IsNaN(v) {
			b.text[i] = strconv.FormatInt(int64(v), 10)
		}
	}
	b.numbers = nil
}

// addParsed adds numbers that are read from their text.
func (b *columnBuilder) addParsed(n int, a arrow.Array) error {
	for i := range n {
		v := math.NaN()
		if !a.IsNull(i) {
			var err error
			if v, err = strconv.ParseFloat(a.ValueStr(i), 64); err != nil {
				return fmt.Errorf("row %d: %q is not a number", len(b.numbers)+1, a.ValueStr(i))
			}
		}
		b.numbers = append(b.numbers, v)
	}
	return nil
}

// most labels that are worth remembering.
const mostLabels = 1 << 16

func (b *columnBuilder) addText(n int, isNull func(int) bool, value func(int) string) {
	for i := range n {
		if isNull(i) {
			b.text = append(b.text, "")
			continue
		}
		b.text = append(b.text, b.label(value(i)))
	}
}

// label is a copy of a text whose memory may go away.
func (b *columnBuilder) label(s string) string {
	if known, ok := b.seen[s]; ok {
		return known
	}
	s = strings.Clone(s)
	if len(b.seen) < mostLabels {
		b.seen[s] = s
	}
	return s
}

// addDictionary adds coded values.
func (b *columnBuilder) addDictionary(d *array.Dictionary) error {
	values := columnBuilder{name: b.name, isText: b.isText, seen: b.seen}
	if err := values.add(d.Dictionary()); err != nil {
		return err
	}
	if values.isText {
		b.toText()
	}
	for i := range d.Len() {
		switch {
		case b.isText && d.IsNull(i):
			b.text = append(b.text, "")
		case b.isText && !values.isText:
			b.text = append(b.text, strconv.FormatFloat(values.numbers[d.GetValueIndex(i)], 'f', -1, 64))
		case b.isText:
			b.text = append(b.text, values.text[d.GetValueIndex(i)])
		case d.IsNull(i):
			b.numbers = append(b.numbers, math.NaN())
		default:
			b.numbers = append(b.numbers, values.numbers[d.GetValueIndex(i)])
		}
	}
	return nil
}
