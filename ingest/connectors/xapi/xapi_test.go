package xapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dials/ingest"
	"dials/ingest/connectors/file"
	"dials/ingest/connectors/xapi"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

const whs, sales = "https://lms.example.com/course/WHS", "https://lms.example.com/course/SALES"

func newSite(t testing.TB, f *fake) *ingesttest.Site {
	t.Helper()
	s := ingesttest.Signed(t, map[string]ingest.New{"xapi": xapi.NewQuick, "file": file.New}, "LRS_USER=dials", "LRS_PASSWORD=secret-of-the-store")
	if f != nil {
		f.now = s.Clock
	}
	return s
}

func config(base, options string) string {
	return `[[source]]
name = "lrs"
kind = "xapi"
[source.options]
base_url = "` + base + `/xAPI"
auth = "basic"
user_env = "LRS_USER"
token_env = "LRS_PASSWORD"
` + options + `
[[source.stream]]
name = "events"
target = "learning_event"
delivery = "delta"
[[source.stream]]
name = "enrolments"
target = "enrolment"
delivery = "delta"
`
}

const courseMap = `[source.options.courses]
"https://lms.example.com/course/*" = "*"
"https://lms.example.com/quiz/1" = "WHS"`

const enrolments = `select person_id, course_id, attempt, assigned_date, started_at, completed_at, is_exempt, is_passed, status, score, hours
	from raw.enrolment where superseded_at is null and deleted_at is null order by all`

// Statements become events, and enrolments where their activities are mapped.
func TestFill(t *testing.T) {
	f := newFake(t)
	f.most = 3
	s := newSite(t, f)
	at := s.Now
	reg := object{"context": object{"registration": "AB000000-0000-4000-8000-000000000001"}}
	stored := func(minutes int, st object) { f.store(at.Add(time.Duration(minutes)*time.Minute), st) }
	stored(1, did("E1", "registered", whs, reg))
	stored(2, did("E1", "initialized", whs, reg))
	stored(3, did("E1", "completed", whs, reg, object{"result": object{"completion": true, "duration": "PT1H30M"}}))
	stored(4, did("E1", "passed", whs, reg, object{"result": object{"success": true, "score": object{"scaled": 0.875}}}))
	stored(5, did("E1", "scored", "https://lms.example.com/quiz/1", reg, object{"result": object{"score": object{"raw": 18, "min": 0, "max": 20}}}))
	stored(6, did("", "failed", sales, object{"actor": object{"mbox": "mailto:Noor@Example.com"}, "result": object{"success": false, "score": object{"raw": 7}}}))
	stored(7, did("", "attended", sales, object{"actor": object{"mbox_sha1sum": strings.ToUpper(sha("mailto:kim@example.com"))}}))
	stored(8, did("", "completed", sales, object{"actor": object{"openid": "https://id.example.com/lee"}, "timestamp": "2026-01-05T10:00:00+11:00", "result": object{"completion": true, "success": false}}))
	stored(9, did("E2", "completed", "https://elsewhere.example.com/video"))
	stored(10, did("E2", "experienced", whs))
	stored(11, did("E3", "waived", whs))
	stored(12, did("", "attended", whs, object{"actor": object{"objectType": "Group", "member": []object{{"mbox": "mailto:a@example.com"}, {"mbox": "mailto:b@example.com"}}}}))
	stored(13, did("E2", "commented", whs, object{"object": object{"objectType": "Agent", "mbox": "mailto:a@example.com"}}))
	c := config(f.URL, courseMap)
	r := s.Sync(c)
	ingesttest.Warned(t, r["enrolments"], "1 activities with outcomes are mapped to no course")
	s.Same("enrolments", []string{
		"account:https://hr.example.com|E1|WHS|1|2026-03-02|2026-03-02 08:02:00|2026-03-02 08:03:00|-|true|scored|90.0|1.5",
		"account:https://hr.example.com|E3|WHS|1|-|-|-|true|-|waived|-|-",
		"https://id.example.com/lee|SALES|1|-|-|2026-01-04 23:00:00|-|false|completed|-|-",
		"mailto:a@example.com|WHS|1|-|-|2026-03-02 08:12:00|-|-|attended|-|-",
		"mailto:b@example.com|WHS|1|-|-|2026-03-02 08:12:00|-|-|attended|-|-",
		"mailto:noor@example.com|SALES|1|-|-|-|-|false|failed|-|-",
		"mbox_sha1sum:" + sha("mailto:kim@example.com") + "|SALES|1|-|-|2026-03-02 08:07:00|-|-|attended|-|-",
	}, enrolments)
	s.Same("events", []string{"12|11|4|2026-01-04 23:00:00"}, "select count(*), count(person_id), count(distinct object), min(occurred_at) from raw.learning_event where object not like 'https://lms%quiz%'")
	s.Same("an event", []string{`mailto:noor@example.com|http://adlnet.gov/expapi/verbs/failed|2026-03-02 08:06:00|{"score":{"raw":7},"success":false}`},
		"select person_id, verb, stored_at, result from raw.learning_event where verb like '%failed'")
	s.Unchanged(c)
}

