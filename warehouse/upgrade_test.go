package warehouse

import (
	"compress/gzip"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

var fixture = flag.Bool("fixture", false, "write testdata/warehouses/NAME.duckdb.gz of this version")

// upTo is the migrations 1 to n.
func upTo(t *testing.T, n int) fs.FS {
	t.Helper()
	all, err := readMigrations(migrations)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, m := range all[:n] {
		files["migrations/"+m.name+".sql"] = &fstest.MapFile{Data: []byte(m.sql)}
	}
	return files
}

// company are the rows of a small company as every layout holds them.
var company = []string{
	"insert into meta.source (source, kind, is_trusted_log, position) values ('files', 'file', true, 1)",
	"insert into raw.person by name select 'P' || i as person_id, 'files' as source, timestamp '2026-01-01' as recorded_at from range(1, 21) t(i)",
	"insert into raw.org_unit by name select 'co' as unit_id, 'Company' as name, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at",
	"insert into raw.employment by name select 'e' || i as employment_id, 'P' || i as person_id, 'Co' as legal_entity, date '2020-01-01' as hire_date, 'employee' as employment_type, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at from range(1, 21) t(i)",
	"insert into raw.job by name select 'e' || i as employment_id, '1' as assignment_id, true as is_primary, 1 as fte_share, 'co' as unit_id, date '2020-01-01' as valid_from, 'files' as source, timestamp '2026-01-01' as recorded_at from range(1, 21) t(i)",
	"insert into meta.run (run_id, source, stream, target, started_at, finished_at, status, rows_read) values (1, 'files', 'people', 'person', timestamp '2026-01-01', timestamp '2026-01-01', 'ok', 20)",
}

func hold(ctx context.Context, w *Warehouse) error {
	return w.Write(ctx, func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range company {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%w in %s", err, s)
			}
		}
		return nil
	})
}

// upgraded opens the file as this version does and looks whether all is there.
func upgraded(t *testing.T, path, from string, isBuilt bool) {
	t.Helper()
	backups := 0
	w, err := Open(t.Context(), Options{Path: path, BeforeMigration: func(context.Context, *Warehouse) error { backups++; return nil }})
	if err != nil {
		t.Fatalf("%s: %v", from, err)
	}
	defer w.Close()
	all, err := readMigrations(migrations)
	if err != nil {
		t.Fatal(err)
	}
	want(t, w, "select (select count(*) from raw.person), (select count(*) from raw.job), (select rows_read from meta.run), (select count(*) from meta.migration)",
		fmt.Sprintf("20 20 20 %d", len(all)))
	if strings.HasPrefix(from, "migration") && from != fmt.Sprintf("migration %d", len(all)) && backups != 1 {
		t.Errorf("%s: %d backups were made before the upgrade", from, backups)
	}
	if !isBuilt {
		return
	}
	if _, err := w.Build(t.Context()); err != nil {
		t.Fatalf("%s: %v", from, err)
	}
	want(t, w, "select heads from marts.headcount_monthly order by month desc limit 1", "20")
}

// A warehouse of every earlier layout, and of every released version, is upgraded
// with all that it held.
func TestUpgrade(t *testing.T) {
	all, err := readMigrations(migrations)
	if err != nil {
		t.Fatal(err)
	}
	streams, err := Streams()
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n < len(all); n++ {
		path := filepath.Join(t.TempDir(), "dials.duckdb")
		w, err := open(t.Context(), Options{Path: path}, upTo(t, n), streams)
		if err != nil {
			t.Fatalf("migration %d: %v", n, err)
		}
		if err := hold(t.Context(), w); err != nil {
			t.Fatalf("migration %d: %v", n, err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		upgraded(t, path, fmt.Sprintf("migration %d", n), false)
	}
	if *fixture {
		writeFixture(t, filepath.Join("testdata", "warehouses", "0.1.0-dev.duckdb.gz"))
	}
	files, err := filepath.Glob("testdata/warehouses/*.duckdb.gz")
	if err != nil || len(files) == 0 {
		t.Fatalf("no warehouse of an earlier version: %v", err)
	}
	for _, file := range files {
		path := filepath.Join(t.TempDir(), "dials.duckdb")
		unpack(t, file, path)
		upgraded(t, path, file, true)
	}
}

// writeFixture writes the company as this version keeps it, before its models are
// built: those are made anew by every version.
func writeFixture(t *testing.T, file string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dials.duckdb")
	w, err := Open(t.Context(), Options{Path: path})
	if err == nil {
		err = hold(t.Context(), w)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	z, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T, file, to string) {
	t.Helper()
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
