package demo

import (
	"fmt"
	"math"
	"time"
)

// A competency is one thing that people must be able to do.
type competency struct {
	id, framework, name, scale string
	groups                     []int // groups of units that need it; none is all
	heads                      bool
}

func competencies() []competency {
	return []competency{
		{"CO-01", "FW-CORE", "Working with others", "SC-5", nil, false},
		{"CO-02", "FW-CORE", "Putting clients first", "SC-5", []int{sales, service, logistics}, false},
		{"CO-03", "FW-CORE", "Leading people", "SC-5", nil, true},
		{"CO-04", "FW-TECH", "Consultative selling", "SC-4", []int{sales}, false},
		{"CO-05", "FW-TECH", "Finding causes of defects", "SC-4", []int{production}, false},
		{"CO-06", "FW-TECH", "Running the line safely", "SC-4", []int{production, logistics}, false},
		{"CO-07", "FW-TECH", "Solving a case in one call", "SC-4", []int{service}, false},
		{"CO-08", "FW-TECH", "Working with data", "SC-4", []int{corporate}, false},
		{"CO-09", "FW-CORE", "Setting goals", "SC-5", nil, true},
	}
}

// needs reports whether people of a title need the competency.
func (k competency) needs(names *[titleCount]title, t uint8) bool {
	isHead := names[t].level[0] != 'P'
	if k.heads {
		return isHead
	}
	family := map[string]int{"Sales": sales, "Production": production, "Service": service, "Logistics": logistics, "Corporate": corporate}
	g, ok := family[names[t].family]
	if len(k.groups) == 0 {
		return true
	}
	for _, x := range k.groups {
		if ok && x == g {
			return true
		}
	}
	return false
}

// low and high are the ends of the competency's scale.
func (k competency) low() float64 {
	if k.scale == "SC-4" {
		return 0
	}
	return 1
}

func (k competency) high() float64 { return k.low() + 4 }

// required returns the level that a title needs on the competency's scale.
func (k competency) required(names *[titleCount]title, t uint8) float64 {
	level := 3.0
	if names[t].level[0] != 'P' {
		level = 4
	} else if names[t].level == "P1" && k.scale == "SC-4" {
		level = 2
	}
	return level
}

// table formats: a sheet, or Parquet where it would be too long for one.
func (c *company) tableFormat() string {
	if c.opt.Employees > 20000 {
		return ".parquet"
	}
	return ".xlsx"
}

// writeTalent writes competencies, assessments and reviews.
func (c *company) writeTalent(out *delivery) {
	out.source = source{name: "talent", schedule: "45 3 * * *", about: "Competencies, assessments and reviews; the long tables as workbooks."}
	c.writeFrameworks(out)
	c.writeRequirements(out)
	c.writeAssessments(out)
	c.writeReviews(out)
}

func (c *company) writeFrameworks(out *delivery) {
	out.table(feed{
		name: "frameworks", target: "framework", delivery: "snapshot", path: "talent/frameworks.csv", spec: []string{"framework_id", "name", "version"},
	}, func(f *file) {
		f.add(txt("FW-CORE"), txt("Larkfield core"), txt("2023"))
		f.add(txt("FW-TECH"), txt("Crafts of the trade"), txt("3.1"))
	})
	out.table(feed{
		name: "competencies", target: "competency", delivery: "snapshot", path: "talent/competencies.csv",
		spec: []string{"competency_id", "framework_id", "name", "description", "scale_id"},
	}, func(f *file) {
		for _, k := range append(competencies(), newCompetency()) {
			f.add(txt(k.id), txt(k.framework), txt(k.name), txt(k.name+", as the handbook describes it"), txt(k.scale))
		}
	})
	out.table(feed{
		name: "scales", target: "scale", delivery: "snapshot", path: "talent/scales.csv", spec: []string{"scale_id", "name", "low_value", "high_value"},
	}, func(f *file) {
		f.add(txt("SC-5"), txt("One to five"), num(1), num(5))
		f.add(txt("SC-4"), txt("Zero to four"), num(0), num(4))
	})
	out.table(feed{
		name: "scale_points", target: "scale_point", delivery: "snapshot", path: "talent/scale_points.csv",
		spec: []string{"scale_id", "value", "label", "anchor"},
	}, func(f *file) {
		labels := []string{"Not yet", "Beginner", "With help", "On one's own", "Helps others", "Sets the standard"}
		anchors := []string{
			"Has not done it", "Does parts of it under guidance", "Does it, and asks when it is hard", "Does it well without help",
			"Does it well and shows others how", "",
		}
		for v := 1; v <= 5; v++ {
			f.add(txt("SC-5"), num(float64(v)), txt(labels[v]), txt(anchors[v]))
		}
		for v := 0; v <= 4; v++ {
			f.add(txt("SC-4"), num(float64(v)), txt(labels[v]), txt(anchors[v]))
		}
	})
}

