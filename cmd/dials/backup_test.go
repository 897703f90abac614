package main

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A backup taken while sources are loaded holds whole commits, and what is synced
// after its restore gives the warehouse that was never lost.
func TestBackupDuringSync(t *testing.T) {
	dir := t.TempDir()
	dials(t, "demo", filepath.Join(dir, "company"), "--employees", "200", "--months", "40")
	l := openConfig(t, filepath.Join(dir, "company", "config.toml"))
	l.only = verdictModels()

	synced := make(chan error, 1)
	go func() {
		_, err := l.Sync(t.Context(), syncRequest{}, nil)
		synced <- err
	}()
	var taken []backupManifest
	running := true
	for n := 0; running; n++ {
		select {
		case err := <-synced:
			if err != nil {
				t.Fatal(err)
			}
			running = false
		default:
			if n > 0 && loaded(taken[n-1].Contents.Tables) >= 10 { // enough of the middle: the next is the last
				if err := <-synced; err != nil {
					t.Fatal(err)
				}
				running = false
			}
		}
		made, err := l.Backup(t.Context(), backupRequest{}, sink{file: receiveAs(filepath.Join(dir, fmt.Sprintf("%d.tar", n)))})
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, made)
	}
	whole := taken[len(taken)-1].Contents.Tables
	// One in the middle of the loading, and the last one.
	middle := slices.IndexFunc(taken, func(m backupManifest) bool {
		return loaded(m.Contents.Tables) > 0 && loaded(m.Contents.Tables) < loaded(whole)
	})
	if middle < 0 {
		t.Fatalf("none of %d backups was taken between two loads", len(taken))
	}
	commits := map[string]int{} // of each raw table
	for _, s := range l.cfg.Sources {
		for _, st := range s.Streams {
			commits["raw."+st.Target]++
		}
	}
	for name, rows := range taken[middle].Contents.Tables {
		if commits[name] == 1 && rows != 0 && rows != whole[name] {
			t.Errorf("%s: the backup holds %d of %d rows of one commit", name, rows, whole[name])
		}
	}
	want := rawSums(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "company", "elsewhere.toml")
	text, err := os.ReadFile(filepath.Join(dir, "company", "config.toml"))
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Replace(text, []byte("\"dials.duckdb\""), []byte("\"elsewhere/dials.duckdb\""), 1)
	if err := os.WriteFile(config, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out := dials(t, "restore", filepath.Join(dir, fmt.Sprintf("%d.tar", middle)), "--config", config); !strings.Contains(out, "is whole") {
		t.Error(out)
	}
	again := openConfig(t, config)
	again.only = verdictModels()
	if _, err := again.Sync(t.Context(), syncRequest{}, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, rawSums(t, again)); diff != "" {
		t.Errorf("after the restore and a sync (-never lost +restored):\n%s", diff)
	}
}

// loaded is how many raw tables hold rows.
func loaded(tables map[string]int64) (n int) {
	for name, rows := range tables {
		if strings.HasPrefix(name, "raw.") && rows > 0 {
			n++
		}
	}
	return n
}

// rawSums returns rows and a sum over the content of each raw table, without what
// differs from run to run.
func rawSums(t *testing.T, l *local) map[string]string {
	t.Helper()
	sums := map[string]string{}
	contents := scanAll[string](t, l, "select table_name from duckdb_tables() where schema_name = 'raw' order by all")
	for _, table := range contents {
		sums["raw."+table] = scanAll[string](t, l, fmt.Sprintf(
			"select count(*) || ' ' || coalesce(bit_xor(hash(t)), 0) from (select columns(c -> c not in ('run_id', 'loaded_at', 'recorded_at', 'superseded_at')) from raw.%q) as t", table))[0]
	}
	return sums
}

func scanAll[T any](t *testing.T, l *local, query string) (all []T) {
	t.Helper()
	rows, err := l.w.DB().QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one T
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// openConfig opens the warehouse of a config.toml until the test ends.
func openConfig(t *testing.T, path string) *local {
	t.Helper()
	cfg, err := readConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	l, err := openLocal(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// dials runs a command and returns what it wrote.
func dials(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != exitDone {
		t.Fatalf("dials %s: exit %d\n%s%s", strings.Join(args, " "), code, &out, &errs)
	}
	return out.String()
}

// A restore changes nothing unless the archive is whole and its place is free.
func TestRestoreRefuses(t *testing.T) {
	l := newLocal(t)
	dir := t.TempDir()
	archive := filepath.Join(dir, "a.tar")
	if _, err := l.Backup(t.Context(), backupRequest{}, sink{file: receiveAs(archive)}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(dir, "elsewhere", "config.toml")
	if err := os.MkdirAll(filepath.Dir(elsewhere), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(elsewhere, []byte("[warehouse]\nmemory_limit = \"1GB\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(text)
	damaged[bytes.Index(damaged, []byte("DUCK"))+4096] ^= 1
	for name, broken := range map[string][]byte{
		"is damaged":             damaged,
		"unexpected EOF":         text[:len(text)/2],
		"it is no backup":        []byte("something else"),
		"goes on after what its": append(bytes.Clone(text[:len(text)-1024]), tarEntry(t, "more", "x")...),
	} {
		file := filepath.Join(dir, "broken.tar")
		if err := os.WriteFile(file, broken, 0o600); err != nil {
			t.Fatal(err)
		}
		var errs bytes.Buffer
		if code := run(t.Context(), []string{"restore", file, "--config", elsewhere}, io.Discard, &errs); code != exitFailed || !strings.Contains(errs.String(), name) {
			t.Errorf("exit %d, want %q in %s", code, name, &errs)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(elsewhere))
	if err != nil || len(entries) != 1 {
		t.Errorf("refused restores left %v (%v)", entries, err)
	}
	var errs bytes.Buffer
	if code := run(t.Context(), []string{"restore", archive, "--config", l.cfg.path}, io.Discard, &errs); code != exitFailed || !strings.Contains(errs.String(), "--replace moves it aside") {
		t.Errorf("over a warehouse: exit %d, %s", code, &errs)
	}
	serveOperator(t, l.cfg.Warehouse.Path, l)
	errs.Reset()
	if code := run(t.Context(), []string{"restore", archive, "--replace", "--config", l.cfg.path}, io.Discard, &errs); code != exitFailed || !strings.Contains(errs.String(), "stop it first") {
		t.Errorf("under a server: exit %d, %s", code, &errs)
	}
}

// tarEntry is one entry of an archive, without its end.
func tarEntry(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o600}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
