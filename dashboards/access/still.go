package access

import (
	"crypto/sha256"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/audit"
)

// Still returns a function that says what the reader of a request may see by now:
// nobody, once the session, the account or the token has ended. Long answers ask it
// before each thing they send. Asking does not keep the session alive.
func (a *Access) Still(c *fiber.Ctx) func() Visitor {
	asked := Of(c)
	switch {
	case asked.Token:
		return func() Visitor {
			for _, t := range a.Store.Tokens() {
				if t.ID == asked.ID.Subject && t.RevokedAt == nil && a.Clock().Before(t.ExpiresAt) {
					return a.tokenVisitor(t)
				}
			}
			return Visitor{}
		}
	case !a.SignsIn():
		return func() Visitor { return asked }
	}
	cookie := strings.Clone(c.Cookies(a.cookieName(sessionCookie)))
	return func() Visitor {
		s, ok := a.sessions.peek(cookie, a.Clock())
		if !ok || !a.holds(s) {
			return Visitor{}
		}
		return a.visitor(s)
	}
}

// holds reports whether the account of a session is still what signed in.
func (a *Access) holds(s session) bool {
	if s.id.Issuer != LocalIssuer {
		return true
	}
	account, known := a.Store.bySubject(s.id.Subject)
	return known && account.DisabledAt == nil && account.PasswordAt.Equal(s.passwords)
}

// peek returns a copy of the session of a cookie, which does not count as used.
func (all *sessions) peek(cookie string, now time.Time) (session, bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	s, ok := all.byHash[sha256.Sum256([]byte(cookie))]
	if !ok || all.over(s, now) {
		return session{}, false
	}
	return *s, true
}

// refusalsPerMinute bounds how many requests of nobody in particular are written to
// the audit, so that they do not fill the disk; the next one says how many were not.
const refusalsPerMinute = 20

// refusals are the requests that were refused before it was known who asks, or
// because another page sent them.
type refusals struct {
	limit     *limit
	unwritten atomic.Int64
}

// noteRefusal writes to the audit that a request was refused.
func (a *Access) noteRefusal(c *fiber.Ctx, what string) {
	if !a.SignsIn() {
		return
	}
	if _, ok := a.refusals.limit.take("", a.Clock()); !ok {
		a.refusals.unwritten.Add(1)
		return
	}
	const longest = 200
	path := strings.Clone(c.Path())
	fields := map[string]string{"path": path[:min(len(path), longest)]}
	if n := a.refusals.unwritten.Swap(0); n > 0 {
		fields["unwritten"] = strconv.FormatInt(n, 10)
	}
	v := Of(c)
	v.Address = a.address(c)
	if err := a.note(v, audit.Denied, what, fields); err != nil {
		a.Log.Error("audit failed", "kind", string(audit.Denied), "err", err)
	}
}
