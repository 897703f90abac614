package warehouse

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// eraseClock is the clock of these tests.
func eraseClock() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// The identifiers of the person to erase, and of a colleague whom nothing may touch.
const (
	secretPerson  = "PERSON-SECRET-0815"
	secretLearner = "LEARNER-SECRET-4711"
	secretPayee   = "PAYEE-SECRET-0007"
	secretMail    = "secret.person@example.com"
	secretWords   = "SECRET went to a rival"
	secretHobby   = "SECRET-collects-stamps"
	secretAuthor  = "Ada SECRET Author"
)

// insertSecrets fills raw as the sources would.
func insertSecrets(t *testing.T, w *Warehouse) {
	t.Helper()
	for _, query := range []string{
		`insert into raw.person by name select * from (values ('` + secretPerson + `', 'hr', 'row-SECRET-1'), ('P-2', 'hr', 'row-2')) as t(person_id, source, source_id)`,
		`insert into raw.person_xref by name select * from (values
			('lms', '*', '` + secretLearner + `', '` + secretPerson + `', 'hr'), ('lms', '*', 'L-2', 'P-2', 'hr'),
			('pay', 'DE', '` + secretPayee + `', '` + secretPerson + `', 'hr'), ('pay', 'UK', '` + secretPayee + `', 'P-2', 'hr'),
			('email', '*', '` + secretMail + `', '` + secretPerson + `', 'hr'),
			('lms', '*', 'shared', '` + secretPerson + `', 'hr'), ('lms', '*', 'shared', 'P-2', 'hr')
		) as t(system, legal_entity, value, person_id, source)`,
		`insert into raw.account by name select 'lms' as system, '` + secretLearner + `' as account_id, '` + secretMail + `' as email, 'lms' as source`,
		`insert into raw.employment by name select *, date '2020-01-01' as hire_date, 'employee' as employment_type, 'hr' as source, date '2020-01-01' as valid_from, 'stated' as valid_basis,
			timestamp '2026-01-01' as recorded_at from (values
			('E-SECRET-1', '` + secretPerson + `', '` + secretWords + `', '{"hobby": "` + secretHobby + `", "born": "1970-03-04"}'::json),
			('E-2', 'P-2', 'moved', '{"hobby": "chess"}'::json)) as t(employment_id, person_id, term_reason, extra)`,
		`insert into raw.job by name select *, true as is_primary, 1.0 as fte_share, 'hr' as source, date '2020-01-01' as valid_from from (values
			('E-SECRET-1', '1'), ('E-2', '1')) as t(employment_id, assignment_id)`,
		`insert into raw.reporting_line by name select *, 'solid' as kind, 'hr' as source, date '2020-01-01' as valid_from from (values
			('P-2', '` + secretPerson + `'), ('` + secretPerson + `', 'P-3')) as t(person_id, manager_id)`,
		`insert into raw.enrolment by name select *, 'c1' as course_id, 'lms' as source from (values
			('N-SECRET-1', '` + secretLearner + `'), ('N-2', 'L-2'), ('N-3', 'shared')) as t(enrolment_id, person_id)`,
		`insert into raw.payroll_run by name select *, 'final' as status, 'pay' as source from (values ('R-DE', 'DE'), ('R-UK', 'UK')) as t(payroll_run_id, legal_entity)`,
		`insert into raw.payroll_line by name select *, 'gross' as element, 'EUR' as currency, 'pay' as source from (values
			('Y-SECRET-1', 'R-DE', '` + secretPayee + `', 100), ('Y-2', 'R-UK', '` + secretPayee + `', 200)) as t(payroll_line_id, payroll_run_id, person_id, amount)`,
		`insert into raw.review by name select *, 'hr' as source from (values
			('V-SECRET-1', '` + secretPerson + `', 'P-3'), ('V-2', 'P-2', '` + secretPerson + `')) as t(review_id, person_id, reviewer_id)`,
		`insert into raw.action by name select *, 'hr' as source from (values ('A-1', 'V-SECRET-1', 'P-3'), ('A-2', 'V-2', '` + secretPerson + `')) as t(action_id, review_id, owner_id)`,
		`insert into raw.goal by name select *, 'hr' as source, date '2020-01-01' as valid_from from (values
			('G-1', 'SECRET: stop smoking', 'individual', '` + secretPerson + `'), ('G-2', 'Grow', 'strategic', '` + secretPerson + `')) as t(goal_id, name, level, owner_id)`,
		`insert into meta.run (run_id, source, stream, target, started_at, status) values (1, 'hr', 'people', 'employment', '2026-11-01', 'ok')`,
		`insert into meta.rejected_row (run_id, source, stream, reason, value, payload) values
			(1, 'hr', 'people', 'hire_date "04.03.1970" is not a date', '04.03.1970', '{"id": "` + secretPerson + `", "born": "04.03.1970"}'),
			(1, 'hr', 'people', 'hire_date "x" is not a date', 'x', '{"id": "P-2"}')`,
		`insert into meta.run (run_id, source, stream, target, started_at, status, error, warnings)
			values (2, 'hr', 'people', 'employment', '2026-11-01', 'failed', 'employee "` + secretPerson + `" twice', ['` + secretPerson + ` again'])`,
		`insert into meta.register_change (change_id, changed_at, stream, entry_key, action, after, actor)
			values (1, '2026-11-01', 'tactic', '{"tactic_id": "T"}', 'add', '{"owner_id": "` + secretPerson + `", "name": "T"}', '` + secretAuthor + `')`,
		`insert into meta.gap_snapshot (snapshot_id, name, made_at, made_by, month) values
			(1, 'before', '2026-11-01', '` + secretAuthor + `', '2026-10-01'), (2, 'after', '2026-11-02', 'bob', '2026-10-01')`,
	} {
		exec(t, w, query)
	}
	exec(t, w, "insert into meta.raw_version select distinct 'raw.' || table_name, 1 from duckdb_tables() where schema_name = 'raw' and table_name not in (select table_name[5:] from meta.raw_version)")
}

