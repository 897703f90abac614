package file

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"dials/ingest"
)

// maxTurned bounds the values that a turned table holds in memory.
const maxTurned = 2_000_000

// A turned table has a field in each row and a record in each column, as SFIA publishes what
// its levels mean: the first column names the fields.
type turned struct {
	names  []string
	rows   [][]string
	values int
	notes  bool // values may say why they are none
}

// add takes a row of the file, its field's name in front. Rows without a name hold nothing.
func (t *turned) add(row []string) error {
	if isBlank(row) || strings.TrimSpace(row[0]) == "" {
		return nil
	}
	if t.values += len(row); t.values > maxTurned {
		return fmt.Errorf("turn: more than %d values", maxTurned)
	}
	t.names, t.rows = append(t.names, row[0]), append(t.rows, row[1:])
	return nil
}

// emit hands the records on: one for each column that holds anything.
func (t *turned) emit(f *ingest.File, to func(ingest.Batch) error) error {
	if len(t.names) == 0 {
		return errors.New("turn: it holds no row with a name in front")
	}
	names, err := columnNames(t.names)
	if err != nil {
		return err
	}
	f.Columns = names
	b := newBuilder(names, f, to)
	b.notes = t.notes
	defer b.release()
	width := 0
	for _, row := range t.rows {
		width = max(width, len(row))
	}
	for column := range width {
		record := make([]string, len(t.rows))
		for i, row := range t.rows {
			if column < len(row) {
				record[i] = strings.TrimSpace(row[column])
			}
		}
		if isBlank(record) {
			continue
		}
		if err := b.add(record, int64(column+1), 1); err != nil {
			return err
		}
	}
	return b.flush()
}

// readTurned reads a CSV file whose rows and columns are exchanged.
func (p *puller) readTurned(ctx context.Context, h header, quote byte, f *ingest.File) error {
	var t turned
	if err := t.add(h.columns); err != nil {
		return err
	}
	err := p.eachRecord(ctx, h, quote, func(rec csvRecord, _ string) error {
		if rec.broken != "" {
			return p.named(fmt.Errorf("line %d %s", rec.line, rec.broken))
		}
		return t.add(rec.fields)
	})
	if err != nil {
		return err
	}
	return t.emit(f, p.emit)
}
