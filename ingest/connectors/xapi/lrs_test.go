package xapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dials/ingest/ingesttest"
)

// lrs starts Learning Locker's store, which make deps installs to build/lrs, and
// returns its address.
func lrs(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../../build/lrs")
	if err != nil {
		t.Fatal(err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("skipped: there is no node to run the learning record store with")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@learninglocker", "xapi-statements", "dist", "server.js")); err != nil {
		t.Skip("skipped: the learning record store is not installed in build/lrs: make deps")
	}
	script, err := os.ReadFile("testdata/lrs/lrs.js")
	if err != nil {
		t.Fatal(err)
	}
	logs := t.TempDir()
	cmd := exec.CommandContext(t.Context(), node, "-e", string(script), logs)
	cmd.Dir = dir
	// The script reads its folder where a file's arguments begin.
	cmd.Args = []string{node, "-e", strings.ReplaceAll(string(script), "process.argv[2]", "process.argv[1]"), logs}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // it ends with its input
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if port, ok := strings.CutPrefix(lines.Text(), "port "); ok {
			return "http://127.0.0.1:" + port
		}
	}
	t.Fatalf("the learning record store did not start: %s", said.String())
	return ""
}

// post stores statements and returns their ids.
func post(t *testing.T, base string, statements ...object) {
	t.Helper()
	text, err := json.Marshal(statements)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/xAPI/statements", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Experience-API-Version", "1.0.3")
	r.SetBasicAuth("dials", "secret-of-the-store")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the store answers %d", response.StatusCode)
	}
}

// A store that nobody here wrote: pages, registrations, voiding and the cursor.
func TestLearningLocker(t *testing.T) {
	base := lrs(t)
	s := newSite(t, nil)
	s.Now = time.Now().UTC()
	c := config(base, "page_size = 2\n"+courseMap)
	run := func() map[string]string {
		t.Helper()
		reports, err := s.Run(c, false)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"events": ingesttest.Counts(reports["events"]), "enrolments": ingesttest.Counts(reports["enrolments"])}
	}
	run()
	reg := object{"context": object{"registration": "ab000000-0000-4000-8000-000000000001"}}
	const first, second = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
	post(t, base,
		did("E1", "initialized", whs, reg),
		did("E1", "completed", whs, reg, object{"id": first, "timestamp": "2026-11-01T10:00:00+11:00", "result": object{"completion": true, "duration": "PT1H"}}),
		did("E1", "passed", whs, reg, object{"result": object{"success": true, "score": object{"scaled": 0.9}}}),
		did("", "failed", sales, object{"actor": object{"objectType": "Agent", "mbox": "mailto:noor@example.com"}, "id": second}),
		did("E2", "attended", sales), did("E2", "completed", "https://elsewhere.example.com/x"), did("E2", "experienced", whs),
	)
	run()
	const who = "select person_id, course_id, completed_at, is_passed, status, score from raw.enrolment where superseded_at is null and deleted_at is null order by all"
	all := s.Query(who)
	if want := "account:https://hr.example.com|E1|WHS|2026-10-31 23:00:00|true|passed|90.0"; len(all) != 3 || all[0] != want {
		t.Errorf("%q, first wanted %q", all, want)
	}
	s.Same("events", []string{"7"}, "select count(*) from raw.learning_event")
	s.Unchanged(c)
	post(t, base,
		object{"actor": object{"mbox": "mailto:admin@example.com"}, "verb": object{"id": "http://adlnet.gov/expapi/verbs/voided"}, "object": object{"objectType": "StatementRef", "id": first}},
		object{"actor": object{"mbox": "mailto:admin@example.com"}, "verb": object{"id": "http://adlnet.gov/expapi/verbs/voided"}, "object": object{"objectType": "StatementRef", "id": second}},
	)
	got := run()
	left := s.Query(who)
	if len(left) != 2 || !strings.HasSuffix(left[0], "|true|passed|90.0") || strings.Contains(left[0], "23:00:00") {
		t.Errorf("after voiding: %q (%v)", left, got)
	}
	s.Same("events", []string{"5"}, "select count(*) from raw.learning_event where superseded_at is null and deleted_at is null")
	s.Unchanged(c)
	t.Setenv("LRS_PASSWORD", "")
	_, err := s.Run(c, false)
	ingesttest.Failed(t, err, "LRS_PASSWORD is not set")
}

// Many statements of a live store. DIALS_TEST_LRS_URL, DIALS_TEST_LRS_USER and
// DIALS_TEST_LRS_PASSWORD name it.
func TestLive(t *testing.T) {
	base := strings.TrimSuffix(os.Getenv("DIALS_TEST_LRS_URL"), "/xAPI")
	if base == "" {
		t.Skip("skipped: DIALS_TEST_LRS_URL names no live learning record store")
	}
	s := newSite(t, nil)
	t.Setenv("LRS_USER", os.Getenv("DIALS_TEST_LRS_USER"))
	t.Setenv("LRS_PASSWORD", os.Getenv("DIALS_TEST_LRS_PASSWORD"))
	s.Now = time.Now().UTC()
	c := config(base, "allow_http = true\n[source.options.courses]\n\"*\" = \"*\"")
	reports, err := s.Run(c, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range reports {
		t.Logf("%s: %s %q", name, ingesttest.Counts(r), r.Warnings)
	}
	t.Log(fmt.Sprint(s.Query("select verb, count(*) from raw.learning_event group by 1 order by 2 desc limit 20")))
	s.Unchanged(c)
}
