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
	connector, end := begin(ctx, s)
	var errs []error
	for _, stream := range s.connector.Streams() {
		i := slices.IndexFunc(s.Streams, func(st *SourceStream) bool { return st.Name == stream.Name })
		if i < 0 {
			continue
		}
		if err := probe(ctx, w, s, connector, s.Streams[i], stream); err != nil {
			errs = append(errs, fmt.Errorf("%s.%s: %w", s.Name, stream.Name, err))
		}
	}
	if err := end(); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// probed is how many records of a file a probe reads.
const probed = 1000

func probe(ctx context.Context, w *warehouse.Warehouse, s *Source, connector Connector, st *SourceStream, stream Stream) (err error) {
	if stream.Scratch, err = w.Scratch(); err != nil {
		return err
	}
	load, err := w.BeginLoad(ctx, st.spec(s.Name, time.Now))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, load.Close()) }()
	l := &landing{load: load, st: st, stream: stream, absent: map[string]bool{}, report: func(int64, int64) {}, probing: true}
	l.stream.Started, l.stream.Held = time.Now(), held(load, s.Name)
	_, err = connector.Pull(ctx, l.stream, "", func(b Batch) error { return l.emit(ctx, b) })
	if err != nil && !errors.Is(err, SkipFile) {
		return err
	}
	return l.tooManyRefused(ctx)
}
