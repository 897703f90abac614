package http_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	connector "dials/ingest/connectors/http"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

const auth = "Authorization"

// wanted is what every request must carry.
func wanted(step faulttest.Step) faulttest.Step {
	return faulttest.Wants(auth, "Basic "+base64.StdEncoding.EncodeToString([]byte("dials-secret-token:dials-secret-token")), step)
}

// paged serves records in pages, by the query of the request.
func paged(ids []int, size int, answer func(page, pages int, records string) (string, []string)) faulttest.Step {
	return wanted(func(w http.ResponseWriter, r *http.Request) {
		at := 0
		if v := r.URL.Query().Get("offset"); v != "" {
			at, _ = strconv.Atoi(v)
		}
		if v := r.URL.Query().Get("page"); v != "" {
			n, _ := strconv.Atoi(v)
			at = (n - 1) * size
		}
		if v := r.URL.Query().Get("after"); v != "" {
			at, _ = strconv.Atoi(v)
		}
		at = min(at, len(ids))
		body, headers := answer(at/size+1, (len(ids)+size-1)/size, absence(ids[at:min(at+size, len(ids))]...))
		faulttest.JSON(body, headers...)(w, r)
	})
}

// Every style of paging reads everything, and asks no more than it must.
func TestPages(t *testing.T) {
	ids := span(1, 25)
	plain := func(_, _ int, records string) (string, []string) {
		return fmt.Sprintf(`{"data":[%s],"meta":{"total":25,"pages":3}}`, records), []string{"X-Total-Count", "25"}
	}
	cursor := func(page, pages int, records string) (string, []string) {
		next, more := "null", "false"
		if page < pages {
			next, more = strconv.Quote(strconv.Itoa(page*10)), "true"
		}
		return fmt.Sprintf(`{"next":%s,"hasMore":%s,"data":[%s]}`, next, more, records), nil
	}
	link := func(page, pages int, records string) (string, []string) {
		next := fmt.Sprintf(`<https://127.0.0.1/v1/absences?page=%d>; rel="next", <https://x/>; rel="first"`, page+1)
		if page == pages {
			next = `<https://x/>; rel="first"`
		}
		return fmt.Sprintf(`{"data":[%s]}`, records), []string{"Link", next}
	}
	url := func(page, pages int, records string) (string, []string) {
		next := fmt.Sprintf(`"absences?page=%d"`, page+1)
		if page == pages {
			next = `""`
		}
		return fmt.Sprintf(`{"data":[%s],"paging":{"next":%s}}`, records, next), nil
	}
	for _, tt := range []struct {
		name, options string
		answer        func(page, pages int, records string) (string, []string)
		requests      int
	}{
		{"page", `page = { kind = "page", size = 10, size_param = "size" }`, plain, 4},
		{"page of pages", `page = { kind = "page", pages = "meta.pages" }` + "\n" + `expect = { total = "meta.total" }`, plain, 3},
		{"offset", `page = { kind = "offset" }` + "\n" + `expect = { total_header = "X-Total-Count" }`, plain, 4},
		{"cursor", `page = { kind = "cursor", param = "after", next = "next" }`, cursor, 3},
		{"cursor and more", `page = { kind = "cursor", param = "after", next = "next", more = "hasMore" }`, cursor, 3},
		{"link", `page = { kind = "link_header" }`, link, 3},
		{"next url", `page = { kind = "next_url", next = "paging.next" }`, url, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
			f := faulttest.New(t).On("GET /v1/absences", paged(ids, 10, tt.answer))
			cfg := source(f.URL, absences(tt.options))
			s.Check(cfg, "read 25 inserted 25 updated 0 unchanged 0 rejected 0 deleted 0")
			if n := len(f.Requests()); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			s.Check(cfg, "read 25 inserted 0 updated 0 unchanged 25 rejected 0 deleted 0")
			f.On("GET /v1/absences", paged(ids[:24], 10, func(page, pages int, records string) (string, []string) {
				body, headers := tt.answer(page, pages, records)
				return strings.Replace(body, "25,", "24,", 1), slices.Insert(headers, 0, "X-Total-Count", "24")
			}))
			s.Check(cfg, "read 24 inserted 0 updated 0 unchanged 24 rejected 0 deleted 1")
		})
	}
}

