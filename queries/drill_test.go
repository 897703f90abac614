package queries

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"dials/warehouse"
)

// What a number leads to is what it is made of: the rows about people of each state, step and quarter
// are as many, or add up to as much, as the cells that the pages sum.
func TestDrillDowns(t *testing.T) {
	w := smallCompanies(t, 1, 3)
	text := func(name string) string {
		bytes, err := files.ReadFile(name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		return strings.NewReplacer("limit 501", "", "limit 500", "").Replace(string(bytes))
	}
	people := "select count(*)::double from (" + text("learning_people") + ")"
	hours := "select coalesce(sum(hours), 0) from (" + text("learning_hours_people") + ")"
	steps := "with scoped_people as (select distinct person_id from marts.gap_step_people) select coalesce(sum(case $step when 'open' then open_gap when 'close' then close_gap else amount end), 0)::double from (" + text("gap_step_persons") + ")"
	number := func(query string, args ...any) float64 {
		t.Helper()
		var n float64
		if err := w.DB().QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
			t.Fatalf("%v in %s", err, query)
		}
		return n
	}
	type window struct {
		id             string
		from, to, seen time.Time
	}
	var windows []window
	each(t, w, "select window_id, from_date, to_date, state_date from core.dim_learning_windows where window_id in ('fy', 'last-fy', 'rolling-12', 'cohort')", func(rows *sql.Rows) error {
		var x window
		err := rows.Scan(&x.id, &x.from, &x.to, &x.seen)
		windows = append(windows, x)
		return err
	})
	compared, most := 0, 0.0
	same := func(what string, got, want float64) {
		t.Helper()
		compared, most = compared+1, max(most, want)
		if d := got - want; d > 1e-6 || d < -1e-6 {
			t.Errorf("%s: the rows are %v, the number %v", what, got, want)
		}
	}
	cut := func(x window, state string) []any {
		args := []any{sql.Named("course", ""), sql.Named("version", ""), sql.Named("from", x.from), sql.Named("to", x.to), sql.Named("until", x.seen), sql.Named("state", state), sql.Named("days", nil)}
		return append(args, sql.Named("attribute", ""), sql.Named("value", ""))
	}
	for _, x := range windows {
		for state, column := range map[string]string{"all": "assigned", "counted": "base", "started": "started", "done": "completed", "assessed": "assessed", "withdrawn": "withdrawn", "exempt": "exempt", "left": "left_before_due"} {
			want := number("select coalesce(sum("+column+"), 0)::double from core.fct_learner_steps where window_id = $1 and to_date = $2::date and learner_id in (select person_id from core.fct_learning)", x.id, x.to)
			same(fmt.Sprintf("%s to %s, %s", x.id, x.to.Format(time.DateOnly), state), number(people, cut(x, state)...), want)
		}
		if x.id != "cohort" {
			continue
		}
		for _, what := range []string{"purpose", "modality", "kind"} {
			each(t, w, "select distinct "+what+" from core.fct_learning_hours", func(rows *sql.Rows) error {
				var value string
				if err := rows.Scan(&value); err != nil {
					return err
				}
				args := []any{sql.Named("course", ""), sql.Named("from", x.from), sql.Named("to", x.to), sql.Named("frontline", ""), sql.Named("attribute", ""), sql.Named("value", "")}
				for _, name := range []string{"purpose", "modality", "kind"} {
					v := ""
					if name == what {
						v = value
					}
					args = append(args, sql.Named(name, v))
				}
				want := number("select coalesce(sum(hours), 0)::double from core.fct_learning_hours where person_id is not null and day >= $1::date and day < $2::date and "+what+" = $3", x.from, x.to, value)
				same("hours of "+what+" "+value, number(hours, args...), want)
				return nil
			})
		}
	}
	each(t, w, "select goal_id, step, sum(amount)::double from core.fct_gap_step_cells group by all", func(rows *sql.Rows) error {
		var goal, step string
		var want float64
		if err := rows.Scan(&goal, &step, &want); err != nil {
			return err
		}
		same("gap points of "+goal+" "+step, number(steps, sql.Named("goal", goal), sql.Named("step", step), sql.Named("steps", step)), want)
		return nil
	})
	if compared < 60 || most == 0 {
		t.Errorf("%d numbers were compared, the largest %v", compared, most)
	}
}

// each calls do for every row of a query.
func each(t testing.TB, w *warehouse.Warehouse, query string, do func(*sql.Rows) error) {
	t.Helper()
	rows, err := w.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
