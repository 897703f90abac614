package gusto_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dials/ingest"
	"dials/ingest/connectors/gusto"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

type object = map[string]any

// fake is a company in Gusto, as its OpenAPI file of 2025-06-15 describes it.
type fake struct {
	*httptest.Server
	t testing.TB

	mu        sync.Mutex
	clock     func() time.Time
	employees []object
	payrolls  []object
	paid      map[string][]object
	step      func(w http.ResponseWriter, r *http.Request) bool
	asked     []url.Values // for payrolls
	refresh   int
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, clock: time.Now, paid: map[string][]object{}}
	f.Server = ingesttest.Serve(t, f.serve)
	for i := 1; i <= 3; i++ {
		f.employees = append(f.employees, object{"uuid": fmt.Sprintf("e%d", i), "employee_code": fmt.Sprintf("N%d", i), "email": fmt.Sprintf("E%d@home.example.com", i), "ssn": "", "terminated": i == 2})
	}
	f.employees[0]["work_email"] = "E1@Example.com"
	return f
}

// payroll adds a payroll of half a month up to a day.
func (f *fake) payroll(id, end string, more object, paid ...object) {
	at, err := time.Parse(time.DateOnly, end)
	if err != nil {
		f.t.Fatal(err)
	}
	p := object{
		"uuid": id, "payroll_uuid": id, "company_uuid": "c1", "processed": true, "off_cycle": false, "check_date": at.AddDate(0, 0, 5).Format(time.DateOnly),
		"pay_period": object{"start_date": at.AddDate(0, 0, -14).Format(time.DateOnly), "end_date": end}, "reversal_payroll_uuids": []string{},
	}
	for k, v := range more {
		p[k] = v
	}
	f.payrolls, f.paid[id] = append(f.payrolls, p), paid
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", f.clock().UTC().Format(http.TimeFormat))
	if r.URL.Path == "/oauth/token" {
		_ = r.ParseForm()
		if want := fmt.Sprintf("refresh-%d", f.refresh); r.Form.Get("refresh_token") != want || r.Form.Get("client_secret") != "secret-of-the-client" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"The refresh token is used up"}`)
			return
		}
		f.refresh++
		_ = json.NewEncoder(w).Encode(object{"access_token": "access-token", "refresh_token": fmt.Sprintf("refresh-%d", f.refresh), "expires_in": 7200})
		return
	}
	if f.step != nil && f.step(w, r) {
		return
	}
	q := r.URL.Query()
	switch {
	case r.Header.Get("Authorization") != "Bearer access-token":
		w.WriteHeader(http.StatusUnauthorized)
		return
	case r.Header.Get("X-Gusto-API-Version") != "2025-06-15" || q.Get("page") == "" || q.Get("per") == "":
		f.t.Errorf("%s: version %q", r.URL, r.Header.Get("X-Gusto-API-Version"))
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/companies/c1")
	if !ok {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"errors":[{"category":"not_found","message":"The requested resource was not found."}]}`)
		return
	}
	kind, id, one := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case kind == "employees":
		f.page(w, q, f.employees, nil)
	case !one:
		f.asked = append(f.asked, q)
		from, _ := time.Parse(time.DateOnly, q.Get("start_date"))
		to, _ := time.Parse(time.DateOnly, q.Get("end_date"))
		if to.Sub(from) > 366*24*time.Hour || from.IsZero() || q.Get("processing_statuses") != "processed" || q.Get("payroll_types") != "regular,off_cycle" {
			f.t.Errorf("payrolls: %v", q)
		}
		var found []object
		for _, p := range f.payrolls {
			start := p["pay_period"].(object)["start_date"].(string)
			if end := p["pay_period"].(object)["end_date"].(string); start >= q.Get("start_date") && end <= q.Get("end_date") {
				found = append(found, p)
			}
		}
		f.page(w, q, found, nil)
	default:
		f.page(w, q, f.paid[id], func(page []object) any { return object{"uuid": id, "processed": true, "employee_compensations": page} })
	}
}

