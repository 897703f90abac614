// Package gusto reads employees, payrolls and what they paid from Gusto.
package gusto

import (
	"context"
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

// options are the keys of [source.options].
type options struct {
	web.Options

	Company     string            `toml:"company_id"`   // as Gusto numbers it
	LegalEntity string            `toml:"legal_entity"` // what the company is called here
	Version     string            `toml:"api_version"`
	From        string            `toml:"from"`     // first day of the history
	Elements    map[string]string `toml:"elements"` // name of a compensation to element
	PageSize    int               `toml:"page_size"`
}

type connector struct {
	o      options
	from   time.Time
	source string
	clock  func() time.Time
	client *web.Client

	ingest.Filled
}

// New returns a connector for one company.
func New(c ingest.Config) (ingest.Connector, error) { return build(c, 0) }

// build is New with the first wait before something is asked again.
func build(c ingest.Config, backoff time.Duration) (ingest.Connector, error) {
	out := &connector{source: c.Source, clock: c.Clock}
	if err := c.Options(&out.o); err != nil {
		return nil, err
	}
	errs := out.o.check()
	var err error
	if out.from, err = time.Parse(time.DateOnly, out.o.From); err != nil {
		errs = append(errs, fmt.Errorf("options: from %q is no date written as 2024-01-31", out.o.From))
	}
	filled, wrong := c.Fill("Gusto", columns(), func(string) string { return out.o.reads() })
	out.Filled, errs = filled, append(errs, wrong...)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	out.client, err = web.New(out.o.Options, web.Env{Source: c.Source, Dir: c.Dir, State: c.State, Clock: c.Clock, Backoff: backoff})
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	return out, nil
}

// columns are what the streams are read with.
func columns() map[string]ingest.Filling {
	return map[string]ingest.Filling{
		"account":     {Columns: []string{"system", "account_id", "employee_number", "email", "is_active", "source_id"}},
		"payroll_run": {Columns: []string{"payroll_run_id", "legal_entity", "status", "is_off_cycle", "period_start_date", "period_end_date", "pay_date", "source_id"}},
		"payroll_line": {Columns: []string{
			"payroll_line_id", "payroll_run_id", "person_id", "element", "amount", "currency", "paid_hours", "is_employer_cost", "reverses_line_id", "source_id",
		}},
	}
}

// check finds options that cannot be, and sets those that are absent.
func (o *options) check() []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("options: "+format, args...))
		}
	}
	set := func(v *string, def string) {
		if *v == "" {
			*v = def
		}
	}
	set(&o.BaseURL, "https://api.gusto.com")
	set(&o.Auth, web.OAuth2Refresh)
	if o.Auth == web.OAuth2Refresh {
		set(&o.TokenURL, strings.TrimSuffix(o.BaseURL, "/")+"/oauth/token")
		set(&o.ClientAuth, "body")
	}
	set(&o.LegalEntity, o.Company)
	set(&o.Version, "2025-06-15")
	set(&o.From, "2020-01-01")
	refuse(o.Company == "" || strings.ContainsAny(o.Company, "/?#% \r\n"), "company_id is missing: the company's uuid, from GET /v1/token_info")
	for _, name := range slices.Sorted(maps.Keys(o.Elements)) {
		refuse(!slices.Contains(elements(), o.Elements[name]), "elements: %q = %q is not one of %s", name, o.Elements[name], strings.Join(elements(), ", "))
	}
	const most = 100
	if o.PageSize == 0 {
		o.PageSize = most
	}
	refuse(o.PageSize < 0 || o.PageSize > most, "page_size is not from 1 to %d", most)
	if o.Concurrency == 0 {
		o.Concurrency = 3
	}
	if o.RatePerSecond == 0 {
		o.RatePerSecond = 3 // of 200 a minute
	}
	for _, err := range o.Check() {
		errs = append(errs, fmt.Errorf("options: %w", err))
	}
	return errs
}

func elements() []string {
	return []string{"base", "bonus", "commission", "overtime", "allowance", "other"}
}

// reads tells readings apart: another one reads everything anew.
func (o *options) reads() string {
	text := strings.Join([]string{o.BaseURL, o.Company, o.LegalEntity, o.Version, o.From}, " ")
	for _, name := range slices.Sorted(maps.Keys(o.Elements)) {
		text += " " + name + "=" + o.Elements[name]
	}
	return text
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.Filled.Streams }

