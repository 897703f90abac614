package access

import (
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/audit"
	"dials/queries"
)

// Requests of nobody, and changes that another page sends, are on record, and are no
// way to fill the disk with it.
func TestRefusalsAreOnRecord(t *testing.T) {
	s := newSite(t, func(o *Options) { o.Server.AddressPerMinute = 100_000 })
	s.account(t, "anna", "hr", "*")
	b := s.browser(t)
	b.signIn("anna", password)
	b.headers = map[string]string{"Origin": "http://evil.example"}
	b.post("/change", url.Values{})
	b.headers = nil
	b.post("/change", url.Values{"csrf": {"x"}})
	stranger := s.browser(t)
	stranger.post("/change", url.Values{})
	stranger.get("/page") // a person is shown where to sign in
	stranger.headers = map[string]string{"Authorization": "Bearer dials_x"}
	stranger.get("/extracts/rows")
	want := []string{"a change from another page /change", "a change without the form's secret /change", "not signed in /change", "token refused /extracts/rows"}
	found := s.events(t, audit.Denied)
	for i, e := range found {
		if got := e.What + " " + e.Fields["path"]; i >= len(want) || got != want[i] || e.Address == "" {
			t.Errorf("event %d is %q, want %q", i, got, want)
		}
	}
	if len(found) != len(want) {
		t.Fatalf("%d events, want %d", len(found), len(want))
	}
	for range 500 {
		stranger.get("/extracts/rows")
	}
	if n := len(s.events(t, audit.Denied)); n > len(want)+10 {
		t.Errorf("%d events of 500 refusals at once", n)
	}
	s.clock.move(time.Hour)
	stranger.get("/extracts/rows")
	last := s.events(t, audit.Denied)
	if n, err := strconv.Atoi(last[len(last)-1].Fields["unwritten"]); err != nil || n < 400 {
		t.Errorf("the next event says that %q were not written", last[len(last)-1].Fields["unwritten"])
	}
}

// Whoever follows a long answer is asked for again as it goes.
func TestStill(t *testing.T) {
	s := newSite(t, nil)
	account := s.account(t, "anna", "hr", "*")
	made, secret := s.token(t, ScopeExtracts)
	var still func() Visitor
	s.app.Get("/follow", func(c *fiber.Ctx) error { still = s.Still(c); return nil })
	s.app.Get("/extracts/follow", func(c *fiber.Ctx) error { still = s.Still(c); return nil })
	follow := func() *browser {
		t.Helper()
		b := s.browser(t)
		if b.signIn("anna", password) >= 400 {
			t.Fatal("not signed in")
		}
		b.get("/follow")
		if !still().Policy.Sees(queries.TopicWorkforce) {
			t.Fatal("sees nothing")
		}
		return b
	}
	gone := func(why string) {
		t.Helper()
		if v := still(); v.SignedIn() || v.Policy.Sees(queries.TopicWorkforce) {
			t.Errorf("%s: still sees it", why)
		}
	}
	b := follow()
	_, _, h := b.get("/")
	b.post(PathSignOut, url.Values{"csrf": {h.Get("CSRF")}})
	gone("signed out")
	follow()
	for range 2 * int(s.Config.idle()/time.Minute) {
		s.clock.move(30 * time.Second)
		still() // does not keep the session alive
	}
	gone("idle")
	follow()
	must(t, s.desk.Disable(Actor{Name: "test"}, account.Name, "", true))
	gone("disabled")
	program := s.browser(t)
	program.headers = map[string]string{"Authorization": "Bearer " + secret}
	program.get("/extracts/follow")
	if !still().SignedIn() {
		t.Error("the token does not hold")
	}
	must(t, s.desk.RevokeToken(Actor{Name: "test"}, made.ID))
	gone("revoked")
}
