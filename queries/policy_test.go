package queries

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Each view that can be switched off is one of a query, or what it shows is left out by the models.
func TestSensitiveViewsAreSomewhere(t *testing.T) {
	shown := map[string]bool{}
	for _, name := range Names() {
		src, err := files.ReadFile(name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		h, _, err := parseHeader(string(src))
		if err != nil {
			t.Fatal(err)
		}
		shown[h.view] = true
	}
	staged, err := filepath.Glob(filepath.Join("..", "warehouse", "models", "staging", "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range staged {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, view := range SensitiveViews() {
			shown[view] = shown[view] || strings.Contains(string(src), "where key = 'off'") && strings.Contains(string(src), "'"+view+"'")
		}
	}
	for _, view := range SensitiveViews() {
		if !shown[view] {
			t.Errorf("nothing is switched off with %s", view)
		}
	}
}

func TestRightsTable(t *testing.T) {
	table, err := theRights()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range Roles() {
		if !slices.ContainsFunc(table.rights, func(r Right) bool { return r.Role == role }) {
			t.Errorf("role %s has no right", role)
		}
	}
	for _, a := range Actions() {
		if !slices.ContainsFunc(table.duties, func(d Duty) bool { return d.Action == a }) {
			t.Errorf("nobody may %s", a)
		}
	}
	// What domain.md §8 says in so many words.
	for _, r := range table.rights {
		switch {
		case r.Class == Person && r.Role != HR && r.Role != Learning && r.People != OfLine:
			t.Errorf("%s sees people of %s outside their own line", r.Role, r.Topic)
		case r.Class == Person && r.Role == Learning && r.Topic != TopicLearning && r.People != OfLine:
			t.Errorf("learning sees people of %s", r.Topic)
		case r.Class == Person && r.Topic == TopicPay && r.Role != HR:
			t.Errorf("%s sees the pay of single people", r.Role)
		case r.Role == DPO && (r.Class != None || r.Topic != TopicFrame && r.Topic != TopicAccess):
			t.Errorf("dpo reads %s of %s: the dpo sees no data", r.Class, r.Topic)
		case (r.Role == Analyst || r.Role == Admin) && (r.Class == Pay || r.Class == Person):
			t.Errorf("%s sees %s of %s", r.Role, r.Class, r.Topic)
		}
	}
	for _, d := range table.duties {
		if d.Action == ActionAsKnown && d.Role != HR && d.Role != Finance {
			t.Errorf("%s sees data as known on a day", d.Role)
		}
	}
}

func TestParseRightsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`[[right]]`: "lacks roles",
		"[[right]]\nroles=[\"boss\"]\ntopics=[\"pay\"]\nclasses=[\"none\"]\npurpose=\"x\"":                 `role "boss"`,
		"[[right]]\nroles=[\"hr\"]\ntopics=[\"gossip\"]\nclasses=[\"none\"]\npurpose=\"x\"":                `topic "gossip"`,
		"[[right]]\nroles=[\"hr\"]\ntopics=[\"pay\"]\nclasses=[\"all\"]\npurpose=\"x\"":                    `class "all"`,
		"[[right]]\nroles=[\"hr\"]\ntopics=[\"pay\"]\nclasses=[\"person\"]\npurpose=\"x\"":                 "not units or line",
		"[[right]]\nroles=[\"hr\"]\ntopics=[\"pay\"]\nclasses=[\"pay\"]\npeople=\"units\"\npurpose=\"x\"":  "names people",
		"[[right]]\nroles=[\"hr\"]\ntopics=[\"pay\"]\nclasses=[\"pay\"]\npurpose=\"x\"\nunless=\"sunday\"": "unknown key",
		"[[action]]\naction=\"fly\"\nroles=[\"hr\"]\npurpose=\"x\"":                                        `"fly" is unknown`,
		"[[action]]\naction=\"sync\"\nroles=[\"boss\"]\npurpose=\"x\"":                                     `role "boss"`,
		"[[right": "rights:",
	} {
		if _, err := parseRights(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", text, err, want)
		}
	}
}

