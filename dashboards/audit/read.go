package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Filter chooses records; its zero value chooses all.
type Filter struct {
	Kind     Kind
	From, To time.Time // half-open
	Actor    string    // an audit id
	About    string    // an audit id
	Before   int64     // records with a smaller number, to page on; 0: from the newest
	Limit    int       // 0: all
}

func (f Filter) matches(r Record) bool {
	return (f.Kind == "" || r.Kind == f.Kind) &&
		(f.From.IsZero() || !r.At.Before(f.From)) && (f.To.IsZero() || r.At.Before(f.To)) &&
		(f.Actor == "" || r.Actor == f.Actor) && (f.About == "" || slices.Contains(r.About, f.About)) &&
		(f.Before == 0 || r.N < f.Before)
}

// List returns the records of the audit in dir that match, the newest first. Lines
// that cannot be read are left out: Verify tells of them.
func List(dir string, f Filter) ([]Record, error) {
	names, err := files(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	var found []Record
	for _, name := range slices.Backward(names) {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // its time was over just now
		}
		if err != nil {
			return nil, fmt.Errorf("audit: %w", err)
		}
		lines := bytes.Split(data[:bytes.LastIndexByte(data, '\n')+1], []byte("\n"))
		for _, line := range slices.Backward(lines) {
			var r Record
			if json.Unmarshal(line, &r) != nil || !f.matches(r) {
				continue
			}
			found = append(found, r)
			if len(found) == f.Limit {
				return found, nil
			}
		}
	}
	return found, nil
}

// List returns the records that match, the newest first.
func (l *Log) List(f Filter) ([]Record, error) {
	if l == nil {
		return nil, nil
	}
	return List(l.dir, f)
}

// Dir is the folder of the audit.
func (l *Log) Dir() string {
	if l == nil {
		return ""
	}
	return l.dir
}
