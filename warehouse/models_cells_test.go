package warehouse

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whatever counts people by an attribute of theirs is a declared table: its cells are a
// line of core.fct_cells, nothing else reads them but a mart that asks
// core.fct_cell_privacy too.
func TestPeopleAreCountedInCells(t *testing.T) {
	read := func(path string) string {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return regexp.MustCompile(`--[^\n]*`).ReplaceAllString(string(src), "")
	}
	declared := read("models/core/fct_cells.sql")
	tables, err := filepath.Glob("models/core/cells_*.sql")
	if err != nil || len(tables) == 0 {
		t.Fatal("there are no tables of people:", err)
	}
	for _, path := range tables {
		name := "core." + strings.TrimSuffix(filepath.Base(path), ".sql")
		if !regexp.MustCompile(regexp.QuoteMeta(name) + `\b`).MatchString(declared) {
			t.Errorf("%s is not in core.fct_cells: nothing hides its small groups", name)
		}
	}
	// A core model that asks what is hidden hands it on.
	asks := []string{"core.fct_cell_privacy"}
	models, err := filepath.Glob("models/core/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range models {
		if src := read(path); strings.Contains(src, "core.fct_cell_privacy") && strings.Contains(src, "is_hidden") {
			asks = append(asks, "core."+strings.TrimSuffix(filepath.Base(path), ".sql"))
		}
	}
	marts, err := filepath.Glob("models/marts/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	cells := regexp.MustCompile(`\bcore\.(cells_\w+|fct_cells)\b`)
	attribute := regexp.MustCompile(`(?m)^\s*(\w+\.)?(attribute|attribute_value),?$`)
	for _, path := range marts {
		src := read(path)
		if (cells.MatchString(src) || attribute.MatchString(src)) && !slices.ContainsFunc(asks, func(model string) bool { return strings.Contains(src, model) }) {
			t.Errorf("%s counts people by cells and does not ask core.fct_cell_privacy", path)
		}
	}
}
