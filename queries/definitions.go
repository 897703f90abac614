package queries

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"

	"github.com/BurntSushi/toml"
)

//go:embed definitions.toml
var definitionsTOML string

// A Definition says what a number means that is not a dial.
type Definition struct {
	ID      string   `toml:"id"`
	Name    string   `toml:"name"`
	Says    string   `toml:"says"`
	Formula string   `toml:"formula"`
	Detail  string   `toml:"detail"`
	Mind    string   `toml:"mind"`
	Tables  []string `toml:"tables"`
	Pages   []string `toml:"pages"`
	Version int      `toml:"version"`
}

// Definitions lists the numbers that are built in, in the order of the file.
func Definitions() ([]Definition, error) { return parseDefinitions(definitionsTOML) }

var definitionID = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

func parseDefinitions(text string) ([]Definition, error) {
	var file struct {
		Definitions []Definition `toml:"definition"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("definitions: %w", err)
	}
	var wrong []error
	for _, key := range meta.Undecoded() {
		wrong = append(wrong, fmt.Errorf("definitions: unknown key %s", key))
	}
	seen := map[string]bool{}
	for i, d := range file.Definitions {
		switch {
		case !definitionID.MatchString(d.ID):
			wrong = append(wrong, fmt.Errorf("definitions: number %d: id %q is not like plan-to-date", i+1, d.ID))
		case seen[d.ID]:
			wrong = append(wrong, fmt.Errorf("definitions: %s is there twice", d.ID))
		case d.Name == "" || d.Says == "" || d.Formula == "" || len(d.Tables) == 0 || len(d.Pages) == 0 || d.Version < 1:
			wrong = append(wrong, fmt.Errorf("definitions: %s lacks a name, what it says, formula, tables, pages or version", d.ID))
		}
		seen[d.ID] = true
	}
	return file.Definitions, errors.Join(wrong...)
}
