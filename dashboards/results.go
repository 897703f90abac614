package dashboards

import (
	"cmp"
	"context"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"dials/queries"
	"dials/queries/evidence"
)

// strategicResults is the executive's page: which dials moved since launch, and
// how sure are we that our tactics helped?
var strategicResults = page{
	Path: "/strategic-results", Also: "/", Name: "Strategic results", Heading: "Strategic results", Topics: []queries.Topic{queries.TopicResults},
	Template: "results.html", Filters: true, Load: loadResults,
}

// A tacticRow is one tactic.
type tacticRow struct {
	TacticID          string     `db:"tactic_id"`
	Name              string     `db:"name"`
	TacticType        *string    `db:"tactic_type"`
	LaunchedMonth     *time.Time `db:"launched_month"`
	EndedDate         *time.Time `db:"ended_date"`
	IsOneOff          *bool      `db:"is_one_off"`
	PlannedCostAmount *float64   `db:"planned_cost_amount"`
	CostCurrency      *string    `db:"cost_currency"`
	IsOrphan          bool       `db:"is_orphan"`
}

// A tacticReachRow says whom a tactic was meant for and whom it reached.
type tacticReachRow struct {
	TacticID       string `db:"tactic_id"`
	EligiblePeople *int64 `db:"eligible_people"`
	ReachedPeople  *int64 `db:"reached_people"`
	EligibleUnits  *int64 `db:"eligible_units"`
	ReachedUnits   *int64 `db:"reached_units"`

	IsReachedHidden bool `db:"is_reached_hidden"` // there is a count, of too few people to tell
}

// A tacticCostRow is what a tactic cost to date.
type tacticCostRow struct {
	TacticID         string   `db:"tactic_id"`
	DirectCostAmount *float64 `db:"direct_cost_amount"` // nil where it would show pay of a few
	LoadedCostAmount *float64 `db:"loaded_cost_amount"`
	MissingRateLines *int64   `db:"missing_rate_lines"`
}

// A linkRow is one tactic aimed at one dial.
type linkRow struct {
	TacticLinkID             string      `db:"tactic_link_id"`
	TacticID                 string      `db:"tactic_id"`
	MetricID                 *string     `db:"metric_id"`
	GoalName                 *string     `db:"goal_name"`
	HasGoal                  bool        `db:"has_goal"`
	HasMetric                bool        `db:"has_metric"`
	HasBaseline              bool        `db:"has_baseline"`
	HasTarget                bool        `db:"has_target"`
	HasOwner                 bool        `db:"has_owner"`
	Completeness             int64       `db:"completeness"`
	Baseline                 *float64    `db:"baseline"`
	Target                   *float64    `db:"target"`
	TargetDate               *time.Time  `db:"target_date"`
	Mechanism                *string     `db:"mechanism"`
	ExpectedLagMonths        *int64      `db:"expected_lag_months"`
	BusinessOwnerName        *string     `db:"business_owner_name"`
	RegisteredBasis          *string     `db:"registered_basis"`
	RegisteredAt             *time.Time  `db:"registered_at"`
	IsApproved               bool        `db:"is_approved"`
	IsRegisteredBeforeLaunch *bool       `db:"is_registered_before_launch"`
	LaunchedMonth            *time.Time  `db:"launched_month"`
	WaveMonths               []time.Time `db:"wave_months"`
}

// results is what the page's queries returned.
type results struct {
	dials   []*dial
	tactics []tacticRow
	reach   map[string]tacticReachRow
	cost    map[string]tacticCostRow
	links   []linkRow
	rivals  []rivalRow
	// evidence is by tactic and dial; it is of the whole company as known now.
	evidence map[string]evidenceRow

	hidden bool // months of dials of people were withheld
}

