package demo

import (
	"fmt"
	"math"
)

// A goal is one objective of the cascade.
type goal struct {
	id, name, parent, level string
	owner                   int32
	unit                    int // -1 for none
	period                  string
	start, due              day
	baseline, target        float64
	direction, metric       string
	weight                  float64
	cadence                 int
	speed                   float64 // 1 is on time
	abandoned               bool
	person                  int32 // of an individual goal
}

// writeStrategy writes the cascade, its check-ins and what is in its way.
func (c *company) writeStrategy(out *delivery) {
	out.source = source{name: "strategy", schedule: "0 5 * * 1-5", about: "Objectives from strategy to person, check-ins, impediments and surveys."}
	goals, projects := c.goals(), c.projects()
	c.writeGoals(out, goals, projects)
	c.writeProgress(out, goals, projects)
	c.writeCheckins(out, goals, projects)
	c.writeImpediments(out, goals, projects)
	c.writeSurveys(out)
}

// goals builds the cascade: strategic and supporting objectives that last, and
// department, team and individual ones of the last two fiscal years.
func (c *company) goals() []goal {
	first, last := c.cal.month(max(0, c.cal.months-34)), c.cal.month(c.cal.months+14)
	people, division := c.bases[corporate][0], c.divisions
	list := []goal{
		{id: "G-100", name: "Grow profitably as the supplier that clients recommend", level: "strategic", owner: c.owner(0), unit: 0, weight: 1},
		{id: "G-110", name: "Sell more to the clients we have", parent: "G-100", level: "supporting", owner: c.owner(division[sales]), unit: division[sales], baseline: c.teamRevenue(), target: c.teamRevenue() * 1.05, direction: "up", metric: revenueDial, weight: 3},
		{id: "G-120", name: "Keep the people we have", parent: "G-100", level: "supporting", owner: c.owner(people), unit: 0, baseline: .18, target: .15, direction: "down", metric: turnoverDial, weight: 2},
		{id: "G-130", name: "Dispatch orders sooner", parent: "G-100", level: "supporting", owner: c.owner(division[logistics]), unit: division[logistics], baseline: 52, target: 46, direction: "down", metric: orderDial, weight: 2},
		{id: "G-140", name: "Make it right the first time", parent: "G-100", level: "supporting", owner: c.owner(division[production]), unit: division[production], baseline: .090, target: .082, direction: "down", metric: defectsDial, weight: 2},
		{id: "G-150", name: "Solve it in one short call", parent: "G-100", level: "supporting", owner: c.owner(division[service]), unit: division[service], baseline: 7.2, target: 6.7, direction: "down", metric: handlingDial, weight: 1},
		{id: "G-160", name: "Clients who would recommend us", parent: "G-100", level: "supporting", owner: c.owner(division[service]), unit: division[service], baseline: 71.5, target: 76, direction: "up", metric: satisfactionDial, weight: 2},
	}
	for i := range list {
		list[i].period, list[i].start, list[i].due, list[i].cadence = "Strategy 2028", first, last, 30
		list[i].speed = [...]float64{1, 1.1, .75, 1.2, .3, .8, .7}[i]
	}
	k := c.key("goals")
	fy := c.cal.fiscalYear(c.cal.months - 1)
	for y := fy - 1; y <= fy; y++ {
		list = append(list, c.unitGoals(k, y)...)
		list = append(list, c.personGoals(k, y)...)
	}
	return list
}

// parentGoal is the objective that a group of units serves.
func parentGoal(group int) (id, metric, direction string) {
	return [...]string{"G-110", "G-140", "G-150", "G-130", "G-120"}[group],
		[...]string{revenueDial, defectsDial, handlingDial, orderDial, ""}[group],
		[...]string{"up", "down", "down", "down", "up"}[group]
}

// hasGoal reports whether base unit u has an objective in fiscal year y.
func (c *company) hasGoal(k key, u, y int) bool {
	from, _ := c.merged()
	return u != from && k.draw(u, y) >= .06
}

