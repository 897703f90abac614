package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"dials/dashboards"
	"dials/dashboards/audit"
	"dials/dashboards/register"
	"dials/warehouse"
)

// buildPatience is how long a reader who changed the register waits for the pages
// to show it; a sync that is running keeps it longer.
const buildPatience = 8 * time.Second

// A registrar keeps changes of the register, and has verdicts follow them.
type registrar struct {
	l       *local
	log     *slog.Logger
	wake    chan struct{}
	judging atomic.Bool
}

func newRegistrar(l *local, log *slog.Logger) *registrar {
	return &registrar{l: l, log: log, wake: make(chan struct{}, 1)}
}

// pages is what the pages of the register need.
func (r *registrar) pages() dashboards.Register {
	return dashboards.Register{Apply: r.apply, IsJudging: func() bool { return r.judging.Load() || r.l.judging.Load() }}
}

// apply keeps changes and shows them; the verdicts follow in run.
func (r *registrar) apply(ctx context.Context, changes []register.Change) error {
	if err := r.l.keepRegister(ctx, changes); err != nil {
		return err
	}
	r.judging.Store(true)
	select {
	case r.wake <- struct{}{}:
	default: // it will run again anyway
	}
	patient, cancel := context.WithTimeout(ctx, buildPatience)
	defer cancel()
	if _, err := r.l.w.Build(patient); err != nil && patient.Err() == nil {
		r.log.ErrorContext(ctx, "register: build", "err", err) // the change is kept; run tries again
	}
	return nil
}

// run judges again after changes, until ctx ends.
func (r *registrar) run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		}
		var result syncResult
		r.l.syncing.Lock()
		err := r.l.rebuild(ctx, &result, nil)
		r.l.syncing.Unlock()
		if len(r.wake) == 0 {
			r.judging.Store(false)
		}
		if err != nil && ctx.Err() == nil {
			r.log.ErrorContext(ctx, "register: judge again", "err", err)
		}
	}
}

// keepRegister writes changes of the register, each audited before.
func (l *local) keepRegister(ctx context.Context, changes []register.Change) error {
	clock, err := l.clock(ctx)
	if err != nil {
		return err
	}
	now := clock()
	rows := make([]warehouse.RegisterChange, len(changes))
	for i, c := range changes {
		rows[i] = warehouse.RegisterChange{
			Stream: c.Stream, Key: c.Key, Version: c.Version, Moments: c.Moments, Since: c.Since, Actor: c.Who, Note: c.Note,
		}
		if c.After != nil {
			rows[i].After = map[string]any{}
			for name, v := range c.After {
				if v == register.Kept {
					rows[i].Keep = append(rows[i].Keep, name)
					continue
				}
				rows[i].After[name] = v
			}
		}
	}
	if len(changes) > 0 {
		first := changes[0]
		what := fmt.Sprintf("%s %v", first.Stream, first.Key)
		if n := len(changes); n > 1 {
			what += fmt.Sprintf(" and %d more", n-1)
		}
		event := audit.Event{Kind: audit.Register, By: audit.Identity(first.By), Address: first.Address, What: what, Reason: first.Note}
		if err := l.audit.Write(event); err != nil {
			return err
		}
	}
	err = l.w.Register(ctx, now, rows)
	l.health.worked(err, time.Now())
	switch {
	case errors.Is(err, warehouse.ErrStale):
		return fmt.Errorf("%w: %w", register.ErrStale, err)
	case errors.Is(err, warehouse.ErrDeclared):
		return fmt.Errorf("%w: %w", register.ErrDeclared, err)
	}
	return err
}
