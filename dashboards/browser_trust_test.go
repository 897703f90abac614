package dashboards

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"
)

// The pages of trust draw their charts and stay within a narrow screen.
func TestBrowserTrust(t *testing.T) {
	b := browse(t, func(testing.TB) *fiber.App { return serve(t, trustedWarehouse(t), fixtureCompany) })
	for name, path := range map[string]string{"workforce": "/workforce", "definitions": "/definitions", "definition": "/definitions/turnover"} {
		for _, scheme := range []string{"light", "dark"} {
			b.prefer(t, scheme)
			b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+path))
			counts := result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
			if len(counts) != 2 || counts[0] != counts[1] {
				t.Errorf("%s: figures and those drawn are %v", path, counts)
			}
			b.shoot(t, name+"-1280-"+scheme)
		}
		b.prefer(t, "light")
		b.do(t, chromedp.EmulateViewport(360, 800), chromedp.Navigate(b.base+path))
		wide := result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('body *')]
			.filter(e => !e.closest('details') && !e.closest('.skip') && !e.closest('.wide table') && !e.closest('.scroll table') && e.getBoundingClientRect().right > 361)
			.map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))`))
		for _, w := range wide {
			t.Errorf("%s: wider than the screen: %s", path, w)
		}
		result(t, b, chromedp.Evaluate[[]int](`document.querySelector('figure')?.scrollIntoView(), `+inked, chromedp.EvalAwaitPromise))
		b.shoot(t, name+"-360")
	}
	b.check(t)
}
