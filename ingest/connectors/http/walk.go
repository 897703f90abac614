package http

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// walk is one walk through the pages of a stream.
type walk struct {
	c       *connector
	p       *plan
	out     *output
	guard   *web.Guard
	began   time.Time
	from    time.Time // the cursor of the run before
	seen    time.Time // the newest change
	latest  time.Time // up to which the service says that it is whole
	skipped int
	missing int64 // records without a value of the cursor's field
	parents []parent
}

// newWalk begins at a cursor.
func (c *connector) newWalk(p *plan, stream ingest.Stream, cursor string, out *output) (*walk, error) {
	w := &walk{c: c, p: p, out: out, guard: web.NewGuard(p.Page.MaxPages), began: stream.Started}
	if cursor == "" || p.Cursor == nil {
		return w, nil
	}
	var err error
	if w.from, err = time.Parse(time.RFC3339Nano, cursor); err != nil {
		return nil, fmt.Errorf("the cursor %q is none: run it with --full", cursor)
	}
	return w, nil
}

// run walks.
func (w *walk) run(ctx context.Context) error {
	p := w.p
	body, err := bodyOf(p.Body)
	if err != nil {
		return err
	}
	first := web.Request{Method: p.Method, Path: p.Path, Query: url.Values{}, Header: http.Header{}, Rules: p.rules, Accept: p.accept(), Empty: p.Expect.Empty}
	for k, v := range p.Params {
		first.Query.Set(k, v)
	}
	for k, v := range p.Headers {
		first.Header.Set(k, v)
	}
	if err := w.since(&first, body); err != nil {
		return err
	}
	pages := &pager{page: p.Page, client: w.c.client, guard: w.guard}
	err = pages.walk(ctx, first, body, func(a *web.Answer) (int, web.Meta, error) { return w.answer(ctx, a) })
	if err != nil {
		return err
	}
	if p.Expect.Duplicates == "allow" {
		return nil
	}
	return w.guard.End()
}

func (p *plan) accept() string {
	switch {
	case p.Expect.ContentType != "":
		return p.Expect.ContentType
	case p.Format == "csv":
		return "text/csv"
	}
	return ""
}

// since asks for what changed since the cursor alone.
func (w *walk) since(r *web.Request, body map[string]json.RawMessage) error {
	cur := w.p.Cursor
	if cur == nil || w.from.IsZero() {
		return nil
	}
	text := writeTime(w.from.Add(-cur.overlap()), cmpOr(cur.Format, headerFormat(cur)), w.c.zone)
	switch cur.In {
	case "header":
		r.Header.Set(cur.Param, text)
		r.Empty = true // 304 says that nothing changed
	case "body":
		value, err := json.Marshal(text)
		if err != nil {
			return err
		}
		body[cur.Param] = value
	default:
		r.Query.Set(cur.Param, text)
	}
	return nil
}

func headerFormat(c *cursor) string {
	if c.In == "header" {
		return "http_date"
	}
	return "rfc3339"
}

// answer reads the records of one page.
func (w *walk) answer(ctx context.Context, a *web.Answer) (int, web.Meta, error) {
	n := 0
	if a.Size() == 0 {
		return 0, web.Meta{}, nil
	}
	each := func(key string, record []byte) error {
		n++
		return w.record(key, record)
	}
	var meta web.Meta
	var err error
	if w.p.Format == "csv" {
		meta, err = web.Meta{}, w.csv(a, &n)
	} else {
		meta, err = web.Walk(a.Reader(), w.p.Records, each)
	}
	if err != nil {
		return n, meta, err
	}
	if err := w.declared(a, meta); err != nil {
		return n, meta, err
	}
	if w.p.Each != nil {
		err = w.children(ctx)
	}
	return n, meta, err
}

