package dashboards

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dials/queries/evidence"
)

// portfolioView is the data of templates/tactics.html.
type portfolioView struct {
	Facts    []fact
	Flow     *panel
	Panels   []panel
	Overlap  *panel
	Orphans  []orphanLine
	Sides    []sideLine
	Roles    []roleLine
	Gates    []gateLine
	Benefits *benefitTable
	Foot     []footItem
}

// An orphanLine is a tactic that is linked to nothing.
type orphanLine struct{ Tactic, Type, Launched, Reach, Cost, Share, OneOff, Next string }

// A sideLine is a question about the portfolio with its answer.
type sideLine struct{ Text, Sub, Link, Class, Mark, State string }

// A roleLine is the part that L&D had in a tactic.
type roleLine struct {
	Tactic, Need, Days, Neutral, Access, Shared string
	IsFirst                                     bool // the solution was
}

// portfolioView lays out what the queries returned.
func (r *request) portfolioView(p *portfolio) (*portfolioView, error) {
	v := &portfolioView{
		Facts: r.portfolioFacts(p), Orphans: r.orphanLines(p), Sides: r.sideLines(p), Roles: r.roleLines(p),
		Gates: r.gateLines(p), Benefits: r.benefitsOf(p.benefits, p.tactics, nil),
		Foot: []footItem{
			{Text: "Definition", Link: definition("tactic-spend")},
			{Text: "Tables: marts.tactics, marts.tactic_links, marts.evidence"},
			{Text: "n = " + r.numbers.plural(int64(len(p.lines)), "tactic")},
			{Text: "Data to " + day(r.asOf)},
		},
	}
	var err error
	if v.Flow, err = r.flowPanel(p); err != nil {
		return nil, err
	}
	if v.Overlap, err = r.overlapPanel(p); err != nil {
		return nil, err
	}
	for _, draw := range []func(*portfolio) (*panel, error){r.statusPanel, r.costRungPanel} {
		q, err := draw(p)
		if err != nil {
			return nil, err
		}
		if q != nil {
			v.Panels = append(v.Panels, *q)
		}
	}
	return v, nil
}

// portfolioFacts are the numbers at the head of the page.
func (r *request) portfolioFacts(p *portfolio) []fact {
	all, orphans, unknownCosts, hidden := p.spend()
	linked, complete, full := 0, 0, 0
	for _, l := range p.lines {
		if l.isLinked() {
			linked++
		}
		for _, k := range l.links {
			complete++
			if k.Completeness == 5 {
				full++
			}
		}
	}
	n := len(p.lines)
	facts := []fact{
		{Term: "Spend to date", Value: unknown, Sub: "no cost is known", Link: definition("cost-to-date")},
		{Term: "Not linked", Value: unknown, Sub: "no cost is known", Link: definition("orphan-spend")},
		{"Tactics with an approved link", r.numbers.wholePercent(float64(linked) / float64(n)), fmt.Sprintf("%d of %d", linked, n), definition("link-completeness")},
		{Term: "Complete links", Value: unknown, Sub: "no approved link", Link: definition("link-completeness")},
	}
	if all > 0 {
		facts[0].Value, facts[0].Sub = r.numbers.card(all, p.money), r.numbers.plural(int64(n-unknownCosts-hidden), "tactic")+" with a known cost"
		facts[1].Value, facts[1].Sub = r.numbers.wholePercent(orphans/all), r.numbers.exact(orphans, p.money)+" of spend"
	}
	if complete > 0 {
		facts[3].Value, facts[3].Sub = fmt.Sprintf("%d of %d", full, complete), "goal, dial, baseline, target with date, owner"
	}
	return facts
}

// orphanLines list the tactics that are linked to nothing, the dearest first (R03, R04).
func (r *request) orphanLines(p *portfolio) []orphanLine {
	all, _, _, _ := p.spend()
	var lines []orphanLine
	for _, l := range p.lines {
		if l.isLinked() {
			continue
		}
		common := r.commonLine(p.results, l.tacticRow, p.money)
		o := orphanLine{
			Tactic: l.Name, Type: deref(l.TacticType), Launched: common.Launched, Cost: r.costOf(p, l), Share: unknown, OneOff: "–", Reach: common.Reach,
			Next: "link it, or stop it",
		}
		if common.ReachSub != "" {
			o.Reach += ", " + common.ReachSub
		}
		if l.cost.Known && all > 0 {
			o.Share = r.numbers.wholePercent(l.cost.Value / all)
		}
		if l.IsOneOff != nil {
			o.OneOff = "no"
			if *l.IsOneOff {
				o.OneOff = "yes"
			}
		}
		if l.EndedDate != nil && l.EndedDate.Before(r.asOf) {
			o.Next = "ended " + day(*l.EndedDate)
		}
		lines = append(lines, o)
	}
	return lines
}