// unitGoals gives each division and base unit an objective for a fiscal year; a
// few units have none.
func (c *company) unitGoals(k key, y int) []goal {
	start, due := date(y-1, fiscalStart), date(y, fiscalStart)-1
	var list []goal
	for g, bases := range c.bases {
		parent, metric, direction := parentGoal(g)
		above := fmt.Sprintf("%s-%s-FY%d", parent, c.units[c.divisions[g]].id, y)
		base, aim := 100.0, 105.0
		if direction == "down" {
			base, aim = 100, 94
		}
		list = append(list, goal{
			id: above, name: fmt.Sprintf("%s: the year's share", c.units[c.divisions[g]].name), parent: parent, level: "department", owner: c.owner(c.divisions[g]),
			unit: c.divisions[g], period: fmt.Sprintf("FY%d", y), start: start, due: due, baseline: base, target: aim, direction: direction,
			weight: 1, cadence: 30, speed: .7 + .6*k.draw(g, y),
		})
		for _, u := range bases {
			if !c.hasGoal(k, u, y) {
				continue
			}
			x := goal{
				id: fmt.Sprintf("%s-%s-FY%d", parent, c.units[u].id, y), name: c.units[u].name + ": our part", parent: above, level: "team", owner: c.owner(u),
				unit: u, period: fmt.Sprintf("FY%d", y), start: start, due: due, baseline: base, target: aim, direction: direction, metric: metric, weight: 1,
				cadence: 30, speed: .45 + .9*k.draw(u, y+1), abandoned: k.draw(u, y+2) < .04,
			}
			if k.draw(u, y+3) < .05 {
				x.owner = 0
			}
			list = append(list, x)
		}
	}
	return list
}

// personGoals gives two people in five an objective under the one of their unit;
// for some the path upwards is broken.
func (c *company) personGoals(k key, y int) []goal {
	start, due := date(y-1, fiscalStart), date(y, fiscalStart)-1
	var list []goal
	for e := range c.emps {
		x := &c.emps[e]
		if x.kind != employee || !x.isActive(start) || k.draw(e, y+10) > .4 {
			continue
		}
		u := c.base(int(x.unitOn(start)))
		g := c.units[u].group
		if g == management {
			continue
		}
		parent, _, _ := parentGoal(g)
		above := fmt.Sprintf("%s-%s-FY%d", parent, c.units[u].id, y)
		if k.draw(e, y+11) < .07 || !c.hasGoal(k, u, y) {
			above = ""
		}
		list = append(list, goal{
			id: fmt.Sprintf("G-P-%07d-FY%d", e+1, y), name: "My part of the team's objective", parent: above, level: "individual", owner: x.person, unit: u,
			period: fmt.Sprintf("FY%d", y), start: start, due: due, baseline: 0, target: 100, direction: "up", weight: 1, cadence: 90,
			speed: .5 + .9*k.draw(e, y+12), person: x.person,
		})
	}
	return list
}

