package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/ingest"
	"dials/queries"
	"dials/warehouse"
)

// local does the work in this process, which owns the DuckDB file.
type local struct {
	cfg *Config
	w   *warehouse.Warehouse

	audit   *audit.Log
	access  *access.Store
	workers workers

	parts []func(context.Context) error // of the server, beside pages, socket and schedule

	only []string // the models to build, for simulations; none is all

	live    *live
	metrics *metrics
	health  *health
	syncing sync.Mutex // one rebuild at a time

	alerting sync.Mutex // one at a time
	judging  atomic.Bool
}

// auditDir is where the audit of the warehouse at path is kept.
func auditDir(path string) string { return path + ".audit" }

// openLocal opens the warehouse of cfg, tells it what config.toml says, and
// builds the models that this needs.
func openLocal(ctx context.Context, cfg *Config) (*local, error) {
	o := cfg.Warehouse
	o.BeforeMigration = func(ctx context.Context, w *warehouse.Warehouse) error { return backUpFirst(ctx, cfg, w) }
	w, err := warehouse.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	l := &local{cfg: cfg, w: w, live: newLive(), metrics: newMetrics(), health: newHealth()}
	if l.access, err = access.OpenStore(access.StorePath(cfg.Warehouse.Path), time.Now); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	if l.audit, err = audit.Open(auditDir(cfg.Warehouse.Path), audit.Options{Clock: time.Now}); err == nil {
		err = w.Configure(ctx, cfg.settings())
	}
	if err == nil {
		err = auditConfig(l.audit, cfg)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *local) Close() error { return errors.Join(l.audit.Close(), l.w.Close()) }

// Sync pulls the requested sources side by side, goes on past one that fails, and
// rebuilds the models once.
func (l *local) Sync(ctx context.Context, req syncRequest, progress report) (syncResult, error) {
	sources, err := l.cfg.sources(req.Sources)
	if err != nil {
		return syncResult{}, err
	}
	for _, name := range req.Confirm {
		if !l.cfg.hasStream(name) {
			return syncResult{}, fmt.Errorf("sync: --confirm-deletes %q is no source.stream of %s", name, l.cfg.path)
		}
	}
	defer l.live.start()()
	var result syncResult
	clock, err := l.clock(ctx)
	if err != nil {
		return result, err
	}
	reports, err := ingest.RunAll(ctx, l.w, sources, ingest.RunOptions{
		Full: req.Full, Confirm: req.Confirm, Parallel: l.cfg.Ingest.Concurrency, Clock: clock,
		Progress: func(p ingest.Progress) {
			l.live.tell(p)
			if progress != nil {
				progress(p)
			}
		},
	})
	for _, r := range reports {
		s := newStreamResult(r)
		l.metrics.synced(s)
		result.Streams = append(result.Streams, s)
		if troubleOf(r.Err) != "" {
			result.trouble = r.Err
			l.health.worked(r.Err, time.Now())
		}
	}
	// A stream's error is in its report; here it would hide what was loaded.
	if err != nil && (len(reports) == 0 || ctx.Err() != nil) {
		return result, err
	}
	l.live.step("rebuilding the models and the evidence")
	l.syncing.Lock()
	defer l.syncing.Unlock()
	if err := l.rebuild(ctx, &result, progress); err != nil {
		return result, err
	}
	if err := l.tellAlerts(ctx, slog.New(slog.DiscardHandler)); err != nil {
		result.Alerts = err.Error() // what was loaded is loaded
	}
	return result, nil
}

// rebuild brings the models up to date, then the evidence that is judged on them,
// then the marts that show it. Readers see the last evidence until that is done.
func (l *local) rebuild(ctx context.Context, result *syncResult, progress report) (err error) {
	defer func() { l.health.worked(errors.Join(err, result.trouble), time.Now()) }()
	l.judging.Store(true)
	defer l.judging.Store(false)
	built, err := l.w.BuildOnly(ctx, l.only...)
	if err != nil {
		return err
	}
	l.metrics.built(built)
	result.Models, result.Seconds = len(built.Rebuilt), built.Seconds
	if len(l.only) == 0 {
		if _, err := l.w.NoteMatches(ctx, time.Now()); err != nil {
			return err
		}
	}
	judged, err := queries.Refresh(ctx, queries.Open(l.w.DB()), l.w, time.Now(), func(p queries.Progress) {
		if progress != nil {
			progress(ingest.Progress{Source: "evidence", Stream: p.Tactic, Rows: int64(p.Done)})
		}
	})
	if err != nil {
		return err
	}
	result.Evidence = judged
	if len(l.only) == 0 {
		if result.Forecasts, err = queries.RefreshForecasts(ctx, queries.Open(l.w.DB()), l.w); err != nil {
			return err
		}
		if result.Effects, err = queries.RefreshEffects(ctx, queries.Open(l.w.DB()), l.w); err != nil {
			return err
		}
	}
	if judged.Changed == 0 && !result.Forecasts.Changed && !result.Effects.Changed {
		return nil
	}
	_, err = l.w.BuildOnly(ctx, l.only...)
	return err
}

func newStreamResult(r ingest.StreamReport) streamResult {
	s := streamResult{
		Source: r.Source, Stream: r.Stream,
		Read: r.Read, Inserted: r.Inserted, Updated: r.Updated, Unchanged: r.Unchanged,
		Deleted: r.Deleted, Rejected: r.Rejected, Seconds: r.Seconds, Warnings: r.Warnings,
	}
	if r.Err != nil {
		s.Error = told(r.Err)
	}
	return s
}

// hasStream says whether name is the source.stream of one of the sources.
func (c *Config) hasStream(name string) bool {
	return slices.ContainsFunc(c.Sources, func(s *ingest.Source) bool {
		return slices.ContainsFunc(s.Streams, func(st *ingest.SourceStream) bool { return s.Name+"."+st.Name == name })
	})
}

// sources returns the sources that names lists, or all of them.
func (c *Config) sources(names []string) ([]*ingest.Source, error) {
	if len(names) == 0 {
		return c.Sources, nil
	}
	var chosen []*ingest.Source
	for _, name := range names {
		i := slices.IndexFunc(c.Sources, func(s *ingest.Source) bool { return s.Name == name })
		if i < 0 {
			known := make([]string, len(c.Sources))
			for j, s := range c.Sources {
				known[j] = s.Name
			}
			return nil, fmt.Errorf("sync: unknown source %q: %s has %s", name, c.path, strings.Join(known, ", "))
		}
		chosen = append(chosen, c.Sources[i])
	}
	return chosen, nil
}
