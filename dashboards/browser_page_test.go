package dashboards

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
)

// A pageTrial is what a browser tries on a page.
type pageTrial struct {
	path, shot   string
	figures      int
	figure       string // whose table is compared with the API
	field, value string // a filter, and what it is set to
	query        string // of the API
	cell         func(row map[string]any) string
}

// tryPage tries a page in a browser: every chart is drawn; the table of one holds what
// the API answers; a filter changes the address and the page; the keyboard opens a
// table; nothing is wider than a narrow screen; no rule of accessibility is broken.
func tryPage(t *testing.T, b *browser, p pageTrial) {
	t.Helper()
	for _, scheme := range []string{"dark", "light"} {
		b.prefer(t, scheme)
		b.do(t, chromedp.EmulateViewport(1400, 900), chromedp.Navigate(b.base+p.path))
		counts := result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
		if len(counts) != 2 || counts[0] != p.figures || counts[1] != p.figures {
			t.Errorf("%s, %s: figures and those drawn are %v, want %d", p.path, scheme, counts, p.figures)
		}
		if scheme == "dark" {
			axe(t, b, p.path+", dark", "color-contrast") // the only thing that colours change
		} else {
			axe(t, b, p.path)
		}
		b.shoot(t, p.shot+"-1400-"+scheme)
	}
	table := result(t, b, chromedp.Evaluate[[]string](fmt.Sprintf(`[...document.querySelectorAll('#%s tbody td, #%s tbody th')].map(e => e.textContent.trim())`, p.figure, p.figure)))
	cells := 0
	for _, row := range apiRows(t, b, p.path, p.query) {
		if want := p.cell(row); want != "" {
			cells++
			if !slices.Contains(table, want) {
				t.Errorf("%s: the table of %s lacks %s, which the API answers: %q", p.path, p.figure, want, table)
			}
		}
	}
	if cells == 0 {
		t.Errorf("%s: the API answers nothing to compare with", p.path)
	}
	// The keyboard reaches every link, field and table, and opens one.
	reached := map[string]bool{}
	for range 60 {
		b.do(t, chromedp.KeyEvent(kb.Tab))
		reached[result(t, b, chromedp.Evaluate[string](`document.activeElement.tagName`))] = true
		if result(t, b, chromedp.Evaluate[bool](`document.activeElement.matches('figure summary')`)) {
			b.do(t, chromedp.KeyEvent(kb.Enter))
			break
		}
	}
	if !reached["A"] || !reached["SELECT"] || !reached["BUTTON"] || !reached["SUMMARY"] || !result(t, b, chromedp.Evaluate[bool](`!!document.querySelector('figure details[open]')`)) {
		t.Errorf("%s: the keyboard reached %v", p.path, reached)
	}
	before := result(t, b, chromedp.Evaluate[string](`document.querySelector('main').textContent`))
	b.do(t, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`window.stays = true; { const f = document.querySelector('[name=%s]'); f.value = %q; f.form.requestSubmit() }; undefined`, p.field, p.value)),
		chromedp.WaitReady(fmt.Sprintf(`[name=%s] option[selected][value=%q]`, p.field, p.value))) // the old page is gone
	after := result(t, b, chromedp.Evaluate[[]string](`new Promise(done => { const look = () => document.readyState === 'complete' && location.search ? done([location.search, document.querySelector('main').textContent]) : setTimeout(look, 20); look() })`, chromedp.EvalAwaitPromise))
	if len(after) != 2 || !strings.Contains(after[0], p.field+"="+p.value) || after[1] == before {
		t.Errorf("%s: the filter %s led to %.60q and changed nothing", p.path, p.field, after)
	}
	b.do(t, chromedp.EmulateViewport(360, 900), chromedp.Navigate(b.base+p.path))
	for _, w := range result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('body *')]
		.filter(e => !e.closest('details') && !e.closest('.skip') && !e.closest('.wide table') && !e.closest('.scroll table') && !e.closest('.figure-box') && e.getBoundingClientRect().right > 361)
		.map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))`)) {
		t.Errorf("%s: wider than the screen: %s", p.path, w)
	}
	b.shoot(t, p.shot+"-360")
	b.check(t)
}

// apiRows are the rows that the API answers for a query of a page.
func apiRows(t *testing.T, b *browser, path, query string) []map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.base+"/api/v1/pages"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a struct {
		Queries []struct {
			Name    string
			Columns []struct{ Name string }
			Rows    [][]any
		}
	}
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&a); err != nil {
		t.Fatalf("%v in %.300s", err, body)
	}
	var found []map[string]any
	for _, q := range a.Queries {
		for _, row := range q.Rows {
			if q.Name != query {
				continue
			}
			named := map[string]any{}
			for i, c := range q.Columns {
				named[c.Name] = row[i]
			}
			found = append(found, named)
		}
	}
	return found
}

// signedInAs opens a session for one of readers and returns the headers that carry it.
func signedInAs(t *testing.T, app *fiber.App, doors *access.Access, name string) []string {
	t.Helper()
	for _, r := range readers {
		if r.name != name {
			continue
		}
		if _, err := doors.Desk().AddAccount(t.Context(), access.Actor{Name: "test"}, r.name, password, []access.Grant{{Role: r.role, Units: r.units}}, r.person); err != nil {
			t.Fatal(err)
		}
		resp, _ := post(t, app, "/sign-in", map[string][]string{"name": {r.name}, "password": {password}}, "Origin: http://127.0.0.1:8080")
		cookie, _, _ := strings.Cut(resp.Header.Get("Set-Cookie"), ";")
		return []string{"Cookie: " + cookie}
	}
	t.Fatalf("there is no reader %s", name)
	return nil
}

// viewsOf are the reasons of the views of rows about persons that the audit holds.
func viewsOf(t *testing.T, doors *access.Access) []string {
	t.Helper()
	records, err := doors.Audit.List(audit.Filter{Kind: audit.View, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, r := range records {
		reasons = append(reasons, r.Reason)
	}
	return reasons
}
