package dashboards

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"dials/dashboards/register"
	"dials/queries"
)

// Register is what the pages of the register need: how a change is kept. The zero
// Register shows entries and changes none.
type Register struct {
	Apply register.Apply
	// IsJudging reports whether verdicts are being computed anew after a change.
	IsJudging func() bool
}

// registerList is the page on everything that was entered or declared.
var registerList = page{
	Path: "/register", Name: "Register", Heading: "Register", Topics: []queries.Topic{queries.TopicPortfolio}, Template: "register.html", Params: []string{"kind", "done"}, Live: true, Load: loadRegister,
}

// An entryRow is one entry of the register, as it counts now.
type entryRow struct {
	Stream     string    `db:"stream"`
	Key        string    `db:"entry_key"`
	Entry      string    `db:"entry"`
	Source     string    `db:"source"`
	Version    string    `db:"version"`
	RecordedAt time.Time `db:"recorded_at"`

	key, values map[string]any
}

// A choiceRow is something that an entry may refer to.
type choiceRow struct {
	Kind  string `db:"kind"`
	ID    string `db:"choice_id"`
	Label string `db:"label"`
}

// A contributionCountRow is how many people were asked about a tactic and a dial.
type contributionCountRow struct {
	TacticID     string  `db:"tactic_id"`
	MetricID     string  `db:"metric_id"`
	Contribution float64 `db:"contribution"`
	People       int64   `db:"people_n"`
}

// A registry is the register with the words for what it refers to.
type registry struct {
	entries map[string][]entryRow // by stream
	choices map[string][]choiceRow
	labels  map[string]string // by kind and id
	units   map[string]string
	orgs    []unitRow
}

// entered reports whether an entry was made in Dials.
func (e entryRow) entered() bool { return e.Source == "dials" }

// readRegister reads every entry that counts.
func readRegister(ctx context.Context, r *request) (*registry, error) {
	g := &registry{entries: map[string][]entryRow{}, choices: map[string][]choiceRow{}, labels: map[string]string{}, units: map[string]string{}, orgs: r.units}
	rows, err := read[entryRow](ctx, r, "register_entries")
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if err := json.Unmarshal([]byte(row.Key), &row.key); err != nil {
			return nil, fmt.Errorf("entry key: %w", err)
		}
		if err := json.Unmarshal([]byte(row.Entry), &row.values); err != nil {
			return nil, fmt.Errorf("entry %s: %w", row.Key, err)
		}
		g.entries[row.Stream] = append(g.entries[row.Stream], row)
	}
	choices, err := read[choiceRow](ctx, r, "register_choices")
	if err != nil {
		return nil, err
	}
	for _, c := range choices {
		g.choices[c.Kind] = append(g.choices[c.Kind], c)
		g.labels[c.Kind+"\x00"+c.ID] = c.Label
	}
	for _, u := range r.units {
		g.units[u.UnitID] = u.Name
	}
	return g, nil
}

// Has reports whether there is such a thing to refer to.
func (g *registry) Has(kind, id string) bool {
	if kind == "unit" {
		_, ok := g.units[id]
		return ok
	}
	if _, ok := g.labels[kind+"\x00"+id]; ok {
		return true
	}
	e, ok := register.Find(kind)
	return ok && e.ID != "" && slices.ContainsFunc(g.entries[kind], func(row entryRow) bool { return row.key[e.ID] == id })
}

// label is what something is called, or its id.
func (g *registry) label(kind, id string) string {
	if kind == "unit" {
		return cmp.Or(g.units[id], id)
	}
	return cmp.Or(g.labels[kind+"\x00"+id], id)
}

// find returns the entry of a key, whose values are texts; nil if there is none.
func (g *registry) find(e register.Entry, key func(column string) string) *entryRow {
	for _, row := range g.entries[e.Stream] {
		if !slices.ContainsFunc(keyColumns(row), func(k string) bool { return plainValue(row.key[k]) != key(k) }) {
			return &row
		}
	}
	return nil
}

// keyColumns are the columns of an entry's key, in order.
func keyColumns(row entryRow) []string {
	var names []string
	for k := range row.key {
		names = append(names, k)
	}
	slices.Sort(names)
	return names
}

// query is the entry's key as parameters of an address.
func (e entryRow) query() string {
	v := url.Values{"stream": {e.Stream}}
	for k, x := range e.key {
		v.Set(k, plainValue(x))
	}
	return v.Encode()
}

// plainValue writes a value as a form holds it.
func plainValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case float64:
		return strings.TrimSuffix(fmt.Sprintf("%.12g", v), ".0")
	}
	return fmt.Sprint(v)
}

// canRegister reports whether this reader may change the register here.
func (r *request) canRegister() bool {
	return r.register.Apply != nil && r.reader.Policy.Can(queries.ActionRegister)
}

func (r *request) whyNotRegister() string {
	if r.reader.Policy.Open {
		return "To change it without signing in, set trial = true under [server] in config.toml; that is meant for a demo or a first trial."
	}
	return "You may read the register. Changing it needs the role learning."
}
