package demo

import "fmt"

// writeRegister writes the register of tactics. Its dates are a log.
func (c *company) writeRegister(out *delivery) {
	out.source = source{
		name: "register", schedule: "30 4 * * *", isTrustedLog: true,
		about: "The register of needs, tactics, links and assignments.",
	}
	tactics := c.tactics()
	c.writeNeeds(out)
	c.writeTactics(out, tactics)
	c.writeLinks(out, tactics)
	c.writeWaves(out, tactics)
	c.writeUnits(out, tactics)
	c.writeParticipants(out, tactics)
	c.writeRivals(out)
	c.writeAnnotations(out)
	c.writeValue(out, tactics)
}

func (c *company) writeNeeds(out *delivery) {
	m, w := c.cal.month, &c.when
	out.table(feed{
		name: "needs", target: "need", delivery: "snapshot", path: "register/needs.csv",
		spec: []string{
			"need_id", "title", "owner_id", "opened_date", "goal_id", "is_customer_feedback", "was_neutral", "had_owner_access", "is_shared",
		},
	}, func(f *file) {
		row := func(id, title string, owner int, opened day, goal string, clients, neutral, access, shared bool) {
			f.add(txt(id), txt(title), txt(personID(c.owner(owner))), on(opened), txt(goal), flag(clients), flag(neutral), flag(access), flag(shared))
		}
		row("N-01", "Clients say that we offer before we listen", c.divisions[sales], m(w.waves[0]-6)+3, "G-110", true, true, true, true)
		row("N-02", "Too many people leave", c.bases[corporate][0], m(w.coaching-5)+11, "G-120", false, true, true, true)
		row("N-03", "Orders leave too late", c.divisions[logistics], m(w.incentive-2)+12, "G-130", true, false, true, false)
		row("N-04", "Some lines make too many defects", c.divisions[production], m(w.circles-2)+2, "G-140", false, false, true, false)
		row("N-05", "Calls take too long", c.divisions[service], m(w.reorganisation-5)+7, "G-150", true, true, false, true)
		row("N-06", "Client satisfaction rises too slowly", c.divisions[service], m(w.mentoringKnown-1)+4, "G-160", true, false, true, false)
		row("N-07", "New colleagues take long to get up to speed", c.divisions[production], m(c.cal.months-3)+9, "G-140", false, true, true, true)
	})
}

func (c *company) writeTactics(out *delivery, tactics []tactic) {
	out.table(feed{
		name: "tactics", target: "tactic", delivery: "history", path: "register/tactics.csv",
		spec: []string{
			"tactic_id", "name", "tactic_type", "need_id", "owner_id", "approved_date", "launched_date", "ended_date", "Budget = planned_cost_amount",
			"Budget currency = currency", "sessions_planned", "Follow-up = has_follow_up : bool yes no", "course_id", "valid_from", "valid_to", "recorded_at",
		},
	}, func(f *file) {
		for _, t := range tactics {
			sessions := cell{}
			if t.sessions > 0 {
				sessions = whole(t.sessions)
			}
			f.add(txt(t.id), txt(t.name), txt(t.kind), txt(t.need), txt(personID(c.owner(t.owner))), on(t.approved), on(t.launched), on(t.ended),
				rounded(t.planned, 0), txt("EUR"), sessions, flag(t.followUp), txt(t.course), on(t.approved), cell{}, at(t.approved.at(11)))
		}
	})
}

func (c *company) writeLinks(out *delivery, tactics []tactic) {
	out.table(feed{
		name: "links", target: "tactic_link", delivery: "snapshot", path: "register/links.csv",
		spec: []string{
			"tactic_link_id", "tactic_id", "goal_id", "metric_id", "mechanism", "baseline", "target", "target_date", "business_owner_id",
			"expected_lag_months", "registered_at", "approved_at", "recorded_at",
		},
	}, func(f *file) {
		for _, t := range tactics {
			if l := t.link; l != nil {
				f.add(txt("L-"+t.id), txt(t.id), txt(l.goal), txt(l.metric), txt(l.mechanism), num(l.baseline), num(l.target), on(l.due),
					txt(personID(c.owner(l.owner))), whole(l.lag), at(l.registered.at(14)), at(l.approved.at(9)), at(l.registered.at(14)))
			}
		}
	})
}

