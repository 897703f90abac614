package audit

import (
	"errors"
	"os"
	"path/filepath"
)

// CopyTo copies the audit into dir, which it creates, and returns the head of the copy
// and how many records were ever written up to there.
func (l *Log) CopyTo(dir string) (head string, n int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy {
		l.flushed.Wait()
	}
	names, err := files(l.dir)
	if err != nil {
		return "", 0, err
	}
	for _, name := range append(names, peopleFile) {
		data, err := os.ReadFile(filepath.Join(l.dir, name))
		if errors.Is(err, os.ErrNotExist) && name == peopleFile {
			continue
		}
		if err != nil {
			return "", 0, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return "", 0, err
		}
	}
	return l.head, l.n, nil
}