func (c *company) writeRequirements(out *delivery) {
	names, start := titles(), date(2018, time.January)
	raised := c.cal.month(c.when.waves[0])
	out.table(feed{
		name: "requirements", target: "requirement", delivery: "history", path: "talent/requirements.csv",
		spec: []string{"competency_id", "job_title_id", "unit_id", "level", "weight", "Objective = goal_id", "valid_from", "valid_to"},
	}, func(f *file) {
		row := func(k competency, t title, level, weight float64, goal string, from, to day) {
			f.add(txt(k.id), txt(t.id), cell{}, num(level), num(weight), txt(goal), on(from), on(to))
		}
		for _, k := range competencies() {
			for i, t := range names {
				if !k.needs(&names, uint8(i)) {
					continue
				}
				level, weight := k.required(&names, uint8(i)), float64(2+(i+len(k.name))%4)
				if k.id == "CO-04" { // the objective of the new way of selling asks for more
					row(k, t, level, weight, "", start, raised)
					row(k, t, min(level+1, k.high()), 5, "G-110", raised, 0)
					continue
				}
				row(k, t, level, weight, "", start, 0)
			}
		}
		c.writeNewRequirements(f)
	})
	out.table(feed{
		name: "course_competencies", target: "course_competency", delivery: "snapshot", path: "talent/course_competencies.csv",
		spec: []string{"course_id", "competency_id", "target_level"},
	}, func(f *file) {
		for _, x := range [][2]string{
			{"CRS-21", "CO-04"},
			{"CRS-07", "CO-04"},
			{"CRS-12", "CO-03"},
			{"CRS-22", "CO-03"},
			{"CRS-14", "CO-09"},
			{"CRS-08", "CO-05"},
			{"CRS-09", "CO-05"},
			{"CRS-26", "CO-05"},
			{"CRS-03", "CO-06"},
			{"CRS-10", "CO-02"},
			{"CRS-06", "CO-02"},
			{"CRS-11", "CO-08"},
			{"CRS-24", "CO-07"},
			{"CRS-15", "CO-01"},
		} {
			f.add(txt(x[0]), txt(x[1]), num(3))
		}
	})
}

// assessMonths lists the months of the yearly round of assessments, each September.
func (c *company) assessMonths() []int {
	var list []int
	for m := range c.cal.months {
		if c.cal.season(m) == int(time.September)-1 {
			list = append(list, m)
		}
	}
	return list
}

func (c *company) writeAssessments(out *delivery) {
	names, list, k := titles(), competencies(), c.key("assessments")
	f := out.feed(feed{
		name: "assessments", target: "assessment", delivery: "delta", path: "talent/assessments-*" + c.tableFormat(), sheet: "Assessments", headerRow: 2,
		spec: []string{
			"No. = assessment_id", "Person = person_id", "Competency = competency_id", "Rated by = rater_id", "Role = rater_type",
			"Level = value", "Scale = scale_id", "Date = assessed_date", "Round = wave",
		},
	})
	c.owner(0)
	n, lessons := 0, c.lessons(list)
	for _, m := range c.assessMonths() {
		year := c.cal.month(m).time().Year()
		out.part(f, fmt.Sprint(year), func(f *file) {
			start := c.cal.month(m)
			for e := range c.emps {
				x := &c.emps[e]
				if x.kind != employee || !x.isActive(start) || k.draw(e, m) > .72 {
					continue
				}
				d, t := start+day(k.pick(e, m+500, 26)), x.titleOn(start)
				manager, _ := c.manager(int(x.unitOn(start)), x.person, start)
				for i, comp := range list {
					if !comp.needs(&names, t) {
						continue
					}
					low, high := comp.low(), comp.high()
					tenure := math.Min(1.2, float64(d-x.hire)/1500)
					truth := comp.required(&names, t) - .9 + tenure + .8*(k.draw(int(x.person), i+9000)-.5) + learned(lessons[e], i, d)
					add := func(rater int32, role string, bias float64, j int) {
						v := math.Round(clip(truth+bias+1.2*(k.draw(e*16+i, m*16+j)-.5), low, high))
						n++
						f.add(txt(fmt.Sprintf("AS-%08d", n)), txt(personID(x.person)), txt(comp.id), txt(personID(rater)), txt(role),
							num(v), txt(comp.scale), on(d), txt(fmt.Sprint(year)))
					}
					add(x.person, "self", .4, 0)
					if manager != 0 {
						add(manager, "manager", 0, 1)
					}
					if k.draw(e, m+800) < .06 {
						for j := range 3 {
							add(1+int32(k.pick(e*16+i, m*16+j+7, c.persons)), "peer", .1, 3+j)
						}
					}
				}
			}
		})
	}
}
