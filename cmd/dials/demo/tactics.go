package demo

import "math"

// Ids of the tactics.
const (
	sellingTactic        = "consultative-selling"
	pilotTactic          = "leadership-pilot"
	coachingTactic       = "coaching"
	incentiveTactic      = "incentive-plan"
	circlesTactic        = "quality-circles"
	reorganisationTactic = "reorganisation"
	complianceTactic     = "compliance-refresher"
	awayTactic           = "away-days"
	toolsTactic          = "office-tools"
	mentoringTactic      = "mentoring"
	listeningTactic      = "client-listening"
)

// Ids of the dials.
const (
	revenueDial      = "revenue"
	turnoverDial     = "voluntary_turnover"
	orderDial        = "order_time"
	defectsDial      = "defects"
	handlingDial     = "handling_time"
	satisfactionDial = "client_satisfaction"
)

// A tactic is one solution that the company put in place.
type tactic struct {
	id, name, kind, need, course string
	approved, launched, ended    day
	spendMonths, sessions        int
	planned, cost                float64 // EUR
	followUp                     bool
	owner                        int // unit whose head runs it
	link                         *link
}

// A link says which dial a tactic shall move.
type link struct {
	goal, metric, mechanism string
	baseline, target        float64
	due                     day
	owner                   int // unit whose head owns the result
	lag                     int
	registered, approved    day
}

