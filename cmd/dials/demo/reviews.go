package demo

import (
	"fmt"
	"math"
	"time"
)

// A review is one yearly talk, with what follows it.
type review struct {
	id                   string
	cycle, employment    int
	person, manager      int32
	due, held, completed day
	mode                 string
	both                 bool
	rating               float64
	actions              int
	isChecked            bool
}

// reviewMonths lists the months in which a cycle begins, each January.
func (c *company) reviewMonths() []int {
	var list []int
	for m := range c.cal.months {
		if c.cal.season(m) == int(time.January)-1 {
			list = append(list, m)
		}
	}
	return list
}

// reviews calls yield for each review of the cycle that begins in month m.
func (c *company) reviews(m int, yield func(review)) {
	k, start := c.key("reviews"), c.cal.month(m)
	c.owner(0)
	for e := range c.emps {
		x := &c.emps[e]
		if x.kind != employee || !x.isActive(start) || x.hire > start-120 {
			continue
		}
		manager, _ := c.manager(int(x.unitOn(start)), x.person, start)
		if manager == 0 {
			continue
		}
		u := func(i int) float64 { return k.draw(e, m*16+i) }
		r := review{
			id: fmt.Sprintf("RV-%d-%07d", start.time().Year(), e+1), cycle: m, employment: e, person: x.person, manager: manager,
			due: start + 59,
		}
		held := start + 10 + day(70*u(0)*(.6+.8*k.draw(int(manager), 1)))
		if u(1) < .93 && held < c.cal.end() && (x.term == 0 || held < x.term) {
			r.held = held
			r.mode = [...]string{"in_person", "in_person", "video", "in_person", "phone", "written"}[int(6*u(2)*.99)]
			r.both = r.mode != "written"
			r.rating = math.Round(clip(3.1+x.pay-1+.5*(k.draw(int(manager), 2)-.5)+1.9*(u(3)-.5)*1.5, 1, 5))
			if u(4) < .9 {
				r.completed = held + day(1+12*u(5))
			}
			r.actions = int(2.6 * u(6))
			r.isChecked = u(7) < .08
		}
		yield(r)
	}
}

func (c *company) writeReviews(out *delivery) {
	f := out.feed(feed{
		name: "reviews", target: "review", delivery: "delta", path: "talent/reviews-*" + c.tableFormat(), sheet: "Reviews",
		spec: []string{
			"Review = review_id", "Cycle = review_cycle_id", "Person = person_id", "Reviewer = reviewer_id", "Due = due_date", "Held = held_date",
			"How = mode", "Both there = were_both_present : bool yes no", "Signed = completed_date", "Rating = rating", "Scale = scale_id",
		},
	})
	for _, m := range c.reviewMonths() {
		out.part(f, fmt.Sprint(c.cal.month(m).time().Year()), func(f *file) {
			c.reviews(m, func(r review) {
				both, rating := cell{}, cell{}
				if r.held != 0 {
					both, rating = flag(r.both), num(r.rating)
				}
				f.add(txt(r.id), txt(c.cycleID(m)), txt(personID(r.person)), txt(personID(r.manager)), on(r.due), on(r.held), txt(r.mode),
					both, on(r.completed), rating, txt("SC-5"))
			})
		})
	}
	out.table(feed{
		name: "review_cycles", target: "review_cycle", delivery: "snapshot", path: "talent/review_cycles.csv",
		spec: []string{"review_cycle_id", "name", "start_date", "end_date"},
	}, func(f *file) {
		for _, m := range c.reviewMonths() {
			f.add(txt(c.cycleID(m)), txt("Yearly talks "+fmt.Sprint(c.cal.month(m).time().Year())), on(c.cal.month(m)), on(c.cal.month(m+3)))
		}
	})
	c.writeFollowUp(out)
	c.writeNotes(out)
}

func (c *company) cycleID(m int) string { return fmt.Sprintf("RC-%d", c.cal.month(m).time().Year()) }

