package warehouse

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestSuppression(t *testing.T) {
	var employments, jobs strings.Builder
	n := 0
	hire := func(unit string, people int) {
		for range people {
			n++
			fmt.Fprintf(&employments, "e%d p%d 2024-01-01 - employee 2024-01-01\n", n, n)
			fmt.Fprintf(&jobs, "e%d 1 true 1 %s 2024-01-01\n", n, unit)
		}
	}
	// D1: A 3 is small, so B 6, the smallest other one, hides it; C 9 is shown.
	// S1 and S2 make up B. D2: E and F are small and together 5, which is enough.
	hire("A", 3)
	hire("S1", 2)
	hire("S2", 4)
	hire("C", 9)
	hire("E", 1)
	hire("F", 4)
	hire("G", 7)
	hire("D3", 2)
	hire("H", 8)
	hire("D4", 4)
	w := build(t, untilMarch+`
		org_unit: unit_id name parent_id valid_from
		Top Top -   2020-01-01
		D1  D1  Top 2020-01-01
		D2  D2  Top 2020-01-01
		D3  D3  Top 2020-01-01
		D4  D4  Top 2020-01-01
		A   A   D1  2020-01-01
		B   B   D1  2020-01-01
		C   C   D1  2020-01-01
		S1  S1  B   2020-01-01
		S2  S2  B   2020-01-01
		E   E   D2  2020-01-01
		F   F   D2  2020-01-01
		G   G   D2  2020-01-01
		H   H   D3  2020-01-01

		employment: employment_id person_id hire_date term_date employment_type valid_from
	`+employments.String()+`
		job: employment_id assignment_id is_primary fte_share unit_id valid_from
	`+jobs.String())
	// D4 is small, so D3 with 10, the smallest other division, hides it; below D3 its own 2
	// are hidden, and so is H: were it shown, all that is unknown of D3 would be 2 people.
	want(t, w, "select string_agg(node_id, ' ' order by node_id) from core.fct_unit_privacy where view_name = 'as_was' and not is_own and month = '2024-02-01' and is_hidden", "A B D3 D4 E F H S1 S2")
	want(t, w, "select string_agg(unit_id, ' ' order by unit_id) from marts.headcount_monthly where month = '2024-02-01' and is_hidden", "A D3 D4 E F H S1 S2")
	// The order of rows would say what they hide: extracts hand them out as they lie.
	for mart, key := range map[string]string{"headcount_monthly": "unit_id, month", "dial_monthly": "metric_id, unit_id, month"} {
		want(t, w, "select count(*) from (select rowid as lies, row_number() over (order by "+key+") - 1 as place from marts."+mart+") where lies <> place", "0")
	}
}

// In random companies whose people and units move, nobody can work a hidden cell out
// of all that is shown: it is no sum or difference of shown ones, in either view.
func TestSuppressionHolds(t *testing.T) {
	for seed := range uint64(3) {
		w := build(t, randomCompany(rand.New(rand.NewPCG(1, seed))))
		ready(t, w, "core.fct_unit_privacy core.fct_headcount_monthly marts.unit_scope")
		for _, rule := range []struct{ name, value, withheld, secret string }{
			{"people", "people", "is_hidden", "people < 5"},
			{"leavers", "leavers", "is_hidden or is_range", "leavers < 5 or leavers = heads"},
		} {
			secrets, open := 0, 0
			for _, month := range texts(t, w, "select distinct month::varchar from core.fct_unit_privacy order by 1") {
				s, o := attack(t, w, month, rule.withheld, rule.secret)
				secrets, open = secrets+s, open+o
			}
			t.Logf("seed %d: %d secrets of %s against %d shown cells", seed, secrets, rule.name, open)
			if secrets == 0 || open == 0 {
				t.Errorf("seed %d: %d secrets of %s and %d shown cells: nothing was tested", seed, secrets, rule.name, open)
			}
		}
	}
}

