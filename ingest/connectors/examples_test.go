package connectors_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"dials/ingest"
	"dials/ingest/connectors"
)

// Every kind and every preset has an example that is read like any other
// configuration, without a key that nobody knows, and says how far it is tested.
func TestExamples(t *testing.T) {
	examples, err := connectors.Examples()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range examples {
		t.Run(e.Name, func(t *testing.T) {
			var file struct {
				Source []*ingest.Source `toml:"source"`
			}
			md, err := toml.Decode(e.Block, &file)
			if err != nil || len(file.Source) == 0 {
				t.Fatalf("%v in\n%s", err, e.Block)
			}
			for _, s := range file.Source {
				if !e.Preset && s.Kind != e.Name {
					continue
				}
				if err := s.Open(md.PrimitiveDecode, ingest.Env{Dir: t.TempDir(), State: t.TempDir()}, connectors.All()); err != nil {
					t.Error(err)
				}
			}
			if keys := md.Undecoded(); len(keys) > 0 {
				t.Error(fmt.Errorf("unknown keys %v", keys))
			}
			if e.Reads == "" || e.Tested == "" || strings.Contains(e.Tested, "README") {
				t.Errorf("it reads %q and is tested %q", e.Reads, e.Tested)
			}
		})
	}
}
