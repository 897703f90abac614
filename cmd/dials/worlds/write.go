package worlds

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A table is one stream on its way into a CSV file with the canonical columns.
type table struct {
	stream, delivery, columns string
	rows                      [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// Write writes the source files and config.toml into dir, and returns the path of
// the latter.
func (c *Company) Write(dir string) (string, error) {
	var config strings.Builder
	config.WriteString("[[source]]\nname = \"world\"\nkind = \"file\"\ntrusted_log = true\n")
	for _, t := range c.tables() {
		if len(t.rows) == 0 {
			continue
		}
		if err := t.write(dir); err != nil {
			return "", fmt.Errorf("worlds: %w", err)
		}
		fmt.Fprintf(&config, "\n[[source.stream]]\nname = %q\ntarget = %q\ndelivery = %q\n[source.stream.options]\npath = \"%s.csv\"\n",
			t.stream, t.stream, t.delivery, t.stream)
	}
	path := filepath.Join(dir, "config.toml")
	return path, os.WriteFile(path, []byte(config.String()), 0o600)
}

func (t *table) write(dir string) error {
	f, err := os.Create(filepath.Join(dir, t.stream+".csv"))
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if err = w.Write(strings.Fields(t.columns)); err == nil {
		err = w.WriteAll(t.rows)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

func (c *Company) tables() []*table {
	return append(c.organisation(), append(c.dials(), c.register()...)...)
}

func (c *Company) organisation() []*table {
	units := &table{stream: "org_unit", delivery: "snapshot", columns: "unit_id name parent_id unit_type valid_from"}
	units.add("C", "Company", "", "company", day(month(-120)))
	for i := range Units {
		units.add(unitID(i), "Unit "+strconv.Itoa(i+1), "C", "team", day(month(-120)))
	}
	persons := &table{stream: "person", delivery: "snapshot", columns: "person_id"}
	employments := &table{
		stream: "employment", delivery: "history",
		columns: "employment_id person_id legal_entity hire_date term_date is_voluntary employment_type contracted_hours valid_from",
	}
	jobs := &table{
		stream: "job", delivery: "history",
		columns: "employment_id assignment_id is_primary fte_share raw_title job_title_id unit_id valid_from",
	}
	titles := &table{stream: "job_title", delivery: "snapshot", columns: "job_title_id name level is_frontline"}
	for k := range 3 {
		titles.add(fmt.Sprintf("T%d", k), fmt.Sprintf("Title %d", k), fmt.Sprintf("L%d", k), strconv.FormatBool(k > 0))
	}
	for i, p := range c.People {
		id, hired, left := personID(i), month(p.Hired), ""
		if p.Left >= 0 {
			left = day(month(p.Left).AddDate(0, 0, 14))
		}
		persons.add(id)
		employments.add("E-"+id, id, "X", day(hired), left, strconv.FormatBool(p.Left >= 0), "employee", "40", day(hired))
		jobs.add("E-"+id, "1", "true", "1", "Worker", fmt.Sprintf("T%d", p.Title), unitID(i%Units), day(hired))
	}
	return []*table{units, persons, employments, jobs, titles}
}

func (c *Company) dials() []*table {
	metrics := &table{
		stream: "metric", delivery: "snapshot",
		columns: "metric_id name unit_of_measure direction unit_aggregation time_aggregation base_grain base_unit_type computed_from valid_from",
	}
	seen := &table{stream: "metric_observation", delivery: "snapshot", columns: "metric_id unit_id period_start_date value numerator denominator is_complete"}
	for _, d := range c.Dials {
		overTime := "mean"
		if d.Form == Sum {
			overTime = "sum"
		}
		metrics.add(d.ID, d.ID, "points", "up", string(d.Form), overTime, "month", "team", "", day(month(-120)))
		for i := range d.Points {
			for t, p := range d.Points[i] {
				if math.IsNaN(p) {
					continue
				}
				v, denominator := d.Value(i, t)
				row := []string{d.ID, unitID(i), day(month(t)), number(v), "", "", "true"}
				if denominator > 0 {
					row[4], row[5] = number(v*denominator), number(denominator)
				}
				seen.add(row...)
			}
		}
	}
	if len(c.Trials) > 0 {
		metrics.add("leavers", "Leavers", "%", "down", "ratio", "mean", "month", "team", "employment", day(month(-120)))
	}
	return []*table{metrics, seen}
}

func (c *Company) register() []*table {
	goals := &table{stream: "goal", delivery: "snapshot", columns: "goal_id name level unit_id status valid_from"}
	goals.add("G", "Get better", "strategic", "C", "active", day(month(0)))
	tactics := &table{stream: "tactic", delivery: "history", columns: "tactic_id name tactic_type launched_date valid_from"}
	links := &table{
		stream: "tactic_link", delivery: "snapshot",
		columns: "tactic_link_id tactic_id goal_id metric_id mechanism baseline target target_date business_owner_id expected_lag_months registered_at approved_at",
	}
	waves := &table{stream: "tactic_wave", delivery: "snapshot", columns: "tactic_id wave start_date assigned_by assigned_at"}
	units := &table{
		stream: "tactic_unit", delivery: "snapshot",
		columns: "tactic_id unit_id arm wave assigned_at exposed_from_date is_chosen_on_dial selection_from_date selection_to_date",
	}
	parts := &table{stream: "tactic_participant", delivery: "snapshot", columns: "tactic_id person_id arm assigned_at completed_date"}
	link := func(id, tactic, metric string, baseline, target float64, launch int, late bool) {
		registered := month(launch - 3)
		if late {
			registered = month(launch + 3)
		}
		links.add(id, tactic, "G", metric, "so", number(baseline), number(target), day(month(Months)), "Director", "1", moment(registered), moment(registered))
	}
	for _, t := range c.Tactics {
		launch := t.register(tactics, waves, units)
		for i := range c.People {
			parts.add(t.ID, personID(i), "treated", moment(month(launch-2)), day(month(launch).AddDate(0, 0, 10)))
		}
		for k, metric := range t.Dials {
			target := Level + t.Worth[k]
			if c.dial(metric).Form == Sum {
				target = Level * math.Exp(t.Worth[k]/Level)
			}
			link(metric, t.ID, metric, Level, target, launch, t.Late)
		}
	}
	for _, t := range c.Trials {
		tactics.add(t.ID, t.ID, "training", day(month(t.Launch)), day(month(t.Launch-6)))
		waves.add(t.ID, "1", day(month(t.Launch)), t.AssignedBy, moment(month(t.Launch-1)))
		link(t.ID, t.ID, "leavers", staying, staying-t.Worth, t.Launch, false)
		for i, p := range c.People {
			if p.Tactic != t.ID {
				continue
			}
			arm, done := "control", ""
			if p.Treated {
				arm, done = "treated", day(month(t.Launch).AddDate(0, 0, 10))
			}
			parts.add(t.ID, personID(i), arm, moment(month(t.Launch-1)), done)
		}
	}
	return []*table{goals, tactics, links, waves, units, parts}
}

// register adds a tactic, its waves and its units, and returns its launch.
func (t *Tactic) register(tactics, waves, units *table) (launch int) {
	number := map[int]int{}
	launch = t.All
	if t.Starts != nil {
		launch = Months
		for m := range Months {
			for _, s := range t.Starts {
				if s == m && number[m] == 0 {
					number[m] = len(number) + 1
					launch = min(launch, m)
				}
			}
		}
	} else {
		number[t.All] = 1
	}
	assigned := moment(month(launch - 2))
	tactics.add(t.ID, t.ID, "process", day(month(launch)), day(month(launch-6)))
	for m := range Months {
		if n := number[m]; n > 0 {
			waves.add(t.ID, strconv.Itoa(n), day(month(m)), t.AssignedBy, assigned)
		}
	}
	for i, s := range t.Starts {
		if s < 0 {
			continue
		}
		row := []string{t.ID, unitID(i), "treated", strconv.Itoa(number[s]), assigned, day(month(s)), "false", "", ""}
		if t.To > 0 {
			row[6], row[7], row[8] = "true", day(month(t.From)), day(month(t.To))
		}
		units.add(row...)
	}
	for _, i := range t.Controls {
		units.add(t.ID, unitID(i), "control", "", assigned, "", "false", "", "")
	}
	return launch
}

func (c *Company) dial(id string) *Dial {
	for _, d := range c.Dials {
		if d.ID == id {
			return d
		}
	}
	return &Dial{}
}

func personID(i int) string     { return fmt.Sprintf("P%05d", i+1) }
func day(t time.Time) string    { return t.Format(time.DateOnly) }
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }
func number(v float64) string   { return strconv.FormatFloat(v, 'g', -1, 64) }
