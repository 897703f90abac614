package dashboards

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"dials/dashboards/register"
)

// registerView is the data of templates/register.html.
type registerView struct {
	Done      string
	Judging   bool
	CanEdit   bool
	CanTarget bool
	WhyNot    string
	Kinds     []kindView
	Single    bool // only one kind is shown, whole
	History   string
	PlanLink  string
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
	v := &registerView{Done: doneWords[r.query["done"]], Judging: r.isJudging, CanEdit: r.canRegister(), CanTarget: r.register.Apply != nil && sheetPage.admits(r.reader.Policy) == nil, History: "/register/history", PlanLink: "/plan"}
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
	"annotation":  {"name", "unit_id", "on_date"},
	"metric":      {"name", "direction", "owner_name", "signed_off_at", "formula"},
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
			{head[0], g.label("tactic", a.TacticID)},
			{head[1], g.label("metric", a.MetricID)},
			{head[2], r.numbers.wholePercent(a.Contribution) + " of the change"},
			{head[3], r.numbers.count(a.People)},
		}})
	}
	return head, lines
}
