package moodle

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"dials/ingest"
)

// A state is where an attempt stands, in words.
type state uint8

const (
	untold state = iota
	untracked
	idle
	begun
	completed
	completedSeen
	dormant
	ceased
	unenrolled
	restored
)

func stateWords() []string {
	return []string{
		"", "completion not tracked", "not started", "in progress", "completed", "completed, date first seen",
		"suspended or not begun", "suspended or over", "unenrolled", "completion restored",
	}
}

// An attempt is one row of enrolment.
type attempt struct {
	n         int32
	state     state
	passed    flag
	scored    bool
	assigned  int32 // days since 1970
	withdrawn int32 // days since 1970, 0 if not
	done      epoch
	score     float64
}

// open says whether an attempt waits for its completion.
func (a attempt) open() bool {
	return a.done == 0 && a.withdrawn == 0
}

// A held is an attempt of one person at one course that the warehouse holds.
type held struct {
	user, course id
	attempt
}

// A memory is what the warehouse holds of enrolments, by user, course and attempt.
type memory []held

// remember reads the enrolments that the warehouse holds.
func remember(ctx context.Context, stream ingest.Stream) (memory, error) {
	var m memory
	states := stateWords()
	err := hold(ctx, stream, "enrolment", []string{"source_id", "assigned_date", "completed_at", "withdrawn_date", "is_passed", "score", "status"}, func(v []string) {
		ids := strings.Split(v[0], "-")
		if len(ids) != 3 {
			return // not of this connector
		}
		var n [3]int64
		for i, text := range ids {
			var err error
			if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
				return
			}
		}
		a := attempt{n: int32(n[2]), assigned: dayOf(v[1]), withdrawn: dayOf(v[3])}
		if at, err := time.Parse(time.DateTime, v[2]); err == nil {
			a.done = epoch(at.Unix())
		}
		a.passed = flagOf(v[4])
		if score, err := strconv.ParseFloat(v[5], 64); err == nil {
			a.score, a.scored = score, true
		}
		a.state = state(max(0, slices.Index(states, v[6])))
		m = append(m, held{id(n[0]), id(n[1]), a})
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(m, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.course, b.course), cmp.Compare(a.n, b.n))
	})
	return m, nil
}

// of returns the attempts of one person at one course, the first one first.
func (m memory) of(user, course id) []attempt {
	i, _ := slices.BinarySearchFunc(m, [2]id{user, course}, func(a held, want [2]id) int {
		return cmp.Or(cmp.Compare(a.user, want[0]), cmp.Compare(a.course, want[1]))
	})
	var out []attempt
	for ; i < len(m) && m[i].user == user && m[i].course == course; i++ {
		out = append(out, m[i].attempt)
	}
	return out
}

// dayOf reads a date as days since 1970, 0 if it is none.
func dayOf(text string) int32 {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return 0
	}
	return dayNumber(t)
}

func dayNumber(t time.Time) int32 {
	y, m, d := t.Date()
	const daySeconds = 24 * 60 * 60
	return int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// date writes days since 1970, "" for 0.
func date(days int32) string {
	if days == 0 {
		return ""
	}
	return time.Unix(0, 0).UTC().AddDate(0, 0, int(days)).Format(time.DateOnly)
}

// A pair is what the site says now about one person in one course.
type pair struct {
	user, course id
	active       flag // enrolled as of now; the others are suspended, over or not begun
	tracked      flag // whether it is completed; unknown where completion is off or not told
	criteria     flag // whether the course has any criteria for it
	listed       bool // the site told how the person stands
	begun        bool
	asked        bool // the date was asked for, and told
	passed       flag
	graded       bool // the course's grades were read
	done         epoch
	grade        grade
}

// A day on which a run decides.
type today struct {
	now  epoch
	day  int32
	zone *time.Location
	pass *float64
}

// decide returns the attempts of a pair, given those that are known. A completion that
// is known is never changed: one that was reset, or has another date now, is followed
// by another attempt.
func (t today) decide(p pair, past []attempt) []attempt {
	if len(past) == 0 {
		return t.begin(p, nil)
	}
	last := &past[len(past)-1]
	switch {
	case last.open():
		t.fill(last, p, past[:len(past)-1])
	case last.done == 0 && last.state != restored:
		return t.begin(p, past) // enrolled again
	case p.tracked == no && p.criteria != no && p.active != no && p.listed:
		return t.begin(p, past) // the completion was reset
	case p.asked && p.done != 0 && !finished(past, p.done):
		if last.state != completedSeen {
			return t.begin(p, past) // completed once more
		}
		last.done, last.state = p.done, completed
	default:
		t.rate(last, p)
	}
	return past
}

// finished says whether an attempt was completed at that moment.
func finished(past []attempt, at epoch) bool {
	return slices.ContainsFunc(past, func(a attempt) bool { return a.done == at })
}

// begin adds an attempt.
func (t today) begin(p pair, past []attempt) []attempt {
	next := attempt{n: 1, assigned: t.day}
	if len(past) > 0 {
		next.n = past[len(past)-1].n + 1
	}
	t.fill(&next, p, past)
	return append(past, next)
}

// fill brings an open attempt up to date.
func (t today) fill(a *attempt, p pair, past []attempt) {
	t.rate(a, p)
	switch {
	case p.active == no:
		if a.state != dormant && a.state != untold {
			a.state = ceased
		} else {
			a.state = dormant
		}
	case !p.listed:
	case p.tracked == unknown:
		a.state = untracked
	case p.tracked == yes && p.asked:
		t.complete(a, p, past)
	case p.begun || p.tracked == yes:
		a.state = begun
	default:
		a.state = idle
	}
}

// complete completes an attempt. Where the completion of an earlier attempt came back,
// as after criteria were unlocked and locked again, the attempt never was.
func (t today) complete(a *attempt, p pair, past []attempt) {
	if p.done != 0 && finished(past, p.done) {
		a.withdrawn, a.state = t.day, restored
		return
	}
	a.done, a.state = p.done, completed
	if p.done == 0 {
		a.done, a.state = t.now, completedSeen
	}
	if p.passed != unknown {
		a.passed = p.passed
	}
	// First seen is "no later than", and so is the day of the completion.
	a.assigned = min(a.assigned, dayNumber(time.Unix(int64(a.done), 0).In(t.zone)))
}

// rate brings the score of an attempt up to date.
func (t today) rate(a *attempt, p pair) {
	if p.graded {
		a.score, a.scored = p.grade.percent, p.grade.given
	}
	if t.pass != nil && a.scored {
		a.passed = no
		if a.score >= *t.pass {
			a.passed = yes
		}
	}
}
