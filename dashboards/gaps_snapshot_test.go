package dashboards

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
)

// freezesTest freezes nothing, and knows one name that is taken.
func freezesTest(_ context.Context, name, _, _ string) error {
	if name == "Plan" {
		return fmt.Errorf("%w: %q is frozen already", ErrCannotFreeze, name)
	}
	return nil
}

// Who may freeze the gaps finds the form on their page and is sent to what was frozen; a name
// that is taken is refused, and others find no form.
func TestFreezeGaps(t *testing.T) {
	app, doors := guarded(t, gapWarehouse(t))
	signed := signedInAs(t, app, doors, "learning")
	_, body := get(t, app, "/gaps", signed...)
	_, rest, found := strings.Cut(body, `action="/gaps/snapshots"><input type="hidden" name="csrf" value="`)
	token, _, _ := strings.Cut(rest, `"`)
	if !found || token == "" {
		t.Fatalf("the page offers no form to freeze: %.300s", body)
	}
	send := func(name string) (int, string) {
		resp, body := post(t, app, "/gaps/snapshots", url.Values{"name": {name}, "csrf": {token}}, append(signed, "Origin: http://127.0.0.1:8080")...)
		return resp.StatusCode, resp.Header.Get("Location") + body
	}
	if code, told := send("Strategy 2028"); code != 303 || !strings.HasPrefix(told, "/gaps?snapshot=Strategy+2028") {
		t.Errorf("freezing: %d %.200s", code, told)
	}
	if code, told := send("Plan"); code != 409 || !strings.Contains(told, "frozen already") {
		t.Errorf("freezing under a name that is taken: %d %.200s", code, told)
	}
	if _, body := get(t, app, "/gaps", signedInAs(t, app, doors, "executive")...); strings.Contains(body, "/gaps/snapshots") {
		t.Error("the page offers the form to who may not")
	}
}
