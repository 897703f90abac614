// Package web is the HTTP client of the connectors that read services.
//
// It asks politely (rate, concurrency, Retry-After), judges every answer before
// anything is parsed, asks again where that helps, and refuses what would lose
// records: half an answer, a web page in place of data, a page that comes again. No
// secret leaves it but to the service that it belongs to: errors are redacted by the
// secrets' own values, and no redirect takes them to another host.
package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

// An Env is what a client needs to know of its surroundings.
type Env struct {
	Source  string // name of the source, for words and the file of its tokens
	Dir     string // folder of config.toml: ca_file starts here
	State   string // folder in which a rotated refresh token is kept
	Scratch string // folder for large answers; the system's if empty
	Clock   func() time.Time
	Getenv  func(string) (string, bool)
	Backoff time.Duration // first wait before asking again, before what the options say
}

// A Client asks one service. It is safe for concurrent use.
type Client struct {
	o     Options
	env   Env
	base  *url.URL
	auth  *authority
	http  *retryablehttp.Client
	rate  *rate.Limiter
	slots chan struct{}
	tls   *http.Transport

	mu       sync.Mutex
	pause    time.Time     // nothing is asked before
	skew     time.Duration // the service's clock less ours
	skewed   bool
	warnings []string
}

// New returns a client. It asks nothing and reads no secret yet, so that a
// configuration can be checked without them.
func New(o Options, env Env) (*Client, error) {
	if errs := o.Check(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	o.fill()
	if env.Clock == nil {
		env.Clock = time.Now
	}
	if env.Getenv == nil {
		env.Getenv = os.LookupEnv
	}
	if env.Backoff == 0 {
		env.Backoff = time.Duration(o.Backoff)
	}
	base, err := url.Parse(strings.TrimSuffix(o.BaseURL, "/"))
	if err != nil {
		return nil, errors.New("base_url is no URL")
	}
	c := &Client{o: o, env: env, base: base, rate: rate.NewLimiter(rate.Inf, 1), slots: make(chan struct{}, o.Concurrency)}
	if o.RatePerSecond > 0 {
		c.rate = rate.NewLimiter(rate.Limit(o.RatePerSecond), 1)
	}
	if c.tls, err = o.transport(env.Dir); err != nil {
		return nil, err
	}
	c.auth = newAuthority(o, env, c.tls)
	c.http = &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: (*transport)(c), CheckRedirect: c.redirect},
		RetryWaitMin: env.Backoff, RetryWaitMax: maxWait, RetryMax: o.Retries,
		CheckRetry: c.checkRetry, Backoff: c.backoff, ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	return c, nil
}

// A Request is one question to the service.
type Request struct {
	Method string // GET if empty
	Path   string // below base_url, or an absolute URL of the same host
	Query  url.Values
	Form   url.Values // sent as the body of a POST
	Body   []byte     // sent as JSON
	Header http.Header
	Rules  []Rule // looked at in order, before what every service has in common
	Accept string // content type that the answer must have; application/json
	What   string // how errors name it; method and path
	Empty  bool   // an empty answer is one
}

// An Answer is a whole answer that was judged to be good.
type Answer struct {
	Status int
	Header http.Header
	URL    *url.URL
	body   *body
}

// Bytes returns the answer's body.
func (a *Answer) Bytes() ([]byte, error) {
	text, err := io.ReadAll(a.Reader())
	return bytes.TrimPrefix(text, []byte("\ufeff")), err
}

// Reader reads the body from its beginning.
func (a *Answer) Reader() io.Reader {
	if err := a.body.rewind(); err != nil {
		return failing{err}
	}
	return a.body
}

// Size is the length of the body in bytes.
func (a *Answer) Size() int64 { return a.body.size }

// Hash identifies the bytes of the body.
func (a *Answer) Hash() string { return a.body.hash }

