package gusto_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"testing"

	"dials/ingest/ingesttest"
)

// What is asked is what Gusto's own OpenAPI file allows, and its examples are read.
// Prism gives the same example for every page: a proxy ends the lists.
func TestPrism(t *testing.T) {
	spec := ingesttest.Prism(t, "../../..", "gusto-new.yaml")
	proxy := &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(spec) },
		ModifyResponse: ingesttest.Refused(t), //nolint:bodyclose // the proxy closes it
	}
	var mu sync.Mutex
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.URL.Path)
		mu.Unlock()
		switch {
		case strings.HasPrefix(r.URL.Path, "/oauth"):
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(object{"access_token": "access", "expires_in": 1800})
		case r.URL.Query().Get("page") != "1":
			w.Header().Set("Content-Type", "application/json")
			if strings.Count(r.URL.Path, "/") > 4 {
				fmt.Fprint(w, `{"employee_compensations":[]}`)
				return
			}
			fmt.Fprint(w, `[]`)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	s := newSite(t, nil)
	// Its examples of payrolls are texts where numbers should be, so that these are not
	// loaded: what is asked is what counts.
	reports, err := s.Run(config(srv.URL, "from = \"2026-01-01\""), false)
	if r := reports["employees"]; r.Err != nil || r.Read == 0 {
		t.Errorf("employees: %s: %v", ingesttest.Counts(r), r.Err)
	}
	t.Log(err)
	for _, path := range []string{"/v1/companies/c1/employees", "/v1/companies/c1/payrolls", "/v1/companies/c1/payrolls/"} {
		if !slices.ContainsFunc(asked, func(p string) bool { return strings.HasPrefix(p, path) }) {
			t.Errorf("%s was not asked", path)
		}
	}
}
