package dashboards

import (
	"strings"

	"dials/queries/evidence"
)

// A tacticTable is what stands behind each dial.
type tacticTable struct {
	Rows   []tacticLine
	Totals []totalLine
	Notes  []string
	// PrintNote says what is not on paper.
	PrintNote string
	// OrphanShare is the share of spend on tactics without a link, "18 %"; empty
	// if it is not known.
	OrphanShare  string
	orphanCost   float64
	totalCost    float64
	unknownCosts int
	hasHidden    bool
	money        measure
}

// A tacticLine is one tactic at one dial.
type tacticLine struct {
	Tactic, Type, Dial, DialLink string
	Story                        string // address of what the tactic did to the dial
	IsContinued                  bool   // further dial of the tactic above
	IsOrphan                     bool
	Launched                     string
	Reach, ReachSub              string
	Cost, CostSub                string
	Link, LinkSub                string
	Rung                         int
	HowWeKnow, Verdict           string
	PrintHidden                  bool // beyond what one sheet holds
}

// Pips are the six steps of the ladder, those reached first.
func (t tacticLine) Pips() []pip { return pips(t.Rung) }

// A totalLine is a line under the tactics; the lines add up.
type totalLine struct {
	Name, Cost, Share string
}

// An orphanNote names the tactics that are linked to nothing.
type orphanNote struct {
	Amount, Share, Names string
	Count                string
	Link                 string // to the list
}

// tacticTable lists the tactics in the order of the dials, then those without.
func (r *request) tacticTable(data *results, stories []story) tacticTable {
	t := tacticTable{money: moneyIn(r.company.Currency)}
	for _, row := range data.tactics {
		if row.CostCurrency != nil {
			t.money = moneyIn(*row.CostCurrency)
		}
	}
	seen := map[string]bool{}
	for _, s := range stories {
		for _, a := range s.aims {
			t.Rows = append(t.Rows, r.tacticLine(data, s, a, seen[a.tactic.TacticID], t.money))
			seen[a.tactic.TacticID] = true
		}
	}
	for _, row := range data.tactics {
		if !row.IsOrphan && !seen[row.TacticID] {
			t.Rows = append(t.Rows, r.unlinkedLine(data, row, "linked, but to no dial that is here", t.money))
		}
	}
	for _, row := range data.tactics {
		if row.IsOrphan {
			t.Rows = append(t.Rows, r.unlinkedLine(data, row, evidence.Unlinked.Words()+" any business goal", t.money))
		}
	}
	r.addTotals(&t, data)
	for i := range t.Rows {
		t.Rows[i].PrintHidden = i >= maxPrintedTactics
	}
	if left := len(t.Rows) - maxPrintedTactics; left > 0 {
		t.PrintNote = capital(counted(left, "further line", "is", "are")) + " on screen."
	}
	if len(data.evidence) > 0 && (r.filters.Unit != "" || r.filters.AsNow) {
		t.Notes = append(t.Notes, "Not applied to how we know and to verdicts of the impact engine: unit and organisation. They are of the whole company.")
	}
	if r.filters.Unit != "" || r.filters.AsNow || !r.filters.AsOf.IsZero() {
		t.Notes = append(t.Notes, "Not applied to reach and cost: unit, organisation and as-of date. They are of the whole company, to date.")
	}
	return t
}

// maxPrintedTactics and maxPrintedCards are what fits one printed sheet.
const (
	maxPrintedTactics = 12
	maxPrintedCards   = 8
)

func (r *request) tacticLine(data *results, s story, a aim, continued bool, money measure) tacticLine {
	l := r.commonLine(data, a.tactic, money)
	if continued {
		l.IsContinued = true
		l.Cost, l.CostSub, l.Reach, l.ReachSub = "", "", "", ""
	}
	l.Dial, l.DialLink, l.Story = s.Name, definition(s.MetricID), r.story(a, s.MetricID)
	if a.link.LaunchedMonth != nil {
		l.Launched = month(*a.link.LaunchedMonth)
	}
	l.Link = r.numbers.count(a.link.Completeness) + "/5"
	l.Rung, l.HowWeKnow, l.Verdict = int(a.verdict.Rung), together(a.howWeKnow()), r.aimWords(s.dial, a)
	return l
}

func (r *request) unlinkedLine(data *results, t tacticRow, verdict string, money measure) tacticLine {
	l := r.commonLine(data, t, money)
	l.Dial, l.Link, l.IsOrphan = unknown, "0/5", t.IsOrphan
	l.HowWeKnow, l.Verdict = evidence.Unlinked.HowWeKnow(), verdict
	return l
}

