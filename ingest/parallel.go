package ingest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dials/warehouse"
)

// Options are [ingest] in config.toml.
type Options struct {
	Concurrency int    `toml:"concurrency"` // sources that are pulled at once
	Jitter      string `toml:"jitter"`      // scheduled runs begin so much later at most, each source by its own delay
}

// DefaultOptions are the options of a company that has set none.
func DefaultOptions() Options { return Options{Concurrency: 4, Jitter: "1m"} }

// Validate reports every option that cannot be.
func (o Options) Validate() error {
	var errs []error
	if o.Concurrency < 1 || o.Concurrency > 64 {
		errs = append(errs, fmt.Errorf("concurrency = %d: want 1 to 64", o.Concurrency))
	}
	if d, err := time.ParseDuration(o.Jitter); err != nil || d < 0 || d > time.Hour {
		errs = append(errs, fmt.Errorf("jitter = %q: want a duration such as \"1m\", at most 1h", o.Jitter))
	}
	return errors.Join(errs...)
}

// ErrRunning is the error of a run of a source that runs already.
var ErrRunning = errors.New("it is running already: wait until that run is over")

// RunAll runs sources side by side, o.Parallel at once, while one of them at a time is
// merged. A source's failure stops no other; one that runs already is not run twice.
// The reports come in the order of the sources; the error joins theirs.
func RunAll(ctx context.Context, w *warehouse.Warehouse, sources []*Source, o RunOptions) ([]StreamReport, error) {
	if tell := o.Progress; tell != nil {
		var mu sync.Mutex
		o.Progress = func(p Progress) {
			mu.Lock()
			defer mu.Unlock()
			tell(p)
		}
	}
	reports, errs := make([][]StreamReport, len(sources)), make([]error, len(sources))
	places := make(chan struct{}, max(1, o.Parallel))
	var running sync.WaitGroup
	for i, s := range sources {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			errs[i] = fmt.Errorf("sync %s: %w", s.Name, context.Cause(ctx))
			continue
		}
		running.Go(func() {
			defer func() { <-places }()
			if !s.running.TryLock() {
				errs[i] = fmt.Errorf("sync %s: %w", s.Name, ErrRunning)
				for _, st := range s.Streams {
					reports[i] = append(reports[i], StreamReport{Source: s.Name, Stream: st.Name, Err: errs[i]})
				}
				return
			}
			defer s.running.Unlock()
			reports[i], errs[i] = Run(ctx, w, s, o)
		})
	}
	running.Wait()
	var all []StreamReport
	for _, r := range reports {
		all = append(all, r...)
	}
	return all, errors.Join(errs...)
}
