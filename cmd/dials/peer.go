package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"

	"dials/dashboards/audit"
)

// A peer is the process that asks the operator for something, as the kernel
// vouches for it.
type peer struct {
	uid, pid int
	err      error // why it is not known
}

func (p peer) identity() audit.Identity {
	if p.err != nil {
		return audit.Identity{}
	}
	return audit.Identity{Issuer: "uid", Subject: strconv.Itoa(p.uid)}
}

func (p peer) address() string { return "pid " + strconv.Itoa(p.pid) }

type peerKey struct{}

// withPeer marks the request's context with who is at the other end of conn.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	return context.WithValue(ctx, peerKey{}, connPeer(conn))
}

// peerOf returns who asks: the other end of the socket, or this process itself.
func peerOf(ctx context.Context) peer {
	if p, ok := ctx.Value(peerKey{}).(peer); ok {
		return p
	}
	return peer{uid: os.Getuid(), pid: os.Getpid()}
}

// refuse says why p may not ask the operator: only the owner of this process and
// root may, and none of the workers that this process started to run what others
// wrote.
func (l *local) refuse(p peer) error {
	switch {
	case p.err != nil:
		return fmt.Errorf("operator socket: %w", p.err)
	case p.uid != os.Getuid() && p.uid != 0:
		return fmt.Errorf("operator socket: user %d is not the owner of this server", p.uid)
	case l.workers.hold(p.pid):
		return errors.New("operator socket: a worker of this server may not ask it")
	}
	return nil
}

// workers are the processes that the server started to run what others wrote.
type workers struct {
	mu   sync.Mutex
	pids map[int]bool
}

// add registers a worker, until the function that it returns is called.
func (w *workers) add(pid int) (remove func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pids == nil {
		w.pids = map[int]bool{}
	}
	w.pids[pid] = true
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.pids, pid)
	}
}

// hold says whether pid is a worker or was started by one.
func (w *workers) hold(pid int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.pids) > 0 && pid > 1 {
		if w.pids[pid] {
			return true
		}
		pid = parent(pid)
	}
	return false
}