// A wave is one start of a tactic's roll-out.
func (c *company) writeWaves(out *delivery, tactics []tactic) {
	out.table(feed{
		name: "waves", target: "tactic_wave", delivery: "snapshot", path: "register/waves.csv",
		spec: []string{"tactic_id", "wave", "start_date", "assigned_by", "order_rule", "assigned_at", "seed"},
	}, func(f *file) {
		for _, t := range tactics {
			row := func(wave int, start day, by, rule string, assigned day, seed string) {
				f.add(txt(t.id), whole(wave), on(start), txt(by), txt(rule), at(assigned.at(16)), txt(seed))
			}
			switch t.id {
			case sellingTactic:
				for i, m := range c.when.waves {
					row(i+1, c.cal.month(m), "order", "region code", t.approved+7, "")
				}
			case pilotTactic:
				row(1, t.launched, "random", "drawn from all employees", t.launched-14, "20250917")
			case coachingTactic:
				row(1, t.launched, "random", "drawn from those who put their names down", t.launched-14, "20240818")
			case incentiveTactic, complianceTactic, listeningTactic:
				row(1, t.launched, "all", "", t.approved, "")
			case circlesTactic:
				row(1, t.launched, "choice", "most defects in the last six months", t.approved, "")
			default:
				row(1, t.launched, "choice", "", t.approved, "")
			}
		}
	})
}

// A part is one unit's part in a tactic.
type part struct {
	unit      int
	isControl bool
	wave      int
	assigned  day
	from      day
	window    bool
}

// parts lists the units of a tactic.
func (c *company) parts(t tactic) []part {
	var list []part
	add := func(units []int, wave func(i int) int, listControl bool) {
		for i, u := range units {
			switch n := wave(i); {
			case n > 0:
				list = append(list, part{unit: u, wave: n, assigned: t.approved + 7, from: t.launched})
			case listControl:
				list = append(list, part{unit: u, isControl: true, assigned: t.approved + 7})
			}
		}
	}
	all := func(int) int { return 1 }
	switch t.id {
	case sellingTactic:
		add(c.bases[sales], func(i int) int { return c.waveOf[i] }, true)
		for i := range list {
			if n := list[i].wave; n > 0 {
				list[i].from = c.cal.month(c.when.waves[n-1])
			}
		}
	case incentiveTactic:
		add(c.bases[logistics], all, false)
	case circlesTactic:
		worst := make([]int, len(c.bases[production]))
		for _, i := range c.worst {
			worst[i] = 1
		}
		add(c.bases[production], func(i int) int { return worst[i] }, false)
		for i := range list {
			list[i].window, list[i].assigned = true, t.approved
		}
	case reorganisationTactic:
		add(c.bases[service], func(i int) int { return c.reorganised[i] }, false)
	case mentoringTactic:
		add(c.bases[service], func(i int) int { return c.mentored[i] }, false)
	case listeningTactic:
		add(c.bases[service], all, false)
	case awayTactic, toolsTactic:
		add(c.bases[corporate], all, false)
	}
	return list
}

func (c *company) writeUnits(out *delivery, tactics []tactic) {
	out.table(feed{
		name: "units", target: "tactic_unit", delivery: "snapshot", path: "register/units.csv",
		spec: []string{
			"tactic_id", "unit_id", "arm", "wave", "assigned_at", "exposed_from_date", "exposed_to_date", "is_chosen_on_dial", "selection_from_date",
			"selection_to_date",
		},
	}, func(f *file) {
		for _, t := range tactics {
			for _, p := range c.parts(t) {
				arm, wave, ended := "treated", whole(p.wave), t.ended
				if p.isControl {
					arm, wave, ended = "control", cell{}, 0
				}
				from, to := day(0), day(0)
				if p.window {
					from, to = c.cal.month(c.when.circles-windowMonths), c.cal.month(c.when.circles)
				}
				f.add(txt(t.id), txt(c.units[p.unit].id), txt(arm), wave, at(p.assigned.at(16)), on(p.from), on(ended), flag(p.window), on(from), on(to))
			}
		}
	})
}