func (c *company) writeGoals(out *delivery, goals []goal, projects []project) {
	k := c.key("goal versions")
	out.table(feed{
		name: "goals", target: "goal", delivery: "history", path: "strategy/goals.csv",
		spec: []string{
			"goal_id", "name", "parent_id", "level", "owner_id", "unit_id", "period", "start_date", "due_date", "baseline", "target", "direction",
			"weight", "metric_id", "status", "cadence_days", "change_reason", "valid_from", "valid_to", "recorded_at",
		},
	}, func(f *file) {
		for i, g := range goals {
			owner, unit, base, aim := cell{}, cell{}, cell{}, cell{}
			if g.owner != 0 {
				owner = txt(personID(g.owner))
			}
			if g.unit >= 0 {
				unit = txt(c.units[g.unit].id)
			}
			if g.direction != "" {
				base, aim = num(g.baseline), num(g.target)
			}
			row := func(due day, status, reason string, from, to day) {
				f.add(txt(g.id), txt(g.name), txt(g.parent), txt(g.level), owner, unit, txt(g.period), on(g.start), on(due), base, aim,
					txt(g.direction), num(g.weight), txt(g.metric), txt(status), whole(g.cadence), txt(reason), on(from), on(to), at(from.at(8)))
			}
			from, due := g.start-10, g.due
			if moved := g.start + 150; k.draw(i, 0) < .05 && g.level == "team" && moved < c.cal.end() { // the date was moved
				row(due, "active", "", from, moved)
				from, due = moved, due+60
				if due+12 >= c.cal.end() {
					row(due, "active", "date moved", from, 0)
					continue
				}
			}
			switch closed := due + 12; {
			case g.abandoned && g.start+120 < c.cal.end():
				row(due, "active", "", from, g.start+120)
				row(due, "abandoned", "priorities changed", max(from+1, g.start+120), 0)
			case closed < c.cal.end() && g.speed >= .95:
				row(due, "active", "", from, closed)
				row(due, "done", "target reached", closed, 0)
			default:
				row(due, "active", "", from, 0)
			}
		}
		for i := range projects {
			projects[i].addVersions(f, c)
		}
	})
}

// reached returns the progress of a goal on a day, 0 to 1 and a little more.
func (g *goal) reached(k key, i int, d day) float64 {
	share := float64(d-g.start) / float64(g.due-g.start)
	return clip(g.speed*share+.06*(k.draw(i, int(d))-.5), 0, 1.1)
}

func (c *company) writeProgress(out *delivery, goals []goal, projects []project) {
	k := c.key("progress")
	out.table(feed{
		name: "progress", target: "goal_progress", delivery: "delta", path: "strategy/progress.csv",
		spec: []string{"goal_id", "As of = as_of_date", "Value = value", "Owner says = owner_status"},
	}, func(f *file) {
		for i, g := range goals {
			if g.direction == "" {
				continue
			}
			step := day(g.cadence)
			for d := g.start + step; d < min(c.cal.end(), g.due+1); d += step {
				if g.abandoned && d > g.start+120 || k.draw(i, int(d)+1) < .08 {
					continue
				}
				p := g.reached(k, i, d)
				says := "green"
				if behind := float64(d-g.start)/float64(g.due-g.start) - p; behind > .25 {
					says = "red"
				} else if behind > .12 && k.draw(i, int(d)+2) < .6 {
					says = "amber"
				}
				f.add(txt(g.id), on(d), rounded(g.baseline+p*(g.target-g.baseline), 5), txt(says))
			}
		}
		for i := range projects {
			projects[i].addProgress(f, c)
		}
	})
}

func (c *company) writeCheckins(out *delivery, goals []goal, projects []project) {
	k := c.key("check-ins")
	out.table(feed{
		name: "checkins", target: "checkin", delivery: "delta", path: "strategy/checkins.csv",
		spec: []string{
			"checkin_id", "person_id", "manager_id", "goal_id", "expected_date", "held_date", "minutes", "Agenda = items_set", "Covered = items_covered",
		},
	}, func(f *file) {
		n := 0
		for i, g := range goals {
			if g.owner == 0 {
				continue
			}
			manager := int32(0)
			if g.unit >= 0 {
				manager, _ = c.manager(g.unit, g.owner, min(g.start+90, c.cal.end()-1))
			}
			rhythm := .6 + .38*k.draw(int(manager), 0)
			for d := g.start + day(g.cadence); d < min(c.cal.end(), g.due+1) && (!g.abandoned || d < g.start+120); d += day(g.cadence) {
				n++
				held, minutes, covered := day(0), cell{}, cell{}
				if k.draw(i, int(d)) < rhythm {
					held = min(d+day(9*k.draw(i, int(d)+1))-3, c.cal.end()-1)
					minutes, covered = whole(12+int(math.Floor(35*k.draw(i, int(d)+2)))), whole(2+int(2.6*k.draw(i, int(d)+3)))
				}
				by := cell{}
				if manager != 0 {
					by = txt(personID(manager))
				}
				f.add(txt(fmt.Sprintf("CI-%08d", n)), txt(personID(g.owner)), by, txt(g.id), on(d), on(held), minutes, whole(4), covered)
			}
		}
		more, n := c.key("project check-ins"), 0
		for i := range projects {
			n = projects[i].addCheckins(f, c, more, i, n)
		}
	})
}

