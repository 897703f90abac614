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

// learningPeople is the rows behind the numbers of learning operations, for those
// who may see single people and say why.
var learningPeople = page{
	Path: "/learning/people", Heading: "Learning, person by person", Topics: []queries.Topic{queries.TopicLearning}, Template: "people.html",
	Live: true, Params: append([]string{"show", "course", "state", "reason"}, peopleCuts()...), Load: loadLearningPeople,
}

// A peopleView is the data of templates/people.html.
type peopleView struct {
	ownForm
	Eyes, Reason string
	List         *listing
}

// An attemptRow is one attempt of one person.
type attemptRow struct {
	PersonID    string     `db:"person_id"`
	Course      string     `db:"course_name"`
	Version     *string    `db:"course_version_id"`
	Unit        *string    `db:"unit_at_day"`
	Origin      string     `db:"origin"`
	Assigned    *time.Time `db:"assigned_date"`
	Basis       string     `db:"assigned_basis"`
	Due         *time.Time `db:"due_date"`
	Started     *time.Time `db:"started_date"`
	Done        *time.Time `db:"done_date"`
	IsExempt    *bool      `db:"is_exempt"`
	IsWithdrawn *bool      `db:"is_withdrawn"`
	IsOverdue   *bool      `db:"is_overdue"`
	DaysOverdue *int64     `db:"days_overdue"`
}

// A proofRow is the proof that one person holds, or lacks, of one course.
type proofRow struct {
	PersonID  string     `db:"person_id"`
	Course    string     `db:"course_name"`
	Version   *string    `db:"course_version_id"`
	Proof     *time.Time `db:"proof_date"`
	Until     *time.Time `db:"valid_until"`
	Certified *bool      `db:"is_certified"`
	Unit      *string    `db:"unit_at_day"`
	State     string     `db:"state"`
}

// An hoursRow is one attempt of one person that took hours.
type hoursRow struct {
	PersonID  string    `db:"person_id"`
	Course    string    `db:"course_name"`
	Day       time.Time `db:"hours_date"`
	Hours     float64   `db:"hours"`
	Purpose   string    `db:"purpose"`
	Modality  string    `db:"modality"`
	Kind      string    `db:"kind"`
	IsAligned bool      `db:"is_aligned"`
	Unit      *string   `db:"unit_at_day"`
}

// A managerRow is one manager's team.
type managerRow struct {
	PersonID string `db:"person_id"`
	Team     int64  `db:"team"`
	Active   int64  `db:"active"`
}

// mostPeople is how many rows a page of people shows.
const mostPeople = 500

var peopleShows = []choice{{Value: "enrolments", Text: "Assignments"}, {Value: "hours", Text: "Hours of learning"}, {Value: "proofs", Text: "Proofs for auditors"}, {Value: "managers", Text: "Managers and their teams"}}

// peopleStates are the states that each kind of rows can be cut to.
var peopleStates = map[string][]choice{
	"enrolments": {
		{Value: "", Text: "all"},
		{Value: "overdue", Text: "overdue"},
		{Value: "open", Text: "open"},
		{Value: "counted", Text: "counted: not withdrawn, exempt or left"},
		{Value: "started", Text: "started"},
		{Value: "done", Text: "completed"},
		{Value: "assessed", Text: "completed and assessed"},
		{Value: "withdrawn", Text: "withdrawn"},
		{Value: "exempt", Text: "exempt"},
		{Value: "left", Text: "left before due"},
		{Value: "first-seen", Text: "only first seen"},
		{Value: "active", Text: "begun or done in 90 days"},
	},
	"hours": {{Value: "", Text: "all"}},
	"proofs": {
		{Value: "", Text: "all"},
		{Value: "asked", Text: "asked, and due"},
		{Value: "held", Text: "valid"},
		{Value: "valid", Text: "valid for more than 90 days"},
		{Value: "ends within 30 days", Text: "ends within 30 days"},
		{Value: "ends within 60 days", Text: "ends within 60 days"},
		{Value: "ends within 90 days", Text: "ends within 90 days"},
		{Value: "ended", Text: "ended"},
		{Value: "missing", Text: "missing"},
		{Value: "not yet due", Text: "not yet due"},
	},
	"managers": {{Value: "", Text: "all"}},
}

