package queries

import (
	"database/sql"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"dials/warehouse"
)

// A world is a warehouse of small companies, one after the other in time: each has
// at most 60 people, lives for six months, and is cut by unit, by a further
// attribute and by month.
const (
	companyMonths = 6
	worldSize     = 20 // the models look back ten years
)

var worldStart = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// A table of raw rows, written by one insert.
type rawRows struct {
	into string
	rows []string
}

func (r *rawRows) add(values ...any) {
	cells := make([]string, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case nil:
			cells[i] = "null"
		case time.Time:
			cells[i] = "'" + v.Format(time.DateOnly) + "'"
		case string:
			cells[i] = "'" + v + "'"
		default:
			cells[i] = fmt.Sprint(v)
		}
	}
	r.rows = append(r.rows, "("+strings.Join(cells, ", ")+", 'hris', '2025-01-10')")
}

func (r *rawRows) String() string {
	return "insert into raw." + r.into + " values " + strings.Join(r.rows, ", ")
}

// rawCompanies are the rows that settle writes.
type rawCompanies struct{ units, splits, spells, jobs *rawRows }

func newRawCompanies() rawCompanies {
	return rawCompanies{
		units:  &rawRows{into: "org_unit (unit_id, name, parent_id, valid_from, source, recorded_at)"},
		splits: &rawRows{into: "org_unit_successor (from_unit_id, to_unit_id, share, changed_date, source, recorded_at)"},
		spells: &rawRows{into: "employment (employment_id, person_id, hire_date, term_date, is_voluntary, employment_type, valid_from, source, recorded_at)"},
		jobs:   &rawRows{into: "job (employment_id, assignment_id, is_primary, fte_share, unit_id, job_title_id, location, valid_from, source, recorded_at)"},
	}
}

func (r rawCompanies) statements() []string {
	var out []string
	for _, rows := range []*rawRows{r.units, r.splits, r.spells, r.jobs} {
		if len(rows.rows) > 0 {
			out = append(out, rows.String())
		}
	}
	return out
}

// payrollRun tells how far the facts go: until the day before end.
func payrollRun(end time.Time) string {
	return fmt.Sprintf("insert into raw.payroll_run (payroll_run_id, status, period_start_date, period_end_date, pay_date, source, recorded_at) values ('r', 'posted', '%[1]s', '%[2]s', '%[2]s', 'hris', '2025-01-10')",
		end.AddDate(0, -1, 0).Format(time.DateOnly), end.AddDate(0, 0, -1).Format(time.DateOnly))
}

