// Package bamboohr reads employees, their job, pay and status history, and time off
// from BambooHR.
//
// A stream is a dataset (any fields of it, by name), a table of employees with dates,
// or time off. Datasets and tables ask for the employees that changed, and are told of
// those that were deleted; time off is read whole each time.
package bamboohr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// options are the keys of [source.options].
type options struct {
	web.Options
	Company  string `toml:"company"`   // acme, of acme.bamboohr.com
	PageSize int    `toml:"page_size"` // records a request of a dataset; 1000 is the most
}

// streamOptions are the keys of [source.stream.options]: one of the first three.
type streamOptions struct {
	Dataset string   `toml:"dataset"` // such as employee; the map names its fields
	Table   string   `toml:"table"`   // jobInfo, compensation, employmentStatus or a table of the company's own
	TimeOff bool     `toml:"time_off"`
	ID      string   `toml:"id_field"` // of a dataset: the field with the employee's id; eeid
	Filter  string   `toml:"filter"`   // of a dataset
	From    string   `toml:"from"`     // of time off: first day; two years ago
	Ahead   int      `toml:"ahead_days"`
	Status  []string `toml:"status"` // of time off; approved
	Null    []string `toml:"null"`
	Date    []string `toml:"date_format"`
}

type connector struct {
	o       options
	client  *web.Client
	rules   []web.Rule
	streams []ingest.Stream
	plans   map[string]*plan
}

// plan is a stream that was checked.
type plan struct {
	streamOptions
	columns []string
	keyFrom []string
}

var companyName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// New returns a connector for one company.
func New(c ingest.Config) (ingest.Connector, error) {
	out := &connector{plans: map[string]*plan{}}
	if err := c.Options(&out.o); err != nil {
		return nil, err
	}
	errs := out.o.check()
	for _, s := range c.Streams {
		p := &plan{columns: s.Columns, keyFrom: s.KeyFrom}
		if err := s.Options(&p.streamOptions); err != nil {
			errs = append(errs, fmt.Errorf("stream %q: %w", s.Name, err))
			continue
		}
		for _, err := range p.check(s) {
			errs = append(errs, fmt.Errorf("stream %q: options: %w", s.Name, err))
		}
		out.plans[s.Name] = p
		out.streams = append(out.streams, ingest.Stream{
			Name: s.Name, Target: s.Target, Reads: fmt.Sprint(p.streamOptions, out.o.BaseURL),
			Writing: ingest.Writing{Null: append(p.Null, "0000-00-00"), Dates: p.Date},
		})
	}
	limited, err := web.ParseRule("status 200 and json:/error/code == 429", "throttle")
	if err != nil {
		return nil, err
	}
	failed, err := web.ParseRule("status 200 and json:/error/code", "config")
	if err != nil {
		return nil, err
	}
	out.rules = []web.Rule{limited, failed}
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
	if o.BaseURL == "" {
		if !companyName.MatchString(o.Company) {
			errs = append(errs, fmt.Errorf("options: company %q is not the name before .bamboohr.com", o.Company))
		}
		o.BaseURL = "https://" + o.Company + ".bamboohr.com"
	}
	if o.Auth == "" {
		// The API key is the user; the password can be anything.
		o.Auth, o.UserEnv = web.Basic, o.TokenEnv
		if o.TokenEnv == "" {
			errs = append(errs, errors.New("options: token_env is missing: the name of the environment variable that holds the API key"))
		}
	}
	if o.PageSize == 0 {
		o.PageSize = 1000
	}
	if o.PageSize < 1 || o.PageSize > 1000 {
		errs = append(errs, errors.New("options: page_size is not from 1 to 1000"))
	}
	for _, err := range o.Check() {
		errs = append(errs, fmt.Errorf("options: %w", err))
	}
	return errs
}

func (p *plan) check(s ingest.StreamOptions) []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	kinds := 0
	for _, set := range []bool{p.Dataset != "", p.Table != "", p.TimeOff} {
		if set {
			kinds++
		}
	}
	refuse(kinds != 1, "one of dataset, table and time_off is needed")
	refuse(p.TimeOff && s.Target != "absence", "time_off fills absence, not %s", s.Target)
	refuse(!p.TimeOff && (p.From != "" || p.Ahead != 0 || len(p.Status) > 0), "from, ahead_days and status belong to time_off")
	refuse(p.Dataset == "" && (p.Filter != "" || p.ID != ""), "filter and id_field belong to a dataset")
	refuse(!p.TimeOff && len(p.columns) == 0, "map names no field: each column of %s needs one", s.Target)
	refuse(strings.ContainsAny(p.Dataset+p.Table, "/?#% "), "dataset or table is no name")
	if p.From != "" {
		_, err := time.Parse(time.DateOnly, p.From)
		refuse(err != nil, "from %q is no day such as 2024-01-01", p.From)
	}
	refuse(p.Ahead < 0, "ahead_days is negative")
	for _, s := range p.Status {
		known := []string{"approved", "denied", "superceded", "requested", "canceled"}
		refuse(!slices.Contains(known, s), "status %q is not one of %s", s, strings.Join(known, ", "))
	}
	if p.ID == "" {
		p.ID = "eeid"
	}
	if len(p.Status) == 0 {
		p.Status = []string{"approved"}
	}
	return errs
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.streams }

