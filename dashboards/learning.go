package dashboards

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
	"dials/queries/survival"
)

// learningOperations is the page on who is overdue and what is stuck.
var learningOperations = page{
	Path: "/learning", Name: "Learning", Heading: "Learning operations", Topics: []queries.Topic{queries.TopicLearning}, Template: "overview.html",
	Filters: true, Params: []string{"by", "course"}, Load: loadLearning,
}

// A stepRow is how many of so many people and assignments are at a step.
type stepRow struct {
	Window    string `db:"window_id"`
	Step      string `db:"step"`
	CourseID  string `db:"course_id"`
	People    *int64 `db:"people_n"`
	Numerator *int64 `db:"numerator"`
	Low       *int64 `db:"numerator_low"`
	High      *int64 `db:"numerator_high"`
	Items     *int64 `db:"items"`
	Done      *int64 `db:"items_done"`
	IsRange   bool   `db:"is_range"`
}

// A groupRow is a step of one unit, title, location or type.
type groupRow struct {
	ID        string `db:"group_id"`
	Name      string `db:"group_name"`
	Window    string `db:"window_id"`
	Step      string `db:"step"`
	People    *int64 `db:"people_n"`
	Numerator *int64 `db:"numerator"`
	Low       *int64 `db:"numerator_low"`
	High      *int64 `db:"numerator_high"`
	Items     *int64 `db:"items"`
	Done      *int64 `db:"items_done"`
	IsRange   bool   `db:"is_range"`
}

func (g groupRow) step() stepRow {
	return stepRow{g.Window, g.Step, "", g.People, g.Numerator, g.Low, g.High, g.Items, g.Done, g.IsRange}
}

// A cohortRow is a quarter of assignment.
type cohortRow struct {
	Month     time.Time `db:"month"`
	People    *int64    `db:"people_n"`
	Numerator *int64    `db:"numerator"`
	Items     *int64    `db:"items"`
	Done      *int64    `db:"items_done"`
}

// A waitRow is one step of days from an assignment to its completion.
type waitRow struct {
	Days      int64 `db:"days"`
	Completed int64 `db:"completed"`
	Censored  int64 `db:"censored"`
	People    int64 `db:"people_n"`
}

// A courseRow is what a course is.
type courseRow struct {
	CourseID    string   `db:"course_id"`
	Name        string   `db:"name"`
	Purpose     *string  `db:"purpose"`
	Modality    *string  `db:"modality"`
	Kind        *string  `db:"kind"`
	Hours       *float64 `db:"duration_hours"`
	IsClientLed bool     `db:"is_customer_led"`
	HasRule     bool     `db:"has_rule"`
}

// A learnedRow is how the attempts at a course, or one version of it, ended.
type learnedRow struct {
	CourseID  string   `db:"course_id"`
	Course    string   `db:"course_name"`
	Version   string   `db:"version_id"`
	People    *int64   `db:"people_n"`
	Attempts  *int64   `db:"attempts"`
	Passed    *int64   `db:"passed"`
	Completed *int64   `db:"completed"`
	Withdrawn *int64   `db:"withdrawn"`
	MeanScore *float64 `db:"mean_score"`
}

// A teamRow is how active in learning the teams of managers are.
type teamRow struct {
	Low    float64 `db:"low_share"`
	Median float64 `db:"median_share"`
	High   float64 `db:"high_share"`
	People int64   `db:"people_n"`
}

// operations is what the page's queries returned.
type operations struct {
	window, course, by string
	courses            map[string]courseRow
	order              []courseRow
	steps              map[string]stepRow // by window, step and course
	groups             map[string]map[string]groupRow
	groupOrder         []groupRow
	cohorts            []cohortRow
	waits              []waitRow
	results            []learnedRow
	team               *teamRow
	curve              *survival.Curve
}

func stepKey(window, step, course string) string { return window + "|" + step + "|" + course }

func (o *operations) step(window, step, course string) (stepRow, bool) {
	s, ok := o.steps[stepKey(window, step, course)]
	return s, ok
}

// audiences are what the page can be cut by, beside units.
var audiences = []choice{{Value: "", Text: "unit"}, {Value: "title", Text: "job title"}, {Value: "location", Text: "location"}, {Value: "type", Text: "type of employment"}}

