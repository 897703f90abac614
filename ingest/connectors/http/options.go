package http

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// options are the keys of [source.options].
type options struct {
	web.Options
	Timezone string `toml:"timezone"` // of cursors that are sent as a date or without an offset
}

// streamOptions are the keys of [source.stream.options].
type streamOptions struct {
	Method  string            `toml:"method"` // GET or POST
	Path    string            `toml:"path"`
	Params  map[string]string `toml:"params"` // of the query
	Headers map[string]string `toml:"headers"`
	Body    string            `toml:"body"`    // JSON
	Format  string            `toml:"format"`  // json or csv
	Records string            `toml:"records"` // dotted path of the list; "" is the answer, "." one record, "x.*" the values of an object
	Page    page              `toml:"page"`
	Cursor  *cursor           `toml:"cursor"`
	Expect  expect            `toml:"expect"`
	Errors  []rule            `toml:"errors"`
	Each    *each             `toml:"each"`
	Delete  deletes           `toml:"delete"`
	AsOf    string            `toml:"as_of"` // source column with the date that a record's delivery is of
	Decimal string            `toml:"decimal"`
	Null    []string          `toml:"null"`
	Date    []string          `toml:"date_format"`
}

// page says how a list is cut.
type page struct {
	Kind      string `toml:"kind"`
	Param     string `toml:"param"`      // page, offset or cursor
	SizeParam string `toml:"size_param"` // with size
	Size      int    `toml:"size"`
	First     *int   `toml:"first"`  // of page 1, of offset 0
	Counts    string `toml:"counts"` // of offset: records or pages
	In        string `toml:"in"`     // query or body
	Next      string `toml:"next"`   // of cursor and next_url: path of it in the answer
	More      string `toml:"more"`   // path of the word that says whether there is more
	Pages     string `toml:"pages"`  // of page: path of the number of pages
	Stop      string `toml:"stop"`   // empty or no_next
	MaxPages  int    `toml:"max_pages"`
}

// cursor says how only what changed is asked for.
type cursor struct {
	Field       string       `toml:"field"`        // of a record: when it was changed
	FieldFormat string       `toml:"field_format"` // as format
	Latest      string       `toml:"latest"`       // path of the instant up to which the answer is whole
	Param       string       `toml:"param"`
	In          string       `toml:"in"` // query, body or header
	Format      string       `toml:"format"`
	Overlap     web.Duration `toml:"overlap"`
}

// expect says what an answer must be.
type expect struct {
	ContentType string `toml:"content_type"`
	MinRows     int64  `toml:"min_rows"`
	Total       string `toml:"total"`        // path of the number of records
	TotalHeader string `toml:"total_header"` // header with it
	Duplicates  string `toml:"duplicates"`   // refuse or allow: the same record on two pages
	Empty       bool   `toml:"empty"`        // an answer without a body is an empty list
}

// deletes says how records that are gone are known.
type deletes struct {
	By          string   `toml:"by"`           // full_walk, or none: an absence means nothing
	MaxFraction *float64 `toml:"max_fraction"` // as max_deleted_fraction of the stream
}

// rule says what an answer means.
type rule struct {
	When string `toml:"when"`
	Do   string `toml:"do"`
}

// each is a request for each record: {field} in path and params is a field of it, and
// the columns named parent.… are its fields.
type each struct {
	Path    string            `toml:"path"`
	Params  map[string]string `toml:"params"`
	Records string            `toml:"records"`
	Page    page              `toml:"page"`
	Errors  []rule            `toml:"errors"`
	Empty   bool              `toml:"empty"`
}

var placeholder = regexp.MustCompile(`\{([^{}]*)\}`)

// check finds options that cannot be, and compiles the rules.
func (p *plan) check() []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(p.Method != "" && p.Method != http.MethodGet && p.Method != http.MethodPost, "method %q is not GET or POST", p.Method)
	refuse(p.Body != "" && p.Method != http.MethodPost, `body belongs to method = "POST"`)
	refuse(p.Body != "" && !isObject(p.Body), "body is no JSON object")
	refuse(p.Format != "" && p.Format != "json" && p.Format != "csv", "format %q is not json or csv", p.Format)
	refuse(p.Format == "csv" && (p.Records != "" || p.Each != nil), "format csv has no use for records and each")
	refuse(p.Decimal != "" && p.Decimal != "." && p.Decimal != ",", `decimal %q is neither "." nor ","`, p.Decimal)
	refuse(placeholder.MatchString(p.Path), "path holds a placeholder: only each.path can")
	refuse(p.Expect.Duplicates != "" && p.Expect.Duplicates != "refuse" && p.Expect.Duplicates != "allow", "expect.duplicates %q is not refuse or allow", p.Expect.Duplicates)
	refuse(p.Delete.By != "" && p.Delete.By != "full_walk" && p.Delete.By != "none", "delete.by %q is not full_walk or none", p.Delete.By)
	refuse(p.Delete.MaxFraction != nil && !(*p.Delete.MaxFraction >= 0 && *p.Delete.MaxFraction <= 1), "delete.max_fraction is not a share from 0 to 1")
	refuse(p.Expect.MinRows < 0, "expect.min_rows is negative")
	for _, name := range sortedKeys(p.Params) {
		secret := []string{"access_token", "api_key", "apikey", "client_secret", "password", "secret", "token", "wstoken"}
		refuse(slices.Contains(secret, strings.ToLower(name)), "params: %s is a secret, which would be written into addresses and logs: use auth", name)
	}
	for _, name := range sortedKeys(p.Headers) {
		o := web.Options{BaseURL: "https://x", Headers: map[string]string{name: p.Headers[name]}}
		errs = append(errs, o.Check()...)
	}
	errs = append(errs, p.Page.check("page", p.Body != "")...)
	if p.Cursor != nil {
		errs = append(errs, p.Cursor.check(p.Body != "")...)
	}
	var err []error
	p.rules, err = compile("errors", p.Errors)
	errs = append(errs, err...)
	if p.Each != nil {
		errs = append(errs, p.Each.check()...)
		p.eachRules, err = compile("each.errors", p.Each.Errors)
		errs = append(errs, err...)
	}
	return errs
}

