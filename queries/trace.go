package queries

import (
	"context"
	"sync"
	"time"
)

// A Step is one query that was asked for.
type Step struct {
	Query string
	Kept  bool          // its rows were kept from before
	Wait  time.Duration // for a connection
	Run   time.Duration // from then until the last row was read
}

// A Trace collects the queries that are asked for with its context. It is safe for
// concurrent use.
type Trace struct {
	mu    sync.Mutex
	steps []Step
}

// Steps returns what was asked for so far.
func (t *Trace) Steps() []Step {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Step(nil), t.steps...)
}

func (t *Trace) add(s Step) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = append(t.steps, s)
}

type traceKey struct{}

// Traced returns a context whose queries are noted in the trace.
func Traced(ctx context.Context) (context.Context, *Trace) {
	t := new(Trace)
	return context.WithValue(ctx, traceKey{}, t), t
}

// traceOf returns the trace of ctx, nil if it has none.
func traceOf(ctx context.Context) *Trace {
	t, _ := ctx.Value(traceKey{}).(*Trace)
	return t
}

type stepKey struct{}

// begin notes when the query called name is asked for; end notes the rest, and an
// error's time too.
func begin(ctx context.Context, name string) (stepped context.Context, end func()) {
	t := traceOf(ctx)
	if t == nil {
		return ctx, func() {}
	}
	s, start := &Step{Query: name}, time.Now()
	return context.WithValue(ctx, stepKey{}, s), func() {
		s.Run = time.Since(start) - s.Wait
		t.add(*s)
	}
}

// waited notes how long the step of ctx waited for a connection.
func waited(ctx context.Context, d time.Duration) {
	if s, ok := ctx.Value(stepKey{}).(*Step); ok {
		s.Wait = d
	}
}
