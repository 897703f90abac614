package queries

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestDefinitions(t *testing.T) {
	all, err := Definitions()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, d := range all {
		known[d.ID] = true
		for _, table := range d.Tables {
			if _, err := os.Stat(filepath.Join("..", "warehouse", "models", strings.ReplaceAll(table, ".", "/")+".sql")); err != nil {
				t.Errorf("%s: %s is no model", d.ID, table)
			}
		}
	}
	// Every number that a page links to is defined.
	link := regexp.MustCompile("definition\\(\"([^\"]+)\"\\)|/definitions/([a-z-]+)[\"`#]")
	err = filepath.WalkDir(filepath.Join("..", "dashboards"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(string(src), -1) {
			if id := found[1] + found[2]; !known[id] {
				t.Errorf("%s links to /definitions/%s, which is not defined", path, id)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestBadDefinitions(t *testing.T) {
	const good = "[[definition]]\nid = \"a\"\nname = \"A\"\nsays = \"a\"\nformula = \"a\"\ntables = [\"marts.a\"]\npages = [\"/a\"]\nversion = 1\n"
	if _, err := parseDefinitions(good); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"x =":                                      "definitions: toml",
		good + "colour = \"red\"":                  "unknown key definition.colour",
		good + good:                                "a is there twice",
		"[[definition]]\nid = \"A b\"":             "is not like plan-to-date",
		strings.Replace(good, "says", "mind", 1):   "lacks",
		strings.Replace(good, "= 1\n", "= 0\n", 1): "lacks",
	} {
		if _, err := parseDefinitions(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", text, err, want)
		}
	}
}
