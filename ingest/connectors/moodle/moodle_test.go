package moodle_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dials/ingest"
	"dials/ingest/connectors/moodle"
	"dials/ingest/ingesttest"
)

func kinds() map[string]ingest.New {
	return map[string]ingest.New{"moodle": moodle.NewQuick}
}

// newSite returns a warehouse whose clock f goes by.
func newSite(t testing.TB, f *fake) *ingesttest.Site {
	t.Helper()
	t.Setenv("MOODLE_TOKEN", token)
	s := ingesttest.New(t, kinds())
	if f != nil {
		f.clock = s.Clock
	}
	return s
}

// config reads streams of a site; each is named like its target.
func config(base, options string, targets ...string) string {
	var b strings.Builder
	b.WriteString("[[source]]\nname = \"lms\"\nkind = \"moodle\"\n[source.options]\nbase_url = \"" + base + "\"\ntoken_env = \"MOODLE_TOKEN\"\n" + options + "\n")
	for _, target := range targets {
		delivery := "snapshot"
		if target == "account" {
			delivery = "delta"
		}
		b.WriteString("[[source.stream]]\nname = \"" + target + "\"\ntarget = \"" + target + "\"\ndelivery = \"" + delivery + "\"\n")
	}
	return b.String()
}

func allTargets() []string {
	return []string{
		"account", "course", "course_xref", "course_competency", "enrolment", "framework", "competency", "scale", "scale_point", "assessment", "plan_item",
	}
}

const enrolments = `select enrolment_id, person_id, attempt, assigned_date, completed_at, withdrawn_date, is_passed, status, score
	from raw.enrolment where superseded_at is null and deleted_at is null order by all`

// Every stream is filled from a site like the one that was captured.
func TestFill(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "", allTargets()...)
	s.Now = s.Now.AddDate(0, 0, -1)
	for name, r := range s.Sync(c) {
		if len(r.Warnings) > 0 && name != "enrolment" && name != "course_xref" {
			t.Errorf("%s: %q", name, r.Warnings)
		}
	}
	s.Same("enrolments", []string{
		"11-2-1|11|1|2026-03-01|2026-03-01 09:46:40|-|-|completed|-",
		"11-3-1|11|1|2026-03-01|2026-03-01 15:20:00|-|true|completed|87.5",
		"12-2-1|12|1|2026-03-02|-|-|-|in progress|-",
		"12-4-1|12|1|2026-03-02|-|-|-|completion not tracked|-",
		"13-2-1|13|1|2026-03-02|-|-|-|suspended or not begun|-",
		"14-2-1|14|1|2026-03-02|-|-|-|in progress|-",
		"15-3-1|15|1|2026-03-01|2026-03-01 18:06:40|-|-|completed|0.0",
	}, enrolments)
	s.Same("accounts", []string{
		"lms|11|E011|learner11@example.com|learner11|true", "lms|12|E012|learner12@example.com|learner12|true",
		"lms|13|E013|learner13@example.com|learner13|true", "lms|14|E014|learner14@example.com|learner14|false",
		"lms|15|-|learner15@example.com|learner15|true",
		"lms|2|-|admin@example.com|admin|true", "lms|3|-|reader@example.com|reader|true",
	}, "select system, account_id, employee_number, email, account_name, is_active from raw.account order by all")
	s.Same("courses", []string{"2|Work Health & Safety", "3|Selling <b>better</b>", "4|No completion"}, "select course_id, name from raw.course order by all")
	s.Same("names", []string{"lms|OPEN|4", "lms|SALES|3", "lms|WHS101|2"}, "select system, value, course_id from raw.course_xref order by all")
	s.Same("taught", []string{"3|1"}, "select course_id, competency_id from raw.course_competency")
	s.Same("competencies", []string{"1|1|Skill 1|What it & is|3", "2|1|Skill 2|What it & is|3"}, "select competency_id, framework_id, name, description, scale_id from raw.competency order by all")
	s.Same("frameworks", []string{"1|Core skills|FW1"}, "select framework_id, name, version from raw.framework")
	s.Same("scales", []string{"3|1.0|4.0|4"}, "select scale_id, low_value, high_value, (select count(*) from raw.scale_point) from raw.scale")
	s.Same("assessments", []string{
		"7|11|1|2|manager|2.0|3|2026-03-02",
		"8|11|1|11|test|1.0|3|2026-02-28",
	}, "select assessment_id, person_id, competency_id, rater_id, rater_type, value, scale_id, assessed_date from raw.assessment order by all")
	s.Same("plans", []string{"1-1|11|1|2026-03-02|-", "1-2|11|2|2026-03-02|-"}, "select plan_item_id, person_id, competency_id, due_date, done_date from raw.plan_item order by all")
	s.Unchanged(c)
}