// Deadline is how long a run may take.
func (c *connector) Deadline() time.Duration { return c.client.Deadline() }

// Pull emits the records of a stream.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (ingest.Result, error) {
	p := c.plans[stream.Name]
	w := &walk{c: c, p: p, ctx: ctx, emit: emit, began: stream.Started, result: ingest.Result{SourceTotal: -1}}
	var err error
	if cursor != "" {
		if w.from, err = time.Parse(time.RFC3339Nano, cursor); err != nil {
			return w.result, fmt.Errorf("the cursor %q is none: run it with --full", cursor)
		}
	}
	switch {
	case p.Dataset != "":
		err = w.dataset()
	case p.Table != "":
		err = w.table()
	default:
		err = w.timeOff()
	}
	if err == nil && w.rows != nil {
		err = w.flush()
	}
	if w.rows != nil {
		w.rows.Release()
	}
	if errors.Is(err, ingest.SkipFile) {
		return ingest.Result{SourceTotal: -1}, nil
	}
	if err != nil {
		return w.result, err
	}
	w.result.Complete = cursor == ""
	w.result.Warnings = append(w.result.Warnings, c.client.Warnings()...)
	return w.result, nil
}

// walk is one pull of one stream.
type walk struct {
	c      *connector
	p      *plan
	ctx    context.Context
	emit   func(ingest.Batch) error
	began  time.Time
	from   time.Time
	result ingest.Result
	rows   *ingest.Rows
	names  []string
	total  int64
}

// columns begins the rows.
func (w *walk) columns(names ...string) {
	w.names, w.rows = names, ingest.NewRows(names...)
}

// add adds a record.
func (w *walk) add(values map[string]string) error {
	if w.rows.Add(values) {
		return w.flush()
	}
	return nil
}

func (w *walk) flush() error {
	if w.rows.Len() == 0 {
		return nil
	}
	b := w.rows.Batch()
	defer b.Records.Release()
	b.Sparse, b.Total = true, w.total
	return w.emit(b)
}

// gone says that the source has deleted records, by the field that identifies them.
func (w *walk) gone(field string, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	if len(w.p.keyFrom) == 0 || slices.ContainsFunc(w.p.keyFrom, func(k string) bool { return k != field }) {
		w.result.Warnings = append(w.result.Warnings, fmt.Sprintf("%d employees were deleted in BambooHR: their records stay until the weekly full walk, for their key is not %s alone", len(ids), field))
		return nil
	}
	rows := ingest.NewRows(field)
	defer rows.Release()
	for _, id := range ids {
		rows.Add(map[string]string{field: id})
	}
	b := rows.Batch()
	defer b.Records.Release()
	b.Gone = true
	return w.emit(b)
}

// get asks for something.
func (w *walk) get(path string, query url.Values) (*web.Answer, error) {
	return w.c.client.Do(w.ctx, web.Request{Method: http.MethodGet, Path: path, Query: query, Rules: w.c.rules})
}

// changes are the employees that changed since the cursor.
type changes struct {
	ids, deleted []string
}

// changed asks which employees changed. The cursor becomes the instant up to which the
// answer reaches.
func (w *walk) changed() (changes, error) {
	var out changes
	since := w.from.Add(-ingest.Overlap).UTC().Format(time.RFC3339)
	a, err := w.get("/api/v1/employees/changed", url.Values{"since": {since}})
	if err != nil {
		return out, err
	}
	defer a.Close()
	fields := web.NewColumns([]string{"id", "action"})
	values := make([]string, 2)
	meta, err := web.Walk(a.Reader(), "employees.*", func(key string, record []byte) error {
		if err := fields.Read(record, values); err != nil {
			return fmt.Errorf("employee %q %w", key, err)
		}
		id := values[0]
		if id == "" {
			id = key
		}
		switch strings.ToLower(values[1]) {
		case "deleted":
			out.deleted = append(out.deleted, id)
		case "inserted", "updated":
			out.ids = append(out.ids, id)
		default:
			return fmt.Errorf("employee %q has the unknown action %q", id, values[1])
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("GET /api/v1/employees/changed: %w", err)
	}
	slices.Sort(out.ids)
	slices.Sort(out.deleted)
	latest := w.from
	if len(out.ids)+len(out.deleted) > 0 {
		if latest, err = time.Parse(time.RFC3339, meta["latest"]); err != nil {
			return out, errors.New("GET /api/v1/employees/changed: latest is no instant")
		}
	}
	w.next(latest)
	return out, nil
}

// next sets the cursor of the next run.
func (w *walk) next(seen time.Time) {
	const settled = 5 * time.Minute
	skew := w.c.client.Skew()
	w.result.NextCursor = ingest.Resume(w.from, seen, w.began.Add(max(skew, 0)), w.began.Add(skew-settled)).UTC().Format(time.RFC3339)
}
