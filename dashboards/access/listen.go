package access

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// Limits bound what connections may cost.
type Limits struct {
	Write      time.Duration // how long the client may take no byte of an answer
	Conns      int           // at once
	PerAddress int           // at once from one address; 0 is no limit, behind a proxy
}

// DefaultLimits are those of a server for a few thousand readers.
func (a *Access) DefaultLimits() Limits {
	l := Limits{Write: 30 * time.Second, Conns: 4096, PerAddress: 256}
	if a.Server.BehindProxy || !a.SignsIn() {
		l.PerAddress = 0
	}
	return l
}

// Listen wraps the server's listener: TLS if the configuration names certificates,
// and a deadline for writing that moves on with every write. So a stream lives as
// long as its reader takes it, and a client that takes nothing is let go.
func (a *Access) Listen(l net.Listener, limits Limits) (net.Listener, error) {
	wrapped := &listener{Listener: l, limits: limits, byAddress: map[string]int{}}
	if a.Server.TLSCertificate == "" {
		return wrapped, nil
	}
	keys := &certificate{certFile: a.Server.TLSCertificate, keyFile: a.Server.TLSKey, clock: a.Clock}
	if _, err := keys.current(nil); err != nil {
		return nil, fmt.Errorf("server.tls_certificate: %w", err)
	}
	return tls.NewListener(wrapped, &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: keys.current, NextProtos: []string{"http/1.1"},
	}), nil
}

// A listener counts its connections.
type listener struct {
	net.Listener
	limits Limits

	mu        sync.Mutex
	n         int
	byAddress map[string]int
}

// Accept returns the next connection within the limits; others are closed at once.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		key := ""
		if address, ok := parseAddress(raw.RemoteAddr().String()); ok {
			key = bucketOf(address)
		}
		if l.enter(key) {
			return &conn{Conn: raw, write: l.limits.Write, leave: sync.OnceFunc(func() { l.leave(key) })}, nil
		}
		raw.Close()
	}
}

func (l *listener) enter(key string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limits.Conns > 0 && l.n >= l.limits.Conns || l.limits.PerAddress > 0 && l.byAddress[key] >= l.limits.PerAddress {
		return false
	}
	l.n++
	l.byAddress[key]++
	return true
}

func (l *listener) leave(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.n--
	if l.byAddress[key]--; l.byAddress[key] <= 0 {
		delete(l.byAddress, key)
	}
}

// A conn renews its deadline for writing with every write that went through.
type conn struct {
	net.Conn
	write time.Duration
	leave func()
}

// writeAtOnce is what must go through within one deadline: 16 KiB in 30 s is
// slower than any line that a reader would put up with.
const writeAtOnce = 16 << 10

// Write writes p piece by piece.
func (c *conn) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		piece := p[:min(len(p), writeAtOnce)]
		if err := c.SetWriteDeadline(time.Now().Add(c.write)); err != nil {
			return n, err
		}
		written, err := c.Conn.Write(piece)
		n += written
		if err != nil {
			return n, err
		}
		p = p[written:]
	}
	return n, nil
}

// Close closes the connection.
func (c *conn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// A certificate is read again when its file has changed.
type certificate struct {
	certFile, keyFile string
	clock             func() time.Time

	mu       sync.Mutex
	read     *tls.Certificate
	modified time.Time
	looked   time.Time
}

// current returns the certificate. A new one that cannot be read is ignored: the
// old one serves on.
func (k *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.clock()
	if k.read != nil && now.Sub(k.looked) < 10*time.Second {
		return k.read, nil
	}
	k.looked = now
	info, err := os.Stat(k.certFile)
	if err == nil && k.read != nil && info.ModTime().Equal(k.modified) {
		return k.read, nil
	}
	var pair tls.Certificate
	if err == nil {
		pair, err = tls.LoadX509KeyPair(k.certFile, k.keyFile)
	}
	if err != nil {
		if k.read != nil {
			return k.read, nil // the old one serves on
		}
		return nil, err
	}
	k.read, k.modified = &pair, info.ModTime()
	return k.read, nil
}