func loadResults(ctx context.Context, r *request) (*content, error) {
	data, err := readResults(ctx, r)
	if err != nil {
		return nil, err
	}
	view := &resultsView{Period: r.period.Name, Range: r.period.Range()}
	if r.filters.Unit != "" {
		view.Elsewhere = data.dropUnmeasured()
	}
	stories := data.stories(r.period, r.asOf)
	for i, s := range stories {
		card, err := r.card(s, data, spans(len(stories))[i])
		if err != nil {
			return nil, err
		}
		card.PrintHidden = i >= maxPrintedCards
		view.Cards = append(view.Cards, *card)
	}
	view.IsDense = len(stories) > 6
	if left := len(stories) - maxPrintedCards; left > 0 {
		view.PrintNote = capital(counted(left, "further dial", "is", "are")) + " on screen."
	}
	view.Tactics = r.tacticTable(data, stories)
	view.Orphans = r.orphanNote(view.Tactics)
	return &content{Title: title(stories), Lead: r.lead(stories, view.Tactics), Body: view}, nil
}

func readResults(ctx context.Context, r *request) (*results, error) {
	var out results
	rows, err := read[dialRow](ctx, r, "dials")
	if err != nil {
		return nil, err
	}
	months, err := read[monthRow](ctx, r, "dial_monthly")
	if err != nil {
		return nil, err
	}
	people, err := queries.All[peopleMonthRow](ctx, r.marts, r.reader, "dial_people_monthly")
	if err != nil {
		return nil, err
	}
	out.hidden = people.Hidden
	r.hidden = r.hidden || people.Hidden
	byDial := monthsByDial(months, people.Rows)
	for _, row := range rows {
		out.dials = append(out.dials, newDial(row, byDial[row.MetricID], r.asOf))
	}
	if out.tactics, err = read[tacticRow](ctx, r, "tactics"); err != nil {
		return nil, err
	}
	reach, err := read[tacticReachRow](ctx, r, "tactic_reach")
	if err != nil {
		return nil, err
	}
	out.reach = index(reach, func(t tacticReachRow) string { return t.TacticID })
	cost, err := read[tacticCostRow](ctx, r, "tactic_cost")
	if err != nil {
		return nil, err
	}
	out.cost = index(cost, func(t tacticCostRow) string { return t.TacticID })
	if out.links, err = read[linkRow](ctx, r, "tactic_links"); err != nil {
		return nil, err
	}
	if out.rivals, err = read[rivalRow](ctx, r, "rival_events"); err != nil {
		return nil, err
	}
	if !r.filters.AsOf.IsZero() {
		return &out, nil // what was known then is not what is known now
	}
	found, err := read[evidenceRow](ctx, r, "result_evidence")
	out.evidence = index(found, func(e evidenceRow) string { return e.TacticID + "\x00" + e.MetricID })
	return &out, err
}

// dropUnmeasured takes the dials away that are not observed in the units asked
// for, and returns their names.
func (d *results) dropUnmeasured() string {
	var names []string
	d.dials = slices.DeleteFunc(d.dials, func(dl *dial) bool {
		if dl.isObserved() || dl.IsOfPersons && d.hidden {
			return false
		}
		names = append(names, dl.Name)
		return true
	})
	return list(names)
}

func index[T any](rows []T, key func(T) string) map[string]T {
	m := make(map[string]T, len(rows))
	for _, row := range rows {
		m[key(row)] = row
	}
	return m
}

// A story is one dial with what happened to it and what we did about it.
type story struct {
	*dial
	reading reading
	aims    []aim         // at this dial, the best known first
	move    evidence.Move // since the launch of the first aim, else on last year
	points  []point
	rivals  []rivalRow
}

// An aim is one tactic at one dial, and what is known of it.
type aim struct {
	tactic  tacticRow
	link    linkRow
	change  evidence.Change
	move    evidence.Move
	verdict evidence.Verdict
	// What the impact engine found, if it has looked.
	finding  evidence.Finding
	evidence *evidenceRow
}

