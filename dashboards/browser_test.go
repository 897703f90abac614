package dashboards

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/gofiber/fiber/v2"
)

// A browser is a real one, with an empty profile, that writes down what it should not do.
type browser struct {
	ctx  context.Context
	base string

	mu       sync.Mutex
	problems []string // console messages, exceptions, CSP violations, requests to other hosts
}

// openBrowser serves app on a free port and opens a browser beside it. A machine
// without Chromium skips the test and says so.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	return browse(t, serveFixture)
}

// chromium is the one browser of all tests; each has cookies and tabs of its own.
var chromium = func() func(path string) (context.CancelFunc, context.Context) {
	var once sync.Once
	var ctx context.Context
	var stop context.CancelFunc
	return func(path string) (context.CancelFunc, context.Context) {
		if path == "" {
			return stop, ctx
		}
		once.Do(func() {
			options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
				chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
			alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), options...)
			ctx, stop = chromedp.NewContext(alloc)
			_ = chromedp.Do(ctx) // what does not start fails the first test that uses it
			closing := stop
			stop = func() {
				_ = chromedp.Cancel(ctx) // waits for the browser to leave its profile
				closing()
				stopAlloc()
			}
		})
		return stop, ctx
	}
}()

// closeBrowser ends the browser, if one was opened.
func closeBrowser() {
	if stop, _ := chromium(""); stop != nil {
		stop()
	}
}

// browse opens a browser on the app that serve makes.
func browse(t *testing.T, serve func(testing.TB) *fiber.App) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed (apt install chromium): the pages were not tried in a browser")
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	app := serve(t)
	go func() { _ = app.Listener(listener) }()
	t.Cleanup(func() { _ = app.Shutdown() })

	_, whole := chromium(path)
	ctx, stop := chromedp.NewContext(whole, chromedp.WithNewBrowserContext())
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(func() {
		cancel()
		stop()
	})
	b := &browser{ctx: ctx, base: "http://" + listener.Addr().String()}
	b.do(t) // opens the tab, so that no event of its start is missed
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	call(t, b, network.Enable, network.EnableParams{})
	call(t, b, cdplog.Enable, cdp.Empty{})
	call(t, b, runtime.Enable, cdp.Empty{})
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		b.problems = append(b.problems, "exception: "+text)
	case *runtime.EventConsoleAPICalled:
		for _, a := range e.Args {
			b.problems = append(b.problems, fmt.Sprintf("console %s: %s", e.Type, a.Value))
		}
	case *cdplog.EventEntryAdded:
		b.problems = append(b.problems, fmt.Sprintf("log %s: %s", e.Entry.Level, e.Entry.Text))
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && !strings.HasPrefix(e.Request.URL, b.base+"/") {
			b.problems = append(b.problems, "request to another host: "+e.Request.URL)
		}
	}
}

