package ingest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
)

// A Filling is how a connector fills a canonical stream: the columns that it is read
// with, and those that map and keep may ask for besides.
type Filling struct{ Columns, More []string }

// A Filled is the streams of a connector that knows what it fills.
type Filled struct {
	Streams []Stream
	Columns map[string][]string // by stream
}

// Fill checks the streams of a configuration against what a system can fill; reads
// tells readings of a stream apart. Such streams have no options of their own.
func (c Config) Fill(system string, known map[string]Filling, reads func(target string) string) (Filled, []error) {
	out := Filled{Columns: map[string][]string{}}
	var errs []error
	for _, s := range c.Streams {
		var none struct{}
		if err := s.Options(&none); err != nil {
			errs = append(errs, fmt.Errorf("stream %q: %w", s.Name, err))
		}
		f, ok := known[s.Target]
		if !ok {
			errs = append(errs, fmt.Errorf("stream %q: %s cannot fill %s: it fills %s", s.Name, system, s.Target, strings.Join(slices.Sorted(maps.Keys(known)), ", ")))
			continue
		}
		columns := slices.Clone(f.Columns)
		for _, name := range s.Columns {
			switch {
			case slices.Contains(columns, name):
			case slices.Contains(f.More, name):
				columns = append(columns, name)
			default:
				errs = append(errs, fmt.Errorf("stream %q: map: there is no column %q: %s is read with %s", s.Name, name, s.Target, strings.Join(slices.Concat(f.Columns, f.More), ", ")))
			}
		}
		out.Columns[s.Name] = columns
		out.Streams = append(out.Streams, Stream{Name: s.Name, Target: s.Target, Reads: reads(s.Target)})
	}
	return out, errs
}

// A Sink takes the records of a pull one by one and emits them in batches.
type Sink struct {
	Warnings []string
	Sparse   bool // see [Batch]

	emit    func(Batch) error
	rows    *Rows
	emitted bool
}

// NewSink returns a sink for records with these columns. The caller releases it.
func NewSink(emit func(Batch) error, columns ...string) *Sink {
	return &Sink{emit: emit, rows: NewRows(columns...)}
}

// Add adds a record. Values that are empty are none.
func (s *Sink) Add(values map[string]string) error {
	maps.DeleteFunc(values, func(_, v string) bool { return v == "" })
	if !s.rows.Add(values) {
		return nil
	}
	return s.Flush()
}

// Flush emits what is gathered, and the columns even where there is no record.
func (s *Sink) Flush() error {
	if s.rows.Len() == 0 && s.emitted {
		return nil
	}
	s.emitted = true
	b := s.rows.Batch()
	b.Sparse = s.Sparse
	defer func(r arrow.RecordBatch) { r.Release() }(b.Records)
	return s.emit(b)
}

// Warn adds a warning.
func (s *Sink) Warn(format string, args ...any) {
	s.Warnings = append(s.Warnings, fmt.Sprintf(format, args...))
}

// Release frees the sink.
func (s *Sink) Release() { s.rows.Release() }
