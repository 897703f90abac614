package dashboards

import (
	"context"
	"strings"
	"testing"
	"time"

	"dials/dashboards/alerts"
)

// standingTest is two alerts, of which one fires.
func standingTest(context.Context) ([]alerts.Standing, error) {
	return []alerts.Standing{
		{Alert: "defects", To: "https://hooks.example.com/x", As: "learning", State: "quiet", Text: "Defects are at 2.1 %"},
		{Alert: "sales", To: "board@example.com", As: "finance", State: "alert", Since: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Text: "Sales fell by 9 %", Waiting: 2},
	}, nil
}

// How alerts stand is told to those who may set them: what another role is told is not, nor to which address.
func TestAlertsPage(t *testing.T) {
	app, doors := guarded(t, fixture(t))
	_, body := get(t, app, "/alerts", signedInAs(t, app, doors, "learning")...)
	page := text(body)
	for _, want := range []string{"No alert fires", "Others are told to other roles", "Defects are at 2.1 %", "webhook"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	_, body = get(t, app, "/alerts", signedInAs(t, app, doors, "finance")...)
	for _, want := range []string{"One alert fires, of one set for you", "Two messages wait to be delivered", "1 Nov 2026, 09:00", "Sales fell by 9 %"} {
		if !strings.Contains(text(body), want) {
			t.Errorf("the page of finance does not say %q", want)
		}
	}
	for _, no := range []string{"Sales fell", "example.com"} {
		if strings.Contains(page, no) {
			t.Errorf("the page says %q", no)
		}
	}
}
