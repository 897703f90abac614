// Package sql reads queries of PostgreSQL, MySQL and MariaDB databases.
//
// All streams of a source are read in one read-only snapshot a run, row by row, so
// that memory stays bounded whatever a query returns.
package sql

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"dials/ingest"
)

// options are the keys of [source.options].
type options struct {
	Driver           string `toml:"driver"`            // postgres, mysql or mariadb
	Host             string `toml:"host"`              // name, address or folder of a socket
	Port             int    `toml:"port"`              // 5432 or 3306
	Database         string `toml:"database"`          //
	User             string `toml:"user"`              //
	PasswordEnv      string `toml:"password_env"`      // name of the variable that holds the password
	URLEnv           string `toml:"url_env"`           // or of one with scheme://user:password@host:port/database
	TLS              string `toml:"tls"`               // verify, unverified or off
	CAFile           string `toml:"ca_file"`           // private authority
	ConnectTimeout   string `toml:"connect_timeout"`   // 15s
	StatementTimeout string `toml:"statement_timeout"` // 30m; the reading of the rows included
	LockTimeout      string `toml:"lock_timeout"`      // 10s
	RunDeadline      string `toml:"run_deadline"`      // 2h
	Bytes            string `toml:"bytes"`             // refuse or hex

	connect, statement, lock, deadline time.Duration
	password                           string
	socket                             bool
}

// streamOptions are the keys of [source.stream.options].
type streamOptions struct {
	Query  string        `toml:"query"`
	Cursor cursorOptions `toml:"cursor"`
	Page   pageOptions   `toml:"page"`

	numbers []string // see ingest.StreamOptions
}

// cursorOptions say which column of the query tells what is new.
type cursorOptions struct {
	Column   string `toml:"column"`
	Overlap  any    `toml:"overlap"`  // "15m" for instants, "48h" for dates, 1000 for numbers
	Timezone string `toml:"timezone"` // of instants without a zone; the stream's

	zone *time.Location
}

// The drivers.
const (
	postgres = "postgres"
	mysql    = "mysql"
)

// connector is one database.
type connector struct {
	source  string
	options options
	streams []ingest.Stream
	queries map[string]streamOptions
	clock   func() time.Time
}

// New builds the connector of one source. It connects to nothing.
func New(config ingest.Config) (ingest.Connector, error) {
	c := &connector{source: config.Source, queries: map[string]streamOptions{}, clock: config.Clock}
	if c.clock == nil {
		c.clock = time.Now
	}
	var errs []error
	if err := config.Options(&c.options); err != nil {
		errs = append(errs, fmt.Errorf("options: %w", err))
	}
	for _, err := range c.options.check(config.Dir) {
		errs = append(errs, fmt.Errorf("options: %w", err))
	}
	for _, s := range config.Streams {
		var o streamOptions
		if err := s.Options(&o); err != nil {
			errs = append(errs, fmt.Errorf("stream %q: options: %w", s.Name, err))
			continue
		}
		if o.Cursor.Timezone == "" && o.Cursor.Column != "" {
			o.Cursor.Timezone = s.Timezone
		}
		for _, err := range o.check() {
			errs = append(errs, fmt.Errorf("stream %q: options: %w", s.Name, err))
		}
		o.numbers = s.Numbers
		c.queries[s.Name] = o
		c.streams = append(c.streams, ingest.Stream{
			Name: s.Name, Target: s.Target,
			Reads: strings.Join([]string{o.Query, o.Cursor.Column, c.options.Bytes}, "\n"),
		})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return c, nil
}

// check finds what is wrong with the options, and reads their durations.
func (o *options) check(dir string) []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	if o.Driver == "mariadb" {
		o.Driver = mysql
	}
	refuse(o.Driver != postgres && o.Driver != mysql, "driver %q is not postgres, mysql or mariadb", o.Driver)
	refuse(o.URLEnv == "" && (o.Host == "" || o.Database == "" || o.User == ""), "host, database and user are needed, or url_env")
	refuse(o.URLEnv != "" && o.Host+o.Database+o.User+o.PasswordEnv != "", "url_env stands for host, port, database, user and password_env: leave those out")
	refuse(!slices.Contains([]string{"", "verify", "unverified", "off"}, o.TLS), "tls %q is not verify, unverified or off", o.TLS)
	refuse(!slices.Contains([]string{"", "refuse", "hex"}, o.Bytes), "bytes %q is not refuse or hex", o.Bytes)
	refuse(o.Port < 0 || o.Port > 65535, "port %d is none", o.Port)
	for _, d := range []struct {
		key, text string
		into      *time.Duration
		def       time.Duration
	}{
		{"connect_timeout", o.ConnectTimeout, &o.connect, 15 * time.Second},
		{"statement_timeout", o.StatementTimeout, &o.statement, 30 * time.Minute},
		{"lock_timeout", o.LockTimeout, &o.lock, 10 * time.Second},
		{"run_deadline", o.RunDeadline, &o.deadline, 2 * time.Hour},
	} {
		*d.into = d.def
		if d.text == "" {
			continue
		}
		var err error
		*d.into, err = time.ParseDuration(d.text)
		refuse(err != nil || *d.into <= 0, "%s %q is not a duration such as %q", d.key, d.text, d.def)
	}
	if o.CAFile != "" && !filepath.IsAbs(o.CAFile) {
		o.CAFile = filepath.Join(dir, o.CAFile)
	}
	return errs
}

