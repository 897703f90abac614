package ingest

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/BurntSushi/toml"

	"dials/warehouse"
)

// A Source is one [[source]] of config.toml. Open makes it ready.
type Source struct {
	Name       string          `toml:"name"`
	Kind       string          `toml:"kind"`
	Timezone   string          `toml:"timezone"`       // of the schedule; the company's
	Schedule   string          `toml:"schedule"`       // cron, in the company's time zone; empty is by hand
	TrustedLog bool            `toml:"trusted_log"`    // the times that it states count as evidence
	Creates    *bool           `toml:"creates_people"` // who is in it is a person; where no source says so, all do
	Options    toml.Primitive  `toml:"options"`
	Streams    []*SourceStream `toml:"stream"`

	connector Connector
	running   sync.Mutex // it does not run twice at once
}

// A SourceStream is one [[source.stream]] of config.toml.
type SourceStream struct {
	Name               string             `toml:"name"`
	Target             string             `toml:"target"`
	Delivery           warehouse.Delivery `toml:"delivery"`             // snapshot, delta or history
	Population         string             `toml:"population"`           // all or active_only
	Keep               []string           `toml:"keep"`                 // unknown columns that go to extra
	MinRows            *int64             `toml:"min_rows"`             // fewer records are no complete delivery; 1
	MaxDeletedFraction *float64           `toml:"max_deleted_fraction"` // 0.05
	ReplaceWithin      string             `toml:"replace_within"`
	KeepDays           *int64             `toml:"keep_days"`      // after its last date a record is deleted; absent: never
	Timezone           string             `toml:"timezone"`       // of instants without an offset; UTC
	Absent             string             `toml:"absent"`         // keep or null: what a column of JSON that no record has becomes; keep
	FullWalkDays       *int64             `toml:"full_walk_days"` // days after which an incremental stream is walked in full; 7
	Options            toml.Primitive     `toml:"options"`
	Map                map[string]*Rule   `toml:"map"`

	target warehouse.Stream
}

// An Env is what opening a source needs to know of its surroundings.
type Env struct {
	Dir    string        // folder of config.toml
	Settle time.Duration // how long a file must have been left alone; 0 is 1 s, less than 0 is not at all
	Clock  func() time.Time
	State  string // folder beside the warehouse for what connectors must keep, such as tokens
}

// Decode fills into from a part of config.toml; toml.MetaData.PrimitiveDecode is one.
type Decode func(part toml.Primitive, into any) error

// Open checks the source and builds its connector. It reports every mistake at once,
// each with its source, stream and key; unknown keys are left to decode's owner.
func (s *Source) Open(decode Decode, env Env, kinds map[string]New) error {
	if env.Clock == nil {
		env.Clock = time.Now
	}
	if env.Settle == 0 {
		env.Settle = time.Second
	}
	errs := s.check(kinds)
	seen := map[string]bool{}
	for i, st := range s.Streams {
		if st.Name == "" {
			errs = append(errs, fmt.Errorf("stream %d: name is missing", i+1))
		} else if seen[st.Name] {
			errs = append(errs, fmt.Errorf("stream %q: the name is used twice", st.Name))
		}
		seen[st.Name] = true
		for _, err := range st.open() {
			errs = append(errs, fmt.Errorf("stream %q: %w", st.Name, err))
		}
	}
	if build := kinds[s.Kind]; build != nil {
		c, err := build(s.config(decode, env))
		if err != nil {
			errs = append(errs, split(err)...)
		} else {
			s.connector = c
		}
	}
	for i, err := range errs {
		errs[i] = fmt.Errorf("source %q: %w", s.Name, err)
	}
	return errors.Join(errs...)
}

// split takes joined errors apart.
func split(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}

var nameWord = regexp.MustCompile(`^[a-z][a-z0-9_-]*$`)

// check finds the mistakes of the source itself.
func (s *Source) check(kinds map[string]New) []error {
	var errs []error
	if !nameWord.MatchString(s.Name) {
		errs = append(errs, errors.New("name must be lower-case letters, digits, _ and -"))
	}
	if kinds[s.Kind] == nil {
		errs = append(errs, fmt.Errorf("unknown kind %q: there is %v", s.Kind, slices.Sorted(maps.Keys(kinds))))
	}
	if s.Schedule != "" {
		if _, err := parseSchedule(s.Schedule); err != nil {
			errs = append(errs, err)
		}
	}
	if _, err := s.zone(time.UTC); err != nil {
		errs = append(errs, err)
	}
	if len(s.Streams) == 0 {
		errs = append(errs, errors.New("it has no stream: add [[source.stream]]"))
	}
	return errs
}

