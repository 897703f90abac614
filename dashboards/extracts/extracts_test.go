package extracts

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/gofiber/fiber/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"dials/queries"
	"dials/warehouse"
	"dials/warehouse/warehousetest"
)

// A site is a server of extracts on loopback, over a warehouse of its own.
type site struct {
	w      *warehouse.Warehouse
	server *Server
	url    string
	taken  chan Download
	reader *queries.Reader
}

func newSite(t *testing.T, statements ...string) *site {
	t.Helper()
	return newSiteWith(t, warehouse.Batches, 0, statements...)
}

func newSiteWith(t testing.TB, engine queries.Engine, limit int64, statements ...string) *site {
	t.Helper()
	w := warehousetest.Built(t, warehouse.Options{})
	s := &site{w: w, taken: make(chan Download, 1000), reader: new(queries.Reader)}
	*s.reader = queries.Reader{Policy: queries.OpenPolicy(false)}
	s.change(t, append([]string{
		"insert into marts.unit_scope by name select v as view_name, '*' as ancestor_id, u as unit_id, date '1900-01-01' as valid_from, date '9999-12-31' as valid_to, 1.0 as share from unnest(['as_was', 'as_now']) a(v), unnest(['A', 'B', 'C']) b(u)",
	}, statements...)...)
	scratch, err := w.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	s.server, err = New(Options{
		Marts: queries.Open(w.DB()), Engine: engine, Limit: limit, Dir: filepath.Join(scratch, "extracts"), Log: slog.New(slog.DiscardHandler),
		Reader: func(*fiber.Ctx) queries.Reader { return *s.reader },
		Record: func(_ *fiber.Ctx, d Download) error { s.taken <- d; return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	app := fiber.New(fiber.Config{Immutable: true, DisableStartupMessage: true})
	s.server.Routes(app)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = app.Listener(listener) }()
	t.Cleanup(func() {
		if err := app.ShutdownWithTimeout(30 * time.Second); err != nil {
			t.Error(err)
		}
		if err := s.server.Close(); err != nil {
			t.Error(err)
		}
	})
	s.url = "http://" + listener.Addr().String()
	return s
}

// change writes into the marts and moves their fingerprints and the data version.
func (s *site) change(t testing.TB, statements ...string) {
	t.Helper()
	statements = append(statements, "update meta.model set fingerprint = fingerprint || 'x'", "insert into meta.data_version select coalesce(max(version), 0) + 1, now()::timestamp from meta.data_version")
	err := s.w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, statement := range statements {
			if _, err := conn.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", statement, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// body asks for a path and returns the body of the answer.
func (s *site) body(t testing.TB, path string) []byte {
	t.Helper()
	resp, body := s.get(t, http.MethodGet, path)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s: %s", path, resp.Status, body)
	}
	return body
}

// A reply is an answer whose body was read to its end.
type reply struct {
	Status        string
	StatusCode    int
	Header        http.Header
	ContentLength int64
}

// get asks for a path and returns the answer and its whole body.
func (s *site) get(t testing.TB, method, path string, header ...string) (reply, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.Status, resp.StatusCode, resp.Header, resp.ContentLength}, body
}

// rows of two dials: one of people in three units, of which one cell is hidden and
// one only a range, one of things with text that looks like a formula.
func cells() []string {
	return []string{
		"insert into marts.dials by name select 'turnover' as metric_id, '=Turnover, \"voluntary\"' as name, 'per cent' as unit_of_measure, 'down' as direction, 'ratio' as unit_aggregation, 'mean' as time_aggregation, true as has_people, 1 as definition_version, 'hris' as sources, timestamp '2026-03-01 08:30:00' as signed_off_at, date '2026-01-01' as first_month, 12.3456::decimal(18,4) as money_per_unit",
		`insert into marts.dial_monthly by name select 'turnover' as metric_id, u as unit_id, m as month, v as value, n as numerator, d as denominator, d::bigint as n, d::bigint as people_n, true as is_complete, h as is_hidden, r as is_range, l as numerator_low, g as numerator_high
		from (values ('A', date '2026-01-01', 0.125, 5.0, 40.0, false, false, null, null), ('B', date '2026-01-01', 0.5, 2.0, 4.0, true, false, null, null), ('C', date '2026-01-01', 0.05, 1.0, 20.0, false, true, 0.0, 4.0), ('A', date '2026-02-01', 0.2, 8.0, 40.0, false, false, null, null)) t(u, m, v, n, d, h, r, l, g)`,
	}
}

func TestFormatsAgree(t *testing.T) {
	s := newSite(t, cells()...)
	want := [][]string{
		{"unit_id", "month", "value", "numerator_low", "numerator_high", "people_n"},
		{"A", "2026-01-01", "0.125", "", "", "40"},
		{"C", "2026-01-01", "", "0", "4", "20"},
		{"A", "2026-02-01", "0.2", "", "", "40"},
	}
	const query = "?columns=unit_id,month,value,numerator_low,numerator_high,people_n&metric=turnover"
	resp, body := s.get(t, http.MethodGet, "/extracts/dial_monthly.csv"+query)
	got, err := csv.NewReader(bytes.NewReader(body)).ReadAll()
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp.StatusCode, err, string(body))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("csv: %s", diff)
	}
	if h := resp.Header; h.Get("Dials-Rows") != "3" || !strings.Contains(h.Get("Dials-Note"), "hidden to protect people") {
		t.Errorf("headers %v", h)
	}

	body = s.body(t, "/extracts/dial_monthly.json"+query)
	var doc struct {
		About map[string]string
		Rows  []map[string]any
	}
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err, string(body))
	}
	if len(doc.Rows) != 3 || doc.Rows[1]["value"] != nil || doc.Rows[0]["value"] != 0.125 || doc.About["dials.rows"] != "3" {
		t.Errorf("json: %s", body)
	}

	for _, ending := range []string{"arrow", "arrows"} {
		body = s.body(t, "/extracts/dial_monthly."+ending+query)
		schema, rows := readArrow(t, ending, body)
		if rows != 3 || schema.Field(2).Type.ID() != arrow.FLOAT64 {
			t.Errorf("%s: %d rows, %v", ending, rows, schema)
		}
		if said, _ := schema.Metadata().GetValue("dials.extract"); said != "dial_monthly" {
			t.Errorf("%s: metadata %v", ending, schema.Metadata())
		}
		for _, key := range []string{"dials.policy", "dials.definitions", "dials.data_version", "dials.filters"} {
			if said, _ := schema.Metadata().GetValue(key); said == "" {
				t.Errorf("%s: metadata lacks %s", ending, key)
			}
		}
		if said, _ := schema.Field(0).Metadata.GetValue("definition"); said == "" {
			t.Errorf("%s: column metadata %v", ending, schema.Field(0).Metadata)
		}
	}

	body = s.body(t, "/extracts/dial_monthly.xlsx"+query)
	book, err := excelize.OpenReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	sheet, err := book.GetRows("Data")
	if err != nil || len(sheet) != 4 || sheet[1][0] != "A" || sheet[1][1] != "2026-01-01" || sheet[1][2] != "0.125" {
		t.Errorf("xlsx: %v %v", sheet, err)
	}
	if said, err := book.GetRows("Definitions"); err != nil || said[1][0] != "unit_id" {
		t.Errorf("xlsx: definitions %v %v", said, err)
	}

	body = s.body(t, "/extracts/dial_monthly.parquet"+query)
	if rows := readParquet(t, body, "select unit_id, month::varchar, coalesce(value::varchar, '')"); !cmp.Equal(rows, [][]string{
		{"A", "2026-01-01", "0.125"}, {"C", "2026-01-01", ""}, {"A", "2026-02-01", "0.2"},
	}) {
		t.Errorf("parquet: %v", rows)
	}
	if d := <-s.taken; d.Extract != "dial_monthly" || d.Rows != 3 || d.Filters["metric"] != "turnover" {
		t.Errorf("record %+v", d)
	}
}

