package bamboohr_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strconv"
	"strings"
	"testing"

	"dials/ingest/connectors/bamboohr"
	"dials/ingest/ingesttest"
)

// What is asked is what BambooHR's own OpenAPI file allows. Its examples hold no ids
// that belong together, so that the answers are replaced by a company of two.
func TestPrism(t *testing.T) {
	spec := ingesttest.Prism(t, "../../..", "bamboohr-public.yaml")
	answers := map[string]string{
		"/api/v2/datasets/employee/data":           records(employee("1", ""), employee("2", "")),
		"/api/v1/employees/all/tables/jobInfo":     `[{"id":"1","employeeId":"1","date":"2020-01-01","jobTitle":"A","department":"S"}]`,
		"/api/v1/employees/changed":                `{"latest":"2026-11-23T20:00:00+00:00","employees":{"2":{"id":"2","action":"Updated"}}}`,
		"/api/v1/employees/changed/tables/jobInfo": `{"table":"jobInfo","employees":{"1":{"rows":[{"id":"1","date":"2020-01-01","jobTitle":"B","department":"S"}]}}}`,
		"/api/v1/time_off/requests":                `[{"id":7,"employeeId":1,"start":"2026-01-01","end":"2026-01-02","type":{"name":"Sick"},"amount":{"unit":"hours","amount":"16"}}]`,
	}
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(spec) },
		ModifyResponse: func(r *http.Response) error {
			if body, ok := answers[r.Request.URL.Path]; ok && r.StatusCode == http.StatusOK {
				r.Body.Close()
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
				r.Header.Set("Content-Length", strconv.Itoa(len(body)))
				r.Header.Set("Content-Type", "application/json")
			}
			return ingesttest.Refused(t)(r) //nolint:bodyclose // the proxy closes it
		},
	})
	t.Cleanup(proxy.Close)
	s := ingesttest.NewService(t, "bamboohr", bamboohr.New, "BAMBOOHR_KEY")
	cfg := sample(t, proxy.URL, "employees", "jobs", "time_off")
	s.Check(cfg, "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0", "read 1 inserted 1 updated 0 unchanged 0 rejected 0 deleted 0", "read 1 inserted 1 updated 0 unchanged 0 rejected 0 deleted 0")
	s.Check(cfg, "read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 0", "read 1 inserted 0 updated 1 unchanged 0 rejected 0 deleted 0", "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0")
}
