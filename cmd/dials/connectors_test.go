package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

type fields = map[string]any

// services are a Moodle site, BambooHR and Xero, as small as they can be: one employee
// who completed one course and was paid once.
func services(t *testing.T) *httptest.Server {
	day := func(s string) string {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("/Date(%d+0000)/", at.UnixMilli())
	}
	people := []fields{}
	for i := 1; i <= 6; i++ {
		people = append(people, fields{"fields": fields{
			"eeid": strconv.Itoa(i), "employeeNumber": fmt.Sprintf("E%03d", i), "email": fmt.Sprintf("p%d@example.com", i),
			"hireDate": "2024-01-01", "terminationDate": "0000-00-00", "employmentStatus": "Full-Time",
		}})
	}
	answers := map[string]any{
		"core_webservice_get_site_info":                fields{"userid": 3, "siteid": 1, "functions": []fields{}},
		"core_user_get_users":                          fields{"users": []fields{{"id": 3, "username": "reader"}, {"id": 11, "username": "p1", "email": "P1@example.com", "idnumber": "E001", "suspended": false}}, "warnings": []fields{}},
		"core_course_get_courses_by_field":             fields{"courses": []fields{{"id": 1, "format": "site"}, {"id": 2, "shortname": "WHS", "fullname": "Work Health &amp; Safety", "categoryname": "Safety", "visible": 1}}},
		"core_enrol_get_enrolled_users":                []fields{{"id": 11, "roles": []fields{{"shortname": "student"}}}},
		"core_enrol_get_users_courses":                 []fields{{"id": 2, "completed": true, "enrolledusercount": 1}},
		"core_completion_get_course_completion_status": fields{"completionstatus": fields{"completed": true, "completions": []fields{{"type": 4, "complete": true, "timecompleted": 1772438400}}}},
		"gradereport_user_get_grade_items":             fields{"usergrades": []fields{}},
		"/api/v2/datasets/employee/data":               fields{"data": people, "links": fields{"next": nil}, "meta": fields{"page": 1, "totalPages": 1, "totalItems": len(people)}},
		"/api/v1/employees/all/tables/jobInfo":         []fields{{"id": "1", "employeeId": "1", "date": "2024-01-01", "jobTitle": "Seller", "department": "north", "location": "Perth"}},
		"/api/v1/employees/all/tables/compensation":    []fields{{"id": "1", "employeeId": "1", "startDate": "2024-01-01", "rate": fields{"value": "52000.10", "currency": "EUR"}, "paidPer": "Year", "reason": "Hired"}},
		"/api/v1/time_off/requests":                    []fields{},
		"/connect/token":                               fields{"access_token": "a", "refresh_token": "r2", "expires_in": 1800, "token_type": "Bearer"},
		"/x/PayItems":                                  fields{"Status": "OK", "PayItems": fields{"EarningsRates": []fields{{"EarningsRateID": "r1", "Name": "Ordinary Hours", "EarningsType": "ORDINARYTIMEEARNINGS"}}}},
		"/x/Employees":                                 fields{"Status": "OK", "Employees": []fields{{"EmployeeID": "x1", "Email": "p1@example.com", "Status": "ACTIVE", "UpdatedDateUTC": day("2026-01-01")}}},
		"/x/PayRuns": fields{"Status": "OK", "PayRuns": []fields{{
			"PayRunID": "run1", "PayRunStatus": "POSTED", "UpdatedDateUTC": day("2026-01-20"),
			"PayRunPeriodStartDate": day("2026-01-01"), "PayRunPeriodEndDate": day("2026-01-14"), "PaymentDate": day("2026-01-15"),
			"Payslips": []fields{{"EmployeeID": "x1", "PayslipID": "slip1"}},
		}}},
		"/x/Payslip/slip1": fields{"Status": "OK", "Payslip": fields{"PayslipID": "slip1", "EmployeeID": "x1", "EarningsLines": []fields{{"EarningsRateID": "r1", "RatePerUnit": 30, "NumberOfUnits": 76}}}},
	}
	answers["/x/PayRuns/run1"] = answers["/x/PayRuns"]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.URL.Path
		if err := r.ParseForm(); err == nil && r.PostForm.Get("wsfunction") != "" {
			name = r.PostForm.Get("wsfunction")
		}
		answer, ok := answers[name]
		if page := r.URL.Query().Get("page"); ok && page != "" && page != "1" {
			answer = fields{"Status": "OK", strings.TrimPrefix(name, "/x/"): []fields{}}
		}
		w.Header().Set("Content-Type", "application/json")
		if !ok {
			t.Errorf("%s %s was asked for", r.Method, name)
			w.WriteHeader(http.StatusNotFound)
		}
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

// startPostgres starts a PostgreSQL server with the tables that the README of sql reads,
// and returns its port.
func startPostgres(t *testing.T) string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		t.Skip("PostgreSQL is not installed: this test did not run")
	}
	dir, err := os.MkdirTemp("", "dials-postgres") //nolint:usetesting // the server's account may not enter the test's own folder
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	attributes := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if who, err := user.Lookup("postgres"); err == nil && os.Getuid() == 0 {
		uid, _ := strconv.ParseUint(who.Uid, 10, 32)
		gid, _ := strconv.ParseUint(who.Gid, 10, 32)
		attributes.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(found[len(found)-1], name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, attributes
		return cmd
	}
	if out, err := command("initdb", "-D", dir+"/data", "-U", "postgres", "-A", "trust", "-N").CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, out)
	}
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	server := command("postgres", "-D", dir+"/data", "-p", port, "-k", dir, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		// Pdeathsig comes when the thread ends that started it, which is kept until then.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := server.Start()
		if started <- err; err == nil {
			_ = server.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Signal(syscall.SIGQUIT); <-ended })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var conn *pgx.Conn
	for conn == nil {
		if conn, err = pgx.Connect(ctx, "postgres://postgres@127.0.0.1:"+port+"/postgres?sslmode=disable"); err != nil && ctx.Err() != nil {
			t.Fatal(err)
		}
	}
	defer conn.Close(ctx)
	for _, statement := range []string{
		"create table sales_units (code text, name text, parent_code text, kind text, opened_on date)",
		"insert into sales_units values ('all', 'All', null, 'company', '2020-01-01'), ('north', 'North', 'all', 'team', '2020-01-01'), ('south', 'South', 'all', 'team', '2020-01-01')",
		"create table monthly_revenue (metric text, unit text, month date, amount numeric, updated_at timestamptz)",
		"insert into monthly_revenue select 'revenue', u, m::date, 1000 + extract(month from m), now() - interval '1 day' from unnest(array['north', 'south']) u, generate_series(date '2025-01-01', '2026-10-01', '1 month') m",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatal(err)
		}
	}
	return port
}

