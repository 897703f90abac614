package warehouse

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed streams.toml
var streamsTOML string

// A Kind says what values a column of a canonical stream holds.
type Kind string

// The kinds of canonical columns.
const (
	Text    Kind = "text"
	Integer Kind = "integer"
	Number  Kind = "number"
	Decimal Kind = "decimal"
	Date    Kind = "date"
	Instant Kind = "instant"
	Boolean Kind = "boolean"
	JSON    Kind = "json"
	OneOf   Kind = "one_of"
)

// A Column is one column of a table: its name, its DuckDB type, and what the
// declaration of its stream says about it.
type Column struct {
	Name       string
	Type       string   // DuckDB type, such as VARCHAR
	Kind       Kind     // empty for the columns that Dials adds
	Required   bool     // every record must have a value
	OneOf      []string // the values allowed, where Kind is one_of
	References string   // the stream whose key the value is, or ""
	Mark       Mark     // what becomes of it when its person is erased
	Meaning    string
}

// A Mark says what becomes of a column's values when their person is erased.
type Mark string

// The marks.
const (
	Kept     Mark = ""
	Person   Mark = "person" // identifies a person, as its source knows them: renamed
	RecordID Mark = "id"     // identifies the person's record: renamed
	Words    Mark = "text"   // deleted
)

// A Stream is one canonical table that sources fill; raw.<Name> holds its rows.
type Stream struct {
	Name       string
	Grain      string
	Key        []string // without valid_from; see [Stream.FullKey]
	Dated      bool     // has valid_from, valid_to and valid_basis
	KeepUnseen bool     // a record that is no longer delivered stays
	EndColumn  string   // the date that an inferred end is written to as well, or ""
	Columns    []Column // as declared
}

// Streams returns every canonical stream, in the order of streams.toml.
func Streams() ([]Stream, error) { return parseStreams(streamsTOML) }

// StreamByName returns one canonical stream.
func StreamByName(name string) (Stream, error) {
	streams, err := Streams()
	if err != nil {
		return Stream{}, err
	}
	i := slices.IndexFunc(streams, func(s Stream) bool { return s.Name == name })
	if i < 0 {
		return Stream{}, fmt.Errorf("stream %q is unknown", name)
	}
	return streams[i], nil
}

// FullKey is the key within one source: the declared key, and valid_from where
// the stream is dated.
func (s Stream) FullKey() []string {
	if s.Dated {
		return append(slices.Clone(s.Key), "valid_from")
	}
	return slices.Clone(s.Key)
}

// Column returns the declared column of that name.
func (s Stream) Column(name string) (Column, bool) {
	for _, c := range s.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return Column{}, false
}

// DatedColumns are the columns that a dated stream has besides its declared ones.
func (s Stream) DatedColumns() []Column {
	if !s.Dated {
		return nil
	}
	return []Column{
		{Name: "valid_from", Type: "DATE", Kind: Date, Meaning: "first day on which the record is true"},
		{Name: "valid_to", Type: "DATE", Kind: Date, Meaning: "first day on which it no longer is; empty is until further notice"},
		{Name: "valid_basis", Type: "VARCHAR", Meaning: "stated by the source, or observed between two deliveries"},
	}
}

// systemColumns are the columns that every raw table ends with.
func systemColumns() []Column {
	return []Column{
		{Name: "source", Type: "VARCHAR", Meaning: "name of the source in config.toml"},
		{Name: "source_id", Type: "VARCHAR", Meaning: "the record's own identifier in the source"},
		{Name: "source_file", Type: "VARCHAR", Meaning: "file that it came in"},
		{Name: "run_id", Type: "BIGINT", Meaning: "run that wrote this version"},
		{Name: "stated_at", Type: "TIMESTAMP", Meaning: "when the source says that it knew"},
		{Name: "recorded_at", Type: "TIMESTAMP", Meaning: "when Dials knew"},
		{Name: "superseded_at", Type: "TIMESTAMP", Meaning: "when a later version took its place"},
		{Name: "deleted_at", Type: "TIMESTAMP", Meaning: "when the source stopped delivering it"},
		{Name: "extra", Type: "JSON", Meaning: "the columns listed in keep"},
		{Name: "not_seen_since", Type: "TIMESTAMP", Meaning: "since when a full walk has not seen it, where the stream keeps what it no longer sees"},
	}
}

// RawColumns are all columns of raw.<Name>, in order.
func (s Stream) RawColumns() []Column {
	return slices.Concat(s.Columns, s.DatedColumns(), systemColumns())
}