func loadLearningPeople(ctx context.Context, r *request) (*content, error) {
	show, state, course, reason := r.query["show"], r.query["state"], r.query["course"], strings.TrimSpace(r.query["reason"])
	if show == "" {
		show = "enrolments"
	}
	states, ok := peopleStates[show]
	if !ok {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("show: %.40q is not one of enrolments, hours, proofs, managers", show))
	}
	if !slices.ContainsFunc(states, func(c choice) bool { return c.Value == state }) {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("state: %.40q is no state of %s", state, show))
	}
	courses, err := read[courseRow](ctx, r, "courses")
	if err != nil {
		return nil, err
	}
	v := &peopleView{ownForm: *r.ownForm(), Reason: reason, Eyes: "Rows about single people: visible to HR and learning for the units granted to them, and to managers for their own line. Each view is logged with its reason. No scores, no ratings, no pay."}
	if show == "managers" {
		v.Eyes = "A row about one manager is a row about a person: visible to HR, and to managers for their own line. Each view is logged with its reason."
	}
	v.Fields = []chooseField{{Name: "show", Label: "Rows"}, {Name: "state", Label: "State"}, {Name: "course", Label: "Course"}}
	for i, list := range [][]choice{peopleShows, states} {
		for _, c := range list {
			c.IsSelected = c.Value == []string{show, state}[i]
			v.Fields[i].Choices = append(v.Fields[i].Choices, c)
		}
	}
	for _, cut := range peopleCuts() {
		if value := r.query[cut]; value != "" {
			v.Keep = append(v.Keep, kept{cut, value})
		}
	}
	cut, err := r.peopleCut(ctx)
	if err != nil {
		return nil, err
	}
	v.Fields[2].Choices = []choice{{"", "All courses", course == ""}}
	for _, c := range courses {
		v.Fields[2].Choices = append(v.Fields[2].Choices, choice{c.CourseID, c.Name, c.CourseID == course})
	}
	if !queries.IsReason(reason) {
		return &content{Title: "Say why you need rows about single people", Lead: "The reason is kept in the audit with who looked at whom.", Body: v}, nil
	}
	r.reader.Reason = reason
	if state == "" {
		state = "all"
	}
	if v.List, err = r.peopleRows(ctx, show, state, course, cut); err != nil {
		return nil, err
	}
	n := len(v.List.Rows)
	title := r.numbers.plural(int64(n), "row") + " about people whom you may see"
	if attribute, value := r.audience(); value != "" {
		title += ", " + attribute + " " + value
	}
	if cut.says != "" {
		title += ", " + cut.says
	}
	if n > mostPeople {
		v.List.Rows = v.List.Rows[:mostPeople]
		title = fmt.Sprintf("More than %d rows: the first %d are shown", mostPeople, mostPeople)
		v.List.Note = "Choose a unit, a course or a state to see the others."
	}
	return &content{Title: title, Lead: "Reason: " + reason, Body: v}, nil
}

