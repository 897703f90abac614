package dashboards

import (
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"dials/dashboards/access"
)

// A reader keeps a page with its filters, opens it, and drops it; what is no page of
// theirs cannot be kept.
func TestViews(t *testing.T) {
	store, err := access.OpenStore(filepath.Join(t.TempDir(), "access.json"), clock)
	if err != nil {
		t.Fatal(err)
	}
	app, err := New(Options{DB: fixture(t).DB(), Company: fixtureCompany, Clock: clock, Access: &access.Access{Options: access.Options{Store: store, Clock: clock}}})
	if err != nil {
		t.Fatal(err)
	}
	_, body := get(t, app, "/strategic-results?unit=sales")
	if !strings.Contains(body, `<a href="/views?of=%2Fstrategic-results%3Funit%3Dsales">Keep this view</a>`) {
		t.Error("the page does not offer to be kept")
	}
	keep := func(name, of, do string) int {
		status, _, _ := send(t, app, "/views", url.Values{"name": {name}, "of": {of}, "do": {do}})
		return status
	}
	for _, bad := range []string{"https://elsewhere.example/", "//elsewhere.example", "/nowhere", "/sign-out", ""} {
		if status := keep("bad", bad, ""); status != 422 {
			t.Errorf("%q: %d", bad, status)
		}
	}
	if status := keep(" ", "/strategic-results", ""); status != 422 {
		t.Errorf("without a name: %d", status)
	}
	if status := keep("Sales <each> Monday", "/strategic-results?unit=sales", ""); status != 303 {
		t.Fatal(status)
	}
	_, body = get(t, app, "/views")
	if !strings.Contains(body, `<a href="/strategic-results?unit=sales">Sales &lt;each&gt; Monday</a>`) || !strings.Contains(body, "You have one saved view") || !strings.Contains(body, "unit sales") {
		t.Errorf("it is not listed: %s", text(body))
	}
	other := access.Identity{Issuer: access.LocalIssuer, Subject: "other"}
	if n := len(store.Views(other)); n != 0 {
		t.Errorf("somebody else sees %d", n)
	}
	if status := keep("Sales <each> Monday", "", "drop"); status != 303 {
		t.Fatal(status)
	}
	if _, body = get(t, app, "/views"); !strings.Contains(body, "You have no saved views yet") {
		t.Error("it is still there")
	}
}
