package dashboards

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// objectives is the page on which objectives will be late, by how much, and who needs help.
var objectives = page{
	Path: "/objectives", Name: "Objectives", Heading: "Cascade and forecast", Topics: []queries.Topic{queries.TopicStrategy}, Template: "objectives.html",
	Filters: true, Params: []string{"calendar"}, Load: loadObjectives,
}

// A levelRow is how many objectives of one level stand where.
type levelRow struct {
	Level      string    `db:"level"`
	Position   int64     `db:"level_position"`
	AsOf       time.Time `db:"as_of_date"`
	Objectives int64     `db:"objectives"`
	Open       int64     `db:"open_n"`
	Current    int64     `db:"current_n"`
	Overdue    int64     `db:"overdue_n"`
	Done       int64     `db:"done_n"`
	Started    int64     `db:"started_n"`
	Abandoned  int64     `db:"abandoned_n"`
	Forecast   int64     `db:"forecast_n"`
	Flagged    int64     `db:"flagged_n"`
	Early      int64     `db:"early_n"`
	Silent     int64     `db:"silent_n"`
	Behind     int64     `db:"behind_n"`
	Disagree   int64     `db:"disagree_n"`
	Unowned    int64     `db:"unowned_n"`
	Smart      int64     `db:"smart_n"`
	SmartSum   int64     `db:"smart_sum"`
	Stalled    int64     `db:"stalled_n"`
	Uncadenced int64     `db:"uncadenced_n"`
	Sighted    int64     `db:"sighted_n"`
	Broken     int64     `db:"broken_n"`
}

// A lateRow is an objective with its forecast.
type lateRow struct {
	ID       string     `db:"goal_id"`
	Name     string     `db:"name"`
	Level    string     `db:"level"`
	Start    *time.Time `db:"start_date"`
	Due      *time.Time `db:"due_date"`
	FirstDue *time.Time `db:"first_due_date"`
	Progress *float64   `db:"progress"`
	Read     *time.Time `db:"reading_date"`
	Says     *string    `db:"owner_status"`
	Status   string     `db:"computed_status"`
	Forecast time.Time  `db:"forecast_date"`
	Low      time.Time  `db:"low_date"`
	High     time.Time  `db:"high_date"`
	TheilSen *time.Time `db:"theil_sen_date"`
	OnTime   float64    `db:"on_time"`
	Slip     float64    `db:"slip_days"`
	Flagged  bool       `db:"is_flagged"`
	AsOf     time.Time  `db:"as_of_date"`
}

// A flawRow is a place where the cascade is broken, stands still or has no owner.
type flawRow struct {
	Kind    string     `db:"kind"`
	What    *string    `db:"what"`
	ID      string     `db:"goal_id"`
	Name    string     `db:"name"`
	Level   string     `db:"level"`
	Due     *time.Time `db:"due_date"`
	Still   *int64     `db:"days_still"`
	Cadence *int64     `db:"cadence_days"`
	N       int64      `db:"n"`
}

// A qualityRow is one figure of how good forecasts were.
type qualityRow struct {
	Name     string   `db:"name"`
	Position int64    `db:"position"`
	Value    *float64 `db:"value"`
	Low      *float64 `db:"low"`
	High     *float64 `db:"high"`
	N        *float64 `db:"n"`
}

// A duePeriodRow is a fiscal period with what was due first in it.
type duePeriodRow struct {
	Calendar string    `db:"calendar"`
	Year     int64     `db:"fiscal_year"`
	Half     int64     `db:"half"`    // 0 is the whole year
	Quarter  int64     `db:"quarter"` // 0 is the half, or the year
	End      time.Time `db:"end_date"`
	Due      int64     `db:"due_n"`
	Done     int64     `db:"done_n"`
	Week53   int64     `db:"week_53_n"`
}

// A calendarRow is one fiscal calendar.
type calendarRow struct {
	Name      string `db:"calendar"`
	Basis     string `db:"basis"`
	IsDefault bool   `db:"is_default"`
	Has53     bool   `db:"has_week_53"`
}