// raised is a warehouse of raw rows, with all models built.
func raised(t testing.TB, statements ...string) *warehouse.Warehouse {
	t.Helper()
	w, err := warehouse.Open(t.Context(), warehouse.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	settings := warehouse.DefaultSettings()
	settings.Sources = []warehouse.SourceSetting{{Name: "hris", Kind: "file"}}
	if err := w.Configure(t.Context(), settings); err != nil {
		t.Fatal(err)
	}
	rebuilt(t, w, statements...)
	return w
}

// rebuilt writes and builds what has changed.
func rebuilt(t testing.TB, w *warehouse.Warehouse, statements ...string) {
	t.Helper()
	write(t, w, statements...)
	if _, err := w.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// loaded says of raw tables that they are others than they were.
func loaded(tables ...string) []string {
	var out []string
	for _, name := range tables {
		out = append(out, fmt.Sprintf("delete from meta.raw_version where table_name = 'raw.%s'", name),
			fmt.Sprintf("insert into meta.raw_version select 'raw.%s', 1 + (select count(*) from raw.%[1]s) + (select count(superseded_at) from raw.%[1]s)", name))
	}
	return out
}

// smallWorld builds the companies of seeds from first on.
func smallWorld(t testing.TB, first, companies int) *warehouse.Warehouse {
	t.Helper()
	r := newRawCompanies()
	for k := range companies {
		rng := rand.New(rand.NewPCG(uint64(first+k), 11))
		settle(rng, k, worldStart.AddDate(0, k*companyMonths, 0), companyMonths, r)
	}
	return raised(t, append(r.statements(), payrollRun(worldStart.AddDate(0, companies*companyMonths, 0)))...)
}

// settle writes one company: three divisions, up to seven teams, some of which
// move, one of which may be split, and people who move and leave.
func settle(rng *rand.Rand, k int, start time.Time, months int, r rawCompanies) {
	month := func(i int) time.Time { return start.AddDate(0, i, 0) }
	id := func(kind string, i int) string { return fmt.Sprintf("%s%d.%d", kind, k, i) }
	top := fmt.Sprintf("Top%d", k)
	r.units.add(top, top, nil, start)
	all := []string{top}
	divisions, teams := 2+rng.IntN(3), 2+rng.IntN(6)
	for d := range divisions {
		r.units.add(id("D", d), id("D", d), top, start)
		all = append(all, id("D", d))
	}
	for i := range teams {
		under := id("D", rng.IntN(divisions))
		r.units.add(id("T", i), id("T", i), under, start)
		if rng.IntN(3) == 0 {
			r.units.add(id("T", i), id("T", i), id("D", rng.IntN(divisions)), month(1+rng.IntN(4)))
		}
		all = append(all, id("T", i))
	}
	if rng.IntN(2) == 0 {
		r.splits.add(id("T", 0), id("T", 1), []float64{1, 0.5}[rng.IntN(2)], month(2+rng.IntN(3)))
	}
	people := 8 + rng.IntN(53)
	crowd := 1 + rng.IntN(len(all)) // some companies sit in few units
	titles := 2 + rng.IntN(3)
	even := rng.IntN(2) == 0 // people are spread evenly
	where := func() string {
		if even {
			return all[len(all)-1-rng.IntN(crowd)]
		}
		return all[rng.IntN(1+rng.IntN(crowd))]
	}
	for p := range people {
		from, until := 0, months
		if rng.IntN(4) == 0 {
			from = rng.IntN(months)
		}
		if rng.IntN(4) == 0 {
			until = min(months, from+1+rng.IntN(months))
		}
		person, kind := id("p", p), "employee"
		if rng.IntN(5) == 0 {
			kind = "contractor"
		}
		r.spells.add("e"+person, person, month(from), month(until), until < months && rng.IntN(4) > 0, kind, month(from))
		title, place := fmt.Sprintf("t%d", rng.IntN(1+rng.IntN(titles))), fmt.Sprintf("l%d", rng.IntN(2))
		for m := from; m < until; m++ {
			if m == from || rng.IntN(6) == 0 {
				r.jobs.add("e"+person, "1", true, 1, where(), title, place, month(m))
			}
		}
	}
}

// attackFiles are queries that ask at once what pages ask node by node: they have
// the headers and the columns of the pages' own.
var attackFiles = map[string]string{
	"attack_nodes": `-- As dial_people_monthly, for every node.
-- topic: results
-- class: aggregate
-- people: people_n
select view_name, ancestor_id as node_id, month, denominator as heads, is_range, case when not is_range then numerator end as leavers,
  numerator_low, numerator_high, people_n, is_hidden
from marts.dial_tree_monthly
where $scope_unit is not null and $scope_view is not null`,
}

// seen is what a reader of everything was shown of one month.
type seen struct {
	view, node string // node "" is own of unit
	unit       string
	heads      float64
	others     *float64 // of other contracts
	leavers    *float64
	low, high  *float64
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// look asks for all that a reader of everything may see, through the gate.
func look(t testing.TB, w *warehouse.Warehouse) map[time.Time][]seen {
	t.Helper()
	m := Open(w.DB())
	fsys := fstest.MapFS{}
	for _, name := range Names() {
		src, err := fs.ReadFile(files, name+".sql")
		if err != nil {
			t.Fatal(err)
		}
		fsys[name+".sql"] = &fstest.MapFile{Data: src}
	}
	for name, src := range attackFiles {
		fsys[name+".sql"] = &fstest.MapFile{Data: []byte(src)}
	}
	m.files = fsys
	reader := Reader{Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}
	out := map[time.Time][]seen{}
	nodes, err := All[struct {
		View    string    `db:"view_name"`
		Node    string    `db:"node_id"`
		Month   time.Time `db:"month"`
		Heads   *float64  `db:"heads"`
		IsRange bool      `db:"is_range"`
		Leavers *float64  `db:"leavers"`
		Low     *float64  `db:"numerator_low"`
		High    *float64  `db:"numerator_high"`
	}](t.Context(), m, reader, "attack_nodes")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes.Rows {
		out[n.Month] = append(out[n.Month], seen{n.View, n.Node, "", deref(n.Heads), nil, n.Leavers, n.Low, n.High})
	}
	all := []any{sql.Named("row_from", 0), sql.Named("row_to", int64(1)<<40), sql.Named("from", nil), sql.Named("to", nil), sql.Named("metric", nil)}
	own, err := Read(t.Context(), m, reader, "extract_headcount_monthly", all...)
	if err != nil {
		t.Fatal(err)
	}
	column := func(table Table, name string) int {
		for i, c := range table.Columns {
			if c == name {
				return i
			}
		}
		t.Fatalf("there is no column %s in %v", name, table.Columns)
		return -1
	}
	number := func(v any) *float64 {
		f, ok := v.(float64)
		if !ok {
			return nil
		}
		return &f
	}
	unit, month, heads, others := column(own, "unit_id"), column(own, "month"), column(own, "heads"), column(own, "contractors")
	for _, r := range own.Rows {
		at := r[month].(time.Time)
		out[at] = append(out[at], seen{"as_was", "", r[unit].(string), r[heads].(float64), number(r[others]), nil, nil, nil})
	}
	company, err := All[struct {
		Month    time.Time `db:"month"`
		Heads    float64   `db:"heads"`
		FTE      float64   `db:"fte"`
		Others   *float64  `db:"contractors"`
		Complete bool      `db:"is_complete"`
	}](t.Context(), m, reader, "headcount")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range company.Rows {
		out[r.Month] = append(out[r.Month], seen{"as_was", EveryUnit, "", r.Heads, r.Others, nil, nil, nil})
	}
	dials, err := Read(t.Context(), m, reader, "extract_dial_monthly", all...)
	if err != nil {
		t.Fatal(err)
	}
	unit, month, heads = column(dials, "unit_id"), column(dials, "month"), column(dials, "denominator")
	leavers, low, high := column(dials, "numerator"), column(dials, "numerator_low"), column(dials, "numerator_high")
	for _, r := range dials.Rows {
		if r[heads] == nil {
			continue
		}
		at := r[month].(time.Time)
		out[at] = append(out[at], seen{"as_was", "", r[unit].(string), r[heads].(float64), nil, number(r[leavers]), number(r[low]), number(r[high])})
	}
	return out
}

// A truth is what there is to know of one unit and month.
type truth struct{ people, leavers, others float64 }

// attackedSeeds is how many companies are attacked.
func attackedSeeds(t testing.TB) int {
	t.Helper()
	if s := os.Getenv("DIALS_ATTACKS"); s != "" {
		seeds, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return seeds
	}
	if testing.Short() { // under the race detector
		return 20
	}
	return 100
}

// TestAttack lets a reader of everything work out what is hidden, from all that
// they are shown at once.
func TestAttack(t *testing.T) {
	t.Parallel()
	seeds := attackedSeeds(t)
	secrets, shown := 0, 0
	var cells tally
	for first := 0; first < seeds; first += worldSize {
		w := smallWorld(t, first, min(worldSize, seeds-first))
		s, n, found := attackWorld(t, w, first, false)
		secrets, shown = secrets+s, shown+n
		for _, f := range found {
			t.Error(f)
		}
		// The attack can find something: were only the small cells hidden, it would.
		if _, _, found := attackWorld(t, w, first, true); len(found) < 20 {
			t.Errorf("seed %d: with the small cells alone hidden, the attack finds %d of them", first, len(found))
		}
		attackCellTables(t, w, first, seeds, &cells)
		w.Close()
		if t.Failed() {
			return
		}
	}
	t.Logf("%d seeds: %d hidden values against %d shown ones", seeds, secrets, shown)
	if secrets < 10*seeds || shown < 10*seeds {
		t.Errorf("%d hidden values and %d shown ones of %d companies: hardly anything was tested", secrets, shown, seeds)
	}
	t.Logf("%d seeds: of tables of people %d hidden values against %d shown ones, %d secret numerators against %d told ones", seeds, cells.people, cells.shown, cells.numerators, cells.told)
	if cells.people < 10*seeds || cells.shown < 10*seeds || cells.numerators < 3*seeds || cells.told < seeds {
		t.Errorf("%+v of tables of people: hardly anything was tested", cells)
	}
	// Were only the small cells hidden, the attack would find some. What is drawn depends on the seed alone: the tables
	// and their cells are in order.
	if cells.easy < seeds/2 {
		t.Errorf("with the small cells alone hidden, the attack finds %d of them", cells.easy)
	}
}

// attackWorld returns how many values are hidden and shown, and those that follow
// from what is shown. careless shows what is hidden for another's sake.
func attackWorld(t *testing.T, w *warehouse.Warehouse, first int, careless bool) (secrets, shown int, found []string) {
	t.Helper()
	truths, members := factsOf(t, w)
	for month, cells := range look(t, w) {
		units := truths[month]
		index := map[string]int{}
		var names []string
		for u := range units {
			names = append(names, u)
		}
		for i, u := range sorted(names) {
			index[u] = i
		}
		names = sorted(names)
		months := int(month.Sub(worldStart).Hours()/24/30.4 + 0.5)
		rng := rand.New(rand.NewPCG(uint64(first), uint64(months)))
		self := index[names[rng.IntN(len(names))]] // the attacker works in one of the units
		for _, what := range []string{"people", "leavers", "others"} {
			p := &puzzle{names: names, low: make([]float64, len(names)), high: make([]float64, len(names))}
			value := func(u string) float64 {
				switch what {
				case "people":
					return units[u].people
				case "leavers":
					return units[u].leavers
				}
				return units[u].others
			}
			open := map[string]bool{}
			for _, c := range cells {
				weights := members[month][c.view+" "+c.node]
				if c.node == "" {
					weights = map[string]float64{c.unit: 1}
				}
				row := map[int]float64{}
				for u, share := range weights {
					if i, ok := index[u]; ok {
						row[i] = share
					}
				}
				key := c.view + " " + c.node
				if c.node == "" {
					key = c.view + " " + c.unit + " alone"
				}
				switch {
				case what == "people":
					p.know(row, c.heads)
					open[key] = true
				case what == "others":
					if c.others == nil {
						continue
					}
					p.know(row, *c.others)
					open[key] = true
				case c.leavers != nil:
					p.know(row, *c.leavers)
					open[key] = true
				case c.low != nil:
					p.sums = append(p.sums, sum{row, *c.low, *c.high})
				}
				shown++
			}
			for i, u := range names {
				p.high[i] = math.Inf(1)
				// The attacker may guess which cells are hidden for their own sake.
				if v := value(u); !open["as_was "+u+" alone"] && v < 5 {
					p.high[i] = 4
				}
			}
			if what == "people" && units[names[self]].people > 0 {
				p.low[self] = 1
			}
			type question struct {
				key   string
				row   map[int]float64
				total float64
			}
			var questions []question
			for key, weights := range members[month] {
				row, total, whole := map[int]float64{}, 0.0, true
				for u, share := range weights {
					if i, ok := index[u]; ok {
						row[i] = share
						total += share * value(u)
						whole = whole && share == 1
					}
				}
				if careless && !open[key] && total >= 5 {
					p.know(row, total)
				}
				if open[key] || !whole || total == 0 || total >= 5 || !strings.HasPrefix(key, "as_was ") {
					continue // half of a shown team is nobody in particular
				}
				questions = append(questions, question{key, row, total})
				if what == "people" {
					p.sums = append(p.sums, sum{row, 0, 4}) // as the attacker may guess
				}
			}
			secrets += len(questions)
			for _, q := range questions {
				got, ok, err := p.fixed(q.row)
				if err != nil {
					t.Fatalf("seed %d, %s: %v", first, q.key, err)
				}
				if ok {
					found = append(found, fmt.Sprintf("seed %d, %s: the %v %s of %q follow from what is shown (found %v)", first+months/companyMonths, month.Format("2006-01"), q.total, what, q.key, got))
				}
			}
		}
	}
	return secrets, shown, found
}

// factsOf reads what there is to know: people and leavers of each unit, and which
// units make up each node.
func factsOf(t testing.TB, w *warehouse.Warehouse) (map[time.Time]map[string]truth, map[time.Time]map[string]map[string]float64) {
	t.Helper()
	truths, members := map[time.Time]map[string]truth{}, map[time.Time]map[string]map[string]float64{}
	each := func(query string, scan func(*sql.Rows) error) {
		t.Helper()
		rows, err := w.DB().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	each(`select h.unit_id, h.month, h.heads, coalesce(s.voluntary_separations, 0), h.contractors from core.fct_headcount_monthly h
		left join core.fct_turnover_monthly s on h.unit_id = s.unit_id and h.month = s.month`, func(rows *sql.Rows) error {
		var unit string
		var month time.Time
		var v truth
		if err := rows.Scan(&unit, &month, &v.people, &v.leavers, &v.others); err != nil {
			return err
		}
		if truths[month] == nil {
			truths[month], members[month] = map[string]truth{}, map[string]map[string]float64{}
		}
		truths[month][unit] = v
		members[month]["as_was "+unit+" alone"] = map[string]float64{unit: 1}
		return nil
	})
	each(`select s.view_name || ' ' || s.ancestor_id, s.unit_id, h.month, s.share from marts.unit_scope s
		join core.fct_headcount_monthly h on h.unit_id = s.unit_id and h.month >= s.valid_from and h.month < s.valid_to`, func(rows *sql.Rows) error {
		var key, unit string
		var month time.Time
		var share float64
		if err := rows.Scan(&key, &unit, &month, &share); err != nil {
			return err
		}
		if members[month][key] == nil {
			members[month][key] = map[string]float64{}
		}
		members[month][key][unit] += share
		return nil
	})
	return truths, members
}

func sorted(s []string) []string {
	out := append([]string(nil), s...)
	for i := range out {
		for j := i; j > 0 && out[j] < out[j-1]; j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out
}
