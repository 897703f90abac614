package dashboards

import (
	"encoding/csv"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
	"dials/warehouse"
)

// readers are who asks in the table of routes, in the order of its columns: nobody,
// then each role over the whole company, then some of one division. They are told
// apart by their account's name.
var readers = []struct {
	name   string
	role   queries.Role
	units  []string
	person string
}{
	{name: "nobody"},
	{"executive", queries.Executive, []string{"*"}, ""},
	{"learning", queries.Learning, []string{"*"}, ""},
	{"hr", queries.HR, []string{"*"}, ""},
	{"finance", queries.Finance, []string{"*"}, ""},
	{"manager", queries.Manager, nil, "p1"},
	{"analyst", queries.Analyst, []string{"*"}, ""},
	{"dpo", queries.DPO, nil, ""},
	{"admin", queries.Admin, nil, ""},
	{"sales-executive", queries.Executive, []string{"sales"}, ""},
	{"sales-hr", queries.HR, []string{"sales"}, ""},
}

const password = "correct horse battery staple"

// guarded is a server of w with local accounts, and what knows them.
func guarded(t testing.TB, w *warehouse.Warehouse) (*fiber.App, *access.Access) {
	t.Helper()
	return guardedWith(t, w, Register{})
}

// guardedWith is guarded, with a register that can be changed.
func guardedWith(t testing.TB, w *warehouse.Warehouse, changes Register) (*fiber.App, *access.Access) {
	t.Helper()
	dir := t.TempDir()
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
	server.AddressPerMinute, server.AccountPerMinute = 1_000_000, 1_000_000 // all ask from one address, at one moment of the clock
	doors, err := access.New(access.Options{Config: config, Server: server, Store: store, Audit: log, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	app, err := New(Options{
		DB: w.DB(), Company: fixtureCompany, Access: doors, Clock: clock, Version: "test", Runs: endedRuns{}, Register: changes, Freeze: freezesTest, Standings: standingTest,
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return app, doors
}

// signedIn is a server on which each of readers has signed in, with the headers
// that carry their sessions.
func signedIn(t testing.TB) (*fiber.App, map[string][]string) {
	t.Helper()
	return signedInTo(t, fixture(t))
}

// signedInTo is signedIn on a warehouse of its own.
func signedInTo(t testing.TB, w *warehouse.Warehouse) (*fiber.App, map[string][]string) {
	t.Helper()
	app, doors := guarded(t, w)
	return app, signInAll(t, app, doors)
}

// signInAll signs each of readers in.
func signInAll(t testing.TB, app *fiber.App, doors *access.Access) map[string][]string {
	t.Helper()
	headers := map[string][]string{"nobody": nil}
	for _, r := range readers[1:] {
		grant := access.Grant{Role: r.role, Units: r.units}
		if _, err := doors.Desk().AddAccount(t.Context(), access.Actor{Name: "test"}, r.name, password, []access.Grant{grant}, r.person); err != nil {
			t.Fatal(err)
		}
		form := url.Values{"name": {r.name}, "password": {password}}
		resp, body := post(t, app, "/sign-in", form, "Origin: http://127.0.0.1:8080")
		cookie, _, _ := strings.Cut(resp.Header.Get("Set-Cookie"), ";")
		if cookie == "" {
			t.Fatalf("%s: %s without a cookie: %s", r.name, resp.Status, text(body))
		}
		headers[r.name] = []string{"Cookie: " + cookie}
	}
	return headers
}

func post(t testing.TB, app *fiber.App, path string, form url.Values, headers ...string) (*reply, string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	req.Host = "127.0.0.1:8080"
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := app.Test(req, 30_000)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &reply{resp.StatusCode, resp.Status, resp.Header}, string(body)
}

// What each of readers gets of each route, one letter each in their order:
//
//	o open    r open, with parts that are not for them    d denied (403)
//	s sent to sign in    h sent to a page of theirs    g changes it, or says what is wrong
//	n not found    u unauthorised (401)
var routes = map[string]string{
	//                           -elhfmadAEH: nobody, executive, learning, hr, finance, manager, analyst, dpo, Admin, then of sales alone Executive, Hr
	"GET /":                                 "soooohrhhrr",
	"GET /access":                           "sdddddddodd",
	"GET /api-docs":                         "soooooooooo",
	"GET /api/v1":                           "uhhhhhhhhhh",
	"GET /api/v1/openapi.json":              "uoooooooooo",
	"GET /api/v1/pages":                     "uoooooooooo",
	"GET /api/v1/pages/calibration":         "uoooooodooo",
	"GET /api/v1/pages/definitions":         "uoooooodooo",
	"GET /api/v1/pages/definitions/:metric": "uoooooodooo",
	"GET /api/v1/pages/extracts":            "udooododddo",
	"GET /api/v1/pages/gaps":                "uooodroddrr",
	"GET /api/v1/pages/impact":              "uoooodrddrr",
	"GET /api/v1/pages/programmes":          "uooodroddrr",
	"GET /api/v1/pages/learning":            "uooodroddoo",
	"GET /api/v1/pages/investment":          "uoooodrddoo",
	"GET /api/v1/pages/objectives":          "uooodroddoo",
	"GET /api/v1/pages/objectives/branch":   "unnndnnddnn",
	"GET /api/v1/pages/register/history":    "uoooododdoo",
	"GET /api/v1/pages/rights":              "uddddddoodd",
	"GET /api/v1/pages/strategic-results":   "uoooodrddrr",
	"GET /api/v1/pages/tactics":             "uoooodrddrr",
	"GET /api/v1/pages/reviews":             "urdodrrddro",
	"GET /api/v1/pages/workforce":           "urroodrdrrr",
	"GET /impact/panel.csv":                 "snnnndndddd",
	"GET /audit":                            "sddddddoddd",
	"GET /calibration":                      "soooooodooo",
	"GET /definitions":                      "soooooodooo",
	"GET /definitions/:metric":              "soooooodooo",
	"GET /extracts":                         "udooododddo",
	"GET /gaps":                             "sooodroddrr",
	"GET /gaps/cell":                        "sooodroddoo",
	"GET /gaps/step":                        "snnndnnddnn",
	"GET /impact":                           "soooodrddrr",
	"GET /learning":                         "sooodroddoo",
	"GET /objectives":                       "sooodroddoo",
	"GET /objectives/branch":                "snnndnnddnn",
	"GET /objectives/people":                "sooodooddoo",
	"GET /learning/people":                  "sooodroddoo",
	"GET /investment":                       "soooodrddoo",
	"GET /plan":                             "soooododdoo",
	"GET /programmes":                       "sooodroddrr",
	"GET /register":                         "soooododdrr",
	"GET /register/entry":                   "sdddddddddd",
	"GET /register/history":                 "soooododdoo",
	"GET /rights":                           "sddddddoodd",
	"GET /rights.csv":                       "sddddddoodd",
	"GET /sign-in":                          "ohhhhhhhhhh",
	"GET /sign-in/callback":                 "nnnnnnnnnnn",
	"GET /sign-in/start":                    "nnnnnnnnnnn",
	"GET /signed-out":                       "ooooooooooo",
	"GET /static/*":                         "nnnnnnnnnnn",
	"GET /sync/events":                      "soooododooo",
	"GET /alerts":                           "sooooddddoo",
	"POST /gaps/snapshots":                  "udgggdddddg",
	"POST /sync":                            "udgggdddgdg",
	"GET /strategic-results":                "soooodrddrr",
	"GET /tactics":                          "soooodrddrr",
	"GET /reviews":                          "srdodrrddro",
	"GET /reviews/leniency":                 "srdordrddro",
	"GET /workforce/titles":                 "srdordrddro",
	"GET /plan-sheet":                       "soddoddddod",
	"GET /views":                            "soooooooooo",
	"GET /matches":                          "sddoddddddd",
	"GET /workforce":                        "srroodrdrrr",
	"POST /access/bind":                     "udddddddgdd",
	"POST /access/disable":                  "udddddddgdd",
	"POST /access/enable":                   "udddddddgdd",
	"POST /access/end":                      "udddddddgdd",
	"POST /access/grant":                    "udddddddgdd",
	"POST /access/revoke":                   "udddddddgdd",
	"POST /plan-sheet":                      "udddddddddd",
	"POST /views":                           "ugggggggggg",
	"POST /matches":                         "udddddddddd",
	"POST /plan":                            "uggddddddgd",
	"POST /register/entry":                  "udddddddddd",
	"POST /sign-in":                         "ggggggggggg",
	"POST /sign-in/role":                    "ugggggggggg",
}

// askedAs are the addresses by which routes with parameters are asked.
var askedAs = map[string]string{
	"/definitions/:metric":              "/definitions/revenue",
	"/static/*":                         "/static/",
	"/api/v1/pages/definitions/:metric": "/api/v1/pages/definitions/revenue",
}

// Signing in costs what it costs: the readers do it once for all that they try.
func TestReaders(t *testing.T) {
	app, headers := signedIn(t)
	t.Run("every route, every role", func(t *testing.T) { everyRouteEveryRole(t, app, headers) })
	t.Run("the page of rights", func(t *testing.T) { pageOfRights(t, app, headers) })
	t.Run("of a subtree", func(t *testing.T) { subtreeReader(t, app, headers) })
}

func everyRouteEveryRole(t *testing.T, app *fiber.App, headers map[string][]string) {
	got := map[string]string{}
	for _, route := range app.GetRoutes(true) {
		if route.Method != http.MethodGet && route.Method != http.MethodPost {
			continue
		}
		key := route.Method + " " + route.Path
		if _, twice := got[key]; twice || key == "POST /sign-out" || route.Path == "/" && route.Method == http.MethodPost {
			continue
		}
		path := route.Path
		if a, ok := askedAs[path]; ok {
			path = a
		}
		if strings.ContainsAny(path, ":*") {
			t.Errorf("%s: say in askedAs by which address it is asked", key)
			continue
		}
		var letters strings.Builder
		for _, r := range readers {
			letters.WriteString(answerTo(t, app, route.Method, path, headers[r.name]))
		}
		got[key] = letters.String()
	}
	if diff := cmp.Diff(routes, got); diff != "" {
		t.Errorf("every route must stand in the table (-want +got):\n%s", diff)
	}
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

// answerTo is the letter of what a reader gets.
func answerTo(t *testing.T, app *fiber.App, method, path string, headers []string) string {
	t.Helper()
	var resp *reply
	var body string
	if method == http.MethodGet {
		resp, body = get(t, app, path, headers...)
	} else {
		_, page := get(t, app, "/definitions/nowhere", headers...) // any page carries the menu
		form := url.Values{}
		if found := csrfField.FindStringSubmatch(page); found != nil {
			form.Set("csrf", found[1])
		}
		resp, body = post(t, app, path, form, append([]string{"Origin: http://127.0.0.1:8080"}, headers...)...)
	}
	page := text(body)
	to := resp.Header.Get("Location")
	switch {
	case resp.StatusCode == http.StatusForbidden:
		if method == http.MethodGet && !strings.Contains(page, "not open to you") && !strings.Contains(page, "nothing is open to you") && !strings.Contains(page, "needs the role") {
			t.Errorf("%s: denied without a word: %s", path, page)
		}
		return "d"
	case resp.StatusCode == http.StatusUnauthorized:
		return "u"
	case resp.StatusCode == http.StatusNotFound:
		return "n"
	case strings.HasPrefix(to, access.PathSignIn):
		return "s"
	case to != "" && method == http.MethodGet:
		return "h"
	case method == http.MethodPost && resp.StatusCode < 500:
		return "g"
	case resp.StatusCode != http.StatusOK:
		t.Errorf("%s %s: %s: %s", method, path, resp.Status, page)
		return "?"
	case strings.Contains(page, "Not shown:") || strings.Contains(page, "Figures of the whole company are for"):
		return "r"
	}
	return "o"
}

// The docs hold the table as it is.
func TestRightsDocument(t *testing.T) {
	const path = "RIGHTS.md"
	want := rightsDocument(pages())
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is old: make golden (-want +got):\n%s", path, diff)
	}
}

// The page and its file say the same, to those who check it.
func pageOfRights(t *testing.T, app *fiber.App, headers map[string][]string) {
	_, body := get(t, app, "/rights", headers["dpo"]...)
	resp, file := get(t, app, rightsCSV, headers["dpo"]...)
	if page := text(body); !strings.Contains(page, "decide what to scale, stop and pay for") {
		t.Errorf("the page lacks a purpose: %s", page)
	}
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil || len(rows) != 1+len(rightsTable(pages())) || !strings.Contains(resp.Header.Get("Content-Type"), "csv") {
		t.Errorf("%s: %d rows, %v", resp.Header.Get("Content-Type"), len(rows), err)
	}
}

// A reader of a subtree sees it first, is offered nothing else, and is told why not.
func subtreeReader(t *testing.T, app *fiber.App, headers map[string][]string) {
	_, body := get(t, app, "/", headers["sales-executive"]...)
	page := text(body)
	options := regexp.MustCompile(`<option value="([^"]*)"[^>]*>([^<]*)`).FindAllStringSubmatch(body, -1)
	var offered []string
	for _, o := range options {
		if strings.Contains(o[2], "Sales") || strings.Contains(o[2], "Operations") || strings.Contains(o[2], "All units") {
			offered = append(offered, o[1])
		}
	}
	if len(offered) != 61 || offered[0] != "" || offered[1] != "sales-01" {
		t.Errorf("offered are %d units: %.3q", len(offered), offered)
	}
	if !strings.Contains(page, "Figures of the whole company are for readers of the whole company.") {
		t.Error("the page does not say what it leaves out")
	}
	for path, want := range map[string]int{"/?unit=sales-01": 200, "/?unit=ops": 403, "/?unit=co": 403, "/?unit=nowhere": 403, "/?unit=sales": 302} {
		if resp, _ := get(t, app, path, headers["sales-executive"]...); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
	}
	// What is kept for one scope is not shown in another.
	all, _ := get(t, app, "/", headers["executive"]...)
	own, _ := get(t, app, "/", headers["sales-executive"]...)
	if all.Header.Get("ETag") == own.Header.Get("ETag") {
		t.Error("two scopes have one tag")
	}
	if resp, _ := get(t, app, "/", append([]string{"If-None-Match: " + all.Header.Get("ETag")}, headers["sales-executive"]...)...); resp.StatusCode != 200 {
		t.Errorf("another's tag: %s", resp.Status)
	}
}
