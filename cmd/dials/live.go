package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"dials/dashboards"
	"dials/ingest"
)

// live is what runs now: every sync tells it, the Data page shows it.
type live struct {
	mu      sync.Mutex
	state   dashboards.RunState
	syncs   int
	changed chan struct{}     // closed at the next change
	begin   func(syncRequest) // starts a sync on behalf of the server; nil without one
}

func newLive() *live { return &live{changed: make(chan struct{})} }

// change changes the state and tells those who wait.
func (l *live) change(f func(*dashboards.RunState)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f(&l.state)
	close(l.changed)
	l.changed = make(chan struct{})
}

// start notes that a sync begins, and returns what ends it.
func (l *live) start() (end func()) {
	l.change(func(s *dashboards.RunState) {
		if l.syncs == 0 {
			*s = dashboards.RunState{IsRunning: true, Started: time.Now()}
		}
		l.syncs++
	})
	return func() {
		l.change(func(s *dashboards.RunState) {
			if l.syncs--; l.syncs == 0 {
				s.IsRunning, s.Step, s.Finished = false, "", time.Now()
			}
		})
	}
}

// tell notes how far a stream is.
func (l *live) tell(p ingest.Progress) {
	l.change(func(s *dashboards.RunState) {
		line := dashboards.StreamState{
			Source: p.Source, Stream: p.Stream, State: p.State, Rows: p.Rows, Total: p.Total, PerSecond: p.PerSecond, Left: p.Left, Error: p.Error, News: p.News,
		}
		for i, old := range s.Streams {
			if old.Source == p.Source && old.Stream == p.Stream {
				s.Streams[i] = line
				return
			}
		}
		s.Streams = append(s.Streams, line)
	})
}

// step notes what is done after the streams.
func (l *live) step(what string) {
	l.change(func(s *dashboards.RunState) { s.Step = what })
}

// Now is what runs, and a channel that is closed when that changes.
func (l *live) Now() (dashboards.RunState, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	state := l.state
	state.Streams = append([]dashboards.StreamState(nil), state.Streams...)
	return state, l.changed
}

// Start begins a run of sources, or of all, and does not wait for it.
func (l *live) Start(sources []string) error {
	l.mu.Lock()
	begin, running := l.begin, l.syncs > 0
	l.mu.Unlock()
	if begin == nil {
		return errors.New("this server cannot start a run")
	}
	if running {
		return ingest.ErrRunning
	}
	begin(syncRequest{Sources: sources})
	return nil
}

// startsFor lets readers start runs, which end with ctx; wait waits for them.
func (l *local) startsFor(ctx context.Context, failed func(error)) (wait func()) {
	var running sync.WaitGroup
	l.live.mu.Lock()
	defer l.live.mu.Unlock()
	l.live.begin = func(req syncRequest) {
		running.Go(func() {
			result, err := l.Sync(ctx, req, nil)
			if err == nil {
				err = syncError(result)
			}
			if err != nil {
				failed(fmt.Errorf("sync started by a reader: %w", err))
			}
		})
	}
	return running.Wait
}
