package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A writer writes the rows of one format.
type writer interface {
	write(cells []cell) error
	close() error
}

// A folder is where the files go.
type folder struct {
	ctx      context.Context
	dir      string
	progress func(string)
}

// A file is one file of a feed. Its first error stops it; close reports it.
type file struct {
	folder *folder
	name   string
	w      writer
	width  int
	rows   int
	err    error
}

// create opens the file of feed f, or the one that * stands for in its path.
func (d *folder) create(f feed, star string) *file {
	name := strings.Replace(f.path, "*", star, 1)
	out := &file{folder: d, name: name}
	d.progress(name)
	path := filepath.Join(d.dir, filepath.FromSlash(name))
	if out.err = os.MkdirAll(filepath.Dir(path), 0o755); out.err != nil {
		return out
	}
	var columns []*column
	for _, c := range f.fields {
		if c.written() {
			columns = append(columns, newColumn(f, c))
		}
	}
	out.width = len(columns)
	switch filepath.Ext(name) {
	case ".csv":
		out.w, out.err = newCSV(path, f, columns)
	case ".jsonl":
		out.w, out.err = newJSONLines(path, columns)
	case ".xlsx":
		out.w, out.err = newSheet(path, f, columns)
	case ".parquet":
		out.w, out.err = newParquet(path, columns)
	default:
		out.err = fmt.Errorf("%s: no writer for this format", name)
	}
	return out
}

// add writes one row.
func (f *file) add(cells ...cell) {
	if f.err != nil {
		return
	}
	if len(cells) != f.width {
		f.err = fmt.Errorf("row %d: %d values for %d columns", f.rows+1, len(cells), f.width)
		return
	}
	if f.rows%4096 == 0 {
		if f.err = f.folder.ctx.Err(); f.err != nil {
			return
		}
	}
	f.rows++
	f.err = f.w.write(cells)
}

// close ends the file and reports the first error of all its rows.
func (f *file) close() error {
	if f.w != nil {
		if err := f.w.close(); f.err == nil {
			f.err = err
		}
	}
	if f.err != nil {
		return fmt.Errorf("write %s: %w", f.name, f.err)
	}
	return nil
}

// closeAll closes files and returns the first error.
func closeAll(files ...*file) error {
	var first error
	for _, f := range files {
		if err := f.close(); first == nil {
			first = err
		}
	}
	return first
}
