// Package http reads JSON and CSV from services that config.toml describes: which
// requests, how they page, where the records are, which errors mean what. It knows a
// closed set of words and no expressions; what does not fit in them is a connector of
// its own.
package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

type connector struct {
	client  *web.Client
	zone    *time.Location
	streams []ingest.Stream
	plans   map[string]*plan // by stream
}

// plan is a stream that was checked.
type plan struct {
	streamOptions
	rules     []web.Rule
	eachRules []web.Rule
	columns   []string // that are always there
	own       []string // that are there if the service has them
	key       []string
}

// New returns a connector for a service.
func New(c ingest.Config) (ingest.Connector, error) {
	var o options
	var errs []error
	if err := c.Options(&o); err != nil {
		return nil, err
	}
	for _, err := range o.Check() {
		errs = append(errs, fmt.Errorf("options: %w", err))
	}
	out := &connector{plans: map[string]*plan{}}
	var err error
	if out.zone, err = time.LoadLocation(o.Timezone); err != nil || o.Timezone == "Local" {
		errs = append(errs, fmt.Errorf("options: timezone %q is no time zone such as Europe/Berlin", o.Timezone))
	}
	for _, s := range c.Streams {
		p := &plan{columns: s.Columns, own: s.Own, key: append(slices.Clone(s.KeyFrom), s.DatedFrom...)}
		if err := s.Options(&p.streamOptions); err != nil {
			errs = append(errs, fmt.Errorf("stream %q: %w", s.Name, err))
			continue
		}
		for _, err := range p.check() {
			errs = append(errs, fmt.Errorf("stream %q: options: %w", s.Name, err))
		}
		reads, err := json.Marshal(p.streamOptions)
		if err != nil {
			errs = append(errs, err)
		}
		out.plans[s.Name] = p
		out.streams = append(out.streams, ingest.Stream{
			Name: s.Name, Target: s.Target, Reads: string(reads), AsOfColumn: p.AsOf, MaxDeleted: p.Delete.MaxFraction,
			Writing: ingest.Writing{Decimal: p.Decimal, Null: p.Null, Dates: p.Date},
		})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	out.client, err = web.New(o.Options, web.Env{Source: c.Source, Dir: c.Dir, State: c.State, Clock: c.Clock})
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	return out, nil
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.streams }

// Deadline is how long a run may take.
func (c *connector) Deadline() time.Duration { return c.client.Deadline() }

// walks is how often a stream is walked before records that move are an error.
const walks = 3

// Pull emits the records of a stream. Where records moved between pages it walks again:
// the warehouse takes each record once.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	p := c.plans[stream.Name]
	result := ingest.Result{SourceTotal: -1}
	out := newOutput(p, emit)
	defer out.release()
	var w *walk
	for n := 1; ; n++ {
		var err error
		if w, err = c.newWalk(p, stream, cursor, out); err != nil {
			return result, err
		}
		err = w.run(ctx)
		if errors.Is(err, ingest.SkipFile) {
			return result, nil
		}
		if err == nil {
			break
		}
		if n == walks || !errors.Is(err, web.ErrMoved) {
			return result, c.named(err)
		}
		result.Warnings = append(result.Warnings, fmt.Sprintf("walked again: %v", err))
	}
	if err := out.flush(); err != nil {
		if errors.Is(err, ingest.SkipFile) {
			err = nil
		}
		return result, err
	}
	if cursor == "" && w.guard.Rows() < p.Expect.MinRows {
		return result, fmt.Errorf("%d records came, and expect.min_rows is %d", w.guard.Rows(), p.Expect.MinRows)
	}
	result.Complete = cursor == "" && p.Delete.By != "none"
	if n := w.skipped + out.unread; n > 0 && result.Complete {
		// What they would have told is not gone.
		result.Complete = false
		result.Warnings = append(result.Warnings, fmt.Sprintf("nothing is taken for gone in this run: %d requests or records had nothing to tell or could not be read", n))
	}
	result.NextCursor = w.next()
	result.Warnings = append(result.Warnings, w.warnings()...)
	result.Warnings = append(result.Warnings, c.client.Warnings()...)
	return result, nil
}

// named takes the secrets out of an error that quotes an answer.
func (c *connector) named(err error) error {
	if text := c.client.Redact(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}
