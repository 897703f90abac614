package warehouse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// openTest opens a warehouse and closes it after the test.
func openTest(t *testing.T, o Options) *Warehouse {
	t.Helper()
	w, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// scan returns the one value of a query.
func scan[T any](t *testing.T, w *Warehouse, query string) T {
	t.Helper()
	var v T
	if err := w.DB().QueryRowContext(t.Context(), query).Scan(&v); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// exec runs statements in one write.
func exec(t *testing.T, w *Warehouse, statements ...string) {
	t.Helper()
	err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range statements {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error = %v, want %q in it", err, want)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenCreates(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "ß ü.duckdb")
	for range 2 { // the second finds what the first made
		w, err := Open(t.Context(), Options{Path: path, MemoryLimit: "1GB", Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		streams, err := Streams()
		if err != nil {
			t.Fatal(err)
		}
		if got := scan[int](t, w, "select count(*) from duckdb_tables() where schema_name = 'raw'"); got != len(streams) {
			t.Errorf("raw has %d tables, want %d", got, len(streams))
		}
		if got := scan[int](t, w, "select count(*) from meta.migration"); got < 1 {
			t.Error("no migration is logged")
		}
		if got := scan[string](t, w, "select current_setting('memory_limit') || ' ' || current_setting('threads')"); got != "953.6 MiB 1" {
			t.Errorf("limits are %s", got)
		}
		if v, err := w.DataVersion(t.Context()); v != 0 || err != nil {
			t.Errorf("data version = %d, %v, want 0", v, err)
		}
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "text.duckdb"), "person_id,hire_date\n")
	for _, tt := range []struct {
		name string
		o    Options
		want string
	}{
		{"not a warehouse", Options{Path: filepath.Join(dir, "text.duckdb")}, "not a valid DuckDB database file"},
		{"folder", Options{Path: dir}, "Is a directory"},
		{"path with an option", Options{Path: filepath.Join(dir, "a.duckdb?access_mode=read_only")}, "? # %"},
		{"memory", Options{MemoryLimit: "much"}, "memory_limit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Open(t.Context(), tt.o)
			wantError(t, err, tt.want)
		})
	}
}

// A file that a killed process created, but did not finish, holds nothing.
func TestOpenUnborn(t *testing.T) {
	head := make([]byte, 4096)
	copy(head[8:], "DUCK")
	for _, content := range []string{"", string(head)} {
		path := filepath.Join(t.TempDir(), "a.duckdb")
		writeFile(t, path, content)
		openTest(t, Options{Path: path})
	}
}

func TestOpenForeign(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	db, err := sql.Open("duckdb", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("create table customers (id int)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Path: path})
	wantError(t, err, "main.customers and is no dials warehouse")
}

// holdWarehouse is the child of TestOpenHeld.
func holdWarehouse() {
	w, err := Open(context.Background(), Options{Path: os.Getenv("DIALS_TEST_PATH")})
	fmt.Println("open", err)
	if err == nil {
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent is done
		_ = w.Close()
	}
}

func TestOpenHeld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	w := openTest(t, Options{Path: path})
	_, err := Open(t.Context(), Options{Path: path})
	if !errors.Is(err, ErrHeld) {
		t.Errorf("second Open = %v, want ErrHeld", err)
	}
	child := childProcess(t, "hold", path)
	out, err := child.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("warehouse %s: another process holds it, process %d", path, os.Getpid())
	if !strings.Contains(string(out), want) {
		t.Errorf("another process: %s, want %q in it", out, want)
	}
	exec(t, w, "insert into raw.person (person_id) values ('p1')") // still ours
}

// childProcess returns a child process of this test, see TestMain.
func childProcess(t *testing.T, name, path string) *osexec.Cmd {
	t.Helper()
	cmd := osexec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "DIALS_TEST_CHILD="+name, "DIALS_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

// Scratch is emptied of what a killed process left, and gone after Close;
// a temporary directory that others share keeps their files.
func TestScratch(t *testing.T) {
	dir := t.TempDir()
	shared := filepath.Join(dir, "shared")
	writeFile(t, filepath.Join(shared, "theirs"), "x")
	for _, o := range []Options{{}, {TempDirectory: shared}, {Path: filepath.Join(dir, "a.duckdb")}, {Path: filepath.Join(dir, "a.duckdb"), TempDirectory: shared}} {
		w := openTest(t, o)
		scratch, err := w.Scratch()
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(scratch); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%+v: after Close: %v", o, err)
		}
		if o.Path == "" {
			continue
		}
		left := filepath.Join(scratch, "left")
		writeFile(t, left, "x")
		w = openTest(t, o)
		if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%+v: a killed process's file: %v", o, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(shared, "theirs")); err != nil {
		t.Error(err)
	}
}
