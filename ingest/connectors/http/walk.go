package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
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
	pages := &pager{page: p.Page, client: w.c.client, guard: w.guard, total: func() int64 { return w.out.total }}
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
	if a.Size() == 0 || a.Status >= http.StatusMultipleChoices {
		return 0, web.Meta{}, nil // a rule says that it is ok
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