// What looks like the end of a list and is none fails the stream and loads nothing.
func TestPagingFaults(t *testing.T) {
	list := func(ids ...int) faulttest.Step { return faulttest.JSON(`{"data":[` + absence(ids...) + `]}`) }
	total := func(n int, ids ...int) faulttest.Step {
		return faulttest.JSON(fmt.Sprintf(`{"total":%d,"data":[%s]}`, n, absence(ids...)))
	}
	next := func(n string, ids ...int) faulttest.Step {
		return faulttest.JSON(fmt.Sprintf(`{"next":%q,"data":[%s]}`, n, absence(ids...)))
	}
	const byPage = `page = { kind = "page", max_pages = 5 }`
	const byTotal = byPage + "\n" + `expect = { total = "total" }`
	const byCursor = `page = { kind = "cursor", param = "after", next = "next", max_pages = 5 }`
	for _, tt := range []struct {
		name, options, words string
		steps                []faulttest.Step
	}{
		{"page repeated", byPage, "GET /v1/absences page 2: page 2 is page 1 again", []faulttest.Step{list(1, 2)}},
		{"endless", byPage, "more than max_pages = 5", []faulttest.Step{list(1), list(2), list(3), list(4), list(5), list(6), list(7)}},
		{"same next", byCursor, "names the same next page", []faulttest.Step{next("x", 1), next("x", 2), next("x", 3)}},
		{"too few", byTotal, "declares 4 records, and 3 came", []faulttest.Step{total(4, 1, 2, 3), total(4)}},
		{"shrinks", byTotal, "declared 30 records on the first page and 27 on the last", []faulttest.Step{total(30, 1, 2), total(28, 3), total(27)}},
		{"moved", byPage, "2 came", nil},
		{"html on page 2", byPage, "a web page in place of data", []faulttest.Step{list(1), faulttest.HTML()}},
		{"scope lost", byPage, "403, this may not be read", []faulttest.Step{list(1), faulttest.Status(403, `{"message":"scope"}`, "Content-Type", "application/json")}},
		{"token expired", byPage, "401, the credentials are not accepted: check the environment variables HR_USER and HR_TOKEN", []faulttest.Step{list(1), list(2), faulttest.Status(401, "")}},
		{"list became map", byPage, "an object or a value where the list of records should be", []faulttest.Step{faulttest.JSON(`{"data":{"1":{"id":1}}}`)}},
		{"no list", byPage, `the answer has no "data"`, []faulttest.Step{faulttest.JSON(`{"items":[]}`)}},
		{"no total", byTotal, `declares no total at "total"`, []faulttest.Step{faulttest.JSON(`{"total":"many","data":[]}`)}},
		{"empty all", byPage, "min_rows", []faulttest.Step{list()}},
		{"wait for a day", byPage, "asks to wait 18h36m15s", []faulttest.Step{list(1), faulttest.RetryAfter(429, "66975")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
			ok := faulttest.New(t, list(1, 2, 3), list())
			s.Check(source(ok.URL, absences(byPage)), "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
			if tt.steps == nil { // a record that moves on every walk
				for range 3 {
					tt.steps = append(tt.steps, list(1, 2), list(2, 3), list())
				}
				tt.words = "4 records came, 1 of them twice, so that others may have been passed over"
			}
			f := faulttest.New(t, slices.Repeat(tt.steps, 3)...)
			if tt.name == "empty all" {
				tt.options += "\nexpect = { min_rows = 1 }"
			}
			s.Fails(source(f.URL, absences(tt.options)), tt.words)
			s.Same("rows", []string{"3|0"}, "select count(*), count(deleted_at) from raw.absence where superseded_at is null")
		})
	}
}

// A short page, even an empty one, is not the last while there is more; faults that
// pass are passed over; a walk in which records moved is walked again.
func TestPagingGoesOn(t *testing.T) {
	list := func(ids ...int) faulttest.Step { return faulttest.JSON(`{"data":[` + absence(ids...) + `]}`) }
	next := func(n string, ids ...int) faulttest.Step {
		return faulttest.JSON(fmt.Sprintf(`{"next":%s,"data":[%s]}`, n, absence(ids...)))
	}
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t, list(1, 2, 3), list(4), list(5, 6, 7), list())
	s.Check(source(f.URL, absences(`page = { kind = "page", size = 3, size_param = "n" }`)), "read 7 inserted 7 updated 0 unchanged 0 rejected 0 deleted 0")
	f = faulttest.New(t, next(`"a"`, 1, 2, 3), next(`"b"`), faulttest.Empty(500), faulttest.Truncated(`{"data":[]}`), next(`"c"`, 4, 5), next("null", 6, 7))
	s.Check(source(f.URL, absences(`page = { kind = "cursor", param = "after", next = "next" }`)), "read 7 inserted 0 updated 0 unchanged 7 rejected 0 deleted 0")
	f = faulttest.New(t, list(1, 2), list(2, 3), list(4, 5, 6, 7), list(), list(1, 2, 3), list(4, 5, 6, 7), list())
	w := s.Check(source(f.URL, absences(`page = { kind = "page" }`)), "read 15 inserted 0 updated 0 unchanged 15 rejected 0 deleted 0")
	if !strings.Contains(w, "walked again: 8 records came, 1 of them twice") {
		t.Errorf("warnings %q", w)
	}
	// nextPage that never ends: an empty page does.
	f = faulttest.New(t, next(`2`, 1, 2, 3, 4), next(`3`, 5, 6, 7), next(`4`), next(`5`))
	s.Check(source(f.URL, absences(`page = { kind = "cursor", param = "page", next = "next", stop = "empty" }`)), "read 7 inserted 0 updated 0 unchanged 7 rejected 0 deleted 0")
}

