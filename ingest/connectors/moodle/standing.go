package moodle

import (
	"context"
	"errors"
	"net/url"
)

// A standing is how one person stands in one course, by its criteria.
type standing struct {
	Completed flag `json:"completed"`
	Criteria  list[struct {
		Type     number `json:"type"`
		Complete flag   `json:"complete"`
		At       epoch  `json:"timecompleted"`
	}] `json:"completions"`
}

// note notes a completion on a pair. The answer has no date of its own: Moodle keeps
// the last of its criteria's.
func (s standing) note(p *pair) {
	const courseGrade = 6
	p.asked = true
	for _, c := range s.Criteria {
		if c.Complete != no {
			p.done = max(p.done, c.At)
		}
		if c.Type.value == courseGrade {
			p.passed = c.Complete
		}
	}
}

// status asks how one person stands in one course.
func (s *site) status(ctx context.Context, p *pair) (standing, error) {
	var got struct {
		Status standing `json:"completionstatus"`
	}
	err := s.call(ctx, "core_completion_get_course_completion_status", url.Values{"courseid": {p.course.String()}, "userid": {p.user.String()}}, &got)
	return got.Status, err
}

// codeOf is the code of a fault, "" for other errors.
func codeOf(err error) string {
	if f, ok := errors.AsType[*fault](err); ok {
		return f.code
	}
	return ""
}

// date asks when a pair was completed.
func (e *enrolling) date(ctx context.Context, p *pair, t *tally) error {
	t.asked++
	got, err := e.status(ctx, p)
	switch k := meaning(err); {
	case codeOf(err) == "nocriteriaset":
		p.asked = true // it was completed before its criteria were taken away
	case k == skip || k == barred:
		t.unanswered++
		if k == barred {
			t.barred++
		}
		if t.first == nil {
			t.first = err
		}
		return nil
	case err != nil:
		return err
	case got.Completed == no:
		t.unanswered++ // it was reset between the two questions
		return nil
	default:
		got.note(p)
	}
	if p.done == 0 {
		t.dateless++
	}
	return nil
}

// hidden asks how somebody stands in a hidden course: Moodle leaves those out when it
// tells of all courses of a learner, who cannot see them. Little happens in them, so
// that they are asked for in full walks alone.
func (e *enrolling) hidden(ctx context.Context, p *pair, t *tally) error {
	if !e.full {
		return nil
	}
	got, err := e.status(ctx, p)
	switch code := codeOf(err); {
	case code == "nocriteriaset":
		p.listed, p.tracked, p.criteria = true, no, no
		return nil
	case code == "cannotviewreport":
		p.listed = true // completion is off
		return nil
	case apart(err):
		t.unlisted++
		if t.first == nil {
			t.first = err
		}
		return nil
	case err != nil:
		return err
	}
	p.listed, p.criteria, p.tracked = true, yes, got.Completed
	for _, c := range got.Criteria {
		p.begun = p.begun || c.Complete == yes
	}
	if p.tracked == yes {
		got.note(p)
	}
	return nil
}
