package queries

import (
	"database/sql"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"dials/warehouse"
)

// A peopleQuery is a query about groups of people.
type peopleQuery struct {
	name   string
	header header
	*parsed
}

// queriesOfPeople are all queries of class aggregate or pay, of pages and of extracts.
func queriesOfPeople(t testing.TB, w *warehouse.Warehouse) []peopleQuery {
	t.Helper()
	var out []peopleQuery
	for _, name := range Names() {
		src, err := files.ReadFile(name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		h, body, err := parseHeader(string(src))
		if err != nil {
			t.Fatal(err)
		}
		if h.class != Aggregate && h.class != Pay {
			continue
		}
		p, err := parse(t.Context(), w.DB(), body)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, peopleQuery{name, h, p})
	}
	return out
}

// choicesOf are values that a parameter of a query takes: of the column of that name in the marts
// that it reads.
func choicesOf(t testing.TB, w *warehouse.Warehouse, q *parsed, param string) []any {
	t.Helper()
	column := map[string]string{"link": "tactic_link_id", "title": "job_title_id", "units": "ancestor_id", "as_of": "month"}[param]
	switch {
	case param == "row_from":
		return []any{int64(0)}
	case param == "row_to":
		return []any{int64(1) << 40}
	case param == "snapshot":
		return []any{nil}
	case param == "from", param == "to", param == "known_on", param == "as_of":
		return []any{nil, worldStart.AddDate(0, 4, 0), worldStart.AddDate(0, aliveMonths-1, 0)}
	case column == "":
		column = param
	}
	values := []any{nil}
	for table := range q.tables {
		var found string
		err := w.DB().QueryRowContext(t.Context(), `select coalesce(max(column_name), '') from information_schema.columns
			where 'marts.' || table_name = $1 and column_name in ($2, $2 || '_id')`, table, column).Scan(&found)
		if err != nil {
			t.Fatal(err)
		}
		if found == "" {
			continue
		}
		var list string
		err = w.DB().QueryRowContext(t.Context(), fmt.Sprintf(`select coalesce(string_agg(v, chr(31)), '')
			from (select distinct %s::varchar as v from %s where v is not null order by v limit 5)`, found, table)).Scan(&list)
		if err != nil {
			t.Fatal(err)
		}
		for v := range strings.SplitSeq(list, "\x1f") {
			values = append(values, v)
		}
	}
	return values
}

// fetched is what a reader of everything gets from every query about groups of people, of some
// units, in both views, with values of every parameter.
func fetched(t testing.TB, w *warehouse.Warehouse, units []string) map[string]string {
	t.Helper()
	m := Open(w.DB())
	out := map[string]string{}
	for _, q := range queriesOfPeople(t, w) {
		name := q.name
		choices := [][]any{nil}
		for _, param := range slices.Sorted(maps.Keys(q.params)) {
			if strings.HasPrefix(param, "scope_") || strings.HasPrefix(param, "min_people") {
				continue
			}
			var more [][]any
			for _, v := range choicesOf(t, w, q.parsed, param) {
				for _, c := range choices {
					more = append(more, append(slices.Clone(c), sql.Named(param, v)))
				}
			}
			rand.New(rand.NewPCG(1, uint64(len(name)))).Shuffle(len(more), func(i, j int) { more[i], more[j] = more[j], more[i] })
			choices = more[:min(len(more), 4)]
		}
		for _, args := range choices {
			for _, unit := range units {
				for _, view := range []View{AsWas, AsNow} {
					if q.header.scope != "" && (unit != EveryUnit || view != AsWas) {
						continue
					}
					reader := Reader{Unit: unit, View: view, Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}
					table, err := Read(t.Context(), m, reader, name, args...)
					if err != nil {
						t.Fatalf("query %s %v: %v", name, args, err)
					}
					out[fmt.Sprint(name, args, unit, view)] = fmt.Sprint(table.Columns, table.Rows)
				}
			}
		}
	}
	return out
}

// ofNobody are numbers that stand beside hidden ones and say nothing of people.
var ofNobody = []string{"dial_monthly.plan", "dial_monthly.plan_weight"}

// scramble puts other numbers into everything of the marts that is hidden.
func scramble(t testing.TB, w *warehouse.Warehouse, marts []*mart) {
	t.Helper()
	var statements []string
	for _, m := range marts {
		var sets []string
		for _, c := range slices.Sorted(maps.Keys(m.columns)) {
			if slices.Contains(ofNobody, m.name+"."+c) {
				continue
			}
			sets = append(sets, `"`+c+`" = 77`)
		}
		statements = append(statements, "update marts."+m.name+" set "+strings.Join(sets, ", ")+" where is_hidden")
	}
	write(t, w, statements...)
}

// checkPages fails where a query of the pages tells anything of what is hidden in the marts: so what
// follows from the marts alone is all that can follow from pages, the API and extracts.
func checkPages(t *testing.T, w *warehouse.Warehouse, marts []*mart) {
	t.Helper()
	units := []string{EveryUnit, "Top0", "D0.0", "T1.0"}
	before := fetched(t, w, units)
	scramble(t, w, marts)
	after := fetched(t, w, units)
	told := 0
	for _, key := range slices.Sorted(maps.Keys(before)) {
		if before[key] != after[key] {
			at := 0
			for at < min(len(before[key]), len(after[key])) && before[key][at] == after[key][at] {
				at++
			}
			t.Errorf("query %s tells of what is hidden: %.300s\n%.200s\n%.200s", key, before[key], before[key][max(0, at-100):], after[key][max(0, at-100):])
		}
		if !strings.HasSuffix(before[key], "[]") {
			told++
		}
	}
	if t.Logf("%d answers of %d with rows", told, len(before)); told < 200 {
		t.Errorf("%d answers have rows: hardly anything was tested", told)
	}
}
