package dashboards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/warehouse"
)

// clock is when the tests' readers look: the day after the fixture's last run.
func clock() time.Time { return time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC) }

// fixtureCompany is whose dials the fixture holds.
var fixtureCompany = Company{Name: "Northwind Instruments", Currency: "EUR", Locale: "en", Timezone: "Europe/Vienna", FiscalYearStartMonth: 1}

// shared is the fixture that tests only read.
var shared = sync.OnceValues(func() (*warehouse.Warehouse, error) {
	w, err := emptyWarehouse(context.Background())
	if err != nil {
		return nil, err
	}
	return w, fill(w, company())
})

// fixture returns the shared warehouse.
func fixture(t testing.TB) *warehouse.Warehouse {
	t.Helper()
	w, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// scratch is a folder for the files of all tests.
var scratch = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "dashboards") })

// built is a warehouse whose models were built on no data, as a file: building takes
// seconds, a copy does not.
var built = sync.OnceValues(func() ([]byte, error) {
	dir, err := scratch()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "built.duckdb")
	w, err := warehouse.Open(context.Background(), warehouse.Options{Path: path})
	if err != nil {
		return nil, err
	}
	_, err = w.Build(context.Background())
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// TestMain leaves no browser and no file behind.
func TestMain(m *testing.M) {
	code := m.Run()
	closeBrowser()
	if dir, err := scratch(); err == nil {
		_ = os.RemoveAll(dir)
	}
	os.Exit(code)
}

// emptyWarehouse is built, but holds no data.
func emptyWarehouse(ctx context.Context) (*warehouse.Warehouse, error) {
	image, err := built()
	if err != nil {
		return nil, err
	}
	root, err := scratch()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(root, "")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "dials.duckdb")
	if err := os.WriteFile(path, image, 0o600); err != nil {
		return nil, err
	}
	return warehouse.Open(ctx, warehouse.Options{Path: path})
}

// fill puts rows straight into the marts, rolls dials up by the model's own SQL, and moves the data version.
func fill(w *warehouse.Warehouse, statements []string) error {
	model, err := os.ReadFile(filepath.Join("..", "warehouse", "models", "marts", "dial_rollup_monthly.sql"))
	if err != nil {
		return err
	}
	return w.Write(context.Background(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range append(statements, "delete from marts.dial_rollup_monthly", "insert into marts.dial_rollup_monthly by name "+string(model),
			"insert into meta.data_version select coalesce(max(version), 0) + 1, timestamp '2026-11-15' from meta.data_version") {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%w in %.200s", err, s)
			}
		}
		return nil
	})
}

// table collects rows for one insert.
type rows struct {
	into string
	text []string
}

func (r *rows) add(values ...any) {
	cells := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
			cells[i] = "null"
		case string:
			cells[i] = "'" + strings.ReplaceAll(v, "'", "''") + "'"
		case time.Time:
			cells[i] = "date '" + v.Format(time.DateOnly) + "'"
		case []time.Time:
			var days []string
			for _, d := range v {
				days = append(days, "date '"+d.Format(time.DateOnly)+"'")
			}
			cells[i] = "[" + strings.Join(days, ", ") + "]::date[]"
		default:
			cells[i] = fmt.Sprint(v)
		}
	}
	r.text = append(r.text, "("+strings.Join(cells, ", ")+")")
}

func (r *rows) String() string {
	return "insert into " + r.into + " values " + strings.Join(r.text, ", ")
}

func ym(year int, m time.Month) time.Time { return time.Date(year, m, 1, 0, 0, 0, 0, time.UTC) }

// unitsOf names n units of a kind.
func unitsOf(kind string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s-%02d", kind, i+1)
	}
	return all
}

