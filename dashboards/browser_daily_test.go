package dashboards

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
)

// What readers do daily has no serious violation of the accessibility rules in either
// scheme, nor scrolls sideways on a phone: saved views, notes, a plan that is pasted, and
// what keeps the server from its work.
func TestBrowserDaily(t *testing.T) {
	b := browse(t, func(testing.TB) *fiber.App {
		store, err := access.OpenStore(filepath.Join(t.TempDir(), "access.json"), clock)
		if err != nil {
			t.Fatal(err)
		}
		open := access.Open(true)
		open.Store = store
		app, err := New(Options{
			DB: trustedWarehouse(t).DB(), Company: fixtureCompany, Clock: clock, Access: open,
			Health: func() []Trouble {
				return []Trouble{{Kind: "disk full", Since: clock().Add(-time.Hour), What: "The disk of the warehouse is full.", Ends: "It ends by itself."}}
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return app
	})
	for name, path := range map[string]string{
		"views": "/views?of=%2Fstrategic-results%3Fperiod%3Dlast-fy", "sheet": "/plan-sheet", "troubles": "/workforce", "note": "/register/entry?stream=annotation", "noted": "/impact",
	} {
		for _, scheme := range []string{"light", "dark"} {
			b.prefer(t, scheme)
			b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+path))
			axe(t, b, path+", "+scheme)
			b.shoot(t, "daily-"+name+"-"+scheme)
		}
		b.do(t, chromedp.EmulateViewport(360, 800), chromedp.Navigate(b.base+path), chromedp.Poll[chromedp.Void](`document.readyState === "complete" && innerWidth === 360`))
		if wide := result(t, b, chromedp.Evaluate[int](`document.documentElement.scrollWidth`)); wide > 360 {
			t.Errorf("%s is %d wide on a phone of 360", path, wide)
		}
		b.shoot(t, "daily-"+name+"-360")
	}
}
