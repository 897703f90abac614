package xapi

import (
	"dials/ingest"
)

// A sink gathers records into batches.
type sink struct {
	walk    *walk
	rows    *ingest.Rows
	told    *ingest.Rows // what the source says is gone
	emitted bool
}

func newSink(w *walk, columns []string) *sink {
	return &sink{walk: w, rows: ingest.NewRows(columns...), told: ingest.NewRows(columns[0])}
}

// add adds a record; empty values are none.
func (s *sink) add(values map[string]string) error {
	for k, v := range values {
		if v == "" {
			delete(values, k)
		}
	}
	if !s.rows.Add(values) {
		return nil
	}
	return s.flushRows()
}

// gone adds the key of a record that is gone. Keys come last: what is voided was stored
// before, and is not stored again.
func (s *sink) gone(values map[string]string) error {
	if !s.told.Add(values) {
		return nil
	}
	if err := s.flushRows(); err != nil {
		return err
	}
	return s.flushTold()
}

func (s *sink) flushRows() error {
	s.emitted = true
	b := s.rows.Batch()
	defer b.Records.Release()
	return s.walk.emit(b)
}

func (s *sink) flushTold() error {
	b := s.told.Batch()
	defer b.Records.Release()
	b.Gone = true
	return s.walk.emit(b)
}

// flush emits the rest, if the walk went well.
func (s *sink) flush(well bool) error {
	if !well {
		return nil
	}
	if err := s.walk.flushRefused(); err != nil {
		return err
	}
	if s.rows.Len() > 0 || !s.emitted {
		if err := s.flushRows(); err != nil {
			return err
		}
	}
	if s.told.Len() > 0 {
		return s.flushTold()
	}
	return nil
}

func (s *sink) release() {
	s.rows.Release()
	s.told.Release()
}