// story is the address of the page about one tactic and one dial, if it is there.
func (r *request) story(a aim, metric string) string {
	if !r.has("/impact") {
		return ""
	}
	return storyAddress(a.tactic.TacticID, metric)
}

// commonLine is what a line says of the tactic alone.
func (r *request) commonLine(data *results, t tacticRow, money measure) tacticLine {
	l := tacticLine{Tactic: t.Name, Type: deref(t.TacticType), Launched: unknown, Reach: unknown, Cost: unknown}
	if t.LaunchedMonth != nil {
		l.Launched = month(*t.LaunchedMonth)
	}
	reach, seen := data.reach[t.TacticID]
	switch {
	case !seen || reach.IsReachedHidden:
		l.Reach, l.ReachSub = "hidden", "to protect people"
	case deref(reach.EligiblePeople) > 0 && reach.ReachedPeople != nil:
		l.Reach = r.numbers.wholePercent(float64(*reach.ReachedPeople) / float64(*reach.EligiblePeople))
		l.ReachSub = r.numbers.count(*reach.ReachedPeople) + " of " + r.numbers.count(*reach.EligiblePeople) + " people"
	case deref(reach.EligibleUnits) > 0 && reach.ReachedUnits != nil:
		l.Reach = r.numbers.wholePercent(float64(*reach.ReachedUnits) / float64(*reach.EligibleUnits))
		l.ReachSub = r.numbers.count(*reach.ReachedUnits) + " of " + r.numbers.count(*reach.EligibleUnits) + " units"
	}
	cost, seen := data.cost[t.TacticID]
	switch {
	case !seen:
		l.Cost, l.CostSub = "hidden", "to protect people"
	case cost.LoadedCostAmount != nil:
		l.Cost = r.numbers.exact(*cost.LoadedCostAmount, money)
	case deref(cost.MissingRateLines) > 0:
		l.CostSub = "an exchange rate is missing"
	}
	if t.PlannedCostAmount != nil && cost.LoadedCostAmount != nil {
		l.CostSub = "of " + r.numbers.exact(*t.PlannedCostAmount, money) + " planned"
	}
	return l
}

// addTotals adds up what is known of cost: linked + not linked = all.
func (r *request) addTotals(t *tacticTable, data *results) {
	var linkedCost float64
	for _, row := range data.tactics {
		cost, seen := data.cost[row.TacticID]
		switch {
		case !seen:
			t.hasHidden = true
		case cost.LoadedCostAmount == nil:
			t.unknownCosts++
		case row.IsOrphan:
			t.orphanCost += *cost.LoadedCostAmount
		default:
			linkedCost += *cost.LoadedCostAmount
		}
	}
	t.totalCost = linkedCost + t.orphanCost
	if t.totalCost <= 0 {
		return
	}
	t.OrphanShare = r.numbers.wholePercent(t.orphanCost / t.totalCost)
	orphans := float64(int(t.orphanCost/t.totalCost*100+0.5)) / 100
	t.Totals = []totalLine{
		{"Linked to a business goal", r.numbers.exact(linkedCost, t.money), r.numbers.wholePercent(1 - orphans)},
		{"Not linked", r.numbers.exact(t.orphanCost, t.money), r.numbers.wholePercent(orphans)},
		{"All tactics", r.numbers.exact(t.totalCost, t.money), r.numbers.wholePercent(1)},
	}
	if t.hasHidden {
		t.Notes = append(t.Notes, "Hidden costs are not in the totals.")
	}
	if t.unknownCosts > 0 {
		t.Notes = append(t.Notes, capital(counted(t.unknownCosts, "tactic", "has", "have"))+" no known cost and "+
			map[bool]string{true: "is", false: "are"}[t.unknownCosts == 1]+" not in the totals.")
	}
}

// orphanNote names what is spent on nothing that the business asked for.
func (r *request) orphanNote(t tacticTable) *orphanNote {
	var names []string
	for _, row := range t.Rows {
		if row.IsOrphan {
			name := row.Tactic
			if row.Cost != unknown && row.Cost != "hidden" {
				name += " (" + row.Cost + ")"
			}
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	n := &orphanNote{Count: counted(len(names), "tactic", "with no business link", "with no business link"), Names: strings.Join(names, ", ")}
	if r.has("/tactics") {
		n.Link = "/tactics"
	}
	if len(names) > 8 {
		n.Names = strings.Join(names[:8], ", ") + " and " + inWords(len(names)-8) + " more"
	}
	if t.totalCost > 0 {
		n.Amount = r.numbers.exact(t.orphanCost, t.money)
		n.Share = t.OrphanShare + " of " + r.numbers.exact(t.totalCost, t.money)
	}
	return n
}
