package dashboards

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

func TestDefinitionPages(t *testing.T) {
	app := serve(t, trustedWarehouse(t), fixtureCompany)
	for path, want := range map[string][]string{
		"/definitions": {
			"<h1>One of five dials has a business owner who signed off on what it means within twelve months</h1>",
			"invoiced net of credit notes", "no owner", "owner is in L&amp;D", "signed off 2 Mar 2024, over a year ago", "not signed off",
			`href="/definitions/revenue"`, `href="/definitions/forecast"`,
		},
		"/definitions/revenue": {
			"<h1>Revenue</h1>", "invoiced net of credit notes", "the sum over the units", "up is good", "Sales director, signed off on 2 Mar 2026",
			"finance", "version 1", "Dec 2022 to Oct 2026",
		},
		"/definitions/turnover":     {"Σ numerator ÷ Σ denominator, never the mean of ratios", "employments and jobs in HRIS", "It counts people", "down is good"},
		"/definitions/plan-to-date": {"<h1>Plan to date</h1>", "value ÷ plan when up is good", "version 1", `href="/strategic-results"`},
	} {
		code, body := answer(t, app, path)
		if code != http.StatusOK {
			t.Errorf("%s: got %d\n%s", path, code, body)
			continue
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
	}
	for _, path := range []string{"/definitions/nothing", "/definitions/%2e%2e", "/definitions/%25zz", "/definitions/<script>"} {
		if code, body := answer(t, app, strings.ReplaceAll(path, "<", "%3C")); code != http.StatusNotFound && code != http.StatusBadRequest || strings.Contains(body, "<script>") {
			t.Errorf("%s: got %d", path, code)
		}
	}
}

// answer is the status and body of a page.
func answer(t *testing.T, app *fiber.App, path string) (int, string) {
	t.Helper()
	resp, body := get(t, app, path)
	return resp.StatusCode, body
}

// Every built-in number has a page, and every link on a page leads to one.
func TestEveryDefinitionHasAPage(t *testing.T) {
	all, err := queries.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	app := serveFixture(t)
	for _, d := range all {
		if code, _ := answer(t, app, definition(d.ID)); code != http.StatusOK {
			t.Errorf("%s: got %d", d.ID, code)
		}
	}
	for _, path := range []string{"/strategic-results", "/workforce", "/definitions"} {
		_, body := answer(t, app, path)
		for _, part := range strings.Split(body, `href="`)[1:] {
			link, _, _ := strings.Cut(part, `"`)
			if !strings.HasPrefix(link, "/definitions") {
				continue
			}
			if code, _ := answer(t, app, link); code != http.StatusOK {
				t.Errorf("%s links to %s: got %d", path, link, code)
			}
		}
	}
}
