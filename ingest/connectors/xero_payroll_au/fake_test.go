package xero_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dials/ingest/ingesttest"
)

type object = map[string]any

// fake is an organisation in Xero Payroll AU 16.1, as its OpenAPI file describes it,
// with an identity service that rotates refresh tokens.
type fake struct {
	*httptest.Server
	t testing.TB

	mu        sync.Mutex
	clock     func() time.Time
	employees []object
	runs      []object
	slips     map[string]object
	size      int // of a page
	refresh   string
	access    string
	step      func(w http.ResponseWriter, r *http.Request) bool
	asked     map[string]int
	since     []string
}

const tenant = "11111111-2222-4333-8444-555555555555"

func ms(day string) string {
	at, err := time.Parse(time.RFC3339, day)
	if err != nil {
		at, _ = time.Parse(time.DateOnly, day)
	}
	return fmt.Sprintf("/Date(%d+0000)/", at.UnixMilli())
}

func newFake(t testing.TB) *fake {
	f := &fake{t: t, clock: time.Now, slips: map[string]object{}, size: 2, refresh: "first-refresh-token", asked: map[string]int{}}
	f.Server = ingesttest.Serve(t, f.serve)
	for i, status := range []string{"ACTIVE", "TERMINATED", "ACTIVE"} {
		f.employees = append(f.employees, object{
			"EmployeeID": fmt.Sprintf("e%d", i+1), "FirstName": "Some", "LastName": "Body", "Status": status,
			"Email": fmt.Sprintf("Person%d@example.com", i+1), "UpdatedDateUTC": ms("2026-01-05T00:00:00Z"),
		})
	}
	return f
}

// run adds a pay run with the payslips of its lines.
func (f *fake) run(id, status, updated string, slips ...object) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []object{}
	for i, s := range slips {
		key := fmt.Sprintf("%s-s%d", id, i+1)
		s["PayslipID"], s["UpdatedDateUTC"], s["FirstName"] = key, ms(updated), "Some"
		f.slips[key] = s
		list = append(list, object{"EmployeeID": s["EmployeeID"], "PayslipID": key, "Wages": s["Wages"], "UpdatedDateUTC": ms(updated)})
	}
	r := object{
		"PayRunID": id, "PayrollCalendarID": "c1", "PayRunStatus": status, "UpdatedDateUTC": ms(updated), "Payslips": list,
		"PayRunPeriodStartDate": ms("2026-02-01"), "PayRunPeriodEndDate": ms("2026-02-14"), "PaymentDate": ms("2026-02-15"), "Wages": 1,
	}
	i := slices.IndexFunc(f.runs, func(o object) bool { return o["PayRunID"] == id })
	if i < 0 {
		f.runs = append(f.runs, r)
		return
	}
	f.runs[i] = r
}

// took returns how often each path was asked since the last time.
func (f *fake) took() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.asked
	f.asked, f.since = map[string]int{}, nil
	return out
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Date", f.clock().UTC().Format(http.TimeFormat))
	path := strings.TrimPrefix(r.URL.Path, "/payroll.xro/1.0")
	kind, id, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	f.asked[kind]++
	if kind == "connect" {
		f.token(w, r)
		return
	}
	if f.step != nil && f.step(w, r) {
		return
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer "+f.access || f.access == "":
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"Title":"Unauthorized","Status":401,"Detail":"TokenExpired: token expired"}`)
		return
	case r.Header.Get("Xero-Tenant-Id") != tenant:
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"Title":"Forbidden","Detail":"AuthenticationUnsuccessful"}`)
		return
	case !strings.Contains(r.Header.Get("Accept"), "json"):
		f.t.Error("without Accept: application/json Xero answers XML")
	}
	switch kind {
	case "Employees":
		f.list(w, r, kind, f.employees)
	case "PayItems":
		f.answer(w, object{"PayItems": object{"EarningsRates": []object{
			{"EarningsRateID": "r1", "Name": "Ordinary Hours", "EarningsType": "ORDINARYTIMEEARNINGS", "TypeOfUnits": "Hours"},
			{"EarningsRateID": "r2", "Name": "Overtime", "EarningsType": "OVERTIMEEARNINGS", "TypeOfUnits": "Hours"},
			{"EarningsRateID": "r3", "Name": "Sales commission", "EarningsType": "BONUSESANDCOMMISSIONS"},
			{"EarningsRateID": "r4", "Name": "Car", "EarningsType": "ALLOWANCE", "TypeOfUnits": "Days"},
			{"EarningsRateID": "r5", "Name": "Thank you", "EarningsType": "LUMPSUME"},
		}, "DeductionTypes": []object{}}})
	case "PayRuns":
		if id == "" {
			short := []object{}
			for _, o := range f.runs {
				c := object{}
				for k, v := range o {
					if k != "Payslips" {
						c[k] = v
					}
				}
				short = append(short, c)
			}
			f.list(w, r, kind, short)
			return
		}
		for _, o := range f.runs {
			if o["PayRunID"] == id {
				f.answer(w, object{"PayRuns": []object{o}})
			}
		}
	case "Payslip":
		f.answer(w, object{"Payslip": f.slips[id]})
	}
}

// answer writes an envelope, whose time of day differs each time.
func (f *fake) answer(w http.ResponseWriter, o object) {
	o["Id"], o["Status"], o["ProviderName"], o["DateTimeUTC"] = "00000000-0000-0000-0000-000000000000", "OK", "dials", fmt.Sprintf("/Date(%d)/", time.Now().UnixNano())
	_ = json.NewEncoder(w).Encode(o)
}

// list gives a page of what changed.
func (f *fake) list(w http.ResponseWriter, r *http.Request, kind string, all []object) {
	if s := r.Header.Get("If-Modified-Since"); s != "" {
		f.since = append(f.since, s)
		at, err := time.Parse("2006-01-02T15:04:05Z", s)
		if err != nil {
			f.t.Errorf("If-Modified-Since %q", s)
		}
		all = slices.DeleteFunc(slices.Clone(all), func(o object) bool {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimPrefix(o["UpdatedDateUTC"].(string), "/Date("), "+0000)/"), 10, 64)
			return time.UnixMilli(n).Before(at)
		})
		if len(all) == 0 {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	page, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		f.t.Errorf("%s without page", r.URL)
	}
	from := min((page-1)*f.size, len(all))
	f.answer(w, object{kind: all[from:min(from+f.size, len(all))]})
}

// token rotates the refresh token: each is good for one use.
func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	if r.Form.Get("grant_type") != "refresh_token" || r.Form.Get("refresh_token") != f.refresh {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
		return
	}
	f.refresh = fmt.Sprintf("refresh-token-after-%d", len(f.refresh)+f.asked["connect"])
	f.access = "access-for-" + f.refresh
	_ = json.NewEncoder(w).Encode(object{"access_token": f.access, "refresh_token": f.refresh, "expires_in": 1800, "token_type": "Bearer"})
}
