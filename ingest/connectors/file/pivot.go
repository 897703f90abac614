package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"dials/ingest"
)

// A pivot makes one record of those that differ in one column alone: O*NET's files have a
// line for the importance of a skill and one for its level.
type pivot struct {
	By    string   `toml:"by"`    // the column whose values become columns
	Value string   `toml:"value"` // the column that they hold
	Keys  []string `toml:"keys"`  // the columns that make a record
}

// check refuses a pivot that is not whole, or of a format that it does not know.
func (v pivot) check(format string) error {
	switch {
	case v.By == "" && v.Value == "" && len(v.Keys) == 0:
		return nil
	case v.By == "" || v.Value == "" || len(v.Keys) == 0:
		return errors.New("pivot needs by, value and keys")
	case format != "" && format != "csv" && format != "tsv":
		return fmt.Errorf("pivot is for csv and tsv, not for %s", format)
	}
	return nil
}

// maxPivoted bounds the records that a pivot holds in memory.
const maxPivoted = 2_000_000

// readPivoted reads the file whole and emits one record for each combination of the
// keys, with the values of one column as columns.
func (p *puller) readPivoted(ctx context.Context, h header, quote byte, f *ingest.File) error {
	v := p.options.Pivot
	places := make([]int, 0, len(v.Keys)+2)
	for _, name := range append(slices.Clone(v.Keys), v.By, v.Value) {
		i := slices.Index(h.columns, name)
		if i < 0 {
			return p.named(fmt.Errorf("pivot: there is no column %q, but %s", name, strings.Join(h.columns, ", ")))
		}
		places = append(places, i)
	}
	n := len(v.Keys)
	type record struct {
		keys         []string
		values       map[string]string
		number, line int64
	}
	var records []*record
	var names []string
	found := map[string]*record{}
	var refused []ingest.Refused
	err := p.eachRecord(ctx, h, quote, func(rec csvRecord, why string) error {
		if why != "" {
			refused = append(refused, ingest.Refused{Record: rec.record, Line: rec.line, Reason: why, Text: rec.text})
			return nil
		}
		keys := make([]string, n)
		for i, at := range places[:n] {
			keys[i] = strings.TrimSpace(rec.fields[at])
		}
		key := strings.Join(keys, "\x1f")
		r := found[key]
		if r == nil {
			if len(records) == maxPivoted {
				return p.named(fmt.Errorf("pivot: more than %d records", maxPivoted))
			}
			r = &record{keys: keys, values: map[string]string{}, number: rec.record, line: rec.line}
			found[key], records = r, append(records, r)
		}
		name := strings.TrimSpace(rec.fields[places[n]])
		if _, twice := r.values[name]; twice {
			refused = append(refused, ingest.Refused{Record: rec.record, Line: rec.line, Reason: fmt.Sprintf("pivot: a second line with %s %q for %s", v.By, name, strings.Join(keys, ", ")), Text: rec.text})
			return nil
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
		r.values[name] = rec.fields[places[n+1]]
		return nil
	})
	if err != nil {
		return err
	}
	slices.Sort(names)
	f.Columns = append(slices.Clone(v.Keys), names...)
	b := newBuilder(f.Columns, f, p.emit)
	defer b.release()
	for _, r := range refused {
		if err := b.refuse(r); err != nil {
			return err
		}
	}
	for _, r := range records {
		fields := slices.Clone(r.keys)
		for _, name := range names {
			fields = append(fields, strings.TrimSpace(r.values[name]))
		}
		if err := b.add(fields, r.number, r.line); err != nil {
			return err
		}
	}
	return b.flush()
}

// eachRecord calls do for every record after the header, with why it does not fit.
func (p *puller) eachRecord(ctx context.Context, h header, quote byte, do func(rec csvRecord, why string) error) error {
	in, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer in.Close()
	r := newCSVReader(in, h.delim, quote)
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return p.named(err)
		}
		if rec.record <= h.records {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		rec.record -= h.records
		if err := do(rec, misfit(&rec, len(h.columns))); err != nil {
			return err
		}
	}
}
