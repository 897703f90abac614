package file

import (
	"context"
	"errors"
	"fmt"
	"os"

	"dials/ingest"
)

// puller emits one file.
type puller struct {
	stream   ingest.Stream
	options  options
	emit     func(ingest.Batch) error
	found    found
	file     ingest.File // as it is announced
	path     string      // where its bytes are, as UTF-8 if it is text
	warnings []string
}

// pull announces the file and emits what it holds. errBusy is returned for a file
// that somebody is writing.
func (p *puller) pull(ctx context.Context) error {
	f := p.found
	if unfinished(f.path) || !f.same() {
		return errBusy
	}
	sum, size, err := hash(ctx, f.abs)
	if err != nil {
		return err
	}
	if !f.same() {
		return errBusy
	}
	p.path = f.abs
	p.file = ingest.File{Path: f.path, Local: f.abs, SHA256: sum, Size: size, ModifiedAt: f.info.ModTime(), AsOf: f.asOf, Records: -1}
	if err := p.emit(ingest.Batch{File: &p.file}); err != nil {
		return skipped(err)
	}
	if size == 0 {
		return fmt.Errorf("%s: it is empty: not even a header", f.path)
	}
	if err := p.read(ctx); err != nil && !errors.Is(err, ingest.SkipFile) {
		return err
	}
	if !f.same() {
		return fmt.Errorf("%s: it changed while it was read", f.path)
	}
	return nil
}

// skipped takes SkipFile for the good news that it is.
func skipped(err error) error {
	if errors.Is(err, ingest.SkipFile) {
		return nil
	}
	return err
}

// read reads the file by its format.
func (p *puller) read(ctx context.Context) error {
	format := p.options.Format
	if format == "" {
		format = formatOf(p.found.path)
	}
	// What emit returns names the file already.
	var err error
	switch format {
	case "parquet":
		f := p.file
		f.Format = "parquet"
		return p.emit(ingest.Batch{File: &f})
	case "xlsx":
		err = p.readXLSX(ctx)
	default:
		copied, e := utf8Copy(p.path, p.options.Encoding, p.stream.Scratch)
		if e != nil {
			return p.named(e)
		}
		if copied != "" {
			defer os.Remove(copied)
			p.path = copied
		}
		switch format {
		case "csv", "tsv":
			err = p.readCSV(ctx, format)
		case "json":
			err = p.readJSON(ctx)
		case "jsonl":
			err = p.readLines(ctx, p.path, true)
		}
	}
	return err
}

// named says which file an error is about.
func (p *puller) named(err error) error {
	return fmt.Errorf("%s: %w", p.found.path, err)
}
