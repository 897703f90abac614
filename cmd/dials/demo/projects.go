package demo

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// A project is an objective of a unit whose progress is a walk: a pace of its own,
// at times another one from the middle on, and steps that vary around it.
type project struct {
	goal
	steps  []float64 // progress after each cadence, until it is done
	finish day       // the true day, a check-in's, though it may lie after the data
	warns  bool      // its owner says when it goes badly
	tasks  int
}

// projectNames are what units undertake.
var projectNames = [...][]string{
	sales:      {"Key accounts reviewed with their owners", "Offers out within two days", "Clients of a lost deal asked why"},
	production: {"Set-up times halved", "Inspection moved into the line", "Tool wear measured and planned"},
	service:    {"First answers rewritten", "Known faults in one place", "Calls back on the same day"},
	logistics:  {"Pick routes redrawn", "Cut-off times agreed with sales", "Stock counts by cycle"},
	corporate:  {"One intake for requests", "Month-end closed in four days", "Interview guide in use"},
}

// projects are undertaken by base units, one after the other, over the last two and
// a half years.
func (c *company) projects() []project {
	k := c.key("projects")
	var list []project
	for g, bases := range c.bases {
		if g == management {
			continue
		}
		for b, u := range bases {
			start := c.cal.month(max(0, c.cal.months-34)) + day(k.pick(u, 0, 240))
			for n := 0; start < c.cal.end()-20 && n < 4; n++ {
				if from, _ := c.merged(); u == from || k.draw(u, n+1) < .35 {
					start += 200
					continue
				}
				p := c.project(k, g, b, u, n, start)
				list = append(list, p)
				start = p.due + day(20+k.pick(u, n+20, 160))
			}
		}
	}
	var ring []*project // the first two that go on each hang under the other
	for i := range list {
		if p := &list[i]; p.due > c.cal.end() && p.finish > c.cal.end() && !p.abandoned && len(ring) < 2 {
			ring = append(ring, p)
		}
	}
	if len(ring) == 2 {
		ring[0].parent, ring[1].parent = ring[1].id, ring[0].id
	}
	return list
}

// project draws one project of base unit u.
func (c *company) project(k key, g, b, u, n int, start day) project {
	planned := day(100 + k.pick(u, n+40, 220))
	names := projectNames[g]
	parent, _, _ := parentGoal(g)
	year := c.cal.fiscalYear(c.cal.index(start))
	above := fmt.Sprintf("%s-%s-FY%d", parent, c.units[c.divisions[g]].id, year)
	if fy := c.cal.fiscalYear(c.cal.months - 1); year < fy-1 {
		above = parent
	}
	p := project{goal: goal{
		id: fmt.Sprintf("G-J-%s-%d", c.units[u].id, n+1), name: c.units[u].name + ": " + names[(b+n)%len(names)], parent: above, level: "team",
		owner: c.owner(u), unit: u, start: start, due: start + planned, period: fmt.Sprintf("FY%d", c.cal.fiscalYear(c.cal.index(start+planned))),
		baseline: 0, target: float64(4 + k.pick(u, n+60, 30)), direction: "up", weight: 1 + float64(k.pick(u, n+80, 3)), cadence: []int{14, 21, 30}[k.pick(u, n+100, 3)],
	}}
	if k.draw(u, n+120) < .05 {
		p.parent = ""
	}
	p.abandoned = k.draw(u, n+140) < .05
	p.warns = k.draw(u, n+160) < .65
	p.tasks = k.pick(u, n+180, 4)
	p.walk(k.generator(u*16 + n))
	return p
}

// walk draws the progress of a project until it is done.
func (p *project) walk(r *rand.Rand) {
	pace := .95 * math.Exp(.22*r.NormFloat64())
	noise := .10 + .12*r.Float64() // standard deviation of progress over the planned time
	turn, after := 2.0, 1.0
	if r.Float64() < .2 {
		turn, after = .3+.3*r.Float64(), .6+.7*r.Float64()
	}
	share := float64(p.cadence) / float64(p.due-p.start)
	before, at := 0.0, p.start
	for before < 1 && len(p.steps) < 200 {
		mean := pace * share
		if float64(len(p.steps))*share > turn {
			mean *= after
		}
		shape := mean * mean / (noise * noise * share)
		now := before + gamma(r, shape)*mean/shape
		p.steps = append(p.steps, now)
		before, at = now, at+day(p.cadence)
	}
	p.finish = at // the check-in that finds it done
}

