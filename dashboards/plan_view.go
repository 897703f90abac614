package dashboards

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"dials/dashboards/register"
)

// A drawLine is one unit's part.
type drawLine struct{ Unit, Part, Starts, Level string }

// planTitle is the answer.
func (r *request) planTitle(d dialRow, p register.Past, a register.PlanAsk, plan register.Plan) string {
	switch {
	case plan.Months > 0:
		return fmt.Sprintf("A test of %s in all %s would find a change of %s of %s or more", r.numbers.plural(int64(plan.Months), "month"), r.numbers.plural(int64(len(p.Units)), unitNoun(p.Type)), r.effectWords(a, p, plan.MDE), lowerFirst(d.Name))
	case math.IsNaN(plan.MDE):
		return "The past of this dial is too short to say what a test would find"
	}
	return fmt.Sprintf("No test of this kind finds a change of %s: with all %s the smallest is %s", r.effectWords(a, p, math.Abs(a.Effect)), r.numbers.plural(int64(len(p.Units)), unitNoun(p.Type)), r.effectWords(a, p, plan.MDE))
}

// lowerFirst writes a name inside a sentence: a name with another capital letter, which is an
// abbreviation, somebody's name or written as a title, stays as it is.
func lowerFirst(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if first == utf8.RuneError || strings.ContainsFunc(name[size:], unicode.IsUpper) {
		return name
	}
	return string(unicode.ToLower(first)) + name[size:]
}

func unitNoun(kind string) string {
	if kind == "" {
		return "unit"
	}
	return kind
}

// effectWords writes an effect in per cent of the level.
func (r *request) effectWords(a register.PlanAsk, p register.Past, v float64) string {
	if !a.Relative {
		v /= math.Abs(p.Level)
	}
	if v < 0.0005 {
		return r.numbers.significant(v*100) + thin + "%"
	}
	return r.numbers.fixed(v*100, relativeDecimals(v)) + thin + "%"
}

func (r *request) planLead(d dialRow, p register.Past, w register.Wish) string {
	return fmt.Sprintf("%s, %s to %s: %s. Found means four times in five, at a level of 5%s%%.", d.Name, month(p.First), month(p.Last), w.Words(), thin)
}

// fillPlan lays out a plan.
func (r *request) fillPlan(v *planView, g *registry, w register.Wish, d dialRow, p register.Past, a register.PlanAsk, plan register.Plan, draw register.Draw) error {
	kind := unitNoun(p.Type)
	v.Facts = []fact{
		{Term: "Units with a whole past", Value: r.numbers.count(int64(len(p.Units))), Sub: leftOutWords(r, p), Link: definition("mde")},
		{Term: "Level now", Value: r.numbers.card(p.Level, measureOf(d.UnitOfMeasure, d.UnitAggregation, deref(d.Currency))), Sub: "mean of a " + kind + " and month, last 12 months", Link: definition(d.MetricID)},
		{Term: "Wanted", Value: r.effectWords(a, p, math.Abs(a.Effect)), Sub: "the smallest change worth having", Link: definition("mde")},
		{Term: "Could be found", Value: unknown, Sub: "the past is too short", Link: definition("mde")},
	}
	if !math.IsNaN(plan.MDE) {
		v.Facts[3].Value, v.Facts[3].Sub = r.effectWords(a, p, plan.MDE), "the best of the tests below"
		if plan.Months > 0 {
			v.Facts[3].Sub = r.numbers.plural(int64(plan.Months), "month") + ", all " + r.numbers.plural(int64(len(p.Units)), kind)
		}
	}
	v.Table = r.planTable(p, a, plan, kind)
	v.TableSub = fmt.Sprintf("Smallest change found four times in five, in per cent of the level; ✓ finds what is wanted. The error of each test is the median over stretches of the dial’s own past, %d invented draws on each, adjusted for up to %s before", plan.Draws, r.numbers.plural(int64(max(plan.Before, 3)), "month"))
	level := 1.0
	if !a.Relative {
		level = math.Abs(p.Level)
	}
	lines := foundLines(plan.Cells, func(x float64) float64 { return x / level }, func(n int) string { return r.numbers.plural(int64(n), kind) })
	var err error
	if v.Chart, err = r.planFigure("How small a change can be seen?", lines, a.Months, math.Abs(a.Effect)/level, *v.Table); err != nil {
		return err
	}
	v.Design = r.designWords(a, p, plan, w, kind)
	v.Checks = r.planChecks(g, w, draw)
	balance := dataTable{Caption: "Balance of the draw", Head: []string{"Before the start", "First", "Others", "Difference, in standard deviations"}}
	for i, b := range draw.Balance {
		if i < 2 { // the dial's own level and trend
			m := measureOf(d.UnitOfMeasure, d.UnitAggregation, deref(d.Currency))
			b.First, b.Others = b.First*m.factor, b.Others*m.factor
		}
		balance.Rows = append(balance.Rows, []string{capital(b.Trait), r.numbers.significant(b.First), r.numbers.significant(b.Others), r.numbers.signed(b.Difference, 2)})
	}
	v.Balance = &balance
	r.drawLines(v, w, d, p, draw)
	v.Hidden = []formPair{{"dial", w.Dial}, {"tactic", w.Tactic}, {"effect", v.Form.Effect}, {"gap", v.Form.Gap}, {"first", v.Form.First}, {"units", p.Type}}
	for _, h := range v.Form.Hows {
		if h.IsSelected {
			v.Hidden = append(v.Hidden, formPair{"how", h.Value})
		}
	}
	v.HasTactic, v.IsDrawn = w.Tactic != "", g.drawnAt(w.Tactic, draw.Seed) != ""
	v.Command = planCommand(w, p)
	v.Foot = []footItem{{Text: "Definition of " + d.Name, Link: definition(d.MetricID)}, {Text: "Smallest change that can be found", Link: definition("mde")}, {Text: "Table: marts.dial_monthly"}, {Text: "Data to " + month(p.Last)}}
	return nil
}

