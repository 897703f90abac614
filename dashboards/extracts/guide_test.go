package extracts

import (
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var codeBlock = regexp.MustCompile("(?ms)^```(sh|sql|js|py|r)\n(.*?)^```$")

// The guide works as it is written: its commands and queries run in order, in one
// folder, against a server.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, cells()...)
	dir := t.TempDir()
	modules, err := filepath.Abs("../../build/readers/node_modules")
	if err != nil {
		t.Fatal(err)
	}
	const python = "/usr/bin/python3" // where the system's packages are
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	run := func(name string, args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), name, args...)
		command.Dir = dir
		command.Env = append(os.Environ(), "DIALS="+s.url, "TOKEN=none")
		want := map[string]string{"node": "3 one dial, unit and month", python: "3 float64 datetime64[ns]", "Rscript": "3 numeric"}[name]
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		} else if !strings.HasPrefix(string(out), want) {
			t.Errorf("%v: %s", args, out)
		}
	}
	done := map[string]int{}
	for _, block := range codeBlock.FindAllStringSubmatch(string(guide), -1) {
		language, code := block[1], block[2]
		done[language]++
		switch language {
		case "sh":
			if strings.HasPrefix(code, "dials export") { // the command has a test of its own; this is what it writes
				e := &Export{Name: "guide", To: filepath.Join(dir, "bi"), As: "analyst", Extracts: []string{"dials", "dial_monthly"}}
				if _, err := s.writer(t, nil).Write(t.Context(), e); err != nil {
					t.Error(err)
				}
				continue
			}
			run("sh", "-ec", code)
		case "js":
			if _, err := os.Stat(modules); err != nil {
				t.Log("build/readers is not installed: the JavaScript of the guide was not run")
				continue
			}
			writeFile(t, filepath.Join(dir, "guide.mjs"), []byte(code))
			run("node", "guide.mjs")
		case "py":
			if err := exec.CommandContext(t.Context(), python, "-c", "import pandas").Run(); err != nil {
				t.Log("SKIPPED: pandas is not installed (apt install python3-pandas): the Python of the guide was not run")
				continue
			}
			writeFile(t, filepath.Join(dir, "guide.py"), []byte(code))
			run(python, "guide.py")
		case "r":
			if _, err := exec.LookPath("Rscript"); err != nil {
				t.Log("SKIPPED: R is not installed: the R of the guide was not run")
				continue
			}
			writeFile(t, filepath.Join(dir, "guide.r"), []byte(code))
			run("Rscript", "guide.r")
		case "sql":
			code = strings.NewReplacer("'dial_monthly.parquet'", "'"+dir+"/dial_monthly.parquet'", "'bi/", "'"+dir+"/bi/").Replace(code)
			if _, err := db.ExecContext(t.Context(), code); err != nil {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
	if done["sh"] < 2 || done["sql"] < 2 || done["js"] < 1 || done["py"] < 1 || done["r"] < 1 {
		t.Errorf("the guide holds %v", done)
	}
}
