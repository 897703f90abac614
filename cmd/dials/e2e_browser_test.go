package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// whatIsShown waits until as many canvases are drawn as there are figures, or for
// half a minute, and says what the reader sees.
const whatIsShown = `new Promise(done => {
	const begin = performance.now()
	const look = () => {
		const figures = document.querySelectorAll('figure').length
		const drawn = document.querySelectorAll('figure canvas').length
		if (figures !== drawn && performance.now() - begin < 30000) return requestAnimationFrame(look)
		done({
			title: document.querySelector('h1').textContent, figures, drawn,
			hosts: performance.getEntriesByType('resource').map(e => new URL(e.name).host).filter(h => h !== location.host),
		})
	}
	look()
})`

// browseStrategicResults looks at page 1 as a reader does: every chart is drawn,
// and nothing comes from another host.
func browseStrategicResults(t *testing.T, address string) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("SKIPPED: chromium is not installed (make deps): page 1 was not tried in a browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(t.Context(), options...)
	defer stopAlloc()
	tab, stop := chromedp.NewContext(alloc)
	defer stop()
	ctx, cancel := context.WithTimeout(tab, 90*time.Second)
	defer cancel()

	if err := chromedp.Do(ctx, chromedp.Navigate(address+"/")); err != nil {
		t.Fatal(err)
	}
	shown, err := chromedp.Run(ctx, chromedp.Evaluate[struct {
		Title          string
		Figures, Drawn int
		Hosts          []string
	}](whatIsShown, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(shown.Title, "of six dials") {
		t.Errorf("the page's title is %q, want an answer about six dials", shown.Title)
	}
	if shown.Figures < 6 || shown.Drawn != shown.Figures {
		t.Errorf("%d of %d charts are drawn, want all of at least 6", shown.Drawn, shown.Figures)
	}
	if len(shown.Hosts) > 0 {
		t.Errorf("the page loads from other hosts: %v", shown.Hosts)
	}
	if dir := os.Getenv("DIALS_SHOTS"); dir != "" { // README's picture is made so
		png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "strategic-results.png"), png, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
