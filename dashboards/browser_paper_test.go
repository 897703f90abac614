package dashboards

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"
)

// onPaper are the flaws of a page on a sheet of A4: what is wider than it, what stands in a box that
// scrolls, tables that are lists as on a phone, charts without their table or larger than their place.
const onPaper = `(() => {
	dispatchEvent(new Event('beforeprint'))
	const wide = document.documentElement.clientWidth + 1, shown = e => e.checkVisibility() && e.getBoundingClientRect().width > 0
	const name = e => e.tagName + '.' + e.className + ' ' + (e.id || e.textContent.trim().slice(0, 40))
	const all = [...document.querySelectorAll('main *')].filter(shown)
	return [
		...all.filter(e => !e.closest('.for-ears') && !e.closest('svg') && e.getBoundingClientRect().right > wide).map(e => 'wider than the sheet: ' + name(e)),
		...all.filter(e => /auto|scroll/.test(getComputedStyle(e).overflowX + getComputedStyle(e).overflowY) && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)).map(e => 'cut by its box: ' + name(e)),
		...all.filter(e => e.tagName === 'TD' && getComputedStyle(e).display !== 'table-cell').map(e => 'no table: ' + name(e)).slice(0, 2),
		...all.filter(e => e.tagName === 'CANVAS' && e.getBoundingClientRect().bottom > e.closest('figure > div').getBoundingClientRect().bottom + 2).map(e => 'over what follows: ' + name(e.closest('figure'))),
		...[...document.querySelectorAll('.halves figure, .gaps figure')].filter(f => !shown(f.querySelector('table'))).map(f => 'without its table: ' + f.id),
		...[...document.querySelectorAll('details.notes li')].filter(e => !shown(e)).map(e => 'a note without its text: ' + e.textContent),
	]
})()`

// Pages 5 to 8 in a browser, on one server; and on paper, where nothing of a page is cut, its charts have
// their tables and its notes their texts.
func TestBrowserLearningPages(t *testing.T) {
	b := browse(t, func(t testing.TB) *fiber.App {
		w := learnedWarehouse(t)
		if err := fill(w, []string{"insert into marts.annotations by name select 'n1' as annotation_id, 'sales' as unit_id, date '2025-12-01' as on_date, 'New prices' as name"}); err != nil {
			t.Fatal(err)
		}
		return serve(t, w, fixtureCompany)
	})
	for _, page := range []struct {
		name string
		try  func(*testing.T, *browser)
	}{{"gaps", browserGaps}, {"learning", browserLearning}, {"investment", browserInvestment}, {"programmes", browserProgrammes}, {"paper", browserPaper}} {
		t.Run(page.name, func(t *testing.T) { page.try(t, b) })
	}
	b.check(t)
}

func browserPaper(t *testing.T, b *browser) {
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	for _, path := range []string{"/gaps", "/learning", "/investment", "/programmes", "/tactics", "/workforce"} {
		b.do(t, chromedp.EmulateViewport(1055, 730), chromedp.Navigate(b.base+path))
		for _, flaw := range result(t, b, chromedp.Evaluate[[]string](onPaper)) {
			t.Errorf("%s: %s", path, flaw)
		}
	}
}
