package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"dials/ingest"
)

// readCSV has DuckDB read the file if it is plain, and reads it itself if not.
func (p *puller) readCSV(ctx context.Context, format string) error {
	quote := byte('"')
	switch p.options.Quote {
	case "":
	case "none":
		quote = 0
	default:
		quote = p.options.Quote[0]
	}
	h, err := p.header(format, quote)
	if err != nil {
		return p.named(err)
	}
	seen, err := look(ctx, p.path, h.delim, quote)
	if err != nil {
		return err
	}
	if seen.cut {
		p.warnings = append(p.warnings, p.found.path+" does not end with a line break: if it was cut short, its last record is not whole")
	}
	f := p.file
	f.Local, f.Odd, f.Columns = p.path, seen.odd, h.columns
	if p.options.Pivot.By != "" {
		return p.readPivoted(ctx, h, quote, &f)
	}
	if p.options.Turn {
		return p.readTurned(ctx, h, quote, &f)
	}
	if !p.options.Wide.is() && !seen.invalid && !seen.loneCR && !seen.unclosed && seen.longest < maxRecord {
		plain := f
		plain.Format, plain.Delimiter, plain.Skip = "csv", string(h.delim), int(h.lines)
		if quote != 0 {
			plain.Quote = string(quote)
		}
		plain.Records, plain.Longest = seen.records-h.records, seen.longest
		plain.Line = func(ctx context.Context, records []int64) ([]int64, error) { return p.linesOf(ctx, h, quote, records) }
		err := p.emit(ingest.Batch{File: &plain})
		if !errors.Is(err, ingest.ErrNotPlain) {
			return err
		}
	}
	return p.readRecords(ctx, h, quote, &f)
}

// header is what the beginning of a CSV file says.
type header struct {
	columns []string
	delim   byte
	lines   int64 // up to and with the header
	records int64
}

// header reads the header and finds the delimiter.
func (p *puller) header(format string, quote byte) (header, error) {
	in, err := os.Open(p.path)
	if err != nil {
		return header{}, err
	}
	defer in.Close()
	const enough = 256 << 10
	head, err := io.ReadAll(io.LimitReader(in, enough))
	if err != nil {
		return header{}, err
	}
	if err := binary(head); err != nil {
		return header{}, err
	}
	h := header{delim: '\t'}
	switch {
	case p.options.Delimiter != "":
		h.delim = p.options.Delimiter[0]
	case format == "csv":
		h.delim = sniff(string(head), quote)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return header{}, err
	}
	r := newCSVReader(in, h.delim, quote)
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return h, errors.New("it holds no header")
		}
		if err != nil {
			return h, err
		}
		h.records = rec.record
		if int64(p.options.HeaderRow) > rec.record {
			continue
		}
		if rec.broken != "" {
			return h, fmt.Errorf("line %d: the header %s", rec.line, rec.broken)
		}
		h.lines = r.line - int64(len(r.back))
		h.columns, err = columnNames(rec.fields)
		return h, err
	}
}

// columnNames are the names of a header: trimmed, with names for the nameless, and a
// name that comes again with its number: "Name", then "Name (2)".
func columnNames(fields []string) ([]string, error) {
	for len(fields) > 1 && strings.TrimSpace(fields[len(fields)-1]) == "" {
		fields = fields[:len(fields)-1] // a delimiter at the end of the line
	}
	seen := map[string]int{}
	out := make([]string, len(fields))
	for i, f := range fields {
		name := strings.Join(strings.Fields(strings.ReplaceAll(f, "\ufeff", "")), " ")
		if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			return nil, fmt.Errorf("header column %d is no text: set encoding, such as \"latin-1\", or is it another kind of file?", i+1)
		}
		if name == "" {
			name = fmt.Sprintf("column %d", i+1)
		}
		seen[name]++
		if seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		out[i] = name
	}
	return out, nil
}

// binary finds bytes that no text holds in the beginning of a file.
func binary(head []byte) error {
	for _, magic := range []struct{ bytes, name string }{
		{"PK\x03\x04", "an XLSX or ZIP file"},
		{"PAR1", "a Parquet file"},
		{"%PDF", "a PDF"},
		{"\x1f\x8b", "a gzip file: unpack it first"},
		{"\xd0\xcf\x11\xe0", "an old Excel file: save it as XLSX"},
		{"SQLite format", "a database"},
	} {
		if strings.HasPrefix(string(head), magic.bytes) {
			return fmt.Errorf("it is no text but %s", magic.name)
		}
	}
	control := 0
	for _, c := range head {
		if c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' {
			control++
		}
	}
	if control > 0 && control*20 > len(head) {
		return errors.New("it is no text: is it another kind of file?")
	}
	return nil
}

// sniff finds the delimiter: the one that takes most records of the sample into the
// same number of fields, more than one.
func sniff(sample string, quote byte) byte {
	best, most := byte(','), 0.0
	for _, delim := range []byte{',', ';', '\t', '|'} {
		r := newCSVReader(strings.NewReader(sample), delim, quote)
		counts := map[int]int{}
		n := 0
		for ; n < 100; n++ {
			rec, err := r.next()
			if err != nil {
				break
			}
			if rec.broken == "" {
				counts[len(rec.fields)]++
			}
		}
		for fields, times := range counts {
			// Among equals more fields are better: text holds commas.
			score := float64(times)/float64(n) + float64(fields)/1e6
			if fields > 1 && score > most {
				best, most = delim, score
			}
		}
	}
	return best
}

// readRecords reads the file record by record, refuses those that are damaged and
// emits the others.
func (p *puller) readRecords(ctx context.Context, h header, quote byte, f *ingest.File) error {
	in, err := os.Open(p.path)
	if err != nil {
		return err
	}
	defer in.Close()
	r := newCSVReader(in, h.delim, quote)
	b, err := p.recordsOf(h.columns, f, false)
	if err != nil {
		return err
	}
	defer b.release()
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			return b.flush()
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
		if why := misfit(&rec, len(h.columns)); why != "" {
			err = b.refuse(ingest.Refused{Record: rec.record, Line: rec.line, Reason: why, Text: rec.text})
		} else {
			err = b.add(rec.fields, rec.record, rec.line)
		}
		if err != nil {
			return err
		}
	}
}

// misfit says why a record does not fit its header, "" if it does.
func misfit(rec *csvRecord, want int) string {
	if rec.broken != "" {
		return rec.broken
	}
	for len(rec.fields) > want && strings.TrimSpace(rec.fields[len(rec.fields)-1]) == "" {
		rec.fields = rec.fields[:len(rec.fields)-1]
	}
	if n := len(rec.fields); n != want {
		return fmt.Sprintf("has %d fields where the header has %d", n, want)
	}
	for _, v := range rec.fields {
		if !utf8.ValidString(v) {
			return `is not UTF-8: set encoding, such as "latin-1"`
		}
	}
	return ""
}

// linesOf returns the physical lines on which records begin; records are in order.
func (p *puller) linesOf(ctx context.Context, h header, quote byte, records []int64) ([]int64, error) {
	in, err := os.Open(p.path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r := newCSVReader(in, h.delim, quote)
	lines := make([]int64, len(records))
	for i := 0; i < len(records); {
		rec, err := r.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for ; i < len(records) && records[i]+h.records <= rec.record; i++ {
			if records[i]+h.records == rec.record {
				lines[i] = rec.line
			}
		}
	}
	return lines, nil
}
