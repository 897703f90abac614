package dashboards

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// An Observed is one answered request. It names no reader and none of what they
// asked for.
type Observed struct {
	ID     string // also in the answer's X-Request-Id
	Method string
	Route  string // the pattern, such as "/definitions/:metric"
	Status int
	Total  time.Duration
	Steps  []queries.Step // the queries that it ran
}

// Parts returns what of the total went by in waiting for connections and in
// queries; the rest is rendering and everything else.
func (o Observed) Parts() (wait, query, rest time.Duration) {
	for _, s := range o.Steps {
		wait += s.Wait
		query += s.Run
	}
	return wait, query, max(0, o.Total-wait-query)
}

// observe names each request, measures its parts, tells the reader's browser and
// Options.Observe of them.
func (s *server) observe(c *fiber.Ctx) error {
	start := time.Now()
	id := make([]byte, 8)
	_, _ = rand.Read(id) // it never returns an error
	o := Observed{ID: hex.EncodeToString(id), Method: c.Method()}
	c.Set(fiber.HeaderXRequestID, o.ID)
	ctx, trace := queries.Traced(c.UserContext())
	c.SetUserContext(ctx)
	err := c.Next()
	if err != nil { // answered here, so that its status is known
		err = s.reportError(c, err)
	}
	o.Route, o.Status, o.Total, o.Steps = c.Route().Path, c.Response().StatusCode(), time.Since(start), trace.Steps()
	wait, query, rest := o.Parts()
	c.Set("Server-Timing", fmt.Sprintf("wait;dur=%.1f, query;dur=%.1f, render;dur=%.1f", ms(wait), ms(query), ms(rest)))
	if s.Observe != nil {
		s.Observe(o)
	}
	return err
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
