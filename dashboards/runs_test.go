package dashboards

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// noRuns are runs that nobody may start.
type noRuns struct{ t *testing.T }

func (n noRuns) Start([]string) error {
	n.t.Error("a sync was started")
	return nil
}

func (noRuns) Now() (RunState, <-chan struct{}) { return RunState{Ended: true}, nil }

// endedRuns are those of a server that stops.
type endedRuns struct{}

func (endedRuns) Start([]string) error { return nil }

func (endedRuns) Now() (RunState, <-chan struct{}) { return RunState{Ended: true}, nil }

// testRuns are runs that a test moves on.
type testRuns struct {
	mu      sync.Mutex
	state   RunState
	changed chan struct{}
	started []string
}

func newTestRuns() *testRuns { return &testRuns{changed: make(chan struct{})} }

func (r *testRuns) Start(sources []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = append(r.started, strings.Join(sources, ","))
	return nil
}

func (r *testRuns) Now() (RunState, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state, r.changed
}

func (r *testRuns) set(s RunState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state = s
	close(r.changed)
	r.changed = make(chan struct{})
}

// A run is followed as it goes; what a failure says of the data stays out of it.
func TestFollowRun(t *testing.T) {
	runs := newTestRuns()
	app, err := New(Options{DB: fixture(t).DB(), Company: fixtureCompany, Clock: clock, Runs: runs})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(listener) }()
	defer func() { _ = app.Shutdown() }()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+listener.Addr().String()+"/sync/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	events := bufio.NewScanner(resp.Body)
	next := func() (s RunState) {
		t.Helper()
		for events.Scan() {
			if text, ok := strings.CutPrefix(events.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(text), &s); err != nil {
					t.Fatal(err)
				}
				return s
			}
		}
		t.Fatal("the line was cut:", events.Err())
		return s
	}
	if s := next(); s.IsRunning {
		t.Errorf("%+v", s)
	}
	runs.set(RunState{IsRunning: true, Streams: []StreamState{{Source: "hris", Stream: "people", State: "failed", Error: `the database cannot be reached: "secret"`}}})
	want := []StreamState{{Source: "hris", Stream: "people", State: "failed", Error: "failed"}} // who is not signed in may not start runs
	if diff := cmp.Diff(want, next().Streams); diff != "" {
		t.Error(diff)
	}
	runs.set(RunState{Ended: true})
	if events.Scan() && strings.HasPrefix(events.Text(), "data:") {
		t.Error("something came after the end")
	}
}

func TestAdvice(t *testing.T) {
	for text, want := range map[string]string{
		"sync a.b: the database cannot be reached: dial tcp": "The source does not answer. Check that it runs and that Dials may reach it; the next run tries again. (sync a.b: the database cannot be reached: dial tcp)",
		"sync a.b: something new":                            "sync a.b: something new",
	} {
		if got := adviceFor(text); got != want {
			t.Errorf("%q", got)
		}
	}
}
