package dashboards

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"dials/queries"
	"dials/warehouse"
)

// gapped writes what 100,000 people × 200 competencies × 3 years make of the marts of page 5: 2,500 units of four
// titles each, of 100 that require 20 competencies each, at 12 ends of a quarter by four rules.
func gapped(b *testing.B) *warehouse.Warehouse {
	b.Helper()
	w, err := emptyWarehouse(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	month := `date_trunc('month', date '2026-10-31' - to_months((3 * q)::integer))::date`
	statements := append(company(), `insert into marts.units (unit_id, name, unit_type, parent_id, depth, is_current) select 'u' || i, 'Unit ' || i, 'team', 'co', 1, true from range(2500) as r(i)`,
		`insert into marts.unit_scope (view_name, ancestor_id, unit_id, valid_from, valid_to, share)
			select v, a, 'u' || i, date '1900-01-01', date '9999-12-31', 1 from range(2500) as r(i), (values ('as_was'), ('as_now')) as w(v), lateral (values ('*'), ('u' || i)) as x(a)`,
		`create temp table required as select 't' || t as job_title_id, 'k' || ((t * 7 + k * 9) % 200) as competency_id from range(100) as a(t), range(20) as b(k)`,
		`insert into required select distinct job_title_id, '' from required`,
		`create temp table nodes as select 'u' || i as ancestor_id, 't' || ((i + j * 13) % 100) as job_title_id, 10 as people from range(2500) as r(i), range(4) as s(j)
			union all select '*', 't' || t, 1000 from range(100) as r(t)`,
		`create temp table cells as select ancestor_id, job_title_id, competency_id, people from nodes inner join required using (job_title_id)`,
		`insert into cells select ancestor_id, '', competency_id, sum(people) from cells group by ancestor_id, competency_id`,
		`insert into marts.gaps by name
			select 'as_was' as view_name, ancestor_id, `+month+` as month, rule, job_title_id, competency_id, people as required_n, people as pairs, people // 2 as assessed_n, people // 2 as assessed_pairs,
				.05 + (hash(job_title_id, competency_id) % 30) / 100 as gap_index, false as is_index_low, .1 as surplus_index, people // 4 as proficient_low, people // 4 as proficient_high, .6 as level_share,
				.75 as required_share, false as is_found_hidden, people as people_n, false as is_hidden
			from cells, range(12) as m(q), (values ('stated'), ('manager'), ('peers'), ('self')) as v(rule)
			order by ancestor_id, month, rule, job_title_id, competency_id`,
		`insert into marts.requirements by name select job_title_id, 'Title ' || job_title_id as job_title_name, competency_id, 'Skill ' || competency_id as competency_name, 'f' as framework_id, 'Handbook' as framework_name, '' as holds_for,
				4 as level, .75 as required_share, 3 as weight, 'five' as scale_id, 'One to five' as scale_name, 1 as low_value, 5 as high_value, 'talent' as source, true as is_current, false as is_critical from required where competency_id <> ''`,
		`insert into marts.gap_supply by name select `+month+` as month, 'k' || k as competency_id, 10000 as required_n, 7000 as assessed_n, 4000 + 100 * (12 - q) as proficient_n, 800 as exits, 9500 as person_years, 300 as pipeline_n,
				2000 as below_n, 1200 as reached_n, 3900 + 100 * (12 - q) as stayed_n, false as is_planned, 10000 as people_n, false as is_hidden from range(200) as a(k), range(12) as b(q)`)
	if err := fill(w, statements); err != nil {
		b.Fatal(err)
	}
	return w
}

// coldest reads addresses, each from a server that keeps nothing, and returns the p95.
func coldest(b *testing.B, w *warehouse.Warehouse, address func(i int) string) time.Duration {
	b.Helper()
	get(b, serve(b, w, fixtureCompany), address(0)) // the file is opened
	var took []time.Duration
	for i := range 20 {
		app := serve(b, w, fixtureCompany)
		get(b, app, "/calibration") // what is worked out once by data version is no part of a page
		start := time.Now()
		if resp, body := get(b, app, address(i)); resp.StatusCode != 200 {
			b.Fatalf("%s: %s %.300s", address(i), resp.Status, body)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took[18]
}

// A cold page 5 of a large company, and the projection on it: 200 competencies over three horizons, with its back-test.
func BenchmarkGaps(b *testing.B) {
	w := gapped(b)
	for b.Loop() {
		page := coldest(b, w, func(i int) string {
			if i%2 == 0 {
				return fmt.Sprintf("/gaps?as_of=2026-%02d-15", 1+i%10)
			}
			return fmt.Sprintf("/gaps?unit=u%d", 100*i)
		})
		fmt.Printf("| page 5 of 100,000 people × 200 competencies × 3 years, nothing cached, p95 | %v | ≤ 200ms |\n", page.Round(time.Millisecond))
		b.ReportMetric(float64(page.Milliseconds()), "ms-p95")
		start := time.Now()
		supply, err := queries.All[gapSupplyRow](b.Context(), queries.Open(w.DB()), queries.Loopback(), "gap_supply")
		if err != nil {
			b.Fatal(err)
		}
		g := &gaps{supply: supply.Rows}
		if ahead, _ := g.outlooks(); len(ahead) != 200 {
			b.Fatalf("%d competencies are projected", len(ahead))
		}
		fmt.Printf("| projection of 200 competencies, 6, 12 and 24 months, with its back-test | %v | ≤ 300ms |\n", time.Since(start).Round(time.Millisecond))
	}
}

// A cold tree of 500,000 objectives: 50,000 of units and the others of people.
func BenchmarkObjectives(b *testing.B) {
	w, err := emptyWarehouse(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { w.Close() })
	statements := append(company(), cascaded()...)
	statements = append(statements,
		`create temp table seed as select * from marts.objectives where goal_id = 't03'`,
		`insert into marts.objectives by name
			select s.* replace ('g' || i as goal_id, 'Objective ' || i as name, case when i < 10 then null else 'g' || (i // 10) end as parent_id, level_name as level, depth_of as level_position, 'sales-' || lpad((1 + i % 60)::varchar, 2, '0') as unit_id, 10 as children)
			from seed as s, range(50000) as r(i), lateral (select case when i < 10 then 'strategic' when i < 100 then 'supporting' when i < 1000 then 'department' else 'team' end as level_name, case when i < 10 then 1 when i < 100 then 2 when i < 1000 then 3 else 4 end as depth_of)`,
		`insert into marts.objective_people by name
			select s.* replace ('p' || i as person_id, 'i' || i as goal_id) from (select * from marts.objective_people limit 1) as s, range(450000) as r(i)`)
	if err := fill(w, statements); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		page := coldest(b, w, func(i int) string {
			return []string{"/objectives", "/objectives?unit=sales", fmt.Sprintf("/objectives?unit=sales-%02d", 1+i)}[i%3]
		})
		fmt.Printf("| page 4 of 500,000 objectives, nothing cached, p95 | %v | ≤ 200ms |\n", page.Round(time.Millisecond))
		branch := coldest(b, w, func(i int) string { return fmt.Sprintf("/objectives/branch?parent=g%d", 50+i) })
		fmt.Printf("| a branch of that tree, p95 | %v | ≤ 200ms |\n", branch.Round(time.Millisecond))
		b.ReportMetric(float64(page.Milliseconds()), "ms-p95")
	}
}
