package flight

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow-adbc/go/adbc"
	driver "github.com/apache/arrow-adbc/go/adbc/driver/flightsql"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
)

// A driver that is not ours connects over TLS and reads what the token's policy shows.
func testDriver(t *testing.T, s *site) {
	c, _ := s.open(t, "*")
	for query, want := range map[string][]string{
		"select count(*), sum(people_n) from dial_monthly":                                 {"47 1880"}, // one cell is hidden
		"select unit_id, count(*) from dials.main.dial_monthly group by all order by 1":    {"A 24", "B 23"},
		"select month, value from dial_monthly where unit_id = 'A' order by month limit 2": {"2020-01-01 0", "2020-02-01 0.1"},
		"select money_per_unit from dials":                                                 {"12.3456"},
		"select * from range(3)":                                                           {"0", "1", "2"},
		"select 1 where false":                                                             nil,
	} {
		if got, err := ask(t, c, query); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v %v, want %v", query, got, err, want)
		}
	}
	if _, err := ask(t, c, "select * from read_text('/etc/passwd')"); kindOf(err) != adbc.StatusUnauthorized {
		t.Errorf("a file was read: %v", err)
	}
	if _, err := ask(t, c, "select missing from dials"); kindOf(err) != adbc.StatusInvalidArgument || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a wrong statement: %v", err)
	}
	// Half of the company is half of the rows.
	half, _ := s.open(t, "B")
	if got, err := ask(t, half, "select distinct unit_id from dial_monthly"); err != nil || !cmp.Equal(got, []string{"B"}) {
		t.Errorf("of B alone: %v %v", got, err)
	}
	// What is rebuilt is read by the next statement.
	s.change(t, "update marts.dials set name = 'Attrition'")
	if got, err := ask(t, c, "select name from dials"); err != nil || !cmp.Equal(got, []string{"Attrition"}) {
		t.Errorf("after a rebuild: %v %v", got, err)
	}
}

func kindOf(err error) adbc.Status {
	var e adbc.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return adbc.StatusOK
}

// Statements are prepared, and run with what is bound to them, once per row.
func testPrepared(t *testing.T, s *site) {
	c, _ := s.open(t, "*")
	st, err := c.NewStatement()
	must(t, err)
	defer st.Close()
	must(t, st.SetSqlQuery("select count(*), min(month) from dial_monthly where unit_id = ? and month >= ? and value > ?"))
	must(t, st.Prepare(t.Context()))
	params, err := st.GetParameterSchema()
	must(t, err)
	if params.NumFields() != 3 || params.Field(0).Type.ID() != arrow.STRING || params.Field(1).Type.ID() != arrow.DATE32 {
		t.Errorf("parameters %v", params)
	}
	for _, want := range [][]string{{"12 2021-01-01", "11 2021-01-01"}, {"12 2021-01-01", "11 2021-01-01"}} {
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
			{Name: "1", Type: arrow.BinaryTypes.String}, {Name: "2", Type: arrow.FixedWidthTypes.Date32}, {Name: "3", Type: arrow.PrimitiveTypes.Float64},
		}, nil))
		for i, unit := range []string{"A", "B"} {
			b.Field(0).(*array.StringBuilder).Append(unit)
			b.Field(1).(*array.Date32Builder).Append(arrow.Date32FromTime(time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)))
			b.Field(2).(*array.Float64Builder).Append(1.15 + float64(i)*0.1)
		}
		must(t, st.Bind(t.Context(), b.NewRecordBatch()))
		r, _, err := st.ExecuteQuery(t.Context())
		must(t, err)
		got, err := rowsOf(r)
		if err != nil || len(got) != 2 || !strings.HasPrefix(got[0], want[0]) {
			t.Errorf("%v %v, want %v", got, err, want)
		}
		b.Release()
	}
	if _, err := ask(t, c, "select ?"); err == nil {
		t.Error("a parameter without a value was run")
	}
}

