package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"syscall"
)

// The files of records are named for the month in which they begin and counted in
// it, so that their names sort in order of time.
var fileName = regexp.MustCompile(`^\d{4}-\d{2}\.\d{4}\.jsonl$`)

// splitName returns the month and the number of a file.
func splitName(name string) (month string, number int) {
	if !fileName.MatchString(name) {
		return "", 0
	}
	number, _ = strconv.Atoi(name[8:12])
	return name[:7], number
}

// files returns the names of the files of records in dir, the oldest first.
func files(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if fileName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// resume opens the newest file behind its last whole line. It returns the event of
// the repair, if one was needed.
func (l *Log) resume() (torn *Event, err error) {
	l.head = zeroHash
	names, err := files(l.dir)
	if err != nil {
		return nil, err
	}
	// Files that hold no line yet were begun by a process that was killed then.
	for i := len(names) - 1; i >= 0 && l.n == 0; i-- {
		data, err := os.ReadFile(filepath.Join(l.dir, names[i]))
		if err != nil {
			return nil, err
		}
		whole := bytes.LastIndexByte(data, '\n') + 1
		if l.file == nil {
			if torn, err = l.resumeFile(names[i], data, whole); err != nil {
				return nil, err
			}
		}
		l.n, l.head = lastOf(data[:whole])
	}
	if l.file == nil {
		return nil, l.begin()
	}
	return torn, nil
}

// resumeFile opens the file of that name and cuts it off behind its whole lines.
func (l *Log) resumeFile(name string, data []byte, whole int) (torn *Event, err error) {
	l.file, err = os.OpenFile(filepath.Join(l.dir, name), os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	l.name, l.size = name, int64(whole)
	if whole == len(data) {
		return nil, nil
	}
	if err := errors.Join(l.file.Truncate(l.size), l.file.Sync()); err != nil {
		return nil, err
	}
	return &Event{Kind: Repair, What: name, Fields: map[string]string{
		"bytes": strconv.Itoa(len(data) - whole), "sha256": hashLine(data[whole:]),
	}}, nil
}

// begin creates the first file.
func (l *Log) begin() (err error) {
	l.name = l.o.Clock().UTC().Format("2006-01") + ".0001.jsonl"
	l.file, err = os.OpenFile(filepath.Join(l.dir, l.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return syncDir(l.dir)
}

// lastOf returns the number and the hash of the last of whole lines. A line that
// somebody made unreadable still counts as the one that the next follows: Verify
// shows it.
func lastOf(data []byte) (n int64, head string) {
	head = zeroHash
	for line := range bytes.Lines(data) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		var r Record
		if json.Unmarshal(line, &r) == nil && r.N > 0 {
			n = r.N
		} else {
			n++
		}
		head = hashLine(line)
	}
	return n, head
}

// lockFile opens path for this process alone, until it is closed.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrHeld
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// syncDir waits until the names in a folder are on the disk.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}
