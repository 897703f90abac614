package demo

import (
	"fmt"
	"math"
)

// A truth is what truth.json says: the process itself, which no page may read.
type truth struct {
	About     string          `json:"about"`
	Seed      int64           `json:"seed"`
	Employees int             `json:"employees"`
	Months    int             `json:"months"`
	First     string          `json:"first_month"`
	Last      string          `json:"last_month"`
	Scale     map[string]int  `json:"scale"`
	IsScaled  bool            `json:"is_scaled"`
	Notes     []string        `json:"notes"`
	Cases     []truthCase     `json:"cases"`
	Unlinked  []string        `json:"unlinked_tactics"`
	Rates     map[string]any  `json:"people"`
	Planted   []string        `json:"planted"`
	Dials     map[string]dart `json:"dials"`
	// Objectives are those that go on at the end of the data, with the day on which
	// they will be done.
	Objectives []truthObjective `json:"objectives"`
}

// A dart is the noise of one dial.
type dart struct {
	Sigma  float64 `json:"sigma"`
	Rho    float64 `json:"rho"`
	Spread float64 `json:"between_units"`
	Scale  string  `json:"scale"`
	Draws  int     `json:"draws"` // how often it was drawn until the groups were alike
}

// A truthCase is one tactic and dial of the list.
type truthCase struct {
	Case       int                    `json:"case"`
	Tactic     string                 `json:"tactic"`
	Metric     string                 `json:"metric"`
	Design     string                 `json:"design"`
	Rung       int                    `json:"rung"`     // the highest that the design allows
	Verdict    string                 `json:"verdict"`  // what a good estimator finds
	IsClaim    bool                   `json:"is_claim"` // of its own: a joint verdict is none
	Launches   []string               `json:"launch_months"`
	Treated    []string               `json:"treated_units,omitempty"`
	TreatedN   int                    `json:"treated"`
	Comparison int                    `json:"comparison"`
	Effects    map[string]truthEffect `json:"effects"`
	Parameters map[string]any         `json:"parameters"`
	Realised   map[string]float64     `json:"realised,omitempty"`
}

// A truthEffect is one estimand: as a fraction of the value without the tactic, in
// log points, and in units of the dial per unit and month.
type truthEffect struct {
	Relative float64 `json:"relative"`
	Log      float64 `json:"log"`
	Units    float64 `json:"metric_units"`
	Is       string  `json:"is"`
}

func (c *company) monthName(m int) string { return c.cal.month(m).time().Format("2006-01") }