func (s *Source) config(decode Decode, env Env) Config {
	c := Config{
		Source: s.Name, Dir: env.Dir, Settle: max(env.Settle, 0), Clock: env.Clock, State: env.State,
		Options: part(decode, s.Options),
	}
	for _, st := range s.Streams {
		c.Streams = append(c.Streams, StreamOptions{
			Name: st.Name, Target: st.Target, Columns: st.columns(), Own: st.own(), Key: st.target.Key, KeyFrom: st.readFrom(st.target.Key...), DatedFrom: st.datedFrom(), Numbers: st.numbers(), Timezone: st.Timezone,
			Options: part(decode, st.Options),
		})
	}
	return c
}

// columns are the source's columns that the stream names.
func (st *SourceStream) columns() []string {
	var out []string
	add := func(names ...string) {
		for _, n := range names {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	for _, c := range slices.Sorted(maps.Keys(st.Map)) {
		if st.Map[c] != nil {
			add(st.Map[c].From...)
		}
	}
	add(st.Keep...)
	return out
}

// own are the target's columns that the map leaves out.
func (st *SourceStream) own() []string {
	var out []string
	for _, c := range fillable(st.target) {
		if st.Map[c.Name] == nil {
			out = append(out, c.Name)
		}
	}
	return out
}

// readFrom are the source's columns that columns are read from.
func (st *SourceStream) readFrom(columns ...string) []string {
	var out []string
	for _, name := range columns {
		if rule := st.Map[name]; rule == nil {
			out = append(out, name)
		} else {
			out = append(out, rule.From...)
		}
	}
	return out
}

// numbers are the source's columns that nothing but columns of numbers are read from,
// as they are.
func (st *SourceStream) numbers() []string {
	only := map[string]bool{}
	for _, c := range fillable(st.target) {
		rule := st.Map[c.Name]
		if rule == nil {
			rule = &Rule{From: []string{c.Name}}
		}
		plain := c.Kind == warehouse.Number && len(rule.From) == 1 && len(rule.Null)+len(rule.Values) == 0 && rule.Decimal == ""
		for _, name := range rule.From {
			seen, ok := only[name]
			only[name] = plain && (seen || !ok)
		}
	}
	for _, name := range st.Keep {
		only[name] = false
	}
	maps.DeleteFunc(only, func(_ string, is bool) bool { return !is })
	return slices.Sorted(maps.Keys(only))
}

func (st *SourceStream) datedFrom() []string {
	if !st.target.Dated {
		return nil
	}
	return st.readFrom("valid_from")
}

// part decodes a part of the configuration, which may be absent.
func part(decode Decode, p toml.Primitive) func(any) error {
	return func(into any) error {
		if reflect.ValueOf(p).IsZero() {
			return nil
		}
		return decode(p, into)
	}
}

// CreatesPeople says whether who is in the source is a person; it is invalid where
// config.toml does not say.
func (s *Source) CreatesPeople() sql.NullBool {
	if s.Creates == nil {
		return sql.NullBool{}
	}
	return sql.NullBool{Bool: *s.Creates, Valid: true}
}

// Folders are the folders that the source's files are read from, absolute.
func (s *Source) Folders() []string {
	if c, ok := s.connector.(interface{ Folders() []string }); ok {
		return c.Folders()
	}
	return nil
}

// open checks one stream and finds its canonical target.
func (st *SourceStream) open() []error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	switch st.Delivery {
	case warehouse.Snapshot, warehouse.Delta, warehouse.History:
	case "":
		refuse(true, "delivery is missing: snapshot (the state as of a date), delta (what was added and changed) or history (every effective-dated record)")
	default:
		refuse(true, "delivery %q is not snapshot, delta or history", st.Delivery)
	}
	refuse(st.Population != "" && st.Population != "all" && st.Population != "active_only", "population %q is not all or active_only", st.Population)
	refuse(st.Population == "active_only" && st.Delivery != warehouse.Snapshot, "population active_only belongs to delivery snapshot")
	refuse(st.Absent != "" && st.Absent != "keep" && st.Absent != "null", "absent %q is not keep or null", st.Absent)
	refuse(st.MinRows != nil && *st.MinRows < 0, "min_rows is negative")
	refuse(st.KeepDays != nil && *st.KeepDays < 1, "keep_days is not 1 or more")
	refuse(st.FullWalkDays != nil && (*st.FullWalkDays < 1 || *st.FullWalkDays > 366), "full_walk_days is not 1 to 366")
	refuse(st.MaxDeletedFraction != nil && !(*st.MaxDeletedFraction >= 0 && *st.MaxDeletedFraction <= 1), "max_deleted_fraction is not a share from 0 to 1")
	_, err := time.LoadLocation(st.Timezone)
	refuse(err != nil || st.Timezone == "Local", "timezone %q is no time zone such as Europe/Berlin", st.Timezone)
	streams, err := warehouse.Streams()
	if err != nil {
		return append(errs, err)
	}
	i := slices.IndexFunc(streams, func(t warehouse.Stream) bool { return t.Name == st.Target })
	if i < 0 {
		return append(errs, fmt.Errorf("target %q is no canonical stream%s", st.Target, nearest(st.Target, streams)))
	}
	st.target = streams[i]
	return append(errs, st.checkMap()...)
}

// checkMap finds the mistakes of the map that show without the source's header.
func (st *SourceStream) checkMap() []error {
	var errs []error
	known := map[string]warehouse.Column{}
	for _, f := range fillable(st.target) {
		known[f.Name] = f
	}
	for _, name := range slices.Sorted(maps.Keys(st.Map)) {
		c, ok := known[name]
		if !ok {
			errs = append(errs, fmt.Errorf("map: %s is no column of %s: it has %s", name, st.target.Name, names(fillable(st.target))))
			continue
		}
		for _, err := range checkKind(c, st.Map[name]) {
			errs = append(errs, fmt.Errorf("map: %s: %w", name, err))
		}
	}
	if c, ok := st.target.Column(st.ReplaceWithin); st.ReplaceWithin != "" && (!ok || !c.Required) {
		errs = append(errs, fmt.Errorf("replace_within %q is no required column of %s", st.ReplaceWithin, st.target.Name))
	}
	if st.Map["valid_to"] != nil && st.Map["valid_from"] != nil && st.Map["valid_from"].Value != nil && st.Map["valid_to"].Value != nil {
		errs = append(errs, errors.New("map: valid_from and valid_to are both constants"))
	}
	return errs
}

// checkKind finds words of a rule that its column's type has no use for.
func checkKind(c warehouse.Column, r *Rule) []error {
	var errs []error
	isDate := c.Kind == warehouse.Date || c.Kind == warehouse.Instant
	isNumber := c.Kind == warehouse.Number || c.Kind == warehouse.Decimal || c.Kind == warehouse.Integer
	if r.Type != "" && r.Type != string(c.Kind) {
		errs = append(errs, fmt.Errorf("type %q: it is %s", r.Type, c.Kind))
	}
	if len(r.Format) > 0 && !isDate {
		errs = append(errs, fmt.Errorf("format belongs to dates and instants, and it is %s", c.Kind))
	}
	if r.Decimal != "" && !isNumber {
		errs = append(errs, fmt.Errorf("decimal belongs to numbers, and it is %s", c.Kind))
	}
	if r.Inclusive && c.Kind != warehouse.Date {
		errs = append(errs, fmt.Errorf("inclusive belongs to dates, and it is %s", c.Kind))
	}
	if r.Pad > 0 && c.Kind != warehouse.Text {
		errs = append(errs, fmt.Errorf("pad belongs to text, and it is %s", c.Kind))
	}
	if c.Kind == warehouse.OneOf {
		if r.Value != nil && !slices.Contains(c.OneOf, word(*r.Value)) {
			errs = append(errs, fmt.Errorf("value %q is not one of %s", *r.Value, list(c.OneOf)))
		}
		for _, k := range slices.Sorted(maps.Keys(r.Values)) {
			if v := r.Values[k]; v != "" && !slices.Contains(c.OneOf, word(v)) {
				errs = append(errs, fmt.Errorf("values: %s = %q is not one of %s", k, v, list(c.OneOf)))
			}
		}
	}
	return errs
}

// fillable are the columns of a canonical stream that a source can fill.
func fillable(s warehouse.Stream) []warehouse.Column {
	cols := slices.Clone(s.Columns)
	if s.Dated {
		cols = append(cols,
			warehouse.Column{Name: "valid_from", Type: "DATE", Kind: warehouse.Date},
			warehouse.Column{Name: "valid_to", Type: "DATE", Kind: warehouse.Date})
	}
	return append(cols,
		warehouse.Column{Name: "source_id", Type: "VARCHAR", Kind: warehouse.Text},
		warehouse.Column{Name: "recorded_at", Type: "TIMESTAMP", Kind: warehouse.Instant})
}
