package dashboards

import (
	"context"
	"database/sql"
	"net/url"
	"strings"
	"testing"
)

// What belongs to nobody is matched by hr alone, with a reason; the match is a rule
// that holds for old records, counts for nothing else of its system, and can be withdrawn.
func TestMatches(t *testing.T) {
	w, err := emptyWarehouse(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	err = w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range []string{
			"insert into meta.source (source, kind, is_trusted_log, position) values ('hris', 'file', true, 1), ('lms', 'moodle', true, 2)",
			"insert into raw.person by name select unnest(['E1', 'E2']) as person_id, 'hris' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.employment by name select 'e' || i as employment_id, 'E' || i as person_id, 'Co' as legal_entity, date '2020-01-01' as hire_date, 'employee' as employment_type, date '2020-01-01' as valid_from, 'hris' as source, timestamp '2026-01-01' as recorded_at from range(1, 3) t(i)",
			"insert into raw.org_unit by name select 'co' as unit_id, 'Co' as name, date '2020-01-01' as valid_from, 'hris' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.job by name select 'e' || i as employment_id, '1' as assignment_id, 'co' as unit_id, true as is_primary, 1 as fte_share, date '2020-01-01' as valid_from, 'hris' as source, timestamp '2026-01-01' as recorded_at from range(1, 3) t(i)",
			"insert into raw.person_xref by name select 'email' as system, '*' as legal_entity, 'ada@old.example' as value, 'E1' as person_id, date '2020-01-01' as valid_from, 'hris' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.account by name select 'lms' as system, '77' as account_id, 'ada@new.example' as email, 'lms' as source, timestamp '2026-01-01' as recorded_at",
			"insert into raw.enrolment by name select 'n' || i as enrolment_id, if(i = 1, '77', 'E2') as person_id, 'c' as course_version_id, date '2024-01-01' as assigned_date, 'lms' as source, timestamp '2026-01-01' as recorded_at from range(1, 3) t(i)",
			"delete from meta.raw_version",
			"insert into meta.raw_version select 'raw.' || table_name, 2 from duckdb_tables() where schema_name = 'raw'",
		} {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				t.Errorf("%v in %s", err, s)
			}
		}
		return nil
	})
	if err == nil {
		_, err = w.Build(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	app, doors := guardedWith(t, w, Register{Apply: applyTo(w)})
	headers := signInAll(t, app, doors)
	if resp, _ := get(t, app, "/matches", headers["finance"]...); resp.StatusCode != 403 {
		t.Errorf("finance: %s", resp.Status)
	}
	if _, body := get(t, app, "/matches", headers["hr"]...); strings.Contains(body, "77") || !strings.Contains(body, "Say why you look") {
		t.Error("rows are shown without a reason")
	}
	_, body := get(t, app, "/matches?reason=clean+up", headers["hr"]...)
	if page := text(body); !strings.Contains(page, "One identifier is nobody’s") || !strings.Contains(page, "e-mail: one has the same name at another domain") || !strings.Contains(body, `name="person" value="E1"`) {
		t.Fatalf("the open identifier: %s", page)
	}
	v := url.Values{"csrf": {csrfField.FindStringSubmatch(body)[1]}, "reason": {"clean up"}, "system": {"lms"}, "entity": {"*"}, "value": {"77"}, "person": {"E9"}}
	origin := append([]string{"Origin: http://127.0.0.1:8080"}, headers["hr"]...)
	if resp, body := post(t, app, "/matches", v, origin...); resp.StatusCode != 422 || !strings.Contains(body, "is no person") {
		t.Fatalf("an unknown person: %s", resp.Status)
	}
	v.Set("person", "E1")
	if resp, body := post(t, app, "/matches", v, origin...); resp.StatusCode != 303 {
		t.Fatalf("%s: %s", resp.Status, text(body))
	}
	whose := func() (all string) {
		err := w.DB().QueryRowContext(t.Context(), "select string_agg(value || ' ' || coalesce(person_id, '-') || ' ' || match_basis || ' ' || valid_from::date, ', ' order by value) from core.fct_ids").Scan(&all)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if got, want := whose(), "77 E1 xref 1900-01-01, E2 E2 own id 1900-01-01"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	_, body = get(t, app, "/register/history", headers["hr"]...)
	if strings.Contains(body, "77") {
		t.Error("the history of the register tells whose an identifier is")
	}
	_, body = get(t, app, "/matches?reason=clean+up", headers["hr"]...)
	if !strings.Contains(body, "Every identifier belongs to a known person") || !strings.Contains(body, "Withdraw whose 77 is") {
		t.Errorf("after the match: %s", text(body))
	}
	v.Set("do", "withdraw")
	if resp, _ := post(t, app, "/matches", v, origin...); resp.StatusCode != 303 {
		t.Fatal(resp.Status)
	}
	if got, want := whose(), "77 - none 1900-01-01, E2 E2 own id 1900-01-01"; got != want {
		t.Errorf("withdrawn: %s, want %s", got, want)
	}
	_, body = get(t, app, "/audit", headers["dpo"]...)
	for _, want := range []string{"clean up", "id_matching"} {
		if !strings.Contains(body, want) {
			t.Errorf("the audit lacks %q", want)
		}
	}
}