// secrets are the texts that must be in no file when the person is erased.
func secrets() []string {
	return []string{
		secretAuthor, secretPerson, secretLearner, secretMail, secretWords, secretHobby, "row-SECRET-1", "E-SECRET-1", "N-SECRET-1", "Y-SECRET-1",
		"V-SECRET-1", "SECRET: stop smoking", "04.03.1970", "1970-03-04",
	}
}

// Nothing of an erased person is left in any table or file, everybody else is as
// before, what is counted stays right, and what refers to each other still does.
func TestErase(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	w := openTest(t, Options{Path: path})
	insertSecrets(t, w)
	buildAll(t, w)
	heads := scan[int](t, w, "select count(distinct person_id) from core.fct_employments")
	if _, err := w.Erase(t.Context(), "P-9", eraseClock); !errors.Is(err, ErrNobody) {
		t.Errorf("nobody was erased: %v", err)
	}
	done, err := w.Erase(t.Context(), secretPerson, eraseClock, secretAuthor)
	if err != nil {
		t.Fatal(err)
	}
	if done.Ambiguous != 1 || done.Rejected != 1 || !strings.HasPrefix(done.PersonID, "erased-") {
		t.Errorf("%+v", done)
	}
	buildAll(t, w)
	if err := w.Rewrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	x := done.PersonID
	for query, want := range map[string]string{
		"select string_agg(person_id, ' ' order by person_id) from raw.person":                                                                                         "P-2 " + x,
		"select string_agg(concat_ws('/', person_id, term_reason, extra->>'hobby'), ' ' order by person_id) from raw.employment":                                       "P-2/moved/chess " + x,
		"select string_agg(e.person_id, ' ' order by e.person_id) from raw.employment e join raw.job j using (employment_id)":                                          "P-2 " + x,
		"select string_agg(person_id || '>' || manager_id, ' ' order by person_id) from raw.reporting_line":                                                            "P-2>" + x + " " + x + ">P-3",
		"select string_agg(person_id, ' ' order by person_id) from raw.enrolment":                                                                                      "L-2 " + x + " shared",
		"select string_agg(person_id || '=' || amount::int, ' ' order by amount) from raw.payroll_line":                                                                x + "=100 " + secretPayee + "=200",
		"select string_agg(v.person_id || '<' || v.reviewer_id || ' ' || a.owner_id, ', ' order by a.action_id) from raw.review v join raw.action a using (review_id)": x + "<P-3 P-3, P-2<" + x + " " + x,
		"select string_agg(goal_id || ' ' || name || ' ' || (owner_id = '" + x + "'), ', ' order by goal_id) from raw.goal":                                            "G-1 erased true, G-2 Grow true",
		"select count(*)::varchar from raw.account":                                                                                                                    "0",
		"select string_agg(coalesce(payload->>'id', '-') || ' ' || reason, ', ' order by reason) from meta.rejected_row":                                               `P-2 hire_date "x" is not a date, - hire_date "…" is not a date`,
		"select error || ', ' || warnings[1] from meta.run where run_id = 2":                                                                                           `employee "erased" twice, erased again`,
		"select actor || (select string_agg(made_by, ' ' order by snapshot_id) from meta.gap_snapshot) from meta.register_change":                                      "erasederased bob",
		"select after->>'owner_id' from meta.register_change":                                                                                                          x,
		"select string_agg(distinct person_id, ' ' order by person_id) from core.fct_learner_ids where person_id is not null":                                          "P-2 " + x,
	} {
		if got := scan[string](t, w, query); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", query, got, want)
		}
	}
	if got := scan[int](t, w, "select count(distinct person_id) from core.fct_employments"); got != heads {
		t.Errorf("%d people, %d before", got, heads)
	}
	wantNoSecrets(t, dir) // of her number in payroll: it is a colleague's too
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	wantNoSecrets(t, dir)
}