// Numbers keep their digits, nested fields have paths, what nothing reads is named, and
// a record that is none is set aside.
func TestRecords(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t, faulttest.JSON(`{"data":{"r1":{"id":"r1","amt":12345678901234.1230,"cur":"EUR","on":"2026-01-02","kind":{"name":"tuition"},"who":{"id":7,"tags":["a"]},"note":"Gr\u00f6\u00dfe"},
		"r2":{"id":"r2","amt":"1e2","cur":"EUR","on":"2026-01-03","kind":{"name":"travel"},"who":null,"note":""},
		"r3":[1,2],"r4":{"id":"r4","amt":"lots","cur":"EUR","on":"2026-01-03","kind":{"name":"x"}}}}`))
	cfg := source(f.URL, `
[[source.stream]]
name = "costs"
target = "learning_cost"
delivery = "delta"
keep = ["note", "who.tags"]
[source.stream.options]
method = "POST"
path = "/v1/costs/search"
params = { v = "2" }
headers = { X-Api-Version = "2026-01-01" }
body = '{"fields":["id"],"showInactive":true}'
records = "data.*"
[source.stream.map]
cost_id = "_key"
amount = "amt"
currency = "cur"
cost_date = "on"
cost_type = "kind.name"
person_id = "who.id"
`)
	w := s.Check(cfg, "read 4 inserted 2 updated 0 unchanged 0 rejected 2 deleted 0")
	s.Same("costs", []string{
		`r1|tuition|7|{"note":"Größe","who.tags":"[\"a\"]"}`,
		"r2|travel|-|-",
	}, "select cost_id, cost_type, person_id, extra::varchar from raw.learning_cost order by 1")
	s.Same("digits", []string{"12345678901234.1230", "100.0000"}, "select amount from raw.learning_cost order by cost_id")
	s.Same("rejected", []string{"3|-|is not a JSON object", "4|amount|is not an amount: set decimal"}, "select record, column_name, left(reason, 29) from meta.rejected_row order by column_name nulls first")
	if !strings.Contains(w, "dropped the fields that nothing reads: id") {
		t.Errorf("warnings %q", w)
	}
	got := f.Requests()[0]
	if got.Method != "POST" || got.Query.Get("v") != "2" || got.Header.Get("X-Api-Version") != "2026-01-01" || got.Body != `{"fields":["id"],"showInactive":true}` || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("request %+v", got)
	}
}

