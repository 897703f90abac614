package file

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"dials/ingest"
)

// readXLSX reads one sheet row by row. Values are taken as they are stored: a date is
// the number of its day, and becomes a date where the stream wants one.
func (p *puller) readXLSX(ctx context.Context) error {
	limit, err := unpackLimit(p.path)
	if err != nil {
		return p.named(err)
	}
	book, err := excelize.OpenFile(p.path, excelize.Options{RawCellValue: true, UnzipSizeLimit: limit, UnzipXMLSizeLimit: min(limit, inMemory)})
	if err != nil {
		return p.named(fmt.Errorf("it cannot be read as XLSX: %w", err))
	}
	defer book.Close()
	sheets := book.GetSheetList()
	sheet := p.options.Sheet
	if sheet == "" && len(sheets) > 0 {
		sheet = sheets[0]
		if len(sheets) > 1 {
			p.warnings = append(p.warnings, fmt.Sprintf("%s: sheet %q is read, not %q: set sheet", p.found.path, sheet, sheets[1:]))
		}
	}
	if !slices.Contains(sheets, sheet) {
		return p.named(fmt.Errorf("it has no sheet %q: it has %q", sheet, sheets))
	}
	f := p.file
	f.Odd = true
	f.Serial = "1899-12-30"
	if props, err := book.GetWorkbookProps(); err == nil && props.Date1904 != nil && *props.Date1904 {
		f.Serial = "1904-01-01"
	}
	empty, err := uncalculated(p.path, sheet)
	if err != nil {
		return p.named(err)
	}
	rows, err := book.Rows(sheet)
	if err != nil {
		return p.named(err)
	}
	defer rows.Close()
	return p.readRows(ctx, rows, empty, &f)
}

// A workbook packs its text ten to thirty times. One that would unpack to more than
// that many times its size is made to fill a disk.
const (
	mostPacked  = 200
	leastUnpack = 64 << 20
	inMemory    = 16 << 20 // of one part; a larger one goes to a temporary file
)

// unpackLimit is how much a workbook may unpack to.
func unpackLimit(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return max(leastUnpack, mostPacked*info.Size()), nil
}

// readRows emits the rows below the header.
func (p *puller) readRows(ctx context.Context, rows *excelize.Rows, empty map[cell]bool, f *ingest.File) error {
	var b records
	t := turned{notes: true}
	row, record := 0, int64(0)
	columns := 0
	for rows.Next() {
		row++
		values, err := rows.Columns()
		if err != nil {
			return p.named(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if isBlank(values) && !emptyIn(empty, row, columns) {
			continue
		}
		if p.options.Turn {
			if err := t.add(noted(values, len(values), row, empty)); err != nil {
				return p.named(err)
			}
			continue
		}
		if b == nil {
			if row < p.options.HeaderRow {
				continue
			}
			names, err := columnNames(values)
			if err != nil {
				return p.named(err)
			}
			columns = len(names)
			if b, err = p.recordsOf(names, f, true); err != nil {
				return err
			}
			defer b.release()
			continue
		}
		record++
		if err := b.add(noted(values, columns, row, empty), record, int64(row)); err != nil {
			return err
		}
	}
	if err := rows.Error(); err != nil {
		return p.named(err)
	}
	if p.options.Turn {
		return t.emit(f, p.emit)
	}
	if b == nil {
		return p.named(errors.New("the sheet holds no header"))
	}
	return b.flush()
}

// emptyIn says whether a row holds a formula without a result.
func emptyIn(empty map[cell]bool, row, columns int) bool {
	for col := 1; col <= columns; col++ {
		if empty[cell{row, col}] {
			return true
		}
	}
	return false
}

func isBlank(values []string) bool {
	return !slices.ContainsFunc(values, func(v string) bool { return strings.TrimSpace(v) != "" })
}

// noted puts notes in the place of values that are none: errors and formulas whose
// result is not stored. See [ingest.Batch].
func noted(values []string, columns, row int, empty map[cell]bool) []string {
	if len(values) > columns {
		values = values[:columns]
	}
	for len(empty) > 0 && len(values) < columns {
		values = append(values, "")
	}
	for i, v := range values {
		switch {
		case v == "" && empty[cell{row, i + 1}]:
			values[i] = "\x00is a formula without a stored result: open the file in a spreadsheet program and save it"
		case strings.HasPrefix(v, "#") && slices.Contains(errorValues(), v):
			values[i] = "\x00is an error cell of the spreadsheet"
		}
	}
	return values
}

func errorValues() []string {
	return []string{"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#CONNECT!", "#UNKNOWN!"}
}
