package queries

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"dials/warehouse"
)

const (
	probedTeams  = 32
	probedMonths = 30
	probes       = 40
)

// probedCompany is one company of small teams under four divisions, in which people leave.
func probedCompany(t testing.TB, rng *rand.Rand) *warehouse.Warehouse {
	t.Helper()
	r := newRawCompanies()
	month := func(i int) time.Time { return worldStart.AddDate(0, i, 0) }
	r.units.add("Top", "Top", nil, month(0))
	for d := range 4 {
		r.units.add(fmt.Sprint("D", d), fmt.Sprint("D", d), "Top", month(0))
	}
	n := 0
	for i := range probedTeams {
		team := fmt.Sprint("T", i)
		r.units.add(team, team, fmt.Sprint("D", i%4), month(0))
		for range 3 + rng.IntN(9) { // seats: who leaves is followed by another
			for from := 0; from < probedMonths; {
				until := min(probedMonths, from+1+rng.IntN(40))
				n++
				person := fmt.Sprint("p", n)
				r.spells.add("e"+person, person, month(from), month(until), until < probedMonths && rng.IntN(4) > 0, "employee", month(from))
				r.jobs.add("e"+person, "1", true, 1, team, "t0", "l0", month(from))
				from = until
			}
		}
	}
	return raised(t, append(r.statements(), payrollRun(month(probedMonths)),
		`insert into raw.metric (metric_id, name, unit_of_measure, direction, unit_aggregation, time_aggregation, base_grain, owner_name, computed_from, valid_from, source, recorded_at)
		values ('turnover', 'Turnover', '%', 'down', 'ratio', 'mean', 'month', 'HR', 'employment', date '2015-01-01', 'hris', '2025-01-10'),
			('exits', 'Exits', '%', 'down', 'ratio', 'mean', 'month', 'HR', 'employment', date '2015-01-01', 'hris', '2025-01-10')`,
		`insert into raw.goal (goal_id, name, level, unit_id, start_date, due_date, baseline, target, direction, status, valid_from, source, recorded_at)
		values ('g', 'G', 'company', 'Top', date '2015-01-01', date '2017-01-01', 0, 1, 'down', 'active', date '2015-01-01', 'hris', '2025-01-10')`)...)
}

// A probe is a tactic that a reader registers to learn what its comparison gives away.
type probe struct {
	tactic, metric   string
	treated, control []int
	launch           int
}

// drawProbe makes a probe. The first ones have no team in common; of the others every other one is an
// earlier one with a unit, a month or a control changed.
func drawProbe(rng *rand.Rand, before []probe) probe {
	if k := len(before); k < probedTeams/6 {
		p := probe{launch: 14 + k%3}
		for u := range probedTeams {
			if u/6 == k {
				p.treated = append(p.treated, u)
			} else if k%2 == 0 && rng.IntN(2) == 0 {
				p.control = append(p.control, u)
			}
		}
		return p
	}
	if rng.IntN(2) == 0 {
		p := before[rng.IntN(len(before))]
		p.treated, p.control = slices.Clone(p.treated), slices.Clone(p.control)
		switch k := rng.IntN(4); {
		case k == 0:
			p.launch++
		case k == 1 && len(p.control) > 5:
			p.control = p.control[1:]
		case k == 2:
			p.treated[0] = (p.treated[0] + 1 + rng.IntN(probedTeams-1)) % probedTeams
		default:
			p.treated = append(p.treated, rng.IntN(probedTeams))
		}
		return p
	}
	teams := rng.Perm(probedTeams)
	n := 5 + rng.IntN(4)
	p := probe{treated: teams[:n], launch: 14 + rng.IntN(4)}
	if rng.IntN(2) == 0 {
		p.control = teams[n : n+10+rng.IntN(6)]
	}
	return p
}

