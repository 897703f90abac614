package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
)

// A Class is what an answer is taken for, before it is parsed.
type Class int

// The classes. Only OK is parsed.
const (
	OK       Class = iota
	Retry          // it may pass: asked again
	Throttle       // too fast: asked again, later and slower
	Auth           // credentials or rights: the run stops
	Config         // it cannot work as it is configured: the run stops
	SkipItem       // this one record has nothing to tell
	BadRow         // this one record cannot be read
)

func (c Class) String() string {
	return [...]string{"ok", "retry", "throttle", "auth", "config", "skip_item", "bad_row"}[c]
}

// A Verdict is a class with its reason, in words that follow the request's name.
type Verdict struct {
	Class  Class
	Reason string
	Wait   time.Duration // that the service asks for, 0 if it does not
}

// An Error is an answer that is not OK.
type Error struct {
	Class  Class
	Status int // 0 without an answer
	What   string
	Reason string
	Tries  int
}

func (e *Error) Error() string {
	s := e.What + ": " + e.Reason
	if e.Tries > 1 && (e.Class == Retry || e.Class == Throttle) {
		s += fmt.Sprintf(" (given up after %d attempts)", e.Tries)
	}
	return s
}

// ClassOf is the class of an error, OK for one that is no [*Error].
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return OK
}

// A Look is what is seen of an answer before it is parsed.
type Look struct {
	Status int
	Header http.Header
	Type   string // content type without parameters, in lower case
	Peek   []byte // the first 64 KiB of the body
	Whole  bool   // which are all of it

	redact func(string) string
}

// A Rule judges an answer, or leaves that to the next one.
type Rule func(Look) (Verdict, bool)

// asking is the state of one question through all its attempts.
type asking struct {
	rules     []Rule
	accept    string
	empty     bool
	verdict   Verdict
	status    int
	tries     int
	refreshed bool
	token     string // the access token that was sent last
}

type askingKey struct{}

func askingOf(ctx context.Context) *asking {
	a, ok := ctx.Value(askingKey{}).(*asking)
	if !ok {
		return &asking{accept: "application/json"}
	}
	return a
}

// peeked is how much of a body is looked at.
const peeked = 64 << 10

// checkRetry judges an answer and says whether to ask again.
func (c *Client) checkRetry(ctx context.Context, response *http.Response, err error) (bool, error) {
	a := askingOf(ctx)
	a.tries++
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		a.verdict, a.status = c.verdictOfTransport(err), 0
	} else {
		a.status = response.StatusCode
		if a.verdict, err = c.judge(a, response); err != nil {
			a.verdict = Verdict{Class: Retry, Reason: "the answer could not be read"}
		}
	}
	switch a.verdict.Class {
	case Auth:
		if a.status == http.StatusUnauthorized && !a.refreshed && c.auth.expire(a.token) {
			a.refreshed = true
			return true, nil
		}
		return false, nil
	case Retry, Throttle:
		return c.mayWait(&a.verdict), nil
	default:
		return false, nil
	}
}

// mayWait says whether the wait that the service wants is bearable.
func (c *Client) mayWait(v *Verdict) bool {
	most := time.Duration(c.o.RetryAfterMax)
	if v.Wait <= most {
		return true
	}
	v.Reason = fmt.Sprintf("%s, and asks to wait %s, longer than retry_after_max = %s: run it again after that, or ask for less (rate_per_second)", v.Reason, v.Wait.Round(time.Second), most)
	return false
}

// judge looks at an answer: the connector's rules first, then what all have in common.
func (c *Client) judge(a *asking, r *http.Response) (Verdict, error) {
	b, ok := r.Body.(*body)
	if !ok {
		return Verdict{}, errors.New("the body was not read")
	}
	peek, err := b.peek(peeked)
	if err != nil {
		return Verdict{}, err
	}
	look := Look{Status: r.StatusCode, Header: r.Header, Peek: peek, Whole: int64(len(peek)) == b.size, redact: c.Redact}
	look.Type, _, _ = mime.ParseMediaType(r.Header.Get("Content-Type"))
	wait := RetryAfter(r.Header.Get("Retry-After"), c.ServerNow())
	for _, rule := range a.rules {
		if v, ok := rule(look); ok {
			if v.Wait == 0 {
				v.Wait = wait
			}
			return v, nil
		}
	}
	v := c.common(a, look, b, r)
	if v.Class == Retry || v.Class == Throttle {
		v.Wait = wait
	}
	return v, nil
}

// common judges by what HTTP means.
func (c *Client) common(a *asking, l Look, b *body, r *http.Response) Verdict {
	if l.Status >= 200 && l.Status < 300 {
		return good(a, l, b)
	}
	said := says(l)
	switch s := l.Status; {
	case s == http.StatusNotModified && a.empty:
		return Verdict{}
	case s >= 300 && s < 400:
		return c.redirected(r)
	case s == http.StatusUnauthorized:
		return Verdict{Class: Auth, Reason: "401, the credentials are not accepted" + said + ": " + c.auth.advice()}
	case s == http.StatusForbidden:
		return Verdict{Class: Auth, Reason: "403, this may not be read" + said + ": give the account the rights that the connector's README lists; " + c.auth.advice()}
	case s == http.StatusTooManyRequests:
		return Verdict{Class: Throttle, Reason: "429, it is asked too often" + said}
	case s == http.StatusRequestTimeout || s == http.StatusTooEarly || s == http.StatusMisdirectedRequest:
		return Verdict{Class: Retry, Reason: fmt.Sprintf("%d%s", s, said)}
	case s == http.StatusNotFound:
		return Verdict{Class: Config, Reason: "404, there is no such thing" + said + ": check base_url and path"}
	case s == http.StatusRequestEntityTooLarge:
		return Verdict{Class: Config, Reason: "413, it is asked for too much at once" + said + ": ask for fewer records a page"}
	case s == http.StatusNotImplemented || s == http.StatusHTTPVersionNotSupported:
		return Verdict{Class: Config, Reason: fmt.Sprintf("%d, the service cannot do this%s", s, said)}
	case s >= 500:
		return Verdict{Class: Retry, Reason: fmt.Sprintf("%d, the service is out of order%s: try again later", s, said)}
	}
	return Verdict{Class: Config, Reason: fmt.Sprintf("%d, the service refuses the request%s: check the parameters", l.Status, said)}
}

