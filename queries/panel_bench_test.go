package queries

import (
	"runtime"
	"testing"
)

// Each design on 60 units and 36 months; issue B allows 150 ms a tactic and dial.
func BenchmarkStudy(b *testing.B) {
	designs := []struct {
		name   string
		starts map[int]int
		waves  []waveRow
	}{
		{"difference", starting(15, 15, 20), byRule("choice", 1)},
		{"roll-out", starting(24, 6, 14, 17, 20, 23), byRule("order", 4)},
		{"series", starting(60, 60, 24), byRule("all", 1)},
		{"drawn", starting(30, 30, 20), byRule("random", 1)},
		{"few", starting(3, 3, 20), byRule("choice", 1)},
	}
	for _, d := range designs {
		w := world{seed: 1, units: 60, months: 36, aggregation: "mean", starts: d.starts, sigma: 5, rho: 0.3, common: 2}
		units, all := w.rows()
		b.Run(d.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := studyPanel(w.link(), newPanel(w.link(), units, all), d.waves, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Ten thousand units and ten years.
func BenchmarkStudyLarge(b *testing.B) {
	w := world{seed: 1, units: 10000, months: 120, aggregation: "mean", starts: starting(2000, 2000, 80), sigma: 5, rho: 0.3, common: 2}
	units, all := w.rows()
	for b.Loop() {
		if _, err := studyPanel(w.link(), newPanel(w.link(), units, all), byRule("choice", 1), nil); err != nil {
			b.Fatal(err)
		}
	}
}

// A refresh of 200 tactics and dials on 60 units and 36 months, by all designs: at most
// 30 s on 2 cores, and little memory.
func BenchmarkRefresh(b *testing.B) {
	m, db := refreshFixture(b)
	_, err := db.Exec(`
		delete from marts.tactics; delete from marts.tactic_links; delete from marts.dials; delete from marts.panel_units;
		delete from marts.panel_waves; delete from marts.panel_delivery; delete from marts.dial_monthly;
		create temp table plan as
		select k, 't' || k as tactic_id, 'm' || k as metric_id,
			case when k % 20 < 9 then 'did' when k % 20 < 14 then 'waves' when k % 20 < 16 then 'drawn dates' when k % 20 < 18 then 'all' else 'few' end as design
		from range(200) r(k);
		insert into marts.tactics by name
		select tactic_id, tactic_id as name, 'process' as tactic_type, date '2024-01-01' as launch_date, date '2024-01-01' as launched_month, [date '2024-01-01'] as wave_months from plan;
		insert into marts.tactic_links by name
		select 'l' || k as tactic_link_id, tactic_id, metric_id, true as has_goal, true as has_metric, true as has_baseline, true as has_target, true as has_owner,
			'so' as mechanism, 1 as expected_lag_months, true as is_approved, true as is_registered_before_launch, 100.0 as baseline, 108.0 as target
		from plan;
		insert into marts.dials by name
		select metric_id, metric_id as name, 'up' as direction, 'mean' as unit_aggregation, 'mean' as time_aggregation, 'EUR' as currency, 3 as money_per_unit,
			'pieces' as unit_of_measure, date '2024-12-01' as last_complete_month
		from plan;
		insert into marts.panel_delivery by name select tactic_id, 9 as completed_people from plan;
		create temp table parts as
		select k, u, design, (hash(k, u) % 60)::int as place,
			case design when 'did' then place < 15 when 'all' then true when 'few' then u < 3 else place < 32 end as is_in,
			case when design in ('waves', 'drawn dates') then (hash(k, u, 1) % 4)::int else 0 end as wave
		from plan, range(60) r(u);
		insert into marts.panel_units by name
		select 'l' || k as tactic_link_id, 'u' || u as unit_id, case when is_in then 'treated' else 'other' end as part,
			case when is_in then (date '2024-01-01' + to_months(2 * wave))::date end as exposed_from_month, false as is_chosen_on_dial, 5.0 + u as heads
		from parts;
		insert into marts.panel_waves by name
		select distinct 't' || k as tactic_id, wave + 1 as wave, (date '2024-01-01' + to_months(2 * wave))::date as start_date,
			case design when 'drawn dates' then 'random' when 'waves' then 'order' when 'all' then 'all' else 'choice' end as assigned_by, timestamp '2023-10-01' as assigned_at, true as is_assigned_at_trusted
		from parts where is_in;
		insert into marts.dial_monthly by name
		select 'm' || k as metric_id, 'u' || u as unit_id, (date '2022-01-01' + to_months(t::int))::date as month,
			100 + u % 7 + 4 * sin(t * 0.5236) + (hash(k, u, t) % 1000)::double / 100 + case when is_in and t >= 24 + 2 * wave and k % 2 = 0 then 4 else 0 end as value,
			20 as n, true as is_complete
		from parts, range(36) r(t)`)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		got, err := Refresh(b.Context(), m, &saved{db: db}, firstMonth, nil)
		if err != nil {
			b.Fatal(err)
		}
		if got.Computed != 200 || got.Claims < 20 {
			b.Fatalf("%+v", got)
		}
		if _, err := db.Exec("delete from meta.evidence_run"); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(got.Seconds, "s/refresh")
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	b.ReportMetric(float64(mem.Sys)/1e6, "MB")
}
