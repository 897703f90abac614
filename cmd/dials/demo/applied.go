package demo

import (
	"fmt"
	"math"
)

// writeApplied writes what the learning record store was told of first uses at work:
// of about half of those who completed a course that is no duty, days or weeks later.
func (c *company) writeApplied(out *delivery) {
	k, own, list, names := c.key("learning"), c.key("applied"), courses(), titles()
	out.table(feed{
		name: "uses", target: "learning_event", delivery: "delta", path: "lms/uses.jsonl",
		spec: []string{"id = statement_id", "actor = person_id", "verb", "object", "timestamp = occurred_at", "stored = stored_at"},
	}, func(f *file) {
		tactics, n := c.tacticEnrolments(list), 0
		for e := range c.emps {
			x := &c.emps[e]
			c.enrolments(k, list, &names, e, tactics, func(en enrolment) {
				if en.done == 0 || en.course.purpose == "compliance" || en.course.purpose == "onboarding" || own.draw(e, en.number*4) > .55 {
					return
				}
				d := en.done + 2 + day(-35*math.Log(1-.999*own.draw(e, en.number*4+1)))
				if d >= c.cal.end() || x.term != 0 && d >= x.term {
					return
				}
				n++
				f.add(txt(fmt.Sprintf("us-%07d", n)), txt(learnerID(x.person)), txt("https://w3id.org/xapi/verbs/applied"),
					txt("https://learning.larkfield.example/course/"+en.course.id), at(d.at(10)), at(d.at(11)))
			})
		}
	})
}
