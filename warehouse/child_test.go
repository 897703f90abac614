package warehouse

import (
	"fmt"
	"os"
	"testing"
)

// TestMain runs the tests, or, in a process that a test started to kill it, that
// test's child.
func TestMain(m *testing.M) {
	if name := os.Getenv("DIALS_TEST_CHILD"); name != "" {
		child := children(name)
		if child == nil {
			fmt.Fprintf(os.Stderr, "there is no child %q\n", name)
			os.Exit(2)
		}
		child()
		return
	}
	os.Exit(m.Run())
}

// children returns what a child process of that name does.
func children(name string) func() {
	switch name {
	case "hold":
		return holdWarehouse
	case "migrate":
		return migrateEndlessly
	case "write":
		return writeBatches
	}
	return nil
}
