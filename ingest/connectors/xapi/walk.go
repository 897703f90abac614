package xapi

import (
	"context"
	"encoding/json"
	"errors"
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

// A walk is one reading of the statements.
type walk struct {
	*connector
	stream  ingest.Stream
	emit    func(ingest.Batch) error
	started time.Time

	from       time.Time // the cursor, zero for everything
	letters    string    // lower: every address that ever came is in lower case; any: some are not, or nobody looked
	newest     time.Time // the last time stored that was seen
	through    time.Time // up to when the store says that it is consistent
	serverTime time.Time // five minutes before the walk began, by the store's clock
	records    int64
	refused    []ingest.Refused
	warnings   []string
}

// instants are written in milliseconds: a store may take what it cannot read for a time
// after everything, and answer with an empty list.
const instants = "2006-01-02T15:04:05.000Z"

// get asks the store.
func (w *walk) get(ctx context.Context, path string, query url.Values, rules ...web.Rule) (*web.Answer, error) {
	return w.client.Do(ctx, web.Request{
		Path: path, Query: query, What: "statements", Rules: append(rules, judge),
		Header: http.Header{"X-Experience-API-Version": {w.o.Version}},
	})
}

// judge is the rule that knows how stores refuse.
func judge(l web.Look) (web.Verdict, bool) {
	if l.Status != http.StatusBadRequest {
		return web.Verdict{}, false
	}
	said, ok := l.JSON("/warnings/0")
	if !ok {
		said, _ = l.JSON("/message")
	}
	return web.Verdict{Class: web.Config, Reason: fmt.Sprintf("400, the store refuses the question (%q): check version, which is the xAPI version that it speaks", said)}, true
}

// statements gives each statement that was stored since the cursor to take, less the
// overlap, in the order of the store.
func (w *walk) statements(ctx context.Context, take func(*statement) error) error {
	query := url.Values{"ascending": {"true"}, "limit": {strconv.Itoa(w.o.PageSize)}}
	if !w.from.IsZero() {
		// since is exclusive, and the overlap is more than that.
		query.Set("since", w.from.Add(-ingest.Overlap).UTC().Format(instants))
	}
	return w.pages(ctx, query, func(a *web.Answer) {
		if !w.serverTime.IsZero() {
			return
		}
		const unsettled = 5 * time.Minute
		w.serverTime = w.client.ServerNow().Add(-unsettled)
		if at, err := moment(a.Header.Get("X-Experience-API-Consistent-Through")); err == nil {
			w.through = at
		}
	}, func(raw []byte) error {
		w.records++
		s, err := parse(raw)
		if err != nil {
			return w.refuse(raw, err)
		}
		if s.stored.After(w.newest) {
			w.newest = s.stored
		}
		if w.letters == "lower" && slices.ContainsFunc(s.Actor.people(), func(a actor) bool { return a.Mbox != strings.ToLower(a.Mbox) }) {
			w.letters = "any"
		}
		return take(s)
	})
}

// refuse sets a statement aside that cannot be read.
func (w *walk) refuse(raw []byte, why error) error {
	const most, many = 1000, 1000
	w.refused = append(w.refused, ingest.Refused{Record: w.records, Reason: why.Error(), Text: string(raw[:min(len(raw), most)])})
	if len(w.refused) < many {
		return nil
	}
	return w.flushRefused()
}

func (w *walk) flushRefused() error {
	if len(w.refused) == 0 {
		return nil
	}
	err := w.emit(ingest.Batch{Refused: w.refused})
	w.refused = nil
	return err
}

// pages walks through the pages of a question. Only an answer without a next page is
// the end; a page without statements is not, unless stop says so.
func (w *walk) pages(ctx context.Context, query url.Values, first func(*web.Answer), take func([]byte) error) error {
	const emptyPages = 100
	guard := web.NewGuard(w.o.MaxPages)
	path, empty := w.o.Path, 0
	for {
		answer, err := w.get(ctx, path, query)
		if err != nil {
			return err
		}
		first(answer)
		n := 0
		meta, err := web.Walk(answer.Reader(), "statements", func(_ string, record []byte) error {
			n++
			return take(record)
		})
		hash := answer.Hash()
		if e := answer.Close(); err == nil {
			err = e
		}
		if err != nil {
			return fmt.Errorf("statements: %w", err)
		}
		more := meta["more"]
		if more == "" || n == 0 && w.o.Stop == "empty" {
			return nil
		}
		err = guard.Begin()
		if empty++; n > 0 && err == nil {
			empty, err = 0, guard.Body(hash)
		}
		if empty == emptyPages {
			err = fmt.Errorf("%d pages in a row hold no statement and yet name a next one: if this store always names one, set stop = \"empty\"", empty)
		}
		if err == nil {
			err = guard.Next(more)
		}
		if err != nil {
			return fmt.Errorf("statements: %w", err)
		}
		// The link is relative to the host, and holds the whole question.
		if path, err = w.client.Follow(answer.URL, more); err != nil {
			return fmt.Errorf("statements: %w", err)
		}
		query = nil
	}
}

// voided asks for a statement that another one voided. It is nil where the store does
// not have it.
func (w *walk) voided(ctx context.Context, id string) (*statement, error) {
	missing := func(l web.Look) (web.Verdict, bool) {
		return web.Verdict{Class: web.SkipItem, Reason: "no such statement"}, l.Status == http.StatusNotFound || l.Status == http.StatusBadRequest
	}
	answer, err := w.get(ctx, w.o.Path, url.Values{"voidedStatementId": {id}}, missing)
	if web.ClassOf(err) == web.SkipItem {
		return nil, nil //nolint:nilnil // there is none, which is no error
	}
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	raw, err := answer.Bytes()
	if err != nil {
		return nil, err
	}
	s, err := parse(raw)
	if err != nil {
		return nil, nil //nolint:nilnil // it was never read either
	}
	return s, nil
}

// events reads each statement as an event. One that was voided is gone.
func (w *walk) events(ctx context.Context) error {
	out := newSink(w, w.Columns[w.stream.Name])
	defer out.release()
	err := w.statements(ctx, func(s *statement) error {
		if s.Verb.ID == voiding {
			if s.Object.Type != "StatementRef" || s.Object.ID == "" {
				return nil
			}
			return out.gone(map[string]string{"statement_id": s.Object.ID})
		}
		if len(w.o.Verbs) > 0 && !matches(w.o.Verbs, s.Verb.ID) {
			return nil
		}
		values := map[string]string{
			"statement_id": s.ID, "verb": s.Verb.ID, "object": s.Object.name(), "person_id": s.Actor.key(),
			"occurred_at": s.at.UTC().Format(time.RFC3339Nano), "stored_at": s.stored.UTC().Format(time.RFC3339Nano),
		}
		if len(s.Result) > 0 && json.Valid(s.Result) && string(s.Result) != "null" {
			values["result"] = string(s.Result)
		}
		return out.add(values)
	})
	return errors.Join(err, out.flush(err == nil))
}
