package dashboards

import (
	"regexp"
	"testing"

	"github.com/gofiber/fiber/v2"
)

// Each answer says how long its parts took and what the log calls it.
func TestServerTiming(t *testing.T) {
	var seen []Observed
	app, err := New(Options{DB: fixture(t).DB(), Company: fixtureCompany, Clock: clock, Observe: func(r Observed) { seen = append(seen, r) }})
	if err != nil {
		t.Fatal(err)
	}
	for path, route := range map[string]string{"/strategic-results": "/strategic-results", "/definitions/dial": "/definitions/:metric", "/nowhere": "/"} {
		seen = nil
		resp, _ := get(t, app, path)
		if !regexp.MustCompile(`^wait;dur=[\d.]+, query;dur=[\d.]+, render;dur=[\d.]+$`).MatchString(resp.Header.Get("Server-Timing")) {
			t.Errorf("%s: Server-Timing %q", path, resp.Header.Get("Server-Timing"))
		}
		if len(seen) != 1 {
			t.Fatalf("%s: observed %d times", path, len(seen))
		}
		if seen[0].ID == "" || seen[0].ID != resp.Header.Get(fiber.HeaderXRequestID) || seen[0].Status != resp.StatusCode || seen[0].Route != route {
			t.Errorf("%s: %+v, header %q", path, seen[0], resp.Header.Get(fiber.HeaderXRequestID))
		}
	}
}
