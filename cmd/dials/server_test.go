package main

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// buildDials compiles the program as make build does and returns its path.
func buildDials(tb testing.TB) string {
	tb.Helper()
	bin := filepath.Join(tb.TempDir(), "dials")
	out, err := exec.CommandContext(tb.Context(), "go", "build", "-o", bin, ".").CombinedOutput()
	if err != nil {
		tb.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// mustRun runs the program, which must end with exit code 0, and returns what it
// printed.
func mustRun(tb testing.TB, bin string, args ...string) string {
	tb.Helper()
	cmd := exec.CommandContext(tb.Context(), bin, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		tb.Fatalf("dials %s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}

// startServer starts "dials serve" on a free port and returns its address, such
// as http://127.0.0.1:12345. It is stopped, as an operator would, when the test
// ends, and must then end well.
func startServer(tb testing.TB, bin, config string) string {
	tb.Helper()
	// The server outlives the test's context, so that it can be asked to stop.
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), bin, "serve", "--config", config, "--listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			tb.Errorf("stop the server: %v", err)
		}
		stuck := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
		defer stuck.Stop()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the server ended with: %v", err)
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "open ")
	if err != nil || !ok {
		tb.Fatalf("the server said %q, %v", line, err)
	}
	return address
}
