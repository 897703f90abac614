package dashboards

import (
	"strings"
	"testing"
)

// However an address is written, it reaches no file of the machine.
func TestPathTraversal(t *testing.T) {
	app := serveFixture(t)
	for _, before := range []string{"/", "/static/", "/definitions/", "/extracts/", "/api/v1/pages/", "/register/"} {
		for _, path := range []string{
			"../../../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cetc%5cpasswd",
			"..%252f..%252fetc%252fpasswd", "....//....//etc/passwd", "%00/etc/passwd", "/etc/passwd", "app.js%00.css", "../app.go", "../layout.html",
			"%c0%ae%c0%ae/etc/passwd", "file:///etc/passwd",
		} {
			resp, body := get(t, app, before+path)
			if resp.StatusCode < 300 || resp.StatusCode >= 500 {
				t.Errorf("%s%s: %s", before, path, resp.Status)
			}
			for _, leak := range []string{"root:x:", "package dashboards", `{{define`, "goroutine"} {
				if strings.Contains(body, leak) {
					t.Errorf("%s%s holds %q", before, path, leak)
				}
			}
		}
	}
}
