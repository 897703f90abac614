package dashboards

import (
	"net"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// contentSecurityPolicy lets a page load from this server alone, and run or
// style nothing that stands in the page itself.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secure marks every answer, errors too.
func secure(c *fiber.Ctx) {
	for _, h := range [][2]string{
		{fiber.HeaderContentSecurityPolicy, contentSecurityPolicy},
		{fiber.HeaderReferrerPolicy, "same-origin"},
		{fiber.HeaderXContentTypeOptions, "nosniff"},
		{fiber.HeaderXFrameOptions, "DENY"},
		{"Cross-Origin-Opener-Policy", "same-origin"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Permissions-Policy", "camera=(), geolocation=(), microphone=()"},
		{fiber.HeaderCacheControl, "private, no-cache"},
	} {
		c.Set(h[0], h[1])
	}
}

// refuseStrangers answers only what was asked on this machine, of this machine:
// without sign-in, loopback is the only border there is. A Host that is not
// loopback is a rebound name; a forwarding header is a proxy that lets others in.
func refuseStrangers(c *fiber.Ctx) error {
	if !isLoopback(string(c.Request().Host())) {
		return fiber.NewError(fiber.StatusForbidden, "this server answers to 127.0.0.1, localhost and [::1] only")
	}
	forwarded := ""
	c.Request().Header.VisitAll(func(key, _ []byte) {
		k := strings.ToLower(strings.ReplaceAll(string(key), "_", "-"))
		if k == "forwarded" || k == "via" || strings.HasPrefix(k, "x-forwarded-") || k == "x-real-ip" {
			forwarded = string(key)
		}
	})
	if forwarded != "" {
		return fiber.NewError(fiber.StatusForbidden, "this server is open without sign-in and answers no proxy: remove the header "+forwarded)
	}
	return c.Next()
}

// isLoopback reports whether host, with or without a port, names this machine.
func isLoopback(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), "0"
		if strings.HasPrefix(host, "[") != strings.HasSuffix(host, "]") || strings.Contains(name, ":") && !strings.HasPrefix(host, "[") {
			return false
		}
	}
	if port == "" || strings.Trim(port, "0123456789") != "" {
		return false
	}
	switch strings.ToLower(name) {
	case "127.0.0.1", "localhost", "::1":
		return true
	}
	return false
}

// refuseForeignChanges lets a request change something only if our own page sent it.
func refuseForeignChanges(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead:
		return c.Next()
	}
	origin, err := url.Parse(c.Get(fiber.HeaderOrigin))
	own := err == nil && origin.Scheme == c.Protocol() && origin.Host != "" &&
		strings.EqualFold(origin.Host, string(c.Request().Host())) &&
		origin.Path == "" && origin.User == nil && origin.RawQuery == "" && origin.Fragment == ""
	if site := c.Get("Sec-Fetch-Site"); !own || site != "" && site != "same-origin" {
		return fiber.NewError(fiber.StatusForbidden, "a change must come from a page of this server")
	}
	return c.Next()
}