func (c *company) truth() truth {
	s := c.size
	t := truth{
		About:     "The true effects of the fictional company, from the process that made it. Nothing but tests reads this file.",
		Seed:      c.opt.Seed,
		Employees: c.opt.Employees, Months: c.opt.Months, First: c.monthName(0), Last: c.monthName(c.cal.months - 1),
		Scale: map[string]int{
			"sales_teams": s.teams, "production_lines": s.lines, "service_desks": s.desks, "depots": s.depots, "departments": s.departments,
			"pilot_treated": len(c.pilot.treated), "pilot_control": len(c.pilot.control),
			"coaching_treated": len(c.coaching.treated), "coaching_control": len(c.coaching.control),
		},
		IsScaled: c.opt.Employees < 2500, Objectives: c.objectivesTruth(),
		Cases:    []truthCase{c.sellingTruth(), c.peopleTruth(c.pilot), c.peopleTruth(c.coaching), c.incentiveTruth(), c.circlesTruth(), c.deskTruth(), c.mentoringTruth()},
		Unlinked: []string{complianceTactic, awayTactic, toolsTactic},
		Rates: map[string]any{
			"voluntary_rate": voluntaryRate, "involuntary_rate": involuntaryRate, "ended_and_renewed_rate": breakRate,
			"share_ending_with_a_month": atMonthEnd,
			"gbp_per_eur":               poundsPerEuro,
		},
		Dials: map[string]dart{
			revenueDial:      {revenueSigma, revenueRho, .2, "log", c.revenue.draws},
			orderDial:        {orderSigma, orderRho, .08, "log; sigma of the months, depots add 0.012 each", c.orderTime.draws},
			defectsDial:      {defectsSigma, defectsRho, defectsSpread, "fraction of pieces", c.defects.draws},
			handlingDial:     {handlingSigma, handlingRho, .12, "log", c.handling.draws},
			satisfactionDial: {satisfactionSigma, satisfactionRho, 2.5, "points", c.satisfaction.draws},
		},
		Planted: []string{
			"titles in several spellings", "rehires within and after 31 days", "leavers recorded late", "transfers", "future-dated leavers, transfers, hires and raises",
			"a draft pay run, off-cycle runs, reversals, retro lines to leavers", "learners that HRIS does not know, and one number given to two people",
			"EUR and GBP", "a department merged into another", "desks that got another parent", "unpaid parental leave",
		},
	}
	t.Notes = []string{
		"Noise of revenue and of handling time was drawn until treated and other units were alike before the launch; what came after was not looked at.",
		"Leavers of the two experiments are drawn in strata: the share that leaves is the process's own to within one person.",
		"Defects were drawn until the naive before/after was near -10 per 1,000 and the clean comparison near 0; client satisfaction until the comparison was near 0.",
	}
	if t.IsScaled {
		t.Notes = append(t.Notes, fmt.Sprintf("With %d employees there are fewer units and smaller pilots than at 2,500: cases 1 and 5 have fewer units in each wave, and the leadership pilot may be too small to find its effect.", c.opt.Employees))
	}
	return t
}

// cell is one month of one treated unit, since its own launch.
type exposure struct {
	group, unit, month, since int
	effect, units             float64
}

// exposures lists the treated unit-months of a panel.
func (c *company) exposures(p *panel, group []int, launch func(g int) int) []exposure {
	var list []exposure
	for i, g := range group {
		if g == 0 {
			continue
		}
		for t := launch(g); t < c.cal.months; t++ {
			e := p.effect[i][t]
			list = append(list, exposure{g, i, t, t - launch(g), e, p.value[i][t] * e / (1 + e)})
		}
	}
	return list
}

// average returns the mean over classes of the means within them; by returns the
// class of an exposure, or false to leave it out.
func average(list []exposure, is string, by func(x exposure) (int, bool)) truthEffect {
	type sum struct{ n, rel, log, units float64 }
	classes := map[int]*sum{}
	last := 0
	for _, x := range list {
		k, ok := by(x)
		if !ok {
			continue
		}
		if classes[k] == nil {
			classes[k] = &sum{}
		}
		s := classes[k]
		s.n++
		s.rel += x.effect
		s.log += math.Log1p(x.effect)
		s.units += x.units
		last = max(last, k)
	}
	out := truthEffect{Is: is}
	n := float64(len(classes))
	for k := 0; k <= last; k++ { // in order, so that sums round alike
		if s := classes[k]; s != nil {
			out.Relative += s.rel / s.n / n
			out.Log += s.log / s.n / n
			out.Units += s.units / s.n / n
		}
	}
	return out
}

func all(exposure) (int, bool) { return 0, true }

func (c *company) names(units []int, keep func(i int) bool) []string {
	var list []string
	for i, u := range units {
		if keep(i) {
			list = append(list, c.units[u].id)
		}
	}
	return list
}