// A later statement continues the attempt that the warehouse holds, and a voided one
// is taken out of it.
func TestContinuesAndVoids(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, courseMap)
	first := did("E1", "completed", whs, object{"id": "11111111-1111-4111-8111-111111111111", "result": object{"completion": true}})
	f.store(s.Now, first)
	f.store(s.Now, did("E2", "completed", whs, object{"id": "22222222-2222-4222-8222-222222222222"}))
	s.Sync(c)
	f.questions()
	f.store(s.Now.Add(time.Hour), did("E1", "scored", whs, object{"id": "33333333-3333-4333-8333-333333333333", "result": object{"score": object{"scaled": 0.5}}}))
	s.Sync(c)
	want := []string{"account:https://hr.example.com|E1|WHS|1|-|-|2026-03-02 08:00:00|-|-|scored|50.0|-", "account:https://hr.example.com|E2|WHS|1|-|-|2026-03-02 08:00:00|-|-|completed|-|-"}
	s.Same("continued", want, enrolments)
	if q := f.questions(); len(q) != 4 || !strings.Contains(q[1], "agent") && !strings.Contains(q[2], "agent") && !strings.Contains(q[3], "agent") {
		t.Errorf("questions %q", q)
	}
	void := func(id string) {
		f.store(s.Now.Add(time.Hour), object{"actor": object{"mbox": "mailto:admin@example.com"}, "verb": object{"id": "http://adlnet.gov/expapi/verbs/voided"}, "object": object{"objectType": "StatementRef", "id": id}})
	}
	void("11111111-1111-4111-8111-111111111111")
	s.Sync(c)
	want[0] = "account:https://hr.example.com|E1|WHS|1|-|-|-|-|-|scored|50.0|-"
	s.Same("one statement voided", want, enrolments)
	void("33333333-3333-4333-8333-333333333333")
	void("99999999-9999-4999-8999-999999999999") // which nobody has
	s.Sync(c)
	s.Same("all of them voided", want[1:], enrolments)
	s.Same("events", []string{"22222222-2222-4222-8222-222222222222"}, "select statement_id from raw.learning_event where superseded_at is null and deleted_at is null")
	s.Unchanged(c)
}

// Without registrations, what is completed again a year later is another attempt.
func TestYearly(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	for i, at := range []string{"2024-02-01", "2024-02-03", "2025-02-02"} {
		verb := []string{"completed", "passed", "completed"}[i]
		f.store(s.Now, did("E1", verb, whs, object{"timestamp": at + "T10:00:00Z"}))
	}
	f.store(s.Now, did("E1", "initialized", whs, object{"timestamp": "2025-02-01T10:00:00Z"}))
	const attempts = "select attempt, started_at, completed_at, is_passed from raw.enrolment where superseded_at is null and deleted_at is null order by 1"
	s.Sync(config(f.URL, courseMap))
	s.Same("by gap", []string{"1|-|2024-02-01 10:00:00|true", "2|2025-02-01 10:00:00|2025-02-02 10:00:00|-"}, attempts)
	s.Sync(config(f.URL, "attempt_gap_days = 0\n"+courseMap))
	s.Same("without", []string{"1|2025-02-01 10:00:00|2024-02-01 10:00:00|true"}, attempts)
}

// Statements that arrive late, or at the same time as others, are not lost: the cursor
// stays behind what may still come.
func TestLateStatements(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, courseMap)
	s.Now = s.Now.Add(24 * time.Hour)
	f.through = func() time.Time { return s.Now.Add(-time.Hour) }
	f.store(s.Now.Add(-2*time.Hour), did("E1", "completed", whs))
	f.store(s.Now.Add(-time.Minute), did("E2", "completed", whs))
	run := func() {
		t.Helper()
		if _, err := s.Run(c, false); err != nil {
			t.Fatal(err)
		}
	}
	run()
	// Committed late: with a time before that of one that was seen, after Consistent-Through.
	f.store(s.Now.Add(-50*time.Minute), did("E3", "completed", whs, object{"timestamp": "2025-01-01T00:00:00Z"}))
	f.store(s.Now.Add(-time.Minute), did("E4", "completed", whs))
	s.Now = s.Now.Add(10 * time.Minute)
	run()
	s.Same("all", []string{"4|4"}, "select (select count(*) from raw.learning_event), (select count(*) from raw.enrolment)")
	s.Now = s.Now.Add(3 * time.Hour)
	run()
	f.questions()
	run()
	for _, q := range f.questions() {
		v, _ := url.ParseQuery(q)
		if v.Get("agent") == "" && !strings.HasSuffix(v.Get("since"), "Z") {
			t.Errorf("question %q has no cursor in UTC", q)
		}
	}
}

