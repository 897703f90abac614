package canvas_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dials/ingest/connectors/canvas"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

func config(base, streams string) string {
	return fmt.Sprintf(`
[[source]]
name = "canvas"
kind = "canvas"
[source.options]
base_url = %q
token_env = "CANVAS_TOKEN"
pass_percent = 50
per_page = 2
concurrency = 3
backoff = "1ms"
retries = 2
timezone = "Australia/Sydney"
`, base) + streams
}

const enrolments = `
[[source.stream]]
name = "enrolments"
target = "enrolment"
delivery = "snapshot"
`

const courses = `
[[source.stream]]
name = "courses"
target = "course"
delivery = "snapshot"
keep = ["course_code"]
`

// asked lets a step answer only with the token and with parameters.
func asked(t *testing.T, step faulttest.Step, want ...string) faulttest.Step {
	return faulttest.Wants("Authorization", "Bearer dials-secret-token", func(w http.ResponseWriter, r *http.Request) {
		for _, p := range want {
			if !strings.Contains(r.URL.RawQuery+"&", p+"&") {
				t.Errorf("%s?%s lacks %s", r.URL.Path, r.URL.RawQuery, p)
			}
		}
		step(w, r)
	})
}

func link(path string) []string {
	return []string{"Link", fmt.Sprintf(`</api/v1/%s>; rel="next", <https://x/first>; rel="first"`, path)}
}

func enrolment(id, user, state, more string) string {
	return fmt.Sprintf(`{"id":%s,"user_id":%s,"course_id":%s,"course_section_id":5,"type":"StudentEnrollment","role":"StudentEnrollment","enrollment_state":%q,"created_at":"2026-01-31T14:00:00Z","updated_at":"2026-02-28T15:30:00Z"%s}`, id, user, id[:1], state, more)
}

// site scripts a whole site.
func scripted(t *testing.T) *faulttest.Server {
	f := faulttest.New(t)
	f.On("GET /api/v1/accounts/self/courses",
		asked(t, faulttest.JSON(`[{"id":1,"name":"Safety &amp; health","course_code":"WHS","workflow_state":"available"},{"id":2,"name":"Open","workflow_state":"completed"}]`, link("accounts/self/courses?page=bookmark:x&per_page=2")...), "per_page=2", "state%5B%5D=available", "state%5B%5D=completed"),
		asked(t, faulttest.JSON(`[{"id":3,"name":"Empty","workflow_state":"available"}]`), "page=bookmark:x"))
	f.On("GET /api/v1/courses/1/enrollments",
		faulttest.CanvasThrottle(),
		asked(t, faulttest.JSON("["+enrolment("11", "101", "active", `,"total_activity_time":5400,"grades":{"final_score":87.5}`)+","+enrolment("12", "102", "completed", `,"grades":{"final_score":0.0}`)+"]", link("courses/1/enrollments?page=2")...),
			"state%5B%5D=completed", "state%5B%5D=deleted", "state%5B%5D=inactive", "type%5B%5D=StudentEnrollment"),
		asked(t, faulttest.JSON("["+enrolment("13", "103", "deleted", "")+","+enrolment("14", "104", "active", `,"grades":{"final_score":20}`)+"]")))
	f.On("GET /api/v1/courses/1/bulk_user_progress", asked(t, faulttest.JSON(`[{"id":101,"display_name":"A","progress":{"requirement_count":2,"requirement_completed_count":2,"completed_at":"2026-02-10T01:02:03Z"}},{"id":104,"progress":{"requirement_count":2,"requirement_completed_count":2,"completed_at":"2026-02-11T00:00:00Z"}}]`)))
	f.On("GET /api/v1/courses/2/enrollments", asked(t, faulttest.JSON("["+enrolment("21", "101", "active", "")+"]")))
	f.On("GET /api/v1/courses/2/bulk_user_progress", asked(t, faulttest.Status(400, `{"error":{"message":"no progress available because this course is not module based"}}`, "Content-Type", "application/json")))
	f.On("GET /api/v1/courses/3/enrollments", asked(t, faulttest.JSON(`[]`)))
	return f
}

// Concluded is not completed, completed is not passed, and learners in every state come.
func TestEnrolments(t *testing.T) {
	s := ingesttest.NewService(t, "canvas", canvas.New, "CANVAS_TOKEN")
	f := scripted(t)
	cfg := config(f.URL, courses+enrolments)
	f.On("GET /api/v1/accounts/self/courses", asked(t, faulttest.JSON(`[{"id":1,"name":"Safety","course_code":"WHS"},{"id":2,"name":"Open"},{"id":3,"name":"Empty"}]`)))
	warnings := s.Check(cfg, "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0", "read 5 inserted 5 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Same("enrolments", []string{
		"11|101|1|2026-02-01|2026-02-10 01:02:03|-|true|active|87.5|1.5",
		"12|102|1|2026-02-01|-|-|-|completed|0.0|-",
		"13|103|1|2026-02-01|-|2026-03-01|-|deleted|-|-",
		"14|104|1|2026-02-01|2026-02-11 00:00:00|-|false|active|20.0|-",
		"21|101|2|2026-02-01|-|-|-|active|-|-",
	}, "select enrolment_id, person_id, course_id, assigned_date, completed_at, withdrawn_date, is_passed, status, score, hours from raw.enrolment order by 1")
	if !strings.Contains(warnings, "1 of 3 courses have no requirements") {
		t.Errorf("warnings %q", warnings)
	}
}