func (c *company) sellingTruth() truthCase {
	list := c.exposures(c.revenue, c.waveOf, func(g int) int { return c.when.waves[g-1] })
	var launches []string
	for _, m := range c.when.waves {
		launches = append(launches, c.monthName(m))
	}
	treated := c.names(c.revenue.units, func(i int) bool { return c.waveOf[i] > 0 })
	return truthCase{
		Case: 1, Tactic: sellingTactic, Metric: revenueDial, Design: "staggered roll-out, order by region code", Rung: 5, Verdict: "moved as wanted", IsClaim: true,
		Launches: launches, Treated: treated, TreatedN: len(treated), Comparison: len(c.waveOf) - len(treated),
		Effects: map[string]truthEffect{
			"simple":     average(list, "mean over all treated team-months", all),
			"group":      average(list, "mean over months within a wave, then over waves", func(x exposure) (int, bool) { return x.group, true }),
			"event":      average(list, "mean within a month since launch, then over them", func(x exposure) (int, bool) { return x.since, true }),
			"calendar":   average(list, "mean within a calendar month, then over them", func(x exposure) (int, bool) { return x.month, true }),
			"after_ramp": average(list, "mean over team-months after the ramp", func(x exposure) (int, bool) { return 0, x.since >= revenueRamp }),
		},
		Parameters: map[string]any{"effect": revenueEffect, "ramp_months": revenueRamp, "waves": 4, "teams_per_wave": c.perWave()},
	}
}

// peopleTruth is the truth of an experiment with people.
func (c *company) peopleTruth(x *experiment) truthCase {
	years := float64(x.months) / 12
	with, without := 1-math.Exp(-voluntaryRate*x.hazard*years), 1-math.Exp(-voluntaryRate*years)
	out := truthCase{
		Case: 2, Tactic: x.tactic, Metric: turnoverDial, Design: "people drawn at random", Rung: 6, Verdict: "moved as wanted", IsClaim: true,
		Launches: []string{c.monthName(x.month)}, TreatedN: len(x.treated), Comparison: len(x.control),
		Effects: map[string]truthEffect{
			"hazard":          {x.hazard - 1, math.Log(x.hazard), voluntaryRate * (x.hazard - 1), "leavers by choice a person-year"},
			"risk_difference": {with/without - 1, math.Log(with / without), with - without, "share that leaves by choice within the window, nobody leaving for other reasons"},
		},
		Parameters: map[string]any{"hazard_ratio": x.hazard, "rate": voluntaryRate, "window_months": x.months},
		Realised:   map[string]float64{"treated_leavers": float64(c.leavers(x, x.treated)), "control_leavers": float64(c.leavers(x, x.control))},
	}
	out.Effects["simple"] = out.Effects["risk_difference"]
	n1, n0 := float64(len(x.treated)), float64(len(x.control))
	se := math.Sqrt(with*(1-with)/n1 + without*(1-without)/n0)
	out.Realised["z_expected"] = (with - without) / se
	if math.Abs(with-without)/se < 3 {
		out.Verdict, out.IsClaim = "cannot tell: too weak", false
	}
	return out
}

// leavers counts who left by choice in the window of an experiment.
func (c *company) leavers(x *experiment, people []int32) int {
	n, from, to := 0, c.cal.month(x.month), c.cal.month(x.month+x.months)
	for _, e := range people {
		if p := &c.emps[e]; p.reason == resigned && p.term > from && p.term <= to {
			n++
		}
	}
	return n
}

func (c *company) incentiveTruth() truthCase {
	group := make([]int, len(c.orderTime.units))
	for i := range group {
		group[i] = 1
	}
	list := c.exposures(c.orderTime, group, func(int) int { return c.when.incentive })
	return truthCase{
		Case: 3, Tactic: incentiveTactic, Metric: orderDial, Design: "everybody on one date", Rung: 3, Verdict: "moved as wanted", IsClaim: true,
		Launches: []string{c.monthName(c.when.incentive)}, Treated: c.names(c.orderTime.units, func(int) bool { return true }), TreatedN: len(group),
		Effects:    map[string]truthEffect{"simple": average(list, "mean over all depot-months since the launch", all)},
		Parameters: map[string]any{"effect": orderEffect, "pre_months": c.when.incentive, "post_months": c.cal.months - c.when.incentive, "season": "12 months"},
	}
}

