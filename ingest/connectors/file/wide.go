package file

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"dials/ingest"
)

// A wide table has many columns that hold one thing, as a plan has a column for each
// month: each of their cells becomes a record.
type wide struct {
	Keys  []string `toml:"keys"`  // the columns that stay
	Name  string   `toml:"name"`  // how the headers of the others are called
	Value string   `toml:"value"` // and what stands under them
	Skip  []string `toml:"skip"`  // columns that are neither, and what the first key says in rows that are none: totals
}

// is reports whether a stream is wide.
func (v wide) is() bool { return len(v.Keys) > 0 || v.Name != "" || v.Value != "" || len(v.Skip) > 0 }

// check refuses what is not whole, or of a format that has no wide tables.
func (v wide) check(format string) error {
	names := append(slices.Clone(v.Keys), v.Name, v.Value)
	slices.Sort(names)
	switch {
	case !v.is():
		return nil
	case len(v.Keys) == 0 || v.Name == "" || v.Value == "":
		return errors.New("wide needs keys, name and value")
	case len(slices.Compact(names)) < len(v.Keys)+2:
		return errors.New("wide: keys, name and value must differ")
	case format != "" && format != "csv" && format != "tsv" && format != "xlsx":
		return fmt.Errorf("wide is for csv, tsv and xlsx, not for %s", format)
	}
	return nil
}

// records takes the records of a file.
type records interface {
	add(values []string, number, line int64) error
	refuse(ingest.Refused) error
	flush() error
	release()
}

// recordsOf returns who takes the records of a file with these columns.
func (p *puller) recordsOf(columns []string, f *ingest.File, notes bool) (records, error) {
	v := p.options.Wide
	if !v.is() {
		b := newBuilder(columns, f, p.emit)
		b.notes = notes
		return b, nil
	}
	s := &spreader{columns: columns, skip: v.Skip}
	for _, name := range v.Keys {
		i := slices.Index(columns, name)
		if i < 0 {
			return nil, p.named(fmt.Errorf("wide: there is no column %q, but %s", name, strings.Join(columns, ", ")))
		}
		s.keys = append(s.keys, i)
	}
	for i, name := range columns {
		if !slices.Contains(s.keys, i) && !slices.Contains(v.Skip, name) {
			s.values = append(s.values, i)
		}
	}
	if len(s.values) == 0 {
		return nil, p.named(fmt.Errorf("wide: there is no column beside %s", strings.Join(v.Keys, ", ")))
	}
	f.Columns = append(slices.Clone(v.Keys), v.Name, v.Value)
	s.builder = newBuilder(f.Columns, f, p.emit)
	s.notes = notes
	return s, nil
}

// A spreader makes a record of each cell. An empty one says nothing.
type spreader struct {
	*builder
	columns      []string
	skip         []string
	keys, values []int
	number       int64
}

func (s *spreader) add(row []string, _, line int64) error {
	cell := func(i int) string {
		if i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	record := make([]string, 0, len(s.keys)+2)
	for _, i := range s.keys {
		record = append(record, cell(i))
	}
	if slices.Contains(s.skip, record[0]) {
		return nil
	}
	for _, i := range s.values {
		if cell(i) == "" {
			continue
		}
		s.number++
		if err := s.builder.add(append(record, s.columns[i], cell(i)), s.number, line); err != nil {
			return err
		}
	}
	return nil
}