// Close frees the body. It need not be called for an answer that is small.
func (a *Answer) Close() error { return a.body.Close() }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Do asks, and asks again where that helps. An answer that is not good is an [*Error].
func (c *Client) Do(ctx context.Context, r Request) (*Answer, error) {
	if r.Method == "" {
		r.Method = http.MethodGet
		if r.Form != nil {
			r.Method = http.MethodPost
		}
	}
	if r.What == "" {
		r.What = r.Method + " " + pathOf(r.Path)
	}
	ask := &asking{rules: r.Rules, accept: r.Accept, empty: r.Empty}
	if ask.accept == "" {
		ask.accept = "application/json"
	}
	if err := c.auth.ready(ctx); err != nil {
		return nil, c.fault(r, ask, verdictOf(err))
	}
	request, err := c.request(context.WithValue(ctx, askingKey{}, ask), r)
	if err != nil {
		return nil, c.fault(r, ask, Verdict{Class: Config, Reason: err.Error()})
	}
	response, err := c.http.Do(request)
	if cause := context.Cause(ctx); ctx.Err() != nil {
		return nil, fmt.Errorf("%s: %w", r.What, cause)
	}
	if err != nil && ask.verdict.Class == OK {
		ask.verdict = c.verdictOfTransport(err)
	}
	if ask.verdict.Class != OK {
		if response != nil {
			response.Body.Close()
		}
		return nil, c.fault(r, ask, ask.verdict)
	}
	got, ok := response.Body.(*body)
	if !ok {
		return nil, c.fault(r, ask, Verdict{Class: Config, Reason: "the answer was not read"})
	}
	return &Answer{Status: response.StatusCode, Header: response.Header, URL: response.Request.URL, body: got}, nil
}

// request builds what is sent, without credentials: each attempt gets its own.
func (c *Client) request(ctx context.Context, r Request) (*retryablehttp.Request, error) {
	target, err := c.resolve(r.Path)
	if err != nil {
		return nil, err
	}
	if len(r.Query) > 0 {
		q := target.Query()
		for k, v := range r.Query {
			q[k] = v
		}
		target.RawQuery = q.Encode()
	}
	var send any
	kind := ""
	switch {
	case r.Form != nil:
		form := maps.Clone(r.Form)
		if c.o.Auth == Form {
			form.Set(c.o.Header, c.auth.token)
		}
		send, kind = []byte(form.Encode()), "application/x-www-form-urlencoded"
	case r.Body != nil:
		send, kind = r.Body, "application/json"
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, r.Method, target.String(), send)
	if err != nil {
		return nil, errors.New("it cannot be asked: check method, base_url and path")
	}
	accept := r.Accept
	if accept == "" {
		accept = "application/json"
	}
	request.Header.Set("Accept", accept)
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	request.Header.Set("User-Agent", "dials")
	for k, v := range r.Header {
		request.Header[http.CanonicalHeaderKey(k)] = v
	}
	return request, nil
}

// resolve makes a path a URL of the service, and refuses those of others.
func (c *Client) resolve(path string) (*url.URL, error) {
	u, err := url.Parse(path)
	if err != nil {
		return nil, errors.New("its path is no URL")
	}
	if u.Host == "" {
		whole := *c.base
		if u.Path != "" {
			whole.Path = c.base.Path + "/" + strings.TrimPrefix(u.Path, "/")
			whole.RawPath = ""
			if u.RawPath != "" {
				whole.RawPath = c.base.EscapedPath() + "/" + strings.TrimPrefix(u.RawPath, "/")
			}
		}
		whole.RawQuery = u.RawQuery
		return &whole, nil
	}
	if !c.home(u) {
		return nil, fmt.Errorf("it leads to %s://%s, which is not the service of base_url: nothing is asked there", u.Scheme, u.Host)
	}
	return u, nil
}

