package connectors

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed */README.md presets/*.toml presets/frameworks/*.toml
var texts embed.FS

// An Example is a commented block of config.toml for one kind of source, or for one
// service by a preset.
type Example struct {
	Name   string // the kind, or the preset's name
	Preset bool
	Kind   string // of a preset
	Reads  string // what it reads, in a few words
	Tested string // how far
	Block  string
}

// Examples lists every kind, then every preset, by name. A kind's example is the first
// block of its README.
func Examples() ([]Example, error) {
	var out []Example
	for _, kind := range slices.Sorted(maps.Keys(All())) {
		text, err := fs.ReadFile(texts, path.Join(kind, "README.md"))
		if err != nil {
			return nil, fmt.Errorf("connector %s has no README: %w", kind, err)
		}
		e := Example{Name: kind}
		title, body, _ := strings.Cut(string(text), "\n")
		_, e.Reads, _ = strings.Cut(title, ": ")
		e.Tested = marked(body, "Tested: ")
		_, block, _ := strings.Cut(body, "```toml\n")
		e.Block, _, _ = strings.Cut(block, "```")
		out = append(out, e)
	}
	presets, err := fs.Glob(texts, "presets/*.toml")
	if err != nil {
		return nil, err
	}
	frameworks, err := fs.Glob(texts, "presets/frameworks/*.toml")
	if err != nil {
		return nil, err
	}
	for _, p := range slices.Concat(presets, frameworks) {
		text, err := fs.ReadFile(texts, p)
		if err != nil {
			return nil, err
		}
		title, _, _ := strings.Cut(string(text), "\n")
		out = append(out, Example{
			Name: strings.TrimSuffix(path.Base(p), ".toml"), Preset: true, Kind: presetKind(p), Reads: strings.TrimPrefix(title, "# "),
			Tested: marked(string(text), "# Tested: "), Block: string(text),
		})
	}
	return out, nil
}

// presetKind is the kind of source that a preset is of.
func presetKind(p string) string {
	if strings.HasPrefix(p, "presets/frameworks/") {
		return "file"
	}
	return "http"
}

// marked is the rest of the first line that begins with a mark.
func marked(text, mark string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "see its README"
}
