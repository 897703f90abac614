package canvas

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"dials/ingest/web"
)

// accounts reads who has an account.
func (w *walk) accounts(ctx context.Context) error {
	users, err := w.c.list(ctx, "/api/v1/accounts/"+url.PathEscape(w.c.o.Account)+"/users", url.Values{"include[]": {"email"}},
		[]string{"id", "sis_user_id", "email", "login_id", "created_at"})
	if err != nil {
		return err
	}
	for _, u := range users {
		err := w.Add(map[string]string{
			"system": w.c.source, "account_id": u[0], "employee_number": u[1], "email": u[2], "account_name": u[3], "created_at": u[4],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// listCourses lists the courses that are published or concluded.
func (c *connector) listCourses(ctx context.Context) ([][]string, error) {
	return c.list(ctx, "/api/v1/accounts/"+url.PathEscape(c.o.Account)+"/courses", url.Values{"state[]": {"available", "completed"}},
		[]string{"id", "name", "course_code", "sis_course_id", "workflow_state", "start_at", "end_at"})
}

func (w *walk) courses(ctx context.Context) error {
	courses, err := w.c.listCourses(ctx)
	if err != nil {
		return err
	}
	for _, c := range courses {
		err := w.Add(map[string]string{
			"course_id": c[0], "name": c[1], "course_code": c[2], "sis_course_id": c[3], "workflow_state": c[4], "start_at": c[5], "end_at": c[6],
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// The fields of an enrolment, by their place.
const (
	fieldID = iota
	fieldUser
	fieldCourse
	fieldSection
	fieldState
	fieldRole
	fieldCreated
	fieldUpdated
	fieldActivity
	fieldSeconds
	fieldScore
)

// learners are the enrolments of one course with what is known of its progress.
type learners struct {
	enrolments [][]string
	completed  map[string]string // by user
	noProgress bool
}

// enrolments reads the learners of every course: one list of enrolments and one of
// progress for each.
func (w *walk) enrolments(ctx context.Context) error {
	courses, err := w.c.listCourses(ctx)
	if err != nil {
		return err
	}
	without := 0
	err = web.Each(ctx, w.c.client.Concurrency(), courses, func(ctx context.Context, course []string) (learners, error) {
		return w.c.learners(ctx, course[0])
	}, func(_ []string, l learners) error {
		if l.noProgress {
			without++
		}
		for _, e := range l.enrolments {
			if err := w.enrolment(e, l.completed[e[fieldUser]]); err != nil {
				return err
			}
		}
		return nil
	})
	if without > 0 {
		w.Warnings = append(w.Warnings, fmt.Sprintf("%d of %d courses have no requirements in modules: nobody completes them", without, len(courses)))
	}
	return err
}

// learners asks for one course.
func (c *connector) learners(ctx context.Context, course string) (learners, error) {
	out := learners{completed: map[string]string{}}
	var err error
	// Without state[] only active and invited ones come.
	out.enrolments, err = c.list(ctx, "/api/v1/courses/"+url.PathEscape(course)+"/enrollments", url.Values{
		"type[]":  c.o.Types,
		"state[]": {"active", "invited", "creation_pending", "deleted", "rejected", "completed", "inactive"},
	}, []string{"id", "user_id", "course_id", "course_section_id", "enrollment_state", "role", "created_at", "updated_at", "last_activity_at", "total_activity_time", "grades.final_score"})
	if err != nil || len(out.enrolments) == 0 {
		return out, err
	}
	progress, err := c.list(ctx, "/api/v1/courses/"+url.PathEscape(course)+"/bulk_user_progress", nil, []string{"id", "progress.completed_at"}, notModular)
	if web.ClassOf(err) == web.SkipItem {
		out.noProgress = true
		return out, nil
	}
	for _, p := range progress {
		out.completed[p[0]] = p[1]
	}
	return out, err
}

// notModular finds the answer of a course without requirements to complete.
func notModular(l web.Look) (web.Verdict, bool) {
	if l.Status != 400 && l.Status != 404 {
		return web.Verdict{}, false
	}
	for _, pointer := range []string{"/error/message", "/message", "/errors/0/message"} {
		if text, ok := l.JSON(pointer); ok && strings.Contains(text, "module") {
			return web.Verdict{Class: web.SkipItem, Reason: "the course has no requirements"}, true
		}
	}
	return web.Verdict{}, false
}

// enrolment adds one enrolment.
func (w *walk) enrolment(e []string, completed string) error {
	o := w.c.o
	record := map[string]string{
		"enrolment_id": e[fieldID], "person_id": e[fieldUser], "course_id": e[fieldCourse], "status": e[fieldState],
		"completed_at": completed, "score": e[fieldScore],
		"section_id": e[fieldSection], "role": e[fieldRole], "updated_at": e[fieldUpdated], "last_activity_at": e[fieldActivity],
	}
	if day, err := w.day(e[fieldCreated]); err != nil {
		return err
	} else if day != "" {
		record["assigned_date"], record["assigned_basis"] = day, "source"
	}
	switch e[fieldState] {
	case "deleted", "rejected", "inactive":
		day, err := w.day(e[fieldUpdated])
		if err != nil {
			return err
		}
		record["withdrawn_date"] = day
	}
	if n, err := strconv.ParseFloat(e[fieldSeconds], 64); err == nil && n > 0 {
		record["hours"] = strconv.FormatFloat(n/3600, 'f', 2, 64)
	}
	// A final score takes what is not graded yet for nothing: that nobody has failed who
	// has not finished.
	if score, err := strconv.ParseFloat(e[fieldScore], 64); err == nil && o.PassPercent != nil && (score >= *o.PassPercent || completed != "") {
		record["is_passed"] = strconv.FormatBool(score >= *o.PassPercent)
	}
	return w.Add(record)
}

// day is the day of an instant, where the company is.
func (w *walk) day(at string) (string, error) {
	if at == "" {
		return "", nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return "", fmt.Errorf("an enrolment's created_at or updated_at %q is no instant", at)
	}
	return t.In(w.c.zone).Format(time.DateOnly), nil
}
