package sql_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An oddity is a column that a company's database may have. An empty want is no value.
type oddity struct{ name, typ, value, want string }

// landed compares what became of each column of a table with what is wanted of it.
func (s *site) landed(options string, odd []oddity) []string {
	s.t.Helper()
	quote := func(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
	if s.kind == "mysql" {
		quote = func(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
	}
	var declared, names, values, keep []string
	for _, o := range odd {
		declared = append(declared, quote(o.name)+" "+o.typ)
		keep = append(keep, "'''"+o.name+"'''")
		if o.value != "" { // it is generated
			names, values = append(names, quote(o.name)), append(values, o.value)
		}
	}
	run(s.t, s.db, "create table odd (id int, "+strings.Join(declared, ", ")+")",
		"insert into odd (id, "+strings.Join(names, ", ")+") values (7, "+strings.Join(values, ", ")+")")
	cfg := strings.Replace(stream("odd", "framework", "snapshot", "select * from odd", ""), "[source.stream.options]", "keep = ["+strings.Join(keep, ", ")+"]\n[source.stream.options]", 1) +
		"[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }\n"
	r := s.mustSync(options, cfg)
	var got map[string]*string
	if err := json.Unmarshal([]byte(s.query("extra) from raw.framework")[0]), &got); err != nil {
		s.t.Fatal(err)
	}
	for _, o := range odd {
		text := ""
		if v, ok := got[o.name]; ok && v != nil {
			text = *v
		} else if !ok {
			text = "it is not there"
		}
		if text != o.want {
			s.t.Errorf("%s %s of %s is %q, want %q", o.name, o.typ, o.value, text, o.want)
		}
	}
	return r.Warnings
}

// Whatever types, names and values a table of PostgreSQL has, they come as they are, or
// as no value that a warning counts.
func TestPostgresHostile(t *testing.T) {
	s := newSite(t, "postgres")
	run(t, s.db, "create type mood as enum ('sad', 'ok')", "create domain eur as numeric(12,2)", "create domain feeling as mood", "create domain days as int[]", "create type pair as (a int, b text)", "create domain couple as pair")
	warnings := s.landed("", []oddity{
		{"select", "text", "'x'", "x"},
		{"user name", "text", "'y'", "y"},
		{`a"b`, "text", "'z'", "z"},
		{"ID", "int", "8", "8"},
		{"a.b'é", "text", "' padded '", "padded"},
		{"money", "money", "'-92233720368547758.07'", "-92233720368547758.07"},
		{"domain", "eur", "-10.5", "-10.50"},
		{"deeper", "feeling", "'ok'", "ok"},
		{"timetz", "timetz", "'23:59:59.999999+14:59'", "23:59:59.999999+14:59"},
		{"time", "time", "'24:00'", "24:00:00"},
		{"enums", "mood[]", "'{ok,sad}'", `["ok","sad"]`},
		{"numbers", "int[][]", "'{{1,2},{3,4}}'", "[[1,2],[3,4]]"},
		{"texts", "text[]", `'{"a,\"b",NULL}'`, `["a,\"b",null]`},
		{"days", "days", "'{1}'", "[1]"},
		{"pair", "pair", `'(1,"a b")'`, `{"a":1,"b":"a b"}`},
		{"pairs", "pair[]", `array[row(1,'x')::pair]`, `[{"a":1,"b":"x"}]`},
		{"couple", "couple", "row(2,null)", `{"a":2,"b":null}`},
		{"json", "json", `'{"b": 1.50, "a": "ü"}'`, `{"b": 1.50, "a": "ü"}`},
		{"jsonb", "jsonb", `'[1, {"a": null}]'`, `[1, {"a": null}]`},
		{"interval", "interval", "'1 mon -2 days 49:00'", "1 mon -2 days +49:00:00"},
		{"nan", "numeric", "'NaN'", "NaN"},
		{"inf", "numeric", "'-Infinity'", "-Infinity"},
		{"tiny", "numeric", "1e-20", "0.00000000000000000001"},
		{"huge", "numeric", "-1e30 - 0.5", "-1000000000000000000000000000000.5"},
		{"rounded", "numeric(5,-2)", "12345", "12300"},
		{"forever", "timestamp", "'infinity'", ""},
		{"never", "timestamptz", "'-infinity'", ""},
		{"some day", "date", "'infinity'", ""},
		{"far", "timestamp", "'294276-12-31 23:59:59'", ""},
		{"last", "date", "'5874897-12-31'", "5874897-12-31"},
		{"single", "real", "0.1", "0.1"},
		{"whole", "real", "16777216", "16777216"},
		{"nothing", "real", "'NaN'", "nan"},
		{"double", "float8", "1e300", "1E+300"},
		{"bit", "bit(3)", "b'101'", "101"},
		{"bits", "varbit", "b'0011'", "0011"},
		{"inet", "inet", "'10.0.0.1/8'", "10.0.0.1/8"},
		{"mac", "macaddr", "'08:00:2b:01:02:03'", "08:00:2b:01:02:03"},
		{"xml", "xml", "'<a>é</a>'", "<a>é</a>"},
		{"words", "tsvector", "'a fat cat'", "'a' 'cat' 'fat'"},
		{"uuid", "uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"range", "int4range", "'[1,5)'", "[1,5)"},
		{"ranges", "int4multirange", "'{[1,2),[5,7)}'", "{[1,2),[5,7)}"},
		{"point", "point", "'(1,2.5)'", "(1,2.5)"},
		{"char", `"char"`, "'c'", "c"},
		{"name", "name", "'n'", "n"},
		{"class", "regclass", "'pg_class'", "pg_class"},
		{"oid", "oid", "4294967295", "4294967295"},
		{"lsn", "pg_lsn", "'16/B374D848'", "16/B374D848"},
		{"made", "int generated always as (id * 2) stored", "", "14"},
		{"long", "text", "repeat('é', 5 << 20)", strings.Repeat("é", 5<<20)},
		{"blank", "text", "''", ""},
		{"none", "bigint", "null", ""},
	})
	want := []string{
		`1 value -infinity in "never": taken as no value`, `1 value a time beyond the year 294246 in "far": taken as no value`, `1 value infinity in "forever": taken as no value`, `1 value infinity in "some day": taken as no value`,
	}
	if !slices.Equal(warnings, want) {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
	s.refuses(map[string]string{
		"'x'::bytea":            `"v", is bytea: leave it out of the query`,
		"'12.50'::money":        "12.5",
		"interval '90 min'":     refused,
		"timetz '10:00+02'":     refused,
		"array[1, 2]":           refused,
		"true":                  `column "v" is BOOLEAN, which cannot be a number (value)`,
		"date '2024-01-01'":     `column "v" is DATE, which cannot be a number (value)`,
		"now()":                 `column "v" is TIMESTAMP WITH TIME ZONE, which cannot be a number (value)`,
		"'NaN'::numeric":        `value is not a finite number (column "v")`,
		"'-Infinity'::float8":   `value is not a finite number (column "v")`,
		"1e400::numeric":        `value is not a finite number (column "v")`,
		"'1,234.50'::text":      refused,
		"repeat('9', 10 << 20)": refused,
		"'{\"a\": 1}'::jsonb":   refused,
		"b'101'":                "101.0",
		"0.1::real":             "0.1",
		"row(1, 'x')":           refused,
		"'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid": refused,
	})
	s.relations()
}

// The same of MariaDB, whose text has character sets and whose dates may be none.
func TestMariaDBHostile(t *testing.T) {
	s := newSite(t, "mysql")
	warnings := s.landed("", []oddity{
		{"select", "text", "'x'", "x"},
		{"user name", "text", "'y'", "y"},
		{"a`b", "text", "'z'", "z"},
		{"why?", "int", "8", "8"},
		{"a.b'é", "text", "' padded '", "padded"},
		{"unsigned", "bigint unsigned", "18446744073709551615", "18446744073709551615"},
		{"zeros", "int(8) zerofill", "42", "42"},
		{"decimal", "decimal(65,30)", "-12345678901234567890123456789012345.000000000000000000000000000001", "-12345678901234567890123456789012345.000000000000000000000000000001"},
		{"float", "float", "0.1", "0.1"},
		{"digits", "float", "16777215", "16777215"},
		{"double", "double", "1.7976931348623157e308", "1.7976931348623157E+308"},
		{"year", "year", "2155", "2155"},
		{"no year", "year", "0", "0"},
		{"time", "time", "'838:59:59'", "838:59:59"},
		{"back", "time(3)", "'-838:59:58.5'", "-838:59:58.500"},
		{"zero", "date", "'0000-00-00'", ""},
		{"part", "date", "'2024-00-00'", ""},
		{"zero time", "datetime", "'0000-00-00 00:00:00'", ""},
		{"zero stamp", "timestamp null", "'0000-00-00 00:00:00'", ""},
		{"first", "timestamp null", "'1970-01-01 00:00:01'", "1970-01-01 00:00:01+00"},
		{"last", "datetime(6)", "'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999"},
		{"set", "set('a','b c','d')", "5", "a,d"},
		{"enum", "enum('x','y')", "'nothing'", ""},
		{"latin", "text character set latin1", "'Müller €'", "Müller €"},
		{"utf8", "text character set utf8mb3", "'Ünï'", "Ünï"},
		{"ucs", "text character set ucs2", "'Ωμ'", "Ωμ"},
		{"cyrillic", "text character set cp1251", "'Жук'", "Жук"},
		{"binary order", "text character set utf8mb4 collate utf8mb4_bin", "'😀'", "😀"},
		{"json", "json", `'{"b": 1.50, "a": "ü"}'`, `{"b": 1.50, "a": "ü"}`},
		{"bit", "bit(1)", "1", "1"},
		{"bits", "bit(64)", "18446744073709551615", "18446744073709551615"},
		{"uuid", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"inet6", "inet6", "'2001:db8::1'", "2001:db8::1"},
		{"made", "int generated always as (id * 2) stored", "", "14"},
		{"virtual", "int as (id * 3)", "", "21"},
		{"long", "longtext", "repeat('é', 5242880)", strings.Repeat("é", 5<<20)},
		{"blank", "text", "''", ""},
		{"none", "bigint", "null", ""},
	})
	want := []string{
		`1 value the zero date 0000-00-00 in "zero stamp": taken as no value`, `1 value the zero date 0000-00-00 in "zero time": taken as no value`,
		`1 value the zero date 0000-00-00 in "zero": taken as no value`, `1 value the zero date 2024-00-00 in "part": taken as no value`,
	}
	if !slices.Equal(warnings, want) {
		t.Errorf("warnings %q, want %q", warnings, want)
	}
	s.refuses(map[string]string{
		"cast('x' as binary)":                    `"v", is varbinary: leave it out of the query`,
		"st_geomfromtext('point(1 1)')":          `"v", is geometry: leave it out of the query`,
		"cast('100:00:00' as time)":              refused,
		"cast('2024-01-01' as date)":             `column "v" is DATE, which cannot be a number (value)`,
		"'1,234.50'":                             refused,
		"cast(18446744073709551615 as unsigned)": "1.8446744073709552e+19",
		"cast(16777215 as float)":                "16777215.0",
		"repeat('9', 10 << 20)":                  refused,
		"true":                                   "1.0",
	})
	s.relations()
}

// refused is what is said of a value that is no number.
const refused = `value is not a number: set decimal = "," for 1.234,56 or decimal = "." for 1,234.56 (column "v")`

// refuses reads single values as the number of a metric: each is one, or refused with
// words that name its column.
func (s *site) refuses(values map[string]string) {
	s.t.Helper()
	const m = "[source.stream.map]\nmetric_id = { value = \"m\" }\nperiod_start_date = { value = \"2024-01-01\" }\nvalue = \"v\"\nunit_id = \"id\"\n"
	for value, want := range values {
		r := s.sync("", stream("o", "metric_observation", "delta", "select 'u' as id, "+value+" as v", m))[0]
		got := fmt.Sprint(r.Err)
		if r.Err == nil {
			got = s.query("value) from raw.metric_observation where superseded_at is null")[0]
		}
		if !strings.Contains(got, want) {
			s.t.Errorf("%.60s as a number: %s, want %s", value, got, want)
		}
	}
}

// relations reads tables and views of which something is wrong.
func (s *site) relations() {
	s.t.Helper()
	run(s.t, s.db, "create table r (id varchar(20), name varchar(20))", "create view v as select id as framework_id, name from r")
	check := func(page, want, words string) {
		s.t.Helper()
		r := s.sync("", stream("r", "framework", "snapshot", "select * from v", page))[0]
		got, said := counts(r), strings.Join(r.Warnings, "; ")
		if r.Err != nil {
			got, said = "failed", r.Err.Error()
		}
		if got != want || !strings.Contains(said, words) {
			s.t.Errorf("%s (%s), want %s (%s)", got, said, want, words)
		}
	}
	check("", "read 0 inserted 0 updated 0 unchanged 0 rejected 0 deleted 0 full true", "the delivery holds no record")
	for i := range 20 {
		run(s.t, s.db, fmt.Sprintf("insert into r values ('a%d', 'n')", i))
	}
	run(s.t, s.db, "insert into r values ('b', 'one'), ('b', 'two'), (null, 'n')")
	check("", "read 23 inserted 21 updated 0 unchanged 1 rejected 1 deleted 0 full true", "record 23: framework_id is missing")
	check("", "read 23 inserted 0 updated 0 unchanged 22 rejected 1 deleted 0 full true", "1 key with several different records in one delivery")
	check(`page = { key = ["framework_id"], rows = 100 }`, "failed", `page: column "framework_id" of the key has no value in some row: the key must be unique and never empty`)
	run(s.t, s.db, "delete from r where id is null")
	check(`page = { key = ["framework_id"], rows = 1 }`, "failed", "of which 21 came by the key framework_id: it must be unique and never empty")
	run(s.t, s.db, "delete from r")
	check("", "failed", "a complete delivery of 0 records would delete 21 of 21")
	// A key that is no value is not asked for again and again.
	never := map[string]string{"postgres": "infinity", "mysql": "0000-00-00"}[s.kind]
	run(s.t, s.db, "create table k (d date, name varchar(20))", "insert into k values ('2024-01-01', 'n'), ('"+never+"', 'n')")
	r := s.sync("", stream("k", "framework", "snapshot", "select d as framework_id, name from k", `page = { key = ["framework_id"], rows = 1 }`))[0]
	if r.Err == nil || !strings.Contains(r.Err.Error(), "of the key has no value in some row") {
		s.t.Errorf("a key of %s: %v", never, r.Err)
	}
}

// Rows that are written in the hour that clocks show twice are read although the cursor
// was past it.
func TestClocksGoBack(t *testing.T) {
	for _, kind := range []string{"postgres", "mysql"} {
		t.Run(kind, func(t *testing.T) {
			s := newSite(t, kind)
			typ := map[string]string{"postgres": "timestamp", "mysql": "datetime"}[kind]
			run(t, s.db, "create table f (id varchar(20), name varchar(20), at "+typ+")", "insert into f values ('old', 'n', '2026-04-05 01:00:00'), ('first', 'n', '2026-04-05 02:50:00')")
			cfg := strings.Replace(stream("f", "framework", "snapshot", "select id as framework_id, name, at from f", `cursor = { column = "at" }`), "[source.stream.options]", "timezone = \"Australia/Sydney\"\n[source.stream.options]", 1)
			for _, step := range []struct{ insert, now, want string }{
				{"", "2026-04-04T15:58:00Z", "read 2 inserted 2 updated 0 unchanged 0 rejected 0 deleted 0 full true"}, // 02:58 in summer
				{"('second', 'n', '2026-04-05 02:10:00')", "2026-04-04T16:20:00Z", "read 2 inserted 1 updated 0 unchanged 1 rejected 0 deleted 0 full false"},
				{"('late', 'n', '2026-04-05 02:15:00')", "2026-04-04T20:00:00Z", "read 3 inserted 1 updated 0 unchanged 2 rejected 0 deleted 0 full false"},
				{"('third', 'n', '2026-04-05 09:00:00')", "2026-04-04T23:30:00Z", "read 4 inserted 1 updated 0 unchanged 3 rejected 0 deleted 0 full false"},
				{"", "2026-04-05T00:30:00Z", "read 1 inserted 0 updated 0 unchanged 1 rejected 0 deleted 0 full false"},
			} {
				if step.insert != "" {
					run(t, s.db, "insert into f values "+step.insert)
				}
				s.now, _ = time.Parse(time.RFC3339, step.now)
				if r := s.mustSync("", cfg); counts(r) != step.want {
					t.Errorf("%s: %s, want %s", step.now, counts(r), step.want)
				}
			}
		})
	}
}

// A name with a question mark makes MySQL's driver read pages after the first in another
// format, in which every value is the same.
func TestQuestionMark(t *testing.T) {
	s := newSite(t, "mysql")
	run(t, s.db, "create table q (id int, `why?` int, u bigint unsigned, n decimal(20,4), f float, r double, z date, dt datetime(6), ti time(2), y year, b bit(10), c varchar(20), e set('a','b'), o timestamp(3) null)")
	for id := range 3 {
		run(t, s.db, fmt.Sprintf("insert into q values (%d, -1, 18446744073709551615, -0.5, 0.1, 1e-7, '0000-00-00', '2024-02-29 23:59:59.000001', '-100:00:00.5', 1999, b'1000000001', 'ü?', 'a,b', '2024-02-29 12:00:00.5')", id+1))
	}
	keep := `"why?", "u", "n", "f", "r", "z", "dt", "ti", "y", "b", "c", "e", "o"`
	cfg := strings.Replace(stream("q", "framework", "snapshot", "select * from q", `page = { key = ["id"], rows = 1 }`), "[source.stream.options]", "keep = ["+keep+"]\n[source.stream.options]", 1) +
		"[source.stream.map]\nframework_id = \"id\"\nname = { value = \"x\" }\n"
	s.mustSync("", cfg)
	want := []string{`3|{"why?":"-1","u":"18446744073709551615","n":"-0.5000","f":"0.1","r":"1e-07","z":null,"dt":"2024-02-29 23:59:59.000001","ti":"-100:00:00.50","y":"1999","b":"513","c":"ü?","e":"a,b","o":"2024-02-29 12:00:00.5+00"}`}
	if diff := cmp.Diff(want, s.query("count(*), extra) from raw.framework group by extra")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
