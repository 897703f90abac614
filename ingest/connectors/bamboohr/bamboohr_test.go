package bamboohr_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"dials/ingest/connectors/bamboohr"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

// sample is the configuration of the README, for a server of the test.
func sample(t *testing.T, base string, streams ...string) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "```toml\n")
	block, _, _ = strings.Cut(block, "```")
	block = strings.Replace(block, `company = "acme"`, fmt.Sprintf("base_url = %q\npage_size = 2\nbackoff = \"1ms\"\nretries = 2", base), 1)
	block = regexp.MustCompile(`rate_per_second.*\n`).ReplaceAllString(block, "")
	block = strings.Replace(block, `from = "2024-01-01"`, `from = "2025-01-01"`, 1)
	parts := strings.Split(block, "[[source.stream]]")
	out := parts[0]
	for _, want := range streams {
		for _, p := range parts[1:] {
			if strings.Contains(p, fmt.Sprintf("name = %q", want)) {
				out += "[[source.stream]]" + p
			}
		}
	}
	return out
}

// Everything comes with its history; future rows, other writings of money and empty
// dates included; a second full read changes nothing.
func TestFull(t *testing.T) {
	s := ingesttest.NewService(t, "bamboohr", bamboohr.New, "BAMBOOHR_KEY")
	f := faulttest.Replay(t, "testdata/full.json")
	cfg := sample(t, f.URL, "employees", "jobs", "pay", "time_off")
	s.Check(cfg,
		"read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0", "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0",
		"read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0", "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Same("employment", []string{"1|2020-01-01|-|employee", "2|2021-02-01|2025-07-01|employee", "3|2022-03-01|-|contractor"},
		"select employment_id, hire_date, term_date, employment_type from raw.employment order by 1")
	s.Same("job", []string{"1|Agent|Support|2020-01-01", "1|Seller|Sales|2022-01-01", "3|Seller|Sales|2027-01-01"},
		"select employment_id, raw_title, unit_id, valid_from from raw.job order by 1, 4")
	s.Same("compensation", []string{"1|52000.1000|EUR|year|Hired", "2|25.5000|EUR|hour|-"},
		"select employment_id, base_amount::varchar, currency, per, change_reason from raw.compensation order by 1")
	s.Same("absence", []string{"1348|1|Vacation|2025-12-30|2026-01-03|24.5", "1349|2|Sick|2026-03-02|2026-03-03|-"},
		"select absence_id, person_id, absence_type, from_date, to_date, absent_hours from raw.absence order by 1")
	s.CheckFull(cfg,
		"read 3 inserted 0 updated 0 unchanged 3 rejected 0 deleted 0", "read 3 inserted 0 updated 0 unchanged 3 rejected 0 deleted 0",
		"read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 0", "read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 0")
	for name, n := range f.Asked() {
		if n == 0 {
			t.Errorf("%s was not asked", name)
		}
	}
}

const none = "read 0 inserted 0 updated 0 unchanged 0 rejected 0 deleted 0"

func records(items ...string) string {
	return fmt.Sprintf(`{"data":[%s],"links":{"next":null},"meta":{"page":1,"totalItems":%d}}`, strings.Join(items, ","), len(items))
}

func employee(id, term string) string {
	return fmt.Sprintf(`{"fields":{"eeid":%q,"hireDate":"2020-01-01","terminationDate":%q,"employmentStatus":"Full-Time"}}`, id, term)
}

