package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// An Exchange is a request and its answer, as a file of testdata or a capture holds it.
type Exchange struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Request struct {
		Method  string            `json:"method"`
		Path    string            `json:"path"` // with its query
		Form    Pairs             `json:"form"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"` // JSON that must be equal; absent is not looked at
	} `json:"request"`
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"` // JSON, or a text that is sent as it is
		IsJSON  *bool             `json:"is_json"`
	} `json:"response"`
}

// Pairs are the fields of a form in their order; values may be numbers.
type Pairs [][2]any

func (p Pairs) values() url.Values {
	out := url.Values{}
	for _, f := range p {
		out.Add(fmt.Sprint(f[0]), fmt.Sprint(f[1]))
	}
	return out
}

// A Replayer answers with exchanges, and fails the test for a request that none has.
type Replayer struct {
	*httptest.Server
	t testing.TB

	mu        sync.Mutex
	exchanges []Exchange
	ignore    []string
	asked     map[string]int
	requests  []Request
}

// Replay serves the exchanges of files. A request is answered by the exchange with the
// same method, path, query and form, which must carry the exchange's headers; ignore
// names parameters that may differ, such as a token.
func Replay(t testing.TB, pattern string, ignore ...string) *Replayer {
	s := &Replayer{t: t, ignore: ignore, asked: map[string]int{}}
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("replay: %s matches nothing (%v)", pattern, err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		var many []Exchange
		if err := json.Unmarshal(text, &many); err != nil {
			var one Exchange
			if err := json.Unmarshal(text, &one); err != nil {
				t.Fatalf("replay %s: %v", p, err)
			}
			many = []Exchange{one}
		}
		for _, e := range many {
			s.asked[e.Name] = 0
		}
		s.exchanges = append(s.exchanges, many...)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// Asked is how often each exchange answered, by its name.
func (s *Replayer) Asked() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// Requests are those that came.
func (s *Replayer) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

func (s *Replayer) serve(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	got := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header, Body: string(text)}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		got.Form, _ = url.ParseQuery(string(text))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, got)
	i := slices.IndexFunc(s.exchanges, func(e Exchange) bool { return s.same(e, got) })
	if i < 0 {
		s.t.Errorf("no exchange answers %s %s?%s form %v body %s", got.Method, got.Path, got.Query.Encode(), got.Form, got.Body)
		http.Error(w, `{"message":"no exchange"}`, http.StatusTeapot)
		return
	}
	e := s.exchanges[i]
	s.asked[e.Name]++
	for k, v := range e.Request.Headers {
		if !strings.EqualFold(k, "Content-Type") && r.Header.Get(k) != v {
			s.t.Errorf("%s: header %s is %q, want %q", e.Name, k, r.Header.Get(k), v)
		}
	}
	w.Header()["Date"] = nil
	for k, v := range e.Response.Headers {
		if !strings.EqualFold(k, "Content-Length") {
			w.Header().Set(k, v)
		}
	}
	w.WriteHeader(e.Response.Status)
	// BASE stands for the address of this server, which a capture cannot know.
	if _, err := w.Write(bytes.ReplaceAll(e.body(), []byte("BASE"), []byte("http://"+r.Host))); err != nil {
		s.t.Logf("%s: %v", e.Name, err)
	}
}

// body is what is sent.
func (e Exchange) body() []byte {
	if e.Response.IsJSON == nil || !*e.Response.IsJSON {
		var s string
		if json.Unmarshal(e.Response.Body, &s) == nil {
			return []byte(s)
		}
	}
	if string(e.Response.Body) == "null" && (e.Response.IsJSON == nil || !*e.Response.IsJSON) {
		return nil
	}
	return e.Response.Body
}

// same says whether a request is the exchange's.
func (s *Replayer) same(e Exchange, r Request) bool {
	u, err := url.Parse(e.Request.Path)
	if err != nil || e.Request.Method != r.Method || u.Path != r.Path {
		return false
	}
	if !s.equal(u.Query(), r.Query) || !s.equal(e.Request.Form.values(), r.Form) {
		return false
	}
	return len(e.Request.Body) == 0 || string(e.Request.Body) == "null" || sameJSON(e.Request.Body, []byte(r.Body))
}

func (s *Replayer) equal(want, got url.Values) bool {
	a, b := url.Values{}, url.Values{}
	for k, v := range want {
		a[k] = v
	}
	for k, v := range got {
		b[k] = v
	}
	for _, k := range s.ignore {
		delete(a, k)
		delete(b, k)
	}
	return a.Encode() == b.Encode()
}

func sameJSON(a, b []byte) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	p, err := json.Marshal(x)
	if err != nil {
		return false
	}
	q, err := json.Marshal(y)
	return err == nil && bytes.Equal(p, q)
}
