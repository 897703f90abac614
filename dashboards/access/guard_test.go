package access

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

func TestClientAddress(t *testing.T) {
	trusted, err := parseProxies([]string{"127.0.0.1", "10.0.0.0/8", "::1/128"})
	must(t, err)
	for _, tt := range []struct {
		peer      string
		forwarded []string
		want      string
	}{
		{"127.0.0.1", nil, "127.0.0.1"},
		{"127.0.0.1", []string{"203.0.113.7"}, "203.0.113.7"},
		{"203.0.113.9", []string{"203.0.113.7"}, "203.0.113.9"}, // not our proxy
		{"127.0.0.1", []string{"1.1.1.1, 203.0.113.7"}, "203.0.113.7"},
		{"127.0.0.1", []string{"1.1.1.1", "203.0.113.7"}, "203.0.113.7"},
		{"127.0.0.1", []string{"203.0.113.7, 10.1.2.3"}, "203.0.113.7"},
		{"127.0.0.1", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		{"127.0.0.1", []string{"203.0.113.7:4711"}, "203.0.113.7"},
		{"::1", []string{"[2001:db8::7]:4711"}, "2001:db8::7"},
		{"::1", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"127.0.0.1", []string{"::ffff:203.0.113.7"}, "203.0.113.7"},
		{"127.0.0.1", []string{"203.0.113.7, unknown"}, "127.0.0.1"},
		{"127.0.0.1", []string{"203.0.113.7, unknown, 10.1.2.3"}, "10.1.2.3"},
		{"127.0.0.1", []string{""}, "127.0.0.1"},
	} {
		peer := netip.MustParseAddr(tt.peer)
		if got := clientAddress(peer, tt.forwarded, trusted); got.String() != tt.want {
			t.Errorf("%s forwards %q: %s, want %s", tt.peer, tt.forwarded, got, tt.want)
		}
	}
}

// proxied is a server behind a proxy; the tests' connections come from 0.0.0.0.
func proxied(t *testing.T, change func(o *Options)) *site {
	return newSite(t, func(o *Options) {
		o.Server.BaseURL, o.Server.BehindProxy, o.Server.TrustedProxies = "https://dials.example.com", true, []string{"0.0.0.0"}
		if change != nil {
			change(o)
		}
	})
}

func TestBehindProxy(t *testing.T) {
	s := proxied(t, nil)
	s.account(t, "anna", "hr", "*")
	b := s.browser(t)
	b.headers = map[string]string{"X-Forwarded-For": "1.1.1.1, 203.0.113.7", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
	status, _, h := b.post(PathSignIn, url.Values{"name": {"anna"}, "password": {password}})
	cookie := h.Get("Set-Cookie")
	if status != 303 || !strings.HasPrefix(cookie, "__Host-dials=") || !strings.Contains(cookie, "secure") || !strings.Contains(cookie, "path=/;") || strings.Contains(cookie, "domain") {
		t.Errorf("%d, cookie %q", status, cookie)
	}
	if h.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS over https")
	}
	if got := s.events(t, "sign-in"); len(got) != 1 || got[0].Address != "203.0.113.7" {
		t.Errorf("audit %+v", got)
	}
	for host, want := range map[string]int{
		"dials.example.com": 200, "DIALS.example.com:443": 200, "dials.example.com:80": 421, "evil.example": 421,
		"dials.example.com.evil.example": 421, "127.0.0.1": 421,
	} {
		b.headers["Host"] = host
		if status, _, _ := b.get("/"); status != want {
			t.Errorf("host %q: %d, want %d", host, status, want)
		}
	}
	s = proxied(t, func(o *Options) { o.Server.TrustedProxies = []string{"10.0.0.1"} })
	if status, _, _ := s.browser(t).get(PathSignIn); status != 403 {
		t.Errorf("past the proxy: %d", status)
	}
}

func TestHeaders(t *testing.T) {
	s := proxied(t, func(o *Options) { o.Server.FrameAncestors = []string{"https://intranet.example.com"} })
	b := s.browser(t)
	_, _, page := b.get("/nowhere")
	if policy := page.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'self' https://intranet.example.com") || page.Get("X-Frame-Options") != "" {
		t.Errorf("a page: %q, X-Frame-Options %q", policy, page.Get("X-Frame-Options"))
	}
	_, _, form := b.get(PathSignIn)
	if policy := form.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-ancestors 'none'") || form.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the sign-in page: %q, X-Frame-Options %q", policy, form.Get("X-Frame-Options"))
	}
	for _, h := range []http.Header{page, form} {
		for _, inline := range []string{"unsafe-inline", "unsafe-eval", "http:", "*"} {
			if strings.Contains(h.Get("Content-Security-Policy"), inline) {
				t.Errorf("the policy allows %s", inline)
			}
		}
	}
	loopback := newSite(t, nil)
	if _, _, h := loopback.browser(t).get("/"); h.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over http would lock other servers of this machine out")
	}
}

