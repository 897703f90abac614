package dashboards

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"dials/queries"
	"dials/queries/evidence"
)

// tacticPortfolio is the page on what is spent on tactics, and on what of it is
// aimed at nothing that the business asked for.
var tacticPortfolio = page{
	Path: "/tactics", Name: "Tactics", Heading: "Tactic portfolio", Topics: []queries.Topic{queries.TopicPortfolio}, Shows: []queries.Topic{queries.TopicResults, queries.TopicImpact}, Template: "tactics.html", Load: loadTactics,
}

// A needRow is the need that a tactic answers.
type needRow struct {
	TacticID           string     `db:"tactic_id"`
	NeedID             *string    `db:"need_id"`
	NeedTitle          *string    `db:"need_title"`
	NeedOpened         *time.Time `db:"need_opened_date"`
	FirstApproved      *time.Time `db:"first_approved_date"`
	DaysToFirst        *int64     `db:"days_to_first_tactic"`
	IsSolutionFirst    *bool      `db:"is_solution_first"`
	WasNeutral         *bool      `db:"was_neutral"`
	HadOwnerAccess     *bool      `db:"had_owner_access"`
	IsShared           *bool      `db:"is_shared"`
	IsCustomerFeedback *bool      `db:"is_customer_feedback"`
}

// A portfolio is what the page's queries returned.
type portfolio struct {
	*results
	needs    map[string]needRow
	evidence map[string]impactRow // the best known of each tactic
	dialByID map[string]*dial
	money    measure
	lines    []portfolioLine
	benefits []benefitRow
	overlap  []overlapRow
}

// A portfolioLine is one tactic with its links and its cost.
type portfolioLine struct {
	tacticRow
	links  []linkRow
	cost   number // loaded
	hidden bool   // the cost is, to protect people
	need   needRow
	best   *impactRow
}

// isLinked reports whether an approved link stands behind the tactic.
func (l portfolioLine) isLinked() bool { return !l.IsOrphan }

// status is how far the tactic is known to do something for the business.
func (l portfolioLine) status() string {
	switch {
	case l.IsOrphan:
		return "not linked"
	case l.best == nil || evidence.Rung(l.best.Rung) < evidence.BeforeAfter:
		return "linked, not tested"
	case l.best.IsClaim:
		return "moved its dial as wanted"
	case evidence.Result(l.best.Result) == evidence.Moved:
		return "moved it, but not it alone"
	case evidence.Result(l.best.Result) == evidence.NoChange, evidence.Result(l.best.Result) == evidence.MovedAgainst:
		return "no clear change, or the other way"
	}
	return "linked, cannot be told"
}

// statuses in the order in which they are shown, with their colours.
var statuses = []struct{ name, color string }{
	{"moved its dial as wanted", "var(--series-3)"},
	{"moved it, but not it alone", "var(--series-1)"},
	{"linked, cannot be told", "var(--series-1)"},
	{"linked, not tested", "var(--series-1)"},
	{"no clear change, or the other way", "var(--series-4)"},
	{"not linked", "var(--series-2)"},
}

func loadTactics(ctx context.Context, r *request) (*content, error) {
	p, err := readPortfolio(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(p.tactics) == 0 {
		return &content{Title: "No tactic is registered yet", Body: &portfolioView{}}, nil
	}
	view, err := r.portfolioView(p)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.portfolioTitle(p), Lead: r.portfolioLead(p), Body: view}, nil
}