func readArrow(t *testing.T, ending string, body []byte) (*arrow.Schema, int64) {
	t.Helper()
	var rows int64
	if ending == "arrow" {
		r, err := ipc.NewFileReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for i := range r.NumRecords() {
			batch, err := r.RecordBatchAt(i)
			if err != nil {
				t.Fatal(err)
			}
			rows += batch.NumRows()
		}
		return r.Schema(), rows
	}
	r, err := ipc.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Release()
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return r.Schema(), rows
}

// readParquet runs a select over the file in an engine of its own.
func readParquet(t *testing.T, body []byte, query string) [][]string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.parquet")
	writeFile(t, path, body)
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query+" from '"+path+"'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var found [][]string
	for rows.Next() {
		row := make([]string, 3)
		if err := rows.Scan(&row[0], &row[1], &row[2]); err != nil {
			t.Fatal(err)
		}
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestFormulasAreGuarded(t *testing.T) {
	s := newSite(t, cells()...)
	body := s.body(t, "/extracts/dials.csv?columns=metric_id,name,signed_off_at,money_per_unit,owner_name")
	if want := "metric_id,name,signed_off_at,money_per_unit,owner_name\r\nturnover,\"'=Turnover, \"\"voluntary\"\"\",2026-03-01T08:30:00Z,12.3456,\r\n"; string(body) != want {
		t.Errorf("got %q\nwant %q", body, want)
	}
	body = s.body(t, "/extracts/dials.csv?columns=name&raw=1&bom=1")
	if want := "\ufeffname\r\n\"=Turnover, \"\"voluntary\"\"\"\r\n"; string(body) != want {
		t.Errorf("raw: got %q", body)
	}
}

func TestConditionalAndPartial(t *testing.T) {
	s := newSite(t, cells()...)
	const path = "/extracts/dials.parquet"
	resp, body := s.get(t, http.MethodGet, path, "Range", "bytes=0-3")
	if resp.StatusCode != http.StatusOK || len(body) < 100 {
		t.Fatalf("a part of what is not in the cache: %d, %d bytes", resp.StatusCode, len(body))
	}
	etag := resp.Header.Get("ETag")
	for _, tt := range []struct {
		method, name, value string
		status, length      int
		body                string
	}{
		{"GET", "Range", "bytes=0-3", 206, 4, "PAR1"},
		{"GET", "Range", "bytes=-4", 206, 4, "PAR1"},
		{"GET", "Range", fmt.Sprintf("bytes=%d-", len(body)), 416, 0, ""},
		{"GET", "Range", "bytes=4-2", 200, len(body), string(body)},
		{"GET", "Range", "bytes=0-1,3-4", 200, len(body), string(body)},
		{"GET", "If-None-Match", etag, 304, 0, ""},
		{"GET", "If-None-Match", `"other"`, 200, len(body), string(body)},
		{"HEAD", "", "", 200, 0, ""},
	} {
		header := []string{tt.name, tt.value}
		if tt.name == "" {
			header = nil
		}
		resp, got := s.get(t, tt.method, path, header...)
		if resp.StatusCode != tt.status || tt.status != 416 && string(got) != tt.body {
			t.Errorf("%s %s %s: %d, %d bytes", tt.method, tt.name, tt.value, resp.StatusCode, len(got))
		}
		if tt.method == "HEAD" && resp.ContentLength != int64(len(body)) {
			t.Errorf("HEAD says %d bytes, not %d", resp.ContentLength, len(body))
		}
	}
	resp, _ = s.get(t, http.MethodGet, path, "Range", "bytes=0-3", "If-Range", `"old"`)
	if resp.StatusCode != http.StatusOK {
		t.Errorf("another file's part: %d", resp.StatusCode)
	}
	// What the file was made of did not change: neither does the file.
	if err := s.w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "insert into meta.data_version select max(version) + 1, now()::timestamp from meta.data_version")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if resp, _ := s.get(t, http.MethodGet, path, "If-None-Match", etag); resp.StatusCode != http.StatusNotModified {
		t.Errorf("unchanged inputs, a new version: %d", resp.StatusCode)
	}
	s.change(t, "update marts.dials set name = 'Turnover'")
	if resp, _ := s.get(t, http.MethodGet, path, "If-None-Match", etag); resp.StatusCode != http.StatusOK {
		t.Errorf("changed inputs: %d", resp.StatusCode)
	}
}

