package ingesttest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"dials/ingest"
	"dials/ingest/web/faulttest"
)

// Serve answers with a handler until the test ends.
func Serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// Signed is [New] with environment variables set, given as NAME=value.
func Signed(t testing.TB, kinds map[string]ingest.New, env ...string) *Site {
	t.Helper()
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	return New(t, kinds)
}

// Payroll are the streams of a payroll service: each run replaces its lines.
const Payroll = `
[[source.stream]]
name = "employees"
target = "account"
delivery = "delta"
[[source.stream]]
name = "runs"
target = "payroll_run"
delivery = "delta"
[[source.stream]]
name = "lines"
target = "payroll_line"
delivery = "delta"
replace_within = "payroll_run_id"
`

// A Fault is what a service answers, the last step for ever, and what the error that
// comes of it says.
type Fault struct {
	Name  string
	Steps []faulttest.Step
	Want  []string
}

// Faults runs a source against each fault, with the site and the configuration that
// begin returns. Nothing is loaded, and no error holds one of the secrets.
func Faults(t *testing.T, secrets []string, faults []Fault, begin func(t *testing.T, f Fault) (*Site, string)) {
	t.Helper()
	for _, f := range faults {
		t.Run(f.Name, func(t *testing.T) {
			s, config := begin(t, f)
			_, err := s.Run(config, false)
			Failed(t, err, f.Want...)
			for _, secret := range secrets {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error holds a secret: %v", err)
				}
			}
			s.Same("runs that loaded", []string{"0"}, "select count(*) from meta.run where status = 'ok' and stream in (select min_by(stream, run_id) from meta.run)")
		})
	}
}
