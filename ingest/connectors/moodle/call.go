package moodle

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"dials/ingest/web"
)

// A fault is an exception that Moodle reports, in an answer with status 200.
type fault struct {
	function string
	code     string
	message  string
}

func (f *fault) Error() string {
	s := f.function + ": Moodle reports " + f.code
	if f.message != "" {
		s += fmt.Sprintf(" (%q)", f.message)
	}
	return s
}

// kind is what a fault means for a run.
type kind int

const (
	fatal   kind = iota // the run stops
	skip                // this person or course has nothing to tell
	barred              // this course or person may not be seen
	retried             // it passes
)

// kindOf says what an error code means.
func kindOf(code string) kind {
	switch code {
	case "dbconnectionfailed", "sitemaintenance", "dmlreadexception", "cannotobtainlock", "locktimeout", "upgraderunning":
		return retried
	case "nocriteriaset", "usernotenroled", "userdeleted", "invalidrecord", "invaliduser", "invaliduserid", "usernotincourse", "notenrolled", "noenrolled":
		return skip
	case "cannotviewreport", "requireloginerror", "errorcoursecontextnotvalid", "nopermissions", "nopermission", "nopermissiontoviewgrades",
		"errornopermission", "accessdenied", "notingroup", "coursehidden", "nocapability", "cannotviewprofile", "guestsarenotallowed":
		return barred
	}
	return fatal
}

// judge is the rule that finds Moodle's own errors, before anything is parsed. It is
// silent about faults of one course or person.
func judge(l web.Look) (web.Verdict, bool) {
	if l.Status == http.StatusForbidden && len(strings.TrimSpace(string(l.Peek))) == 0 {
		return web.Verdict{Class: web.Config, Reason: "403 with an empty answer: web services, or their REST protocol, are switched off: " +
			"an administrator switches on Advanced features > Enable web services, and Server > Web services > Manage protocols > REST"}, true
	}
	if l.Status != http.StatusOK {
		return web.Verdict{}, false
	}
	if l.Type == "application/json" && debugging.Match(bytes.TrimSpace(l.Peek)) {
		return web.Verdict{Class: web.Config, Reason: fmt.Sprintf("Moodle prints messages for developers into its answers (%q): an administrator switches off "+
			"Development > Debugging > Display debug messages", clean(string(l.Peek[:min(len(l.Peek), 300)])))}, true
	}
	code, ok := l.JSON("/errorcode")
	if !ok {
		return web.Verdict{}, false
	}
	message, _ := l.JSON("/message")
	message = clean(message)
	if v, ok := signIn(code, message); ok {
		return v, true
	}
	if kindOf(code) != retried {
		return web.Verdict{}, false // call sorts it out
	}
	reason := "Moodle reports " + code + quote(message) + ": try again later"
	if code == "sitemaintenance" {
		reason = "the site is in maintenance mode: try again when that is over"
	}
	return web.Verdict{Class: web.Retry, Reason: reason}, true
}

// debugging matches an answer before which PHP printed something.
var debugging = regexp.MustCompile(`^(<|PHP |Notice: |Warning: |Deprecated: |Fatal error: )`)

// signIn says which codes are about the token and its account.
func signIn(code, message string) (web.Verdict, bool) {
	words := ""
	switch code {
	case "invalidtoken":
		words = "Moodle does not know the token: it is mistyped, was deleted, or is of another site; make a new one (Server > Web services > Manage tokens)"
	case "accessexception":
		words = "Moodle refuses access and does not say why. It is one of four: the token has expired; the token is restricted to other IP addresses than this machine's; " +
			"its service is disabled, or not open to its account; or the service does not contain this function (Server > Web services > External services > Functions)"
	case "wsaccessusersuspended", "wsaccessuserdeleted", "wsaccessuserunconfirmed", "wsaccessuserexpired", "wsaccessusernologin":
		words = "the token's account may not use web services (" + code + quote(message) + "): it is suspended, deleted, unconfirmed or has an expired password"
	case "forcepasswordchangenotice", "passwordisexpired", "usernotfullysetup", "sitepolicynotagreed", "userpolicynotagreed":
		words = "the token's account has to sign in once and do what Moodle asks of it (" + code + quote(message) + ")"
	case "servicerequireslogin", "missingrequiredcapability":
		words = "the service of the token demands more of its account" + quote(message)
	default:
		return web.Verdict{}, false
	}
	return web.Verdict{Class: web.Auth, Reason: words}, true
}

func quote(message string) string {
	if message == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", message)
}

var tags = regexp.MustCompile(`<[^>]*>`)

// clean makes a message one line of plain text: it may hold HTML, in any language.
func clean(s string) string {
	const most = 200
	s = strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(s, " "))), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}

// ask asks one function.
func (s *site) ask(ctx context.Context, function string, params url.Values) (*web.Answer, error) {
	form := url.Values{"wsfunction": {function}, "moodlewsrestformat": {"json"}}
	for k, v := range params {
		form[k] = v
	}
	return s.client.Do(ctx, web.Request{
		Path: "/webservice/rest/server.php", Form: form, What: function, Rules: []web.Rule{judge},
	})
}

// call asks one function and reads its answer into out. A fault is a [*fault].
func (s *site) call(ctx context.Context, function string, params url.Values, out any) error {
	answer, err := s.ask(ctx, function, params)
	if err != nil {
		return err
	}
	defer answer.Close()
	text, err := answer.Bytes()
	if err != nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	if f := faultOf(function, text); f != nil {
		return f
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s: the answer has another shape than Moodle documents: %w", function, err)
	}
	return nil
}

// stream asks one function and gives the records at path to each, one by one: the
// answer may be too large to be kept.
func (s *site) stream(ctx context.Context, function string, params url.Values, path string, each func(record []byte) error) error {
	answer, err := s.ask(ctx, function, params)
	if err != nil {
		return err
	}
	defer answer.Close()
	const mostOfFault = 64 << 10
	if answer.Size() < mostOfFault {
		text, err := answer.Bytes()
		if err != nil {
			return fmt.Errorf("%s: %w", function, err)
		}
		if f := faultOf(function, text); f != nil {
			return f
		}
	}
	_, err = web.Walk(answer.Reader(), path, func(_ string, record []byte) error { return each(record) })
	if err != nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	return nil
}

// faultOf finds the exception in an answer.
func faultOf(function string, raw []byte) *fault {
	if raw = bytes.TrimSpace(raw); len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var f struct {
		Exception *words `json:"exception"`
		Error     *words `json:"error"`
		Code      *words `json:"errorcode"`
		Message   words  `json:"message"`
		Debug     words  `json:"debuginfo"`
	}
	read := json.Unmarshal(raw, &f) == nil
	if !read || f.Code == nil || f.Exception == nil && f.Error == nil {
		return nil
	}
	message := f.Message
	if f.Debug != "" {
		message += ": " + f.Debug
	}
	return &fault{function: function, code: string(*f.Code), message: clean(string(message))}
}

// meaning returns what an error means: fatal for whatever is no fault.
func meaning(err error) kind {
	if f, ok := errors.AsType[*fault](err); ok {
		return kindOf(f.code)
	}
	return fatal
}

// apart says whether an error is about one course or person that may not be seen, or
// has nothing to tell: the run goes on without it.
func apart(err error) bool {
	k := meaning(err)
	return k == skip || k == barred
}
