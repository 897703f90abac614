package dashboards

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

const testPassword = "four words of wisdom"

// A signedSite is the fixture behind local accounts.
type signedSite struct {
	app   *fiber.App
	desk  *access.Desk
	audit *audit.Log
}

func serveSigned(t testing.TB) signedSite {
	t.Helper()
	store, err := access.OpenStore(filepath.Join(t.TempDir(), "access.json"), clock)
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.Open(filepath.Join(t.TempDir(), "audit"), audit.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	config := access.DefaultConfig()
	config.Local = true
	readers, err := access.New(access.Options{
		Config: config, Server: access.DefaultServer(), Store: store, Audit: log, Clock: clock,
		Wait: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	app, err := New(Options{DB: fixture(t).DB(), Company: fixtureCompany, Clock: clock, Access: readers})
	if err != nil {
		t.Fatal(err)
	}
	return signedSite{app, readers.Desk(), log}
}

// add adds an account with roles, written role or role@UNIT.
func (s signedSite) add(t testing.TB, name string, roles ...string) {
	t.Helper()
	var grants []access.Grant
	for _, text := range roles {
		role, unit, scoped := strings.Cut(text, "@")
		g := access.Grant{Role: queries.Role(role)}
		if scoped {
			g.Units = []string{unit}
		}
		grants = append(grants, g)
	}
	if _, err := s.desk.AddAccount(t.Context(), access.Actor{Name: "test"}, name, testPassword, grants, ""); err != nil {
		t.Fatal(err)
	}
}

// A visit is one browser's: it keeps the session.
type visit struct {
	t      testing.TB
	app    *fiber.App
	cookie string
}

func (v *visit) do(method, path string, form url.Values, headers ...string) (*reply, string) {
	v.t.Helper()
	r := httptest.NewRequestWithContext(v.t.Context(), method, "http://127.0.0.1:8080"+path, strings.NewReader(form.Encode()))
	r.RequestURI = r.URL.RequestURI()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://127.0.0.1:8080")
	}
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := v.app.Test(r, -1)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	var body io.Reader = resp.Body
	if resp.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(resp.Body); err != nil {
			v.t.Fatal(err)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		v.cookie = c.Name + "=" + c.Value
	}
	return &reply{resp.StatusCode, resp.Status, resp.Header}, string(text)
}

// signIn signs in by the form of the page.
func (s signedSite) signIn(t testing.TB, name string) *visit {
	t.Helper()
	v := &visit{t: t, app: s.app}
	if resp, body := v.do(http.MethodPost, "/sign-in", url.Values{"name": {name}, "password": {testPassword}}); resp.StatusCode != 303 {
		t.Fatalf("sign in %s: %s\n%s", name, resp.Status, body)
	}
	return v
}

var csrfOf = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func TestSignInPages(t *testing.T) {
	s := serveSigned(t)
	s.add(t, "anna", "executive@*")
	v := &visit{t: t, app: s.app}
	if resp, _ := v.do(http.MethodGet, "/?period=last-fy", nil); resp.StatusCode != 303 || resp.Header.Get("Location") != "/sign-in?to=%2F%3Fperiod%3Dlast-fy" {
		t.Errorf("the first page: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	resp, form := v.do(http.MethodGet, "/sign-in?to=%2F%3Fperiod%3Dlast-fy", nil)
	for _, want := range []string{"Sign in to see the dials", `name="to" value="/?period=last-fy"`, `autocomplete="current-password"`, "<title>"} {
		if !strings.Contains(form, want) {
			t.Errorf("the form lacks %s", want)
		}
	}
	for _, private := range []string{"<nav", "sources fresh", "details class=\"user\"", "marks", "menu-", "csrf-"} {
		if strings.Contains(form, private) {
			t.Errorf("the form shows %s to everybody", private)
		}
	}
	if resp.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the form is kept: %s", resp.Header.Get("Cache-Control"))
	}
	resp, refused := v.do(http.MethodPost, "/sign-in", url.Values{"name": {`"><script>x`}, "password": {"wrong"}})
	if resp.StatusCode != 401 || !strings.Contains(refused, `role="alert"`) || strings.Contains(refused, "<script>x") || strings.Contains(refused, "wrong\"") {
		t.Errorf("refused: %s\n%s", resp.Status, refused)
	}
	v = s.signIn(t, "anna")
	if resp, _ := v.do(http.MethodGet, "/sign-in?to=%2Fdefinitions", nil); resp.StatusCode != 303 || resp.Header.Get("Location") != "/definitions" {
		t.Errorf("the form for somebody signed in: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	_, page := v.do(http.MethodGet, "/", nil)
	csrf := csrfOf.FindStringSubmatch(page)
	if csrf == nil || !strings.Contains(page, "<span>anna</span> <small>Executive · whole company</small>") {
		t.Fatalf("the page lacks the menu of its reader")
	}
	resp, _ = v.do(http.MethodPost, "/sign-out", url.Values{"csrf": {csrf[1]}})
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/signed-out" || resp.Header.Get("Clear-Site-Data") != `"cache"` {
		t.Errorf("signed out: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	if _, body := v.do(http.MethodGet, "/signed-out", nil); !strings.Contains(body, "You are signed out") {
		t.Error("no page says that one is signed out")
	}
}

// Readers of one policy share a kept page, but not what belongs to one of them.
func TestKeptPagesAreOfNobody(t *testing.T) {
	s := serveSigned(t)
	s.add(t, "anna", "executive@*")
	s.add(t, "bert", "executive@*")
	anna, bert := s.signIn(t, "anna"), s.signIn(t, "bert")
	first, annas := anna.do(http.MethodGet, "/", nil, "Accept-Encoding: gzip")
	second, berts := bert.do(http.MethodGet, "/", nil, "Accept-Encoding: gzip")
	if !strings.Contains(annas, "<span>anna</span>") || strings.Contains(berts, "anna") || !strings.Contains(berts, "<span>bert</span>") {
		t.Error("a reader is shown another's name")
	}
	if a, b := csrfOf.FindStringSubmatch(annas), csrfOf.FindStringSubmatch(berts); a == nil || b == nil || a[1] == b[1] {
		t.Error("two readers are given the same token, or none")
	}
	if first.Header.Get("ETag") == second.Header.Get("ETag") {
		t.Error("two readers' pages have the same ETag")
	}
	if resp, _ := anna.do(http.MethodGet, "/", nil, "If-None-Match: "+first.Header.Get("ETag")); resp.StatusCode != 304 {
		t.Errorf("anna again: %s, want 304", resp.Status)
	}
	if resp, _ := bert.do(http.MethodGet, "/", nil, "If-None-Match: "+first.Header.Get("ETag")); resp.StatusCode != 200 {
		t.Errorf("bert with anna's tag: %s, want 200", resp.Status)
	}
	if first.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(first.Header.Get("Vary"), "Accept-Encoding") {
		t.Errorf("encoding %q, Vary %q", first.Header.Get("Content-Encoding"), first.Header.Get("Vary"))
	}
}

func TestNoRolePage(t *testing.T) {
	s := serveSigned(t)
	s.add(t, "nora")
	v := s.signIn(t, "nora")
	for _, path := range []string{"/", "/tactics", "/access", "/definitions", "/nowhere"} {
		resp, body := v.do(http.MethodGet, path, nil)
		if resp.StatusCode != 403 || !strings.Contains(body, "nothing is open to you yet") || !strings.Contains(body, "no role was granted to you") {
			t.Errorf("%s: %s without a reason", path, resp.Status)
		}
		if strings.Contains(body, "<nav") || !strings.Contains(body, `action="/sign-out"`) {
			t.Errorf("%s: it offers pages, or no way out", path)
		}
	}
}

func TestGrantsPage(t *testing.T) {
	s := serveSigned(t)
	s.add(t, "adam", "admin")
	s.add(t, "emil", "executive@*")
	emil := s.signIn(t, "emil")
	if resp, _ := emil.do(http.MethodGet, "/access", nil); resp.StatusCode != 403 {
		t.Errorf("an executive: %s", resp.Status)
	}
	_, page := emil.do(http.MethodGet, "/", nil)
	if resp, _ := emil.do(http.MethodPost, "/access/grant", url.Values{"csrf": csrfOf.FindStringSubmatch(page)[1:], "to": {"local/x"}, "role": {"admin"}}); resp.StatusCode != 403 {
		t.Errorf("an executive grants: %s", resp.Status)
	}
	if denied, err := s.audit.List(audit.Filter{Kind: audit.Denied}); err != nil || len(denied) != 2 || denied[0].What != "/access/grant" || denied[0].Actor == "" {
		t.Errorf("denials in the audit: %+v, %v", denied, err)
	}
	adam := s.signIn(t, "adam")
	post := func(path string, form url.Values) (*reply, string) {
		_, page := adam.do(http.MethodGet, "/access", nil)
		form.Set("csrf", csrfOf.FindStringSubmatch(page)[1])
		return adam.do(http.MethodPost, path, form)
	}
	_, page = adam.do(http.MethodGet, "/access", nil)
	if !strings.Contains(page, "2 grants are in force") || strings.Contains(page, "argon2") {
		t.Error("the page does not list the grants, or lists a hash")
	}
	account, _ := s.desk.Store.Account("emil")
	to := "local/" + account.Subject
	if resp, body := post("/access/grant", url.Values{"to": {to}, "role": {"hr"}, "units": {"U1, U2"}}); resp.StatusCode != 303 {
		t.Errorf("grant: %s\n%s", resp.Status, body)
	}
	if g := s.desk.Store.Grants()[0]; g.Role != queries.HR || strings.Join(g.Units, " ") != "U1 U2" || g.By != "adam" || g.To.Subject != account.Subject {
		t.Errorf("granted %+v", g)
	}
	_, page = emil.do(http.MethodGet, "/", nil)
	if !strings.Contains(page, "Look as") || !strings.Contains(page, "HR · U1, U2") {
		t.Error("the reader of two roles over different units is offered no choice")
	}
	for name, form := range map[string]url.Values{
		"nobody": {"to": {""}, "role": {"hr"}, "units": {"*"}}, "no unit": {"to": {to}, "role": {"hr"}}, "a bad day": {"to": {to}, "role": {"hr"}, "units": {"*"}, "from": {"soon"}},
		"no role": {"to": {to}, "role": {"boss"}, "units": {"*"}}, "somebody else's issuer": {"to": {"oidc/x"}, "role": {"hr"}, "units": {"*"}},
	} {
		if resp, body := post("/access/grant", form); resp.StatusCode != 400 || !strings.Contains(body, `role="alert"`) {
			t.Errorf("a grant to %s: %s", name, resp.Status)
		}
	}
	if resp, _ := post("/access/end", url.Values{"id": {s.desk.Store.Grants()[0].ID}}); resp.StatusCode != 303 {
		t.Errorf("end: %s", resp.Status)
	}
	if resp, _ := post("/access/bind", url.Values{"to": {to}, "person": {"P1"}}); resp.StatusCode != 303 || s.desk.Store.Person(account.ID()) != "P1" {
		t.Errorf("bind: %s, %q", resp.Status, s.desk.Store.Person(account.ID()))
	}
	if resp, _ := post("/access/disable", url.Values{"name": {"emil"}}); resp.StatusCode != 303 {
		t.Errorf("disable: %s", resp.Status)
	}
	if resp, _ := emil.do(http.MethodGet, "/", nil); resp.StatusCode != 303 {
		t.Errorf("a disabled reader: %s", resp.Status)
	}
}

// A token reads what its scope names, and a program is answered shortly.
func TestTokenAnswers(t *testing.T) {
	s := serveSigned(t)
	_, secret, err := s.desk.CreateToken(access.Actor{Name: "test"}, access.Token{
		Purpose: "a test", Scopes: []string{access.ScopeMetrics}, Units: []string{"*"}, ExpiresAt: clock().Add(time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{t: t, app: s.app}
	for path, headers := range map[string]string{"/": "Authorization: Bearer " + secret, "/api/v1/pages": "Authorization: Bearer dials_x", "/extracts/x": "Accept: */*"} {
		resp, body := v.do(http.MethodGet, path, nil, headers)
		if resp.StatusCode != 401 && resp.StatusCode != 403 || len(body) > 200 || strings.Contains(body, "<html") {
			t.Errorf("%s: %s in %d bytes: %s", path, resp.Status, len(body), body)
		}
	}
}

// What is no request of ours is answered in a line that repeats nothing of it.
func TestRefusedShortly(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	app := serveFixture(t)
	done := make(chan error, 1)
	go func() { done <- app.Listener(l) }()
	t.Cleanup(func() {
		if err := errors.Join(app.Shutdown(), <-done); err != nil {
			t.Error(err)
		}
	})
	host := "Host: " + l.Addr().String() + "\r\n"
	for name, tt := range map[string]struct {
		request string
		status  int
	}{
		"no request":            {"marker marker marker\r\n\r\n", 400},
		"no HTTP":               {"\x16\x03\x01\x00marker\r\n\r\n", 400},
		"a header too large":    {"GET / HTTP/1.1\r\n" + host + "X-A: marker" + strings.Repeat("x", 20<<10) + "\r\n\r\n", 431},
		"a body too large":      {"POST /x HTTP/1.1\r\n" + host + "Content-Length: 100000\r\n\r\nmarker" + strings.Repeat("x", 100_000), 413},
		"a length that is none": {"POST /x HTTP/1.1\r\n" + host + "Content-Length: marker\r\n\r\n", 400},
		"a query that is none":  {"GET /?marker=%zz HTTP/1.1\r\n" + host + "\r\n", 400},
		"an upload":             {"POST /x HTTP/1.1\r\n" + host + "Content-Type: multipart/form-data; boundary=marker\r\nContent-Length: 6\r\n\r\nmarker", 415},
	} {
		c, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(c, tt.request) }() // the server may hang up in the middle
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		c.Close()
		if resp.StatusCode != tt.status || len(body) > 120 || strings.Contains(string(body), "marker") || strings.Contains(string(body), "<html") {
			t.Errorf("%s: %s %q, want %d in a line", name, resp.Status, body, tt.status)
		}
		if resp.Header.Get("Content-Security-Policy") == "" && name != "no request" { // that one Fiber answers itself
			t.Errorf("%s: answered without a policy", name)
		}
	}
}

// BenchmarkSignedPage is a kept page with what belongs to its reader put in.
func BenchmarkSignedPage(b *testing.B) {
	s := serveSigned(b)
	s.add(b, "anna", "executive@*")
	v := s.signIn(b, "anna")
	for b.Loop() {
		if resp, _ := v.do(http.MethodGet, "/", nil, "Accept-Encoding: gzip"); resp.StatusCode != 200 && resp.StatusCode != 429 {
			b.Fatal(resp.Status)
		}
	}
}
