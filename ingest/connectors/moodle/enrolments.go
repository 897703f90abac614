package moodle

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"dials/ingest"
	"dials/ingest/web"
)

// An enrolling is one reading of all enrolments.
type enrolling struct {
	*site
	out    *sink
	today  today
	full   bool // look at the dates of known completions as well
	known  memory
	pairs  []pair // by user and course
	walked map[id]*participation
	counts map[id]int // of participants, as the site tells it
	tally  tally
}

// A tally counts what could not be read.
type tally struct {
	asked, unanswered int // dates of completions
	barred            int // of them, for want of a right
	unlisted, active  int
	roleless          int
	first             error
	dateless          int
}

// enrolments reads who is enrolled where, how they stand, and their grades.
func (s *site) enrolments(ctx context.Context, stream ingest.Stream, cursor string, out *sink) error {
	err := s.need("core_enrol_get_enrolled_users", "core_enrol_get_users_courses", "core_completion_get_course_completion_status")
	if err != nil {
		return err
	}
	now := s.clock().UTC()
	e := &enrolling{
		site: s, out: out, full: cursor == "", walked: map[id]*participation{}, counts: map[id]int{},
		today: today{now: epoch(now.Unix()), day: dayNumber(now.In(s.zone)), zone: s.zone, pass: s.o.PassPercent},
	}
	if e.known, err = remember(ctx, stream); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{e.enrolled, e.standing, e.recount} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	if err := e.judge(); err != nil {
		return err
	}
	// The cursor says that a run was, so that the driver asks for everything weekly:
	// then known completions are looked at again.
	out.cursor = now.Format(time.RFC3339)
	return e.emit()
}

// enrolled reads the learners of every course and their grades.
func (e *enrolling) enrolled(ctx context.Context) error {
	courses, err := e.listCourses(ctx)
	if err != nil {
		return err
	}
	if len(courses) == 0 {
		return errors.New("the site shows no course: give the role of the token's account moodle/course:view and moodle/course:viewhiddencourses")
	}
	var shut, blind, gradeless closed
	others := map[words]bool{}
	rolesTold, people := false, 0
	withGrades := e.has("gradereport_user_get_grade_items")
	if !withGrades {
		e.out.Warn("scores are not read: the token's service does not contain gradereport_user_get_grade_items")
	}
	err = web.Each(ctx, e.client.Concurrency(), courses, func(ctx context.Context, c course) (participation, error) {
		return e.courseOf(ctx, c, withGrades)
	}, func(c course, p participation) error {
		shut.note(c, p.closed)
		blind.note(c, p.blind)
		gradeless.note(c, p.hidden)
		if !p.read() {
			return nil
		}
		people += len(p.people)
		for _, one := range p.people {
			rolesTold = rolesTold || one.Roles != nil
			for _, r := range deref(one.Roles) {
				others[r.Shortname] = true
			}
		}
		e.take(&p)
		return nil
	})
	if err != nil {
		return err
	}
	if people > 0 && !rolesTold && !slices.Contains(e.o.Roles, "*") {
		return errors.New(`the site does not tell the roles of participants, so that teachers cannot be told from learners: set roles = ["*"] in the source's options to take everybody`)
	}
	if people > 0 && len(e.pairs) == 0 {
		return fmt.Errorf("none of %d participants has one of the roles %s in their course: set roles in the source's options; there are %s", people, quoteAll(e.o.Roles), quoteAll(slices.Sorted(maps.Keys(others))))
	}
	slices.SortFunc(e.pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.course, b.course))
	})
	if err := shut.judge(len(courses), "participants", "moodle/course:viewparticipants, moodle/course:view and moodle/course:viewhiddencourses", e.out); err != nil {
		return err
	}
	blind.warn("suspended and future enrolments", "moodle/course:enrolreview", e.out)
	gradeless.warn("grades", "moodle/grade:viewall and gradereport/user:view", e.out)
	return nil
}

// courseOf reads the participants of a course, and their grades.
func (e *enrolling) courseOf(ctx context.Context, c course, withGrades bool) (participation, error) {
	p, err := e.participants(ctx, c)
	if err != nil || p.closed != nil || len(p.people) == 0 || !withGrades {
		return p, err
	}
	p.grades, err = e.courseGrades(ctx, c)
	if apart(err) {
		p.hidden, err = err, nil
	}
	return p, err
}

// take notes the learners of a course.
func (e *enrolling) take(p *participation) {
	for _, one := range p.people {
		if !e.learns(one) {
			if one.Roles == nil || len(*one.Roles) == 0 {
				e.tally.roleless++
			}
			continue
		}
		next := pair{user: one.ID, course: p.course.ID}
		if p.active != nil {
			next.active = no
			if p.active[one.ID] {
				next.active = yes
			}
		}
		if g, ok := p.grades[one.ID]; ok {
			next.grade, next.graded = g, true
		}
		e.pairs = append(e.pairs, next)
	}
	p.grades, p.active = nil, nil
	e.walked[p.course.ID] = p
}