// The date of a completion is asked for once, and again in a weekly full walk.
func TestAsksOnlyForNewCompletions(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.courses[4].hidden = false
	c := config(f.URL, "", "enrolment")
	const status = "core_completion_get_course_completion_status"
	s.Sync(c)
	if n := f.took()[status]; n != 3 {
		t.Errorf("%d dates asked for at first, not 3", n)
	}
	for day := range 6 {
		s.Sync(c)
		if n := f.took()[status]; n != 0 {
			t.Errorf("day %d: %d dates asked for, and nothing was new", day, n)
		}
	}
	f.change(func() { f.courses[2].people[12].complete, f.courses[2].people[12].done[1] = true, monday })
	s.Sync(c)
	if n := f.took()[status]; n != 4 {
		t.Errorf("%d dates asked for in the weekly full walk, not 4", n)
	}
	s.Sync(c)
	if n := f.took()[status]; n != 0 {
		t.Errorf("%d dates asked for the day after, not 0", n)
	}
}

// What happens to enrolments, one thing after the other, a day each.
func TestAttempts(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "", "enrolment")
	s.Sync(c)
	one := func(what, want string, change func()) {
		t.Helper()
		f.change(change)
		s.Sync(c)
		pair, _, _ := strings.Cut(want, "|")
		pair = pair[:strings.LastIndex(pair, "-")+1]
		got := []string{}
		for _, row := range s.Query(enrolments) {
			if strings.HasPrefix(row, pair) {
				got = append(got, row)
			}
		}
		if g := strings.Join(got, "\n"); g != want {
			t.Errorf("%s:\n%s\nwant\n%s", what, g, want)
		}
	}
	whs := f.courses[2].people
	one("completed", "12-2-1|12|1|2026-03-03|2026-03-03 08:00:00|-|-|completed|-", func() { whs[12].complete, whs[12].done[1] = true, monday+86_400 })
	one("unenrolled after completion", "12-2-1|12|1|2026-03-03|2026-03-03 08:00:00|-|-|completed|-", func() { delete(whs, 12) })
	one("enrolled again, and completed as before", "12-2-1|12|1|2026-03-03|2026-03-03 08:00:00|-|-|completed|-", func() {
		whs[12] = &fakePerson{role: "student", complete: true, done: []int{monday + 86_400}}
	})
	one("reset", "12-2-1|12|1|2026-03-03|2026-03-03 08:00:00|-|-|completed|-\n12-2-2|12|2|2026-03-07|-|-|-|in progress|-", func() {
		whs[12].complete, whs[12].done[0] = false, 0
	})
	one("restored", "12-2-1|12|1|2026-03-03|2026-03-03 08:00:00|-|-|completed|-\n12-2-2|12|2|2026-03-07|-|2026-03-08|-|completion restored|-", func() {
		whs[12].complete, whs[12].done[0] = true, monday+86_400
	})
	one("unenrolled while open", "14-2-1|14|1|2026-03-03|-|2026-03-09|-|unenrolled|-", func() { delete(whs, 14) })
	one("enrolled again", "14-2-1|14|1|2026-03-03|-|2026-03-09|-|unenrolled|-\n14-2-2|14|2|2026-03-10|-|-|-|in progress|-", func() { whs[14] = &fakePerson{role: "student"} })
	one("begun", "13-2-1|13|1|2026-03-03|-|-|-|in progress|-", func() { whs[13].inactive = false })
	one("suspended", "13-2-1|13|1|2026-03-03|-|-|-|suspended or over|-", func() { whs[13].inactive = true })
	one("account deleted", "11-2-1|11|1|2026-03-01|2026-03-01 09:46:40|-|-|completed|-", func() { f.users[11].deleted = true })
	one("no date", "15-2-1|15|1|2026-03-14|2026-03-14 08:00:00|-|-|completed, date first seen|-", func() { whs[15] = &fakePerson{role: "student", complete: true} })
	one("still none", "15-2-1|15|1|2026-03-14|2026-03-14 08:00:00|-|-|completed, date first seen|-", func() {})
	one("criteria taken away", "15-3-1|15|1|2026-03-01|2026-03-01 18:06:40|-|-|completed|0.0", func() {
		f.courses[3].criteria, f.courses[3].people[15].complete = false, false
	})
	s.Unchanged(c)
}