// Only what changed is asked for, from a while before; a full run asks for everything.
func TestCursor(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	answer := func(ids ...int) faulttest.Step { return faulttest.JSON(`{"data":[` + absence(ids...) + `]}`) }
	f := faulttest.New(t, answer(1, 5, 9), answer(9), answer(), answer(1, 5, 9))
	cfg := source(f.URL, absences(`cursor = { field = "updatedAt", param = "since" }`))
	s.Check(cfg, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Check(cfg, "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0")
	s.Check(cfg, "read 0 inserted 0 updated 0 unchanged 0 rejected 0 deleted 0")
	s.CheckFull(cfg, "read 3 inserted 0 updated 0 unchanged 3 rejected 0 deleted 0")
	var since []string
	for _, r := range f.Requests() {
		since = append(since, r.Query.Get("since"))
	}
	if want := []string{"", "2026-11-10T09:45:00Z", "2026-11-10T09:45:00Z", ""}; !slices.Equal(since, want) {
		t.Errorf("since %q, want %q", since, want)
	}
	// A failure moves no cursor.
	f = faulttest.New(t, answer(1), faulttest.JSON(`{"data":[`+absence(2)+`,{"id":3,"employee":{"id":"e"},"type":"x","from":"2026-01-01","updatedAt":"yesterday"}]}`), answer(2))
	cfg = source(f.URL, absences(`cursor = { field = "updatedAt", param = "since", format = "date", field_format = "rfc3339" }`))
	s.Check(cfg, "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 2")
	s.Fails(cfg, "updatedAt is no instant as cursor.field_format says (rfc3339)")
	s.Check(cfg, "read 1 inserted 1 updated 0 unchanged 0 rejected 0 deleted 0")
	if got := f.Requests()[2].Query.Get("since"); got != "2026-10-31" {
		t.Errorf("after a failure since = %q", got)
	}
}

// If-Modified-Since is a header, and 304 is no news.
func TestCursorHeader(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t, faulttest.JSON(`{"latest":"2026-11-20T00:00:00Z","data":[`+absence(1)+`]}`), faulttest.Status(304, ""))
	cfg := source(f.URL, absences(`cursor = { latest = "latest", param = "If-Modified-Since", in = "header" }`))
	s.Check(cfg, "read 1 inserted 1 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Check(cfg, "read 0 inserted 0 updated 0 unchanged 0 rejected 0 deleted 0")
	if got := f.Requests()[1].Header.Get("If-Modified-Since"); got != "Thu, 19 Nov 2026 23:00:00 GMT" {
		t.Errorf("If-Modified-Since %q", got)
	}
}

// For each record another request is made, several at once; what came first does not
// matter, and what has nothing to tell is counted.
func TestEach(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t)
	f.On("GET /v1/people", faulttest.JSON(`[{"id":"a/1","dept":{"n":1}},{"id":"b"},{"id":"c"},{"id":"d"},{"name":"none"}]`))
	f.On("GET /v1/people/a/1/leave", faulttest.RetryAfter(429, "0"), faulttest.JSON(`{"leave":[{"no":1,"kind":"sick","from":"2026-01-01"},{"no":2,"kind":"sick","from":"2026-01-05"}],"next":"p2"}`), faulttest.JSON(`{"leave":[{"no":3,"kind":"sick","from":"2026-02-01"}]}`))
	f.On("GET /v1/people/b/leave", faulttest.ErrorIn200("usernotenroled"))
	f.On("GET /v1/people/c/leave", faulttest.ErrorIn200("odd"))
	f.On("GET /v1/people/d/leave", faulttest.JSON(`{"leave":[]}`))
	cfg := source(f.URL, `concurrency = 4
[[source.stream]]
name = "leave"
target = "absence"
delivery = "delta"
[source.stream.options]
path = "/v1/people"
[source.stream.options.each]
path = "/v1/people/{id}/leave"
params = { who = "{id}" }
records = "leave"
page = { kind = "cursor", param = "after", next = "next" }
errors = [ { when = "json:/errorcode == usernotenroled", do = "skip_item" }, { when = "json:/errorcode", do = "bad_row" } ]
[source.stream.map]
absence_id = { from = ["parent.id", "no"], join = "-" }
person_id = "parent.id"
absence_type = "kind"
from_date = "from"
`)
	w := s.Check(cfg, "read 5 inserted 3 updated 0 unchanged 0 rejected 2 deleted 0")
	s.Same("leave", []string{"a/1-1|a/1", "a/1-2|a/1", "a/1-3|a/1"}, "select absence_id, person_id from raw.absence order by 1")
	if !strings.Contains(w, "1 of 4 requests for single records had nothing to tell") {
		t.Errorf("warnings %q", w)
	}
	f.On("GET /v1/people/d/leave", faulttest.Status(401, ""))
	s.Fails(cfg, "GET /v1/people/d/leave page 1: 401")
}

// CSV is read like a file with a header, and a sign-in page in its place is refused.
func TestCSV(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t, faulttest.Status(200, "\ufeffid,who,kind,from\n1,e1,sick,01.02.2026\n2,\"e2\nx\",leave,02.02.2026\n3,e3\n", "Content-Type", "text/csv; charset=utf-8"), faulttest.HTML())
	cfg := source(f.URL, `
[[source.stream]]
name = "sheet"
target = "absence"
delivery = "snapshot"
[source.stream.options]
path = "/export"
params = { format = "csv", gid = "0" }
format = "csv"
date_format = ["%d.%m.%Y"]
[source.stream.map]
absence_id = "id"
person_id = "who"
absence_type = "kind"
from_date = "from"
`)
	s.Check(cfg, "read 3 inserted 2 updated 0 unchanged 0 rejected 1 deleted 0")
	s.Fails(cfg, "a web page in place of data")
}

