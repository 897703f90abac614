package dashboards

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/register"
	"dials/queries"
)

// registerForm is the page on which one entry is made, changed or withdrawn.
var registerForm = page{
	Path: "/register/entry", Heading: "Register", Topics: []queries.Topic{queries.TopicPortfolio}, Action: queries.ActionRegister, Template: "register_form.html", Live: true, Load: loadRegisterForm,
}

// A formView is the data of templates/register_form.html.
type formView struct {
	Stream, Name, About string
	Version, CSRF       string
	Key                 []formPair // of the entry that is changed
	Fields              []formField
	Problems            []problemLine
	Conflict            []conflictLine
	Note                string
	Declared            string // by which source
	IsNew, CanWithdraw  bool
	Back                string
	Warning             string
}

// A formPair is a hidden value.
type formPair struct{ Name, Value string }

// A formField is one field as it is shown.
type formField struct {
	ID, Name, Label, Help, Error string
	Value                        string
	Widget                       string // text, date, long, choice, check, units, fixed
	IsRequired                   bool
	Choices                      []choice
	Described                    string // ids of what describes it
	Mode                         string // of the keyboard
}

// A problemLine is what is wrong with a form, with a link to where.
type problemLine struct{ Link, Label, Text string }

// routeRegister answers the forms of the register.
func (s *server) routeRegister(app *fiber.App) {
	app.Post(registerForm.Path, func(c *fiber.Ctx) error {
		p := registerForm
		sent := submissionOf(c)
		p.Load = func(ctx context.Context, r *request) (*content, error) { return r.submit(ctx, sent) }
		return s.servePage(c, p)
	})
	s.routePlan(app)
}

// serveLive answers a page that is never kept.
func (s *server) serveLive(ctx context.Context, c *fiber.Ctx, r *request, p page, version int64) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	made, err := s.build(ctx, r, p, version)
	if err != nil {
		return err
	}
	if made.location != "" {
		return c.Redirect(made.location, fiber.StatusSeeOther)
	}
	c.Status(made.status).Type("html", "utf-8")
	return s.send(c, made)
}

// loadRegisterForm shows the form of a new entry, or of one that is there.
func loadRegisterForm(ctx context.Context, r *request) (*content, error) {
	if err := r.mustRegister(); err != nil {
		return nil, err
	}
	e, ok := register.Find(r.query["stream"])
	if !ok {
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("stream: %q is no part of the register", r.query["stream"]))
	}
	g, err := readRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	row, err := r.entryOf(g, e, func(name string) string { return r.query[name] })
	if err != nil {
		return nil, err
	}
	value := func(name string) []string {
		if row == nil {
			return []string{r.query[name]}
		}
		if v, isKey := row.key[name]; isKey {
			return []string{plainValue(v)}
		}
		v := plainValue(row.values[name])
		if f, _ := e.Field(name); f.Kind == register.Date && len(v) > 10 {
			v = v[:10]
		} else if f.Kind == register.Stamp && v != "" {
			v = "yes"
		}
		return []string{v}
	}
	if row == nil && r.query["currency"] == "" {
		r.query["currency"] = r.company.Currency
	}
	return r.formContent(g, e, row, value, nil), nil
}

func (r *request) mustRegister() error {
	if !r.canRegister() {
		return fiber.NewError(fiber.StatusForbidden, r.whyNotRegister())
	}
	return nil
}

// entryOf finds the entry that key names; nil where it names none at all.
func (r *request) entryOf(g *registry, e register.Entry, key func(string) string) (*entryRow, error) {
	var stated int
	columns := e.Key()
	if e.Stream == "rival_event" || e.Stream == "annotation" {
		columns = []string{e.ID, "unit_id"}
	}
	for _, k := range columns {
		if key(k) != "" {
			stated++
		}
	}
	if stated < len(columns) {
		return nil, nil
	}
	row := g.find(e, key)
	if row == nil {
		return nil, fiber.NewError(fiber.StatusNotFound, "this entry is not in the register any more")
	}
	return row, nil
}

// held is an entry as package register knows it.
func (e entryRow) held() *register.Held {
	h := &register.Held{Key: e.key, Values: e.values, Version: e.Version, Source: e.Source, Persons: map[string]bool{}}
	for name, v := range e.values {
		if column, ok := strings.CutSuffix(name, "_is_person"); ok && v == true {
			h.Persons[column] = true
		}
	}
	return h
}

func (r *request) originOf(row entryRow) string {
	if row.entered() {
		return "entered in Dials"
	}
	return "declared by " + row.Source
}

