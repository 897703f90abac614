package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dials/warehouse"
)

// Probe tests a source without loading it: whether each stream can be read, has the
// columns that its map names, and whether its first records are good.
func Probe(ctx context.Context, w *warehouse.Warehouse, s *Source) []error {
	if s.connector == nil {
		return []error{fmt.Errorf("source %q: it is not open", s.Name)}
	}
	var errs []error
	for _, stream := range s.connector.Streams() {
		i := slices.IndexFunc(s.Streams, func(st *SourceStream) bool { return st.Name == stream.Name })
		if i < 0 {
			continue
		}
		if err := probe(ctx, w, s, s.Streams[i], stream); err != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", s.Name, stream.Name, err))
		}
	}
	return errs
}

// probed is how many records of a file a probe reads.
const probed = 1000

func probe(ctx context.Context, w *warehouse.Warehouse, s *Source, st *SourceStream, stream Stream) (err error) {
	if stream.Scratch, err = w.Scratch(); err != nil {
		return err
	}
	load, err := w.BeginLoad(ctx, st.spec(s.Name, time.Now))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, load.Close()) }()
	l := &landing{load: load, st: st, stream: stream, absent: map[string]bool{}, report: func(int64) {}, probing: true}
	if _, err := s.connector.Pull(ctx, stream, "", func(b Batch) error { return l.emit(ctx, b) }); err != nil {
		return err
	}
	return l.tooManyRefused(ctx)
}
