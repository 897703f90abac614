package http_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"dials/ingest"
	connector "dials/ingest/connectors/http"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

// Every preset is read like any other configuration, and reads the shape that its
// vendor documents: each record, with the credentials and parameters that it wants.
func TestPresets(t *testing.T) {
	paths, err := filepath.Glob("../presets/*.toml")
	if err != nil || len(paths) < 10 {
		t.Fatal(paths, err)
	}
	rows := map[string]int64{"personio": 2, "culture_amp": 1, "leapsome": 1, "talentlms": 1}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".toml")
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			fixture, err := os.ReadFile(filepath.Join("testdata", "presets", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			s := ingesttest.NewService(t, "http", connector.New)
			copied := filepath.Join(t.TempDir(), "exchanges.json")
			if err := os.WriteFile(copied, fixture, 0o600); err != nil {
				t.Fatal(err)
			}
			f := faulttest.Replay(t, copied)
			config := regexp.MustCompile(`(?m)^(base_url|token_url) = "https://[^/"]+`).ReplaceAllString(string(text), `$1 = "`+f.URL)
			config = regexp.MustCompile(`rate_per_second = .*`).ReplaceAllString(config, "")
			for _, env := range regexp.MustCompile(`_env = "([A-Z_]+)"`).FindAllStringSubmatch(config, -1) {
				t.Setenv(env[1], "secret-value")
			}
			src, err := s.Open(config)
			if err != nil {
				t.Fatal(err)
			}
			reports, err := ingest.Run(t.Context(), s.W, src, ingest.RunOptions{})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range reports {
				want := rows[name]
				if want == 0 || r.Stream == "manager_reviews" || r.Stream == "enrolments" {
					want = 2
				}
				if r.Inserted != want || r.Rejected != 0 {
					t.Errorf("%s: %s, want %d rows: %q", r.Stream, ingesttest.Counts(r), want, r.Warnings)
				}
			}
			for name, n := range f.Asked() {
				if n == 0 {
					t.Errorf("%s was never asked", name)
				}
			}
			if !regexp.MustCompile(`(?m)^# Tested: built to the docs, not against the vendor$`).Match(text) {
				t.Error("it does not say how far it is tested")
			}
		})
	}
}

// No preset has a key that no connector knows.
func TestPresetsKnowTheirKeys(t *testing.T) {
	s := ingesttest.NewService(t, "http", connector.New)
	paths, err := filepath.Glob("../presets/*.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		var file struct {
			Source []*ingest.Source `toml:"source"`
		}
		if _, err := toml.DecodeFile(path, &file); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Open(string(text)); err != nil {
			t.Error(fmt.Errorf("%s: %w", path, err))
		}
	}
}
