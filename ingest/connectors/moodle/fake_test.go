package moodle_test

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fake is a Moodle site as its Web Services show it, modelled on exchanges with Moodle
// 4.5.5 (testdata/answers.json holds some): what is true now, nothing of the past.
type fake struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	users   map[int]*fakeUser
	courses map[int]*fakeCourse
	plans   []fakePlan
	missing []string                               // functions that the service does not contain
	before  func(function string, form url.Values) // called ahead of each answer
	answer  func(function string, form url.Values, w http.ResponseWriter) bool
	latency time.Duration
	clock   func() time.Time
	calls   map[string]int
}

type fakeUser struct {
	name, email, number, profile string
	suspended, deleted           bool
	nameless                     bool // the token may not see user names
}

type fakeCourse struct {
	short, full, number string
	hidden              bool
	tracked, criteria   bool
	max                 float64
	skills              []int
	people              map[int]*fakePerson
	blind               bool // the token's account sees its own group alone
}

// fakePerson is a person in a course. Times are epochs, 0 is none.
type fakePerson struct {
	role     string
	inactive bool  // suspended, over or not begun
	done     []int // of the criteria
	complete bool
	grade    *float64
	rating   int
	passed   string // of a criterion of the course grade: yes or no
}

type fakePlan struct {
	id, user, status, due int
	skills                map[int]int // competency to grade
}

const (
	token  = "0123456789abcdef0123456789abcdef"
	monday = 1772438400 // 2026-03-02 08:00 UTC
)

func percent(v float64) *float64 { return &v }

