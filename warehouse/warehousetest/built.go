// Package warehousetest opens warehouses for the tests of packages that read them.
package warehousetest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"dials/warehouse"
)

// image is the file of a warehouse that holds no data, whose models are built once.
var image = sync.OnceValues(func() (file []byte, err error) {
	dir, err := os.MkdirTemp("", "dials-empty-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "dials.duckdb")
	ctx := context.Background()
	w, err := warehouse.Open(ctx, warehouse.Options{Path: path})
	if err != nil {
		return nil, err
	}
	_, err = w.Build(ctx)
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Built opens a warehouse of the test's own that holds no data and whose models are built.
func Built(tb testing.TB, o warehouse.Options) *warehouse.Warehouse {
	tb.Helper()
	file, err := image()
	if err != nil {
		tb.Fatal(err)
	}
	o.Path = filepath.Join(tb.TempDir(), "dials.duckdb")
	if err := os.WriteFile(o.Path, file, 0o600); err != nil {
		tb.Fatal(err)
	}
	w, err := warehouse.Open(context.WithoutCancel(tb.Context()), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := w.Close(); err != nil {
			tb.Error(err)
		}
	})
	return w
}