func (c *company) writeImpediments(out *delivery, goals []goal, projects []project) {
	k := c.key("impediments")
	out.table(feed{
		name: "impediments", target: "impediment", delivery: "delta", path: "strategy/impediments.csv",
		spec: []string{"impediment_id", "goal_id", "raised_date", "Help asked = is_help_requested : bool yes no", "answered_date", "closed_date"},
	}, func(f *file) {
		n := 0
		for i, g := range goals {
			if g.level == "individual" || g.direction == "" || k.draw(i, 0) > .3 {
				continue
			}
			raised := g.start + day(k.pick(i, 1, 300))
			answered := raised + 2 + day(k.pick(i, 2, 30))
			closed := answered + day(k.pick(i, 3, 70))
			help := k.draw(i, 4) < .6
			if raised >= c.cal.end() {
				continue
			}
			if !help || k.draw(i, 5) < .2 || answered >= c.cal.end() {
				answered = 0
			}
			if k.draw(i, 6) < .2 || closed >= c.cal.end() {
				closed = 0
			}
			n++
			f.add(txt(fmt.Sprintf("IM-%05d", n)), txt(g.id), on(raised), flag(help), on(answered), on(closed))
		}
		more := c.key("project impediments")
		for i := range projects {
			projects[i].addImpediments(f, c, more, i)
		}
	})
}

// writeSurveys writes two yearly surveys by base unit: how far messages get, and
// how the talks went.
func (c *company) writeSurveys(out *delivery) {
	k := c.key("surveys")
	items := [...]struct {
		survey, item string
		level, rise  float64
	}{
		{"goal-clarity", "I have heard of our objectives", 3.7, .3},
		{"goal-clarity", "I understand them", 3.2, .4},
		{"goal-clarity", "I want to act on them", 3.5, .1},
		{"goal-clarity", "I know how to act on them", 2.8, .3},
		{"goal-clarity", "I act on them", 2.9, .2},
		{"talk-quality", "My last talk helped me", 3.3, .1},
	}
	out.table(feed{
		name: "survey_results", target: "survey_result", delivery: "delta", path: "strategy/survey_results.csv", comma: true, delimiter: ';',
		spec: []string{
			"survey_id", "wave", "item", "respondent", "unit_id", "goal_id", "Mean = value", "asked", "answered", "answered_date : date %d.%m.%Y",
		},
	}, func(f *file) {
		for w, m := range []int{c.cal.months - 31, c.cal.months - 19, c.cal.months - 7} {
			d := c.cal.month(m) + 12
			staff := c.staff(m)
			for _, bases := range c.bases {
				for _, u := range bases {
					asked := len(staff[u])
					if asked == 0 {
						continue
					}
					answered := int(math.Round(float64(asked) * (.55 + .4*k.draw(u, w))))
					for i, x := range items {
						if answered == 0 {
							continue
						}
						v := clip(x.level+x.rise*float64(w)/2+.5*(k.draw(u, w*10+i+1)-.5), 1, 5)
						about := cell{}
						if x.survey == "goal-clarity" {
							about = txt("G-100")
						}
						f.add(txt(x.survey), txt(d.time().Format("2006")), txt(x.item), txt(c.units[u].id), txt(c.units[u].id), about,
							rounded(v, 2), whole(asked), whole(answered), on(d))
					}
				}
			}
		}
		c.addPulse(f)
	})
}