// newFake returns a site with a front page, a guest, five learners and three courses.
func newFake(t testing.TB) *fake {
	f := &fake{t: t, clock: time.Now, calls: map[string]int{}, users: map[int]*fakeUser{}, courses: map[int]*fakeCourse{}}
	f.users[1] = &fakeUser{name: "guest", email: "root@localhost"}
	f.users[2] = &fakeUser{name: "admin", email: "admin@example.com"}
	f.users[3] = &fakeUser{name: "reader", email: "reader@example.com"}
	for i := 11; i <= 15; i++ {
		f.users[i] = &fakeUser{name: fmt.Sprintf("learner%d", i), email: fmt.Sprintf("Learner%d@Example.com", i), number: fmt.Sprintf("E%03d", i), profile: fmt.Sprintf("P%d", i)}
	}
	f.users[15].number = ""
	f.users[14].suspended = true
	f.courses[1] = &fakeCourse{short: "front", full: "Front page"}
	f.courses[2] = &fakeCourse{short: "WHS101", full: "Work Health & Safety", number: "C-WHS", tracked: true, criteria: true, max: 100, people: map[int]*fakePerson{
		11: {role: "student", done: []int{monday - 90_000, monday - 80_000}, complete: true},
		12: {role: "student", done: []int{monday - 70_000, 0}},
		13: {role: "student", inactive: true},
		14: {role: "student"},
		2:  {role: "editingteacher"},
	}}
	f.courses[3] = &fakeCourse{short: "SALES", full: "Selling <b>better</b>", tracked: true, criteria: true, max: 20, skills: []int{1}, people: map[int]*fakePerson{
		11: {role: "student", done: []int{monday - 60_000}, complete: true, grade: percent(17.5), passed: "yes", rating: 2},
		15: {role: "student", done: []int{monday - 50_000}, complete: true, grade: percent(0)},
	}}
	f.courses[4] = &fakeCourse{short: "OPEN", full: "No completion", hidden: true, people: map[int]*fakePerson{12: {role: "student"}, 13: {role: ""}}}
	f.plans = []fakePlan{{id: 1, user: 11, status: 1, due: monday, skills: map[int]int{1: 2, 2: 0}}, {id: 2, user: 12, status: 0, skills: map[int]int{1: 0}}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

// change changes the site while nobody reads it.
func (f *fake) change(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// took returns how often each function was called since the last time.
func (f *fake) took() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.calls
	f.calls = map[string]int{}
	return out
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, err := url.ParseQuery(string(body))
	if f.latency > 0 {
		time.Sleep(f.latency) //nolint:forbidigo // the latency of a network
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	function := form.Get("wsfunction")
	f.calls[function]++
	w.Header().Set("Date", f.clock().UTC().Format(http.TimeFormat))
	switch {
	case err != nil || r.Method != http.MethodPost || r.URL.Path != "/webservice/rest/server.php" || r.URL.RawQuery != "":
		f.t.Errorf("%s %s: not a POST of a form to the REST server", r.Method, r.URL)
	case form.Get("moodlewsrestformat") != "json":
		w.Header().Set("Content-Type", "application/xml; charset=utf-8")
		fmt.Fprint(w, `<?xml version="1.0" encoding="UTF-8" ?><RESPONSE></RESPONSE>`)
		return
	}
	if f.before != nil {
		f.before(function, form)
	}
	if f.answer != nil && f.answer(function, form, w) {
		return
	}
	if form.Get("wstoken") != token {
		fail(w, "invalidtoken", "Invalid token - token not found")
		return
	}
	if slices.Contains(f.missing, function) {
		fail(w, "accessexception", "Access control exception")
		return
	}
	for name := range form {
		if !slices.Contains(fakeParams()[function], name) && !strings.HasPrefix(name, "options[") && !slices.Contains([]string{"wstoken", "wsfunction", "moodlewsrestformat"}, name) {
			fail(w, "invalidparameter", "Invalid parameter value detected")
			f.t.Errorf("%s: unexpected parameter %s", function, name)
			return
		}
	}
	do := fakeFunctions()[function]
	if do == nil {
		fail(w, "invalidrecord", "Can't find data record in database table external_functions.")
		return
	}
	value, code := do(f, form)
	if code != "" {
		fail(w, code, "error/"+code)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		f.t.Error(err)
	}
}

// fail answers as Moodle does: with status 200.
func fail(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"exception": `core\exception\moodle_exception`, "errorcode": code, "message": message})
}

func fakeParams() map[string][]string {
	return map[string][]string{
		"core_user_get_users":                          {"criteria[0][key]", "criteria[0][value]"},
		"core_enrol_get_enrolled_users":                {"courseid"},
		"core_enrol_get_users_courses":                 {"userid", "returnusercount"},
		"core_completion_get_course_completion_status": {"courseid", "userid"},
		"gradereport_user_get_grade_items":             {"courseid", "userid"},
		"core_competency_list_course_competencies":     {"id"},
		"core_competency_list_user_plans":              {"userid"},
		"core_competency_list_plan_competencies":       {"id"},
		"core_competency_list_competency_frameworks":   {"context[contextlevel]", "context[instanceid]", "includes", "onlyvisible", "query"},
		"core_competency_list_competencies":            {"filters[0][column]", "filters[0][value]", "sort", "order", "skip", "limit"},
		"core_competency_get_scale_values":             {"scaleid"},
		"report_competency_data_for_report":            {"courseid", "userid", "moduleid"},
		"tool_lp_data_for_user_competency_summary":     {"userid", "competencyid"},
	}
}

type object = map[string]any

func fakeFunctions() map[string]func(*fake, url.Values) (any, string) {
	return map[string]func(*fake, url.Values) (any, string){
		"core_webservice_get_site_info":                (*fake).siteInfo,
		"core_user_get_users":                          (*fake).getUsers,
		"core_course_get_courses_by_field":             (*fake).getCourses,
		"core_course_get_courses":                      (*fake).getAllCourses,
		"core_enrol_get_enrolled_users":                (*fake).getEnrolled,
		"core_enrol_get_users_courses":                 (*fake).getUsersCourses,
		"core_completion_get_course_completion_status": (*fake).getStatus,
		"gradereport_user_get_grade_items":             (*fake).getGrades,
		"core_competency_list_course_competencies":     (*fake).getCourseSkills,
		"core_competency_list_competency_frameworks":   (*fake).getFrameworks,
		"core_competency_list_competencies":            (*fake).getSkills,
		"core_competency_get_scale_values":             (*fake).getScale,
		"core_competency_list_user_plans":              (*fake).getPlans,
		"core_competency_list_plan_competencies":       (*fake).getPlanItems,
		"report_competency_data_for_report":            (*fake).getReport,
		"tool_lp_data_for_user_competency_summary":     (*fake).getEvidence,
	}
}

func (f *fake) siteInfo(url.Values) (any, string) {
	functions := []object{}
	for name := range fakeFunctions() {
		if !slices.Contains(f.missing, name) {
			functions = append(functions, object{"name": name, "version": "2024100705.01"})
		}
	}
	return object{
		"sitename": "Test", "username": "reader", "userid": 3, "siteid": 1, "release": "4.5.5+ (Build: 20250613)", "functions": functions,
		"advancedfeatures": []object{{"name": "enablecompetencies", "value": 1}},
	}, ""
}

func (f *fake) getUsers(form url.Values) (any, string) {
	if form.Get("criteria[0][key]") != "email" || form.Get("criteria[0][value]") != "%" {
		f.t.Errorf("core_user_get_users: %v", form)
	}
	users := []object{}
	for _, id := range keys(f.users) {
		u := f.users[id]
		if u.deleted {
			continue
		}
		o := object{"id": id, "fullname": "Some Body", "email": u.email}
		if !u.nameless {
			o["username"], o["suspended"], o["confirmed"] = u.name, u.suspended, true
			if u.number != "" {
				o["idnumber"] = u.number
			}
		}
		if u.profile != "" {
			o["customfields"] = []object{{"type": "text", "value": u.profile, "name": "Payroll number", "shortname": "payroll"}}
		}
		users = append(users, o)
	}
	return object{"users": users, "warnings": []object{}}, ""
}

func (f *fake) getCourses(url.Values) (any, string) {
	courses := []object{}
	for _, id := range keys(f.courses) {
		c := f.courses[id]
		format := "topics"
		if id == 1 {
			format = "site"
		}
		courses = append(courses, object{
			"id": id, "shortname": html.EscapeString(c.short), "fullname": html.EscapeString(c.full), "categoryname": "Category &amp; more", "format": format,
			"visible": number(!c.hidden), "enablecompletion": number(c.tracked), "startdate": monday, "enddate": 0, "summary": strings.Repeat("Lorem <br />\n", 100),
			"showcompletionconditions": nil, "courseformatoptions": []object{{"name": "indentation", "value": "1"}},
		})
	}
	return object{"courses": courses, "warnings": []object{}}, ""
}

// getAllCourses answers as Moodle does a token that may not update courses.
func (f *fake) getAllCourses(form url.Values) (any, string) {
	got, code := f.getCourses(form)
	courses := got.(object)["courses"].([]object)
	for _, c := range courses {
		delete(c, "visible")
		delete(c, "enablecompletion")
	}
	return courses, code
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (f *fake) course(form url.Values, key string) (*fakeCourse, string) {
	id, _ := strconv.Atoi(form.Get(key))
	c := f.courses[id]
	if c == nil {
		return nil, "invalidrecord"
	}
	return c, ""
}

func (f *fake) getEnrolled(form url.Values) (any, string) {
	c, code := f.course(form, "courseid")
	if code != "" {
		return nil, code
	}
	options := map[string]string{}
	for i := 0; form.Has(fmt.Sprintf("options[%d][name]", i)); i++ {
		options[form.Get(fmt.Sprintf("options[%d][name]", i))] = form.Get(fmt.Sprintf("options[%d][value]", i))
	}
	out := []object{}
	for _, id := range keys(c.people) {
		p := c.people[id]
		if options["onlyactive"] == "1" && p.inactive || f.users[id] == nil || f.users[id].deleted || c.blind && id%2 == 0 {
			continue
		}
		o := object{"id": id, "fullname": "Some Body"}
		if strings.Contains(options["userfields"], "roles") {
			roles := []object{}
			if p.role != "" {
				roles = append(roles, object{"roleid": 5, "name": "", "shortname": p.role, "sortorder": 0})
			}
			o["roles"] = roles
		}
		out = append(out, o)
	}
	if n, err := strconv.Atoi(options["limitnumber"]); err == nil && n > 0 {
		from, _ := strconv.Atoi(options["limitfrom"])
		from = min(from, len(out))
		out = out[from:min(from+n, len(out))]
	}
	return out, ""
}

func (f *fake) getUsersCourses(form url.Values) (any, string) {
	user, _ := strconv.Atoi(form.Get("userid"))
	if f.users[user] == nil || f.users[user].deleted {
		return nil, "userdeleted"
	}
	out := []object{}
	for _, id := range keys(f.courses) {
		c := f.courses[id]
		p := c.people[user]
		if p == nil || p.inactive || c.hidden {
			continue
		}
		o := object{
			"id": id, "shortname": c.short, "fullname": html.EscapeString(c.full), "idnumber": c.number, "visible": number(!c.hidden), "summary": "",
			"enablecompletion": c.tracked, "completionhascriteria": c.criteria, "progress": nil, "completed": nil, "lastaccess": nil,
		}
		if c.tracked {
			o["completed"] = p.complete
			o["progress"] = 50
		}
		if form.Get("returnusercount") == "1" {
			n := 0
			for id := range c.people {
				if !f.users[id].deleted {
					n++
				}
			}
			o["enrolledusercount"] = n
		}
		out = append(out, o)
	}
	return out, ""
}

func (f *fake) getStatus(form url.Values) (any, string) {
	c, code := f.course(form, "courseid")
	if code != "" {
		return nil, code
	}
	user, _ := strconv.Atoi(form.Get("userid"))
	p := c.people[user]
	switch {
	case f.users[user] == nil || f.users[user].deleted:
		return nil, "userdeleted"
	case !c.tracked:
		return nil, "cannotviewreport"
	case !c.criteria:
		return nil, "nocriteriaset"
	case p == nil || p.inactive:
		return nil, "usernotenroled"
	}
	completions := []object{}
	for _, at := range p.done {
		o := object{"type": 4, "title": "Activity completion", "status": "Yes", "complete": at > 0, "timecompleted": at, "details": object{"criteria": `<a href="http://x/">Read</a>`}}
		if at == 0 {
			o["timecompleted"] = nil
		}
		completions = append(completions, o)
	}
	if p.passed != "" {
		completions = append(completions, object{"type": 6, "title": "Course grade", "complete": p.passed == "yes", "timecompleted": nil})
	}
	return object{"completionstatus": object{"completed": p.complete, "aggregation": 1, "completions": completions}, "warnings": []object{}}, ""
}

func (f *fake) getGrades(form url.Values) (any, string) {
	c, code := f.course(form, "courseid")
	if code != "" {
		return nil, code
	}
	out := []object{}
	for _, id := range keys(c.people) {
		out = append(out, object{"userid": id, "userfullname": "Some Body", "maxdepth": 2, "gradeitems": []object{
			{"id": 9, "itemname": "Quiz", "itemtype": "mod", "graderaw": 3, "grademin": 0, "grademax": 10},
			{"id": 1, "itemname": nil, "itemtype": "course", "graderaw": c.people[id].grade, "grademin": 0, "grademax": c.max, "percentageformatted": "-"},
		}})
	}
	return object{"usergrades": out, "warnings": []object{}}, ""
}

func (f *fake) getCourseSkills(form url.Values) (any, string) {
	c, code := f.course(form, "id")
	if code != "" {
		return nil, code
	}
	out := []object{}
	for _, id := range c.skills {
		out = append(out, object{"competency": skill(id), "coursecompetency": object{"competencyid": id}})
	}
	return out, ""
}

func skill(id int) object {
	return object{"id": id, "shortname": fmt.Sprintf("Skill %d", id), "description": "<p>What it &amp; is</p>", "scaleid": nil, "competencyframeworkid": 1}
}

func (f *fake) getFrameworks(url.Values) (any, string) {
	return []object{{"id": 1, "shortname": "Core skills", "idnumber": "FW1", "scaleid": 3, "scaleconfiguration": `[{"scaleid":"3"},{"id":3,"scaledefault":1,"proficient":1},{"id":4,"proficient":1}]`}}, ""
}

func (f *fake) getSkills(url.Values) (any, string) { return []object{skill(1), skill(2)}, "" }

func (f *fake) getScale(url.Values) (any, string) {
	return []object{{"id": 1, "name": "None"}, {"id": 2, "name": "Some"}, {"id": 3, "name": "Much"}, {"id": 4, "name": "All"}}, ""
}

func (f *fake) getPlans(form url.Values) (any, string) {
	out := []object{}
	for _, p := range f.plans {
		if strconv.Itoa(p.user) == form.Get("userid") {
			out = append(out, object{"id": p.id, "userid": p.user, "status": p.status, "duedate": p.due, "name": "Plan"})
		}
	}
	return out, ""
}

func (f *fake) getPlanItems(form url.Values) (any, string) {
	out := []object{}
	for _, p := range f.plans {
		if strconv.Itoa(p.id) != form.Get("id") {
			continue
		}
		for _, id := range keys(p.skills) {
			var grade any
			if p.skills[id] > 0 {
				grade = p.skills[id]
			}
			out = append(out, object{"competency": skill(id), "usercompetency": object{
				"id": 10*p.user + id, "userid": p.user, "competencyid": id, "grade": grade, "proficiency": p.skills[id] > 2, "timemodified": monday, "usermodified": 2,
			}})
		}
	}
	return out, ""
}

func (f *fake) getReport(form url.Values) (any, string) {
	c, code := f.course(form, "courseid")
	if code != "" {
		return nil, code
	}
	user, _ := strconv.Atoi(form.Get("userid"))
	out := []object{}
	for _, id := range c.skills {
		var grade any
		if p := c.people[user]; p != nil && p.rating > 0 {
			grade = p.rating
		}
		out = append(out, object{"usercompetencycourse": object{"id": 1, "userid": user, "competencyid": id, "grade": grade, "timemodified": monday, "usermodified": 2}})
	}
	return object{"courseid": 3, "usercompetencies": out, "pushratingstouserplans": true}, ""
}

func (f *fake) getEvidence(form url.Values) (any, string) {
	if form.Get("userid") != "11" || form.Get("competencyid") != "1" {
		return object{"evidence": []object{}}, ""
	}
	return object{"evidence": []object{
		{"id": 5, "grade": nil, "action": 0, "actionuserid": 11, "timecreated": monday - 5},
		{"id": 7, "grade": 2, "action": 3, "actionuserid": 2, "timecreated": monday},
		{"id": 8, "grade": 1, "action": 2, "actionuserid": 11, "timecreated": monday - 200_000},
	}}, ""
}

func keys[T any](m map[int]T) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