// What no page of ours sends is refused in one line.
func TestMalformed(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Config.Local = false })
	do := func(method, target, body string, headers ...string) (int, string) {
		b := s.browser(t)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			b.headers[name] = value
		}
		r := httptest.NewRequestWithContext(t.Context(), method, b.base+"/", strings.NewReader(body))
		parsed, err := url.Parse(target)
		if err == nil {
			r.URL.Path, r.URL.RawPath, r.URL.RawQuery = parsed.Path, parsed.RawPath, parsed.RawQuery
		}
		r.Header.Set("Origin", b.base)
		status, answer, _ := b.do(r)
		return status, answer
	}
	const form = "Content-Type: application/x-www-form-urlencoded"
	for _, tt := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
	}{
		{"a page", "GET", "/?a=1&b=2", "", nil, 200},
		{"a form", "POST", "/change", "a=1", []string{form}, 200},
		{"JSON", "POST", "/change", "{}", []string{"Content-Type: application/json; charset=utf-8"}, 200},
		{"an upload", "POST", "/change", "x", []string{"Content-Type: multipart/form-data; boundary=x"}, 415},
		{"text", "POST", "/change", "x", []string{"Content-Type: text/plain"}, 415},
		{"no type", "POST", "/change", "x", nil, 415},
		{"a zip bomb", "POST", "/change", "\x1f\x8b", []string{form, "Content-Encoding: gzip"}, 415},
		{"PUT", "PUT", "/", "", nil, 405},
		{"DELETE", "DELETE", "/", "", nil, 405},
		{"TRACE", "TRACE", "/", "", nil, 405},
		{"twice", "GET", "/?a=1&a=2", "", nil, 400},
		{"no UTF-8", "GET", "/?a=%ff", "", nil, 400},
		{"a NUL", "GET", "/?a=%00", "", nil, 400},
		{"a line break", "GET", "/?a=%0d%0aX:1", "", nil, 400},
		{"a broken escape", "GET", "/?a=%zz", "", nil, 400},
		{"a semicolon", "GET", "/?a=1;b=2", "", nil, 400},
		{"too many", "GET", "/?a=1" + strings.Repeat("&b=2", maxParams), "", nil, 400},
		{"too long", "GET", "/?a=" + strings.Repeat("x", maxURI), "", nil, 414},
		{"a path that is no text", "GET", "/%ff", "", nil, 400},
		{"upwards", "GET", "/static/../../etc/passwd", "", nil, 404},
	} {
		status, answer := do(tt.method, tt.target, tt.body, tt.headers...)
		if status != tt.status || status >= 400 && (len(answer) > 200 || strings.Contains(answer, "goroutine") || strings.Contains(answer, ".go:")) {
			t.Errorf("%s: %d %q, want %d in a line", tt.name, status, answer, tt.status)
		}
	}
}

func TestRateLimits(t *testing.T) {
	s := proxied(t, func(o *Options) {
		o.Server.AddressPerMinute, o.Server.AccountPerMinute, o.Server.SignInsPerMinute = 600, 120, 60
	})
	s.account(t, "anna", "hr", "*")
	from := func(address string) *browser {
		b := s.browser(t)
		b.headers["X-Forwarded-For"] = address
		return b
	}
	count := func(f func() int) (n int) {
		for f() != 429 && n < 1000 {
			n++
		}
		return n
	}
	b := from("203.0.113.7")
	if n := count(func() int { return b.signIn("anna", "a wrong password") }); n != 10 {
		t.Errorf("%d attempts to sign in at once, want 10", n)
	}
	if b = from("203.0.113.8"); b.signIn("anna", password) != 303 {
		t.Error("another address is limited too")
	}
	page := func() int { status, _, _ := b.get("/"); return status }
	if n := count(page); n != 12 {
		t.Errorf("%d pages of one account at once, want 12", n)
	}
	status, body, h := b.get("/")
	if status != 429 || h.Get("Retry-After") != "1" || len(body) > 100 {
		t.Errorf("too many: %d %q, retry after %q", status, body, h.Get("Retry-After"))
	}
	s.clock.move(time.Second)
	if n := count(page); n != 2 {
		t.Errorf("%d pages a second later, want 2", n)
	}
	b = from("2001:db8::1")
	if n := count(page); n != 60 {
		t.Errorf("%d pages of one address at once, want 60", n)
	}
	if b = from("2001:db8::2"); page() != 429 {
		t.Error("an IPv6 client evades the limit with the next address of its network")
	}
	if b = from("2001:db8:0:1::2"); page() == 429 {
		t.Error("another network is limited too")
	}
}

// A limit forgets, and floods do not fill the memory.
func TestLimitMemory(t *testing.T) {
	l, now := newLimit(60), newClock()
	for i := range 2 * maxKeys {
		l.take(fmt.Sprint(i), now.Now())
	}
	if len(l.byKey) > maxKeys {
		t.Errorf("%d keys", len(l.byKey))
	}
	now.move(2 * time.Minute)
	l.take("x", now.Now())
	if len(l.byKey) != 1 {
		t.Errorf("%d keys after two minutes", len(l.byKey))
	}
}

