package web

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Meta is what an answer holds besides its records: the values by their dotted paths.
type Meta map[string]string

// Self is the path of a record that is the answer itself.
const Self = "."

// Walk streams the records of a JSON answer to each, one at a time; each does not keep
// them. path leads to the list, with dots between keys; "" is the answer itself. A
// path that ends in ".*" is an object, or an empty list, of which the values are the
// records, and each is given their keys. A null is an empty list; a path that is not
// there is an error, as is an object where a list should be.
func Walk(r io.Reader, path string, each func(key string, record []byte) error) (Meta, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	if bom, err := in.Peek(3); err == nil && string(bom) == "\ufeff" {
		if _, err := in.Discard(3); err != nil {
			return nil, err
		}
	}
	w := walker{dec: jsontext.NewDecoder(in, jsontext.AllowDuplicateNames(true)), each: each, meta: Meta{}}
	path, w.keyed = strings.CutSuffix(path, ".*")
	if path == "*" {
		path, w.keyed = "", true
	}
	var steps []string
	if path != "" && path != Self {
		steps = strings.Split(path, ".")
	}
	w.self = path == Self
	if err := w.value(steps, true, "", 0); err != nil {
		return nil, jsonError(err)
	}
	if _, err := w.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the end of the answer")
	}
	if !w.found {
		return nil, fmt.Errorf("the answer has no %q: check records, or the service answers differently now", path)
	}
	return w.meta, nil
}

type walker struct {
	dec   *jsontext.Decoder
	each  func(string, []byte) error
	meta  Meta
	keyed bool
	self  bool
	found bool
}

// eachError is an error of the caller's own.
type eachError struct{ error }

// jsonError puts an error of the decoder into words.
func jsonError(err error) error {
	if e, ok := errors.AsType[eachError](err); ok {
		return e.error
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("the answer is cut short")
	}
	if _, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return errors.New("the answer is no JSON, or not in UTF-8")
	}
	return err
}

// deepest and widest bound what is kept of an answer besides its records.
const (
	deepest = 6
	widest  = 1000
)

