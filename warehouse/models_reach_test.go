package warehouse

import (
	"fmt"
	"strings"
	"testing"
)

// Whom a tactic reached is not told where it was, or was not, one to four people; nor
// hours of fewer than five, or of which one person has more than half.
func TestReachOfFew(t *testing.T) {
	var employments, jobs, tactics, participants strings.Builder
	for p := range 10 {
		fmt.Fprintf(&employments, "e%[1]d p%[1]d 2024-01-01 - employee 2024-01-01\n", p)
		fmt.Fprintf(&jobs, "e%d 1 true 1 A 2024-01-01\n", p)
	}
	for _, tt := range []struct {
		name  string
		done  int
		hours []int
	}{
		{"none", 0, nil},
		{"three", 3, []int{1}},
		{"half", 5, []int{1}},
		{"most", 8, []int{1}},
		{"all", 10, []int{1}},
		{"lopsided", 6, []int{40, 1}},
	} {
		fmt.Fprintf(&tactics, "%s %s training 2024-02-01 2024-01-01 register\n", tt.name, tt.name)
		for p := range 10 {
			done, hours := "-", "-"
			if p < tt.done {
				done, hours = "2024-02-10", fmt.Sprint(tt.hours[min(p, len(tt.hours)-1)])
			}
			fmt.Fprintf(&participants, "%s p%d treated %s %s register\n", tt.name, p, done, hours)
		}
	}
	w := build(t, untilMarch+`
		org_unit: unit_id name parent_id valid_from
		A A - 2020-01-01
		employment: employment_id person_id hire_date term_date employment_type valid_from
	`+employments.String()+`
		job: employment_id assignment_id is_primary fte_share unit_id valid_from
	`+jobs.String()+`
		tactic: tactic_id name tactic_type launched_date valid_from source
	`+tactics.String()+`
		tactic_participant: tactic_id person_id arm completed_date hours source
	`+participants.String())
	want(t, w, "select tactic_id, eligible_people, is_hidden, is_reached_hidden, is_hours_hidden from marts.tactics order by 1", `
		all 10 false false false
		half 10 false false false
		lopsided 10 false true true
		most 10 false true false
		none 10 false false false
		three 10 false true true
	`)
}
