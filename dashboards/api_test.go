package dashboards

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"dials/queries"
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
		if strings.Contains(p.URL, ":") || strings.HasSuffix(p.URL, "/objectives/branch") {
			continue // needs the name of a dial or of an objective
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

// A second part of data that were rebuilt since the first is refused, never mixed.
func TestAPIPagingAcrossARebuild(t *testing.T) {
	app := serveFixture(t)
	const path = "/api/v1/pages/strategic-results?only=dial_monthly&limit=7"
	var first pageAnswer
	getJSON(t, app, path, http.StatusOK, &first)
	stale := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", first.DataVersion+1, 7))
	var p problem
	getJSON(t, app, path+"&cursor="+stale, http.StatusConflict, &p)
	if !strings.Contains(p.Detail, "begin again") {
		t.Errorf("%+v", p)
	}
}

// Version 1 keeps what it has promised: paths, fields and columns of datasets may be
// added, and stay with their type once they are there. make golden adds what is new and removes
// nothing.
func TestAPIVersion(t *testing.T) {
	app := serveFixture(t)
	var document map[string]any
	getJSON(t, app, "/api/v1/openapi.json", http.StatusOK, &document)
	now := map[string]bool{}
	for path := range document["paths"].(object) {
		now["path "+path] = true
	}
	for name, schema := range document["components"].(object)["schemas"].(object) {
		properties, _ := schema.(object)["properties"].(object)
		for field, is := range properties {
			now[fmt.Sprintf("field %s.%s %v", name, field, is.(object)["type"])] = true
		}
	}
	catalogue, err := queries.Extracts()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range catalogue {
		for _, column := range e.Columns {
			now["column "+e.Name+"."+column.Name] = true
		}
	}
	const golden = "testdata/api-v1.txt"
	text, err := os.ReadFile(golden)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for promised := range strings.Lines(string(text)) {
		promised = strings.TrimSpace(promised)
		if !now[promised] {
			t.Errorf("%s: version 1 promised it, and it is gone: it needs version 2", promised)
		}
		delete(now, promised)
	}
	if len(now) == 0 {
		return
	}
	if !*update {
		t.Logf("%d promises are not written down yet, such as %s: make golden", len(now), slices.Sorted(maps.Keys(now))[0])
		return
	}
	all := slices.Collect(maps.Keys(now))
	for line := range strings.Lines(string(text)) {
		all = append(all, strings.TrimSpace(line))
	}
	slices.Sort(all)
	if err := os.WriteFile(golden, []byte(strings.Join(all, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The document is OpenAPI 3.1 as a validator that is not ours understands it.
func TestOpenAPIIsValid(t *testing.T) {
	modules, err := filepath.Abs("../build/readers/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if _, missing := os.Stat(filepath.Join(modules, "@seriousme")); err != nil || missing != nil {
		t.Skip("SKIPPED: node or build/readers is not installed (make deps): the OpenAPI document was not validated")
	}
	_, document := get(t, serveFixture(t), "/api/v1/openapi.json")
	dir := t.TempDir()
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"openapi.json": document, "package.json": `{"type":"module"}`, "validate.mjs": `
import { Validator } from '@seriousme/openapi-schema-validator'
const validator = new Validator()
const result = await validator.validate('./openapi.json')
console.log(JSON.stringify({ valid: result.valid, version: validator.version, errors: result.errors }))`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), node, "validate.mjs")
	command.Dir = dir
	out, err := command.CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), `{"valid":true,"version":"3.1"`) {
		t.Errorf("%v: %.2000s", err, out)
	}
}

// The docs page lists every call of the document.
func TestBrowserAPI(t *testing.T) {
	b := browse(t, serveFixture)
	var document map[string]any
	_, text := get(t, serveFixture(t), "/api/v1/openapi.json")
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/api-docs"), chromedp.WaitVisible("section.api h3"))
	calls := result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('section.api summary code')].map(c => c.textContent)`))
	for path := range document["paths"].(object) {
		if !slices.Contains(calls, "GET "+path) {
			t.Errorf("%s is not on the page", path)
		}
	}
	b.do(t, chromedp.Evaluate[chromedp.Void](`document.querySelectorAll('section.api details').forEach(d => { d.open = true })`))
	axe(t, b, "/api-docs, all open")
}
