package warehouse

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

//go:embed migrations
var migrations embed.FS

// Open opens the warehouse, migrates it, creates the raw tables of all streams and
// locks the engine's configuration: from then on SQL can read and write files in
// the allowed folders alone and can load no extension.
//
// It returns ErrHeld if somebody else has the file and ErrNewer if a newer Dials
// has migrated it.
func Open(ctx context.Context, o Options) (*Warehouse, error) {
	streams, err := Streams()
	if err != nil {
		return nil, err
	}
	return open(ctx, o, migrations, streams)
}

func open(ctx context.Context, o Options, migrations fs.FS, streams []Stream) (*Warehouse, error) {
	w := &Warehouse{streams: streams, options: o, writing: make(chan struct{}, 1), closing: make(chan struct{})}
	w.close = w.closer()
	if err := w.openFile(ctx, o); err != nil {
		return nil, errors.Join(named(o.Path, err))
	}
	err := w.configureEngine(ctx, w.db, o)
	if err == nil {
		err = w.migrate(ctx, migrations)
	}
	if err == nil {
		err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
			return createRaw(ctx, conn, streams)
		})
	}
	if err == nil {
		err = w.completeErasures(ctx, time.Now)
	}
	if err != nil {
		return nil, errors.Join(named(o.Path, err), w.Close())
	}
	return w, nil
}

// named says which warehouse err is about.
func named(path string, err error) error {
	if path == "" {
		path = "in memory"
	}
	return fmt.Errorf("warehouse %s: %w", path, err)
}

// openFile opens the DuckDB file with extension loading off.
func (w *Warehouse) openFile(ctx context.Context, o Options) error {
	var err error
	if w.file, err = w.place(o); err != nil {
		return err
	}
	if w.erased, err = openErasures(w.file); err != nil {
		return err
	}
	c, err := connect(w.file)
	if err != nil {
		if strings.Contains(err.Error(), "Could not set lock") {
			return fmt.Errorf("%w%s", ErrHeld, holder(err.Error()))
		}
		return errors.New(tidy(err.Error()))
	}
	w.gate = &gate{current: c}
	w.db = sql.OpenDB(w.gate)
	w.db.SetMaxIdleConns(2 * runtime.NumCPU())
	// A second Open in this process shares DuckDB's instance instead of failing.
	var locked bool
	err = w.db.QueryRowContext(ctx, "select current_setting('lock_configuration')").Scan(&locked)
	if err == nil && locked {
		err = fmt.Errorf("%w: this one, twice", ErrHeld)
	}
	if err != nil {
		return errors.Join(err, w.db.Close())
	}
	return os.RemoveAll(w.scratch)
}

// connect opens a file, or a database in memory, with extension loading off.
//
// DuckDB's own threads are as nice as the one that starts them, here. They help with what
// is large; what a page asks for is mostly done by the thread that asks.
func connect(file string) (c *duckdb.Connector, err error) {
	Behind(func() {
		c, err = duckdb.NewConnector(file+"?autoinstall_known_extensions=false&autoload_known_extensions=false", nil)
	})
	return c, err
}

// place returns the file to open as an absolute path, and sets where temporary
// files go.
func (w *Warehouse) place(o Options) (file string, err error) {
	if o.Path != "" {
		// The driver takes options after the path, as in a URL.
		if strings.ContainsAny(o.Path, "?#%") {
			return "", errors.New("its path holds one of ? # %: rename it")
		}
		if file, err = filepath.Abs(o.Path); err != nil {
			return "", err
		}
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return "", err
		}
		if err := removeUnborn(file); err != nil {
			return "", err
		}
	}
	switch {
	case file == "":
		w.ownTemp = true
		if w.temp, err = os.MkdirTemp(o.TempDirectory, "dials-"); err == nil {
			w.temp, err = filepath.Abs(w.temp)
		}
		w.scratch = filepath.Join(w.temp, "scratch")
	case o.TempDirectory == "":
		w.temp, w.scratch = file+".tmp", file+".scratch"
	default:
		w.temp, err = filepath.Abs(o.TempDirectory)
		w.scratch = filepath.Join(w.temp, fmt.Sprintf("dials-%x", sha256.Sum256([]byte(file)))[:14])
	}
	return file, err
}

// removeUnborn removes a file that a killed process created but never finished:
// DuckDB writes three header blocks before anything else. It must not open a file
// that this process has open already, for closing it would drop DuckDB's lock.
func removeUnborn(file string) error {
	const headers = 3 * 4096
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() >= headers {
		return nil //nolint:nilerr // DuckDB has the better words for what is wrong
	}
	head, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if len(head) > 0 && (len(head) < 12 || string(head[8:12]) != "DUCK") {
		return nil
	}
	return os.Remove(file)
}

// configureEngine sets what Options asks for, closes the doors and locks them. The
// order matters: the allowed folders cannot be set once external access is off,
// and nothing can once the configuration is locked.
func (w *Warehouse) configureEngine(ctx context.Context, db *sql.DB, o Options) error {
	threads := o.Threads
	if threads <= 0 {
		threads = runtime.NumCPU()
	}
	memory := o.MemoryLimit
	if memory == "" {
		// DuckDB's own default is 80 % of what the machine or its container has.
		const half = "select (parse_formatted_bytes(current_setting('memory_limit')) * 5 // 8)::varchar || 'B'"
		if err := db.QueryRowContext(ctx, half).Scan(&memory); err != nil {
			return err
		}
	}
	allowed := []string{literal(w.temp), literal(w.scratch)}
	for _, dir := range o.AllowedDirectories {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		allowed = append(allowed, literal(abs))
	}
	for _, set := range []string{
		"memory_limit = " + literal(memory),
		fmt.Sprintf("threads = %d", threads),
		"temp_directory = " + literal(w.temp),
		"TimeZone = 'UTC'",
		"allow_community_extensions = false",
		"allowed_directories = [" + strings.Join(allowed, ", ") + "]",
		"enable_external_access = false",
		"lock_configuration = true",
	} {
		if _, err := db.ExecContext(ctx, "set global "+set); err != nil {
			return fmt.Errorf("%s: %w", set, err)
		}
	}
	return nil
}

// holder returns ", process N" from DuckDB's words about a lock, or nothing.
func holder(words string) string {
	_, after, ok := strings.Cut(words, "(PID ")
	pid, _, closed := strings.Cut(after, ")")
	if !ok || !closed {
		return ""
	}
	return ", process " + pid + ": stop it, or let it do the work"
}

// tidy drops the driver's prefixes from a message of DuckDB.
func tidy(words string) string {
	words = strings.TrimPrefix(words, "database/sql/driver: could not connect to database: ")
	return strings.TrimPrefix(words, "IO Error: ")
}
