package dashboards

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// Every page's numbers can be had by programs: the rows that the page read, counted,
// defined and dated.
func TestAPI(t *testing.T) {
	app := serveFixture(t)
	var listed struct{ Pages []struct{ Page, URL string } }
	getJSON(t, app, "/api/v1/pages", http.StatusOK, &listed)
	if len(listed.Pages) < 4 {
		t.Fatalf("pages: %v", listed)
	}
	for _, p := range listed.Pages {
		if strings.Contains(p.URL, ":") {
			continue // needs a dial's name
		}
		var a pageAnswer
		getJSON(t, app, p.URL, http.StatusOK, &a)
		if a.Title == "" || a.DataVersion == 0 || len(a.Freshness) == 0 {
			t.Errorf("%s: title %q, version %d, %d sources", p.URL, a.Title, a.DataVersion, len(a.Freshness))
		}
		for _, q := range a.Queries {
			if q.Is == "" || len(q.Columns) == 0 || q.Count != len(q.Rows) && q.Next == "" {
				t.Errorf("%s: query %s: %d of %d rows, %v", p.URL, q.Name, len(q.Rows), q.Count, q.Columns)
			}
			if q.Class != "none" && q.People == "" {
				t.Errorf("%s: query %s is about people, and does not say how many", p.URL, q.Name)
			}
		}
	}
	var a pageAnswer
	getJSON(t, app, "/api/v1/pages/strategic-results", http.StatusOK, &a)
	if len(a.Definitions) == 0 || len(a.Queries) == 0 {
		t.Errorf("page 1: %d definitions, %d queries", len(a.Definitions), len(a.Queries))
	}
}

// The parts of a long answer are the whole, once each.
func TestAPIPaging(t *testing.T) {
	app := serveFixture(t)
	const path = "/api/v1/pages/strategic-results?only=dial_monthly"
	var whole pageAnswer
	getJSON(t, app, path, http.StatusOK, &whole)
	var rows []string
	for next := path + "&limit=7"; next != ""; {
		var part pageAnswer
		getJSON(t, app, next, http.StatusOK, &part)
		if len(part.Queries) != 1 || len(part.Queries[0].Rows) > 7 {
			t.Fatalf("%s: %d queries", next, len(part.Queries))
		}
		for _, row := range part.Queries[0].Rows {
			rows = append(rows, fmt.Sprint(row))
		}
		next = part.Queries[0].Next
	}
	if len(rows) != whole.Queries[0].Count {
		t.Fatalf("%d rows in parts, %d in all", len(rows), whole.Queries[0].Count)
	}
	for i, row := range whole.Queries[0].Rows {
		if rows[i] != fmt.Sprint(row) {
			t.Fatalf("row %d: %s in a part, %v in all", i, rows[i], row)
		}
	}
}

func TestAPIProblems(t *testing.T) {
	app := serveFixture(t)
	for path, want := range map[string]int{
		"/api/v1/pages/nothing":                                404,
		"/api/v1/pages/strategic-results?sql=select":           400,
		"/api/v1/pages/strategic-results?period=never":         400,
		"/api/v1/pages/strategic-results?limit=0":              400,
		"/api/v1/pages/strategic-results?cursor=x":             400,
		"/api/v1/pages/strategic-results?only=units_of_others": 404,
		"/api/v1/pages/strategic-results?unit=elsewhere":       400,
	} {
		var p problem
		resp := getJSON(t, app, path, want, &p)
		if got := resp.Header.Get("Content-Type"); got != "application/problem+json" || p.Status != want || p.Detail == "" {
			t.Errorf("%s: %s %+v", path, got, p)
		}
	}
}

// The document describes every path that the API answers, and its references lead
// somewhere.
func TestOpenAPI(t *testing.T) {
	app := serveFixture(t)
	var document map[string]any
	getJSON(t, app, "/api/v1/openapi.json", http.StatusOK, &document)
	schemas := document["components"].(object)["schemas"].(object)
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case object:
			if to, ok := v["$ref"].(string); ok && schemas[strings.TrimPrefix(to, "#/components/schemas/")] == nil {
				t.Errorf("%s leads nowhere", to)
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(document)
	paths := document["paths"].(object)
	for _, path := range []string{"/api/v1/pages", "/api/v1/pages/strategic-results", "/api/v1/extracts", "/extracts/dials.{format}"} {
		if paths[path] == nil {
			t.Errorf("%s is not described", path)
		}
	}
}

func getJSON(t *testing.T, app *fiber.App, path string, status int, into any) *reply {
	t.Helper()
	resp, body := get(t, app, path)
	if resp.StatusCode != status {
		t.Fatalf("%s: %d %s", path, resp.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		t.Fatalf("%s: %v: %s", path, err, body)
	}
	return resp
}
