package warehouse

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// An erasures is who was erased, in a folder beside the warehouse file, so that a
// restored copy of the file finds it too: a key, and a list of keyed hashes of the
// identifiers that the erased people had, each with the new id of its person. Who
// has the key can test whether somebody is in the list; nobody can read who it is.
type erasures struct {
	dir string

	mu    sync.Mutex
	key   []byte
	as    map[string]string // hash → new id, "" for the id of a record
	lists map[string]bool   // the erasures, by their own ids
}

// An erasureLine is one line of the list.
type erasureLine struct {
	Erasure string    `json:"erasure"`
	Hash    string    `json:"hash"`
	As      string    `json:"as,omitempty"`
	At      time.Time `json:"at"`
}

const (
	erasureKey  = "key"
	erasureList = "erased.jsonl"
	rewriteMark = "rewrite" // is there while the file still holds what was erased
	erasedWord  = "erased"  // stands for a text that must not be empty
)

// openErasures reads the list beside the warehouse at path; the empty path, of a
// warehouse in memory, keeps it in memory.
func openErasures(path string) (*erasures, error) {
	e := &erasures{as: map[string]string{}, lists: map[string]bool{}}
	if path == "" {
		return e, nil
	}
	e.dir = ErasedPath(path)
	text, err := os.ReadFile(filepath.Join(e.dir, erasureList))
	if errors.Is(err, os.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return nil, err
	}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // a process was killed there; its erasure did not begin
		}
		var l erasureLine
		if err := json.Unmarshal(line, &l); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", erasureList, n, err)
		}
		e.as[l.Hash] = l.As
		e.lists[l.Erasure] = true
	}
	hexKey, err := os.ReadFile(filepath.Join(e.dir, erasureKey))
	if err == nil {
		e.key, err = hex.DecodeString(string(bytes.TrimSpace(hexKey)))
	}
	if err != nil || len(e.key) < 16 {
		return nil, fmt.Errorf("%s: the key of who was erased cannot be read, and without it they would come back: %w",
			filepath.Join(e.dir, erasureKey), errors.Join(err, errNoKey(e.key)))
	}
	return e, nil
}

func errNoKey(key []byte) error {
	if len(key) >= 16 {
		return nil
	}
	return errors.New("it is too short")
}

// size is how many identifiers are in the list.
func (e *erasures) size() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.as)
}

// begin makes the key, if there is none.
func (e *erasures) begin() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.key != nil {
		return nil
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return err
	}
	if e.dir != "" {
		if err := os.MkdirAll(e.dir, 0o700); err != nil {
			return err
		}
		if err := writeDurably(filepath.Join(e.dir, erasureKey), os.O_CREATE|os.O_EXCL, []byte(hex.EncodeToString(key)+"\n")); err != nil {
			return err
		}
	}
	e.key = key
	return nil
}

// writeDurably writes to a file of the owner's alone and waits for the disk.
func writeDurably(path string, flags int, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|flags, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(text); err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// hash is the keyed hash of a value in a scope.
func (e *erasures) hash(scope, value string) string {
	mac := hmac.New(sha256.New, e.key)
	fmt.Fprintf(mac, "%d:%s%s", len(scope), scope, value)
	return hex.EncodeToString(mac.Sum(nil))
}

// A scoped value is an identifier and where it is one.
type scoped struct{ scope, value string }

// The scopes: of people as one source or one legal entity of it knows them, or as
// all do; and of the records of one stream of a source.
func personScope(source, entity string) string {
	if entity != "" {
		return "person/" + source + "/" + entity
	}
	return "person/" + source
}

const everySource = "*"

func recordScope(source, stream string) string { return "record/" + source + "/" + stream }

// authorScope is of the names that readers have, who changed the register or froze
// something.
const authorScope = "author"

// author says whether a name was an erased reader's.
func (e *erasures) author(name string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, erased := e.as[e.hash(authorScope, name)]
	return erased
}

// add keeps that the values stand for as from now on.
func (e *erasures) add(erasure, as string, at time.Time, values []scoped) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lines bytes.Buffer
	enc := json.NewEncoder(&lines)
	fresh := map[string]bool{}
	for _, v := range values {
		hash := e.hash(v.scope, v.value)
		if _, known := e.as[hash]; known || fresh[hash] {
			continue
		}
		fresh[hash] = true
		if err := enc.Encode(erasureLine{erasure, hash, as, at.UTC().Truncate(time.Second)}); err != nil {
			return err
		}
	}
	if e.dir != "" && lines.Len() > 0 {
		if err := writeDurably(filepath.Join(e.dir, erasureList), os.O_CREATE|os.O_APPEND, lines.Bytes()); err != nil {
			return err
		}
	}
	for hash := range fresh {
		e.as[hash] = as
	}
	e.lists[erasure] = true
	return nil
}

// person returns the new id of a person whom a source knows by a value. isSystem
// says that the source numbers people itself, so that another's ids are not its own.
func (e *erasures) person(source, entity, value string, isSystem bool) (as string, erased bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	scopes := []string{personScope(source, "")}
	if entity != "" {
		scopes = append(scopes, personScope(source, entity))
	}
	if !isSystem {
		scopes = append(scopes, personScope(everySource, ""))
	}
	for _, scope := range scopes {
		if as, erased = e.as[e.hash(scope, value)]; erased {
			return as, true
		}
	}
	return "", false
}

// record returns the new id of a record of an erased person.
func (e *erasures) record(source, stream, id string) string {
	return erasedWord + "-" + e.hash("as/"+recordScope(source, stream), id)[:24]
}

// hasRecord says whether id is that of a record of an erased person.
func (e *erasures) hasRecord(source, stream, id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	_, known := e.as[e.hash(recordScope(source, stream), id)]
	return known
}

// mark says that the file still holds what was erased, until unmark.
func (e *erasures) mark() error {
	if e.dir == "" {
		return nil
	}
	return writeDurably(filepath.Join(e.dir, rewriteMark), os.O_CREATE, nil)
}

func (e *erasures) unmark() error {
	if e.dir == "" {
		return nil
	}
	return removeIfThere(filepath.Join(e.dir, rewriteMark))
}

func (e *erasures) isMarked() bool {
	if e.dir == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(e.dir, rewriteMark))
	return err == nil
}