// A bareUnitRow is a unit without an objective of its own.
type bareUnitRow struct {
	ID   string  `db:"unit_id"`
	Name string  `db:"name"`
	Type *string `db:"unit_type"`
	N    int64   `db:"n"`
}

// A sightRow is people with a line of sight, and employees without an objective of their unit.
type sightRow struct {
	Month          time.Time `db:"month"`
	People         *int64    `db:"people"`
	Sighted        *int64    `db:"sighted_people"`
	Low            *int64    `db:"sighted_low"`
	High           *int64    `db:"sighted_high"`
	Goals          *int64    `db:"goals"`
	SightedGoals   *int64    `db:"sighted_goals"`
	FTE            *float64  `db:"fte"`
	Uncovered      *float64  `db:"uncovered_fte"`
	UncoveredShare *float64  `db:"uncovered_share"`
}

// A rhythmRow is the status meetings of one level in one quarter.
type rhythmRow struct {
	Month    time.Time `db:"month"`
	Level    string    `db:"level"`
	Position int64     `db:"level_position"`
	Expected *int64    `db:"expected"`
	Held     *int64    `db:"held"`
	Agenda   *int64    `db:"with_agenda"`
	Complete *int64    `db:"complete"`
	Set      *int64    `db:"items_set"`
	Covered  *int64    `db:"items_covered"`
	Minutes  *float64  `db:"minutes"`
	Timed    *int64    `db:"timed"`
}

// An impedimentRow is what stands in the way of an objective.
type impedimentRow struct {
	ID       string     `db:"impediment_id"`
	GoalID   string     `db:"goal_id"`
	GoalName *string    `db:"goal_name"`
	Level    string     `db:"level"`
	Raised   time.Time  `db:"raised_date"`
	Help     bool       `db:"is_help_requested"`
	Answered *time.Time `db:"answered_date"`
	Age      int64      `db:"age_days"`
	IsOld    bool       `db:"is_old"`
	N        int64      `db:"n"`
}

// An answerRow is impediments that waited equally long.
type answerRow struct {
	Days     int64 `db:"days_to_answer"`
	Help     bool  `db:"is_help_requested"`
	Answered bool  `db:"is_answered"`
	N        int64 `db:"n"`
	Open     int64 `db:"open_n"`
	Old      int64 `db:"old_n"`
}

// A messageRow is how far a message got.
type messageRow struct {
	GoalID   string    `db:"goal_id"`
	GoalName *string   `db:"goal_name"`
	Step     string    `db:"step"`
	Month    time.Time `db:"month"`
	Wave     string    `db:"wave"`
	Mean     *float64  `db:"mean_value"`
	Answered *int64    `db:"answered"`
	Asked    *int64    `db:"asked"`
}

// A certaintyRow is how certain people are of their goals, before and after.
type certaintyRow struct {
	Survey         string    `db:"survey_id"`
	Item           string    `db:"item"`
	BeforeWave     string    `db:"before_wave"`
	AfterWave      string    `db:"after_wave"`
	BeforeMonth    time.Time `db:"before_month"`
	AfterMonth     time.Time `db:"after_month"`
	Before         *float64  `db:"before_mean"`
	After          *float64  `db:"after_mean"`
	Delta          *float64  `db:"delta"`
	StdErr         *float64  `db:"std_error"`
	Units          int64     `db:"units"`
	BeforeAnswered *int64    `db:"before_answered"`
	BeforeAsked    *int64    `db:"before_asked"`
	AfterAnswered  *int64    `db:"after_answered"`
	AfterAsked     *int64    `db:"after_asked"`
}

// A cascade is what the page's queries returned.
type cascade struct {
	levels      []levelRow
	all         levelRow // of all levels
	roots       []branchRow
	below       map[string][]branchRow
	late        []lateRow
	flaws       map[string][]flawRow
	quality     map[string][]qualityRow
	periods     []duePeriodRow
	calendars   []calendarRow
	bare        []bareUnitRow
	sight       *sightRow
	rhythm      []rhythmRow
	impediments []impedimentRow
	answers     []answerRow
	messages    []messageRow
	certainty   []certaintyRow
}

