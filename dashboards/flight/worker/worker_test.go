package worker

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/ipc"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "bi-worker" {
		if err := Main(context.Background(), ControlFD); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	os.Exit(m.Run())
}

// A child is a worker process.
type child struct {
	control *net.UnixConn
	cmd     *exec.Cmd
	dir     string
	says    *bytes.Buffer
	begun   int64 // what it held in memory at most before the first statement
}

// most is how many bytes the worker has held in memory at most, 0 where that is not told.
func (c *child) most(t testing.TB) int64 {
	t.Helper()
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	return 0
}

// start starts a worker whose snapshot holds the table people (name, n).
func start(t testing.TB, limits Limits) *child {
	t.Helper()
	c := &child{dir: t.TempDir(), says: &bytes.Buffer{}}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	file := filepath.Join(c.dir, "numbers.parquet")
	_, err = db.ExecContext(t.Context(), "copy (select i as n, 'text ' || i as words, (i / 4)::decimal(18, 2) as part, date '2024-01-01' + i::int as day, timestamptz '2024-01-01 12:00:00+02' as moment, [i, i] as list from range(1000) t(i)) to '"+file+"'")
	if err != nil {
		t.Fatal(err)
	}
	var theirs *os.File
	if c.control, theirs, err = Pair(); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), exe, "bi-worker")
	c.cmd.Env, c.cmd.Dir, c.cmd.ExtraFiles, c.cmd.Stderr = []string{}, c.dir, []*os.File{theirs}, c.says
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	t.Cleanup(func() {
		c.control.Close()
		_ = c.cmd.Wait()
		if t.Failed() {
			t.Logf("the worker said: %.2000s", c.says)
		}
	})
	first, err := Dial(c.control)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	err = Send(first, Setup{Dir: c.dir, Tables: []Table{{Name: "numbers", File: file, Says: "Numbers.", Columns: map[string]string{"n": "The number."}}}, Limits: limits})
	if err == nil {
		err = Ready(first)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.begun = c.most(t)
	return c
}

func usual() Limits {
	return Limits{Memory: 256 << 20, Rows: 100_000, Deadline: 10 * time.Second, Statements: 4}
}

// ask runs a statement and returns its rows as text.
func (c *child) ask(t testing.TB, query string) ([]string, error) {
	t.Helper()
	conn, err := Dial(c.control)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := Send(conn, Request{SQL: query}); err != nil {
		return nil, err
	}
	r := NewReader(conn)
	if _, err := r.Answer(); err != nil {
		return nil, err
	}
	rows, err := ipc.NewReader(r)
	if err != nil {
		return nil, err
	}
	defer rows.Release()
	var found []string
	for rows.Next() {
		batch := rows.RecordBatch()
		for i := range int(batch.NumRows()) {
			var line []string
			for _, column := range batch.Columns() {
				line = append(line, column.ValueStr(i))
			}
			found = append(found, strings.Join(line, " "))
		}
	}
	if rows.Err() != nil {
		return found, rows.Err()
	}
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		return found, err
	}
	if d, whole := r.Done(); !whole || int(d.Rows) != len(found) {
		return found, fmt.Errorf("%d rows came of %d, %t", len(found), d.Rows, whole)
	}
	return found, nil
}

func TestQueries(t *testing.T) {
	c := start(t, usual())
	for query, want := range map[string]string{
		"select 1;": "1",
		"select count(*), sum(n), min(words), max(day) from numbers -- all":          "1000 499500 text 0 2026-09-26",
		"with big as (select * from numbers where n > 990) select count(*) from big": "9",
		"select count(*) from dials.main.numbers a join main.numbers b using (n)":    "1000",
		"values (1)": "1",
		"select n from numbers order by n desc limit 1":                                                   "999",
		"select list_transform(list, x -> x + 1) from numbers where n = 1":                                "[2,2]",
		"with recursive t as (select 1 i union all select i + 1 from t where i < 5) select sum(i) from t": "15",
		"select count(*) from range(10)":                                                                  "10",
		"select part, moment from numbers where n = 5":                                                    "1.25 2024-01-01T10:00:00Z",
		"from numbers select sum(n) filter (where n < 3), row_number() over ()":                           "3 1",
		"select sum(n) from (pivot_source()) x":                                                           "",
	} {
		rows, err := c.ask(t, query)
		if want == "" {
			if err == nil {
				t.Errorf("%s: %v", query, rows)
			}
			continue
		}
		if err != nil || len(rows) != 1 || rows[0] != want {
			t.Errorf("%s: %v %v, want %s", query, rows, err, want)
		}
	}
}

// Who leaves while their statement is read leaves the others alone.
func TestLeaving(t *testing.T) {
	c := start(t, usual())
	for i := range 300 {
		conn, err := Dial(c.control)
		if err == nil {
			err = Send(conn, Request{SQL: "select " + strings.Repeat("1 + ", i) + "1"})
		}
		if err == nil {
			time.Sleep(time.Duration(i%50) * 20 * time.Microsecond)
			err = conn.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for { // until those who left have given their places back
		rows, err := c.ask(t, "select 1")
		var busy *Failure
		if errors.As(err, &busy) && busy.Kind == Busy {
			continue
		}
		if err != nil || len(rows) != 1 {
			t.Errorf("after they left: %v %v", rows, err)
		}
		return
	}
}
