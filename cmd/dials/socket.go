package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// The running server owns the DuckDB file, so commands reach it through a Unix
// socket beside the file, which only the owner of the process may open. One request
// is one HTTP POST of JSON; the answer is one JSON event a line: progress, files,
// then the result or an error.

// An event is one line of the socket's answer.
type event struct {
	Progress json.RawMessage `json:"progress,omitempty"`
	File     *fileEvent      `json:"file,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
}

// A fileEvent announces a file, whose bytes follow its line.
type fileEvent struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// maxRequest bounds the JSON of a request.
const maxRequest = 1 << 20

// socketPath is where the server that owns the warehouse at path listens.
func socketPath(path string) string { return path + ".sock" }

// maxSocketPath is what fits into sockaddr_un on Linux and macOS.
const maxSocketPath = 100

// shortPath returns a name of path that fits into a socket address: where the
// folder's name is too long it is reached through an open descriptor of it.
func shortPath(path string) (string, func(), error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	short := fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	return short, func() { dir.Close() }, nil
}

// listenSocket opens the operator's socket of the warehouse at path. A socket
// left by a dead process is replaced: the caller holds the DuckDB file, so no
// living server can be behind it.
func listenSocket(ctx context.Context, path string) (net.Listener, error) {
	name, done, err := shortPath(socketPath(path))
	if err != nil {
		return nil, err
	}
	defer done()
	if err := os.Remove(socketPath(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	// The mask, not a later chmod, keeps others out from the first moment.
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	l, err := new(net.ListenConfig).Listen(ctx, "unix", name)
	if err != nil {
		return nil, fmt.Errorf("operator socket %s: %w", socketPath(path), err)
	}
	return l, nil
}

// serveSocket answers on l what op can do, until ctx ends.
func serveSocket(ctx context.Context, log *slog.Logger, l net.Listener, op operator) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{request}", func(w http.ResponseWriter, r *http.Request) { answerSocket(w, r, log, op) })
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		MaxHeaderBytes:    8 << 10,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       withPeer,
	}
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		_ = server.Shutdown(grace) // a request that outlasts the grace is cut off by Close of its listener
	})
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// answerSocket answers one request.
func answerSocket(w http.ResponseWriter, r *http.Request, log *slog.Logger, op operator) {
	a := &socketAnswer{w: w}
	name := r.PathValue("request")
	log.Info("operator request", "name", name)
	request, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		a.tell(event{Error: "request: " + err.Error()})
		return
	}
	result, err := op.do(r.Context(), name, request, sink{progress: a.progress, file: a.file})
	if err != nil {
		a.tell(event{Error: err.Error()})
		return
	}
	a.tell(event{Result: result})
}

// A socketAnswer writes events to whoever asked; progress comes from many at once.
type socketAnswer struct {
	mu sync.Mutex
	w  http.ResponseWriter
}

func (a *socketAnswer) tell(e event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.write(e)
}

func (a *socketAnswer) write(e event) {
	if err := json.NewEncoder(a.w).Encode(e); err != nil {
		return // the client left; its request's context ends the work
	}
	_ = http.NewResponseController(a.w).Flush()
}

func (a *socketAnswer) progress(progress any) {
	if line, err := json.Marshal(progress); err == nil {
		a.tell(event{Progress: line})
	}
}

func (a *socketAnswer) file(name string, size int64, content io.Reader) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.write(event{File: &fileEvent{name, size}})
	if _, err := io.CopyN(a.w, content, size); err != nil {
		// The reader counts on size bytes: no event can follow.
		panic(http.ErrAbortHandler)
	}
	return nil
}

// remote is the operator's work done by the running server.
type remote struct{ client *http.Client }

// dialSocket returns the server that owns the warehouse at path, or nil if none
// is running.
func dialSocket(ctx context.Context, path string) (*remote, error) {
	dial := func(ctx context.Context) (net.Conn, error) {
		name, done, err := shortPath(socketPath(path))
		if err != nil {
			return nil, err
		}
		defer done()
		return new(net.Dialer).DialContext(ctx, "unix", name)
	}
	conn, err := dial(ctx)
	switch {
	case errors.Is(err, os.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("operator socket %s: %w", socketPath(path), err)
	}
	conn.Close()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}
	return &remote{&http.Client{Transport: transport}}, nil
}

func (r *remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// do posts the request to the server and returns its result.
func (r *remote) do(ctx context.Context, name string, request []byte, to sink) ([]byte, error) {
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://dials/"+url.PathEscape(name), bytes.NewReader(request))
	if err != nil {
		return nil, err
	}
	resp, err := r.client.Do(post)
	if err != nil {
		return nil, fmt.Errorf("running server: %w", err)
	}
	defer resp.Body.Close()
	result, err := readAnswer(bufio.NewReader(resp.Body), to)
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("running server: it ended before it answered: %w", err)
	}
	return result, err
}

// readAnswer reads events up to the result or the error.
func readAnswer(lines *bufio.Reader, to sink) ([]byte, error) {
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("running server: %w", err)
		}
		switch {
		case e.Progress != nil:
			if to.progress != nil {
				to.progress(e.Progress)
			}
		case e.File != nil:
			content := &io.LimitedReader{R: lines, N: e.File.Size}
			if to.file == nil || e.File.Size < 0 {
				return nil, fmt.Errorf("running server: it sends a file %q that was not asked for", e.File.Name)
			}
			if err := to.file(e.File.Name, e.File.Size, content); err != nil {
				return nil, err
			}
			if content.N > 0 {
				return nil, fmt.Errorf("file %s: it ends %d bytes early", e.File.Name, content.N)
			}
		case e.Error != "":
			return nil, errors.New(e.Error)
		default:
			return e.Result, nil
		}
	}
}