// gamma draws from a gamma distribution of scale 1 (Marsaglia and Tsang, 2000).
func gamma(r *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(r, shape+1) * math.Pow(r.Float64(), 1/shape)
	}
	d := shape - 1.0/3
	for {
		x := r.NormFloat64()
		v := math.Pow(1+x/math.Sqrt(9*d), 3)
		if v > 0 && math.Log(r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// end is the first day on which nothing more is heard of a project.
func (p *project) end(c *company) day {
	switch {
	case p.abandoned:
		return min(c.cal.end(), p.start+(p.due-p.start)*3/5)
	case p.finish+1 < c.cal.end():
		return p.finish + 1
	}
	return c.cal.end()
}

// addVersions writes how a project stood: as it was approved, and as it ended.
func (p *project) addVersions(f *file, c *company) {
	row := func(status, reason string, due, from, to day) {
		owner := txt(personID(p.owner))
		f.add(txt(p.id), txt(p.name), txt(p.parent), txt(p.level), owner, txt(c.units[p.unit].id), txt(p.period), on(p.start), on(due), num(p.baseline), num(p.target),
			txt(p.direction), num(p.weight), txt(""), txt(status), whole(p.cadence), txt(reason), on(from), on(to), at(from.at(8)))
	}
	from, due := p.start-14, p.due
	end := p.end(c)
	if moved := p.due - 20; p.finish > p.due+25 && moved < end-5 && p.cadence == 21 { // who is late moves the date
		row("active", "", due, from, moved)
		from, due = moved, p.due+45
	}
	reason := ""
	if due != p.due {
		reason = "date moved"
	}
	switch {
	case p.abandoned && end < c.cal.end():
		row("active", reason, due, from, end)
		row("abandoned", "no longer wanted", due, end, 0)
	case p.finish < c.cal.end()-1 && !p.abandoned:
		row("active", reason, due, from, p.finish+1)
		row("done", "target reached", due, p.finish+1, 0)
	default:
		row("active", reason, due, from, 0)
	}
	for t := range p.tasks {
		start := p.start + day(t*20)
		f.add(txt(fmt.Sprintf("%s-T%d", p.id, t+1)), txt("A step of it"), txt(p.id), txt("task"), txt(personID(p.owner)), txt(c.units[p.unit].id), txt(p.period), on(start),
			on(min(start+60, p.due)), num(0), num(1), txt("up"), num(1), txt(""), txt("active"), whole(p.cadence), txt(""), on(p.start-14), on(0), at((p.start - 14).at(8)))
	}
}

// addProgress writes what was read of a project at its check-ins.
func (p *project) addProgress(f *file, c *company) {
	for i, v := range p.steps {
		d := p.start + day((i+1)*p.cadence)
		if d >= p.end(c) && (v < 1 || d >= c.cal.end()) || p.abandoned && d >= p.end(c) {
			return
		}
		says := "green"
		if behind := float64(d-p.start)/float64(p.due-p.start) - v; p.warns && behind > .22 {
			says = "red"
		} else if p.warns && behind > .1 {
			says = "amber"
		}
		f.add(txt(p.id), on(d), rounded(p.baseline+math.Min(v, 1)*(p.target-p.baseline), 3), txt(says))
	}
}

// addCheckins writes the status meetings of a project; n counts those before.
func (p *project) addCheckins(f *file, c *company, k key, index, n int) int {
	by := cell{}
	manager, _ := c.manager(p.unit, p.owner, min(p.start+30, c.cal.end()-1))
	if manager != 0 {
		by = txt(personID(manager))
	}
	rhythm := .55 + .43*k.draw(p.unit, -1)
	for d := p.start + day(p.cadence); d < p.end(c); d += day(p.cadence) {
		n++
		held, minutes, covered := day(0), cell{}, cell{}
		if k.draw(index, int(d)) < rhythm {
			held = min(d+day(5*k.draw(index, int(d)+1)), c.cal.end()-1)
			minutes, covered = whole(10+int(28*k.draw(index, int(d)+2))), whole(2+int(2.8*k.draw(index, int(d)+3)))
		}
		f.add(txt(fmt.Sprintf("CI-J-%07d", n)), txt(personID(p.owner)), by, txt(p.id), on(d), on(held), minutes, whole(4), covered)
	}
	return n
}

// addImpediments writes what stood in the way of a project.
func (p *project) addImpediments(f *file, c *company, k key, index int) {
	for i := range k.pick(index, 0, 3) {
		at := index*8 + i
		raised := p.start + 15 + day(k.pick(at, 1, int(p.due-p.start)))
		if raised >= p.end(c)-2 {
			continue
		}
		help := k.draw(at, 2) < .7
		answered := raised + 1 + day(math.Round(-9*math.Log(1-k.draw(at, 3))))
		closed := answered + day(k.pick(at, 4, 45))
		if !help || k.draw(at, 5) < .12 || answered >= c.cal.end() {
			answered = 0
		}
		if k.draw(at, 6) < .1 || closed >= c.cal.end() {
			closed = 0
		}
		f.add(txt(fmt.Sprintf("IM-J-%05d-%d", index+1, i+1)), txt(p.id), on(raised), flag(help), on(answered), on(closed))
	}
}

// addPulse writes what people say of the supporting objectives, and, before and
// after the cascade was talked through, how certain they are of their own goals.
func (c *company) addPulse(f *file) {
	k := c.key("pulse")
	steps := [...]struct {
		item  string
		level float64
	}{
		{"I have heard of this objective", 4.1}, {"I understand it", 3.7}, {"I want to act on it", 3.8}, {"I know how to act on it", 2.9}, {"I act on it", 2.8},
	}
	add := func(survey, wave, item string, u int, goal cell, mean float64, asked, answered int, d day) {
		if answered > 0 {
			f.add(txt(survey), txt(wave), txt(item), txt(c.units[u].id), txt(c.units[u].id), goal, rounded(clip(mean, 1, 5), 2), whole(asked), whole(answered), on(d))
		}
	}
	for w, m := range []int{c.cal.months - 26, c.cal.months - 4} {
		staff, d, wave := c.staff(m), c.cal.month(m)+9, [...]string{"before", "after"}[w]
		for g, bases := range c.bases {
			if g == management {
				continue
			}
			goal, _, _ := parentGoal(g)
			for _, u := range bases {
				asked := len(staff[u])
				answered := int(math.Round(float64(asked) * (.5 + .1*float64(w) + .35*k.draw(u, w))))
				add("goal-certainty", wave, "I am certain what my goals are", u, cell{}, 3.05+.45*float64(w)+.9*(k.draw(u, w+10)-.5)+.5*(k.draw(u, 9)-.5), asked, answered, d)
				for i, x := range steps {
					if w == 1 {
						add("objective-pulse", wave, x.item, u, txt(goal), x.level+.25*float64(g-2)*float64(i%2)*.5+.8*(k.draw(u, i+20)-.5), asked, answered, d+3)
					}
				}
			}
		}
	}
}

// A truthObjective is when an objective is truly done.
type truthObjective struct {
	Goal   string `json:"goal"`
	Finish string `json:"finish"`
	Kind   string `json:"kind"` // walk, or line: progress on a straight line, read with an error
}

// objectivesTruth lists the objectives that go on at the end of the data.
func (c *company) objectivesTruth() []truthObjective {
	var list []truthObjective
	for _, p := range c.projects() {
		if p.finish >= c.cal.end() && !p.abandoned {
			list = append(list, truthObjective{p.id, p.finish.time().Format("2006-01-02"), "walk"})
		}
	}
	for _, g := range c.goals() {
		if g.level == "individual" || g.direction == "" || g.abandoned {
			continue
		}
		if done := g.start + day(math.Ceil(float64(g.due-g.start)/g.speed)); done >= c.cal.end() {
			list = append(list, truthObjective{g.id, done.time().Format("2006-01-02"), "line"})
		}
	}
	return list
}
