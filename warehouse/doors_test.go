package warehouse

import (
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// SQL reads and writes the allowed folders alone, and nothing reopens the doors.
func TestDoors(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "in2") // a prefix is no permission
	writeFile(t, filepath.Join(in, "a.csv"), "a,b\n1,2\n")
	writeFile(t, filepath.Join(out, "a.csv"), "a,b\n1,2\n")
	if err := os.Symlink(filepath.Join(out, "a.csv"), filepath.Join(in, "link.csv")); err != nil {
		t.Fatal(err)
	}
	w := openTest(t, Options{Path: filepath.Join(dir, "w.duckdb"), AllowedDirectories: []string{in}})
	scratch, err := w.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	read := func(file string) string { return "select * from read_csv(" + literal(file) + ")" }
	write := func(file string) string { return "copy (select 1 as x) to " + literal(file) }
	for _, tt := range []struct {
		name, query string
		want        string // in the error; empty is no error
	}{
		{"read inside", read(filepath.Join(in, "a.csv")), ""},
		{"read through dots inside", read(filepath.Join(in, "..", "in", "a.csv")), ""},
		{"write inside", write(filepath.Join(in, "b.parquet")), ""},
		{"write to scratch", write(filepath.Join(scratch, "b.parquet")), ""},
		{"read outside", read(filepath.Join(out, "a.csv")), "disabled by configuration"},
		{"read outside through dots", read(in + "/../in2/a.csv"), "disabled by configuration"},
		{"read outside through a link", read(filepath.Join(in, "link.csv")), "disabled by configuration"},
		{"read text", "select * from read_text('/etc/passwd')", "disabled by configuration"},
		{"replacement scan", "select * from " + quote(filepath.Join(out, "a.csv")), "disabled by configuration"},
		{"list", "select * from glob('/etc/*')", "disabled by configuration"},
		{"write outside", write(filepath.Join(out, "b.parquet")), "disabled by configuration"},
		{"attach", "attach " + literal(filepath.Join(out, "b.duckdb")), "disabled by configuration"},
		{"network", read("https://localhost/a.csv"), "disabled by configuration"},
		{"install", "install httpfs", "disabled"},
		{"load", "load httpfs", "disabled"},
		{"load a file", "load " + literal(filepath.Join(in, "x.duckdb_extension")), "disabled"},
		{"set", "set threads = 1", "locked"},
		{"reset", "reset memory_limit", "locked"},
		{"pragma", "pragma threads = 1", "locked"},
		{"unlock", "set lock_configuration = false", "locked"},
		{"allow all", "set enable_external_access = true", "locked"},
		{"allow more", "set allowed_directories = ['/']", "locked"},
		{"autoload", "set autoload_known_extensions = true", "locked"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.DB().ExecContext(t.Context(), tt.query)
			if tt.want == "" && err != nil {
				t.Error(err)
			}
			if tt.want != "" {
				wantError(t, err, tt.want)
			}
		})
	}
	for _, setting := range []string{"autoinstall_known_extensions", "autoload_known_extensions", "enable_external_access", "allow_community_extensions"} {
		if scan[bool](t, w, "select current_setting("+literal(setting)+")::boolean") {
			t.Errorf("%s is on", setting)
		}
	}
	if got := scan[string](t, w, "select current_setting('TimeZone')"); got != "UTC" {
		t.Errorf("time zone is %s", got)
	}
}

func TestMigrate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	one := &fstest.MapFile{Data: []byte("create schema raw;\ncreate table meta.a (x integer);\ninsert into meta.a values (1);")}
	two := &fstest.MapFile{Data: []byte("alter table meta.a add column y integer;\nupdate meta.a set y = x + 1;")}
	run := func(fsys fstest.MapFS) (*Warehouse, error) { return open(t.Context(), Options{Path: path}, fsys, nil) }
	step := func(want int, fsys fstest.MapFS) {
		t.Helper()
		w, err := run(fsys)
		if err != nil {
			t.Fatal(err)
		}
		if got := scan[int](t, w, "select max(number) from meta.migration"); got != want {
			t.Errorf("at migration %d, want %d", got, want)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refuse := func(want string, fsys fstest.MapFS) {
		t.Helper()
		_, err := run(fsys)
		wantError(t, err, want)
	}
	both := fstest.MapFS{"migrations/0001_a.sql": one, "migrations/0002_y.sql": two}
	step(1, fstest.MapFS{"migrations/0001_a.sql": one})
	refuse("migration 0002_half: ", fstest.MapFS{
		"migrations/0001_a.sql":    one,
		"migrations/0002_half.sql": {Data: []byte("create table meta.b (x integer); selec 1;")},
	})
	refuse("migration 0002_half: ", fstest.MapFS{ // fails later than it parses
		"migrations/0001_a.sql":    one,
		"migrations/0002_half.sql": {Data: []byte("create table meta.b (x integer); insert into meta.b values ('x');")},
	})
	step(2, both) // nothing is left of the failed ones
	step(2, both)
	refuse("upgrade dials", fstest.MapFS{"migrations/0001_a.sql": one})
	refuse("is not the one that was applied", fstest.MapFS{"migrations/0001_a.sql": two, "migrations/0002_y.sql": two})
	refuse("must begin with 0002_", fstest.MapFS{"migrations/0001_a.sql": one, "migrations/0003_y.sql": two})

	w, err := run(both)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if got := scan[int](t, w, "select y from meta.a"); got != 2 {
		t.Errorf("y = %d, want 2", got)
	}
	if got := scan[int](t, w, "select count(*) from duckdb_tables() where table_name = 'b'"); got != 0 {
		t.Error("a failed migration left its table")
	}
}

// A newer Dials adds columns to raw tables; it retypes none.
func TestRawTablesGrow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	stream := func(columns ...Column) []Stream {
		return []Stream{{Name: "action", Dated: true, Columns: columns}}
	}
	text, number := Column{Name: "action_id", Type: "VARCHAR"}, Column{Name: "order", Type: "DOUBLE"}
	for i, streams := range [][]Stream{stream(text), stream(text, number), stream(number, text)} {
		w, err := open(t.Context(), Options{Path: path}, migrations, streams)
		if err != nil {
			t.Fatal(err)
		}
		want := len(streams[0].RawColumns())
		if got := scan[int](t, w, "select count(*) from duckdb_columns() where schema_name = 'raw'"); got != want {
			t.Errorf("step %d: %d columns, want %d", i, got, want)
		}
		exec(t, w, "insert into raw.action (action_id) values ('a')")
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	number.Type = "VARCHAR"
	_, err := open(t.Context(), Options{Path: path}, migrations, stream(text, number))
	wantError(t, err, "raw.action: column order is DOUBLE in this file and VARCHAR in this dials")
}
