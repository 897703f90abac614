package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ParseRule reads a rule of config.toml. when is one or more of these, with "and"
// between them:
//
//	status 403 · status 5xx · header X-Error == text · header X-Error
//	body contains 'text' · json:/errorcode == text · json:/errorcode != text · json:/error
//
// and do is ok, retry, throttle, auth, config, skip_item or bad_row.
func ParseRule(when, do string) (Rule, error) {
	classes := []Class{OK, Retry, Throttle, Auth, Config, SkipItem, BadRow}
	i := slices.IndexFunc(classes, func(c Class) bool { return c.String() == do })
	if i < 0 {
		return nil, fmt.Errorf("do = %q is not one of ok, retry, throttle, auth, config, skip_item, bad_row", do)
	}
	var tests []func(Look) bool
	for _, part := range splitAnd(when) {
		test, err := parseTest(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("when = %q: %w", when, err)
		}
		tests = append(tests, test)
	}
	return func(l Look) (Verdict, bool) {
		for _, test := range tests {
			if !test(l) {
				return Verdict{}, false
			}
		}
		return Verdict{Class: classes[i], Reason: fmt.Sprintf("%d%s (errors: %s)", l.Status, says(l), when)}, true
	}, nil
}

// splitAnd splits at " and " outside of quotes.
func splitAnd(s string) []string {
	var out []string
	quote, from := byte(0), 0
	for i := 0; i < len(s); i++ {
		switch {
		case quote != 0:
			if s[i] == quote {
				quote = 0
			}
		case s[i] == '\'' || s[i] == '"':
			quote = s[i]
		case strings.HasPrefix(s[i:], " and "):
			out = append(out, s[from:i])
			from = i + len(" and ")
		}
	}
	return append(out, s[from:])
}

var (
	statusTest = regexp.MustCompile(`^status ([1-5])(\d\d|xx)$`)
	bodyTest   = regexp.MustCompile(`^body contains (.+)$`)
	jsonTest   = regexp.MustCompile(`^json:(/[^ ]*)(?: (==|!=) (.*))?$`)
	headerTest = regexp.MustCompile(`^header ([A-Za-z0-9-]+)(?: (==|!=) (.*))?$`)
)

// parseTest reads one test.
func parseTest(s string) (func(Look) bool, error) {
	if m := statusTest.FindStringSubmatch(s); m != nil {
		if m[2] == "xx" {
			return func(l Look) bool { return strconv.Itoa(l.Status)[:1] == m[1] }, nil
		}
		return func(l Look) bool { return strconv.Itoa(l.Status) == m[1]+m[2] }, nil
	}
	if m := bodyTest.FindStringSubmatch(s); m != nil {
		text := []byte(unquote(m[1]))
		if len(text) == 0 {
			return nil, errors.New("body contains nothing")
		}
		return func(l Look) bool { return bytes.Contains(l.Peek, text) }, nil
	}
	if m := jsonTest.FindStringSubmatch(s); m != nil {
		return compared(m[2], unquote(m[3]), func(l Look) (string, bool) { return l.JSON(m[1]) }), nil
	}
	if m := headerTest.FindStringSubmatch(s); m != nil {
		return compared(m[2], unquote(m[3]), func(l Look) (string, bool) {
			v := l.Header.Get(m[1])
			return v, v != ""
		}), nil
	}
	return nil, fmt.Errorf("%q is not one of status 403, status 5xx, header X == text, body contains 'text', json:/pointer == text", s)
}

// compared is a test of a value that may be absent.
func compared(op, want string, value func(Look) (string, bool)) func(Look) bool {
	return func(l Look) bool {
		got, ok := value(l)
		switch op {
		case "==":
			return ok && got == want
		case "!=":
			return ok && got != want
		}
		return ok
	}
}

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// JSON returns the value at a JSON pointer, as text; an object or a list is its JSON.
// It is found as long as it lies in the peek, whatever comes after.
func (l Look) JSON(pointer string) (string, bool) {
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(l.Peek, []byte("\ufeff"))))
	dec.UseNumber()
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if step == "" {
			break
		}
		step = strings.ReplaceAll(strings.ReplaceAll(step, "~1", "/"), "~0", "~")
		if !enter(dec, step) {
			return "", false
		}
	}
	var raw json.RawMessage
	if dec.Decode(&raw) != nil || string(raw) == "null" {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s, true
	}
	return string(raw), true
}

// enter moves to the value of a key, or to an element of a list.
func enter(dec *json.Decoder, step string) bool {
	t, err := dec.Token()
	if err != nil {
		return false
	}
	n := -1
	switch t {
	case json.Delim('{'):
	case json.Delim('['):
		if n, err = strconv.Atoi(step); err != nil || n < 0 {
			return false
		}
	default:
		return false
	}
	for i := 0; dec.More(); i++ {
		if n < 0 {
			key, err := dec.Token()
			if err != nil {
				return false
			}
			if key == step {
				return true
			}
		} else if i == n {
			return true
		}
		var skip json.RawMessage
		if dec.Decode(&skip) != nil {
			return false
		}
	}
	return false
}

// says is what an answer says about itself, in its own words.
func says(l Look) string {
	if !strings.Contains(l.Type, "json") {
		if l.Type == "text/plain" && l.Whole && len(l.Peek) < 200 {
			return quoted(l.clean(string(l.Peek)))
		}
		return ""
	}
	for _, pointer := range []string{
		"/errorcode", "/error_description", "/error/message", "/message", "/detail", "/title", "/errors/0/message", "/errors/0", "/error/0/0/message", "/error",
	} {
		if s, ok := l.JSON(pointer); ok && s != "" && s[0] != '{' && s[0] != '[' {
			return quoted(l.clean(s))
		}
	}
	return ""
}

// clean takes the secrets out of a text, before it may be cut through one.
func (l Look) clean(s string) string {
	if l.redact == nil {
		return s
	}
	return l.redact(s)
}

// title is the title of a web page.
func title(l Look) string {
	page := l.Peek
	lower := bytes.ToLower(page)
	_, rest, ok := bytes.Cut(lower, []byte("<title"))
	if !ok || len(lower) != len(page) {
		return ""
	}
	page = page[len(page)-len(rest):]
	_, page, _ = bytes.Cut(page, []byte(">"))
	page, _, ok = bytes.Cut(page, []byte("<"))
	if !ok {
		return ""
	}
	return quoted(l.clean(string(page)))
}

// quoted makes a stranger's words harmless: one line, short, in quotes.
func quoted(s string) string {
	const most = 160
	s = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\ufeff' || r >= 0x2028 && r <= 0x202e {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))), " ")
	if s == "" {
		return ""
	}
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return ` ("` + s + `")`
}
