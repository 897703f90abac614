package moodle

import (
	"context"
	"encoding/json"
	"math"
	"net/url"
)

// A grade is the grade of one person in one course, in percent of its range.
type grade struct {
	percent float64
	given   bool
}

// courseGrades reads the grade of everybody in a course, in one call.
func (s *site) courseGrades(ctx context.Context, c course) (map[id]grade, error) {
	out := map[id]grade{}
	form := url.Values{"courseid": {c.ID.String()}, "userid": {"0"}}
	err := s.stream(ctx, "gradereport_user_get_grade_items", form, "usergrades", func(record []byte) error {
		var g struct {
			User  id `json:"userid"`
			Items list[struct {
				Type words  `json:"itemtype"`
				Raw  number `json:"graderaw"`
				Min  number `json:"grademin"`
				Max  number `json:"grademax"`
			}] `json:"gradeitems"`
		}
		if err := json.Unmarshal(record, &g); err != nil {
			return err
		}
		for _, item := range g.Items {
			if item.Type == "course" {
				out[g.User] = percent(item.Raw, item.Min, item.Max)
			}
		}
		return nil
	})
	return out, err
}

// percent is a grade in percent of its range, to four places.
func percent(raw, low, high number) grade {
	if !raw.known || !(high.value > low.value) {
		return grade{}
	}
	const places = 1e4
	p := 100 * (raw.value - low.value) / (high.value - low.value)
	return grade{math.Round(p*places) / places, true}
}