func (r *request) costOf(p *portfolio, l portfolioLine) string {
	switch {
	case l.hidden:
		return "hidden"
	case !l.cost.Known:
		return unknown
	}
	return r.numbers.exact(l.cost.Value, p.money)
}

// sideLines answer what else may be wrong with the portfolio: single solutions,
// one-off events, solutions that came first, missing owners (R04, R05, R08, R09).
func (r *request) sideLines(p *portfolio) []sideLine {
	var oneOff, first, noNeed, noOwner []string
	perGoal := map[string][]string{}
	needs := map[string]bool{}
	for _, l := range p.lines {
		if deref(l.IsOneOff) {
			oneOff = append(oneOff, l.Name)
		}
		if l.need.NeedID == nil {
			noNeed = append(noNeed, l.Name)
		} else {
			if deref(l.need.IsSolutionFirst) && !needs[*l.need.NeedID] {
				first = append(first, l.Name)
			}
			needs[*l.need.NeedID] = true
		}
		for _, k := range l.links {
			if g := deref(k.GoalName); g != "" && !slices.Contains(perGoal[g], l.Name) {
				perGoal[g] = append(perGoal[g], l.Name)
			}
			if !k.HasOwner && !slices.Contains(noOwner, l.Name) {
				noOwner = append(noOwner, l.Name)
			}
		}
	}
	var single []string
	for g, tactics := range perGoal {
		if len(tactics) == 1 {
			single = append(single, g)
		}
	}
	slices.Sort(single)
	var unowned []string
	for _, d := range p.dials {
		if deref(d.OwnerName) == "" || deref(d.IsOwnerInLD) {
			unowned = append(unowned, d.Name)
		}
	}
	line := func(names []string, noun, one, many, none, link string) sideLine {
		if len(names) == 0 {
			return sideLine{Text: none, Link: link, Class: "pass", Mark: "✓", State: "nothing found"}
		}
		return sideLine{Text: capital(counted(len(names), noun, one, many)), Sub: short(names), Link: link, Class: "unsure", Mark: "?", State: "worth a look"}
	}
	return []sideLine{
		line(first, "need", "had its solution before it was opened, or on that day", "had their solution before they were opened, or on that day", "No solution came before its need", definition("solution-came-first")),
		line(noNeed, "tactic", "answers no need that is registered", "answer no need that is registered", "Every tactic answers a registered need", definition("solution-came-first")),
		line(single, "objective", "rests on a single tactic", "rest on a single tactic", "No objective rests on a single tactic", ""),
		line(oneOff, "tactic", "is a one-off event: one session, no follow-up, no link", "are one-off events: one session, no follow-up, no link", "No tactic is a one-off event", ""),
		line(noOwner, "tactic", "has a link without a business owner", "have a link without a business owner", "Every link has a business owner", definition("link-completeness")),
		line(unowned, "dial", "has no owner outside L&D", "have no owner outside L&D", "Every dial has an owner outside L&D", "/definitions"),
	}
}

// short names the first of many.
func short(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + " and " + inWords(len(names)-5) + " more"
	}
	return list(names)
}

// roleLines are the three flags of a strategic role, by tactic (R66), with the days
// from the need to its first tactic (R08).
func (r *request) roleLines(p *portfolio) []roleLine {
	var lines []roleLine
	for _, l := range p.lines {
		line := roleLine{Tactic: l.Name, Need: "no need is registered", Days: unknown, Neutral: unknown, Access: unknown, Shared: unknown}
		if n := l.need; n.NeedID != nil {
			line.Need = deref(n.NeedTitle)
			line.Neutral, line.Access, line.Shared = yesNo(n.WasNeutral), yesNo(n.HadOwnerAccess), yesNo(n.IsShared)
			if n.DaysToFirst != nil {
				line.Days, line.IsFirst = r.numbers.count(*n.DaysToFirst), deref(n.IsSolutionFirst)
			}
		}
		lines = append(lines, line)
	}
	slices.SortStableFunc(lines, func(a, b roleLine) int { return cmp.Compare(a.Tactic, b.Tactic) })
	return lines
}

func yesNo(v *bool) string {
	switch {
	case v == nil:
		return unknown
	case *v:
		return "yes"
	}
	return "no"
}

// rungName is a rung as an axis names it.
func rungName(rung int64) string {
	return fmt.Sprintf("%d %s", rung, evidence.Rung(rung).Design())
}
