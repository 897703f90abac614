package dashboards

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"dials/warehouse"
)

// trusted is the company's data trust: months of HRIS, payroll and LMS with all
// that may be wrong with them, sources, runs and rejections.
func trusted() []string {
	recon := &rows{into: "marts.reconciliation_monthly (month, hris_heads, payroll_heads, lms_people, lms_not_in_hris, paid_not_in_hris, in_hris_not_paid, retro_lines, off_cycle_runs, is_within_tolerance, people_n, is_hidden)"}
	heads := &rows{into: "marts.headcount_tree_monthly (view_name, ancestor_id, month, heads, fte, contractors, people_n, is_complete, is_hidden)"}
	for m := ym(2023, 1); m.Before(ym(2026, 12)); m = m.AddDate(0, 1, 0) {
		i := monthsBetween(ym(2023, 1), m)
		hris := 2400 + 4*i
		paidOnly, unpaidOnly, within := 3, 17, any(true)
		switch {
		case m.Equal(ym(2025, 5)):
			paidOnly, unpaidOnly, within = 2, 121, false
		case m.After(ym(2026, 10)):
			paidOnly, unpaidOnly, within = 0, hris, nil
		case i%5 == 0:
			paidOnly, unpaidOnly = 12, 31
		}
		recon.add(m, hris, hris+paidOnly-unpaidOnly, int(1500+300*math.Sin(float64(i)/3)), i%4*3, paidOnly, unpaidOnly, i%3*4, i%2, within, hris, false)
		for _, view := range []string{"as_was", "as_now"} {
			heads.add(view, "*", m, float64(hris), float64(hris)*0.93, 32, hris, !m.After(ym(2026, 10)), false)
			heads.add(view, "sales", m, float64(hris)/4, float64(hris)/4*0.93, nil, hris/4, !m.After(ym(2026, 10)), false)
		}
	}
	matches := &rows{into: "marts.id_matches (source, system, ids, matched_ids, unmatched_ids)"}
	matches.add("lms", "learning", 2614, 2571, 43)
	matches.add("payroll", "payroll", 2590, 2587, 3)
	matches.add("coach", "learning", 4, 4, 0)
	rejections := &rows{into: "marts.rejections (source, stream, target, column_name, reason, rows, last_seen_at)"}
	rejections.text = append(rejections.text,
		"('hris', 'employees', 'employment', 'hire_date', '\"31/02/2024\" is not a date', 14, timestamp '2026-11-16 01:15:03')",
		"('payroll', 'lines', 'payroll_line', 'amount', 'is not a number', 3, timestamp '2026-11-16 01:16:03')",
		"('lms', 'completions', 'enrolment', null, 'lies <b>beyond</b> the file', 1, timestamp '2026-11-15 01:16:03')")
	sources := &rows{into: "marts.source_freshness (source, kind, schedule, last_success_at, last_status, data_as_of, rows, rejected, last_error)"}
	sources.text = append(sources.text,
		"('hris', 'file', '15 2 * * *', timestamp '2026-11-16 01:15:00', 'ok', date '2026-11-15', 7416, 14, null)",
		"('payroll', 'file', '30 2 1 * *', timestamp '2026-11-01 01:31:00', 'ok', date '2026-10-31', 182040, 3, null)",
		"('lms', 'moodle', '0 * * * *', timestamp '2026-11-14 08:00:00', 'ok', date '2026-11-14', 51230, 1, null)",
		"('erp', 'sql', '15 3 * * *', timestamp '2026-11-15 02:15:00', 'failed', date '2026-11-14', 9000, 0, 'sync erp.orders: header column 4 is \"Otto Normal\"')",
		"('register', 'file', null, timestamp '2026-09-01 07:00:00', 'ok', date '2026-08-31', 120, 0, null)",
		"('survey', 'file', '0 4 * * 1', null, null, null, null, null, null)")
	runs := &rows{into: "marts.runs (run_id, source, stream, target, started_at, finished_at, status, rows_read, inserted, updated, unchanged, rejected, deleted, warnings, error)"}
	for i := range 24 {
		status, note := "'ok'", "null"
		if i == 3 {
			status, note = "'failed'", "'header column 4 is \"Otto Normal\"'"
		}
		runs.text = append(runs.text, fmt.Sprintf("(%d, 'hris', 'employees', 'employment', timestamp '2026-11-%02d 01:15:00', timestamp '2026-11-%02d 01:15:07', %s, 7416, 12, 40, 7350, 14, 0, 1, %s)",
			i, 1+i/2, 1+i/2, status, note))
	}
	return []string{
		"delete from marts.source_freshness", "update marts.dials set formula = 'invoiced net of credit notes', signed_off_at = timestamp '2026-03-02' where metric_id = 'revenue'",
		"update marts.dials set owner_name = null where metric_id = 'defects'", "update marts.dials set is_owner_in_ld = true where metric_id = 'handling'",
		"update marts.dials set signed_off_at = timestamp '2024-03-02' where metric_id = 'order_time'",
		recon.String(), heads.String(), matches.String(), rejections.String(), sources.String(), runs.String(),
	}
}

