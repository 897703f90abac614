package queries

import (
	"database/sql"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

// A View says which organisation units are counted under.
type View string

// The two views: units as they were at the time, or as they are now.
const (
	AsWas View = "as_was"
	AsNow View = "as_now"
)

// EveryUnit asks for the whole company.
const EveryUnit = "*"

// A Reader is on whose behalf a query runs: what they ask for and what they may
// see. The zero Reader may see nothing.
type Reader struct {
	Unit   string // org unit asked for, with all below it; "" is the policy's Home
	View   View   // "" is AsWas
	Reason string // why rows about persons are asked for; nothing else needs one
	Policy Policy

	all   bool        // asks for everything that was granted, not for one unit of it
	reach *scopeReach // of a reader of subtrees, once they are admitted
}

func (r Reader) unit() string {
	switch {
	case r.all:
		return EveryUnit
	case r.Unit == "":
		return r.Policy.Home()
	}
	return r.Unit
}

func (r Reader) view() View {
	if r.View == "" {
		return AsWas
	}
	return r.View
}

func (r Reader) validate() error {
	if v := r.view(); v != AsWas && v != AsNow {
		return fmt.Errorf("view %q is neither %s nor %s", v, AsWas, AsNow)
	}
	for _, u := range r.Policy.Units {
		if u == "" || strings.Contains(u, grantSeparator) {
			return fmt.Errorf("unit %q cannot be granted", u)
		}
	}
	return nil
}

func (r Reader) may(h header) error {
	switch {
	case h.view != "" && r.Policy.IsOff(h.view):
		return &Denial{Topic: h.topic, Class: h.class, View: h.view, Why: h.view + " is switched off for everybody"}
	case !r.Policy.May(h.topic, h.class):
		return Deny(h.topic, h.class)
	case h.scope == companyScope && !r.Policy.Whole():
		return &Denial{Topic: h.topic, Class: h.class, Whole: true, Roles: RolesOf(h.topic, h.class), Why: "figures of the whole company, for readers of the whole company"}
	}
	return nil
}

// Floors are the fewest people a row may be about.
type Floors struct {
	People int64 // counts and rates; at least 5
	Pay    int64 // pay; at least 10
}

// lowestFloors hold whatever the configuration says: floors can only be raised.
var lowestFloors = Floors{People: 5, Pay: 10}

func (f Floors) of(c Class) int64 {
	if c == Pay {
		return f.Pay
	}
	return f.People
}

// bind returns the arguments of q by name: those of args that it uses, the scope
// and the floors. The driver would silently take a misnamed argument by its position, so
// every parameter must be given here.
func bind(q *query, r Reader, floors Floors, args []any) ([]any, error) {
	given := map[string]any{
		"scope_view": string(r.view()), "scope_unit": r.unit(),
		"scope_person": r.Policy.Person,
		"min_people":   floors.People, "min_people_pay": floors.Pay,
	}
	r.reach.give(given)
	for i, a := range args {
		named, ok := a.(sql.NamedArg)
		if !ok {
			return nil, fmt.Errorf("argument %d is a %T, not a sql.Named", i+1, a)
		}
		if named.Name == "known_on" && named.Value != nil && !r.Policy.Can(ActionAsKnown) {
			return nil, &Denial{Topic: q.header.topic, Class: q.header.class, Roles: RolesWho(ActionAsKnown), Why: "data as they were known on a day"}
		}
		if _, twice := given[named.Name]; twice {
			return nil, fmt.Errorf("argument $%s is given twice, or belongs to the gate", named.Name)
		}
		given[named.Name] = named.Value
	}
	bound := make([]any, len(q.params))
	for i, p := range q.params {
		v, ok := given[p]
		if !ok {
			return nil, fmt.Errorf("argument $%s is not given", p)
		}
		bound[i] = sql.Named(p, v)
	}
	return bound, nil
}

// A guard decides row by row what is withheld.
type guard struct {
	hidden, people, person int // columns, -1 where there is none
	floor                  int64
}

// personColumns name one person.
var personColumns = []string{"person_id", "manager_id", "reviewer_id", "rater_id", "checker_id", "employee_id", "approver_id", "approved_by", "author_id", "owner_id"}

func newGuard(h header, columns []string, floors Floors) (guard, error) {
	g := guard{hidden: slices.Index(columns, "is_hidden"), people: -1, person: -1, floor: floors.of(h.class)}
	if h.people != "" {
		if g.people = slices.Index(columns, h.people); g.people < 0 {
			return g, fmt.Errorf("people column %q is not in the result", h.people)
		}
	}
	if err := h.soft.checkColumns(h.class, columns); err != nil {
		return g, err
	}
	if h.class != Person {
		for _, c := range columns {
			if slices.Contains(personColumns, c) {
				return g, fmt.Errorf("class %s has no rows about single people, but the result has column %q", h.class, c)
			}
		}
	}
	switch h.class {
	case None:
		for _, c := range columns {
			if c == "people_n" || strings.HasSuffix(c, "_people") && c != "has_people" {
				return g, fmt.Errorf("class none has no people, but the result has column %q", c)
			}
		}
	case Aggregate, Pay:
		if g.hidden < 0 {
			return g, fmt.Errorf("class %s needs column is_hidden, as the build computed it", h.class)
		}
	case Person: // one person is the point of such a row
		g.people = -1
		if g.person = slices.Index(columns, "person_id"); g.person < 0 {
			return g, errors.New("class person needs column person_id: the audit keeps whom a view was about")
		}
	}
	return g, nil
}

// withholds reports whether a row is hidden: the build says so, or it is about
// fewer people than the floor. Where the count is NULL there are no people.
func (g guard) withholds(row []any) (bool, error) {
	if g.hidden >= 0 {
		switch hidden := row[g.hidden].(type) {
		case nil:
		case bool:
			if hidden {
				return true, nil
			}
		default:
			return false, fmt.Errorf("is_hidden is a %T, not a boolean", hidden)
		}
	}
	if g.people < 0 || row[g.people] == nil {
		return false, nil
	}
	n, err := wholeNumber(row[g.people])
	if err != nil {
		return false, fmt.Errorf("people: %w", err)
	}
	return n < g.floor, nil
}

func wholeNumber(v any) (int64, error) {
	switch n := v.(type) {
	case int64:
		return n, nil
	case int32:
		return int64(n), nil
	case int16:
		return int64(n), nil
	case int8:
		return int64(n), nil
	case *big.Int: // what sum() of bigints is
		if n.IsInt64() {
			return n.Int64(), nil
		}
	}
	return 0, fmt.Errorf("%v, a %T, is not a whole number", v, v)
}