func loadObjectives(ctx context.Context, r *request) (*content, error) {
	c, err := r.readCascade(ctx)
	if err != nil {
		return nil, err
	}
	if len(c.levels) == 0 && len(c.rhythm) == 0 {
		return &content{Title: "No objective of a unit is known here", Body: &objectivesView{overview: overview{
			Empty: "Load the streams goal and goal_progress, or choose another unit; check-ins, impediments and surveys come with checkin, impediment and survey_result.",
		}}}, nil
	}
	view, err := r.objectivesView(c)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.cascadeTitle(c), Lead: r.cascadeLead(c), Body: view}, nil
}

func (r *request) readCascade(ctx context.Context) (*cascade, error) {
	c := &cascade{below: map[string][]branchRow{}}
	var err error
	if c.levels, err = read[levelRow](ctx, r, "objective_levels"); err != nil {
		return nil, err
	}
	c.all = total(c.levels)
	if c.roots, err = r.branches(ctx, ""); err != nil {
		return nil, err
	}
	for _, root := range c.roots[:min(len(c.roots), 3)] {
		if c.below[root.ID], err = r.branches(ctx, root.ID); err != nil {
			return nil, err
		}
	}
	if c.late, err = read[lateRow](ctx, r, "objective_late"); err != nil {
		return nil, err
	}
	flaws, err := read[flawRow](ctx, r, "objective_flaws")
	if err != nil {
		return nil, err
	}
	c.flaws = groups(flaws, func(f flawRow) string { return f.Kind })
	quality, err := read[qualityRow](ctx, r, "objective_quality")
	if err != nil {
		return nil, err
	}
	c.quality = groups(quality, func(q qualityRow) string { return q.Name })
	if err := r.readPeriods(ctx, c); err != nil {
		return nil, err
	}
	return c, r.readPeople(ctx, c)
}

// readPeriods reads the fiscal calendars, and what was due in the periods of one.
func (r *request) readPeriods(ctx context.Context, c *cascade) (err error) {
	if c.calendars, err = read[calendarRow](ctx, r, "fiscal_calendars"); err != nil {
		return err
	}
	chosen := r.query["calendar"]
	if chosen != "" && !slices.ContainsFunc(c.calendars, func(k calendarRow) bool { return k.Name == chosen }) {
		return fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("calendar: %.40q is no fiscal calendar", chosen))
	}
	c.periods, err = read[duePeriodRow](ctx, r, "objective_periods", sql.Named("calendar", chosen))
	return err
}

// readPeople reads what is known of groups of people, and of what stands in the way.
func (r *request) readPeople(ctx context.Context, c *cascade) (err error) {
	if c.bare, err = read[bareUnitRow](ctx, r, "objective_units"); err != nil {
		return err
	}
	// groups of people count where they worked then
	view := r.reader.View
	r.reader.View = queries.AsWas
	defer func() { r.reader.View = view }()
	sight, err := read[sightRow](ctx, r, "objective_sight")
	if err != nil {
		return err
	}
	if len(sight) > 0 {
		c.sight = &sight[0]
	}
	if c.rhythm, err = read[rhythmRow](ctx, r, "checkin_rhythm"); err != nil {
		return err
	}
	if c.impediments, err = read[impedimentRow](ctx, r, "impediments"); err != nil {
		return err
	}
	if c.answers, err = read[answerRow](ctx, r, "impediment_days"); err != nil {
		return err
	}
	if c.messages, err = read[messageRow](ctx, r, "survey_steps"); err != nil {
		return err
	}
	c.certainty, err = read[certaintyRow](ctx, r, "survey_change")
	return err
}

// groups puts rows under their keys, in the order given.
func groups[T any](rows []T, key func(T) string) map[string][]T {
	m := map[string][]T{}
	for _, row := range rows {
		m[key(row)] = append(m[key(row)], row)
	}
	return m
}

