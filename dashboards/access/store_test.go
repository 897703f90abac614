package access

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What was changed is there after a restart, and what was not written does not hold.
func TestStoreRestart(t *testing.T) {
	s := newSite(t, nil)
	anna := s.account(t, "anna", "learning", "SALES", "ENG")
	must(t, s.desk.Bind(Actor{Name: "boss"}, anna.ID(), "E17"))
	s.token(t, ScopeAPI)
	again, err := OpenStore(s.Store.path, s.clock.Now)
	must(t, err)
	if diff := cmp.Diff(s.Store.s, again.s); diff != "" {
		t.Error(diff)
	}
	s.Store.path = filepath.Join(t.TempDir(), "gone", "file")
	if err := s.desk.Bind(Actor{}, anna.ID(), "E18"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("written nowhere: %v", err)
	}
	if got := s.Store.Person(anna.ID()); got != "E17" {
		t.Errorf("bound to %q, which was not written", got)
	}
	if got := s.events(t, "grant"); got[len(got)-1].What != "bound to a person failed" {
		t.Errorf("the audit ends with %q", got[len(got)-1].What)
	}
}

func TestStoreIsChecked(t *testing.T) {
	for want, text := range map[string]string{
		"unknown field":       `{"version":1,"sessions":[]}`,
		"version 2":           `{"version":2}`,
		`role "root"`:         `{"version":1,"grants":[{"id":"a","to":{"issuer":"local","subject":"x"},"role":"root","units":["*"],"from":"2026-01-01","by":"","at":"2026-01-01T00:00:00Z"}]}`,
		"goes on after":       `{"version":1}{"version":1}`,
		"EOF":                 `{"version":1`,
		"is not a date":       `{"version":1,"grants":[{"id":"a","role":"dpo","from":"soon","to":{"issuer":"local","subject":"x"},"by":"","at":"2026-01-01T00:00:00Z"}]}`,
		"can be read by othe": "open",
	} {
		path := filepath.Join(t.TempDir(), "access.json")
		mode := os.FileMode(0o600)
		if text == "open" {
			text, mode = `{"version":1}`, 0o644
		}
		must(t, os.WriteFile(path, []byte(text), mode))
		if _, err := OpenStore(path, newClock().Now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A name given again inherits nothing of the account that had it.
func TestAccounts(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "anna", "hr", "*")
	for want, add := range map[string][2]string{
		"is there already":     {"ANNA", password},
		"has 5 characters":     {"bert", "short"},
		"holds the name":       {"bert", "robert has a password"},
		"one character":        {"bert", strings.Repeat("x", 20)},
		"longer than 256":      {"bert", strings.Repeat("xy", 200)},
		"not valid UTF-8":      {"bert", "\xff\xfe is no good password"},
		"want 2 to 64":         {"-bert", password},
		"letters, digits and ": {"bert bertson", password},
	} {
		if _, err := s.desk.AddAccount(t.Context(), Actor{}, add[0], add[1], nil, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", add[0], err, want)
		}
	}
	if _, err := s.desk.AddAccount(t.Context(), Actor{}, "bert", password, []Grant{{Role: "hr"}}, ""); err == nil {
		t.Error("a grant of hr over no unit was taken")
	}
	if _, ok := s.Store.Account("bert"); ok {
		t.Error("the account was added although its grant was refused")
	}
	for _, change := range []error{
		s.desk.Disable(Actor{}, "nobody", "", true), s.desk.SetPassword(t.Context(), Actor{}, "nobody", password), s.desk.RevokeToken(Actor{}, "none"),
	} {
		if !errors.Is(change, ErrUnknown) {
			t.Errorf("a change of nobody: %v", change)
		}
	}
}

func TestFind(t *testing.T) {
	s := newSite(t, nil)
	anna := s.account(t, "anna", "")
	for text, want := range map[string]Principal{
		"Anna": {Identity: anna.ID()}, "oidc:u:17": {Identity: Identity{"https://i", "u:17"}}, "group:hr": {Identity: Identity{Issuer: "https://i"}, Group: "hr"},
	} {
		if got, err := s.desk.Find(text, "https://i"); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"nobody", "oidc:", "group:", "oidc:\x00"} {
		if got, err := s.desk.Find(text, "https://i"); err == nil {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if _, err := s.desk.Find("group:hr", ""); err == nil {
		t.Error("a group of no issuer")
	}
}

func TestConfigMistakes(t *testing.T) {
	for want, change := range map[string]func(*Server, *Config){
		"":                    func(*Server, *Config) {},
		"base_url is empty":   func(s *Server, _ *Config) { s.BehindProxy = true },
		"tls_key go together": func(s *Server, _ *Config) { s.TLSKey, s.BaseURL = "k", "https://d.example" },
		"TLS ends at one": func(s *Server, _ *Config) {
			s.TLSCertificate, s.TLSKey, s.BehindProxy, s.BaseURL = "c", "k", true, "https://d.example"
		},
		"want it without a path":            func(s *Server, _ *Config) { s.BehindProxy, s.BaseURL = true, "https://d.example/dials" },
		"want https, except on loopback":    func(s *Server, _ *Config) { s.BaseURL = "http://d.example" },
		"is https: name tls_certificate":    func(s *Server, _ *Config) { s.BaseURL = "https://d.example" },
		"without sign-in a proxy":           func(s *Server, c *Config) { c.Local, s.BehindProxy, s.BaseURL = false, true, "https://localhost" },
		"without sign-in the server answer": func(s *Server, c *Config) { c.Local, s.BaseURL = false, "http://d.example" },
		"trusted_proxies is empty": func(s *Server, _ *Config) {
			s.BehindProxy, s.BaseURL, s.TrustedProxies = true, "https://d.example", nil
		},
		`"0.0.0.0/0" is not an address`:   func(s *Server, _ *Config) { s.TrustedProxies = []string{"0.0.0.0/0"} },
		"frame_ancestors":                 func(s *Server, _ *Config) { s.FrameAncestors = []string{"https://*.example.com"} },
		"requests_per_minute_account = 0": func(s *Server, _ *Config) { s.AccountPerMinute = 0 },
		"session_hours = 13":              func(_ *Server, c *Config) { c.SessionHours = 13 },
		"session_idle_minutes = 0":        func(_ *Server, c *Config) { c.IdleMinutes = 0 },
		"is not an https URL":             func(_ *Server, c *Config) { c.OIDC.Issuer, c.OIDC.ClientID = "http://i.example", "d" },
		"oidc.client_id is empty":         func(_ *Server, c *Config) { c.OIDC.Issuer = "https://i.example" },
		"oidc.issuer is empty":            func(_ *Server, c *Config) { c.OIDC.ClientID = "d" },
		`person_claim = "email"`: func(_ *Server, c *Config) {
			c.OIDC.Issuer, c.OIDC.ClientID, c.OIDC.PersonClaim = "https://i.example", "d", "email"
		},
		"NOT_SET is not set": func(_ *Server, c *Config) {
			c.OIDC.Issuer, c.OIDC.ClientID, c.OIDC.ClientSecretEnv = "https://i.example", "d", "NOT_SET"
		},
		`role "boss" is not one of`: func(_ *Server, c *Config) {
			c.OIDC.Issuer, c.OIDC.ClientID, c.OIDC.Groups = "https://i.example", "d", []Group{{"g", "boss", []string{"*"}}}
		},
		"role hr needs a unit": func(_ *Server, c *Config) {
			c.OIDC.Issuer, c.OIDC.ClientID, c.OIDC.Groups = "https://i.example", "d", []Group{{"g", "hr", nil}}
		},
	} {
		server, config := DefaultServer(), DefaultConfig()
		config.Local = true
		change(&server, &config)
		err := errors.Join(server.Validate(config.SignsIn()), config.Validate())
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Off loopback nobody reads without signing in, or in clear.
func TestCheckListen(t *testing.T) {
	for _, tt := range []struct {
		listen  string
		signsIn bool
		change  func(*Server)
		want    string
	}{
		{"127.0.0.1:8080", false, nil, ""},
		{"localhost:0", false, nil, ""},
		{"[::1]:80", true, nil, ""},
		{"127.1.2.3:80", false, nil, ""},
		{"0.0.0.0:8080", false, nil, "nobody signs in"},
		{":8080", false, nil, "nobody signs in"},
		{"[::]:80", false, nil, "nobody signs in"},
		{"192.168.1.7:80", false, nil, "nobody signs in"},
		{"dials.example.com:80", false, nil, "nobody signs in"},
		{"0.0.0.0:80", true, nil, "in clear"},
		{"0.0.0.0:443", true, func(s *Server) { s.TLSCertificate, s.TLSKey = "c", "k" }, ""},
		{"0.0.0.0:80", true, func(s *Server) { s.BehindProxy = true }, ""},
		{"0.0.0.0:80", false, func(s *Server) { s.BehindProxy = true }, "nobody signs in"},
		{"0.0.0.0:443", false, func(s *Server) { s.TLSCertificate, s.TLSKey = "c", "k" }, "nobody signs in"},
	} {
		s := DefaultServer()
		s.Listen = tt.listen
		if tt.change != nil {
			tt.change(&s)
		}
		err := s.CheckListen(tt.signsIn)
		if (err == nil) != (tt.want == "") || err != nil && (!strings.Contains(err.Error(), tt.want) || !errors.Is(err, ErrExposed)) {
			t.Errorf("%s, sign-in %v: got %v, want %q", tt.listen, tt.signsIn, err, tt.want)
		}
	}
}
