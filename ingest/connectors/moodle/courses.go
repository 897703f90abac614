package moodle

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"dials/ingest"
	"dials/ingest/web"
)

// readCourses reads the courses.
func (s *site) readCourses(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	courses, err := s.listCourses(ctx)
	if err != nil {
		return err
	}
	for _, c := range courses {
		name := c.Fullname
		if name == "" {
			name = c.Display
		}
		err := out.Add(map[string]string{
			"course_id": c.ID.String(), "source_id": c.ID.String(), "name": string(name),
			"shortname": string(c.Shortname), "idnumber": string(c.IDNumber), "category": string(c.Category), "format": string(c.Format),
			"visible": c.Visible.String(), "start_date": day(c.Start, s.zone), "end_date": day(c.End, s.zone),
		})
		if err != nil {
			return err
		}
	}
	if len(courses) == 0 {
		out.Warn("the site shows no course: the token's account may lack moodle/course:view and moodle/course:viewhiddencourses")
	}
	return nil
}

// courseNames reads the other names of courses, by which files and other systems may
// call them: the short name, and the ID number where the token may see it.
func (s *site) courseNames(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	courses, err := s.listCourses(ctx)
	if err != nil {
		return err
	}
	hidden := 0
	for _, c := range courses {
		seen := map[words]bool{"": true}
		for _, name := range []words{c.Shortname, c.IDNumber} {
			if seen[name] {
				continue
			}
			seen[name] = true
			if err := out.Add(map[string]string{"system": s.source, "value": string(name), "course_id": c.ID.String()}); err != nil {
				return err
			}
		}
		if c.IDNumber == "" {
			hidden++
		}
	}
	if hidden == len(courses) && hidden > 0 {
		out.Warn("no course shows an ID number: the token's account would need moodle/course:update to see it")
	}
	return nil
}

// A skill is a competency as Moodle describes it.
type skill struct {
	ID          id    `json:"id"`
	Framework   id    `json:"competencyframeworkid"`
	Shortname   words `json:"shortname"`
	Description words `json:"description"`
	Scale       id    `json:"scaleid"`
}

// courseCompetencies reads which competencies courses teach.
func (s *site) courseCompetencies(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	taught, err := s.taught(ctx, out)
	if err != nil {
		return err
	}
	for _, t := range taught {
		for _, k := range t.skills {
			if err := out.Add(map[string]string{"course_id": t.course.String(), "competency_id": k.String()}); err != nil {
				return err
			}
		}
	}
	return nil
}

// teaching is what one course teaches.
type teaching struct {
	course id
	skills []id
}

// taught asks each course for its competencies.
func (s *site) taught(ctx context.Context, out *sink) ([]teaching, error) {
	if s.without(out) {
		return nil, nil
	}
	if err := s.need("core_competency_list_course_competencies"); err != nil {
		return nil, err
	}
	courses, err := s.listCourses(ctx)
	if err != nil {
		return nil, err
	}
	type answer struct {
		skills []id
		closed error
	}
	var all []teaching
	var shut closed
	err = web.Each(ctx, s.client.Concurrency(), courses, func(ctx context.Context, c course) (answer, error) {
		var got list[struct {
			Competency skill `json:"competency"`
		}]
		err := s.call(ctx, "core_competency_list_course_competencies", url.Values{"id": {c.ID.String()}}, &got)
		if apart(err) {
			return answer{closed: err}, nil
		}
		a := answer{}
		for _, g := range got {
			a.skills = append(a.skills, g.Competency.ID)
		}
		return a, err
	}, func(c course, a answer) error {
		shut.note(c, a.closed)
		all = append(all, teaching{c.ID, a.skills})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, shut.judge(len(courses), "competencies", "moodle/competency:coursecompetencyview", out)
}

// without says whether competencies are switched off, and warns.
func (s *site) without(out *sink) bool {
	if s.noSkills {
		out.Warn("competencies are switched off on this site (Competencies > Enable competencies)")
	}
	return s.noSkills
}

// closed are courses that may not be seen.
type closed struct {
	names []string
	first error
}

// note notes a course whose fault is not nil.
func (c *closed) note(of course, err error) {
	if err == nil {
		return
	}
	if c.first == nil {
		c.first = err
	}
	c.names = append(c.names, fmt.Sprintf("%s (id %d)", of.Shortname, of.ID))
}

// judge warns of courses that may not be seen, and fails if that is all of them.
func (c *closed) judge(all int, what, right string, out *sink) error {
	if len(c.names) == 0 {
		return nil
	}
	if len(c.names) == all {
		return fmt.Errorf("the token's account may not see the %s of any course (%s): give its role %s", what, faultWords(c.first), right)
	}
	const few = 5
	names, more := c.names, ""
	if len(names) > few {
		names, more = names[:few], ", …"
	}
	out.Warn("the %s of %d of %d courses may not be seen (%s), and what was known of them stays: %s%s; the right is %s",
		what, len(c.names), all, faultWords(c.first), strings.Join(names, ", "), more, right)
	return nil
}

// warn says that something of some courses may not be seen, or of all.
func (c *closed) warn(what, right string, out *sink) {
	if len(c.names) > 0 {
		out.Warn("the %s of %d courses may not be seen (%s): the role of the token's account lacks %s", what, len(c.names), faultWords(c.first), right)
	}
}