func readPortfolio(ctx context.Context, r *request) (*portfolio, error) {
	p := &portfolio{evidence: map[string]impactRow{}}
	var err error
	if p.results, err = readResults(ctx, r); err != nil {
		return nil, err
	}
	needs, err := read[needRow](ctx, r, "portfolio_tactics")
	if err != nil {
		return nil, err
	}
	p.needs = index(needs, func(n needRow) string { return n.TacticID })
	if p.benefits, err = read[benefitRow](ctx, r, "portfolio_benefits"); err != nil {
		return nil, err
	}
	if p.overlap, err = read[overlapRow](ctx, r, "portfolio_overlap"); err != nil {
		return nil, err
	}
	rows, err := read[impactRow](ctx, r, "impact_evidence")
	if err != nil {
		return nil, err
	}
	for _, row := range rows { // the best known first
		if _, seen := p.evidence[row.TacticID]; !seen {
			p.evidence[row.TacticID] = row
		}
	}
	p.dialByID = index(p.dials, func(d *dial) string { return d.MetricID })
	p.money = r.money(p.results)
	p.lines = p.join()
	return p, nil
}

// join puts tactics, links, needs, costs and evidence together, the dearest first.
func (p *portfolio) join() []portfolioLine {
	var lines []portfolioLine
	for _, t := range p.tactics {
		l := portfolioLine{tacticRow: t, need: p.needs[t.TacticID]}
		for _, k := range p.links {
			if k.TacticID == t.TacticID && k.IsApproved {
				l.links = append(l.links, k)
			}
		}
		cost, seen := p.cost[t.TacticID]
		switch {
		case !seen:
			l.hidden = true
		case cost.LoadedCostAmount != nil:
			l.cost = number{*cost.LoadedCostAmount, true}
		}
		if e, ok := p.evidence[t.TacticID]; ok {
			l.best = &e
		}
		lines = append(lines, l)
	}
	slices.SortStableFunc(lines, func(a, b portfolioLine) int {
		return cmp.Or(cmp.Compare(b.cost.Value, a.cost.Value), cmp.Compare(a.Name, b.Name))
	})
	return lines
}

// spend sums what is known of costs: of all tactics, and of those not linked.
func (p *portfolio) spend() (all, orphans float64, unknown, hidden int) {
	for _, l := range p.lines {
		switch {
		case l.hidden:
			hidden++
		case !l.cost.Known:
			unknown++
		default:
			all += l.cost.Value
			if !l.isLinked() {
				orphans += l.cost.Value
			}
		}
	}
	return all, orphans, unknown, hidden
}

// portfolioTitle answers: what do we spend on tactics with no business link?
func (r *request) portfolioTitle(p *portfolio) string {
	all, orphans, _, _ := p.spend()
	n := 0
	for _, l := range p.lines {
		if !l.isLinked() {
			n++
		}
	}
	switch {
	case n == 0:
		return "Every tactic is linked to a business goal"
	case n == len(p.lines):
		return "No tactic is linked to a business goal"
	case all <= 0:
		return capital(counted(n, "tactic", "is", "are")) + " linked to no business goal; what they cost is not known"
	}
	verb := "tactics that are"
	if n == 1 {
		verb = "tactic that is"
	}
	return r.numbers.card(orphans, p.money) + ", " + r.numbers.wholePercent(orphans/all) + " of what tactics cost, went to " + inWords(n) + " " + verb + " linked to no business goal"
}

// portfolioLead qualifies the title in one line.
func (r *request) portfolioLead(p *portfolio) string {
	all, _, unknownCosts, hidden := p.spend()
	var parts []string
	if all > 0 {
		parts = append(parts, r.numbers.card(all, p.money)+" on "+r.numbers.plural(int64(len(p.lines)), "tactic")+" to date, with the participants' time.")
	}
	moved := 0
	for _, l := range p.lines {
		if l.best != nil && l.best.IsClaim {
			moved++
		}
	}
	if moved > 0 {
		parts = append(parts, "For "+inWords(moved)+" there is evidence that the dial moved as wanted; how strong, its rung says.")
	} else if len(p.evidence) > 0 {
		parts = append(parts, "For none there is evidence that it moved its dial.")
	}
	if unknownCosts > 0 {
		parts = append(parts, capital(counted(unknownCosts, "tactic", "has", "have"))+" no known cost.")
	}
	if hidden > 0 {
		parts = append(parts, "Costs that would tell of few people are hidden and not in the sums.")
	}
	return strings.Join(parts, " ")
}
