package demo

import (
	"fmt"
	"math"
	"time"
)

// writeLearning writes the learning system's export, JSON Lines.
func (c *company) writeLearning(out *delivery) {
	out.source = source{name: "lms", schedule: "0 3 * * *", about: "The learning system. Its user numbers are its own; hris/identifiers.csv says whose they are."}
	c.writeCourses(out)
	c.writeSessions(out)
	c.writeAssignments(out)
	c.writeEnrolments(out)
	c.writeStatements(out)
	c.writeApplied(out)
	c.writeAccounts(out)
}

// writeAccounts writes the users of the learning system, without their names.
func (c *company) writeAccounts(out *delivery) {
	out.table(feed{
		name: "users", target: "account", delivery: "snapshot", path: "lms/users.jsonl",
		spec: []string{"tenant = system", "id = account_id", "mail = email", "login = account_name", "enabled = is_active"},
	}, func(f *file) {
		known := map[int32]bool{}
		for i := range c.emps {
			x := &c.emps[i]
			if x.kind == contractor || x.kind == agency || known[x.person] {
				continue
			}
			known[x.person] = true
			id := learnerID(x.person)
			f.add(txt("lms"), txt(id), txt(id+"@mail.larkfield.example"), txt(id), flag(true))
		}
	})
}

func (c *company) writeCourses(out *delivery) {
	list := courses()
	out.table(feed{
		name: "courses", target: "course", delivery: "snapshot", path: "lms/courses.jsonl",
		spec: []string{"id = course_id", "title = name", "purpose", "modality", "learningKind = kind", "plannedHours = duration_hours", "askedForByClients = is_customer_led"},
	}, func(f *file) {
		for _, s := range list {
			f.add(txt(s.id), txt(s.name), txt(s.purpose), txt(s.modality), txt(s.kind), num(s.hours), flag(s.forClients))
		}
	})
	out.table(feed{
		name: "versions", target: "course_version", delivery: "snapshot", path: "lms/versions.jsonl",
		spec: []string{"id = course_version_id", "courseId = course_id", "releasedOn = released_date", "finalTest = assessment"},
	}, func(f *file) {
		for _, s := range list {
			f.add(txt(s.id+"-V1"), txt(s.id), on(c.cal.month(-24)), txt("T-"+s.id))
			if s.tactic == "" {
				f.add(txt(s.id+"-V2"), txt(s.id), on(c.cal.month(c.cal.months-18)), txt("T-"+s.id))
			}
		}
	})
	out.table(feed{
		name: "course_numbers", target: "course_xref", delivery: "snapshot", path: "lms/course_numbers.jsonl",
		spec: []string{"catalogue = system", "number = value", "courseId = course_id"},
	}, func(f *file) {
		for i, s := range list {
			f.add(txt("content-library"), txt(fmt.Sprintf("CL%05d", 31000+97*i)), txt(s.id))
		}
	})
}

// sessionID names the session of a class course in a month.
func sessionID(s course, m int) string { return fmt.Sprintf("%s-%03d", s.id, m) }

func (c *company) writeSessions(out *delivery) {
	out.table(feed{
		name: "sessions", target: "session", delivery: "delta", path: "lms/sessions.jsonl",
		spec: []string{"id = session_id", "versionId = course_version_id", "courseId = course_id", "startsAt = starts_at", "hours", "seats"},
	}, func(f *file) {
		for _, s := range courses() {
			for m := 0; m < c.cal.months && s.modality == "class"; m++ {
				f.add(txt(sessionID(s, m)), txt(s.version(m, c.cal.months)), txt(s.id), at((c.cal.month(m) + 8).at(8)), num(s.hours),
					whole(int(math.Max(16, 20*float64(c.opt.Employees)/2500))))
			}
		}
	})
}

func (c *company) writeAssignments(out *delivery) {
	names := titles()
	out.table(feed{
		name: "assignments", target: "learning_assignment", delivery: "history", path: "lms/assignments.jsonl",
		spec: []string{
			"id = assignment_id", "courseId = course_id", "orgUnit = unit_id", "jobTitle = job_title_id", "site = location",
			"contract = employment_type", "dueAfterDays = due_days", "repeatsAfterMonths = recurs_months", "validFrom = valid_from", "validTo = valid_to",
		},
	}, func(f *file) {
		for _, s := range courses() {
			if s.every == 0 && s.purpose != "onboarding" {
				continue
			}
			repeats := cell{}
			if s.every > 0 {
				repeats = whole(s.every)
			}
			row := func(suffix, unit, title string) {
				f.add(txt("LA-"+s.id+suffix), txt(s.id), txt(unit), txt(title), cell{}, txt("employee"), whole(30), repeats, on(c.cal.month(-24)), cell{})
			}
			if len(s.groups) == 0 {
				row("", "", "")
			}
			for _, g := range s.groups {
				row("-"+c.units[c.divisions[g]].id, c.units[c.divisions[g]].id, "")
			}
		}
		f.add(txt("LA-CRS-12"), txt("CRS-12"), cell{}, txt(names[salesLead].id), cell{}, txt("employee"), whole(180), cell{}, on(c.cal.month(0)), cell{})
		f.add(txt("LA-CRS-14-UK"), txt("CRS-14"), cell{}, txt(names[deskLead].id), txt("Leeds"), txt("employee"), whole(90), cell{},
			on(c.cal.month(6)), on(c.cal.month(c.cal.months-6)))
	})
}