// tactics lists what the company did, with the links that it registered.
func (c *company) tactics() []tactic {
	m := c.cal.month
	scale := float64(c.opt.Employees) / 2500
	pilot := min(1, scale)
	learning, people := c.bases[corporate][1], c.bases[corporate][0]
	w, end := &c.when, c.cal.month(c.cal.months-1)
	list := []tactic{
		{
			id: sellingTactic, name: "Consultative selling", kind: "training", need: "N-01", course: "CRS-21", approved: m(w.waves[0]-3) + 10,
			launched: m(w.waves[0]), spendMonths: 13, sessions: 24, planned: 560000 * scale, cost: 585000 * scale, followUp: true, owner: learning,
			link: &link{
				goal: "G-110", metric: revenueDial, mechanism: "Sales people ask before they offer; larger orders and fewer discounts",
				baseline: c.teamRevenue(), target: c.teamRevenue() * 1.05, due: m(w.waves[3] + 12), owner: c.divisions[sales], lag: 4,
			},
		},
		{
			id: pilotTactic, name: "Leadership pilot", kind: "training", need: "N-02", course: "CRS-22", approved: m(w.pilot-2) + 3,
			launched: m(w.pilot), spendMonths: 6, sessions: 10, planned: 390000 * pilot, cost: 372000 * pilot, followUp: true, owner: learning,
			link: &link{
				goal: "G-120", metric: turnoverDial, mechanism: "People who lead themselves and others well stay",
				baseline: .18, target: .126, due: m(w.pilot + 12), owner: people, lag: 0,
			},
		},
		{
			id: coachingTactic, name: "Coaching", kind: "training", need: "N-02", course: "CRS-23", approved: m(w.coaching-2) + 6,
			launched: m(w.coaching), ended: m(w.coaching + 12), spendMonths: 10, sessions: 6, planned: 150000 * pilot, cost: 161000 * pilot, followUp: true,
			owner: learning,
			link: &link{
				goal: "G-120", metric: turnoverDial, mechanism: "Coached people see a future here",
				baseline: .18, target: .153, due: m(w.coaching + 12), owner: people, lag: 0,
			},
		},
		{
			id: incentiveTactic, name: "Incentive plan", kind: "incentive", need: "N-03", approved: m(w.incentive-2) + 12,
			launched: m(w.incentive), spendMonths: 2, planned: 480000 * scale, cost: 48000 * scale, owner: c.divisions[logistics], // bonuses are planned, and paid by payroll
			link: &link{
				goal: "G-130", metric: orderDial, mechanism: "A bonus for orders that leave the same day",
				baseline: 52, target: 47, due: m(w.incentive + 12), owner: c.divisions[logistics], lag: 0,
			},
		},
		{
			id: circlesTactic, name: "Quality circles", kind: "process", need: "N-04", course: "CRS-26", approved: m(w.circles-1) + 20,
			launched: m(w.circles), spendMonths: 10, sessions: 12, planned: 90000 * scale, cost: 97000 * scale, followUp: true, owner: c.bases[corporate][0],
			link: &link{
				goal: "G-140", metric: defectsDial, mechanism: "Operators find causes of defects themselves",
				baseline: .110, target: .095, due: m(w.circles + 12), owner: c.divisions[production], lag: 1,
			},
		},
		{
			id: reorganisationTactic, name: "Reorganisation of service desks", kind: "reorganisation", need: "N-05", approved: m(w.reorganisation-3) + 8,
			launched: m(w.reorganisation), spendMonths: 4, planned: 240000 * scale, cost: 262000 * scale, owner: c.divisions[service],
			link: &link{
				goal: "G-150", metric: handlingDial, mechanism: "One hub with specialists in place of desks that do everything",
				baseline: 7.1, target: 6.6, due: m(w.reorganisation + 12), owner: c.divisions[service], lag: 0,
			},
		},
		{
			id: complianceTactic, name: "Compliance refresher", kind: "training", course: "CRS-25", approved: m(w.pilot-5) + 2, launched: m(w.pilot - 4),
			spendMonths: 4, sessions: 1, planned: 180000 * scale, cost: 196000 * scale, owner: learning,
		},
		{
			id: awayTactic, name: "Away days", kind: "communication", approved: m(w.pilot-8) + 1, launched: m(w.pilot - 6), ended: m(w.pilot-6) + 3,
			spendMonths: 1, sessions: 1, planned: 120000 * scale, cost: 131000 * scale, owner: people,
		},
		{
			id: toolsTactic, name: "Office tools", kind: "tool", approved: m(w.pilot-3) + 1, launched: m(w.pilot + 1),
			spendMonths: 9, planned: 100000 * scale, cost: 85000 * scale, owner: c.bases[corporate][min(len(c.bases[corporate])-1, 5)],
		},
		{
			id: mentoringTactic, name: "Mentoring", kind: "training", need: "N-06", course: "CRS-24", approved: m(w.mentoring-1) + 5,
			launched: m(w.mentoring), spendMonths: 8, sessions: 6, planned: 40000 * scale, cost: 38000 * scale, followUp: true, owner: learning,
			link: &link{
				goal: "G-160", metric: satisfactionDial, mechanism: "Mentors pass on how to deal with difficult clients",
				baseline: 72.5, target: 75.5, due: m(c.cal.months + 2), owner: c.divisions[service], lag: 2,
				registered: m(w.mentoringKnown) + 11,
			},
		},
		{
			id: listeningTactic, name: "Client listening rounds", kind: "process", need: "N-06", approved: m(w.listening-2) + 14,
			launched: m(w.listening), spendMonths: 3, sessions: 4, planned: 30000 * scale, cost: 21000 * scale, followUp: true, owner: c.divisions[service],
			link: &link{
				goal: "G-160", metric: satisfactionDial, mechanism: "Desks hear from clients every month what went wrong",
				baseline: 74, target: 77, due: m(c.cal.months + 8), owner: c.divisions[service], lag: 3,
			},
		},
	}
	for i := range list {
		if l := list[i].link; l != nil {
			if l.registered == 0 {
				l.registered = list[i].approved + 4
			}
			l.approved = min(l.registered+5, end+25)
		}
	}
	return list
}

// teamRevenue is what a sales team made in a month before consultative selling.
func (c *company) teamRevenue() float64 {
	var sum float64
	for i := range c.revenue.units {
		sum += mean(c.revenue.value[i][c.when.waves[0]-12 : c.when.waves[0]])
	}
	return math.Round(sum/float64(len(c.revenue.units))/1000) * 1000
}

// A participant is one person's part in a tactic.
type participant struct {
	employment        int32
	isControl         bool
	wave              int
	assigned          day
	offered, finished day // 0 for never
	hours             float64
}

