package access

import (
	"net/netip"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// The cookies.
const (
	sessionCookie = "dials"
	flowCookie    = "dials-sign-in"
)

// cookieName is a cookie's name; over https its prefix makes browsers insist that
// it is ours alone.
func (a *Access) cookieName(name string) string {
	if a.isHTTPS() {
		return "__Host-" + name
	}
	return name
}

func (a *Access) setCookie(c *fiber.Ctx, name, value string, seconds int) {
	c.Cookie(&fiber.Cookie{
		Name: a.cookieName(name), Value: value, Path: "/", MaxAge: seconds, SessionOnly: seconds == 0,
		HTTPOnly: true, Secure: a.isHTTPS(), SameSite: fiber.CookieSameSiteLaxMode,
	})
}

func (a *Access) clientAddress(c *fiber.Ctx) netip.Addr {
	var forwarded []string
	if a.Server.BehindProxy {
		for _, line := range c.Request().Header.PeekAll(fiber.HeaderXForwardedFor) {
			forwarded = append(forwarded, string(line))
		}
	}
	return clientAddress(peerOf(c), forwarded, a.proxies)
}

// Paths of signing in and out.
const (
	PathSignIn    = "/sign-in"
	PathStart     = "/sign-in/start"
	PathCallback  = "/sign-in/callback"
	PathSignOut   = "/sign-out"
	PathSignedOut = "/signed-out"
	PathRole      = "/sign-in/role"
)

func isSignInPath(path string) bool {
	switch path {
	case PathSignIn, PathStart, PathCallback, PathSignedOut:
		return true
	}
	return false
}

// isPublic reports whether a path needs no sign-in.
func isPublic(path string) bool { return isSignInPath(path) || strings.HasPrefix(path, "/static/") }

// openVisitor is the reader of a server without sign-in.
func (a *Access) openVisitor(address string) Visitor {
	return Visitor{Policy: a.openPolicy(), Address: address}
}

func (a *Access) openPolicy() queries.Policy {
	p := queries.OpenPolicy(a.Server.Trial)
	p.Off = a.Off
	return p
}

// identify finds out who asks and what they may see now. Whoever brings an
// Authorization header is judged by that alone.
func (a *Access) identify(c *fiber.Ctx) error {
	address := a.address(c)
	if header := c.Request().Header.PeekAll(fiber.HeaderAuthorization); len(header) > 0 {
		return a.identifyToken(c, address, header)
	}
	if !a.SignsIn() {
		put(c, a.openVisitor(address))
		return c.Next()
	}
	s, ok := a.session(c)
	if !ok {
		put(c, Visitor{Address: address, Public: isPublic(c.Path())})
		if isPublic(c.Path()) {
			return c.Next()
		}
		return a.askToSignIn(c)
	}
	v := a.visitor(s)
	v.Address, v.Public = address, isPublic(c.Path())
	put(c, v)
	if v.Public {
		return c.Next()
	}
	if wait, ok := a.perAccount.take(v.ID.Issuer+" "+v.ID.Subject, a.Clock()); !ok {
		return tooMany(c, wait)
	}
	if len(v.Policy.Roles) == 0 && c.Path() != PathSignOut {
		return &NoRole{Reason: v.Reason}
	}
	return c.Next()
}

// A NoRole refuses a reader who has signed in, but to whom no role was granted.
type NoRole struct{ Reason string }

// Error says why.
func (n *NoRole) Error() string { return "no role: " + n.Reason }

// session returns the session of a request's cookie, if it still holds.
func (a *Access) session(c *fiber.Ctx) (session, bool) {
	cookie := c.Cookies(a.cookieName(sessionCookie))
	s, ok := a.sessions.find(cookie, a.Clock())
	if !ok {
		return s, false
	}
	if !a.holds(s) {
		a.sessions.end(cookie)
		return s, false
	}
	return s, true
}

// identifyToken answers a program.
func (a *Access) identifyToken(c *fiber.Ctx, address string, header [][]byte) error {
	scheme, text, _ := strings.Cut(string(header[0]), " ")
	refuse := func() error {
		put(c, Visitor{Address: address})
		a.noteRefusal(c, "token refused")
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="dials"`)
		return fiber.NewError(fiber.StatusUnauthorized, "the token is not valid, has expired or was revoked")
	}
	if len(header) > 1 || !strings.EqualFold(scheme, "Bearer") || a.Store == nil {
		return refuse()
	}
	t, ok := a.Store.token(strings.TrimSpace(text))
	if !ok {
		return refuse()
	}
	v := a.tokenVisitor(t)
	v.Address = address
	put(c, v)
	if wait, ok := a.perAccount.take(v.ID.Issuer+" "+v.ID.Subject, a.Clock()); !ok && a.SignsIn() {
		return tooMany(c, wait)
	}
	if err := a.Store.used(t); err != nil {
		return err
	}
	if scope, open := scopeOf(c.Path()); !open || !v.May(scope) {
		return fiber.NewError(fiber.StatusForbidden, "this token is not for that: its scopes are "+strings.Join(t.Scopes, ", "))
	}
	return c.Next()
}

// askToSignIn sends a browser to the sign-in page, and from there back.
func (a *Access) askToSignIn(c *fiber.Ctx) error {
	if c.Method() != fiber.MethodGet && c.Method() != fiber.MethodHead || scoped(c.Path()) {
		a.noteRefusal(c, "not signed in")
		c.Set(fiber.HeaderWWWAuthenticate, `Bearer realm="dials"`)
		return fiber.NewError(fiber.StatusUnauthorized, "Sign in first: your session has ended.")
	}
	target := PathSignIn
	if to := string(c.Request().URI().RequestURI()); to != "/" && SafeReturn(to) == to {
		target += "?to=" + url.QueryEscape(to)
	}
	return c.Redirect(target, fiber.StatusSeeOther)
}

func scoped(path string) bool {
	_, ok := scopeOf(path)
	return ok
}

// SafeReturn returns the path to go back to after signing in: one of this server,
// or the first page.
func SafeReturn(to string) string {
	u, err := url.Parse(to)
	if err != nil || len(to) > 2000 || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") ||
		u.Scheme != "" || u.Host != "" || u.User != nil || u.Fragment != "" || strings.HasPrefix(u.Path, "//") ||
		strings.ContainsAny(to, "\\\"<>") || strings.ContainsFunc(to, isControl) || strings.ContainsFunc(u.Path, isControl) ||
		strings.Contains(u.Path, "\\") || isSignInPath(u.Path) || u.Path == PathSignOut || u.Path == PathRole {
		return "/"
	}
	return to
}