func (c *company) circlesTruth() truthCase {
	in := map[int]bool{}
	for _, i := range c.worst {
		in[i] = true
	}
	at := c.when.circles
	return truthCase{
		Case: 4, Tactic: circlesTactic, Metric: defectsDial, Design: "the worst lines of the last six months", Rung: 4, Verdict: "no claim",
		Launches: []string{c.monthName(at)}, Treated: c.names(c.defects.units, func(i int) bool { return in[i] }), TreatedN: len(in), Comparison: len(c.defects.units) - len(in),
		Effects:    map[string]truthEffect{"simple": {Is: "nothing at all"}},
		Parameters: map[string]any{"effect": 0.0, "selection_months": windowMonths, "earlier_months": at - windowMonths},
		Realised: map[string]float64{
			"naive_before_after": contrast(c.defects.value, c.worst, at-windowMonths, at, at, c.cal.months, false),
			"clean_comparison":   contrast(c.defects.value, c.worst, 0, at-windowMonths, at, c.cal.months, true),
		},
	}
}

func (c *company) deskTruth() truthCase {
	list := c.exposures(c.handling, c.reorganised, func(int) int { return c.when.reorganisation })
	treated := c.names(c.handling.units, func(i int) bool { return c.reorganised[i] > 0 })
	return truthCase{
		Case: 5, Tactic: reorganisationTactic, Metric: handlingDial, Design: "comparison group, with a rival event", Rung: 4, Verdict: "joint: moved as wanted, together with the price change",
		Launches: []string{c.monthName(c.when.reorganisation)}, Treated: treated, TreatedN: len(treated), Comparison: len(c.reorganised) - len(treated),
		Effects: map[string]truthEffect{
			"simple":      average(list, "of the reorganisation alone", all),
			"joint":       c.joint(c.when.reorganisation, "of both, treated against other desks, since the launch"),
			"joint_after": c.joint(c.when.price, "of both, treated against other desks, since the price change"),
		},
		Parameters: map[string]any{
			"effect": handlingEffect, "rival_effect": priceEffect, "rival_month": c.monthName(c.when.price), "rival_treated": c.repricedAmong(true), "rival_others": c.repricedAmong(false),
		},
	}
}

func (c *company) repricedAmong(treated bool) int {
	n := 0
	for i, is := range c.repriced {
		if is && (c.reorganised[i] > 0) == treated {
			n++
		}
	}
	return n
}

// joint returns the difference that both causes make between treated and other
// desks from month a on.
func (c *company) joint(a int, is string) truthEffect {
	var logs, units [2][]float64
	for i, g := range c.reorganised {
		for t := a; t < c.cal.months; t++ {
			both := (1 + c.handling.effect[i][t]) * (1 + c.handling.rival[i][t])
			k := min(g, 1)
			logs[k] = append(logs[k], math.Log(both))
			units[k] = append(units[k], c.handling.value[i][t]*(1-1/both))
		}
	}
	d := mean(logs[1]) - mean(logs[0])
	return truthEffect{math.Expm1(d), d, mean(units[1]) - mean(units[0]), is}
}

func (c *company) mentoringTruth() truthCase {
	treated := c.names(c.satisfaction.units, func(i int) bool { return c.mentored[i] > 0 })
	return truthCase{
		Case: 7, Tactic: mentoringTactic, Metric: satisfactionDial, Design: "linked after the data were seen", Rung: 3, Verdict: "no claim; found afterwards",
		Launches: []string{c.monthName(c.when.mentoring)}, Treated: treated, TreatedN: len(treated), Comparison: len(c.mentored) - len(treated),
		Effects:    map[string]truthEffect{"simple": {Is: "nothing at all"}},
		Parameters: map[string]any{"effect": 0.0, "registered": c.monthName(c.when.mentoringKnown)},
	}
}