// page answers with one page and says how many there are.
func (f *fake) page(w http.ResponseWriter, q url.Values, all []object, wrap func([]object) any) {
	page, _ := strconv.Atoi(q.Get("page"))
	per, _ := strconv.Atoi(q.Get("per"))
	from := min((page-1)*per, len(all))
	part := append([]object{}, all[from:min(from+per, len(all))]...)
	w.Header().Set("X-Page", q.Get("page"))
	w.Header().Set("X-Total-Count", strconv.Itoa(len(all)))
	w.Header().Set("X-Total-Pages", strconv.Itoa((len(all)+per-1)/per))
	var body any = part
	if wrap != nil {
		body = wrap(part)
	}
	_ = json.NewEncoder(w).Encode(body)
}

func newSite(t testing.TB, f *fake) *ingesttest.Site {
	t.Helper()
	s := ingesttest.Signed(t, map[string]ingest.New{"gusto": gusto.NewQuick}, "GUSTO_ID=client", "GUSTO_SECRET=secret-of-the-client", "GUSTO_REFRESH=refresh-0")
	if f != nil {
		f.clock = s.Clock
	}
	return s
}

func config(base, options string) string {
	return `[[source]]
name = "payroll"
kind = "gusto"
[source.options]
base_url = "` + base + `"
client_id_env = "GUSTO_ID"
client_secret_env = "GUSTO_SECRET"
refresh_token_env = "GUSTO_REFRESH"
company_id = "c1"
legal_entity = "US01"
rate_per_second = 10000
` + options + strings.Replace(ingesttest.Payroll, "delta", "snapshot", 1)
}

const lines = `select payroll_line_id, element, amount, paid_hours, is_employer_cost, reverses_line_id from raw.payroll_line
	where superseded_at is null and deleted_at is null order by all`

// Every stream is filled, in pages of two, over years, with what was reversed.
func TestFill(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	hourly := object{
		"employee_uuid": "e1", "gross_pay": "1380.00", "fixed_compensations": []object{{"name": "Bonus", "amount": "100.00"}, {"name": "Reimbursement", "amount": "40.00"}},
		"hourly_compensations": []object{{"name": "Regular Hours", "hours": "40.000", "amount": "1000.00", "compensation_multiplier": 1.0}, {"name": "Time and a half", "hours": "5.000", "amount": "187.50", "compensation_multiplier": 1.5}, {"name": "Double", "hours": "0.000", "amount": "0.00"}},
		"paid_time_off":        []object{{"name": "Vacation Hours", "hours": "3.700"}},
		"taxes":                []object{{"name": "Social Security", "employer": true, "amount": "85.56"}, {"name": "Social Security", "employer": false, "amount": 85.56}},
		"benefits":             []object{{"name": "401(k)", "employee_deduction": "50.00", "company_contribution": "25.00"}},
		"deductions":           []object{{"name": "Garnishment", "amount": "10.00", "amount_type": "fixed"}, {"name": "Loan", "amount": "3.0", "amount_type": "percent"}},
	}
	f.payroll("p1", "2024-05-15", nil, hourly, object{"employee_uuid": "e2", "excluded": true, "gross_pay": "9.00"}, object{"employee_uuid": "e3", "gross_pay": 2500.1})
	f.payroll("p2", "2025-11-30", object{"reversal_payroll_uuids": []string{"r2"}}, object{"employee_uuid": "e3", "gross_pay": "2500.10", "hourly_compensations": []object{{"name": "Regular Hours", "hours": "80.000"}}})
	f.payroll("r2", "2025-12-15", object{"off_cycle": true, "off_cycle_reason": "Reversal"}, object{"employee_uuid": "e3", "gross_pay": "2500.10", "hourly_compensations": []object{{"name": "Regular Hours", "hours": "80.000"}}})
	f.payroll("d1", "2026-02-15", object{"processed": false})
	c := config(f.URL, "from = \"2023-01-01\"\npage_size = 2")
	r := s.Sync(c)
	s.Same("accounts", []string{"e1|N1|e1@example.com|true", "e2|N2|e2@home.example.com|false", "e3|N3|e3@home.example.com|true"},
		"select account_id, employee_number, email, is_active from raw.account order by all")
	s.Same("runs", []string{
		"p1|US01|posted|false|2024-05-01|2024-05-15|2024-05-20", "p2|US01|posted|false|2025-11-16|2025-11-30|2025-12-05", "r2|US01|posted|true|2025-12-01|2025-12-15|2025-12-20",
	}, "select payroll_run_id, legal_entity, status, is_off_cycle, period_start_date, period_end_date, pay_date from raw.payroll_run order by all")
	s.Same("lines", []string{
		"p1/e1/benefit/401(k)/1|deduction|50.0000|-|-|-",
		"p1/e1/contribution/401(k)/1|employer_cost|25.0000|-|true|-",
		"p1/e1/deduction/Garnishment/1|deduction|10.0000|-|-|-",
		"p1/e1/fixed/Bonus/1|bonus|100.0000|-|-|-",
		"p1/e1/hourly/Regular Hours/1|base|1000.0000|40.0|-|-",
		"p1/e1/hourly/Time and a half/1|overtime|187.5000|5.0|-|-",
		"p1/e1/salary/rest/1|base|92.5000|3.7|-|-",
		"p1/e1/tax/Social Security/1|employer_cost|85.5600|-|true|-",
		"p1/e1/tax/Social Security/2|deduction|85.5600|-|-|-",
		"p1/e3/salary/rest/1|base|2500.1000|-|-|-",
		"p2/e3/salary/rest/1|base|2500.1000|80.0|-|-",
		"r2/e3/salary/rest/1|base|-2500.1000|-80.0|-|p2/e3/salary/rest/1",
	}, lines)
	ingesttest.Warned(t, r["lines"], "1 deductions state a percentage alone")
	if n := len(f.asked); n < 8 {
		t.Errorf("%d questions for payrolls of three years", n)
	}
	s.Unchanged(c)
}