func leftOutWords(r *request, p register.Past) string {
	if p.LeftOut == 0 {
		return month(p.First) + " to " + month(p.Last)
	}
	return r.numbers.count(int64(p.LeftOut)) + " with gaps are left out"
}

// planTable is what each number of units and months could find.
func (r *request) planTable(p register.Past, a register.PlanAsk, plan register.Plan, kind string) *dataTable {
	t := &dataTable{Caption: "Smallest change found", Head: []string{capital(kind) + "s"}}
	for _, m := range a.Months {
		t.Head = append(t.Head, r.numbers.plural(int64(m), "month"))
	}
	for _, c := range plan.Cells {
		if len(t.Rows) == 0 || len(t.Rows[len(t.Rows)-1]) == len(t.Head) {
			t.Rows = append(t.Rows, []string{r.numbers.count(int64(c.Units))})
		}
		text := unknown
		if !math.IsNaN(c.MDE) {
			text = r.effectWords(a, p, c.MDE)
			if c.Finds {
				text += " ✓"
			}
		}
		last := len(t.Rows) - 1
		t.Rows[last] = append(t.Rows[last], text)
	}
	return t
}

// designWords recommend a design.
func (r *request) designWords(a register.PlanAsk, p register.Past, plan register.Plan, w register.Wish, kind string) string {
	if plan.Months == 0 {
		return "Nothing here finds it. Take more units or months, a larger change, or a dial closer to what people will do differently; else the test will end in “too weak to tell”."
	}
	n := len(p.Units)
	text := fmt.Sprintf("Draw at random, start on %s and wait %s before judging", day(w.First), r.numbers.plural(int64(plan.Months), "month"))
	if w.Waves == 1 {
		treated := int(math.Round(a.Share * float64(n)))
		text += fmt.Sprintf(": %d get it, %d are compared with.", treated, n-treated)
	} else {
		text += fmt.Sprintf(": a %s starts every %s, and each start is compared with those who have not begun.", ordinalWave(n, w.Waves, kind), r.numbers.plural(int64(w.Gap), "month"))
	}
	if plan.Units < n {
		text += fmt.Sprintf(" %s would be enough to find %s.", r.numbers.plural(int64(plan.Units), kind), r.effectWords(a, p, plan.UnitsMDE))
	}
	return text + " Decide beforehand how long it runs: a test that is stopped when it looks good finds too much."
}

func ordinalWave(units, waves int, kind string) string {
	return fmt.Sprintf("wave of about %d %ss", int(math.Round(float64(units)/float64(waves))), kind)
}

