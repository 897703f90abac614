package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/robfig/cron/v3"

	"dials/dashboards/audit"
	"dials/warehouse"
)

// Backup is [backup]: backups that nobody has to ask for.
type Backup struct {
	Directory string `toml:"directory"`
	Schedule  string `toml:"schedule"` // cron; empty: only before migrations
	Keep      int    `toml:"keep"`     // so many stay in Directory
}

func defaultBackup() Backup { return Backup{Directory: "backups", Keep: 14} }

func (b Backup) validate(found *configError) {
	if b.Directory == "" {
		found.add(0, "backup.directory is empty: name a folder such as backups")
	}
	if b.Keep < 1 {
		found.add(0, "backup.keep = %d: want 1 or more", b.Keep)
	}
	if b.Schedule == "" {
		return
	}
	if _, err := cron.ParseStandard(b.Schedule); err != nil {
		found.add(0, "backup.schedule %q is not like \"30 1 * * *\": %v", b.Schedule, err)
	}
}

// backupNames matches the backups of a folder, and sorts by time.
const backupNames = "dials-*.tar"

// backUp writes a backup to the configured folder and deletes what is too many there.
func (l *local) backUp(ctx context.Context, reason string) (backupManifest, error) {
	dir := l.cfg.Backup.Directory
	made, err := l.Backup(ctx, backupRequest{Reason: reason}, sink{file: receive(dir)})
	if err != nil {
		return made, err
	}
	kept, err := filepath.Glob(filepath.Join(dir, backupNames))
	if err != nil {
		return made, err
	}
	slices.Sort(kept)
	for _, old := range kept[:max(0, len(kept)-l.cfg.Backup.Keep)] {
		err = errors.Join(err, os.Remove(old))
	}
	return made, err
}

// backUpFirst makes the backup before a migration.
func backUpFirst(ctx context.Context, cfg *Config, w *warehouse.Warehouse) (err error) {
	l := &local{cfg: cfg, w: w, live: newLive()}
	if l.audit, err = audit.Open(auditDir(cfg.Warehouse.Path), audit.Options{Clock: time.Now}); err != nil {
		return err
	}
	_, err = l.backUp(ctx, "before a migration")
	return errors.Join(err, l.audit.Close())
}

// scheduleBackups makes backups at their times, until ctx ends.
func (l *local) scheduleBackups(log *slog.Logger, zone *time.Location) func(context.Context) error {
	return func(ctx context.Context) error {
		times := cron.New(cron.WithLocation(zone), cron.WithChain(cron.SkipIfStillRunning(cron.DiscardLogger)))
		if l.cfg.Backup.Schedule != "" {
			_, err := times.AddFunc(l.cfg.Backup.Schedule, func() {
				made, err := l.backUp(ctx, "scheduled")
				if err != nil {
					log.ErrorContext(ctx, "scheduled backup", "err", err)
					return
				}
				log.InfoContext(ctx, "scheduled backup", "directory", l.cfg.Backup.Directory, "data_version", made.Contents.DataVersion, "audit_head", made.Audit.Head)
			})
			if err != nil {
				return fmt.Errorf("backup: schedule: %w", err)
			}
		}
		times.Start()
		<-ctx.Done()
		<-times.Stop().Done()
		return nil
	}
}
