package queries

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/BurntSushi/toml"
)

//go:embed rights.toml
var rightsTOML string

// A Role is what a reader is in the company.
type Role string

// The roles of domain.md §8.
const (
	Executive Role = "executive"
	Learning  Role = "learning"
	HR        Role = "hr"
	Finance   Role = "finance"
	Manager   Role = "manager"
	Analyst   Role = "analyst"
	DPO       Role = "dpo"
	Admin     Role = "admin"
)

// Roles lists every role, in the order of the tables.
func Roles() []Role {
	return []Role{Executive, Learning, HR, Finance, Manager, Analyst, DPO, Admin}
}

// A Topic is what a query or a page is about.
type Topic string

// The topics. Frame is what stands around every page.
const (
	TopicFrame       Topic = "frame"
	TopicResults     Topic = "results"
	TopicImpact      Topic = "impact"
	TopicPortfolio   Topic = "portfolio"
	TopicStrategy    Topic = "strategy"
	TopicCompetency  Topic = "competency"
	TopicLearning    Topic = "learning"
	TopicInvestment  Topic = "investment"
	TopicReviews     Topic = "reviews"
	TopicWorkforce   Topic = "workforce"
	TopicPay         Topic = "pay"
	TopicTrust       Topic = "trust"
	TopicDefinitions Topic = "definitions"
	TopicAccess      Topic = "access"
)

// Topics lists every topic, in the order of the tables.
func Topics() []Topic {
	return []Topic{
		TopicFrame, TopicResults, TopicImpact, TopicPortfolio, TopicStrategy, TopicCompetency, TopicLearning, TopicInvestment,
		TopicReviews, TopicWorkforce, TopicPay, TopicTrust, TopicDefinitions, TopicAccess,
	}
}

// An Action is what a reader may do beside reading.
type Action string

// The actions.
const (
	ActionSync     Action = "sync"     // start a run
	ActionRegister Action = "register" // needs, tactics, links, waves
	ActionApprove  Action = "approve"  // links, dials
	ActionTargets  Action = "targets"  // plans
	ActionMatch    Action = "match"    // ids, job titles
	ActionSnapshot Action = "snapshot" // freeze a view
	ActionAsKnown  Action = "as-known" // data as known on a day
	ActionExtract  Action = "extract"  // take data away
	ActionAlerts   Action = "alerts"   // set alerts and mails
	ActionUsers    Action = "users"    // grants
	ActionTokens   Action = "tokens"   // issue, revoke
	ActionAudit    Action = "audit"    // read the audit
)

// Actions lists every action.
func Actions() []Action {
	return []Action{
		ActionSync, ActionRegister, ActionApprove, ActionTargets, ActionMatch, ActionSnapshot, ActionAsKnown, ActionExtract,
		ActionAlerts, ActionUsers, ActionTokens, ActionAudit,
	}
}

// People says which people's rows a right to the class person opens.
type People string

// The people of the units that were granted, or of one's own line.
const (
	OfUnits People = "units"
	OfLine  People = "line"
)

// A Right lets one role see one class of one topic, for a purpose.
type Right struct {
	Role    Role
	Topic   Topic
	Class   Class
	People  People // of class person alone
	Purpose string
}

// A Duty lets one role do something, for a purpose.
type Duty struct {
	Role    Role
	Action  Action
	Purpose string
}

// rights is the table of who may see and do what.
type rights struct {
	rights []Right
	duties []Duty
}

// theRights parses the embedded table once; one that is broken gives no right.
var theRights = sync.OnceValues(func() (rights, error) { return parseRights(rightsTOML) })

// Rights lists who may see what, in the order of the file.
func Rights() []Right { return slices.Clone(declared().rights) }

// Duties lists who may do what, in the order of the file.
func Duties() []Duty { return slices.Clone(declared().duties) }

func declared() rights {
	r, err := theRights()
	if err != nil {
		return rights{} // nobody may see anything
	}
	return r
}

func parseRights(text string) (rights, error) {
	var file struct {
		Rights []struct {
			Roles   []Role  `toml:"roles"`
			Topics  []Topic `toml:"topics"`
			Classes []Class `toml:"classes"`
			People  People  `toml:"people"`
			Purpose string  `toml:"purpose"`
		} `toml:"right"`
		Actions []struct {
			Action  Action `toml:"action"`
			Roles   []Role `toml:"roles"`
			Purpose string `toml:"purpose"`
		} `toml:"action"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		return rights{}, fmt.Errorf("rights: %w", err)
	}
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf("rights: "+format, args...)) }
	for _, key := range meta.Undecoded() {
		bad("unknown key %s", key)
	}
	var out rights
	for i, r := range file.Rights {
		if len(r.Roles) == 0 || len(r.Topics) == 0 || len(r.Classes) == 0 || r.Purpose == "" {
			bad("right %d lacks roles, topics, classes or a purpose", i+1)
		}
		for _, role := range r.Roles {
			for _, topic := range r.Topics {
				for _, class := range r.Classes {
					right := Right{role, topic, class, r.People, r.Purpose}
					if why := right.wrong(); why != "" {
						bad("right %d: %s", i+1, why)
					}
					out.rights = append(out.rights, right)
				}
			}
		}
	}
	for i, a := range file.Actions {
		if !slices.Contains(Actions(), a.Action) || len(a.Roles) == 0 || a.Purpose == "" {
			bad("action %d: %q is unknown, or lacks roles or a purpose", i+1, a.Action)
		}
		for _, role := range a.Roles {
			if !slices.Contains(Roles(), role) {
				bad("action %s: role %q is unknown", a.Action, role)
			}
			out.duties = append(out.duties, Duty{role, a.Action, a.Purpose})
		}
	}
	return out, errors.Join(wrong...)
}

// wrong says what is wrong with a right, or nothing.
func (r Right) wrong() string {
	switch {
	case !slices.Contains(Roles(), r.Role):
		return fmt.Sprintf("role %q is unknown", r.Role)
	case !slices.Contains(Topics(), r.Topic):
		return fmt.Sprintf("topic %q is unknown", r.Topic)
	case r.Class == Person && r.People != OfUnits && r.People != OfLine:
		return fmt.Sprintf("class person of %s: people is %q, not units or line", r.Role, r.People)
	case r.Class == None, r.Class == Aggregate, r.Class == Pay:
		if r.People != "" {
			return fmt.Sprintf("class %s of %s names people", r.Class, r.Role)
		}
	case r.Class != Person:
		return fmt.Sprintf("class %q is unknown", r.Class)
	}
	return ""
}