// participants lists who took part in a tactic, with those drawn as control.
func (c *company) participants(t tactic) []participant {
	w := &c.when
	switch t.id {
	case sellingTactic:
		var list []participant
		for i, wave := range c.waveOf {
			if wave > 0 {
				month := w.waves[wave-1]
				list = append(list, c.members(t, c.bases[sales][i], wave, month, t.approved+7, .94, 45, 16)...)
			}
		}
		return list
	case pilotTactic:
		return c.drawn(t, c.pilot, 24)
	case coachingTactic:
		return c.drawn(t, c.coaching, 10)
	case incentiveTactic:
		return c.ofUnits(t, c.bases[logistics], func(int) bool { return true }, w.incentive, 0, 0, 0)
	case circlesTactic:
		in := map[int]bool{}
		for _, i := range c.worst {
			in[i] = true
		}
		return c.ofUnits(t, c.bases[production], func(i int) bool { return in[i] }, w.circles, .9, 60, 12)
	case reorganisationTactic:
		return c.ofUnits(t, c.bases[service], func(i int) bool { return c.reorganised[i] > 0 }, w.reorganisation, 1, 5, 3)
	case mentoringTactic:
		return c.ofUnits(t, c.bases[service], func(i int) bool { return c.mentored[i] > 0 }, w.mentoring, .85, 150, 12)
	case listeningTactic:
		return c.ofUnits(t, c.bases[service], func(int) bool { return true }, w.listening, .5, 40, 2)
	case complianceTactic:
		return c.members(t, 0, 1, w.pilot-4, t.approved, .92, 60, 2)
	case awayTactic:
		return c.ofUnits(t, c.bases[corporate], func(int) bool { return true }, w.pilot-6, .8, 2, 14)
	case toolsTactic:
		return c.ofUnits(t, c.bases[corporate], func(int) bool { return true }, w.pilot+1, .9, 90, 3)
	}
	return nil
}

// ofUnits lists the members of the chosen units in the month of the launch.
func (c *company) ofUnits(t tactic, units []int, chosen func(i int) bool, month int, share float64, within int, hours float64) []participant {
	var list []participant
	for i, u := range units {
		if chosen(i) {
			list = append(list, c.members(t, u, 1, month, t.approved, share, within, hours)...)
		}
	}
	return list
}

// members lists the employees of a unit and those below it on the first day of a
// month; a share of them finishes within so many days.
func (c *company) members(t tactic, u, wave, month int, assigned day, share float64, within int, hours float64) []participant {
	k, start := c.key("members "+t.id), c.cal.month(month)
	var list []participant
	for _, e := range c.staff(month)[u] {
		p := participant{employment: e, wave: wave, assigned: assigned, offered: start}
		x := &c.emps[e]
		done := start + day(3+k.pick(int(e), 1, max(1, within)))
		if k.draw(int(e), 0) < share && done < c.cal.end() && (x.term == 0 || done < x.term) {
			p.finished, p.hours = done, hours
		}
		list = append(list, p)
	}
	return list
}

// staff returns the employees of each unit, those of units below included, on the
// first day of a month.
func (c *company) staff(month int) map[int][]int32 {
	if s, ok := c.staffed[month]; ok {
		return s
	}
	s, d := map[int][]int32{}, c.cal.month(month)
	for e := range c.emps {
		x := &c.emps[e]
		if x.kind != employee || !x.isActive(d) {
			continue
		}
		for u := int(x.unitOn(d)); u >= 0; u = c.units[u].parent {
			s[u] = append(s[u], int32(e))
		}
	}
	c.staffed[month] = s
	return s
}

// drawn lists the arms of an experiment. Those who are still there finish.
func (c *company) drawn(t tactic, x *experiment, hours float64) []participant {
	k, start := c.key("drawn "+t.id), c.cal.month(x.month)
	assigned := start - 14
	var list []participant
	for _, e := range x.treated {
		p := participant{employment: e, wave: 1, assigned: assigned, offered: start}
		done := start + day(20+k.pick(int(e), 1, 70))
		if term := c.emps[e].term; k.draw(int(e), 0) < .98 && (term == 0 || done < term) {
			p.finished, p.hours = done, hours
		}
		list = append(list, p)
	}
	for _, e := range x.control {
		list = append(list, participant{employment: e, isControl: true, assigned: assigned})
	}
	return list
}
