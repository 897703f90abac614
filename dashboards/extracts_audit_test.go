package dashboards

import (
	"errors"
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

// No two rows of an extract share its key, whatever the company, and for a reader of
// several units neither.
func TestExtractKeys(t *testing.T) {
	w := fixture(t)
	m := queries.Open(w.DB())
	scratch, err := w.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := queries.Extracts()
	if err != nil {
		t.Fatal(err)
	}
	some := queries.Reader{Policy: queries.Policy{Roles: []queries.Role{queries.Analyst}, Units: []string{"sales", "service"}}}
	for _, e := range catalogue {
		for _, reader := range []queries.Reader{queries.Loopback(), some} {
			cut, err := m.Cut(t.Context(), reader, e, queries.Choice{})
			if errors.Is(err, queries.ErrNotAllowed) || errors.Is(err, queries.ErrNoReason) {
				continue
			}
			if err != nil {
				t.Error(err)
				continue
			}
			file := filepath.Join(scratch, e.Name+".parquet")
			if _, err := cut.Parquet(t.Context(), file, cut.About); err != nil {
				t.Error(err)
				continue
			}
			var twice int64
			err = w.DB().QueryRowContext(t.Context(), "select count(*) from (select 1 from '"+file+"' group by "+strings.Join(e.Key, ", ")+" having count(*) > 1)").Scan(&twice)
			if err != nil || twice > 0 {
				t.Errorf("%s: %d keys come twice: %v", e.Name, twice, err)
			}
		}
	}
}
