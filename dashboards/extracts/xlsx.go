package extracts

import (
	"bufio"
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	"dials/queries"
)

// mostSheetRows is how many rows a sheet holds below its header.
const mostSheetRows = 1<<20 - 1

// writeXLSX writes a workbook: the rows, and a sheet with their definitions.
func writeXLSX(ctx context.Context, engine queries.Engine, o order, sp *spool) error {
	return writeRows(ctx, engine, o, sp, func(w *bufio.Writer) rowWriter { return &xlsxWriter{w: w, cut: o.cut} })
}

type xlsxWriter struct {
	w       *bufio.Writer
	cut     *queries.Cut
	columns []column
	book    *excelize.File
	sheet   *excelize.StreamWriter
	day, at int // styles
	next    int
}

const (
	dataSheet        = "Data"
	definitionsSheet = "Definitions"
)

func (x *xlsxWriter) start(rows queries.Rows, columns []column) (err error) {
	if rows.Count > mostSheetRows {
		return tooLong{rows.Count, mostSheetRows}
	}
	x.columns, x.book, x.next = columns, excelize.NewFile(), 2
	if err := x.book.SetSheetName("Sheet1", dataSheet); err != nil {
		return err
	}
	if err := x.define(rows); err != nil {
		return err
	}
	for format, style := range map[string]*int{"yyyy-mm-dd": &x.day, "yyyy-mm-dd hh:mm:ss": &x.at} {
		if *style, err = x.book.NewStyle(&excelize.Style{CustomNumFmt: &format}); err != nil {
			return err
		}
	}
	if x.sheet, err = x.book.NewStreamWriter(dataSheet); err != nil {
		return err
	}
	names := make([]any, len(columns))
	for i, c := range columns {
		names[i] = c.name
		width := 14.0
		if c.kind == text {
			width = 24
		}
		if err := x.sheet.SetColWidth(i+1, i+1, width); err != nil {
			return err
		}
	}
	return x.sheet.SetRow("A1", names)
}

// define writes the sheet of definitions.
func (x *xlsxWriter) define(rows queries.Rows) error {
	if _, err := x.book.NewSheet(definitionsSheet); err != nil {
		return err
	}
	lines := [][]any{{"Column", "Type", "Unit", "Definition"}}
	for _, c := range describeJSON(x.cut, rows, x.columns).Columns {
		lines = append(lines, []any{c.Name, c.Type, c.Unit, c.Definition})
	}
	about := x.cut.About(rows)
	lines = append(lines, nil, []any{"Extract", about["dials.title"]}, []any{"One row is", about["dials.grain"]},
		[]any{"Rows", rows.Count}, []any{"Data version", x.cut.Version}, []any{"Filters", about["dials.filters"]}, []any{"Owner", about["dials.owner"]})
	if note := about["dials.note"]; note != "" {
		lines = append(lines, []any{"Note", note})
	}
	for i, line := range lines {
		if err := x.book.SetSheetRow(definitionsSheet, "A"+strconv.Itoa(i+1), &line); err != nil {
			return err
		}
	}
	return errors.Join(x.book.SetColWidth(definitionsSheet, "A", "C", 24), x.book.SetColWidth(definitionsSheet, "D", "D", 100))
}

func (x *xlsxWriter) row(values []value) error {
	cells := make([]any, len(values))
	for i, v := range values {
		if !v.none {
			cells[i] = x.cell(x.columns[i].kind, v.text)
		}
	}
	at := "A" + strconv.Itoa(x.next)
	x.next++
	return x.sheet.SetRow(at, cells)
}

// cell is a value as Excel has it. Text is never a formula: it is a string cell.
func (x *xlsxWriter) cell(k kind, s string) any {
	switch k {
	case number, exact:
		if n, err := strconv.ParseFloat(s, 64); err == nil && len(s) <= 15 { // more digits than Excel keeps stay text
			return n
		}
		if n, err := strconv.ParseFloat(s, 64); err == nil && k == number {
			return n
		}
	case boolean:
		return s == "true"
	case date:
		if day, err := time.Parse(time.DateOnly, s); err == nil {
			return excelize.Cell{StyleID: x.day, Value: day}
		}
	case instant:
		if at, err := time.Parse(time.RFC3339Nano, s); err == nil {
			return excelize.Cell{StyleID: x.at, Value: at}
		}
	}
	const longest = 32_767 // characters that a cell holds
	if r := []rune(s); len(r) > longest {
		return string(r[:longest-1]) + "…"
	}
	return s
}

func (x *xlsxWriter) end() error {
	err := x.sheet.Flush()
	if err == nil {
		err = x.book.Write(x.w)
	}
	return errors.Join(err, x.book.Close())
}
