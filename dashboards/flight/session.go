package flight

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"dials/dashboards/access"
	"dials/queries"
)

// mostPrepared bounds the prepared statements of one token.
const mostPrepared = 100

// A session is a token that asks, over any number of connections.
type session struct {
	id   string
	ctx  context.Context //nolint:containedctx // ends when the token does
	stop context.CancelFunc

	starting sync.Mutex // of its worker

	mu       sync.Mutex
	links    map[*link]bool
	worker   *process
	prepared map[string]*preparedStatement
	running  map[string]context.CancelFunc // by handle
	tables   *tableList
	seen     time.Time
}

// join returns the session of a token, and notes that it asks over l.
func (s *Server) join(v access.Visitor, l *link) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	ss := s.sessions[v.ID.Subject]
	if ss == nil {
		ss = &session{id: v.ID.Subject, links: map[*link]bool{}, prepared: map[string]*preparedStatement{}, running: map[string]context.CancelFunc{}}
		ss.ctx, ss.stop = context.WithCancel(context.Background())
		s.sessions[ss.id] = ss
	}
	ss.mu.Lock()
	ss.links[l], ss.seen = true, s.Clock()
	ss.mu.Unlock()
	l.mu.Lock()
	l.sessions[ss] = true
	l.mu.Unlock()
	return ss
}

// left ends the sessions that asked over a connection and over no other.
func (s *Server) left(l *link) {
	l.mu.Lock()
	gone := slices.Collect(maps.Keys(l.sessions))
	l.mu.Unlock()
	for _, ss := range gone {
		s.mu.Lock()
		ss.mu.Lock()
		delete(ss.links, l)
		last := len(ss.links) == 0
		ss.mu.Unlock()
		if last {
			s.forget(ss)
		}
		s.mu.Unlock()
		if last {
			ss.end()
		}
	}
}

// forget takes a session off the list. The caller holds mu.
func (s *Server) forget(ss *session) {
	if s.sessions[ss.id] == ss {
		delete(s.sessions, ss.id)
	}
}

// end stops what a session does, and its worker.
func (ss *session) end() {
	ss.stop()
	ss.mu.Lock()
	p := ss.worker
	ss.worker = nil
	ss.mu.Unlock()
	if p != nil {
		p.kill()
	}
}

// cut ends a session with its connections: its token holds no more.
func (s *Server) cut(ss *session) {
	s.mu.Lock()
	s.forget(ss)
	s.mu.Unlock()
	ss.end()
	ss.mu.Lock()
	links := slices.Collect(maps.Keys(ss.links))
	ss.mu.Unlock()
	for _, l := range links {
		_ = l.conn.Close() // it ends either way
	}
}

func (s *Server) all() []*session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.sessions))
}

// close ends every session.
func (s *Server) close() {
	for _, ss := range s.all() {
		s.cut(ss)
	}
}

// watch ends the sessions of tokens that were revoked as soon as they are, of those that
// have expired, and lets go of workers that nobody asks.
func (s *Server) watch(ctx context.Context) {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		changed := s.Access.Store.Changed()
		now := s.Clock()
		for _, ss := range s.all() {
			if _, holds := s.Access.Holds(ss.id, access.ScopeSQL); !holds {
				s.cut(ss)
				continue
			}
			ss.idle(now, time.Duration(s.Config.IdleMinutes)*time.Minute)
		}
		select {
		case <-changed:
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// idle lets the worker go if nothing was asked for a while.
func (ss *session) idle(now time.Time, most time.Duration) {
	ss.mu.Lock()
	p := ss.worker
	if p == nil || len(ss.running) > 0 || now.Sub(ss.seen) < most {
		ss.mu.Unlock()
		return
	}
	ss.worker = nil
	ss.mu.Unlock()
	p.kill()
}

// reader is on whose behalf a call reads.
func (c call) reader() queries.Reader { return queries.Reader{Policy: c.visitor.Policy} }
