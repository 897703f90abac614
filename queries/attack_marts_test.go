package queries

import (
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/duckdb/duckdb-go/v2"

	"dials/warehouse"
)

// A martRow is one row of a mart.
type martRow struct {
	view, month, node string
	rest              string            // the other keys, but those in parts
	parts             map[string]string // values of what adds up: 'title', 'location', a column of courses; '' is all
	people            float64           // of the truth
	isHidden          bool
	values            map[string]*float64
	id                string
}

func (r *martRow) key() string {
	if r.id != "" {
		return r.id
	}
	return r.join()
}

func (r *martRow) join() string {
	parts := make([]string, 0, len(r.parts))
	for _, name := range slices.Sorted(maps.Keys(r.parts)) {
		parts = append(parts, name+"="+r.parts[name])
	}
	return strings.Join([]string{r.view, r.month, r.node, r.rest, strings.Join(parts, " ")}, "|")
}

// A mart is what one table of the warehouse holds.
type mart struct {
	name    string
	floor   float64
	people  string
	columns map[string]bool // of numbers: whether they are whole
	rows    []*martRow
}

// martsOfPeople are the marts that queries about groups of people read, with the
// column that counts the people and the floor.
func martsOfPeople(t testing.TB, w *warehouse.Warehouse) []*mart {
	t.Helper()
	out := map[string]*mart{}
	for _, q := range queriesOfPeople(t, w) {
		for table := range q.tables {
			mart := strings.TrimPrefix(table, "marts.")
			if mart == table || out[mart] != nil {
				continue
			}
			out[mart] = readMart(t, w, mart)
			out[mart].floor = float64(lowestFloors.of(q.header.class))
		}
	}
	var list []*mart
	for _, name := range slices.Sorted(maps.Keys(out)) {
		if out[name].people != "" {
			list = append(list, out[name])
		}
	}
	return list
}

// readMart reads a mart: what is text or a date is a key, what is a number is told of it.
func readMart(t testing.TB, w *warehouse.Warehouse, name string) *mart {
	t.Helper()
	rows, err := w.DB().QueryContext(t.Context(), "select * from marts."+name)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	m := &mart{name: name, columns: map[string]bool{}}
	for _, c := range types {
		switch c.DatabaseTypeName() {
		case "BIGINT", "HUGEINT", "UBIGINT", "INTEGER", "SMALLINT", "UINTEGER":
			m.columns[c.Name()] = true
		case "DOUBLE", "FLOAT":
			m.columns[c.Name()] = false
		default:
			if strings.HasPrefix(c.DatabaseTypeName(), "DECIMAL") {
				m.columns[c.Name()] = false
			}
		}
		if c.Name() == "people_n" {
			m.people = c.Name()
		}
	}
	values, dest := make([]any, len(types)), make([]any, len(types))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		r := &martRow{view: string(AsWas), parts: map[string]string{}, values: map[string]*float64{}}
		r.node = EveryUnit
		attribute := ""
		for i, c := range types {
			column := c.Name()
			if _, ok := m.columns[column]; ok {
				r.values[column] = figure(values[i])
				continue
			}
			text, isText := values[i].(string)
			day, isDay := values[i].(time.Time)
			if isDay {
				text = day.Format(time.DateOnly)
			}
			switch {
			case column == "is_hidden":
				r.isHidden = values[i] != false
			case column == "view_name":
				r.view = text
			case column == "month":
				r.month = text
			case column == "ancestor_id":
				r.node = text
			case column == "unit_id":
				r.node = "own " + text
			case column == "attribute":
				attribute = text
			case column == "attribute_value":
				for _, a := range []string{"title", "location", "type", "band"} {
					r.parts[a] = ""
				}
				if attribute != "" {
					r.parts[attribute] = text
				}
			case column == "job_title_id":
				r.parts["title"] = text
			case strings.HasSuffix(column, "_name") || column == "parent_node" || !isText && !isDay:
			case strings.HasSuffix(column, "_id"), isText && !isDay:
				r.parts[column] = text
			default:
				r.rest += column + "=" + text + " "
			}
		}
		r.people = deref(r.values[m.people])
		r.id = r.join()
		m.rows = append(m.rows, r)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return m
}

func figure(v any) *float64 {
	var f float64
	switch v := v.(type) {
	case int64:
		f = float64(v)
	case int32:
		f = float64(v)
	case int16:
		f = float64(v)
	case uint32:
		f = float64(v)
	case float64:
		f = v
	case *big.Int:
		f, _ = new(big.Float).SetInt(v).Float64()
	case duckdb.Decimal:
		f = v.Float64()
	default:
		return nil
	}
	return &f
}

