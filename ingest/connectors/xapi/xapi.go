// Package xapi reads statements from a learning record store that speaks xAPI 1.0.3.
//
// Each statement is an event. Those that say how far somebody came in an activity that
// is mapped to a course are folded into enrolments: one for each person, course and
// registration, however many statements tell of it.
package xapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// options are the keys of [source.options].
type options struct {
	web.Options

	Path       string            `toml:"path"`             // of the statements, below base_url
	Version    string            `toml:"version"`          // of xAPI
	PageSize   int               `toml:"page_size"`        // statements a request
	Courses    map[string]string `toml:"courses"`          // activity to course
	GapDays    *int              `toml:"attempt_gap_days"` // without registrations: a later completion is another attempt
	Verbs      []string          `toml:"verbs"`            // of events to keep; all
	MaxPages   int               `toml:"max_pages"`
	Stop       string            `toml:"stop"`        // "empty": a page without statements is the end, whatever it names
	LookupMost int               `toml:"max_lookups"` // of voided statements and people, a run
}

type connector struct {
	o      options
	source string
	clock  func() time.Time
	client *web.Client

	ingest.Filled
}

// New returns a connector for one learning record store.
func New(c ingest.Config) (ingest.Connector, error) { return build(c, 0) }

// build is New with the first wait before something is asked again.
func build(c ingest.Config, backoff time.Duration) (ingest.Connector, error) {
	out := &connector{source: c.Source, clock: c.Clock}
	if err := c.Options(&out.o); err != nil {
		return nil, err
	}
	errs := out.o.check()
	if len(errs) == 0 {
		var err error
		env := web.Env{Source: c.Source, Dir: c.Dir, State: c.State, Clock: c.Clock, Backoff: backoff}
		if out.client, err = web.New(out.o.Options, env); err != nil {
			errs = append(errs, err)
		}
	}
	filled, wrong := c.Fill("a learning record store", columns(), out.o.reads)
	out.Filled, errs = filled, append(errs, wrong...)
	return out, errors.Join(errs...)
}

// columns are what the streams are read with.
func columns() map[string]ingest.Filling {
	return map[string]ingest.Filling{
		"learning_event": {Columns: []string{"statement_id", "person_id", "verb", "object", "occurred_at", "stored_at", "result"}},
		"enrolment": {Columns: []string{
			"enrolment_id", "person_id", "course_id", "attempt", "assigned_date", "assigned_basis", "started_at", "completed_at",
			"is_exempt", "is_passed", "status", "score", "hours", "source_id",
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
	o.BaseURL = strings.TrimSuffix(strings.TrimSuffix(o.BaseURL, "/"), "/statements")
	if o.Path == "" {
		o.Path = "/statements"
	}
	if o.Version == "" {
		o.Version = "1.0.3"
	}
	refuse(!strings.HasPrefix(o.Version, "1.0"), "version %q is not one of xAPI 1.0, such as 1.0.3", o.Version)
	if o.PageSize == 0 {
		o.PageSize = 500
	}
	refuse(o.Stop != "" && o.Stop != "empty", "stop %q is not \"empty\"", o.Stop)
	refuse(o.PageSize < 0 || o.PageSize > 10_000, "page_size is not from 1 to 10000")
	for _, activity := range slices.Sorted(maps.Keys(o.Courses)) {
		course := o.Courses[activity]
		stars := strings.Count(activity, "*")
		refuse(activity == "" || course == "", "courses: %q = %q: both an activity and a course are needed", activity, course)
		refuse(stars > 1 || stars == 1 && !strings.HasSuffix(activity, "*"), "courses: %q: * may stand at the end alone", activity)
		refuse(strings.Contains(course, "*") && (course != "*" || stars == 0), "courses: %q = %q: a course of * is what the activity's * stands for", activity, course)
	}
	const gap, lookups = 180, 10_000
	if o.GapDays == nil {
		days := gap
		o.GapDays = &days
	}
	refuse(*o.GapDays < 0, "attempt_gap_days is negative")
	if o.LookupMost == 0 {
		o.LookupMost = lookups
	}
	refuse(o.LookupMost < 0 || o.MaxPages < 0, "max_lookups and max_pages are not negative")
	if o.Concurrency == 0 {
		o.Concurrency = 2
	}
	return errs
}

// reads tells readings apart: another one reads everything anew.
func (o *options) reads(target string) string {
	text := o.BaseURL + o.Path
	if target == "learning_event" {
		return text + " " + strings.Join(o.Verbs, " ")
	}
	for _, activity := range slices.Sorted(maps.Keys(o.Courses)) {
		text += " " + activity + "=" + o.Courses[activity]
	}
	return fmt.Sprint(text, " ", *o.GapDays)
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.Filled.Streams }

// Deadline is how long a run may take.
func (c *connector) Deadline() time.Duration { return c.client.Deadline() }

// Pull reads one stream.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	w := &walk{connector: c, stream: stream, emit: emit, started: stream.Started}
	if w.started.IsZero() {
		w.started = c.clock()
	}
	w.letters = "lower"
	if cursor != "" {
		at, letters, _ := strings.Cut(cursor, " ")
		from, err := time.Parse(time.RFC3339Nano, at)
		if err != nil {
			return ingest.Result{}, fmt.Errorf("the cursor %q is no instant: run with --full", cursor)
		}
		w.from, w.letters = from, cmp.Or(letters, "any")
	}
	var err error
	if stream.Target == "learning_event" {
		err = w.events(ctx)
	} else {
		err = w.enrolments(ctx)
	}
	if err != nil && !errors.Is(err, ingest.SkipFile) {
		return ingest.Result{SourceTotal: -1}, err
	}
	next := ingest.Resume(w.from, w.newest, w.started, w.through, w.serverTime)
	result := ingest.Result{Complete: cursor == "", SourceTotal: -1, Warnings: append(w.warnings, c.client.Warnings()...)}
	if !next.IsZero() { // else the store is empty, and everything is new
		result.NextCursor = next.UTC().Format(time.RFC3339Nano) + " " + w.letters
	}
	return result, nil
}
