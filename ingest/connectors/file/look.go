package file

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"unicode/utf8"
)

// facts is what one look at the bytes of a file of lines shows.
type facts struct {
	size     int64
	invalid  bool  // not UTF-8
	zeros    int64 // NUL bytes
	odd      bool  // control characters besides line ends, or a byte order mark inside
	loneCR   bool  // a carriage return that ends no line
	records  int64 // lines, or what quotes hold together, that are not empty
	longest  int   // bytes of the longest record
	unclosed bool  // ends inside of quotes
	cut      bool  // does not end with a line break
}

// looker gathers facts, block by block.
type looker struct {
	facts
	quote   byte // 0 is none
	delim   byte // a tab that delimits is not odd
	inQuote bool
	length  int // of the record so far
	blank   bool
	lastCR  bool
	tail    []byte // an incomplete character
}

// hash returns the SHA-256 and the size of a file.
func hash(ctx context.Context, path string) (string, int64, error) {
	sum := sha256.New()
	size, err := blocks(ctx, path, func(b []byte) { sum.Write(b) })
	return hex.EncodeToString(sum.Sum(nil)), size, err
}

// look gathers the facts of a file of lines, the SHA-256 apart.
func look(ctx context.Context, path string, delim, quote byte) (facts, error) {
	l := &looker{quote: quote, delim: delim, blank: true}
	size, err := blocks(ctx, path, l.block)
	l.size = size
	l.finish()
	return l.facts, err
}

// blocks hands the bytes of a file to f.
func blocks(ctx context.Context, path string, f func([]byte)) (int64, error) {
	in, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	buf := make([]byte, 1<<20)
	var size int64
	for {
		n, err := in.Read(buf)
		f(buf[:n])
		size += int64(n)
		if err == io.EOF {
			return size, nil
		}
		if err != nil {
			return size, err
		}
		if err := ctx.Err(); err != nil {
			return size, err
		}
	}
}

func (l *looker) block(b []byte) {
	if len(b) == 0 {
		return
	}
	l.zeros += int64(bytes.Count(b, []byte{0}))
	if !l.odd {
		l.odd = l.zeros > 0 || l.delim != '\t' && bytes.IndexByte(b, '\t') >= 0 ||
			bytes.IndexByte(b, '\v') >= 0 || bytes.IndexByte(b, '\f') >= 0 || bytes.Contains(b, []byte("\ufeff"))
	}
	l.utf8(b)
	l.returns(b)
	l.lines(b)
	l.cut = b[len(b)-1] != '\n'
}

// utf8 checks the encoding across the borders of blocks.
func (l *looker) utf8(b []byte) {
	if l.invalid {
		return
	}
	if len(l.tail) > 0 {
		for len(b) > 0 && !utf8.FullRune(l.tail) {
			l.tail = append(l.tail, b[0])
			b = b[1:]
		}
		if !utf8.FullRune(l.tail) {
			return
		}
		l.invalid = !utf8.Valid(l.tail)
		l.tail = l.tail[:0]
	}
	end := len(b)
	for back := 1; back <= min(3, len(b)); back++ {
		if utf8.RuneStart(b[len(b)-back]) {
			if !utf8.FullRune(b[len(b)-back:]) {
				end = len(b) - back
			}
			break
		}
	}
	l.tail = append(l.tail, b[end:]...)
	l.invalid = l.invalid || !utf8.Valid(b[:end])
}

// returns finds carriage returns without a line feed.
func (l *looker) returns(b []byte) {
	if l.lastCR && b[0] != '\n' {
		l.loneCR = true
	}
	l.lastCR = b[len(b)-1] == '\r'
	if l.loneCR || bytes.IndexByte(b, '\r') < 0 {
		return
	}
	crs := bytes.Count(b, []byte{'\r'})
	if l.lastCR {
		crs--
	}
	l.loneCR = crs != bytes.Count(b, []byte("\r\n"))
}

// lines counts the records: lines that are not inside of quotes.
func (l *looker) lines(b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\n')
		part := b
		if i >= 0 {
			part = b[:i]
		}
		l.length += len(part)
		if l.blank && len(part) > 0 && (len(part) > 1 || part[0] != '\r') {
			l.blank = false
		}
		if l.quote != 0 && bytes.Count(part, []byte{l.quote})%2 == 1 {
			l.inQuote = !l.inQuote
		}
		if i < 0 {
			return
		}
		b = b[i+1:]
		if l.inQuote {
			l.length++
			continue
		}
		l.endRecord()
	}
}

func (l *looker) endRecord() {
	if !l.blank {
		l.records++
	}
	l.longest = max(l.longest, l.length)
	l.length, l.blank = 0, true
}

func (l *looker) finish() {
	l.unclosed = l.inQuote
	l.invalid = l.invalid || len(l.tail) > 0
	l.loneCR = l.loneCR || l.lastCR
	l.endRecord()
}
