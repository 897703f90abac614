package ingesttest

import (
	"bufio"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Prism starts a server that answers as an OpenAPI file says and refuses what the file
// does not allow, and returns its address. The file lies in shared/specs beside the
// project; the test is skipped, and says so, where that or Prism is not there.
func Prism(t testing.TB, root, spec string) *url.URL {
	t.Helper()
	spec = filepath.Join(root, "..", "shared", "specs", spec)
	if _, err := os.Stat(spec); err != nil {
		t.Skipf("skipped: the vendor's file %s is not there", spec)
	}
	node, err := exec.LookPath("node")
	script := filepath.Join(root, "build", "prism", "node_modules", "@stoplight", "prism-cli", "dist", "index.js")
	if err == nil {
		_, err = os.Stat(script)
	}
	if err != nil {
		t.Skip("skipped: Prism is not installed in build/prism: make deps")
	}
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, _ := strings.Cut(address, ":")
	cmd := exec.CommandContext(t.Context(), node, script, "mock", "-h", "127.0.0.1", "-p", port, spec)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Prism is listening") {
			go func() {
				for lines.Scan() { // what it says must be read, for it to go on
				}
			}()
			return &url.URL{Scheme: "http", Host: address}
		}
	}
	t.Fatalf("Prism did not start: %v", lines.Err())
	return nil
}

// Refused reports the requests of which Prism says that the file does not allow them,
// for a proxy before it. What is wrong with the file's own examples is the vendor's.
func Refused(t testing.TB) func(*http.Response) error {
	return func(r *http.Response) error {
		var violations []struct {
			Location []string `json:"location"`
			Severity string   `json:"severity"`
			Message  string   `json:"message"`
		}
		_ = json.Unmarshal([]byte(r.Header.Get("Sl-Violations")), &violations)
		for _, v := range violations {
			if len(v.Location) > 0 && v.Location[0] == "request" && v.Severity == "Error" {
				t.Errorf("%s %s: %s: %s", r.Request.Method, r.Request.URL, strings.Join(v.Location, "."), v.Message)
			}
		}
		if r.StatusCode >= http.StatusBadRequest {
			t.Errorf("%s %s: Prism answers %d", r.Request.Method, r.Request.URL, r.StatusCode)
		}
		return nil
	}
}