func (c *company) writeParticipants(out *delivery, tactics []tactic) {
	out.table(feed{
		name: "participants", target: "tactic_participant", delivery: "snapshot", path: "register/participants.csv",
		spec: []string{"tactic_id", "person_id", "arm", "wave", "assigned_at", "offered_date", "completed_date", "hours"},
	}, func(f *file) {
		for _, t := range tactics {
			seen := map[int32]bool{}
			for _, p := range c.participants(t) {
				person := c.emps[p.employment].person
				if seen[person] { // was in two teams: the first counts
					continue
				}
				seen[person] = true
				arm, wave, hours := "treated", whole(p.wave), cell{}
				if p.isControl {
					arm, wave = "control", cell{}
				}
				if p.finished != 0 {
					hours = num(p.hours)
				}
				f.add(txt(t.id), txt(personID(person)), txt(arm), wave, at(p.assigned.at(16)), on(p.offered), on(p.finished), hours)
			}
		}
	})
}

func (c *company) writeRivals(out *delivery) {
	out.table(feed{
		name: "rival_events", target: "rival_event", delivery: "snapshot", path: "register/rival_events.csv",
		spec: []string{"rival_event_id", "name", "metric_id", "unit_id", "from_date", "to_date", "is_independent"},
	}, func(f *file) {
		for i, is := range c.repriced {
			if is {
				f.add(txt("R-price"), txt("Price change"), txt(handlingDial), txt(c.units[c.bases[service][i]].id), on(c.cal.month(c.when.price)), cell{}, flag(true))
			}
		}
	})
}

// writeAnnotations writes what a reader of charts would like to know of a day.
func (c *company) writeAnnotations(out *delivery) {
	out.table(feed{
		name: "annotations", target: "annotation", delivery: "snapshot", path: "register/annotations.csv",
		spec: []string{"annotation_id", "unit_id", "on_date", "name"},
	}, func(f *file) {
		u := c.bases[service][0]
		for c.units[u].kind != "division" {
			u = c.units[u].parent
		}
		f.add(txt("N-price"), txt(c.units[u].id), on(c.cal.month(c.when.price)), txt("New prices for customers"))
	})
}

// writeValue writes what participants and managers think, and planned benefits.
func (c *company) writeValue(out *delivery, tactics []tactic) {
	k := c.key("contribution")
	out.table(feed{
		name: "contributions", target: "contribution_estimate", delivery: "delta", path: "register/contributions.csv",
		spec: []string{"tactic_id", "metric_id", "respondent", "respondent_type", "contribution_pct", "confidence_pct", "answered_date"},
	}, func(f *file) {
		for _, t := range tactics {
			if t.id != incentiveTactic && t.id != mentoringTactic {
				continue
			}
			for i := range 30 {
				kind := "participant"
				if i%4 == 0 {
					kind = "manager"
				}
				f.add(txt(t.id), txt(t.link.metric), txt(fmt.Sprintf("tk-%s-%02d", t.id, i)), txt(kind), whole(20+10*k.pick(i, int(t.launched), 6)),
					whole(40+10*k.pick(i, int(t.launched)+1, 5)), on(t.launched+200))
			}
		}
	})
	out.table(feed{
		name: "benefits", target: "benefit", delivery: "snapshot", path: "register/benefits.csv",
		spec: []string{"benefit_id", "tactic_id", "metric_id", "planned_amount", "actual_amount", "currency", "go_live_date"},
	}, func(f *file) {
		for _, t := range tactics {
			if t.link == nil {
				continue
			}
			actual := cell{}
			if t.launched+365 < c.cal.end() {
				actual = rounded(t.cost*(.6+1.5*k.draw(int(t.launched), 2)), 0)
			}
			f.add(txt("B-"+t.id), txt(t.id), txt(t.link.metric), rounded(t.planned*1.8, 0), actual, txt("EUR"), on(t.launched))
		}
	})
}
