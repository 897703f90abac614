package xapi_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

// Stores differ in what they say besides, and in what they leave out: the same rows come
// of it, and what they store late is read.
func TestStores(t *testing.T) {
	through := func(value string) func(http.Header) {
		return func(h http.Header) {
			h.Del("X-Experience-API-Consistent-Through")
			if value != "" {
				h.Set("X-Experience-API-Consistent-Through", value)
			}
		}
	}
	within := func(more object) object {
		c := object{"registration": "ab000000-0000-4000-8000-000000000001", "platform": "LMS", "extensions": object{"https://x.example.com/n": []int{1}}}
		for k, v := range more {
			c[k] = v
		}
		return object{"context": c}
	}
	course := object{"objectType": "Activity", "id": whs}
	for name, tt := range map[string]struct {
		dress func(http.Header)
		about object
		turn  [2]string
	}{
		"plain":                        {about: within(nil)},
		"no consistent-through":        {dress: through(""), about: within(nil)},
		"a garbled one":                {dress: through("Sun, 01 Mar 2026 00:00:00 GMT"), about: within(nil)},
		"one without a zone":           {dress: through("2026-03-03T07:30:00.123"), about: within(nil)},
		"one far ahead":                {dress: through("2999-01-01T00:00:00.000Z"), about: within(nil)},
		"activities as objects":        {about: within(object{"contextActivities": object{"parent": course, "grouping": course, "other": course}})},
		"activities as lists":          {about: within(object{"contextActivities": object{"parent": []object{course, course}, "category": []object{}}})},
		"instructor, team, authority":  {about: within(object{"instructor": object{"mbox": "mailto:i@example.com"}, "team": object{"objectType": "Group", "member": []object{}}, "language": "de"})},
		"no more":                      {about: within(nil), turn: [2]string{`"more":"",`, ``}},
		"null for more":                {about: within(nil), turn: [2]string{`"more":"",`, `"more":null,`}},
		"slashes escaped":              {about: within(nil), turn: [2]string{`https://`, `https:\/\/`}},
		"letters of ids and addresses": {about: within(nil), turn: [2]string{`ab000000-0000`, `AB000000-0000`}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			s := newSite(t, f)
			f.dress, f.most = tt.dress, 2
			inner := f.Config.Handler
			f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner.ServeHTTP(&turned{w, tt.turn}, r)
			})
			at := s.Now.Add(24*time.Hour - time.Minute) // a minute before the first run
			f.store(at, did("E1", "initialized", whs, tt.about))
			f.store(at, did("E1", "completed", whs, tt.about, object{"authority": object{"mbox": "mailto:lms@example.com"}, "attachments": []object{}, "timestamp": "2026-03-02T23:30:00.123456789+13:00"}))
			f.store(at, did("E2", "attended", sales, tt.about, object{"object": object{"id": sales}, "actor": object{"account": object{"homePage": "https://hr.example.com", "name": "E2"}, "name": "Noor"}}))
			c := config(f.URL, courseMap)
			s.Sync(c)
			// It was on its way when the others had been stored.
			f.store(at.Add(-14*time.Minute), did("E1", "passed", whs, tt.about, object{"result": object{"success": true}}))
			s.Sync(c)
			s.Same("enrolments", []string{
				"account:https://hr.example.com|E1|WHS|1|-|2026-03-03 07:59:00|2026-03-02 10:30:00.123456|-|true|passed|-|-",
				"account:https://hr.example.com|E2|SALES|1|-|-|2026-03-03 07:59:00|-|-|attended|-|-",
			}, enrolments)
			s.Same("events", []string{"4"}, "select count(*) from raw.learning_event where superseded_at is null")
			s.Unchanged(c)
		})
	}
}

// turned writes answers with one text in the place of another.
type turned struct {
	http.ResponseWriter
	turn [2]string
}

func (w *turned) Write(b []byte) (int, error) {
	out := b
	if w.turn[0] != "" {
		out = bytes.ReplaceAll(b, []byte(w.turn[0]), []byte(w.turn[1]))
	}
	if _, err := w.ResponseWriter.Write(out); err != nil {
		return 0, err
	}
	return len(b), nil
}

// A store that lists what was voided is not believed.
func TestVoidedAndListed(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.lists = true
	const first = "11111111-1111-4111-8111-111111111111"
	f.store(s.Now, did("E1", "completed", whs, object{"id": first}))
	f.store(s.Now, did("E2", "completed", whs))
	c := config(f.URL, courseMap)
	s.Sync(c)
	f.store(s.Now, object{"actor": object{"mbox": "mailto:admin@example.com"}, "verb": object{"id": "http://adlnet.gov/expapi/verbs/voided"}, "object": object{"objectType": "StatementRef", "id": first}})
	s.Sync(c)
	s.Same("enrolments", []string{"account:https://hr.example.com|E2"}, "select person_id from raw.enrolment where superseded_at is null and deleted_at is null")
	s.Same("events", []string{"1"}, "select count(*) from raw.learning_event where superseded_at is null and deleted_at is null")
	if _, err := s.Run(c, true); err != nil {
		t.Fatal(err)
	}
	s.Same("in full", []string{"1|1"}, "select (select count(*) from raw.learning_event where superseded_at is null and deleted_at is null), (select count(*) from raw.enrolment where superseded_at is null and deleted_at is null)")
}
