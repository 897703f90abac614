package access

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/audit"
)

// A clock is moved by the test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A site is a server with sign-in and what stands around it.
type site struct {
	*Access
	app   *fiber.App
	clock *clock
	log   *audit.Log
	desk  *Desk

	mu    sync.Mutex
	waits []time.Duration
}

const password = "correct horse battery"

// newSite returns a server that change has changed the options of.
func newSite(t testing.TB, change func(o *Options)) *site {
	t.Helper()
	s := &site{clock: newClock()}
	dir := t.TempDir()
	store, err := OpenStore(filepath.Join(dir, "access.json"), s.clock.Now)
	if err != nil {
		t.Fatal(err)
	}
	store.hasher = newHasher(cost{memory: 64, passes: 1, lanes: 1})
	if s.log, err = audit.Open(filepath.Join(dir, "audit"), audit.Options{Clock: s.clock.Now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.log.Close(); err != nil {
			t.Error(err)
		}
	})
	o := Options{
		Config: DefaultConfig(), Server: DefaultServer(), Store: store, Audit: s.log, Clock: s.clock.Now,
		Wait: func(_ context.Context, d time.Duration) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.waits = append(s.waits, d)
			return nil
		},
	}
	o.Config.Local = true
	if change != nil {
		change(&o)
	}
	if s.Access, err = New(o); err != nil {
		t.Fatal(err)
	}
	s.desk = s.Desk()
	s.app = s.routes()
	return s
}

// routes are the glue that package dashboards has, in short.
func (s *site) routes() *fiber.App {
	app := fiber.New(fiber.Config{
		Immutable: true, DisableStartupMessage: true, ReadTimeout: time.Second, BodyLimit: 64 << 10, ReadBufferSize: 16 << 10,
		DisablePreParseMultipartForm: true,
		ErrorHandler: func(c *fiber.Ctx, err error) error {
			var (
				known   *fiber.Error
				noRole  *NoRole
				refused *Refusal
			)
			switch {
			case errors.As(err, &noRole):
				return c.Status(403).SendString("no role: " + noRole.Reason)
			case errors.As(err, &refused):
				return c.Status(403).SendString(refused.Advice)
			case errors.Is(err, ErrRefused):
				return c.Status(401).SendString("refused")
			case errors.As(err, &known):
				return c.Status(known.Code).SendString(known.Message)
			}
			return c.Status(500).SendString(err.Error())
		},
	})
	for _, h := range s.Handlers() {
		app.Use(h)
	}
	goOn := func(f func(*fiber.Ctx) (string, error)) fiber.Handler {
		return func(c *fiber.Ctx) error {
			to, err := f(c)
			if err != nil {
				return err
			}
			return c.Redirect(to, fiber.StatusSeeOther)
		}
	}
	app.Post(PathSignIn, goOn(s.SignIn))
	app.Get(PathStart, goOn(s.Start))
	app.Get(PathCallback, goOn(s.Finish))
	app.Post(PathSignOut, goOn(s.SignOut))
	app.Post(PathRole, func(c *fiber.Ctx) error { s.Choose(c); return nil })
	who := func(c *fiber.Ctx) error {
		v := Of(c)
		c.Set("CSRF", v.CSRF)
		return c.SendString(v.Name + " " + joinRoles(v.Policy.Roles, "+") + "@" + strings.Join(v.Policy.Units, "+") + " " + v.Policy.Person)
	}
	app.Get("/", who)
	app.Get("/page", who)
	app.Post("/change", who)
	app.Get("/extracts/rows", who)
	app.Get("/api/v1/rows", who)
	return app
}

// A browser keeps cookies and sends forms as browsers do.
type browser struct {
	t       testing.TB
	app     *fiber.App
	base    string
	cookies map[string]string
	headers map[string]string
}

func (s *site) browser(t testing.TB) *browser {
	base := "http://127.0.0.1:8080"
	if s.base != nil {
		base = s.Server.BaseURL
	}
	return &browser{t: t, app: s.app, base: base, cookies: map[string]string{}, headers: map[string]string{}}
}

func (b *browser) do(r *http.Request) (status int, body string, h http.Header) {
	b.t.Helper()
	r.RequestURI = r.URL.RequestURI()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for name, value := range b.headers {
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	resp, err := b.app.Test(r, -1)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range resp.Cookies() {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return resp.StatusCode, string(text), resp.Header
}

func (b *browser) get(path string) (status int, body string, h http.Header) {
	b.t.Helper()
	return b.do(httptest.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+path, nil))
}

func (b *browser) post(path string, fields url.Values) (status int, body string, h http.Header) {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), http.MethodPost, b.base+path, strings.NewReader(fields.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.base)
	return b.do(r)
}

// signIn signs in by password and returns the status.
func (b *browser) signIn(name, word string) int {
	b.t.Helper()
	status, _, _ := b.post(PathSignIn, url.Values{"name": {name}, "password": {word}})
	return status
}

// account adds an account with a role over units.
func (s *site) account(t testing.TB, name, role string, units ...string) Account {
	t.Helper()
	var grants []Grant
	if role != "" {
		grants = append(grants, Grant{Role: roleOf(role), Units: units})
	}
	a, err := s.desk.AddAccount(t.Context(), Actor{Name: "test"}, name, password, grants, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// events lists what the audit holds of a kind, oldest first.
func (s *site) events(t testing.TB, kind audit.Kind) (list []audit.Record) {
	t.Helper()
	found, err := s.log.List(audit.Filter{Kind: kind})
	if err != nil {
		t.Fatal(err)
	}
	for i := len(found) - 1; i >= 0; i-- {
		list = append(list, found[i])
	}
	return list
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