// stories puts dials, links and tactics together.
func (d *results) stories(p Period, asOf time.Time) []story {
	tactics := index(d.tactics, func(t tacticRow) string { return t.TacticID })
	var all []story
	for _, dl := range d.dials {
		s := story{dial: dl, reading: dl.read(p)}
		for _, l := range d.links {
			if t, ok := tactics[l.TacticID]; ok && deref(l.MetricID) == dl.MetricID {
				a := dl.judge(t, l, d.isDelivered(t), p, asOf)
				if e, ok := d.evidence[t.TacticID+"\x00"+dl.MetricID]; ok {
					a.adopt(e)
				}
				s.aims = append(s.aims, a)
			}
		}
		slices.SortStableFunc(s.aims, compareAims)
		for _, e := range d.rivals {
			if e.MetricID == dl.MetricID {
				s.rivals = append(s.rivals, e)
			}
		}
		s.points = dl.points(s.reading, p)
		if len(s.aims) > 0 && s.aims[0].change.Known {
			s.move = s.aims[0].move
		} else {
			s.move = dl.onLastYear(s.reading).Move(dl.wanted())
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b story) int {
		return cmp.Or(cmp.Compare(rank(b), rank(a)), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// rank orders the dials: known ones first, then money, then those best known.
func rank(s story) int {
	n := 0
	if s.reading.Value.Known {
		n += 100
	}
	if s.measure.isMoney {
		n += 10
	}
	if len(s.aims) > 0 {
		n += 1 + int(s.aims[0].verdict.Rung)
	}
	return n
}

// onLastYear is the change on the same months of last year.
func (d *dial) onLastYear(r reading) evidence.Change {
	c := evidence.Change{Known: r.Value.Known && r.LastYear.Known, Now: r.Value.Value, Base: r.LastYear.Value, Relative: math.NaN()}
	c.Points = c.Now - c.Base
	if c.Base > 0 {
		c.Relative = c.Now/c.Base - 1
	}
	return c
}

// judge grades one tactic at one dial: never more than was computed here.
func (d *dial) judge(t tacticRow, l linkRow, isDelivered bool, p Period, asOf time.Time) aim {
	a := aim{tactic: t, link: l}
	isLaunched := l.LaunchedMonth != nil && !l.LaunchedMonth.After(asOf)
	if isLaunched {
		a.change = d.sinceLaunch(monthOf(*l.LaunchedMonth), p.To)
		a.move = a.change.Move(d.wanted())
	}
	a.verdict = evidence.Judge(evidence.Case{
		Link: evidence.Link{
			Exists: true, IsApproved: l.IsApproved, HasGoal: l.HasGoal, HasMetric: l.HasMetric, HasBaseline: l.HasBaseline,
			HasTarget: l.HasTarget, HasOwner: l.HasOwner, HasMechanism: deref(l.Mechanism) != "", HasLag: l.ExpectedLagMonths != nil,
			IsRegisteredBeforeLaunch: deref(l.IsRegisteredBeforeLaunch),
		},
		IsLaunched: isLaunched, IsDelivered: isDelivered, Change: a.change,
	})
	return a
}

// isDelivered reports whether it is recorded that somebody or some unit got the
// tactic. What is hidden to protect people is recorded.
func (d *results) isDelivered(t tacticRow) bool {
	reach, seen := d.reach[t.TacticID]
	return !seen || reach.IsReachedHidden || deref(reach.ReachedPeople) > 0 || deref(reach.ReachedUnits) > 0
}

// compareAims puts claims first, then the best known tactic, then the one that was registered
// before its launch, then the earlier one.
func compareAims(a, b aim) int {
	early := func(a aim) int {
		if deref(a.link.IsRegisteredBeforeLaunch) {
			return 1
		}
		return 0
	}
	launch := func(a aim) int64 {
		if a.link.LaunchedMonth == nil {
			return 1 << 40
		}
		return a.link.LaunchedMonth.Unix()
	}
	claim := func(a aim) int {
		if a.finding.IsClaim {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(claim(b), claim(a)), cmp.Compare(b.verdict.Rung, a.verdict.Rung), cmp.Compare(early(b), early(a)), cmp.Compare(launch(a), launch(b)), cmp.Compare(a.tactic.Name, b.tactic.Name))
}

// spans spreads n cards over rows of at most three, each row full: the width of
// each card in twelfths.
func spans(n int) []int {
	rows := (n + 2) / 3
	var widths []int
	for i := range rows {
		cards := n / rows
		if i < n%rows {
			cards++
		}
		for range cards {
			widths = append(widths, 12/cards)
		}
	}
	return widths
}

// definition is the address of what a number means.
func definition(id string) string { return "/definitions/" + url.PathEscape(id) }

// join joins the parts that are not empty.
func join(sep string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), sep)
}
