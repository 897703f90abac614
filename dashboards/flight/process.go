package flight

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"dials/dashboards/flight/worker"
	"dials/queries"
)

// grace is how long after its deadline a statement is waited for.
const grace = 3 * time.Second

// buildTime bounds how long a snapshot may take.
const buildTime = 2 * time.Minute

// A process is a worker that runs.
type process struct {
	key     string // what its snapshot was made of
	control *net.UnixConn
	limits  worker.Limits
	stop    func() // kills it
	done    chan struct{}
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// kill ends the process and waits for its end.
func (p *process) kill() {
	p.stop()
	<-p.done
}

// workerOf returns the worker of a call's token, started if there is none, if it has
// died, or if it holds other data than the policy shows now.
func (s *Server) workerOf(ctx context.Context, c call) (*process, error) {
	version, err := s.Marts.Version(ctx)
	if err != nil {
		return nil, s.broken(ctx, err)
	}
	key := fmt.Sprintf("%d %s", version, c.visitor.Policy.GroupKey())
	ss := c.session
	ss.starting.Lock()
	defer ss.starting.Unlock()
	ss.mu.Lock()
	p, busy := ss.worker, len(ss.running) > 1 // this call is one
	ss.mu.Unlock()
	if p != nil && p.alive() && (p.key == key || busy && samePolicy(p.key, key)) {
		return p, nil // statements that run see one version to their end
	}
	if p != nil {
		p.kill()
	}
	if !s.enter() {
		return nil, status.Errorf(codes.ResourceExhausted, "busy: %d connections compute already, try again later", mostWorkers)
	}
	p, err = s.start(ctx, c, key)
	if err != nil {
		return nil, s.broken(ctx, err)
	}
	ss.mu.Lock()
	ss.worker = p
	ss.mu.Unlock()
	if ss.ctx.Err() != nil { // the token ended meanwhile
		p.kill()
		return nil, status.Error(codes.Unauthenticated, errRevoked.Error())
	}
	return p, nil
}

func samePolicy(a, b string) bool {
	_, a, _ = strings.Cut(a, " ")
	_, b, _ = strings.Cut(b, " ")
	return a == b
}

// enter takes one of the places for workers, which leave gives back.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.workers >= mostWorkers {
		return false
	}
	s.workers++
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers--
}

