package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// testFuncs returns the names of the tests and fuzz targets of each package, by its
// folder from the repository's root.
func testFuncs(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Za-z0-9_]+)\(`)
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		for _, m := range declared.FindAllSubmatch(text, -1) {
			found[filepath.ToSlash(dir)] = append(found[filepath.ToSlash(dir)], string(m[1]))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Each promise of SECURITY.md names a test, and the test is there.
func TestSecurityPromises(t *testing.T) {
	text, err := os.ReadFile("../../SECURITY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, promises, _ := strings.Cut(string(text), "## What is promised")
	promises, _, _ = strings.Cut(promises, "\n## ")
	have := testFuncs(t)
	named := regexp.MustCompile("`([a-z/0-9]+)` ((?:Test|Fuzz)\\w+(?:, (?:Test|Fuzz)\\w+)*)")
	n := 0
	for line := range strings.Lines(promises) {
		promise, ok := strings.CutPrefix(line, "- ")
		if !ok {
			continue
		}
		n++
		tests := named.FindAllStringSubmatch(promise, -1)
		if len(tests) == 0 {
			t.Errorf("no test holds: %s", promise)
		}
		for _, m := range tests {
			for test := range strings.SplitSeq(m[2], ", ") {
				if !slices.Contains(have[m[1]], test) {
					t.Errorf("%s has no %s, which holds: %s", m[1], test, promise)
				}
			}
		}
	}
	if n < 20 {
		t.Errorf("%d promises were found", n)
	}
}

// Whatever reads what others wrote has a fuzz target.
func TestParsersAreFuzzed(t *testing.T) {
	have := testFuncs(t)
	for dir, targets := range map[string]string{
		"cmd/dials":              "FuzzConfig FuzzReadAnswer",
		"dashboards":             "FuzzAuditFilter FuzzFilters FuzzTag",
		"dashboards/access":      "FuzzCSRF FuzzClientAddress FuzzFlow FuzzGroups FuzzHost FuzzOrigin FuzzPasswordHash FuzzRequestLine FuzzReturnPath FuzzStore FuzzToken",
		"dashboards/audit":       "FuzzOpen",
		"dashboards/extracts":    "FuzzRange",
		"dashboards/register":    "FuzzNumber FuzzReadSheet",
		"ingest":                 "FuzzLoad FuzzMapping",
		"ingest/connectors/file": "FuzzAsOfName FuzzCSVReader FuzzHeader FuzzLook FuzzScanFormulas FuzzToLines",
		"ingest/connectors/xapi": "FuzzStatement",
		"ingest/web":             "FuzzParseLink FuzzRetryAfter FuzzWalk",
		"queries":                "FuzzParseHeader",
		"queries/evidence":       "FuzzTrial",
		"warehouse":              "FuzzParseColumn",
	} {
		for target := range strings.FieldsSeq(targets) {
			if !slices.Contains(have[dir], target) {
				t.Errorf("%s has no %s", dir, target)
			}
		}
	}
}

// Whatever config.toml holds, reading it ends in a configuration or in mistakes.
func FuzzConfig(f *testing.F) {
	example, err := os.ReadFile("../../config.toml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte("[[source]]\nname = \"a\"\nkind = \"file\"\n[[source.stream]]\n[source.stream.map]\nx = {}\n"))
	f.Add([]byte("[server]\nlisten = 7\n[privacy]\nmin_people = 1\n"))
	path := filepath.Join(f.TempDir(), "config.toml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if cfg, err := parseConfig(path, string(text)); err == nil {
			if _, err := cfg.facts(); err != nil {
				t.Error(err)
			}
		}
	})
}

// A lockedBuffer takes what a running server prints.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Secrets of the environment and passwords are in nothing that is printed, logged,
// served or kept, even if a source sends them back; nor are they in the command line.
func TestSecretsStaySecret(t *testing.T) {
	const token, password = "PLANTED-token-8c1f", "PLANTED-password-77aa"
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"error": "the header %s of %s is not known"}`, r.Header.Get("Authorization"), r.URL)
	}))
	defer echo.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	text := `
[server]
base_url = "http://127.0.0.1:8080"
[access]
local = true
[[source]]
name = "echo"
kind = "http"
[source.options]
base_url = "` + echo.URL + `"
auth = "bearer"
token_env = "DIALS_TEST_TOKEN"
retries = 0
[[source.stream]]
name = "people"
target = "person"
delivery = "snapshot"
[source.stream.options]
path = "/people"
[source.stream.map]
person_id = "id"
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DIALS_TEST_TOKEN", token)
	var said lockedBuffer
	dials := func(args ...string) {
		fmt.Fprintf(&said, "exit %d\n", run(t.Context(), append(args, "--config", config), &said, &said))
	}
	stdin := os.Stdin
	defer func() { os.Stdin = stdin }()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintln(out, password); err != nil {
		t.Fatal(err)
	}
	out.Close()
	os.Stdin = in
	dials("user", "add", "ada", "--role", "admin")
	dials("check")
	dials("sync")
	dials("audit", "list", "--limit", "0", "--format", "json")
	dials("privacy")
	dials("export", "--all", "--format", "csv", "--out", filepath.Join(dir, "out"))

	ctx, stop := context.WithCancel(t.Context())
	var serving sync.WaitGroup
	reader, writer := io.Pipe()
	serving.Go(func() {
		run(ctx, []string{"serve", "--config", config, "--listen", "127.0.0.1:0"}, io.MultiWriter(writer, &said), &said)
		writer.Close()
	})
	line := make([]byte, 200)
	n, err := reader.Read(line)
	if err != nil {
		t.Fatal(err, said.String())
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	dials("sync")
	dials("rejected", "list")
	_, address, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "open ")
	for _, path := range []string{"/", "/workforce", "/signin", "/audit", "/access", "/nothing"} {
		resp, err := http.Get(address + path)
		if err != nil {
			fmt.Fprintln(&said, err)
			continue
		}
		fmt.Fprintln(&said, resp.Status, resp.Header)
		_, _ = io.Copy(&said, resp.Body)
		resp.Body.Close()
	}
	stop()
	serving.Wait()

	if !strings.Contains(said.String(), "echo.people") || !strings.Contains(said.String(), "account ada added") {
		t.Errorf("nothing was tried:\n%s", said.String())
	}
	for _, secret := range []string{token, password} {
		if at := strings.Index(said.String(), secret); at >= 0 {
			t.Errorf("%s was said: …%s…", secret, said.String()[max(0, at-200):at+len(secret)])
		}
		if slices.ContainsFunc(os.Args, func(arg string) bool { return strings.Contains(arg, secret) }) {
			t.Errorf("%s is in the list of processes", secret)
		}
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			data, err := os.ReadFile(path)
			if bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s is in %s", secret, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
