package dashboards

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"
)

// A browser signs in by the form, changes as whom it looks, grants and signs out,
// and has nothing to complain of, at the width of a phone.
func TestBrowserSignsInAndOut(t *testing.T) {
	b := browse(t, func(t testing.TB) *fiber.App {
		s := serveSigned(t)
		s.add(t, "adam", "admin", "executive@*", "hr@U1")
		return s.app
	})
	role := func() string { return result(t, b, chromedp.TextContent(`details.user small`)) }
	b.do(t, chromedp.EmulateViewport(360, 900), chromedp.Navigate(b.base+"/tactics"), chromedp.WaitVisible(`input[name=password]`))
	b.shoot(t, "360-sign-in")
	b.do(t, chromedp.SendKeys(`input[name=name]`, "adam"), chromedp.SendKeys(`input[name=password]`, testPassword), chromedp.Click(`button.primary`))
	b.do(t, chromedp.WaitVisible(`details.user summary`), chromedp.Click(`details.user summary`), chromedp.WaitVisible(`.user-menu select`))
	if got := result(t, b, chromedp.Location()); got != b.base+"/tactics" {
		t.Errorf("signed in on %s, want the page that was asked for", got)
	}
	if got := role(); got != "Admin, Executive · whole company" {
		t.Errorf("looks as %q", got)
	}
	b.shoot(t, "360-menu")
	result(t, b, chromedp.Evaluate[string](`document.querySelector('.user-menu select').value = 'admin+hr@U1'`))
	b.do(t, chromedp.Click(`.user-menu form[action="/sign-in/role"] button`), chromedp.WaitReady(`option[selected][value="admin+hr@U1"]`))
	if got := role(); got != "Admin, HR · U1" {
		t.Errorf("looks as %q after the change", got)
	}
	b.do(t, chromedp.Navigate(b.base+"/access"), chromedp.WaitVisible(`form[action="/access/grant"] button`))
	b.shoot(t, "360-access")
	result(t, b, chromedp.Evaluate[int](`document.querySelector('select[name=to]').selectedIndex = 1`))
	result(t, b, chromedp.Evaluate[string](`document.querySelector('form[action="/access/grant"] select[name=role]').value = 'dpo'`))
	b.do(t, chromedp.Click(`form[action="/access/grant"] button`), chromedp.WaitReady(`[aria-label="End the grant of DPO to adam"]`))
	b.do(t, chromedp.Click(`details.user summary`), chromedp.Click(`form[action="/sign-out"] button`), chromedp.WaitVisible(`.sign-in a[href="/sign-in"]`))
	if got := result(t, b, chromedp.Location()); got != b.base+"/signed-out" {
		t.Errorf("signed out on %s", got)
	}
	b.mu.Lock()
	b.problems = slices.DeleteFunc(b.problems, func(p string) bool { return strings.Contains(p, "Clear-Site-Data") }) // as it should
	b.mu.Unlock()
	b.check(t)
}