// company writes a fictional company into the marts: five dials over 47 months to
// October 2026 with the running one, eight tactics, rivals, and what the frame shows.
func company() []string {
	rng := rand.New(rand.NewPCG(7, 7))
	units := &rows{into: "marts.units (unit_id, name, unit_type, parent_id, depth, is_current)"}
	scope := &rows{into: "marts.unit_scope (view_name, ancestor_id, unit_id, valid_from, valid_to, share)"}
	forever := []any{ym(1900, 1), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC), 1.0}
	granted := &rows{into: "marts.access_units (ancestor_id, unit_id)"}
	addUnit := func(id, name, kind string, parent any, depth int, ancestors ...string) {
		units.add(id, name, kind, parent, depth, true)
		for _, a := range append([]string{id}, ancestors...) {
			granted.add(a, id)
		}
		for _, view := range []string{"as_was", "as_now"} {
			for _, a := range append([]string{"*", id}, ancestors...) {
				scope.add(append([]any{view, a, id}, forever...)...)
			}
		}
	}
	addUnit("co", "Northwind Instruments", "company", nil, 0)
	for _, d := range []struct {
		id, name, kind string
		n              int
	}{{"sales", "Sales", "team", 60}, {"ops", "Operations", "line", 50}, {"service", "Service", "desk", 40}, {"logistics", "Logistics", "site", 8}} {
		addUnit(d.id, d.name, "division", "co", 1, "co")
		for i, u := range unitsOf(d.id, d.n) {
			addUnit(u, fmt.Sprintf("%s %s %d", d.name, d.kind, i+1), d.kind, d.id, 2, "co", d.id)
		}
	}
	dials := &rows{into: "marts.dials (metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, owner_name, is_owner_in_ld, currency, sources, computed_from, has_people, first_month, last_complete_month, definition_version)"}
	monthly := &rows{into: "marts.dial_monthly (metric_id, unit_id, month, value, numerator, denominator, n, is_complete, plan, plan_weight, is_hidden)"}
	tree := &rows{into: "marts.dial_tree_monthly (view_name, ancestor_id, metric_id, month, value, numerator, denominator, people_n, is_complete, is_hidden, is_range)"}
	first, last, running := ym(2022, 12), ym(2026, 10), ym(2026, 11)
	add := func(id, name, unit, direction, units, times, owner, source string, computed any, people bool, currency any) {
		dials.add(id, name, unit, direction, units, times, owner, false, currency, source, computed, people, first, last, 1)
	}
	add("revenue", "Revenue", "EUR", "up", "sum", "sum", "Sales director", "finance", nil, false, "EUR")
	add("turnover", "Voluntary turnover", "%", "down", "ratio", "mean", "People director", "hris", "employment", true, nil)
	add("order_time", "Order time", "days", "down", "mean", "mean", "Logistics director", "erp", nil, false, nil)
	add("defects", "Defects per 1,000", "per 1,000", "down", "ratio", "mean", "Operations director", "mes", nil, false, nil)
	add("handling", "Handling time", "min", "down", "mean", "mean", "Service director", "desk", nil, false, nil)
	season := func(m time.Time) float64 { return math.Sin(2 * math.Pi * float64(m.Month()-3) / 12) }
	for m := first; m.Before(ym(2027, 1)); m = m.AddDate(0, 1, 0) {
		t := float64(monthsBetween(first, m))
		seen, whole := !m.After(running), !m.After(last)
		value := func(v float64) any {
			if !seen {
				return nil
			}
			return v
		}
		count := func(n int) any {
			if !seen {
				return nil
			}
			return n
		}
		part := 1.0
		if m.Equal(running) {
			part = 0.45
		}
		for i, u := range unitsOf("sales", 60) {
			v := 250_000 * (1 + 0.02*float64(i%7)) * (1 + 0.0022*t) * (1 + 0.05*season(m)) * math.Exp(0.05*rng.NormFloat64())
			if wave := ym(2025, 1).AddDate(0, 3*(i/6), 0); i < 24 && !m.Before(wave) {
				v *= 1 + 0.06*min(1, float64(monthsBetween(wave, m)+1)/4)
			}
			var plan any
			if !m.Before(ym(2024, 1)) {
				plan = math.Round(257_000 * (1 + 0.02*float64(i%7)) * (1 + 0.0027*t) * (1 + 0.05*season(m)))
			}
			monthly.add("revenue", u, m, value(v*part), nil, nil, count(180+i), whole, plan, 1, false)
		}
		leavers, heads := 33-math.Max(0, t-27)*0.9*boolean(t > 27 && t < 40)-11*boolean(t >= 40)+4*rng.NormFloat64(), 2400+4*t
		for _, node := range []struct {
			id    string
			share float64
		}{{"*", 1}, {"co", 1}, {"sales", .3}, {"ops", .4}, {"service", .25}, {"logistics", .05}} {
			for _, view := range []string{"as_was", "as_now"} {
				if seen {
					n := math.Max(0, math.Round(leavers*node.share*part))
					tree.add(view, node.id, "turnover", m, n/(heads*node.share), n, math.Round(heads*node.share), int(heads*node.share), whole, node.id == "logistics" && m.Month() == 6, n < 5)
				}
			}
		}
		if !m.Before(ym(2025, 1)) {
			monthly.add("turnover", "co", m, nil, nil, nil, nil, false, 0.14, 1, false)
		}
		for _, u := range unitsOf("logistics", 8) {
			v := 5.9 + 0.25*season(m) + 0.12*rng.NormFloat64()
			if !m.Before(ym(2025, 7)) {
				v *= 0.88
			}
			monthly.add("order_time", u, m, value(v), nil, nil, count(900), whole, 5.1+0.2*season(m), 1, false)
		}
		for i, u := range unitsOf("ops", 50) {
			made := 100_000.0
			rate := 0.0059 - 0.00003*t + 0.00018*rng.NormFloat64()
			if i < 10 {
				rate += 0.0008
			}
			monthly.add("defects", u, m, value(rate), value(math.Round(rate*made)), value(made), count(int(made)), whole, 0.0045, 1, false)
		}
		for i, u := range unitsOf("service", 40) {
			v := 8.05 + 0.2*season(m) + 0.15*rng.NormFloat64()
			if i < 12 && !m.Before(ym(2025, 4)) {
				v *= 0.92
			}
			monthly.add("handling", u, m, value(v), nil, nil, count(1200), whole, 7.5, 1, false)
		}
	}
	return append([]string{units.String(), scope.String(), granted.String(), dials.String(), monthly.String(), tree.String()}, tactics()...)
}

