package web_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dials/ingest/web"
	"dials/ingest/web/faulttest"
)

const secret = "s3cret-Täken/with+signs&more"

// client returns a client of a server that waits little.
func client(t *testing.T, base string, o web.Options) *web.Client {
	t.Helper()
	o.BaseURL = base
	if o.Retries == 0 {
		o.Retries = 3
	}
	c, err := web.New(o, web.Env{
		Source: "hr", Dir: t.TempDir(), State: t.TempDir(), Scratch: t.TempDir(), Backoff: time.Microsecond,
		Getenv: func(string) (string, bool) { return secret, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const good = `{"data":[{"id":1},{"id":2}]}`

// Every fault is judged before anything is parsed, and asked again only where that helps.
func TestFaults(t *testing.T) {
	date := time.Now().Add(time.Second).UTC().Format(http.TimeFormat)
	tests := []struct {
		name  string
		steps []faulttest.Step
		class web.Class
		tries int
		words string
	}{
		{"ok", []faulttest.Step{faulttest.JSON(good)}, web.OK, 1, ""},
		{"503 once", []faulttest.Step{faulttest.Status(503, "<html>"), faulttest.JSON(good)}, web.OK, 2, ""},
		{"503 for ever", []faulttest.Step{faulttest.Status(503, "<html>")}, web.Retry, 4, "503, the service is out of order"},
		{"429 0 s", []faulttest.Step{faulttest.RetryAfter(429, "0"), faulttest.JSON(good)}, web.OK, 2, ""},
		{"429 date", []faulttest.Step{faulttest.RetryAfter(429, date), faulttest.JSON(good)}, web.OK, 2, ""},
		{"429 garbage", []faulttest.Step{faulttest.RetryAfter(429, "soon"), faulttest.JSON(good)}, web.OK, 2, ""},
		{"429 -1", []faulttest.Step{faulttest.RetryAfter(429, "-1"), faulttest.JSON(good)}, web.OK, 2, ""},
		{"429 66975", []faulttest.Step{faulttest.RetryAfter(429, "66975")}, web.Throttle, 1, "asks to wait 18h36m15s, longer than retry_after_max = 5m0s: run it again after that"},
		{"503 2999", []faulttest.Step{faulttest.RetryAfter(503, "Fri, 31 Dec 2999 23:59:59 GMT")}, web.Retry, 1, "longer than retry_after_max"},
		{"canvas throttle unknown", []faulttest.Step{faulttest.CanvasThrottle()}, web.Auth, 1, "403"},
		{"error in 200 unknown", []faulttest.Step{faulttest.ErrorIn200("invalidtoken")}, web.OK, 1, ""},
		{"html", []faulttest.Step{faulttest.HTML()}, web.Config, 1, `a web page in place of data ("Log in to the site")`},
		{"login", []faulttest.Step{faulttest.Redirect("/login/index.php"), faulttest.HTML()}, web.Config, 1, "web page"},
		{"other host", []faulttest.Step{faulttest.Redirect("https://elsewhere.invalid/x")}, web.Config, 1, "redirects to https://elsewhere.invalid, which is not followed"},
		{"sign-in elsewhere", []faulttest.Step{faulttest.Redirect("https://accounts.google.com/x")}, web.Auth, 1, "sign-in page"},
		{"empty 200", []faulttest.Step{faulttest.Empty(200)}, web.Retry, 4, "200 with an empty answer"},
		{"empty 200 once", []faulttest.Step{faulttest.Empty(200), faulttest.JSON(good)}, web.OK, 2, ""},
		{"empty 500", []faulttest.Step{faulttest.Empty(500), faulttest.JSON(good)}, web.OK, 2, ""},
		{"cut json", []faulttest.Step{faulttest.Truncated(good), faulttest.JSON(good)}, web.OK, 2, ""},
		{"cut json for ever", []faulttest.Step{faulttest.Truncated(good)}, web.Retry, 4, "the answer is cut short"},
		{"cut gzip", []faulttest.Step{faulttest.Gzip(good, true), faulttest.Gzip(good, false)}, web.OK, 2, ""},
		{"deflate", []faulttest.Step{faulttest.Deflate(good, false)}, web.OK, 1, ""},
		{"bare deflate", []faulttest.Step{faulttest.Deflate(good, true)}, web.OK, 1, ""},
		{"brotli", []faulttest.Step{faulttest.JSON(good, "Content-Encoding", "br")}, web.Config, 1, `packed as "br"`},
		{"reset", []faulttest.Step{faulttest.Broken(good), faulttest.JSON(good)}, web.OK, 2, ""},
		{"reset for ever", []faulttest.Step{faulttest.Broken(good)}, web.Retry, 4, "no whole answer came: the connection was closed in the middle (given up after 4 attempts)"},
		{"bomb", []faulttest.Step{faulttest.Bomb(3)}, web.Config, 1, "larger than max_response"},
		{"large", []faulttest.Step{faulttest.JSON("[" + strings.Repeat(" ", 3<<20) + "]")}, web.Config, 1, "larger than max_response"},
		{"text", []faulttest.Step{faulttest.Status(200, "hello", "Content-Type", "text/plain")}, web.Config, 1, "200 with text/plain in place of application/json"},
		{"xml", []faulttest.Step{faulttest.Status(200, "<?xml?><a/>", "Content-Type", "application/xml")}, web.Config, 1, "web page"},
		{"scalar", []faulttest.Step{faulttest.JSON("17")}, web.Config, 1, "no JSON object or list"},
		{"problem json", []faulttest.Step{faulttest.Status(200, good, "Content-Type", "application/scim+json;charset=utf-8")}, web.OK, 1, ""},
		{"400", []faulttest.Step{faulttest.Status(400, `{"message":"no such field\nx"}`, "Content-Type", "application/json")}, web.Config, 1, `400, the service refuses the request ("no such field x"): check the parameters`},
		{"401", []faulttest.Step{faulttest.Status(401, `{}`, "Content-Type", "application/json")}, web.Auth, 1, "401, the credentials are not accepted: check the environment variable HR_TOKEN"},
		{"404", []faulttest.Step{faulttest.Status(404, `{"error":{"message":"who?"}}`, "Content-Type", "application/json")}, web.Config, 1, `404, there is no such thing ("who?"): check base_url and path`},
		{"413", []faulttest.Step{faulttest.Status(413, "")}, web.Config, 1, "fewer records a page"},
		{"unknown packing", []faulttest.Step{faulttest.JSON("x", "Content-Encoding", "br")}, web.Config, 1, `packed as "br"`},
		{"unknown charset", []faulttest.Step{faulttest.Charset(good, "klingon")}, web.Config, 1, `unknown charset "klingon"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := faulttest.New(t, tt.steps...)
			c := client(t, s.URL, web.Options{Auth: web.Bearer, TokenEnv: "HR_TOKEN", MaxResponse: 1 << 20})
			a, err := c.Do(t.Context(), web.Request{Path: "/v1/people", Query: url.Values{"page": {"1"}}})
			if web.ClassOf(err) != tt.class || (err == nil) != (tt.class == web.OK) {
				t.Fatalf("class %v, want %v: %v", web.ClassOf(err), tt.class, err)
			}
			if err != nil && (!strings.Contains(err.Error(), tt.words) || !strings.HasPrefix(err.Error(), "GET /v1/people: ")) {
				t.Errorf("error %q, want %q", err, tt.words)
			}
			if n := len(s.Requests()); n != tt.tries && tt.name != "login" {
				t.Errorf("asked %d times, want %d", n, tt.tries)
			}
			if err == nil && !strings.Contains(tt.name, "unknown") {
				if b, err := a.Bytes(); err != nil || string(b) != good {
					t.Errorf("body %q: %v", b, err)
				}
			}
		})
	}
}

// Rules of a connector go before what all have in common.
func TestRules(t *testing.T) {
	rule := func(when, do string) web.Rule {
		r, err := web.ParseRule(when, do)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	rules := []web.Rule{
		rule("status 403 and body contains 'Rate Limit Exceeded'", "throttle"),
		rule("json:/errorcode == dbconnectionfailed", "retry"),
		rule("json:/errorcode == nocriteriaset and status 2xx", "skip_item"),
		rule("json:/errorcode", "config"),
		rule("header X-Busy == 'yes and no'", "retry"),
	}
	s := faulttest.New(t,
		faulttest.CanvasThrottle(), faulttest.ErrorIn200("dbconnectionfailed"), faulttest.JSON(good, "X-Busy", "yes and no"), faulttest.JSON(good),
		faulttest.ErrorIn200("nocriteriaset"), faulttest.ErrorIn200("unheard"))
	c := client(t, s.URL, web.Options{})
	ask := func() error {
		_, err := c.Do(t.Context(), web.Request{Rules: rules})
		return err
	}
	if err := ask(); err != nil || len(s.Requests()) != 4 {
		t.Errorf("%d requests: %v", len(s.Requests()), err)
	}
	if err := ask(); web.ClassOf(err) != web.SkipItem {
		t.Errorf("skip: %v", err)
	}
	if err := ask(); web.ClassOf(err) != web.Config || !strings.Contains(err.Error(), `"unheard"`) {
		t.Errorf("config: %v", err)
	}
	for _, bad := range []string{"", "status 600", "stat 200", "json:errorcode == x", "body contains ''", "status 200 and", "status 200 or status 201"} {
		if _, err := web.ParseRule(bad, "retry"); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
	if _, err := web.ParseRule("status 200", "ignore"); err == nil {
		t.Error("do = ignore was accepted")
	}
}

// A slow drip ends at the timeout, and a run at its deadline or when it is stopped.
func TestTimeouts(t *testing.T) {
	s := faulttest.New(t, faulttest.Drip(good), faulttest.JSON(good))
	c := client(t, s.URL, web.Options{Timeout: web.Duration(500 * time.Millisecond)}) // what is answered at once is in time
	if _, err := c.Do(t.Context(), web.Request{}); err != nil || len(s.Requests()) != 2 {
		t.Errorf("%d requests: %v", len(s.Requests()), err)
	}
	s = faulttest.New(t, faulttest.RetryAfter(429, "60"))
	c = client(t, s.URL, web.Options{})
	over := errors.New("run_deadline is over")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, over)
	defer cancel()
	if _, err := c.Do(ctx, web.Request{}); !errors.Is(err, over) {
		t.Errorf("deadline: %v", err)
	}
}

// No secret is in an error, whatever the service sends back, and none goes elsewhere.
func TestSecrets(t *testing.T) {
	var leaked atomic.Bool
	other := faulttest.New(t, func(w http.ResponseWriter, r *http.Request) {
		leaked.Store(r.Header.Get("Authorization") != "" || r.Header.Get("X-Tenant") != "")
		faulttest.JSON(good)(w, r)
	})
	echo := func(w http.ResponseWriter, r *http.Request) {
		all := fmt.Sprintf("%v %v %s %s", r.Header, r.URL, secret, url.QueryEscape(secret))
		faulttest.Status(400, fmt.Sprintf(`{"message":%q}`, all), "Content-Type", "application/json")(w, r)
	}
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	for _, o := range []web.Options{
		{Auth: web.Bearer, TokenEnv: "T"},
		{Auth: web.Basic, UserEnv: "U", TokenEnv: "T"},
		{Auth: web.Header, Header: "X-API-Key", TokenEnv: "T"},
		{Auth: web.Form, Header: "wstoken", TokenEnv: "T"},
	} {
		o.Headers = map[string]string{"X-Tenant": "t1"}
		s := faulttest.New(t, echo, faulttest.Redirect(elsewhere+"/x?token="+url.QueryEscape(secret)))
		c := client(t, s.URL, o)
		for range 2 {
			_, err := c.Do(t.Context(), web.Request{Method: "POST", Path: "/a?key=" + url.QueryEscape(secret), Form: url.Values{"a": {"b"}}})
			if err == nil {
				t.Fatalf("%s: no error", o.Auth)
			}
			for _, form := range []string{secret, url.QueryEscape(secret), "s3cret"} {
				if strings.Contains(err.Error(), form) {
					t.Errorf("%s: %q holds the secret", o.Auth, err)
				}
			}
		}
		if _, err := c.Do(t.Context(), web.Request{Path: elsewhere}); err == nil || len(s.Requests()) != 2 {
			t.Errorf("%s: it asked another host: %v", o.Auth, err)
		}
	}
	if leaked.Load() || len(other.Requests()) > 0 {
		t.Error("credentials went to another host")
	}
	// Without credentials a redirect may be followed to the hosts that are named.
	s := faulttest.New(t, faulttest.Redirect(elsewhere+"/sheet"))
	c := client(t, s.URL, web.Options{RedirectHosts: []string{"localhost"}, Headers: map[string]string{"X-Tenant": "t1"}})
	if _, err := c.Do(t.Context(), web.Request{}); err != nil || leaked.Load() {
		t.Errorf("redirect: leaked %v, %v", leaked.Load(), err)
	}
	missing, err := web.New(web.Options{BaseURL: s.URL, Auth: web.Bearer, TokenEnv: "T"}, web.Env{Getenv: func(string) (string, bool) { return "", false }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := missing.Do(t.Context(), web.Request{}); web.ClassOf(err) != web.Auth || !strings.Contains(err.Error(), "environment variable T is not set") {
		t.Errorf("missing: %v", err)
	}
}

// An access token that expires on the way is renewed, and a rotated refresh token is
// kept where its owner alone can read it.
func TestRefreshToken(t *testing.T) {
	s := faulttest.New(t)
	n := 0
	s.On("POST /token", func(w http.ResponseWriter, r *http.Request) {
		n++
		want := secret
		if n > 1 {
			want = fmt.Sprintf("rotated-%d", n-1)
		}
		if got := r.Form.Get("refresh_token"); got != want {
			faulttest.Status(400, `{"error":"invalid_grant"}`, "Content-Type", "application/json")(w, r)
			return
		}
		faulttest.JSON(fmt.Sprintf(`{"access_token":"access-%d","refresh_token":"rotated-%d","expires_in":1800}`, n, n))(w, r)
	})
	s.On("GET /x", func(w http.ResponseWriter, r *http.Request) {
		faulttest.Wants("Authorization", fmt.Sprintf("Bearer access-%d", max(n, 2)), faulttest.JSON(good))(w, r)
	})
	state := t.TempDir()
	o := web.Options{BaseURL: s.URL, Auth: web.OAuth2Refresh, TokenURL: s.URL + "/token", ClientIDEnv: "ID", RefreshTokenEnv: "RT", Retries: 2}
	env := web.Env{Source: "xero", State: state, Backoff: time.Microsecond, Getenv: func(string) (string, bool) { return secret, true }}
	for i := range 2 { // the second client is a later run
		c, err := web.New(o, env)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Do(t.Context(), web.Request{Path: "/x"}); err != nil {
			t.Fatalf("run %d: %v", i, err)
		}
	}
	path := filepath.Join(state, "tokens", "xero.json")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v: %v", info, err)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "rotated-3") || strings.Contains(string(text), secret) {
		t.Errorf("%s: %v", text, err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := web.New(o, env)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), web.Request{Path: "/x"}); web.ClassOf(err) != web.Auth || !strings.Contains(err.Error(), "can be read by others") {
		t.Errorf("readable by others: %v", err)
	}
	s.On("POST /token", faulttest.Status(400, `{"error":"invalid_grant","error_description":"expired `+secret+`"}`, "Content-Type", "application/json"))
	env.State = t.TempDir()
	c, err = web.New(o, env)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Do(t.Context(), web.Request{Path: "/x"})
	if web.ClassOf(err) != web.Auth || !strings.Contains(err.Error(), "sign in to the service anew and set RT") || strings.Contains(err.Error(), secret) {
		t.Errorf("invalid grant: %v", err)
	}
}

// Client credentials are asked for once, and the answer's lifetime is kept to.
func TestClientCredentials(t *testing.T) {
	s := faulttest.New(t)
	s.On("POST /token", faulttest.Status(503, ""), faulttest.JSON(`{"access_token":"access-1","expires_in":"3600"}`))
	s.On("GET /x", faulttest.Wants("Authorization", "Bearer access-1", faulttest.JSON(good)))
	c := client(t, s.URL, web.Options{Auth: web.OAuth2Client, TokenURL: s.URL + "/token", ClientIDEnv: "ID", ClientSecretEnv: "CS", Scopes: []string{"a", "b"}, ClientAuth: "body"})
	for range 3 {
		if _, err := c.Do(t.Context(), web.Request{Path: "/x"}); err != nil {
			t.Fatal(err)
		}
	}
	var asked int
	for _, r := range s.Requests() {
		if r.Path == "/token" {
			asked++
			if r.Form.Get("scope") != "a b" || r.Form.Get("client_secret") != secret {
				t.Errorf("form %v", r.Form)
			}
		}
	}
	if asked != 2 {
		t.Errorf("token asked %d times, want 2 of which one failed", asked)
	}
}

// TLS is on, and a private authority is trusted only when it is named.
func TestTLS(t *testing.T) {
	s := faulttest.NewTLS(t, faulttest.JSON(good))
	c := client(t, s.URL, web.Options{})
	if _, err := c.Do(t.Context(), web.Request{}); web.ClassOf(err) != web.Config || !strings.Contains(err.Error(), "ca_file") {
		t.Errorf("unknown authority: %v", err)
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	c = client(t, s.URL, web.Options{CAFile: ca})
	if _, err := c.Do(t.Context(), web.Request{}); err != nil {
		t.Error(err)
	}
}

// A charset other than UTF-8 becomes UTF-8, and a large answer lies in a file.
func TestBodies(t *testing.T) {
	large := `["` + strings.Repeat("x", 9<<20) + `"]`
	s := faulttest.New(t, faulttest.Charset("{\"a\":\"Gr\xf6\xdfe\"}", "ISO-8859-1"), faulttest.JSON(large))
	c := client(t, s.URL, web.Options{})
	a, err := c.Do(t.Context(), web.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if b, err := a.Bytes(); err != nil || string(b) != `{"a":"Größe"}` {
		t.Errorf("%q %v", b, err)
	}
	if a, err = c.Do(t.Context(), web.Request{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if b, err := a.Bytes(); err != nil || string(b) != large {
			t.Errorf("large: %d bytes, %v", len(b), err)
		}
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// A clock that differs is noticed once it matters.
func TestSkew(t *testing.T) {
	for _, d := range []time.Duration{-10 * time.Minute, 0, 10 * time.Minute} {
		s := faulttest.New(t, faulttest.Clock(time.Now().Add(d), faulttest.JSON(good)))
		c := client(t, s.URL, web.Options{})
		if _, err := c.Do(t.Context(), web.Request{}); err != nil {
			t.Fatal(err)
		}
		if got := time.Until(c.ServerNow()) - d; got.Abs() > 5*time.Second {
			t.Errorf("%v: the service's clock is taken %v wrong", d, got)
		}
		if w := c.Warnings(); (len(w) > 0) != (d != 0) {
			t.Errorf("%v: warnings %v", d, w)
		}
	}
}

// The rate and the number of requests under way are kept to.
func TestLimits(t *testing.T) {
	var now, most atomic.Int64
	s := faulttest.New(t, func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		faulttest.JSON(good)(w, r)
		now.Add(-1)
	})
	c := client(t, s.URL, web.Options{Concurrency: 3, RatePerSecond: 200})
	items := make([]int, 40)
	for i := range items {
		items[i] = i
	}
	begin, next := time.Now(), 0
	err := web.Each(t.Context(), 8, items,
		func(ctx context.Context, _ int) (*web.Answer, error) { return c.Do(ctx, web.Request{}) },
		func(i int, _ *web.Answer) error {
			if i != next {
				t.Errorf("result %d came in the place of %d", i, next)
			}
			next++
			return nil
		})
	if err != nil || next != len(items) {
		t.Fatal(next, err)
	}
	if m := most.Load(); m > 3 {
		t.Errorf("%d requests at once", m)
	}
	if d := time.Since(begin); d < 39*5*time.Millisecond-10*time.Millisecond {
		t.Errorf("40 requests at 200 a second took %v", d)
	}
	bad := errors.New("enough")
	if err := web.Each(t.Context(), 4, items, func(context.Context, int) (int, error) { return 0, nil }, func(i, _ int) error {
		if i == 5 {
			return bad
		}
		return nil
	}); !errors.Is(err, bad) {
		t.Errorf("error = %v", err)
	}
}

// Options that cannot be are all named at once.
func TestCheck(t *testing.T) {
	o := web.Options{
		BaseURL: "http://hr.example.com", Auth: web.Basic, TokenEnv: "not a name!", Scopes: []string{"x"},
		Headers: map[string]string{"Authorization": "Bearer x"}, Concurrency: 100, RatePerSecond: -1, RedirectHosts: []string{"*"},
	}
	var words strings.Builder
	for _, err := range o.Check() {
		words.WriteString(err.Error() + "\n")
	}
	for _, want := range []string{
		"base_url is not https", "needs user_env", "token_env is no name of an environment variable", "has no use for scopes",
		"headers: Authorization carries a secret", "concurrency is not from 1 to 64", "rate_per_second is not between", "redirect_hosts belongs to auth none", `redirect_hosts: "*"`,
	} {
		if !strings.Contains(words.String(), want) {
			t.Errorf("%q is not said in\n%s", want, &words)
		}
	}
	for _, base := range []string{"", "hr.example.com", "https://u:p@hr.example.com", "https://hr.example.com?key=1", "ftp://x"} {
		if o := (web.Options{BaseURL: base}); len(o.Check()) == 0 {
			t.Errorf("%q was accepted", base)
		}
	}
	for _, base := range []string{"https://hr.example.com/api", "http://127.0.0.1:99", "http://localhost/x", "http://[::1]:80"} {
		if o := (web.Options{BaseURL: base}); len(o.Check()) > 0 {
			t.Errorf("%q: %v", base, o.Check())
		}
	}
}