// peopleRows reads one kind of rows.
func (r *request) peopleRows(ctx context.Context, show, state, course string, cut peopleCut) (*listing, error) {
	l := &listing{ID: "rows", Title: "Who, and what", Empty: "Nobody whom you may see is in this state."}
	attribute, value := r.audience()
	args := append(cut.args(r), sql.Named("course", course), sql.Named("state", state), sql.Named("attribute", attribute), sql.Named("value", value))
	switch show {
	case "hours":
		rows, err := read[hoursRow](ctx, r, "learning_hours_people", args...)
		if err != nil {
			return nil, err
		}
		l.Head = []listHead{{Text: "Person"}, {Text: "Unit"}, {Text: "Course"}, {Text: "Day"}, {"Hours", definition("hours-per-fte"), true}, {Text: "For"}, {Text: "How"}, {Text: "Kind"}, {Text: "Aligned", Link: definition("aligned-share")}}
		for _, h := range rows {
			l.Rows = append(l.Rows, words(h.PersonID, r.unitName(deref(h.Unit)), h.Course, day(h.Day), r.numbers.fixed(h.Hours, 1), h.Purpose, h.Modality, h.Kind, map[bool]string{true: "yes", false: "no"}[h.IsAligned]))
		}
		l.Foot = []footItem{{Text: "Definition", Link: definition("hours-per-fte")}, {Text: "Table: marts.learning_hours_people"}, {Text: "unit and front line as on the last day"}}
	case "proofs":
		rows, err := read[proofRow](ctx, r, "learning_proofs", args...)
		if err != nil {
			return nil, err
		}
		l.Head = []listHead{{Text: "Person"}, {Text: "Unit"}, {Text: "Course"}, {Text: "Version"}, {Text: "Proof"}, {Text: "Date"}, {Text: "Valid until"}, {Text: "State"}}
		for _, p := range rows {
			kind := "completion"
			switch {
			case p.Proof == nil:
				kind = "none"
			case deref(p.Certified):
				kind = "certificate"
			}
			until := dayOr(p.Until)
			if p.Until == nil && p.Proof != nil {
				until = "no end"
			}
			l.Rows = append(l.Rows, words(p.PersonID, r.unitName(deref(p.Unit)), p.Course, deref(p.Version), kind, dayOr(p.Proof), until, p.State))
		}
		l.Foot = []footItem{{Text: "Definition", Link: definition("compliance")}, {Text: "Table: marts.certification_people"}}
	case "managers":
		rows, err := read[managerRow](ctx, r, "learning_managers")
		if err != nil {
			return nil, err
		}
		l.Head = []listHead{{Text: "Manager"}, {Text: "Team", IsNumber: true}, {Text: "Active in 90 days", IsNumber: true}, {"Share", definition("team-engagement"), true}}
		for _, m := range rows {
			l.Rows = append(l.Rows, words(m.PersonID, r.numbers.count(m.Team), r.numbers.count(m.Active), r.numbers.wholePercent(float64(m.Active)/float64(m.Team))))
		}
		l.Foot = []footItem{{Text: "Definition", Link: definition("team-engagement")}, {Text: "Table: marts.team_learning_people"}}
	default:
		rows, err := read[attemptRow](ctx, r, "learning_people", args...)
		if err != nil {
			return nil, err
		}
		l.Head = []listHead{{Text: "Person"}, {Text: "Unit"}, {Text: "Course"}, {Text: "Assigned"}, {Text: "Due"}, {Text: "Started"}, {Text: "Completed"}, {Text: "State"}}
		for _, a := range rows {
			assigned := listCell{Text: dayOr(a.Assigned), Sub: map[string]string{"first_seen": "only first seen", "rule": "by rule"}[a.Basis]}
			cells := append(words(a.PersonID, r.unitName(deref(a.Unit)), a.Course), assigned)
			l.Rows = append(l.Rows, append(cells, words(dayOr(a.Due), dayOr(a.Started), dayOr(a.Done), r.attemptState(a))...))
		}
		l.Foot = []footItem{{Text: "Definition", Link: definition("overdue-rate")}, {Text: "Table: marts.learning_people"}}
	}
	return l, nil
}

// attributes are what people can be cut by, one at a time.
var attributes = []string{"title", "location", "type"}

// audience is the one attribute and its value that the rows are cut to.
func (r *request) audience() (attribute, value string) {
	for _, a := range attributes {
		if v := r.query[a]; v != "" {
			attribute, value = a, v
		}
	}
	return attribute, value
}

// attemptState says where an attempt stands.
func (r *request) attemptState(a attemptRow) string {
	switch {
	case deref(a.IsExempt):
		return "exempt"
	case a.Done != nil:
		return "completed"
	case deref(a.IsWithdrawn):
		return "withdrawn"
	case deref(a.IsOverdue):
		return "overdue by " + r.numbers.plural(deref(a.DaysOverdue), "day")
	case a.Started != nil:
		return "started"
	}
	return "open"
}

func (r *request) unitName(id string) string {
	for _, u := range r.units {
		if u.UnitID == id {
			return u.Name
		}
	}
	return id
}

func dayOr(t *time.Time) string {
	if t == nil {
		return unknown
	}
	return day(*t)
}
