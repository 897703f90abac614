package flight

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	driver "github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/dashboards/flight/worker"
	"dials/queries"
	"dials/warehouse"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "bi-worker" {
		if err := worker.Main(context.Background(), worker.ControlFD); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	os.Exit(m.Run())
}

// A site is a Flight SQL server on loopback, over a warehouse of its own.
type site struct {
	w      *warehouse.Warehouse
	server *Server
	store  *access.Store
	audit  *audit.Log
	uri    string
	roots  string // PEM

	mu   sync.Mutex
	pids map[int]bool
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newSite(t testing.TB, config Config) *site {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	dir := t.TempDir()
	w, err := warehouse.Open(ctx, warehouse.Options{Path: filepath.Join(dir, "dials.duckdb")})
	must(t, err)
	t.Cleanup(func() { must(t, w.Close()) })
	_, err = w.Build(ctx)
	must(t, err)
	s := &site{w: w, pids: map[int]bool{}}
	s.change(t,
		"insert into marts.unit_scope by name select v as view_name, a as ancestor_id, u as unit_id, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to, 1.0 as share from unnest(['as_was', 'as_now']) a(v), (values ('*', 'A'), ('*', 'B'), ('A', 'A'), ('B', 'B')) b(a, u)",
		"insert into marts.dials by name select 'turnover' as metric_id, 'Turnover' as name, 'per cent' as unit_of_measure, 'down' as direction, 'ratio' as unit_aggregation, 'mean' as time_aggregation, true as has_people, 1 as definition_version, 'hris' as sources, 12.3456::decimal(18,4) as money_per_unit",
		`insert into marts.dial_monthly by name select 'turnover' as metric_id, u as unit_id, date '2020-01-01' + interval (i) month as month, i / 10 as value, i as numerator, 40.0 as denominator,
		40 as n, 40 as people_n, true as is_complete, u = 'B' and i = 3 as is_hidden, false as is_range from unnest(['A', 'B']) t(u), range(24) r(i)`)
	clock := time.Now
	s.store, err = access.OpenStore(access.StorePath(filepath.Join(dir, "dials.duckdb")), clock)
	must(t, err)
	s.audit, err = audit.Open(filepath.Join(dir, "audit"), audit.Options{Clock: clock})
	must(t, err)
	t.Cleanup(func() { must(t, s.audit.Close()) })
	server := access.DefaultServer()
	server.AccountPerMinute = 10_000 // the tests ask all at once
	who, err := access.New(access.Options{Config: access.DefaultConfig(), Server: server, Store: s.store, Audit: s.audit, Clock: clock})
	must(t, err)
	scratch, err := w.Scratch()
	must(t, err)
	s.server, err = New(Options{
		Config: config, Marts: queries.Open(w.DB()), Engine: warehouse.Batches, Scratch: scratch, Access: who, Audit: s.audit,
		Clock: clock, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Version: "test",
		Worker: func() (*exec.Cmd, error) {
			exe, err := os.Executable()
			return exec.CommandContext(ctx, exe, "bi-worker"), err
		},
		Started: s.started,
	})
	must(t, err)
	cert, key := s.certificate(t, dir)
	get, err := access.Certificates(cert, key, clock)
	must(t, err)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- s.server.Serve(ctx, listener, get) }()
	t.Cleanup(func() {
		stop()
		must(t, <-done)
		if n := len(s.running()); n > 0 {
			t.Errorf("%d workers are left", n)
		}
	})
	s.uri = fmt.Sprintf("grpc+tls://localhost:%d", listener.Addr().(*net.TCPAddr).Port)
	return s
}

func (s *site) started(pid int) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pids[pid] = true
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.pids, pid)
	}
}

func (s *site) running() (pids []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for pid := range s.pids {
		pids = append(pids, pid)
	}
	return pids
}

// certificate writes a certificate of its own for localhost.
func (s *site) certificate(t testing.TB, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dials"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	must(t, err)
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	s.roots = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey}), 0o600))
	must(t, os.WriteFile(cert, []byte(s.roots), 0o600))
	return cert, key
}

// change writes into the marts and moves the data version.
func (s *site) change(t testing.TB, statements ...string) {
	t.Helper()
	statements = append(statements, "update meta.model set fingerprint = fingerprint || 'x'", "insert into meta.data_version select coalesce(max(version), 0) + 1, now()::timestamp from meta.data_version")
	must(t, s.w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, statement := range statements {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	}))
}

// token makes a token and returns its id and its secret.
func (s *site) token(t testing.TB, scope string, units ...string) (id, secret string) {
	t.Helper()
	made, secret, err := s.store.CreateToken(access.Token{
		Purpose: "monthly board pack", Scopes: []string{scope}, Role: queries.Analyst, Units: units, ExpiresAt: time.Now().Add(time.Hour),
	})
	must(t, err)
	return made.ID, secret
}

// A client is a connection of the ADBC driver.
type client struct {
	adbc.Connection
	db adbc.Database
}

func (c *client) Close() error { return errors.Join(c.Connection.Close(), c.db.Close()) }

// connect opens a connection as its options say.
func (s *site) connect(t testing.TB, options map[string]string) (*client, error) {
	t.Helper()
	options[adbc.OptionKeyURI], options[driver.OptionSSLRootCerts] = s.uri, s.roots
	db, err := driver.NewDriver(memory.DefaultAllocator).NewDatabase(options)
	if err != nil {
		return nil, err
	}
	conn, err := db.Open(t.Context())
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &client{conn, db}, nil
}

// open connects with a new token over units.
func (s *site) open(t testing.TB, units ...string) (c *client, id string) {
	t.Helper()
	id, secret := s.token(t, access.ScopeSQL, units...)
	c, err := s.connect(t, map[string]string{driver.OptionAuthorizationHeader: "Bearer " + secret})
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, id
}

// ask runs a statement and returns its rows, the cells of each joined by spaces.
func ask(t testing.TB, c adbc.Connection, query string) ([]string, error) {
	t.Helper()
	st, err := c.NewStatement()
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.SetSqlQuery(query); err != nil {
		return nil, err
	}
	r, _, err := st.ExecuteQuery(t.Context())
	if err != nil {
		return nil, err
	}
	return rowsOf(r)
}

func rowsOf(r array.RecordReader) (found []string, err error) {
	defer r.Release()
	for r.Next() {
		batch := r.RecordBatch()
		for i := range int(batch.NumRows()) {
			line := ""
			for j, column := range batch.Columns() {
				if j > 0 {
					line += " "
				}
				line += column.ValueStr(i)
			}
			found = append(found, line)
		}
	}
	return found, r.Err()
}
