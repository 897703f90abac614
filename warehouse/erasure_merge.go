package warehouse

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErasedPath is the folder of who was erased from the warehouse at path.
func ErasedPath(path string) string { return path + ".erased" }

// MergeErasures adds the list of who was erased in the folder from to that in the
// folder into, which it creates if need be: a warehouse that is put back must forget
// whom either of them names. Both must have the same key.
func MergeErasures(from, into string) error {
	theirs, err := readErasures(from)
	if err != nil || theirs.key == nil {
		return err
	}
	ours, err := readErasures(into)
	if err != nil {
		return err
	}
	if ours.key == nil {
		if err := os.MkdirAll(into, 0o700); err != nil {
			return err
		}
		// The list goes first: a key alone would be taken for an empty list.
		return errors.Join(
			writeDurably(filepath.Join(into, erasureList), os.O_CREATE|os.O_TRUNC, theirs.list),
			writeDurably(filepath.Join(into, erasureKey), os.O_CREATE|os.O_TRUNC, theirs.key),
		)
	}
	if !bytes.Equal(theirs.key, ours.key) {
		return fmt.Errorf("%s and %s have different keys: the list of who was erased cannot be put together; keep the folder of the warehouse that was used last", from, into)
	}
	known := map[string]bool{}
	for line := range bytes.Lines(ours.list) {
		known[string(line)] = true
	}
	var missing bytes.Buffer
	for line := range bytes.Lines(theirs.list) {
		if bytes.HasSuffix(line, []byte("\n")) && !known[string(line)] {
			missing.Write(line)
		}
	}
	if missing.Len() == 0 {
		return nil
	}
	return writeDurably(filepath.Join(into, erasureList), os.O_CREATE|os.O_APPEND, missing.Bytes())
}

// An erasureFolder is the two files of a folder as they are; without a key there was
// never an erasure.
type erasureFolder struct{ key, list []byte }

func readErasures(dir string) (erasureFolder, error) {
	var f erasureFolder
	key, err := os.ReadFile(filepath.Join(dir, erasureKey))
	if errors.Is(err, os.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	list, err := os.ReadFile(filepath.Join(dir, erasureList))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return f, err
	}
	whole := bytes.LastIndexByte(list, '\n') + 1
	return erasureFolder{key, list[:whole]}, nil
}