// A company with Moodle, BambooHR, Xero and a PostgreSQL of metrics takes the blocks of
// the manual, fills in what is its own, and sees page 1.
func TestCompanyOfFourSystems(t *testing.T) {
	bin := buildDials(t)
	port := startPostgres(t)
	web := services(t)
	dir := filepath.Join(t.TempDir(), "company")
	mustRun(t, bin, "init", "--source", "moodle", "--source", "bamboohr", "--source", "xero_payroll_au", "--source", "sql", dir)
	config := filepath.Join(dir, "config.toml")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	own := string(text)
	for _, fill := range [][2]string{
		{`base_url = "https://lms.example.com"`, `base_url = "` + web.URL + `"`},
		{`company = "acme"`, `base_url = "` + web.URL + `"`},
		{`tenant_id = "00000000-0000-0000-0000-000000000000"`, `base_url = "` + web.URL + `/x"` + "\ntoken_url = \"" + web.URL + "/connect/token\"\n" + `tenant_id = "11111111-0000-0000-0000-000000000000"`},
		{`host = "db.example.com"`, `host = "127.0.0.1"`},
		{`port = 5432`, `port = ` + port},
		{`database = "sales"`, `database = "postgres"`},
		{`user = "dials_reader"`, `user = "postgres"`},
		{`tls = "verify"`, `tls = "off"`},
		{`ca_file = "ca.pem"`, `# ca_file`},
	} {
		if !strings.Contains(own, fill[0]) {
			t.Fatalf("the manual has no %s to fill in", fill[0])
		}
		own = strings.Replace(own, fill[0], fill[1], 1)
	}
	if err := os.WriteFile(config, []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"MOODLE_TOKEN", "BAMBOOHR_KEY", "XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "XERO_REFRESH_TOKEN", "METRICS_PASSWORD"} {
		t.Setenv(name, "secret-"+name)
	}
	t.Log(mustRun(t, bin, "sync", "--config", config))
	shown := monthsOf(t, getPage(t, startServer(t, bin, config)+"/"), "revenue")
	if len(shown) != 22 || shown["2026-10"] != 2020 {
		t.Errorf("page 1 shows %v", shown)
	}
}
