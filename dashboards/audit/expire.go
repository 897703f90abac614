package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// expiredAudit is what a record of retention is about when files of this audit
// were deleted.
const expiredAudit = "audit"

// Expire deletes the files whose records are all older than before. It writes down
// first how far each of them goes, so that the chain holds. The file that is being
// written stays. It returns how many records went.
func (l *Log) Expire(before time.Time) (int64, error) {
	if l == nil {
		return 0, nil
	}
	names, err := files(l.dir)
	if err != nil {
		return 0, fmt.Errorf("audit: %w", err)
	}
	var gone int64
	for _, name := range names[:max(len(names)-1, 0)] {
		path := filepath.Join(l.dir, name)
		data, err := os.ReadFile(path)
		if err != nil {
			return gone, fmt.Errorf("audit: %w", err)
		}
		if !allBefore(data, before) {
			break
		}
		through, head := lastOf(data)
		err = l.Write(Event{Kind: Expire, What: expiredAudit, Fields: map[string]string{
			"through": strconv.FormatInt(through, 10), "head": head, "file": name,
		}})
		if err == nil {
			err = errors.Join(os.Remove(path), syncDir(l.dir))
		}
		if err != nil {
			return gone, fmt.Errorf("audit: %w", err)
		}
		gone += int64(bytes.Count(data, []byte("\n")))
	}
	return gone, nil
}

// allBefore says whether all records of a file are older than a moment.
func allBefore(data []byte, moment time.Time) bool {
	for line := range bytes.Lines(data) {
		var r Record
		if json.Unmarshal(line, &r) == nil && !r.At.Before(moment) {
			return false
		}
	}
	return true
}
