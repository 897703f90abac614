package dashboards

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"

	"github.com/gofiber/fiber/v2"
	"gonum.org/v1/gonum/stat/distuv"

	"dials/queries"
	"dials/queries/evidence"
	"dials/queries/survival"
)

// programmeChain is the page on where the chain from a course to the business breaks.
var programmeChain = page{
	Path: "/programmes", Name: "Programmes", Heading: "Programme chain", Topics: []queries.Topic{queries.TopicLearning}, Shows: []queries.Topic{queries.TopicImpact, queries.TopicResults},
	Template: "overview.html", Filters: true, Params: []string{"course"}, Load: loadProgrammes,
}

// A programmeRow is a course that people completed.
type programmeRow struct {
	CourseID    string   `db:"course_id"`
	Name        string   `db:"name"`
	Purpose     *string  `db:"purpose"`
	TacticID    *string  `db:"tactic_id"`
	Teaches     *string  `db:"teaches"`
	Reacted     *int64   `db:"reaction_people"`
	Reaction    *float64 `db:"reaction_mean"`
	Asked       *int64   `db:"application_people"`
	Positive    *int64   `db:"application_positive"`
	Recent      *string  `db:"recent_version"`
	Earlier     *string  `db:"earlier_version"`
	Comparable  *bool    `db:"is_comparable"`
	SameTest    bool     `db:"has_same_assessment"`
	PeopleCount int64    `db:"people_n"`

	completed int64 // of the unit asked for; 0 is nobody, or too few
}

// A chainRow is one step of a course's chain.
type chainRow struct {
	CourseID  string   `db:"course_id"`
	Step      string   `db:"step"`
	People    *int64   `db:"people_n"`
	Done      *int64   `db:"done"`
	Low       *int64   `db:"done_low"`
	High      *int64   `db:"done_high"`
	Pairs     *int64   `db:"pairs"`
	Before    *float64 `db:"before_level"`
	Change    *float64 `db:"change_level"`
	Variance  *float64 `db:"change_variance"`
	Deviation *float64 `db:"before_deviation"`
}

// An appliedRow is one step of days from completion to the first use.
type appliedRow struct {
	Days     int64 `db:"days"`
	Applied  int64 `db:"applied"`
	Censored int64 `db:"censored"`
	People   int64 `db:"people_n"`
}

// chain is what the page's queries returned.
type chain struct {
	programmes []programmeRow
	steps      map[string]chainRow // by course and step
	best       map[string]impactRow
	cost       map[string]tacticCostRow
	course     programmeRow
	isPart     bool // a unit was asked for
	curve      *survival.Curve
	money      measure
}

func (c *chain) step(course, step string) (chainRow, bool) {
	s, ok := c.steps[course+"|"+step]
	return s, ok
}

func loadProgrammes(ctx context.Context, r *request) (*content, error) {
	c := &chain{best: map[string]impactRow{}, money: moneyIn(r.company.Currency)}
	var err error
	if c.programmes, err = read[programmeRow](ctx, r, "programmes"); err != nil {
		return nil, err
	}
	if len(c.programmes) == 0 {
		return &content{Title: "No course with a dated completion may be shown to you yet", Body: &overview{Empty: "Load the streams enrolment (completed_at), learning_feedback, assessment and course_competency; figures of the whole company are for readers of the whole company."}}, nil
	}
	steps, err := read[chainRow](ctx, r, "programme_steps")
	if err != nil {
		return nil, err
	}
	c.steps = index(steps, func(s chainRow) string { return s.CourseID + "|" + s.Step })
	c.isPart = r.filters.Unit != ""
	for i, p := range c.programmes {
		c.programmes[i].completed = p.PeopleCount
		if s, _ := c.step(p.CourseID, "assessed"); c.isPart {
			c.programmes[i].completed = deref(s.People)
		}
	}
	found, err := read[impactRow](ctx, r, "impact_evidence")
	if err != nil {
		return nil, err
	}
	for _, e := range found { // the best known first
		if _, seen := c.best[e.TacticID]; !seen {
			c.best[e.TacticID] = e
		}
	}
	costs, err := read[tacticCostRow](ctx, r, "tactic_cost")
	if err != nil {
		return nil, err
	}
	c.cost = index(costs, func(x tacticCostRow) string { return x.TacticID })
	// without a choice, the chain of which most is known
	c.course = slices.MinFunc(c.programmes, func(a, b programmeRow) int { return cmp.Compare(r.missingLinks(c, a), r.missingLinks(c, b)) })
	if id := r.query["course"]; id != "" {
		known := index(c.programmes, func(p programmeRow) string { return p.CourseID })
		p, ok := known[id]
		if !ok {
			return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("course: %.40q is no course that people completed", id))
		}
		c.course = p
	}
	waits, err := read[appliedRow](ctx, r, "programme_waits", sql.Named("course", c.course.CourseID))
	if err != nil {
		return nil, err
	}
	if c.curve, err = appliedCurve(waits); err != nil {
		return nil, err
	}
	view, err := r.chainView(c)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.chainTitle(c), Lead: r.chainLead(c), Body: view}, nil
}

