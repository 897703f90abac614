package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the program, compiled once for all tests, in a folder that TestMain makes and removes.
var built struct {
	once sync.Once
	dir  string
	err  error
}

// buildDials compiles the program as make build does and returns its path.
func buildDials(tb testing.TB) string {
	tb.Helper()
	built.once.Do(func() {
		if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", built.dir, ".").CombinedOutput(); err != nil {
			built.err = fmt.Errorf("go build: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		tb.Fatal(built.err)
	}
	return filepath.Join(built.dir, "dials")
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

// launch starts "dials serve" on a free port, whose log goes to log, and returns it and
// its address, such as http://127.0.0.1:12345.
func launch(tb testing.TB, bin, config string, log io.Writer) (*exec.Cmd, string) {
	tb.Helper()
	// The server outlives the test's context, so that it can be asked to stop.
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), bin, "serve", "--config", config, "--listen", "127.0.0.1:0")
	cmd.Stderr = log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	_, address, ok := strings.Cut(strings.TrimSpace(line), "open ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		tb.Fatalf("the server said %q, %v, %v", line, err, cmd.Wait())
	}
	return cmd, address
}

// startServer launches a server and returns its address. It is stopped, as an operator
// would, when the test ends, and must then end well.
func startServer(tb testing.TB, bin, config string) string {
	tb.Helper()
	cmd, address := launch(tb, bin, config, os.Stderr)
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
	return address
}