// wantNoSecrets looks through every byte of every file under dir.
func wantNoSecrets(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, secret := range secrets() {
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds %q", filepath.Base(path), secret)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A restored file goes through the erasure when it is opened, and ends as the other
// did; without the key it is not opened.
func TestEraseRestored(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.duckdb")
	w := openTest(t, Options{Path: path})
	insertSecrets(t, w)
	exec(t, w, "checkpoint")
	backup, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	buildAll(t, w)
	done, err := w.Erase(t.Context(), secretPerson, eraseClock, secretAuthor)
	if err != nil {
		t.Fatal(err)
	}
	const all = "select string_agg(e.person_id || j.employment_id, ' ' order by e.person_id) || (select string_agg(actor, '') from meta.register_change) from raw.employment e join raw.job j using (employment_id)"
	want := scan[string](t, w, all)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	w = openTest(t, Options{Path: path})
	if got := scan[string](t, w, all); got != want || !strings.HasSuffix(got, erasedWord) || !strings.Contains(got, done.PersonID) {
		t.Errorf("got %s, want %s", got, want)
	}
	if n := scan[int](t, w, "select count(*) from meta.rejected_row where payload is not null"); n != 0 {
		t.Errorf("%d payloads are left", n)
	}
	if !w.NeedsRewrite() {
		t.Error("the old bytes are there, and nobody says so")
	}
	if err := w.Rewrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.NeedsRewrite() {
		t.Error("it is rewritten, and somebody says it is not")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(path+".erased", erasureKey)); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Options{Path: path}); err == nil || !strings.Contains(err.Error(), "without it they would come back") {
		t.Errorf("opened without the key: %v", err)
	}
}

// What a source goes on delivering is renamed as it lands: nothing changes, and
// nobody comes back.
func TestEraseLanding(t *testing.T) {
	w := openTest(t, Options{})
	deliver := func() Counts {
		t.Helper()
		s, err := StreamByName("employment")
		if err != nil {
			t.Fatal(err)
		}
		l, err := w.BeginLoad(t.Context(), LoadSpec{
			Source: "hr", Stream: "people", Target: s, Delivery: History, MinRows: 1, MaxDeleted: 0.05, Clock: eraseClock,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.fillAll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, query := range []string{
			`insert into landing by name select *, date '2020-01-01' as hire_date, 'employee' as employment_type, date '2020-01-01' as valid_from from (values
				('E-SECRET-1', '` + secretPerson + `', '` + secretWords + `', '{"hobby": "` + secretHobby + `"}'::json, 'row-1'), ('E-2', 'P-2', 'moved', null, 'row-2')
			) as t(employment_id, person_id, term_reason, extra, source_id)`,
			`insert into refused by name select 1 as file, 3 as record, 'hire_date' as column_name, 'x' as value, 'hire_date "x" is not a date' as reason,
				'{"id": "` + secretPerson + `", "note": "` + secretHobby + `"}'::json as payload`,
		} {
			if _, err := l.Conn().ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		counts, _, err := l.Commit(t.Context(), Walk{Complete: true, StatesFrom: true, Day: eraseClock(), Read: 2})
		if err != nil {
			t.Fatal(err)
		}
		return counts
	}
	if got := deliver(); got.Inserted != 2 {
		t.Fatalf("%+v", got)
	}
	if _, err := w.Erase(t.Context(), secretPerson, eraseClock); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if diff := cmp.Diff(Counts{Read: 2, Unchanged: 2}, deliver()); diff != "" {
			t.Error(diff)
		}
	}
	for _, table := range []string{"raw.employment", "meta.rejected_row"} {
		text := scan[string](t, w, "select string_agg(to_json(t)::varchar, ' ') from "+table+" t")
		if strings.Contains(text, "SECRET") {
			t.Errorf("%s: %s", table, text)
		}
	}
}

// Readers that come while the file is rewritten wait, and then read the new file.
func TestRewriteUnderReaders(t *testing.T) {
	w := openTest(t, Options{Path: filepath.Join(t.TempDir(), "w.duckdb")})
	exec(t, w, "insert into raw.person (person_id) select 'P' || i from range(100000) as t(i)")
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var n int
				if err := w.DB().QueryRowContext(t.Context(), "select count(*) from raw.person").Scan(&n); err != nil || n != 100000 {
					t.Errorf("%d rows, %v", n, err)
					return
				}
			}
		})
	}
	readers.Go(func() {
		for i := range 20 {
			err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
				_, err := conn.ExecContext(ctx, "update meta.raw_version set version = ?", i)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	for range 3 {
		if err := w.Rewrite(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
	if _, err := w.DB().ExecContext(t.Context(), "select * from read_text('/etc/passwd')"); err == nil {
		t.Error("the doors are open")
	}
}

func buildAll(t *testing.T, w *Warehouse) {
	t.Helper()
	if _, err := w.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A person's file holds what is theirs by every identifier, and of others' records
// only that they have a part in them.
func TestPerson(t *testing.T) {
	w := openTest(t, Options{})
	insertSecrets(t, w)
	buildAll(t, w)
	f, err := w.Person(t.Context(), secretPerson)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for stream, rows := range f.Records {
		got[stream] = len(rows)
	}
	want := map[string]int{
		"person": 1, "person_xref": 4, "account": 1, "employment": 1, "job": 1, "reporting_line": 1, "enrolment": 1,
		"payroll_line": 1, "review": 1, "action": 1, "goal": 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	got = map[string]int{}
	for stream, mentions := range f.Mentions {
		got[stream] = len(mentions)
	}
	if diff := cmp.Diff(map[string]int{"reporting_line": 1, "review": 1, "action": 1, "goal": 1}, got); diff != "" {
		t.Error(diff)
	}
	if len(f.Rejected) != 1 || len(f.Register) != 1 || len(f.Models["core.fct_employments"]) != 1 {
		t.Errorf("%d rejected, %d register, %d employments", len(f.Rejected), len(f.Register), len(f.Models["core.fct_employments"]))
	}
	if _, err := w.Person(t.Context(), "P-9"); !errors.Is(err, ErrNobody) {
		t.Errorf("somebody is nobody: %v", err)
	}
}

// A new column that names people must say what becomes of it when one is erased.
func TestEveryPersonIsMarked(t *testing.T) {
	streams, err := Streams()
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`person|manager|owner|rater|reviewer|author|checker|approver|respondent|learner|employee|user_|account|email`)
	nobody := []string{ // what only sounds like it
		"assessment.rater_type", "contribution_estimate.respondent_type", "goal_progress.owner_status",
		"metric.owner_name", "survey_result.respondent",
	}
	for _, s := range streams {
		for _, c := range s.Columns {
			name := s.Name + "." + c.Name
			if c.Type == "VARCHAR" && c.Mark == Kept && named.MatchString(c.Name) && !slices.Contains(nobody, name) {
				t.Errorf("streams.toml: %s may name a person: mark it @person, @id or @text", name)
			}
		}
	}
}
