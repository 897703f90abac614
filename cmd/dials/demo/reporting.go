package demo

import (
	"fmt"
	"math"
	"sort"
)

// A term of office is the time in which one person headed a unit.
type office struct {
	person   int32
	from, to day // to is 0 while it lasts
}

// offices returns the heads of each unit, in order of time.
func (c *company) offices() [][]office {
	heads := make([][]office, len(c.units))
	isHead := [titleCount]bool{}
	for _, t := range []int{chief, director, regionHead, salesLead, lineLead, deskLead, depotLead, departmentHead} {
		isHead[t] = true
	}
	for i := range c.emps {
		x := &c.emps[i]
		if x.kind != employee {
			continue
		}
		for _, b := range x.jobs {
			if isHead[b.title] {
				heads[b.unit] = append(heads[b.unit], office{x.person, b.from, b.to})
			}
		}
	}
	for u := range heads {
		h := heads[u]
		sort.SliceStable(h, func(i, j int) bool { return h[i].from < h[j].from })
		for i := range h[:max(0, len(h)-1)] { // one head at a time
			if h[i].to == 0 || h[i].to > h[i+1].from {
				h[i].to = h[i+1].from
			}
		}
	}
	return heads
}

// owner returns who headed a unit last, or the unit above.
func (c *company) owner(u int) int32 {
	if c.heads == nil {
		c.heads = c.offices()
	}
	for x := u; x >= 0; x = c.units[x].parent {
		for i := len(c.heads[x]) - 1; i >= 0; i-- {
			if h := c.heads[x][i]; h.from < c.cal.end() && (h.to == 0 || h.to > c.cal.end()) {
				return h.person
			}
		}
	}
	return 1
}

// manager returns who person reports to in unit u on day d, and until when at most
// that holds; 0 is nobody.
func (c *company) manager(u int, person int32, d day) (int32, day) {
	until := day(math.MaxInt32)
	for x := u; x >= 0; x = c.units[x].parent {
		for _, h := range c.heads[x] {
			if h.from > d {
				until = min(until, h.from)
				break
			}
			if h.to != 0 && d >= h.to {
				continue
			}
			if h.to != 0 {
				until = min(until, h.to)
			}
			if h.person != person {
				return h.person, until
			}
		}
	}
	return 0, until
}

func (c *company) writeReportingLines(out *delivery) {
	c.owner(0)
	dotted := c.key("dotted")
	out.table(feed{
		name: "reporting_lines", target: "reporting_line", delivery: "history", path: "hris/reporting_lines.csv",
		spec: []string{"Employee No = person_id", "Manager No = manager_id", "Line = kind : values S solid D dotted", "From = valid_from", "To = valid_to"},
	}, func(f *file) {
		for i := range c.emps {
			x := &c.emps[i]
			person := txt(personID(x.person))
			var last office
			flush := func() {
				if last.person != 0 && last.from != last.to {
					f.add(person, txt(personID(last.person)), txt("solid"), on(last.from), on(last.to))
				}
				last = office{}
			}
			for _, b := range x.jobs {
				for d := b.from; b.to == 0 || d < b.to; {
					m, until := c.manager(int(b.unit), x.person, d)
					if b.to != 0 {
						until = min(until, b.to)
					}
					if m != last.person {
						flush()
						last = office{m, d, 0}
					}
					if until == math.MaxInt32 {
						last.to = 0
						break
					}
					last.to, d = until, until
				}
			}
			flush()
			if b := x.jobs[len(x.jobs)-1]; dotted.draw(i, 0) < .02 {
				if m := c.owner(c.divisions[corporate]); m != x.person {
					f.add(person, txt(personID(m)), txt("dotted"), on(b.from), on(b.to))
				}
			}
		}
	})
}

// parental returns the months in which an employment is on unpaid leave, none
// where they are equal.
func (c *company) parental(k key, e int) (from, to int) {
	x := &c.emps[e]
	if x.kind != employee || k.draw(e, 0) > .03 {
		return 0, 0
	}
	first, last := max(0, c.cal.index(x.hire)+3), c.cal.months
	if x.term != 0 {
		last = min(last, c.cal.index(x.term))
	}
	length := 3 + k.pick(e, 1, 6)
	if last-first <= length {
		return 0, 0
	}
	from = first + k.pick(e, 2, last-first-length)
	return from, from + length
}

func (c *company) writeAbsences(out *delivery) {
	sick, leave := c.key("sick"), c.key("parental")
	out.table(feed{
		name: "absences", target: "absence", delivery: "delta", path: "hris/absences.csv",
		spec: []string{"Absence No = absence_id", "Employee No = person_id", "Kind = absence_type", "From = from_date", "Back on = to_date", "Hours = absent_hours"},
	}, func(f *file) {
		n := 0
		for e := range c.emps {
			x := &c.emps[e]
			if x.kind != employee {
				continue
			}
			add := func(kind string, from, to day) {
				n++
				f.add(txt(fmt.Sprintf("A%08d", n)), txt(personID(x.person)), txt(kind), on(from), on(to),
					rounded(float64(to-from)*5/7*c.hours(x, from)/5, 2))
			}
			away, back := c.parental(leave, e)
			for m := max(0, c.cal.index(x.hire)+1); m < c.cal.months; m++ {
				start := c.cal.month(m)
				if x.term != 0 && c.cal.month(m+1) > x.term {
					break
				}
				if m == away && back > away {
					add("parental", start, c.cal.month(back))
				}
				if m >= away && m < back {
					continue
				}
				winter := 1 + .4*math.Cos(float64(c.cal.season(m))/6*math.Pi)
				if sick.draw(e, m) < .1*winter {
					from := start + day(sick.pick(e, m+1000, 24))
					add("sick", from, from+1+day(math.Floor(2.5*-math.Log(1-.9*sick.draw(e, m+2000)))))
				}
			}
		}
	})
}