// declared notes what an answer says of the whole.
func (w *walk) declared(a *web.Answer, meta web.Meta) error {
	e := w.p.Expect
	text, ok := meta[e.Total], e.Total != ""
	if e.TotalHeader != "" {
		text, ok = a.Header.Get(e.TotalHeader), true
	}
	if ok {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("the answer declares no total at %q: check expect.total", cmpOr(e.Total, e.TotalHeader))
		}
		w.guard.Total(n)
		w.out.total = n
	}
	if cur := w.p.Cursor; cur != nil && cur.Latest != "" {
		t, err := readTime(meta[cur.Latest], cmpOr(cur.Format, "rfc3339"), w.c.zone)
		if err != nil || t.IsZero() {
			return fmt.Errorf("the answer has no instant at %q: check cursor.latest", cur.Latest)
		}
		if w.latest.IsZero() || t.Before(w.latest) {
			w.latest = t
		}
	}
	return nil
}

// record takes one record of the list.
func (w *walk) record(key string, record []byte) error {
	if w.p.Each != nil {
		return w.parent(key, record)
	}
	row, err := w.out.read(key, record, nil)
	if err != nil || row == nil {
		return err
	}
	w.key(w.out.keyOf(row))
	if err := w.changed(row); err != nil {
		return err
	}
	return w.out.add(row)
}

// key notes a record by its key, if it has one.
func (w *walk) key(parts []string) {
	if slices.ContainsFunc(parts, func(s string) bool { return s != "" }) {
		w.guard.Key(parts...)
		return
	}
	w.guard.Row()
}

// changed notes when a record was changed.
func (w *walk) changed(row []string) error {
	cur := w.p.Cursor
	if cur == nil || cur.Field == "" {
		return nil
	}
	text := row[w.out.cursor]
	if text == "" {
		w.missing++
		return nil
	}
	t, err := readTime(text, cmpOr(cur.FieldFormat, cmpOr(cur.Format, "rfc3339")), w.c.zone)
	if err != nil {
		return fmt.Errorf("record %d: %s is no instant as cursor.field_format says (%s)", w.guard.Rows(), cur.Field, cmpOr(cur.FieldFormat, cmpOr(cur.Format, "rfc3339")))
	}
	if t.After(w.seen) {
		w.seen = t
	}
	return nil
}

// next is the cursor of the next pull.
func (w *walk) next() string {
	cur := w.p.Cursor
	if cur == nil {
		return ""
	}
	seen := w.seen
	if cur.Field == "" {
		seen = w.latest
	}
	// What the service calls now may be earlier or later than it is here.
	const settled = 5 * time.Minute
	skew := w.c.client.Skew()
	began := w.began
	if skew > 0 {
		began = began.Add(skew)
	}
	at := ingest.Resume(w.from, seen, began, w.latest, w.began.Add(skew).Add(-settled))
	if at.IsZero() {
		return ""
	}
	return at.UTC().Format(time.RFC3339Nano)
}

// warnings are what should be known although all went well.
func (w *walk) warnings() []string {
	var out []string
	if w.skipped > 0 {
		out = append(out, fmt.Sprintf("%d of %d requests for single records had nothing to tell, as errors says", w.skipped, w.guard.Rows()))
	}
	if w.missing > 0 {
		out = append(out, fmt.Sprintf("%d records have no %s: they are loaded each time", w.missing, w.p.Cursor.Field))
	}
	return append(out, w.out.warnings()...)
}

// pager walks through pages.
type pager struct {
	page
	client *web.Client
	guard  *web.Guard
}

// walk asks page by page; take reads one and returns how many records it holds.
func (g *pager) walk(ctx context.Context, r web.Request, body map[string]json.RawMessage, take func(*web.Answer) (int, web.Meta, error)) error {
	if g.Size > 0 {
		if err := g.put(&r, body, g.SizeParam, strconv.Itoa(g.Size), true); err != nil {
			return err
		}
	}
	at := 0
	if g.Kind == "page" {
		at = 1
	}
	if g.First != nil {
		at = *g.First
	}
	param := g.Param
	if param == "" {
		param = g.Kind
	}
	for {
		if g.Kind == "page" || g.Kind == "offset" {
			if err := g.put(&r, body, param, strconv.Itoa(at), true); err != nil {
				return err
			}
		}
		if body != nil {
			text, err := json.Marshal(body)
			if err != nil {
				return err
			}
			r.Body = text
		}
		n, next, err := g.one(ctx, r, take, at)
		if err != nil || next == nil {
			return err
		}
		switch g.Kind {
		case "page":
			at++
		case "offset":
			at += n
			if g.Counts == "pages" {
				at += 1 - n
			}
		case "cursor":
			if err := g.put(&r, body, param, *next, false); err != nil {
				return err
			}
		default:
			r.Path, r.Query = *next, nil
		}
	}
}

