package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"dials/dashboards"
)

// Kinds of trouble.
const (
	diskFull     = "disk full"
	diskReadOnly = "disk read-only"
	outOfMemory  = "out of memory"
	clockWrong   = "clock"
)

// watchEvery is how often the server looks after its disk and its clock.
const watchEvery = 15 * time.Second

// clockSlack is what clocks may differ by before it is worth a word.
const clockSlack = time.Minute

// A health is what keeps the server from its work. Each trouble ends by itself as
// soon as what it is about goes well again.
type health struct {
	mu       sync.Mutex
	troubles map[string]dashboards.Trouble
	log      *slog.Logger // nil discards
	last     time.Time    // when the clock was looked at, with the monotonic reading
}

func newHealth() *health { return &health{troubles: map[string]dashboards.Trouble{}} }

// all lists the troubles, the oldest first.
func (h *health) all() []dashboards.Trouble {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.SortedFunc(maps.Values(h.troubles), func(a, b dashboards.Trouble) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Kind, b.Kind))
	})
}

// set notes a trouble; an empty what ends it.
func (h *health) set(kind, what, ends string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, is := h.troubles[kind]
	if what == "" {
		if is && h.log != nil {
			h.log.Info("trouble is over", "kind", kind, "since", was.Since)
		}
		delete(h.troubles, kind)
		return
	}
	since := now
	if is {
		since = was.Since
	} else if h.log != nil {
		h.log.Error("trouble", "kind", kind, "what", what)
	}
	h.troubles[kind] = dashboards.Trouble{Kind: kind, Since: since, What: what, Ends: ends}
}

// worked notes how a load or a build ended: what it failed by, or that it went well.
func (h *health) worked(err error, now time.Time) {
	switch kind := troubleOf(err); kind {
	case diskFull, diskReadOnly:
		h.set(kind, diskWords(kind), diskEnds, now)
	case outOfMemory:
		h.set(kind, "A load or a rebuild needed more memory than [warehouse] memory_limit allows. Nothing of it was kept; the pages show what was there before.",
			"Raise memory_limit, or free disk for temp_directory; the next load tries again.", now)
	default:
		if err == nil {
			h.set(outOfMemory, "", "", now)
		}
	}
}

// troubleOf is the kind of trouble that an error tells of, or "".
func troubleOf(err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
	}
	switch {
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) || has("No space left on device", "Disk quota exceeded", "File too large", "max_temp_directory_size"):
		return diskFull
	case errors.Is(err, syscall.EROFS) || has("Read-only file system", "read-only file system"):
		return diskReadOnly
	case has("Out of Memory Error", "could not allocate block", "failed to allocate"):
		return outOfMemory
	}
	return ""
}

// tuning is DuckDB's advice to who runs out of memory. Its settings are not the ones that
// an operator of dials has.
var tuning = regexp.MustCompile(`(?s)\s*Possible solutions:\n.*?/how_to_tune_workloads`)

// told is what an operator is told of an error.
func told(err error) string {
	return tuning.ReplaceAllString(err.Error(), "; raise [warehouse] memory_limit")
}

const diskEnds = "It ends by itself as soon as the disk can be written again: the next load goes on where the last whole one ended."

func diskWords(kind string) string {
	if kind == diskFull {
		return "The disk of the warehouse is full: nothing can be loaded, rebuilt or entered. The pages show what was there before."
	}
	return "The disk of the warehouse cannot be written: nothing can be loaded, rebuilt or entered. The pages show what was there before."
}

// probe tries to write beside the warehouse.
func probe(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".dials-probe-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 64<<10))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// look looks after disk and clock. loaded is when the last load began, by the clock of
// then.
func (h *health) look(path string, loaded, now time.Time) {
	err := probe(path)
	kind := troubleOf(err)
	if kind == "" && errors.Is(err, fs.ErrPermission) {
		kind = diskReadOnly
	}
	for _, k := range []string{diskFull, diskReadOnly} {
		what := ""
		if k == kind {
			what = diskWords(k)
		}
		h.set(k, what, diskEnds, now)
	}
	h.mu.Lock()
	last := h.last
	h.last = now
	h.mu.Unlock()
	switch jump := now.Round(0).Sub(last.Round(0)) - now.Sub(last); {
	case loaded.After(now.Add(clockSlack)):
		h.set(clockWrong, fmt.Sprintf("The clock is %s behind the last load, of %s UTC: until it has caught up, what is loaded or entered is recorded right after that load, so that no history runs backwards.",
			loaded.Sub(now).Round(time.Second), loaded.UTC().Format("2 Jan 2006 15:04")), "Set the clock right (timedatectl), or wait.", now)
	case !last.IsZero() && jump.Abs() > clockSlack:
		h.set(clockWrong, fmt.Sprintf("The clock jumped by %s. Schedules follow the new time; sessions and tokens may have ended early.", jump.Round(time.Second)),
			"This note goes after the next load.", now)
	case last.IsZero() || !loaded.Before(h.since(clockWrong)):
		h.set(clockWrong, "", "", now)
	}
}

// since is when a trouble began; zero if there is none.
func (h *health) since(kind string) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.troubles[kind].Since
}

// watch looks after disk and clock until ctx ends.
func (l *local) watch(log *slog.Logger) func(context.Context) error {
	l.health.mu.Lock()
	l.health.log = log
	l.health.mu.Unlock()
	return func(ctx context.Context) error {
		ticks := time.NewTicker(watchEvery)
		defer ticks.Stop()
		for {
			loaded, err := l.w.LastLoad(ctx)
			if err != nil && ctx.Err() == nil {
				log.ErrorContext(ctx, "watch", "err", err)
			}
			l.health.look(l.cfg.Warehouse.Path, loaded, time.Now())
			select {
			case <-ctx.Done():
				return nil
			case <-ticks.C:
			}
		}
	}
}

// clock is the time by which loads and changes are recorded: the system's, but never
// before what is recorded already, so that a clock that was set back makes no history
// run backwards.
func (l *local) clock(ctx context.Context) (func() time.Time, error) {
	loaded, err := l.w.LastLoad(ctx)
	if err != nil {
		return nil, err
	}
	ahead := time.Duration(0)
	if behind := time.Until(loaded); behind > 0 {
		ahead = behind + time.Millisecond
	}
	return func() time.Time { return time.Now().Add(ahead) }, nil
}
