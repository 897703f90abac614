package dashboards

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"dials/queries"
	"dials/queries/evidence"
)

// impactStory is the page on one tactic and one dial: did it move, because of it,
// and how do we know?
var impactStory = page{
	Path: "/impact", Name: "Impact", Heading: "Impact story", Topics: []queries.Topic{queries.TopicImpact}, Shows: []queries.Topic{queries.TopicResults, queries.TopicPortfolio}, Template: "impact.html", Noted: true, Params: []string{"tactic", "dial", "known"}, Load: loadImpact,
}

// An impactRow is what is believed of one tactic and one dial.
type impactRow struct {
	RunID          string      `db:"evidence_run_id"`
	LinkID         string      `db:"tactic_link_id"`
	TacticID       string      `db:"tactic_id"`
	MetricID       *string     `db:"metric_id"`
	ComputedAt     time.Time   `db:"computed_at"`
	DataAsOf       *time.Time  `db:"data_as_of"`
	Rung           int64       `db:"rung"`
	Result         string      `db:"result"`
	IsClaim        bool        `db:"is_claim"`
	Joint          []string    `db:"joint_with"`
	Caps           []string    `db:"caps"`
	Missing        []string    `db:"missing"`
	HowWeKnow      string      `db:"how_we_know"`
	MindChange     *string     `db:"mind_change"`
	NextStep       *string     `db:"next_step"`
	Reason         *string     `db:"reason"`
	Design         *string     `db:"design"`
	DesignRule     *string     `db:"design_rule"`
	RunnersUp      []string    `db:"runners_up"`
	IsOverridden   bool        `db:"is_overridden"`
	Estimand       *string     `db:"estimand"`
	Scale          *string     `db:"scale"`
	Effect         *float64    `db:"effect"`
	StdErr         *float64    `db:"std_error"`
	DF             *float64    `db:"df"`
	P              *float64    `db:"p_value"`
	Low            *float64    `db:"low"`
	High           *float64    `db:"high"`
	Level          *float64    `db:"level"`
	MDE            *float64    `db:"mde"`
	Worth          *float64    `db:"worth"`
	EffectMetric   *float64    `db:"effect_metric"`
	Naive          *float64    `db:"naive"`
	Counterfactual *float64    `db:"counterfactual"`
	UnitMonths     *float64    `db:"unit_months"`
	BenefitLow     *float64    `db:"benefit_low_amount"`
	Benefit        *float64    `db:"benefit_amount"`
	Currency       *string     `db:"benefit_currency"`
	BenefitBasis   *string     `db:"benefit_basis"`
	Share          *float64    `db:"share_of_change"`
	Treated        *int64      `db:"treated"`
	Comparison     *int64      `db:"comparison"`
	IsPeople       bool        `db:"is_people"`
	MonthsBefore   *int64      `db:"months_before"`
	MonthsAfter    *int64      `db:"months_after"`
	First          *time.Time  `db:"first_month"`
	Launched       *time.Time  `db:"launched_month"`
	Last           *time.Time  `db:"last_month"`
	Reporting      *float64    `db:"reporting"`
	Tests          int64       `db:"tests"`
	Rejected       int64       `db:"rejected"`
	Waves          []time.Time `db:"wave_months"`
	Settings       *string     `db:"settings"`
	Command        *string     `db:"command"`
	Fingerprint    string      `db:"fingerprint"`
	UnitType       *string     `db:"base_unit_type"`
}

// An impactCheckRow is a gate, a cap or a check.
type impactCheckRow struct {
	Position int64    `db:"position"`
	Rung     *int64   `db:"rung"`
	IsCap    bool     `db:"is_cap"`
	Name     string   `db:"name"`
	Status   string   `db:"status"`
	Measure  *string  `db:"measure"`
	Value    *float64 `db:"value"`
	Limit    *float64 `db:"limit_value"`
	IsLeast  *bool    `db:"is_least"`
	Words    *string  `db:"words"`
}