// A completion with another date is another completion; the full walk sees it.
func TestChangedCompletion(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "", "enrolment")
	s.Sync(c)
	f.change(func() { f.courses[2].people[11].done[1] = monday + 100 })
	s.Sync(c)
	s.Same("before the full walk", []string{"1"}, "select count(*) from raw.enrolment where person_id = '11' and course_id = '2'")
	if _, err := s.Run(c, true); err != nil {
		t.Fatal(err)
	}
	s.Same("after it", []string{"1|2026-03-01|2026-03-01 09:46:40", "2|2026-03-02|2026-03-02 08:01:40"},
		"select attempt, assigned_date, completed_at from raw.enrolment where person_id = '11' and course_id = '2' and superseded_at is null order by 1")
	s.Unchanged(c)
}

// Somebody leaves while the pages of a course are read: nobody else is lost.
func TestPagingRaces(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(f *fake, walk int)
	}{
		{"leaves", func(f *fake, walk int) {
			if walk == 1 {
				delete(f.courses[2].people, 21)
			}
		}},
		{"joins in front", func(f *fake, walk int) {
			if walk == 1 {
				f.courses[2].people[20] = &fakePerson{role: "student"}
			}
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFake(t)
			s := newSite(t, f)
			f.courses = map[int]*fakeCourse{2: {short: "X", full: "X", people: map[int]*fakePerson{}}}
			for i := 20; i < 30; i++ {
				f.users[i] = &fakeUser{name: "u", email: "u@example.com"}
				if i > 20 {
					f.courses[2].people[i] = &fakePerson{role: "student"}
				}
			}
			walk := 0
			f.before = func(function string, form url.Values) {
				if function == "core_enrol_get_enrolled_users" && form.Get("options[3][value]") == "3" && form.Get("options[0][name]") == "userfields" {
					walk++
					tc.change(f, walk)
				}
			}
			s.Sync(config(f.URL, "page_size = 3", "enrolment"))
			f.mu.Lock()
			want := len(f.courses[2].people)
			f.mu.Unlock()
			if got := s.Query("select count(*), count(distinct person_id) from raw.enrolment where person_id >= '21' or person_id = '20'"); got[0] != fmt.Sprintf("%d|%[1]d", want) {
				t.Errorf("%s enrolments of %d", got[0], want)
			}
			s.Sync(config(f.URL, "page_size = 3", "enrolment"))
			if got := len(s.Query("select 1 from raw.enrolment where superseded_at is null and withdrawn_date is null")); got != want {
				t.Errorf("%d open enrolments of %d on the next day", got, want)
			}
		})
	}
	t.Run("never quiet", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		f.before = func(function string, _ url.Values) {
			if function == "core_enrol_get_enrolled_users" {
				id := 100 + len(f.users)
				f.users[id] = &fakeUser{name: "u", email: "u@example.com"}
				f.courses[2].people[id] = &fakePerson{role: "student"}
			}
		}
		_, err := s.Run(config(f.URL, "page_size = 3", "enrolment"), false)
		ingesttest.Failed(t, err, "no two of 7 walks", "quieter time")
		_, err = s.Run(config(f.URL, "", "enrolment"), false)
		ingesttest.Failed(t, err, "faster than they can be read")
	})
}

