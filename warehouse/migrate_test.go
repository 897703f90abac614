package warehouse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// twoMore are the migrations of this version and two that a later one might add, the
// second of which is last.
func twoMore(last string) (fstest.MapFS, int, error) {
	all, err := readMigrations(migrations)
	if err != nil {
		return nil, 0, err
	}
	files := fstest.MapFS{
		fmt.Sprintf("migrations/%04d_first.sql", len(all)+1):  {Data: []byte("create table raw.first as select i from range(1000) t(i)")},
		fmt.Sprintf("migrations/%04d_second.sql", len(all)+2): {Data: []byte("delete from raw.person where person_id <> 'P1';" + last)},
	}
	for _, m := range all {
		files["migrations/"+m.name+".sql"] = &fstest.MapFile{Data: []byte(m.sql)}
	}
	return files, len(all), nil
}

// migrateEndlessly is the child of TestKillMigration: its last migration never ends.
func migrateEndlessly() {
	files, n, err := twoMore("create table raw.second as select sum(hash(i)) as s from range(1000000000000000) t(i)")
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	o := Options{Path: os.Getenv("DIALS_TEST_PATH"), BeforeMigration: func(_ context.Context, w *Warehouse) error {
		go func() {
			for applied := 0; applied <= n; { // the first is in the file, the second under way
				_ = w.DB().QueryRowContext(ctx, "select count(*) from meta.migration").Scan(&applied)
			}
			fmt.Println("half way")
		}()
		return nil
	}}
	_, err = open(ctx, o, files, nil)
	fmt.Println("the migrations ended:", err)
}

// An upgrade that is killed between its first and its last migration goes on where it
// was; the version before it refuses the file from then on, and says what to do.
func TestKillMigration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.duckdb")
	w := openTest(t, Options{Path: path})
	if err := errors.Join(hold(t.Context(), w), w.Close()); err != nil {
		t.Fatal(err)
	}
	child := childProcess(t, "migrate", path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || said != "half way\n" {
		t.Errorf("the child says %q, %v", said, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it says that the child was killed

	_, err = Open(t.Context(), Options{Path: path})
	if !errors.Is(err, ErrNewer) {
		t.Errorf("an older version opens it: %v", err)
	}
	wantError(t, err, "upgrade dials")
	files, n, err := twoMore("create table raw.second as select 1 as s")
	if err != nil {
		t.Fatal(err)
	}
	if w, err = open(t.Context(), Options{Path: path}, files, nil); err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	want(t, w, "select (select count(*) from meta.migration), (select count(*) from raw.first), (select count(*) from raw.second), (select count(*) from raw.person), (select count(*) from raw.job)",
		fmt.Sprintf("%d 1000 1 1 20", n+2))
}