func trustedWarehouse(t *testing.T) *warehouse.Warehouse {
	t.Helper()
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, append(company(), trusted()...)); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestWorkforcePage(t *testing.T) {
	app := serve(t, trustedWarehouse(t), fixtureCompany)
	if addr := os.Getenv("HOLD_TRUST"); addr != "" {
		t.Fatal(app.Listen(addr)) // for a look by hand
	}
	code, body := answer(t, app, "/workforce")
	if code != http.StatusOK {
		t.Fatalf("got %d\n%s", code, body)
	}
	for _, want := range []string{
		"<h1>Three of six sources are not fresh; payroll and HRIS agree on headcount to 0.7",
		"18 rows rejected, under 0.1",
		"disagree beyond the tolerance in May 2025.",
		"stale: never loaded", "stale: last run failed", "stale: missed its run of 14 Nov 10:00", `<span class="badge good">fresh</span>`,
		"by hand", "fewer than 5", "about 24", ">hidden<", "nearly all", "98.4",
		"“…” is not a date", "lies &lt;b&gt;beyond&lt;/b&gt; the file", "header column 4 is “…”",
		`"axisLabel"`, "Some groups are hidden to protect people", "9 ", "FTE",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"31/02/2024", "Otto Normal", "coach", ">121<", ">3<small"} {
		if strings.Contains(body, never) {
			t.Errorf("the page says %q", never)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

func TestWorkforceBeforePayroll(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := fill(w, []string{"insert into marts.source_freshness (source, kind, last_success_at, last_status) values ('hris', 'file', timestamp '2026-11-16 01:15:00', 'ok')"}); err != nil {
		t.Fatal(err)
	}
	_, body := answer(t, serve(t, w, fixtureCompany), "/workforce")
	for _, want := range []string{
		"<h1>The one source is fresh; payroll and HRIS have no month in common yet</h1>", "cannot be compared yet", "No row has been rejected", "No source that names people",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not say %q:\n%s", want, body)
		}
	}
}

func TestTrustTitle(t *testing.T) {
	at := time.Date(2026, 11, 16, 1, 15, 0, 0, time.UTC)
	ok, bad := "ok", "failed"
	source := func(status *string) sourceRow { return sourceRow{LastSuccessAt: &at, LastStatus: status} }
	yes, no := true, false
	within := &trust{months: []reconciliationRow{{HRIS: 1000, Payroll: 996, IsWithin: &yes}}}
	beyond := &trust{months: []reconciliationRow{{HRIS: 1000, Payroll: 1031, IsWithin: &no}, {HRIS: 1000}}}
	for _, tt := range []struct {
		sources []sourceRow
		trust   *trust
		want    string
	}{
		{nil, within, "No source has been loaded yet"},
		{[]sourceRow{source(&ok), source(&ok)}, within, "All two sources are fresh, and payroll and HRIS agree on headcount to 0.4\u202f%"},
		{[]sourceRow{source(&ok), source(&ok)}, beyond, "All two sources are fresh, but payroll is 3.1\u202f% off the headcount of HRIS"},
		{[]sourceRow{source(&ok), source(&bad)}, beyond, "One of two sources is not fresh, and payroll is 3.1\u202f% off the headcount of HRIS"},
		{[]sourceRow{source(&bad), source(&bad)}, within, "None of the two sources is fresh; payroll and HRIS agree on headcount to 0.4\u202f%"},
		{[]sourceRow{source(&ok)}, &trust{}, "The one source is fresh; payroll and HRIS have no month in common yet"},
	} {
		r := &request{sources: tt.sources, now: clock(), zone: time.UTC, numbers: numbersFor("en")}
		if got := r.trustTitle(tt.trust); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

func TestScheduleWords(t *testing.T) {
	for cron, want := range map[string]string{
		"15 2 * * *": "daily at 02:15", "0 4 * * 1": "Mondays at 04:00", "0 4 * * 7": "Sundays at 04:00", "30 2 1 * *": "monthly on day 1 at 02:30",
		"5 * * * *": "hourly at :05", "*/10 * * * *": "every 10 minutes", "0 6 * * 1-5": "weekdays at 06:00",
		"0 4 1 1 *": "0 4 1 1 *", "0 4,16 * * *": "0 4,16 * * *", "0 4 * * MON": "0 4 * * MON", "@daily": "@daily", "0 4 1 * 1": "0 4 1 * 1",
	} {
		if got := scheduleWords(cron); got != want {
			t.Errorf("%s: got %q, want %q", cron, got, want)
		}
	}
}

// The options of the page's charts are those of the golden file.
func TestWorkforceCharts(t *testing.T) {
	months := []reconciliationRow{}
	yes, no := true, false
	for i, paid := range []int64{998, 1004, 949, 1001} {
		m := reconciliationRow{Month: ym(2025, time.Month(11+i)), HRIS: 1000, Payroll: paid, IsWithin: &yes}
		if lms := int64(600 + i); i != 1 {
			m.LMS = &lms
		}
		if i == 2 {
			m.IsWithin = &no
		}
		months = append(months, m)
	}
	var options []any
	for _, c := range []chart{differenceChart(months), countsChart(months)} {
		c.Validate()
		options = append(options, c.JSON())
	}
	got, err := json.MarshalIndent(options, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "workforce.json", append(got, '\n'))
	if title := differenceTitle(months); title != "Payroll and HRIS disagree beyond the tolerance in one of 4 months" {
		t.Errorf("got %q", title)
	}
}
