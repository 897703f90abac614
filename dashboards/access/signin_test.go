package access

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"dials/dashboards/audit"
	"dials/queries"
)

func TestLocalSignIn(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "anna", "hr", "SALES")
	b := s.browser(t)
	if status, _, h := b.get("/page?period=fy"); status != 303 || h.Get("Location") != "/sign-in?to=%2Fpage%3Fperiod%3Dfy" {
		t.Errorf("not signed in: %d to %q", status, h.Get("Location"))
	}
	status, _, h := b.post(PathSignIn, url.Values{"name": {"Anna"}, "password": {password}, "to": {"/page?period=fy"}})
	if status != 303 || h.Get("Location") != "/page?period=fy" {
		t.Errorf("signed in: %d to %q", status, h.Get("Location"))
	}
	cookie := h.Get("Set-Cookie")
	for _, want := range []string{"dials=", "path=/", "HttpOnly", "SameSite=Lax"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q without %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "ecure") || strings.Contains(strings.ToLower(cookie), "max-age") {
		t.Errorf("cookie %q: on http loopback it is not secure, and no cookie outlives the browser", cookie)
	}
	if _, body, _ := b.get("/"); body != "anna hr@SALES " {
		t.Errorf("page %q", body)
	}
	if got := s.events(t, audit.SignIn); len(got) != 1 || got[0].Actor == "" || strings.Contains(got[0].Actor, "anna") {
		t.Errorf("audit %+v", got)
	}
}

// A name that is no account, a wrong password and a disabled account are answered
// alike: the same text, the same headers, the same work and the same wait.
func TestNoEnumeration(t *testing.T) {
	type answer struct {
		status int
		body   string
		header http.Header
		waits  []time.Duration
	}
	ask := func(name, word string) answer {
		s := newSite(t, nil)
		s.account(t, "anna", "hr", "*")
		s.account(t, "gone", "hr", "*")
		if err := s.desk.Disable(Actor{}, "gone", "", true); err != nil {
			t.Fatal(err)
		}
		var a answer
		b := s.browser(t)
		for range 6 {
			a.status, a.body, a.header = b.post(PathSignIn, url.Values{"name": {name}, "password": {word}})
			a.header.Del("Date")
		}
		a.waits = s.waits
		return a
	}
	want := ask("anna", "a wrong password")
	if want.status != 401 || want.body != "refused" || len(want.waits) != 6 {
		t.Fatalf("a wrong password: %+v", want)
	}
	for name, got := range map[string]answer{
		"no such account": ask("nobody", "a wrong password"), "disabled": ask("gone", password), "empty": ask("", ""),
		"too long": ask("anna", strings.Repeat("x", 5000)), "a name too long": ask(strings.Repeat("n", 5000), password),
	} {
		if got.status != want.status || got.body != want.body || !maps.EqualFunc(got.header, want.header, slices.Equal) || !slices.Equal(got.waits, want.waits) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// A name that is no account costs a hash like any other.
func TestEnumerationTime(t *testing.T) {
	h := newHasher(cost{memory: 16 << 10, passes: 2, lanes: 1})
	known, err := h.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	timed := func(encoded string) time.Duration {
		start := time.Now()
		if ok, err := h.matches(t.Context(), encoded, "a wrong password"); ok || err != nil {
			t.Fatalf("matches %v, %v", ok, err)
		}
		return time.Since(start)
	}
	with, without := time.Hour, time.Hour
	for range 10 { // by turns, and the fastest of each: other work on the machine slows both
		with, without = min(with, timed(known)), min(without, timed(""))
	}
	// Without the hash it would be ten thousand times faster.
	if ratio := float64(with) / float64(without); ratio < 0.3 || ratio > 3 {
		t.Errorf("with an account %v, without %v", with, without)
	}
}

// Guessing becomes slow, for the account and for the address, and nobody is locked out.
func TestSlowness(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Server.SignInsPerMinute = 100_000 })
	s.account(t, "anna", "hr", "*")
	b := s.browser(t)
	for range 12 {
		if status := b.signIn("anna", "a wrong password"); status != 401 {
			t.Fatalf("status %d", status)
		}
	}
	quarter := 250 * time.Millisecond
	want := []time.Duration{0, 0, 0, quarter, 2 * quarter, 4 * quarter, 8 * quarter, slowAccount, slowAccount}
	if !slices.Equal(s.waits[:len(want)], want) {
		t.Errorf("waits %v, want %v …", s.waits, want)
	}
	if status := b.signIn("anna", password); status != 303 || s.waits[12] != slowAccount {
		t.Errorf("the owner: %d after %v", status, s.waits[12])
	}
	if status := b.signIn("anna", password); status != 303 || s.waits[13] >= slowAccount {
		t.Errorf("the owner again: %d after %v", status, s.waits[13])
	}
	// Many names from one address: the address is slow for each of them.
	for _, name := range strings.Fields(strings.Repeat("x ", 30)) {
		b.signIn(name+newID(4), password)
	}
	if last := s.waits[len(s.waits)-1]; last != slowAddress {
		t.Errorf("many names from one address wait %v, want %v", last, slowAddress)
	}
	s.clock.move(memoryOfFailures)
	b.signIn("anna", "a wrong password")
	if last := s.waits[len(s.waits)-1]; last != 0 {
		t.Errorf("a quarter of an hour later: %v", last)
	}
}

