package sql_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Pages by a key bring every row once, whatever the key is made of; a key that is no
// key is an error, not a loss.
func TestKeyset(t *testing.T) {
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t, kind)
			at := map[string]string{"postgres": "timestamptz", "mysql": "timestamp(6) null"}[kind]
			big := map[string]string{"postgres": "numeric(20)", "mysql": "bigint unsigned"}[kind]
			run(t, s.db, "create table f (id varchar(20), n "+big+", day date, name varchar(20), at "+at+")")
			for i := range 23 {
				run(t, s.db, fmt.Sprintf("insert into f values ('f%d', 18446744073709551%03d, '2026-01-%02d', 'Ü', '2026-03-31 02:30:%02d.5')", i, i, 1+i/7, i/5))
			}
			want := []string{}
			for i := range 23 {
				want = append(want, fmt.Sprintf("f%d", i))
			}
			for i, key := range []string{`"id"`, `"n"`, `"day", "id"`, `"at", "n"`} {
				query := "select id as framework_id, id, name, n, day, at from f"
				cfg := strings.Replace(stream("f", "framework", "snapshot", query, fmt.Sprintf("page = { key = [%s], rows = 5 }", key)), `name = "f"`, fmt.Sprintf("name = \"f%d\"", i), 1)
				if r := s.mustSync("", cfg); r.Read != 23 {
					t.Errorf("by %s: %s", key, counts(r))
				}
			}
			if diff := cmp.Diff(want, s.query("framework_id) from raw.framework where superseded_at is null group by framework_id order by length(framework_id), framework_id")); diff != "" {
				t.Error(diff)
			}
			for key, words := range map[string]string{
				`"name"`:        "of which 5 came by the key name: it must be unique and never empty",
				`"missing"`:     `the query has no column "missing"`,
				`"id", "ratio"`: "by which rows cannot be put in order",
			} {
				ratio := map[string]string{"postgres": "1.5::float8", "mysql": "1.5e0"}[kind]
				query := "select id as framework_id, id, name, " + ratio + " as ratio from f"
				r := s.sync("", strings.Replace(stream("f", "framework", "snapshot", query, fmt.Sprintf("page = { key = [%s], rows = 5 }", key)), `name = "f"`, `name = "bad"`, 1))[0]
				if r.Err == nil || !strings.Contains(r.Err.Error(), words) {
					t.Errorf("by %s: %v", key, r.Err)
				}
			}
		})
	}
}

// Types that PostgreSQL has made itself come as text, or as what they stand for.
func TestPostgresOwnTypes(t *testing.T) {
	s := newSite(t, "postgres")
	run(t, s.db, "create type mood as enum ('sad', 'ok')", "create domain cents as bigint check (value >= 0)", "create domain day as date",
		"create type pair as (a int, b text)", "create table t (id cents, d day, m mood[], p pair, t time, tt timetz, r int4range, x xml, w money, bi bit(3), i inet, n numeric[], s text[])",
		`insert into t values (5, '2024-02-29', '{ok,sad}', '(1,"a b")', '10:00', '10:00+02', '[1,5)', '<a/>', '12.50', b'101', '10.0.0.1', '{1.50,NaN}', '{"a,b",null}')`)
	keep := `"d", "m", "p", "t", "tt", "r", "x", "w", "bi", "i", "n", "s"`
	cfg := strings.Replace(stream("t", "framework", "snapshot", "select * from t", ""), "[source.stream.options]", "keep = ["+keep+"]\n[source.stream.options]", 1) +
		"[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }\n"
	s.mustSync("", cfg)
	want := []string{`5|{"d":"2024-02-29","m":"[\"ok\",\"sad\"]","p":"{\"a\":1,\"b\":\"a b\"}","t":"10:00:00","tt":"10:00:00+02","r":"[1,5)","x":"<a/>","w":"12.50","bi":"101","i":"10.0.0.1/32","n":"[1.50,\"NaN\"]","s":"[\"a,b\",null]"}`}
	if diff := cmp.Diff(want, s.query("framework_id, extra) from raw.framework")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A server that ends idle sessions, and one that asks for other limits, is read like
// any other.
func TestPostgresLimits(t *testing.T) {
	s := newSite(t, "postgres")
	run(t, s.db, "alter database "+s.name+" set idle_in_transaction_session_timeout = '1ms'", "alter database "+s.name+" set timezone = 'Australia/Lord_Howe'",
		"alter database "+s.name+" set datestyle = 'German'", "alter database "+s.name+" set default_transaction_isolation = 'serializable'", "alter database "+s.name+" set bytea_output = 'escape'",
		"create table f (id varchar(20), name varchar(20), at timestamptz)", "insert into f select i::text, 'n', '2026-03-31 02:30:00Z' from generate_series(1, 5) i")
	cfg := stream("one", "framework", "snapshot", "select id as framework_id, name, at as source_changed_at from f", "")
	reports := s.sync("", cfg+strings.Replace(cfg, `"one"`, `"two"`, 1))
	for _, r := range reports {
		if r.Err != nil || r.Read != 5 {
			t.Error(counts(r), r.Err, r.Warnings)
		}
	}
}

// Old tables of MySQL: other character sets, strict and lax modes, flags as numbers.
func TestMariaDBOldTables(t *testing.T) {
	s := newSite(t, "mysql")
	run(t, s.db, "set global sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,PIPES_AS_CONCAT'",
		"create table t (id int unsigned, done tinyint(1), name varchar(50), code char(5), s set('a','b'), f float, bi bit(1), ti time, dt datetime, k varchar(10) collate latin1_bin) character set latin1",
		"insert into t values (4294967295, 1, 'Müller O''Neil', 'ab', 'a,b', 0.1, b'1', '-12:30:00', '2024-03-31 02:30:00', 'Ü'), (2, 0, '', null, '', null, b'0', null, '9999-12-31 23:59:59', null)")
	t.Cleanup(func() { _ = s.db.exec(context.Background(), "set global sql_mode = ''") })
	keep := `"done", "name", "code", "s", "f", "bi", "ti", "dt", "k"`
	cfg := strings.Replace(stream("t", "framework", "snapshot", "select * from t", `page = { key = ["id"], rows = 1 }`), "[source.stream.options]", "keep = ["+keep+"]\n[source.stream.options]", 1) +
		"[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }\n"
	s.mustSync("", cfg)
	want := []string{
		`2|{"done":"0","name":null,"code":null,"s":null,"f":null,"bi":"0","ti":null,"dt":"9999-12-31 23:59:59","k":null}`,
		`4294967295|{"done":"1","name":"Müller O'Neil","code":"ab","s":"a,b","f":"0.1","bi":"1","ti":"-12:30:00","dt":"2024-03-31 02:30:00","k":"Ü"}`,
	}
	if diff := cmp.Diff(want, s.query("framework_id, extra) from raw.framework order by framework_id")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
