package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dials/dashboards/audit"
)

// newLocal opens a warehouse of no sources.
func newLocal(t *testing.T) *local {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.toml")
	if err := os.WriteFile(path, []byte("[warehouse]\nmemory_limit = \"1GB\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := openLocal(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// serveOperator serves op on the socket of a warehouse at path and returns it as a
// command finds it.
func serveOperator(t *testing.T, path string, op operator) *remote {
	t.Helper()
	socket, err := listenSocket(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- serveSocket(ctx, slog.New(slog.DiscardHandler), socket, op) }()
	r, err := dialSocket(t.Context(), path)
	if err != nil || r == nil {
		t.Fatal(r, err)
	}
	t.Cleanup(func() {
		stop()
		if err := errors.Join(r.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	return r
}

// Whoever asks is known by what the kernel says, written down, and refused if it is
// somebody else's process or a worker of the server.
func TestOperatorPeers(t *testing.T) {
	l := newLocal(t)
	r := serveOperator(t, l.cfg.Warehouse.Path, l)
	list := func(ctx context.Context, op operator) error {
		_, err := call[auditListResult](ctx, op, "audit list", auditListRequest{}, sink{})
		return err
	}
	if err := list(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	done := l.workers.add(os.Getpid())
	if err := list(t.Context(), r); err == nil || !strings.Contains(err.Error(), "a worker of this server may not ask it") {
		t.Errorf("a worker was answered: %v", err)
	}
	done()
	done = l.workers.add(os.Getppid())
	if err := list(t.Context(), r); err == nil {
		t.Error("what a worker started was answered")
	}
	done()
	for name, p := range map[string]peer{
		"another user": {uid: os.Getuid() + 1, pid: 1},
		"nobody":       {err: errors.New("unknown")},
	} {
		if err := list(context.WithValue(t.Context(), peerKey{}, p), l); err == nil {
			t.Errorf("%s was answered", name)
		}
	}
	if err := list(t.Context(), l); err != nil {
		t.Errorf("this process, without a socket: %v", err)
	}
	records, err := l.audit.List(audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		if r.Kind == audit.Config {
			continue
		}
		got = append(got, string(r.Kind)+" "+r.What)
		if who, known := l.audit.Who(r.Actor); r.Kind == audit.Operator && (!known || who != peerOf(t.Context()).identity()) {
			t.Errorf("record %d is by %v", r.N, who)
		}
	}
	want := "operator audit list" + strings.Repeat(";denied audit list", 4) + ";operator audit list"
	if s := strings.Join(got, ";"); s != want {
		t.Errorf("audit: %s, want %s", s, want)
	}
}

// Only its owner can open the socket, however the process was started.
func TestSocketMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("long/", 30), "a.duckdb")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	serveOperator(t, path, scripted(nil))
	info, err := os.Stat(socketPath(path))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A scripted operator answers by a function.
type scripted func(to sink) ([]byte, error)

func (s scripted) do(_ context.Context, _ string, _ []byte, to sink) ([]byte, error) { return s(to) }
func (scripted) Close() error                                                        { return nil }

// Files arrive byte by byte as they were sent, between progress and result; one
// that breaks off leaves nothing behind.
func TestSocketFiles(t *testing.T) {
	big := bytes.Repeat([]byte("{\"result\":1}\n\x00"), 300_000)
	dir := filepath.Join(t.TempDir(), "new")
	fail := false
	r := serveOperator(t, filepath.Join(t.TempDir(), "a.duckdb"), scripted(func(to sink) ([]byte, error) {
		to.progress(1)
		for _, f := range []struct {
			name    string
			content []byte
		}{{"a.csv", nil}, {"b.csv", big}} {
			size := int64(len(f.content))
			if fail {
				size++
			}
			if err := to.file(f.name, size, bytes.NewReader(f.content)); err != nil {
				return nil, err
			}
			to.progress(2)
		}
		return []byte("7"), nil
	}))
	var progress int
	got, err := call[int](t.Context(), r, "export", nil, sink{progress: func(any) { progress++ }, file: receive(dir)})
	if err != nil || got != 7 || progress != 3 {
		t.Errorf("%d, %d steps, %v", got, progress, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "b.csv"))
	if err != nil || !bytes.Equal(data, big) {
		t.Errorf("%d bytes of %d: %v", len(data), len(big), err)
	}
	fail = true
	other := filepath.Join(t.TempDir(), "other")
	if _, err := call[int](t.Context(), r, "export", nil, sink{file: receive(other)}); err == nil {
		t.Error("a file that broke off is no error")
	}
	if _, err := call[int](t.Context(), r, "sync", nil, sink{}); err == nil {
		t.Error("a file that nobody asked for is no error")
	}
	left, err := os.ReadDir(other)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The server that answers does not choose where a file goes.
func TestReceiveNames(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"../a", "/etc/a", "a/../../b", "a//b", "..", ".", "", ".bashrc", "a/.bashrc"} {
		if err := receive(dir)(name, 1, strings.NewReader("x")); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}

// What is no request gets a short answer.
func TestSocketMalformed(t *testing.T) {
	l := newLocal(t)
	r := serveOperator(t, l.cfg.Warehouse.Path, l)
	for _, tt := range []struct{ method, path, body, want string }{
		{http.MethodGet, "/sync", "", "Method Not Allowed"},
		{http.MethodPost, "/", "", "404 page not found"},
		{http.MethodPost, "/../sync", "", "Temporary Redirect"},
		{http.MethodPost, "/drop", "{}", "no request"},
		{http.MethodPost, "/check", "{", "unexpected EOF"},
		{http.MethodPost, "/check", `{"sql":"drop table x"}`, "unknown field"},
		{http.MethodPost, "/export", `{"names":7}`, "cannot unmarshal"},
		{http.MethodPost, "/check", strings.Repeat(" ", maxRequest+1), "too large"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tt.method, "http://dials"+tt.path, strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := r.client.Transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		text := resp.Status + " " + string(body)
		if err != nil || !strings.Contains(text, tt.want) || len(text) > 500 || strings.Contains(text, "goroutine") {
			t.Errorf("%s %s: %q, %v; want %q", tt.method, tt.path, text, err, tt.want)
		}
	}
}

// connPeer names the process at the other end, not the one that listens.
func TestConnPeer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	child := exec.CommandContext(t.Context(), "python3", "-c", "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); sys.stdin.read()", path)
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Skip(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if p := connPeer(conn); p.err != nil || p.pid != child.Process.Pid || p.uid != os.Getuid() {
		t.Errorf("%+v, want process %d", p, child.Process.Pid)
	}
	if got := parent(child.Process.Pid); got != os.Getpid() {
		t.Errorf("its parent is %d, want %d", got, os.Getpid())
	}
	if err := errors.Join(stdin.Close(), child.Wait()); err != nil {
		t.Error(err)
	}
}

// Whatever a socket answers, reading it ends, in a result or in an error.
func FuzzReadAnswer(f *testing.F) {
	f.Add([]byte("{\"progress\":1}\n{\"file\":{\"name\":\"a\",\"size\":2}}\nab{\"result\":7}\n"))
	f.Add([]byte("{\"file\":{\"name\":\"a\",\"size\":-1}}\n"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		to := sink{progress: func(any) {}, file: func(_ string, size int64, content io.Reader) error {
			_, err := io.CopyN(io.Discard, content, size)
			return err
		}}
		_, _ = readAnswer(bufio.NewReader(bytes.NewReader(data)), to) // only its end matters
	})
}