func writeFile(s *ingesttest.Site, name, text string) error {
	return os.WriteFile(filepath.Join(s.Dir, name), []byte(text), 0o600)
}

// A name that another source knows an activity by maps it.
func TestCourseXref(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.store(s.Now, did("E1", "completed", "urn:course:7"))
	if err := writeFile(s, "names.csv", "system,value,course_id\nlrs,urn:course:7,C7\nother,urn:course:7,X\n"); err != nil {
		t.Fatal(err)
	}
	s.Sync("[[source]]\nname = \"names\"\nkind = \"file\"\n[[source.stream]]\nname = \"names\"\ntarget = \"course_xref\"\ndelivery = \"snapshot\"\n[source.stream.options]\npath = \"names.csv\"\n")
	s.Sync(config(f.URL, ""))
	s.Same("mapped", []string{"C7"}, "select course_id from raw.enrolment")
}

// Each way in which a store can fail is told, and nothing is loaded.
func TestFaults(t *testing.T) {
	page := `{"statements":[{"id":"a","actor":{"mbox":"mailto:a@b.c"},"verb":{"id":"v"},"object":{"id":"o"},"stored":"2026-01-01T00:00:00Z"}],"more":"/xAPI/statements?at=1"}`
	ingesttest.Faults(t, []string{"secret-of"}, []ingesttest.Fault{
		{Name: "version", Steps: []faulttest.Step{faulttest.Status(400, `{"errorId":"1","warnings":["Problem in 'header.X-Experience-API-Version'. Received '\"0.9\"'"]}`, "Content-Type", "application/json")}, Want: []string{"the store refuses the question", "check version"}},
		{Name: "credentials", Steps: []faulttest.Step{faulttest.Status(401, `{"message":"Unauthorised"}`, "Content-Type", "application/json")}, Want: []string{"401", "LRS_USER and LRS_PASSWORD"}},
		{Name: "rights", Steps: []faulttest.Step{faulttest.Status(403, `{"message":"no scope"}`, "Content-Type", "application/json")}, Want: []string{"403", "no scope"}},
		{Name: "page again", Steps: []faulttest.Step{faulttest.JSON(page)}, Want: []string{"page 2 is page 1 again"}},
		{Name: "link again", Steps: []faulttest.Step{faulttest.JSON(page), faulttest.JSON(strings.Replace(page, `"id":"a"`, `"id":"b"`, 1))}, Want: []string{"names the same next page"}},
		{Name: "link away", Steps: []faulttest.Step{faulttest.JSON(strings.Replace(page, "/xAPI/statements?at=1", "https://evil.example.com/x", 1))}, Want: []string{"evil.example.com", "not the service"}},
		{Name: "no list", Steps: []faulttest.Step{faulttest.JSON(`{"message":"hello"}`)}, Want: []string{`no "statements"`}},
		{Name: "web page", Steps: []faulttest.Step{faulttest.HTML()}, Want: []string{"web page in place of data"}},
		{Name: "empty", Steps: []faulttest.Step{faulttest.Empty(200)}, Want: []string{"empty answer"}},
		{Name: "cut", Steps: []faulttest.Step{faulttest.Truncated(page)}, Want: []string{"given up"}},
		{Name: "slow down", Steps: []faulttest.Step{faulttest.RetryAfter(429, "66975")}, Want: []string{"longer than retry_after_max"}},
	}, func(t *testing.T, fault ingesttest.Fault) (*ingesttest.Site, string) {
		t.Helper()
		srv := faulttest.New(t, fault.Steps...)
		return newSite(t, nil), config(srv.URL, "retries = 2\nretry_after_max = \"1s\"")
	})
}

