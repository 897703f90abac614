package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"
)

// An entry is an event on its way to the disk.
type entry struct {
	event Event
	done  bool
	err   error
}

// maxText bounds every text of a record, so that nobody fills the disk by the
// request; it is cut there.
const maxText = 1000

// Write returns when the event is on the disk, or says why it is not: then what
// was to be audited must not happen.
//
// Writers that meet share one sync of the disk: the first of them writes for all
// who came while the last batch was on its way.
func (l *Log) Write(event Event) error {
	if l == nil {
		return nil
	}
	if event.Kind == "" {
		return errors.New("audit: an event has no kind")
	}
	e := &entry{event: event}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return errors.New("audit: it is closed")
	}
	l.queue = append(l.queue, e)
	for !e.done {
		if l.busy {
			l.flushed.Wait()
			continue
		}
		batch := l.queue
		l.queue, l.busy = nil, true
		l.mu.Unlock()
		err := l.flush(batch)
		l.mu.Lock()
		for _, b := range batch {
			b.done, b.err = true, err
		}
		l.busy = false
		l.flushed.Broadcast()
	}
	if e.err != nil {
		return fmt.Errorf("audit: %w", e.err)
	}
	return nil
}

// flush writes a batch and waits for the disk. After an error the file is as it was
// before.
func (l *Log) flush(batch []*entry) error {
	if l.file == nil {
		return errors.New("it could not be repaired: start again")
	}
	var lines []byte
	n, head := l.n, l.head
	for _, e := range batch {
		r, err := l.record(e.event)
		if err != nil {
			return err
		}
		n++
		r.N, r.Prev = n, head
		line, err := json.Marshal(r)
		if err != nil {
			return err
		}
		head = hashLine(line)
		lines = append(append(lines, line...), '\n')
	}
	if err := l.people.save(); err != nil {
		return err
	}
	if err := l.rotate(l.o.Clock()); err != nil {
		return err
	}
	_, err := l.file.Write(lines)
	if err == nil {
		err = l.file.Sync()
	}
	if err != nil {
		if undo := l.file.Truncate(l.size); undo != nil {
			err = errors.Join(err, undo, l.file.Close())
			l.file = nil
		}
		return err
	}
	l.size += int64(len(lines))
	l.n, l.head = n, head
	return nil
}

// record is e without its place in the chain.
func (l *Log) record(e Event) (Record, error) {
	if e.At.IsZero() {
		e.At = l.o.Clock()
	}
	r := Record{
		At: e.At.UTC().Truncate(time.Millisecond), Kind: e.Kind,
		Address: clip(e.Address), What: clip(e.What), Reason: clip(e.Reason),
	}
	var err error
	if r.Actor, err = l.people.assign(e.By); err != nil {
		return r, err
	}
	for _, who := range e.About {
		id, err := l.people.assign(who)
		if err != nil {
			return r, err
		}
		r.About = append(r.About, id)
	}
	if len(e.Fields) > 0 {
		r.Fields = maps.Clone(e.Fields)
		for k, v := range r.Fields {
			r.Fields[k] = clip(v)
		}
	}
	return r, nil
}

// rotate begins a new file when the month is over or the file is full.
func (l *Log) rotate(now time.Time) error {
	month := now.UTC().Format("2006-01")
	current, number := splitName(l.name)
	switch {
	case l.name == "" || month > current:
		number = 1
	case l.size >= l.o.MaxBytes:
		month, number = current, number+1
	default:
		return nil
	}
	name := fmt.Sprintf("%s.%04d.jsonl", month, number)
	file, err := os.OpenFile(filepath.Join(l.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(syncDir(l.dir), l.file.Close()); err != nil {
		return errors.Join(err, file.Close())
	}
	l.file, l.name, l.size = file, name, 0
	return nil
}

// clip bounds a text and drops what is no UTF-8, which JSON cannot hold.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// zeroHash is what the first record follows.
var zeroHash = strings.Repeat("0", 2*sha256.Size)

// hashLine is the hash of a line, without its end.
func hashLine(line []byte) string {
	sum := sha256.Sum256(line)
	return hex.EncodeToString(sum[:])
}