// Two passwords are checked at once, not more.
func TestHashesAtOnce(t *testing.T) {
	h := newHasher(cost{memory: 64, passes: 1, lanes: 1})
	one, err := h.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	two, err := h.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	if _, err := h.hash(ctx, password); !errors.Is(err, ErrBusy) {
		t.Errorf("a third at once: %v", err)
	}
	one()
	two()
	if _, err := h.hash(t.Context(), password); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A cookie that somebody planted is worth nothing after the sign-in, and an old
// session ends with a new one.
func TestSessionFixation(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "anna", "hr", "*")
	b := s.browser(t)
	b.cookies["dials"] = "planted"
	b.signIn("anna", password)
	first := b.cookies["dials"]
	if first == "planted" || first == "" {
		t.Fatalf("cookie %q", first)
	}
	b.signIn("anna", password)
	if b.cookies["dials"] == first {
		t.Error("the cookie did not change with the sign-in")
	}
	for name, cookie := range map[string]string{"planted": "planted", "first": first} {
		other := s.browser(t)
		other.cookies["dials"] = cookie
		if status, _, _ := other.get("/"); status != 303 {
			t.Errorf("the %s cookie is signed in", name)
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "anna", "hr", "*")
	for _, tt := range []struct {
		name string
		do   func(b *browser)
		ends bool
	}{
		{"in use", func(b *browser) {
			for range 11 {
				s.clock.move(59 * time.Minute)
				b.get("/")
			}
		}, false},
		{"idle", func(*browser) { s.clock.move(time.Hour) }, true},
		{"twelve hours in use", func(b *browser) {
			for range 24 {
				s.clock.move(30 * time.Minute)
				b.get("/")
			}
		}, true},
		{"disabled", func(*browser) { must(t, s.desk.Disable(Actor{}, "anna", "", true)) }, true},
		{"enabled again", func(*browser) {}, false},
		{"a new password", func(*browser) {
			s.clock.move(time.Second)
			must(t, s.desk.SetPassword(t.Context(), Actor{}, "anna", password))
		}, true},
		{"a restart", func(*browser) { s.sessions = newSessions(time.Hour, time.Hour) }, true},
	} {
		must(t, s.desk.Disable(Actor{}, "anna", "", false))
		b := s.browser(t)
		b.signIn("anna", password)
		if status, _, _ := b.get("/"); status != 200 {
			t.Fatalf("%s: %d before", tt.name, status)
		}
		tt.do(b)
		if status, _, _ := b.get("/"); (status != 200) != tt.ends {
			t.Errorf("%s: %d after", tt.name, status)
		}
	}
	// Of one reader the browsers that were unused for longest are signed out.
	var all []*browser
	for range maxPerReader + 1 {
		s.clock.move(time.Minute)
		b := s.browser(t)
		b.signIn("anna", password)
		all = append(all, b)
	}
	if status, _, _ := all[0].get("/"); status != 303 {
		t.Errorf("the first of %d browsers: %d", len(all), status)
	}
	if status, _, _ := all[1].get("/"); status != 200 {
		t.Errorf("the second of %d browsers: %d", len(all), status)
	}
}

// What is granted counts with the next click, and so does its end.
func TestGrantsCountAtOnce(t *testing.T) {
	s := newSite(t, nil)
	anna := s.account(t, "anna", "")
	b := s.browser(t)
	b.signIn("anna", password)
	if status, body, _ := b.get("/"); status != 403 || body != "no role: no role was granted to you" {
		t.Errorf("without a grant: %d %q", status, body)
	}
	today := s.today()
	to := Principal{Identity: anna.ID()}
	for _, g := range []Grant{
		{To: to, Role: "hr", Units: []string{"ENG"}, From: "2027-01-01"},
		{To: to, Role: "hr", Units: []string{"OLD"}, From: "2026-01-01", Until: "2026-11-21"},
		{To: to, Role: "learning", Units: []string{"SALES", "ENG", "SALES"}, From: today, Until: today},
	} {
		_, err := s.desk.Grant(Actor{}, g)
		must(t, err)
	}
	if _, body, _ := b.get("/"); body != "anna learning@ENG+SALES " {
		t.Errorf("today: %q", body)
	}
	s.clock.move(24 * time.Hour)
	b.signIn("anna", password)
	if status, _, _ := b.get("/"); status != 403 {
		t.Errorf("the day after: %d", status)
	}
	g, err := s.desk.Grant(Actor{}, Grant{To: to, Role: "finance", Units: []string{"*", "ENG"}})
	must(t, err)
	if _, body, _ := b.get("/"); body != "anna finance@* " {
		t.Errorf("whole company: %q", body)
	}
	must(t, s.desk.EndGrant(Actor{Name: "boss"}, g.ID))
	if status, _, _ := b.get("/"); status != 403 {
		t.Errorf("ended: %d", status)
	}
	if err := s.desk.EndGrant(Actor{}, g.ID); !errors.Is(err, ErrUnknown) {
		t.Errorf("ended twice: %v", err)
	}
}

// Roles over different units are not added up: the reader chooses in which to look.
func TestChoices(t *testing.T) {
	s := newSite(t, nil)
	anna := s.account(t, "anna", "hr", "ENG")
	to := Principal{Identity: anna.ID()}
	for _, g := range []Grant{
		{To: to, Role: "executive", Units: []string{"*"}},
		{To: to, Role: "learning", Units: []string{"*"}},
		{To: to, Role: "manager"},
	} {
		_, err := s.desk.Grant(Actor{}, g)
		must(t, err)
	}
	b := s.browser(t)
	b.signIn("anna", password)
	_, body, h := b.get("/")
	if body != "anna executive+learning+manager@* " {
		t.Errorf("first: %q", body)
	}
	b.post(PathRole, url.Values{"csrf": {h.Get("CSRF")}, "role": {"hr+manager@ENG"}})
	if _, body, h = b.get("/"); body != "anna hr+manager@ENG " {
		t.Errorf("chosen: %q", body)
	}
	b.post(PathRole, url.Values{"csrf": {h.Get("CSRF")}, "role": {"hr+manager@*"}})
	if _, body, _ = b.get("/"); body != "anna executive+learning+manager@* " {
		t.Errorf("a choice that was not offered: %q", body)
	}
}

// A change comes from our page, with the session's own token.
func TestForeignChanges(t *testing.T) {
	s := newSite(t, nil)
	s.account(t, "anna", "hr", "*")
	s.account(t, "bert", "hr", "*")
	b, other := s.browser(t), s.browser(t)
	b.signIn("anna", password)
	other.signIn("bert", password)
	_, _, h := b.get("/")
	_, _, hers := other.get("/")
	token := h.Get("CSRF")
	if _, _, again := b.get("/"); again.Get("CSRF") == token {
		t.Error("two pages carry the same token")
	}
	for _, tt := range []struct {
		name    string
		headers map[string]string
		csrf    string
		query   string
		status  int
	}{
		{name: "our page", csrf: token, status: 200},
		{name: "our page, as browsers say", csrf: token, headers: map[string]string{"Sec-Fetch-Site": "same-origin"}, status: 200},
		{name: "in a header", headers: map[string]string{"X-CSRF-Token": token}, status: 200},
		{name: "no token", status: 403},
		{name: "in the query", query: "?csrf=" + token, status: 403},
		{name: "another session's token", csrf: hers.Get("CSRF"), status: 403},
		{name: "a changed token", csrf: "A" + token[1:], status: 403},
		{name: "a short token", csrf: token[:40], status: 403},
		{name: "no origin", csrf: token, headers: map[string]string{"Origin": ""}, status: 403},
		{name: "null origin", csrf: token, headers: map[string]string{"Origin": "null"}, status: 403},
		{name: "another origin", csrf: token, headers: map[string]string{"Origin": "http://evil.example"}, status: 403},
		{name: "another port", csrf: token, headers: map[string]string{"Origin": "http://127.0.0.1:9090"}, status: 403},
		{name: "a path", csrf: token, headers: map[string]string{"Origin": "http://127.0.0.1:8080/x"}, status: 403},
		{name: "cross-site", csrf: token, headers: map[string]string{"Sec-Fetch-Site": "cross-site"}, status: 403},
		{name: "same-site", csrf: token, headers: map[string]string{"Sec-Fetch-Site": "same-site"}, status: 403},
	} {
		fields := url.Values{}
		if tt.csrf != "" {
			fields.Set("csrf", tt.csrf)
		}
		b.headers = tt.headers
		if status, body, _ := b.post("/change"+tt.query, fields); status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, status, body, tt.status)
		}
	}
	b.headers = map[string]string{"Origin": "http://evil.example"}
	if status := b.signIn("anna", password); status != 403 {
		t.Errorf("signing somebody in from another page: %d", status)
	}
	// Over GET nothing changes, whoever sent it.
	b.headers = nil
	if status, _, _ := b.get(PathSignOut); status != 404 && status != 405 {
		t.Errorf("signing out by GET: %d", status)
	}
}

