package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"
)

// BenchmarkGoals builds the models of 500,000 objectives, 100,000 of them of units, with three readings each: their
// roll-up is one of them.
func BenchmarkGoals(b *testing.B) {
	for b.Loop() {
		w := openGoals(b)
		start := time.Now()
		built, err := w.BuildOnly(b.Context(), "marts.objectives")
		if err != nil {
			b.Fatal(err)
		}
		all := time.Since(start)
		var rollup float64
		if err := w.DB().QueryRowContext(b.Context(), "select sum(seconds) from meta.model where name in ('core.fct_goal_rollups', 'fct_goal_rollups')").Scan(&rollup); err != nil {
			b.Fatal(err)
		}
		var n int
		if err := w.DB().QueryRowContext(b.Context(), "select count(*) from core.fct_goal_rollups").Scan(&n); err != nil || n != 100_000 {
			b.Fatalf("%d objectives are rolled up, %v", n, err)
		}
		fmt.Printf("| roll-up of 500,000 objectives; with the %d models before it | %.1f s; %v | ≤ 20s |\n", len(built.Rebuilt), rollup, all.Round(100*time.Millisecond))
		b.ReportMetric(rollup, "s-rollup")
	}
}

// openGoals is a warehouse with ten strategic objectives and ten branches below each but the lowest.
func openGoals(b *testing.B) *Warehouse {
	b.Helper()
	w, err := Open(b.Context(), Options{Path: b.TempDir() + "/goals.duckdb"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	known := "timestamp '2026-10-31' as recorded_at, 'strategy' as source, 1 as run_id"
	err = w.Write(b.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range []string{
			`insert into raw.goal by name select 'g' || i as goal_id, 'g' || i as source_id, 'Objective ' || i as name, case when i >= 10 then 'g' || (i // 10) end as parent_id,
				case when i < 10 then 'strategic' when i < 100 then 'supporting' when i < 1000 then 'department' when i < 100000 then 'team' else 'individual' end as level,
				'p' || i as owner_id, 'u1' as unit_id, date '2026-01-01' as start_date, date '2026-12-31' as due_date, 0 as baseline, 100 as target, 'up' as direction, 1 + i % 3 as weight, 'active' as status,
				30 as cadence_days, date '2026-01-01' as valid_from, ` + known + ` from range(500000) as r(i)`,
			`insert into raw.goal_progress by name select 'g' || i as goal_id, 'g' || i || q as source_id, date '2026-01-01' + (90 * q)::integer as as_of_date, (25 * q + i % 7)::double as value, 'green' as owner_status, ` + known + `
				from range(500000) as r(i), range(1, 4) as s(q)`,
			`insert into raw.org_unit by name select 'u1' as unit_id, 'u1' as source_id, 'Company' as name, date '2020-01-01' as valid_from, ` + known,
		} {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return w
}
