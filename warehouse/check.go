package warehouse

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed checks
var checks embed.FS

// The severities of a Finding.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// maxListed is how many findings of one check are listed; the rest is counted.
const maxListed = 20

// A Finding is one thing that a check found wrong.
type Finding struct {
	Check    string // the name of the check
	Severity string // SeverityError or SeverityWarning
	Message  string
	File     string // where to look: a source file where it is known, else the check
	Line     int    // in File; 0 where it is unknown
}

// String returns the finding as one line: path:line: severity: message.
func (f Finding) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", f.File, max(f.Line, 1), f.Severity, f.Message)
}

// Check runs every check on the models as they were last built and returns what
// they found, errors first. Before the first build there is nothing to check.
//
// A check is one file of checks: a select that returns a row, with a column
// message, for each thing that is wrong, and none if all is well. It may also
// return file and line. Its first comment line says what it checks; a line
// "-- severity: error" or "-- severity: warning" how bad that is.
func (w *Warehouse) Check(ctx context.Context) ([]Finding, error) {
	return w.check(ctx, checks)
}

func (w *Warehouse) check(ctx context.Context, fsys fs.FS) ([]Finding, error) {
	version, err := w.DataVersion(ctx)
	if err != nil || version == 0 {
		return nil, err
	}
	files, err := fs.Glob(fsys, "checks/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Finding
	for _, file := range files {
		c, err := readCheck(fsys, file)
		if err == nil {
			var found []Finding
			found, err = c.run(ctx, w.db)
			all = append(all, found...)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int { return strings.Compare(a.Severity, b.Severity) })
	return all, nil
}

// A check is one file of checks.
type check struct {
	file, name, what, severity, sql string
}

func readCheck(fsys fs.FS, file string) (*check, error) {
	src, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, err
	}
	c := &check{
		file: "warehouse/" + file,
		name: strings.TrimSuffix(path.Base(file), ".sql"),
		sql:  strings.TrimRight(string(src), "; \n"),
	}
	for line := range strings.Lines(c.sql) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "--")
		if !ok {
			break
		}
		text = strings.TrimSpace(text)
		if severity, ok := strings.CutPrefix(text, "severity:"); ok {
			c.severity = strings.TrimSpace(severity)
		} else if c.what == "" {
			c.what = text
		}
	}
	switch {
	case c.what == "":
		return nil, fmt.Errorf("a comment on top must say what it checks")
	case c.severity != SeverityError && c.severity != SeverityWarning:
		return nil, fmt.Errorf("a comment on top must say severity: %s or %s", SeverityError, SeverityWarning)
	}
	return c, nil
}

// run returns what the check finds: at most maxListed findings, and one more that
// counts the rest.
func (c *check) run(ctx context.Context, db *sql.DB) ([]Finding, error) {
	// On one line with the check's first, so that DuckDB's line numbers are the file's.
	query := fmt.Sprintf("with found as (%s\n) select *, count(*) over () as found_rows from found limit %d", c.sql, maxListed)
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var (
		message, file sql.NullString
		line, count   sql.NullInt64
		found         []Finding
	)
	targets := make([]any, len(columns))
	for i, name := range columns {
		switch name {
		case "message":
			targets[i] = &message
		case "file":
			targets[i] = &file
		case "line":
			targets[i] = &line
		case "found_rows":
			targets[i] = &count
		default:
			targets[i] = new(any)
		}
	}
	if !slices.Contains(columns, "message") {
		return nil, fmt.Errorf("returns no column message")
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		f := Finding{c.name, c.severity, c.what, c.file, 1}
		if message.String != "" {
			f.Message = message.String
		}
		if file.String != "" {
			f.File, f.Line = file.String, int(line.Int64)
		}
		found = append(found, f)
	}
	if more := count.Int64 - maxListed; more > 0 {
		found = append(found, Finding{c.name, c.severity, fmt.Sprintf("%s: %d more", c.what, more), c.file, 1})
	}
	return found, rows.Err()
}
