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
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// The running server owns the DuckDB file, so "dials sync", "check" and
// "export" reach it through a Unix socket beside the file, which only the owner
// of the process may open. One request is one HTTP POST of JSON; the answer is
// one JSON event a line: progress, then the result or an error.

// An event is one line of the socket's answer.
type event struct {
	Progress json.RawMessage `json:"progress,omitempty"`
	Result   json.RawMessage `json:"result,omitempty"`
	Error    string          `json:"error,omitempty"`
}

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
func serveSocket(ctx context.Context, l net.Listener, op operator) error {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sync", handle(op.Sync))
	mux.HandleFunc("POST /check", handle(op.Check))
	mux.HandleFunc("POST /export", handle(op.Export))
	server := &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
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

// handle answers one request by one of the operator's methods.
func handle[Request, Result any](do func(context.Context, Request, report) (Result, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		enc := json.NewEncoder(w)
		send := func(e event) {
			if err := enc.Encode(e); err != nil {
				return // the client left; its request's context ends the work
			}
			_ = http.NewResponseController(w).Flush()
		}
		var req Request
		if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&req); err != nil {
			send(event{Error: "request: " + err.Error()})
			return
		}
		slog.Info("operator request", "path", r.URL.Path)
		result, err := do(r.Context(), req, func(progress any) {
			if line, err := json.Marshal(progress); err == nil {
				send(event{Progress: line})
			}
		})
		if err != nil {
			send(event{Error: err.Error()})
			return
		}
		line, err := json.Marshal(result)
		if err != nil {
			send(event{Error: err.Error()})
			return
		}
		send(event{Result: line})
	}
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

func (r *remote) Sync(ctx context.Context, req syncRequest, progress report) (syncResult, error) {
	return ask[syncResult](ctx, r, "/sync", req, progress)
}

func (r *remote) Check(ctx context.Context, req checkRequest, progress report) (checkResult, error) {
	return ask[checkResult](ctx, r, "/check", req, progress)
}

func (r *remote) Export(ctx context.Context, req exportRequest, progress report) (exportResult, error) {
	return ask[exportResult](ctx, r, "/export", req, progress)
}

func (r *remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// ask posts req to the server and returns its result.
func ask[Result any](ctx context.Context, r *remote, path string, req any, progress report) (result Result, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return result, err
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://dials"+path, bytes.NewReader(body))
	if err != nil {
		return result, err
	}
	resp, err := r.client.Do(post)
	if err != nil {
		return result, fmt.Errorf("running server: %w", err)
	}
	defer resp.Body.Close()
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return result, fmt.Errorf("running server: it ended before it answered: %w", err)
		}
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return result, fmt.Errorf("running server: %w", err)
		}
		switch {
		case e.Progress != nil:
			progress(e.Progress)
		case e.Error != "":
			return result, errors.New(e.Error)
		default:
			return result, json.Unmarshal(e.Result, &result)
		}
	}
}