// readForest reads which units are behind each node in each month of the marts.
func readForest(t testing.TB, w *warehouse.Warehouse) forest {
	t.Helper()
	rows, err := w.DB().QueryContext(t.Context(), `select s.view_name || strftime(m.month, '%Y-%m-%d'), s.ancestor_id, s.unit_id, s.share
		from marts.unit_scope as s join core.dim_months as m on m.month >= s.valid_from and m.month < s.valid_to
		union all
		select v || strftime(m.month, '%Y-%m-%d'), 'own ' || u.unit_id, u.unit_id, 1 from core.dim_units as u, core.dim_months as m, (values ('as_was')) as x (v)`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	f := forest{map[string]map[string]map[string]float64{}, map[string]map[string]string{}, map[string]string{}}
	for rows.Next() {
		var at, node, unit string
		var share float64
		if err := rows.Scan(&at, &node, &unit, &share); err != nil {
			t.Fatal(err)
		}
		if f.nodes[at] == nil {
			f.nodes[at] = map[string]map[string]float64{}
		}
		if f.nodes[at][node] == nil {
			f.nodes[at][node] = map[string]float64{}
		}
		f.nodes[at][node][unit] += share
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return f
}

// learnSeries finds what the marts tell of people, in the truth, and that keys tell rows apart.
func learnSeries(t testing.TB, marts []*mart, f forest, until int) []*cluster {
	t.Helper()
	var all []*series
	for _, m := range marts {
		every := m.rows
		m.rows = slices.DeleteFunc(slices.Clone(every), func(r *martRow) bool {
			k, err := strconv.Atoi(f.company(r))
			return err == nil && k >= until
		})
		seen := map[string]bool{}
		for _, r := range m.rows {
			if seen[r.key()] {
				t.Errorf("marts.%s: several rows are %s", m.name, r.key())
				break
			}
			seen[r.key()] = true
		}
		columns := columnsOf(m, f)
		for _, c := range columns {
			found := c.seriesOf()
			for _, name := range slices.Sorted(maps.Keys(found)) {
				all = append(all, found[name])
			}
		}
		m.rows = every
	}
	return clustersOf(all, f)
}

// An attackTally counts what was asked for, what was shown, and what was found.
type attackTally struct {
	asked, shown, bounded, easy int
	found                       []string
}

// attackClusters works at everything that is told, one number that adds up at a time. careless
// shows what is hidden for another's sake.
func (sum *attackTally) attackClusters(t testing.TB, clusters []*cluster, shown map[string]map[string]*martRow, f forest, rng *rand.Rand, one int) {
	t.Helper()
	for _, c := range clusters {
		clues := cluesOf(c, f)
		for _, key := range slices.Sorted(maps.Keys(clues)) {
			if rng.IntN(32) == 0 {
				s := systemOf(clues[key], shown, f, true)
				s.drop()
				sum.easy += len(s.ranked())
			}
			s := systemOf(clues[key], shown, f, false)
			sum.shown += s.shown
			if len(s.questions) == 0 {
				continue
			}
			s.drop()
			sum.asked += len(s.questions)
			found := s.ranked()
			if len(found) == 0 && c.series[0].column.whole && rng.IntN(one) == 0 {
				n, more, err := s.bounded(rng, 1)
				if err != nil {
					t.Fatalf("%s, company and month %s: %v", c.series[0].name, key, err)
				}
				sum.bounded += n
				found = append(found, more...)
			}
			sum.found = append(sum.found, found...)
		}
	}
}

// TestAttackMarts works at all numbers of people that the marts of all pages tell, so at those
// of every query of class aggregate or pay, whether or not this test has heard of it.
func TestAttackMarts(t *testing.T) {
	t.Parallel()
	seeds := attackedSeeds(t)
	const size, taught = 100, 12 // companies of a warehouse, and those that the attacker learns from
	var sum attackTally
	var known []*cluster
	for first := 0; first < seeds; first += size {
		w := smallCompanies(t, first, min(size, seeds-first))
		f := readForest(t, w)
		marts := martsOfPeople(t, w)
		shown := map[string]map[string]*martRow{}
		for _, m := range marts {
			shown[m.name] = m.byKey()
		}
		if first == 0 {
			checkPages(t, w, marts)
		}
		tellAll(t, w)
		truth := martsOfPeople(t, w)
		if first == 0 {
			known = learnSeries(t, truth, f, taught)
		}
		sum.attackClusters(t, applied(known, truth), shown, f, rand.New(rand.NewPCG(uint64(first), 2)), 20)
		t.Logf("companies up to %d: %d found of %d", min(first+size, seeds), len(sum.found), sum.asked)
		w.Close()
	}
	for alone := range max(1, seeds/100) { // what is told of the company alone, is told of few where it is one of these
		w := smallCompanies(t, alone, 1)
		f := readForest(t, w)
		shown := map[string]map[string]*martRow{}
		for _, m := range martsOfPeople(t, w) {
			shown[m.name] = m.byKey()
		}
		tellAll(t, w)
		sum.attackClusters(t, applied(known, martsOfPeople(t, w)), shown, f, rand.New(rand.NewPCG(uint64(alone), 3)), 20)
		w.Close()
	}
	slices.Sort(sum.found)
	for _, x := range sum.found[:min(20, len(sum.found))] {
		t.Error(x)
	}
	t.Logf("%d companies: %d hidden values against %d shown ones, %d by bounds; %d would be found were the small alone hidden", seeds, sum.asked, sum.shown, sum.bounded, sum.easy)
	if sum.asked < 500*seeds || sum.shown < 500*seeds || sum.easy < seeds {
		t.Error("hardly anything was tested")
	}
}

// applied are the same series of other companies.
func applied(known []*cluster, marts []*mart) []*cluster {
	byName, cut := map[string]*mart{}, map[*column]map[string]*series{}
	for _, m := range marts {
		byName[m.name] = m
	}
	var out []*cluster
	for _, c := range known {
		same := &cluster{told: map[string]float64{}}
		for _, s := range c.series {
			if cut[s.column] == nil {
				other := *s.column
				other.mart = byName[s.column.mart.name]
				cut[s.column] = other.seriesOf()
			}
			if found := cut[s.column][s.name]; found != nil {
				found.only = s.only
				same.series = append(same.series, found)
			}
		}
		if len(same.series) > 0 {
			out = append(out, same)
		}
	}
	return out
}

func (m *mart) byKey() map[string]*martRow {
	out := map[string]*martRow{}
	for _, r := range m.rows {
		out[r.key()] = r
	}
	return out
}
