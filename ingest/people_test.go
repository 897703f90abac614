package ingest_test

import (
	"os"
	"path/filepath"
	"testing"
)

// The public tables that nobody here wrote load with a config alone.
func TestPublicTables(t *testing.T) {
	dir, err := filepath.Abs("../../shared/people")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("skipped: ../shared/people, with public tables, is not there")
	}
	s := newSite(t)
	s.dir = dir
	s.open("")
	load := func(config, want string) {
		t.Helper()
		r := s.mustSync(config)
		if got := counts(r); got != want {
			t.Errorf("%s, want %s: %q", got, want, r.Warnings)
		}
	}
	load(stream("job_title", "snapshot", "onet_skills/occupations.csv", "", "", `
job_title_id = "soc"
name = "title"
valid_from = { value = "2018-01-01" }
`), "read 967 inserted 967 updated 0 unchanged 0 rejected 0 deleted 0")
	load(stream("competency", "snapshot", "onet_skills/skills.csv", "", "", `
competency_id = "element_id"
framework_id = { value = "onet" }
name = "skill"
scale_id = { value = "onet_level" }
`), "read 35 inserted 35 updated 0 unchanged 0 rejected 0 deleted 0")
	load(stream("requirement", "snapshot", "onet_skills/data.csv", "", "", `
competency_id = "element_id"
job_title_id = "soc"
level = "level"
weight = "importance"
valid_from = { value = "2018-01-01" }
`), "read 33845 inserted 33845 updated 0 unchanged 0 rejected 0 deleted 0")
	s.same("O*NET", []string{"967|35|4.5"}, `select count(distinct job_title_id), count(distinct competency_id), max(weight) filter (job_title_id = '11-1011.00') from raw.requirement`)
	load(stream("enrolment", "snapshot", "oulad/data.csv", `keep = ["region", "studied_credits"]`, "", `
enrolment_id = { from = ["code_module", "code_presentation", "id"], join = "-" }
person_id = "id"
course_id = "code_module"
course_version_id = { from = ["code_module", "code_presentation"], join = "-" }
status = "final_result"
is_passed = { from = "final_result", values = { Pass = "true", Distinction = "true", Fail = "false", Withdrawn = "false" } }
score = "mean_score"
`), "read 14181 inserted 14181 updated 0 unchanged 0 rejected 0 deleted 0")
	s.same("OULAD", []string{"0.474649|7909"}, "select round(avg(is_passed::int), 6), count(*) from raw.enrolment where course_id = 'BBB'")
}
