package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"dials/dashboards/register"
	"dials/queries"
)

const planManual = `Says, before a launch, what a test could find: the smallest change by number of
units and months, from the dial's own past; then draws the units at random and shows
how even the draw is. --register writes the draw into the register as waves and
units of the tactic: the assignment is logged now, before the first day, which is
what lets the verdict be that of an experiment later.

The seed follows from the tactic, the dial, the units and the first day, so that
nobody can choose a draw by its outcome; --seed states another, which the register
shows. While "dials serve" runs, it does the work and this command shows it.`

// A planRequest is a test as somebody asks for it.
type planRequest struct {
	Dial     string   `json:"dial"`
	Tactic   string   `json:"tactic"`
	Effect   float64  `json:"effect"` // per cent of the level
	Waves    int      `json:"waves"`
	Share    float64  `json:"share"` // per cent of the units
	Gap      int      `json:"gap"`
	UnitType string   `json:"unit_type"`
	Units    []string `json:"units"`
	First    string   `json:"first"`
	Seed     string   `json:"seed"`
	Register bool     `json:"register"`
}

// A planResult is what a test could find, and the draw.
type planResult struct {
	Dial       string        `json:"dial"`
	UnitType   string        `json:"unit_type"`
	Units      int           `json:"units"`
	LeftOut    int           `json:"left_out"`
	FirstMonth string        `json:"first_month"`
	LastMonth  string        `json:"last_month"`
	Level      float64       `json:"level"`
	Wanted     float64       `json:"wanted_pct"`
	Months     int           `json:"recommended_months"` // 0: nothing finds it
	MDE        *float64      `json:"mde_pct"`
	Cells      []planCell    `json:"mde"`
	Seed       string        `json:"seed"`
	Draw       int           `json:"draw"`
	IsEven     bool          `json:"is_even"`
	Balance    []planBalance `json:"balance"`
	Assignment []planUnit    `json:"assignment"`
	Registered bool          `json:"registered"`

	// IsPeople says that Units and the units of Cells are people, Level the share of them that
	// leaves in a month, and effects fewer of those who leave; who gets it is drawn elsewhere.
	IsPeople bool `json:"is_people"`
}

// A planCell is what so many units over so many months could find, nil where the
// past is too short.
type planCell struct {
	Units  int      `json:"units"`
	Months int      `json:"months"`
	MDE    *float64 `json:"mde_pct"`
	Finds  bool     `json:"finds"`
}

type planBalance struct {
	Trait      string  `json:"trait"`
	First      float64 `json:"first"`
	Others     float64 `json:"others"`
	Difference float64 `json:"difference_sd"`
}

type planUnit struct {
	Unit  string `json:"unit"`
	Wave  int    `json:"wave"` // 0 is compared with
	Start string `json:"start,omitempty"`
}

func newPlan(o *options) *cobra.Command {
	req := planRequest{Effect: 5, Waves: 1, Share: 50, Gap: 3}
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Plan a test before its launch, and draw its units at random",
		Long:  planManual,
		Example: "  dials plan --dial handling_time --effect 4\n" +
			"  dials plan --dial revenue --tactic consultative-selling-2 --effect 5 --waves 4 --gap 3 --first 2027-01-01 --register",
		Args: exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			var result planResult
			err = o.withOperator(cmd.Context(), func(op operator) (err error) {
				result, err = call[planResult](cmd.Context(), op, "plan", req, sink{})
				return err
			})
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(o.stdout, result)
			}
			return printPlan(o.stdout, result)
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Dial, "dial", "", "`METRIC` that the tactic shall move")
	f.StringVar(&req.Tactic, "tactic", "", "`TACTIC` of the register")
	f.Float64Var(&req.Effect, "effect", req.Effect, "smallest change worth having, in `PER CENT` of the level")
	f.IntVar(&req.Waves, "waves", req.Waves, "1: some units get it; more: all get it, in `N` waves")
	f.Float64Var(&req.Share, "share", req.Share, "`PER CENT` of the units that get it, with one wave")
	f.IntVar(&req.Gap, "gap", req.Gap, "`MONTHS` between waves")
	f.StringVar(&req.UnitType, "units", "", "`TYPE` of units, such as team; the most common unless said")
	f.StringSliceVar(&req.Units, "unit", nil, "`UNIT` to draw from; may be given again; all of the type unless said")
	f.StringVar(&req.First, "first", "", "first `DAY` of the first wave, such as 2027-01-01; the first of the month after next unless said")
	f.StringVar(&req.Seed, "seed", "", "`SEED` of the draw; follows from the rest unless said")
	f.BoolVar(&req.Register, "register", false, "write the draw into the register")
	o.addFormat(cmd)
	return cmd
}

