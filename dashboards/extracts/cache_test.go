package extracts

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// However small they are, only so many files are kept open.
func TestCacheKeepsFew(t *testing.T) {
	dir := t.TempDir()
	c := newCache(dir, 1<<30)
	for i := range mostKept + 20 {
		sp := c.open(fmt.Sprint("k", i), func(_ context.Context, sp *spool) error {
			_, err := sp.Write([]byte("small"))
			return err
		})
		sp.release()
		c.work.Wait()
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != mostKept || len(c.kept) != mostKept {
		t.Errorf("%d files and %d spools are kept, want %d (%v)", len(files), len(c.kept), mostKept, err)
	}
	if c.kept["k0"] != nil || c.kept[fmt.Sprint("k", mostKept+19)] == nil {
		t.Error("the last ones are not those that are kept")
	}
	if err := c.close(); err != nil {
		t.Error(err)
	}
}