// An enrolment is one attempt of one person at one course.
type enrolment struct {
	course                        *course
	origin                        string
	assigned, due, done           day // done is 0 while open
	started, withdrawn            day
	isExempt, isPassed            bool
	hours, score                  float64
	attempt, cycle, month, number int
}

// enrolments calls yield for the regular courses of one employment, and then for
// those of tactics.
func (c *company) enrolments(k key, list []course, names *[titleCount]title, e int, tactics map[int32][]enrolment, yield func(enrolment)) {
	x := &c.emps[e]
	if x.kind == contractor || x.kind == agency {
		return
	}
	first := max(0, c.cal.index(x.hire))
	last := c.cal.months
	if x.term != 0 {
		last = min(last, c.cal.index(x.term-1))
	}
	for i := range list {
		s := &list[i]
		cycle := 0
		for m := first; m < last; m++ {
			d := c.cal.month(m)
			u, t := x.unitOn(d), x.titleOn(d)
			if s.tactic != "" || !s.takes(c.units[u].group, t, names) {
				continue
			}
			assigned := s.every > 0 && (m+e)%s.every == 0 || s.purpose == "onboarding" && x.hire >= c.cal.month(0) && m == first
			chosen := s.rate > 0 && k.draw(e, m*64+i) < s.rate/12
			if !assigned && !chosen {
				continue
			}
			cycle++
			en := enrolment{course: s, month: m, attempt: 1, cycle: cycle, number: m*64 + i}
			c.attempt(k, x, e, &en, assigned)
			yield(en)
		}
	}
	for _, en := range tactics[int32(e)] {
		yield(en)
	}
}

// attempt draws how an enrolment goes.
func (c *company) attempt(k key, x *employment, e int, en *enrolment, assigned bool) {
	u := func(i int) float64 { return k.draw(e+1<<30, en.number*16+i) }
	start := max(c.cal.month(en.month)+day(20*u(1)), x.hire)
	en.assigned, en.origin = start, "self"
	if assigned {
		en.origin, en.due = "assigned", start+30
	} else if u(2) < .35 {
		en.origin = "manager"
	}
	en.hours = en.course.hours * (.8 + .4*u(3))
	outcome := u(4)
	en.started = start + day(1+18*u(5))
	switch {
	case outcome < .01:
		en.isExempt, en.started, en.hours = true, 0, 0
		return
	case outcome < .025:
		en.withdrawn, en.hours = start+day(5+20*u(6)), 0
		return
	case outcome < .05: // never finished
		en.hours = 0
		if u(7) < .5 {
			en.started = 0
		}
		return
	}
	en.done = en.started + day(22*u(8)*u(8)) + day(30*math.Floor(u(9)*1.07))
	en.score = math.Round(clip(70+22*u(10)+12*u(11), 0, 100))
	en.isPassed = en.score >= 74 || u(12) < .6
	if en.done >= c.cal.end() || x.term != 0 && en.done >= x.term {
		en.done, en.hours, en.score, en.isPassed = 0, 0, 0, false
		if en.started >= c.cal.end() || x.term != 0 && en.started >= x.term {
			en.started = 0
		}
	}
}

// tacticEnrolments returns the enrolments in the courses of tactics, by employment.
func (c *company) tacticEnrolments(list []course) map[int32][]enrolment {
	all := map[int32][]enrolment{}
	for _, t := range c.tactics() {
		for i := range list {
			if list[i].tactic != t.id {
				continue
			}
			for _, p := range c.participants(t) {
				if p.isControl || p.offered == 0 || p.offered >= c.cal.end() {
					continue
				}
				en := enrolment{
					course: &list[i], origin: "assigned", assigned: p.offered, due: p.offered + 180, done: p.finished, hours: p.hours,
					attempt: 1, cycle: 1, month: c.cal.index(p.offered), number: 60000 + i,
				}
				if p.finished != 0 {
					en.started, en.isPassed, en.score = max(p.offered, p.finished-9), true, 88
				}
				all[p.employment] = append(all[p.employment], en)
			}
		}
	}
	return all
}

func (c *company) writeStatements(out *delivery) {
	k := c.key("statements")
	out.table(feed{
		name: "statements", target: "learning_event", delivery: "delta", path: "lms/statements.jsonl",
		spec: []string{"id = statement_id", "actor = person_id", "verb", "object", "timestamp = occurred_at", "stored = stored_at", "result"},
	}, func(f *file) {
		from := c.cal.month(c.cal.months - 2)
		n := 0
		for e := range c.emps {
			x := &c.emps[e]
			if x.kind != employee || !x.isActive(from) || k.draw(e, 0) > .25 {
				continue
			}
			n++
			when := from.at(8) + int64(k.pick(e, 1, 55*86400))
			f.add(txt(fmt.Sprintf("st-%07d", n)), txt(learnerID(x.person)), txt("http://adlnet.gov/expapi/verbs/experienced"),
				txt("https://learning.larkfield.example/page/"+fmt.Sprint(k.pick(e, 2, 400))), at(when), at(when+int64(time.Minute/time.Second)),
				txt(fmt.Sprintf(`{"duration":"PT%dM"}`, 1+k.pick(e, 3, 40))))
		}
	})
}
