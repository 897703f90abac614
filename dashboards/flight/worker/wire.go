package worker

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Setup is the first request of a worker: what it serves, and within which bounds.
type Setup struct {
	Dir    string  `json:"dir"` // the worker's own; its tables are written there
	Tables []Table `json:"tables"`
	Limits Limits  `json:"limits"`
}

// A Table is one table of the snapshot, from a Parquet file that went through the gate.
type Table struct {
	Name    string            `json:"name"`
	File    string            `json:"file"`
	Says    string            `json:"says"`
	Columns map[string]string `json:"columns"` // what they mean, by name
}

// Limits bound what statements may cost.
type Limits struct {
	Memory     int64         `json:"memory"` // bytes beyond what the worker needs to be there
	Rows       int64         `json:"rows"`   // of one answer
	Deadline   time.Duration `json:"deadline"`
	Statements int           `json:"statements"` // open at once
}

// A Request asks for one statement: its columns, or its rows.
type Request struct {
	SQL        string `json:"sql"`
	IsDescribe bool   `json:"is_describe,omitempty"`
	Params     []byte `json:"params,omitempty"` // an Arrow stream; the statement is run once for each row
}

// An Answer describes a statement: the first thing that comes back.
type Answer struct {
	Columns []byte   `json:"columns,omitempty"` // an Arrow stream without batches
	Params  []byte   `json:"params,omitempty"`  // of a description: the same of the parameters
	Tables  []string `json:"tables,omitempty"`  // that are read
}

// Done ends an answer that is whole.
type Done struct {
	Rows int64 `json:"rows"`
}

// A Kind says what kept a statement from being answered.
type Kind string

// The kinds of failure.
const (
	Refused  Kind = "refused"  // what it asks for is not allowed
	Wrong    Kind = "wrong"    // it cannot be run as it is
	TooLong  Kind = "too long" // it did not end in time
	TooLarge Kind = "too large"
	Busy     Kind = "busy"
	Canceled Kind = "canceled"
	Broken   Kind = "broken" // the worker's own fault
	Gone     Kind = "gone"   // the worker ends, and another one can answer
)

// A Failure is why a statement was not answered, in words for who asked.
type Failure struct {
	Kind Kind   `json:"kind"`
	Says string `json:"says"`
}

// Error says why.
func (f *Failure) Error() string { return f.Says }

func refuse(format string, args ...any) error { return &Failure{Refused, fmt.Sprintf(format, args...)} }

// Frames of an answer: a letter, the length of what follows, and that.
const (
	frameAnswer = 'S'
	frameArrow  = 'A'
	frameDone   = 'D'
	frameError  = 'E'
)

// mostFrame bounds one frame, and maxRequest a request.
const (
	mostFrame  = 64 << 20
	maxRequest = 16 << 20
)

func writeFrame(w io.Writer, letter byte, body []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{letter}, uint32(len(body))) //nolint:gosec // bodies are small
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(body)
	return err
}

func writeJSON(w io.Writer, letter byte, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(w, letter, body)
}

// readRequest reads one request.
func readRequest(r io.Reader, into any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxRequest {
		return errors.New("the request is too long")
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// Send writes one request, which is the first thing on its connection.
func Send(w io.Writer, request any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	if len(body) > maxRequest {
		return &Failure{TooLarge, "the statement with its parameters is too long"}
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)) //nolint:gosec // bounded above
	return err
}

// errEnded is what is read of a worker that has ended in the middle.
var errEnded = &Failure{Broken, "the process that ran the statement has ended: ask again"}

// errEnding is what a worker says that has no memory left for another statement.
var errEnding = &Failure{Gone, "the statements before this one left no memory: ask again"}

// A Reader reads an answer. It trusts nothing that it reads.
type Reader struct {
	from  *bufio.Reader
	rest  int
	done  bool
	ended Done
}

// NewReader reads an answer from r.
func NewReader(r io.Reader) *Reader { return &Reader{from: bufio.NewReaderSize(r, 256<<10)} }

// Answer reads the description, which comes first.
func (r *Reader) Answer() (Answer, error) {
	var a Answer
	letter, n, err := r.frame()
	if err != nil {
		return a, err
	}
	if letter != frameAnswer {
		return a, errEnded
	}
	return a, r.json(n, &a)
}

// Read reads the Arrow stream of the rows; it ends with io.EOF only if the answer is
// whole.
func (r *Reader) Read(p []byte) (int, error) {
	for r.rest == 0 {
		if r.done {
			return 0, io.EOF
		}
		letter, n, err := r.frame()
		if err != nil {
			return 0, err
		}
		switch letter {
		case frameArrow:
			r.rest = n
		case frameDone:
			if err := r.json(n, &r.ended); err != nil {
				return 0, err
			}
			r.done = true
		default:
			return 0, errEnded
		}
	}
	n, err := r.from.Read(p[:min(len(p), r.rest)])
	r.rest -= n
	if errors.Is(err, io.EOF) {
		err = errEnded
	}
	return n, err
}

// Done returns how the answer ended, and whether it was whole.
func (r *Reader) Done() (Done, bool) { return r.ended, r.done }

// frame reads the head of the next frame; that of an error is the error.
func (r *Reader) frame() (byte, int, error) {
	var head [5]byte
	if _, err := io.ReadFull(r.from, head[:]); err != nil {
		return 0, 0, errEnded
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > mostFrame {
		return 0, 0, errEnded
	}
	if head[0] != frameError {
		return head[0], int(n), nil
	}
	var f Failure
	if err := r.json(int(n), &f); err != nil {
		return 0, 0, err
	}
	return 0, 0, &f
}

func (r *Reader) json(n int, into any) error {
	body := make([]byte, min(n, maxRequest))
	if _, err := io.ReadFull(r.from, body); err != nil {
		return errEnded
	}
	if err := json.Unmarshal(body, into); err != nil {
		return errEnded
	}
	return nil
}
