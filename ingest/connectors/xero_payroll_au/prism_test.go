package xero_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"regexp"
	"strings"
	"testing"

	"dials/ingest/ingesttest"
)

// What is asked is what Xero's own OpenAPI file allows, and its examples are read.
// Prism gives the same example for every page and id: a proxy ends the lists, and
// names the id that was asked for.
func TestPrism(t *testing.T) {
	spec := ingesttest.Prism(t, "../../..", "xero-au.yaml")
	ids := regexp.MustCompile(`"(PayRunID|PayslipID)":"[^"]*"`)
	refused := ingesttest.Refused(t) //nolint:bodyclose // the proxy closes it
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(spec)
			r.Out.URL.Path = strings.TrimPrefix(r.In.URL.Path, "/payroll.xro/1.0")
		},
		ModifyResponse: func(r *http.Response) error {
			_, id, one := strings.Cut(strings.TrimPrefix(r.Request.URL.Path, "/"), "/")
			if !one {
				return refused(r)
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			n := 0
			body = ids.ReplaceAllFunc(body, func(b []byte) []byte {
				if n++; n > 1 {
					return b
				}
				key, _, _ := bytes.Cut(b, []byte(":"))
				return fmt.Appendf(nil, "%s:%q", key, id)
			})
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Length", fmt.Sprint(len(body)))
			return refused(r)
		},
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch page := r.URL.Query().Get("page"); {
		case strings.HasPrefix(r.URL.Path, "/connect"):
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(object{"access_token": "access", "expires_in": 1800})
		case page != "" && page != "1":
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"Status":"OK","Employees":[],"PayRuns":[]}`)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	s := newSite(t, nil)
	s.Sync(config(srv.URL, ""))
	s.Same("accounts", []string{"2"}, "select count(*) from raw.account")
	s.Same("runs", []string{"5de420bb-4ad2-405c-beb1-2610bcc2144e|posted|2019-11-01|2019-11-07|2019-11-08"},
		"select payroll_run_id, status, period_start_date, period_end_date, pay_date from raw.payroll_run")
	s.Same("lines", []string{"base|0.0000|0.6", "base|1.8000|0.6", "base|5.4000|1.8", "deduction|4.0000|-"},
		"select element, amount, paid_hours from raw.payroll_line where payroll_line_id like 'c81e%' order by all")
}
