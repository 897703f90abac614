package alerts_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"dials/dashboards/alerts"
	"dials/queries"
	"dials/warehouse"
	"dials/warehouse/warehousetest"
)

// A house is a warehouse with one dial, one source and one judged tactic, a mail server
// and a webhook.
type house struct {
	t    *testing.T
	w    *warehouse.Warehouse
	now  time.Time
	post *postOffice
	hook *hook
	path string
	out  strings.Builder
}

func newHouse(t *testing.T) *house {
	t.Helper()
	w := warehousetest.Built(t, warehouse.Options{Threads: 2})
	h := &house{t: t, w: w, now: time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC), post: newPostOffice(t), hook: newHook(t), path: filepath.Join(t.TempDir(), "alerts.json")}
	h.write(
		"insert into marts.unit_scope (view_name, ancestor_id, unit_id, valid_from, valid_to, share) values ('as_was', '*', 'u', '1900-01-01', '9999-12-31', 1), ('as_was', 'u', 'u', '1900-01-01', '9999-12-31', 1)",
		"insert into marts.units (unit_id, name, depth, is_current) values ('u', 'Unit', 0, true)",
		"insert into marts.access_units (ancestor_id, unit_id) values ('u', 'u')",
		"insert into marts.dials (metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, has_people, definition_version) values ('defects', 'Defects', 'per 1,000', 'down', 'sum', 'sum', false, 1)",
		"insert into marts.dial_monthly (metric_id, unit_id, month, value, is_complete, is_hidden) select 'defects', 'u', m::date, 10, true, false from generate_series(date '2025-01-01', date '2026-09-01', interval 1 month) t(m)",
		"insert into marts.dial_monthly (metric_id, unit_id, month, value, is_complete, is_hidden) values ('defects', 'u', '2026-11-01', 99, false, false)",
		"insert into marts.source_freshness (source, kind, last_success_at, last_status) values ('hris', 'file', timestamp '2026-11-16 01:15:00', 'ok')",
		"insert into marts.evidence (tactic_link_id, tactic_id, metric_id, rung, result, is_claim, how_we_know, is_people, is_hidden) values ('l', 'training', 'defects', 2, 'cannot tell', false, 'before and after', false, false)",
	)
	return h
}

