package access

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// writeCertificate writes a certificate of its own for 127.0.0.1.
func writeCertificate(t *testing.T, dir string, serial int64) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "dials"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	must(t, err)
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	must(t, err)
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: rawKey}), 0o600))
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	parsed, err := x509.ParseCertificate(der)
	must(t, err)
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

// With certificates of its own the server speaks TLS only, and takes a renewed one
// without a restart.
func TestTLS(t *testing.T) {
	dir := t.TempDir()
	cert, key, pool := writeCertificate(t, dir, 1)
	s := newSite(t, func(o *Options) {
		o.Server.TLSCertificate, o.Server.TLSKey, o.Server.BaseURL = cert, key, "https://localhost"
	})
	address := serveReal(t, s, s.DefaultLimits())
	ask := func(pool *x509.CertPool) (status int, hsts string, err error) {
		client := http.Client{
			Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}, DisableKeepAlives: true},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/", nil)
		must(t, err)
		r.Host = "localhost"
		resp, err := client.Do(r)
		if err != nil {
			return 0, "", err
		}
		return resp.StatusCode, resp.Header.Get("Strict-Transport-Security"), resp.Body.Close()
	}
	if status, hsts, err := ask(pool); err != nil || status != 303 || !strings.HasPrefix(hsts, "max-age=") {
		t.Fatalf("over TLS: %d, HSTS %q, %v", status, hsts, err)
	}
	if plain, err := http.Get("http://" + address); err == nil {
		plain.Body.Close()
		if plain.StatusCode < 400 {
			t.Errorf("in clear: %s", plain.Status)
		}
	}
	_, _, renewed := writeCertificate(t, dir, 2)
	must(t, os.Chtimes(cert, time.Time{}, time.Now().Add(time.Minute)))
	s.clock.move(time.Minute)
	if _, _, err := ask(renewed); err != nil {
		t.Errorf("with the renewed certificate: %v", err)
	}
	must(t, os.WriteFile(cert, []byte("torn"), 0o600))
	must(t, os.Chtimes(cert, time.Time{}, time.Now().Add(2*time.Minute)))
	s.clock.move(time.Minute)
	if _, _, err := ask(renewed); err != nil {
		t.Errorf("while the new one is torn: %v", err)
	}
	if _, err := s.Listen(nil, Limits{}); err != nil {
		t.Logf("a torn certificate at the start: %v", err)
	} else {
		t.Error("a torn certificate starts")
	}
}