// An impactPointRow is a point of a curve.
type impactPointRow struct {
	Kind  string     `db:"kind"`
	Name  *string    `db:"name"`
	X     *float64   `db:"x"`
	Month *time.Time `db:"month"`
	Value *float64   `db:"value"`
	Other *float64   `db:"other"`
	Low   *float64   `db:"low"`
	High  *float64   `db:"high"`
}

// An impactPastRow is an earlier judgement.
type impactPastRow struct {
	Number         int64      `db:"run_number"`
	ComputedAt     time.Time  `db:"computed_at"`
	DataAsOf       *time.Time `db:"data_as_of"`
	Why            string     `db:"why"`
	Rung           int64      `db:"rung"`
	Result         string     `db:"result"`
	HowWeKnow      string     `db:"how_we_know"`
	Scale          *string    `db:"scale"`
	Effect         *float64   `db:"effect"`
	Low            *float64   `db:"low"`
	High           *float64   `db:"high"`
	Counterfactual *float64   `db:"counterfactual"`
}

// A benefitRow is what was planned of a tactic, and what came of it by the register.
type benefitRow struct {
	TacticID string     `db:"tactic_id"`
	MetricID *string    `db:"metric_id"`
	Months   int64      `db:"months"`
	Planned  *float64   `db:"planned_amount"`
	Actual   *float64   `db:"actual_amount"`
	Currency *string    `db:"currency"`
	GoLive   *time.Time `db:"go_live_date"`
}

// An impactData is what the page's queries returned, and what was chosen of it.
type impactData struct {
	*results
	rows    []impactRow
	row     impactRow
	tactic  tacticRow
	dial    *dial
	checks  []impactCheckRow
	points  map[string][]impactPointRow
	history []impactPastRow
	planned []benefitRow
	change  evidence.Change
	scale   effectScale

	isHidden bool // evidence about too few people was withheld
}

func loadImpact(ctx context.Context, r *request) (*content, error) {
	data := impactData{}
	var err error
	if data.rows, err = read[impactRow](ctx, r, "impact_evidence"); err != nil {
		return nil, err
	}
	data.isHidden = r.hidden
	if data.results, err = readResults(ctx, r); err != nil {
		return nil, err
	}
	answer, err := r.chooseImpact(&data)
	if answer != nil || err != nil {
		return answer, err
	}
	if err := data.readLink(ctx, r); err != nil {
		return nil, err
	}
	if l := data.row.Launched; l != nil {
		data.change = data.dial.sinceLaunch(monthOf(*l), r.period.To)
	}
	data.scale = r.scaleOf(data.dial, data.row)
	view, err := r.impactView(&data)
	if err != nil {
		return nil, err
	}
	return &content{Title: r.impactTitle(&data), Body: view}, nil
}

// readLink reads what is known of the chosen link alone.
func (d *impactData) readLink(ctx context.Context, r *request) error {
	link := sql.Named("link", d.row.LinkID)
	var err error
	if d.checks, err = read[impactCheckRow](ctx, r, "impact_checks", link); err != nil {
		return err
	}
	points, err := read[impactPointRow](ctx, r, "impact_points", link)
	if err != nil {
		return err
	}
	d.points = map[string][]impactPointRow{}
	for _, p := range points {
		d.points[p.Kind] = append(d.points[p.Kind], p)
	}
	if d.history, err = read[impactPastRow](ctx, r, "impact_history", link); err != nil {
		return err
	}
	d.planned, err = read[benefitRow](ctx, r, "portfolio_benefits")
	return err
}

// withheldEvidence says why evidence is not told.
const withheldEvidence = "It is about too few people to be shown, or together with earlier evidence over some of the same units it would tell of single ones."

