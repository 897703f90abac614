package web

import (
	"bufio"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

// transport is one attempt: it waits for its turn, adds the credentials, and reads the
// whole answer, so that one that breaks off is an attempt that failed.
type transport Client

// RoundTrip makes one attempt.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	c := (*Client)(t)
	ctx := r.Context()
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	r = r.Clone(ctx)
	if c.home(r.URL) {
		for k, v := range c.o.Headers {
			r.Header.Set(k, v)
		}
		if err := c.auth.sign(ctx, r, askingOf(ctx)); err != nil {
			return nil, err
		}
	}
	r.Header.Set("Accept-Encoding", "gzip")
	limited, cancel := context.WithTimeout(ctx, time.Duration(c.o.Timeout))
	defer cancel()
	response, err := c.tls.RoundTrip(r.WithContext(limited))
	if err != nil {
		return nil, err
	}
	c.noteDate(response.Header.Get("Date"))
	got, err := c.spool(response)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = got
	response.Request = r
	return response, nil
}

// spool reads a whole body, unpacked and as UTF-8.
func (c *Client) spool(r *http.Response) (*body, error) {
	most := int64(c.o.MaxResponse)
	tooBig := &verdictError{Verdict{Class: Config, Reason: fmt.Sprintf("the answer is larger than max_response = %d MB: ask for fewer records a page, or raise it", max(most>>20, 1))}}
	if r.ContentLength > most {
		return nil, tooBig
	}
	in, err := unpacked(&counted{r: r.Body, left: most}, r.Header.Get("Content-Encoding"))
	if err != nil {
		return nil, err
	}
	in = &counted{r: in, left: most}
	in, err = asUTF8(in, r.Header.Get("Content-Type"))
	if err != nil {
		return nil, err
	}
	b := &body{}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(sum, &spooler{b: b, dir: c.env.Scratch}), in)
	if errors.Is(err, errTooBig) {
		err = tooBig
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	b.hash = hex.EncodeToString(sum.Sum(nil)[:16])
	return b, b.rewind()
}

// unpacked reads a body that is packed as its header says. Some services pack by deflate
// whatever was asked for, and mean by it one of two formats.
func unpacked(in io.Reader, encoding string) (io.Reader, error) {
	enc := strings.ToLower(strings.TrimSpace(encoding))
	if enc == "" || enc == "identity" {
		return in, nil
	}
	begin := bufio.NewReader(in)
	head, _ := begin.Peek(2) // what is wrong shows when it is read
	if len(head) == 0 {
		return begin, nil // nothing, which is packed as nothing
	}
	var out io.Reader
	var err error
	switch enc {
	case "gzip", "x-gzip":
		out, err = gzip.NewReader(begin)
	case "deflate":
		const method, check = 8, 31 // of zlib's two bytes in front
		if len(head) == 2 && head[0]&0xf == method && (int(head[0])<<8|int(head[1]))%check == 0 {
			out, err = zlib.NewReader(begin)
		} else {
			out = flate.NewReader(begin)
		}
	default:
		return nil, &verdictError{Verdict{Class: Config, Reason: fmt.Sprintf("the answer is packed as %q, which was not asked for", enc)}}
	}
	if err != nil {
		return nil, fmt.Errorf("the packed answer is broken: %w", err)
	}
	return out, nil
}

// asUTF8 turns another charset into UTF-8.
func asUTF8(in io.Reader, contentType string) (io.Reader, error) {
	charset := ""
	if _, params, err := mime.ParseMediaType(contentType); err == nil {
		charset = strings.ToLower(params["charset"])
	}
	if charset == "" || charset == "utf-8" || charset == "utf8" || charset == "us-ascii" {
		return in, nil
	}
	enc, err := htmlindex.Get(charset)
	if err != nil {
		return nil, &verdictError{Verdict{Class: Config, Reason: fmt.Sprintf("the answer is written in the unknown charset %q", charset)}}
	}
	return enc.NewDecoder().Reader(in), nil
}

var errTooBig = errors.New("too big")

// counted reads up to a limit, beyond which it is an error.
type counted struct {
	r    io.Reader
	left int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		return 0, errTooBig
	}
	return n, err
}

// body is an answer that was read: in memory or, if it is large, in a file.
type body struct {
	mem  []byte
	at   int
	file *os.File
	size int64
	last byte // the last byte that is no blank
	hash string
}

// inMemory is the largest answer that is kept in memory.
const inMemory = 4 << 20

// spooler writes a body.
type spooler struct {
	b   *body
	dir string
}

func (s *spooler) Write(p []byte) (int, error) {
	b := s.b
	b.size += int64(len(p))
	for i := len(p) - 1; i >= 0; i-- {
		if c := p[i]; c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			b.last = c
			break
		}
	}
	if b.file == nil && len(b.mem)+len(p) <= inMemory {
		b.mem = append(b.mem, p...)
		return len(p), nil
	}
	if b.file == nil {
		f, err := os.CreateTemp(s.dir, "dials-answer-*")
		if err != nil {
			return 0, err
		}
		// The name goes at once: nothing is left of it, whatever happens.
		os.Remove(f.Name())
		b.file = f
		if _, err := f.Write(b.mem); err != nil {
			return 0, err
		}
		b.mem = nil
	}
	return b.file.Write(p)
}

func (b *body) Read(p []byte) (int, error) {
	if b.file != nil {
		return b.file.Read(p)
	}
	if b.at >= len(b.mem) {
		return 0, io.EOF
	}
	n := copy(p, b.mem[b.at:])
	b.at += n
	return n, nil
}

func (b *body) rewind() error {
	b.at = 0
	if b.file == nil {
		return nil
	}
	_, err := b.file.Seek(0, io.SeekStart)
	return err
}

// peek returns the first bytes and goes back to the beginning.
func (b *body) peek(n int) ([]byte, error) {
	if b.file == nil {
		b.at = 0
		return b.mem[:min(n, len(b.mem))], nil
	}
	out := make([]byte, n)
	if err := b.rewind(); err != nil {
		return nil, err
	}
	k, err := io.ReadFull(b.file, out)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return out[:k], b.rewind()
}

// Close frees the body.
func (b *body) Close() error {
	if b.file == nil {
		return nil
	}
	return b.file.Close()
}
