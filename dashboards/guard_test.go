package dashboards

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
)

// contentSecurityPolicy is what every page says: nothing from elsewhere, nothing inline.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Every answer carries the headers, errors too.
func TestSecurityHeaders(t *testing.T) {
	app := serveFixture(t)
	for path, status := range map[string]int{"/": 200, "/strategic-results": 200, "/nowhere": 404, "/static/none": 404, "/?period=x": 400, "/../etc/passwd": 404} {
		resp, body := get(t, app, path)
		if resp.StatusCode != status {
			t.Errorf("%s: %s, want %d", path, resp.Status, status)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy":      contentSecurityPolicy,
			"Referrer-Policy":              "same-origin",
			"X-Content-Type-Options":       "nosniff",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if got := resp.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		for _, inline := range []string{"<style", " style=", " onclick=", "javascript:"} {
			if strings.Contains(body, inline) {
				t.Errorf("%s: the page holds %q", path, inline)
			}
		}
	}
}

func TestWhoIsAnswered(t *testing.T) {
	app := serveFixture(t)
	for _, tt := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"loopback", nil, 200},
		{"localhost", []string{"Host: localhost:8080"}, 200},
		{"LOCALHOST", []string{"Host: LOCALHOST:8080"}, 200},
		{"IPv6", []string{"Host: [::1]:8080"}, 200},
		{"without a port", []string{"Host: 127.0.0.1"}, 200},
		{"IPv6 without a port", []string{"Host: [::1]"}, 200},
		{"another name", []string{"Host: evil.example:8080"}, 403},
		{"a name that ends like ours", []string{"Host: evil-localhost:8080"}, 403},
		{"a name that starts like ours", []string{"Host: localhost.evil.example"}, 403},
		{"another address", []string{"Host: 192.168.1.7:8080"}, 403},
		{"every address", []string{"Host: 0.0.0.0:8080"}, 403},
		{"IPv6 without brackets", []string{"Host: ::1"}, 403},
		{"a strange port", []string{"Host: localhost:80x"}, 403},
		{"a user in the name", []string{"Host: localhost@evil.example"}, 403},
		{"Forwarded", []string{"Forwarded: for=1.2.3.4"}, 403},
		{"X-Forwarded-For", []string{"X-Forwarded-For: 1.2.3.4"}, 403},
		{"X-Forwarded-Host", []string{"X-Forwarded-Host: localhost"}, 403},
		{"X-Forwarded-Anything", []string{"x-forwarded-anything: 1"}, 403},
		{"Via", []string{"Via: 1.1 proxy"}, 403},
	} {
		resp, _ := get(t, app, "/", tt.headers...)
		if resp.StatusCode != tt.status {
			t.Errorf("%s: %s, want %d", tt.name, resp.Status, tt.status)
		}
	}
}

// A change is taken from our own pages only, and where nobody signs in readers
// start no sync, wherever it comes from.
func TestChanges(t *testing.T) {
	app, err := New(Options{DB: fixture(t).DB(), Company: fixtureCompany, Clock: clock, Runs: noRuns{t}})
	if err != nil {
		t.Fatal(err)
	}
	const foreign, denied = "a change must come from a page of this server", "This is not open to you"
	for _, tt := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"our page", []string{"Origin: http://127.0.0.1:8080"}, denied},
		{"our page, as browsers say", []string{"Origin: http://127.0.0.1:8080", "Sec-Fetch-Site: same-origin"}, denied},
		{"no origin", nil, foreign},
		{"null origin", []string{"Origin: null"}, foreign},
		{"another host", []string{"Origin: http://evil.example"}, foreign},
		{"another port", []string{"Origin: http://127.0.0.1:9090"}, foreign},
		{"another scheme", []string{"Origin: https://127.0.0.1:8080"}, foreign},
		{"another name of ours", []string{"Origin: http://localhost:8080"}, foreign},
		{"a path", []string{"Origin: http://127.0.0.1:8080/"}, foreign},
		{"cross-site", []string{"Origin: http://127.0.0.1:8080", "Sec-Fetch-Site: cross-site"}, foreign},
	} {
		resp, body := ask(t, app, http.MethodPost, "/sync", tt.headers...)
		if resp.StatusCode != 403 || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %s without %q", tt.name, resp.Status, tt.want)
		}
	}
	resp, _ := ask(t, serveFixture(t), http.MethodPost, "/sync", "Origin: http://127.0.0.1:8080")
	if resp.StatusCode != 404 {
		t.Errorf("without a way to: %s, want 404", resp.Status)
	}
}

func TestRevalidation(t *testing.T) {
	app := serveFixture(t)
	first, _ := get(t, app, "/")
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "private, no-cache" {
		t.Fatalf("ETag %q, Cache-Control %q", tag, first.Header.Get("Cache-Control"))
	}
	for _, tt := range []struct {
		name, path string
		headers    []string
		status     int
	}{
		{"the same page", "/", []string{"If-None-Match: " + tag}, 304},
		{"with a parameter that means nothing", "/?utm=1", []string{"If-None-Match: " + tag}, 304},
		{"in a list", "/", []string{`If-None-Match: "x", ` + tag}, 304},
		{"another page", "/?period=last-fy", []string{"If-None-Match: " + tag}, 200},
		{"another tag", "/", []string{`If-None-Match: "x"`}, 200},
	} {
		resp, body := get(t, app, tt.path, tt.headers...)
		if resp.StatusCode != tt.status || tt.status == 304 && body != "" {
			t.Errorf("%s: %s with %d bytes, want %d", tt.name, resp.Status, len(body), tt.status)
		}
	}
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	app = serve(t, w, fixtureCompany)
	before, _ := get(t, app, "/")
	if err := fill(w, nil); err != nil {
		t.Fatal(err)
	}
	after, _ := get(t, app, "/")
	if before.Header.Get("ETag") == after.Header.Get("ETag") {
		t.Error("the data moved, but the ETag did not")
	}
}

