package queries

import (
	"database/sql"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dials/warehouse"
)

// made are marts of a warehouse that stmts make by hand.
func made(t *testing.T, stmts ...string) *Marts {
	t.Helper()
	w, err := warehouse.Open(t.Context(), warehouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	for _, stmt := range append([]string{"create schema if not exists marts"}, stmts...) {
		if _, err := w.DB().ExecContext(t.Context(), stmt); err != nil {
			t.Fatal(err)
		}
	}
	return Open(w.DB())
}

// From the reconciliation nobody can tell which one to four people one system knows
// and the other does not: rows that differ in these alone are told alike.
func TestReconciliationOfFew(t *testing.T) {
	seen := map[string]string{}
	for few := 1; few <= 4; few++ {
		for _, side := range []string{"paid", "unpaid", "both", "unknown", "retro"} {
			heads, paid, unpaid, unknown, retro := 100, 0, 0, 0, 0
			switch side {
			case "paid":
				paid = few
			case "unpaid":
				unpaid = min(few, 2) // 98 to 102 are rounded alike
			case "both":
				paid, unpaid = min(few, 2), few
			case "unknown":
				unknown = few
			case "retro":
				retro = few
			}
			if side == "paid" {
				paid = min(few, 2)
			}
			m := made(t, fmt.Sprintf(`create table marts.reconciliation_monthly as select date '2024-01-01' as month, %d as hris_heads, %d as payroll_heads,
				200 as lms_people, %d as lms_not_in_hris, %d as paid_not_in_hris, %d as in_hris_not_paid, %d as retro_lines, 0 as retro_leaver_lines,
				0 as off_cycle_runs, true as is_within_tolerance, %[1]d as people_n, false as is_hidden`, heads, heads+paid-unpaid, unknown, paid, unpaid, retro))
			got, err := Read(t.Context(), m, Reader{Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}, "reconciliation")
			if err != nil || len(got.Rows) != 1 {
				t.Fatal(got.Rows, err)
			}
			text := fmt.Sprint(got.Rows[0])
			kind := side
			if side == "unpaid" || side == "both" {
				kind = "paid" // which of the two it is, is no business of the reader either
			}
			if known, ok := seen[kind]; ok && known != text {
				t.Errorf("%d %s: %s, and another number is told as %s", few, side, text, known)
			}
			seen[kind] = text
		}
	}
	// Five are no secret.
	m := made(t, `create table marts.reconciliation_monthly as select date '2024-01-01' as month, 100 as hris_heads, 105 as payroll_heads,
		200 as lms_people, 7 as lms_not_in_hris, 5 as paid_not_in_hris, 0 as in_hris_not_paid, 6 as retro_lines, 0 as retro_leaver_lines,
		0 as off_cycle_runs, false as is_within_tolerance, 100 as people_n, false as is_hidden`)
	got, err := Read(t.Context(), m, Reader{Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}, "reconciliation")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for i, c := range got.Columns {
		told[c] = fmt.Sprint(got.Rows[0][i])
	}
	for c, want := range map[string]string{"paid_not_in_hris": "5", "in_hris_not_paid": "0", "lms_not_in_hris": "7", "retro_lines": "6", "payroll_heads": "105"} {
		if told[c] != want {
			t.Errorf("%s is told as %s, want %s", c, told[c], want)
		}
	}
}

// Whom a tactic reached, its hours and what it cost are withheld where they are about few.
func TestReachHoursAndCostOfFew(t *testing.T) {
	tactics := func(reached int, hours, cost, few bool) *Marts {
		return made(t, fmt.Sprintf(`create table marts.tactics as select 't' as tactic_id, 'T' as name, date '2024-01-01' as launched_date, 10 as eligible_people,
			%d as reached_people, 2 as eligible_units, 2 as reached_units, 12.5 as direct_cost_amount, %[1]d * 3.5 as participant_hours, %[1]d * 100 as loaded_cost_amount,
			'EUR' as cost_currency, 0 as missing_rate_lines, 1000 as planned_cost_amount, 10 as people_n, %t as is_hidden, %t as is_reached_hidden, %t as is_hours_hidden,
			%t as is_cost_hidden, %[2]t as is_direct_cost_hidden`, reached, few, hours, hours, cost))
	}
	given := sql.Named("tactic", nil)
	for _, name := range []string{"tactic_reach", "tactic_cost", "extract_tactic_costs"} {
		var told []string
		for reached := 1; reached <= 4; reached++ {
			got, err := Read(t.Context(), tactics(reached, true, true, false), Reader{Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}, name, given)
			if err != nil {
				t.Fatal(name, err)
			}
			told = append(told, fmt.Sprint(got.Rows))
		}
		for _, text := range told[1:] {
			if diff := cmp.Diff(told[0], text); diff != "" {
				t.Errorf("%s tells one to four people apart: %s", name, diff)
			}
		}
		got, err := Read(t.Context(), tactics(7, false, false, false), Reader{Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}, name, given)
		if err != nil || len(got.Rows) != 1 {
			t.Errorf("%s of seven: %v, %v", name, got.Rows, err)
		}
	}
}