// A learner is one person with their pairs.
type learner struct {
	pairs   []pair
	counted bool // ask how many participants the courses have
}

// learners groups the pairs by person. For each course one person is asked for the
// number of its participants.
func (e *enrolling) learners() []learner {
	var out []learner
	asked := map[id]bool{}
	for from := 0; from < len(e.pairs); {
		to := from + 1
		for to < len(e.pairs) && e.pairs[to].user == e.pairs[from].user {
			to++
		}
		l := learner{pairs: e.pairs[from:to]}
		current := false
		for _, p := range l.pairs {
			if p.active != no {
				current = true
				l.counted = l.counted || !asked[p.course]
			}
		}
		if l.counted {
			for _, p := range l.pairs {
				asked[p.course] = asked[p.course] || p.active != no
			}
		}
		if current {
			out = append(out, l)
		}
		from = to
	}
	return out
}

// A study is how one person stands in one course.
type study struct {
	ID        id     `json:"id"`
	Completed flag   `json:"completed"`
	Criteria  flag   `json:"completionhascriteria"`
	Progress  number `json:"progress"`
	Last      epoch  `json:"lastaccess"`
	Count     number `json:"enrolledusercount"`
}

// standing asks for each learner how they stand in all their courses, and for each new
// completion its date.
func (e *enrolling) standing(ctx context.Context) error {
	type answer struct {
		counts map[id]int
		tally  tally
	}
	return web.Each(ctx, e.client.Concurrency(), e.learners(), func(ctx context.Context, l learner) (answer, error) {
		count := "0"
		if l.counted {
			count = "1"
		}
		var got list[study]
		err := e.call(ctx, "core_enrol_get_users_courses", url.Values{"userid": {l.pairs[0].user.String()}, "returnusercount": {count}}, &got)
		a := answer{counts: map[id]int{}}
		if apart(err) {
			a.tally.first = err
			got = nil
		} else if err != nil {
			return a, err
		}
		for i := range l.pairs {
			if err := e.stands(ctx, &l.pairs[i], got, &a.tally); err != nil {
				return a, err
			}
		}
		for _, st := range got {
			if st.Count.known {
				a.counts[st.ID] = int(st.Count.value)
			}
		}
		return a, nil
	}, func(_ learner, a answer) error {
		for c, n := range a.counts {
			e.counts[c] = n
		}
		e.tally.add(a.tally)
		return nil
	})
}

func (t *tally) add(o tally) {
	t.asked += o.asked
	t.unanswered += o.unanswered
	t.barred += o.barred
	t.unlisted += o.unlisted
	t.active += o.active
	t.dateless += o.dateless
	if t.first == nil {
		t.first = o.first
	}
}

// stands notes how one pair stands.
func (e *enrolling) stands(ctx context.Context, p *pair, all []study, t *tally) error {
	if p.active == no {
		return nil
	}
	t.active++
	i := slices.IndexFunc(all, func(st study) bool { return st.ID == p.course })
	if w := e.walked[p.course]; i < 0 && w != nil && w.course.Visible == no {
		return e.hidden(ctx, p, t)
	}
	if i < 0 {
		t.unlisted++
		return nil
	}
	st := all[i]
	p.listed, p.tracked, p.criteria = true, st.Completed, st.Criteria
	p.begun = st.Progress.value > 0 || st.Last > 0
	if p.tracked != yes {
		return nil
	}
	past := e.known.of(p.user, p.course)
	if n := len(past); !e.full && n > 0 && (past[n-1].done != 0 || past[n-1].state == restored) {
		return nil
	}
	return e.date(ctx, p, t)
}

// recount compares the participants that were seen with how many the site says there
// are: a token without some rights sees fewer, and is not told so.
func (e *enrolling) recount(ctx context.Context) error {
	var odd []*participation
	for _, p := range e.walked {
		if n, ok := e.counts[p.course.ID]; ok && n != len(p.people) {
			odd = append(odd, p)
		}
	}
	slices.SortFunc(odd, func(a, b *participation) int { return cmp.Compare(a.course.ID, b.course.ID) })
	return web.Each(ctx, e.client.Concurrency(), odd, func(ctx context.Context, p *participation) (int, error) {
		again, err := e.walk(ctx, p.course, "")
		if apart(err) {
			err = nil
		}
		return len(again), err
	}, func(p *participation, seen int) error {
		p.partial = true // changing while it is read, at least: nobody counts as gone
		if n := e.counts[p.course.ID]; seen < n && len(p.people) < n {
			e.out.Warn("course %s (id %d) has %d participants and shows %d: the token's account sees a part of them alone; it may lack moodle/site:accessallgroups or moodle/user:viewdetails",
				p.course.Shortname, p.course.ID, n, seen)
		}
		return nil
	})
}
