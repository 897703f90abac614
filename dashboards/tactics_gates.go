package dashboards

import (
	"cmp"

	"dials/queries/evidence"
)

// A gateLine is what a tactic cost against its budget, what is known of it, and what
// to do next: scale it, stop it, or wait (R10, R55, R56).
type gateLine struct {
	Tactic, Link, Cost, Budget, OfBudget, Result, HowWeKnow, Next string
	Rung                                                          int
	IsOver                                                        bool
}

// Pips are the six steps of the ladder, those reached first.
func (l gateLine) Pips() []pip { return pips(l.Rung) }

// gateLines list the linked tactics, the dearest first.
func (r *request) gateLines(p *portfolio) []gateLine {
	var lines []gateLine
	for _, l := range p.lines {
		if !l.isLinked() {
			continue
		}
		g := gateLine{Tactic: l.Name, Cost: r.costOf(p, l), Budget: unknown, OfBudget: unknown, Result: "not tested yet", HowWeKnow: "linked (1 of 6)", Rung: int(evidence.Linked), Next: unknown}
		if l.PlannedCostAmount != nil {
			g.Budget = r.numbers.exact(*l.PlannedCostAmount, p.money)
			if l.cost.Known && *l.PlannedCostAmount > 0 {
				share := l.cost.Value / *l.PlannedCostAmount
				g.OfBudget, g.IsOver = r.numbers.wholePercent(share), share > 1.005
			}
		}
		if b := l.best; b != nil {
			g.Link = storyAddress(b.TacticID, deref(b.MetricID))
			g.Rung, g.HowWeKnow, g.Result = int(b.Rung), together(b.HowWeKnow), resultWords(*b)
			g.Next = cmp.Or(deref(b.NextStep), unknown)
		}
		lines = append(lines, g)
	}
	return lines
}
