package dashboards

import (
	"net/http"
	"strings"
	"testing"

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
		resp, body := get(t, app, path)
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d\n%s", path, resp.StatusCode, body)
			continue
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
	}
	for _, path := range []string{"/definitions/nothing", "/definitions/%2e%2e", "/definitions/%25zz", "/definitions/<script>"} {
		if resp, body := get(t, app, strings.ReplaceAll(path, "<", "%3C")); resp.StatusCode != http.StatusNotFound && resp.StatusCode != http.StatusBadRequest || strings.Contains(body, "<script>") {
			t.Errorf("%s: got %d", path, resp.StatusCode)
		}
	}
}

// Every built-in number has a page, and every link on a page leads to one.
func TestEveryDefinitionHasAPage(t *testing.T) {
	all, err := queries.Definitions()
	if err != nil {
		t.Fatal(err)
	}
	app := serveFixture(t)
	for _, d := range all {
		if resp, _ := get(t, app, definition(d.ID)); resp.StatusCode != http.StatusOK {
			t.Errorf("%s: got %d", d.ID, resp.StatusCode)
		}
	}
	for _, path := range []string{"/strategic-results", "/workforce", "/definitions"} {
		_, body := get(t, app, path)
		for _, part := range strings.Split(body, `href="`)[1:] {
			link, _, _ := strings.Cut(part, `"`)
			if !strings.HasPrefix(link, "/definitions") {
				continue
			}
			if resp, _ := get(t, app, link); resp.StatusCode != http.StatusOK {
				t.Errorf("%s links to %s: got %d", path, link, resp.StatusCode)
			}
		}
	}
}