// windowOf is the window that is kept for the period of the filters.
func (f Filters) windowOf() string {
	switch f.Period {
	case lastYear, rolling12:
		return f.Period
	}
	return "fy"
}

func loadLearning(ctx context.Context, r *request) (*content, error) {
	o := &operations{window: r.filters.windowOf(), course: r.query["course"], by: r.query["by"]}
	if !slices.ContainsFunc(audiences, func(c choice) bool { return c.Value == o.by }) {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("by: %.40q is not one of title, location, type", o.by))
	}
	if err := o.read(ctx, r); err != nil {
		return nil, err
	}
	if len(o.order) == 0 {
		return &content{Title: "No learning has been loaded yet", Body: &overview{Empty: "Load the stream enrolment (and course, learning_assignment, certification), then run dials sync and reload this page."}}, nil
	}
	if _, known := o.courses[o.course]; o.course != "" && !known {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("course: %.40q is no course", o.course))
	}
	view, err := r.learningView(o)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.learningTitle(o), Lead: r.learningLead(o), Body: view}, nil
}

func (o *operations) read(ctx context.Context, r *request) error {
	var err error
	if o.order, err = read[courseRow](ctx, r, "courses"); err != nil {
		return err
	}
	o.courses = index(o.order, func(c courseRow) string { return c.CourseID })
	window := sql.Named("window", o.window)
	steps, err := read[stepRow](ctx, r, "learning_steps", window)
	if err != nil {
		return err
	}
	o.steps = index(steps, func(s stepRow) string { return stepKey(s.Window, s.Step, s.CourseID) })
	course := sql.Named("course", o.course)
	if o.by == "" {
		o.groupOrder, err = read[groupRow](ctx, r, "learning_units", window, course)
	} else {
		o.groupOrder, err = read[groupRow](ctx, r, "learning_audience", window, course, sql.Named("attribute", o.by))
	}
	if err != nil {
		return err
	}
	o.groups = map[string]map[string]groupRow{}
	for _, g := range o.groupOrder {
		if o.groups[g.ID] == nil {
			o.groups[g.ID] = map[string]groupRow{}
		}
		o.groups[g.ID][g.Window+"|"+g.Step] = g
	}
	if o.cohorts, err = read[cohortRow](ctx, r, "learning_cohorts"); err != nil {
		return err
	}
	if o.waits, err = read[waitRow](ctx, r, "learning_survival", window, course); err != nil {
		return err
	}
	if o.results, err = read[learnedRow](ctx, r, "learning_results"); err != nil {
		return err
	}
	teams, err := read[teamRow](ctx, r, "learning_team")
	if err != nil {
		return err
	}
	if len(teams) > 0 {
		o.team = &teams[0]
	}
	o.curve, err = waitingCurve(o.waits)
	return err
}