// check finds what is wrong with a stream's options.
func (o *streamOptions) check() []error {
	var errs []error
	o.Query = strings.TrimRight(strings.TrimSpace(o.Query), "; \n\t")
	if o.Query == "" {
		errs = append(errs, errors.New("query is missing"))
	}
	errs = append(errs, o.Page.check()...)
	var err error
	if o.Cursor.zone, err = time.LoadLocation(o.Cursor.Timezone); err != nil || o.Cursor.Timezone == "Local" {
		errs = append(errs, fmt.Errorf("cursor: timezone %q is no time zone such as Europe/Berlin", o.Cursor.Timezone))
	}
	switch v := o.Cursor.Overlap.(type) {
	case nil:
	case string:
		if d, err := time.ParseDuration(v); err != nil || d < 0 {
			errs = append(errs, fmt.Errorf("cursor: overlap %q is not a duration such as \"15m\"", v))
		}
	case int64:
		if v < 0 {
			errs = append(errs, fmt.Errorf("cursor: overlap %d is negative", v))
		}
	default:
		errs = append(errs, errors.New(`cursor: overlap is a duration such as "15m", or a number where the column is one`))
	}
	if o.Cursor.Column == "" && (o.Cursor.Overlap != nil || o.Cursor.Timezone != "") {
		errs = append(errs, errors.New("cursor: column is missing"))
	}
	return errs
}

// resolve fills in what stands in the environment.
func (o options) resolve() (options, error) {
	if o.PasswordEnv != "" {
		var ok bool
		if o.password, ok = os.LookupEnv(o.PasswordEnv); !ok {
			return o, fmt.Errorf("the environment has no %s, which password_env names", o.PasswordEnv)
		}
	}
	if o.URLEnv != "" {
		if err := o.fromURL(); err != nil {
			return o, err
		}
	}
	o.socket = strings.HasPrefix(o.Host, "/")
	if o.Port == 0 {
		o.Port = map[string]int{postgres: 5432, mysql: 3306}[o.Driver]
	}
	if o.TLS == "" {
		o.TLS = "verify"
		if ip := net.ParseIP(o.Host); o.socket || o.Host == "localhost" || ip != nil && ip.IsLoopback() {
			o.TLS = "off"
		}
	}
	return o, nil
}

// fromURL reads the URL that url_env names. Its text never stands in an error.
func (o *options) fromURL() error {
	text, ok := os.LookupEnv(o.URLEnv)
	if !ok {
		return fmt.Errorf("the environment has no %s, which url_env names", o.URLEnv)
	}
	u, err := url.Parse(text)
	want := map[string][]string{postgres: {"postgres", "postgresql"}, mysql: {"mysql", "mariadb"}}[o.Driver]
	if err != nil || u.Host == "" || u.User == nil || !slices.Contains(want, u.Scheme) || len(u.Path) < 2 {
		return fmt.Errorf("%s is not %s://user:password@host:port/database", o.URLEnv, want[0])
	}
	if u.RawQuery != "" {
		return fmt.Errorf("%s has parameters after ?: tls, ca_file and the timeouts are keys of the source's options", o.URLEnv)
	}
	o.Host, o.User, o.Database = u.Hostname(), u.User.Username(), u.Path[1:]
	o.password, _ = u.User.Password()
	if port := u.Port(); port != "" {
		if o.Port, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("%s has no readable port", o.URLEnv)
		}
	}
	return nil
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.streams }

// Deadline bounds a run.
func (c *connector) Deadline() time.Duration { return c.options.deadline }

// Pull reads a stream in a run of its own.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, cursor string, emit func(ingest.Batch) error) (_ ingest.Result, err error) {
	r, err := c.begin(ctx)
	if err != nil {
		return ingest.Result{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return r.Pull(ctx, stream, cursor, emit)
}

// Begin opens the snapshot that all streams of a run are read in.
func (c *connector) Begin(ctx context.Context) (ingest.Connector, error) {
	return c.begin(ctx)
}
