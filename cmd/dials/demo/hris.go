package demo

import (
	"fmt"
	"strings"
	"time"
)

// Ids. Each system has its own.
func personID(p int32) string     { return fmt.Sprintf("E%07d", p) }
func employmentID(e int32) string { return fmt.Sprintf("EMP-%07d", e+1) }
func payrollID(p int32) string    { return fmt.Sprintf("%08d", 10000+3*int(p)) }
func learnerID(p int32) string    { return fmt.Sprintf("u%d", 4001+17*int(p)) }

const fullTime = 39.0 // hours a week

// hours returns the contracted weekly hours of an employment on a day: German
// production worked 40 hours until the agreement of 2025.
func (c *company) hours(x *employment, d day) float64 {
	if c.hadLongWeek(x) && d < c.agreement() {
		return 40 * x.part
	}
	return fullTime * x.part
}

func (c *company) hadLongWeek(x *employment) bool {
	return x.entity == germany && c.units[x.jobs[0].unit].group == production
}

func (c *company) agreement() day { return c.cal.month(c.cal.months - 22) }

// writeHRIS writes the people, their jobs and the organisation.
func (c *company) writeHRIS(out *delivery) {
	out.source = source{name: "hris", schedule: "15 2 * * *", isTrustedLog: true, about: "People, jobs and the organisation: the point of truth for who works where."}
	out.table(feed{
		name: "persons", target: "person", delivery: "snapshot", path: "hris/persons.csv",
		spec: []string{"Employee No = person_id"},
	}, func(f *file) {
		for p := range c.persons {
			f.add(txt(personID(int32(p + 1))))
		}
	})
	c.writeEmployments(out)
	c.writeJobs(out)
	c.writeReportingLines(out)
	c.writeCompensation(out)
	c.writeOrganisation(out)
	c.writeTitles(out)
	c.writeAbsences(out)
	c.writeIdentifiers(out)
	c.writeWorkforcePlan(out)
}

func reasonText(r uint8) string {
	return [reasons]string{"", "Resignation", "Dismissal", "Redundancy", "Retirement", "Contract renewal", "End of contract"}[r]
}

func (c *company) writeEmployments(out *delivery) {
	out.table(feed{
		name: "employments", target: "employment", delivery: "history", path: "hris/employments.csv", keep: "cost_centre",
		spec: []string{
			"Employment No = employment_id", "Employee No = person_id", "Company = legal_entity",
			"Hired on = hire_date : date %d/%m/%Y", "Left on = term_date : date %d/%m/%Y", "Leaving reason = term_reason",
			"Voluntary = is_voluntary : bool Y N",
			"Contract = employment_type : values Permanent employee Contractor contractor Intern intern Agency agency",
			"Weekly hours = contracted_hours", "From = valid_from : date %d/%m/%Y", "To = valid_to : date %d/%m/%Y",
			"Entered at = recorded_at", "cost_centre", "Badge = badge : unmapped",
		},
	}, func(f *file) {
		for e := range c.emps {
			x := &c.emps[e]
			voluntary := cell{}
			if x.term != 0 {
				voluntary = flag(x.reason == resigned || x.reason == renewed)
			}
			row := func(from, to, known day) {
				f.add(txt(employmentID(int32(e))), txt(personID(x.person)), txt(entityName(x.entity)),
					on(x.hire), on(x.term), txt(reasonText(x.reason)), voluntary,
					txt([...]string{"employee", "contractor", "intern", "agency"}[x.kind]),
					num(c.hours(x, from)), on(from), on(to), at(known.at(9)),
					txt("CC-"+c.units[x.jobs[0].unit].id), txt("blue"))
			}
			known := x.hire - 14
			if split := c.agreement(); c.hadLongWeek(x) && x.hire < split && (x.term == 0 || x.term > split) {
				row(x.hire, split, known)
				row(split, x.term, max(split-30, x.recorded))
				continue
			}
			row(x.hire, x.term, max(known, x.recorded, c.backlog(x)))
		}
	})
}

// backlog returns the day on which HR entered the end of an employment that lay in
// its backlog: the British leavers of two winter months were entered in spring.
func (c *company) backlog(x *employment) day {
	if m := c.cal.months - 10; x.entity == britain && x.term > c.cal.month(m)+1 && x.term <= c.cal.month(m+2) {
		return c.cal.month(m+3) + 4 + x.term%20
	}
	return 0
}

