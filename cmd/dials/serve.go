package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/spf13/cobra"

	"dials/dashboards"
	"dials/ingest"
)

const serveManual = `Serves the pages on the address of [server] listen, and syncs each source on its
own schedule. It owns the DuckDB file while it runs: "dials sync", "check" and
"export" reach it through a socket beside the file.

Until sign-in is configured the server answers on loopback only (127.0.0.1, ::1,
localhost), shows aggregates only, and refuses whatever came through a proxy. To
read it from another machine, tunnel: ssh -L 8080:127.0.0.1:8080 HOST.`

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
				cfg.Server.Listen = listen
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
	if err := requireLoopback(cfg.Server.Listen); err != nil {
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
	if _, err := l.w.Build(ctx); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(o.stderr, nil))
	app, err := dashboards.New(dashboards.Options{
		DB: l.w.DB(), Company: cfg.Company, DataVersion: l.w.DataVersion,
		Clock: time.Now, Log: log, Version: release,
	})
	if err != nil {
		return err
	}
	socket, err := listenSocket(ctx, cfg.Warehouse.Path)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.stdout, "dials: open http://%s\n", listener.Addr())
	return l.run(ctx, log, app, listener, socket)
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
	errs := make(chan error, 3)
	start := func(f func() error) {
		parts.Go(func() {
			if err := f(); err != nil {
				errs <- err
			}
			stop() // a part that ends takes the others with it
		})
	}
	start(func() error { return app.Listener(pages) })
	start(func() error { return serveSocket(ctx, socket, l) })
	start(func() error {
		return ingest.Schedule(ctx, l.cfg.Sources, location, func(ctx context.Context, s *ingest.Source) {
			l.syncOnSchedule(ctx, log, s)
		})
	})
	<-ctx.Done()
	err = app.ShutdownWithTimeout(shutdownTimeout)
	parts.Wait()
	close(errs)
	for e := range errs {
		err = errors.Join(err, e)
	}
	return err
}

// syncOnSchedule syncs one source and logs how it went.
func (l *local) syncOnSchedule(ctx context.Context, log *slog.Logger, s *ingest.Source) {
	result, err := l.Sync(ctx, syncRequest{Sources: []string{s.Name}}, nil)
	if err == nil {
		err = syncError(result)
	}
	if err != nil {
		log.ErrorContext(ctx, "scheduled sync", "source", s.Name, "err", err)
		return
	}
	log.InfoContext(ctx, "scheduled sync", "source", s.Name, "streams", len(result.Streams), "models", result.Models)
}

// requireLoopback refuses an address that other machines could reach.
func requireLoopback(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("server.listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("server.listen %q can be reached from other machines, and this server has no sign-in yet: "+
		"listen on 127.0.0.1 or ::1, and reach it by a tunnel (ssh -L 8080:127.0.0.1:8080 HOST)", listen)
}
