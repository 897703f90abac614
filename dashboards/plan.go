package dashboards

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/dashboards/register"
	"dials/queries"
)

// planTest is the page on a test before its launch: what it could find, and a draw
// that is logged.
var planTest = page{
	Path: "/plan", Name: "Plan a test", Heading: "Plan a test", Topics: []queries.Topic{queries.TopicImpact}, Shows: []queries.Topic{queries.TopicPortfolio, queries.TopicResults}, Template: "plan.html", Live: true, Load: loadPlan,
}

// A planHistoryRow is one unit and month of the dial that a test is planned on.
type planHistoryRow struct {
	Unit   string    `db:"unit_id"`
	Name   *string   `db:"unit_name"`
	Type   *string   `db:"unit_type"`
	Month  time.Time `db:"month"`
	Value  float64   `db:"value"`
	Size   *float64  `db:"size"`
	People *int64    `db:"people_n"`
}

// A planView is the data of templates/plan.html.
type planView struct {
	Form      planForm
	Problem   string
	Facts     []fact
	Chart     *figure
	Table     *dataTable
	TableSub  string
	Design    string
	Checks    []checkLine
	Balance   *dataTable
	Draw      []drawLine
	DrawSub   string
	CSRF      string
	Hidden    []formPair // the wish, to register it
	CanWrite  bool
	HasTactic bool
	IsPeople  bool // who are drawn elsewhere
	IsDrawn   bool // this very draw is registered
	WhyNot    string
	Command   string
	Foot      []footItem
}

// A planForm is what is asked.
type planForm struct {
	Dials, Tactics, Hows, Types []choice
	Effect, Gap, First          string
}

// hows are the designs that the form offers.
var hows = []struct {
	value, words string
	waves        int
	share        float64
}{
	{"half", "half of the units get it, half do not", 1, 50},
	{"third", "a third get it", 1, 100.0 / 3},
	{"fifth", "a fifth get it", 1, 20},
	{"2", "all get it, in 2 waves", 2, 0},
	{"3", "all get it, in 3 waves", 3, 0},
	{"4", "all get it, in 4 waves", 4, 0},
	{"6", "all get it, in 6 waves", 6, 0},
}

func loadPlan(ctx context.Context, r *request) (*content, error) {
	return r.plan(ctx, func(name string) string { return r.query[name] }, false)
}

// routePlan answers the form that registers a plan.
func (s *server) routePlan(app *fiber.App) {
	app.Post(planTest.Path, func(c *fiber.Ctx) error {
		p := planTest
		p.Action = queries.ActionRegister
		sent := submissionOf(c)
		p.Load = func(ctx context.Context, r *request) (*content, error) {
			return r.plan(ctx, func(name string) string { return one(sent.get(name)) }, true)
		}
		return s.servePage(c, p)
	})
}

// plan answers a wish; where write is set it registers the draw.
func (r *request) plan(ctx context.Context, get func(string) string, write bool) (*content, error) {
	g, err := readRegister(ctx, r)
	if err != nil {
		return nil, err
	}
	dials, err := read[dialRow](ctx, r, "dials")
	if err != nil {
		return nil, err
	}
	v := &planView{CSRF: r.csrf, CanWrite: r.canRegister()}
	if !v.CanWrite {
		v.WhyNot = r.whyNotRegister()
	}
	wish, problem := r.wish(get)
	r.planForm(v, g, dials, wish, get)
	d := dialOf(dials, wish.Dial)
	ask := func(title, problem string) *content {
		v.Problem = problem
		return &content{Title: title, Lead: "Before a launch: how many units and months a test needs, and a draw of units that is logged, so that the answer can be that of an experiment.", Body: v}
	}
	switch {
	case wish.Dial == "":
		return ask("What could a test of your next tactic find?", ""), nil
	case d == nil:
		return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("dial: %q is not a dial", wish.Dial))
	case problem != "":
		return ask("This test cannot be planned yet", problem), nil
	case d.IsOfPersons && write:
		return nil, fiber.NewError(fiber.StatusBadRequest, "dial: people are not drawn here")
	case d.IsOfPersons:
		return r.planPeople(ctx, v, wish, *d)
	}
	past, err := r.planPast(ctx, wish)
	if err != nil {
		return ask("This test cannot be planned yet", capital(err.Error())+"."), nil
	}
	for _, t := range past.Types {
		v.Form.Types = append(v.Form.Types, choice{t, t, t == past.Type})
	}
	want := wish.Ask(past, d.UnitAggregation == "sum")
	plan, err := register.PlanTest(want)
	if err != nil {
		return ask("This test cannot be planned yet", capital(err.Error())+"."), nil
	}
	draw, err := register.Assign(want)
	if err != nil {
		return ask("This test cannot be planned yet", capital(err.Error())+"."), nil
	}
	if write {
		done, problem, err := r.registerPlan(ctx, g, wish, want, draw)
		if done != nil || err != nil {
			return done, err
		}
		v.Problem = problem
	}
	if err := r.fillPlan(v, g, wish, *d, past, want, plan, draw); err != nil {
		return nil, err
	}
	return &content{Title: r.planTitle(*d, past, want, plan), Lead: r.planLead(*d, past, wish), Body: v}, nil
}

