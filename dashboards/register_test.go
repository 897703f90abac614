package dashboards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/access"
	"dials/dashboards/register"
	"dials/warehouse"
)

// registerWorld is a server on a real warehouse whose register can be changed.
func registerWorld(t *testing.T, trial bool) (*fiber.App, *warehouse.Warehouse) {
	t.Helper()
	ctx := t.Context()
	w, err := emptyWarehouse(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	err = w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range []string{
			"insert into meta.source (source, kind, is_trusted_log, position) values ('files', 'file', true, 1)",
			"insert into raw.person by name select 'E1' as person_id, 'files' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.metric by name select 'wait' as metric_id, 'Waiting time' as name, 'min' as unit_of_measure, 'down' as direction, 'mean' as unit_aggregation, 'mean' as time_aggregation, 'month' as base_grain, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.goal by name select 'g' as goal_id, 'Wait less' as name, 'strategic' as level, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.org_unit by name select 'U' || i as unit_id, 'Desk ' || i as name, 'desk' as unit_type, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at from range(1, 13) t(i)",
			"insert into raw.job_title by name select 'agent' as job_title_id, 'Agent' as name, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.tactic by name select 'hub' as tactic_id, 'One hub' as name, 'process' as tactic_type, 'E1' as owner_id, date '2026-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.metric_observation by name select 'wait' as metric_id, 'U' || i as unit_id, (date '2023-01-01' + to_months(m::int))::date as period_start_date, 20 + i % 4 + sin(i * 7.3 + m * m * 1.3) as value, true as is_complete, 'files' as source, timestamp '2026-01-01' as recorded_at from range(1, 13) t(i), range(0, 46) s(m)",
		} {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%w in %s", err, s)
			}
		}
		return nil
	})
	if err == nil {
		_, err = w.Build(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	app, err := New(Options{
		DB: w.DB(), Company: fixtureCompany, Clock: clock, Access: access.Open(trial), Register: Register{Apply: applyTo(w), IsJudging: func() bool { return true }},
	})
	if err != nil {
		t.Fatal(err)
	}
	return app, w
}

// applyTo keeps changes in w and builds.
func applyTo(w *warehouse.Warehouse) register.Apply {
	now := clock()
	return func(ctx context.Context, changes []register.Change) error {
		now = now.Add(time.Second)
		for _, c := range changes {
			row := warehouse.RegisterChange{Stream: c.Stream, Key: c.Key, Version: c.Version, Moments: c.Moments, Since: c.Since, Actor: c.Who, Note: c.Note}
			if c.After != nil {
				row.After = map[string]any{}
			}
			for name, v := range c.After {
				if v == register.Kept {
					row.Keep = append(row.Keep, name)
					continue
				}
				row.After[name] = v
			}
			if err := w.Register(ctx, now, []warehouse.RegisterChange{row}); errors.Is(err, warehouse.ErrStale) {
				return register.ErrStale
			} else if err != nil {
				return err
			}
		}
		_, err := w.Build(ctx)
		return err
	}
}

// send sends a form as our own page would.
func send(t *testing.T, app *fiber.App, path string, values url.Values) (status int, location, body string) {
	t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	req.Host = "127.0.0.1:8080"
	req.Header.Set("Origin", "http://127.0.0.1:8080")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := app.Test(req, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(text)
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// formOf is the hidden part of a page's form.
func formOf(body string) url.Values {
	v := url.Values{}
	for _, m := range hiddenInput.FindAllStringSubmatch(body, -1) {
		v.Set(m[1], html.UnescapeString(m[2]))
	}
	return v
}

func TestRegisterAddChangeWithdraw(t *testing.T) {
	app, _ := registerWorld(t, true)
	_, body := get(t, app, "/register/entry?stream=need")
	v := formOf(body)
	v.Set("title", "")
	v.Set("owner_id", "Service <director>")
	status, _, body := send(t, app, "/register/entry", v)
	if status != 422 || !strings.Contains(body, `href="#f-title"`) || !strings.Contains(body, `aria-invalid="true"`) || !strings.Contains(body, `value="Service &lt;director&gt;"`) {
		t.Fatalf("%d: a mistake is not told, or what was typed is lost", status)
	}
	v.Set("title", "Clients wait too long")
	v.Set("opened_date", "2026-11-01")
	v.Set("note", "board")
	status, location, _ := send(t, app, "/register/entry", v)
	if status != 303 || location != "/register?done=add#need" {
		t.Fatalf("%d to %q", status, location)
	}
	_, body = get(t, app, "/register?done=add")
	for _, want := range []string{"Clients wait too long", "entered in Dials", "It is in the register now.", "Verdicts are being computed again"} {
		if !strings.Contains(body, want) {
			t.Errorf("the register does not say %q", want)
		}
	}
	edit := "/register/entry?stream=need&need_id=clients-wait-too-long"
	_, body = get(t, app, edit)
	mine, theirs := formOf(body), formOf(body)
	for _, f := range []url.Values{mine, theirs} {
		f.Set("opened_date", "2026-11-01")
	}
	theirs.Set("title", "Clients wait for answers")
	if status, _, _ = send(t, app, "/register/entry", theirs); status != 303 {
		t.Fatal(status)
	}
	mine.Set("title", "Clients wait on the phone")
	status, _, body = send(t, app, "/register/entry", mine)
	if status != 409 || !strings.Contains(body, "Clients wait for answers") || !strings.Contains(body, "Clients wait on the phone") {
		t.Fatalf("%d: a change of an old version must show both", status)
	}
	again := formOf(body) // holds the version that is there now
	again.Set("title", "Clients wait on the phone")
	again.Set("opened_date", "2026-11-01")
	if status, _, _ = send(t, app, "/register/entry", again); status != 303 {
		t.Fatalf("saving again: %d", status)
	}
	_, body = get(t, app, edit)
	gone := formOf(body)
	gone.Set("do", "withdraw")
	if status, location, _ = send(t, app, "/register/entry", gone); status != 303 || !strings.Contains(location, "done=withdraw") {
		t.Fatalf("%d to %q", status, location)
	}
	_, body = get(t, app, "/register/history")
	for _, want := range []string{"Four changes were made", "withdrew a need", "changed a need", "<del>Clients wait for answers</del> <ins>Clients wait on the phone</ins>", "board", "a reader on this machine"} {
		if !strings.Contains(body, want) {
			t.Errorf("the history does not say %q", want)
		}
	}
}

// What a source declares can be corrected, not withdrawn; whom it names is not told and kept.
func TestRegisterCorrectsDeclared(t *testing.T) {
	app, w := registerWorld(t, true)
	_, body := get(t, app, "/register/entry?stream=tactic&tactic_id=hub")
	if strings.Contains(body, "E1") || !strings.Contains(body, "a person is named by the source") || !strings.Contains(body, "files declares this entry") {
		t.Error("the form tells who owns the tactic, or not that somebody does")
	}
	v := formOf(body)
	v.Set("name", "One hub")
	v.Set("tactic_type", "tool")
	v.Set("do", "withdraw")
	if status, _, body := send(t, app, "/register/entry", v); status != 422 || !strings.Contains(body, "withdraw it there") {
		t.Errorf("withdrew a declared entry: %d", status)
	}
	v.Set("do", "save")
	if status, _, _ := send(t, app, "/register/entry", v); status != 303 {
		t.Fatal(status)
	}
	var owner, kind string
	err := w.DB().QueryRowContext(t.Context(), "select owner_id, tactic_type from raw.tactic where source = 'dials' and superseded_at is null").Scan(&owner, &kind)
	if err != nil || owner != "E1" || kind != "tool" {
		t.Errorf("%q %q %v", owner, kind, err)
	}
}

func TestRegisterIsClosed(t *testing.T) {
	app, w := registerWorld(t, false)
	if _, body := get(t, app, "/register"); strings.Contains(body, "/register/entry") || !strings.Contains(body, "trial = true") {
		t.Error("without trial the register offers to be changed, or does not say how")
	}
	if status, _, _ := send(t, app, "/register/entry", url.Values{"stream": {"need"}, "title": {"x"}, "opened_date": {"2026-01-01"}}); status != 403 {
		t.Errorf("changed without the right: %d", status)
	}
	if status, _, _ := send(t, app, "/plan", url.Values{"dial": {"wait"}, "tactic": {"hub"}}); status != 403 {
		t.Errorf("drew without the right: %d", status)
	}
	var n int
	if err := w.DB().QueryRowContext(t.Context(), "select count(*) from meta.register_change").Scan(&n); err != nil || n > 0 {
		t.Errorf("%d changes, %v", n, err)
	}
}

// Pages that show verdicts say that they are being computed anew; others have no reason to.
func TestPagesSayThatTheyJudge(t *testing.T) {
	app, _ := registerWorld(t, true) // in which that never ends
	const words = "Verdicts are being computed again"
	for path, want := range map[string]bool{"/": true, "/impact": true, "/tactics": true, "/workforce": false, "/calibration": false} {
		if _, body := get(t, app, path); strings.Contains(body, words) != want {
			t.Errorf("%s says so: %v", path, !want)
		}
	}
}

// A plan is computed from the past, drawn, and registered once.
func TestPlanPage(t *testing.T) {
	app, w := registerWorld(t, true)
	_, body := get(t, app, "/plan")
	if !strings.Contains(body, "What could a test of your next tactic find?") {
		t.Error("the page does not ask")
	}
	_, body = get(t, app, "/plan?dial=wait&tactic=hub&effect=10&how=half&first=2027-01-01")
	for _, want := range []string{"in all 12 desks would find a change of", "The link to this dial is not registered", "The draw is even", "Register this draw", "dials plan --dial wait --tactic hub --effect 10 --units desk --first 2027-01-01"} {
		if !strings.Contains(body, want) {
			t.Errorf("the plan does not say %q", want)
		}
	}
	if !strings.Contains(body, `id="chart-plan"`) || !strings.Contains(body, `"name":"wanted"`) {
		t.Error("no chart of what can be found")
	}
	v := formOf(body)
	status, location, _ := send(t, app, "/plan", v)
	if status != 303 || !strings.HasSuffix(location, "done=plan") {
		t.Fatalf("%d to %q", status, location)
	}
	var waves, units, treated int
	err := w.DB().QueryRowContext(t.Context(), "select (select count(*) from marts.panel_waves where assigned_by = 'random' and seed is not null and assigned_at < start_date), count(*), count(*) filter (arm = 'treated') from core.fct_tactic_units").Scan(&waves, &units, &treated)
	if err != nil || waves != 1 || units != 12 || treated != 6 {
		t.Errorf("%d waves, %d units, %d with it, %v", waves, units, treated, err)
	}
	if _, _, body = send(t, app, "/plan", v); !strings.Contains(body, "a second draw would undo the first") {
		t.Error("drew twice")
	}
	for query, want := range map[string]string{
		"dial=wait&effect=much":                          "is not a number",
		"dial=wait&first=soon":                           "is not a day like",
		"dial=wait&effect=0.001":                         "No test of this kind finds a change of",
		"dial=wait&units=region":                         "needs at least 4 units",
		"dial=wait&how=6":                                "in 6 waves",
		"dial=wait&tactic=hub&first=2026-11-16&how=half": "The first day has begun",
	} {
		if _, body := get(t, app, "/plan?"+query); !strings.Contains(body, want) {
			t.Errorf("%s: the page does not say %q, but %s", query, want, regexp.MustCompile("<h1>.*</h1>").FindString(body))
		}
	}
}

// A test on who leaves draws people: the page says how many it takes, and what such a
// draw needs, and draws none.
func TestPlanPeoplePage(t *testing.T) {
	app := serve(t, fixture(t), fixtureCompany)
	_, body := get(t, app, "/plan?dial=turnover&effect=60")
	for _, want := range []string{
		"Drawing all ", " people for ", " would find a fall of ", `id="chart-plan"`, "Draw the people outside of Dials", "stream tactic_participant",
		"dials plan --dial turnover --effect 60",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the plan does not say %q: %s", want, regexp.MustCompile("<h1>.*</h1>").FindString(body))
		}
	}
	if strings.Contains(body, "Who was drawn?") || strings.Contains(body, "Register this draw") {
		t.Error("the page draws people")
	}
	for query, want := range map[string]string{"dial=turnover&how=3": "People are drawn for one date", "dial=turnover&effect=0.01": "finds a fall of"} {
		if _, body := get(t, app, "/plan?"+query); !strings.Contains(body, want) {
			t.Errorf("%s: the page does not say %q", query, want)
		}
	}
}

// A definition is changed in the browser: the change is a version, keeps what no field
// shows, and counts before what the source declares.
func TestRegisterDefinition(t *testing.T) {
	app, w := registerWorld(t, true)
	_, body := get(t, app, "/definitions/wait")
	const edit = "/register/entry?metric_id=wait&amp;stream=metric"
	if !strings.Contains(body, edit) {
		t.Error("the definition does not lead to its form")
	}
	_, body = get(t, app, html.UnescapeString(edit))
	v := formOf(body)
	for name, value := range map[string]string{
		"name": "Waiting time", "formula": "minutes from the call to the answer", "unit_of_measure": "min", "direction": "down", "unit_aggregation": "mean",
		"time_aggregation": "mean", "base_grain": "month", "owner_name": "Service director", "is_owner_in_ld": "no", "signed_off_at": "yes",
	} {
		v.Set(name, value)
	}
	if status, _, body := send(t, app, "/register/entry", v); status != 303 {
		t.Fatalf("%d: %s", status, text(body))
	}
	_, body = get(t, app, "/definitions/wait")
	for _, want := range []string{"minutes from the call to the answer", "Service director", "version 2"} {
		if !strings.Contains(body, want) {
			t.Errorf("the definition lacks %q: %s", want, text(body))
		}
	}
	var observations int
	if err := w.DB().QueryRowContext(t.Context(), "select count(*) from marts.dial_monthly where metric_id = 'wait' and value is not null").Scan(&observations); err != nil || observations == 0 {
		t.Errorf("the dial lost its months: %v", err)
	}
	if _, body = get(t, app, "/register/history?stream=metric"); !strings.Contains(body, "<ins>minutes from the call to the answer</ins>") {
		t.Error("the history does not show the change")
	}
}

// A pasted plan is kept whole, or not at all.
func TestPlanSheet(t *testing.T) {
	app, w := registerWorld(t, true)
	_, body := get(t, app, "/plan-sheet")
	v := formOf(body)
	v.Set("metric", "wait")
	v.Set("plan", "2027")
	v.Set("sheet", "Unit\t2026-09\tOct 2026\nDesk 1\t19,5\t19\nDesk 99\t1\t1")
	status, _, body := send(t, app, "/plan-sheet", v)
	if status != 422 || !strings.Contains(body, "Line 3: “Desk 99” is no unit") || !strings.Contains(body, "Desk 1\t19,5") {
		t.Fatalf("%d: %s", status, text(body))
	}
	planned := func() (n int, sum float64) {
		err := w.DB().QueryRowContext(t.Context(), "select count(plan), coalesce(sum(plan), 0) from marts.dial_monthly where metric_id = 'wait'").Scan(&n, &sum)
		if err != nil {
			t.Fatal(err)
		}
		return n, sum
	}
	if n, _ := planned(); n != 0 {
		t.Errorf("%d values were kept of a sheet with a mistake", n)
	}
	v.Set("sheet", "Unit\t2026-09\tOct 2026\nDesk 1\t19,5\t19\nU2\t\t18")
	if status, _, body = send(t, app, "/plan-sheet", v); status != 200 || !strings.Contains(body, "3 planned values kept") {
		t.Fatalf("%d: %s", status, text(body))
	}
	if n, sum := planned(); n != 3 || sum != 56.5 {
		t.Errorf("%d values that sum to %g", n, sum)
	}
	v.Set("sheet", "Unit\t2026-09\nDesk 1\t20")
	if status, _, _ = send(t, app, "/plan-sheet", v); status != 200 {
		t.Fatal(status)
	}
	if n, sum := planned(); n != 3 || sum != 57 {
		t.Errorf("after a correction %d values that sum to %g", n, sum)
	}
	v.Set("metric", "/heads")
	v.Set("sheet", "Unit\tTitle\t2026-12\tJun 2027\nDesk 1\tAgent\t12\t-1")
	if status, _, body = send(t, app, "/plan-sheet", v); status != 422 || !strings.Contains(body, "Line 2, column 4: “-1” is less than 0") {
		t.Fatalf("%d: %s", status, text(body))
	}
	v.Set("sheet", "Unit\tTitle\t2026-12\tJun 2027\nDesk 1\tAgent\t12\t13,5\nU2\tagent\t\t2")
	if status, _, body = send(t, app, "/plan-sheet", v); status != 200 || !strings.Contains(body, "3 planned values kept") {
		t.Fatalf("%d: %s", status, text(body))
	}
	var heads float64
	var n int
	err := w.DB().QueryRowContext(t.Context(), "select count(*), sum(planned_heads) from staging.workforce_plan where plan_version = '2027' and job_title_id = 'agent'").Scan(&n, &heads)
	if err != nil || n != 3 || heads != 27.5 {
		t.Errorf("%d plans of %g heads (%v)", n, heads, err)
	}
}