// writeFollowUp writes actions, checks of reviews and development plans.
func (c *company) writeFollowUp(out *delivery) {
	k := c.key("follow-up")
	actions := feed{
		name: "actions", target: "action", delivery: "delta", path: "talent/actions.csv",
		spec: []string{"action_id", "review_id", "owner_id", "due_date", "done_date"},
	}
	out.table(actions, func(f *file) {
		for _, m := range c.reviewMonths() {
			c.reviews(m, func(r review) {
				for i := range r.actions {
					due := r.held + day(60+90*k.draw(r.employment, m*8+i))
					done := due + day(50*(k.draw(r.employment, m*8+i+4)-.75))
					if k.draw(r.employment, m*8+i+500000) < .25 || done >= c.cal.end() {
						done = 0
					}
					f.add(txt(fmt.Sprintf("%s-%d", r.id, i+1)), txt(r.id), txt(personID(r.person)), on(due), on(done))
				}
			})
		}
	})
	out.table(feed{
		name: "review_checks", target: "review_check", delivery: "delta", path: "talent/review_checks.csv",
		spec: []string{"review_id", "checker_id", "checked_date", "Passed = is_passed : bool yes no"},
	}, func(f *file) {
		checker := txt(personID(c.owner(c.bases[corporate][0])))
		for _, m := range c.reviewMonths() {
			c.reviews(m, func(r review) {
				if r.isChecked && r.held+20 < c.cal.end() {
					f.add(txt(r.id), checker, on(r.held+20), flag(k.draw(r.employment, m) < .82))
				}
			})
		}
	})
	names, list, all := titles(), competencies(), courses()
	out.table(feed{
		name: "plan_items", target: "plan_item", delivery: "delta", path: "talent/plan_items.csv",
		spec: []string{
			"plan_item_id", "person_id", "review_id", "competency_id", "course_id", "due_date", "done_date",
			"Asked by clients = from_customer_feedback : bool yes no",
		},
	}, func(f *file) {
		for _, m := range c.reviewMonths() {
			c.reviews(m, func(r review) {
				if r.held == 0 || k.draw(r.employment, m+700000) > .5 {
					return
				}
				i := k.pick(r.employment, m+700001, len(list))
				if !list[i].needs(&names, c.emps[r.employment].titleOn(r.held)) {
					i = 0
				}
				due := r.held + 180
				done := due - day(k.pick(r.employment, m+700002, 160))
				if k.draw(r.employment, m+700003) > .6 || done >= c.cal.end() {
					done = 0
				}
				course := cell{}
				if k.draw(r.employment, m+700004) < .6 {
					course = txt(all[5+k.pick(r.employment, m+700005, 9)].id)
				}
				f.add(txt("PI-"+r.id[3:]), txt(personID(r.person)), txt(r.id), txt(list[i].id), course, on(due), on(done),
					flag(k.draw(r.employment, m+700006) < .15))
			})
		}
	})
}

// writeNotes writes observations and recognitions between reviews, without text.
func (c *company) writeNotes(out *delivery) {
	k := c.key("notes")
	out.table(feed{
		name: "review_notes", target: "review_note", delivery: "delta", path: "talent/review_notes.csv",
		spec: []string{"review_note_id", "person_id", "author_id", "noted_date", "kind"},
	}, func(f *file) {
		n := 0
		for m := 0; m < c.cal.months; m += 3 {
			start := c.cal.month(m)
			for e := range c.emps {
				x := &c.emps[e]
				if x.kind != employee || !x.isActive(start) || k.draw(e, m) > .35 {
					continue
				}
				d := start + day(k.pick(e, m+100, 88))
				manager, _ := c.manager(int(x.unitOn(start)), x.person, start)
				if manager == 0 || d >= c.cal.end() || x.term != 0 && d >= x.term {
					continue
				}
				kind := "observation"
				if k.draw(e, m+200) < .4 {
					kind = "recognition"
				}
				n++
				f.add(txt(fmt.Sprintf("NT-%07d", n)), txt(personID(x.person)), txt(personID(manager)), on(d), txt(kind))
			}
		}
	})
}
