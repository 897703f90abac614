package dashboards

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
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

// registerView is the data of templates/register.html.
type registerView struct {
	Done     string
	Judging  bool
	CanEdit  bool
	WhyNot   string
	Kinds    []kindView
	Single   bool // only one kind is shown, whole
	History  string
	PlanLink string
}

// A kindView is one kind of entries.
type kindView struct {
	Stream, Plural, Name, About string
	Head                        []string
	Rows                        []entryLine
	More                        string // address of all of them
	MoreText                    string
	Add                         string
	Empty                       string
}

// An entryLine is one entry in a list.
type entryLine struct {
	Cells         []entryCell
	Origin, Since string
	Edit, Word    string
}

// An entryCell is one value of an entry under its heading.
type entryCell struct{ Head, Text string }

func loadRegister(ctx context.Context, r *request) (*content, error) {
	g, err := readRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	asked, err := read[contributionCountRow](ctx, r, "register_contributions")
	if err != nil {
		return nil, err
	}
	v := &registerView{Done: doneWords[r.query["done"]], Judging: r.isJudging, CanEdit: r.canRegister(), History: "/register/history", PlanLink: "/plan"}
	if !v.CanEdit {
		v.WhyNot = r.whyNotRegister()
	}
	kind := r.query["kind"]
	for _, e := range register.Entries() {
		if kind != "" && kind != e.Stream {
			continue
		}
		k := r.kindView(g, e, kind != "")
		if e.Stream == "contribution_estimate" {
			k.Head, k.Rows = r.askedLines(g, asked)
		}
		if !v.CanEdit {
			k.Add = ""
		}
		v.Kinds = append(v.Kinds, k)
	}
	v.Single = kind != ""
	return &content{Title: registerTitle(g), Lead: "What is entered here carries the server’s clock; what a source declares keeps the dates of that source. A link that is registered before the launch can be tested, a later one only be found.", Body: v}, nil
}

// doneWords confirm what was done.
var doneWords = map[string]string{
	"add": "It is in the register now.", "change": "The change is kept.", "withdraw": "It is withdrawn; its history stays.", "plan": "The plan is in the register: the assignment is logged.",
}

// registerTitle is the state of the register in a sentence.
func registerTitle(g *registry) string {
	linked := map[any]bool{}
	for _, l := range g.entries["tactic_link"] {
		if l.values["approved_at"] != nil {
			linked[l.values["tactic_id"]] = true
		}
	}
	n, without := len(g.entries["tactic"]), 0
	for _, t := range g.entries["tactic"] {
		if !linked[t.key["tactic_id"]] {
			without++
		}
	}
	switch {
	case n == 0:
		return "The register is empty: begin with what the business needs"
	case without == 0:
		return "Every tactic of the register is linked to a dial"
	}
	return fmt.Sprintf("%s of %s in the register %s linked to a dial", capital(inWords(n-without)), strings.TrimSpace(counted(n, "tactic", "", "")), plainVerb(n-without))
}