// wish reads what is asked; problem says what is wrong with it.
func (r *request) wish(get func(string) string) (w register.Wish, problem string) {
	w = register.Wish{Dial: get("dial"), Tactic: get("tactic"), EffectPct: 5, Waves: 1, SharePct: 50, Gap: 3, UnitType: get("units")}
	w.First = monthOf(r.now).AddDate(0, 2, 0)
	for _, h := range hows {
		if h.value == get("how") {
			w.Waves, w.SharePct = h.waves, h.share
		}
	}
	number := func(name string, into *float64) {
		if text := get(name); text != "" {
			f, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(text), ",", ".", 1), 64)
			if err != nil {
				problem = fmt.Sprintf("%s: %q is not a number.", name, text)
				return
			}
			*into = f
		}
	}
	gap := float64(w.Gap)
	number("effect", &w.EffectPct)
	number("gap", &gap)
	w.Gap = int(gap)
	if text := get("first"); text != "" {
		first, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return w, fmt.Sprintf("First day: %q is not a day like 2026-12-01.", text)
		}
		w.First = first
	}
	if problem == "" && w.Dial != "" {
		if err := w.Check(); err != nil {
			problem = capital(err.Error()) + "."
		}
	}
	return w, problem
}

// planForm offers what can be asked.
func (r *request) planForm(v *planView, g *registry, dials []dialRow, w register.Wish, get func(string) string) {
	f := &v.Form
	f.Effect, f.Gap, f.First = strconv.FormatFloat(w.EffectPct, 'g', 6, 64), strconv.Itoa(w.Gap), w.First.Format(time.DateOnly)
	f.Dials = append(f.Dials, choice{"", "choose a dial", w.Dial == ""})
	for _, d := range dials {
		f.Dials = append(f.Dials, choice{d.MetricID, d.Name, d.MetricID == w.Dial})
	}
	f.Tactics = append(f.Tactics, choice{"", "not in the register yet", w.Tactic == ""})
	for _, t := range g.choices["tactic"] {
		f.Tactics = append(f.Tactics, choice{t.ID, t.Label, t.ID == w.Tactic})
	}
	for i, h := range hows {
		f.Hows = append(f.Hows, choice{h.value, h.words, h.value == get("how") || get("how") == "" && i == 0})
	}
}

func dialOf(dials []dialRow, id string) *dialRow {
	for _, d := range dials {
		if d.MetricID == id {
			return &d
		}
	}
	return nil
}

// past reads the past of a dial.
func (r *request) planPast(ctx context.Context, w register.Wish) (register.Past, error) {
	rows, err := read[planHistoryRow](ctx, r, "plan_history", sql.Named("metric", w.Dial))
	if err != nil {
		return register.Past{}, err
	}
	history := make([]register.HistoryRow, len(rows))
	for i, row := range rows {
		history[i] = register.HistoryRow{Unit: row.Unit, Name: deref(row.Name), Type: deref(row.Type), Month: row.Month, Value: row.Value}
		if row.Size != nil {
			history[i].Size = *row.Size
		}
	}
	return register.ReadPast(history, w)
}

// registerPlan writes a draw into the register, or says why not.
func (r *request) registerPlan(ctx context.Context, g *registry, w register.Wish, a register.PlanAsk, d register.Draw) (*content, string, error) {
	if err := r.mustRegister(); err != nil {
		return nil, "", err
	}
	if w.Tactic == "" || !g.Has("tactic", w.Tactic) {
		return nil, "Choose the tactic that is to be tested: the draw belongs to it.", nil
	}
	if g.hasRollOut(w.Tactic) {
		return nil, "This tactic has waves or units in the register already: a second draw would undo the first.", nil
	}
	changes, err := w.Entries(a, d, r.now)
	if errors.Is(err, register.ErrLaunched) {
		return nil, capital(err.Error()) + ".", nil
	}
	if err != nil {
		return nil, "", err
	}
	if _, errs := r.keep(ctx, changes); errs != nil {
		return nil, errs[""], nil
	}
	return &content{Location: "/register?kind=tactic_wave&done=plan"}, "", nil
}

// hasRollOut reports whether waves or units of a tactic are registered.
func (g *registry) hasRollOut(tactic string) bool {
	for _, stream := range []string{"tactic_wave", "tactic_unit"} {
		if slices.ContainsFunc(g.entries[stream], func(e entryRow) bool { return e.key["tactic_id"] == tactic }) {
			return true
		}
	}
	return false
}

// drawnAt is when a draw of that seed was logged for a tactic; "" if it was not.
func (g *registry) drawnAt(tactic, seed string) string {
	for _, e := range g.entries["tactic_wave"] {
		if tactic != "" && e.key["tactic_id"] == tactic && plainValue(e.values["seed"]) == seed {
			return plainValue(e.values["assigned_at"])
		}
	}
	return ""
}
