package dashboards

import (
	"path/filepath"
	"strings"
	"testing"

	"dials/dashboards/access"
	"dials/dashboards/audit"
	"dials/queries"
	"dials/warehouse"
)

// Of each download it is on record who took what: the extract, the format, the unit and
// the view of the tree, the other filters, the policy, the rows, a fingerprint and a checksum.
func TestExtractsAreOnRecord(t *testing.T) {
	w := fixture(t)
	_, doors := guarded(t, w)
	app, err := New(Options{
		DB: w.DB(), Company: fixtureCompany, Access: doors, Clock: clock, Runs: endedRuns{},
		Engine: warehouse.Batches, ExtractDir: filepath.Join(t.TempDir(), "extracts"), ExtractBytes: 1 << 30,
	})
	if err != nil {
		t.Fatal(err)
	}
	token, secret, err := doors.Desk().CreateToken(access.Actor{Name: "test"}, access.Token{
		Purpose: "board pack", Role: queries.Analyst, Scopes: []string{access.ScopeExtracts}, Units: []string{"*"}, ExpiresAt: clock().AddDate(0, 1, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, body := get(t, app, "/extracts/headcount_monthly.csv?unit=sales&org=now&from=2026-01&columns=unit_id,month,heads", "Authorization: Bearer "+secret)
	if resp.StatusCode != 200 {
		t.Fatalf("%s: %.200s", resp.Status, body)
	}
	found, err := doors.Audit.List(audit.Filter{Kind: audit.Extract, Limit: 10})
	if err != nil || len(found) != 1 {
		t.Fatalf("%d events, %v", len(found), err)
	}
	e := found[0]
	if e.What != "headcount_monthly" || e.Reason != "board pack" {
		t.Errorf("%q for %q by token %s", e.What, e.Reason, token.ID)
	}
	for field, want := range map[string]string{
		"format": "csv", "columns": "unit_id,month,heads", "filter unit": "sales", "filter org": "as_now", "filter from": "2026-01",
	} {
		if e.Fields[field] != want {
			t.Errorf("%s is %q, want %q", field, e.Fields[field], want)
		}
	}
	for _, field := range []string{"rows", "fingerprint"} {
		if e.Fields[field] == "" {
			t.Errorf("%s is not on record", field)
		}
	}
	if !strings.Contains(e.Fields["policy"], "analyst") {
		t.Errorf("the policy is %q", e.Fields["policy"])
	}
}
