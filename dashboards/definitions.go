package dashboards

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
)

// Every number on every page leads to these two: what it is, whose, from where.
var (
	definitionList = page{
		Path: "/definitions", Heading: "Definitions", Topics: []queries.Topic{queries.TopicDefinitions}, Template: "definitions.html", Load: loadDefinitions,
	}
	definitionPage = page{
		Path: "/definitions/:metric", Heading: "Definition", Topics: []queries.Topic{queries.TopicDefinitions}, Template: "definition.html", Load: loadDefinition,
	}
)

// A dialDefinitionRow is a dial with all that defines it.
type dialDefinitionRow struct {
	MetricID          string     `db:"metric_id"`
	Name              string     `db:"name"`
	UnitOfMeasure     string     `db:"unit_of_measure"`
	Direction         string     `db:"direction"`
	UnitAggregation   string     `db:"unit_aggregation"`
	TimeAggregation   string     `db:"time_aggregation"`
	BaseGrain         *string    `db:"base_grain"`
	BaseUnitType      *string    `db:"base_unit_type"`
	OwnerName         *string    `db:"owner_name"`
	IsOwnerInLD       *bool      `db:"is_owner_in_ld"`
	SignedOffAt       *time.Time `db:"signed_off_at"`
	Currency          *string    `db:"currency"`
	MoneyPerUnit      *float64   `db:"money_per_unit"`
	Margin            *float64   `db:"margin"`
	Formula           *string    `db:"formula"`
	Sources           *string    `db:"sources"`
	ComputedFrom      *string    `db:"computed_from"`
	HasPeople         bool       `db:"has_people"`
	FirstMonth        *time.Time `db:"first_month"`
	LastCompleteMonth *time.Time `db:"last_complete_month"`
	DefinitionVersion *int64     `db:"definition_version"`
	RecordedAt        *time.Time `db:"recorded_at"`
}

// isOwned reports whether a business owner, not of L&D, signed the definition off
// within the twelve months before the day (R09).
func (d dialDefinitionRow) isOwned(asOf time.Time) bool {
	return deref(d.OwnerName) != "" && d.IsOwnerInLD != nil && !*d.IsOwnerInLD &&
		d.SignedOffAt != nil && !d.SignedOffAt.Before(asOf.AddDate(-1, 0, 0))
}

// definitionsView is the data of templates/definitions.html.
type definitionsView struct {
	Dials   []definitionLine
	BuiltIn []definitionLine
}

// A definitionLine is one number in the list.
type definitionLine struct {
	Name, Link, Formula, Owner, OwnerNote, Sources, Version string

	IsOpen bool // nobody of the business vouches for it
}

func loadDefinitions(ctx context.Context, r *request) (*content, error) {
	rows, err := read[dialDefinitionRow](ctx, r, "dial_definitions")
	if err != nil {
		return nil, err
	}
	builtIn, err := queries.Definitions()
	if err != nil {
		return nil, err
	}
	view := &definitionsView{}
	owned := 0
	for _, d := range rows {
		line := definitionLine{
			Name: d.Name, Link: definition(d.MetricID), Formula: d.formula(), Owner: deref(d.OwnerName),
			Sources: deref(d.Sources), Version: number1(deref(d.DefinitionVersion)),
		}
		if d.isOwned(r.asOf) {
			owned++
			line.OwnerNote = "signed off " + day(*d.SignedOffAt)
		} else {
			line.OwnerNote, line.IsOpen = d.whyNotOwned(r.asOf), true
		}
		view.Dials = append(view.Dials, line)
	}
	for _, d := range builtIn {
		view.BuiltIn = append(view.BuiltIn, definitionLine{
			Name: d.Name, Link: definition(d.ID), Formula: d.Formula, Version: number1(int64(d.Version)), Sources: strings.Join(d.Tables, ", "),
		})
	}
	return &content{
		Title: ownersTitle(owned, len(rows)),
		Lead:  "Every number leads here: its formula, its sources, its owner and the version of its definition.",
		Body:  view,
	}, nil
}

// ownersTitle answers who vouches for the dials.
func ownersTitle(owned, dials int) string {
	const by = "a business owner who signed off on what it means within twelve months"
	switch {
	case dials == 0:
		return "No dial is defined yet: load the stream metric"
	case owned == dials && dials == 1:
		return "The one dial has " + by
	case owned == dials:
		return "All " + inWords(dials) + " dials have " + by
	case owned == 0:
		return "No dial has " + by
	}
	verb := " have "
	if owned == 1 {
		verb = " has "
	}
	return capital(inWords(owned)) + " of " + inWords(dials) + " dials" + verb + by
}

// whyNotOwned says what keeps a dial from having an owner who vouches for it.
func (d dialDefinitionRow) whyNotOwned(asOf time.Time) string {
	switch {
	case deref(d.OwnerName) == "":
		return "no owner"
	case d.IsOwnerInLD == nil:
		return "owner's function unknown"
	case *d.IsOwnerInLD:
		return "owner is in L&D"
	case d.SignedOffAt == nil:
		return "not signed off"
	case d.SignedOffAt.Before(asOf.AddDate(-1, 0, 0)):
		return "signed off " + day(*d.SignedOffAt) + ", over a year ago"
	}
	return ""
}

// formula is the dial's own, or how its months and units are put together.
func (d dialDefinitionRow) formula() string {
	switch {
	case deref(d.Formula) != "":
		return *d.Formula
	case deref(d.ComputedFrom) == "employment":
		return "Σ voluntary separations ÷ Σ average headcount, per year"
	case d.UnitAggregation == "ratio":
		return "Σ numerator ÷ Σ denominator"
	case d.UnitAggregation == "mean":
		return "weighted mean of what the units reported"
	}
	return "Σ of what the units reported"
}

