package moodle_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"dials/ingest/ingesttest"
)

// Sites of other versions, languages and plugins write the same things in other ways:
// a mark or blank lines before the data, numbers as text, fields that are not known,
// null in place of nothing. The same rows come of it.
func TestVariants(t *testing.T) {
	digits := regexp.MustCompile(`:(\d+)([,}\]])`)
	later := regexp.MustCompile(`"(advancedfeatures|warnings|customfields)":\[[^\]]*\],|"(showcompletionconditions|completionhascriteria|lastaccess|enrolledusercount|maxdepth|percentageformatted)":[^,{}\[\]]*,`)
	tables := []string{"course", "account", "enrolment", "plan_item"}
	f := newFake(t)
	plain := newSite(t, f)
	plain.Sync(config(f.URL, "", tables...))
	for name, change := range map[string]func([]byte) []byte{
		"byte order mark": func(b []byte) []byte { return append([]byte("\ufeff"), b...) },
		"blank lines":     func(b []byte) []byte { return append([]byte("\n\n \t"), append(b, "\n\n"...)...) },
		"numbers as text": func(b []byte) []byte { return digits.ReplaceAll(b, []byte(`:"$1"$2`)) },
		"unknown fields": func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`{"`), []byte(`{"futurefield":{"nested":[1,{"id":99}]},"`))
		},
		"null fields": func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(`{"id":`), []byte(`{"summaryfiles":null,"overviewfiles":"","tags":null,"id":`))
		},
		"fields of later versions absent": func(b []byte) []byte { return later.ReplaceAll(b, nil) },
		"escaped slashes":                 func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`/`), []byte(`\/`)) },
		"flags as numbers": func(b []byte) []byte {
			return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`:true`), []byte(`:1`)), []byte(`:false`), []byte(`:0`))
		},
	} {
		t.Run(name, func(t *testing.T) {
			inner := f.Config.Handler
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rec := httptest.NewRecorder()
				inner.ServeHTTP(rec, r)
				body := rec.Body.Bytes()
				if json.Valid(body) {
					body = change(body)
				}
				for k, v := range rec.Header() {
					w.Header()[k] = v
				}
				w.WriteHeader(rec.Code)
				fmt.Fprintf(w, "%s", body)
			}))
			defer site.Close()
			other := newSite(t, f)
			other.Sync(config(site.URL, "", tables...))
			for _, table := range tables {
				query := "select * exclude (run_id, recorded_at) from raw." + table + " order by all"
				other.Same(table, plain.Query(query), query)
			}
		})
	}
}

// A service without the newer function for courses is asked by the older one.
func TestOldCourses(t *testing.T) {
	f := newFake(t)
	f.courses[4].hidden = false
	plain := newSite(t, f)
	plain.Sync(config(f.URL, "", "course", "enrolment"))
	f.missing = []string{"core_course_get_courses_by_field"}
	other := newSite(t, f)
	other.Sync(config(f.URL, "", "course", "enrolment"))
	const courses = "select course_id, name, source_id from raw.course order by 1"
	other.Same("courses", plain.Query(courses), courses)
	other.Same("enrolments", plain.Query(enrolments), enrolments)
	if n := f.took()["core_course_get_courses"]; n == 0 {
		t.Error("it was not asked")
	}
	f.answer = func(function string, _ url.Values, w http.ResponseWriter) bool {
		if function == "core_course_get_courses" {
			fail(w, "errorcoursecontextnotvalid", "You cannot execute functions in the course context")
		}
		return function == "core_course_get_courses"
	}
	_, err := other.Run(config(f.URL, "", "course"), false)
	ingesttest.Failed(t, err, "may not see every course", "moodle/course:viewhiddencourses", "add core_course_get_courses_by_field")
}
