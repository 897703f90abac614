package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"dials/queries/calibration"
)

// A keep is a file of companies that were judged: one line each, so that a run that was
// killed goes on where it was.
type keep struct {
	file *os.File // nil keeps in memory alone
	done map[job]record
}

// A job is one company to judge.
type job struct {
	Part  string `json:"part"`
	Index int    `json:"index"`
}

// A record is a company that was judged.
type record struct {
	job
	Verdicts []calibration.Verdict `json:"verdicts,omitempty"`
	Links    []string              `json:"links,omitempty"` // of the verdicts
	Traps    []calibration.Outcome `json:"traps,omitempty"`
	Seconds  float64               `json:"seconds"`
}

// keepHead is a keep's first line: what all its companies have in common.
type keepHead struct {
	Engine string `json:"engine"`
	Seed   uint64 `json:"seed"`
	Learn  int    `json:"learn"`
}

// openKeep reads what a file holds and goes on at its end. A last line that was being
// written when the run was killed is dropped.
func openKeep(path string, head keepHead) (*keep, error) {
	k := &keep{done: map[job]record{}}
	if path == "" {
		return k, nil
	}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	whole := b[:bytes.LastIndexByte(b, '\n')+1]
	if err := k.read(path, whole, head); err != nil {
		return nil, err
	}
	if k.file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		err = k.file.Truncate(int64(len(whole)))
	}
	if err == nil {
		_, err = k.file.Seek(0, io.SeekEnd)
	}
	if err == nil && len(whole) == 0 {
		err = k.line(head)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("calibrate: %w", err), k.close())
	}
	return k, nil
}

func (k *keep) read(path string, b []byte, head keepHead) error {
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 64<<20)
	for n := 1; lines.Scan(); n++ {
		if n == 1 {
			var was keepHead
			if err := json.Unmarshal(lines.Bytes(), &was); err != nil {
				return fmt.Errorf("calibrate: %s: line 1: %w", path, err)
			}
			if was != head {
				return fmt.Errorf("calibrate: %s is of engine %s, seed %d, %d to learn from; this run is of engine %s, seed %d, %d: name another file",
					path, was.Engine, was.Seed, was.Learn, head.Engine, head.Seed, head.Learn)
			}
			continue
		}
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return fmt.Errorf("calibrate: %s: line %d: %w", path, n, err)
		}
		k.done[r.job] = r
	}
	return lines.Err()
}

func (k *keep) line(v any) error {
	b, err := json.Marshal(v)
	if err == nil {
		_, err = k.file.Write(append(b, '\n'))
	}
	return err
}

// add keeps one more; its caller keeps others out meanwhile.
func (k *keep) add(r record) error {
	k.done[r.job] = r
	if k.file == nil {
		return nil
	}
	return k.line(r)
}

func (k *keep) close() error {
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}
