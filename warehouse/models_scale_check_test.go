package warehouse

import (
	"strings"
	"testing"
)

// A level off its scale is named, and the person it is about is not.
func TestLevelsOnTheirScale(t *testing.T) {
	w := build(t, `
	framework: framework_id name
	F Handbook
	scale: scale_id name low_value high_value
	five One~to~five 1 5
	competency: competency_id framework_id name scale_id
	sell F Selling five
	requirement: competency_id job_title_id level weight valid_from
	sell clerk 6 1 2024-01-01
	sell head 5 1 2024-01-01
	assessment: assessment_id person_id competency_id rater_id rater_type value scale_id assessed_date
	a1 p1 sell m1 manager 0 five 2024-02-01
	a2 p2 sell m1 manager 3 five 2024-02-01
	`)
	whole(t, w)
	found, err := w.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, f := range found {
		if strings.Contains(f.String(), "outside of its scale") {
			said = append(said, f.String())
		}
	}
	got := strings.Join(said, "\n")
	for _, want := range []string{
		"requirement: 1 levels of competency sell are outside of its scale, 1.0 to 5.0, such as 6.0 of title clerk",
		"assessment: 1 levels of competency sell are outside of its scale, 1.0 to 5.0, such as 0.0 by manager",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if strings.Contains(got, "p1") || len(said) != 2 {
		t.Errorf("findings:\n%s", got)
	}
}
