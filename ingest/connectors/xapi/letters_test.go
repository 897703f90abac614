package xapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"dials/ingest/ingesttest"
)

// An address is one person's in whatever letters it comes, in every run: a store that
// compares letters is asked in other ways.
func TestAddressesInOtherLetters(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, courseMap)
	mail := func(address string) object { return object{"actor": object{"mbox": "mailto:" + address}} }
	passed := object{"result": object{"score": object{"scaled": 0.9}}}
	f.store(s.Now, did("", "initialized", whs, mail("Ann.Lee@Example.com")))
	f.store(s.Now, did("", "completed", whs, mail("Ann.Lee@Example.com")))
	f.store(s.Now, did("", "completed", whs, mail("bob@example.com")))
	s.Sync(c)
	began := s.Now
	f.store(s.Now, did("", "passed", whs, mail("ann.LEE@example.com"), passed))
	f.store(s.Now, did("", "passed", whs, mail("BOB@example.com"), passed))
	s.Sync(c)
	s.Same("one attempt each", []string{"mailto:ann.lee@example.com|true|true|true|90.0", "mailto:bob@example.com|false|true|true|90.0"},
		"select person_id, started_at is not null, completed_at < '"+began.Format(time.DateTime)+"', is_passed, score from raw.enrolment where superseded_at is null and deleted_at is null order by 1")
	s.Unchanged(c)
	for range 3 {
		f.store(s.Now, did("", "passed", whs, mail("Bob@Example.COM"), passed))
		s.Sync(c)
		s.Same("still one each", []string{"2"}, "select count(*) from raw.enrolment where superseded_at is null and deleted_at is null and is_passed")
	}
}

// Instants have from none to nine digits after the second, and any zone.
func TestDigitsOfInstants(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	for i, stored := range []string{
		"2026-03-01T10:00:00Z", "2026-03-01T10:00:00.1Z", "2026-03-01T10:00:00.12Z", "2026-03-01T10:00:00.123456Z", "2026-03-01T10:00:00.123456789Z",
		"2026-03-01T21:00:00.5+11:00", "2026-03-01T10:00:00+00:00", "2026-03-01T10:00:00.123+0000", "2026-03-01T10:00Z",
	} {
		one := did(string(rune('A'+i)), "completed", whs)
		f.store(s.Now, one)
		one["stored"], one["timestamp"] = stored, stored
	}
	r := s.Sync(config(f.URL, courseMap))
	if got := ingesttest.Counts(r["events"]); got != "read 9 inserted 9 updated 0 unchanged 0 rejected 0 deleted 0" {
		t.Error(got, r["events"].Warnings)
	}
	s.Same("all at ten", []string{"9"}, "select count(*) from raw.learning_event where date_trunc('minute', stored_at) = '2026-03-01 10:00:00'")
}

// A store behind a proxy names next pages by whole addresses, or relative to this one.
func TestMoreInAnyForm(t *testing.T) {
	for _, form := range []string{"absolute", "relative", "query"} {
		f := newFake(t)
		s := newSite(t, f)
		f.most = 2
		for range 5 {
			f.store(s.Now, did("E1", "completed", whs))
		}
		inner := f.Config.Handler
		f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			inner.ServeHTTP(&moreWriter{w, form, "http://" + r.Host}, r)
		})
		r := s.Sync(config(f.URL, courseMap))
		if r["events"].Read != 5 {
			t.Errorf("%s: %s", form, ingesttest.Counts(r["events"]))
		}
	}
}

// moreWriter rewrites the link to the next page.
type moreWriter struct {
	http.ResponseWriter
	form, host string
}

func (m *moreWriter) Write(b []byte) (int, error) {
	const link = `"more":"/xAPI/statements?`
	to := map[string]string{"absolute": `"more":"` + m.host + `/xAPI/statements?`, "relative": `"more":"statements?`, "query": `"more":"?`}[m.form]
	if _, err := m.ResponseWriter.Write([]byte(strings.Replace(string(b), link, to, 1))); err != nil {
		return 0, err
	}
	return len(b), nil
}