// Every mistake is reported at once.
func TestRefuses(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	s.Refuses(`
[[source]]
name = "hr"
kind = "http"
[source.options]
base_url = "http://hr.example.com"
auth = "basic"
token_env = "T"
timezone = "Mars"
[[source.stream]]
name = "a"
target = "absence"
delivery = "delta"
[source.stream.options]
method = "PUT"
path = "/x/{id}"
body = "[]"
format = "xml"
headers = { Authorization = "x" }
params = { API_key = "x" }
page = { kind = "cursor", size = 3, counts = "pages", stop = "never" }
cursor = { param = "since", format = "iso", in = "cookie" }
expect = { duplicates = "maybe" }
delete = { by = "magic", max_fraction = 5.0 }
errors = [ { when = "code 5", do = "retry" }, { when = "status 500", do = "panic" } ]
each = { path = "/y", page = { kind = "none", size = 4, size_param = "n" } }
`,
		`base_url is not https`, `auth "basic" needs user_env`, `timezone "Mars"`, `method "PUT" is not GET or POST`, `body belongs to method`, `body is no JSON object`,
		`params: API_key is a secret`, `delete.by "magic"`, `delete.max_fraction is not`, `format "xml" is not json or csv`, `headers: Authorization carries a secret`, `page.kind "cursor" has no use for counts`, `page.kind "cursor" needs next`,
		`page.kind "cursor" needs param`, `page.size and size_param belong together`, `page.stop "never"`, `cursor.field is missing`, `cursor.format "iso"`, `cursor.in "cookie"`,
		`expect.duplicates "maybe"`, `errors: when = "code 5"`, `errors: do = "panic"`, `each: neither path nor params`, `each.page.kind "none" has no use for size`, `path holds a placeholder`)
	if _, err := s.Open(source("https://x.example", absences("recrods = \"x\""))); err == nil || !strings.Contains(err.Error(), "recrods") {
		t.Errorf("unknown key: %v", err)
	}
}

// Records of the same second as the cursor, and those that were committed late behind
// it, are loaded by the next run, whether the service's clock is right or not.
func TestLate(t *testing.T) {
	for name, skew := range map[string]time.Duration{"right": 0, "behind": -10 * time.Minute, "ahead": 10 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
			var changed []time.Time // of each record, by the service's clock
			f := faulttest.New(t, func(w http.ResponseWriter, r *http.Request) {
				since, _ := time.Parse(time.RFC3339, r.URL.Query().Get("since"))
				var out []string
				for i, at := range changed {
					if !at.Before(since) {
						out = append(out, fmt.Sprintf(`{"id":%d,"employee":{"id":"e"},"type":"sick","from":"2026-01-01","updatedAt":%q}`, i, at.Format(time.RFC3339)))
					}
				}
				faulttest.Clock(s.Now.Add(skew), faulttest.JSON(`{"data":[`+strings.Join(out, ",")+`]}`))(w, r)
			})
			cfg := source(f.URL, absences(`cursor = { field = "updatedAt", param = "since" }`))
			day := func(n int) time.Time { return s.Now.Add(time.Duration(n)*24*time.Hour + skew).Truncate(time.Second) }
			// The newest record is of the moment in which it is read.
			changed = []time.Time{day(0), day(1).Add(-time.Minute), day(1)}
			s.Check(cfg, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
			// One more of that very second, one changed earlier and committed later.
			changed = append(changed, day(0), day(0).Add(-10*time.Minute))
			s.Check(cfg, "read 4 inserted 2 updated 0 unchanged 2 rejected 0 deleted 0")
		})
	}
}