func parseStreams(text string) ([]Stream, error) {
	var file struct {
		Stream []struct {
			Name       string   `toml:"name"`
			Grain      string   `toml:"grain"`
			Key        []string `toml:"key"`
			Dated      bool     `toml:"dated"`
			KeepUnseen bool     `toml:"keep_unseen"`
			EndColumn  string   `toml:"end_column"`
			Columns    string   `toml:"columns"`
		} `toml:"stream"`
	}
	md, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("streams.toml: %w", err)
	}
	var errs []error
	for _, key := range md.Undecoded() {
		errs = append(errs, fmt.Errorf("streams.toml: unknown key %s", key))
	}
	var streams []Stream
	for _, f := range file.Stream {
		s := Stream{
			Name: f.Name, Grain: f.Grain, Key: f.Key, Dated: f.Dated,
			KeepUnseen: f.KeepUnseen, EndColumn: f.EndColumn,
		}
		for line := range strings.Lines(f.Columns) {
			if line = strings.TrimSpace(line); line == "" {
				continue
			}
			c, err := parseColumn(line)
			if err != nil {
				errs = append(errs, fmt.Errorf("streams.toml: %s: %w", s.Name, err))
				continue
			}
			s.Columns = append(s.Columns, c)
		}
		streams = append(streams, s)
	}
	errs = append(errs, checkStreams(streams)...)
	return streams, errors.Join(errs...)
}

// columnLine reads "name type[!] [@mark] [->stream] meaning".
var columnLine = regexp.MustCompile(`^([a-z][a-z0-9_]*) +([a-z_]+)(?:\(([a-z0-9_|]+)\))?(!)?(?: +@(person|id|text))?(?: +->([a-z_]+))?(?: +(.*))?$`)

func parseColumn(line string) (Column, error) {
	m := columnLine.FindStringSubmatch(line)
	if m == nil {
		return Column{}, fmt.Errorf("column line %q is not: name type[!] [@mark] [->stream] meaning", line)
	}
	c := Column{Name: m[1], Kind: Kind(m[2]), Required: m[4] != "", Mark: Mark(m[5]), References: m[6], Meaning: m[7]}
	if c.References == "person" {
		c.Mark = Person
	}
	if (c.Kind == OneOf) != (m[3] != "") {
		return Column{}, fmt.Errorf("column %s: a list of values belongs to one_of, and to it alone", c.Name)
	}
	if m[3] != "" {
		c.OneOf = strings.Split(m[3], "|")
	}
	c.Type = c.Kind.sql()
	if c.Type == "" {
		return Column{}, fmt.Errorf("column %s: type %q is unknown", c.Name, c.Kind)
	}
	return c, nil
}

// sql is the DuckDB type, or "" for an unknown one.
func (k Kind) sql() string {
	switch k {
	case Text, OneOf:
		return "VARCHAR"
	case Integer:
		return "BIGINT"
	case Number:
		return "DOUBLE"
	case Decimal:
		return "DECIMAL(18,4)"
	case Date:
		return "DATE"
	case Instant:
		return "TIMESTAMP"
	case Boolean:
		return "BOOLEAN"
	case JSON:
		return "JSON"
	}
	return ""
}

// checkStreams finds what no single line shows: names used twice, keys without a
// column, references to nowhere.
func checkStreams(streams []Stream) []error {
	var errs []error
	names := map[string]bool{}
	for _, s := range streams {
		if names[s.Name] {
			errs = append(errs, fmt.Errorf("streams.toml: %s is declared twice", s.Name))
		}
		names[s.Name] = true
	}
	for _, s := range streams {
		fail := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("streams.toml: "+s.Name+": "+format, args...))
		}
		if len(s.Key) == 0 {
			fail("key is missing")
		}
		for _, k := range s.Key {
			if _, ok := s.Column(k); !ok {
				fail("key column %s is not declared", k)
			}
		}
		if c, ok := s.Column(s.EndColumn); s.EndColumn != "" && (!ok || c.Kind != Date) {
			fail("end_column %s is not a date column", s.EndColumn)
		}
		seen := map[string]bool{}
		for _, c := range s.RawColumns() {
			if seen[c.Name] {
				fail("column %s is declared twice", c.Name)
			}
			seen[c.Name] = true
			if c.References != "" && !names[c.References] {
				fail("column %s refers to %q, which is no stream", c.Name, c.References)
			}
		}
	}
	return errs
}
