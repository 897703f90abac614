package alerts

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"dials/queries"
)

// A finding is what a rule says of one thing now.
type finding struct {
	key   string // of the thing; "" where there is but one
	label string
	text  string // a sentence
	rung  string // of kind rung: what is known now
	fires bool
}

// personal are columns that name people: no message holds them.
var personal = []string{"person_id", "owner_id", "reviewer_id", "learner", "email", "employment_id"}

// find looks at what a rule is about, with the rights of one recipient. Only what tells
// nothing of people, or of groups of them that are large enough, can be looked at.
func (r *Rule) find(ctx context.Context, marts *queries.Marts, policy queries.Policy, now time.Time) ([]finding, error) {
	switch r.Kind {
	case Stale:
		return r.stale(ctx, marts, policy, now)
	case Rung:
		return r.rungs(ctx, marts, policy)
	case Slip:
		return r.slips(ctx, marts, policy)
	}
	series, err := r.series(ctx, marts, policy)
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, s := range series {
		if f, ok := r.judge(s); ok {
			out = append(out, f)
		}
	}
	return out, nil
}

// table reads a query, of class none or aggregate.
func (r *Rule) table(ctx context.Context, marts *queries.Marts, policy queries.Policy, name string) (table, error) {
	t, err := queries.Read(ctx, marts, queries.Reader{Policy: policy, Unit: r.Unit}, name)
	if err != nil {
		return table{}, err
	}
	if t.Class != queries.None && t.Class != queries.Aggregate {
		return table{}, fmt.Errorf("query %s: it is of class %s, which no message tells", name, t.Class)
	}
	return table{t}, nil
}

// A table is rows with columns by name.
type table struct{ queries.Table }

// column finds a column; people have none here.
func (t table) column(name string) (int, error) {
	i := slices.Index(t.Columns, name)
	if i < 0 {
		return 0, fmt.Errorf("it has no column %q: there are %s", name, words(t.Columns))
	}
	if slices.Contains(personal, name) {
		return 0, fmt.Errorf("column %q is about persons, of whom no message tells", name)
	}
	return i, nil
}

// text writes a value of a row, "" for none or a column that is not there.
func (t table) text(row []any, name string) string {
	i := slices.Index(t.Columns, name)
	if i < 0 || row[i] == nil || slices.Contains(personal, name) {
		return ""
	}
	return plain(row[i])
}

func plain(v any) string {
	switch v := v.(type) {
	case time.Time:
		return v.Format(time.DateOnly)
	case float64:
		return number(v)
	}
	return fmt.Sprint(v)
}