// After signing in one goes to a page of this server, wherever the link said.
func TestOpenRedirect(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Server.SignInsPerMinute = 6000 })
	s.account(t, "anna", "hr", "*")
	for to, want := range map[string]string{
		"/impact?dial=x%26y&period=fy": "/impact?dial=x%26y&period=fy",
		"/":                            "/", "": "/", "impact": "/", "//evil.example": "/", "///evil.example": "/",
		"/\\evil.example": "/", "\\\\evil.example": "/", "https://evil.example/": "/", "javascript:alert(1)": "/",
		"/%2f%2fevil.example": "/", "/%5cevil.example": "/", "/x\r\nSet-Cookie: a=b": "/", "/x%0d%0aSet-Cookie:%20a=b": "/",
		"/\tevil": "/", "/x#y": "/", "/sign-in": "/", "/sign-out": "/", "/sign-in/role": "/", "/\u2028": "/\u2028",
		"/" + strings.Repeat("x", 3000): "/", "http:/evil": "/", "/../etc": "/../etc", "/x\x00": "/",
	} {
		b := s.browser(t)
		status, _, h := b.post(PathSignIn, url.Values{"name": {"anna"}, "password": {password}, "to": {to}})
		if got := h.Get("Location"); status != 303 || got != want && got != url.PathEscape(want) {
			t.Errorf("to %q: %d to %q, want %q", to, status, got, want)
		}
		if got := h.Values("Set-Cookie"); len(got) != 1 {
			t.Errorf("to %q: cookies %q", to, got)
		}
	}
	b := s.browser(t)
	if _, _, h := b.get("/x?a=%0d%0aX-Injected:1"); h.Get("X-Injected") != "" {
		t.Error("a header was injected")
	}
}

