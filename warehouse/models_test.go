package warehouse

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// build loads records, written as blocks of a stream and its columns and one line a
// record: a blank ends a value, "-" is NULL and "~" stands for a blank. Records come from
// source hris, recorded on 2025-01-10, unless a column says otherwise; register is a
// trusted log. What a query reads of the models is built when want asks it.
//
//	person: person_id
//	p1
func build(t *testing.T, records string) *Warehouse {
	t.Helper()
	w := openTest(t, Options{})
	s := DefaultSettings()
	s.Sources = []SourceSetting{{Name: "hris", Kind: "file"}, {Name: "payroll", Kind: "file"}, {Name: "lms", Kind: "file"}, {Name: "register", Kind: "file", TrustedLog: true}}
	configure(t, w, s)
	exec(t, w, statements(t, records)...)
	return w
}

// whole builds all models.
func whole(t *testing.T, w *Warehouse) {
	t.Helper()
	if _, err := w.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// rebuild builds what was built so far anew, on records that have changed.
func rebuild(t *testing.T, w *Warehouse) {
	t.Helper()
	buildOnly(t, w, texts(t, w, "select name from meta.model"))
}

var aModel = regexp.MustCompile(`\b(staging|core|marts)\.\w+`)

// ready builds the models that a query names, and what they read.
func ready(t *testing.T, w *Warehouse, query string) {
	t.Helper()
	if names := aModel.FindAllString(query, -1); len(names) > 0 {
		built := texts(t, w, "select name from meta.model")
		buildOnly(t, w, slices.DeleteFunc(names, func(name string) bool { return slices.Contains(built, name) }))
	}
}

func buildOnly(t *testing.T, w *Warehouse, names []string) {
	t.Helper()
	if len(names) == 0 {
		return // BuildOnly takes none for all
	}
	if _, err := w.BuildOnly(t.Context(), names...); err != nil {
		t.Fatal(err)
	}
}

// Every model builds on the records of each part, which the part's tests do not ask for.
func TestWholeOfEachPart(t *testing.T) {
	for name, records := range map[string]string{
		"gaps": gapRecords, "cascade": cascadeRecords, "workforce": workforce, "tactics": tactics, "reviews": reviewed, "investment": invest, "growth": learnRecords(),
	} {
		t.Run(name, func(t *testing.T) { whole(t, build(t, records)) })
	}
}

// statements returns the inserts of records.
func statements(t *testing.T, records string) (inserts []string) {
	t.Helper()
	var table string
	var columns []string
	for line := range strings.Lines(records) {
		line = strings.TrimSpace(line)
		if stream, rest, ok := strings.Cut(line, ": "); ok {
			table, columns = "raw."+stream, strings.Fields(rest)
			if strings.HasPrefix(stream, "meta.") {
				table = stream
				continue
			}
			if !strings.Contains(rest, "recorded_at") {
				columns = append(columns, "recorded_at=2025-01-10")
			}
			if !strings.Contains(" "+rest, " source") {
				columns = append(columns, "source=hris")
			}
			continue
		}
		if line == "" {
			continue
		}
		var names, values []string
		fields := strings.Fields(line)
		for i, column := range columns {
			name, value, constant := strings.Cut(column, "=")
			if !constant {
				if i >= len(fields) {
					t.Fatalf("%s: %q has no %s", table, line, name)
				}
				value = strings.ReplaceAll(fields[i], "~", " ")
			}
			names = append(names, name)
			if value == "-" {
				values = append(values, "null")
			} else {
				values = append(values, literal(value))
			}
		}
		insert, row := fmt.Sprintf("insert into %s (%s) values ", table, strings.Join(names, ", ")), "("+strings.Join(values, ", ")+")"
		if last := len(inserts) - 1; last >= 0 && strings.HasPrefix(inserts[last], insert) {
			inserts[last] += ", " + row
		} else {
			inserts = append(inserts, insert+row)
		}
	}
	return inserts
}

// want compares the rows of a query, in any form that reads well, with lines.
func want(t *testing.T, w *Warehouse, query, lines string) {
	t.Helper()
	ready(t, w, query)
	rows, err := w.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		var cells []string
		for _, v := range values {
			switch v := v.(type) {
			case nil:
				cells = append(cells, "-")
			case time.Time:
				cells = append(cells, strings.TrimSuffix(v.Format("2006-01-02T15:04"), "T00:00"))
			case float64:
				cells = append(cells, strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.4f", v), "0"), "."))
			default:
				cells = append(cells, fmt.Sprint(v))
			}
		}
		got = append(got, strings.Join(cells, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	var wanted []string
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			wanted = append(wanted, line)
		}
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

// A posted payroll run of March 2024 says that the facts reach 31 March.
const untilMarch = `
payroll_run: payroll_run_id status period_start_date period_end_date pay_date source
r0 posted 2024-03-01 2024-03-31 2024-03-28 payroll
`

func TestHeadcount(t *testing.T) {
	w := build(t, untilMarch+`
		employment: employment_id person_id hire_date term_date employment_type valid_from superseded_at
		e1 p1 2024-01-01 -          employee   2024-01-01 -
		e2 p2 2024-01-01 -          employee   2024-01-01 -
		e3 p3 2024-01-01 -          employee   2024-01-01 -
		e4 p4 2024-01-01 2024-02-11 employee   2024-01-01 -
		e5 p5 2024-01-01 -          contractor 2024-01-01 -
		e6 p6 2024-01-01 -          employee   2024-01-01 2024-06-01
		e6 p6 2024-01-01 2024-02-01 employee   2024-01-01 -
		e7 p7 2024-06-01 -          employee   2024-06-01 -

		job: employment_id assignment_id is_primary fte_share unit_id valid_from valid_to
		e1 1 true  1   A 2024-01-01 -
		e2 1 true  1   A 2024-01-01 2024-01-16
		e2 1 true  1   B 2024-01-16 -
		e3 1 true  0.5 A 2024-01-01 -
		e3 2 false 0.2 B 2024-01-01 -
		e4 1 true  1   A 2024-01-01 -
		e5 1 true  1   A 2024-01-01 -
		e6 1 true  1   A 2024-01-01 -
		e7 1 true  1   A 2024-06-01 -
	`)
	// January, A: p1, p3, p4, p6 all 31 days and p2 15 of them: 4 + 15/31 = 4.4839.
	// FTE: 3 whole, 0.5, 15/31 = 3.9839. B: 16/31 = 0.5161, and 0.2 of p3's second job.
	// February (29 days), A: p1, p3, and p4 for 10 days: 2 + 10/29 = 2.3448; p6, whose
	// leaving was recorded late, is gone. FTE 1.5 + 10/29 = 1.8448.
	want(t, w, "select month, unit_id, heads, fte, contractors, people_n, is_complete from marts.headcount_monthly order by all", `
		2024-01-01 A 4.4839 3.9839 1 5 true
		2024-01-01 B 0.5161 0.7161 0 1 true
		2024-02-01 A 2.3448 1.8448 1 3 true
		2024-02-01 B 1 1.2 0 1 true
		2024-03-01 A 2 1.5 1 2 true
		2024-03-01 B 1 1.2 0 1 true
	`)
	// the company: 5 of January, not 6, though p2 was in two units
	want(t, w, "select month, hris_heads from marts.reconciliation_monthly order by all", `
		2024-01-01 5
		2024-02-01 4
		2024-03-01 3
	`)
}

func TestHeadcountWithoutLeavers(t *testing.T) {
	// the first leaver is of March 2024, so the months before April 2023 hold survivors only
	w := build(t, untilMarch+`
		employment: employment_id person_id hire_date term_date employment_type valid_from
		e1 p1 2010-05-01 -          employee 2010-05-01
		e2 p2 2010-05-01 2024-03-15 employee 2010-05-01
		job: employment_id assignment_id is_primary fte_share unit_id valid_from valid_to
		e1 1 true 1 - 2010-05-01 -
		e2 1 true 1 - 2010-05-01 -
	`)
	want(t, w, "select min(month), max(month), count(*), any_value(unit_id) from marts.headcount_monthly", "2023-04-01 2024-03-01 12 (no unit)")
	want(t, w, "select unit_id, name from marts.units", "(no unit) No unit")
}

func TestSeparations(t *testing.T) {
	w := build(t, untilMarch+`
		employment: employment_id person_id hire_date term_date is_voluntary employment_type valid_from
		e1  back-soon      2023-01-01 2024-02-01 true  employee   2023-01-01
		e1b back-soon      2024-02-20 -          -     employee   2024-02-20
		e2  back-late      2023-01-01 2024-02-01 true  employee   2023-01-01
		e2b back-late      2024-03-20 -          -     employee   2024-03-20
		e3  day-31         2023-01-01 2024-01-01 true  employee   2023-01-01
		e3b day-31         2024-02-01 -          -     employee   2024-02-01
		e4  day-32         2023-01-01 2024-01-01 true  employee   2023-01-01
		e4b day-32         2024-02-02 -          -     employee   2024-02-02
		e5  to-contractor  2023-01-01 2024-03-01 true  employee   2023-01-01
		e5b to-contractor  2024-03-01 -          -     contractor 2024-03-01
		e6  dismissed      2023-01-01 2024-03-16 false employee   2023-01-01
		e7  two-employers  2023-01-01 2024-01-10 true  employee   2023-01-01
		e7b two-employers  2023-06-01 -          -     employee   2023-06-01
		e8  left-for-good  2023-01-01 2023-06-01 true  employee   2023-01-01
		e8b left-for-good  2023-06-10 2024-03-02 true  employee   2023-06-10
		e9  backwards      2024-02-01 2024-01-01 true  employee   2024-02-01
		job: employment_id assignment_id is_primary fte_share unit_id valid_from valid_to
		e1  1 true 1 A 2023-01-01 -
		e1b 1 true 1 A 2024-02-20 -
		e2  1 true 1 A 2023-01-01 -
		e2b 1 true 1 A 2024-03-20 -
		e3  1 true 1 A 2023-01-01 -
		e3b 1 true 1 A 2024-02-01 -
		e4  1 true 1 A 2023-01-01 -
		e4b 1 true 1 A 2024-02-02 -
		e5  1 true 1 A 2023-01-01 -
		e5b 1 true 1 A 2024-03-01 -
		e6  1 true 1 A 2023-01-01 2024-02-01
		e6  1 true 1 B 2024-02-01 -
		e7  1 true 1 A 2023-01-01 -
		e7b 1 true 1 A 2023-06-01 -
		e8  1 true 1 A 2023-01-01 -
		e8b 1 true 1 A 2023-06-10 -
		e9  1 true 1 A 2024-02-01 -

		metric: metric_id name direction unit_aggregation time_aggregation base_grain computed_from valid_from source
		turnover Turnover down ratio mean month employment 2020-01-01 register
	`)
	// the month is that of the last day: a term on 1 February is a leaver of January
	want(t, w, "select person_id, month, unit_id, is_voluntary from core.fct_separations order by all", `
		back-late 2024-01-01 A true
		day-32 2023-12-01 A true
		dismissed 2024-03-01 B false
		left-for-good 2024-03-01 A true
		to-contractor 2024-02-01 A true
	`)
	// A in January: back-soon, back-late, to-contractor, dismissed, two-employers and
	// left-for-good all month, day-31 and day-32 not: 6 heads, one of whom left.
	want(t, w, "select unit_id, numerator, denominator, people_n, value from marts.dial_monthly where month = '2024-01-01'", "A 1 6 6 0.1667")
	want(t, w, "select metric_id, has_people, sources, first_month, last_complete_month from marts.dials", "turnover true hris 2023-12-01 2024-03-01")
	// the plan and the months before the first leaver known are not there
	want(t, w, "select min(month), max(month) from marts.dial_monthly", "2023-12-01 2024-03-01")
}

func TestJobs(t *testing.T) {
	w := build(t, untilMarch+`
		employment: employment_id person_id hire_date term_date employment_type valid_from
		e1 p1 2024-01-01 - intern   2024-01-01
		e1 p1 2024-01-01 - employee 2024-02-01
		e2 p2 2024-01-01 - employee 2024-01-01
		e3 p3 2024-01-01 - employee 2024-01-01
		e4 p4 2024-01-10 - employee 2024-01-31
		job: employment_id assignment_id is_primary fte_share raw_title job_title_id unit_id valid_from valid_to valid_basis
		e1 1 true  1 Sales~Rep - A 2024-01-01 -          stated
		e2 1 true  1 rep       - A 2024-01-01 -          stated
		e2 2 true  1 Cook      - B 2024-02-01 2024-03-01 stated
		e3 1 true  1 rep      T9 A 2024-01-01 2024-02-01 stated
		e4 1 true  1 rep       - A 2024-01-31 -          observed
		e1 9 false 1 rep       - C 2024-01-31 -          observed
		title_map: raw_title job_title_id valid_from
		Sales~Rep T1 2024-06-01
		rep       T1 2020-01-01
		rep       T2 2024-02-15
	`)
	want(t, w, `select person_id, employment_type, unit_id, coalesce(job_title_id, 'unmapped'), is_primary, valid_from, least(valid_to, date '2025-01-01')
		from core.fct_jobs where is_primary order by all`, `
		p1 employee A T1 true 2024-02-01 2025-01-01
		p1 intern A T1 true 2024-01-01 2024-02-01
		p2 employee A T1 true 2024-01-01 2024-02-01
		p2 employee A T2 true 2024-03-01 2025-01-01
		p2 employee B unmapped true 2024-02-01 2024-03-01
		p3 employee A T9 true 2024-01-01 2024-02-01
		p4 employee A T1 true 2024-01-31 2025-01-01
	`)
	// two primary jobs a day: the one that started last counts, and then the other again
	want(t, w, "select message from ("+checkSQL(t, "one_primary_job")+")", "job: 1 people have more than one primary job on a day, such as employment e2 on 2024-02-01")
}

// checkSQL returns the select of a check.
func checkSQL(t *testing.T, name string) string {
	t.Helper()
	c, err := readCheck(checks, "checks/"+name+".sql")
	if err != nil {
		t.Fatal(err)
	}
	return c.sql
}