// start starts a worker on a fresh snapshot. The caller has entered.
func (s *Server) start(ctx context.Context, c call, key string) (_ *process, err error) {
	ctx, cancel := context.WithTimeout(ctx, buildTime)
	defer cancel()
	dir, err := os.MkdirTemp(s.Scratch, "worker-")
	if err != nil {
		s.leave()
		return nil, err
	}
	tables, err := s.materialise(ctx, c.reader(), dir)
	if err != nil {
		s.leave()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p, err := s.spawn(key, dir)
	if err != nil {
		return nil, err
	}
	if err := p.setUp(ctx, worker.Setup{Dir: dir, Tables: tables, Limits: s.limits}); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

// spawn starts the process and watches it to its end.
func (s *Server) spawn(key, dir string) (_ *process, err error) {
	undo := func(err error) (*process, error) {
		s.leave()
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	cmd, err := s.Worker()
	if err != nil {
		return undo(err)
	}
	control, theirs, err := worker.Pair()
	if err != nil {
		return undo(err)
	}
	defer theirs.Close()
	said := &firstLine{}
	cmd.Env, cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = []string{}, dir, nil, nil, said
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.WaitDelay = time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // what stops the server from a terminal is not the workers' to hear
	if err := cmd.Start(); err != nil {
		return undo(errors.Join(err, control.Close()))
	}
	ended := func() {}
	if s.Started != nil {
		ended = s.Started(cmd.Process.Pid)
	}
	p := &process{key: key, control: control, limits: s.limits, done: make(chan struct{})}
	var stopping sync.Once
	killed := make(chan struct{})
	p.stop = func() {
		stopping.Do(func() {
			close(killed)
			_ = cmd.Process.Kill() // it may have ended
		})
	}
	log := s.Log
	s.ended.Go(func() {
		defer close(p.done)
		err := cmd.Wait()
		ended()
		s.leave()
		_ = control.Close()
		if failed := os.RemoveAll(dir); failed != nil {
			log.Error("flight sql: worker's folder", "err", failed)
		}
		select {
		case <-killed:
		default:
			log.Warn("flight sql: a worker ended by itself", "err", err, "said", said.String())
		}
	})
	return p, nil
}

// setUp hands the process what it serves and waits until it does.
func (p *process) setUp(ctx context.Context, s worker.Setup) error {
	conn, err := worker.Dial(p.control)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	if err := worker.Send(conn, s); err != nil {
		return err
	}
	return worker.Ready(conn)
}

// materialise writes what reader may see of each extract to files in dir.
func (s *Server) materialise(ctx context.Context, reader queries.Reader, dir string) ([]worker.Table, error) {
	s.building.Lock()
	defer s.building.Unlock()
	var tables []worker.Table
	for _, e := range s.catalogue {
		cut, err := s.cutOf(ctx, reader, e)
		if err != nil {
			return nil, err
		}
		if cut == nil {
			continue
		}
		file := filepath.Join(dir, e.Name+".parquet")
		if _, err := cut.Parquet(ctx, file, cut.About); err != nil {
			return nil, err
		}
		t := worker.Table{Name: e.Name, File: file, Says: e.Title + ": one row is " + e.Grain + ".", Columns: map[string]string{}}
		for _, column := range cut.Columns {
			t.Columns[column.Name] = remarks(column)
		}
		tables = append(tables, t)
	}
	if len(tables) == 0 {
		return nil, queries.ErrNotAllowed
	}
	return tables, nil
}

// cutOf is what reader may take of an extract; nil if that is nothing.
func (s *Server) cutOf(ctx context.Context, reader queries.Reader, e queries.Extract) (*queries.Cut, error) {
	if e.IsPerson() || !reader.Policy.Can(queries.ActionExtract) || !reader.Policy.May(e.Topic, e.Class) {
		return nil, nil
	}
	cut, err := s.Marts.Cut(ctx, reader, e, queries.Choice{})
	if errors.Is(err, queries.ErrNotAllowed) || errors.Is(err, queries.ErrNotBuilt) {
		return nil, nil
	}
	return cut, err
}

// An answer is a statement that a worker answers.
type answer struct {
	worker.Answer
	*worker.Reader
	close func()
}

// errGone is that a worker has ended before it answered a statement.
var errGone = errors.New("the worker is gone")

// ask has the worker of a call answer a statement, another one if that is gone.
func (s *Server) ask(ctx context.Context, c call, req worker.Request) (*process, *answer, error) {
	for again := true; ; again = false {
		p, err := s.workerOf(ctx, c)
		if err != nil {
			return nil, nil, err
		}
		a, err := p.ask(ctx, req)
		if !again || !errors.Is(err, errGone) {
			return p, a, err
		}
		p.kill()
	}
}

// ask hands a statement to the worker and waits for its description.
func (p *process) ask(ctx context.Context, req worker.Request) (*answer, error) {
	conn, err := worker.Dial(p.control)
	if err != nil {
		return nil, errors.Join(errGone, err)
	}
	unstop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	a := &answer{close: func() { unstop(); _ = conn.Close() }}
	if err := worker.Send(conn, req); err != nil {
		a.close()
		return nil, err
	}
	a.Reader = worker.NewReader(&patient{conn, p, ctx})
	if a.Answer, err = a.Reader.Answer(); err != nil {
		a.close()
		var f *worker.Failure
		if errors.As(err, &f) && f.Kind == worker.Gone {
			err = errors.Join(errGone, err)
		}
		return nil, err
	}
	return a, nil
}

// patient reads from a worker, and kills it when it says nothing for longer than any
// statement may take.
type patient struct {
	conn net.Conn
	p    *process
	ctx  context.Context //nolint:containedctx // of the statement
}

// Read reads what the worker said.
func (r *patient) Read(b []byte) (int, error) {
	if err := r.conn.SetReadDeadline(time.Now().Add(r.p.limits.Deadline + grace)); err != nil {
		return 0, err
	}
	n, err := r.conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		r.p.stop()
	}
	if err != nil && r.ctx.Err() != nil {
		err = context.Cause(r.ctx)
	}
	return n, err
}

// firstLine keeps the beginning of what a worker says of its end; the rest may hold data.
type firstLine struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what was said.
func (f *firstLine) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.text.Write(p[:min(len(p), max(0, 500-f.text.Len()))])
	return len(p), nil
}

func (f *firstLine) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	line, _, _ := strings.Cut(f.text.String(), "\n")
	return line
}