// formContent lays out a form with the values that value returns.
func (r *request) formContent(g *registry, e register.Entry, row *entryRow, value func(string) []string, errs register.Errors) *content {
	v := &formView{Stream: e.Stream, Name: e.Name, About: e.About, CSRF: r.csrf, IsNew: row == nil, Back: "/register#" + e.Stream, Note: one(value("note"))}
	title := "Add " + article(e.Name) + " to the register"
	if row != nil {
		title = "Change this " + e.Name
		v.Version = row.Version
		v.CanWithdraw = row.entered()
		for _, k := range keyColumns(*row) {
			v.Key = append(v.Key, formPair{"key." + k, plainValue(row.key[k])})
		}
		if !row.entered() {
			v.Declared = row.Source
			title = "Correct this " + e.Name + ", which " + row.Source + " declares"
		}
		v.Warning = r.startedWarning(e, *row)
	}
	for _, f := range e.Fields {
		v.Fields = append(v.Fields, r.formField(g, f, row, value(f.Name), errs[f.Name]))
		if w := errs[f.Name]; w != "" {
			v.Problems = append(v.Problems, problemLine{"#f-" + f.Name, f.Label, w})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(errs)) {
		if _, isField := e.Field(name); !isField {
			v.Problems = append(v.Problems, problemLine{"", "", errs[name]})
		}
	}
	return &content{Title: title, Lead: e.About, Body: v}
}

// startedWarning says what a change of something that has begun does to its evidence.
func (r *request) startedWarning(e register.Entry, row entryRow) string {
	started := false
	switch e.Stream {
	case "tactic_wave":
		s := plainValue(row.values["start_date"])
		started = s != "" && s <= r.asOf.Format("2006-01-02")
	case "tactic_unit":
		s := plainValue(row.values["exposed_from_date"])
		started = s != "" && s <= r.asOf.Format("2006-01-02")
	}
	if !started {
		return ""
	}
	return "This has begun. If you change how, who or when, the assignment counts as decided now, after the start, and is no longer that of an experiment."
}

func article(noun string) string {
	if strings.ContainsRune("aeiou", rune(noun[0])) && !strings.HasPrefix(noun, "u") {
		return "an " + noun
	}
	return "a " + noun
}

// formField lays out one field.
func (r *request) formField(g *registry, f register.Field, row *entryRow, values []string, wrong string) formField {
	out := formField{ID: "f-" + f.Name, Name: f.Name, Label: f.Label, Help: f.Help, Error: wrong, Value: one(values), Widget: "text", IsRequired: f.IsRequired}
	var described []string
	if f.Help != "" {
		described = append(described, out.ID+"-help")
	}
	if wrong != "" {
		described = append(described, out.ID+"-error")
	}
	switch f.Kind {
	case register.Long:
		out.Widget = "long"
	case register.Date:
		out.Widget = "date"
	case register.Number, register.Money, register.Integer:
		out.Mode = "decimal"
	case register.Stamp:
		out.Widget = "check"
		if !r.reader.Policy.Can(queries.ActionApprove) {
			out.Widget, out.Help = "fixed", "approving needs the role executive or finance"
			if out.Value = "not yet"; one(values) == "yes" {
				out.Value = "approved"
			}
		}
	case register.OneOf:
		out.Widget = "choice"
		out.Choices = []choice{{"", "–", out.Value == ""}}
		for _, o := range f.Options {
			out.Choices = append(out.Choices, choice{o.Value, o.Words, o.Value == out.Value})
		}
	case register.YesNo:
		out.Widget = "choice"
		out.Choices = []choice{{"", "not known", out.Value == ""}, {"yes", "yes", out.Value == "yes"}, {"no", "no", out.Value == "no"}}
	case register.Refers:
		out.Widget = "choice"
		out.Choices = []choice{{"", "–", out.Value == ""}}
		for _, c := range g.choices[f.To] {
			out.Choices = append(out.Choices, choice{c.ID, c.Label, c.ID == out.Value})
		}
	case register.Units:
		out.Widget = "units"
		for _, u := range inTree(g.orgs) {
			out.Choices = append(out.Choices, choice{u.UnitID, strings.Repeat("\u2003", int(min(max(u.Depth, 0), 6))) + u.Name, slices.Contains(values, u.UnitID)})
		}
	case register.Role:
		if row != nil && row.values[f.Name+"_is_person"] == true {
			out.Help = "a person is named by the source and stays unless you write a role"
		}
	}
	if row != nil && f.IsKey {
		out.Widget, out.Value = "fixed", wordOf(g, f, out.Value)
		if f.Kind == register.Units {
			out.Value = g.label("unit", one(values))
		}
	}
	out.Described = strings.Join(described, " ")
	return out
}

func one(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
