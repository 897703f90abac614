package demo

// A lesson is a course completed by one employment, and what it taught.
type lesson struct {
	competency int // its place in competencies()
	done       day
	points     float64
}

// teaches is by how much a course lifts the level of a competency, in points of its
// scale, as raters will find: most courses do little. These are planted.
func teaches(course string) (competency string, points float64) {
	switch course {
	case "CRS-08":
		return "CO-05", .55
	case "CRS-10":
		return "CO-02", .4
	case "CRS-11":
		return "CO-08", .9
	case "CRS-21":
		return "CO-04", .6
	}
	return "", 0
}

// lessons lists what each employment has learned, in the courses as they are written
// to the learning system.
func (c *company) lessons(list []competency) [][]lesson {
	place := map[string]int{}
	for i, k := range list {
		place[k.id] = i
	}
	w := &learner{company: c, k: c.key("learning"), list: courses(), names: titles()}
	tactics := w.tacticEnrolments(w.list)
	all := make([][]lesson, len(c.emps))
	for e := range c.emps {
		w.enrolments(w.k, w.list, &w.names, e, tactics, func(en enrolment) {
			if competency, points := teaches(en.course.id); points > 0 && en.done != 0 {
				all[e] = append(all[e], lesson{place[competency], en.done, points})
			}
		})
	}
	return all
}

// learned is by how much lessons until d have lifted a competency: the first counts.
func learned(all []lesson, competency int, d day) float64 {
	for _, l := range all {
		if l.competency == competency && l.done <= d {
			return l.points
		}
	}
	return 0
}

// newCompetency is one that was required lately, and that nobody has been assessed in yet.
func newCompetency() competency {
	return competency{id: "CO-10", framework: "FW-TECH", name: "Working with assistants", scale: "SC-4"}
}

// writeNewRequirements writes what changed of the requirements within the last year: a new
// competency for four titles, and what the first region of sales asks for beyond the others.
func (c *company) writeNewRequirements(f *file) {
	names, n := titles(), c.opt.Months
	row := func(competency string, t uint8, unit cell, level, weight float64, goal string, from day) {
		f.add(txt(competency), txt(names[t].id), unit, num(level), num(weight), txt(goal), on(from), on(0))
	}
	for _, t := range []uint8{specialist, analyst, analystSenior, agentSenior} {
		row(newCompetency().id, t, cell{}, 2, 3, "G-150", c.cal.month(n-4))
	}
	for _, u := range c.units {
		if u.kind == "region" {
			for _, t := range []uint8{salesJunior, salesSenior} {
				row("CO-02", t, txt(u.id), 4, 4, "G-160", c.cal.month(n-9))
			}
			return
		}
	}
}
