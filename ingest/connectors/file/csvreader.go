package file

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// csvReader reads the records of a CSV file, and goes on after those that are
// damaged. Blank lines are no records.
type csvReader struct {
	in     *bufio.Reader
	delim  byte
	quote  byte // 0 is none
	line   int64
	record int64
	back   []textLine // lines to be read again
}

// textLine is a physical line without its end.
type textLine struct {
	text string
	end  string
	n    int64
}

// csvRecord is a record, or why it is none.
type csvRecord struct {
	fields []string
	record int64 // its number, from 1
	line   int64 // where it begins, from 1
	text   string
	broken string // why it cannot be read, "" if it can
}

// maxRecord is how many bytes a record may span before an open quote is given up.
const maxRecord = 64 << 20

func newCSVReader(r io.Reader, delim, quote byte) *csvReader {
	return &csvReader{in: bufio.NewReaderSize(r, 1<<16), delim: delim, quote: quote}
}

// next returns the next record; io.EOF after the last.
func (c *csvReader) next() (csvRecord, error) {
	for {
		first, err := c.nextLine()
		if err != nil {
			return csvRecord{}, err
		}
		if strings.TrimSpace(strings.Trim(first.text, "\ufeff")) == "" {
			continue
		}
		c.record++
		return c.readRecord(first)
	}
}

// readRecord reads the record that begins with a line. If a quote in it is never
// closed, or closed where it cannot be, that line alone is broken: the next record
// begins on the line after it.
func (c *csvReader) readRecord(first textLine) (csvRecord, error) {
	rec := csvRecord{record: c.record, line: first.n, text: first.text}
	s := splitter{delim: c.delim, quote: c.quote}
	var more []textLine
	size := 0
	for line := first; ; {
		broken := s.feed(line.text)
		if !broken && !s.open {
			rec.fields = s.fields
			return rec, nil
		}
		if broken {
			rec.broken = "has text after a closing quote"
			c.back = append(more, c.back...)
			return rec, nil
		}
		size += len(line.text)
		next, err := c.nextLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return rec, err
		}
		if err != nil || size > maxRecord {
			if err == nil {
				more = append(more, next)
			}
			rec.broken = "has a quote that is never closed"
			c.back = append(more, c.back...)
			return rec, nil
		}
		s.cur = append(s.cur, line.end...)
		more = append(more, next)
		line = next
	}
}

// nextLine returns the next physical line. Lines end with a line feed, a carriage
// return or both.
func (c *csvReader) nextLine() (textLine, error) {
	if len(c.back) > 0 {
		l := c.back[0]
		c.back = c.back[1:]
		return l, nil
	}
	var text []byte
	for {
		part, err := c.in.ReadSlice('\n')
		if i := bytes.IndexByte(part, '\r'); i >= 0 && i+1 < len(part) && part[i+1] != '\n' {
			// A lone carriage return: the rest is the next line.
			text = append(text, part[:i]...)
			rest := append([]byte(nil), part[i+1:]...)
			c.in = bufio.NewReaderSize(io.MultiReader(bytes.NewReader(rest), c.in), 1<<16)
			c.line++
			return textLine{text: string(text), end: "\r", n: c.line}, nil
		}
		text = append(text, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && (len(text) == 0 || !errors.Is(err, io.EOF)) {
			return textLine{}, err
		}
		break
	}
	c.line++
	l := textLine{n: c.line}
	for _, end := range []string{"\r\n", "\n", "\r"} {
		if bytes.HasSuffix(text, []byte(end)) {
			l.end = end
			text = text[:len(text)-len(end)]
			break
		}
	}
	l.text = string(text)
	return l, nil
}

// splitter takes the lines of a record apart.
type splitter struct {
	delim, quote byte
	fields       []string
	cur          []byte
	open         bool // inside of quotes
}

// feed takes one line; the line end that a quoted field goes over is added to cur by
// the caller. It reports a field that goes on after its closing quote.
func (s *splitter) feed(line string) (broken bool) {
	i := 0
	for first := true; ; first = false {
		if !first || !s.open {
			i = s.begin(line, i)
		}
		if s.open {
			closed, next := s.quoted(line, i)
			if !closed {
				return false
			}
			i = s.blanks(line, next)
			if i < len(line) && line[i] != s.delim {
				return true
			}
		} else {
			j := strings.IndexByte(line[i:], s.delim)
			if j < 0 {
				j = len(line) - i
			}
			s.cur = append(s.cur, line[i:i+j]...)
			i += j
		}
		s.fields = append(s.fields, string(s.cur))
		s.cur = s.cur[:0]
		if i >= len(line) {
			return false
		}
		i++ // the delimiter
	}
}

// begin opens a field that begins with a quote, blanks before it apart.
func (s *splitter) begin(line string, i int) int {
	if s.quote == 0 {
		return i
	}
	if j := s.blanks(line, i); j < len(line) && line[j] == s.quote {
		s.open = true
		return j + 1
	}
	return i
}

// blanks returns the end of the blanks at i.
func (s *splitter) blanks(line string, i int) int {
	for i < len(line) && line[i] == ' ' && line[i] != s.delim {
		i++
	}
	return i
}

// quoted reads up to the closing quote; two quotes are one.
func (s *splitter) quoted(line string, i int) (closed bool, next int) {
	for {
		j := strings.IndexByte(line[i:], s.quote)
		if j < 0 {
			s.cur = append(s.cur, line[i:]...)
			return false, len(line)
		}
		s.cur = append(s.cur, line[i:i+j]...)
		i += j + 1
		if i < len(line) && line[i] == s.quote {
			s.cur = append(s.cur, s.quote)
			i++
			continue
		}
		s.open = false
		return true, i
	}
}
