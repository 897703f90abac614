package ingesttest

import (
	"strings"
	"testing"
	"time"

	"dials/ingest"
)

// Secret is what the environment variables of a [Service] hold: no error may.
const Secret = "dials-secret-token"

// A Service is a site into which sources of one kind are read that are asked over the
// network. A source stays open between its runs, as it does in a server.
type Service struct {
	*Site
	open map[string]*ingest.Source
}

// NewService returns a service's site, at 08:00 UTC on 22 November 2026, and sets
// environment variables to [Secret].
func NewService(t testing.TB, kind string, build ingest.New, env ...string) *Service {
	t.Helper()
	for _, name := range env {
		t.Setenv(name, Secret)
	}
	s := &Service{Site: New(t, map[string]ingest.New{kind: build}), open: map[string]*ingest.Source{}}
	s.Now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	return s
}

// run runs a source: a day after the last time or, in full, at the same time.
func (s *Service) run(config string, full bool) []ingest.StreamReport {
	s.T.Helper()
	if !full {
		s.Now = s.Now.Add(24 * time.Hour)
	}
	src, ok := s.open[config]
	if !ok {
		var err error
		if src, err = s.Open(config); err != nil {
			s.T.Fatal(err)
		}
		s.open[config] = src
	}
	reports, err := ingest.Run(s.T.Context(), s.W, src, ingest.RunOptions{Full: full, Clock: s.Clock})
	if len(reports) == 0 {
		s.T.Fatal(err)
	}
	return reports
}

// Check runs a source and compares what it did, stream by stream, as [Counts] has it.
// It returns the warnings of all, one a line.
func (s *Service) Check(config string, want ...string) string {
	s.T.Helper()
	return s.compare(s.run(config, false), want)
}

// CheckFull is [Service.Check] of a full run.
func (s *Service) CheckFull(config string, want ...string) string {
	s.T.Helper()
	return s.compare(s.run(config, true), want)
}

// Try runs a source, and returns what its first stream failed with.
func (s *Service) Try(config string, full bool) error {
	s.T.Helper()
	return s.run(config, full)[0].Err
}

func (s *Service) compare(reports []ingest.StreamReport, want []string) string {
	s.T.Helper()
	var warnings []string
	for i, r := range reports {
		if r.Err != nil {
			s.T.Fatal(r.Err)
		}
		if got := Counts(r); i >= len(want) || got != want[i] {
			s.T.Errorf("%s: %s\n     want %q\n     warnings %q", r.Stream, got, want, r.Warnings)
		}
		warnings = append(warnings, r.Warnings...)
	}
	return strings.Join(warnings, "\n")
}

// Fails runs a source whose first stream must fail with words, and without the secret.
func (s *Service) Fails(config, words string) {
	s.T.Helper()
	err := s.run(config, false)[0].Err
	Failed(s.T, err, words)
	if err != nil && strings.Contains(err.Error(), Secret) {
		s.T.Errorf("error %v holds the secret", err)
	}
	for _, run := range s.Query("select * from meta.run") {
		if strings.Contains(run, Secret) {
			s.T.Errorf("the log of runs holds the secret: %s", run)
		}
	}
}

// Refuses opens a configuration that must be refused with all of these words.
func (s *Service) Refuses(config string, words ...string) {
	s.T.Helper()
	_, err := s.Open(config)
	Failed(s.T, err, words...)
}
