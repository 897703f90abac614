package extracts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"go.uber.org/goleak"

	"dials/queries"
	"dials/warehouse"
)

// manyCells are n rows of one dial, in units A to C by turns.
func manyCells(n int) string {
	return fmt.Sprintf(`insert into marts.dial_monthly by name
		select 'm' || (i %% 7) as metric_id, ['A', 'B', 'C'][1 + i %% 3] as unit_id, date '2020-01-01' + interval (i %% 60) month as month,
		i / 3 as value, i::double as numerator, 3.0 as denominator, i as n, true as is_complete, false as is_hidden, false as is_range
		from range(%d) t(i)`, n)
}

// A stream that breaks is seen as broken by the client, never as a short file; the
// next client gets the whole.
func TestBrokenStream(t *testing.T) {
	for name, breaking := range map[string]func() error{
		"error": func() error { return errors.New("disk gone") },
		"panic": func() error { panic("index out of range") },
	} {
		var batches atomic.Int64
		var mended atomic.Bool
		engine := func(ctx context.Context, conn *sql.Conn, query string, args []any, each func(*arrow.Schema, arrow.RecordBatch) error) error {
			return warehouse.Batches(ctx, conn, query, args, func(schema *arrow.Schema, batch arrow.RecordBatch) error {
				if batches.Add(1) > 60 && !mended.Load() {
					return breaking()
				}
				return each(schema, batch)
			})
		}
		s := newSiteWith(t, engine, 0, manyCells(250_000))
		for _, ending := range []string{"arrows", "csv", "json"} {
			batches.Store(0)
			mended.Store(false)
			path := s.url + "/extracts/dial_monthly." + ending
			resp, err := http.Get(path)
			if err != nil {
				t.Fatal(err)
			}
			n, err := io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK && err == nil {
				t.Errorf("%s, %s: %d bytes arrived as if they were all", name, ending, n)
			}
			mended.Store(true)
			if resp, body := s.get(t, http.MethodGet, "/extracts/dial_monthly."+ending); resp.StatusCode != http.StatusOK || len(body) < 5_000_000 {
				t.Errorf("%s, %s: after it was mended %d, %d bytes", name, ending, resp.StatusCode, len(body))
			}
		}
	}
}

// Work that nobody waits for ends, and leaves nothing behind.
func TestClientLeaves(t *testing.T) {
	s := newSite(t, manyCells(600_000))
	before := goleak.IgnoreCurrent()
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/extracts/dial_monthly.json", nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Transport: &http.Transport{}}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
			t.Fatal(err)
		}
		cancel()
		resp.Body.Close()
		client.CloseIdleConnections()
	}
	if err := goleak.Find(before, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"), goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).workerFunc")); err != nil {
		t.Error(err)
	}
	s.server.cache.mu.Lock()
	defer s.server.cache.mu.Unlock()
	for _, sp := range s.server.cache.kept {
		if _, _, whole := sp.whole(); whole {
			t.Error("the extract was finished for nobody")
		}
	}
}

// Clients of one extract share its making, whatever their speed, and read the same
// bytes from a consistent moment.
func TestShared(t *testing.T) {
	s := newSite(t, manyCells(600_000))
	var wg sync.WaitGroup
	sizes := make([]int64, 6)
	for i := range sizes {
		wg.Go(func() {
			resp, err := http.Get(s.url + "/extracts/dial_monthly.arrows")
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			r, err := ipc.NewReader(resp.Body)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Release()
			for r.Next() {
				sizes[i] += r.RecordBatch().NumRows()
			}
			if r.Err() != nil {
				t.Error(r.Err())
			}
		})
	}
	wg.Wait()
	for i, n := range sizes {
		if n != 600_000 {
			t.Errorf("client %d read %d rows", i, n)
		}
	}
	if s.server.cache.made != 1 {
		t.Errorf("it was made %d times", s.server.cache.made)
	}
}