func compile(key string, rules []rule) (out []web.Rule, errs []error) {
	for _, r := range rules {
		compiled, err := web.ParseRule(r.When, r.Do)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
		out = append(out, compiled)
	}
	return out, errs
}

func (e *each) check() []error {
	var errs []error
	if !placeholder.MatchString(e.Path) && !slices.ContainsFunc(values(e.Params), placeholder.MatchString) {
		errs = append(errs, errors.New("each: neither path nor params holds a field of the record such as {id}"))
	}
	return append(errs, e.Page.check("each.page", false)...)
}

// check finds words of a page style that it lacks, or has no use for.
func (g *page) check(key string, hasBody bool) []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(key+"."+format, args...))
		}
	}
	uses := map[string]string{
		"": "stop max_pages", "none": "stop max_pages", "page": "param size_param size first in pages more stop max_pages",
		"offset": "param size_param size first counts in more stop max_pages", "cursor": "param size_param size in next more stop max_pages",
		"link_header": "size_param size stop max_pages", "next_url": "size_param size next more stop max_pages",
	}
	use, ok := uses[g.Kind]
	if !ok {
		return []error{fmt.Errorf("%s.kind %q is not one of none, page, offset, cursor, link_header, next_url", key, g.Kind)}
	}
	for _, w := range []struct {
		word string
		set  bool
	}{
		{"param", g.Param != ""},
		{"size_param", g.SizeParam != ""},
		{"size", g.Size != 0},
		{"first", g.First != nil},
		{"counts", g.Counts != ""},
		{"in", g.In != ""},
		{"next", g.Next != ""},
		{"more", g.More != ""},
		{"pages", g.Pages != ""},
		{"stop", g.Stop != ""},
		{"max_pages", g.MaxPages != 0},
	} {
		refuse(w.set && !slices.Contains(strings.Fields(use), w.word), "kind %q has no use for %s", cmpOr(g.Kind, "none"), w.word)
	}
	refuse((g.Kind == "cursor" || g.Kind == "next_url") && g.Next == "", "kind %q needs next: the path of it in the answer", g.Kind)
	refuse(g.Kind == "cursor" && g.Param == "", `kind "cursor" needs param`)
	refuse((g.Size != 0) != (g.SizeParam != ""), "size and size_param belong together")
	refuse(g.Size < 0 || g.MaxPages < 0, "size or max_pages is negative")
	refuse(g.In != "" && g.In != "query" && g.In != "body", "in %q is not query or body", g.In)
	refuse(g.In == "body" && !hasBody, `in = "body" needs a body`)
	refuse(g.Counts != "" && g.Counts != "records" && g.Counts != "pages", "counts %q is not records or pages", g.Counts)
	refuse(g.Stop != "" && g.Stop != "empty" && g.Stop != "no_next", "stop %q is not empty or no_next", g.Stop)
	refuse(g.Stop == "no_next" && (g.Kind == "page" || g.Kind == "offset"), "stop no_next belongs to cursor, link_header and next_url")
	return errs
}

// formats are the ways in which an instant is written.
func formats() []string { return []string{"rfc3339", "date", "epoch", "epoch_ms", "http_date"} }

func (c *cursor) check(hasBody bool) []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("cursor."+format, args...))
		}
	}
	refuse(c.Field == "" && c.Latest == "", "field is missing: which field of a record says when it was changed (or latest, if the answer says it)")
	refuse(c.Param == "", "param is missing: the parameter, or with in = \"header\" the header, that asks for changes since")
	refuse(c.In != "" && c.In != "query" && c.In != "body" && c.In != "header", "in %q is not query, body or header", c.In)
	refuse(c.In == "body" && !hasBody, `in = "body" needs a body`)
	for _, f := range []string{c.Format, c.FieldFormat} {
		refuse(f != "" && !slices.Contains(formats(), f), "format %q is not one of %s", f, strings.Join(formats(), ", "))
	}
	return errs
}

// overlap is how far before the cursor a pull begins.
func (c *cursor) overlap() time.Duration {
	switch {
	case c.Overlap > 0:
		return time.Duration(c.Overlap)
	case c.Format == "date" || c.FieldFormat == "date":
		return ingest.OverlapDates
	case c.In == "header":
		return ingest.OverlapHeader
	}
	return ingest.Overlap
}

func cmpOr(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