// After the first run only who changed is read, all rows of theirs at once, and who
// was deleted is deleted.
func TestChanges(t *testing.T) {
	s := ingesttest.NewService(t, "bamboohr", bamboohr.New, "BAMBOOHR_KEY")
	f := faulttest.New(t)
	f.On("POST /api/v2/datasets/employee/data", faulttest.JSON(records(employee("1", ""), employee("2", ""))), faulttest.JSON(records(employee("2", "2026-11-01"))))
	f.On("GET /api/v1/employees/all/tables/jobInfo", faulttest.JSON(`[{"id":"1","employeeId":"1","date":"2020-01-01","jobTitle":"A","department":"S"},{"id":"2","employeeId":"2","date":"2020-01-01","jobTitle":"B","department":"S"},{"id":"3","employeeId":"2","date":"2021-01-01","jobTitle":"C","department":"S"}]`))
	f.On("GET /api/v1/employees/changed", faulttest.JSON(`{"latest":"2026-11-23T20:00:00+00:00","employees":{"1":{"id":"1","action":"Deleted","lastChanged":"2026-11-23T20:00:00+00:00"},"2":{"id":"2","action":"Updated","lastChanged":"2026-11-23T19:00:00+00:00"}}}`),
		faulttest.JSON(`{"latest":"2026-11-23T20:00:00+00:00","employees":{"2":{"id":"2","action":"Updated","lastChanged":"2026-11-23T19:00:00+00:00"}}}`), faulttest.JSON(`{"latest":"","employees":[]}`))
	f.On("GET /api/v1/employees/changed/tables/jobInfo", faulttest.JSON(`{"table":"jobInfo","employees":{"2":{"lastChanged":"2026-11-23T19:00:00+00:00","rows":[{"id":"2","date":"2020-01-01","jobTitle":"B","department":"S"}]}}}`), faulttest.JSON(`{"table":"jobInfo","employees":[]}`))
	cfg := sample(t, f.URL, "employees", "jobs")
	s.Check(cfg, "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0", "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Check(cfg, "read 2 inserted 0 updated 1 unchanged 0 rejected 0 deleted 1", "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 1")
	s.Same("employment", []string{"1|-|true", "2|2026-11-02|false"}, "select employment_id, term_date, deleted_at is not null from raw.employment where superseded_at is null order by 1")
	s.Check(cfg, none, none)
	var asked []string
	for _, r := range f.Requests() {
		asked = append(asked, r.Method+" "+r.Path+" "+r.Query.Get("since"))
	}
	if !strings.Contains(strings.Join(asked, "\n"), "GET /api/v1/employees/changed 2026-11-23T07:4") {
		t.Errorf("requests %q", asked)
	}
	if body := f.Requests()[3].Body; !strings.Contains(body, `"filter":"eeid in ('2')"`) {
		t.Errorf("body %s", body)
	}
}

// Faults fail the stream with words that say what to do, and move no cursor.
func TestFaults(t *testing.T) {
	const route = "POST /api/v2/datasets/employee/data"
	problem := func(code int, title string) faulttest.Step {
		return faulttest.Status(code, fmt.Sprintf(`{"type":"x","title":%q,"status":%d}`, title, code), "Content-Type", "application/problem+json")
	}
	for _, tt := range []struct {
		name, words string
		steps       []faulttest.Step
	}{
		{"401", "401, the credentials are not accepted: check the environment variables BAMBOOHR_KEY", []faulttest.Step{faulttest.Status(401, "")}},
		{"403", `403, this may not be read ("Insufficient permissions")`, []faulttest.Step{problem(403, "Insufficient permissions")}},
		{"413", "fewer records a page", []faulttest.Step{problem(413, "Too much data")}},
		{"422", `422, the service refuses the request ("unknown field eeid")`, []faulttest.Step{problem(422, "unknown field eeid")}},
		{"error in 200", "429", []faulttest.Step{faulttest.JSON(`{"error":{"code":429,"message":"limit"}}`)}},
		{"total", "declares 3 records, and 1 came", []faulttest.Step{faulttest.JSON(`{"data":[` + employee("1", "") + `],"links":{},"meta":{"totalItems":3}}`), faulttest.JSON(`{"data":[],"links":{},"meta":{"totalItems":3}}`)}},
		{"no id", "has no eeid: set id_field", []faulttest.Step{faulttest.JSON(records(`{"fields":{"hireDate":"2020-01-01"}}`))}},
		{"xml", "web page", []faulttest.Step{faulttest.Status(200, "<result/>", "Content-Type", "text/xml")}},
		{"shape", `a record has no "fields"`, []faulttest.Step{faulttest.JSON(records(`{"eeid":"1"}`))}},
		{"page again", "page 2 is page 1 again", []faulttest.Step{faulttest.JSON(`{"data":[` + employee("1", "") + `],"links":{"next":"x"},"meta":{"totalItems":3}}`)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ingesttest.NewService(t, "bamboohr", bamboohr.New, "BAMBOOHR_KEY")
			var steps []faulttest.Step
			for range 3 {
				steps = append(steps, tt.steps...)
			}
			f := faulttest.New(t).On(route, steps...)
			s.Fails(sample(t, f.URL, "employees"), tt.words)
			s.Same("rows", []string{"0"}, "select count(*) from raw.employment")
		})
	}
	s := ingesttest.NewService(t, "bamboohr", bamboohr.New, "BAMBOOHR_KEY")
	f := faulttest.New(t).On(route, faulttest.RetryAfter(http.StatusTooManyRequests, "0"), faulttest.RetryAfter(http.StatusServiceUnavailable, "0"), faulttest.JSON(records(employee("1", ""))))
	cfg := sample(t, f.URL, "employees")
	s.Check(cfg, "read 1 inserted 1 updated 0 unchanged 0 rejected 0 deleted 0")
	f.On("GET /api/v1/employees/changed", faulttest.JSON(`{"latest":"2026-11-23T20:00:00+00:00","employees":{"1":{"id":"1","action":"Exploded"}}}`))
	s.Fails(cfg, `employee "1" has the unknown action "Exploded"`)
	f.On("GET /api/v1/employees/changed", faulttest.JSON(`{"latest":"soon","employees":{"1":{"id":"1","action":"Updated"}}}`))
	s.Fails(cfg, "latest is no instant")
}

// Every mistake is reported at once.
func TestRefuses(t *testing.T) {
	s := ingesttest.NewService(t, "bamboohr", bamboohr.New, "BAMBOOHR_KEY")
	s.Refuses(`
[[source]]
name = "b"
kind = "bamboohr"
[source.options]
company = "Acme Ltd"
page_size = 5000
[[source.stream]]
name = "a"
target = "employment"
delivery = "snapshot"
[source.stream.options]
dataset = "employee"
table = "jobInfo"
[[source.stream]]
name = "b"
target = "job"
delivery = "snapshot"
[source.stream.options]
time_off = true
from = "yesterday"
status = ["ok"]
`,
		`company "Acme Ltd"`, "page_size is not", "token_env is missing", "one of dataset, table and time_off", "map names no field", "time_off fills absence, not job", `from "yesterday"`, `status "ok"`)
}
