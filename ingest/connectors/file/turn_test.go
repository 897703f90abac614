package file

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dials/ingest"
)

// A row becomes a field and a column a record; what holds nothing is left out.
func TestTurned(t *testing.T) {
	var all turned
	for _, row := range [][]string{{"Level", "1", "2", ""}, {"", "x"}, {"Name ", " Follow", "Assist"}, {"Note", "", "of\nboth", ""}} {
		if err := all.add(row); err != nil {
			t.Fatal(err)
		}
	}
	got := map[string][]string{}
	err := all.emit(&ingest.File{}, func(b ingest.Batch) error {
		for i, f := range b.Records.Schema().Fields() {
			for row := range int(b.Records.NumRows()) {
				got[f.Name] = append(got[f.Name], b.Records.Column(i).ValueStr(row))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]string{"Level": {"1", "2"}, "Name": {"Follow", "Assist"}, "Note": {"(null)", "of\nboth"}}, got); diff != "" {
		t.Error(diff)
	}
	if err := (&turned{}).emit(&ingest.File{}, nil); err == nil {
		t.Error("a table without rows is taken")
	}
}
