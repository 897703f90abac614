package queries

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNotAllowed is wrapped by the error of whatever a reader may not see.
var ErrNotAllowed = errors.New("not allowed for this reader")

// A Policy is what one reader may see and do. Policies with equal keys see equal
// rows. The zero Policy sees nothing.
type Policy struct {
	Roles  []Role   // what the reader is
	Units  []string // roots of the subtrees granted today, the first is shown first; EveryUnit is the company
	Person string   // the reader's own person_id; "" is unbound: no own line
	Off    []string // sensitive views switched off for everybody
	Open   bool     // on loopback without sign-in: groups of people in every topic, no person
	Trial  bool     // of an open policy: config lets it change the register
}

// Loopback is the reader of a server that is open on loopback without sign-in:
// aggregates of the whole company only. Pay over at least Floors.Pay people is an
// aggregate; rows about one person are not.
func Loopback() Reader { return Reader{Policy: OpenPolicy(false)} }

// OpenPolicy is the policy of a server without sign-in, which answers loopback
// alone. trial lets it change the register.
func OpenPolicy(trial bool) Policy {
	return Policy{Units: []string{EveryUnit}, Open: true, Trial: trial}
}

// SensitiveViews are the views that [privacy] off can switch off for everybody.
func SensitiveViews() []string {
	return []string{"leniency", "individual-goals", "manager-comparison", "absence", "xapi"}
}

// May reports whether the reader sees class of topic, of some unit or people.
func (p Policy) May(topic Topic, class Class) bool {
	if p.Open {
		return class == None || class == Aggregate || class == Pay
	}
	return slices.ContainsFunc(declared().rights, func(r Right) bool {
		return r.Topic == topic && r.Class == class && p.has(r)
	})
}

// has reports whether a right is the reader's.
func (p Policy) has(r Right) bool {
	switch {
	case !slices.Contains(p.Roles, r.Role):
		return false
	case r.People == OfLine:
		return p.Person != "" // of somebody unknown there is no line
	}
	return len(p.Units) > 0 || slices.Contains(unitless, r.Topic)
}

// unitless are the topics that are about no unit: they need no grant of one.
var unitless = []Topic{TopicFrame, TopicDefinitions, TopicTrust, TopicAccess}

// Sees reports whether the reader sees anything of topic.
func (p Policy) Sees(topic Topic) bool {
	return slices.ContainsFunc([]Class{None, Aggregate, Pay, Person}, func(c Class) bool { return p.May(topic, c) })
}

// Can reports whether the reader may do something.
func (p Policy) Can(action Action) bool {
	if p.Open {
		return action == ActionExtract || p.Trial && (action == ActionRegister || action == ActionApprove || action == ActionTargets)
	}
	return slices.ContainsFunc(declared().duties, func(d Duty) bool {
		return d.Action == action && slices.Contains(p.Roles, d.Role)
	})
}

// IsOff reports whether a sensitive view is switched off.
func (p Policy) IsOff(view string) bool { return slices.Contains(p.Off, view) }

// Whole reports whether the whole company was granted.
func (p Policy) Whole() bool { return slices.Contains(p.Units, EveryUnit) }

// Home is the unit that is shown unless another is asked for: the company, or the
// first subtree that was granted. "" is none.
func (p Policy) Home() string {
	switch {
	case p.Whole():
		return EveryUnit
	case len(p.Units) == 0:
		return ""
	}
	return p.Units[0]
}

// reach returns whose rows the reader may see in a topic's class person.
func (p Policy) reach(topic Topic) (ofUnits, ofLine bool) {
	if p.Open {
		return false, false
	}
	for _, r := range declared().rights {
		if r.Topic == topic && r.Class == Person && p.has(r) {
			ofUnits = ofUnits || r.People == OfUnits
			ofLine = ofLine || r.People == OfLine
		}
	}
	return ofUnits, ofLine
}

// Key tells apart policies that see different rows.
func (p Policy) Key() string { return fmt.Sprintf("%s|%q", p.GroupKey(), p.Person) }

// GroupKey tells apart policies that see different rows about groups; who the
// reader is makes no difference to these, so that readers share what is kept.
func (p Policy) GroupKey() string {
	roles, off := slices.Clone(p.Roles), slices.Clone(p.Off)
	slices.Sort(roles)
	slices.Sort(off)
	// a right of the own line opens topics, whoever the person is
	return fmt.Sprintf("%q|%q|%q|%t%t%t", slices.Compact(roles), p.Units, slices.Compact(off), p.Open, p.Trial, p.Person != "")
}

// A Denial says what a reader may not see and who may. It wraps ErrNotAllowed.
type Denial struct {
	Topic Topic
	Class Class
	Whole bool // only readers of the whole company may
	// View is switched off for everybody.
	View string
	// Outside says that the unit is none of those that were granted.
	Outside bool
	Roles   []Role // who may; none if nobody may
	Why     string
}

// Error says what is denied.
func (d *Denial) Error() string { return d.Why + ": " + ErrNotAllowed.Error() }

// Unwrap returns ErrNotAllowed.
func (d *Denial) Unwrap() error { return ErrNotAllowed }

// Deny returns the denial of a class of a topic.
func Deny(topic Topic, class Class) *Denial {
	return &Denial{Topic: topic, Class: class, Roles: RolesOf(topic, class), Why: fmt.Sprintf("class %s of %s", class, topic)}
}

// RolesOf lists the roles that may see a class of a topic; "" is any class.
func RolesOf(topic Topic, class Class) []Role {
	var roles []Role
	for _, role := range Roles() {
		if slices.ContainsFunc(declared().rights, func(r Right) bool {
			return r.Role == role && r.Topic == topic && (class == "" || r.Class == class)
		}) {
			roles = append(roles, role)
		}
	}
	return roles
}

// RolesWho lists the roles that may do something.
func RolesWho(action Action) []Role {
	var roles []Role
	for _, d := range declared().duties {
		if d.Action == action {
			roles = append(roles, d.Role)
		}
	}
	return roles
}

// words joins names as prose does.
func words[S ~string](names []S) string {
	var b strings.Builder
	for i, n := range names {
		switch {
		case i > 0 && i == len(names)-1:
			b.WriteString(" and ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(n))
	}
	return b.String()
}

// PolicyAs is the policy of a role over one unit with all below it, written as
// ROLE:UNIT, or over the company, written as ROLE.
func PolicyAs(as string) (Policy, error) {
	role, unit, cut := strings.Cut(as, ":")
	if !slices.Contains(Roles(), Role(role)) || cut && unit == "" {
		names := make([]string, 0, len(Roles()))
		for _, r := range Roles() {
			names = append(names, string(r))
		}
		return Policy{}, fmt.Errorf("policy %.60q is not ROLE or ROLE:UNIT: there are the roles %s", as, strings.Join(names, ", "))
	}
	if unit == "" {
		unit = EveryUnit
	}
	return Policy{Roles: []Role{Role(role)}, Units: []string{unit}}, nil
}
