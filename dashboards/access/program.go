package access

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// ErrNoProgram is returned for a token that may not be used, or not for that.
var ErrNoProgram = errors.New("the token is not valid, has expired, was revoked or is not for that")

// ErrTooOften is returned to programs that ask more often than config allows.
var ErrTooOften = errors.New("you ask more often than this server answers: try again in a minute")

// Program returns what a program may see now that shows the token text, off HTTP.
func (a *Access) Program(text string, from netip.Addr, scope string) (Visitor, error) {
	now := a.Clock()
	if a.Store == nil {
		return Visitor{}, ErrNoProgram
	}
	t, ok := a.Store.token(text)
	if !ok || !a.tokenVisitor(t).May(scope) {
		if _, ok := a.signIns.take(bucketOf(from), now); !ok {
			return Visitor{}, ErrTooOften
		}
		return Visitor{}, ErrNoProgram
	}
	v := a.tokenVisitor(t)
	v.Address = from.String()
	if _, ok := a.perAccount.take(v.ID.Issuer+" "+v.ID.Subject, now); !ok {
		return Visitor{}, ErrTooOften
	}
	return v, a.Store.used(t)
}

// Holds reports whether the token with this id may be used now for scope, and until when
// that is so unless it is revoked.
func (a *Access) Holds(id, scope string) (until time.Time, holds bool) {
	a.Store.read(func(s *state) {
		for _, t := range s.Tokens {
			if t.ID == id && t.RevokedAt == nil && a.Clock().Before(t.ExpiresAt) && a.tokenVisitor(t).May(scope) {
				until, holds = t.ExpiresAt, true
			}
		}
	})
	return until, holds
}

// Certificates returns what TLS asks for the certificate in two PEM files, which are
// read again when they change.
func Certificates(certFile, keyFile string, clock func() time.Time) (func(*tls.ClientHelloInfo) (*tls.Certificate, error), error) {
	keys := &certificate{certFile: certFile, keyFile: keyFile, clock: clock}
	if _, err := keys.current(nil); err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return keys.current, nil
}