// chooseImpact picks the tactic and the dial of the URL, else the best known. It
// answers itself where there is nothing to tell.
func (r *request) chooseImpact(d *impactData) (*content, error) {
	tactic, metric := r.query["tactic"], r.query["dial"]
	tactics := index(d.tactics, func(t tacticRow) string { return t.TacticID })
	dials := index(d.dials, func(d *dial) string { return d.MetricID })
	if tactic != "" {
		if _, ok := tactics[tactic]; !ok {
			return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("tactic: %q is not a tactic of the register", tactic))
		}
	}
	if metric != "" {
		if _, ok := dials[metric]; !ok {
			return nil, fiber.NewError(fiber.StatusBadRequest, fmt.Sprintf("dial: %q is not a dial", metric))
		}
	}
	for _, row := range d.rows {
		dl, known := dials[deref(row.MetricID)]
		t, listed := tactics[row.TacticID]
		if !known || !listed || tactic != "" && row.TacticID != tactic || metric != "" && dl.MetricID != metric {
			continue
		}
		d.row, d.dial, d.tactic = row, dl, t
		return nil, nil
	}
	view := &impactView{Choose: r.chooser(d, tactic, metric), Overview: r.overview(d)}
	if len(d.rows) == 0 {
		view.Choose = nil
	}
	isLinked := slices.ContainsFunc(d.links, func(l linkRow) bool {
		return l.TacticID == tactic && l.MetricID != nil && (metric == "" || *l.MetricID == metric)
	})
	switch {
	case isLinked && d.isHidden:
		view.Empty = withheldEvidence
		return &content{Title: "What is known of " + tactics[tactic].Name + " is withheld to protect people", Body: view}, nil
	case len(d.rows) == 0 && d.isHidden:
		view.Empty = withheldEvidence
		return &content{Title: "The evidence is hidden to protect people", Body: view}, nil
	case len(d.rows) == 0:
		view.IsNew = true
		return &content{Title: "No evidence yet: no tactic has been judged", Body: view}, nil
	case tactic != "" && metric != "":
		view.Empty = "Choose another pair, or register a link from this tactic to this dial before the next wave starts."
		return &content{Title: tactics[tactic].Name + " is not linked to " + dials[metric].Name, Body: view}, nil
	case tactic != "":
		view.Empty = "Link it to the goal and the dial that it is meant to move, or stop it."
		return &content{Title: tactics[tactic].Name + " is not linked to any dial", Body: view}, nil
	}
	view.Empty = "Register a tactic and a link to this dial, or choose another dial."
	return &content{Title: "No tactic is linked to " + cmp.Or(dialName(dials[metric]), "a dial that is here"), Body: view}, nil
}

func dialName(d *dial) string {
	if d == nil {
		return ""
	}
	return d.Name
}

// A chooser is the page's own form.
type chooser struct {
	Tactics, Dials []choice
	Known          string // the day that is asked about
}

// chooser offers the tactics that were judged, and the dials of the chosen one.
func (r *request) chooser(d *impactData, tactic, dial string) *chooser {
	c := &chooser{Known: r.query["known"]}
	linked := map[string]bool{}
	ofTactic := map[string]bool{}
	for _, row := range d.rows {
		linked[row.TacticID] = true
		if tactic == "" || row.TacticID == tactic {
			ofTactic[deref(row.MetricID)] = true
		}
	}
	for _, t := range d.tactics {
		if linked[t.TacticID] || t.TacticID == tactic {
			c.Tactics = append(c.Tactics, choice{t.TacticID, t.Name, t.TacticID == tactic})
		}
	}
	for _, dl := range d.dials {
		if ofTactic[dl.MetricID] || dl.MetricID == dial {
			c.Dials = append(c.Dials, choice{dl.MetricID, dl.Name, dl.MetricID == dial})
		}
	}
	if !slices.ContainsFunc(c.Dials, func(c choice) bool { return c.IsSelected }) {
		c.Dials = append([]choice{{"", "best known", true}}, c.Dials...)
	}
	return c
}
