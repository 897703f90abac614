package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"dials/dashboards/audit"
)

// What needs the warehouse is a request to the operator: a name and its typed
// fields. It is done in this process, or in the server that owns the file, and
// audited either way. To add one, write its method and a line in routes.

// routes are the requests that the operator answers.
func (l *local) routes() map[string]route {
	return map[string]route{
		"sync":  replying(l.Sync),
		"check": replying(l.Check),
		"plan":  replying(l.Plan),

		"rejected list":   replying(l.RejectedList),
		"rejected show":   replying(l.RejectedShow),
		"rejected replay": replying(l.RejectedReplay),

		"matches unmatched": replying(l.MatchesUnmatched),
		"matches changes":   replying(l.MatchesChanges),
		"snapshot":          replying(l.Snapshot),

		"export":          sending(l.Export),
		"export datasets": sending(l.ExportDatasets),
		"backup":          sending(l.Backup),
		"alerts list":     replying(l.AlertsList),
		"alerts test":     replying(l.AlertsTest),
		"alerts digest":   replying(l.AlertsDigest),
		"audit list":      replying(l.AuditList),
		"audit verify":    replying(l.AuditVerify),
		"audit who":       replying(l.AuditWho),
		"person export":   sending(l.PersonExport),
		"person erase":    replying(l.PersonErase),
		"user add":        replying(l.UserAdd),
		"user passwd":     replying(l.UserPasswd),
		"user disable":    replying(l.UserDisable),
		"user grant":      replying(l.UserGrant),
		"user end":        replying(l.UserEnd),
		"user bind":       replying(l.UserBind),
		"user list":       replying(l.UserList),
		"token create":    replying(l.TokenCreate),
		"token revoke":    replying(l.TokenRevoke),
		"token list":      replying(l.TokenList),
	}
}

// An operator does requests.
type operator interface {
	do(ctx context.Context, name string, request []byte, to sink) (result []byte, err error)
	Close() error
}

// call asks op for a request. Its progress goes to to, and so do files that it sends.
func call[Result any](ctx context.Context, op operator, name string, request any, to sink) (result Result, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return result, err
	}
	answer, err := op.do(ctx, name, body, to)
	if err != nil {
		return result, err
	}
	return result, json.Unmarshal(answer, &result)
}

// report receives the progress of a long request; a nil one is not called.
type report func(progress any)

// A sink takes what comes before the result of a request.
type sink struct {
	progress report // may be nil
	// file takes one file; a request that sends none needs no file.
	file func(name string, size int64, content io.Reader) error
}

// A route does one request from its JSON, for anybody's sink.
type route func(ctx context.Context, request []byte, to sink) (any, error)

// replying makes a route of a method that sends no files.
func replying[Request, Result any](do func(context.Context, Request, report) (Result, error)) route {
	return sending(func(ctx context.Context, r Request, to sink) (Result, error) { return do(ctx, r, to.progress) })
}

// sending makes a route of a method that may send files.
func sending[Request, Result any](do func(context.Context, Request, sink) (Result, error)) route {
	return func(ctx context.Context, request []byte, to sink) (any, error) {
		var r Request
		dec := json.NewDecoder(bytes.NewReader(request))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&r); err != nil {
			return nil, fmt.Errorf("request: %w", err)
		}
		return do(ctx, r, to)
	}
}

// do is the operator at work: whoever asks is known, has the right to ask, and is
// written down before anything happens.
func (l *local) do(ctx context.Context, name string, request []byte, to sink) ([]byte, error) {
	do, known := l.routes()[name]
	if !known {
		return nil, fmt.Errorf("no request %q: there are %s", name, strings.Join(slices.Sorted(maps.Keys(l.routes())), ", "))
	}
	p := peerOf(ctx)
	event := audit.Event{Kind: audit.Operator, By: p.identity(), Address: p.address(), What: name}
	refused := l.refuse(p)
	if refused != nil {
		event.Kind, event.Reason = audit.Denied, refused.Error()
	}
	if err := l.audit.Write(event); err != nil || refused != nil {
		return nil, errors.Join(refused, err)
	}
	result, err := do(ctx, request, to)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// newOperator returns the running server of cfg's warehouse, or else opens the
// warehouse here.
func newOperator(ctx context.Context, cfg *Config) (operator, error) {
	r, err := dialSocket(ctx, cfg.Warehouse.Path)
	if err != nil {
		return nil, err
	}
	if r != nil {
		return r, nil
	}
	return openLocal(ctx, cfg)
}

// withOperator does f with the running server or, if none runs, with the
// warehouse opened here.
func (o *options) withOperator(ctx context.Context, f func(operator) error) error {
	cfg, err := readConfig(o.configPath)
	if err != nil {
		return err
	}
	op, err := newOperator(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(f(op), op.Close())
}
