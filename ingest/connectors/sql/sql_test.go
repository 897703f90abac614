package sql_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"

	"dials/ingest"
	"dials/ingest/connectors/sql"
	"dials/warehouse"
)

// A site is a warehouse and a database that it reads.
type site struct {
	t    testing.TB
	kind string
	w    *warehouse.Warehouse
	db   client
	now  time.Time
	port int
	name string
}

func newSite(t testing.TB, kind string) *site {
	t.Helper()
	s := &site{t: t, kind: kind, now: time.Now().UTC()}
	s.db, s.port, s.name = newDB(t, kind)
	w, err := warehouse.Open(t.Context(), warehouse.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	s.w = w
	return s
}

// source opens a source with the given streams.
func (s *site) source(options, streams string) (*ingest.Source, error) {
	user := map[string]string{"postgres": "postgres", "mysql": "root"}[s.kind]
	text := fmt.Sprintf("[[source]]\nname = \"db\"\nkind = \"sql\"\n[source.options]\ndriver = %q\nhost = \"127.0.0.1\"\nport = %d\ndatabase = %q\n", s.kind, s.port, s.name)
	if !strings.Contains(options, "user =") {
		text += fmt.Sprintf("user = %q\n", user)
	}
	return openSource(text+options+"\n"+streams, s.now)
}

func openSource(text string, now time.Time) (*ingest.Source, error) {
	var file struct {
		Source []*ingest.Source `toml:"source"`
	}
	md, err := toml.Decode(text, &file)
	if err != nil {
		return nil, err
	}
	err = file.Source[0].Open(md.PrimitiveDecode, ingest.Env{Clock: func() time.Time { return now }}, map[string]ingest.New{"sql": sql.New})
	if err == nil && len(md.Undecoded()) > 0 {
		err = fmt.Errorf("unknown keys %v", md.Undecoded())
	}
	return file.Source[0], err
}

// sync runs the streams.
func (s *site) sync(options, streams string) []ingest.StreamReport {
	s.t.Helper()
	src, err := s.source(options, streams)
	if err != nil {
		s.t.Fatal(err)
	}
	reports, err := ingest.Run(s.t.Context(), s.w, src, ingest.RunOptions{Clock: func() time.Time { return s.now }})
	if len(reports) == 0 {
		s.t.Fatal(err)
	}
	return reports
}

func (s *site) mustSync(options, streams string) ingest.StreamReport {
	s.t.Helper()
	r := s.sync(options, streams)
	for _, one := range r {
		if one.Err != nil {
			s.t.Fatal(one.Err)
		}
	}
	return r[0]
}

func counts(r ingest.StreamReport) string {
	return fmt.Sprintf("read %d inserted %d updated %d unchanged %d rejected %d deleted %d full %v", r.Read, r.Inserted, r.Updated, r.Unchanged, r.Rejected, r.Deleted, r.Full)
}

func (s *site) query(text string) []string {
	s.t.Helper()
	rows, err := s.w.DB().QueryContext(s.t.Context(), "select concat_ws('|', "+text)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var v string
		if err := rows.Scan(&v); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return out
}

func stream(name, target, delivery, query, more string) string {
	return fmt.Sprintf("[[source.stream]]\nname = %q\ntarget = %q\ndelivery = %q\n[source.stream.options]\nquery = \"\"\"%s\"\"\"\n%s\n", name, target, delivery, query, more)
}

// Every type arrives as it is, or is refused by name.
func TestPostgresTypes(t *testing.T) {
	s := newSite(t, "postgres")
	run(t, s.db, `create type mood as enum ('sad', 'ok')`,
		`create table t (id bigint, i2 smallint, n numeric, n2 numeric(20,6), f float8, b boolean, d date, ts timestamp, tz timestamptz, u uuid, j jsonb, a int[], m mood, c char(5), iv interval)`,
		`insert into t values
		(9223372036854775807, -5, 123456789012345678901234567890.123456789, -0.000120, 1.5, true, '2024-02-29', '2024-03-31 02:30:00.123456', '2024-03-31 02:30:00.5+11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"k": [1, "ü"]}', '{1,2}', 'ok', 'ab', '1 day 02:00'),
		(-1, null, 0, 10000, 'NaN', false, 'infinity', '-infinity', '0044-03-15 BC', null, 'null', '{}', null, '', null),
		(0, 0, 'NaN', 1e9, '-Infinity', null, '0001-01-01', '1970-01-01', '9999-12-31 23:59:59+00', null, null, null, 'sad', null, null)`)
	keep := `"i2", "n", "n2", "f", "b", "d", "ts", "tz", "u", "j", "a", "m", "c", "iv"`
	cfg := strings.Replace(stream("t", "framework", "snapshot", "select * from t order by id -- a remark", ""), "[source.stream.options]", "keep = ["+keep+"]\n[source.stream.options]", 1) +
		"[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }\n"
	r := s.mustSync("", cfg)
	if got := counts(r); got != "read 3 inserted 3 updated 0 unchanged 0 rejected 0 deleted 0 full true" {
		t.Error(got, r.Warnings)
	}
	if want := []string{`1 value -infinity in "ts": taken as no value`, `1 value infinity in "d": taken as no value`}; !cmp.Equal(want, r.Warnings) {
		t.Error(cmp.Diff(want, r.Warnings))
	}
	want := []string{
		`-1|{"i2":null,"n":"0","n2":"10000.000000","f":"nan","b":"false","d":null,"ts":null,"tz":"0044-03-15 (BC) 00:00:00+00","u":null,"j":"null","a":"[]","m":null,"c":null,"iv":null}`,
		`0|{"i2":"0","n":"NaN","n2":"1000000000.000000","f":"-inf","b":null,"d":"0001-01-01","ts":"1970-01-01 00:00:00","tz":"9999-12-31 23:59:59+00","u":null,"j":null,"a":null,"m":"sad","c":null,"iv":null}`,
		`9223372036854775807|{"i2":"-5","n":"123456789012345678901234567890.123456789","n2":"-0.000120","f":"1.5","b":"true","d":"2024-02-29","ts":"2024-03-31 02:30:00.123456","tz":"2024-03-30 15:30:00.5+00","u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","j":"{\"k\": [1, \"ü\"]}","a":"[1,2]","m":"ok","c":"ab","iv":"1 day 02:00:00"}`,
	}
	if diff := cmp.Diff(want, s.query("framework_id, extra) from raw.framework order by framework_id")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// What is no number is refused where a number is wanted; bytes are refused by name.
func TestPostgresRefuses(t *testing.T) {
	s := newSite(t, "postgres")
	run(t, s.db, `create table o (id text, v numeric, d date, z bytea)`, `insert into o select 'a' || i, i, '2024-01-01', 'x' from generate_series(1, 500) i`,
		`insert into o values ('nan', 'NaN', '2024-01-01'), ('inf', 'Infinity', '2024-01-01'), ('none', 1, 'infinity')`)
	m := "[source.stream.map]\nmetric_id = { value = \"m\" }\nperiod_start_date = \"d\"\nvalue = \"v\"\nunit_id = \"id\"\nsource_id = \"id\""
	r := s.sync("", stream("o", "metric_observation", "snapshot", "select id, v, d from o", m))[0]
	if r.Err != nil || r.Rejected != 3 || r.Inserted != 500 {
		t.Fatal(counts(r), r.Err, r.Warnings)
	}
	want := []string{`period_start_date|null|is missing`, `value|inf|is not a finite number (column "v")`, `value|nan|is not a finite number (column "v")`}
	got := s.query("column_name, coalesce(value, 'null'), reason) from meta.rejected_row order by column_name, value")
	for i := range got {
		got[i] = strings.Replace(got[i], ": set decimal = \",\" for 1.234,56 or decimal = \".\" for 1,234.56", "", 1)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for query, want := range map[string]string{
		"select z from o":                    `"z", is bytea: leave it out of the query, or set bytes = "hex"`,
		"select id, id from o":               `two columns "id"`,
		"select * from nowhere":              `the query names what the database does not have: relation "nowhere" does not exist (SQLSTATE 42P01)`,
		"select 1 as id; drop table o":       `the query is not one query`,
		"delete from o returning id":         `the query is not one query`,
		"select pg_sleep(9) as id":           `the query was stopped; statement_timeout is 200ms`,
		"select nextval('q')::text as id":    `the query writes, and only reading is allowed`,
		"select id, v as value from secrets": `user "reader" may not read this: grant select`,
	} {
		options := "statement_timeout = \"200ms\""
		run(t, s.db, "create sequence if not exists q", "create table if not exists secrets (id int, v int)")
		if strings.Contains(query, "secrets") {
			run(t, s.db, "create role reader login password 'letmein'")
			t.Setenv("DB_PASSWORD", "letmein")
			options = "user = \"reader\"\npassword_env = \"DB_PASSWORD\""
		}
		r := s.sync(options, stream("o", "framework", "snapshot", query, "[source.stream.map]\nframework_id = \"id\""))[0]
		if r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, r.Err, want)
		}
	}
}

// No password stands in an error, in the log of runs or in a warning.
func TestSecrets(t *testing.T) {
	s := newSite(t, "postgres")
	run(t, s.db, "drop role if exists reader", "create role reader login password 'right'")
	t.Setenv("DB_PASSWORD", "s3cr3t-wrong")
	r := s.sync("user = \"reader\"\npassword_env = \"DB_PASSWORD\"", stream("o", "framework", "snapshot", "select 1", ""))[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), `refuses user "reader": check user, and what password_env holds`) {
		t.Error(r.Err)
	}
	t.Setenv("DB_URL", "postgres://reader:s3cr3t-wrong@127.0.0.1:1/x")
	src, err := openSource("[[source]]\nname = \"db\"\nkind = \"sql\"\n[source.options]\ndriver = \"postgres\"\nurl_env = \"DB_URL\"\n"+stream("o", "framework", "snapshot", "select 1", ""), s.now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ingest.Run(t.Context(), s.w, src, ingest.RunOptions{})
	if err == nil || !strings.Contains(err.Error(), "the database cannot be reached") {
		t.Error(err)
	}
	all := strings.Join(s.query("r::varchar) from meta.run r"), "\n") + fmt.Sprint(err)
	if strings.Contains(all, "s3cr3t") {
		t.Error("the password is in: ", all)
	}
	run(t, s.db, "drop role reader")
}

// MySQL's oddities come as what they mean, or as no value with a warning.
func TestMariaDBTypes(t *testing.T) {
	s := newSite(t, "mysql")
	run(t, s.db, "create table t (id bigint unsigned, i tinyint(1), n decimal(30,10), f double, d date, ts datetime(6), tz timestamp(6) null, b bit(10), y year, j json, e enum('x','y'), c varchar(50), z blob)",
		"insert into t values (18446744073709551615, 1, 12345678901234567890.0123456789, 1.25, '2024-02-29', '2024-03-31 02:30:00.123456', '2024-03-31 02:30:00.5', b'1000000001', 2024, '{\"k\":1}', 'y', 'ü😀', 'ab')",
		"insert into t values (2, null, -0.5, null, '0000-00-00', '2024-00-10 00:00:00', null, null, null, null, null, '', null)")
	keep := `"i", "n", "f", "d", "ts", "tz", "b", "y", "j", "e", "c", "z"`
	cfg := strings.Replace(stream("t", "framework", "snapshot", "select * from t", ""), "[source.stream.options]", "keep = ["+keep+"]\n[source.stream.options]", 1) +
		"[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }\n"
	if r := s.sync("", cfg)[0]; r.Err == nil || !strings.Contains(r.Err.Error(), `"z", is blob: leave it out`) {
		t.Error(r.Err)
	}
	r := s.mustSync("bytes = \"hex\"", cfg)
	if want := []string{`1 value the zero date 0000-00-00 in "d": taken as no value`, `1 value the zero date 2024-00-10 in "ts": taken as no value`}; !cmp.Equal(want, r.Warnings) {
		t.Error(cmp.Diff(want, r.Warnings))
	}
	want := []string{
		`18446744073709551615|{"i":"1","n":"12345678901234567890.0123456789","f":"1.25","d":"2024-02-29","ts":"2024-03-31 02:30:00.123456","tz":"2024-03-31 02:30:00.5+00","b":"513","y":"2024","j":"{\"k\":1}","e":"y","c":"ü😀","z":"6162"}`,
		`2|{"i":null,"n":"-0.5000000000","f":null,"d":null,"ts":null,"tz":null,"b":null,"y":null,"j":null,"e":null,"c":null,"z":null}`,
	}
	if diff := cmp.Diff(want, s.query("framework_id, extra) from raw.framework order by framework_id")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for query, want := range map[string]string{
		"select id from nowhere":         "the query names what the database does not have",
		"select id from t; drop table t": "the query is not one query",
		"select sleep(9) as id":          "the query was stopped; statement_timeout is 200ms",
		"select id, id from t":           "two columns of one name",
	} {
		r := s.sync("statement_timeout = \"200ms\"", stream("t", "framework", "snapshot", query, "[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }"))[0]
		if strings.Contains(query, "sleep") && r.Err == nil {
			continue // MariaDB's sleep may end early without an error
		}
		if r.Err == nil || !strings.Contains(r.Err.Error(), want) {
			t.Errorf("%s: %v, want %q", query, r.Err, want)
		}
	}
}

// A cursor loads what is new, what has no time, and what was committed late; once a
// week, and on demand, what was deleted shows.
func TestCursor(t *testing.T) {
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t, kind)
			typ := map[string]string{"postgres": "timestamptz", "mysql": "timestamp(6) null"}[kind]
			at := func(d time.Duration) string { return s.now.Add(d).Format("2006-01-02 15:04:05") }
			run(t, s.db, "create table f (id varchar(20), name varchar(20), at "+typ+")")
			for i := range 30 {
				run(t, s.db, fmt.Sprintf("insert into f values ('f%d', 'a', '%s')", i, at(-48*time.Hour+time.Duration(i)*time.Hour)))
			}
			run(t, s.db, "insert into f values ('none', 'a', null)")
			cfg := stream("f", "framework", "snapshot", "select id as framework_id, name, at from f", `cursor = { column = "at" }`)
			check := func(want string) {
				t.Helper()
				if r := s.mustSync("", cfg); counts(r) != want {
					t.Errorf("%s, want %s %v", counts(r), want, r.Warnings)
				}
			}
			check("read 31 inserted 31 updated 0 unchanged 0 rejected 0 deleted 0 full true")
			check("read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 0 full false") // the newest, and the one without a time
			run(t, s.db, fmt.Sprintf("insert into f values ('new', 'a', '%s')", at(-10*time.Minute)), fmt.Sprintf("insert into f values ('late', 'a', '%s')", at(-19*time.Hour-14*time.Minute)),
				"update f set name = 'b' where id = 'none'", "delete from f where id = 'f3'")
			check("read 4 inserted 2 updated 1 unchanged 1 rejected 0 deleted 0 full false")
			s.now = s.now.Add(8 * 24 * time.Hour)
			check("read 32 inserted 0 updated 0 unchanged 32 rejected 0 deleted 1 full true")
			check("read 2 inserted 0 updated 0 unchanged 2 rejected 0 deleted 0 full false")
		})
	}
}

