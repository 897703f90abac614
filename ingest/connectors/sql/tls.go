package sql

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// tls is how the connection is protected, nil for not at all.
func (o options) tls() (*tls.Config, error) {
	if o.TLS == "off" {
		return nil, nil
	}
	c := &tls.Config{ServerName: o.Host, MinVersion: tls.VersionTLS12}
	if o.TLS == "unverified" {
		c.InsecureSkipVerify = true //nolint:gosec // asked for by name, and warned of in each run
		return c, nil
	}
	if o.CAFile == "" {
		return c, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s holds no certificate", o.CAFile)
	}
	return c, nil
}
