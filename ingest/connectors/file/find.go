package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

var (
	errNoFile = errors.New("no such file")
	errBusy   = errors.New("it is still being written")
)

// found is a file to read.
type found struct {
	path string // as the user knows it
	abs  string
	info fs.FileInfo
	asOf time.Time
}

// find lists the files that the path of o matches, by as-of date and name.
func (c *connector) find(ctx context.Context, o options, pattern asOfName) ([]found, error) {
	abs := c.abs(o.Path)
	paths := []string{abs}
	glob := strings.ContainsAny(o.Path, "*?[")
	if glob {
		var err error
		if paths, err = filepath.Glob(abs); err != nil {
			return nil, err
		}
	}
	var out []found
	for _, p := range paths {
		if glob && passedOver(filepath.Base(p)) {
			continue
		}
		f := found{path: c.shown(p), abs: p}
		var err error
		if f.info, err = os.Stat(p); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil, fmt.Errorf("%s: %w (path %q, looked in %s)", f.path, errNoFile, o.Path, filepath.Dir(p))
			}
			return nil, err
		}
		if f.info.IsDir() {
			if glob {
				continue
			}
			return nil, fmt.Errorf("%s is a folder: write a glob such as %q", f.path, filepath.ToSlash(filepath.Join(o.Path, "*.csv")))
		}
		if o.Format == "" && formatOf(p) == "" {
			return nil, fmt.Errorf("%s: its name does not end like a known format (csv, tsv, json, jsonl, parquet, xlsx): rename it, set format or take it away", f.path)
		}
		if pattern.expr != nil {
			if f.asOf, err = pattern.date(filepath.Base(p)); err != nil {
				return nil, fmt.Errorf("%s: %w", f.path, err)
			}
		}
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("path %q matches nothing: %w in %s", o.Path, errNoFile, filepath.Dir(abs))
	}
	slices.SortStableFunc(out, func(a, b found) int {
		if n := a.asOf.Compare(b.asOf); n != 0 {
			return n
		}
		return strings.Compare(a.path, b.path)
	})
	return out, c.settle(ctx, out)
}

// shown is a path as the user wrote it: relative to config.toml where it lies there.
func (c *connector) shown(abs string) string {
	dir, err := filepath.Abs(c.config.Dir)
	if err != nil {
		return filepath.ToSlash(abs)
	}
	rel, err := filepath.Rel(dir, abs)
	if err != nil || strings.HasPrefix(rel, "..") {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}

// passedOver says whether a glob does not mean a file: it is on its way, hidden, or
// what a program left behind.
func passedOver(name string) bool {
	return unfinished(name) || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~") ||
		strings.EqualFold(name, "Thumbs.db") || strings.EqualFold(name, "desktop.ini")
}

// unfinished says whether a name is that of a file on its way.
func unfinished(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".tmp", ".part", ".partial", ".crdownload", ".filepart":
		return true
	}
	return false
}

// settle waits until every file has been left alone for a while, and looks again.
func (c *connector) settle(ctx context.Context, files []found) error {
	var newest time.Time
	for _, f := range files {
		if f.info.ModTime().After(newest) {
			newest = f.info.ModTime()
		}
	}
	now := c.config.Clock()
	wait := newest.Add(c.config.Settle).Sub(now)
	if c.config.Settle <= 0 || wait <= 0 {
		return nil
	}
	timer := time.NewTimer(min(wait, c.config.Settle))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	return nil
}

// same says whether the file is as it was when it was found.
func (f found) same() bool {
	info, err := os.Stat(f.abs)
	return err == nil && info.Size() == f.info.Size() && info.ModTime().Equal(f.info.ModTime())
}