// planChecks say what is still missing for the draw to be worth something.
func (r *request) planChecks(g *registry, w register.Wish, d register.Draw) []checkLine {
	pass := func(ok bool, yes, no, sub string) checkLine {
		if ok {
			return checkLine{"pass", "✓", "there", yes, sub}
		}
		return checkLine{"fail", "✕", "missing", no, sub}
	}
	var lines []checkLine
	lines = append(lines, pass(w.Tactic != "" && g.Has("tactic", w.Tactic), "The tactic is in the register", "The tactic is not chosen", ""))
	var link *entryRow
	for _, l := range g.entries["tactic_link"] {
		if l.values["tactic_id"] == w.Tactic && l.values["metric_id"] == w.Dial && w.Tactic != "" {
			link = &l
		}
	}
	sub := "without it the verdict stays at “is not linked to”"
	if link != nil {
		sub = "registered " + dayOf(plainValue(link.values["registered_at"]))
	}
	lines = append(lines, pass(link != nil, "The link to this dial is registered", "The link to this dial is not registered", sub))
	lines = append(lines, pass(link != nil && link.values["approved_at"] != nil, "The owner has approved it", "Its owner has not approved it", ""))
	lines = append(lines, pass(w.First.After(r.now), "The first day is ahead", "The first day has begun", "the draw is logged with the server’s clock, "+r.instant(r.now)))
	switch at := g.drawnAt(w.Tactic, d.Seed); {
	case at != "":
		lines = append(lines, checkLine{"pass", "✓", "there", "This draw is in the register", "logged " + dayOf(at)})
	case w.Tactic != "":
		lines = append(lines, pass(!g.hasRollOut(w.Tactic), "Nothing has been drawn for it before", "Waves or units of it are registered already", ""))
	}
	lines = append(lines, pass(d.IsEven, "The draw is even", "No draw is even: this is the best of 200", fmt.Sprintf("draw %d of the seed %s; the first within 0.25 standard deviations counts", d.Tries, d.Seed)))
	return lines
}

// drawLines list the units with their part.
func (r *request) drawLines(v *planView, w register.Wish, d dialRow, p register.Past, draw register.Draw) {
	m := measureOf(d.UnitOfMeasure, d.UnitAggregation, deref(d.Currency))
	for i, u := range p.Units {
		line := drawLine{Unit: u.Name, Part: "compared with", Starts: unknown}
		sum, n := 0.0, 0.0
		for _, x := range u.Values[max(0, len(u.Values)-12):] {
			sum, n = sum+x, n+1
		}
		line.Level = r.numbers.exact(sum/n, m)
		if k := draw.Wave[i]; k > 0 {
			line.Part = "gets it"
			if w.Waves > 1 {
				line.Part = "wave " + strconv.Itoa(k)
			}
			line.Starts = day(register.StartOf(w.First, k, w.Gap))
		}
		v.Draw = append(v.Draw, line)
	}
	slices.SortStableFunc(v.Draw, func(a, b drawLine) int { return strings.Compare(orderOf(a), orderOf(b)) })
	v.DrawSub = "The seed " + draw.Seed + " follows from the tactic, the dial, the units and the first day: nobody can choose a draw by its outcome, and anybody can repeat it."
}

func orderOf(l drawLine) string {
	if l.Starts == unknown {
		return "zzz"
	}
	return l.Part
}

// planCommand is the same on the command line.
func planCommand(w register.Wish, p register.Past) string {
	parts := []string{"dials plan", "--dial", w.Dial}
	if w.Tactic != "" {
		parts = append(parts, "--tactic", w.Tactic)
	}
	parts = append(parts, "--effect", strconv.FormatFloat(w.EffectPct, 'g', 6, 64))
	if w.Waves > 1 {
		parts = append(parts, "--waves", strconv.Itoa(w.Waves), "--gap", strconv.Itoa(w.Gap))
	} else if w.SharePct != 50 {
		parts = append(parts, "--share", strconv.FormatFloat(w.SharePct, 'g', -1, 64))
	}
	if p.Type != "" {
		parts = append(parts, "--units", p.Type)
	}
	return strings.Join(append(parts, "--first", w.First.Format(time.DateOnly)), " ")
}
