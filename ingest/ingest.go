// Package ingest brings source tables into the warehouse's raw schema.
//
// A [Connector] reads the streams of one source system and says nothing of where
// they go; [Run] drives it. It lands each stream in a temporary table, converts every
// value to the type that the canonical stream declares, refuses the records that do
// not fit, and has the warehouse merge the rest in one transaction. A stream that
// fails, or is killed, leaves no trace but its run.
//
// Connectors live one per folder under ingest/connectors.
package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
)

// A Connector reads the streams of one source system.
type Connector interface {
	// Streams lists what this source can deliver, each with its canonical target.
	Streams() []Stream
	// Pull emits every record of stream changed since cursor, in batches, and says
	// whether the walk was complete and where to resume. The empty cursor means
	// everything. Pull stops at the first error, its own or emit's, except those that
	// emit is said to return: a partial pull is never loaded, and moves no cursor.
	//
	// [Run] passes the empty cursor on the first pull, where the stream is configured
	// otherwise than before, for a full run, and once a week; see [Resume] for the others.
	Pull(ctx context.Context, stream Stream, cursor string, emit func(Batch) error) (Result, error)
}

// A Beginner is a connector that does something once a run, such as opening a
// snapshot or signing in: the connector that Begin returns serves every stream of
// that run, and is closed after it if it is an [io.Closer].
type Beginner interface {
	Begin(ctx context.Context) (Connector, error)
}

// A Timed is a connector that bounds its own runs.
type Timed interface {
	// Deadline is how long a run may take; 0 is without limit.
	Deadline() time.Duration
}

// New builds a connector from its part of the configuration.
type New func(Config) (Connector, error)

// A Config is what a connector is given of the configuration. Its options and those
// of its streams are the connector's own keys.
type Config struct {
	Source  string
	Dir     string        // folder of config.toml: relative paths start here
	Settle  time.Duration // how long a file must have been left alone
	State   string        // folder for what must be kept, such as tokens; it may not exist yet
	Clock   func() time.Time
	Options func(into any) error
	Streams []StreamOptions
}

// StreamOptions is what a connector is given of one stream.
type StreamOptions struct {
	Name, Target string
	Columns      []string // the source's columns that map and keep name, in order
	Own          []string // the target's columns that map leaves out: they are read from columns of their own names
	Key          []string // the key columns of the target
	KeyFrom      []string // the source's columns that the key is read from, constants apart
	DatedFrom    []string // and those that valid_from is read from
	Numbers      []string // those that nothing but columns of numbers are read from, as they are
	Timezone     string   // of instants without an offset, UTC if it is empty
	Options      func(into any) error
}

// A Stream is one table of a source.
type Stream struct {
	Name   string
	Target string // canonical stream that it fills
	// Writing says how its text writes numbers and dates.
	Writing Writing
	// AsOfColumn is the source column with the date that a record's delivery is of.
	AsOfColumn string
	// MaxDeleted is the share of the records that one delivery may delete, where the
	// stream's max_deleted_fraction does not say; nil is the default.
	MaxDeleted *float64
	// Reads says how its files are read, in any words: another reading is news.
	Reads string
	// Scratch is a folder for files on their way in; [Run] sets it.
	Scratch string
	// Started is when the run began; [Run] sets it.
	Started time.Time
	// Held reads what the warehouse holds of this source in a canonical stream, as
	// text; [Run] sets it.
	Held func(ctx context.Context, target string, columns []string, each func(values []*string) error) error `json:"-"`
}

// Writing says how a source writes values, where its columns do not say otherwise.
type Writing struct {
	Decimal string   // "." or ","; empty takes a point, and no digit groups
	Null    []string // values that mean no value, besides the empty text
	Dates   []string // strptime formats; empty takes 2024-01-31
}

// A Batch is a part of a stream: records, or a file that DuckDB reads by itself.
type Batch struct {
	// File is where the records come from; nil in a source without files.
	File *File
	// Records holds the source's own columns under their own names, all text or
	// typed. It is nil where File has a Format, and where a file is only announced.
	// emit does not keep it.
	Records arrow.RecordBatch
	// Numbers are the numbers of the records within their file, from 1; nil counts
	// the records of the walk.
	Numbers []int64
	// Lines are the physical lines on which the records begin; nil if unknown.
	Lines []int64
	// Notes says that a value which begins with a NUL byte is no value: the rest says
	// why there is none, in words that follow a column's name.
	Notes bool
	// Trimmed says that no text of the records is empty or has a blank at either end.
	Trimmed bool
	// Flowing says that many batches follow each other, and that the connector asks Held
	// for nothing while they do: one statement reads them as they come.
	Flowing bool
	// Gone says that the records name, by the key columns of their stream, what the
	// source itself says is deleted.
	Gone bool
	// Sparse says that the source leaves out fields without a value: a mapped column
	// may be missing, and one that the whole walk has no value for keeps what was known.
	Sparse bool
	// Total is how many records the walk comes to, as far as is known, for the
	// estimate of its end.
	Total int64
	// Refused are records that could not be read at all.
	Refused []Refused
}

// Refused is a record that could not be read.
type Refused struct {
	Record, Line int64
	Reason       string // without any value in it
	Text         string // the beginning of the record as it stands
}

// A File is a source file. Its path and SHA-256 are its identity.
type File struct {
	Path       string // as the user knows it
	Local      string // where it can be read, as UTF-8
	SHA256     string
	Size       int64
	ModifiedAt time.Time
	AsOf       time.Time // the date that the file's content is of, if its name says it

	// Format is csv, jsonl or parquet for a file that DuckDB reads by itself; the
	// fields below say how. Empty announces a file whose records follow.
	Format    string
	Delimiter string
	Quote     string
	Skip      int      // lines before the first record
	Columns   []string // of csv in order; of jsonl what a sample of its records holds
	Records   int64    // how many records the file holds, -1 if unknown
	Longest   int      // bytes of its longest record
	Odd       bool     // holds control characters or unusual blanks
	Serial    string   // of a spreadsheet the day that it counts days from, else ""
	// Line returns the physical lines on which records begin.
	Line func(ctx context.Context, records []int64) ([]int64, error)
}

// Result is what a pull came to.
type Result struct {
	// Complete says that everything the source holds was walked, so that what is
	// missing is gone. It counts in a pull from the empty cursor alone.
	Complete bool
	// Within says that each value of replace_within came with all its records.
	Within bool
	// NextCursor is where the next pull resumes; a stream without a cursor has none.
	NextCursor string
	// SourceTotal is how many records the source says it holds, -1 if it does not.
	SourceTotal int64
	Warnings    []string
}

var (
	// SkipFile is returned by emit for a file of which no more is wanted, its bytes
	// being loaded already: the connector goes on with the next one. A connector
	// without files returns it: enough was seen.
	SkipFile = errors.New("the file is loaded already") //nolint:staticcheck // named like fs.SkipDir, which it resembles
	// ErrNotPlain is returned by emit for a file that DuckDB did not read as was
	// promised: the connector reads it and emits its records.
	ErrNotPlain = errors.New("the file is not as plain as it seemed")
)
