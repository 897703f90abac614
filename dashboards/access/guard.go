package access

import (
	"bytes"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
)

// Handlers are the middleware of every request, in their order: what is malformed
// is refused before anything is looked up, and who asks is known before anything
// is answered.
func (a *Access) Handlers() []fiber.Handler {
	return []fiber.Handler{a.mark, a.refuseMalformed, a.refuseStrangers, a.limitAddress, a.identify, a.refuseForeignChanges}
}

func (a *Access) mark(c *fiber.Ctx) error {
	c.Locals(begunKey, true)
	a.Secure(c)
	return c.Next()
}

// begunKey marks a request that was read whole.
const begunKey = "dials.begun"

// Begun reports whether a request was read whole before it was refused.
func Begun(c *fiber.Ctx) bool { return c.Locals(begunKey) != nil }

// Secure marks an answer, errors too: a page loads from this server alone, and
// runs or styles nothing that stands in the page itself.
func (a *Access) Secure(c *fiber.Ctx) {
	ancestors, frames := "'none'", "DENY"
	if list := a.Server.FrameAncestors; len(list) > 0 && !isSignInPath(c.Path()) {
		ancestors, frames = "'self' "+strings.Join(list, " "), ""
	}
	forms := "'self'"
	if end := a.endSessionOrigin(); end != "" {
		forms += " " + end // signing out goes on to the issuer
	}
	for _, h := range [][2]string{
		{fiber.HeaderContentSecurityPolicy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
			"connect-src 'self'; form-action " + forms + "; base-uri 'none'; frame-ancestors " + ancestors},
		{fiber.HeaderReferrerPolicy, "same-origin"},
		{fiber.HeaderXContentTypeOptions, "nosniff"},
		{fiber.HeaderXFrameOptions, frames},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
		{fiber.HeaderCacheControl, "private, no-cache"},
	} {
		if h[1] != "" {
			c.Set(h[0], h[1])
		}
	}
	if a.isHTTPS() {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

func (a *Access) isHTTPS() bool { return a.base != nil && a.base.Scheme == "https" }

// Bounds of a request; nothing that a page sends comes near them.
const (
	maxURI    = 4096
	maxParams = 50
)

// refuseMalformed answers what no page of ours sends with a short refusal.
func (a *Access) refuseMalformed(c *fiber.Ctx) error {
	if why := malformedHead(c); why != "" {
		return fiber.NewError(fiber.StatusBadRequest, why)
	}
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead:
	case fiber.MethodPost:
		kind, _, _ := strings.Cut(c.Get(fiber.HeaderContentType), ";")
		if kind = strings.TrimSpace(kind); len(c.Request().Body()) > 0 && kind != fiber.MIMEApplicationForm && kind != fiber.MIMEApplicationJSON {
			return fiber.NewError(fiber.StatusUnsupportedMediaType, "a change is sent as a form or as JSON; there are no uploads")
		}
	default:
		c.Set(fiber.HeaderAllow, "GET, HEAD, POST")
		return fiber.NewError(fiber.StatusMethodNotAllowed, "this server answers GET and POST")
	}
	if len(c.Request().Header.Peek(fiber.HeaderContentEncoding)) > 0 {
		return fiber.NewError(fiber.StatusUnsupportedMediaType, "compressed requests are not taken")
	}
	uri := c.Request().Header.RequestURI()
	if len(uri) > maxURI {
		return fiber.NewError(fiber.StatusRequestURITooLong, "the address is too long")
	}
	path, query, _ := bytes.Cut(uri, []byte("?"))
	if why := malformed(string(path), string(query)); why != "" {
		return fiber.NewError(fiber.StatusBadRequest, why)
	}
	return c.Next()
}

// malformedHead says what is wrong with the protocol and the header lines of a request; "" if nothing.
func malformedHead(c *fiber.Ctx) (why string) {
	if p := string(c.Request().Header.Protocol()); p != "HTTP/1.1" && p != "HTTP/1.0" {
		return "this server speaks HTTP/1.1"
	}
	isBroken := func(r rune) bool { return r != '\t' && isControl(r) }
	c.Request().Header.VisitAll(func(name, value []byte) {
		if bytes.ContainsFunc(name, isBroken) || bytes.ContainsFunc(value, isBroken) {
			why = "a header is not text"
		}
	})
	return why
}

// malformed says what is wrong with the path and query of a request; "" if nothing.
func malformed(path, query string) string {
	if p, err := url.PathUnescape(path); err != nil || !isText(p) {
		return "the path is not text"
	}
	if query == "" {
		return ""
	}
	if strings.Count(query, "&")+1 > maxParams {
		return "the address has too many parameters"
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return "the parameters cannot be read"
	}
	for name, given := range values {
		if !isText(name) || !isText(given[0]) {
			return "a parameter is not text"
		}
		if len(given) > 1 {
			return "a parameter is given twice"
		}
	}
	return ""
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsFunc(s, isControl) }

// refuseStrangers answers only what was asked of this server by its own name. On
// loopback without TLS it refuses what a proxy forwarded: a proxy that config does
// not know would let others in.
func (a *Access) refuseStrangers(c *fiber.Ctx) error {
	peer := peerOf(c)
	if a.Server.BehindProxy && !isTrusted(peer, a.proxies) {
		return fiber.NewError(fiber.StatusForbidden, "this server answers its proxy only: [server] trusted_proxies lists it")
	}
	host := string(c.Request().Host())
	if a.base != nil {
		if !strings.EqualFold(withPort(host, a.base.Scheme), withPort(a.base.Host, a.base.Scheme)) {
			return fiber.NewError(fiber.StatusMisdirectedRequest, "this server has another name: [server] base_url")
		}
	} else if !isLoopbackHost(host) {
		return fiber.NewError(fiber.StatusForbidden, "this server answers to 127.0.0.1, localhost and [::1] only")
	}
	if !a.Server.BehindProxy && a.Server.TLSCertificate == "" {
		if name := forwardedBy(c); name != "" {
			return fiber.NewError(fiber.StatusForbidden, "this server is not set up behind a proxy and answers none: remove the header "+name)
		}
	}
	return c.Next()
}

// forwardedBy returns a header that a proxy adds, if there is one.
func forwardedBy(c *fiber.Ctx) (name string) {
	c.Request().Header.VisitAll(func(key, _ []byte) {
		k := strings.ToLower(strings.ReplaceAll(string(key), "_", "-"))
		if k == "forwarded" || k == "via" || strings.HasPrefix(k, "x-forwarded-") || k == "x-real-ip" {
			name = string(key)
		}
	})
	return name
}

// withPort adds the port that a scheme means when none is written.
func withPort(host, scheme string) string {
	u := url.URL{Host: host}
	if u.Port() != "" {
		return host
	}
	if scheme == "https" {
		return strings.TrimSuffix(host, ":") + ":443"
	}
	return strings.TrimSuffix(host, ":") + ":80"
}

// isLoopbackHost reports whether a Host header, with or without a port, names this machine.
func isLoopbackHost(host string) bool {
	name, port, found := cutPort(host)
	if found && (port == "" || strings.Trim(port, "0123456789") != "") {
		return false
	}
	switch strings.ToLower(name) {
	case "127.0.0.1", "localhost", "[::1]":
		return true
	}
	return false
}

// cutPort takes the port off a Host header; an IPv6 address stays in its brackets.
func cutPort(host string) (name, port string, found bool) {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.Contains(host[i:], "]") {
		return host[:i], host[i+1:], true
	}
	return host, "", false
}

// address is who asks, behind trusted proxies.
func (a *Access) address(c *fiber.Ctx) string { return a.clientAddress(c).String() }

// limitAddress bounds what one address may ask.
func (a *Access) limitAddress(c *fiber.Ctx) error {
	if !a.SignsIn() || strings.HasPrefix(c.Path(), "/static/") {
		return c.Next()
	}
	if wait, ok := a.perAddress.take(bucketOf(a.clientAddress(c)), a.Clock()); !ok {
		return tooMany(c, wait)
	}
	return c.Next()
}

func tooMany(c *fiber.Ctx, wait time.Duration) error {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	c.Set(fiber.HeaderRetryAfter, seconds)
	return fiber.NewError(fiber.StatusTooManyRequests, "You ask more often than this server answers. Try again in "+seconds+" s.")
}

// refuseForeignChanges lets a browser change something only if our own page sent
// it. A program with a token has no cookie that another page could use.
func (a *Access) refuseForeignChanges(c *fiber.Ctx) error {
	v := Of(c)
	if c.Method() != fiber.MethodPost || v.Token {
		return c.Next()
	}
	site := c.Get("Sec-Fetch-Site")
	if !a.ownOrigin(c) || site != "" && site != "same-origin" {
		a.noteRefusal(c, "a change from another page")
		return fiber.NewError(fiber.StatusForbidden, "a change must come from a page of this server")
	}
	if !v.SignedIn() || c.Path() == PathSignIn { // a session's own token proves nothing about a new one
		return c.Next()
	}
	token := string(c.Request().PostArgs().Peek("csrf"))
	if token == "" {
		token = c.Get("X-CSRF-Token")
	}
	s, ok := a.sessions.find(c.Cookies(a.cookieName(sessionCookie)), a.Clock())
	if !ok || !s.accepts(token) {
		a.noteRefusal(c, "a change without the form's secret")
		return fiber.NewError(fiber.StatusForbidden, "this form is from an earlier session: load the page again")
	}
	return c.Next()
}

// ownOrigin reports whether the Origin header is base_url, or without one the
// loopback name by which the page was asked.
func (a *Access) ownOrigin(c *fiber.Ctx) bool {
	origin, err := parseOrigin(c.Get(fiber.HeaderOrigin))
	if err != nil {
		return false
	}
	if a.base != nil {
		return origin.Scheme == a.base.Scheme && strings.EqualFold(withPort(origin.Host, origin.Scheme), withPort(a.base.Host, a.base.Scheme))
	}
	return origin.Scheme == "http" && strings.EqualFold(origin.Host, string(c.Request().Host()))
}