// attack tries to derive each secret cell of a month from all shown ones. A cell is
// a sum over the people directly in each unit, known by its coefficients.
func attack(t *testing.T, w *Warehouse, month, withheld, secret string) (secrets, shown int) {
	t.Helper()
	units := texts(t, w, "select distinct node_id from core.fct_unit_privacy where is_own and month = '"+month+"' order by 1")
	index := map[string]int{}
	for i, u := range units {
		index[u] = i
	}
	rows, err := w.DB().QueryContext(t.Context(), fmt.Sprintf(`
		with cells as (
			select p.view_name, p.node_id, p.is_own, (%s) as is_withheld, (%s) as is_secret
			from core.fct_unit_privacy as p
			where p.month = '%s'
		)
		select c.view_name || ' ' || c.node_id || case when c.is_own then ' alone' else '' end, c.is_withheld, c.is_secret, s.unit_id, s.share
		from cells as c
		inner join marts.unit_scope as s
			on s.view_name = c.view_name and s.ancestor_id = c.node_id and date '%s' >= s.valid_from and date '%s' < s.valid_to
			and (not c.is_own or s.unit_id = c.node_id)
		inner join core.fct_headcount_monthly as h on h.unit_id = s.unit_id and h.month = '%s' and h.people > 0
		order by all`, withheld, secret, month, month, month, month))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	type cell struct {
		name               string
		isWithheld, secret bool
		row                []float64
	}
	var cells []*cell
	for rows.Next() {
		var c cell
		var unit string
		var share float64
		if err := rows.Scan(&c.name, &c.isWithheld, &c.secret, &unit, &share); err != nil {
			t.Fatal(err)
		}
		if len(cells) == 0 || cells[len(cells)-1].name != c.name {
			c.row = make([]float64, len(units))
			cells = append(cells, &c)
		}
		last := cells[len(cells)-1]
		last.row[index[unit]] += share
		last.secret = last.secret && share == 1 // half of a shown team is nobody in particular
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var basis [][]float64
	for _, c := range cells {
		if !c.isWithheld {
			shown++
			if r := reduce(basis, c.row); r != nil {
				basis = append(basis, r)
			}
		}
	}
	for _, c := range cells {
		if c.secret {
			secrets++
			if reduce(basis, c.row) == nil {
				t.Errorf("%s: %s can be worked out from what is shown", month, c.name)
			}
		}
	}
	return secrets, shown
}

// reduce returns row without its part in the span of basis, scaled to a leading 1,
// or nil if nothing is left. Each row of basis is such a result.
func reduce(basis [][]float64, row []float64) []float64 {
	r := append([]float64(nil), row...)
	for _, b := range basis {
		lead := leading(b)
		f := r[lead]
		for i := range r {
			r[i] -= f * b[i]
		}
	}
	lead := leading(r)
	if lead < 0 {
		return nil
	}
	f := r[lead]
	for i := range r {
		r[i] /= f
	}
	return r
}

func leading(row []float64) int {
	for i, v := range row {
		if math.Abs(v) > 1e-9 {
			return i
		}
	}
	return -1
}

// randomCompany returns a company of 4 divisions and 12 teams over six months, in
// which people move and leave, teams move, one ends and one is split.
func randomCompany(r *rand.Rand) string {
	var units, employments, jobs strings.Builder
	units.WriteString("Top Top - 2020-01-01\n")
	all := []string{}
	for d := range 4 {
		fmt.Fprintf(&units, "D%d D%d Top 2020-01-01\n", d, d)
		all = append(all, fmt.Sprintf("D%d", d))
	}
	for i := range 12 {
		fmt.Fprintf(&units, "T%d T%d D%d 2020-01-01\n", i, i, r.IntN(4))
		if r.IntN(3) == 0 {
			fmt.Fprintf(&units, "T%d T%d D%d 2024-04-01\n", i, i, r.IntN(4))
		}
		all = append(all, fmt.Sprintf("T%d", i))
	}
	day := func(month int) string { return fmt.Sprintf("2024-%02d-01", month) }
	for person := range 110 {
		from := 1
		for spell := range 3 {
			until := from + 1 + r.IntN(6)
			term := "-"
			if until <= 6 {
				term = day(until)
			}
			id := fmt.Sprintf("e%d.%d", person, spell)
			// whoever comes back is somebody else
			fmt.Fprintf(&employments, "%s p%s %s %s true employee %s\n", id, id, day(from), term, day(from))
			for month := from; month < min(until, 7); month++ {
				if month == from || r.IntN(4) == 0 {
					fmt.Fprintf(&jobs, "%s 1 true 1 %s %s\n", id, all[r.IntN(1+r.IntN(len(all)))], day(month))
				}
			}
			if from = until; from > 6 {
				break
			}
		}
	}
	return `
		payroll_run: payroll_run_id status period_start_date period_end_date pay_date source
		r0 posted 2024-06-01 2024-06-30 2024-06-28 payroll
		org_unit: unit_id name parent_id valid_from
	` + units.String() + `
		org_unit_successor: from_unit_id to_unit_id share changed_date
		T0 T1 1 2024-05-01
		T2 T3 0.5 2024-04-01
		employment: employment_id person_id hire_date term_date is_voluntary employment_type valid_from
	` + employments.String() + `
		job: employment_id assignment_id is_primary fte_share unit_id valid_from
	` + jobs.String()
}

// texts returns the first column of a query.
func texts(t *testing.T, w *Warehouse, query string) (values []string) {
	t.Helper()
	rows, err := w.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return values
}
