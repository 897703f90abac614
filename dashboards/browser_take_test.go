package dashboards

import (
	"encoding/base64"
	"encoding/csv"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A chart gives away the numbers of its table as CSV that programs read, in any
// locale, and its picture with its title and foot.
func TestBrowserTake(t *testing.T) {
	b := openBrowser(t)
	number, notNumber := regexp.MustCompile(`^\D*[0-9][0-9\x{202f}]*([.,][0-9]+)?\D*$`), regexp.MustCompile(`[^0-9.,\x{2212}]`)
	for _, locale := range []string{"en", "de"} {
		b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/strategic-results?locale="+locale))
		result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
		text := result(t, b, chromedp.Evaluate[string](`new Promise(done => {
			give = (name, blob) => blob.text().then(text => done(name + '\n' + text))
			const box = document.querySelector('figure details.data')
			box.open = true
			box.querySelector('.take button').click()
		})`, chromedp.EvalAwaitPromise))
		name, text, _ := strings.Cut(text, "\n")
		if !strings.HasSuffix(name, ".csv") {
			t.Errorf("the file is called %q", name)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
		if err != nil || len(rows) < 10 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		shown := result(t, b, chromedp.Evaluate[[][]string](`[...document.querySelector('figure details.data table').rows].map(r => [...r.cells].map(c => c.textContent.trim()))`))
		mark := map[string]string{"en": ".", "de": ","}[locale]
		for i, row := range rows[1:] {
			for j, cell := range row[1:] {
				want := shown[i+1][j+1]
				if number.MatchString(want) {
					want = strings.Replace(notNumber.ReplaceAllString(want, ""), "\u2212", "-", 1)
					want = strings.Replace(want, mark, ".", 1)
				}
				want = strings.ReplaceAll(want, thin, " ")
				if want == unknown {
					want = ""
				}
				if cell != want {
					t.Errorf("%s, row %d: %q is %q in the table", locale, i+1, cell, shown[i+1][j+1])
				}
			}
		}
	}
	picture := result(t, b, chromedp.Evaluate[string](`pictureOf(charts[0], 'A finding', 'source').toDataURL()`))
	data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(picture, "data:image/png;base64,"))
	if err != nil || len(data) < 5000 {
		t.Errorf("the picture has %d bytes (%v)", len(data), err)
	}
	keep(t, "picture.png", data)
	guarded := result(t, b, chromedp.Evaluate[string](`(() => {
		const t = document.createElement('table')
		for (const cells of [['Unit', 'Value'], ['=cmd()', '−3 %'], ['b, "c"', '12 345 %'], ['+1', '–']]) {
			const row = t.insertRow()
			for (const c of cells) row.insertCell().textContent = c
		}
		return csvOf(t, '.')
	})()`))
	if want := "\ufeffUnit,Value (%)\r\n'=cmd(),-3\r\n\"b, \"\"c\"\"\",12345\r\n'+1,\r\n"; guarded != want {
		t.Errorf("got %q, want %q", guarded, want)
	}
	b.check(t)
}
