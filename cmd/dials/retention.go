package main

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"dials/dashboards/audit"
)

// Retention is [retention]: how long what Dials keeps about its own work is kept.
// How long the records of a stream are kept stands with the stream (keep_days).
type Retention struct {
	RejectedDays int `toml:"rejected_days"` // the values and payloads of rejected rows; their reasons stay
	AuditDays    int `toml:"audit_days"`    // whole files of the audit
}

func defaultRetention() Retention { return Retention{RejectedDays: 30, AuditDays: 365} }

func (r Retention) validate(found *configError) {
	if r.RejectedDays < 1 {
		found.add(0, "retention.rejected_days = %d: want 1 or more", r.RejectedDays)
	}
	if r.AuditDays < 31 {
		found.add(0, "retention.audit_days = %d: want 31 or more", r.AuditDays)
	}
}

// retain deletes what is older than the configuration allows, and writes down how
// much that was.
func (l *local) retain(ctx context.Context, log *slog.Logger, now time.Time) error {
	l.syncing.Lock()
	defer l.syncing.Unlock()
	day := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	deleted := map[string]int64{}
	n, err := l.w.ExpireRejected(ctx, day(l.cfg.Retention.RejectedDays))
	deleted["rejected payloads"] = n
	errs := []error{err}
	for _, s := range l.cfg.Sources {
		for _, st := range s.Streams {
			if st.KeepDays == nil {
				continue
			}
			n, err := l.w.ExpireRaw(ctx, s.Name, st.Target, day(int(*st.KeepDays)))
			deleted[s.Name+"."+st.Name] = n
			errs = append(errs, err)
		}
	}
	for what, n := range deleted {
		if n == 0 {
			continue
		}
		log.InfoContext(ctx, "retention", "what", what, "rows", n)
		errs = append(errs, l.audit.Write(audit.Event{
			Kind: audit.Expire, What: what, Fields: map[string]string{"rows": strconv.FormatInt(n, 10)},
		}))
	}
	n, err = l.audit.Expire(day(l.cfg.Retention.AuditDays))
	if n > 0 {
		log.InfoContext(ctx, "retention", "what", "audit", "rows", n)
	}
	return errors.Join(append(errs, err)...)
}

// upkeep logs the head of the audit, so that it stands elsewhere too, and applies
// the retention: at the start, then every hour and every day. A rewrite that an
// erasure still owes is tried every hour too.
func (l *local) upkeep(ctx context.Context, log *slog.Logger) error {
	hourly := time.NewTicker(time.Hour)
	defer hourly.Stop()
	var retained time.Time
	for {
		head, n := l.audit.Head()
		log.InfoContext(ctx, "audit head", "hash", head, "events", n)
		if now := time.Now(); now.Sub(retained) >= 24*time.Hour {
			if err := l.retain(ctx, log, now); err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "retention", "err", err)
			}
			retained = now
		}
		if err := l.finishErasure(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "rewrite after an erasure", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-hourly.C:
		}
	}
}