// What the token may not see is noticed, and taken for nothing that changed.
func TestPartialRights(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "", "account", "enrolment")
	s.Sync(c)
	before := s.Query(enrolments)
	f.change(func() {
		f.courses[2].blind = true
		for _, u := range f.users {
			u.nameless = true
		}
	})
	r := s.Sync(c)
	ingesttest.Warned(t, r["enrolment"], "has 5 participants and shows 2")
	ingesttest.Warned(t, r["account"], "show no user name")
	s.Same("enrolments", before, enrolments)
	s.Same("accounts", []string{"4|learner11"}, "select count(employee_number), min(account_name) from raw.account where superseded_at is null and account_id::int > 10")

	f.change(func() {
		f.answer = func(function string, form url.Values, w http.ResponseWriter) bool {
			if function == "core_enrol_get_enrolled_users" && form.Get("courseid") == "3" {
				fail(w, "errorcoursecontextnotvalid", "You cannot execute functions in the course context")
				return true
			}
			return false
		}
	})
	r = s.Sync(c)
	ingesttest.Warned(t, r["enrolment"], "participants of 1 of 3 courses may not be seen")
	s.Same("enrolments", before, enrolments)
}

// Many accounts that vanish at once are a lost right, not people who left.
func TestVanished(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	for i := 100; i < 150; i++ {
		f.users[i] = &fakeUser{name: "u", email: "u@example.com"}
		f.courses[2].people[i] = &fakePerson{role: "student"}
	}
	c := config(f.URL, "", "account", "enrolment")
	s.Sync(c)
	f.change(func() {
		f.users[100].deleted = true
		delete(f.courses[2].people, 101)
	})
	s.Sync(c)
	s.Same("one", []string{"u|false"}, "select account_name, is_active from raw.account where superseded_at is null and account_id = '100'")
	s.Same("two", []string{"100", "101"}, "select person_id from raw.enrolment where superseded_at is null and withdrawn_date is not null order by 1")
	f.change(func() {
		for i := 102; i < 130; i++ {
			f.users[i].deleted = true
		}
	})
	r, err := s.Run(c, false)
	ingesttest.Failed(t, err, "28 accounts are not listed any more")
	ingesttest.Warned(t, r["enrolment"], "28 of 52 open enrolments are gone")
	s.Sync(config(f.URL, "max_gone_fraction = 0.6", "account", "enrolment"))
	s.Same("all", []string{"30"}, "select count(*) from raw.enrolment where superseded_at is null and withdrawn_date is not null")
	s.Unchanged(config(f.URL, "max_gone_fraction = 0.6", "account", "enrolment"))
}

// How people stand in a hidden course is told to whoever asks for each of them.
func TestHiddenCourse(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "", "enrolment")
	f.courses[2].hidden = true
	s.Sync(c)
	const whs = "select enrolment_id, completed_at, status from raw.enrolment where course_id = '2' and superseded_at is null order by 1"
	want := []string{"11-2-1|2026-03-01 09:46:40|completed", "12-2-1|-|in progress", "13-2-1|-|suspended or not begun", "14-2-1|-|not started"}
	s.Same("at first", want, whs)
	f.change(func() { f.courses[2].people[12].complete, f.courses[2].people[12].done[1] = true, monday })
	f.took()
	s.Sync(c)
	s.Same("the day after", want, whs)
	if n := f.took()["core_completion_get_course_completion_status"]; n != 0 {
		t.Errorf("%d dates asked for", n)
	}
	if _, err := s.Run(c, true); err != nil {
		t.Fatal(err)
	}
	want[1] = "12-2-1|2026-03-02 08:00:00|completed"
	s.Same("after a full walk", want, whs)
	s.Unchanged(c)
}

// Options change what is read.
func TestOptions(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, `roles = ["editingteacher", "student"]
employee_number = "profile:Payroll"
pass_percent = 50
timezone = "Australia/Sydney"`, "account", "enrolment", "course") + `keep = ["shortname", "visible"]
[source.stream.map]
purpose = { from = "category", values = { "Category & more" = "skill" } }
`
	s.Sync(c)
	s.Same("numbers", []string{"P11"}, "select employee_number from raw.account where account_id = '11'")
	s.Same("passed", []string{"11|true|2026-03-02", "15|false|2026-03-02"}, "select person_id, is_passed, assigned_date from raw.enrolment where course_id = '3' order by 1")
	s.Same("teachers", []string{"5"}, "select count(*) from raw.enrolment where course_id = '2'")
	s.Same("courses", []string{`skill|{"shortname":"OPEN","visible":"false"}`}, "select purpose, extra from raw.course where course_id = '4'")
	s.Unchanged(c)
}
