package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/access"
	"dials/dashboards/flight"
	"dials/dashboards/flight/worker"
	"dials/queries"
	"dials/warehouse"
)

// newBIWorker is the process in which "dials serve" has SQL of BI tools run.
func newBIWorker() *cobra.Command {
	return &cobra.Command{
		Use: "bi-worker", Short: "Run SQL of BI tools; started by dials serve", Hidden: true, Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error { return worker.Main(cmd.Context(), worker.ControlFD) },
	}
}

// flightSQL opens Flight SQL as config.toml says. Without a certificate it stays off and
// says so, and the pages are served all the same.
func (l *local) flightSQL(ctx context.Context, log *slog.Logger, readers *access.Access) error {
	c := l.cfg.Flight
	if c.Listen == "" {
		return nil
	}
	cert, key := cmp.Or(c.TLSCertificate, l.cfg.Server.TLSCertificate), cmp.Or(c.TLSKey, l.cfg.Server.TLSKey)
	if cert == "" || key == "" {
		log.WarnContext(ctx, "Flight SQL stays off: it needs TLS; name tls_certificate and tls_key in [flight_sql] or [server]")
		return nil
	}
	get, err := access.Certificates(cert, key, time.Now)
	if err != nil {
		log.WarnContext(ctx, "Flight SQL stays off: it needs TLS", "err", err)
		return nil
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("flight_sql.listen: %w", err)
	}
	scratch, err := l.w.Scratch()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	server, err := flight.New(flight.Options{
		Config: c, Marts: queries.Open(l.w.DB()), Engine: warehouse.Batches, Scratch: scratch, Access: readers, Audit: l.audit,
		Clock: time.Now, Log: log, Version: release, Started: l.workers.add,
		Worker: func() (*exec.Cmd, error) {
			exe, err := os.Executable()
			return exec.CommandContext(context.WithoutCancel(ctx), exe, "bi-worker"), err
		},
	})
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	log.InfoContext(ctx, "Flight SQL is open", "address", listener.Addr().String())
	l.parts = append(l.parts, func(ctx context.Context) error { return server.Serve(ctx, listener, get) })
	return nil
}