// number1 writes a version, which counts from 1.
func number1(v int64) string {
	if v == 0 {
		return unknown
	}
	return strconv.FormatInt(v, 10)
}

func versionOf(v int64) string { return "version " + number1(v) }

// definitionView is the data of templates/definition.html.
type definitionView struct {
	Terms         []definitionTerm
	Notes         []string
	Edit, History string // where it is changed, and where its versions stand
}

// A definitionTerm is one line of a definition.
type definitionTerm struct {
	Term, Text, Link string
	IsFormula        bool
	IsWarning        bool
}

func loadDefinition(ctx context.Context, r *request) (*content, error) {
	id, err := url.PathUnescape(r.param("metric"))
	if err != nil {
		return nil, fiber.ErrNotFound
	}
	builtIn, err := queries.Definitions()
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(builtIn, func(d queries.Definition) bool { return d.ID == id }); i >= 0 {
		return builtInDefinition(builtIn[i]), nil
	}
	rows, err := read[dialDefinitionRow](ctx, r, "dial_definitions")
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(rows, func(d dialDefinitionRow) bool { return d.MetricID == id }); i >= 0 {
		return r.dialDefinition(rows[i]), nil
	}
	return nil, fiber.ErrNotFound
}

func builtInDefinition(d queries.Definition) *content {
	view := &definitionView{Terms: []definitionTerm{
		{Term: "Formula", Text: d.Formula, IsFormula: true},
		{Term: "In detail", Text: d.Detail},
		{Term: "Mind", Text: d.Mind},
		{Term: "Sources", Text: strings.Join(d.Tables, ", ")},
		{Term: "Owner", Text: "built into Dials, the same for every company"},
		{Term: "Definition", Text: versionOf(int64(d.Version))},
	}}
	view.Terms = slices.DeleteFunc(view.Terms, func(t definitionTerm) bool { return t.Text == "" })
	for _, p := range d.Pages {
		view.Terms = append(view.Terms, shownOn(p))
	}
	return &content{Title: d.Name, Lead: d.Says, Body: view}
}

// dialDefinition says all that is known of what a dial means.
func (r *request) dialDefinition(d dialDefinitionRow) *content {
	view := &definitionView{}
	if r.canRegister() {
		view.Edit = "/register/entry?" + url.Values{"stream": {"metric"}, "metric_id": {d.MetricID}}.Encode()
	}
	if r.reader.Policy.Sees(queries.TopicPortfolio) {
		view.History = "/register/history?stream=metric"
	}
	add := func(term, text string) {
		if text != "" {
			view.Terms = append(view.Terms, definitionTerm{Term: term, Text: text})
		}
	}
	view.Terms = append(view.Terms, definitionTerm{Term: "Formula", Text: d.formula(), IsFormula: true})
	add("Over units", map[string]string{
		"sum": "the sum over the units", "ratio": "Σ numerator ÷ Σ denominator, never the mean of ratios",
		"mean": "the mean of the units, weighted by what each stands for",
	}[d.UnitAggregation])
	over := map[string]string{"sum": "the sum over the months", "mean": "the mean over the months, weighted where there is a weight", "last": "the last month"}[d.TimeAggregation]
	if d.UnitAggregation == "ratio" && d.TimeAggregation != "last" {
		over = "Σ numerator ÷ Σ denominator over the months as well"
	}
	add("Over months", over)
	add("Wanted direction", map[string]string{"up": "up is good", "down": "down is good"}[d.Direction])
	unit := d.UnitOfMeasure
	if c := deref(d.Currency); c != unit {
		unit = join(", ", unit, c)
	}
	add("Unit of measure", unit)
	add("Observed", join(" per ", deref(d.BaseGrain), deref(d.BaseUnitType)))
	if d.MoneyPerUnit != nil {
		add("Money per unit", r.numbers.exact(*d.MoneyPerUnit, moneyIn(deref(d.Currency))))
	}
	if d.Margin != nil {
		add("Margin", r.numbers.percent(*d.Margin))
	}
	add("Computed from", map[string]string{"employment": "employments and jobs in HRIS, not delivered as a dial"}[deref(d.ComputedFrom)])
	owner := definitionTerm{Term: "Owner", Text: join("; ", deref(d.OwnerName), d.whyNotOwned(r.asOf)), IsWarning: !d.isOwned(r.asOf)}
	if d.isOwned(r.asOf) {
		owner.Text += ", signed off on " + day(*d.SignedOffAt)
	}
	view.Terms = append(view.Terms, owner)
	add("Sources", deref(d.Sources))
	if d.FirstMonth != nil && d.LastCompleteMonth != nil {
		add("Complete months", month(*d.FirstMonth)+" to "+month(*d.LastCompleteMonth))
	}
	if d.RecordedAt != nil {
		add("Definition", versionOf(deref(d.DefinitionVersion))+", recorded on "+day(*d.RecordedAt))
	} else {
		add("Definition", versionOf(deref(d.DefinitionVersion)))
	}
	if d.HasPeople {
		view.Notes = append(view.Notes, "It counts people: groups of fewer people than the floor are hidden, and as many more as would give them back.")
	}
	view.Terms = append(view.Terms, shownOn("/strategic-results"))
	lead := map[string]string{"up": "A dial of the business that should go up.", "down": "A dial of the business that should go down."}[d.Direction]
	return &content{Title: d.Name, Lead: lead, Body: view}
}

// shownOn links to the page of a path by its heading.
func shownOn(path string) definitionTerm {
	t := definitionTerm{Term: "Shown on", Text: path, Link: path}
	for _, p := range []page{strategicResults, impactStory, tacticPortfolio, workforce} {
		if p.Path == path {
			t.Text = p.Heading
		}
	}
	return t
}
