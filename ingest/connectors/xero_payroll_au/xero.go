// Package xero reads employees, pay runs and the lines of payslips from Xero Payroll AU.
package xero

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// options are the keys of [source.options].
type options struct {
	web.Options

	Tenant      string            `toml:"tenant_id"`    // the organisation, as Xero numbers it
	LegalEntity string            `toml:"legal_entity"` // what the organisation is called here
	Currency    string            `toml:"currency"`     // AUD
	Elements    map[string]string `toml:"elements"`     // name of an earnings rate to element
	MaxPayslips int               `toml:"max_payslips"` // asked for in one run
	MaxPages    int               `toml:"max_pages"`
}

type connector struct {
	o      options
	source string
	clock  func() time.Time
	client *web.Client

	ingest.Filled
}

// New returns a connector for one organisation.
func New(c ingest.Config) (ingest.Connector, error) { return build(c, 0) }

// build is New with the first wait before something is asked again.
func build(c ingest.Config, backoff time.Duration) (ingest.Connector, error) {
	out := &connector{source: c.Source, clock: c.Clock}
	if err := c.Options(&out.o); err != nil {
		return nil, err
	}
	errs := out.o.check()
	filled, wrong := c.Fill("Xero Payroll AU", columns(), func(string) string { return out.o.reads() })
	out.Filled, errs = filled, append(errs, wrong...)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	var err error
	out.client, err = web.New(out.o.Options, web.Env{Source: c.Source, Dir: c.Dir, State: c.State, Clock: c.Clock, Backoff: backoff})
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	return out, nil
}

// columns are what the streams are read with.
func columns() map[string]ingest.Filling {
	return map[string]ingest.Filling{
		"account":     {Columns: []string{"system", "account_id", "email", "is_active", "source_id"}},
		"payroll_run": {Columns: []string{"payroll_run_id", "legal_entity", "status", "period_start_date", "period_end_date", "pay_date", "source_id", "recorded_at"}},
		"payroll_line": {Columns: []string{
			"payroll_line_id", "payroll_run_id", "person_id", "element", "amount", "currency", "paid_hours", "is_employer_cost", "source_id", "recorded_at",
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
	set(&o.BaseURL, "https://api.xero.com/payroll.xro/1.0")
	set(&o.Auth, web.OAuth2Refresh)
	if o.Auth == web.OAuth2Refresh || o.Auth == web.OAuth2Client {
		set(&o.TokenURL, "https://identity.xero.com/connect/token")
	}
	set(&o.Currency, "AUD")
	set(&o.LegalEntity, o.Tenant)
	refuse(o.Tenant == "" || strings.ContainsAny(o.Tenant, "\r\n"), "tenant_id is missing: the organisation's id, from https://api.xero.com/connections")
	refuse(len(o.Currency) != 3 || strings.ToUpper(o.Currency) != o.Currency, "currency %q is no ISO 4217 code", o.Currency)
	for _, name := range slices.Sorted(maps.Keys(o.Elements)) {
		refuse(!slices.Contains(elements(), o.Elements[name]), "elements: %q = %q is not one of %s", name, o.Elements[name], strings.Join(elements(), ", "))
	}
	const payslips = 4000
	if o.MaxPayslips == 0 {
		o.MaxPayslips = payslips // a day's requests are 5,000
	}
	refuse(o.MaxPayslips < 0 || o.MaxPages < 0, "max_payslips and max_pages are not negative")
	if o.Concurrency == 0 {
		o.Concurrency = 4 // of the five that Xero allows
	}
	if o.RatePerSecond == 0 {
		const perMinute = 58 // of 60
		o.RatePerSecond = perMinute / 60.0
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
	text := strings.Join([]string{o.BaseURL, o.Tenant, o.LegalEntity, o.Currency}, " ")
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
	p := &pull{connector: c, Sink: ingest.NewSink(emit, c.Columns[stream.Name]...), started: stream.Started}
	defer p.Release()
	if p.started.IsZero() {
		p.started = c.clock()
	}
	var err error
	if p.cursor, err = parseCursor(cursor); err != nil {
		return ingest.Result{SourceTotal: -1}, err
	}
	switch stream.Target {
	case "account":
		err = p.employees(ctx)
	case "payroll_run":
		err = p.payRuns(ctx)
	default:
		err = p.payslips(ctx)
	}
	if err == nil {
		err = p.Flush()
	}
	if err != nil && !errors.Is(err, ingest.SkipFile) {
		return ingest.Result{SourceTotal: -1}, err
	}
	return ingest.Result{
		Complete: cursor == "" && !p.more, Within: true, SourceTotal: -1,
		NextCursor: p.next.String(), Warnings: append(p.Warnings, c.client.Warnings()...),
	}, nil
}

// A pull is one reading of one stream.
type pull struct {
	*connector
	*ingest.Sink
	started time.Time
	cursor  cursor
	next    cursor
	more    bool // there is more than one run may ask for
}

// get asks for a resource. since is the zero time, or that of If-Modified-Since.
func (p *pull) get(ctx context.Context, path string, query url.Values, since time.Time) (*web.Answer, error) {
	header := http.Header{"Xero-Tenant-Id": {p.o.Tenant}}
	if !since.IsZero() {
		header.Set("If-Modified-Since", since.UTC().Format("2006-01-02T15:04:05Z"))
	}
	return p.client.Do(ctx, web.Request{Path: path, Query: query, Header: header, Rules: []web.Rule{judge}})
}

// judge is the rule that knows what Xero answers.
func judge(l web.Look) (web.Verdict, bool) {
	switch l.Status {
	case http.StatusNotModified:
		return web.Verdict{Class: web.SkipItem, Reason: "nothing has changed"}, true
	case http.StatusForbidden:
		return web.Verdict{Class: web.Auth, Reason: "403: the sign-in does not cover this organisation or scope: check tenant_id, " +
			"and the scopes payroll.employees.read, payroll.payruns.read, payroll.payslip.read, payroll.settings.read, offline_access"}, true
	case http.StatusTooManyRequests:
		problem := l.Header.Get("X-Rate-Limit-Problem")
		if problem == "" {
			problem = "some"
		}
		return web.Verdict{Class: web.Throttle, Reason: "429: the limit of requests (" + problem + ") is used up"}, true
	}
	if status, ok := l.JSON("/Status"); ok && l.Status == http.StatusOK && status != "OK" {
		return web.Verdict{Class: web.Config, Reason: fmt.Sprintf("200 with status %q in place of OK", status)}, true
	}
	return web.Verdict{}, false
}

// pages gives each record of a list to take. Xero gives a hundred a page and no total:
// the end is a page without records.
func (p *pull) pages(ctx context.Context, path string, since time.Time, take func([]byte) error) error {
	guard := web.NewGuard(p.o.MaxPages)
	for page := 1; ; page++ {
		answer, err := p.get(ctx, path, url.Values{"page": {fmt.Sprint(page)}}, since)
		if web.ClassOf(err) == web.SkipItem {
			return nil
		}
		if err != nil {
			return err
		}
		n, sum := 0, newSum()
		_, err = web.Walk(answer.Reader(), strings.TrimPrefix(path, "/"), func(_ string, record []byte) error {
			n++
			sum.add(record)
			return take(record)
		})
		answer.Close()
		if err != nil {
			return fmt.Errorf("%s page %d: %w", path, page, err)
		}
		if n == 0 {
			return nil
		}
		// The answer holds the time of day: its records alone tell a page that came before.
		if err := guard.Page(sum.text()); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}
