package moodle

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// judge says whether too much could not be read, and warns of what could not.
func (e *enrolling) judge() error {
	t := e.tally
	why := ""
	if t.first != nil {
		why = " (" + faultWords(t.first) + ")"
	}
	const few = 3
	switch {
	case t.unlisted == t.active && t.active > few:
		return fmt.Errorf("the site tells of none of %d enrolments how they stand%s: give the role of the token's account moodle/course:viewparticipants and moodle/user:viewdetails", t.active, why)
	case t.barred == t.asked && t.asked > 0 && !slices.ContainsFunc(e.known, func(k held) bool { return k.done != 0 }):
		return fmt.Errorf("the site tells of none of %d completions when they were%s: give the role of the token's account report/completion:view", t.asked, why)
	}
	if t.unlisted > 0 {
		e.out.Warn("of %d of %d enrolments the site does not tell how they stand%s: what was known of them stays", t.unlisted, t.active, why)
	}
	if t.unanswered > 0 {
		e.out.Warn("of %d of %d completions the site does not tell when they were%s: they are asked for again next time", t.unanswered, t.asked, why)
	}
	if t.dateless > 0 {
		e.out.Warn("%d completions have no date on the site: they count from today, as first seen", t.dateless)
	}
	if t.roleless > 0 {
		e.out.Warn("%d participants have no role in their course, and are not taken for learners", t.roleless)
	}
	return nil
}

// emit emits the attempts of all pairs, then those of who is not enrolled any more.
func (e *enrolling) emit() error {
	for _, p := range e.pairs {
		if err := e.rows(p.user, p.course, e.today.decide(p, e.known.of(p.user, p.course))); err != nil {
			return err
		}
	}
	return e.left()
}

// left withdraws open attempts at courses that were read, of people who are not among
// their learners any more. A completion stays what it is.
func (e *enrolling) left() error {
	open := 0
	gone := e.known[:0:0]
	for i, k := range e.known {
		p := e.walked[k.course]
		if p == nil || p.partial || !k.open() {
			continue
		}
		open++
		_, found := slices.BinarySearchFunc(e.pairs, k, func(a pair, b held) int {
			return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.course, b.course))
		})
		if !found {
			gone = append(gone, e.known[i])
		}
	}
	if limit := e.limit(open); len(gone) > limit {
		e.out.Warn("%d of %d open enrolments are gone from the site, and at most %d may go at once: they stay as they were; if this is right, set max_gone_fraction in the source's options, sync, and take it out again", len(gone), open, limit)
		return nil
	}
	for _, k := range gone {
		k.withdrawn, k.state = e.today.day, unenrolled
		if err := e.rows(k.user, k.course, []attempt{k.attempt}); err != nil {
			return err
		}
	}
	return nil
}

// rows emits attempts.
func (e *enrolling) rows(user, course id, attempts []attempt) error {
	for _, a := range attempts {
		key := fmt.Sprintf("%d-%d-%d", user, course, a.n)
		values := map[string]string{
			"enrolment_id": key, "source_id": key, "person_id": user.String(), "course_id": course.String(),
			"attempt": strconv.Itoa(int(a.n)), "assigned_date": date(a.assigned), "assigned_basis": "first_seen",
			"completed_at": instant(a.done), "withdrawn_date": date(a.withdrawn), "is_passed": a.passed.String(), "status": stateWords()[a.state],
		}
		if a.scored {
			values["score"] = decimal(a.score)
		}
		if err := e.out.Add(values); err != nil {
			return err
		}
	}
	return nil
}
