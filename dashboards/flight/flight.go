// Package flight answers SQL of BI tools over Arrow Flight SQL: live, read-only, with
// a token, over TLS.
//
// It runs none of that SQL itself. Each token that asks gets a process of its own
// (package worker), whose snapshot holds the tables of the catalogue of extracts as the
// gate cuts them for that token's policy.
package flight

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/flight/flightsql"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/dashboards/flight/worker"
	"dials/queries"
)

// mostWorkers is how many tokens can compute at a time.
const mostWorkers = 8

// Config is [flight_sql]: where BI tools ask, and what one statement may cost.
type Config struct {
	Listen          string `toml:"listen"`          // host:port; "" is off
	TLSCertificate  string `toml:"tls_certificate"` // PEM files; without them those of [server]
	TLSKey          string `toml:"tls_key"`
	DeadlineSeconds int    `toml:"deadline_seconds"` // of one statement
	MemoryMB        int    `toml:"memory_mb"`        // of the statements of one token
	MaxRows         int64  `toml:"max_rows"`         // of one answer
	IdleMinutes     int    `toml:"idle_minutes"`     // after which a token's process is let go
}

// DefaultConfig is off.
func DefaultConfig() Config {
	return Config{DeadlineSeconds: 60, MemoryMB: 512, MaxRows: 5_000_000, IdleMinutes: 15}
}

// Validate reports what is wrong with c.
func (c Config) Validate() error {
	var errs []error
	if c.Listen != "" {
		if _, _, err := net.SplitHostPort(c.Listen); err != nil {
			errs = append(errs, fmt.Errorf("flight_sql.listen: %q is not host:port", c.Listen))
		}
	}
	if (c.TLSCertificate == "") != (c.TLSKey == "") {
		errs = append(errs, errors.New("flight_sql: tls_certificate and tls_key belong together"))
	}
	for _, n := range []struct {
		name        string
		is          int64
		least, most int64
	}{
		{"deadline_seconds", int64(c.DeadlineSeconds), 1, 3600},
		{"memory_mb", int64(c.MemoryMB), 128, 65536},
		{"max_rows", c.MaxRows, 1, 1 << 40},
		{"idle_minutes", int64(c.IdleMinutes), 1, 1440},
	} {
		if n.is < n.least || n.is > n.most {
			errs = append(errs, fmt.Errorf("flight_sql.%s = %d: want %d to %d", n.name, n.is, n.least, n.most))
		}
	}
	return errors.Join(errs...)
}

// Options are what the server is made of.
type Options struct {
	Config  Config
	Marts   *queries.Marts
	Engine  queries.Engine
	Scratch string // a folder of the server's own, to which DuckDB may write
	Access  *access.Access
	Audit   *audit.Log // nil writes nothing
	Clock   func() time.Time
	Log     *slog.Logger // nil discards
	Version string
	// Worker is the command of a worker; its environment and its files are set here.
	Worker func() (*exec.Cmd, error)
	// Started is told of each worker's process; it returns what is called at its end. Nil is told nothing.
	Started func(pid int) (ended func())
}

// A Server answers Flight SQL.
type Server struct {
	flightsql.BaseServer
	Options
	catalogue []queries.Extract
	limits    worker.Limits

	building sync.Mutex // one snapshot at a time is cut

	mu       sync.Mutex
	sessions map[string]*session // by token
	workers  int                 // processes that are there, or about to be
	ended    sync.WaitGroup      // of what goes on beside the calls
}

// New returns a server that is not listening yet.
func New(o Options) (*Server, error) {
	catalogue, err := queries.Extracts()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	o.Scratch = filepath.Join(o.Scratch, "flight")
	if err := errors.Join(os.RemoveAll(o.Scratch), os.MkdirAll(o.Scratch, 0o700)); err != nil {
		return nil, fmt.Errorf("flight sql: %w", err)
	}
	s := &Server{Options: o, catalogue: catalogue, sessions: map[string]*session{}, limits: worker.Limits{
		Memory: int64(o.Config.MemoryMB) << 20, Rows: o.Config.MaxRows, Deadline: time.Duration(o.Config.DeadlineSeconds) * time.Second, Statements: 8,
	}}
	return s, s.registerInfo()
}

// Serve answers on l until ctx ends, with the certificate that get returns.
func (s *Server) Serve(ctx context.Context, l net.Listener, get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) error {
	rpc := grpc.NewServer(
		grpc.Creds(&tracked{tls: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}}),
		grpc.UnaryInterceptor(s.unary), grpc.StreamInterceptor(s.stream), grpc.StatsHandler(leaving{s}),
		grpc.MaxConcurrentStreams(64), grpc.MaxRecvMsgSize(8<<20), grpc.MaxHeaderListSize(32<<10), grpc.ConnectionTimeout(20*time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
	)
	flight.RegisterFlightServiceServer(rpc, flightService{flightsql.NewFlightServer(s), s})
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.ended.Go(func() { s.watch(ctx) })
	unstop := context.AfterFunc(ctx, func() {
		s.close() // who is answered is cut off, as the process is about to end
		rpc.Stop()
	})
	defer unstop()
	err := rpc.Serve(l)
	stop()
	s.close()
	s.ended.Wait()
	if errors.Is(err, grpc.ErrServerStopped) || ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.Scratch))
}

// flightService adds the handshake to what flightsql answers.
type flightService struct {
	flight.FlightServer
	server *Server
}

// Handshake answers who shows a token with the same token; the interceptor has
// checked it.
func (flightService) Handshake(flight.FlightService_HandshakeServer) error { return nil }
