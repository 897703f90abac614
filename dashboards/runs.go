package dashboards

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// Runs are the runs of the sources: the server's own part of the program starts them
// and knows how far they are.
type Runs interface {
	// Start begins a run of sources, or of all if there is none, and does not wait.
	Start(sources []string) error
	// Now is what runs, and a channel that is closed when that changes.
	Now() (RunState, <-chan struct{})
}

// A RunState is what runs now, or ran last.
type RunState struct {
	IsRunning bool          `json:"is_running"`
	Started   time.Time     `json:"started"`
	Finished  time.Time     `json:"finished"`
	Step      string        `json:"step"` // after the streams: models, evidence
	Streams   []StreamState `json:"streams"`
	Ended     bool          `json:"-"` // the server stops: nothing more is told
}

// A StreamState is how far one stream of a run is.
type StreamState struct {
	Source    string  `json:"source"`
	Stream    string  `json:"stream"`
	State     string  `json:"state"`
	Rows      int64   `json:"rows"`
	Total     int64   `json:"total"`
	PerSecond float64 `json:"per_second"`
	Left      float64 `json:"left"` // seconds, -1 if unknown
	Error     string  `json:"error"`
	News      int64   `json:"news"` // rows that were not known like this, when it is done
}

// routeRuns serves the start of runs and their progress.
func (s *server) routeRuns(app *fiber.App) {
	if s.Runs == nil {
		return
	}
	app.Post("/sync", s.startRun)
	app.Get("/sync/events", s.followRun)
}

// startRun starts a run for a reader who may, and writes down who did.
func (s *server) startRun(c *fiber.Ctx) error {
	v := access.Of(c)
	if !v.Policy.Can(queries.ActionSync) {
		return queries.Deny(queries.TopicTrust, queries.None)
	}
	var sources []string
	if one := c.FormValue("source"); one != "" {
		sources = []string{one}
	}
	err := s.Access.Audit.Write(audit.Event{
		Kind: audit.Operator, By: audit.Identity(v.ID), Address: v.Address, What: "sync", Fields: map[string]string{"source": c.FormValue("source")},
	})
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	if err := s.Runs.Start(sources); err != nil {
		return fiber.NewError(fiber.StatusConflict, err.Error())
	}
	return c.Redirect("/workforce#run", fiber.StatusSeeOther)
}

const (
	eventPause = 400 * time.Millisecond // between two events: nobody reads faster
	eventLook  = time.Second            // between two looks whether the reader is still one
	eventPulse = 15 * time.Second       // a sign of life, so that no proxy ends the line
	eventLife  = 10 * time.Minute       // then the browser asks again, and its rights with it
)

// followRun sends what runs as server-sent events until the reader leaves.
func (s *server) followRun(c *fiber.Ctx) error {
	if !access.Of(c).Policy.Sees(queries.TopicTrust) {
		return queries.Deny(queries.TopicTrust, queries.None)
	}
	still := s.Access.Still(c)
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set(fiber.HeaderCacheControl, "no-store")
	c.Set("X-Accel-Buffering", "no")
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer func() { _ = recover() }() // a panic here would take the process with it
		s.writeEvents(w, still)
	})
	return nil
}

// writeEvents writes until writing fails, which is how a reader who left shows, or
// until the reader has signed out or may not see it any more.
func (s *server) writeEvents(w *bufio.Writer, still func() access.Visitor) {
	look := time.NewTicker(eventLook)
	defer look.Stop()
	pulse := time.NewTicker(eventPulse)
	defer pulse.Stop()
	end := time.NewTimer(eventLife)
	defer end.Stop()
	for {
		state, changed := s.Runs.Now()
		now := still().Policy
		if state.Ended || !now.Sees(queries.TopicTrust) || !s.sendEvent(w, state, now.Can(queries.ActionSync)) {
			return
		}
		pause := time.NewTimer(eventPause)
		select {
		case <-pause.C:
		case <-end.C:
			return
		}
		for waiting := true; waiting; {
			select {
			case <-changed:
				waiting = false
			case <-pulse.C:
				if _, err := w.WriteString(": still here\n\n"); err != nil || w.Flush() != nil {
					return
				}
			case <-look.C:
				if !still().Policy.Sees(queries.TopicTrust) {
					return
				}
			case <-end.C:
				return
			}
		}
	}
}

// sendEvent sends one state. What a failed stream said of the data is for those alone
// who may start runs.
func (s *server) sendEvent(w *bufio.Writer, state RunState, full bool) bool {
	state.Streams = slices.Clone(state.Streams)
	for i := range state.Streams {
		one := &state.Streams[i]
		if one.Error != "" {
			one.Error = s.runFailure(one.Error, full)
		}
	}
	text, err := json.Marshal(state)
	if err != nil {
		return false
	}
	_, err = w.WriteString("data: " + string(text) + "\n\n")
	return err == nil && w.Flush() == nil
}

func (s *server) runFailure(text string, full bool) string {
	if full {
		return adviceFor(withoutValues(text))
	}
	return "failed"
}