// An absence means what delete says: nothing, or up to a share of the records.
func TestDelete(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	list := func(ids ...int) faulttest.Step { return faulttest.JSON(`{"data":[` + absence(ids...) + `]}`) }
	f := faulttest.New(t, list(span(1, 40)...), list(1))
	s.Check(source(f.URL, absences(`delete = { by = "none" }`)), "read 40 inserted 40 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Check(source(f.URL, absences(`delete = { by = "none" }`)), "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0")
	s.Fails(source(f.URL, absences(`delete = { by = "full_walk", max_fraction = 0.5 }`)), "39")
	s.Check(source(f.URL, absences(`delete = { by = "full_walk", max_fraction = 1.0 }`)), "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 39")
}

// The sample of the design is read as it stands there.
func TestSample(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New)
	_, err := s.Open(`
[[source]]
name = "hibob"
kind = "http"
schedule = "15 2 * * *"
[source.options]
base_url = "https://api.hibob.com"
auth = "basic"
user_env = "HIBOB_USER"
token_env = "HIBOB_TOKEN"
timezone = "Australia/Sydney"
rate_per_second = 0.8
concurrency = 1
retry_after_max = "5m"
run_deadline = "30m"
[[source.stream]]
name = "people"
target = "employment"
delivery = "snapshot"
[source.stream.options]
method = "POST"
path = "/v1/people/search"
body = '{"showInactive":true,"fields":["root.id","work.startDate"]}'
records = "employees"
page = { kind = "none", stop = "empty", max_pages = 10000 }
cursor = { field = "updatedAt", param = "since", format = "rfc3339", overlap = "15m" }
expect = { content_type = "application/json", min_rows = 1, total = "meta.totalItems" }
errors = [ { when = "json:/errorcode == dbconnectionfailed", do = "retry" }, { when = "status 403 and body contains 'Rate Limit Exceeded'", do = "throttle" } ]
delete = { by = "full_walk", max_fraction = 0.05 }
[source.stream.map]
source_id = "id"
employment_id = "id"
person_id = "id"
employment_type = { value = "employee" }
hire_date = { from = "work.startDate", type = "date" }
`)
	if err != nil {
		t.Error(err)
	}
}

// An empty text, null and a field that some records lack are no value; one that none of
// them has any more, as when a right was lost, keeps what was known.
func TestBlankNullAbsent(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t)
	check := func(hours [3]string, want, words string) {
		t.Helper()
		var out []string
		for i, h := range hours {
			out = append(out, fmt.Sprintf(`{"id":%d,"employee":{"id":"e"},"type":"sick","from":"2026-01-01"%s}`, i+1, h))
		}
		f.On("GET /v1/absences", faulttest.JSON(`{"data":[`+strings.Join(out, ",")+`]}`))
		w := s.Check(source(f.URL, absences("")), want)
		if !strings.Contains(w, words) || words == "" && w != "" {
			t.Errorf("warnings %q, want %q", w, words)
		}
	}
	const rows = "select absent_hours from raw.absence where superseded_at is null order by absence_id"
	check([3]string{`,"hours":1`, `,"hours":2.0`, `,"hours":"3"`}, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0", "")
	s.Same("known", []string{"1.0", "2.0", "3.0"}, rows)
	check([3]string{"", "", ""}, "read 3 inserted 0 updated 0 unchanged 3 rejected 0 deleted 0", `no record has "hours": what was known of it stays`)
	s.Same("lost", []string{"1.0", "2.0", "3.0"}, rows)
	check([3]string{`,"hours":""`, `,"hours":null`, `,"hours":3`}, "read 3 inserted 0 updated 2 unchanged 1 rejected 0 deleted 0", "")
	s.Same("blank", []string{"-", "-", "3.0"}, rows)
	check([3]string{`,"hours":1`, `,"hours":[]`, ""}, "read 3 inserted 0 updated 2 unchanged 0 rejected 1 deleted 0", `absent_hours is not a number`)
	s.Same("absent in some, and a list", []string{"1.0", "-", "-"}, rows)
}

// A request that had nothing to tell deletes nothing; one that a rule calls ok has no
// records, and what it held is gone.
func TestSkippedIsNotGone(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New, "HR_USER", "HR_TOKEN")
	f := faulttest.New(t).On("GET /v1/people", faulttest.JSON(`[{"id":"a"},{"id":"b"}]`))
	f.On("GET /v1/people/a", faulttest.JSON(`{"data":[`+absence(1)+`]}`))
	f.On("GET /v1/people/b", faulttest.JSON(`{"data":[`+absence(2)+`]}`), faulttest.Status(404, `{}`, "Content-Type", "application/json"))
	cfg := func(do string) string {
		return source(f.URL, strings.Replace(absences(`each = { path = "/v1/people/{id}", records = "data", errors = [ { when = "status 404", do = "`+do+`" } ] }`), `"/v1/absences"
records = "data"`, `"/v1/people"`, 1))
	}
	s.Check(cfg("skip_item"), "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
	if w := s.Check(cfg("skip_item"), "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0"); !strings.Contains(w, "nothing is taken for gone in this run") {
		t.Errorf("warnings %q", w)
	}
	s.Check(cfg("ok"), "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 1")
}