// Later runs ask for the last months alone.
func TestWindow(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.payroll("p1", "2024-05-15", nil, object{"employee_uuid": "e3", "gross_pay": "1"})
	c := config(f.URL, "")
	s.Sync(c)
	f.asked = nil
	f.payroll("p2", "2026-02-15", nil, object{"employee_uuid": "e3", "gross_pay": "2"})
	s.Sync(c)
	if len(f.asked) != 2 || f.asked[0].Get("start_date") != "2025-11-03" {
		t.Errorf("asked %v", f.asked)
	}
	s.Same("lines", []string{"2"}, "select count(*) from raw.payroll_line")
}

// Each way in which it can fail is told.
func TestFaults(t *testing.T) {
	ingesttest.Faults(t, []string{"secret-of-the-client", "refresh-", "access-token"}, []ingesttest.Fault{
		{Name: "scope", Steps: []faulttest.Step{faulttest.Status(403, `{"message":"no"}`, "Content-Type", "application/json")}, Want: []string{"payrolls:read"}},
		{Name: "company", Steps: []faulttest.Step{faulttest.Status(404, `{}`, "Content-Type", "application/json")}, Want: []string{"check company_id"}},
		{Name: "too fast", Steps: []faulttest.Step{faulttest.RetryAfter(429, "3600")}, Want: []string{"429", "longer than retry_after_max"}},
		{Name: "fewer than declared", Steps: []faulttest.Step{faulttest.JSON(`[{"uuid":"e1"}]`, "X-Total-Count", "2", "X-Total-Pages", "1")}, Want: []string{"declares 2 records, and 1 came"}},
		{Name: "page again", Steps: []faulttest.Step{faulttest.JSON(`[{"uuid":"e1"}]`)}, Want: []string{"page 2 is page 1 again"}},
		{Name: "no uuid", Steps: []faulttest.Step{faulttest.JSON(`[{"first_name":"Kim"}]`, "X-Total-Pages", "1")}, Want: []string{"no uuid"}},
		{Name: "cut", Steps: []faulttest.Step{faulttest.Truncated(`[{"uuid":"e1"},{"uuid":"e2"}]`)}, Want: []string{"cut short"}},
	}, func(t *testing.T, fault ingesttest.Fault) (*ingesttest.Site, string) {
		t.Helper()
		f := newFake(t)
		f.step = func(w http.ResponseWriter, r *http.Request) bool { fault.Steps[0](w, r); return true }
		return newSite(t, f), config(f.URL, "retries = 2")
	})
}

// A configuration says at once all that is wrong with it.
func TestConfig(t *testing.T) {
	s := newSite(t, nil)
	_, err := s.Open(`[[source]]
name = "payroll"
kind = "gusto"
[source.options]
from = "31.1.2024"
page_size = 500
elements = { Car = "wheels" }
[[source.stream]]
name = "x"
target = "course"
delivery = "delta"
`)
	ingesttest.Failed(t, err, "company_id is missing", `from "31.1.2024"`, "page_size", `"Car" = "wheels"`, "needs client_id_env", "cannot fill course")
}