// do runs steps in the browser.
func (b *browser) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// result runs one step that answers something.
func result[T any](t *testing.T, b *browser, a chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(b.ctx, a)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// call runs one command of the browser's protocol.
func call[P, R any](t *testing.T, b *browser, command cdp.Command[P, R], params P) {
	t.Helper()
	if _, err := chromedp.Call(b.ctx, command, params); err != nil {
		t.Fatal(err)
	}
}

// prefer asks for a colour scheme.
func (b *browser) prefer(t *testing.T, scheme string) {
	t.Helper()
	call(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// check fails the test if the browser had anything to complain of.
func (b *browser) check(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Error(p)
	}
}

// keep writes a file if DIALS_SHOTS names a folder.
func keep(t *testing.T, name string, data []byte) {
	t.Helper()
	if dir := os.Getenv("DIALS_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// shoot keeps a screenshot of the whole page.
func (b *browser) shoot(t *testing.T, name string) {
	t.Helper()
	keep(t, name+".png", result(t, b, chromedp.FullScreenshot(100)))
}

// inked waits until every chart is drawn: a canvas that is not blank. It gives up
// after half a minute and returns how many figures there are and how many are drawn.
const inked = `new Promise(done => {
	const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
	const blank = c => {
		Object.assign(copy.canvas, { width: c.width, height: c.height })
		copy.drawImage(c, 0, 0)
		return !copy.getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 === 3 && v > 0)
	}
	const begin = performance.now()
	const look = () => {
		const figures = document.querySelectorAll('figure').length
		const drawn = [...document.querySelectorAll('figure')].filter(f => [...f.querySelectorAll('canvas')].some(c => !blank(c))).length
		if (figures === drawn || performance.now() - begin > 30000) done([figures, drawn]); else requestAnimationFrame(look)
	}
	look()
})`

func TestBrowserDrawsEveryChart(t *testing.T) {
	b := openBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		b.prefer(t, scheme)
		b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+"/"))
		counts := result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
		if len(counts) != 2 || counts[0] != 5 || counts[1] != 5 {
			t.Errorf("%s: figures and those drawn are %v, want 5 and 5", scheme, counts)
		}
		b.shoot(t, "1280-"+scheme)
	}
	b.check(t)
}

// At 360 px nothing is wider than the screen.
func TestBrowserNarrow(t *testing.T) {
	b := openBrowser(t)
	b.do(t, chromedp.EmulateViewport(360, 2400), chromedp.Navigate(b.base+"/"))
	result(t, b, chromedp.Evaluate[[]int](inked, chromedp.EvalAwaitPromise))
	wide := result(t, b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('body *')]
		.filter(e => !e.closest('details') && !e.closest('.skip') && e.getBoundingClientRect().right > 361)
		.map(e => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))`))
	for _, w := range wide {
		t.Errorf("wider than the screen: %s", w)
	}
	keep(t, "360.png", result(t, b, chromedp.CaptureScreenshot()))
	b.check(t)
}

var (
	pdfPage     = regexp.MustCompile(`/Type\s*/Page\b`)
	a4Landscape = regexp.MustCompile(`/MediaBox\s*\[0 0 84[12][.0-9]* 59[456]`)
)

// The page prints on exactly one sheet of A4, landscape.
func TestBrowserPrintsOneSheet(t *testing.T) {
	b := openBrowser(t)
	b.prefer(t, "dark")
	for i, path := range []string{"/", "/?period=last-fy&unit=sales&org=now"} {
		b.printsOneSheet(t, path, fmt.Sprintf("print-%d.pdf", i))
	}
	b.check(t)
}

// A page of three times as many dials and tactics, with long names, still prints
// on one sheet, and says what it left out.
func TestBrowserPrintsManyDials(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	statements := company()
	for i := range 2 {
		for _, copied := range []string{
			"marts.dials select * replace (metric_id || '%[1]d' as metric_id, name || ' in the whole of the company' as name) from marts.dials where length(metric_id) = length(rtrim(metric_id, '01'))",
			"marts.dial_monthly select * replace (metric_id || '%[1]d' as metric_id) from marts.dial_monthly where length(metric_id) = length(rtrim(metric_id, '01'))",
			"marts.dial_tree_monthly select * replace (metric_id || '%[1]d' as metric_id) from marts.dial_tree_monthly where length(metric_id) = length(rtrim(metric_id, '01'))",
			"marts.tactics select * replace (tactic_id || '%[1]d' as tactic_id, name || ' for everybody everywhere' as name) from marts.tactics where length(tactic_id) = length(rtrim(tactic_id, '01'))",
			"marts.tactic_links select * replace (tactic_id || '%[1]d' as tactic_id, metric_id || '%[1]d' as metric_id) from marts.tactic_links where length(tactic_id) = length(rtrim(tactic_id, '01'))",
		} {
			statements = append(statements, fmt.Sprintf("insert into "+copied, i))
		}
	}
	if err := fill(w, statements); err != nil {
		t.Fatal(err)
	}
	b := browse(t, func(t testing.TB) *fiber.App { return serve(t, w, fixtureCompany) })
	b.printsOneSheet(t, "/", "print-many.pdf")
	b.check(t)
}

func (b *browser) printsOneSheet(t *testing.T, path, name string) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.base+path))
	pdf := result(t, b, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize(), chromedp.PDFPrintBackground()))
	if n := len(pdfPage.FindAll(pdf, -1)); n != 1 {
		t.Errorf("%s: prints on %d pages, want 1", path, n)
	}
	if !a4Landscape.Match(pdf) {
		t.Errorf("%s: the sheet is not A4 landscape", path)
	}
	keep(t, name, pdf)
}
