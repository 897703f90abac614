package dashboards

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"
)

// axe fails the test for each violation on the page that the browser shows which the
// accessibility rules of axe-core call serious or critical. Where make deps has not
// installed it, the test says so and goes on. rules are those to check; none are all.
func axe(t *testing.T, b *browser, page string, rules ...string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "build", "axe", "node_modules", "axe-core", "axe.min.js"))
	if os.IsNotExist(err) {
		t.Logf("SKIPPED: axe-core is not installed (make deps): the accessibility of %s was not checked", page)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	b.do(t, chromedp.Evaluate[chromedp.Void](string(source)+"; undefined"))
	only := "" // or all rules
	if len(rules) > 0 {
		only = `, runOnly: ['` + strings.Join(rules, `', '`) + `']`
	}
	found := result(t, b, chromedp.Evaluate[[]string](`axe.run(document, { resultTypes: ['violations']`+only+` }).then(r => r.violations
		.filter(v => v.impact === 'serious' || v.impact === 'critical')
		.flatMap(v => v.nodes.slice(0, 4).map(n => v.impact + ' ' + v.id + ': ' + n.target.join(' ') + ': ' + n.failureSummary.replace(/\s+/g, ' ')
			+ ' in ' + n.html.slice(0, 160))))`, chromedp.EvalAwaitPromise))
	for _, v := range found {
		t.Errorf("%s: %s", page, v)
	}
}

// No page has a serious violation of the accessibility rules.
func TestBrowserAxe(t *testing.T) {
	b := browse(t, func(testing.TB) *fiber.App { return serve(t, trustedWarehouse(t), fixtureCompany) })
	paths := []string{"/", "/impact", "/tactics", "/workforce", "/plan", "/register", "/calibration", "/extracts", "/api-docs", "/definitions", "/definitions/turnover", "/learning/people", "/nowhere"}
	for scheme, paths := range map[string][]string{"light": paths, "dark": paths[:3]} {
		b.prefer(t, scheme)
		for _, path := range paths {
			b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+path))
			axe(t, b, path+", "+scheme)
		}
	}
}
