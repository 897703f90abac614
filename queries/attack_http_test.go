package queries_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards"
	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
	"dials/warehouse"
)

// A visitor is one reader of everything that is not about single people, in their browser.
type visitor struct {
	app    *fiber.App
	cookie string
}

func visit(t *testing.T, w *warehouse.Warehouse) visitor {
	t.Helper()
	dir := t.TempDir()
	clock := func() time.Time { return time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC) }
	log, err := audit.Open(filepath.Join(dir, "audit"), audit.Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	store, err := access.OpenStore(filepath.Join(dir, "access.json"), clock)
	if err != nil {
		t.Fatal(err)
	}
	config, server := access.DefaultConfig(), access.DefaultServer()
	config.Local = true
	server.AddressPerMinute, server.AccountPerMinute = 1_000_000, 1_000_000
	doors, err := access.New(access.Options{Config: config, Server: server, Store: store, Audit: log, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	var grants []access.Grant
	for _, role := range []queries.Role{queries.Executive, queries.Learning, queries.Finance, queries.HR, queries.Analyst} {
		grants = append(grants, access.Grant{Role: role, Units: []string{queries.EveryUnit}})
	}
	const password = "correct horse battery staple"
	if _, err := doors.Desk().AddAccount(t.Context(), access.Actor{Name: "test"}, "reader", password, grants, ""); err != nil {
		t.Fatal(err)
	}
	app, err := dashboards.New(dashboards.Options{DB: w.DB(), Company: dashboards.Company{Name: "Small"}, Access: doors, Clock: clock, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	v := visitor{app: app}
	form := url.Values{"name": {"reader"}, "password": {password}}
	req := httptest.NewRequest(http.MethodPost, "/sign-in", strings.NewReader(form.Encode()))
	req.Host = "127.0.0.1:8080"
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", "http://127.0.0.1:8080")
	resp, err := app.Test(req, 30_000)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if v.cookie, _, _ = strings.Cut(resp.Header.Get("Set-Cookie"), ";"); v.cookie == "" {
		t.Fatalf("sign-in: %s without a cookie", resp.Status)
	}
	return v
}

func (v visitor) get(t *testing.T, path string) (int, string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	req.Host = "127.0.0.1:8080"
	req.Header.Set("Cookie", v.cookie)
	resp, err := v.app.Test(req, 60_000)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// marks are the random parts of a page: the session's own token.
var marks = regexp.MustCompile(`(name="csrf" value|data-csrf|content)="[A-Za-z0-9_-]{20,}"`)

// everything is what a reader gets of every page, as HTML and by the API, of some units and in both views.
func (v visitor) everything(t *testing.T) map[string]string {
	t.Helper()
	status, body := v.get(t, "/api/v1/pages")
	var listed struct {
		Pages []struct{ Page, URL string }
	}
	if err := json.Unmarshal([]byte(body), &listed); err != nil {
		t.Fatalf("%d %s: %v", status, body, err)
	}
	out := map[string]string{}
	for _, p := range listed.Pages {
		for _, path := range []string{p.URL, p.Page} {
			path = regexp.MustCompile(`:[a-z]+`).ReplaceAllString(path, "turnover")
			for _, ask := range []string{"", "?unit=Top0", "?unit=D0.0&view=as_now"} {
				if path == p.Page && ask != "" && p.Page != "/gaps" && p.Page != "/learning" {
					continue // the same queries: the API tells more of them
				}
				status, body := v.get(t, path+ask)
				if status >= 500 {
					t.Errorf("%s: %d %.300s", path+ask, status, body)
				}
				if status == http.StatusOK {
					out[path+ask] = marks.ReplaceAllString(body, "")
				}
			}
		}
	}
	return out
}

// TestAttackHTTP asks as one reader with a browser for all pages and all answers of the API, over the real server, before
// and after everything hidden in the marts is replaced by other numbers: not a byte differs. So what TestAttackMarts finds
// of the marts is all that there is to find.
func TestAttackHTTP(t *testing.T) {
	t.Parallel()
	w := queries.AttackedCompanies(t, 6)
	before := visit(t, w).everything(t)
	queries.ScrambleHidden(t, w)
	after := visit(t, w).everything(t)
	rows := 0
	for _, path := range slices.Sorted(maps.Keys(before)) {
		a, b := before[path], after[path]
		if strings.Contains(a, `"rows":[[`) || strings.Contains(a, `"rows":[{`) {
			rows++
		}
		if a == b {
			continue
		}
		at := 0
		for at < min(len(a), len(b)) && a[at] == b[at] {
			at++
		}
		t.Errorf("%s tells of what is hidden: %.200q, %.200q", path, a[max(0, at-100):], b[max(0, at-100):])
	}
	if t.Logf("%d answers, %d of the API with rows", len(before), rows); len(before) < 40 || rows < 20 {
		t.Error("hardly anything was tested")
	}
}
