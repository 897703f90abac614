package queries

import (
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/BurntSushi/toml"
)

//go:embed extracts.toml
var extractsTOML string

// An Extract is a dataset that may leave as a file. Its rows are those of the
// query extract_<name>, which passes the gate like any other.
type Extract struct {
	Name    string          `toml:"name"`
	Title   string          `toml:"title"`
	Grain   string          `toml:"grain"` // what a row is
	Owner   string          `toml:"owner"` // who answers for it
	Key     []string        `toml:"key"`   // columns that no two rows share
	Filters []string        `toml:"filters"`
	Pages   []string        `toml:"pages"` // that show the same numbers
	Columns []ExtractColumn `toml:"columns"`

	Class Class `toml:"-"`
	Topic Topic `toml:"-"`

	byUnit bool // can be cut to a unit
}

// An ExtractColumn is a column of an extract.
type ExtractColumn struct {
	Name string `toml:"name"`
	Says string `toml:"says"`
	Unit string `toml:"unit"` // of measure; "" has none
	Type string `toml:"-"`    // in Arrow's words, once asked for
}

// Column returns the column called name.
func (e *Extract) Column(name string) (ExtractColumn, bool) {
	i := slices.IndexFunc(e.Columns, func(c ExtractColumn) bool { return c.Name == name })
	if i < 0 {
		return ExtractColumn{}, false
	}
	return e.Columns[i], true
}

// Choices lists the parameters with which less of the extract can be asked for.
func (e *Extract) Choices() []string {
	choices := []string{"columns"}
	if e.byUnit {
		choices = append(choices, "unit", "org")
	}
	return append(choices, e.Filters...)
}

// Extracts lists the catalogue in the order of the file; the first is small.
func Extracts() ([]Extract, error) { return parseExtracts(extractsTOML, files) }

func parseExtracts(text string, files fs.FS) ([]Extract, error) {
	var file struct {
		Extracts []Extract `toml:"extract"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return nil, fmt.Errorf("extracts: %w", err)
	}
	var wrong []error
	for _, key := range meta.Undecoded() {
		wrong = append(wrong, fmt.Errorf("extracts: unknown key %s", key))
	}
	seen := map[string]bool{}
	for i := range file.Extracts {
		e := &file.Extracts[i]
		if seen[e.Name] {
			wrong = append(wrong, fmt.Errorf("extracts: %s is there twice", e.Name))
		}
		seen[e.Name] = true
		if err := e.complete(files); err != nil {
			wrong = append(wrong, fmt.Errorf("extracts: extract %d, %q: %w", i+1, e.Name, err))
		}
	}
	return file.Extracts, errors.Join(wrong...)
}

// complete checks what is declared and takes the class from the query's header.
func (e *Extract) complete(files fs.FS) error {
	if !columnName.MatchString(e.Name) {
		return errors.New("its name is not like dial_monthly")
	}
	if e.Title == "" || e.Grain == "" || e.Owner == "" || len(e.Key) == 0 || len(e.Columns) == 0 {
		return errors.New("it lacks a title, grain, owner, key or columns")
	}
	for _, f := range e.Filters {
		if _, err := extractFilter(f, ""); err != nil {
			return err
		}
	}
	seen := map[string]bool{}
	for _, c := range e.Columns {
		if !columnName.MatchString(c.Name) || c.Says == "" || seen[c.Name] {
			return fmt.Errorf("column %q has a bad name, is there twice or lacks its definition", c.Name)
		}
		seen[c.Name] = true
	}
	for _, k := range e.Key {
		if !seen[k] {
			return fmt.Errorf("key %q is not a column", k)
		}
	}
	src, err := fs.ReadFile(files, e.query()+".sql")
	if err != nil {
		return err
	}
	h, _, err := parseHeader(string(src))
	e.Class, e.Topic, e.byUnit = h.class, h.topic, h.scope == grantsScope || h.class == Person
	return err
}

func (e *Extract) query() string { return "extract_" + e.Name }
