package demo

import (
	"fmt"
	"math"
	"time"
)

func bandID(t, entity uint8) string {
	return fmt.Sprintf("B%02d-%s", t+1, entityCurrency(entity))
}

// localPay returns a title's midpoint a year in the currency of an entity.
func localPay(mid float64, entity uint8) float64 {
	if entity == britain {
		return mid * poundsPerEuro * .95
	}
	return mid
}

// annual returns the full-time base pay a year that an employment has from day d
// on: the midpoint of its title, moved by 2.5 % a year, by its own position in it.
func (c *company) annual(names *[titleCount]title, merit key, e int, t uint8, d day) float64 {
	x := &c.emps[e]
	y := d.time().Year()
	own := x.pay * (1 + .006*(merit.draw(e, y)-.5))
	pay := localPay(names[t].midpoint, x.entity) * math.Pow(1.025, float64(y-2026)) * own
	return math.Round(pay/12) * 12
}

// titleOn returns the title of an employment on a day.
func (x *employment) titleOn(d day) uint8 {
	t := x.jobs[0].title
	for _, b := range x.jobs {
		if b.from <= d {
			t = b.title
		}
	}
	return t
}

// unitOn returns the unit of an employment on a day.
func (x *employment) unitOn(d day) int32 {
	u := x.jobs[0].unit
	for _, b := range x.jobs {
		if b.from <= d {
			u = b.unit
		}
	}
	return u
}

// isActive reports whether the employment holds on day d.
func (x *employment) isActive(d day) bool {
	return x.hire <= d && (x.term == 0 || d < x.term)
}

func (c *company) writeCompensation(out *delivery) {
	names, merit, ahead := titles(), c.key("merit"), c.key("ahead")
	first := date(c.cal.first.Year(), time.January)
	next := date(c.opt.LastMonth.Year()+1, time.January)
	out.table(feed{
		name: "compensation", target: "compensation", delivery: "history", path: "hris/compensation.csv",
		spec: []string{
			"Employment No = employment_id", "Base = base_amount", "Currency = currency", "Basis = per : values M month Y year",
			"FTE basis = fte_basis", "Reason = change_reason", "From = valid_from : date %Y%m%d", "To = valid_to : date %Y%m%d",
		},
	}, func(f *file) {
		for e := range c.emps {
			x := &c.emps[e]
			if x.kind != employee && x.kind != intern {
				continue
			}
			from, reason := max(x.hire, first), "hire"
			for from != 0 {
				to, why := c.nextPay(x, from, "merit")
				if to == next && ahead.draw(e, 0) > .02 || x.term != 0 && to >= x.term {
					to = x.term
				}
				pay := c.annual(&names, merit, e, x.titleOn(from), from)
				amount, per := pay/12, "month"
				if x.entity == britain {
					amount, per = pay, "year"
				}
				f.add(txt(employmentID(int32(e))), rounded(amount, 2), txt(entityCurrency(x.entity)), txt(per), num(1),
					txt(reason), on(from), on(to))
				if to == x.term || to > next {
					break
				}
				from, reason = to, why
			}
		}
	})
}

// nextPay returns the day after from on which base pay changes: 1 January, or a
// promotion before it.
func (c *company) nextPay(x *employment, from day, usual string) (day, string) {
	january := date(from.time().Year()+1, time.January)
	for i, b := range x.jobs[1:] {
		if b.from > from && b.from < january && b.title != x.jobs[i].title {
			return b.from, "promotion"
		}
	}
	return january, usual
}

