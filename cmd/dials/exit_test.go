package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The exit code tells a script what happened: 0 done, 1 findings, 2 failed.
func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("bad.toml", "[server]\nlisen = 1\n")
	missing := write("missing.toml", `[[source]]
name = "hris"
kind = "file"
[[source.stream]]
name = "people"
target = "employment"
delivery = "history"
[source.stream.options]
path = "nothing.csv"
`)
	for _, tt := range []struct {
		name string
		args []string
		want int
	}{
		{"help", []string{"--help"}, exitDone},
		{"command help", []string{"check", "--help"}, exitDone},
		{"unknown command", []string{"synk"}, exitFailed},
		{"unknown flag", []string{"version", "--loud"}, exitFailed},
		{"config with a mistake, checked", []string{"check", "--config", bad}, exitFindings},
		{"config with a mistake, used", []string{"sync", "--config", bad}, exitFailed},
		{"no config", []string{"check", "--config", filepath.Join(dir, "none.toml")}, exitFailed},
		{"source that is not there, checked", []string{"check", "--config", missing}, exitFindings},
		{"source that is not there, synced", []string{"sync", "--config", missing}, exitFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if got := run(t.Context(), tt.args, &stdout, &stderr); got != tt.want {
				t.Errorf("run(%q) = %d, want %d\n%s%s", tt.args, got, tt.want, stdout.String(), stderr.String())
			}
		})
	}
}
