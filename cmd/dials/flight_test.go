package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	driver "github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Without certificates Flight SQL stays off and says so, and nothing else minds.
func TestFlightNeedsCertificates(t *testing.T) {
	for name, change := range map[string]func(c *Config){
		"none":      func(*Config) {},
		"not there": func(c *Config) { c.Flight.TLSCertificate, c.Flight.TLSKey = "missing.pem", "missing.pem" },
	} {
		cfg := defaultConfig()
		cfg.Flight.Listen = "127.0.0.1:0"
		change(cfg)
		var said bytes.Buffer
		l := &local{cfg: cfg}
		if err := l.flightSQL(t.Context(), slog.New(slog.NewTextHandler(&said, nil)), nil); err != nil || len(l.parts) > 0 || !strings.Contains(said.String(), "stays off") {
			t.Errorf("%s: %v, said %s", name, err, said.String())
		}
	}
}

// A flightSite is where Flight SQL of a project is to be had.
type flightSite struct{ uri, roots string }

// openFlight adds Flight SQL with a certificate of its own to config.toml.
func openFlight(t testing.TB, config string) flightSite {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dials"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	s := flightSite{fmt.Sprintf("grpc+tls://localhost:%d", port), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))}
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	section := fmt.Sprintf("[flight_sql]\nlisten = \"127.0.0.1:%d\"\ntls_certificate = \"cert.pem\"\ntls_key = \"key.pem\"\n\n", port)
	for name, body := range map[string][]byte{
		"config.toml": append([]byte(section), text...), "cert.pem": []byte(s.roots),
		"key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}),
	} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(config), name), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// ask runs a query with a token and returns the first column of its rows.
func (s flightSite) ask(t testing.TB, token, query string) (found []string, err error) {
	t.Helper()
	db, err := driver.NewDriver(memory.DefaultAllocator).NewDatabase(map[string]string{
		adbc.OptionKeyURI: s.uri, driver.OptionSSLRootCerts: s.roots, driver.OptionAuthorizationHeader: "Bearer " + token,
	})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	conn, err := db.Open(t.Context())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	st, err := conn.NewStatement()
	if err != nil {
		return nil, err
	}
	defer st.Close()
	if err := st.SetSqlQuery(query); err != nil {
		return nil, err
	}
	var rows array.RecordReader
	if rows, _, err = st.ExecuteQuery(t.Context()); err != nil {
		return nil, err
	}
	defer rows.Release()
	for rows.Next() {
		for i := range int(rows.RecordBatch().NumRows()) {
			found = append(found, rows.RecordBatch().Column(0).ValueStr(i))
		}
	}
	return found, rows.Err()
}

// queryLive does what a BI tool does: a token, a query, and no more once the token is
// revoked.
func queryLive(t *testing.T, bin, config, address string, s flightSite) {
	token := strings.TrimSpace(mustRun(t, bin, "token", "create", "--config", config, "--scope", "sql:read", "--unit", "*", "--purpose", "live report"))
	live, err := s.ask(t, token, "select metric_id from dials order by metric_id")
	if err != nil {
		t.Fatal(err)
	}
	var extract []string
	for line := range strings.Lines(getPage(t, address+"/extracts/dials.csv?columns=metric_id")) {
		extract = append(extract, strings.TrimSpace(line))
	}
	if strings.Join(live, " ") != strings.Join(extract[1:], " ") || len(live) < 4 {
		t.Errorf("live %v, as an extract %v", live, extract)
	}
	if _, err := s.ask(t, token, "select * from core.dim_people"); err == nil {
		t.Error("what is no extract was read")
	}
	id := strings.Split(token, "_")[1]
	mustRun(t, bin, "token", "revoke", id, "--config", config)
	if rows, err := s.ask(t, token, "select 1"); err == nil {
		t.Errorf("a revoked token was answered: %v", rows)
	}
}
