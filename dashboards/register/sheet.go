package register

import (
	"fmt"
	"strings"
	"time"
)

// A SheetCell is one number of a wide sheet: units down, months across.
type SheetCell struct {
	Keys  []string  // ids, one for each SheetKey
	Month time.Time // its first day
	Value float64
}

// A SheetKey is what the first columns of a sheet name.
type SheetKey struct {
	Noun string                                     // unit, title
	Find func(nameOrID string) (id string, ok bool) // the only one of that name
}

// Bounds of a pasted sheet.
const (
	maxSheetCells    = 1200
	maxSheetProblems = 20
)

// ReadSheet reads a sheet as spreadsheets copy it: cells apart by tabs, or by
// semicolons; months in the first line, after a cell for each key that may say anything;
// then lines that begin with the keys' names or ids. Empty cells are left out. No number
// may be less than least.
//
// Where anything is wrong, the problems say what, by line and column, and there are
// no cells.
func ReadSheet(text string, least float64, keys ...SheetKey) ([]SheetCell, []string) {
	r := sheetReader{keys: keys, least: least, seen: map[string]bool{}}
	lines := strings.Split(strings.Trim(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	separator := "\t"
	if !strings.Contains(lines[0], "\t") {
		separator = ";"
	}
	head := strings.Split(lines[0], separator)
	if len(head) <= len(keys) || len(lines) < 2 {
		return nil, []string{"Paste at least two lines: months in the first, then a " + r.nouns() + " with its numbers."}
	}
	r.head(head)
	for n, line := range lines[1:] {
		if strings.TrimSpace(line) != "" {
			r.line(n+2, strings.Split(line, separator))
		}
	}
	switch {
	case len(r.cells) > maxSheetCells:
		r.wrong("These are %d numbers; paste at most %d at once.", len(r.cells), maxSheetCells)
	case len(r.cells) == 0 && len(r.problems) == 0:
		r.wrong("There is no number in it.")
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	return r.cells, nil
}

// A sheetReader reads one sheet.
type sheetReader struct {
	keys     []SheetKey
	least    float64
	months   []time.Time // by column
	seen     map[string]bool
	cells    []SheetCell
	problems []string
}

func (r *sheetReader) wrong(format string, args ...any) {
	if len(r.problems) < maxSheetProblems {
		r.problems = append(r.problems, fmt.Sprintf(format, args...))
	}
}

func (r *sheetReader) nouns() string {
	var all []string
	for _, k := range r.keys {
		all = append(all, k.Noun)
	}
	return strings.Join(all, " and a ")
}

func (r *sheetReader) head(cells []string) {
	r.months = make([]time.Time, len(cells))
	for i, text := range cells[len(r.keys):] {
		column := len(r.keys) + i
		m, ok := sheetMonth(strings.TrimSpace(text))
		switch {
		case !ok:
			r.wrong("Line 1, column %d: “%.40s” is not a month such as 2027-01 or Jan 2027.", column+1, text)
		case r.seen[m.String()]:
			r.wrong("Line 1, column %d: %s stands there twice.", column+1, m.Format("2006-01"))
		}
		r.seen[m.String()] = true
		r.months[column] = m
	}
}

func (r *sheetReader) line(n int, row []string) {
	var ids, names []string
	for i, k := range r.keys {
		name := ""
		if i < len(row) {
			name = strings.TrimSpace(row[i])
		}
		id, ok := k.Find(name)
		if !ok {
			r.wrong("Line %d: “%.60s” is no %s, or not the only one of that name: write its id.", n, name, k.Noun)
			return
		}
		ids, names = append(ids, id), append(names, name)
	}
	key := strings.Join(ids, "\x00")
	switch {
	case r.seen[key]:
		r.wrong("Line %d: %s stands there twice.", n, strings.Join(names, ", "))
	case len(row) > len(r.months):
		r.wrong("Line %d has %d cells, the first line %d.", n, len(row), len(r.months))
	}
	r.seen[key] = true
	for i := len(r.keys); i < min(len(row), len(r.months)); i++ {
		text := strings.TrimSpace(row[i])
		if text == "" {
			continue
		}
		v, words := Field{Kind: Number}.number(text)
		number, _ := v.(float64)
		switch {
		case words != "":
			r.wrong("Line %d, column %d: %s", n, i+1, words)
		case number < r.least:
			r.wrong("Line %d, column %d: “%.40s” is less than %g.", n, i+1, text, r.least)
		default:
			r.cells = append(r.cells, SheetCell{ids, r.months[i], number})
		}
	}
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