// An error on a later page moves no cursor, and what passes is asked for again.
func TestRetries(t *testing.T) {
	f := newFake(t)
	f.most = 2
	s := newSite(t, f)
	for i := range 5 {
		f.store(s.Now.Add(time.Duration(i)*time.Second), did(fmt.Sprint("E", i), "completed", whs))
	}
	steps := []faulttest.Step{faulttest.Empty(500), faulttest.RetryAfter(503, "0"), faulttest.Truncated(`{"more":"","statements":[]}`)}
	f.step = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n%2 == 1 && len(steps) > 0 {
			steps[0](w, r)
			steps = steps[1:]
			return true
		}
		return false
	}
	s.Sync(config(f.URL, courseMap))
	s.Same("all", []string{"5|5"}, "select (select count(*) from raw.learning_event), (select count(*) from raw.enrolment)")
	f.step = func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.URL.Query().Get("at") == "" {
			return false
		}
		faulttest.Status(400, `{"message":"the cursor is too old"}`, "Content-Type", "application/json")(w, r)
		return true
	}
	before := s.Query("select * from meta.cursor order by all")
	for i := range 5 {
		f.store(s.Now.Add(time.Duration(i)*time.Minute), did(fmt.Sprint("N", i), "completed", whs))
	}
	s.Now = s.Now.Add(24 * time.Hour)
	_, err := s.Run(config(f.URL, courseMap), false)
	ingesttest.Failed(t, err, "the cursor is too old")
	if after := s.Query("select * from meta.cursor order by all"); !slices.Equal(before, after) {
		t.Errorf("the cursor moved from %q to %q", before, after)
	}
}

// Statements that are none are set aside; an empty page in the middle is not the end.
func TestOddStatements(t *testing.T) {
	good := func(i int) string {
		return fmt.Sprintf(`{"id":"%d","actor":{"mbox":"mailto:a%d@b.c"},"verb":{"id":"http://adlnet.gov/expapi/verbs/completed"},"object":{"id":"`+whs+`"},"stored":"2026-01-01T00:00:%02d.123456789Z","timestamp":"2026-01-01T00:00:00"}`, i, i, i)
	}
	all := []string{}
	for i := range 40 {
		all = append(all, good(i))
	}
	pages := []faulttest.Step{
		faulttest.JSON(`{"statements":[` + strings.Join(all, ",") + `],"more":"/xAPI/statements?n=1"}`),
		faulttest.JSON(`{"statements":[],"more":"/xAPI/statements?n=2"}`),
		faulttest.JSON(`{"statements":[` + strings.Join([]string{
			good(41), `{"id":"x"}`, `{"verb":{"id":"v"},"object":{"id":"o"},"stored":"2026-01-01T00:00:00Z"}`, `{"id":"y","verb":{"id":"v"},"stored":"yesterday"}`, `{"id":7}`,
			`{"id":"z","actor":{"name":"Nobody"},"verb":{"id":"http://adlnet.gov/expapi/verbs/completed"},"object":{"objectType":"SubStatement"},"stored":"2026-01-01T00:00:00Z","result":{"completion":"yes"}}`,
		}, ",") + `],"more":""}`),
	}
	srv := faulttest.New(t, append(pages, pages...)...)
	s := newSite(t, nil)
	r := s.Sync(config(srv.URL, courseMap))
	s.Same("events", []string{"42|41"}, "select count(*), count(person_id) from raw.learning_event")
	s.Same("why", []string{"id is missing", "is no statement: a value has another type than xAPI says", "stored is missing", "stored is no instant"}, "select distinct reason from meta.rejected_row order by 1")
	if r["events"].Rejected != 4 || r["enrolments"].Rejected != 4 || r["enrolments"].Inserted != 41 {
		t.Errorf("%s, %s", ingesttest.Counts(r["events"]), ingesttest.Counts(r["enrolments"]))
	}
}

// A store may name a next page for ever: that is an error, and the end where the
// configuration says so.
func TestEmptyPages(t *testing.T) {
	for _, stop := range []string{"", "empty"} {
		asked := 0
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"statements":[],"more":"/xAPI/statements?n=%d"}`, asked)
		}))
		defer srv.Close()
		s := newSite(t, nil)
		options := ""
		if stop != "" {
			options = `stop = "` + stop + `"`
		}
		_, err := s.Run(config(srv.URL, options+"\n"+courseMap), false)
		if stop == "" {
			ingesttest.Failed(t, err, "100 pages in a row", "stop")
		} else if err != nil || asked != 2 {
			t.Errorf("%d requests: %v", asked, err)
		}
	}
}

// A configuration says at once all that is wrong with it.
func TestConfig(t *testing.T) {
	s := newSite(t, nil)
	_, err := s.Open(strings.Replace(config("https://lrs.example.com", `version = "2.0"
page_size = -1
attempt_gap_days = -1
[source.options.courses]
"a*b" = "C"
"c" = "*"
`), `target = "learning_event"`, `target = "course"`, 1))
	ingesttest.Failed(t, err, `version "2.0"`, "page_size", "attempt_gap_days", `"a*b"`, `"c" = "*"`, "cannot fill course")
}