func TestRefusals(t *testing.T) {
	s := newSite(t, cells()...)
	for path, want := range map[string]int{
		"/extracts/nothing.csv":                                     404,
		"/extracts/dials.doc":                                       404,
		"/extracts/dials":                                           404,
		"/extracts/..%2f..%2fetc%2fpasswd.csv":                      404,
		"/extracts/dials.csv?columns=salary":                        400,
		"/extracts/dials.csv?columns=name,name":                     400,
		"/extracts/dials.csv?metric=x":                              400,
		"/extracts/dial_monthly.csv?from=yesterday":                 400,
		"/extracts/dial_monthly.csv?org=then":                       400,
		"/extracts/dial_monthly.json?bom=1":                         400,
		"/extracts/dial_monthly.csv?from=2026-02&to=2026-02&unit=A": 200,
	} {
		if resp, body := s.get(t, http.MethodGet, path); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d: %s", path, resp.StatusCode, want, body)
		}
	}
	*s.reader = queries.Reader{}
	if resp, _ := s.get(t, http.MethodGet, "/extracts/dials.csv"); resp.StatusCode < 400 {
		t.Errorf("a reader without rights: %d", resp.StatusCode)
	}
}

// Each extract of the catalogue has the columns that it declares, in types that
// every format can carry.
func TestCatalogue(t *testing.T) {
	s := newSite(t, cells()...)
	catalogue, err := queries.Extracts()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range catalogue {
		if e.IsPerson() { // see TestRowsAboutPeople
			continue
		}
		for _, ending := range Endings() {
			if resp, body := s.get(t, http.MethodGet, "/extracts/"+e.Name+"."+ending); resp.StatusCode != http.StatusOK {
				t.Errorf("%s.%s: %d %s", e.Name, ending, resp.StatusCode, body)
			}
		}
	}
	body := s.body(t, "/api/v1/extracts")
	var listed struct{ Extracts []listing }
	if err := json.Unmarshal(body, &listed); err != nil || len(listed.Extracts) != len(s.server.Offered(*s.reader)) || len(listed.Extracts) < len(catalogue)-4 {
		t.Errorf("%v: %d of %d extracts", err, len(listed.Extracts), len(catalogue))
	}
}