// Deadline is how long a run may take.
func (c *connector) Deadline() time.Duration { return c.client.Deadline() }

// Pull reads one stream.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	p := &pull{connector: c, Sink: ingest.NewSink(emit, c.Columns[stream.Name]...), since: c.from}
	defer p.Release()
	if cursor != "" {
		at, err := time.Parse(time.DateOnly, cursor)
		if err != nil {
			return ingest.Result{SourceTotal: -1}, fmt.Errorf("the cursor %q is no date: run with --full", cursor)
		}
		// Nothing tells what was changed: corrections and reversals come late.
		const lateDays = 120
		if at = at.AddDate(0, 0, -lateDays); at.After(p.since) {
			p.since = at
		}
	}
	var err error
	next := ""
	switch stream.Target {
	case "account":
		err = p.employees(ctx)
	case "payroll_run":
		next = c.clock().UTC().Format(time.DateOnly)
		err = p.payRuns(ctx)
	default:
		next = c.clock().UTC().Format(time.DateOnly)
		err = p.payLines(ctx)
	}
	if err == nil {
		err = p.Flush()
	}
	if err != nil && !errors.Is(err, ingest.SkipFile) {
		return ingest.Result{SourceTotal: -1}, err
	}
	return ingest.Result{Complete: true, Within: true, SourceTotal: -1, NextCursor: next, Warnings: append(p.Warnings, c.client.Warnings()...)}, nil
}

// A pull is one reading of one stream.
type pull struct {
	*connector
	*ingest.Sink
	since time.Time
}

// get asks for a resource below the company.
func (p *pull) get(ctx context.Context, path string, query url.Values) (*web.Answer, error) {
	return p.client.Do(ctx, web.Request{
		Path: "/v1/companies/" + p.o.Company + path, Query: query, What: path, Rules: []web.Rule{judge},
		Header: http.Header{"X-Gusto-Api-Version": {p.o.Version}},
	})
}

// judge is the rule that knows what Gusto answers.
func judge(l web.Look) (web.Verdict, bool) {
	switch l.Status {
	case http.StatusForbidden:
		return web.Verdict{Class: web.Auth, Reason: "403: the sign-in lacks a scope: payrolls:read and employees:read are needed, employee_benefits:read for the company's part of benefits"}, true
	case http.StatusNotFound:
		return web.Verdict{Class: web.Config, Reason: "404: the sign-in does not see this company: check company_id"}, true
	}
	return web.Verdict{}, false
}

// pages gives the records at path to take, page by page. Gusto pages some lists even
// when nobody asks, so that each is asked for by page; the end is an empty page or the
// last of those declared. key names the records, which are counted.
func (p *pull) pages(ctx context.Context, path, records string, query url.Values, take func([]byte) (string, error)) error {
	const walks = 3
	for walk := 1; ; walk++ {
		err := p.walk(ctx, path, records, query, take)
		if !errors.Is(err, web.ErrMoved) || walk == walks {
			return err
		}
	}
}

func (p *pull) walk(ctx context.Context, path, records string, query url.Values, take func([]byte) (string, error)) error {
	guard := web.NewGuard(0)
	for page := 1; ; page++ {
		q := maps.Clone(query)
		q.Set("page", strconv.Itoa(page))
		q.Set("per", strconv.Itoa(p.o.PageSize))
		answer, err := p.get(ctx, path, q)
		if err != nil {
			return err
		}
		n := 0
		_, err = web.Walk(answer.Reader(), records, func(_ string, record []byte) error {
			n++
			key, err := take(record)
			if err == nil {
				guard.Key(key)
			}
			return err
		})
		if e := answer.Close(); err == nil {
			err = e
		}
		if err == nil && n > 0 {
			err = guard.Page(answer.Hash())
		}
		if err != nil {
			return fmt.Errorf("%s page %d: %w", path, page, err)
		}
		if total, err := strconv.ParseInt(answer.Header.Get("X-Total-Count"), 10, 64); err == nil {
			guard.Total(total)
		}
		last, err := strconv.Atoi(answer.Header.Get("X-Total-Pages"))
		if n == 0 || err == nil && page >= last {
			break
		}
	}
	if err := guard.End(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