func appliedCurve(rows []appliedRow) (*survival.Curve, error) {
	var all []survival.Observation
	for _, w := range rows {
		if w.Applied > 0 {
			all = append(all, survival.Observation{Time: float64(w.Days), Event: true, Weight: float64(w.Applied)})
		}
		if w.Censored > 0 {
			all = append(all, survival.Observation{Time: float64(w.Days), Weight: float64(w.Censored)})
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	c, err := survival.KaplanMeier(all, 0.95)
	return &c, err
}

// A link is one of the five steps of a programme's chain.
type chainLink struct {
	name, value string
	n           int64 // people or answers behind it
	isMissing   bool
	missing     float64 // share of those who completed of whom it is not known
	hasMissing  bool
	note        string
	treated     string // of impact and ROI: the units or people that the tactic is in
}

// nWords says how many are behind a step, and what they are where they are not people.
func (l chainLink) nWords(r *request) string {
	if l.treated != "" {
		return l.treated
	}
	return r.numbers.count(l.n)
}

// links are the five steps of a course's chain.
func (r *request) links(c *chain, p programmeRow) []chainLink {
	of := func(n *int64, all int64) (float64, bool) {
		if n == nil || all == 0 {
			return 0, false
		}
		return math.Max(0, 1-float64(*n)/float64(all)), true
	}
	reaction := chainLink{name: "Reaction", value: unknown, isMissing: true, note: "nobody, or too few, answered: load learning_feedback of step reaction"}
	if p.Reacted != nil && p.Reaction != nil {
		missing, has := of(p.Reacted, p.PeopleCount)
		reaction = chainLink{name: "Reaction", value: r.numbers.fixed(*p.Reaction, 1) + " on average", n: *p.Reacted, missing: missing, hasMissing: has, note: "answers on the source’s scale"}
		if c.isPart {
			reaction.note = "of the whole company: answers carry no unit"
		}
	}
	learned := chainLink{name: "Learning", value: unknown, isMissing: true, note: "no attempt has a score, a pass or a fail"}
	if s, ok := c.step(p.CourseID, "assessed"); ok && s.Done != nil && *s.Done > 0 {
		missing, has := of(s.Done, p.completed)
		learned = chainLink{name: "Learning", value: r.numbers.count(*s.Done) + " assessed", n: *s.Done, missing: missing, hasMissing: has, note: "a score, a pass or a fail"}
	}
	applied := chainLink{name: "Application", value: unknown, isMissing: true, note: "no sign of use is linked to a learner: load learning_event with a verb such as applied, or learning_feedback of step application"}
	if s, ok := c.step(p.CourseID, "applied"); ok && s.People != nil && (s.Done == nil || *s.Done > 0) && deref(s.High) != 4 {
		value := unknown
		if s.Done != nil {
			value = r.numbers.percent(float64(*s.Done)/float64(*s.People)) + " applied it"
		}
		applied = chainLink{name: "Application", value: value, n: *s.People, hasMissing: true, note: "of all who completed it; who shows no sign counts as not yet"}
	}
	impact := chainLink{name: "Impact", value: unknown, isMissing: true, note: "no tactic with an approved link to a dial is delivered by this course"}
	roi := chainLink{name: "ROI", value: unknown, isMissing: true, note: "no benefit in money is known"}
	if p.TacticID != nil {
		if e, ok := c.best[*p.TacticID]; ok {
			impact = chainLink{name: "Impact", value: resultWords(e), n: deref(e.Treated), treated: r.unitsWith(e), note: e.HowWeKnow}
			cost, seen := c.cost[*p.TacticID]
			switch {
			case evidence.Rung(e.Rung) < evidence.BeforeAfter:
				roi.note = "no ROI under rung 2"
			case !seen || cost.LoadedCostAmount == nil || *cost.LoadedCostAmount <= 0:
				roi.note = "the loaded cost is not known, or not for you"
			case e.Benefit != nil:
				low := ""
				if e.BenefitLow != nil {
					low = ", at the lower bound " + r.numbers.wholePercent((*e.BenefitLow-*cost.LoadedCostAmount) / *cost.LoadedCostAmount)
				}
				roi = chainLink{name: "ROI", value: r.numbers.wholePercent((*e.Benefit - *cost.LoadedCostAmount) / *cost.LoadedCostAmount), n: deref(e.Treated), treated: r.unitsWith(e), note: "(benefit − loaded cost) ÷ loaded cost" + low}
			}
		}
	}
	return []chainLink{reaction, learned, applied, impact, roi}
}

// breaks is the first step of the chain of which nothing is known.
func breaks(links []chainLink) string {
	for _, l := range links {
		if l.isMissing {
			return l.name
		}
	}
	return ""
}

// missingLinks counts the steps of which nothing is known.
func (r *request) missingLinks(c *chain, p programmeRow) (n int) {
	for _, l := range r.links(c, p) {
		if l.isMissing {
			n++
		}
	}
	return n
}

// chainTitle answers: where does the chain break?
func (r *request) chainTitle(c *chain) string {
	if c.isPart && c.course.completed == 0 {
		return "Too few people here completed " + c.course.Name + " to tell where its chain breaks"
	}
	links := r.links(c, c.course)
	broken := breaks(links)
	if broken == "" {
		title := "The chain of " + c.course.Name + " holds from reaction to ROI"
		if links[2].value != unknown {
			title += "; " + links[2].value
		}
		return title
	}
	return "The chain of " + c.course.Name + " breaks at " + map[string]string{"Reaction": "reaction", "Learning": "learning", "Application": "application", "Impact": "impact", "ROI": "ROI"}[broken] + ", of which nothing is known"
}

// chainLead qualifies the title in one line.
func (r *request) chainLead(c *chain) string {
	text := r.numbers.count(c.course.completed) + " people completed it."
	if c.course.completed == 0 {
		text = "Few, or nobody, completed it."
	}
	if c.curve != nil {
		if m := c.curve.Median(); !math.IsNaN(m.Time) {
			text += " Half of all who did showed a first use within " + r.numbers.plural(int64(m.Time), "day") + " (95 % interval " + r.daysOr(m.Low) + " to " + r.daysOr(m.High) + ")."
		} else {
			text += " Fewer than half have shown a first use so far."
		}
	}
	if len(c.programmes) == 1 {
		return text + " No other course may be told of."
	}
	n := 0
	for _, p := range c.programmes {
		if breaks(r.links(c, p)) != "" {
			n++
		}
	}
	return text + " Of " + r.numbers.count(int64(len(c.programmes))) + " courses, " + inWords(n) + " " + verb(int64(n), "has", "have") + " a step of which nothing is known."
}

// A meanChange is a mean with its 95 % t interval.
type meanChange struct{ Mean, Low, High float64 }

// pairedChange is the mean change of so many pairs with its interval.
//
//	d̄ ± t(n − 1)·s ÷ √n
func pairedChange(mean, variance float64, n int64) (meanChange, bool) {
	if n < 2 || !(variance >= 0) {
		return meanChange{}, false
	}
	width := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975) * math.Sqrt(variance/float64(n))
	return meanChange{mean, mean - width, mean + width}, true
}

// changeOf is the change of ratings of a step.
func changeOf(s chainRow) (meanChange, bool) {
	if s.Pairs == nil || s.Change == nil || s.Variance == nil {
		return meanChange{}, false
	}
	return pairedChange(*s.Change, *s.Variance, *s.Pairs)
}

// comparability is whether the last two years can be compared (R40).
func comparability(p programmeRow) string {
	switch {
	case p.Comparable == nil:
		return "one year only"
	case *p.Comparable:
		return "comparable"
	case !p.SameTest:
		return "not comparable: other or no assessment"
	}
	return "not comparable: version " + cmp.Or(deref(p.Earlier), unknown) + " → " + cmp.Or(deref(p.Recent), unknown)
}
