package connectors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dials/ingest/connectors"
	"dials/ingest/ingesttest"
	"dials/warehouse"
)

// Every canonical stream is filled by at least one connector: kind file fills each of
// them, every column, from a table with the stream's own column names.
func TestEveryStreamIsFilled(t *testing.T) {
	streams, err := warehouse.Streams()
	if err != nil {
		t.Fatal(err)
	}
	s := ingesttest.New(t, connectors.All())
	config := "[[source]]\nname = \"tables\"\nkind = \"file\"\n"
	for _, st := range streams {
		var names, values []string
		cols := st.Columns
		if st.Dated {
			cols = append(cols, warehouse.Column{Name: "valid_from", Kind: warehouse.Date})
		}
		for _, c := range cols {
			names, values = append(names, c.Name), append(values, example(c))
		}
		text := strings.Join(names, ";") + "\n" + strings.Join(values, ";") + "\n"
		if err := os.WriteFile(filepath.Join(s.Dir, st.Name+".csv"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		config += "[[source.stream]]\nname = \"" + st.Name + "\"\ntarget = \"" + st.Name + "\"\ndelivery = \"delta\"\n[source.stream.options]\npath = \"" + st.Name + ".csv\"\ndelimiter = \";\"\n"
	}
	reports := s.Sync(config)
	for _, st := range streams {
		if r := reports[st.Name]; r.Inserted != 1 {
			t.Errorf("%s: %s %q", st.Name, ingesttest.Counts(r), r.Warnings)
		}
		for _, c := range st.Columns {
			if s.Query("select count(" + c.Name + ") from raw." + st.Name)[0] != "1" {
				t.Errorf("%s.%s is empty", st.Name, c.Name)
			}
		}
	}
}

// example is a value of a column.
func example(c warehouse.Column) string {
	switch c.Kind {
	case warehouse.Integer, warehouse.Number, warehouse.Decimal:
		return "1"
	case warehouse.Date:
		return "2026-01-02"
	case warehouse.Instant:
		return "2026-01-02T03:04:05Z"
	case warehouse.Boolean:
		return "true"
	case warehouse.JSON:
		return "{}"
	case warehouse.OneOf:
		return c.OneOf[0]
	}
	return "x1"
}
