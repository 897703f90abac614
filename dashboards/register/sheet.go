package register

import (
	"fmt"
	"strings"
	"time"
)

// A SheetCell is one number of a wide sheet: units down, months across.
type SheetCell struct {
	Unit  string
	Month time.Time // its first day
	Value float64
}

// Bounds of a pasted sheet.
const (
	maxSheetCells    = 1200
	maxSheetProblems = 20
)

// ReadSheet reads a sheet as spreadsheets copy it: cells apart by tabs, or by
// semicolons; months in the first line, after one cell that may say anything; then a
// line for each unit, which unit finds by its name or id. Empty cells are left out.
//
// Where anything is wrong, the problems say what, by line and column, and there are
// no cells.
func ReadSheet(text string, unit func(nameOrID string) (id string, ok bool)) (cells []SheetCell, problems []string) {
	wrong := func(format string, args ...any) {
		if len(problems) < maxSheetProblems {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	lines := strings.Split(strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	separator := "\t"
	if !strings.Contains(lines[0], "\t") {
		separator = ";"
	}
	head := strings.Split(lines[0], separator)
	if len(head) < 2 || len(lines) < 2 {
		return nil, []string{"Paste at least two lines: months in the first, then a unit with its numbers."}
	}
	months := make([]time.Time, len(head))
	seen := map[string]bool{}
	for i, text := range head[1:] {
		m, ok := sheetMonth(strings.TrimSpace(text))
		switch {
		case !ok:
			wrong("Line 1, column %d: “%.40s” is not a month such as 2027-01 or Jan 2027.", i+2, text)
		case seen[m.String()]:
			wrong("Line 1, column %d: %s stands there twice.", i+2, m.Format("2006-01"))
		}
		seen[m.String()] = true
		months[i+1] = m
	}
	for n, line := range lines[1:] {
		row := strings.Split(line, separator)
		name := strings.TrimSpace(row[0])
		if strings.TrimSpace(line) == "" {
			continue
		}
		id, ok := unit(name)
		switch {
		case !ok:
			wrong("Line %d: “%.60s” is no unit, or not the only one of that name: write its id.", n+2, name)
		case seen["unit "+id]:
			wrong("Line %d: %s stands there twice.", n+2, name)
		case len(row) > len(head):
			wrong("Line %d has %d cells, the first line %d.", n+2, len(row), len(head))
		}
		seen["unit "+id] = true
		for i, text := range row[1:min(len(row), len(head))] {
			if strings.TrimSpace(text) == "" {
				continue
			}
			v, words := Field{Kind: Number}.number(strings.TrimSpace(text))
			if words != "" {
				wrong("Line %d, column %d: %s", n+2, i+2, words)
				continue
			}
			cells = append(cells, SheetCell{id, months[i+1], v.(float64)})
		}
	}
	switch {
	case len(cells) > maxSheetCells:
		wrong("These are %d numbers; paste at most %d at once.", len(cells), maxSheetCells)
	case len(cells) == 0 && len(problems) == 0:
		wrong("There is no number in it.")
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return cells, nil
}

// sheetMonth reads a month as sheets write it.
func sheetMonth(text string) (time.Time, bool) {
	for _, layout := range []string{"2006-01", "2006-01-02", "Jan 2006", "January 2006", "Jan-06", "01/2006", "1/2006", "01.2006"} {
		if m, err := time.Parse(layout, text); err == nil && m.Day() == 1 && m.Year() >= 1990 && m.Year() < 2100 {
			return m, true
		}
	}
	return time.Time{}, false
}
