package file

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"dials/ingest"
)

// readLines has DuckDB read JSON Lines. whole says that the lines are those of the
// file itself, so that they can be named.
func (p *puller) readLines(ctx context.Context, path string, whole bool) error {
	seen, err := look(ctx, path, '\t', 0)
	if err != nil {
		return err
	}
	if seen.invalid {
		return p.named(errors.New(`it is not UTF-8: set encoding, such as "latin-1"`))
	}
	if seen.longest > maxRecord {
		return p.named(fmt.Errorf("a line of %d MB is too long to be a record", seen.longest>>20))
	}
	columns, err := sampleKeys(path)
	if err != nil {
		return p.named(err)
	}
	if !whole && p.options.Records == "" && seen.records == 1 {
		if at := listIn(path); at != "" {
			p.warnings = append(p.warnings, fmt.Sprintf("%s: it is one object, taken as one record: if its records are in %[2]q, set records = %[2]q", p.found.path, at))
		}
	}
	f := p.file
	f.Local, f.Format, f.Columns, f.Records, f.Longest = path, "jsonl", columns, seen.records, seen.longest
	f.Odd = seen.odd
	if whole {
		f.Line = func(_ context.Context, records []int64) ([]int64, error) { return records, nil }
	}
	return p.emit(ingest.Batch{File: &f})
}

// sampleKeys returns the keys of the first records, those of objects inside of
// objects as dotted paths.
func sampleKeys(path string) ([]string, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	const most, bytesMost = 2000, 4 << 20
	r := bufio.NewReaderSize(io.LimitReader(in, bytesMost), 1<<16)
	k := keySet{seen: map[string]bool{}}
	for n := 0; n < most; n++ {
		line, err := r.ReadBytes('\n')
		if n == 0 {
			if err := binary(line); err != nil {
				return nil, err
			}
		}
		if len(bytes.TrimSpace(line)) > 0 {
			k.add("", line, 0)
		}
		if err != nil {
			break // a line cut by the limit adds nothing
		}
	}
	if len(k.names) == 0 {
		return nil, errors.New("its first lines hold no JSON objects")
	}
	return k.names, nil
}

// listIn returns the dotted path of the first list of objects in a line, "" without one.
func listIn(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return listOf("", text, 0)
}

func listOf(prefix string, object []byte, depth int) string {
	const deepest = 3
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return ""
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		var list []map[string]json.RawMessage
		if json.Unmarshal(fields[key], &list) == nil && len(list) > 0 {
			return prefix + key
		}
	}
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		if depth < deepest {
			if at := listOf(prefix+key+".", fields[key], depth+1); at != "" {
				return at
			}
		}
	}
	return ""
}

// keySet gathers keys in the order in which they come.
type keySet struct {
	names []string
	seen  map[string]bool
}

func (k *keySet) add(prefix string, object []byte, depth int) {
	const deepest = 5
	dec := json.NewDecoder(bytes.NewReader(object))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return
	}
	for dec.More() {
		t, err := dec.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return
		}
		if name := prefix + key; !k.seen[name] {
			k.seen[name] = true
			k.names = append(k.names, name)
		}
		if len(value) > 0 && value[0] == '{' && depth < deepest {
			k.add(prefix+key+".", value, depth+1)
		}
	}
}

// readJSON writes the records of a JSON file as lines and has those read.
func (p *puller) readJSON(ctx context.Context) error {
	in, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer in.Close()
	path, err := writeScratch(p.stream.Scratch, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<16)
		if err := toLines(ctx, in, out, p.options.Records); err != nil {
			return err
		}
		return out.Flush()
	})
	if err != nil {
		return p.named(err)
	}
	defer os.Remove(path)
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		return err // an empty list is a delivery without records
	}
	return p.readLines(ctx, path, false)
}

// toLines writes each record of a JSON text on a line of its own: the elements of the
// list at a dotted path, of a list, or the values that follow each other.
func toLines(ctx context.Context, r io.Reader, w *bufio.Writer, records string) error {
	in := bufio.NewReaderSize(r, 1<<16)
	first, err := firstByte(in)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(in)
	list := first == '['
	if records != "" {
		if err := descend(dec, strings.Split(records, ".")); err != nil {
			return fmt.Errorf("records = %q: %w", records, err)
		}
		list = true
	}
	if list {
		if t, err := dec.Token(); err != nil || t != json.Delim('[') {
			return fmt.Errorf("records = %q is no list", records)
		}
	}
	var line bytes.Buffer
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if list && !dec.More() {
			break
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			if !list && errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("record %d, byte %d: %s", n, dec.InputOffset(), jsonWords(err))
		}
		line.Reset()
		if err := json.Compact(&line, value); err != nil {
			return err
		}
		line.WriteByte('\n')
		if _, err := w.Write(line.Bytes()); err != nil {
			return err
		}
	}
	if _, err := dec.Token(); err != nil {
		return errors.New("its list of records does not end: the file is cut short")
	}
	return nil
}

// firstByte returns the first byte that is no blank, without taking it.
func firstByte(in *bufio.Reader) (byte, error) {
	for {
		b, err := in.ReadByte()
		if err != nil {
			return 0, errors.New("it holds nothing but blanks")
		}
		if !strings.ContainsRune(" \t\r\n", rune(b)) {
			if b != '[' && b != '{' {
				return b, errors.New("it does not begin like JSON")
			}
			return b, in.UnreadByte()
		}
	}
}

// jsonWords says what is wrong with JSON.
func jsonWords(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the file is cut short"
	}
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return "it is not JSON"
	}
	return err.Error()
}

// descend moves to the value at a path.
func descend(dec *json.Decoder, path []string) error {
	for _, step := range path {
		if t, err := dec.Token(); err != nil || t != json.Delim('{') {
			return errors.New("there is no object on the way to it")
		}
		for {
			if !dec.More() {
				return fmt.Errorf("there is no %q", step)
			}
			t, err := dec.Token()
			if err != nil {
				return errors.New(jsonWords(err))
			}
			if t == step {
				break
			}
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				return errors.New(jsonWords(err))
			}
		}
	}
	return nil
}