func boolean(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// tactics writes the company's tactics, links, rivals and sources.
func tactics() []string {
	tactics := &rows{into: "marts.tactics (tactic_id, name, tactic_type, launched_month, is_one_off, is_orphan, eligible_people, reached_people, eligible_units, reached_units, direct_cost_amount, participant_hours, loaded_cost_amount, cost_currency, missing_rate_lines, planned_cost_amount, people_n, is_hidden, is_cost_hidden)"}
	links := &rows{into: "marts.tactic_links (tactic_link_id, tactic_id, metric_id, goal_id, goal_name, has_goal, has_metric, has_baseline, has_target, has_owner, completeness, baseline, target, target_date, mechanism, expected_lag_months, business_owner_name, registered_basis, is_approved, is_registered_before_launch, launched_month, wave_months)"}
	for _, x := range []struct {
		id, name, kind, metric string
		launched               time.Time
		waves                  []time.Time
		people, reached, cost  int
		planned                any
		before, baseline       bool
	}{
		{"selling", "Consultative selling", "training", "revenue", ym(2025, 1), []time.Time{ym(2025, 1), ym(2025, 4), ym(2025, 7), ym(2025, 10)}, 288, 205, 905_000, 950_000, true, true},
		{"leadership", "Leadership pilot", "training", "turnover", ym(2025, 3), []time.Time{ym(2025, 3)}, 200, 188, 310_000, 300_000, true, true},
		{"coaching", "Coaching", "training", "turnover", ym(2025, 9), []time.Time{ym(2025, 9)}, 100, 91, 128_000, 120_000, true, true},
		{"incentive", "Incentive plan", "incentive", "order_time", ym(2025, 7), []time.Time{ym(2025, 7)}, 0, 0, 1_240_000, 1_300_000, true, true},
		{"circles", "Quality circles", "process", "defects", ym(2025, 2), []time.Time{ym(2025, 2)}, 140, 140, 86_000, nil, true, true},
		{"reorg", "Reorganisation of desks", "reorganisation", "handling", ym(2025, 4), []time.Time{ym(2025, 4)}, 0, 0, 240_000, 200_000, true, true},
		{"mentoring", "Mentoring", "training", "turnover", ym(2024, 9), []time.Time{ym(2024, 9)}, 160, 61, 54_000, 60_000, false, true},
		{"mindset", "Service mindset", "training", "handling", ym(2026, 12), []time.Time{ym(2026, 12)}, 480, 0, 12_000, 90_000, true, false},
		{"refresher", "Compliance refresher", "training", "", ym(2024, 3), nil, 2480, 2311, 268_000, nil, false, false},
		{"away", "Away days", "other", "", ym(2025, 5), nil, 320, 290, 96_000, nil, false, false},
		{"office", "Office tools", "training", "", ym(2024, 11), nil, 7, 6, 48_000, nil, false, false},
	} {
		eligibleUnits, reachedUnits := 0, 0
		if x.people == 0 {
			eligibleUnits, reachedUnits = 12, 12
		}
		tactics.add(x.id, x.name, x.kind, x.launched, x.metric == "", x.metric == "", x.people, x.reached, eligibleUnits, reachedUnits, x.cost/2, x.people*16, x.cost, "EUR", 0, x.planned, x.people, false, x.people > 0 && x.people < 10)
		if x.metric == "" {
			continue
		}
		completeness, mechanism := 5, any("people do what they were shown")
		var baseline any = 1.0
		if !x.baseline {
			completeness, baseline = 4, nil
		}
		links.add("l-"+x.id, x.id, x.metric, "g-"+x.metric, "Goal", true, true, x.baseline, true, true, completeness, baseline, 2.0, ym(2026, 12), mechanism, 3, "Director", "stated in a trusted log", true, x.before, x.launched, x.waves)
	}
	rivals := &rows{into: "marts.rival_events (rival_event_id, name, metric_id, unit_id, from_date, to_date, is_independent)"}
	for _, u := range unitsOf("service", 13) {
		rivals.add("price", "price change", "handling", u, ym(2025, 6), ym(2025, 10), true)
	}
	sources := &rows{into: "marts.source_freshness (source, kind, schedule, last_success_at, last_status, data_as_of, rows, rejected)"}
	for i, name := range []string{"hris", "finance", "lms", "erp", "mes", "desk", "register"} {
		sources.text = append(sources.text, fmt.Sprintf("('%s', 'file', '15 2 * * *', timestamp '2026-11-16 01:%02d:00', 'ok', date '2026-11-15', %d, 0)", name, 15+i, 1000*i))
	}
	return []string{
		tactics.String(), "update marts.tactics set is_reached_hidden = false, is_hours_hidden = false",
		links.String(), rivals.String(), sources.String(),
	}
}

// serveFixture returns the app over the shared warehouse.
func serveFixture(t testing.TB) *fiber.App {
	t.Helper()
	return serve(t, fixture(t), fixtureCompany)
}

func serve(t testing.TB, w *warehouse.Warehouse, c Company) *fiber.App {
	t.Helper()
	app, err := New(Options{DB: w.DB(), Company: c, Clock: clock, Version: "test", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	return app
}

// get asks as a browser on this machine does; header lines are "Name: value".
func get(t testing.TB, app *fiber.App, path string, headers ...string) (*reply, string) {
	t.Helper()
	return ask(t, app, http.MethodGet, path, headers...)
}

// A reply is what the server answered, less its body.
type reply struct {
	StatusCode int
	Status     string
	Header     http.Header
}

func ask(t testing.TB, app *fiber.App, method, path string, headers ...string) (*reply, string) {
	t.Helper()
	req := httptest.NewRequest(method, path, nil)
	req.Host = "127.0.0.1:8080"
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if name == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := app.Test(req, 30_000)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &reply{resp.StatusCode, resp.Status, resp.Header}, string(body)
}