// A grant by an admin to themselves stands out in the audit.
func TestGrantToOneself(t *testing.T) {
	s := newSite(t, nil)
	boss := s.account(t, "boss", "admin")
	by := Actor{ID: audit.Identity(boss.ID()), Name: "boss", Groups: []string{"g"}}
	_, err := s.desk.Grant(by, Grant{To: Principal{Identity: boss.ID()}, Role: "hr", Units: []string{"*"}})
	must(t, err)
	must(t, s.desk.Bind(by, boss.ID(), "E1"))
	_, err = s.desk.Grant(by, Grant{To: Principal{Identity: Identity{Issuer: LocalIssuer}, Group: "g"}, Role: "hr", Units: []string{"*"}})
	must(t, err)
	_, err = s.desk.Grant(by, Grant{To: Principal{Identity: Identity{LocalIssuer, "other"}}, Role: "hr", Units: []string{"*"}})
	must(t, err)
	var what []string
	for _, e := range s.events(t, audit.GrantSelf) {
		what = append(what, e.What)
		if e.Actor == "" {
			t.Errorf("%s by nobody", e.What)
		}
	}
	if want := []string{"grant to oneself", "oneself bound to a person", "grant to oneself"}; !slices.Equal(what, want) {
		t.Errorf("to oneself: %q, want %q", what, want)
	}
	if got := s.events(t, audit.Grant); len(got) != 2 { // the account's own role, and the other's
		t.Errorf("%d other grants", len(got))
	}
}

// Without sign-in everybody is the reader of loopback.
func TestOpenLoopback(t *testing.T) {
	s := newSite(t, func(o *Options) {
		o.Config.Local, o.Off, o.Server.Trial = false, []string{"absence"}, true
	})
	b := s.browser(t)
	if status, body, _ := b.get("/"); status != 200 || body != " @* " {
		t.Errorf("%d %q", status, body)
	}
	if status, _, _ := b.post("/change", nil); status != 200 {
		t.Errorf("a change from our page: %d", status)
	}
	policy := s.openPolicy()
	if !policy.Open || !policy.Trial || !policy.IsOff("absence") || !policy.Can(queries.ActionRegister) {
		t.Errorf("policy %+v", policy)
	}
	for name, value := range map[string]string{"X-Forwarded-For": "1.2.3.4", "Forwarded": "for=1.2.3.4", "Via": "1.1 proxy", "X-Real-IP": "1.2.3.4", "Host": "evil.example"} {
		b.headers = map[string]string{name: value}
		if status, _, _ := b.get("/"); status != 403 {
			t.Errorf("%s: %d, want 403", name, status)
		}
	}
	if v := (Visitor{}); v.SignedIn() || v.Policy.Sees(queries.TopicFrame) {
		t.Error("nobody is somebody")
	}
}
