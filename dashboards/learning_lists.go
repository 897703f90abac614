package dashboards

// complianceList is who holds a valid proof of what is asked of them, by course.
func (r *request) complianceList(o *operations) listing {
	l := listing{
		ID: "compliance", Title: "Who holds a valid proof of what is asked of them?",
		Sub: "People employed today whom a rule asks for the course; a certificate where the course has any, else a completion as recent as the rule wants",
		Head: []listHead{
			{Text: "Course"},
			{"Asked", definition("compliance"), true},
			{"Valid", definition("compliance"), true},
			{"Of asked", definition("compliance"), true},
			{"Ends in 30 days", definition("expiring-proofs"), true},
			{"in 60 days", definition("expiring-proofs"), true},
			{"in 90 days", definition("expiring-proofs"), true},
			{"Ended", definition("compliance"), true},
			{"Not yet due", definition("compliance"), true},
		},
		Empty: "Load learning_assignment (who must take what) or certification, then run dials sync.",
		Foot:  []footItem{{Text: "Table: marts.learning_tree"}, {Text: "The auditor’s proof, person by person (learning, HR and one’s own line)", Link: r.peopleLink("show", "proofs", "course", o.course)}},
	}
	for _, c := range o.order {
		s, ok := o.step("now", "compliant", c.CourseID)
		if !ok || o.course != "" && o.course != c.CourseID {
			continue
		}
		share, known := s.share()
		proofs := func(state string) string { return r.peopleLink("show", "proofs", "course", c.CourseID, "state", state) }
		step := func(name string) string {
			x, ok := o.step("now", name, c.CourseID)
			if !ok {
				return "0"
			}
			return r.stepCount(x)
		}
		l.Rows = append(l.Rows, []listCell{
			{Text: c.Name, Link: r.here("/learning", "course", c.CourseID)},
			{Text: r.countOr(s.People), Link: proofs("asked")},
			{Text: r.stepCount(s), Link: proofs("held")},
			{Text: r.percentOr(share, known)},
			{Text: step("expiring-30"), Link: proofs("ends within 30 days")},
			{Text: step("expiring-60"), Link: proofs("ends within 60 days")},
			{Text: step("expiring-90"), Link: proofs("ends within 90 days")},
			{Text: step("lapsed"), Link: proofs("ended")},
			{Text: step("in-time"), Link: proofs("not yet due")},
		})
	}
	return l
}

// courseList is completion and what is overdue, by course.
func (r *request) courseList(o *operations) listing {
	l := listing{
		ID: "courses", Title: "Which course is stuck?", Sub: "Assigned in " + r.windowName(o.window) + "; overdue today",
		Head: []listHead{
			{Text: "Course"},
			{Text: "Purpose"},
			{"Assignments", definition("completion-of-assignments"), true},
			{"Started", "", true},
			{"Completed", definition("completion-of-assignments"), true},
			{"Completed", definition("completion-of-assignments"), true},
			{"People who completed all", definition("completion-of-people"), true},
			{"Overdue today", definition("overdue-rate"), true},
		},
		Empty: "Nothing was assigned in this period.",
		Foot:  []footItem{{Text: "Table: marts.learning_tree"}, {Text: "hidden: fewer people than may be told of"}},
	}
	if o.isUndated() {
		l.Sub = "First seen in " + r.windowName(o.window) + ", when begun or loaded: nobody states when it was assigned; overdue today"
	}
	for _, c := range o.order {
		s, ok := o.step(o.window, "completed", c.CourseID)
		over, late := o.step("now", "overdue", c.CourseID)
		if !ok && !late || o.course != "" && o.course != c.CourseID {
			continue
		}
		started, _ := o.step(o.window, "started", c.CourseID)
		items, itemsKnown := s.itemShare()
		people, peopleKnown := s.share()
		row := []listCell{
			{Text: c.Name, Link: r.here("/learning", "course", c.CourseID)},
			{Text: deref(c.Purpose)},
			{Text: unknown},
			{Text: unknown},
			{Text: unknown},
			{Text: r.percentOr(items, itemsKnown)},
			{Text: r.percentOr(people, peopleKnown)},
			{Text: "0"},
		}
		if ok {
			rows := func(state string) string {
				return r.peopleLink("show", "enrolments", "window", o.window, "course", c.CourseID, "state", state)
			}
			row[2], row[3], row[4] = listCell{Text: r.countOr(s.Items), Link: rows("counted")}, listCell{Text: r.countOr(started.Done), Link: rows("started")}, listCell{Text: r.countOr(s.Done), Link: rows("done")}
		}
		if late {
			row[7] = listCell{Text: r.stepCount(over), Link: r.peopleLink("show", "enrolments", "state", "overdue", "course", c.CourseID)}
		}
		l.Rows = append(l.Rows, row)
	}
	return l
}

// resultList is how attempts ended, by course and, for one course, by version.
func (r *request) resultList(o *operations) listing {
	l := listing{
		ID: "results", Title: "How do attempts end?", Sub: "All attempts of all times that are not exempt; passed is not completed. Of a course, its versions",
		Head: []listHead{
			{Text: "Course"},
			{"Attempts", definition("pass-rate"), true},
			{"People", "", true},
			{"Passed", definition("pass-rate"), true},
			{"Of attempts", definition("pass-rate"), true},
			{"Withdrawn", "", true},
			{"Mean score", "", true},
		},
		Empty: "No attempt has been loaded yet.",
		Foot:  []footItem{{Text: "Table: marts.learning_results"}},
	}
	for _, x := range o.results {
		if o.course == "" && x.Version != "" || o.course != "" && x.CourseID != o.course {
			continue
		}
		name := listCell{Text: x.Course, Link: r.here("/learning", "course", x.CourseID)}
		if x.Version != "" {
			name = listCell{Text: x.Version, Sub: "version"}
		}
		rate, known := 0.0, x.Passed != nil && deref(x.Attempts) > 0
		if known {
			rate = float64(*x.Passed) / float64(*x.Attempts)
		}
		rows := func(state string) string {
			return r.peopleLink("show", "enrolments", "course", x.CourseID, "version", x.Version, "state", state)
		}
		score := unknown
		if x.MeanScore != nil {
			score = r.numbers.fixed(*x.MeanScore, 1)
		}
		l.Rows = append(l.Rows, []listCell{
			name, {Text: r.countOr(x.Attempts), Link: rows("")}, {Text: r.countOr(x.People)}, {Text: r.countOr(x.Passed)}, {Text: r.percentOr(rate, known)}, {Text: r.countOr(x.Withdrawn), Link: rows("withdrawn")}, {Text: score},
		})
	}
	return l
}
