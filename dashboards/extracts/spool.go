package extracts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync"

	"dials/queries"
)

// A spool is a file that is read from the front while it is written.
type spool struct {
	path    string
	started chan struct{} // closed when rows are known, or the spool has failed
	done    chan struct{} // closed when the file is whole, or the spool has failed

	mu      sync.Mutex
	grown   *sync.Cond
	file    *os.File
	sum     hash.Hash
	size    int64
	rows    queries.Rows
	version int64
	etag    string // of the whole file
	err     error
	ended   bool
	holders int // clients that hold the spool; without any an unfinished one is given up
	dropped bool
	cancel  context.CancelFunc
}

func newSpool(path string, cancel context.CancelFunc) *spool {
	sp := &spool{path: path, started: make(chan struct{}), done: make(chan struct{}), sum: sha256.New(), cancel: cancel}
	sp.grown = sync.NewCond(&sp.mu)
	return sp
}

// fill runs write and ends the spool as it ended. A panic in it is an error of this
// spool alone.
func (sp *spool) fill(write func(*spool) error) {
	err := func() (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("extract: %v", r)
			}
		}()
		if err := sp.create(); err != nil {
			return err
		}
		return write(sp)
	}()
	sp.end(err)
}

func (sp *spool) create() error {
	file, err := os.OpenFile(sp.path, os.O_CREATE|os.O_RDWR|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.file = file
	return nil
}

// begin says how many rows there will be.
func (sp *spool) begin(rows queries.Rows, version int64) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.rows, sp.version = rows, version
	sp.start()
}

func (sp *spool) start() {
	select {
	case <-sp.started:
	default:
		close(sp.started)
	}
}

// Write appends to the file and wakes its readers.
func (sp *spool) Write(p []byte) (int, error) {
	n, err := sp.file.Write(p)
	_, _ = sp.sum.Write(p[:n]) // a hash never fails
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.size += int64(n)
	sp.grown.Broadcast()
	return n, err
}

// adopt makes the file at path, which is whole, that of the spool.
func (sp *spool) adopt(path string) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	size, err := io.Copy(sp.sum, file)
	if err == nil {
		err = os.Rename(path, sp.path)
	}
	if err != nil {
		return errors.Join(err, file.Close())
	}
	sp.mu.Lock()
	defer sp.mu.Unlock()
	err = sp.file.Close()
	sp.file, sp.size = file, size
	return err
}

// end closes the spool for writing.
func (sp *spool) end(err error) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.err, sp.ended = err, true
	if err == nil {
		sp.etag = `"` + hex.EncodeToString(sp.sum.Sum(nil)) + `"`
	}
	sp.start()
	close(sp.done)
	sp.grown.Broadcast()
	sp.cancel()
	sp.tidy()
}

// tidy closes the file once nobody will read it any more. The caller holds mu.
func (sp *spool) tidy() {
	if sp.dropped && sp.ended && sp.holders == 0 && sp.file != nil {
		_ = sp.file.Close() // it was only read
		sp.file = nil
	}
}

// drop removes the file's name; who holds the spool reads on.
func (sp *spool) drop() {
	_ = os.Remove(sp.path) // it is not there if it was never begun
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.dropped = true
	sp.tidy()
}

func (sp *spool) failure() error {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return sp.err
}

// whole returns the size and the tag of a spool that is complete.
func (sp *spool) whole() (size int64, etag string, ok bool) {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	return sp.size, sp.etag, sp.ended && sp.err == nil
}

// release gives the spool up; the last one to do so ends the work on it.
func (sp *spool) release() {
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.holders--
	if sp.holders == 0 && !sp.ended {
		sp.cancel()
	}
	sp.tidy()
}

// A follower reads a spool from one offset to another, waiting for what is not
// written yet. A negative end is the end of the file.
type follower struct {
	sp       *spool
	at, end  int64
	released sync.Once
}

// Read returns the spool's error, never EOF, where the file ends too early.
func (f *follower) Read(p []byte) (int, error) {
	sp := f.sp
	sp.mu.Lock()
	for f.at >= sp.size && !sp.ended {
		sp.grown.Wait()
	}
	size, err, file := sp.size, sp.err, sp.file
	sp.mu.Unlock()
	if err != nil {
		return 0, err
	}
	if f.end >= 0 {
		size = min(size, f.end)
	}
	if f.at >= size {
		return 0, io.EOF
	}
	n, err := file.ReadAt(p[:min(int64(len(p)), size-f.at)], f.at)
	f.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// Close lets go of the spool.
func (f *follower) Close() error {
	f.released.Do(f.sp.release)
	return nil
}
