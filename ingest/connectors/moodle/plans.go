package moodle

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"

	"dials/ingest"
	"dials/ingest/web"
)

// A plan is one person's development plan.
type plan struct {
	ID     id    `json:"id"`
	User   id    `json:"userid"`
	Status id    `json:"status"` // 0 draft, 1 active, 2 complete, 3 and 4 under review
	Due    epoch `json:"duedate"`

	items []planned
}

// planned is one competency of a plan, with how far its owner is.
type planned struct {
	Competency skill   `json:"competency"`
	Now        *rating `json:"usercompetency"`
	Archived   *rating `json:"usercompetencyplan"` // of a plan that is complete
}

// A rating is where a person stands in a competency.
type rating struct {
	ID         id     `json:"id"`
	User       id     `json:"userid"`
	Competency id     `json:"competencyid"`
	Grade      number `json:"grade"`
	Proficient flag   `json:"proficiency"`
	Modified   epoch  `json:"timemodified"`
	By         id     `json:"usermodified"`
}

func (p planned) rating() *rating {
	if p.Now != nil {
		return p.Now
	}
	return p.Archived
}

const draft = 0

// listPlans asks every account for its plans, drafts left out.
func (s *site) listPlans(ctx context.Context, out *sink) ([]plan, error) {
	if s.without(out) {
		return nil, nil
	}
	if s.plansRead {
		return s.plans, nil
	}
	if err := s.need("core_competency_list_user_plans", "core_competency_list_plan_competencies"); err != nil {
		return nil, err
	}
	users, err := s.listUsers(ctx)
	if err != nil {
		return nil, err
	}
	type answer struct {
		plans  []plan
		closed error
	}
	var shut error
	unseen := 0
	var all []plan
	err = web.Each(ctx, s.client.Concurrency(), users, func(ctx context.Context, u user) (answer, error) {
		plans, err := s.plansOf(ctx, u.ID)
		if apart(err) {
			return answer{closed: err}, nil
		}
		return answer{plans: plans}, err
	}, func(_ user, a answer) error {
		if a.closed != nil {
			unseen++
			shut = a.closed
		}
		all = append(all, a.plans...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if unseen == len(users) {
		return nil, fmt.Errorf("the token's account may not see the plans of anybody (%s): give its role moodle/competency:planview and moodle/competency:usercompetencyview", faultWords(shut))
	}
	if unseen > 0 {
		out.Warn("the plans of %d of %d accounts may not be seen (%s)", unseen, len(users), faultWords(shut))
	}
	s.plans, s.plansRead = all, true
	return all, nil
}

// plansOf reads the plans of one person, with their items.
func (s *site) plansOf(ctx context.Context, user id) ([]plan, error) {
	var got list[plan]
	if err := s.call(ctx, "core_competency_list_user_plans", url.Values{"userid": {user.String()}}, &got); err != nil {
		return nil, err
	}
	plans := slices.DeleteFunc([]plan(got), func(p plan) bool { return p.ID == 0 || p.Status == draft })
	for i := range plans {
		var items list[planned]
		if err := s.call(ctx, "core_competency_list_plan_competencies", url.Values{"id": {plans[i].ID.String()}}, &items); err != nil {
			return nil, err
		}
		plans[i].User, plans[i].items = user, items
	}
	return plans, nil
}

// planItems reads the competencies of development plans.
func (s *site) planItems(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	plans, err := s.listPlans(ctx, out)
	if err != nil {
		return err
	}
	for _, p := range plans {
		for _, item := range p.items {
			done := ""
			if r := item.rating(); r != nil && r.Proficient == yes {
				done = day(r.Modified, s.zone)
			}
			err := out.Add(map[string]string{
				"plan_item_id": fmt.Sprintf("%d-%d", p.ID, item.Competency.ID), "person_id": p.User.String(),
				"competency_id": item.Competency.ID.String(), "due_date": day(p.Due, s.zone), "done_date": done,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// A claim is one person's competency that somebody may have rated.
type claim struct{ user, competency id }

// assessments reads how people were rated in competencies: each rating that left its
// evidence, or where the site does not show that, the rating that counts now.
func (s *site) assessments(ctx context.Context, _ ingest.Stream, _ string, out *sink) error {
	claims, err := s.claims(ctx, out)
	if err != nil || len(claims) == 0 {
		return err
	}
	frames, err := s.frameworks(ctx, out)
	if err != nil {
		return err
	}
	scales := map[id]string{}
	for _, f := range frames {
		for _, k := range f.skills {
			scales[k.ID] = scaleOf(k, f)
		}
	}
	keys := make([]claim, 0, len(claims))
	for c := range claims {
		keys = append(keys, c)
	}
	slices.SortFunc(keys, func(a, b claim) int {
		return cmp.Or(cmp.Compare(a.user, b.user), cmp.Compare(a.competency, b.competency))
	})
	unseen := 0
	withEvidence := s.has("tool_lp_data_for_user_competency_summary")
	if !withEvidence {
		out.Warn("only the latest rating of each competency is read: the token's service does not contain tool_lp_data_for_user_competency_summary")
	}
	err = web.Each(ctx, s.client.Concurrency(), keys, func(ctx context.Context, c claim) ([]evidence, error) {
		if !withEvidence {
			return nil, nil
		}
		got, err := s.evidence(ctx, c)
		if apart(err) {
			return nil, nil
		}
		return got, err
	}, func(c claim, got []evidence) error {
		r := claims[c]
		got = slices.DeleteFunc(got, func(e evidence) bool { return !e.Grade.known })
		if len(got) == 0 && r.Grade.known {
			unseen++
			got = []evidence{{ID: 0, Grade: r.Grade, At: r.Modified, By: r.By, Action: overridden}}
		}
		for _, e := range got {
			if err := s.assessment(c, e, scales[c.competency], out); err != nil {
				return err
			}
		}
		return nil
	})
	if unseen > 0 && withEvidence {
		out.Warn("%d ratings show no evidence: the one that counts now is taken, by whoever changed it last", unseen)
	}
	return err
}

// assessment emits one rating.
func (s *site) assessment(c claim, e evidence, scale string, out *sink) error {
	key := fmt.Sprintf("%d", e.ID)
	if e.ID == 0 {
		key = fmt.Sprintf("now-%d-%d", c.user, c.competency)
	}
	rater := s.o.RaterType
	switch {
	case e.Action != overridden:
		rater = "test" // by completing an activity or a course
	case e.By == c.user:
		rater = "self"
	}
	return out.Add(map[string]string{
		"assessment_id": key, "person_id": c.user.String(), "competency_id": c.competency.String(), "rater_id": raterID(e.By),
		"rater_type": rater, "value": decimal(e.Grade.value), "scale_id": scale, "assessed_date": day(e.At, s.zone),
	})
}

func raterID(by id) string {
	if by == 0 {
		return ""
	}
	return by.String()
}

// overridden is the action of a rating that somebody gave.
const overridden = 3

// An evidence is what a rating rests on.
type evidence struct {
	ID     id     `json:"id"`
	Grade  number `json:"grade"`
	Action id     `json:"action"`
	By     id     `json:"actionuserid"`
	At     epoch  `json:"timecreated"`
}

// evidence reads the evidence of one person's competency.
func (s *site) evidence(ctx context.Context, c claim) ([]evidence, error) {
	var got struct {
		Evidence list[evidence] `json:"evidence"`
	}
	err := s.call(ctx, "tool_lp_data_for_user_competency_summary", url.Values{"userid": {c.user.String()}, "competencyid": {c.competency.String()}}, &got)
	return got.Evidence, err
}

// claims finds the competencies in which people may have been rated: those of their
// plans, and those of the courses that they learn in.
func (s *site) claims(ctx context.Context, out *sink) (map[claim]rating, error) {
	plans, err := s.listPlans(ctx, out)
	if err != nil {
		return nil, err
	}
	all := map[claim]rating{}
	for _, p := range plans {
		for _, item := range p.items {
			if r := item.rating(); r != nil && r.Grade.known {
				all[claim{p.User, item.Competency.ID}] = *r
			}
		}
	}
	if !s.has("report_competency_data_for_report") || s.noSkills {
		return all, nil
	}
	taught, err := s.taught(ctx, out)
	if err != nil {
		return nil, err
	}
	for _, t := range taught {
		if len(t.skills) == 0 {
			continue
		}
		if err := s.ratedIn(ctx, t.course, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// ratedIn adds the ratings that learners have in the competencies of one course.
func (s *site) ratedIn(ctx context.Context, course id, all map[claim]rating) error {
	people, err := s.walk(ctx, courseByID(s.courses, course), "")
	if apart(err) {
		return nil
	}
	if err != nil {
		return err
	}
	people = slices.DeleteFunc(people, func(p participant) bool { return !s.learns(p) })
	return web.Each(ctx, s.client.Concurrency(), people, func(ctx context.Context, p participant) ([]rating, error) {
		var got struct {
			Competencies list[struct {
				Rating *rating `json:"usercompetencycourse"`
			}] `json:"usercompetencies"`
		}
		err := s.call(ctx, "report_competency_data_for_report", url.Values{"courseid": {course.String()}, "userid": {p.ID.String()}, "moduleid": {"0"}}, &got)
		if apart(err) {
			return nil, nil
		}
		var out []rating
		for _, c := range got.Competencies {
			if c.Rating != nil && c.Rating.Grade.known {
				out = append(out, *c.Rating)
			}
		}
		return out, err
	}, func(p participant, ratings []rating) error {
		for _, r := range ratings {
			key := claim{p.ID, r.Competency}
			if _, ok := all[key]; !ok {
				all[key] = r
			}
		}
		return nil
	})
}

func courseByID(courses []course, want id) course {
	for _, c := range courses {
		if c.ID == want {
			return c
		}
	}
	return course{ID: want}
}
