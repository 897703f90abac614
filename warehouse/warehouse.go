// Package warehouse owns the DuckDB file and its one Writer: it opens and
// migrates the file, loads raw tables, builds the SQL models on top of them,
// checks the result and exports it.
//
//	raw → staging → core → marts
//
// Loads fill raw, one table per canonical stream ([Streams]). Each arrow is a
// folder of SQL files under models, which [Warehouse.Build] keeps in step with
// what they read; pages read marts alone. The schema meta holds what Dials knows
// about its own work: runs, rejected rows, cursors, settings and versions.
package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"sync"
)

var (
	// ErrHeld means that another process, or another Open in this one, has the
	// warehouse file; DuckDB lets nobody else in, not even to read.
	ErrHeld = errors.New("another process holds it")
	// ErrNewer means that a newer Dials has migrated the warehouse file.
	ErrNewer = errors.New("a newer dials made it")
	// ErrClosed means that the warehouse was closed.
	ErrClosed = errors.New("the warehouse is closed")
)

// Options says where the warehouse is and how much of the machine it may use: the
// keys of [warehouse] in config.toml. Paths are relative to the working directory.
type Options struct {
	// Path is the DuckDB file, created if need be. The empty path is a warehouse
	// in memory, for tests.
	Path string `toml:"path"`
	// MemoryLimit is what queries may hold in memory, such as "4GB", before they
	// spill to TempDirectory. Empty is half of the machine's memory.
	MemoryLimit string `toml:"memory_limit"`
	// Threads is how many cores queries may use. 0 is all of them.
	Threads int `toml:"threads"`
	// TempDirectory takes what does not fit in memory. Empty is a folder beside
	// the file.
	TempDirectory string `toml:"temp_directory"`
	// AllowedDirectories are the only folders, besides TempDirectory, that SQL may
	// read files from and write files to. The network is never allowed.
	AllowedDirectories []string `toml:"-"`
	// BeforeMigration is called before a file that holds something is migrated, so that
	// it can be copied; an error leaves it as it is. May be nil.
	BeforeMigration func(ctx context.Context, w *Warehouse) error `toml:"-"`
}

// A Warehouse is an open DuckDB file. Its methods may be called concurrently.
type Warehouse struct {
	db      *sql.DB
	gate    *gate    // of db
	image   *os.File // of the file, for Image; nil until the first one
	file    string   // absolute; empty in memory
	options Options
	erased  *erasures
	streams []Stream
	temp    string // where DuckDB spills, absolute
	scratch string // see Scratch; this warehouse's own
	ownTemp bool   // temp goes with this warehouse

	writing chan struct{} // holds one token while somebody writes
	closing chan struct{} // closed when Close is called
	close   func() error
}

// DB returns the database for reading. Whoever writes uses Write.
func (w *Warehouse) DB() *sql.DB { return w.db }

// DataVersion counts the builds that changed something: while it stands, every
// mart stands too. It is 0 before the first build.
func (w *Warehouse) DataVersion(ctx context.Context) (int64, error) {
	var version int64
	err := w.db.QueryRowContext(ctx, "select coalesce(max(version), 0) from meta.data_version").Scan(&version)
	return version, err
}

// Close waits for the write in progress, refuses new ones and closes the file.
// Reads in progress keep the file open until they end.
func (w *Warehouse) Close() error { return w.close() }

func (w *Warehouse) closer() func() error {
	return sync.OnceValue(func() error {
		close(w.closing)
		w.writing <- struct{}{}
		err := os.RemoveAll(w.scratch) // while the file, and so the folder, is ours
		if w.ownTemp {
			err = errors.Join(err, os.RemoveAll(w.temp))
		}
		err = errors.Join(err, w.db.Close())
		if w.image != nil && w.db.Stats().OpenConnections == 0 {
			err = errors.Join(err, w.image.Close())
		}
		return err
	})
}

// Scratch returns a folder that SQL may read and write, for files on their way in
// or out. What a killed process left there is gone at the next Open.
func (w *Warehouse) Scratch() (string, error) {
	return w.scratch, os.MkdirAll(w.scratch, 0o700)
}

// quote returns name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal returns s as an SQL string.
func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