// Readers whose numbers differ get pages of their own.
func TestPagesByLanguage(t *testing.T) {
	company := fixtureCompany
	company.Locale = ""
	app := serve(t, fixture(t), company)
	en, english := get(t, app, "/", "Accept-Language: en-GB")
	de, german := get(t, app, "/", "Accept-Language: de-AT,de;q=0.9")
	if en.Header.Get("ETag") == de.Header.Get("ETag") || !strings.Contains(en.Header.Get("Vary"), "Accept-Language") {
		t.Errorf("ETags %q, %q, Vary %q", en.Header.Get("ETag"), de.Header.Get("ETag"), en.Header.Get("Vary"))
	}
	if !strings.Contains(english, "10.1\u202f%") || !strings.Contains(german, "10,1\u202f%") {
		t.Error("numbers do not follow the reader's language")
	}
}

func TestAssets(t *testing.T) {
	app := serveFixture(t)
	_, body := get(t, app, "/")
	for _, name := range []string{"app.css", "app.js", "echarts.min.js", "icon.svg"} {
		end := strings.Index(body, name) + len(name)
		url := body[strings.LastIndex(body[:end], `"`)+1 : end]
		plain, raw := get(t, app, url)
		if plain.StatusCode != 200 || !strings.Contains(plain.Header.Get("Cache-Control"), "immutable") || len(raw) == 0 {
			t.Errorf("%s: %s, Cache-Control %q, %d bytes", url, plain.Status, plain.Header.Get("Cache-Control"), len(raw))
		}
		for _, encoding := range []string{"br", "gzip"} {
			resp, packed := get(t, app, url, "Accept-Encoding: "+encoding)
			if resp.Header.Get("Content-Encoding") != encoding || name == "echarts.min.js" && len(packed) > len(raw)/2 {
				t.Errorf("%s as %s: %q, %d of %d bytes", url, encoding, resp.Header.Get("Content-Encoding"), len(packed), len(raw))
			}
		}
	}
}

func TestBadFilters(t *testing.T) {
	app := serveFixture(t)
	for path, want := range map[string]string{
		"/?period=month":     "period: &#34;month&#34; is not one of fy, last-fy, rolling-12, custom",
		"/?as_of=2026-02-30": "as_of: &#34;2026-02-30&#34; is not a date like 2026-10-31",
		"/?unit=nowhere":     "unit: &#34;nowhere&#34; is not a unit of the organisation",
		"/?org=soon":         "org: &#34;soon&#34; is not one of was, now",
		"/?unit=%3Cscript%3Ealert(1)%3C%2Fscript%3E": "unit: &#34;&lt;script&gt;alert(1)&lt;/script&gt;&#34; is not a unit",
	} {
		resp, body := get(t, app, path)
		if resp.StatusCode != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %s, without %q", path, resp.Status, want)
		}
	}
	for path, want := range map[string]string{
		"/?period=fy&unit=&org=was&as_of=2026-11-15&from=&to=": "/strategic-results",
		"/strategic-results?period=last-fy&org=was":            "/strategic-results?period=last-fy",
	} {
		resp, _ := get(t, app, path)
		if resp.StatusCode != 302 || resp.Header.Get("Location") != want {
			t.Errorf("%s: %s to %q, want 302 to %q", path, resp.Status, resp.Header.Get("Location"), want)
		}
	}
}

// Before the first sync, and before the first build, the page says what to do.
func TestEmptyState(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	resp, body := get(t, serve(t, w, fixtureCompany), "/")
	if resp.StatusCode != 200 || !strings.Contains(body, "dials sync") {
		t.Errorf("built, but empty: %s without advice:\n%s", resp.Status, body)
	}
	app, err := New(Options{
		DB: w.DB(), Company: fixtureCompany, Clock: clock,
		DataVersion: func(context.Context) (int64, error) { return 0, nil },
		Runs:        noRuns{t},
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, body = get(t, app, "/")
	if resp.StatusCode != 200 || !strings.Contains(body, "dials sync") || !strings.Contains(body, "No data yet") || strings.Contains(body, `action="/sync"`) {
		t.Errorf("never built: %s without advice, or with a button that would be refused", resp.Status)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, c := range map[string]Company{
		`company: locale "x" is not a language tag like en or de-AT`:     {Locale: "x"},
		`company: timezone "Mars" is not a time zone like Europe/Vienna`: {Timezone: "Mars"},
		`company: currency "euro" is not an ISO 4217 code like EUR`:      {Currency: "euro"},
		`company: fiscal_year_start_month 13 is not a month, 1 to 12`:    {FiscalYearStartMonth: 13},
	} {
		if _, err := New(Options{DB: fixture(t).DB(), Company: c}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// A kept page answers fast.
func BenchmarkKeptPage(b *testing.B) {
	app := serveFixture(b)
	get(b, app, "/")
	for b.Loop() {
		if resp, _ := get(b, app, "/", "Accept-Encoding: br"); resp.StatusCode != fiber.StatusOK {
			b.Fatal(resp.Status)
		}
	}
}

// A page that is not kept, with the query results kept.
func BenchmarkRenderedPage(b *testing.B) {
	now := clock()
	app, err := New(Options{DB: fixture(b).DB(), Company: fixtureCompany, Clock: func() time.Time {
		now = now.Add(10 * time.Minute)
		return now
	}})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if resp, _ := get(b, app, "/"); resp.StatusCode != fiber.StatusOK {
			b.Fatal(resp.Status)
		}
	}
}