func plainVerb(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// shownFirst are the columns that a list shows.
var shownFirst = map[string][]string{
	"need":        {"title", "owner_id", "opened_date", "goal_id"},
	"tactic":      {"name", "tactic_type", "need_id", "launched_date", "planned_cost_amount"},
	"tactic_link": {"tactic_id", "metric_id", "goal_id", "baseline", "target", "target_date", "registered_at", "approved_at"},
	"tactic_wave": {"tactic_id", "wave", "start_date", "assigned_by", "assigned_at", "seed"},
	"tactic_unit": {"tactic_id", "unit_id", "arm", "wave", "assigned_at"},
	"rival_event": {"name", "metric_id", "unit_id", "from_date", "to_date"},
	"benefit":     {"tactic_id", "metric_id", "months", "planned_amount", "actual_amount", "go_live_date"},
}

// maxListed is how many entries of a kind the overview shows.
const maxListed = 12

// kindView lists the entries of a kind; of many, the first.
func (r *request) kindView(g *registry, e register.Entry, whole bool) kindView {
	k := kindView{Stream: e.Stream, Plural: e.Plural, Name: e.Name, About: e.About, Add: "/register/entry?stream=" + e.Stream, Empty: "None yet."}
	columns := shownFirst[e.Stream]
	for _, c := range columns {
		k.Head = append(k.Head, headOf(e, c))
	}
	rows := slices.Clone(g.entries[e.Stream])
	slices.SortStableFunc(rows, func(a, b entryRow) int { return -a.RecordedAt.Compare(b.RecordedAt) })
	if e.Stream == "tactic_wave" || e.Stream == "tactic_unit" || e.Stream == "tactic_link" || e.Stream == "benefit" {
		slices.SortStableFunc(rows, func(a, b entryRow) int {
			return cmp.Or(cmp.Compare(g.label("tactic", r.tacticOf(a)), g.label("tactic", r.tacticOf(b))), compareValues(a, b))
		})
	}
	if !whole && len(rows) > maxListed {
		k.More, k.MoreText = "/register?kind="+e.Stream, "Show all "+r.numbers.count(int64(len(rows)))
		rows = rows[:maxListed]
	}
	for _, row := range rows {
		line := entryLine{Origin: r.originOf(row)}
		if row.entered() {
			line.Since = r.instant(row.RecordedAt)
		}
		for i, c := range columns {
			line.Cells = append(line.Cells, entryCell{k.Head[i], r.cellText(g, e, row, c)})
		}
		if r.canRegister() {
			line.Edit, line.Word = "/register/entry?"+row.query(), "Change"
			if !row.entered() {
				line.Word = "Correct"
			}
		}
		k.Rows = append(k.Rows, line)
	}
	return k
}

func (r *request) tacticOf(row entryRow) string {
	if id, ok := row.key["tactic_id"]; ok {
		return plainValue(id)
	}
	return plainValue(row.values["tactic_id"])
}

// compareValues orders waves by number and benefits by month.
func compareValues(a, b entryRow) int {
	for _, name := range []string{"wave", "months"} {
		x, okX := a.key[name].(float64)
		y, okY := b.key[name].(float64)
		if !okX {
			x, okX = a.values[name].(float64)
			y, okY = b.values[name].(float64)
		}
		if okX && okY {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

// headOf is the heading of a column.
func headOf(e register.Entry, column string) string {
	switch column {
	case "registered_at":
		return "Registered"
	case "assigned_at":
		return "Decided"
	}
	f, _ := e.Field(column)
	switch column {
	case "approved_at":
		return "Approved"
	case "unit_id":
		return "Unit"
	case "goal_id":
		return "Objective"
	case "metric_id":
		return "Dial"
	case "assigned_by":
		return "How"
	case "months":
		return "After months"
	case "seed":
		return "Seed"
	}
	return f.Label
}

// cellText writes one value of an entry.
func (r *request) cellText(g *registry, e register.Entry, row entryRow, column string) string {
	v, ok := row.key[column]
	if !ok {
		v = row.values[column]
	}
	f, _ := e.Field(column)
	text := plainValue(v)
	switch {
	case v == nil && row.values[column+"_is_person"] == true:
		return "a person, named by " + row.Source
	case v == nil:
		return unknown
	case column == "registered_at":
		text = dayOf(text)
		if by := plainValue(row.values["registered_source"]); by != "" && by != "dials" {
			return text + ", declared by " + by
		}
		return text + ", entered here"
	case strings.HasSuffix(column, "_at"):
		return dayOf(text)
	}
	switch f.Kind {
	case register.Refers:
		return g.label(f.To, text)
	case register.Units:
		return g.label("unit", text)
	case register.Date:
		return dayOf(text)
	case register.OneOf:
		for _, o := range f.Options {
			if o.Value == text {
				return o.Words
			}
		}
	case register.Money:
		if x, isNumber := v.(float64); isNumber {
			return r.numbers.exact(x, moneyIn(plainValue(row.values["currency"])))
		}
	case register.Number:
		if x, isNumber := v.(float64); isNumber {
			if x == math.Trunc(x) && math.Abs(x) < 1e12 {
				return r.numbers.count(int64(x))
			}
			return strings.Replace(plainValue(x), ".", r.numbers.decimal, 1)
		}
	}
	return text
}

// dayOf writes the day of a date or an instant.
func dayOf(text string) string {
	if len(text) < len(time.DateOnly) {
		return text
	}
	t, err := time.Parse(time.DateOnly, text[:len(time.DateOnly)])
	if err != nil {
		return text
	}
	return day(t)
}

// askedLines say how many were asked about a tactic and a dial: who, nobody is told.
func (r *request) askedLines(g *registry, asked []contributionCountRow) (head []string, lines []entryLine) {
	head = []string{"Tactic", "Dial", "Lower of participants and managers", "Asked, the smaller side"}
	for _, a := range asked {
		lines = append(lines, entryLine{Origin: "not measured", Cells: []entryCell{
			{head[0], g.label("tactic", a.TacticID)}, {head[1], g.label("metric", a.MetricID)},
			{head[2], r.numbers.wholePercent(a.Contribution) + " of the change"}, {head[3], r.numbers.count(a.People)},
		}})
	}
	return head, lines
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