// All streams of a run see the same moment; one that fails takes nothing with it.
func TestSnapshot(t *testing.T) {
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t, kind)
			run(t, s.db, "create table f (id varchar(20), name varchar(20))", "insert into f values ('a', 'one')")
			src, err := s.source("", stream("one", "framework", "delta", "select id as framework_id, name from f", "")+
				stream("two", "framework", "delta", "select broken from f", "")+
				stream("three", "framework", "delta", "select concat(id, '3') as framework_id, name from f", ""))
			if err != nil {
				t.Fatal(err)
			}
			reports, err := ingest.Run(t.Context(), s.w, src, ingest.RunOptions{Progress: func(p ingest.Progress) {
				if p.Stream == "one" && p.State == "done" {
					run(t, s.db, "insert into f values ('b', 'two')")
				}
			}})
			if err == nil || reports[0].Read != 1 || reports[1].Err == nil || reports[2].Read != 1 || reports[2].Err != nil {
				t.Errorf("%+v", reports)
			}
		})
	}
}

// A probe looks at the first rows and goes, and the next stream is read all the same.
func TestProbe(t *testing.T) {
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t, kind)
			run(t, s.db, "create table f (id varchar(20))", "insert into f values ('a')")
			for range 17 {
				run(t, s.db, "insert into f select concat(id, 'x') from f")
			}
			two := stream("one", "framework", "delta", "select id as framework_id, 'n' as name from f", "")
			src, err := s.source("", two+strings.Replace(two, `"one"`, `"two"`, 1))
			if err != nil {
				t.Fatal(err)
			}
			if errs := ingest.Probe(t.Context(), s.w, src); len(errs) > 0 {
				t.Error(errors.Join(errs...))
			}
		})
	}
}

// Every mistake in the options is told at once.
func TestOptions(t *testing.T) {
	_, err := openSource(`[[source]]
name = "db"
kind = "sql"
[source.options]
driver = "oracle"
tls = "maybe"
bytes = "base64"
statement_timeout = "long"
[[source.stream]]
name = "a"
target = "framework"
delivery = "delta"
[source.stream.options]
query = " ; "
cursor = { overlap = -1, timezone = "Mars" }
`, time.Now())
	for _, want := range []string{
		`driver "oracle" is not postgres, mysql or mariadb`, "host, database and user are needed, or url_env", `tls "maybe"`, `bytes "base64"`,
		`statement_timeout "long" is not a duration`, "query is missing", `timezone "Mars"`, "overlap -1 is negative", "cursor: column is missing",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
}
