package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// writeJSON writes v as one indented document.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// A bar shows what a long command is at; it draws on a terminal only.
type bar struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil where nobody would see it
}

// newBar starts a bar on w.
func newBar(w io.Writer, what string) *bar {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &bar{}
	}
	return &bar{bar: progressbar.NewOptions64(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// describe says what is being done now.
func (b *bar) describe(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		b.bar.Describe(what)
		_ = b.bar.Add(0) // a bar that cannot be drawn is no reason to stop
	}
}

// set says what is being done and how many rows of it are done.
func (b *bar) set(what string, rows int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		b.bar.Describe(what)
		_ = b.bar.Set64(rows) // as above
	}
}

// finish takes the bar away; more than once is once.
func (b *bar) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bar != nil {
		_ = b.bar.Finish() // as above
		b.bar = nil
	}
}