// A driver finds its way: catalogs, schemas, tables, columns, types, what the server can.
func testCatalog(t *testing.T, s *site) {
	c, _ := s.open(t, "*")
	r, err := c.GetObjects(t.Context(), adbc.ObjectDepthColumns, nil, nil, nil, nil, nil)
	must(t, err)
	found, err := rowsOf(r)
	must(t, err)
	for _, want := range []string{"dials", "main", "dial_monthly", "metric_id", `"table_type":"TABLE"`} {
		if len(found) != 1 || !strings.Contains(found[0], want) {
			t.Errorf("objects: %.300v, without %s", found, want)
		}
	}
	one := "dial%"
	r, err = c.GetObjects(t.Context(), adbc.ObjectDepthTables, nil, nil, &one, nil, nil)
	must(t, err)
	if found, err = rowsOf(r); err != nil || strings.Contains(found[0], "tactics") || !strings.Contains(found[0], "dial_monthly") {
		t.Errorf("tables like dial%%: %.300v %v", found, err)
	}
	r, err = c.GetTableTypes(t.Context())
	must(t, err)
	if found, err = rowsOf(r); err != nil || !cmp.Equal(found, []string{"TABLE"}) {
		t.Errorf("table types %v %v", found, err)
	}
	r, err = c.GetInfo(t.Context(), nil)
	must(t, err)
	if found, err = rowsOf(r); err != nil || !strings.Contains(strings.Join(found, " "), "Dials") {
		t.Errorf("info %v %v", found, err)
	}
	// The columns of the catalogue are those that the statements have.
	for _, e := range s.server.catalogue {
		schema, err := c.GetTableSchema(t.Context(), nil, nil, e.Name)
		if err != nil {
			if e.Class != queries.Pay && !e.IsPerson() { // which an analyst does not see
				t.Errorf("%s: %v", e.Name, err)
			}
			continue
		}
		st, err := c.NewStatement()
		must(t, err)
		must(t, st.SetSqlQuery("select * from "+e.Name))
		rows, _, err := st.ExecuteQuery(t.Context())
		must(t, err)
		for i, f := range rows.Schema().Fields() {
			if declared := schema.Field(i); declared.Name != f.Name || !arrow.TypeEqual(declared.Type, f.Type) {
				t.Errorf("%s: column %v is declared as %v", e.Name, f, declared)
			}
		}
		rows.Release()
		must(t, st.Close())
	}
}

// Who has no token of the right scope learns nothing, whatever they send.
func testTokens(t *testing.T, s *site) {
	id, secret := s.token(t, access.ScopeSQL, "*")
	_, other := s.token(t, access.ScopeExtracts, "*")
	for name, tt := range map[string]struct {
		options map[string]string
		opens   bool
	}{
		"bearer":               {map[string]string{driver.OptionAuthorizationHeader: "Bearer " + secret}, true},
		"password":             {map[string]string{adbc.OptionKeyUsername: "token", adbc.OptionKeyPassword: secret}, true},
		"none":                 {map[string]string{}, false},
		"another's scope":      {map[string]string{driver.OptionAuthorizationHeader: "Bearer " + other}, false},
		"wrong":                {map[string]string{driver.OptionAuthorizationHeader: "Bearer dials_0000000000_0000000000000000000000000000000000000000000"}, false},
		"wrong password":       {map[string]string{adbc.OptionKeyUsername: "token", adbc.OptionKeyPassword: "no"}, false},
		"not an authorization": {map[string]string{driver.OptionAuthorizationHeader: "Digest x"}, false},
	} {
		c, err := s.connect(t, tt.options)
		var rows []string
		if err == nil {
			rows, err = ask(t, c, "select 1")
			_ = c.Close()
		}
		if tt.opens != (err == nil && len(rows) == 1) {
			t.Errorf("%s: %v %v", name, rows, err)
		}
	}
	// A token that is revoked ends what it does, at once.
	c, err := s.connect(t, map[string]string{driver.OptionAuthorizationHeader: "Bearer " + secret})
	must(t, err)
	defer c.Close()
	st, err := c.NewStatement()
	must(t, err)
	defer st.Close()
	must(t, st.SetSqlQuery("select sum(a.range * b.range) from range(10000000) a, range(10000000) b"))
	ended := make(chan error, 1)
	begun := time.Now()
	go func() {
		r, _, err := st.ExecuteQuery(t.Context())
		if err == nil {
			_, err = rowsOf(r)
		}
		ended <- err
	}()
	waitFor(t, func() bool { return len(s.running()) == 1 })
	must(t, s.store.RevokeToken(id, "test"))
	if err := <-ended; err == nil || time.Since(begun) > s.server.limits.Deadline/2 {
		t.Errorf("after its revocation: %v, in %v", err, time.Since(begun))
	}
	if _, err := ask(t, c, "select 1"); err == nil {
		t.Error("a revoked token was answered")
	}
	waitFor(t, func() bool { return len(s.running()) == 0 })
}

// waitFor waits until something that goes on in the background has come about.
func waitFor(t *testing.T, come func() bool) {
	t.Helper()
	for end := time.Now().Add(50 * time.Second); !come(); { // before a statement's deadline
		if time.Now().After(end) {
			t.Fatal("it did not come about")
		}
		time.Sleep(time.Millisecond)
	}
}

