package dashboards

import (
	"strings"
	"testing"

	"dials/dashboards/access"
	"dials/queries"
)

// The data protection officer reads who did what, by audit ids alone.
func TestAuditPage(t *testing.T) {
	app, doors := guarded(t, fixture(t))
	account, err := doors.Desk().AddAccount(t.Context(), access.Actor{Name: "test"}, "dora-the-dpo", password, []access.Grant{{Role: queries.DPO}}, "")
	if err != nil {
		t.Fatal(err)
	}
	cookie, value := doors.Enter(account.ID(), account.Name)
	header := "Cookie: " + cookie + "=" + value
	resp, body := get(t, app, "/audit", header)
	if resp.StatusCode != 200 || !strings.Contains(body, "events are on record") || !strings.Contains(body, "account added") {
		t.Fatalf("%s: %s", resp.Status, text(body))
	}
	_, table, _ := strings.Cut(body, "<tbody>")
	if strings.Contains(table, account.Name) {
		t.Error("it names her")
	}
	for _, tt := range []struct {
		query  string
		status int
		want   string
	}{
		{"kind=account", 200, "account added"},
		{"kind=erase", 200, "No event on record is of this kind"},
		{"before=2", 200, "Newest events"},
		{"from=2001-01-01&to=2001-01-02", 200, "No event on record"},
		{"kind=drop", 400, "is no kind of event"},
		{"from=yesterday", 400, "is no date"},
		{"before=0", 400, "is no number of an event"},
		{"actor=%3Cscript%3E", 200, "No event on record"},
	} {
		resp, body := get(t, app, "/audit?"+tt.query, header)
		if resp.StatusCode != tt.status || !strings.Contains(body, tt.want) || strings.Contains(body, "<script>") {
			t.Errorf("%s: %s: %s", tt.query, resp.Status, text(body))
		}
	}
}
