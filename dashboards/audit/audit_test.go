package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("DIALS_AUDIT_CHILD"); dir != "" {
		writeForEver(dir)
	}
	os.Exit(m.Run())
}

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 30, 12, 0, 0, 0, time.UTC)} }

func open(t *testing.T, dir string, c *clock) *Log {
	t.Helper()
	l, err := Open(dir, Options{Clock: c.time, Random: rand.NewChaCha8([32]byte{1}), MaxBytes: 2000})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func write(t *testing.T, l *Log, events ...Event) {
	t.Helper()
	for _, e := range events {
		if err := l.Write(e); err != nil {
			t.Fatal(err)
		}
	}
}

func verify(t *testing.T, dir, head string) Report {
	t.Helper()
	r, err := Verify(dir, head)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An event comes back as it was written, its people by their audit ids, and the
// chain goes on over a restart.
func TestWriteAndList(t *testing.T) {
	dir, c := filepath.Join(t.TempDir(), "audit"), newClock()
	ada, bob := Identity{"local", "ada"}, Identity{PersonIssuer, "P-7"}
	l := open(t, dir, c)
	write(t, l,
		Event{Kind: SignIn, By: ada, Address: "192.0.2.7", What: "local"},
		Event{Kind: View, By: ada, What: "/reviews", Reason: "yearly talk", About: []Identity{bob}, Fields: map[string]string{"rows": "3"}},
		Event{Kind: Config, What: "start", Reason: strings.Repeat("ä", 1000) + "\xff"},
	)
	if _, err := Open(dir, Options{}); !errors.Is(err, ErrHeld) {
		t.Errorf("opened twice: %v", err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := l.Write(Event{Kind: View}); err == nil {
		t.Error("a closed audit was written")
	}
	l = open(t, dir, c)
	write(t, l, Event{Kind: SignOut, By: ada})
	got, err := l.List(Filter{})
	if err != nil {
		t.Fatal(err)
	}
	at := c.time()
	a, b := l.ID(ada), l.ID(bob)
	long := strings.Repeat("ä", 500) + "…"
	want := []Record{
		{N: 4, At: at, Kind: SignOut, Actor: a},
		{N: 3, At: at, Kind: Config, What: "start", Reason: long},
		{N: 2, At: at, Kind: View, Actor: a, What: "/reviews", Reason: "yearly talk", About: []string{b}, Fields: map[string]string{"rows": "3"}},
		{N: 1, At: at, Kind: SignIn, Actor: a, Address: "192.0.2.7", What: "local"},
	}
	for i := range got {
		got[i].Prev = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if a == "" || a == b || strings.Contains(a, "ada") {
		t.Errorf("audit ids are %q and %q", a, b)
	}
	head, n := l.Head()
	if r := verify(t, dir, head); len(r.Faults) > 0 || r.Records != n || r.Head != head {
		t.Errorf("%+v", r)
	}
	for name, mode := range map[string]os.FileMode{".": 0o700 | os.ModeDir, "2026-01.0001.jsonl": 0o600, peopleFile: 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s is %v, want %v: %v", name, info.Mode(), mode, err)
		}
	}
}

func TestFilter(t *testing.T) {
	c := newClock()
	l := open(t, t.TempDir(), c)
	start := c.time()
	ada := Identity{"local", "ada"}
	for i := range 30 {
		e := Event{Kind: View, What: strconv.Itoa(i)}
		if i%3 == 0 {
			e.Kind = Denied
		}
		if i%5 == 0 {
			e.By, e.About = ada, []Identity{{PersonIssuer, strconv.Itoa(i)}}
		}
		write(t, l, e)
		c.add(24 * time.Hour)
	}
	day := func(n int) time.Time { return start.AddDate(0, 0, n) }
	for _, tt := range []struct {
		name string
		f    Filter
		want string
	}{
		{"kind", Filter{Kind: Denied, Limit: 3}, "27 24 21"},
		{"dates", Filter{From: day(3), To: day(6)}, "5 4 3"},
		{"actor", Filter{Actor: l.ID(ada), Limit: 2}, "25 20"},
		{"about", Filter{About: l.ID(Identity{PersonIssuer, "15"})}, "15"},
		{"page", Filter{Before: 4, Limit: 2}, "2 1"},
		{"nothing", Filter{Actor: "nobody"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			records, err := l.List(tt.f)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range records {
				got = append(got, r.What)
			}
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("got %s, want %s", s, tt.want)
			}
		})
	}
}

// Many writers share a sync of the disk, and each of them is told of its own event.
func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir, newClock())
	const writers, each = 40, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for i := range each {
				if err := l.Write(Event{Kind: View, By: Identity{"local", strconv.Itoa(w)}, What: strconv.Itoa(i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	head, n := l.Head()
	r := verify(t, dir, head)
	if n != writers*each || r.Records != n || len(r.Faults) > 0 {
		t.Errorf("%d records, %+v", n, r)
	}
	records, err := l.List(Filter{Actor: l.ID(Identity{"local", "7"})})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range slices.Backward(records) {
		if want := strconv.Itoa(each - 1 - i); r.What != want {
			t.Errorf("record %d of one writer is %s, want %s", i, r.What, want)
		}
	}
}

// Whatever is done to the files, Verify says so, and where.
func TestVerifyFindsTampering(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := open(t, dir, c)
	for i := range 30 {
		write(t, l, Event{Kind: View, By: Identity{"local", "ada"}, What: fmt.Sprintf("/page/%d", i)})
	}
	head, _ := l.Head()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	names, err := files(dir)
	if err != nil || len(names) < 3 {
		t.Fatalf("want three files, got %v, %v", names, err)
	}
	first, last := names[0], names[len(names)-1]
	lines := func(edit func([][]byte) [][]byte) func([]byte) []byte {
		return func(data []byte) []byte { return bytes.Join(edit(bytes.SplitAfter(data, []byte("\n"))), nil) }
	}
	for _, tt := range []struct {
		name, file string
		edit       func([]byte) []byte
		want       string // of the faults
	}{
		{"nothing", first, func(b []byte) []byte { return b }, ""},
		{
			"a rewritten line", first, func(b []byte) []byte { return bytes.Replace(b, []byte("/page/3"), []byte("/page/x"), 1) },
			first + ":5: the record before record 5 is not the one that was written",
		},
		{
			"one byte more", first, func(b []byte) []byte { return bytes.Replace(b, []byte(`"kind"`), []byte(` "kind"`), 1) },
			first + ":2: the record before record 2 is not the one that was written",
		},
		{
			"a line cut out", first, lines(func(l [][]byte) [][]byte { return slices.Delete(l, 2, 3) }),
			first + ":3: record 4 follows record 2",
		},
		{
			"lines reordered", first, lines(func(l [][]byte) [][]byte { l[1], l[2] = l[2], l[1]; return l }),
			first + ":2: record 3 follows record 1",
		},
		{
			"a line doubled", first, lines(func(l [][]byte) [][]byte { return slices.Insert(l, 2, l[1]) }),
			first + ":3: record 2 follows record 2",
		},
		{
			"a line of something else", first, lines(func(l [][]byte) [][]byte { l[2] = []byte("what?\n"); return l }),
			first + ":3: this line is no record",
		},
		{
			"the beginning cut", first, lines(func(l [][]byte) [][]byte { return l[2:] }),
			"the audit begins with record 3, and no record says",
		},
		{"the end cut", last, lines(func(l [][]byte) [][]byte { return l[:len(l)-2] }), "no record has the hash " + head},
		{
			"the last line rewritten", last, func(b []byte) []byte { return bytes.Replace(b, []byte("/page/29"), []byte("/page/xx"), 1) },
			"no record has the hash " + head,
		},
		{"a file emptied", names[1], func([]byte) []byte { return nil }, names[2] + ":1: record "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(copied, tt.file)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, tt.edit(data), 0o600); err != nil {
				t.Fatal(err)
			}
			faults := strings.Join(verify(t, copied, head).Faults, "\n")
			if (faults == "") != (tt.want == "") || !strings.Contains(faults, tt.want) {
				t.Errorf("faults: %q, want %q", faults, tt.want)
			}
		})
	}
}

// What a killed process left of a line is cut off, written down, and no fault.
func TestTornLine(t *testing.T) {
	for _, torn := range []string{`{"n":3,"at":"20`, "\x00\x00\x00\x00", "{"} {
		dir, c := t.TempDir(), newClock()
		l := open(t, dir, c)
		write(t, l, Event{Kind: SignIn}, Event{Kind: SignOut})
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(filepath.Join(dir, l.name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(torn); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		l = open(t, dir, c)
		records, err := l.List(Filter{})
		if err != nil || len(records) != 3 || records[0].Kind != Repair || records[0].Fields["bytes"] != strconv.Itoa(len(torn)) {
			t.Errorf("%q: %+v, %v", torn, records, err)
		}
		if r := verify(t, dir, ""); len(r.Faults) > 0 || len(r.Notes) != 1 {
			t.Errorf("%q: %+v", torn, r)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// writeForEver prints the number of each event that it was told is written.
func writeForEver(dir string) {
	l, err := Open(dir, Options{MaxBytes: 4000})
	for err == nil {
		if err = l.Write(Event{Kind: View, By: Identity{"local", "ada"}}); err == nil {
			_, n := l.Head()
			_, err = fmt.Println(n)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Nothing that was acknowledged is lost by kill -9.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	var acknowledged int64
	for range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), "DIALS_AUDIT_CHILD="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			if n, err := strconv.ParseInt(lines.Text(), 10, 64); err == nil {
				acknowledged = n
			}
			if i == 50 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed, as it was meant to be
		r := verify(t, dir, "")
		if r.Records < acknowledged || len(r.Faults) > 0 {
			t.Errorf("%d acknowledged, %+v", acknowledged, r)
		}
	}
}

// A month begins a file, and so does a full file; their time over, whole files go,
// and the chain says so.
func TestExpire(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := open(t, dir, c)
	for range 60 {
		write(t, l, Event{Kind: View, What: "/reviews"})
		c.add(24 * time.Hour)
	}
	before, err := files(dir)
	if err != nil {
		t.Fatal(err)
	}
	gone, err := l.Expire(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	if err != nil || gone != 30 {
		t.Errorf("%d records went, want the 30 before March: %v", gone, err)
	}
	after, err := files(dir)
	if err != nil || len(after) >= len(before) || after[0] != "2026-03.0001.jsonl" {
		t.Errorf("of %v stay %v", before, after)
	}
	head, _ := l.Head()
	r := verify(t, dir, head)
	if len(r.Faults) > 0 || r.First != 31 {
		t.Errorf("%+v", r)
	}
	// The next file to go must be accounted for too.
	if err := os.Remove(filepath.Join(dir, after[0])); err != nil {
		t.Fatal(err)
	}
	if r := verify(t, dir, head); len(r.Faults) != 1 {
		t.Errorf("%+v", r)
	}
}

// One who is forgotten is in no file any more, and comes back as somebody else.
func TestForget(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := open(t, dir, c)
	ada, bob := Identity{"local", "ada.lovelace"}, Identity{"local", "bob"}
	write(t, l, Event{Kind: SignIn, By: ada}, Event{Kind: SignIn, By: bob})
	was, stays := l.ID(ada), l.ID(bob)
	if err := l.Forget(ada); err != nil {
		t.Fatal(err)
	}
	if _, known := l.Who(was); known || l.ID(ada) != "" {
		t.Error("ada is still known")
	}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if data, err := os.ReadFile(name); err != nil || bytes.Contains(data, []byte("lovelace")) {
			t.Errorf("%s holds her name: %v", name, err)
		}
	}
	write(t, l, Event{Kind: SignIn, By: ada})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir, c)
	if id := l.ID(ada); id == "" || id == was || l.ID(bob) != stays {
		t.Errorf("ada is %q after %q, bob %q after %q", id, was, l.ID(bob), stays)
	}
	if r := verify(t, dir, ""); len(r.Faults) > 0 {
		t.Error(r.Faults)
	}
}

// An event that cannot reach the disk is refused, and the file stays whole.
func TestWriteFails(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	l := open(t, dir, c)
	write(t, l, Event{Kind: SignIn})
	whole := l.file
	readOnly, err := os.Open(filepath.Join(dir, l.name))
	if err != nil {
		t.Fatal(err)
	}
	l.file = readOnly
	if err := l.Write(Event{Kind: View}); err == nil {
		t.Error("an event was written to a file that cannot be written")
	}
	l.file = whole
	if _, n := l.Head(); n != 1 {
		t.Errorf("%d records, want 1", n)
	}
	if r := verify(t, dir, ""); r.Records != 1 || len(r.Faults) > 0 {
		t.Errorf("%+v", r)
	}
	if err := l.Write(Event{}); err == nil {
		t.Error("an event without a kind was written")
	}
}

func TestNilLog(t *testing.T) {
	var l *Log
	if err := l.Write(Event{Kind: View}); err != nil {
		t.Error(err)
	}
	if records, err := l.List(Filter{}); err != nil || records != nil {
		t.Error(records, err)
	}
	if err := errors.Join(l.Forget(Identity{"a", "b"}), l.Close()); err != nil {
		t.Error(err)
	}
}

// Whatever the last file holds, Open makes an audit of it that can be written to.
func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"n":1,"at":"2026-01-01T00:00:00Z","kind":"view","prev":""}` + "\n" + `{"n":2`))
	f.Add([]byte("\n\n{}\nnull\n{\"n\":-9223372036854775808}\n"))
	f.Add([]byte(`{"n":9223372036854775807}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "2026-01.0001.jsonl"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		l := open(t, dir, newClock())
		write(t, l, Event{Kind: View, What: "/"})
		head, _ := l.Head()
		r := verify(t, dir, head)
		for _, fault := range r.Faults {
			if strings.HasPrefix(fault, "no record has the hash") {
				t.Error(fault)
			}
		}
		records, err := l.List(Filter{Limit: 1})
		if err != nil || len(records) != 1 || records[0].What != "/" {
			t.Errorf("%+v, %v", records, err)
		}
	})
}
