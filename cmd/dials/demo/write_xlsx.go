package demo

import (
	"os"
	"path/filepath"

	"github.com/xuri/excelize/v2"
)

// A sheet is an XLSX file with one sheet, written row by row.
type sheet struct {
	path    string
	file    *excelize.File
	stream  *excelize.StreamWriter
	columns []*column
	days    int // style of dates
	row     int
	values  []any
}

func newSheet(path string, f feed, columns []*column) (*sheet, error) {
	x := excelize.NewFile(excelize.Options{TmpDir: filepath.Dir(path)})
	if err := x.SetSheetName("Sheet1", f.sheet); err != nil {
		return nil, err
	}
	pattern := "yyyy-mm-dd"
	style, err := x.NewStyle(&excelize.Style{CustomNumFmt: &pattern})
	if err != nil {
		return nil, err
	}
	stream, err := x.NewStreamWriter(f.sheet)
	if err != nil {
		return nil, err
	}
	s := &sheet{path: path, file: x, stream: stream, columns: columns, days: style, row: f.headerRow, values: make([]any, len(columns))}
	if f.headerRow > 1 {
		if err := stream.SetRow("A1", []any{f.sheet + ", extract"}); err != nil {
			return nil, err
		}
	}
	for i, c := range columns {
		s.values[i] = c.name
	}
	return s, s.flush()
}

func (s *sheet) write(cells []cell) error {
	for i, c := range cells {
		switch c.kind {
		case empty:
			s.values[i] = nil
		case number:
			s.values[i] = c.n
		case integer:
			s.values[i] = int(c.n)
		case dayOf:
			s.values[i] = excelize.Cell{StyleID: s.days, Value: day(c.n).time()}
		default:
			s.values[i] = s.columns[i].string(c)
		}
	}
	return s.flush()
}

func (s *sheet) flush() error {
	name, err := excelize.CoordinatesToCellName(1, s.row)
	if err != nil {
		return err
	}
	s.row++
	return s.stream.SetRow(name, s.values)
}

func (s *sheet) close() error {
	if err := s.stream.Flush(); err != nil {
		return err
	}
	out, err := os.Create(s.path)
	if err != nil {
		return err
	}
	err = s.file.Write(out)
	if e := out.Close(); err == nil {
		err = e
	}
	if e := s.file.Close(); err == nil {
		err = e
	}
	return err
}
