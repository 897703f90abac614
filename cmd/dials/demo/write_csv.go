package demo

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
)

// A textFile is a buffered file of lines.
type textFile struct {
	f       *os.File
	buf     *bufio.Writer
	columns []*column
	line    []byte
}

func newTextFile(path string, columns []*column) (*textFile, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &textFile{f: f, buf: bufio.NewWriterSize(f, 1<<18), columns: columns}, nil
}

func (t *textFile) close() error {
	err := t.buf.Flush()
	if e := t.f.Close(); err == nil {
		err = e
	}
	return err
}

type csvFile struct {
	*textFile
	delimiter byte
	latin1    bool
}

func newCSV(path string, f feed, columns []*column) (*csvFile, error) {
	t, err := newTextFile(path, columns)
	if err != nil {
		return nil, err
	}
	c := &csvFile{t, f.delimiter, f.latin1}
	if f.bom {
		c.line = append(c.line, "\ufeff"...)
	}
	for i, col := range columns {
		c.field(i, col.name)
	}
	return c, c.flush()
}

func (c *csvFile) write(cells []cell) error {
	for i := range cells {
		c.field(i, c.columns[i].string(cells[i]))
	}
	return c.flush()
}

func (c *csvFile) field(i int, s string) {
	if i > 0 {
		c.line = append(c.line, c.delimiter)
	}
	if strings.IndexByte(s, c.delimiter) >= 0 || strings.ContainsAny(s, "\"\r\n") {
		s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	if !c.latin1 {
		c.line = append(c.line, s...)
		return
	}
	for _, r := range s { // all of the demo's text lies within Latin-1
		c.line = append(c.line, byte(r))
	}
}

func (c *csvFile) flush() error {
	_, err := c.buf.Write(append(c.line, '\n'))
	c.line = c.line[:0]
	return err
}

// A jsonLines file holds one object a line; an absent value has no key.
type jsonLines struct {
	*textFile
	keys [][]byte
}

func newJSONLines(path string, columns []*column) (*jsonLines, error) {
	t, err := newTextFile(path, columns)
	if err != nil {
		return nil, err
	}
	j := &jsonLines{textFile: t}
	for _, c := range columns {
		k, err := json.Marshal(c.name)
		if err != nil {
			return nil, err
		}
		j.keys = append(j.keys, append(k, ':'))
	}
	return j, nil
}

func (j *jsonLines) write(cells []cell) error {
	line := append(j.line[:0], '{')
	for i, c := range cells {
		if c.kind == empty {
			continue
		}
		if len(line) > 1 {
			line = append(line, ',')
		}
		line = append(line, j.keys[i]...)
		s := j.columns[i].string(c)
		if c.kind == number || c.kind == integer || (c.kind == boolean && (s == "true" || s == "false")) {
			line = append(line, s...)
			continue
		}
		v, err := json.Marshal(s)
		if err != nil {
			return err
		}
		line = append(line, v...)
	}
	j.line = append(line, '}', '\n')
	_, err := j.buf.Write(j.line)
	return err
}
