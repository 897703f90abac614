package extracts

import (
	"bufio"
	"context"
	"strings"

	"dials/queries"
)

// writeCSV writes RFC 4180, with CRLF. An empty field is no value, "" is empty text.
func writeCSV(ctx context.Context, engine queries.Engine, o order, sp *spool) error {
	return writeRows(ctx, engine, o, sp, func(w *bufio.Writer) rowWriter { return &csvWriter{w: w, raw: o.raw, bom: o.bom} })
}

type csvWriter struct {
	w        *bufio.Writer
	raw, bom bool
	columns  []column
}

func (c *csvWriter) start(_ queries.Rows, columns []column) error {
	c.columns = columns
	if c.bom {
		if _, err := c.w.WriteString("\ufeff"); err != nil {
			return err
		}
	}
	names := make([]value, len(columns))
	for i, col := range columns {
		names[i] = value{text: col.name}
	}
	return c.fields(names, nil)
}

func (c *csvWriter) row(values []value) error { return c.fields(values, c.columns) }

func (c *csvWriter) fields(values []value, columns []column) error {
	for i, v := range values {
		if i > 0 {
			_ = c.w.WriteByte(',') // the buffer keeps its error for the last write
		}
		if v.none {
			continue
		}
		field := v.text
		if columns != nil && columns[i].kind == text && !c.raw {
			field = guarded(field)
		}
		if field == "" || strings.ContainsAny(field, ",\"\r\n") || field[0] == ' ' || field[len(field)-1] == ' ' {
			field = `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
		}
		_, _ = c.w.WriteString(field)
	}
	_, err := c.w.WriteString("\r\n")
	return err
}

func (c *csvWriter) end() error { return nil }

// guarded puts an apostrophe before text that a spreadsheet would take for a
// formula; ?raw=1 leaves it out.
func guarded(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
