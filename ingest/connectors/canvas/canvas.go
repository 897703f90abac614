// Package canvas reads accounts, courses and learners' enrolments, with their progress
// and grades, from a Canvas site.
//
// Canvas calls an enrolment "completed" when it was concluded, whatever the learner
// did: completion comes from the course's progress, and whether it was passed from the
// grade.
package canvas

import (
	"context"
	"errors"
	"fmt"
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
	Account     string   `toml:"account"`      // of the site, by number; self is the token's own
	Types       []string `toml:"types"`        // of enrolments that are learners'
	PassPercent *float64 `toml:"pass_percent"` // final score from which a course is passed
	PerPage     int      `toml:"per_page"`
	Timezone    string   `toml:"timezone"` // in which a moment becomes a day
}

type connector struct {
	o      options
	source string
	zone   *time.Location
	client *web.Client
	rules  []web.Rule

	ingest.Filled
}

// readers are what a site can fill, each with its columns, and with those that a map
// can name besides.
func readers() map[string]ingest.Filling {
	return map[string]ingest.Filling{
		"account":   {Columns: []string{"system", "account_id", "employee_number", "email", "account_name"}, More: []string{"created_at"}},
		"course":    {Columns: []string{"course_id", "name"}, More: []string{"course_code", "sis_course_id", "workflow_state", "start_at", "end_at"}},
		"enrolment": {Columns: []string{"enrolment_id", "person_id", "course_id", "assigned_date", "assigned_basis", "completed_at", "withdrawn_date", "is_passed", "status", "score", "hours"}, More: []string{"section_id", "role", "updated_at", "last_activity_at"}},
	}
}

// New returns a connector for one Canvas site.
func New(c ingest.Config) (ingest.Connector, error) {
	out := &connector{source: c.Source}
	if err := c.Options(&out.o); err != nil {
		return nil, err
	}
	errs := out.o.check()
	var err error
	if out.zone, err = time.LoadLocation(out.o.Timezone); err != nil || out.o.Timezone == "Local" {
		errs = append(errs, fmt.Errorf("options: timezone %q is no time zone such as Europe/Berlin", out.o.Timezone))
	}
	filled, wrong := c.Fill("a Canvas site", readers(), func(string) string { return out.o.reads() })
	out.Filled, errs = filled, append(errs, wrong...)
	throttle, err := web.ParseRule("status 403 and body contains 'Rate Limit Exceeded'", "throttle")
	if err != nil {
		return nil, err
	}
	out.rules = []web.Rule{throttle}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	out.client, err = web.New(out.o.Options, web.Env{Source: c.Source, Dir: c.Dir, State: c.State, Clock: c.Clock})
	if err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	return out, nil
}

func (o *options) check() []error {
	var errs []error
	if o.Auth == "" {
		o.Auth = web.Bearer
	}
	if o.Account == "" {
		o.Account = "self"
	}
	if len(o.Types) == 0 {
		o.Types = []string{"StudentEnrollment"}
	}
	if o.PerPage == 0 {
		o.PerPage = 100
	}
	o.BaseURL = strings.TrimSuffix(strings.TrimSuffix(o.BaseURL, "/"), "/api/v1")
	if o.PerPage < 1 || o.PerPage > 100 {
		errs = append(errs, errors.New("options: per_page is not from 1 to 100"))
	}
	if o.PassPercent != nil && !(*o.PassPercent >= 0 && *o.PassPercent <= 100) {
		errs = append(errs, errors.New("options: pass_percent is not from 0 to 100"))
	}
	for _, err := range o.Check() {
		errs = append(errs, fmt.Errorf("options: %w", err))
	}
	return errs
}

// reads tells readings apart.
func (o *options) reads() string {
	pass := ""
	if o.PassPercent != nil {
		pass = fmt.Sprint(*o.PassPercent)
	}
	return strings.Join([]string{o.BaseURL, o.Account, strings.Join(o.Types, ","), pass, o.Timezone}, " ")
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.Filled.Streams }

// Deadline is how long a run may take.
func (c *connector) Deadline() time.Duration { return c.client.Deadline() }

// Pull emits the records of a stream: all of them, for Canvas cannot tell what changed.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, _ string, emit func(ingest.Batch) error) (ingest.Result, error) {
	w := &walk{c: c, Sink: ingest.NewSink(emit, c.Columns[stream.Name]...)}
	w.Sparse = true
	defer w.Release()
	var err error
	switch stream.Target {
	case "account":
		err = w.accounts(ctx)
	case "course":
		err = w.courses(ctx)
	default:
		err = w.enrolments(ctx)
	}
	if err == nil {
		err = w.Flush()
	}
	result := ingest.Result{SourceTotal: -1, Complete: err == nil, Warnings: append(w.Warnings, c.client.Warnings()...)}
	if errors.Is(err, ingest.SkipFile) {
		return ingest.Result{SourceTotal: -1}, nil
	}
	return result, err
}

// walk is one pull of one stream.
type walk struct {
	*ingest.Sink
	c *connector
}

// list reads all pages of a list, of each record the fields, of which the first
// identifies it. Where records moved between pages, the list is read again.
func (c *connector) list(ctx context.Context, path string, query url.Values, fields []string, rules ...web.Rule) ([][]string, error) {
	const walks = 3
	for n := 1; ; n++ {
		out, err := c.walkList(ctx, path, query, fields, rules)
		if err == nil || n == walks || !errors.Is(err, web.ErrMoved) {
			return out, err
		}
	}
}

// walkList walks a list once.
func (c *connector) walkList(ctx context.Context, path string, query url.Values, fields []string, rules []web.Rule) ([][]string, error) {
	var out [][]string
	guard := web.NewGuard(0)
	columns := web.NewColumns(fields)
	query = url.Values(http.Header(query).Clone())
	if query == nil {
		query = url.Values{}
	}
	query.Set("per_page", fmt.Sprint(c.o.PerPage))
	next := path
	for {
		what := fmt.Sprintf("GET %s page %d", path, guard.Pages()+1)
		a, err := c.client.Do(ctx, web.Request{Path: next, Query: query, Rules: append(slices.Clone(c.rules), rules...), What: what})
		if err != nil {
			return nil, err
		}
		if err = guard.Begin(); err == nil {
			_, err = web.Walk(a.Reader(), "", func(_ string, raw []byte) error {
				row := make([]string, len(fields))
				if err := columns.Read(raw, row); err != nil {
					return fmt.Errorf("record %d %w", len(out)+1, err)
				}
				guard.Key(row[0])
				out = append(out, row)
				return nil
			})
		}
		if e := a.Close(); err == nil {
			err = e
		}
		link := web.ParseLink(a.Header.Values("Link"))["next"]
		if err == nil && link == "" {
			err = guard.End()
			if err == nil {
				return out, nil
			}
		}
		// An empty page that names a next one is a page like any other.
		if err == nil {
			err = guard.Next(link)
		}
		if err == nil {
			next, err = c.client.Follow(a.URL, link)
			query = nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
}
