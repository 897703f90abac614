package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// A Report is what Verify found.
type Report struct {
	Records  int64     `json:"records"` // that are there
	First    int64     `json:"first"`   // number of the first of them
	From, To time.Time //
	Head     string    `json:"head"` // hash of the last of them
	Faults   []string  `json:"faults"`
	Notes    []string  `json:"notes,omitempty"` // what is no fault: deletions whose time was over, repairs
}

// Verify reads the whole audit in dir. Its report names as a fault every place
// where a line was cut out, put elsewhere, added or rewritten. If head is not empty
// it must be the hash of a record that is there: else what was cut or rewritten is
// at the end.
func Verify(dir, head string) (Report, error) {
	v := verifier{head: head, seen: head == ""}
	names, err := files(dir)
	if err != nil {
		return v.Report, fmt.Errorf("audit: %w", err)
	}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return v.Report, fmt.Errorf("audit: %w", err)
		}
		v.file(name, data)
	}
	v.end()
	return v.Report, nil
}

// Verify is Verify of this audit, while nothing is written to it.
func (l *Log) Verify(head string) (Report, error) {
	if l == nil {
		return Report{}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		l.flushed.Wait()
	}
	return Verify(l.dir, head)
}

type verifier struct {
	Report
	head string // to be found
	seen bool
	last int64  // number of the record before
	prev string // its hash

	// What the audit begins with, if that is not its first record ever, and whether
	// a record of retention says why.
	start struct {
		n       int64
		prev    string
		allowed bool
	}
}

func (v *verifier) fault(format string, args ...any) {
	v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
}

func (v *verifier) file(name string, data []byte) {
	n := 0
	for line := range bytes.Lines(data) {
		n++
		place := name + ":" + strconv.Itoa(n)
		whole := bytes.TrimSuffix(line, []byte("\n"))
		if len(whole) == len(line) {
			v.Notes = append(v.Notes, place+": the last line is not whole: a process was killed there, or is writing")
			return
		}
		v.line(place, whole)
	}
}

func (v *verifier) line(place string, line []byte) {
	hash := hashLine(line)
	v.seen = v.seen || hash == v.head
	var r Record
	if err := json.Unmarshal(line, &r); err != nil || r.N < 1 {
		v.fault("%s: this line is no record", place)
		v.last, v.prev, v.Head = v.last+1, hash, hash
		v.Records++
		return
	}
	switch {
	case v.Records == 0:
		v.First, v.From = r.N, r.At
		v.start.n, v.start.prev = r.N, r.Prev
		v.start.allowed = r.N == 1 && r.Prev == zeroHash
	case r.N != v.last+1:
		v.fault("%s: record %d follows record %d", place, r.N, v.last)
	case r.Prev != v.prev:
		v.fault("%s: the record before record %d is not the one that was written", place, r.N)
	}
	v.note(r)
	v.Records++
	v.last, v.prev, v.Head, v.To = r.N, hash, hash, r.At
}

// note keeps what a record says about the audit itself.
func (v *verifier) note(r Record) {
	switch r.Kind {
	case Repair:
		v.Notes = append(v.Notes, fmt.Sprintf("record %d: %s bytes that a killed process left in %s were cut off", r.N, r.Fields["bytes"], r.What))
	case Expire:
		through, err := strconv.ParseInt(r.Fields["through"], 10, 64)
		if err == nil && r.What == expiredAudit && through == v.start.n-1 && r.Fields["head"] == v.start.prev {
			v.start.allowed = true
			v.Notes = append(v.Notes, fmt.Sprintf("records 1 to %d were deleted on %s, their time being over", through, r.At.Format(time.DateOnly)))
		}
	default:
	}
}

func (v *verifier) end() {
	if v.Records > 0 && !v.start.allowed {
		v.fault("the audit begins with record %d, and no record says that those before it were deleted", v.start.n)
	}
	if !v.seen {
		v.fault("no record has the hash %s: it was cut or rewritten, or deleted because its time was over", v.head)
	}
}