// serveReal serves app on a real port, with short limits.
func serveReal(t *testing.T, s *site, limits Limits) string {
	t.Helper()
	raw, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	l, err := s.Listen(raw, limits)
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- s.app.Listener(l) }()
	t.Cleanup(func() {
		if err := errors.Join(s.app.ShutdownWithTimeout(30*time.Second), <-done); err != nil {
			t.Error(err)
		}
	})
	return raw.Addr().String()
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	must(t, err)
	t.Cleanup(func() { c.Close() })
	must(t, c.SetDeadline(time.Now().Add(20*time.Second)))
	return c
}

// What no client sends gets a short answer.
func TestMalformedHeads(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Config.Local = false })
	address := serveReal(t, s, Limits{Write: 300 * time.Millisecond, Conns: 100})
	for name, head := range map[string]string{
		"a NUL in a header": "GET / HTTP/1.1\r\nHost: " + address + "\r\nX-A: a\x00b\r\n",
		"an escape":         "GET / HTTP/1.1\r\nHost: " + address + "\r\nX-A: \x1b[2J\r\n",
		"a later protocol":  "GET / HTTP/9.9\r\nHost: " + address + "\r\n",
		"no request":        "BLAH\r\n",
	} {
		c := dial(t, address)
		_, err := io.WriteString(c, head+"Connection: close\r\n\r\n")
		must(t, err)
		answer, err := io.ReadAll(c)
		must(t, err)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") || len(answer) > 1000 {
			t.Errorf("%s: %.1000s", name, answer)
		}
	}
	c := dial(t, address)
	_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+address+"\r\nX-A: a\tb\r\nConnection: close\r\n\r\n")
	must(t, err)
	if answer, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 200 ") {
		t.Errorf("a request: %.200s, %v", answer, err)
	}
}

// A client that sends its request drop by drop is let go, whatever part it drips.
func TestSlowloris(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Config.Local = false })
	address := serveReal(t, s, Limits{Write: 300 * time.Millisecond, Conns: 100})
	for name, part := range map[string]string{
		"nothing": "", "a line": "GET / HT", "headers": "GET / HTTP/1.1\r\nHost: " + address + "\r\nX-A: ",
		"body": "POST /change HTTP/1.1\r\nHost: " + address + "\r\nContent-Length: 100\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na",
	} {
		c := dial(t, address)
		start := time.Now()
		_, err := io.WriteString(c, part)
		must(t, err)
		tick := time.NewTicker(50 * time.Millisecond)
		go func() { // it goes on dripping for as long as it may
			defer tick.Stop()
			for range tick.C {
				if _, err := io.WriteString(c, "x"); err != nil {
					return
				}
			}
		}()
		if name == "nothing" {
			tick.Stop()
		}
		answer, _ := io.ReadAll(c) // a reset is an end too
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: let go after %v", name, took)
		}
		if len(answer) > 0 && !strings.HasPrefix(string(answer), "HTTP/1.1 4") {
			t.Errorf("%s: answered %q", name, answer)
		}
	}
}

// A stream lives as long as it is read, and one that nobody reads is let go.
func TestStreams(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Config.Local = false })
	ended := make(chan error, 2)
	next := make(chan struct{})
	s.app.Get("/api/ticks", func(c *fiber.Ctx) error {
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
			for range 8 { // eight times 100 ms is longer than one write may take
				<-next
				if _, err := w.WriteString("tick\n"); err != nil || w.Flush() != nil {
					return
				}
			}
		})
		return nil
	})
	s.app.Get("/api/flood", func(c *fiber.Ctx) error {
		c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
			line := strings.Repeat("x", 64<<10)
			for {
				if _, err := w.WriteString(line); err != nil {
					ended <- err
					return
				}
			}
		})
		return nil
	})
	address := serveReal(t, s, Limits{Write: 300 * time.Millisecond, Conns: 100})
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	go func() {
		for range 8 {
			<-ticker.C
			next <- struct{}{}
		}
	}()
	resp, err := http.Get("http://" + address + "/api/ticks")
	must(t, err)
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != strings.Repeat("tick\n", 8) {
		t.Errorf("a stream that is read: %q, %v", text, err)
	}
	c := dial(t, address)
	_, err = io.WriteString(c, "GET /api/flood HTTP/1.1\r\nHost: "+address+"\r\n\r\n")
	must(t, err)
	select {
	case err := <-ended:
		if err == nil {
			t.Error("a stream that nobody reads ended without an error")
		}
	case <-time.After(10 * time.Second):
		t.Error("a stream that nobody reads goes on")
	}
}

// More connections than the limits allow are closed at once, and a closed one makes room.
func TestConnectionLimits(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Config.Local = false })
	address := serveReal(t, s, Limits{Write: time.Second, Conns: 100, PerAddress: 2})
	answered := func(c net.Conn) bool {
		_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: "+address+"\r\n\r\n")
		if err != nil {
			return false
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil
	}
	one, two, three := dial(t, address), dial(t, address), dial(t, address)
	if !answered(one) || !answered(two) || answered(three) {
		t.Error("the third connection of an address was taken")
	}
	must(t, one.Close())
	for !answered(dial(t, address)) { // until the server has seen that the first is closed
		if t.Context().Err() != nil {
			t.Fatal("a closed connection makes no room")
		}
	}
}