// good judges an answer whose status says that it is one.
func good(a *asking, l Look, b *body) Verdict {
	if l.Status == http.StatusNoContent || b.size == 0 || l.Whole && blank(l.Peek) {
		if a.empty {
			return Verdict{}
		}
		return Verdict{Class: Retry, Reason: fmt.Sprintf("%d with an empty answer, which is not an empty list: try again later", l.Status)}
	}
	first := bytes.TrimLeft(bytes.TrimPrefix(l.Peek, []byte("\ufeff")), " \t\r\n")
	if l.Type == "text/html" && a.accept != "text/html" || len(first) > 0 && first[0] == '<' && !strings.Contains(a.accept, "xml") {
		return Verdict{Class: Config, Reason: fmt.Sprintf("%d with a web page in place of data%s: check base_url, and whether the service wants a sign-in first", l.Status, title(l))}
	}
	if !accepts(a.accept, l.Type) {
		return Verdict{Class: Config, Reason: fmt.Sprintf("%d with %s in place of %s: check base_url and path, or set expect.content_type", l.Status, cmpOr(l.Type, "an answer without a type"), a.accept)}
	}
	if strings.Contains(a.accept, "json") {
		if len(first) == 0 || first[0] != '{' && first[0] != '[' {
			return Verdict{Class: Config, Reason: fmt.Sprintf("%d with something that is no JSON object or list", l.Status)}
		}
		if end := b.last; end != '}' && end != ']' {
			return Verdict{Class: Retry, Reason: "the answer is cut short"}
		}
	}
	return Verdict{}
}

// accepts says whether a content type is the one wanted.
func accepts(want, got string) bool {
	if want == got || want == "*/*" {
		return true
	}
	return want == "application/json" && (strings.HasSuffix(got, "+json") || got == "text/json" || got == "application/x-json")
}

// redirected judges a redirect that was not followed.
func (c *Client) redirected(r *http.Response) Verdict {
	to, err := r.Location()
	if err != nil {
		return Verdict{Class: Config, Reason: fmt.Sprintf("%d, a redirect to nowhere: check base_url", r.StatusCode)}
	}
	where := to.Path
	if !c.home(to) {
		where = to.Scheme + "://" + to.Host
	}
	if strings.Contains(strings.ToLower(to.Path), "login") || strings.Contains(strings.ToLower(to.Host), "accounts.") {
		return Verdict{Class: Auth, Reason: fmt.Sprintf("%d, it redirects to a sign-in page, %s: %s, and base_url", r.StatusCode, where, c.auth.advice())}
	}
	return Verdict{Class: Config, Reason: fmt.Sprintf("%d, it redirects to %s, which is not followed: set base_url to where the service is", r.StatusCode, where)}
}

// verdictOfTransport judges a request without an answer.
func (c *Client) verdictOfTransport(err error) Verdict {
	if v, ok := errors.AsType[*verdictError](err); ok {
		return v.Verdict
	}
	var unknown x509.UnknownAuthorityError
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var dns *net.DNSError
	switch {
	case errors.As(err, &unknown):
		return Verdict{Class: Config, Reason: "its certificate is signed by an unknown authority: name the file with your authority's certificate in ca_file"}
	case errors.As(err, &host), errors.As(err, &invalid), errors.As(err, &certificate):
		return Verdict{Class: Config, Reason: "its certificate is not valid (expired, or of another host): check base_url and the service's certificate"}
	case errors.As(err, &record):
		return Verdict{Class: Config, Reason: "it does not speak TLS: is base_url http in place of https?"}
	case errors.As(err, &dns):
		return Verdict{Class: Retry, Reason: fmt.Sprintf("the host %s is not found: check base_url and the network", c.base.Hostname())}
	case errors.Is(err, context.DeadlineExceeded):
		return Verdict{Class: Retry, Reason: fmt.Sprintf("no whole answer within timeout = %s", time.Duration(c.o.Timeout))}
	}
	return Verdict{Class: Retry, Reason: "no whole answer came: " + networkWords(err)}
}

// networkWords are the words of a network error without its URL.
func networkWords(err error) string {
	words := err.Error()
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
		words = err.Error()
	}
	if words == "EOF" || words == "unexpected EOF" {
		return "the connection was closed in the middle"
	}
	return words
}

// verdictError carries a verdict through code that returns errors.
type verdictError struct{ Verdict }

func (v *verdictError) Error() string { return v.Reason }

func verdictOf(err error) Verdict {
	if v, ok := errors.AsType[*verdictError](err); ok {
		return v.Verdict
	}
	return Verdict{Class: Config, Reason: err.Error()}
}
