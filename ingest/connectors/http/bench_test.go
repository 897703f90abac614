package http_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	connector "dials/ingest/connectors/http"
	"dials/ingest/ingesttest"
	"dials/ingest/web"
)

const latency = 20 * time.Millisecond

// service serves absences in pages, and those of a person, each after a while.
func service(b *testing.B, records, size int, wait time.Duration) *httptest.Server {
	pages := map[int]string{}
	for at := 1; at <= records; at += size {
		pages[at-1] = fmt.Sprintf(`{"total":%d,"data":[%s]}`, records, absence(span(at, min(at+size-1, records))...))
	}
	f := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(wait)
		w.Header().Set("Content-Type", "application/json")
		if id, ok := strings.CutPrefix(r.URL.Path, "/v1/people/"); ok {
			n, _ := strconv.Atoi(id)
			fmt.Fprintf(w, `{"data":[%s]}`, absence(n))
			return
		}
		at, _ := strconv.Atoi(r.URL.Query().Get("offset"))
		text, ok := pages[at]
		if !ok {
			text = fmt.Sprintf(`{"total":%d,"data":[]}`, records)
		}
		fmt.Fprint(w, text)
	}))
	b.Cleanup(f.Close)
	return f
}

// Reading over a network of 20 ms against its ideal, requests × latency ÷ concurrency:
// pages one after the other, pages several at once, and a request for each record.
func BenchmarkLatency(b *testing.B) {
	for _, bb := range []struct {
		name                 string
		records, size        int
		concurrency, request int
		options              string
	}{
		{"pages", 20_000, 100, 1, 201, `page = { kind = "offset", size_param = "limit", size = 100 }`},
		{"pages of 8 at once", 80_000, 100, 8, 801, `page = { kind = "offset", size_param = "limit", size = 100 }` + "\n" + `expect = { total = "total" }`},
		{"each of 8 at once", 2_000, 1000, 8, 2003, `page = { kind = "offset" }` + "\n" + `each = { path = "/v1/people/{id}", records = "data" }`},
	} {
		b.Run(bb.name, func(b *testing.B) {
			f := service(b, bb.records, bb.size, latency)
			s := ingesttest.NewService(b, "http", connector.New, "HR_USER", "HR_TOKEN")
			cfg := source(f.URL, fmt.Sprintf("concurrency = %d\n", bb.concurrency)+absences(bb.options))
			for b.Loop() {
				begin := time.Now()
				s.Check(cfg, fmt.Sprintf("read %[1]d inserted %[1]d updated 0 unchanged 0 rejected 0 deleted 0", bb.records))
				took := time.Since(begin)
				ideal := time.Duration(bb.request) * latency / time.Duration(bb.concurrency)
				b.ReportMetric(took.Seconds()/ideal.Seconds(), "×ideal")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}

// 200,000 records that have not changed: what a run takes beyond fetching them.
func BenchmarkUnchanged(b *testing.B) {
	const records = 200_000
	f := service(b, records, 1000, 0)
	s := ingesttest.NewService(b, "http", connector.New, "HR_USER", "HR_TOKEN")
	cfg := source(f.URL, absences(`page = { kind = "offset", size_param = "limit", size = 1000 }`+"\n"+`expect = { total = "total" }`))
	s.Check(cfg, fmt.Sprintf("read %[1]d inserted %[1]d updated 0 unchanged 0 rejected 0 deleted 0", records))
	c, err := web.New(web.Options{BaseURL: f.URL}, web.Env{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		begin := time.Now()
		for at := 0; at <= records; at += 1000 {
			if _, err := c.Do(b.Context(), web.Request{Path: "/v1/absences?offset=" + strconv.Itoa(at)}); err != nil {
				b.Fatal(err)
			}
		}
		fetch := time.Since(begin)
		begin = time.Now()
		s.CheckFull(cfg, fmt.Sprintf("read %[1]d inserted 0 updated 0 unchanged %[1]d rejected 0 deleted 0", records))
		b.ReportMetric((time.Since(begin) - fetch).Seconds(), "s-beyond-fetch")
		b.ReportMetric(0, "ns/op")
	}
}
