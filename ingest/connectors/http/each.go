package http

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"dials/ingest"
	"dials/ingest/web"
)

// parent is a record for which more is asked.
type parent struct {
	fields []string // of the columns parent.…
	path   string
	query  url.Values
}

// child is a record of a parent.
type child struct {
	key    string
	record []byte
}

// family is what came for one parent.
type family struct {
	children []child
	skipped  bool
	bad      string // why it cannot be read
}

// parent notes a record for which more is asked.
func (w *walk) parent(_ string, record []byte) error {
	names, fields := w.placeholders(), w.out.parent
	paths := make([]string, 0, len(names)+len(fields))
	paths = append(paths, names...)
	for _, f := range fields {
		paths = append(paths, f.path)
	}
	values := make([]string, len(paths))
	if err := web.NewColumns(paths).Read(record, values); err != nil {
		return w.out.refuse(err.Error(), string(record))
	}
	by := map[string]string{}
	for i, name := range names {
		if values[i] == "" {
			w.out.count++
			return w.out.refuse(fmt.Sprintf("has no %s, which each.path needs", name), string(record))
		}
		by[name] = values[i]
	}
	w.guard.Key(values[:len(names)]...)
	pr := parent{fields: values[len(names):], path: fill(w.p.Each.Path, by, url.PathEscape), query: url.Values{}}
	for k, v := range w.p.Each.Params {
		pr.query.Set(k, fill(v, by, func(s string) string { return s }))
	}
	w.parents = append(w.parents, pr)
	return nil
}

// placeholders are the fields that path and params name.
func (w *walk) placeholders() []string {
	var out []string
	for _, text := range append([]string{w.p.Each.Path}, values(w.p.Each.Params)...) {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			out = append(out, m[1])
		}
	}
	return out
}

func fill(text string, by map[string]string, escape func(string) string) string {
	return placeholder.ReplaceAllStringFunc(text, func(m string) string { return escape(by[strings.Trim(m, "{}")]) })
}

// children asks for the parents of one page, several at once, and adds what comes in
// their order.
func (w *walk) children(ctx context.Context) error {
	parents := w.parents
	w.parents = nil
	return web.Each(ctx, w.c.client.Concurrency(), parents, w.ask, func(pr parent, f family) error {
		if f.skipped {
			w.skipped++
		}
		if f.bad != "" {
			w.out.count++
			return w.out.refuse(f.bad, "")
		}
		for _, c := range f.children {
			row, err := w.out.read(c.key, c.record, pr.fields)
			if err != nil {
				return err
			}
			if row == nil {
				continue
			}
			if err := w.changed(row); err != nil {
				return err
			}
			if err := w.out.add(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// ask asks for one parent.
func (w *walk) ask(ctx context.Context, pr parent) (family, error) {
	e := w.p.Each
	var f family
	guard := web.NewGuard(e.Page.MaxPages)
	pages := &pager{page: e.Page, client: w.c.client, guard: guard}
	r := web.Request{Method: http.MethodGet, Path: pr.path, Query: pr.query, Rules: w.p.eachRules, Empty: e.Empty}
	if len(w.p.Headers) > 0 {
		r.Header = http.Header{}
		for k, v := range w.p.Headers {
			r.Header.Set(k, v)
		}
	}
	err := pages.walk(ctx, r, nil, func(a *web.Answer) (int, web.Meta, error) {
		n := 0
		if a.Size() == 0 || a.Status >= http.StatusMultipleChoices {
			return 0, web.Meta{}, nil
		}
		meta, err := web.Walk(a.Reader(), e.Records, func(key string, record []byte) error {
			n++
			f.children = append(f.children, child{key, append([]byte(nil), record...)})
			return nil
		})
		return n, meta, err
	})
	switch web.ClassOf(err) {
	case web.SkipItem:
		return family{skipped: true}, nil
	case web.BadRow:
		return family{bad: err.Error()}, nil
	}
	return f, err
}

// compile-time reminder of what the driver asks of a connector.
var _ ingest.Timed = (*connector)(nil)