// jobReason returns why a job began, as the HRIS says it.
func (c *company) jobReason(x *employment, j int) string {
	if j == 0 {
		return "Hire"
	}
	was, is := x.jobs[j-1], x.jobs[j]
	from, to := c.merged()
	switch {
	case was.unit == int32(from) && is.unit == int32(to):
		return "Reorganisation"
	case was.title != is.title:
		return "Promotion"
	}
	return "Transfer"
}

// spelled returns how the HRIS spells a title in one job: the grade apart where
// it is canonical.
func (c *company) spelled(k key, names *[titleCount]title, e, j int, t uint8) (grade, name string) {
	name = names[t].name
	if s := names[t].spellings; k.draw(e, j) < .35 && len(s) > 0 {
		return "", s[k.pick(e, j+100, len(s))]
	}
	if k.draw(e, j+200) < .002 {
		return "", "Special tasks"
	}
	if rest, ok := strings.CutPrefix(name, "Senior "); ok {
		return "Senior", rest
	}
	return "", name
}

func (c *company) writeJobs(out *delivery) {
	names, k, second := titles(), c.key("spelling"), c.key("second job")
	out.table(feed{
		name: "jobs", target: "job", delivery: "history", path: "hris/jobs.csv", bom: true,
		spec: []string{
			"Employment No = employment_id", "Assignment = assignment_id", "Primary = is_primary : bool 1 0", "FTE = fte_share",
			"Grade = raw_title : join Title", "Title = title : part", "Unit = unit_id", "Site = location", "Band = pay_band_id",
			"Why = change_reason", "From = valid_from", "To = valid_to",
		},
	}, func(f *file) {
		for e := range c.emps {
			x := &c.emps[e]
			id := txt(employmentID(int32(e)))
			for j, b := range x.jobs {
				grade, name := c.spelled(k, &names, e, j, b.title)
				u := &c.units[b.unit]
				f.add(id, txt("1"), flag(true), num(x.part), txt(grade), txt(name), txt(u.id), txt(u.location),
					txt(bandID(b.title, x.entity)), txt(c.jobReason(x, j)), on(b.from), on(b.to))
			}
			if last := x.jobs[len(x.jobs)-1]; second.draw(e, 0) < .01 && last.from < c.cal.end() {
				other := c.bases[corporate][second.pick(e, 1, len(c.bases[corporate])-1)]
				f.add(id, txt("2"), flag(false), num(.1), cell{}, txt("Specialist"), txt(c.units[other].id), txt("Hamburg"),
					cell{}, cell{}, on(last.from), on(last.to))
			}
		}
	})
}

// writeOrganisation writes the units as they stood: the desks that were
// reorganised got another parent, one department was merged into another, and one
// line has a new name.
func (c *company) writeOrganisation(out *delivery) {
	start := date(2015, time.January)
	moved := map[int]bool{}
	for i, g := range c.reorganised {
		moved[c.bases[service][i]] = g > 0
	}
	from, to := c.merged()
	reorganised, merged := c.cal.month(c.when.reorganisation), c.cal.month(c.when.facilities)
	renamed, rename := c.bases[production][0], c.cal.month(c.cal.months-18)
	out.table(feed{
		name: "units", target: "org_unit", delivery: "history", path: "hris/units.csv",
		spec: []string{"unit_id", "name", "Parent = parent_id", "Type = unit_type", "valid_from", "valid_to"},
	}, func(f *file) {
		row := func(id, name, parent, kind string, a, b day) {
			f.add(txt(id), txt(name), txt(parent), txt(kind), on(a), on(b))
		}
		for i, u := range c.units {
			parent := ""
			if u.parent >= 0 {
				parent = c.units[u.parent].id
			}
			switch {
			case moved[i]:
				row(u.id, u.name, parent, u.kind, start, reorganised)
				row(u.id, u.name, hubID, u.kind, reorganised, 0)
			case i == from:
				row(u.id, u.name, parent, u.kind, start, merged)
			case i == renamed:
				row(u.id, u.name, parent, u.kind, start, rename)
				row(u.id, u.name+" (new hall)", parent, u.kind, rename, 0)
			default:
				row(u.id, u.name, parent, u.kind, start, 0)
			}
		}
		row(hubID, "Service hub", c.units[c.divisions[service]].id, "centre", reorganised, 0)
	})
	out.table(feed{
		name: "unit_successors", target: "org_unit_successor", delivery: "snapshot", path: "hris/unit_successors.csv",
		spec: []string{"from_unit_id", "to_unit_id", "share", "changed_date"},
	}, func(f *file) {
		f.add(txt(c.units[from].id), txt(c.units[to].id), num(1), on(merged))
	})
}

// hubID is the centre that the reorganisation made.
const hubID = "V-HUB"