// waitingCurve estimates how long completion takes, or returns nil where nobody can say.
func waitingCurve(rows []waitRow) (*survival.Curve, error) {
	var all []survival.Observation
	for _, w := range rows {
		if w.Completed > 0 {
			all = append(all, survival.Observation{Time: float64(w.Days), Event: true, Weight: float64(w.Completed)})
		}
		if w.Censored > 0 {
			all = append(all, survival.Observation{Time: float64(w.Days), Weight: float64(w.Censored)})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	c, err := survival.KaplanMeier(all, 0.95)
	if err != nil {
		return nil, fmt.Errorf("time to completion: %w", err)
	}
	return &c, nil
}

// learningTitle answers: who is overdue and what is stuck?
func (r *request) learningTitle(o *operations) string {
	s, ok := o.step("now", "overdue", o.course)
	of := ""
	if o.course != "" {
		of = " with " + o.courses[o.course].Name
	}
	switch {
	case ok && s.People == nil:
		return "Too few people here have anything due for it to be told" + of
	case !ok:
		if len(o.results) > 0 {
			return r.resultsTitle(o)
		}
		return "Nothing that was assigned is due here yet" + of + ", or of too few people to be told"
	case s.IsRange && deref(s.High) <= 4:
		return "At most " + inWords(int(*s.High)) + " of " + r.numbers.count(*s.People) + " people are overdue" + of
	case s.IsRange:
		return "Some people are overdue" + of
	case deref(s.Numerator) == 0:
		return "Nobody is overdue" + of
	}
	title := r.numbers.count(*s.Numerator) + " of " + r.numbers.count(*s.People) + " people, " + r.numbers.wholePercent(float64(*s.Numerator)/float64(*s.People)) + ", are overdue" + of
	if name, n, all := o.mostOverdue(); o.course == "" && name != "" {
		title += "; most of it is stuck in " + name
		if 2*n < all {
			title = strings.Replace(title, "most of it is stuck", "the largest part is stuck", 1)
		}
	}
	return title
}

// mostOverdue is the course that holds most of what is overdue.
func (o *operations) mostOverdue() (name string, n, all int64) {
	for _, c := range o.order {
		s, ok := o.step("now", "overdue", c.CourseID)
		if !ok {
			continue
		}
		all += deref(s.Done)
		if deref(s.Done) > n {
			name, n = c.Name, *s.Done
		}
	}
	return name, n, all
}

// resultsTitle answers where a source tells of outcomes and of no dates.
func (r *request) resultsTitle(o *operations) string {
	var passed, attempts int64
	for _, x := range o.results {
		if x.Version == "" && x.Passed != nil && (o.course == "" || x.CourseID == o.course) {
			passed += *x.Passed
			attempts += deref(x.Attempts)
		}
	}
	if attempts == 0 {
		return "What was learned is known; when it was due is not"
	}
	return r.numbers.percent(float64(passed)/float64(attempts)) + " of attempts were passed; when they were due is not known, so nobody can be said to be overdue"
}

// learningLead qualifies the title in one line.
func (r *request) learningLead(o *operations) string {
	var parts []string
	if s, ok := o.step("now", "overdue-on-leave", o.course); ok {
		switch {
		case deref(s.Numerator) > 0:
			parts = append(parts, r.numbers.count(*s.Numerator)+" more are overdue while on leave and counted apart.")
		case s.IsRange && deref(s.High) > 0:
			parts = append(parts, "Few more, if any, are overdue while on leave and counted apart.")
		}
	}
	if s, told, ok := o.assignments("completed"); ok && s.Done != nil && s.Items != nil && *s.Items > 0 && !o.isUndated() {
		text := "Of what was assigned in " + r.windowName(o.window) + r.toldWords(told) + ", " + r.numbers.percent(float64(*s.Done)/float64(*s.Items)) + " is completed"
		if share, known := s.share(); known {
			text += "; " + r.numbers.percent(share) + " of people completed all of theirs"
		}
		parts = append(parts, text+".")
	}
	if o.curve != nil {
		if m := o.curve.Median(); !math.IsNaN(m.Time) {
			parts = append(parts, "Half is done within "+r.numbers.plural(int64(m.Time), "day")+".")
		}
	}
	if s, ok := o.step(o.window, "first-seen", o.course); ok && deref(s.Done) > 0 {
		text := r.numbers.plural(*s.Done, "assignment") + " only first seen when begun or loaded: left out of how long it takes."
		if o.isUndated() {
			text = "When anything was assigned is stated nowhere: " + r.numbers.plural(*s.Done, "attempt") + " first seen when begun or loaded. How they ended stands below."
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// windowName is a window in words.
func (r *request) windowName(window string) string {
	years := calendar{time.Month(r.company.FiscalYearStartMonth)}
	period := map[string]string{"fy": toDate}[window]
	p := years.period(Filters{Period: cmp.Or(period, map[string]string{lastYear: lastYear, rolling12: rolling12}[window])}, r.asOf)
	if window == rolling12 {
		return "the last 12 months"
	}
	return p.Name
}

// notApplied says which of the common filters the page cannot obey.
func (r *request) notApplied() []string {
	var notes []string
	if r.filters.Period == custom {
		notes = append(notes, "Not applied: other months. Shown is "+r.windowName("fy")+".")
	}
	if r.filters.AsNow {
		notes = append(notes, "Not applied: the organisation as it is now. People count where they worked at the end of the period.")
	}
	if !r.filters.AsOf.IsZero() {
		notes = append(notes, "Not applied: as of "+day(r.filters.AsOf)+". Shown is the state on the last day of the data.")
	}
	return notes
}
