// Package audit keeps the record of who did what with people's data: files that
// are only ever added to, outside the warehouse, one JSON line an event.
//
// Every line names the SHA-256 of the line before it. Whoever notes the hash of
// the last one, the head, can tell later by [Verify] whether anything up to there
// was cut, reordered or rewritten; the head goes to the server's log every hour for
// that. Without a noted head, lines cut from the end leave no trace.
//
// People are named by random audit ids. What an id stands for is in a file of its
// own, from which [Log.Forget] deletes a person without touching the record.
package audit

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ErrHeld means that another process writes this audit.
var ErrHeld = errors.New("another process writes it")

// A Kind says what sort of event a record is of.
type Kind string

// The kinds.
const (
	SignIn    Kind = "sign-in"
	Refused   Kind = "sign-in-refused"
	SignOut   Kind = "sign-out"
	Denied    Kind = "denied"     // a page or an action refused
	View      Kind = "view"       // rows about persons, with the reason
	Extract   Kind = "extract"    // data that left: filters, rows, checksum
	Register  Kind = "register"   // a change of the register of tactics
	Account   Kind = "account"    // made, disabled, password changed
	Token     Kind = "token"      // made, revoked
	Grant     Kind = "grant"      // a role, a unit, a binding to a person
	GrantSelf Kind = "grant-self" // by an admin to themselves
	Config    Kind = "config"     // configuration that differs from the last start
	Threshold Kind = "threshold"  // a floor of privacy that changed
	Operator  Kind = "operator"   // a command through the operator's socket
	Erase     Kind = "erase"      // a person erased
	Expire    Kind = "retention"  // what was deleted because its time was over
	Repair    Kind = "repair"     // what a killed process left of a line
	Backup    Kind = "backup"     // a copy of everything was made
	Restore   Kind = "restore"    // everything was put back from a backup
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{
		SignIn, Refused, SignOut, Denied, View, Extract, Register, Account, Token, Grant, GrantSelf,
		Config, Threshold, Operator, Erase, Expire, Repair, Backup, Restore,
	}
}

// An Identity is a person as an issuer of identities names them. The zero Identity
// is nobody: the server itself.
type Identity struct{ Issuer, Subject string }

// PersonIssuer is the issuer of the warehouse's own person_ids.
const PersonIssuer = "person"

// An Event is what happened, for Write.
type Event struct {
	At      time.Time         // zero: now
	Kind    Kind              //
	By      Identity          // who did it
	Address string            // where from
	What    string            // the page, command, account or setting
	Reason  string            // as the one who did it gave it
	About   []Identity        // whose rows were seen, changed or sent
	Fields  map[string]string // what else is to be known; no names of people
}

// A Record is an event as it was written.
type Record struct {
	N       int64             `json:"n"` // counts from 1, for ever
	At      time.Time         `json:"at"`
	Kind    Kind              `json:"kind"`
	Actor   string            `json:"actor,omitempty"` // an audit id
	Address string            `json:"address,omitempty"`
	What    string            `json:"what,omitempty"`
	Reason  string            `json:"reason,omitempty"`
	About   []string          `json:"about,omitempty"` // audit ids
	Fields  map[string]string `json:"fields,omitempty"`
	Prev    string            `json:"prev"` // SHA-256 of the line before, in hexadecimal
}

// Options says how an audit is kept; the zero value is for a server.
type Options struct {
	Clock    func() time.Time // default: time.Now
	Random   io.Reader        // of audit ids; default: crypto/rand
	MaxBytes int64            // a file that is as large is followed by a new one; default: 16 MiB
}

// A Log is an open audit. Its methods may be called concurrently. The nil Log
// writes nothing: it is for a server that only its owner can reach.
type Log struct {
	dir    string
	o      Options
	lock   *os.File
	people *people

	mu      sync.Mutex
	flushed sync.Cond // a batch has reached the disk
	queue   []*entry
	busy    bool // somebody writes a batch
	closed  bool

	// Of the one who is busy, or of the holder of mu while nobody is.
	file *os.File
	name string
	size int64
	n    int64
	head string
}

// Open opens the audit in dir, which it creates, for this process alone. A line
// that a killed process left unfinished is cut off, and that is written down.
func Open(dir string, o Options) (l *Log, err error) {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Reader
	}
	o.MaxBytes = cmp.Or(o.MaxBytes, 16<<20)
	l = &Log{dir: dir, o: o}
	l.flushed.L = &l.mu
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("audit %s: %w", dir, err), l.Close())
	}
	return l, nil
}

func (l *Log) open() (err error) {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(l.dir, 0o700); err != nil {
		return err
	}
	if l.lock, err = lockFile(filepath.Join(l.dir, "lock")); err != nil {
		return err
	}
	if l.people, err = openPeople(filepath.Join(l.dir, peopleFile), l.o.Random); err != nil {
		return err
	}
	torn, err := l.resume()
	if err != nil || torn == nil {
		return err
	}
	return l.Write(*torn)
}

// Head returns the hash of the last record, and how many were ever written.
func (l *Log) Head() (hash string, n int64) {
	if l == nil {
		return zeroHash, 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		l.flushed.Wait()
	}
	return l.head, l.n
}

// Close waits for what is being written and closes the files.
func (l *Log) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		l.flushed.Wait()
	}
	l.closed = true
	var err error
	if l.file != nil {
		err = l.file.Close()
		l.file = nil
	}
	if l.people != nil {
		err = errors.Join(err, l.people.close())
	}
	if l.lock != nil {
		err = errors.Join(err, l.lock.Close()) // and the lock with it
		l.lock = nil
	}
	return err
}

// ID returns the audit id of who, "" for nobody and for one who has none yet.
func (l *Log) ID(who Identity) string {
	if l == nil {
		return ""
	}
	return l.people.id(who)
}

// Who returns whom an audit id stands for, if that is still known.
func (l *Log) Who(id string) (Identity, bool) {
	if l == nil {
		return Identity{}, false
	}
	return l.people.who(id)
}

// Forget deletes what the audit ids of these people stand for. The records stay;
// should one of them come again, it is under a new id.
func (l *Log) Forget(who ...Identity) error {
	if l == nil {
		return nil
	}
	return l.people.forget(who)
}
