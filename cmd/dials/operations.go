package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"dials/dashboards"
)

// Operations is [operations]: what whoever runs the server sees of it.
type Operations struct {
	Listen    string `toml:"listen"`     // of /livez, /readyz and /metrics; empty is nowhere
	LogFormat string `toml:"log_format"` // text or json
	LogLevel  string `toml:"log_level"`  // debug, info, warn or error
	Slow      string `toml:"slow"`       // pages that take longer are logged with their parts
}

func defaultOperations() Operations {
	return Operations{LogFormat: "text", LogLevel: "info", Slow: "500ms"}
}

func (o Operations) validate(found *configError) {
	if o.Listen != "" {
		if _, _, err := net.SplitHostPort(o.Listen); err != nil {
			found.add(0, "operations.listen %q is not like \"127.0.0.1:9090\": %v", o.Listen, err)
		}
	}
	if !slices.Contains([]string{"text", "json"}, o.LogFormat) {
		found.add(0, "operations.log_format %q: want text or json", o.LogFormat)
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(o.LogLevel)); err != nil {
		found.add(0, "operations.log_level %q: want debug, info, warn or error", o.LogLevel)
	}
	if d, err := time.ParseDuration(o.Slow); err != nil || d <= 0 {
		found.add(0, "operations.slow %q: want a time such as 500ms", o.Slow)
	}
}

// logger returns the server's log, as configured.
func (o Operations) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(o.LogLevel)) // checked with the configuration
	options := &slog.HandlerOptions{Level: level}
	if o.LogFormat == "json" {
		options.ReplaceAttr = func(_ []string, a slog.Attr) slog.Attr {
			if a.Value.Kind() == slog.KindDuration { // a number would not say its unit
				a.Value = slog.StringValue(a.Value.Duration().String())
			}
			return a
		}
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// observer counts each request, and logs it where it was slow.
func (o Operations) observer(m *metrics, log *slog.Logger) func(dashboards.Observed) {
	slow, _ := time.ParseDuration(o.Slow) // checked with the configuration
	return func(r dashboards.Observed) {
		m.observe(r)
		parts := func() []any {
			wait, query, render := r.Parts()
			return []any{"request", r.ID, "method", r.Method, "route", r.Route, "status", r.Status, "total", r.Total, "wait", wait, "query", query, "render", render}
		}
		if r.Total < slow {
			if log.Enabled(context.Background(), slog.LevelDebug) {
				log.Debug("request", parts()...)
			}
			return
		}
		log.Warn("slow request", parts()...)
		for _, s := range r.Steps {
			if s.Wait+s.Run >= slow/2 {
				log.Warn("slow query", "request", r.ID, "query", s.Query, "wait", s.Wait, "run", s.Run)
			}
		}
	}
}

// serveOperations answers /livez, /readyz and /metrics until ctx ends.
func (l *local) serveOperations(m *metrics, log *slog.Logger) func(context.Context) error {
	return func(ctx context.Context) error {
		if l.cfg.Operations.Listen == "" {
			<-ctx.Done() // a part that ends takes the others with it
			return nil
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", l.cfg.Operations.Listen)
		if err != nil {
			return fmt.Errorf("operations: %w", err)
		}
		log.InfoContext(ctx, "operations", "listen", listener.Addr().String())
		server := &http.Server{Handler: l.operations(ctx, m), ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 8 << 10}
		stop := context.AfterFunc(ctx, func() { _ = server.Close() })
		defer stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("operations: %w", err)
		}
		return nil
	}
}

// operations are the routes of the operations address. The server is alive while it
// answers, and ready while its warehouse does and ctx has not ended.
func (l *local) operations(ctx context.Context, m *metrics) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := l.ready(ctx, r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Timeout: 10 * time.Second}))
	return mux
}

// ready says why the server cannot answer readers.
func (l *local) ready(serving, asked context.Context) error {
	if serving.Err() != nil {
		return errors.New("stopping")
	}
	asked, cancel := context.WithTimeout(asked, 2*time.Second)
	defer cancel()
	version, err := l.w.DataVersion(asked)
	if err != nil {
		return fmt.Errorf("the warehouse does not answer: %w", err)
	}
	if version == 0 {
		return errors.New("no models are built yet")
	}
	return nil
}