// wish is the request as package register takes it.
func (req planRequest) wish(now time.Time) (register.Wish, error) {
	w := register.Wish{
		Dial: req.Dial, Tactic: req.Tactic, EffectPct: req.Effect, Waves: req.Waves, SharePct: req.Share, Gap: req.Gap,
		UnitType: req.UnitType, Units: req.Units, Seed: req.Seed,
		First: time.Date(now.Year(), now.Month()+2, 1, 0, 0, 0, 0, time.UTC),
	}
	if req.First != "" {
		var err error
		if w.First, err = time.Parse(time.DateOnly, req.First); err != nil {
			return w, fmt.Errorf("--first %q is not a day like 2027-01-01", req.First)
		}
	}
	return w, w.Check()
}

// Plan plans a test, and registers its draw if asked to.
func (l *local) Plan(ctx context.Context, req planRequest, _ report) (planResult, error) {
	result, err := l.plan(ctx, req)
	if err != nil {
		return result, fmt.Errorf("plan: %w", err)
	}
	return result, nil
}

func (l *local) plan(ctx context.Context, req planRequest) (planResult, error) {
	if _, err := l.w.Build(ctx); err != nil {
		return planResult{}, err
	}
	wish, err := req.wish(time.Now())
	if err != nil {
		return planResult{}, err
	}
	past, isFlow, err := l.pastOf(ctx, wish)
	if errors.Is(err, errOfPeople) {
		return l.planPeople(ctx, req, wish)
	}
	if err != nil {
		return planResult{}, err
	}
	ask := wish.Ask(past, isFlow)
	plan, err := register.PlanTest(ask)
	if err != nil {
		return planResult{}, err
	}
	draw, err := register.Assign(ask)
	if err != nil {
		return planResult{}, err
	}
	result := newPlanResult(wish, past, ask, plan, draw)
	if !req.Register {
		return result, nil
	}
	if err := l.registerDraw(ctx, wish, ask, draw); err != nil {
		return result, err
	}
	result.Registered = true
	return result, nil
}

// planDial is what a plan needs to know of its dial.
type planDial struct {
	MetricID        string `db:"metric_id"`
	UnitAggregation string `db:"unit_aggregation"`
	IsOfPersons     bool   `db:"has_people"`
}

// planMonth is one unit and month of the dial.
type planMonth struct {
	Unit   string    `db:"unit_id"`
	Name   *string   `db:"unit_name"`
	Type   *string   `db:"unit_type"`
	Month  time.Time `db:"month"`
	Value  float64   `db:"value"`
	Size   *float64  `db:"size"`
	People *int64    `db:"people_n"`
}

// errOfPeople says that a dial is counted over people.
var errOfPeople = errors.New("this dial is counted over people: a test on it draws people, delivered with the stream tactic_participant")

// pastOf reads the past of a dial as any reader would see it.
func (l *local) pastOf(ctx context.Context, w register.Wish) (register.Past, bool, error) {
	marts, reader := queries.Open(l.w.DB()), queries.Loopback()
	dials, err := queries.All[planDial](ctx, marts, reader, "plan_dial", sql.Named("metric", w.Dial))
	if err != nil {
		return register.Past{}, false, err
	}
	if len(dials.Rows) == 0 {
		return register.Past{}, false, fmt.Errorf("--dial %q is not a dial", w.Dial)
	}
	if dials.Rows[0].IsOfPersons {
		return register.Past{}, false, errOfPeople
	}
	rows, err := queries.All[planMonth](ctx, marts, reader, "plan_history", sql.Named("metric", w.Dial))
	if err != nil {
		return register.Past{}, false, err
	}
	history := make([]register.HistoryRow, len(rows.Rows))
	for i, row := range rows.Rows {
		h := register.HistoryRow{Unit: row.Unit, Month: row.Month, Value: row.Value}
		if row.Name != nil {
			h.Name = *row.Name
		}
		if row.Type != nil {
			h.Type = *row.Type
		}
		if row.Size != nil {
			h.Size = *row.Size
		}
		history[i] = h
	}
	past, err := register.ReadPast(history, w)
	return past, dials.Rows[0].UnitAggregation == "sum", err
}

// planEntry is a wave or unit of a tactic that is registered already.
type planEntry struct {
	Stream string `db:"stream"`
	Tactic string `db:"tactic_id"`
}

