package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// stopServer holds that a server that is told to stop lets a download end whole or break
// off aloud, never cut and seemingly whole, and that an export says if it failed; and
// that a second signal ends it at once.
func stopServer(t *testing.T, bin, config string) {
	const extract = "/extracts/dial_monthly.csv"
	server, address, log := serveUntilStopped(t, bin, config)
	whole := download(t, address+extract)

	begun, err := http.Get(address + extract)
	if err != nil {
		t.Fatal(err)
	}
	defer begun.Body.Close()
	out := filepath.Join(t.TempDir(), "out")
	export := exec.CommandContext(t.Context(), bin, "export", "--all", "--format", "parquet", "--out", out, "--config", config)
	var said bytes.Buffer
	export.Stderr = &said
	if err := export.Start(); err != nil {
		t.Fatal(err)
	}
	for wait := time.NewTicker(5 * time.Millisecond); ; <-wait.C { // until it writes
		if found, _ := filepath.Glob(filepath.Join(out, "*")); len(found) > 0 {
			break
		}
	}
	if err := server.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(begun.Body); err == nil && !bytes.Equal(got, whole) {
		t.Errorf("a download was cut after %d of %d bytes and did not say so", len(got), len(whole))
	}
	ended := export.Wait()
	_, err = os.Stat(filepath.Join(out, "manifest.json"))
	if (ended == nil) != (err == nil) || ended != nil && said.Len() == 0 {
		t.Errorf("the export ended with %v, %s, and its manifest: %v", ended, &said, err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("the server ended with %v\n%s", err, log)
	}

	// Half a request keeps the server from ending by itself.
	server, address, log = serveUntilStopped(t, bin, config)
	half, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer half.Close()
	const head = "POST / HTTP/1.1\r\nHost: dials\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n"
	if _, err := half.Write([]byte(head)); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(half).ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") { // it waits for the body
		t.Fatalf("%q %v", line, err)
	}
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	gone := make(chan error, 1)
	go func() { gone <- server.Wait() }()
	for {
		_ = server.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-gone:
			var status *exec.ExitError
			if !errors.As(err, &status) || status.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
				t.Errorf("the server ended with %v\n%s", err, log)
			}
			return
		case <-again.C:
		}
	}
}

// serveUntilStopped starts a server that the test stops itself, and waits for its page.
func serveUntilStopped(t *testing.T, bin, config string) (*exec.Cmd, string, *bytes.Buffer) {
	t.Helper()
	log := new(bytes.Buffer)
	cmd, address := launch(t, bin, config, log)
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for wait := time.NewTicker(20 * time.Millisecond); ; <-wait.C {
		if status, _, err := visit(t.Context(), address+"/strategic-results"); err == nil && status == http.StatusOK {
			return cmd, address, log
		}
		if t.Context().Err() != nil {
			t.Fatal(log)
		}
	}
}

func download(t *testing.T, url string) []byte {
	t.Helper()
	status, body, err := visit(t.Context(), url)
	if err != nil || status != http.StatusOK || !strings.Contains(body, "\n") {
		t.Fatalf("%s: %d %v", url, status, err)
	}
	return []byte(body)
}
