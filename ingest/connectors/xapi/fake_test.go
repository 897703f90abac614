package xapi_test

import (
	"crypto/sha1" //nolint:gosec // xAPI identifies people by it
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dials/ingest/ingesttest"
)

type object = map[string]any

// fake is a store as xAPI 1.0.3 describes one, modelled on exchanges with Learning
// Locker (testdata/exchanges.json): since and until are about stored, the order is
// descending unless told otherwise, and what was voided is not listed.
type fake struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	all     []object // by stored
	voided  map[string]bool
	now     func() time.Time
	through func() time.Time
	asked   []string // the questions
	step    func(w http.ResponseWriter, r *http.Request, n int) bool
	most    int
	dress   func(h http.Header) // changes the headers of an answer
	lists   bool                // what was voided
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, voided: map[string]bool{}, now: time.Now, most: 100}
	f.Server = ingesttest.Serve(t, f.serve)
	return f
}

// store stores a statement at a time.
func (f *fake) store(at time.Time, s object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s["stored"] = at.UTC().Format("2006-01-02T15:04:05.000Z")
	if s["timestamp"] == nil {
		s["timestamp"] = s["stored"]
	}
	if s["id"] == nil {
		s["id"] = fmt.Sprintf("00000000-0000-4000-8000-%012d", len(f.all)+1)
	}
	if o := s["object"].(object); o["objectType"] == "StatementRef" && strings.HasSuffix(s["verb"].(object)["id"].(string), "voided") {
		f.voided[o["id"].(string)] = true
	}
	f.all = append(f.all, s)
	slices.SortStableFunc(f.all, func(a, b object) int { return strings.Compare(a["stored"].(string), b["stored"].(string)) })
}

func (f *fake) questions() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.asked
	f.asked = nil
	return out
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	f.asked = append(f.asked, r.URL.RawQuery)
	w.Header().Set("Date", f.now().UTC().Format(http.TimeFormat))
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if f.step != nil && f.step(w, r, len(f.asked)) {
		return
	}
	bad := func(why string) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"errorId":"1","message":%q}`, why)
	}
	user, password, _ := r.BasicAuth()
	switch {
	case user != "dials" || password != "secret-of-the-store":
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"message":"Unauthorised"}`)
		return
	case r.Header.Get("X-Experience-API-Version") != "1.0.3":
		bad("Missing required value in 'header.X-Experience-API-Version'")
		return
	case r.URL.Path != "/xAPI/statements":
		http.NotFound(w, r)
		return
	}
	through := f.now()
	if f.through != nil {
		through = f.through()
	}
	w.Header().Set("X-Experience-API-Consistent-Through", through.UTC().Format("2006-01-02T15:04:05.000Z"))
	if f.dress != nil {
		f.dress(w.Header())
	}
	for name := range q {
		if !slices.Contains([]string{"ascending", "limit", "since", "until", "agent", "activity", "registration", "voidedStatementId", "at"}, name) {
			bad("Cannot use unknown params '" + name + "'")
			return
		}
	}
	if id := q.Get("voidedStatementId"); id != "" {
		for _, s := range f.all {
			if s["id"] == id && f.voided[id] {
				_ = json.NewEncoder(w).Encode(s)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"No Statement found"}`)
		return
	}
	var found []object
	for _, s := range f.all {
		stored := s["stored"].(string)
		if f.voided[s["id"].(string)] && !f.lists || q.Get("since") != "" && stored <= q.Get("since") {
			continue
		}
		if agent := q.Get("agent"); agent != "" && !sameAgent(agent, s["actor"].(object)) {
			continue
		}
		if activity := q.Get("activity"); activity != "" && s["object"].(object)["id"] != activity {
			continue
		}
		if reg := q.Get("registration"); reg != "" && (s["context"] == nil || s["context"].(object)["registration"] != reg) {
			continue
		}
		found = append(found, s)
	}
	if q.Get("ascending") != "true" {
		slices.Reverse(found)
	}
	at, _ := strconv.Atoi(q.Get("at"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	limit = min(limit, f.most)
	more := ""
	page := found[min(at, len(found)):]
	if len(page) > limit {
		page = page[:limit]
		q.Set("at", strconv.Itoa(at+limit))
		more = "/xAPI/statements?" + q.Encode()
	}
	if page == nil {
		page = []object{}
	}
	_ = json.NewEncoder(w).Encode(object{"more": more, "statements": page})
}

// sameAgent compares the identifiers of two actors.
func sameAgent(question string, a object) bool {
	var q object
	if json.Unmarshal([]byte(question), &q) != nil {
		return false
	}
	for _, k := range []string{"mbox", "mbox_sha1sum", "openid"} {
		if q[k] != nil && q[k] == a[k] {
			return true
		}
	}
	x, _ := json.Marshal(q["account"])
	y, _ := json.Marshal(a["account"])
	return q["account"] != nil && string(x) == string(y)
}

// did is a statement of somebody with an account.
func did(name, verb, activity string, more ...object) object {
	s := object{
		"actor":   object{"objectType": "Agent", "account": object{"homePage": "https://hr.example.com", "name": name}},
		"verb":    object{"id": "http://adlnet.gov/expapi/verbs/" + verb, "display": object{"en": verb}},
		"object":  object{"objectType": "Activity", "id": activity, "definition": object{"type": "http://adlnet.gov/expapi/activities/course"}},
		"version": "1.0.0",
	}
	for _, m := range more {
		for k, v := range m {
			s[k] = v
		}
	}
	return s
}

func sha(mail string) string {
	sum := sha1.Sum([]byte(mail)) //nolint:gosec // as xAPI says
	return hex.EncodeToString(sum[:])
}