// write changes the marts, as a build does: dials are rolled up by the model's own SQL.
func (h *house) write(statements ...string) {
	h.t.Helper()
	model, err := os.ReadFile(filepath.Join("..", "..", "warehouse", "models", "marts", "dial_rollup_monthly.sql"))
	if err != nil {
		h.t.Fatal(err)
	}
	err = h.w.Write(context.Background(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range append(statements, "delete from marts.dial_rollup_monthly", "insert into marts.dial_rollup_monthly by name "+string(model),
			"insert into meta.data_version select coalesce(max(version), 0) + 1, now()::timestamp from meta.data_version") {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// open opens the alerts, as each look does.
func (h *house) open(rules ...*alerts.Rule) *alerts.Alerts {
	h.t.Helper()
	for _, r := range rules {
		if err := errors.Join(r.Check()...); err != nil {
			h.t.Fatal(err)
		}
	}
	a, err := alerts.New(h.options(rules...))
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) options(rules ...*alerts.Rule) alerts.Options {
	c := alerts.DefaultConfig()
	c.Mail.Host, c.Mail.Port, c.Mail.TLS, c.Mail.From = "127.0.0.1", h.post.port, "none", "dials@example.com"
	return alerts.Options{
		Config: c, Rules: rules, Company: "Northwind", BaseURL: "https://dials.example.com", Path: h.path, Marts: queries.Open(h.w.DB()),
		Clock: func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler), Stdout: &h.out,
		Getenv: func(name string) string { return map[string]string{"HOOK_KEY": "key"}[name] },
	}
}

func (h *house) check(a *alerts.Alerts) {
	h.t.Helper()
	if err := a.Check(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// expect compares the subjects of the mails that came since the last time.
func (h *house) expect(want ...string) {
	h.t.Helper()
	var got []string
	for _, m := range h.post.take() {
		read, err := mail.ReadMessage(strings.NewReader(m))
		if err != nil {
			h.t.Fatal(err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(read.Header.Get("Subject"))
		if err != nil {
			h.t.Fatal(err)
		}
		got = append(got, subject)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("at %s mails %q, want %q", h.now.Format(time.DateTime), got, want)
	}
}

func mailTo(as string) []alerts.Recipient {
	return []alerts.Recipient{{Mail: "exec@example.com", As: as}}
}

func above(v float64) *float64 { return &v }

// A threshold is told after it held for long enough, again while it holds, and once more
// when it is over; a month that is not over is no news.
func TestThreshold(t *testing.T) {
	h := newHouse(t)
	rule := &alerts.Rule{Name: "many defects", Kind: alerts.Threshold, Metric: "defects", Above: above(12), For: "24h", Renotify: "48h", To: mailTo("executive")}
	look := func(after time.Duration, want ...string) {
		t.Helper()
		h.now = h.now.Add(after)
		h.check(h.open(rule)) // opened anew each time, as after a restart
		h.expect(want...)
	}
	look(0)
	h.write("insert into marts.dial_monthly (metric_id, unit_id, month, value, is_complete, is_hidden) values ('defects', 'u', '2026-10-01', 15, true, false)")
	look(time.Hour)
	look(time.Hour)
	look(24*time.Hour, "Alert: many defects: Defects is 15 in 2026-10, above 12")
	look(time.Hour)
	look(48*time.Hour, "Still: many defects: Defects is 15 in 2026-10, above 12")
	h.write("update marts.dial_monthly set value = 11 where month = '2026-10-01'")
	look(time.Hour, "Over: many defects: Defects is 11 in 2026-10")
	look(100 * time.Hour)
}

// A change is measured against the month or the year before, in one direction or both.
func TestChange(t *testing.T) {
	h := newHouse(t)
	h.write("insert into marts.dial_monthly (metric_id, unit_id, month, value, is_complete, is_hidden) values ('defects', 'u', '2026-10-01', 8.5, true, false)",
		"update marts.dial_monthly set value = 20 where month = '2025-10-01'")
	rules := []*alerts.Rule{
		{Name: "month", Kind: alerts.Change, Metric: "defects", Percent: 15, To: mailTo("executive")},
		{Name: "rise", Kind: alerts.Change, Metric: "defects", Percent: 15, Direction: "up", To: mailTo("executive")},
		{Name: "year", Kind: alerts.Change, Metric: "defects", Percent: 50, Against: "year", Unit: "u", To: mailTo("executive:u")},
	}
	h.check(h.open(rules...))
	h.expect("Alert: month: Defects is 8.5 in 2026-10, -15.0 % against 10 in 2026-09", "Alert: year: Defects is 8.5 in 2026-10, -57.5 % against 20 in 2025-10")
}

// A source that is late, and a verdict that is better known than before, are told.
func TestStaleAndRung(t *testing.T) {
	h := newHouse(t)
	rules := []*alerts.Rule{
		{Name: "fresh", Kind: alerts.Stale, OlderThan: "36h", To: mailTo("executive")},
		{Name: "known", Kind: alerts.Rung, To: mailTo("executive")},
	}
	h.check(h.open(rules...))
	h.expect()
	h.now = h.now.Add(48 * time.Hour)
	h.write("update marts.evidence set rung = 4, how_we_know = 'comparison group'")
	h.check(h.open(rules...))
	h.expect("Alert: fresh: source hris was last loaded at 2026-11-16 01:15 UTC", "Changed: known: training at defects: how we know is 4 of 6 (comparison group)")
	h.write("update marts.source_freshness set last_success_at = timestamp '2026-11-18 08:00:00'")
	h.check(h.open(rules...))
	h.expect("Over: fresh: source hris was last loaded at 2026-11-18 08:00 UTC")
}

// An objective whose forecast is late is told; any query's column can be judged.
func TestAnyQuery(t *testing.T) {
	h := newHouse(t)
	h.write("update marts.source_freshness set rejected = 12")
	rules := []*alerts.Rule{
		{Name: "bad rows", Kind: alerts.Threshold, Query: "source_freshness", Column: "rejected", By: []string{"source"}, Where: map[string]string{"kind": "file"}, Above: above(10), To: mailTo("executive")},
		{Name: "late", Kind: alerts.Slip, Query: "source_freshness", Column: "rejected", Days: 7, To: mailTo("executive")},
	}
	h.check(h.open(rules...))
	h.expect("Alert: bad rows: bad rows (hris) is 12, above 10", "Alert: late: the forecast of \"\" is 12 days late")
}

// An objective of a unit whose forecast slips is told, and one of a person never.
func TestForecastSlip(t *testing.T) {
	h := newHouse(t)
	h.write("insert into marts.objectives (goal_id, name, level, unit_id, is_open, slip_days) values ('g1', 'Grow', 'department', 'u', true, 45), ('g2', 'Hire', 'team', 'u', true, 3), ('g3', 'My own', 'individual', 'u', true, 90)")
	rule := &alerts.Rule{Name: "late", Kind: alerts.Slip, Days: 30, To: mailTo("executive")}
	h.check(h.open(rule))
	h.expect(`Alert: late: the forecast of "Grow" is 45 days late`)
	h.write("update marts.objectives set slip_days = 10 where goal_id = 'g1'")
	h.check(h.open(rule))
	h.expect(`Over: late: the forecast of "Grow" is 10 days late`)
}

// Nobody is told what they might not see, and nothing of persons or pay is told at all.
func TestRights(t *testing.T) {
	h := newHouse(t)
	for name, tc := range map[string]struct {
		rule alerts.Rule
		want string
	}{
		"a topic that is not theirs": {alerts.Rule{Kind: alerts.Threshold, Metric: "defects", Above: above(1), To: mailTo("admin")}, "not allowed"},
		"a unit that is not theirs":  {alerts.Rule{Kind: alerts.Threshold, Metric: "defects", Unit: "*", Above: above(1), To: mailTo("executive:u")}, "not allowed"},
		"persons":                    {alerts.Rule{Kind: alerts.Threshold, Query: "learning_people", Column: "person_id", Above: above(1), To: mailTo("hr")}, "rows about single people"},
		"pay":                        {alerts.Rule{Kind: alerts.Threshold, Query: "tactic_cost", Column: "loaded_cost_amount", Above: above(1), To: mailTo("hr")}, "which no message tells"},
		"no dial":                    {alerts.Rule{Kind: alerts.Threshold, Metric: "none", Above: above(1), To: mailTo("executive")}, `there is no dial "none"`},
	} {
		tc.rule.Name = name
		err := h.open(&tc.rule).Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
		h.expect()
	}
}

// A message that cannot be delivered waits, over restarts, and is tried again; one rule's
// failure stops no other.
func TestRetries(t *testing.T) {
	h := newHouse(t)
	h.post.refuse("451 4.3.0 try again later")
	rule := &alerts.Rule{Name: "many defects", Kind: alerts.Threshold, Metric: "defects", Above: above(1), To: []alerts.Recipient{
		{Mail: "exec@example.com", As: "executive"}, {Webhook: h.hook.URL + "/T0KEN", SecretEnv: "HOOK_KEY", As: "executive"}, {Stdout: true, As: "learning"},
	}}
	h.hook.status = http.StatusServiceUnavailable
	err := h.open(rule).Check(t.Context())
	if err == nil || !strings.Contains(err.Error(), "try again later") || !strings.Contains(err.Error(), "503") || strings.Contains(err.Error(), "T0KEN") {
		t.Errorf("the failure says %v", err)
	}
	if !strings.Contains(h.out.String(), "Alert: many defects: Defects is 10") {
		t.Errorf("stdout got %q", h.out.String())
	}
	for _, s := range h.open(rule).List() {
		if strings.Contains(s.To, "@") && (s.Waiting != 1 || !strings.Contains(s.LastFail, "try again later") || s.State != "alert") {
			t.Errorf("it stands as %+v", s)
		}
	}
	h.post.refuse("")
	h.hook.status = http.StatusNoContent
	h.check(h.open(rule)) // not due yet
	h.expect()
	h.now = h.now.Add(2 * time.Minute)
	h.check(h.open(rule))
	h.expect("Alert: many defects: Defects is 10 in 2026-09, above 1")
	body, signature := h.hook.last()
	at, mac, _ := strings.Cut(strings.TrimPrefix(signature, "t="), ",v1=")
	if mac != alerts.Sign("key", at, body) {
		t.Errorf("signature %q does not fit", signature)
	}
	var said struct{ Alert, What, Subject, ID string }
	if err := json.Unmarshal(body, &said); err != nil || said.What != "alert" || said.ID == "" {
		t.Errorf("the webhook got %s", body)
	}
	info, err := os.Stat(h.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
}

// A test tells everybody now; the digest goes by mail as HTML and text.
func TestTestAndDigest(t *testing.T) {
	h := newHouse(t)
	rule := &alerts.Rule{Name: "many defects", Kind: alerts.Threshold, Metric: "defects", Above: above(12), To: mailTo("executive")}
	sent, err := h.open(rule).Test(t.Context(), "many defects")
	if err != nil || len(sent) != 1 {
		t.Fatal(sent, err)
	}
	h.expect("Test: many defects: quiet: Defects is 10 in 2026-09")
	if _, err := h.open(rule).Test(t.Context(), "other"); err == nil {
		t.Error("an alert that is not there was tested")
	}
	o := h.options()
	o.Digest = alerts.DigestRule{To: mailTo("executive")}
	if err := errors.Join(o.Digest.Check()...); err != nil {
		t.Fatal(err)
	}
	o.Page = func(_ context.Context, p queries.Policy, _, _ string) (alerts.Page, error) {
		return alerts.Page{Title: "Nothing moved", HTML: "<h1>Nothing moved for " + p.Home() + "</h1>", Text: "Nothing moved"}, nil
	}
	a, err := alerts.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.SendDigest(t.Context()); err != nil {
		t.Fatal(err)
	}
	mails := h.post.take()
	if len(mails) != 1 || !strings.Contains(mails[0], "Subject: Northwind: Nothing moved") || !strings.Contains(mails[0], "<h1>Nothing moved for *</h1>") || !strings.Contains(mails[0], "text/plain") {
		t.Errorf("the digest is %q", mails)
	}
}

// Every mistake in the configuration is told at once.
func TestCheckConfig(t *testing.T) {
	r := &alerts.Rule{Kind: "loud", For: "soon", To: []alerts.Recipient{{Mail: "nobody", As: "king"}, {Webhook: "http://hooks.example.com/x", Stdout: true, As: "hr"}}}
	err := errors.Join(r.Check()...)
	for _, want := range []string{"name is missing", `kind "loud"`, `for "soon"`, `mail "nobody"`, "there are the roles", "want one of mail, webhook and stdout", "webhook wants https", "secret_env is missing"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	c := alerts.Config{Every: "often", Mail: alerts.Mail{Host: "mail.example.com", TLS: "none"}}
	err = errors.Join(c.Check(true)...)
	for _, want := range []string{"alerts.every", "alerts.mail.tls", "alerts.mail.from"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}

// A postOffice is a mail server on loopback.
type postOffice struct {
	port int

	mu      sync.Mutex
	mails   []string
	refusal string
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	p := &postOffice{}
	server := smtp.NewServer(p)
	server.Domain, server.AllowInsecureAuth = "localhost", true
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.port = listener.Addr().(*net.TCPAddr).Port
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return p
}

func (p *postOffice) refuse(why string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refusal = why
}

func (p *postOffice) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.mails
	p.mails = nil
	return out
}

// NewSession serves one client.
func (p *postOffice) NewSession(*smtp.Conn) (smtp.Session, error) { return session{p}, nil }

type session struct{ p *postOffice }

func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (session) Reset()                               {}
func (session) Logout() error                        { return nil }

func (s session) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.p.mu.Lock()
	defer s.p.mu.Unlock()
	if s.p.refusal != "" {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
	}
	s.p.mails = append(s.p.mails, string(text))
	return err
}

// A hook is a receiver of webhooks.
type hook struct {
	*httptest.Server
	status int

	mu        sync.Mutex
	body      []byte
	signature string
}

func newHook(t *testing.T) *hook {
	t.Helper()
	h := &hook{status: http.StatusNoContent}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.body, _ = io.ReadAll(r.Body)
		h.signature = r.Header.Get("Dials-Signature")
		w.WriteHeader(h.status)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) last() ([]byte, string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.body, h.signature
}
