package queries

import (
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"testing/fstest"
	"time"
)

// rolledAtOnce rolls dials up over the units in scope when it is asked, as the build does by node.
const rolledAtOnce = `-- As dial_monthly, of the units in scope.
-- topic: results
-- class: aggregate
-- people: people_n
with cells as (
  select m.metric_id, m.month, d.unit_aggregation, s.share, m.n, m.is_complete, m.plan, m.value, m.numerator, m.denominator,
    coalesce(m.denominator, m.n, 1) as weight, coalesce(m.plan_weight, 1) as weight_of_plan
  from marts.dial_monthly m
  join marts.dials d on d.metric_id = m.metric_id
  join scoped_units s on s.unit_id = m.unit_id and m.month >= s.valid_from and m.month < s.valid_to
  where not d.has_people
), rolled as (
  select metric_id, month, unit_aggregation, sum(value * share) as total,
    sum(case unit_aggregation when 'ratio' then numerator when 'mean' then value * weight end * share) as numerator,
    sum(case unit_aggregation when 'ratio' then denominator when 'mean' then weight end * share) filter (value is not null) as denominator,
    sum(n)::bigint as n, count(value) as units, coalesce(bool_and(is_complete) filter (value is not null), false) as is_complete,
    sum(plan * share) as plan_total, sum(plan * weight_of_plan * share) as plan_weighted, sum(weight_of_plan * share) filter (plan is not null) as plan_weight
  from cells
  group by all
)
select metric_id, month, case unit_aggregation when 'sum' then total else numerator / nullif(denominator, 0) end as value, numerator, denominator,
  n, null::bigint as people_n, units, is_complete, case unit_aggregation when 'sum' then plan_total else plan_weighted / nullif(plan_weight, 0) end as plan,
  plan_weight, false as is_hidden
from rolled
order by metric_id, month`

// A rolledRow is one dial and month of a unit.
type rolledRow struct {
	Metric      string    `db:"metric_id"`
	Month       time.Time `db:"month"`
	Value       *float64  `db:"value"`
	Numerator   *float64  `db:"numerator"`
	Denominator *float64  `db:"denominator"`
	N           *int64    `db:"n"`
	Units       int64     `db:"units"`
	IsComplete  bool      `db:"is_complete"`
	Plan        *float64  `db:"plan"`
	PlanWeight  *float64  `db:"plan_weight"`
}

func (r rolledRow) String() string {
	number := func(v *float64) string {
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.9g", *v)
	}
	return fmt.Sprint(r.Metric, " ", r.Month.Format("2006-01"), " ", number(r.Value), " ", number(r.Numerator), " ", number(r.Denominator), " ", deref(r.N),
		" ", r.Units, " ", r.IsComplete, " ", number(r.Plan), " ", number(r.PlanWeight))
}

// What the build rolled up by node is, for each reader, unit and view, what the units that are the
// reader's come to: where units moved, were split, and where several subtrees were granted.
func TestDialsAreRolledUp(t *testing.T) {
	const companies = 3
	r := newRawCompanies()
	rng := rand.New(rand.NewPCG(5, 11))
	for k := range companies {
		settle(rng, k, worldStart, companyMonths, r)
	}
	observed := &rawRows{into: "metric_observation (metric_id, unit_id, period_start_date, value, numerator, denominator, n, is_complete, source, recorded_at)"}
	planned := &rawRows{into: "metric_target (metric_id, unit_id, period_start_date, plan_version, plan, plan_weight, source, recorded_at)"}
	for k := range companies {
		for team := range 8 { // some of them are in no tree
			unit := fmt.Sprintf("T%d.%d", k, team)
			for m := range companyMonths + 2 {
				month := worldStart.AddDate(0, m, 0)
				for _, dial := range []string{"flow", "rate", "level"} {
					var value, numerator, denominator, n any
					switch {
					case m >= companyMonths || rng.IntN(8) == 0: // a plan alone
					case dial == "rate":
						numerator, denominator = rng.IntN(50), 50+rng.IntN(50)
					default:
						value, n = math.Round(rng.Float64()*1e4)/100, []any{nil, 1 + rng.IntN(9)}[rng.IntN(2)]
					}
					if value != nil || numerator != nil {
						observed.add(dial, unit, month, value, numerator, denominator, n, rng.IntN(9) > 0)
					}
					if rng.IntN(2) == 0 {
						planned.add(dial, unit, month, "v1", rng.IntN(100), []any{nil, 1 + rng.IntN(3)}[rng.IntN(2)])
					}
				}
			}
		}
	}
	w := raised(t, append(r.statements(), payrollRun(worldStart.AddDate(0, companyMonths, 0)), observed.String(), planned.String(),
		`insert into raw.metric (metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, base_grain, computed_from, valid_from, source, recorded_at)
		select id, id, '%', 'down', units, 'mean', 'month', nullif(people, ''), date '2015-01-01', 'hris', '2025-01-10'
		from (values ('flow', 'sum', ''), ('rate', 'ratio', ''), ('level', 'mean', ''), ('turnover', 'ratio', 'employment')) v(id, units, people)`)...)
	m := Open(w.DB())
	src, err := files.ReadFile("dial_monthly.sql")
	if err != nil {
		t.Fatal(err)
	}
	m.files = fstest.MapFS{"dial_monthly.sql": &fstest.MapFile{Data: src}, "at_once.sql": &fstest.MapFile{Data: []byte(rolledAtOnce)}}
	var units []string
	each(t, w, "select unit_id from marts.units order by unit_id", func(rows *sql.Rows) error {
		var unit string
		err := rows.Scan(&unit)
		units = append(units, unit)
		return err
	})
	told := 0
	some := func(n int) (list []string) {
		for range n {
			list = append(list, units[rng.IntN(len(units))])
		}
		return list
	}
	for i := range 40 {
		granted := some(1 + rng.IntN(3))
		asked := append(some(5), granted...)
		if i == 0 {
			granted, asked = []string{EveryUnit}, append(units, EveryUnit)
		}
		for _, unit := range asked {
			for _, view := range []View{AsWas, AsNow} {
				reader := Reader{Unit: unit, View: view, Policy: Policy{Roles: []Role{Executive}, Units: granted}}
				got, err := All[rolledRow](t.Context(), m, reader, "dial_monthly")
				want, wantErr := All[rolledRow](t.Context(), m, reader, "at_once")
				if (err == nil) != (wantErr == nil) {
					t.Fatalf("%q asks for %q %s: %v, %v", granted, unit, view, err, wantErr)
				}
				told += len(got.Rows)
				if len(got.Rows) != len(want.Rows) {
					t.Fatalf("%q asks for %q %s: %d rows, want %d", granted, unit, view, len(got.Rows), len(want.Rows))
				}
				for j := range got.Rows {
					if got.Rows[j].String() != want.Rows[j].String() {
						t.Fatalf("%q asks for %q %s: got %v, want %v", granted, unit, view, got.Rows[j], want.Rows[j])
					}
				}
			}
		}
	}
	if told < 1000 {
		t.Errorf("%d rows were told", told)
	}
}
