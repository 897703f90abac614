package dashboards

import (
	"bufio"
	"io"
	"strings"
	"sync/atomic"
	"testing"

	"dials/dashboards/access"
	"dials/queries"
)

// A stream ends by itself when the session that follows it has ended, though nothing
// happens, and tells nothing more.
func TestFollowRunEnds(t *testing.T) {
	runs := newTestRuns()
	s := &server{Options: Options{Runs: runs}}
	var ended atomic.Bool
	still := func() access.Visitor {
		if ended.Load() {
			return access.Visitor{}
		}
		return access.Visitor{Policy: queries.OpenPolicy(false)}
	}
	from, to := io.Pipe()
	go func() {
		s.writeEvents(bufio.NewWriter(to), still)
		_ = to.Close()
	}()
	events := bufio.NewScanner(from)
	if !events.Scan() || !strings.HasPrefix(events.Text(), "data: ") {
		t.Fatalf("the first line is %q", events.Text())
	}
	ended.Store(true)
	runs.set(RunState{IsRunning: true})
	for events.Scan() {
		if strings.HasPrefix(events.Text(), "data: ") {
			t.Errorf("the reader who has left is told %q", events.Text())
		}
	}
}