// total sums the levels.
func total(levels []levelRow) levelRow {
	var a levelRow
	for _, l := range levels {
		a.AsOf = l.AsOf
		a.Objectives, a.Open, a.Current, a.Overdue, a.Done = a.Objectives+l.Objectives, a.Open+l.Open, a.Current+l.Current, a.Overdue+l.Overdue, a.Done+l.Done
		a.Started, a.Abandoned, a.Forecast, a.Flagged, a.Early = a.Started+l.Started, a.Abandoned+l.Abandoned, a.Forecast+l.Forecast, a.Flagged+l.Flagged, a.Early+l.Early
		a.Silent += l.Silent
		a.Behind, a.Disagree, a.Unowned, a.Smart, a.SmartSum = a.Behind+l.Behind, a.Disagree+l.Disagree, a.Unowned+l.Unowned, a.Smart+l.Smart, a.SmartSum+l.SmartSum
		a.Stalled, a.Uncadenced, a.Sighted, a.Broken = a.Stalled+l.Stalled, a.Uncadenced+l.Uncadenced, a.Sighted+l.Sighted, a.Broken+l.Broken
	}
	return a
}

// cascadeTitle answers: which objectives will be late, by how much?
func (r *request) cascadeTitle(c *cascade) string {
	a := c.all
	switch {
	case a.Open == 0:
		return "No objective is open"
	case a.Forecast == 0 && a.Silent > 0:
		return "Nobody can say which objectives will be late: " + inWords(int(a.Silent)) + " of " + r.numbers.plural(a.Open, "open one") + " were not read for more than two cadences"
	case a.Forecast == 0 && a.Early == 0:
		return "No forecast can be made of " + r.numbers.plural(a.Open, "open objective") + ": dates, baselines or targets are missing"
	case a.Forecast == 0:
		return "It is too early to say which of " + r.numbers.plural(a.Open, "open objective") + " will be late"
	case a.Flagged == 0:
		return "None of " + r.numbers.plural(a.Forecast, "objective") + " with a forecast is going to be late"
	}
	worst := c.late[0]
	verb := "are"
	if a.Flagged == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s of %s with a forecast %s going to be late; “%s” by %s, the most",
		capital(inWords(int(a.Flagged))), r.numbers.plural(a.Forecast, "objective"), verb, worst.Name, r.slipWords(worst.Slip))
}

// cascadeLead qualifies the title, and says who needs help.
func (r *request) cascadeLead(c *cascade) string {
	var parts []string
	if n := c.all.Overdue; n > 0 {
		parts = append(parts, capital(counted(int(n), "objective", "is", "are"))+" past the due date and not done.")
	}
	if n := c.all.Early; n > 0 {
		parts = append(parts, "For "+inWords(int(n))+" it is too early to tell.")
	}
	waiting, oldest := 0, int64(0)
	for _, w := range c.answers {
		if w.Help && !w.Answered && w.Open > 0 {
			waiting += int(w.Open)
			oldest = max(oldest, w.Days)
		}
	}
	if waiting > 0 {
		parts = append(parts, capital(counted(waiting, "open impediment", "waits", "wait"))+" for the help that was asked for, the longest for "+r.numbers.plural(oldest, "day")+".")
	}
	if n := c.all.Disagree; n > 0 {
		parts = append(parts, "Of "+inWords(int(n))+" the owner says green.")
	}
	if q, ok := c.figure("coverage"); ok {
		parts = append(parts, "Of earlier ranges "+r.numbers.wholePercent(q)+" held the day (80"+thin+"% should).")
	}
	return strings.Join(parts, " ")
}

// figure is one figure of the forecasts' quality.
func (c *cascade) figure(name string) (float64, bool) {
	rows := c.quality[name]
	if len(rows) == 0 || rows[0].Value == nil {
		return 0, false
	}
	return finite(*rows[0].Value)
}

// slipWords write so many days as people say them: days up to four months, then
// months, and years from three on.
func (r *request) slipWords(days float64) string {
	switch {
	case days < 120:
		return r.numbers.plural(int64(days), "day")
	case days < 3*365:
		return r.numbers.plural(int64(days/30.4), "month")
	}
	return r.numbers.plural(int64(days/365.25), "year")
}
