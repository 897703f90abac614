// Package worker runs SQL that others wrote, in a process of its own, on a snapshot
// that holds what one policy may see and nothing else.
//
// DuckDB is no boundary: a statement can read files, load code, take all memory or
// bring the process down. So the process has nothing to give: an empty environment, no
// open file but the snapshot, external access off, the configuration locked. A
// statement is parsed before it is bound, and refused unless it is a single query of
// the snapshot's tables and of the functions of functions.txt. Time, memory, rows and
// the number of statements are bounded, and who started the process kills it when it
// does not keep to that.
package worker

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// ControlFD is where a worker finds its end of the socket on which it is handed
// connections.
const ControlFD = 3

// Main is the process: it builds its snapshot, closes the doors and answers, until the
// other end of the socket at fd is gone.
func Main(ctx context.Context, fd uintptr) error {
	file := os.NewFile(fd, "control")
	conn, err := net.FileConn(file)
	if err != nil {
		return fmt.Errorf("bi-worker is started by dials serve: %w", err)
	}
	defer conn.Close()
	if err := errors.Join(file.Close(), begin(fd)); err != nil {
		return err
	}
	control, ok := conn.(*net.UnixConn)
	if !ok {
		return errors.New("bi-worker is started by dials serve")
	}
	first, err := take(control)
	if err != nil {
		return err
	}
	var setup Setup
	if err := readRequest(first, &setup); err != nil {
		return err
	}
	w, err := open(ctx, setup)
	if err != nil {
		return errors.Join(writeJSON(first, frameError, Failure{Broken, "the snapshot cannot be made"}), err)
	}
	if err := errors.Join(writeJSON(first, frameDone, Done{}), first.Close()); err != nil {
		return err
	}
	return w.serve(ctx, control)
}

// A worker answers statements.
type worker struct {
	parser *parser
	engine *engine
	tables map[string]bool
	limits Limits
	open   chan struct{} // one per open statement
	end    func()        // ends the process; another is started for the next statement
}

// open makes the snapshot and gives up what only that needed.
func open(ctx context.Context, s Setup) (*worker, error) {
	if err := confine(s.Limits.Memory); err != nil {
		return nil, err
	}
	file, err := build(ctx, s)
	if err != nil {
		return nil, err
	}
	w := &worker{tables: map[string]bool{}, limits: s.Limits, open: make(chan struct{}, max(s.Limits.Statements, 1))}
	for _, t := range s.Tables {
		w.tables[t.Name] = true
	}
	if w.parser, err = openParser(ctx); err != nil {
		return nil, err
	}
	if w.engine, err = openEngine(file, s.Limits); err != nil {
		return nil, err
	}
	if err := os.Remove(file); err != nil { // it stays as long as it is open, and has no name
		return nil, err
	}
	return w, forgetFiles()
}

// serve answers on each connection that it is handed.
func (w *worker) serve(ctx context.Context, control *net.UnixConn) error {
	ctx, stop := context.WithCancelCause(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer stop(errEnding)
	w.end = sync.OnceFunc(func() { _ = control.Close() })
	for {
		conn, err := take(control)
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		work.Go(func() {
			defer conn.Close()
			w.answer(ctx, conn)
		})
	}
}

// answer reads one statement and answers it; a panic is an error of this statement.
func (w *worker) answer(ctx context.Context, conn net.Conn) {
	to := bufio.NewWriterSize(conn, 256<<10)
	rows, err := func() (rows int64, err error) {
		defer func() {
			if r := recover(); r != nil {
				err = &Failure{Broken, "the statement failed"}
			}
		}()
		var req Request
		if err := readRequest(conn, &req); err != nil {
			return 0, &Failure{Wrong, "the request cannot be read"}
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		go func() { // who asked says nothing more: whatever comes is that they left
			_, _ = conn.Read(make([]byte, 1))
			cancel()
		}()
		return w.run(ctx, req, to)
	}()
	if err != nil {
		failure := &Failure{Broken, "the statement failed"}
		errors.As(err, &failure)
		_ = writeJSON(to, frameError, failure) // who asked may have left
	} else {
		_ = writeJSON(to, frameDone, Done{rows})
	}
	_ = to.Flush()
}

func (w *worker) run(ctx context.Context, req Request, to *bufio.Writer) (int64, error) {
	select {
	case w.open <- struct{}{}:
		defer func() { <-w.open }()
	default:
		return 0, &Failure{Busy, fmt.Sprintf("busy: %d statements of this connection are open already", cap(w.open))}
	}
	if err := checkText(req.SQL); err != nil {
		return 0, err
	}
	tree, err := w.parser.tree(ctx, req.SQL)
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, failed(ctx, "", w.limits)
	case err != nil: // not even that: greedy statements have left no memory
		w.end()
		return 0, errEnding
	}
	var answer Answer
	if answer.Tables, err = check([]byte(tree), w.tables); err != nil {
		return 0, err
	}
	binding, bound := context.WithTimeoutCause(ctx, w.limits.Deadline, context.DeadlineExceeded)
	defer bound()
	p, err := w.engine.prepare(binding, req.SQL)
	if err != nil {
		return 0, err
	}
	defer p.close()
	if req.IsDescribe {
		if answer.Columns, err = schemaBytes(p.columns); err != nil {
			return 0, err
		}
		if answer.Params, err = schemaBytes(p.params); err != nil {
			return 0, err
		}
		return 0, writeJSON(to, frameAnswer, answer)
	}
	begin := func() error {
		return errors.Join(writeJSON(to, frameAnswer, answer), to.Flush())
	}
	return p.write(ctx, req.Params, begin, arrowFrames{to})
}

// arrowFrames writes an Arrow stream as frames.
type arrowFrames struct{ to io.Writer }

// Write writes frames of a size that readers take.
func (w arrowFrames) Write(p []byte) (int, error) {
	n := len(p)
	for ; len(p) > 0; p = p[min(len(p), mostFrame/64):] {
		if err := writeFrame(w.to, frameArrow, p[:min(len(p), mostFrame/64)]); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// schemaBytes is a schema as an Arrow stream without batches.
func schemaBytes(schema *arrow.Schema) ([]byte, error) {
	var b bytes.Buffer
	w := ipc.NewWriter(&b, ipc.WithSchema(schema))
	err := w.Close()
	return b.Bytes(), err
}

// Ready reads the answer to a setup.
func Ready(r io.Reader) error {
	reader := NewReader(r)
	letter, n, err := reader.frame()
	if err != nil {
		return err
	}
	if letter != frameDone {
		return errEnded
	}
	var d Done
	return reader.json(n, &d)
}

// ReadSchema reads a schema of an Answer.
func ReadSchema(stream []byte) (*arrow.Schema, error) {
	r, err := ipc.NewReader(bytes.NewReader(stream))
	if err != nil {
		return nil, errEnded
	}
	defer r.Release()
	return r.Schema(), nil
}
