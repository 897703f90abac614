package extracts

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"

	"dials/queries"
)

// writeJSON writes one document: what the extract is, then its rows as objects.
// Decimals are text, so that no reader rounds them.
func writeJSON(ctx context.Context, engine queries.Engine, o order, sp *spool) error {
	return writeRows(ctx, engine, o, sp, func(w *bufio.Writer) rowWriter { return &jsonWriter{w: w, cut: o.cut} })
}

type jsonWriter struct {
	w       *bufio.Writer
	cut     *queries.Cut
	columns []column
	names   []string // as JSON, with their colon
	written bool
}

func (j *jsonWriter) start(rows queries.Rows, columns []column) error {
	j.columns = columns
	for _, c := range columns {
		name, err := json.Marshal(c.name)
		if err != nil {
			return err
		}
		j.names = append(j.names, string(name)+":")
	}
	head, err := json.Marshal(describeJSON(j.cut, rows, columns))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(j.w, "%s,\"rows\":[", head[:len(head)-1])
	return err
}

func (j *jsonWriter) row(values []value) error {
	separator := ",\n{"
	if !j.written {
		separator, j.written = "\n{", true
	}
	_, _ = j.w.WriteString(separator) // the buffer keeps its error for the last write
	for i, v := range values {
		if i > 0 {
			_ = j.w.WriteByte(',')
		}
		_, _ = j.w.WriteString(j.names[i])
		switch k := j.columns[i].kind; {
		case v.none:
			_, _ = j.w.WriteString("null")
		case k == number || k == boolean || k == nested:
			_, _ = j.w.WriteString(v.text)
		default:
			quoted, err := json.Marshal(v.text)
			if err != nil {
				return err
			}
			_, _ = j.w.Write(quoted)
		}
	}
	return j.w.WriteByte('}')
}

func (j *jsonWriter) end() error {
	_, err := j.w.WriteString("\n]}\n")
	return err
}

// A columnInfo is what the catalogue says of a column.
type columnInfo struct {
	Name       string `json:"name"`
	Type       string `json:"type,omitempty"`
	Unit       string `json:"unit,omitempty"`
	Definition string `json:"definition"`
	Class      string `json:"class"`
}

type jsonHead struct {
	About   map[string]string `json:"about"`
	Columns []columnInfo      `json:"columns"`
}

func describeJSON(cut *queries.Cut, rows queries.Rows, columns []column) jsonHead {
	head := jsonHead{About: cut.About(rows)}
	for i, c := range cut.Columns {
		head.Columns = append(head.Columns, columnInfo{c.Name, columns[i].kind.String(), c.Unit, c.Says, string(cut.Extract.Class)})
	}
	return head
}

// String names a kind as the catalogue prints it.
func (k kind) String() string {
	return [...]string{"text", "number", "decimal", "boolean", "date", "instant", "list"}[k]
}