// put sets a parameter.
func (g *pager) put(r *web.Request, body map[string]json.RawMessage, name, value string, number bool) error {
	if g.In != "body" {
		r.Query = maps.Clone(r.Query)
		if r.Query == nil {
			r.Query = url.Values{}
		}
		r.Query.Set(name, value)
		return nil
	}
	if number {
		body[name] = json.RawMessage(value)
		return nil
	}
	text, err := json.Marshal(value)
	body[name] = text
	return err
}

// one asks for one page, and returns what leads to the next one: nil at the end.
func (g *pager) one(ctx context.Context, r web.Request, take func(*web.Answer) (int, web.Meta, error), at int) (int, *string, error) {
	what := cmpOr(r.Method, http.MethodGet) + " " + pathOnly(r.Path)
	if g.Kind != "" && g.Kind != "none" {
		what += fmt.Sprintf(" page %d", g.guard.Pages()+1)
	}
	r.What = what
	a, err := g.client.Do(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	defer a.Close()
	named := func(err error) error {
		if errors.Is(err, ingest.SkipFile) {
			return err
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	// The page of records counts; an empty one that comes again is the end.
	if err := g.guard.Begin(); err != nil {
		return 0, nil, named(err)
	}
	n, meta, err := take(a)
	if err != nil {
		return n, nil, named(err)
	}
	if n > 0 {
		if err := g.guard.Body(a.Hash()); err != nil {
			return n, nil, named(err)
		}
	}
	next, err := g.following(a, meta, n, at)
	if err != nil {
		return n, nil, named(err)
	}
	if next != nil && g.Kind != "page" && g.Kind != "offset" {
		if err := g.guard.Next(*next); err != nil {
			return n, nil, named(err)
		}
	}
	return n, next, nil
}

// following finds what leads to the next page. A short page is not the last one.
func (g *pager) following(a *web.Answer, meta web.Meta, n, at int) (*string, error) {
	if g.More != "" {
		switch meta[g.More] {
		case "false", "0", "":
			return nil, nil
		}
	}
	if n == 0 && (g.Stop == "empty" || g.Stop == "" && (g.Kind == "page" || g.Kind == "offset")) {
		return nil, nil
	}
	word := ""
	switch g.Kind {
	case "page":
		if g.Pages != "" {
			pages, err := strconv.Atoi(meta[g.Pages])
			if err != nil {
				return nil, fmt.Errorf("the answer has no number of pages at %q: check page.pages", g.Pages)
			}
			first := 1
			if g.First != nil {
				first = *g.First
			}
			if at-first+1 >= pages {
				return nil, nil
			}
		}
		return &word, nil
	case "offset":
		return &word, nil
	case "cursor":
		word = meta[g.Next]
	case "next_url", "link_header":
		link := meta[g.Next]
		if g.Kind == "link_header" {
			link = web.ParseLink(a.Header.Values("Link"))["next"]
		}
		if link == "" {
			return nil, nil
		}
		var err error
		if word, err = g.client.Follow(a.URL, link); err != nil {
			return nil, err
		}
	}
	if word == "" {
		return nil, nil
	}
	return &word, nil
}

// bodyOf reads the body of a POST, nil without one.
func bodyOf(text string) (map[string]json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	out := map[string]json.RawMessage{}
	err := json.Unmarshal([]byte(text), &out)
	return out, err
}

func isObject(text string) bool {
	b, err := bodyOf(text)
	return err == nil && b != nil && bytes.HasPrefix(bytes.TrimSpace([]byte(text)), []byte("{"))
}

func pathOnly(p string) string {
	if u, err := url.Parse(p); err == nil {
		return u.Path
	}
	p, _, _ = strings.Cut(p, "?")
	return p
}
