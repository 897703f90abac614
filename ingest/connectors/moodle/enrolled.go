package moodle

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A participant is somebody enrolled in a course.
type participant struct {
	ID    id     `json:"id"`
	Roles *roles `json:"roles"` // nil where the site does not tell
}

type roles = list[struct {
	Shortname words `json:"shortname"`
}]

// participation is who is enrolled in one course.
type participation struct {
	course  course
	people  []participant // by id
	active  map[id]bool   // enrolled as of now; nil where the site does not tell
	grades  map[id]grade
	closed  error // why the course may not be seen
	blind   error // why active is nil
	hidden  error // why grades is nil
	partial bool  // some participants are not shown
}

// read says whether the participants could be read.
func (p participation) read() bool { return p.closed == nil }

// walks is how often participants are read until two readings agree.
const walks = 6

// participants reads who is enrolled in a course. Moodle pages by position, so that
// somebody who leaves between two pages hides somebody else. So a course is read whole,
// or its pages are walked until two walks agree; and those enrolled as of now, who are
// asked for separately, must be among all.
func (s *site) participants(ctx context.Context, c course) (participation, error) {
	out := participation{course: c}
	for range walks {
		people, err := s.settled(ctx, c)
		if err != nil {
			out.closed = err
			return s.shut(out)
		}
		out.people = people
		active, err := s.walk(ctx, c, "onlyactive")
		if k := meaning(err); k == barred {
			out.blind = err
			return out, nil
		}
		if err != nil {
			out.closed = err
			return s.shut(out)
		}
		out.active = map[id]bool{}
		for _, p := range active {
			out.active[p.ID] = true
		}
		if !slices.ContainsFunc(active, func(p participant) bool { return !holds(people, p.ID) }) {
			return out, nil
		}
	}
	return out, fmt.Errorf("course %s (id %d): its participants change faster than they can be read: run it again at a quieter time", c.Shortname, c.ID)
}

// shut takes what may not be seen for an answer; other errors stop the run.
func (s *site) shut(p participation) (participation, error) {
	if apart(p.closed) {
		return p, nil
	}
	return p, p.closed
}

func holds(people []participant, who id) bool {
	_, ok := slices.BinarySearchFunc(people, who, func(p participant, who id) int { return int(p.ID - who) })
	return ok
}

// settled walks the participants of a course: once if they come whole, else until two
// walks agree.
func (s *site) settled(ctx context.Context, c course) ([]participant, error) {
	last, err := s.walk(ctx, c, "")
	if err != nil || s.o.PageSize == 0 {
		return last, err
	}
	for range walks {
		next, err := s.walk(ctx, c, "")
		if err != nil {
			return nil, err
		}
		if slices.EqualFunc(last, next, func(a, b participant) bool { return a.ID == b.ID && s.learns(a) == s.learns(b) }) {
			return next, nil
		}
		last = next
	}
	return nil, fmt.Errorf("course %s (id %d): no two of %d walks through its participants agree: run it again at a quieter time, or set page_size = 0", c.Shortname, c.ID, walks+1)
}

// walk reads participants once, by id, each once. only is onlyactive or empty.
func (s *site) walk(ctx context.Context, c course, only string) ([]participant, error) {
	const mostPages = 100_000
	var all []participant
	for page := range mostPages {
		form := url.Values{"courseid": {c.ID.String()}}
		n := 0
		set := func(name, value string) {
			option(form, n, name, value)
			n++
		}
		fields := "id,roles"
		if only != "" {
			set(only, "1")
			fields = "id"
		}
		set("userfields", fields)
		set("sortby", "id")
		set("sortdirection", "ASC")
		if s.o.PageSize > 0 {
			set("limitfrom", strconv.Itoa(page*s.o.PageSize))
			set("limitnumber", strconv.Itoa(s.o.PageSize))
		}
		var got list[participant]
		if err := s.call(ctx, "core_enrol_get_enrolled_users", form, &got); err != nil {
			return nil, err
		}
		all = append(all, got...)
		if len(got) == 0 || s.o.PageSize == 0 {
			break
		}
	}
	all = slices.DeleteFunc(all, func(p participant) bool { return p.ID == 0 })
	slices.SortStableFunc(all, func(a, b participant) int { return int(a.ID - b.ID) })
	return slices.CompactFunc(all, func(a, b participant) bool { return a.ID == b.ID }), nil
}

func deref(r *roles) roles {
	if r == nil {
		return nil
	}
	return *r
}

// quoteAll writes names in quotes, with commas.
func quoteAll[T ~string](names []T) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = strconv.Quote(string(n))
	}
	return strings.Join(out, ", ")
}

// learns says whether a participant has a learner's role.
func (s *site) learns(p participant) bool {
	if slices.Contains(s.o.Roles, "*") {
		return true
	}
	for _, r := range deref(p.Roles) {
		if slices.Contains(s.o.Roles, string(r.Shortname)) {
			return true
		}
	}
	return false
}