// register writes probes as of a day; those of the same tactic that were written before are gone then.
func register(t testing.TB, w *warehouse.Warehouse, list []probe, at string) {
	t.Helper()
	tactics := &rawRows{into: "tactic (tactic_id, name, tactic_type, approved_date, launched_date, valid_from, source, recorded_at)"}
	units := &rawRows{into: "tactic_unit (tactic_id, unit_id, arm, exposed_from_date, source, recorded_at)"}
	links := &rawRows{into: "tactic_link (tactic_link_id, tactic_id, metric_id, baseline, target, target_date, goal_id, mechanism, business_owner_id, expected_lag_months, registered_at, approved_at, source, recorded_at)"}
	var statements []string
	for _, p := range list {
		launched := worldStart.AddDate(0, p.launch, 0)
		for _, table := range []string{"tactic", "tactic_unit", "tactic_link"} {
			statements = append(statements, fmt.Sprintf("update raw.%s set superseded_at = '%s' where tactic_id = '%s' and superseded_at is null", table, at, p.tactic))
		}
		tactics.add(p.tactic, p.tactic, "process", worldStart, launched, worldStart)
		links.add("l"+p.tactic, p.tactic, p.metric, 0.1, 0.05, launched.AddDate(1, 0, 0), "g", "m", "o", 1, worldStart, worldStart)
		treated := map[int]bool{}
		for _, u := range p.treated {
			if !treated[u] {
				units.add(p.tactic, fmt.Sprint("T", u), "treated", launched)
			}
			treated[u] = true
		}
		for _, u := range p.control {
			if !treated[u] {
				units.add(p.tactic, fmt.Sprint("T", u), "control", launched)
			}
		}
	}
	for _, rows := range []*rawRows{tactics, units, links} {
		statements = append(statements, strings.ReplaceAll(rows.String(), "'2025-01-10'", "'"+at+"'"))
	}
	rebuilt(t, w, append(statements, loaded("tactic", "tactic_unit", "tactic_link")...)...)
	now, err := time.Parse(time.DateOnly, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Refresh(t.Context(), Open(w.DB()), w, now, nil); err != nil {
		t.Fatal(err)
	}
	rebuilt(t, w)
}

// TestAttackProbes registers tactics over ever other teams and months, and works out from what is
// told of their effects what single teams did. It grants the attacker more than is told: by each
// told run the difference between the treated and those compared with them in each single month.
func TestAttackProbes(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 5))
	w := probedCompany(t, rng)
	var all []probe
	told, tried := []probe{}, []probe{}
	for round, at := range []string{"2025-02-10", "2025-03-10"} {
		var list []probe
		for i := range probes / (1 + round) {
			p := drawProbe(rng, all)
			p.tactic, p.metric = fmt.Sprintf("x%02d", i), []string{"turnover", "exits"}[i%2] // the same tactics again, changed
			list, all = append(list, p), append(all, p)
		}
		register(t, w, list, at)
		reader := Reader{Policy: Policy{Roles: Roles(), Units: []string{EveryUnit}}}
		seen, err := Read(t.Context(), Open(w.DB()), reader, "impact_evidence")
		if err != nil {
			t.Fatal(err)
		}
		tactic, design := slices.Index(seen.Columns, "tactic_id"), slices.Index(seen.Columns, "design")
		for _, r := range seen.Rows {
			i := slices.IndexFunc(list, func(p probe) bool { return p.tactic == r[tactic] })
			if i >= 0 && r[design] != nil {
				told = append(told, list[i])
			}
		}
		tried = append(tried, list...)
	}
	found, secrets := attackProbes(t, w, told)
	for _, f := range found[:min(10, len(found))] {
		t.Error(f)
	}
	careless, _ := attackProbes(t, w, tried)
	t.Logf("%d probes of %d are told: %d of %d secrets follow; were all told, %d would", len(told), len(tried), len(found), secrets, len(careless))
	if len(told) < 3 || secrets < 300 || len(careless) < 50 {
		t.Error("hardly anything was tested")
	}
}

// attackProbes returns which leavers of single teams follow by rank from told comparisons and what is told of the tree.
func attackProbes(t testing.TB, w *warehouse.Warehouse, told []probe) (found []string, secrets int) {
	t.Helper()
	rows, err := w.DB().QueryContext(t.Context(), `select strftime(month, '%Y-%m-%d'), unit_id, denominator, numerator, is_hidden or is_range
		from marts.dial_monthly where metric_id = 'turnover' and is_complete and denominator > 0 order by all`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	systems := map[string]*system{}
	heads, truth := map[string]float64{}, map[string]float64{}
	for rows.Next() {
		var month, unit string
		var n, left float64
		var isSecret bool
		if err := rows.Scan(&month, &unit, &n, &left, &isSecret); err != nil {
			t.Fatal(err)
		}
		s := systems[month]
		if s == nil {
			s = &system{index: map[string]int{}, known: map[string]bool{}}
			systems[month] = s
		}
		heads[month+unit], truth[month+unit] = n, left
		row := map[int]float64{s.unknown(unit): 1}
		if !isSecret {
			s.learn(row, left, left)
			continue
		}
		secrets++
		s.questions = append(s.questions, linearQuestion{name: "leavers of " + unit + " in " + month, row: row, value: left})
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	nodes, err := w.DB().QueryContext(t.Context(), `select strftime(d.month, '%Y-%m-%d'), any_value(d.numerator), string_agg(c.unit_id, ' ')
		from marts.dial_tree_monthly as d
		join core.dim_unit_closure as c on c.view_name = d.view_name and c.ancestor_id = d.ancestor_id and d.month >= c.valid_from and d.month < c.valid_to
		where d.view_name = 'as_was' and not d.is_hidden and not d.is_range and d.metric_id = 'turnover' group by d.month, d.ancestor_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer nodes.Close()
	for nodes.Next() {
		var month, units string
		var left *float64
		if err := nodes.Scan(&month, &left, &units); err != nil {
			t.Fatal(err)
		}
		row := map[int]float64{}
		for u := range strings.FieldsSeq(units) {
			if _, ok := heads[month+u]; ok && systems[month] != nil {
				row[systems[month].unknown(u)] = 1
			}
		}
		if left != nil && len(row) > 0 {
			systems[month].learn(row, *left, *left)
		}
	}
	if err := nodes.Err(); err != nil {
		t.Fatal(err)
	}
	for month, s := range systems {
		for _, p := range told {
			row, sum := map[int]float64{}, 0.0
			arm := func(teams []int, sign float64) {
				var here []string
				for _, u := range teams {
					if name := fmt.Sprint("T", u); heads[month+name] > 0 && !slices.Contains(here, name) {
						here = append(here, name)
					}
				}
				for _, u := range here {
					w := sign / heads[month+u] / float64(len(here))
					row[s.unknown(u)] += w
					sum += w * truth[month+u]
				}
			}
			control := p.control
			if control == nil {
				for u := range probedTeams {
					control = append(control, u)
				}
			}
			control = slices.DeleteFunc(slices.Clone(control), func(u int) bool { return slices.Contains(p.treated, u) })
			arm(p.treated, 1)
			arm(control, -1)
			s.learn(row, sum, sum)
		}
		found = append(found, s.ranked()...)
	}
	slices.Sort(found)
	return found, secrets
}
