// Package moodle reads courses, accounts, enrolments with their completions and
// grades, competencies and development plans from a Moodle site, through its Web
// Services.
//
// Moodle tells what is true now and nothing of changes, so every run walks the whole
// site and the driver finds what is new. What Moodle does not tell (since when a person
// is enrolled, which completion came before a reset) is remembered in the warehouse.
package moodle

import (
	"context"
	"errors"
	"fmt"
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

	Roles          []string `toml:"roles"`           // short names of the roles that learners have
	EmployeeNumber string   `toml:"employee_number"` // where accounts keep it: idnumber, username or profile:shortname
	Timezone       string   `toml:"timezone"`        // in which a moment becomes a day
	PassPercent    *float64 `toml:"pass_percent"`    // grade from which a course is passed
	PageSize       int      `toml:"page_size"`       // participants a request; 0 fetches a course whole
	RaterType      string   `toml:"rater_type"`      // who rates competencies by hand
	MaxGone        *float64 `toml:"max_gone_fraction"`
}

type connector struct {
	o      options
	zone   *time.Location
	clock  func() time.Time
	client *web.Client
	source string

	ingest.Filled
}

// courseColumns are what the map and keep of a stream of courses can name besides its
// own columns.
func courseColumns() []string {
	return []string{"shortname", "idnumber", "category", "visible", "start_date", "end_date", "format"}
}

// New returns a connector for one Moodle site.
func New(c ingest.Config) (ingest.Connector, error) { return build(c, 0) }

// build is New with the first wait before something is asked again.
func build(c ingest.Config, backoff time.Duration) (ingest.Connector, error) {
	out := &connector{source: c.Source, clock: c.Clock}
	var errs []error
	if err := c.Options(&out.o); err != nil {
		return nil, err
	}
	errs = append(errs, out.o.check()...)
	if len(errs) == 0 {
		var err error
		out.zone, err = time.LoadLocation(out.o.Timezone)
		if err != nil || out.o.Timezone == "Local" {
			errs = append(errs, fmt.Errorf("options: timezone %q is no time zone such as Europe/Berlin", out.o.Timezone))
		}
		env := web.Env{Source: c.Source, Dir: c.Dir, State: c.State, Clock: c.Clock, Backoff: backoff}
		if out.client, err = web.New(out.o.Options, env); err != nil {
			errs = append(errs, err)
		}
	}
	known := map[string]ingest.Filling{}
	for target, r := range readers() {
		known[target] = ingest.Filling{Columns: r.columns, More: r.more}
	}
	filled, wrong := c.Fill("a Moodle site", known, func(string) string { return out.o.reads() })
	out.Filled, errs = filled, append(errs, wrong...)
	return out, errors.Join(errs...)
}

// check finds options that cannot be, and sets those that are absent.
func (o *options) check() []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf("options: "+format, args...))
		}
	}
	refuse(o.Auth != "" || o.Header != "", "auth and header are not to be set: a Moodle token goes into the form of each request")
	refuse(o.TokenEnv == "", "token_env is missing: the name of the environment variable that holds the token")
	o.Auth, o.Header = web.Form, "wstoken"
	o.BaseURL = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(o.BaseURL), "/"), "/webservice/rest/server.php")
	if u, err := url.Parse(o.BaseURL); err == nil && u.Query().Has("wstoken") {
		refuse(true, "base_url holds a token: take it out and revoke it, it is in the history of this file now")
	}
	if len(o.Roles) == 0 {
		o.Roles = []string{"student"}
	}
	if o.EmployeeNumber == "" {
		o.EmployeeNumber = "idnumber"
	}
	field, profile := strings.CutPrefix(o.EmployeeNumber, "profile:")
	refuse(!profile && !slices.Contains([]string{"idnumber", "username", "none"}, o.EmployeeNumber) || profile && field == "",
		"employee_number %q is not idnumber, username, none or profile:shortname", o.EmployeeNumber)
	if o.Timezone == "" {
		o.Timezone = "UTC"
	}
	refuse(o.PassPercent != nil && !(*o.PassPercent >= 0 && *o.PassPercent <= 100), "pass_percent is not from 0 to 100")
	refuse(o.PageSize < 0 || o.PageSize > 10_000, "page_size is not from 0 to 10000")
	if o.RaterType == "" {
		o.RaterType = "manager"
	}
	refuse(!slices.Contains([]string{"peer", "manager", "report", "external"}, o.RaterType), "rater_type %q is not peer, manager, report or external", o.RaterType)
	refuse(o.MaxGone != nil && !(*o.MaxGone >= 0 && *o.MaxGone <= 1), "max_gone_fraction is not a share from 0 to 1")
	if o.Concurrency == 0 {
		o.Concurrency = 4
	}
	return errs
}

