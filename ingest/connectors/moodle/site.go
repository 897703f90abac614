package moodle

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// A site is a Moodle site during one run.
type site struct {
	*connector

	opened    bool
	self      id // the token's account
	front     id // the front page, which is a course to Moodle
	functions map[string]bool
	release   string
	noSkills  bool // competencies are switched off
	courses   []course
	frames    []framework
	plans     []plan
	plansRead bool
}

// open asks the site who we are and what the token may call.
func (s *site) open(ctx context.Context) error {
	if s.opened {
		return nil
	}
	var info struct {
		UserID    id    `json:"userid"`
		SiteID    id    `json:"siteid"`
		Release   words `json:"release"`
		Functions list[struct {
			Name words `json:"name"`
		}] `json:"functions"`
		Features list[struct {
			Name  words `json:"name"`
			Value flag  `json:"value"`
		}] `json:"advancedfeatures"`
	}
	err := s.call(ctx, "core_webservice_get_site_info", nil, &info)
	if err != nil {
		return err
	}
	s.self, s.front, s.release = info.UserID, info.SiteID, string(info.Release)
	if s.front == 0 {
		s.front = 1
	}
	s.functions = map[string]bool{}
	for _, f := range info.Functions {
		s.functions[string(f.Name)] = true
	}
	for _, f := range info.Features {
		if f.Name == "enablecompetencies" {
			s.noSkills = f.Value == no
		}
	}
	s.opened = true
	return nil
}

// has says whether the token's service contains a function. A site that lists none is
// taken at its word when it is asked.
func (s *site) has(function string) bool {
	return len(s.functions) == 0 || s.functions[function]
}

// need says which functions are missing from the token's service.
func (s *site) need(functions ...string) error {
	var missing []string
	for _, f := range functions {
		if !s.has(f) {
			missing = append(missing, f)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("the token's service does not contain %s: an administrator adds it (Server > Web services > External services > Functions)", strings.Join(missing, ", "))
}

// A course is a course of the site.
type course struct {
	ID        id     `json:"id"`
	Shortname words  `json:"shortname"`
	Fullname  words  `json:"fullname"`
	Display   words  `json:"displayname"`
	IDNumber  words  `json:"idnumber"`
	Category  words  `json:"categoryname"`
	Format    words  `json:"format"`
	Visible   flag   `json:"visible"`
	Tracked   flag   `json:"enablecompletion"`
	Start     epoch  `json:"startdate"`
	End       epoch  `json:"enddate"`
	Summary   ignore `json:"summary"`
}

// ignore is a value that nothing reads.
type ignore struct{}

// UnmarshalJSON reads nothing.
func (*ignore) UnmarshalJSON([]byte) error { return nil }

// listCourses returns the courses, without the front page, by id.
func (s *site) listCourses(ctx context.Context) ([]course, error) {
	if s.courses != nil {
		return s.courses, nil
	}
	var all []course
	switch {
	case s.has("core_course_get_courses_by_field"):
		var got struct {
			Courses list[course] `json:"courses"`
		}
		if err := s.call(ctx, "core_course_get_courses_by_field", nil, &got); err != nil {
			return nil, err
		}
		all = got.Courses
	default:
		if err := s.need("core_course_get_courses"); err != nil {
			return nil, err
		}
		var got list[course]
		err := s.call(ctx, "core_course_get_courses", nil, &got)
		if meaning(err) == barred {
			return nil, fmt.Errorf("%w: the token's account may not see every course: give its role moodle/course:view and moodle/course:viewhiddencourses, "+
				"or add core_course_get_courses_by_field to its service, which leaves out what it may not see", err)
		}
		if err != nil {
			return nil, err
		}
		all = got
	}
	out := []course{}
	for _, c := range all {
		if c.ID != 0 && c.ID != s.front && c.ID != 1 && c.Format != "site" {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b course) int { return int(a.ID - b.ID) })
	s.courses = slices.CompactFunc(out, func(a, b course) bool { return a.ID == b.ID })
	return s.courses, nil
}

// option writes the n-th option of a call.
func option(v url.Values, n int, name, value string) {
	v.Set(fmt.Sprintf("options[%d][name]", n), name)
	v.Set(fmt.Sprintf("options[%d][value]", n), value)
}

// faultWords are the words of a fault without its function, for warnings.
func faultWords(err error) string {
	var f *fault
	if errors.As(err, &f) {
		return f.code + quote(f.message)
	}
	return err.Error()
}
