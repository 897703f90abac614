// Package register holds what people may change in Dials: needs, tactics, their
// links to dials, the waves and units of their roll-out, other events, estimates of
// contributions and benefits.
//
// It declares the entries and their fields, reads a form into a change or says field
// by field what is wrong with it, and plans tests. It writes nothing: a change goes
// to the Apply that the caller was given, which knows the warehouse.
package register

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Errors of an Apply.
var (
	// ErrStale is wrapped where somebody else changed the entry in the meantime.
	ErrStale = errors.New("was changed by somebody else in the meantime")
	// ErrDeclared is wrapped where only the source that declared an entry can withdraw it.
	ErrDeclared = errors.New("is declared by a source, which alone can withdraw it")
)

// AnyVersion is the version of a change that holds whatever is there.
const AnyVersion = "*"

// A Change is one entry of the register as somebody wants it to be.
type Change struct {
	Stream  string
	Key     map[string]any
	Before  map[string]any // as the reader saw it; nil of a new entry
	After   map[string]any // nil withdraws the entry
	Version string         // of the entry that the reader saw; empty of a new one
	// Moments are columns that hold the server's clock, each with the columns whose
	// change sets it anew.
	Moments map[string][]string
	Since   string // from when on a new entry holds; empty is today
	Who     string // as the history names them
	By      By     // as the audit does
	Address string
	At      time.Time
	Note    string
}

// A By is who somebody is, by who vouches for them.
type By struct{ Issuer, Subject string }

// An Apply keeps changes, all or none, and sees to it that the verdicts follow.
type Apply func(ctx context.Context, changes []Change) error

// A Kind says what a field holds.
type Kind string

// The kinds of fields.
const (
	Text    Kind = "text"
	Long    Kind = "long" // several lines
	Number  Kind = "number"
	Money   Kind = "money"
	Integer Kind = "integer"
	Date    Kind = "date"
	OneOf   Kind = "one of"
	YesNo   Kind = "yes or no" // or not known
	Refers  Kind = "refers"    // to an entry or a dial
	Role    Kind = "role"      // a role in words; a person that a source names is kept
	Stamp   Kind = "stamp"     // yes is the moment at which it became yes
	Units   Kind = "units"     // of the organisation
)

// A Field is one column of an entry, as a form shows it.
type Field struct {
	Name, Label, Help string
	Kind              Kind
	IsRequired        bool
	IsKey             bool     // cannot be changed later
	Options           []Option // of OneOf
	To                string   // what Refers refers to: goal, metric, tactic, need, course
	Min, Max          float64  // of numbers, unless both are 0
}

// An Option is one value with its words.
type Option struct{ Value, Words string }

// An Entry is one kind of entry of the register.
type Entry struct {
	Stream, Name, Plural string
	About                string // what it is for, in one sentence
	ID                   string // the key column that Dials makes up; empty where the key is stated
	Fields               []Field
	// Moments are the columns that hold the server's clock, as in [Change].
	Moments map[string][]string
	// Rules find what no single field shows.
	Rules func(after map[string]any, errs Errors)
	Keeps []string // columns that no field shows and that a change leaves as they are
	// IsOpen lets a new entry replace one of the same key.
	IsOpen bool
}

// Errors are what is wrong with a form, by field; "" is the form itself.
type Errors map[string]string

// Field returns a field by its name.
func (e Entry) Field(name string) (Field, bool) {
	i := slices.IndexFunc(e.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return e.Fields[i], true
}

// Key are the fields that identify an entry.
func (e Entry) Key() []string {
	if e.ID != "" {
		return []string{e.ID}
	}
	var names []string
	for _, f := range e.Fields {
		if f.IsKey {
			names = append(names, f.Name)
		}
	}
	return names
}

// Find returns the kind of entries of a stream.
func Find(stream string) (Entry, bool) {
	all := Entries()
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Stream == stream })
	if i < 0 {
		return Entry{}, false
	}
	return all[i], true
}
