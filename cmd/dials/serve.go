package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/spf13/cobra"

	"dials/dashboards"
	"dials/ingest"
	"dials/warehouse"
)

const serveManual = `Serves the pages on the address of [server] listen, and syncs each source on its
own schedule. It owns the DuckDB file while it runs: "dials sync", "check" and
"export" reach it through a socket beside the file.

Until [access] lets readers sign in the server answers on loopback only (127.0.0.1,
::1, localhost), shows aggregates only, and refuses whatever came through a proxy.
To read it from another machine, tunnel: ssh -L 8080:127.0.0.1:8080 HOST. With
sign-in it also needs TLS to be reached from elsewhere: tls_certificate and tls_key,
or behind_proxy = true.`

// shutdownTimeout bounds how long a stopping server waits for its readers.
const shutdownTimeout = 30 * time.Second

func newServe(o *options) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages, and sync on schedule",
		Long:  serveManual,
		Args:  exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := readConfig(o.configPath)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("listen") {
				cfg.listen, cfg.Server.Listen = cfg.Server.Listen, listen
			}
			return o.serve(cmd.Context(), cfg)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "`HOST:PORT` to listen on, in place of [server] listen")
	return cmd
}

// serve runs the server until ctx ends, then lets running requests and the
// current sync finish: only after that is the warehouse closed.
func (o *options) serve(ctx context.Context, cfg *Config) (err error) {
	if err := cfg.Server.CheckListen(cfg.Access.SignsIn()); err != nil {
		return err
	}
	// Listening comes first: a taken port must not cost a rebuild.
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Server.Listen)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	defer listener.Close()
	running, err := dialSocket(ctx, cfg.Warehouse.Path)
	if err != nil {
		return err
	}
	if running != nil {
		return fmt.Errorf("serve: another server owns %s already", cfg.Warehouse.Path)
	}
	l, err := openLocal(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	log := cfg.Operations.logger(o.stderr)
	if err := l.buildFirst(ctx, log); err != nil {
		return err
	}
	l.metrics.registry.MustRegister(newGauges(l, log))
	readers, err := l.readers(log)
	if err != nil {
		return err
	}
	scratch, err := l.w.Scratch()
	if err != nil {
		return err
	}
	changes := newRegistrar(l, log)
	app, err := dashboards.New(dashboards.Options{
		DB: l.w.DB(), Company: cfg.Company, DataVersion: l.w.DataVersion, Register: changes.pages(), Runs: l.live, Freeze: l.freezeForReader, Standings: l.standings,
		Access: readers, Clock: time.Now, Log: log, Version: release, Observe: cfg.Operations.observer(l.metrics, log), Health: l.health.all,
		Engine: warehouse.Batches, ExtractDir: filepath.Join(scratch, "extracts"),
	})
	if err != nil {
		return err
	}
	socket, err := listenSocket(ctx, cfg.Warehouse.Path)
	if err != nil {
		return err
	}
	pages, err := readers.Listen(listener, readers.DefaultLimits())
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	if err := l.flightSQL(ctx, log, readers); err != nil {
		return errors.Join(err, socket.Close())
	}
	fmt.Fprintf(o.stdout, "dials: open %s\n", cmp.Or(cfg.Server.BaseURL, "http://"+listener.Addr().String()))
	zone, err := time.LoadLocation(cfg.Company.Timezone)
	if err != nil {
		return err
	}
	l.parts = append(l.parts, changes.run, l.scheduleExports(log, zone), l.scheduleBackups(log, zone), l.scheduleAlerts(log, zone), l.serveOperations(l.metrics, log), l.watch(log), func(ctx context.Context) error { return l.upkeep(ctx, log) })
	return l.run(ctx, log, app, pages, socket)
}

// buildFirst brings the models up to date. Where the disk or the memory do not allow it
// the server starts all the same, says so, and shows what it had: the next load tries
// again.
func (l *local) buildFirst(ctx context.Context, log *slog.Logger) error {
	built, err := l.w.Build(ctx)
	if err == nil {
		l.metrics.built(built)
		return nil
	}
	version, unknown := l.w.DataVersion(ctx)
	if troubleOf(err) == "" || unknown != nil || version == 0 {
		return err
	}
	log.ErrorContext(ctx, "the models are not up to date", "err", told(err))
	l.health.log = log
	l.health.worked(err, time.Now())
	return nil
}

// run is the server at work: pages, the operator's socket and the schedule.
func (l *local) run(ctx context.Context, log *slog.Logger, app *fiber.App, pages, socket net.Listener) error {
	location, err := time.LoadLocation(l.cfg.Company.Timezone)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var parts sync.WaitGroup
	errs := make(chan error, 3+len(l.parts))
	start := func(f func() error) {
		parts.Go(func() {
			if err := f(); err != nil {
				errs <- err
			}
			stop() // a part that ends takes the others with it
		})
	}
	start(func() error { return app.Listener(pages) })
	start(func() error { return serveSocket(ctx, log, socket, l) })
	start(func() error {
		return l.scheduler(log, location).Schedule(ctx, l.cfg.Sources)
	})
	for _, part := range l.parts {
		start(func() error { return part(ctx) })
	}
	wait := l.startsFor(ctx, func(err error) { log.ErrorContext(ctx, "sync", "err", err) })
	<-ctx.Done()
	l.live.change(func(s *dashboards.RunState) { s.Ended = true }) // who follows a run hangs up
	wait()
	err = app.ShutdownWithTimeout(shutdownTimeout)
	parts.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// scheduler runs the sources at their times.
func (l *local) scheduler(log *slog.Logger, zone *time.Location) ingest.Scheduler {
	jitter, _ := time.ParseDuration(l.cfg.Ingest.Jitter) // checked with the configuration
	return ingest.Scheduler{
		Zone: zone, Jitter: jitter, Last: l.w.LastRun,
		Run: func(ctx context.Context, s *ingest.Source) { l.syncOnSchedule(ctx, log, s) },
	}
}

// syncOnSchedule syncs one source and logs how it went.
func (l *local) syncOnSchedule(ctx context.Context, log *slog.Logger, s *ingest.Source) {
	result, err := l.Sync(ctx, syncRequest{Sources: []string{s.Name}}, nil)
	if err == nil {
		err = syncError(result)
	}
	if result.Alerts != "" {
		log.ErrorContext(ctx, "alerts", "err", result.Alerts)
	}
	if err != nil {
		log.ErrorContext(ctx, "scheduled sync", "source", s.Name, "err", err)
		return
	}
	log.InfoContext(ctx, "scheduled sync", "source", s.Name, "streams", len(result.Streams), "models", result.Models)
}
