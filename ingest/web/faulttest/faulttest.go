// Package faulttest is a service that answers as it is told, for the tests of
// connectors: each request gets the next step of a script, good or bad.
package faulttest

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Step answers one request.
type Step func(w http.ResponseWriter, r *http.Request)

// A Request is one that came.
type Request struct {
	Method, Path string
	Query, Form  url.Values
	Header       http.Header
	Body         string
}

// A Server answers by scripts.
type Server struct {
	*httptest.Server
	t testing.TB

	mu       sync.Mutex
	scripts  map[string][]Step
	requests []Request
}

// New starts a server that ends with the test. The steps answer requests of any path;
// the last one answers all that come after it.
func New(t testing.TB, steps ...Step) *Server {
	s := &Server{t: t, scripts: map[string][]Step{}}
	if len(steps) > 0 {
		s.scripts[""] = steps
	}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// NewTLS is [New] with TLS, by a certificate that nobody has signed.
func NewTLS(t testing.TB, steps ...Step) *Server {
	s := &Server{t: t, scripts: map[string][]Step{"": steps}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// On scripts the requests of one method and path, such as "GET /v1/people".
func (s *Server) On(route string, steps ...Step) *Server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scripts[route] = steps
	return s
}

// Requests are those that came, in their order.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Forget forgets the requests that came.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client left
	}
	got := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header, Body: string(text)}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		got.Form, _ = url.ParseQuery(string(text))
	}
	r.Form = got.Form
	r.Body = io.NopCloser(bytes.NewReader(text))
	w.Header()["Date"] = nil // a test knows no clock but the one that it passes: see Clock
	s.mu.Lock()
	s.requests = append(s.requests, got)
	route := r.Method + " " + r.URL.Path
	steps, ok := s.scripts[route]
	if !ok {
		route = ""
		steps, ok = s.scripts[route]
	}
	var step Step
	if ok && len(steps) > 0 {
		step = steps[0]
		if len(steps) > 1 {
			s.scripts[route] = steps[1:]
		}
	}
	s.mu.Unlock()
	if step == nil {
		s.t.Errorf("%s %s: no script answers it", r.Method, r.URL.Path)
		http.NotFound(w, r)
		return
	}
	step(w, r)
}

// JSON answers 200 with a JSON body, and with headers in pairs.
func JSON(body string, headers ...string) Step {
	return Status(http.StatusOK, body, append([]string{"Content-Type", "application/json"}, headers...)...)
}

// Status answers with a status, a body and headers in pairs.
func Status(code int, body string, headers ...string) Step {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, body)
	}
}

// RetryAfter answers 429 or 503 with that header: seconds, a date, or garbage.
func RetryAfter(code int, after string) Step {
	return Status(code, `{"error":"slow down"}`, "Content-Type", "application/json", "Retry-After", after)
}

// CanvasThrottle is the way in which Canvas says that it is asked too fast.
func CanvasThrottle() Step {
	return Status(http.StatusForbidden, "403 Forbidden (Rate Limit Exceeded)\n", "Content-Type", "text/plain", "X-Rate-Limit-Remaining", "0.0")
}

// ErrorIn200 is an error that says that all is well.
func ErrorIn200(code string) Step {
	return JSON(fmt.Sprintf(`{"exception":"core\\exception\\moodle_exception","errorcode":%q,"message":"<p>Something &amp; another</p>"}`, code))
}

// HTML is a web page where data should be.
func HTML() Step {
	return Status(http.StatusOK, "<!DOCTYPE html><html><head><title>Log in to the site</title></head><body>…</body></html>", "Content-Type", "text/html; charset=utf-8")
}

// Redirect answers 303 to a place such as /login.
func Redirect(to string) Step {
	return Status(http.StatusSeeOther, "", "Location", to)
}

// Empty answers with a status, a JSON content type and nothing.
func Empty(code int) Step {
	return Status(code, "", "Content-Type", "application/json")
}

// Truncated is a body that ends in the middle, as if it ended there.
func Truncated(body string) Step {
	return JSON(body[:len(body)/2])
}

// Broken announces a body and closes the connection in the middle of it.
func Broken(body string) Step {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body[:len(body)/2])
		panic(http.ErrAbortHandler)
	}
}

// Gzip packs a body, and cuts it where cut is true.
func Gzip(body string, cut bool) Step {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, body)
	z.Close()
	text := b.String()
	if cut {
		text = text[:len(text)-9]
	}
	return JSON(text, "Content-Encoding", "gzip")
}

// Deflate answers packed by deflate: with zlib's frame, as the standard says, or bare.
func Deflate(body string, bare bool) Step {
	var b bytes.Buffer
	var z io.WriteCloser = zlib.NewWriter(&b)
	if bare {
		z, _ = flate.NewWriter(&b, flate.BestSpeed) // the level is one
	}
	fmt.Fprint(z, body)
	z.Close()
	return JSON(b.String(), "Content-Encoding", "deflate")
}

// Bomb is a small answer that unpacks to so many megabytes.
func Bomb(megabytes int) Step {
	return Gzip("["+strings.Repeat(strings.Repeat(" ", 1<<20), megabytes)+"]", false)
}

// Drip sends the beginning of a body and then nothing, until the client has had enough.
func Drip(body string) Step {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		fmt.Fprint(w, body[:len(body)/2])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
}

// Charset sends bytes as they are, with a content type that names a charset.
func Charset(body, charset string) Step {
	return Status(http.StatusOK, body, "Content-Type", "application/json; charset="+charset)
}

// Clock lets a step answer by a clock that is wrong.
func Clock(at time.Time, step Step) Step {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", at.UTC().Format(http.TimeFormat))
		step(w, r)
	}
}

// Wants lets a step answer only a request with a header; others get 401.
func Wants(header, value string, step Step) Step {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(header) != value {
			Status(http.StatusUnauthorized, `{"message":"who are you?"}`, "Content-Type", "application/json")(w, r)
			return
		}
		step(w, r)
	}
}
