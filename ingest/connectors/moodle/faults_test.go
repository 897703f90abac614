package moodle_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

// answers are the answers of testdata/answers.json by name.
func answers(t *testing.T) map[string]faulttest.Step {
	t.Helper()
	text, err := os.ReadFile("testdata/answers.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Answers []struct {
			Name    string            `json:"name"`
			Status  int               `json:"status"`
			Headers map[string]string `json:"headers"`
			Body    json.RawMessage   `json:"body"`
		} `json:"answers"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]faulttest.Step{}
	for _, a := range file.Answers {
		body := string(a.Body)
		var plain string
		if json.Unmarshal(a.Body, &plain) == nil {
			body = plain
		}
		headers := []string{}
		for k, v := range a.Headers {
			headers = append(headers, k, v)
		}
		out[a.Name] = faulttest.Status(a.Status, body, headers...)
	}
	return out
}

// Each way in which a site can refuse everything says what a person is to do, and
// leaves the warehouse as it was.
func TestFaults(t *testing.T) {
	seen := answers(t)
	fault := func(code, message string) faulttest.Step {
		return faulttest.JSON(`{"exception":"core\\exception\\moodle_exception","errorcode":"` + code + `","message":"` + message + `"}`)
	}
	for _, tc := range []struct {
		name string
		step faulttest.Step
		want []string
	}{
		{"unknown token", seen["err_invalid_token"], []string{"does not know the token", "Manage tokens"}},
		{"unknown token of 4.1", faulttest.JSON(`{"exception":"moodle_exception","errorcode":"invalidtoken","message":"Invalid token - token not found"}`), []string{"does not know the token"}},
		{"unknown token without a class", faulttest.JSON(`{"error":"Ungültiges Token","errorcode":"invalidtoken","stacktrace":null,"debuginfo":null,"reproductionlink":null}`), []string{"does not know the token"}},
		{"no access of 5.0", faulttest.JSON(`{"exception":"core_external\\exception\\access_exception","errorcode":"accessexception","message":"error/accessexception"}`), []string{"It is one of four"}},
		{"expired token", seen["err_expired_token"], []string{"expired", "other IP addresses", "service is disabled", "does not contain this function"}},
		{"address not allowed", seen["err_ip_restricted"], []string{"It is one of four"}},
		{"account suspended", seen["err_ws_user_suspended"], []string{"may not use web services", "suspended"}},
		{"rest off", seen["err_rest_disabled"], []string{"403 with an empty answer", "Manage protocols"}},
		{"maintenance", seen["err_site_maintenance"], []string{"maintenance mode", "given up after 3 attempts"}},
		{"maintenance by command", faulttest.Status(503, "<!DOCTYPE html>", "Content-Type", "text/html"), []string{"503", "given up"}},
		{"maintenance with a long wait", seen["err_cli_maintenance"], []string{"503", "longer than retry_after_max"}},
		{"database", fault("dbconnectionfailed", "<p>Error: Database connection failed</p><p>It is possible</p>"), []string{"dbconnectionfailed", "Error: Database connection failed It is possible", "given up"}},
		{"bug", seen["err_debug_on_invalidparam"], []string{"invalidparameter", "Missing required key in single structure"}},
		{"unknown code", fault("whatever", "Неизвестно"), []string{"whatever", "Неизвестно"}},
		{"login page", seen["html_login_page"], []string{"web page in place of data", "check base_url"}},
		{"xml", seen["format_missing_error_is_xml"], []string{"web page in place of data"}},
		{"redirect", faulttest.Redirect("/login/index.php"), []string{"sign-in page"}},
		{"https", faulttest.Status(301, "", "Location", "https://127.0.0.1/webservice/rest/server.php"), []string{"it redirects to https://127.0.0.1", "set base_url"}},
		{"debugging", faulttest.JSON("<br />\n<b>Notice</b>:  Undefined index in <b>/var/www/lib.php</b> on line <b>7</b><br />\n{\"userid\":3}"), []string{"messages for developers", "Undefined index", "Display debug messages"}},
		{"empty", faulttest.Empty(200), []string{"empty answer"}},
		{"empty 500", faulttest.Empty(500), []string{"500"}},
		{"cut", faulttest.Truncated(`{"userid":3,"functions":[{"name":"a"},{"name":"b"}]}`), []string{"cut short"}},
		{"reset", faulttest.Broken(`{"userid":3,"functions":[{"name":"a"},{"name":"b"}]}`), []string{"no whole answer"}},
		{"null", faulttest.JSON("null"), []string{"no JSON object or list"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := faulttest.New(t, tc.step)
			s := newSite(t, nil)
			_, err := s.Run(config(srv.URL, "retries = 2\nretry_after_max = \"1m\"", "course"), false)
			ingesttest.Failed(t, err, tc.want...)
			if err != nil && strings.Contains(err.Error(), token) {
				t.Errorf("the error holds the token: %v", err)
			}
			s.Same("run log", []string{"failed"}, "select status from meta.run")
			if strings.Contains(strings.Join(s.Query("select * from meta.run"), " "), token) {
				t.Error("the run log holds the token")
			}
		})
	}
}

// What passes is asked for again, and what is about one person or course stops nothing.
func TestRetriesAndSkips(t *testing.T) {
	f := newFake(t)
	f.courses[4].hidden = false
	s := newSite(t, f)
	seen := answers(t)
	steps := map[string][]faulttest.Step{
		"core_webservice_get_site_info":                {faulttest.Empty(500), faulttest.ErrorIn200("dbconnectionfailed"), faulttest.RetryAfter(503, "0")},
		"core_enrol_get_users_courses":                 {faulttest.ErrorIn200("sitemaintenance"), faulttest.Truncated(`[{"id":2}]`)},
		"core_completion_get_course_completion_status": {seen["completion_not_enrolled_error"], seen["completion_deleted_user_error"], seen["completion_no_criteria_error"]},
	}
	f.answer = func(function string, _ url.Values, w http.ResponseWriter) bool {
		todo := steps[function]
		if len(todo) == 0 {
			return false
		}
		steps[function] = todo[1:]
		todo[0](w, nil)
		return true
	}
	c := config(f.URL, "concurrency = 1", "enrolment")
	r := s.Sync(c)["enrolment"]
	ingesttest.Warned(t, r, "of 2 of 3 completions the site does not tell when they were")
	ingesttest.Warned(t, r, "1 completions have no date")
	s.Same("first", []string{"11-2-1|-|in progress", "11-3-1|-|in progress", "15-3-1|2026-03-03 08:00:00|completed, date first seen"},
		"select enrolment_id, completed_at, status from raw.enrolment where enrolment_id in ('11-2-1', '11-3-1', '15-3-1') order by 1")
	s.Sync(c)
	s.Same("then", []string{"11-2-1|2026-03-01 09:46:40|completed", "11-3-1|2026-03-01 15:20:00|completed"},
		"select enrolment_id, completed_at, status from raw.enrolment where superseded_at is null and person_id = '11' order by 1")
}

// A token without a right is told which one.
func TestMissingRights(t *testing.T) {
	for _, tc := range []struct {
		name, function, code string
		target               string
		want                 []string
	}{
		{"participants", "core_enrol_get_enrolled_users", "errorcoursecontextnotvalid", "enrolment", []string{"may not see the participants of any course", "moodle/course:viewparticipants"}},
		{"completions", "core_completion_get_course_completion_status", "requireloginerror", "enrolment", []string{"of none of 3 completions", "report/completion:view"}},
		{"accounts", "core_user_get_users", "nopermissions", "account", []string{"moodle/user:viewdetails"}},
		{"plans", "core_competency_list_user_plans", "nopermissions", "plan_item", []string{"moodle/competency:planview"}},
		{"course competencies", "core_competency_list_course_competencies", "errorcoursecontextnotvalid", "course_competency", []string{"moodle/competency:coursecompetencyview"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			s := newSite(t, f)
			f.answer = func(function string, _ url.Values, w http.ResponseWriter) bool {
				if function == tc.function {
					fail(w, tc.code, "No")
				}
				return function == tc.function
			}
			_, err := s.Run(config(f.URL, "", tc.target), false)
			ingesttest.Failed(t, err, tc.want...)
		})
	}
	t.Run("only itself", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		for id := range f.users {
			f.users[id].deleted = id != 3
		}
		_, err := s.Run(config(f.URL, "", "account"), false)
		ingesttest.Failed(t, err, "sees no account but its own")
	})
	t.Run("function not in the service", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		f.missing = []string{"core_enrol_get_users_courses", "gradereport_user_get_grade_items"}
		_, err := s.Run(config(f.URL, "", "enrolment"), false)
		ingesttest.Failed(t, err, "does not contain core_enrol_get_users_courses")
		f.change(func() { f.missing = f.missing[1:] })
		ingesttest.Warned(t, s.Sync(config(f.URL, "", "enrolment"))["enrolment"], "scores are not read")
	})
	t.Run("no learners", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		_, err := s.Run(config(f.URL, `roles = ["learner"]`, "enrolment"), false)
		ingesttest.Failed(t, err, `none of 9 participants has one of the roles "learner"`, `there are "editingteacher", "student"`)
	})
	t.Run("inactive unknown", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		f.answer = func(function string, form url.Values, w http.ResponseWriter) bool {
			if form.Get("options[0][name]") == "onlyactive" {
				fail(w, "nopermissions", "No")
				return true
			}
			return false
		}
		ingesttest.Warned(t, s.Sync(config(f.URL, "", "enrolment"))["enrolment"], "moodle/course:enrolreview")
		s.Same("all", []string{"7|3"}, "select count(*), count(completed_at) from raw.enrolment")
	})
}

// A configuration says at once all that is wrong with it.
func TestConfig(t *testing.T) {
	s := newSite(t, nil)
	bad := `[[source]]
name = "lms"
kind = "moodle"
[source.options]
base_url = "http://lms.example.com"
auth = "bearer"
employee_number = "phone"
timezone = "Mars"
pass_percent = 101
page_size = -1
rater_type = "boss"
[[source.stream]]
name = "a"
target = "course"
delivery = "snapshot"
keep = ["colour"]
[[source.stream]]
name = "b"
target = "payroll_run"
delivery = "snapshot"
`
	_, err := s.Open(bad)
	ingesttest.Failed(t, err, "auth and header are not to be set", "token_env is missing", `employee_number "phone"`, "pass_percent", "page_size",
		`rater_type "boss"`, `there is no column "colour": course is read with course_id, name`, "cannot fill payroll_run: it fills account, assessment")
	_, err = s.Open(config("http://lms.example.com", "", "course"))
	ingesttest.Failed(t, err, "not https")
	_, err = s.Open(config("https://lms.example.com", `timezone = "Mars"`, "course"))
	ingesttest.Failed(t, err, `timezone "Mars"`)
	_, err = s.Open(config("https://lms.example.com/webservice/rest/server.php?wstoken=abc", "", "course"))
	ingesttest.Failed(t, err, "revoke it")
	_, err = s.Open(config("https://lms.example.com/webservice/rest/server.php", `colour = "red"`, "course"))
	ingesttest.Failed(t, err, "colour")
	t.Setenv("MOODLE_TOKEN", "")
	_, err = s.Run(config("https://lms.example.com", "", "course"), false)
	ingesttest.Failed(t, err, "the environment variable MOODLE_TOKEN is not set")
}

// Answers in the shapes that PHP gives them are read.
func TestLooseShapes(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.answer = func(function string, _ url.Values, w http.ResponseWriter) bool {
		body := map[string]string{
			"core_course_get_courses_by_field":             `{"courses":{"7":{"id":"2","shortname":101,"fullname":"A &amp;amp; B\u00a0","visible":"1","startdate":"0"}},"warnings":{}}`,
			"core_enrol_get_enrolled_users":                `{"0":{"id":"11","roles":{"1":{"shortname":"student"}}}}`,
			"core_enrol_get_users_courses":                 `[{"id":"2","completed":1,"progress":"100.00000","enrolledusercount":"1"}]`,
			"gradereport_user_get_grade_items":             `{"usergrades":[{"userid":"11","gradeitems":[{"itemtype":"course","graderaw":"87.50000","grademin":"0.00000","grademax":"100.00000"}]}],"warnings":[]}`,
			"core_completion_get_course_completion_status": `{"completionstatus":{"completed":"1","completions":{"3":{"type":"4","complete":"1","timecompleted":"1772400000"}}},"warnings":""}`,
		}[function]
		if body != "" {
			faulttest.JSON(body)(w, nil)
		}
		return body != ""
	}
	r := s.Sync(config(f.URL, "", "course", "enrolment"))
	if slices.ContainsFunc(r["enrolment"].Warnings, func(w string) bool { return !strings.Contains(w, "role") }) {
		t.Errorf("%q", r["enrolment"].Warnings)
	}
	s.Same("course", []string{"2|A &amp; B"}, "select course_id, name from raw.course")
	s.Same("enrolment", []string{"11-2-1|2026-03-01 21:20:00|87.5"}, "select enrolment_id, completed_at, score from raw.enrolment")
}
