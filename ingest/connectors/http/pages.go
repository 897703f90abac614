package http

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"

	"dials/ingest"
	"dials/ingest/web"
)

// pager walks through pages.
type pager struct {
	page
	client *web.Client
	guard  *web.Guard
	total  func() int64 // records that the service declares, 0 unknown

	r    web.Request
	body map[string]json.RawMessage
	take func(*web.Answer) (int, web.Meta, error)
	at   int // page or offset of the request
}

// counted says whether pages are asked for by number, so that one need not wait for
// another.
func (g *pager) counted() bool { return g.Kind == "page" || g.Kind == "offset" }

// walk asks page by page; take reads one and returns how many records it holds.
func (g *pager) walk(ctx context.Context, r web.Request, body map[string]json.RawMessage, take func(*web.Answer) (int, web.Meta, error)) error {
	g.r, g.body, g.take = r, body, take
	if g.Size > 0 {
		if err := g.put(g.SizeParam, strconv.Itoa(g.Size), true); err != nil {
			return err
		}
	}
	g.at = g.first()
	for {
		if err := g.number(g.at); err != nil {
			return err
		}
		n, next, err := g.one(ctx)
		if err != nil || next == nil {
			return err
		}
		if g.guard.Pages() == 1 {
			if done, err := g.ahead(ctx, n); err != nil || done {
				return err
			}
		}
		switch {
		case g.counted():
			g.at += g.stride(n)
		case g.Kind == "cursor":
			if err := g.put(cmpOr(g.Param, g.Kind), *next, false); err != nil {
				return err
			}
		default:
			g.r.Path, g.r.Query = *next, nil
		}
	}
}

// first is the number of the first page, or its offset.
func (g *pager) first() int {
	switch {
	case g.First != nil:
		return *g.First
	case g.Kind == "page":
		return 1
	}
	return 0
}

// stride is how far the next page is, after one of n records. An offset goes on by what
// came: a service that gives fewer than were asked for loses nothing by it.
func (g *pager) stride(n int) int {
	if g.Kind == "offset" && g.Counts != "pages" {
		return n
	}
	return 1
}

// ahead asks for the pages after the first several at once, where the service has
// declared how many records there are and keeps to the size; what comes is taken in
// order. The walk goes on behind them unless the last of them was the end: a declared
// total alone is none.
func (g *pager) ahead(ctx context.Context, n int) (done bool, err error) {
	parallel := g.client.Concurrency()
	if !g.counted() || g.body != nil || parallel == 1 || g.total == nil || n != g.Size {
		return false, nil
	}
	var at []int
	for done := int64(n); done < g.total() && len(at) < g.most()-2; done += int64(n) {
		g.at += g.stride(n)
		at = append(at, g.at)
	}
	base := g.r
	err = web.Each(ctx, parallel, at, func(ctx context.Context, at int) (*web.Answer, error) {
		r := base
		r.Query = maps.Clone(base.Query)
		r.Query.Set(cmpOr(g.Param, g.Kind), strconv.Itoa(at))
		r.What = fmt.Sprintf("%s %s=%d", g.what(), cmpOr(g.Param, g.Kind), at)
		return g.client.Do(ctx, r)
	}, func(at int, a *web.Answer) error {
		_, next, err := g.accept(a, fmt.Sprintf("%s %s=%d", g.what(), cmpOr(g.Param, g.Kind), at))
		done = next == nil
		return err
	})
	return done, err
}

func (g *pager) most() int {
	if g.MaxPages > 0 {
		return g.MaxPages
	}
	return web.DefaultMaxPages
}

// number sets the number of the page that is asked for.
func (g *pager) number(at int) error {
	if g.counted() {
		if err := g.put(cmpOr(g.Param, g.Kind), strconv.Itoa(at), true); err != nil {
			return err
		}
	}
	if g.body == nil {
		return nil
	}
	var err error
	g.r.Body, err = json.Marshal(g.body)
	return err
}

// put sets a parameter.
func (g *pager) put(name, value string, number bool) error {
	if g.In != "body" {
		g.r.Query = maps.Clone(g.r.Query)
		if g.r.Query == nil {
			g.r.Query = url.Values{}
		}
		g.r.Query.Set(name, value)
		return nil
	}
	if number {
		g.body[name] = json.RawMessage(value)
		return nil
	}
	text, err := json.Marshal(value)
	g.body[name] = text
	return err
}

// what names the requests in errors.
func (g *pager) what() string { return cmpOr(g.r.Method, http.MethodGet) + " " + pathOnly(g.r.Path) }

// one asks for one page, and returns what leads to the next one: nil at the end.
func (g *pager) one(ctx context.Context) (int, *string, error) {
	r := g.r
	r.What = g.what()
	if g.Kind != "" && g.Kind != "none" {
		r.What += fmt.Sprintf(" page %d", g.guard.Pages()+1)
	}
	a, err := g.client.Do(ctx, r)
	if err != nil {
		return 0, nil, err
	}
	return g.accept(a, r.What)
}

// accept takes one page.
func (g *pager) accept(a *web.Answer, what string) (int, *string, error) {
	defer a.Close()
	named := func(err error) error {
		if errors.Is(err, ingest.SkipFile) {
			return err
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := g.guard.Begin(); err != nil {
		return 0, nil, named(err)
	}
	n, meta, err := g.take(a)
	if err != nil {
		return n, nil, named(err)
	}
	// A page of records that comes again is an error; an empty one is the end.
	if n > 0 {
		if err := g.guard.Body(a.Hash()); err != nil {
			return n, nil, named(err)
		}
	}
	next, err := g.following(a, meta, n)
	if err == nil && next != nil && !g.counted() {
		err = g.guard.Next(*next)
	}
	if err != nil {
		return n, nil, named(err)
	}
	return n, next, nil
}

// following finds what leads to the next page. A short page is not the last one.
func (g *pager) following(a *web.Answer, meta web.Meta, n int) (*string, error) {
	if g.More != "" {
		switch meta[g.More] {
		case "false", "0", "":
			return nil, nil
		}
	}
	if n == 0 && (g.Stop == "empty" || g.Stop == "" && g.counted()) {
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
			if g.guard.Pages() >= pages {
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
