package dashboards

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A note on a unit stands on the charts of the unit and of what is above and below
// it, and on no others, nor on those of a day before it.
func TestAnnotations(t *testing.T) {
	app, _ := registerWorld(t, true)
	if _, body := get(t, app, "/"); strings.Contains(body, `id="notes"`) || !strings.Contains(body, "Add a note to the charts") {
		t.Error("there are notes already, or none can be added")
	}
	v := url.Values{"stream": {"annotation"}, "name": {"Moved </script> house"}, "unit_id": {"U1", "U2"}, "on_date": {"2026-03-10"}}
	if status, location, body := send(t, app, "/register/entry", v); status != 303 {
		t.Fatalf("%d to %q: %s", status, location, text(body))
	}
	for path, want := range map[string]bool{"/": true, "/?unit=U1": true, "/?unit=U3": false, "/?as_of=2026-03-31": true, "/?as_of=2026-02-28": false} {
		_, body := get(t, app, path)
		if got := strings.Contains(body, "Moved &lt;/script&gt; house"); got != want {
			t.Errorf("%s: the note is there: %t, want %t", path, got, want)
		}
	}
	_, body := get(t, app, "/")
	for _, want := range []string{"One note on these charts", "10 Mar 2026, Desk 1, Desk 2: ", `{"key":"a","on":"2026-03-10","text":"Moved \u003c/script\u003e house"}`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// Notes fall on the categories of every chart over time, and on no other chart.
func TestBrowserAnnotations(t *testing.T) {
	b := openBrowser(t)
	b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/strategic-results"))
	got := result(t, b, chromedp.Evaluate[string](`(() => {
		notes.push({ key: 'a', on: '2025-03-12', text: 'x' }, { key: 'b', on: '2025-03-30', text: 'y' }, { key: 'c', on: '2026-09-01', text: 'z' })
		const axes = [
			{ type: 'category', data: ['2025-02', '2025-03', '2025-04'] }, { type: 'category', data: ['Feb 2025', 'Mar 2025'] },
			{ type: 'category', data: ['2025', '2026'] }, { type: 'category', data: ['2025 Q1', '2025 Q2'] },
			{ type: 'category', data: ['Sales', 'Service'] }, { type: 'value' }, { type: 'time' }]
		return axes.map(xAxis => [...placesOf({ xAxis })].map(([at, list]) => at + ':' + list.map(n => n.key).join('')).join(' ')).join('|')
	})()`))
	if want := "2025-03:ab|Mar 2025:ab|2025:ab 2026:c|2025 Q1:ab|||2025-03-12:a 2025-03-30:b 2026-09-01:c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	drawn := result(t, b, chromedp.Evaluate[int](`(redraw(), charts.filter(c => c.chart.getOption().series.some(s => s.markLine && s.markLine.data.some(l => l.name === 'a b'))).length)`))
	if drawn == 0 {
		t.Error("no chart draws them")
	}
	b.check(t)
}
