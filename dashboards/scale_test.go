package dashboards

import (
	"fmt"
	"testing"
	"time"

	"dials/warehouse"
)

// large writes what 100,000 employees make of the marts: 2,500 units each with all of 10 dials (a company has far fewer cells),
// 60 months.
func large(b *testing.B) *warehouse.Warehouse {
	b.Helper()
	w, err := emptyWarehouse(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	statements := tactics()
	for i := range 10 {
		statements = append(statements, fmt.Sprintf(`insert into marts.dials (metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, owner_name, currency, sources, has_people, first_month, last_complete_month, definition_version)
			values ('m%d', 'Dial %d', 'EUR', 'up', '%s', 'sum', 'Owner', 'EUR', 'finance', false, date '2021-11-01', date '2026-10-01', 1)`, i, i, []string{"sum", "ratio", "mean"}[i%3]))
	}
	statements = append(statements,
		`insert into marts.units (unit_id, name, unit_type, depth, is_current) select 'u' || i, 'Unit ' || i, 'team', 1, true from range(2500) as r(i)`,
		`insert into marts.unit_scope (view_name, ancestor_id, unit_id, valid_from, valid_to, share)
			select v, a, 'u' || i, date '1900-01-01', date '9999-12-31', 1 from range(2500) as r(i), (values ('as_was'), ('as_now')) as w(v), lateral (values ('*'), ('u' || i)) as x(a)`,
		`insert into marts.dial_monthly (metric_id, unit_id, month, value, numerator, denominator, n, is_complete, plan, plan_weight, is_hidden)
			select 'm' || d, 'u' || u, (date '2021-11-01' + to_months(t::integer))::date, 100 + t + random() * 20, 100 + t + random() * 20, 1, 40, true, 120 + t, 1, false
			from range(10) as a(d), range(2500) as b(u), range(60) as c(t)`)
	if err := fill(w, statements); err != nil {
		b.Fatal(err)
	}
	return w
}

// A cold page of a large company: no result is kept.
func BenchmarkColdPage(b *testing.B) {
	w := large(b)
	get(b, serve(b, w, fixtureCompany), "/")
	var worst time.Duration
	for b.Loop() {
		b.StopTimer()
		app := serve(b, w, fixtureCompany)
		b.StartTimer()
		start := time.Now()
		if resp, _ := get(b, app, "/"); resp.StatusCode != 200 {
			b.Fatal(resp.Status)
		}
		worst = max(worst, time.Since(start))
	}
	b.ReportMetric(float64(worst.Milliseconds()), "ms-worst")
}