// reads tells readings apart: another one reads everything anew.
func (o *options) reads() string {
	pass := ""
	if o.PassPercent != nil {
		pass = decimal(*o.PassPercent)
	}
	return strings.Join([]string{o.BaseURL, strings.Join(o.Roles, ","), o.EmployeeNumber, o.Timezone, pass, o.RaterType}, " ")
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.Filled.Streams }

// A reader reads the site for one canonical stream.
type reader struct {
	columns []string
	more    []string // that map and keep can ask for
	read    func(s *site, ctx context.Context, stream ingest.Stream, cursor string, out *sink) error
}

// readers are the canonical streams that a site fills.
func readers() map[string]reader {
	return map[string]reader{
		"account":           {columns: []string{"system", "account_id", "employee_number", "email", "account_name", "is_active", "source_id"}, read: (*site).accounts},
		"course":            {columns: []string{"course_id", "name", "source_id"}, more: courseColumns(), read: (*site).readCourses},
		"course_xref":       {columns: []string{"system", "value", "course_id"}, read: (*site).courseNames},
		"course_competency": {columns: []string{"course_id", "competency_id"}, read: (*site).courseCompetencies},
		"enrolment": {columns: []string{
			"enrolment_id", "person_id", "course_id", "attempt", "assigned_date", "assigned_basis",
			"completed_at", "withdrawn_date", "is_passed", "status", "score", "source_id",
		}, read: (*site).enrolments},
		"framework":   {columns: []string{"framework_id", "name", "version"}, read: (*site).readFrameworks},
		"competency":  {columns: []string{"competency_id", "framework_id", "name", "description", "scale_id"}, read: (*site).readCompetencies},
		"scale":       {columns: []string{"scale_id", "name", "low_value", "high_value"}, read: (*site).readScales},
		"scale_point": {columns: []string{"scale_id", "value", "label"}, read: (*site).readScalePoints},
		"assessment": {columns: []string{
			"assessment_id", "person_id", "competency_id", "rater_id", "rater_type", "value", "scale_id", "assessed_date",
		}, read: (*site).assessments},
		"plan_item": {columns: []string{"plan_item_id", "person_id", "competency_id", "due_date", "done_date"}, read: (*site).planItems},
	}
}

// Deadline is how long a run may take.
func (c *connector) Deadline() time.Duration { return c.client.Deadline() }

// Begin returns a connector for one run: what several streams read is fetched once.
func (c *connector) Begin(context.Context) (ingest.Connector, error) {
	return &site{connector: c}, nil
}

// Pull reads one stream by itself.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	return (&site{connector: c}).Pull(ctx, stream, cursor, emit)
}

// Pull reads one stream of a run.
func (s *site) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	r := readers()[stream.Target]
	out := &sink{Sink: ingest.NewSink(emit, s.Columns[stream.Name]...)}
	defer out.Release()
	err := s.open(ctx)
	if err == nil {
		err = r.read(s, ctx, stream, cursor, out)
	}
	if err == nil {
		err = out.Flush()
	}
	result := ingest.Result{Complete: true, SourceTotal: -1, NextCursor: out.cursor, Warnings: append(out.Warnings, s.client.Warnings()...)}
	if err != nil && !errors.Is(err, ingest.SkipFile) {
		return ingest.Result{SourceTotal: -1}, err
	}
	return result, nil
}

// A sink takes what a reader finds.
type sink struct {
	*ingest.Sink
	cursor string
}
