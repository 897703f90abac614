package warehouse

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
)

const insertPerson = "insert into raw.person (person_id) values ('p1')"

func TestWrite(t *testing.T) {
	w := openTest(t, Options{})
	people := func() int { return scan[int](t, w, "select count(*) from raw.person") }
	insert := func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, insertPerson)
		return err
	}
	if err := w.Write(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	if people() != 1 {
		t.Fatalf("%d people after a commit, want 1", people())
	}
	t.Run("error", func(t *testing.T) {
		sentinel := errors.New("no")
		err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			return errors.Join(insert(ctx, conn), sentinel)
		})
		if !errors.Is(err, sentinel) || people() != 1 {
			t.Errorf("Write = %v with %d people, want the error and 1", err, people())
		}
	})
	t.Run("panic", func(t *testing.T) {
		defer func() {
			if got := recover(); got != "boom" || people() != 1 {
				t.Errorf("recovered %v with %d people, want boom and 1", got, people())
			}
		}()
		_ = w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			_ = insert(ctx, conn)
			panic("boom")
		})
	})
	t.Run("cancel", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
			defer cancel()
			return insert(ctx, conn)
		})
		if !errors.Is(err, context.Canceled) || people() != 1 {
			t.Errorf("Write = %v with %d people, want Canceled and 1", err, people())
		}
	})
	t.Run("cancel a statement", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
			go cancel()
			_, err := conn.ExecContext(ctx, "insert into raw.person (person_id) select md5(a.range::varchar) from range(1000000) a, range(1000000) b")
			return err
		})
		if !errors.Is(err, context.Canceled) || people() != 1 {
			t.Errorf("Write = %v with %d people, want Canceled and 1", err, people())
		}
	})
	t.Run("nested", func(t *testing.T) {
		err := w.Write(t.Context(), func(ctx context.Context, _ *sql.Conn) error { return w.Write(ctx, insert) })
		wantError(t, err, "inside a write")
	})
	t.Run("temporary tables vanish", func(t *testing.T) {
		exec(t, w, "create temp table staged as select 1 as x")
		exec(t, w, "create temp table staged as select 1 as x")
	})
	t.Run("waiting ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		err := w.Write(t.Context(), func(context.Context, *sql.Conn) error {
			go cancel()
			return w.Write(ctx, insert)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the waiting Write = %v, want Canceled", err)
		}
	})
}

// Writers that would conflict in DuckDB go one after the other.
func TestWriteSerialised(t *testing.T) {
	w := openTest(t, Options{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
				return bumpVersion(ctx, conn, "raw.person")
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := scan[int](t, w, "select version from meta.raw_version"); got != 20 {
		t.Errorf("version = %d after 20 writes", got)
	}
}

func TestCloseWaits(t *testing.T) {
	w := openTest(t, Options{Path: filepath.Join(t.TempDir(), "a.duckdb")})
	started, closed := make(chan struct{}), make(chan error)
	var wg sync.WaitGroup
	wg.Go(func() {
		err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
			close(started)
			<-w.closing
			_, err := conn.ExecContext(ctx, insertPerson)
			return err
		})
		if err != nil {
			t.Errorf("the write that Close waits for: %v", err)
		}
	})
	<-started
	go func() { closed <- w.Close() }()
	<-w.closing
	if err := w.Write(t.Context(), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("Write after Close = %v, want ErrClosed", err)
	}
	wg.Wait()
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

const batchRows = 1000

// killTree is what the child of TestKill builds.
func killTree() fstest.MapFS {
	return tree(map[string]string{
		"models/staging/person.sql": "select person_id, run_id from raw.person",
		"models/core/batches.sql":   "select run_id, count(*) as n from staging.person group by run_id",
		"models/marts/m.sql":        "select count(*) as batches, min(n) as least, max(n) as most from core.batches",
	})
}

// writeBatches is the child of TestKill: it writes and builds batch after batch
// and says so each time.
func writeBatches() {
	ctx := context.Background()
	w, err := Open(ctx, Options{Path: os.Getenv("DIALS_TEST_PATH"), Threads: 1})
	for err == nil {
		if err = w.Write(ctx, writeBatch); err != nil {
			break
		}
		fmt.Println("committed")
		if _, err = w.build(ctx, killTree()); err == nil {
			fmt.Println("built")
		}
	}
	fmt.Println(err)
}

// writeBatch writes the next batch: rows, a cursor and the version.
func writeBatch(ctx context.Context, conn *sql.Conn) error {
	var n int
	if err := conn.QueryRowContext(ctx, "select count(*) from meta.cursor").Scan(&n); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "insert into raw.person (person_id, run_id) select 'p' || range, ? from range(?)", n, batchRows); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "insert into meta.cursor (source, stream, cursor, updated_at) values ('hris', 'people', ?, now()::timestamp)", fmt.Sprint(n)); err != nil {
		return err
	}
	return bumpVersion(ctx, conn, "raw.person")
}

// A killed process leaves every batch that it said was committed, perhaps one
// that it had no time to speak of, and no part of another; its marts are whole
// and of one of the last two batches.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	before := 0
	for _, lines := range []int{1, 2, 9, 16, 33} {
		said := before + killAfter(t, path, lines)
		w, err := Open(t.Context(), Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		got := scan[int](t, w, "select count(*) from meta.cursor")
		if got != said && got != said+1 {
			t.Errorf("%d batches, %d were acknowledged", got, said)
		}
		if rows := scan[int](t, w, "select count(*) from raw.person"); rows != got*batchRows {
			t.Errorf("%d rows of %d batches", rows, got)
		}
		if v, err := w.DataVersion(t.Context()); err != nil {
			t.Error(err)
		} else if v > 0 {
			if m := scan[int](t, w, "select batches from marts.m where least = most"); m != got && m != got-1 {
				t.Errorf("the mart is of %d batches, the file has %d", m, got)
			}
		}
		before = got
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// killAfter starts the child and kills it when it has said so many lines; it
// returns how many batches the child said were committed.
func killAfter(t *testing.T, path string, lines int) (committed int) {
	t.Helper()
	child := childProcess(t, "write", path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for seen := 1; said.Scan(); seen++ {
		switch said.Text() {
		case "committed":
			committed++
		case "built":
		default:
			t.Fatalf("the child says %s", said.Text())
		}
		if seen == lines {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // it says that the child was killed
	return committed
}
