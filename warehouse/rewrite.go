package warehouse

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// A gate is where the pool's connections come from. While it is shut the file under
// it can be changed.
type gate struct {
	mu      sync.RWMutex // held to write while it is shut
	current *duckdb.Connector
	waiting atomic.Int64
}

// Connect opens a connection, once the gate is open.
func (g *gate) Connect(ctx context.Context) (driver.Conn, error) {
	g.waiting.Add(1)
	g.mu.RLock()
	defer g.mu.RUnlock()
	g.waiting.Add(-1)
	if g.current == nil {
		return nil, ErrClosed
	}
	return g.current.Connect(ctx)
}

// Driver is DuckDB's.
func (g *gate) Driver() driver.Driver { return duckdb.Driver{} }

// Close closes the file; the pool calls it when it is closed itself.
func (g *gate) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.closeFile()
}

func (g *gate) closeFile() error {
	if g.current == nil {
		return nil
	}
	err := g.current.Close()
	g.current = nil
	return err
}

// unclosed is a connector that a pool does not close.
type unclosed struct{ driver.Connector }

// Rewrite copies everything that the file holds into a new file, which takes its
// place: then no byte is left of what was deleted. Writers and readers wait; it fails
// if a reader does not finish within a minute.
func (w *Warehouse) Rewrite(ctx context.Context) error {
	if w.file == "" {
		return nil
	}
	if err := w.lock(ctx); err != nil {
		return err
	}
	defer func() { <-w.writing }()
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	if err := w.drain(ctx); err != nil {
		return fmt.Errorf("rewrite: %w", err)
	}
	// From here on the file must be opened again, come what may.
	last := context.WithoutCancel(ctx)
	err := w.gate.closeFile()
	if w.image != nil { // it is of the file that goes
		err = errors.Join(err, w.image.Close())
		w.image = nil
	}
	if err == nil {
		err = rewriteFile(last, w.file, w.options, w.temp)
	}
	if err == nil {
		err = w.erased.unmark()
	}
	w.gate.current, err = w.reopen(last, err)
	if err != nil {
		return fmt.Errorf("rewrite: %w", err)
	}
	return nil
}

// reopen opens the file and locks its doors; err is what has happened before.
func (w *Warehouse) reopen(ctx context.Context, err error) (*duckdb.Connector, error) {
	c, failed := connect(w.file)
	if failed != nil {
		return nil, errors.Join(err, failed)
	}
	pool := sql.OpenDB(unclosed{c})
	defer pool.Close()
	if failed := w.configureEngine(ctx, pool, w.options); failed != nil {
		return nil, errors.Join(err, failed, c.Close())
	}
	return c, err
}

// drain waits until nobody has a connection, for a minute at most. The gate is shut:
// those that wait for one count as open in the pool.
func (w *Warehouse) drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	w.db.SetMaxIdleConns(-1)
	defer w.db.SetMaxIdleConns(2 * runtime.NumCPU())
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for int64(w.db.Stats().OpenConnections) > w.gate.waiting.Load() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("a reader does not finish: %w", ctx.Err())
		case <-poll.C:
		}
	}
	return nil
}

// rewriteFile copies a closed file and puts the copy in its place.
func rewriteFile(ctx context.Context, file string, o Options, temp string) (err error) {
	fresh := file + ".rewrite"
	if err := errors.Join(removeIfThere(fresh), removeIfThere(fresh+".wal")); err != nil {
		return err
	}
	if err := copyFile(ctx, file, fresh, o, temp); err != nil {
		return errors.Join(err, removeIfThere(fresh), removeIfThere(fresh+".wal"))
	}
	for _, wal := range []string{file + ".wal", fresh + ".wal"} {
		if _, err := os.Stat(wal); !errors.Is(err, os.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s is still there", wal), removeIfThere(fresh))
		}
	}
	if err := os.Chmod(fresh, 0o600); err != nil {
		return err
	}
	if err := syncPath(fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, file); err != nil {
		return err
	}
	return syncPath(filepath.Dir(file))
}

// copyFile copies one DuckDB file into another in an engine of its own: the copy of
// a whole database changes a setting, which the warehouse's engine has locked.
func copyFile(ctx context.Context, from, to string, o Options, temp string) (err error) {
	c, err := connect("")
	if err != nil {
		return err
	}
	pool := sql.OpenDB(c)
	pool.SetMaxOpenConns(1)
	defer func() { err = errors.Join(err, pool.Close()) }()
	statements := []string{
		"set temp_directory = " + literal(temp),
		"set threads = " + fmt.Sprint(max(o.Threads, 1)),
		"attach " + literal(from) + " as old",
		"checkpoint old",
		"detach old",
		"attach " + literal(from) + " as old (read_only)",
		"attach " + literal(to) + " as fresh",
		"copy from database old to fresh",
		"checkpoint fresh",
		"detach fresh",
		"detach old",
	}
	if o.MemoryLimit != "" {
		statements = append([]string{"set memory_limit = " + literal(o.MemoryLimit)}, statements...)
	}
	for _, s := range statements {
		if _, err := pool.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}

// NeedsRewrite says whether the file still holds bytes of somebody who was erased: an
// erasure broke off, or an old file was restored.
func (w *Warehouse) NeedsRewrite() bool { return w.erased.isMarked() }