func TestPolicy(t *testing.T) {
	may := func(p Policy, topic Topic, class Class, want bool) {
		t.Helper()
		if got := p.May(topic, class); got != want {
			t.Errorf("%v may see %s of %s: %t, want %t", p, class, topic, got, want)
		}
	}
	open, hr, manager := OpenPolicy(false), Policy{Roles: []Role{HR}, Units: []string{"a"}}, Policy{Roles: []Role{Manager}}
	may(Policy{}, TopicFrame, None, false)
	may(Policy{Roles: []Role{"king"}}, TopicFrame, None, false)
	may(open, TopicWorkforce, Pay, true)
	may(open, TopicWorkforce, Person, false)
	may(open, TopicWorkforce, "all", false)
	may(hr, TopicReviews, Person, true)
	may(manager, TopicReviews, Person, false) // nobody knows who they are
	manager.Person = "p7"
	may(manager, TopicReviews, Person, true)
	may(manager, TopicPay, Person, false)
	may(manager, TopicReviews, Aggregate, false) // of no unit
	may(Policy{Roles: []Role{HR}}, TopicReviews, Person, false)
	may(Policy{Roles: []Role{Admin}}, TopicTrust, None, true)
	for _, a := range Actions() {
		if open.Can(a) && a != ActionExtract || (Policy{}).Can(a) {
			t.Errorf("a reader on loopback, or nobody, may %s", a)
		}
	}
	if !OpenPolicy(true).Can(ActionRegister) || OpenPolicy(true).Can(ActionSync) || !(Policy{Roles: []Role{Admin}}).Can(ActionUsers) {
		t.Error("a trial may register and nothing more; an admin may grant")
	}
}

func TestPolicyKeys(t *testing.T) {
	base := Policy{Roles: []Role{HR, Learning}, Units: []string{"a"}, Person: "p1", Off: []string{"absence"}}
	same := Policy{Roles: []Role{Learning, HR}, Units: []string{"a"}, Person: "p1", Off: []string{"absence"}}
	if base.Key() != same.Key() || base.GroupKey() != same.GroupKey() {
		t.Error("the order of roles makes another key")
	}
	keys := map[string]bool{base.Key(): true}
	for _, p := range []Policy{
		{},
		OpenPolicy(false), OpenPolicy(true),
		{Roles: []Role{HR}, Units: []string{"a"}, Person: "p1", Off: []string{"absence"}},
		{Roles: []Role{HR, Learning}, Units: []string{"b"}, Person: "p1", Off: []string{"absence"}},
		{Roles: []Role{HR, Learning}, Units: []string{"a", "b"}, Person: "p1", Off: []string{"absence"}},
		{Roles: []Role{HR, Learning}, Units: []string{`a" "b`}, Person: "p1", Off: []string{"absence"}},
		{Roles: []Role{HR, Learning}, Units: []string{"a"}, Person: "p2", Off: []string{"absence"}},
		{Roles: []Role{HR, Learning}, Units: []string{"a"}, Off: []string{"absence"}},
		{Roles: []Role{HR, Learning}, Units: []string{"a"}, Person: "p1"},
	} {
		if keys[p.Key()] {
			t.Errorf("%v has the key of another policy", p)
		}
		keys[p.Key()] = true
	}
	other := base
	other.Person = "p2"
	if base.GroupKey() != other.GroupKey() {
		t.Error("two people of one role share nothing about groups")
	}
}

func TestDenial(t *testing.T) {
	d := Deny(TopicPay, Person)
	if !errors.Is(d, ErrNotAllowed) || !slices.Equal(d.Roles, []Role{HR}) || !strings.Contains(d.Error(), "class person of pay") {
		t.Errorf("got %v, %v", d, d.Roles)
	}
	if got := words(RolesOf(TopicPay, "")); got != "hr and finance" {
		t.Errorf("pay is open to %s", got)
	}
}