// registerDraw writes a draw into the register, and judges again.
func (l *local) registerDraw(ctx context.Context, w register.Wish, a register.PlanAsk, d register.Draw) error {
	held, err := queries.All[planEntry](ctx, queries.Open(l.w.DB()), queries.Loopback(), "plan_entries", sql.Named("tactic", w.Tactic))
	if err != nil {
		return err
	}
	isKnown := false
	for _, e := range held.Rows {
		if e.Stream != "tactic" {
			return fmt.Errorf("tactic %s has waves or units in the register already: a second draw would undo the first", w.Tactic)
		}
		isKnown = true
	}
	if !isKnown {
		return fmt.Errorf("--tactic %q is not in the register", w.Tactic)
	}
	changes, err := w.Entries(a, d, time.Now())
	if err != nil {
		return err
	}
	p := peerOf(ctx)
	for i := range changes {
		changes[i].Who, changes[i].By, changes[i].Address = "the operator, "+p.identity().Subject, register.By(p.identity()), p.address()
	}
	if err := l.keepRegister(ctx, changes); err != nil {
		return err
	}
	l.syncing.Lock()
	defer l.syncing.Unlock()
	return l.rebuild(ctx, &syncResult{}, nil)
}

// planPeopleMonth is one month of a dial that is counted over people.
type planPeopleMonth struct {
	MetricID      string    `db:"metric_id"`
	Month         time.Time `db:"month"`
	Value         *float64  `db:"value"`
	Numerator     *float64  `db:"numerator"`
	Denominator   *float64  `db:"denominator"`
	PeopleN       *int64    `db:"people_n"`
	IsComplete    bool      `db:"is_complete"`
	IsRange       bool      `db:"is_range"`
	NumeratorLow  *float64  `db:"numerator_low"`
	NumeratorHigh *float64  `db:"numerator_high"`
}

// planPeople says what a draw of people could find.
func (l *local) planPeople(ctx context.Context, req planRequest, w register.Wish) (planResult, error) {
	if req.Register || w.Waves > 1 {
		return planResult{}, fmt.Errorf("%w; Dials draws none, so --register and --waves do not apply", errOfPeople)
	}
	rows, err := queries.All[planPeopleMonth](ctx, queries.Open(l.w.DB()), queries.Loopback(), "dial_people_monthly")
	if err != nil {
		return planResult{}, err
	}
	var months []register.PeopleMonth
	for _, row := range rows.Rows {
		if row.MetricID == w.Dial && row.IsComplete && !row.IsRange && row.Numerator != nil && row.Denominator != nil {
			months = append(months, register.PeopleMonth{Month: row.Month, Events: *row.Numerator, People: *row.Denominator})
		}
	}
	ask, from, to := w.AskPeople(months)
	plan, err := register.PlanPeople(ask)
	if err != nil {
		return planResult{}, err
	}
	pct := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		v *= 100
		return &v
	}
	r := planResult{
		Dial: w.Dial, Units: ask.People, FirstMonth: from.Format("2006-01"), LastMonth: to.Format("2006-01"), Level: ask.Events / ask.PersonMonths,
		Wanted: w.EffectPct, Months: plan.Months, MDE: pct(plan.MDE), IsPeople: true,
	}
	for _, c := range plan.Cells {
		r.Cells = append(r.Cells, planCell{c.Units, c.Months, pct(c.MDE), c.Finds})
	}
	return r, nil
}

func newPlanResult(w register.Wish, p register.Past, a register.PlanAsk, plan register.Plan, d register.Draw) planResult {
	pct := func(v float64) *float64 {
		if math.IsNaN(v) {
			return nil
		}
		if !a.Relative {
			v /= math.Abs(p.Level)
		}
		v *= 100
		return &v
	}
	r := planResult{
		Dial: w.Dial, UnitType: p.Type, Units: len(p.Units), LeftOut: p.LeftOut, FirstMonth: p.First.Format("2006-01"), LastMonth: p.Last.Format("2006-01"),
		Level: p.Level, Wanted: w.EffectPct, Months: plan.Months, MDE: pct(plan.MDE), Seed: d.Seed, Draw: d.Tries, IsEven: d.IsEven,
	}
	for _, c := range plan.Cells {
		r.Cells = append(r.Cells, planCell{c.Units, c.Months, pct(c.MDE), c.Finds})
	}
	for _, b := range d.Balance {
		r.Balance = append(r.Balance, planBalance(b))
	}
	for i, u := range p.Units {
		line := planUnit{Unit: u.ID, Wave: d.Wave[i]}
		if line.Wave > 0 {
			line.Start = register.StartOf(w.First, line.Wave, w.Gap).Format(time.DateOnly)
		}
		r.Assignment = append(r.Assignment, line)
	}
	return r
}
