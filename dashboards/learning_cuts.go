package dashboards

import (
	"context"
	"database/sql"
	"strconv"
	"time"
)

// peopleCuts are what rows about people can be cut to beside a course and a state, so that a
// number leads to its own rows.
func peopleCuts() []string {
	return append([]string{"window", "quarter", "days", "version", "purpose", "modality", "kind", "frontline"}, attributes...)
}

// A peopleCut is what the rows about people are cut to.
type peopleCut struct {
	from, to *time.Time // days of assignment, or of hours; nil is all
	until    time.Time  // the day that states are as of
	days     *int64     // from assignment to completion
	says     string
}

// peopleCut reads the parameters that cut rows to those behind one number.
func (r *request) peopleCut(ctx context.Context) (peopleCut, error) {
	cut := peopleCut{until: r.asOf}
	if text := r.query["days"]; text != "" {
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil {
			return cut, badRequest("days: %.40q is no number of days", text)
		}
		cut.days, cut.says = &n, "done after "+r.numbers.plural(n, "day")
	}
	for _, name := range []string{"version", "purpose", "modality", "kind", "frontline"} {
		if value := r.query[name]; len(value) > 200 {
			return cut, badRequest("%s: longer than 200 characters", name)
		}
	}
	switch window, quarter := r.query["window"], r.query["quarter"]; {
	case quarter != "":
		m, err := time.Parse("2006-01", quarter)
		if err != nil {
			return cut, badRequest("quarter: %.40q is not a month like 2026-09", quarter)
		}
		from := m.AddDate(0, -(int(m.Month())-1)%3, 0)
		to := from.AddDate(0, 3, 0)
		cut.from, cut.to, cut.says = &from, &to, "of the quarter to "+month(to.AddDate(0, -1, 0))
	case window == "fy" || window == lastYear || window == rolling12:
		rows, err := read[windowRow](ctx, r, "learning_windows", sql.Named("window", window))
		if err != nil || len(rows) == 0 {
			return cut, err
		}
		cut.from, cut.to, cut.says = &rows[0].From, &rows[0].To, "of "+r.windowName(window)
		if last := rows[0].To.AddDate(0, 0, -1); last.Before(cut.until) {
			cut.until = last
		}
	case window != "":
		return cut, badRequest("window: %.40q is not one of fy, last-fy, rolling-12", window)
	}
	return cut, nil
}

// args are the parameters of the queries of rows about people.
func (c peopleCut) args(r *request) []any {
	var from, to, days any
	if c.from != nil {
		from, to = *c.from, *c.to
	}
	if c.days != nil {
		days = *c.days
	}
	if from == nil && r.query["show"] == "hours" {
		from, to = time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	args := []any{sql.Named("from", from), sql.Named("to", to), sql.Named("until", c.until), sql.Named("as_of", r.asOf), sql.Named("days", days)}
	for _, name := range []string{"version", "purpose", "modality", "kind", "frontline"} {
		args = append(args, sql.Named(name, r.query[name]))
	}
	return args
}
