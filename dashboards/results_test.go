package dashboards

import (
	"os"
	"testing"
)

func TestResultsPage(t *testing.T) {
	resp, body := get(t, serveFixture(t), "/")
	os.WriteFile("/tmp/pages/page.html", []byte(body), 0o666)
	if resp.StatusCode != 200 {
		t.Fatalf("%s\n%s", resp.Status, body)
	}
}