// The cache keeps to its bound, and what was evicted is answered whole.
func TestCacheIsBounded(t *testing.T) {
	const limit = 1_500_000
	s := newSiteWith(t, warehouse.Batches, limit, manyCells(100_000))
	for _, month := range []string{"2020-01", "2020-06", "2021-01", "2021-06", "2022-01"} {
		resp, body := s.get(t, http.MethodGet, "/extracts/dial_monthly.csv?from="+month)
		if resp.StatusCode != http.StatusOK || len(body) < 500_000 {
			t.Fatal(resp.StatusCode, len(body))
		}
	}
	waitFor(t, func() bool {
		var total int64
		files, err := os.ReadDir(s.server.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if info, err := f.Info(); err == nil {
				total += info.Size()
			}
		}
		return total <= limit
	})
	resp, body := s.get(t, http.MethodGet, "/extracts/dial_monthly.csv?from=2020-01", "Range", "bytes=0-9")
	if resp.StatusCode != http.StatusOK || len(body) < 500_000 {
		t.Errorf("a part of an evicted file: %d, %d bytes", resp.StatusCode, len(body))
	}
}

// waitFor waits until something that goes on in the background has come about.
func waitFor(t *testing.T, come func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !come(); {
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
		time.Sleep(time.Millisecond)
	}
}

// A reader of one unit takes that unit's rows alone, and files are not shared
// between readers of different scope.
func TestScope(t *testing.T) {
	s := newSite(t, append(cells(), "insert into marts.unit_scope by name select v as view_name, u as ancestor_id, u as unit_id, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to, 1.0 as share from unnest(['as_was', 'as_now']) a(v), unnest(['A', 'B', 'C']) b(u)")...)
	count := func() string {
		resp, body := s.get(t, http.MethodGet, "/extracts/dial_monthly.csv?columns=unit_id,month")
		if resp.StatusCode != http.StatusOK {
			t.Fatal(resp.StatusCode, string(body))
		}
		return strings.ReplaceAll(string(body), "\r\n", " ")
	}
	all := count()
	s.reader.Policy = queries.Policy{Roles: []queries.Role{"analyst"}, Units: []string{"C"}}
	if got, want := count(), "unit_id,month C,2026-01-01 "; got != want || got == all {
		t.Errorf("got %q, want %q", got, want)
	}
	if resp, _ := s.get(t, http.MethodGet, "/extracts/dial_monthly.csv?unit=A"); resp.StatusCode == http.StatusOK {
		t.Error("a unit outside the reader's scope was answered")
	}
	// Of several units each is there, once, in both views, and nothing above them.
	s.change(t,
		"insert into marts.access_units by name select unnest(['A', 'B', 'C', '*', '*', '*', 'A']) as ancestor_id, unnest(['A', 'B', 'C', 'A', 'B', 'C', 'C']) as unit_id",
		"insert into marts.headcount_tree_monthly by name select v as view_name, u as ancestor_id, date '2026-01-01' as month, 20 as heads, 20.0 as fte, 20 as people_n, false as is_hidden from unnest(['as_was', 'as_now']) a(v), unnest(['A', 'B', 'C', '*']) b(u)")
	for _, units := range [][]string{{"A", "C"}, {"C", "A"}} {
		s.reader.Policy.Units = units
		for _, org := range []string{"was", "now"} {
			_, body := s.get(t, http.MethodGet, "/extracts/headcount_tree.csv?columns=unit_id,heads&org="+org)
			lines := strings.Fields(string(body))
			slices.Sort(lines)
			if want := []string{"A,20", "C,20", "unit_id,heads"}; !slices.Equal(lines, want) {
				t.Errorf("%v, %s: %v, not %v", units, org, lines, want)
			}
		}
	}
	s.reader.Policy.Units = nil
	if resp, body := s.get(t, http.MethodGet, "/extracts/dial_monthly.csv"); resp.StatusCode == http.StatusOK && strings.Count(string(body), "\n") > 1 {
		t.Error("a reader without units got rows")
	}
}