// Follow makes a link that an answer holds a path for [Request]: links that begin
// with a slash start at the host, not below base_url.
func (c *Client) Follow(from *url.URL, link string) (string, error) {
	u, err := from.Parse(link)
	if err != nil {
		return "", errors.New("the next link is no URL")
	}
	// Behind a proxy a service may take its own address for another scheme or port.
	if strings.EqualFold(u.Hostname(), c.base.Hostname()) && (u.Port() == "" || u.Port() == "80" || u.Port() == "443") && u.User == nil {
		u.Scheme, u.Host = c.base.Scheme, c.base.Host
	}
	if !c.home(u) {
		return "", fmt.Errorf("the next link leads to %s, which is not the service of base_url", u.Host)
	}
	return u.String(), nil
}

// home says whether a URL is of the service itself.
func (c *Client) home(u *url.URL) bool {
	return strings.EqualFold(hostPort(u), hostPort(c.base)) && u.Scheme == c.base.Scheme && u.User == nil
}

// hostPort is a URL's host without a port that its scheme has anyway.
func hostPort(u *url.URL) string {
	usual := map[string]string{"https": ":443", "http": ":80"}[u.Scheme]
	return strings.TrimSuffix(u.Host, usual)
}

// redirect follows within the service; where no credentials are sent, also to the
// hosts that redirect_hosts names.
func (c *Client) redirect(r *http.Request, via []*http.Request) error {
	const most = 5
	if len(via) > most || r.Method != http.MethodGet && r.Method != http.MethodHead || via[0].Method != r.Method {
		return http.ErrUseLastResponse
	}
	if c.home(r.URL) || c.o.mayRedirect(r.URL) {
		return nil
	}
	return http.ErrUseLastResponse
}

// Redact takes every secret out of a text.
func (c *Client) Redact(s string) string { return c.auth.redact(s) }

// fault builds the error of a request.
func (c *Client) fault(r Request, ask *asking, v Verdict) *Error {
	return &Error{
		Class: v.Class, Status: ask.status, What: c.Redact(r.What), Reason: c.Redact(v.Reason), Tries: ask.tries,
	}
}

// ServerNow is the time by the service's clock, as its answers tell it.
func (c *Client) ServerNow() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.env.Clock().Add(c.skew)
}

// Skew is the service's clock less this machine's.
func (c *Client) Skew() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.skew
}

// Warnings are what should be known although everything went well.
func (c *Client) Warnings() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.warnings
	c.warnings = nil
	if c.skew.Abs() > tolerableSkew {
		word := "ahead of"
		if c.skew < 0 {
			word = "behind"
		}
		out = append(out, fmt.Sprintf("the clock of %s is %s %s this machine's: its own is used for cursors", c.base.Host, c.skew.Abs().Round(time.Second), word))
	}
	return out
}

// Deadline is how long one run of the source may take.
func (c *Client) Deadline() time.Duration { return time.Duration(c.o.RunDeadline) }

// Concurrency is how many requests may be under way at once.
func (c *Client) Concurrency() int { return c.o.Concurrency }

const (
	maxWait       = time.Minute
	tolerableSkew = 30 * time.Second
)

// noteDate learns the service's clock from its Date header.
func (c *Client) noteDate(header string) {
	at, err := http.ParseTime(header)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	// Between clocks that agree the header is up to a second old, and the way takes a while.
	skew := at.Sub(c.env.Clock())
	if skew.Abs() < 5*time.Second {
		skew = 0
	}
	if !c.skewed || skew < c.skew {
		c.skew, c.skewed = skew, true
	}
}

// hold stops all requests for a while.
func (c *Client) hold(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := time.Now().Add(d); until.After(c.pause) {
		c.pause = until
	}
}

// wait waits for the end of a pause and for the rate.
func (c *Client) wait(ctx context.Context) error {
	c.mu.Lock()
	d := time.Until(c.pause)
	c.mu.Unlock()
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
	}
	return c.rate.Wait(ctx)
}

// pathOf is a path without its query, for words.
func pathOf(p string) string {
	if u, err := url.Parse(p); err == nil {
		return u.Path
	}
	p, _, _ = strings.Cut(p, "?")
	return p
}

// blank says whether a body holds nothing but blanks.
func blank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }
