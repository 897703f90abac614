package xero_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dials/ingest"
	xero "dials/ingest/connectors/xero_payroll_au"
	"dials/ingest/ingesttest"
	"dials/ingest/web/faulttest"
)

func newSite(t testing.TB, f *fake) *ingesttest.Site {
	t.Helper()
	s := ingesttest.Signed(t, map[string]ingest.New{"xero_payroll_au": xero.NewQuick}, "XERO_ID=client", "XERO_SECRET=secret-of-the-client", "XERO_REFRESH=first-refresh-token")
	if f != nil {
		f.clock = s.Clock
	}
	return s
}

func config(base, options string) string {
	return `[[source]]
name = "payroll"
kind = "xero_payroll_au"
[source.options]
base_url = "` + base + `/payroll.xro/1.0"
token_url = "` + base + `/connect/token"
client_id_env = "XERO_ID"
client_secret_env = "XERO_SECRET"
refresh_token_env = "XERO_REFRESH"
tenant_id = "` + tenant + `"
legal_entity = "AU01"
rate_per_second = 10000
` + options + ingesttest.Payroll + "full_walk_days = 90\n"
}

// pay is a payslip with a base of so many hours at 31.35.
func pay(employee string, hours any, more object) object {
	s := object{"EmployeeID": employee, "EarningsLines": []object{{"EarningsRateID": "r1", "RatePerUnit": 31.35, "NumberOfUnits": hours}}, "Tax": 0, "NetPay": 1}
	for k, v := range more {
		s[k] = v
	}
	return s
}

const lines = "select payroll_line_id, payroll_run_id, person_id, element, amount, paid_hours, is_employer_cost from raw.payroll_line where superseded_at is null and deleted_at is null order by all"

// Every stream is filled, money to the cent.
func TestFill(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	f.run("p1", "POSTED", "2026-02-16T01:00:00Z", pay("e1", 75.5, object{
		"Wages":                  2767.43,
		"TimesheetEarningsLines": []object{{"EarningsRateID": "r2", "RatePerUnit": 47.025, "NumberOfUnits": 3}},
		"LeaveEarningsLines":     []object{{"EarningsRateID": "r1", "RatePerUnit": 31.35, "NumberOfUnits": 0.1, "PayOutType": "DEFAULT"}},
		"DeductionLines":         []object{{"Amount": 4.1, "CalculationType": "FIXEDAMOUNT", "DeductionTypeID": "d1"}, {"Amount": 5, "DeductionTypeID": "d1"}},
		"ReimbursementLines":     []object{{"ReimbursementTypeID": "x", "Amount": 55}},
		"SuperannuationLines":    []object{{"ContributionType": "SGC", "Amount": 260.38}, {"ContributionType": "SALARYSACRIFICE", "Amount": 100}},
		"TaxLines":               []object{{"TaxTypeName": "PAYG Tax", "Amount": 310.0}},
	}), pay("e3", 1, object{"EarningsLines": []object{
		{"EarningsRateID": "r3", "FixedAmount": 0.1},
		{"EarningsRateID": "r3", "FixedAmount": 0.2},
		{"EarningsRateID": "r4", "RatePerUnit": 10, "NumberOfUnits": 5},
		{"EarningsRateID": "r5", "Amount": -20.005},
		{"EarningsRateID": "gone", "Amount": 1e2},
	}, "Wages": 130.295}))
	f.run("p2", "DRAFT", "2026-02-17T01:00:00Z", pay("e1", 75, nil))
	f.run("p3", "POSTED", "2026-02-18T01:00:00Z", pay("e2", 10, object{"Wages": 999}))
	c := config(f.URL, `elements = { "Thank you" = "bonus" }`)
	r := s.Sync(c)
	s.Same("accounts", []string{"payroll|e1|person1@example.com|true", "payroll|e2|person2@example.com|false", "payroll|e3|person3@example.com|true"},
		"select system, account_id, email, is_active from raw.account order by all")
	s.Same("runs", []string{
		"p1|AU01|posted|2026-02-01|2026-02-14|2026-02-15", "p2|AU01|draft|2026-02-01|2026-02-14|2026-02-15", "p3|AU01|posted|2026-02-01|2026-02-14|2026-02-15",
	}, "select payroll_run_id, legal_entity, status, period_start_date, period_end_date, pay_date from raw.payroll_run order by all")
	s.Same("lines", []string{
		"p1-s1/deduction/d1/1|p1|e1|deduction|4.1000|-|-",
		"p1-s1/deduction/d1/2|p1|e1|deduction|5.0000|-|-",
		"p1-s1/earnings/r1/1|p1|e1|base|2366.9300|75.5|-",
		"p1-s1/leave/r1/1|p1|e1|base|3.1400|0.1|-",
		"p1-s1/super/SALARYSACRIFICE/1|p1|e1|deduction|100.0000|-|-",
		"p1-s1/super/SGC/1|p1|e1|employer_cost|260.3800|-|true",
		"p1-s1/tax/PAYG Tax/1|p1|e1|deduction|310.0000|-|-",
		"p1-s1/timesheet/r2/1|p1|e1|overtime|141.0800|3.0|-",
		"p1-s2/earnings/gone/1|p1|e3|other|100.0000|-|-",
		"p1-s2/earnings/r3/1|p1|e3|commission|0.1000|-|-",
		"p1-s2/earnings/r3/2|p1|e3|commission|0.2000|-|-",
		"p1-s2/earnings/r4/1|p1|e3|allowance|50.0000|-|-",
		"p1-s2/earnings/r5/1|p1|e3|bonus|-20.0050|-|-",
		"p3-s1/earnings/r1/1|p3|e2|base|313.5000|10.0|-",
	}, lines)
	ingesttest.Warned(t, r["lines"], "of 1 payslips of the pay run of 2026-02-15 do not add up")
	s.Unchanged(c)
}

// What changed is asked for by header, payslips that were read are not asked for again,
// and a run that was read anew replaces its lines.
func TestChanges(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "")
	f.run("p1", "POSTED", "2026-02-16T01:00:00Z", pay("e1", 10, nil), pay("e3", 20, nil))
	f.run("p2", "POSTED", "2026-02-16T01:30:00Z", pay("e1", 10, nil))
	s.Sync(c)
	f.took()
	s.Sync(c)
	if got := f.took(); got["Payslip"] != 0 {
		t.Errorf("asked again: %v", got)
	}
	f.run("p1", "POSTED", "2026-03-03T05:00:00Z", pay("e1", 11, nil))
	f.run("p2", "DRAFT", "2026-03-03T05:10:00Z", pay("e1", 10, nil))
	s.Sync(c)
	func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, at := range f.since {
			if at != "2026-02-16T00:30:00Z" && at != "2026-01-04T23:00:00Z" {
				t.Errorf("If-Modified-Since %s", at)
			}
		}
	}()
	if got := f.took(); got["Payslip"] != 1 {
		t.Errorf("asked: %v", got)
	}
	s.Same("lines", []string{"p1-s1/earnings/r1/1|p1|e1|base|344.8500|11.0|-", "p2-s1/earnings/r1/1|p2|e1|base|313.5000|10.0|-"}, lines)
	s.Same("a run that was reverted is a draft", []string{"p1|posted", "p2|draft"}, "select payroll_run_id, status from raw.payroll_run where superseded_at is null order by 1")
	s.Unchanged(c)
}

// More payslips than a day allows are read over several runs.
func TestSlices(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		f.run(id, "POSTED", "2026-02-16T01:00:00Z", pay("e1", 10, nil), pay("e2", 10, nil)) // all at once
	}
	c := config(f.URL, "max_payslips = 4")
	for i, want := range []string{"4", "8", "10", "10"} {
		r := s.Sync(c)
		if i < 2 {
			ingesttest.Warned(t, r["lines"], "left to the next run")
		}
		s.Same("lines", []string{want}, "select count(*) from raw.payroll_line where superseded_at is null and deleted_at is null")
	}
}

// The rotated refresh token is kept for the next run, and for nobody else to read.
func TestTokens(t *testing.T) {
	f := newFake(t)
	s := newSite(t, f)
	c := config(f.URL, "")
	for range 3 {
		s.Sync(c)
	}
	path := filepath.Join(s.Dir, "tokens", "payroll.json")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("%s has mode %v", path, info.Mode())
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), f.refresh) {
		t.Errorf("the file does not hold the last token: %v", err)
	}
	// The access token ends in the middle of a run.
	f.run("p1", "POSTED", "2026-02-16T01:00:00Z", pay("e1", 10, nil))
	ended := false
	f.step = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "Payslip") && !ended {
			ended, f.access = true, "another"
		}
		return false
	}
	s.Sync(c)
	s.Same("lines", []string{"1"}, "select count(*) from raw.payroll_line")
}

// Each way in which it can fail is told.
func TestFaults(t *testing.T) {
	ingesttest.Faults(t, []string{"secret-of-the-client", "refresh-token", "access-for"}, []ingesttest.Fault{
		{Name: "another organisation", Steps: []faulttest.Step{faulttest.Status(403, `{"Title":"Forbidden"}`, "Content-Type", "application/json")}, Want: []string{"does not cover this organisation", "payroll.payslip.read"}},
		{Name: "day used up", Steps: []faulttest.Step{faulttest.Status(429, `{}`, "Content-Type", "application/json", "Retry-After", "66975", "X-Rate-Limit-Problem", "day")}, Want: []string{"the limit of requests (day)", "18h36m15s", "longer than retry_after_max"}},
		{Name: "not ok", Steps: []faulttest.Step{faulttest.JSON(`{"Status":"ERROR","Employees":[]}`)}, Want: []string{`status "ERROR"`}},
		{Name: "xml", Steps: []faulttest.Step{faulttest.Status(200, "<Response/>", "Content-Type", "text/xml")}, Want: []string{"web page in place of data"}},
		{Name: "page again", Steps: []faulttest.Step{faulttest.JSON(`{"Status":"OK","Employees":[{"EmployeeID":"e1"}],"DateTimeUTC":"/Date(1)/"}`)}, Want: []string{"page 2 is page 1 again"}},
		{Name: "bad date", Steps: []faulttest.Step{faulttest.JSON(`{"Status":"OK","Employees":[{"EmployeeID":"e1","UpdatedDateUTC":"/Date(x)/"}]}`)}, Want: []string{`"/Date(x)/" is no date`}},
		{Name: "empty", Steps: []faulttest.Step{faulttest.Empty(200)}, Want: []string{"empty answer"}},
		{Name: "out of order", Steps: []faulttest.Step{faulttest.Empty(503)}, Want: []string{"503", "given up"}},
	}, func(t *testing.T, fault ingesttest.Fault) (*ingesttest.Site, string) {
		t.Helper()
		f := newFake(t)
		f.step = func(w http.ResponseWriter, r *http.Request) bool { fault.Steps[0](w, r); return true }
		return newSite(t, f), config(f.URL, "retries = 2")
	})
	t.Run("signed out", func(t *testing.T) {
		f := newFake(t)
		s := newSite(t, f)
		f.refresh = "another"
		_, err := s.Run(config(f.URL, ""), false)
		ingesttest.Failed(t, err, "invalid_grant", "XERO_REFRESH")
	})
}

// A configuration says at once all that is wrong with it.
func TestConfig(t *testing.T) {
	s := newSite(t, nil)
	_, err := s.Open(`[[source]]
name = "payroll"
kind = "xero_payroll_au"
[source.options]
currency = "aud"
max_payslips = -1
elements = { Car = "wheels" }
[[source.stream]]
name = "x"
target = "course"
delivery = "delta"
`)
	ingesttest.Failed(t, err, "tenant_id is missing", `currency "aud"`, "max_payslips", `"Car" = "wheels"`, "needs client_id_env", "cannot fill course: it fills account, payroll_line, payroll_run")
}
