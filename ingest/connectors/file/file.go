// Package file reads tables from files: CSV and TSV, JSON, JSON Lines, Parquet and
// XLSX, one stream for each path or glob.
//
// Large files are read by DuckDB itself, after one look at their bytes has shown that
// they are plain: UTF-8, with closed quotes. What is not plain, and XLSX, crosses as
// Arrow records that this package reads one by one.
package file

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"dials/ingest"
)

// options are the keys of [source.stream.options].
type options struct {
	Path      string `toml:"path"`       // a file or a glob, relative to config.toml
	Format    string `toml:"format"`     // csv, tsv, json, jsonl, parquet or xlsx; by the name's end
	Delimiter string `toml:"delimiter"`  // of csv; found out if absent
	Quote     string `toml:"quote"`      // of csv; ", or "none"
	Encoding  string `toml:"encoding"`   // utf-8, utf-16, latin-1 and their kin
	Sheet     string `toml:"sheet"`      // of xlsx; the first
	HeaderRow int    `toml:"header_row"` // of csv and xlsx; the first that is not empty
	Records   string `toml:"records"`    // of json: dotted path of the list of records
	Decimal   string `toml:"decimal"`    // "." or ","
	Null      texts  `toml:"null"`       // values that mean no value
	Date      texts  `toml:"date_format"`
	AsOf      struct {
		File   string `toml:"file"`   // file name with %Y, %m and %d
		Column string `toml:"column"` // source column
	} `toml:"as_of"`
	IfMissing string `toml:"if_missing"` // error, or skip: no file is no news
	Pivot     pivot  `toml:"pivot"`      // of csv: lines that differ in one column become one record
	Wide      wide   `toml:"wide"`       // of csv and xlsx: each cell beside the keys becomes a record
	Turn      bool   `toml:"turn"`       // of csv and xlsx: the first column names the fields, every other is a record
}

// texts is one text or a list of them.
type texts []string

// UnmarshalTOML reads texts.
func (t *texts) UnmarshalTOML(data any) error {
	list, ok := data.([]any)
	if !ok {
		list = []any{data}
	}
	for _, v := range list {
		s, ok := v.(string)
		if !ok {
			return fmt.Errorf("%v is neither a text nor a list of texts", data)
		}
		*t = append(*t, s)
	}
	return nil
}

type connector struct {
	config  ingest.Config
	streams []ingest.Stream
	options map[string]options // by stream
	asOf    map[string]asOfName
}

// New returns a connector for the files of a source.
func New(c ingest.Config) (ingest.Connector, error) {
	out := &connector{config: c, options: map[string]options{}, asOf: map[string]asOfName{}}
	var errs []error
	var none struct{}
	if err := c.Options(&none); err != nil {
		errs = append(errs, err)
	}
	for _, s := range c.Streams {
		var o options
		if err := s.Options(&o); err != nil {
			errs = append(errs, fmt.Errorf("stream %q: %w", s.Name, err))
			continue
		}
		pattern, problems := o.check()
		for _, err := range problems {
			errs = append(errs, fmt.Errorf("stream %q: options: %w", s.Name, err))
		}
		reads, err := json.Marshal(o)
		if err != nil {
			errs = append(errs, err)
		}
		out.options[s.Name], out.asOf[s.Name] = o, pattern
		out.streams = append(out.streams, ingest.Stream{
			Name: s.Name, Target: s.Target, AsOfColumn: o.AsOf.Column, Reads: string(reads),
			Writing: ingest.Writing{Decimal: o.Decimal, Null: o.Null, Dates: o.Date},
		})
	}
	return out, errors.Join(errs...)
}