// A statement that its client gives up ends; one that takes too long does, too.
func testCancellation(t *testing.T, s *site) {
	c, _ := s.open(t, "*")
	const endless = "select sum(a.range * b.range) from range(10000000) a, range(10000000) b"
	ctx, cancel := context.WithCancel(t.Context())
	st, err := c.NewStatement()
	must(t, err)
	defer st.Close()
	must(t, st.SetSqlQuery(endless))
	ended := make(chan error, 1)
	go func() {
		r, _, err := st.ExecuteQuery(ctx)
		if err == nil {
			_, err = rowsOf(r)
		}
		ended <- err
	}()
	waitFor(t, func() bool {
		for _, ss := range s.server.all() {
			ss.mu.Lock()
			n, p := len(ss.running), ss.worker
			ss.mu.Unlock()
			if n == 1 && p != nil {
				return true
			}
		}
		return false
	})
	cancel()
	if err := <-ended; err == nil {
		t.Error("a statement without an end ended")
	}
	waitFor(t, func() bool {
		for _, ss := range s.server.all() {
			ss.mu.Lock()
			n := len(ss.running)
			ss.mu.Unlock()
			if n > 0 {
				return false
			}
		}
		return true
	})
	if rows, err := ask(t, c, "select 1"); err != nil || len(rows) != 1 {
		t.Errorf("after a cancellation: %v %v", rows, err)
	}
	// The deadline and the worker that it ends may be told in either order. Nothing runs now,
	// and another token has another worker.
	long := s.server.limits.Deadline
	s.server.limits.Deadline = 2 * time.Second
	defer func() { s.server.limits.Deadline = long }()
	short, _ := s.open(t, "*")
	if _, err := ask(t, short, endless); kindOf(err) != adbc.StatusTimeout && kindOf(err) != adbc.StatusCancelled {
		t.Errorf("over its time: %v", err)
	}
}

// A worker that dies is an error for its client alone, who has another with the next
// statement; the ninth connection is told that it is busy.
func testWorkers(t *testing.T, s *site) {
	clients := make([]*client, mostWorkers)
	for i := range clients {
		clients[i], _ = s.open(t, "*")
		if _, err := ask(t, clients[i], "select 1"); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			st, err := clients[0].NewStatement()
			must(t, err)
			defer st.Close()
			must(t, st.SetSqlQuery("select range, repeat('x', 1000) from range(200000)"))
			r, _, err := st.ExecuteQuery(t.Context())
			must(t, err)
			if !r.Next() {
				t.Fatal(r.Err())
			}
			for _, pid := range s.running() {
				must(t, syscall.Kill(pid, syscall.SIGKILL))
			}
			rows, err := rowsOf(r)
			if err == nil || len(rows) >= 200000 {
				t.Errorf("%d rows of a worker that was killed, as if they were all", len(rows))
			}
			if _, err := ask(t, clients[0], "select 1"); err != nil {
				t.Errorf("after its worker was killed: %v", err)
			}
		}
	}
	if n := len(s.running()); n != mostWorkers {
		t.Errorf("%d workers", n)
	}
	ninth, _ := s.open(t, "*")
	if _, err := ask(t, ninth, "select 1"); err == nil || !strings.Contains(err.Error(), "busy") {
		t.Errorf("the ninth: %v", err)
	}
	must(t, clients[3].Close())
	waitFor(t, func() bool {
		_, err := ask(t, ninth, "select 1")
		return err == nil
	})
	if rows, err := ask(t, clients[5], "select 1"); err != nil || len(rows) != 1 {
		t.Errorf("another: %v %v", rows, err)
	}
}

// Each statement is on record: who, why, how many rows; never its text.
func testRecord(t *testing.T, s *site) {
	c, id := s.open(t, "*")
	const query = "select value from dial_monthly where unit_id = 'A' and metric_id <> 'Jane Doe'"
	if _, err := ask(t, c, query); err != nil {
		t.Fatal(err)
	}
	const refused = "select getenv('HOME')"
	_, _ = ask(t, c, refused)
	var got []string
	waitFor(t, func() bool {
		got = nil
		records, err := s.audit.List(audit.Filter{})
		must(t, err)
		for _, r := range slices.Backward(records) {
			if h := r.Fields["sql_sha256"]; h != hash(query) && h != hash(refused) {
				continue
			}
			got = append(got, string(r.Kind)+" "+r.What+" "+r.Fields["tables"]+" "+r.Fields["rows"]+" "+r.Fields["ended"])
		}
		return len(got) >= 3
	})
	want := []string{"extract flight sql dial_monthly  ", "extract flight sql end  24 whole", "denied flight sql   "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(id, diff)
	}
}

// One server answers all of this, and nothing is left of it at its end.
func TestFlight(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("server", func(t *testing.T) {
		s := newSite(t, DefaultConfig())
		for _, part := range []struct {
			name string
			test func(t *testing.T, s *site)
		}{
			{"driver", testDriver},
			{"prepared", testPrepared},
			{"catalog", testCatalog},
			{"tokens", testTokens},
			{"cancellation", testCancellation},
			{"record", testRecord},
			{"workers", testWorkers},
		} {
			t.Run(part.name, func(t *testing.T) {
				part.test(t, s)
			})
			waitFor(t, func() bool { return len(s.running()) == 0 })
		}
	})
	// The driver leaves a connection that was refused to its own devices.
	drivers := []goleak.Option{
		before, goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/grpcsync.(*CallbackSerializer).run"),
		goleak.IgnoreAnyFunction("google.golang.org/grpc/internal/resolver/dns.(*dnsResolver).watcher"),
	}
	if err := goleak.Find(drivers...); err != nil {
		t.Error(err)
	}
}