// Pages follow the Link header alone, and the next run finds nothing new.
func TestCourses(t *testing.T) {
	s := ingesttest.NewService(t, "canvas", canvas.New, "CANVAS_TOKEN")
	f := scripted(t)
	s.Check(config(f.URL, courses), "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0")
	f = scripted(t)
	s.Check(config(f.URL, courses), "read 3 inserted 0 updated 0 unchanged 3 rejected 0 deleted 0")
}

// Accounts can be found by number, e-mail and sign-in name.
func TestAccounts(t *testing.T) {
	s := ingesttest.NewService(t, "canvas", canvas.New, "CANVAS_TOKEN")
	f := faulttest.New(t).On("GET /api/v1/accounts/self/users", asked(t, faulttest.JSON(`[{"id":101,"sis_user_id":"E1","email":"a@example.com","login_id":"a"},{"id":102,"sis_user_id":null,"login_id":"b"}]`), "include%5B%5D=email"))
	s.Check(config(f.URL, "[[source.stream]]\nname = \"accounts\"\ntarget = \"account\"\ndelivery = \"snapshot\"\n"), "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Same("accounts", []string{"canvas|101|E1|a@example.com|a", "canvas|102|-|-|b"}, "select system, account_id, employee_number, email, account_name from raw.account order by 2")
}

// A fault fails the stream whole, with words that say what to do.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name, route, words string
		steps              []faulttest.Step
	}{
		{"no right", "GET /api/v1/courses/1/bulk_user_progress", `403, this may not be read ("user not authorized to perform that action")`, []faulttest.Step{faulttest.Status(403, `{"errors":[{"message":"user not authorized to perform that action"}]}`, "Content-Type", "application/json")}},
		{"token", "GET /api/v1/accounts/self/courses", "401, the credentials are not accepted", []faulttest.Step{faulttest.Status(401, `{"errors":[{"message":"Invalid access token."}]}`, "Content-Type", "application/json")}},
		{"endless", "GET /api/v1/courses/2/enrollments", "names the same next page", []faulttest.Step{faulttest.JSON("["+enrolment("21", "1", "active", "")+"]", link("courses/2/enrollments?page=9")...)}},
		{"elsewhere", "GET /api/v1/courses/2/enrollments", "not the service of base_url", []faulttest.Step{faulttest.JSON("[]", "Link", `<https://elsewhere.invalid/x>; rel="next"`)}},
		{"throttled for ever", "GET /api/v1/courses/3/enrollments", "Rate Limit Exceeded", []faulttest.Step{faulttest.CanvasThrottle()}},
		{"moved", "GET /api/v1/courses/3/enrollments", "3 records came, 1 of them twice", func() (steps []faulttest.Step) {
			for range 3 {
				steps = append(steps, faulttest.JSON("["+enrolment("31", "1", "active", "")+","+enrolment("32", "2", "active", "")+"]", link("courses/3/enrollments?page=2")...), faulttest.JSON("["+enrolment("32", "2", "active", "")+"]"))
			}
			return steps
		}()},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := ingesttest.NewService(t, "canvas", canvas.New, "CANVAS_TOKEN")
			f := scripted(t).On(tt.route, tt.steps...)
			s.Fails(config(f.URL, enrolments), tt.words)
			s.Same("rows", []string{"0"}, "select count(*) from raw.enrolment")
		})
	}
}

// Every mistake is reported at once.
func TestRefuses(t *testing.T) {
	s := ingesttest.NewService(t, "canvas", canvas.New, "CANVAS_TOKEN")
	s.Refuses(`
[[source]]
name = "canvas"
kind = "canvas"
[source.options]
base_url = "http://learn.example.edu/api/v1"
per_page = 500
pass_percent = 150
timezone = "Mars"
[[source.stream]]
name = "a"
target = "review"
delivery = "snapshot"
[[source.stream]]
name = "b"
target = "course"
delivery = "snapshot"
[source.stream.map]
name = "title"
`,
		"base_url is not https", "needs token_env", "per_page", "pass_percent", `timezone "Mars"`, "cannot fill review", `there is no column "title"`)
}