// check finds options that cannot be.
func (o *options) check() (pattern asOfName, errs []error) {
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	refuse(o.Path == "", "path is missing")
	if err := o.Pivot.check(o.Format); err != nil {
		errs = append(errs, err)
	}
	if err := o.Wide.check(cmp.Or(o.Format, formatOf(o.Path))); err != nil {
		errs = append(errs, err)
	}
	refuse(o.Wide.is() && (o.Turn || o.Pivot.By != ""), "wide goes with neither turn nor pivot")
	refuse(o.Turn && o.Pivot.By != "", "turn and pivot do not go together")
	refuse(o.Turn && o.Format != "" && o.Format != "csv" && o.Format != "tsv" && o.Format != "xlsx", "turn is for csv, tsv and xlsx, not for %s", o.Format)
	formats := []string{"", "csv", "tsv", "json", "jsonl", "parquet", "xlsx"}
	refuse(!slices.Contains(formats, o.Format), "format %q is not one of %s", o.Format, strings.Join(formats[1:], ", "))
	if o.Path != "" && slices.Contains(formats, o.Format) && o.Format == "" {
		refuse(formatOf(o.Path) == "" && !openEnded(o.Path), "path %q does not end like a known format: set format to one of %s", o.Path, strings.Join(formats[1:], ", "))
	}
	if _, err := filepath.Match(o.Path, ""); err != nil {
		refuse(true, "path %q is no glob: %v", o.Path, err)
	}
	refuse(len(o.Delimiter) > 1, "delimiter %q is not one byte", o.Delimiter)
	refuse(len(o.Quote) > 1 && o.Quote != "none", "quote %q is not one byte, or none", o.Quote)
	refuse(o.Delimiter != "" && (o.Delimiter == o.Quote || strings.ContainsAny(o.Delimiter, "\n\r\x00")), "delimiter %q cannot be one", o.Delimiter)
	_, known := encodings()[o.Encoding]
	refuse(!known, "encoding %q is not one of utf-8, utf-16, utf-16le, utf-16be, latin-1, windows-1252", o.Encoding)
	refuse(o.HeaderRow < 0, "header_row is negative")
	refuse(o.Decimal != "" && o.Decimal != "." && o.Decimal != ",", `decimal %q is neither "." nor ","`, o.Decimal)
	refuse(o.AsOf.File != "" && o.AsOf.Column != "", "as_of has both file and column")
	refuse(o.IfMissing != "" && o.IfMissing != "error" && o.IfMissing != "skip", "if_missing %q is not error or skip", o.IfMissing)
	if o.AsOf.File != "" {
		var err error
		if pattern, err = parseAsOf(o.AsOf.File); err != nil {
			errs = append(errs, fmt.Errorf("as_of: %w", err))
		}
	}
	return pattern, errs
}

// openEnded says whether a path is a glob that leaves the ending of names open, as
// drop/* does: each file's own name then says its format.
func openEnded(path string) bool {
	ending := filepath.Ext(path)
	return strings.ContainsAny(ending, "*?[") || ending == "" && strings.ContainsAny(filepath.Base(path), "*?[")
}

// formatOf is the format that a path's end stands for.
func formatOf(path string) string {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".csv", ".txt":
		return "csv"
	case ".tsv", ".tab":
		return "tsv"
	case ".json":
		return "json"
	case ".jsonl", ".ndjson":
		return "jsonl"
	case ".parquet", ".pq":
		return "parquet"
	case ".xlsx", ".xlsm":
		return "xlsx"
	}
	return ""
}

// Streams lists the streams as config.toml has them.
func (c *connector) Streams() []ingest.Stream { return c.streams }

// Folders are the folders that files are read from.
func (c *connector) Folders() []string {
	var out []string
	for _, s := range c.streams {
		dir := filepath.Dir(c.abs(c.options[s.Name].Path))
		for strings.ContainsAny(dir, "*?[") {
			dir = filepath.Dir(dir)
		}
		if !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

func (c *connector) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	dir, err := filepath.Abs(c.config.Dir)
	if err != nil {
		dir = c.config.Dir
	}
	return filepath.Join(dir, path)
}

// Pull emits the files that the stream's path matches, oldest as-of date first.
func (c *connector) Pull(ctx context.Context, stream ingest.Stream, _ string, emit func(ingest.Batch) error) (ingest.Result, error) {
	result := ingest.Result{Complete: true, SourceTotal: -1}
	o := c.options[stream.Name]
	found, err := c.find(ctx, o, c.asOf[stream.Name])
	if err != nil {
		if o.IfMissing == "skip" && errors.Is(err, errNoFile) {
			return ingest.Result{SourceTotal: -1}, nil
		}
		return result, err
	}
	for _, f := range found {
		p := &puller{stream: stream, options: o, emit: emit, found: f}
		switch err := p.pull(ctx); {
		case errors.Is(err, errBusy):
			result.Complete = false
			result.Warnings = append(result.Warnings, f.path+" is still being written: it is left for the next run")
		case err != nil:
			return result, err
		}
		result.Warnings = append(result.Warnings, p.warnings...)
	}
	return result, nil
}