// value reads one value. on says that it lies on the way to the records, steps away.
func (w *walker) value(steps []string, on bool, prefix string, depth int) error {
	kind := w.dec.PeekKind()
	if on && len(steps) == 0 {
		return w.list(kind)
	}
	if kind != '{' || depth >= deepest {
		raw, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		if kind != '{' && kind != '[' && kind != 'n' && prefix != "" && len(w.meta) < widest {
			w.meta[prefix] = textOf(raw)
		}
		return nil
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for w.dec.PeekKind() != '}' {
		t, err := w.dec.ReadToken()
		if err != nil {
			return err
		}
		name := t.String()
		path := name
		if prefix != "" {
			path = prefix + "." + name
		}
		next, along := steps, on && name == steps[0]
		if along {
			next = steps[1:]
		}
		if err := w.value(next, along, path, depth+1); err != nil {
			return err
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// list reads the records.
func (w *walker) list(kind jsontext.Kind) error {
	w.found = true
	switch {
	case kind == 'n':
		return w.dec.SkipValue()
	case w.self:
		raw, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		if kind != '{' {
			return errors.New("the answer is no object, which one record would be")
		}
		return w.selfMeta(raw)
	case kind == '{' && w.keyed:
		return w.members()
	case kind != '[':
		return errors.New("there is an object or a value where the list of records should be")
	}
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for n := 0; w.dec.PeekKind() != ']'; n++ {
		if w.keyed {
			return errors.New("there is a list where an object of records should be")
		}
		raw, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := w.each("", raw); err != nil {
			return eachError{err}
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// members reads the records of an object.
func (w *walker) members() error {
	if _, err := w.dec.ReadToken(); err != nil {
		return err
	}
	for w.dec.PeekKind() != '}' {
		t, err := w.dec.ReadToken()
		if err != nil {
			return err
		}
		key := t.String()
		raw, err := w.dec.ReadValue()
		if err != nil {
			return err
		}
		if err := w.each(key, raw); err != nil {
			return eachError{err}
		}
	}
	_, err := w.dec.ReadToken()
	return err
}

// selfMeta hands on an answer that is one record, of which the values are known too.
func (w *walker) selfMeta(raw []byte) error {
	if err := w.each("", raw); err != nil {
		return eachError{err}
	}
	inner := walker{dec: jsontext.NewDecoder(bytes.NewReader(raw), jsontext.AllowDuplicateNames(true)), meta: w.meta}
	return inner.value(nil, false, "", 0)
}

// textOf is a JSON value as text: a number keeps its digits as they were sent, null is
// nothing, an object or a list is its JSON.
func textOf(raw []byte) string {
	switch {
	case len(raw) == 0 || raw[0] == 'n':
		return ""
	case raw[0] == '"':
		out, err := jsontext.AppendUnquote(nil, raw)
		if err != nil {
			return ""
		}
		return string(out)
	}
	return string(raw)
}

// Columns are the values that are read of each record, by their dotted paths. A step
// that is a number is an element of a list; a key may hold the dots as well.
type Columns struct {
	names []string
	root  node
	again [][2]int // a column and the earlier one of the same path
	other map[string]bool
	many  []string
}

// node is a step of the paths.
type node struct {
	at   int // column + 1
	next map[string]*node
}

// NewColumns reads the values at paths.
func NewColumns(paths []string) *Columns {
	c := &Columns{names: paths, other: map[string]bool{}}
	for i, p := range paths {
		if first := slices.Index(paths, p); first < i {
			c.again = append(c.again, [2]int{i, first})
			continue
		}
		for _, steps := range readings(strings.Split(p, ".")) {
			c.root.add(steps, i)
		}
	}
	return c
}

// readings are the ways in which dots can be steps or parts of keys.
func readings(parts []string) [][]string {
	const most = 6 // more dots are steps
	if len(parts) == 1 {
		return [][]string{parts}
	}
	var out [][]string
	if len(parts) > most {
		out = append(out, []string{strings.Join(parts, ".")})
	}
	for n := 1; n <= len(parts); n++ {
		head := strings.Join(parts[:n], ".")
		if n == len(parts) {
			return append(out, []string{head})
		}
		for _, rest := range readings(parts[n:]) {
			out = append(out, append([]string{head}, rest...))
			if len(parts) > most {
				return out
			}
		}
	}
	return out
}

func (n *node) add(steps []string, i int) {
	for _, s := range steps {
		if n.next == nil {
			n.next = map[string]*node{}
		}
		if n.next[s] == nil {
			n.next[s] = &node{}
		}
		n = n.next[s]
	}
	n.at = i + 1
}

// Names are the paths.
func (c *Columns) Names() []string { return c.names }

// Read fills out, which has an element for each column, from one record. A record that
// is no object, or not JSON, is an error.
func (c *Columns) Read(record []byte, out []string) error {
	clear(out)
	dec := jsontext.NewDecoder(bytes.NewReader(record), jsontext.AllowDuplicateNames(true))
	if dec.PeekKind() != '{' {
		return errors.New("is not a JSON object")
	}
	if err := c.object(dec, &c.root, out, "", 0); err != nil {
		return errors.New("is not a JSON object")
	}
	for _, a := range c.again {
		out[a[0]] = out[a[1]]
	}
	return nil
}

// object reads the values below a node.
func (c *Columns) object(dec *jsontext.Decoder, n *node, out []string, prefix string, depth int) error {
	open, err := dec.ReadToken()
	if err != nil {
		return err
	}
	list := open.Kind() == '['
	for i := 0; ; i++ {
		if k := dec.PeekKind(); k == '}' || k == ']' {
			_, err := dec.ReadToken()
			return err
		}
		name := ""
		if list {
			name = strconv.Itoa(i)
		} else {
			t, err := dec.ReadToken()
			if err != nil {
				return err
			}
			name = t.String()
		}
		if err := c.member(dec, n.next[name], out, prefix+name, depth); err != nil {
			return err
		}
	}
}

// member reads one value; n is nil where nobody asks for it.
func (c *Columns) member(dec *jsontext.Decoder, n *node, out []string, path string, depth int) error {
	if n == nil {
		if depth == 0 && len(c.other) < widest && !c.other[path] {
			c.other[path] = true
			c.many = append(c.many, path)
		}
		return dec.SkipValue()
	}
	kind := dec.PeekKind()
	if n.at > 0 && (n.next == nil || kind != '{' && kind != '[') {
		raw, err := dec.ReadValue()
		if err == nil {
			out[n.at-1] = textOf(raw)
		}
		return err
	}
	if kind != '{' && kind != '[' {
		return dec.SkipValue()
	}
	if n.at > 0 { // both the object and what is in it are asked for
		raw, err := dec.ReadValue()
		if err != nil {
			return err
		}
		out[n.at-1] = textOf(raw)
		dec = jsontext.NewDecoder(bytes.NewReader(bytes.Clone(raw)), jsontext.AllowDuplicateNames(true))
	}
	return c.object(dec, n, out, path+".", depth+1)
}

// Others are the fields of the records at which no column looked, in the order in
// which they came.
func (c *Columns) Others() []string { return c.many }
