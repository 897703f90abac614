package demo

import "fmt"

// writeEnrolments writes enrolments, and beside them the certificates and the
// feedback that come of them.
func (c *company) writeEnrolments(out *delivery) {
	enrolled := out.feed(feed{
		name: "enrolments", target: "enrolment", delivery: "delta", path: "lms/enrolments.jsonl",
		spec: []string{
			"id = enrolment_id", "userId = person_id", "courseId = course_id", "versionId = course_version_id", "sessionId = session_id",
			"attempt", "assignedOn = assigned_date", "assignedBy = assigned_basis", "dueOn = due_date", "startedAt = started_at",
			"completedAt = completed_at", "withdrawnOn = withdrawn_date", "exempt = is_exempt", "passed = is_passed", "status",
			"score", "hours", "origin",
		},
	})
	certified := out.feed(feed{
		name: "certificates", target: "certification", delivery: "delta", path: "lms/certificates.jsonl",
		spec: []string{
			"id = certification_id", "employeeNumber = person_id", "versionId = course_version_id", "courseId = course_id",
			"issuedOn = issued_date", "expiresOn = expires_date", "cycle",
		},
	})
	answered := out.feed(feed{
		name: "feedback", target: "learning_feedback", delivery: "delta", path: "lms/feedback.jsonl",
		spec: []string{
			"id = feedback_id", "courseId = course_id", "versionId = course_version_id", "sessionId = session_id", "token = respondent",
			"step", "question = item", "answer = value", "answeredOn = answered_date",
		},
	})
	if out.err != nil {
		return
	}
	w := &learner{company: c, k: c.key("learning"), list: courses(), names: titles()}
	w.enrolled, w.certified, w.answered = out.folder.create(enrolled, ""), out.folder.create(certified, ""), out.folder.create(answered, "")
	w.write()
	out.err = closeAll(w.enrolled, w.certified, w.answered)
}

// A learner writes what the learning system knows of each person in turn.
type learner struct {
	*company
	k                             key
	list                          []course
	names                         [titleCount]title
	enrolled, certified, answered *file
	n, certificates, answers      int
}

func (w *learner) write() {
	tactics := w.tacticEnrolments(w.list)
	for e := range w.emps {
		w.enrolments(w.k, w.list, &w.names, e, tactics, func(en enrolment) {
			w.enrolment(learnerID(w.emps[e].person), en)
			if en.done != 0 {
				w.certificate(w.emps[e].person, en)
				w.feedback(e, en)
			}
		})
	}
	for i := range max(5, w.opt.Employees/100) { // users that the HRIS does not know
		m := w.k.pick(i, 77, w.cal.months)
		en := enrolment{course: &w.list[5], origin: "self", assigned: w.cal.month(m), month: m, attempt: 1, number: i}
		en.started, en.done, en.hours, en.isPassed, en.score = en.assigned+1, min(en.assigned+3, w.cal.end()-1), 4, true, 81
		w.enrolment(fmt.Sprintf("ext-%04d", i+1), en)
	}
}

func (en *enrolment) status() string {
	switch {
	case en.isExempt:
		return "EXEMPT"
	case en.withdrawn != 0:
		return "WITHDRAWN"
	case en.done != 0:
		return "COMPLETED"
	case en.started != 0:
		return "IN_PROGRESS"
	}
	return "NOT_STARTED"
}

func (w *learner) session(en enrolment) cell {
	if en.course.modality != "class" {
		return cell{}
	}
	return txt(sessionID(*en.course, en.month))
}

func (w *learner) enrolment(user string, en enrolment) {
	w.n++
	started, done, basis := cell{}, cell{}, "source"
	if en.started != 0 {
		started = at(en.started.at(9))
	}
	score, passed := cell{}, cell{}
	if en.done != 0 {
		done, passed = at(en.done.at(15)), flag(en.isPassed)
		score = num(en.score)
	}
	if en.origin == "assigned" && en.course.every > 0 {
		basis = "rule"
	}
	w.enrolled.add(txt(fmt.Sprintf("EN-%08d", w.n)), txt(user), txt(en.course.id), txt(en.course.version(en.month, w.cal.months)),
		w.session(en), whole(en.attempt), on(en.assigned), txt(basis), on(en.due), started, done, on(en.withdrawn), flag(en.isExempt),
		passed, txt(en.status()), score, rounded(en.hours, 2), txt(en.origin))
}

func (w *learner) certificate(person int32, en enrolment) {
	if en.course.renews == 0 || !en.isPassed {
		return
	}
	w.certificates++
	expires := day(w.cal.month(w.cal.index(en.done)+en.course.renews)) + en.done - w.cal.month(w.cal.index(en.done))
	w.certified.add(txt(fmt.Sprintf("CE-%07d", w.certificates)), txt(personID(person)), txt(en.course.version(en.month, w.cal.months)),
		txt(en.course.id), on(en.done), on(expires), whole(en.cycle))
}

// feedback writes answers after a class or a tactic's course: two on the day, and
// from fewer people one on what they applied.
func (w *learner) feedback(e int, en enrolment) {
	u := func(i int) float64 { return w.k.draw(e+2<<30, en.number*16+i) }
	if en.course.modality == "e-learning" || u(0) > .45 {
		return
	}
	token := fmt.Sprintf("tk%08x", uint32(mix(uint64(e)<<20^uint64(en.number))))
	row := func(step, item string, value float64, d day) {
		if d >= w.cal.end() {
			return
		}
		w.answers++
		w.answered.add(txt(fmt.Sprintf("FB-%07d", w.answers)), txt(en.course.id), txt(en.course.version(en.month, w.cal.months)), w.session(en),
			txt(token), txt(step), txt(item), num(value), on(d))
	}
	row("reaction", "Was it worth your time?", float64(3+int(2.3*u(1))), en.done)
	row("reaction", "Will you use it?", float64(2+int(3.3*u(2))), en.done)
	if u(3) < .5 {
		used := 0.0
		if u(4) < .45 {
			used = 1
		}
		row("application", "Have you used it at work?", used, en.done+day(20+int(90*u(5))))
	}
}