func (c *company) writeTitles(out *delivery) {
	names, start := titles(), date(2015, time.January)
	out.table(feed{
		name: "job_titles", target: "job_title", delivery: "history", path: "hris/job_titles.csv",
		spec: []string{
			"job_title_id", "name", "family", "level", "Frontline = is_frontline : bool Y N", "Critical = is_critical : bool Y N",
			"valid_from", "valid_to",
		},
	}, func(f *file) {
		for _, t := range names {
			f.add(txt(t.id), txt(t.name), txt(t.family), txt(t.level), flag(t.isFrontline), flag(t.isCritical), on(start), cell{})
		}
	})
	approver := txt(personID(c.owner(c.divisions[corporate])))
	out.table(feed{
		name: "title_map", target: "title_map", delivery: "history", path: "hris/title_map.csv", delimiter: ';', latin1: true,
		spec: []string{"Schreibweise = raw_title", "Stelle = job_title_id", "Freigabe = approver_id", "Ab = valid_from : date %d.%m.%Y", "Bis = valid_to : date %d.%m.%Y"},
	}, func(f *file) {
		for _, t := range names {
			for _, s := range append([]string{t.name}, t.spellings...) {
				f.add(txt(s), txt(t.id), approver, on(start), cell{})
			}
		}
	})
	out.table(feed{
		name: "pay_bands", target: "pay_band", delivery: "history", path: "hris/pay_bands.csv",
		spec: []string{"Band = pay_band_id", "Currency = currency", "Low = low_amount", "Mid = midpoint_amount", "High = high_amount", "valid_from", "valid_to"},
	}, func(f *file) {
		for y := c.cal.first.Year(); y <= c.opt.LastMonth.Year(); y++ {
			to := date(y+1, time.January)
			if y == c.opt.LastMonth.Year() {
				to = 0
			}
			for i, t := range names {
				for _, entity := range []uint8{germany, britain} {
					mid := localPay(t.midpoint, entity) * math.Pow(1.025, float64(y-2026))
					f.add(txt(bandID(uint8(i), entity)), txt(entityCurrency(entity)), rounded(mid*.8, -2), rounded(mid, -2), rounded(mid*1.2, -2),
						on(date(y, time.January)), on(to))
				}
			}
		}
	})
}

// writeIdentifiers writes who has which number in payroll and in learning. A few
// learners are missing, and one learner's number was given to two people.
func (c *company) writeIdentifiers(out *delivery) {
	type account struct {
		person int32
		entity uint8
	}
	first := map[account]day{}
	var order []account
	for i := range c.emps {
		x := &c.emps[i]
		if x.kind == contractor || x.kind == agency {
			continue
		}
		a := account{x.person, x.entity}
		if _, ok := first[a]; !ok {
			order = append(order, a)
			first[a] = x.hire
		}
	}
	missing := c.key("no learner")
	out.table(feed{
		name: "identifiers", target: "person_xref", delivery: "history", path: "hris/identifiers.csv",
		spec: []string{"System = system", "Company = legal_entity", "Number = value", "Employee No = person_id", "Rule = rule", "From = valid_from", "To = valid_to"},
	}, func(f *file) {
		known := map[int32]bool{}
		for _, a := range order {
			name := "payroll_de"
			if a.entity == britain {
				name = "payroll_uk"
			}
			f.add(txt(name), txt(entityName(a.entity)), txt(payrollID(a.person)), txt(personID(a.person)), txt("personnel number"), on(first[a]), cell{})
			if known[a.person] || missing.draw(int(a.person), 0) < .003 {
				continue
			}
			known[a.person] = true
			f.add(txt("lms"), txt("LFG"), txt(learnerID(a.person)), txt(personID(a.person)), txt("mail address"), on(first[a]), cell{})
		}
		middle := c.cal.month(c.cal.months / 2)
		f.add(txt("lms"), txt("LFG"), txt("u77"), txt(personID(1)), txt("by hand"), on(c.cal.month(0)), on(middle))
		f.add(txt("lms"), txt("LFG"), txt("u77"), txt(personID(2)), txt("by hand"), on(middle), cell{})
	})
}

// writeWorkforcePlan writes planned heads of each base unit and title by quarter
// of the last two fiscal years and the current one.
func (c *company) writeWorkforcePlan(out *delivery) {
	names := titles()
	out.table(feed{
		name: "workforce_plan", target: "workforce_plan", delivery: "snapshot", path: "hris/workforce_plan.csv",
		spec: []string{"unit_id", "job_title_id", "period_start_date", "plan_version", "planned_heads"},
	}, func(f *file) {
		fy := c.cal.fiscalYear(c.cal.months - 1)
		for m := c.cal.fiscalFirst(fy - 2); m < c.cal.fiscalFirst(fy+3); m += 3 {
			version := txt(fmt.Sprintf("FY%d", c.cal.fiscalYear(m)))
			for i, u := range c.units {
				var heads [titleCount]int
				for s := u.seat; s < u.seat+u.seats; s++ {
					heads[c.seats[s].title]++
				}
				if from, _ := c.merged(); i == from && m >= c.when.facilities {
					continue
				}
				for t, n := range heads {
					if n > 0 {
						f.add(txt(u.id), txt(names[t].id), on(c.cal.month(m)), version, whole(n))
					}
				}
			}
		}
	})
}
