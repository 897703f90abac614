package xapi

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"
)

// A thread is what one person did at one course under one registration.
type thread struct{ person, course, registration string }

// id identifies a thread; its attempts are numbered after it. It is a hash, for the
// parts may be long and hold an address.
func (t thread) id() string {
	sum := sha256.Sum256([]byte(t.person + "\x00" + t.course + "\x00" + t.registration))
	return hex.EncodeToString(sum[:12])
}

// A step is what a fold remembers of a statement.
type step struct {
	id             string
	at             time.Time
	role           role
	verb           string
	done           bool
	success        *bool
	percent, hours float64
	scored, timed  bool
}

// stepOf is a statement as a fold sees it.
func stepOf(s *statement) step {
	r := roleOf(s.Verb.ID)
	out := step{id: s.ID, at: s.at.UTC(), role: r, verb: lastWord(s.Verb.ID)}
	said := s.result.Completion
	out.done = r == completes || r == passes || said != nil && *said && r.outcome()
	if said != nil && !*said && r != passes {
		out.done = false // "completed" with completion false is none
	}
	switch r {
	case passes, fails:
		ok := r == passes
		out.success = &ok
	default:
		out.success = s.result.Success
	}
	out.percent, out.scored = s.result.percent()
	out.hours, out.timed = hours(s.result.Duration)
	return out
}

// An attempt is one row of enrolment.
type attempt struct {
	n                            int
	assigned, started, completed time.Time
	exempt                       bool
	passed                       *bool
	status                       string
	percent, hours               float64
	scored, timed                bool
}

// fold makes attempts of the steps of a thread. Under a registration they are one
// attempt. Without one, a completion that comes longer than gap after the last is
// another: training that is due every year.
func (t thread) fold(steps []step, gap time.Duration) []attempt {
	slices.SortFunc(steps, func(a, b step) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.role, b.role), cmp.Compare(a.id, b.id))
	})
	steps = slices.CompactFunc(steps, func(a, b step) bool { return a.id == b.id })
	var parts [][]step
	from := 0
	var last time.Time
	for i, s := range steps {
		if !s.done && s.role != fails {
			continue
		}
		if t.registration == "" && gap > 0 && !last.IsZero() && s.at.Sub(last) > gap {
			cut := i
			// What was begun since then belongs to the new attempt.
			for cut > from && steps[cut-1].at.After(last) && !steps[cut-1].role.outcome() {
				cut--
			}
			parts, from = append(parts, steps[from:cut]), cut
		}
		last = s.at
	}
	parts = append(parts, steps[from:])
	var out []attempt
	for _, part := range parts {
		if slices.ContainsFunc(part, func(s step) bool { return s.role.outcome() }) {
			a := attemptOf(part)
			a.n = len(out) + 1
			out = append(out, a)
		}
	}
	return out
}

// attemptOf folds steps, in their order, into one attempt.
func attemptOf(steps []step) attempt {
	var a attempt
	judged := false // by a verb that says so, not by a result beside another verb
	for _, s := range steps {
		switch {
		case s.role == assigns && a.assigned.IsZero():
			a.assigned = s.at
		case s.role == starts && a.started.IsZero():
			a.started = s.at
		case s.role == waives:
			a.exempt = true
		}
		if s.done && a.completed.IsZero() {
			a.completed = s.at
		}
		verdict := s.role == passes || s.role == fails
		if s.success != nil && s.role.outcome() && (verdict || !judged) {
			a.passed, judged = s.success, judged || verdict
		}
		if s.role.outcome() {
			a.status = s.verb
			if s.scored {
				a.percent, a.scored = s.percent, true
			}
			if s.timed {
				a.hours, a.timed = max(a.hours, s.hours), true
			}
		}
	}
	return a
}

// row is an attempt as the columns of enrolment.
func (t thread) row(a attempt) map[string]string {
	key := t.id() + "-" + strconv.Itoa(a.n)
	values := map[string]string{
		"enrolment_id": key, "source_id": key, "person_id": t.person, "course_id": t.course, "attempt": strconv.Itoa(a.n),
		"started_at": instant(a.started), "completed_at": instant(a.completed), "status": a.status,
	}
	if !a.assigned.IsZero() {
		values["assigned_date"], values["assigned_basis"] = a.assigned.Format(time.DateOnly), "source"
	}
	if a.exempt {
		values["is_exempt"] = "true"
	}
	if a.passed != nil {
		values["is_passed"] = strconv.FormatBool(*a.passed)
	}
	if a.scored {
		values["score"] = decimal(a.percent)
	}
	if a.timed {
		values["hours"] = decimal(a.hours)
	}
	return values
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