// numeric reads a value as a number.
func numeric(v any) (float64, bool) {
	if v == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(fmt.Sprint(v), 64)
	if s, ok := v.(interface{ Float64() float64 }); ok {
		f, err = s.Float64(), nil
	}
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// number writes a number with at most four digits that matter.
func number(v float64) string {
	if math.Abs(v) >= 1000 {
		return strconv.FormatFloat(math.Round(v), 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// A point is one row of a series.
type point struct {
	at    any
	when  string
	value float64
}

// A series is the values of one thing, in their order.
type series struct {
	key, label string
	points     []point
}

// series reads what a threshold or a change is about.
func (r *Rule) series(ctx context.Context, marts *queries.Marts, policy queries.Policy) ([]series, error) {
	if r.Query != "" {
		t, err := r.table(ctx, marts, policy, r.Query)
		if err != nil {
			return nil, err
		}
		return r.parts(t, r.Column, r.Order, r.By, r.Where, r.Name)
	}
	// A dial is of units, or of people, which the build rolls up and hides.
	label := r.Metric
	if dials, err := r.table(ctx, marts, policy, "dials"); err == nil {
		i := slices.IndexFunc(dials.Rows, func(row []any) bool { return dials.text(row, "metric_id") == r.Metric })
		if i < 0 {
			return nil, fmt.Errorf("there is no dial %q", r.Metric)
		}
		label = dials.text(dials.Rows[i], "name")
	}
	where := map[string]string{"metric_id": r.Metric}
	var errs []error
	for _, name := range []string{"dial_monthly", "dial_people_monthly"} {
		t, err := r.table(ctx, marts, policy, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		found, err := r.parts(t, "value", "month", nil, where, label)
		if err != nil || len(found) > 0 {
			return found, err
		}
	}
	return nil, errors.Join(errs...)
}

// parts groups the rows of a table into series.
func (r *Rule) parts(t table, column, order string, by []string, where map[string]string, label string) ([]series, error) {
	value, err := t.column(column)
	if err != nil {
		return nil, err
	}
	at := -1
	if order != "" {
		if at, err = t.column(order); err != nil {
			return nil, err
		}
	}
	for _, name := range by {
		if _, err := t.column(name); err != nil {
			return nil, err
		}
	}
	for name := range where {
		if _, err := t.column(name); err != nil {
			return nil, err
		}
	}
	complete := slices.Index(t.Columns, "is_complete")
	var out []series
	for n, row := range t.Rows {
		v, known := numeric(row[value])
		if !known || complete >= 0 && row[complete] == false || !holds(t, row, where) {
			continue
		}
		var names []string
		for _, name := range by {
			names = append(names, t.text(row, name))
		}
		key, shown := strings.Join(names, "|"), label
		if len(names) > 0 {
			shown += " (" + words(names) + ")"
		}
		if order == "" && len(by) == 0 && len(t.Rows) > 1 && len(where) == 0 {
			key = strconv.Itoa(n)
		}
		i := slices.IndexFunc(out, func(s series) bool { return s.key == key })
		if i < 0 {
			i, out = len(out), append(out, series{key: key, label: shown})
		}
		p := point{value: v}
		if at >= 0 {
			p.at, p.when = row[at], plain(row[at])
		}
		out[i].points = append(out[i].points, p)
	}
	for _, s := range out {
		slices.SortStableFunc(s.points, func(a, b point) int { return strings.Compare(a.when, b.when) })
	}
	return out, nil
}

func holds(t table, row []any, where map[string]string) bool {
	for name, want := range where {
		if t.text(row, name) != want {
			return false
		}
	}
	return true
}

// judge says what a threshold or a change finds in a series; ok is false where there
// is nothing to judge.
func (r *Rule) judge(s series) (f finding, ok bool) {
	last := s.points[len(s.points)-1]
	when := ""
	if last.when != "" {
		when = " in " + strings.TrimSuffix(last.when, "-01")
	}
	f = finding{key: s.key, label: s.label}
	if r.Kind == Threshold {
		f.text = fmt.Sprintf("%s is %s%s", s.label, number(last.value), when)
		switch {
		case r.Above != nil && last.value > *r.Above:
			f.fires, f.text = true, f.text+", above "+number(*r.Above)
		case r.Below != nil && last.value < *r.Below:
			f.fires, f.text = true, f.text+", below "+number(*r.Below)
		}
		return f, true
	}
	before, found := r.before(s.points)
	if !found || before.value == 0 {
		return f, false
	}
	moved := 100 * (last.value - before.value) / math.Abs(before.value)
	f.text = fmt.Sprintf("%s is %s%s, %+.1f %% against %s in %s", s.label, number(last.value), when, moved, number(before.value), strings.TrimSuffix(before.when, "-01"))
	f.fires = math.Abs(moved) >= r.Percent && (r.Direction == "any" || r.Direction == "up" && moved > 0 || r.Direction == "down" && moved < 0)
	return f, true
}

// before is the value that the last one is compared with.
func (r *Rule) before(points []point) (point, bool) {
	last := points[len(points)-1]
	if r.Against == "previous" {
		if len(points) < 2 {
			return point{}, false
		}
		return points[len(points)-2], true
	}
	at, ok := last.at.(time.Time)
	if !ok {
		return point{}, false
	}
	want := at.AddDate(-1, 0, 0).Format(time.DateOnly)
	i := slices.IndexFunc(points, func(p point) bool { return p.when == want })
	if i < 0 {
		return point{}, false
	}
	return points[i], true
}

// stale finds sources that have not been loaded for too long.
func (r *Rule) stale(ctx context.Context, marts *queries.Marts, policy queries.Policy, now time.Time) ([]finding, error) {
	t, err := r.table(ctx, marts, policy, "source_freshness")
	if err != nil {
		return nil, err
	}
	at, err := t.column("last_success_at")
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, row := range t.Rows {
		name := t.text(row, "source")
		if r.Source != "" && name != r.Source {
			continue
		}
		f := finding{key: name, label: name, fires: true, text: fmt.Sprintf("source %s was never loaded", name)}
		if last, ok := row[at].(time.Time); ok {
			f.fires = now.Sub(last) > r.older
			f.text = fmt.Sprintf("source %s was last loaded at %s UTC", name, last.UTC().Format("2006-01-02 15:04"))
		}
		out = append(out, f)
	}
	if r.Source != "" && len(out) == 0 {
		return nil, fmt.Errorf("there is no source %q", r.Source)
	}
	return out, nil
}

// rungs finds how well the effect of each tactic is known.
func (r *Rule) rungs(ctx context.Context, marts *queries.Marts, policy queries.Policy) ([]finding, error) {
	t, err := r.table(ctx, marts, policy, "result_evidence")
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, row := range t.Rows {
		tactic, metric := t.text(row, "tactic_id"), t.text(row, "metric_id")
		if r.Tactic != "" && tactic != r.Tactic || r.Metric != "" && metric != r.Metric {
			continue
		}
		known := t.text(row, "rung")
		label := tactic + " at " + metric
		out = append(out, finding{
			key: tactic + "|" + metric, label: label, rung: known,
			text: fmt.Sprintf("%s: how we know is %s of 6 (%s)", label, known, t.text(row, "how_we_know")),
		})
	}
	return out, nil
}

// slips finds objectives whose forecast is late. Those of single people are left out.
func (r *Rule) slips(ctx context.Context, marts *queries.Marts, policy queries.Policy) ([]finding, error) {
	name, column := r.Query, r.Column
	if name == "" {
		name = "objectives"
	}
	if column == "" {
		column = "slip_days"
	}
	t, err := r.table(ctx, marts, policy, name)
	if err != nil {
		return nil, err
	}
	days, err := t.column(column)
	if err != nil {
		return nil, err
	}
	var out []finding
	for _, row := range t.Rows {
		late, known := numeric(row[days])
		if level := t.text(row, "level"); !known || level == "individual" || level == "task" || !holds(t, row, r.Where) {
			continue
		}
		label := t.text(row, "name")
		out = append(out, finding{
			key: t.text(row, "goal_id"), label: label, fires: late >= r.Days,
			text: fmt.Sprintf("the forecast of %q is %s days late", label, number(late)),
		})
	}
	return out, nil
}
