package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(tidying{m}, map[string]func(){"dials": main})
}

// tidying runs the tests and removes what they share.
type tidying struct{ *testing.M }

// Run returns the tests' exit code.
func (t tidying) Run() int {
	var err error
	if built.dir, err = os.MkdirTemp("", "dials-built-"); err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(built.dir) }()
	return t.M.Run()
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}

// The layers of ARCHITECTURE.md: each package may import, of ours, only these.
func TestImports(t *testing.T) {
	const module = "dials/"
	allowed := map[string]string{
		"cmd/dials":           "cmd/dials/demo cmd/dials/worlds dashboards dashboards/access dashboards/alerts dashboards/audit dashboards/extracts dashboards/flight dashboards/flight/worker dashboards/register ingest ingest/connectors warehouse queries queries/calibration queries/impact queries/forecast queries/survival queries/evidence",
		"cmd/dials/demo":      "",
		"cmd/dials/worlds":    "",
		"dashboards":          "dashboards/access dashboards/alerts dashboards/audit dashboards/extracts dashboards/register queries queries/calibration queries/impact queries/forecast queries/survival queries/evidence static",
		"dashboards/access":   "dashboards/audit queries",
		"dashboards/alerts":   "queries",
		"dashboards/audit":    "",
		"dashboards/extracts": "queries",
		"dashboards/flight":   "dashboards/access dashboards/audit dashboards/flight/worker queries",
		"dashboards/register": "queries queries/impact",

		"dashboards/flight/worker": "",
		"queries":                  "queries/impact queries/forecast queries/survival queries/evidence",
		"queries/impact":           "",
		"queries/calibration":      "queries/impact",
		"queries/forecast":         "queries/survival",
		"queries/survival":         "",
		"queries/evidence":         "queries/impact",
		"ingest":                   "warehouse",
		"ingest/connectors":        "ingest ingest/connectors/*",
		"ingest/connectors/*":      "ingest ingest/web",
		"ingest/ingesttest":        "ingest ingest/web/faulttest warehouse",
		"ingest/web":               "",
		"ingest/web/faulttest":     "",
		"warehouse":                "",
		"warehouse/warehousetest":  "warehouse",
		"static":                   "",
	}
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		may, listed := allowed[layer(strings.TrimPrefix(path, module))]
		if !listed {
			t.Errorf("%s is in no layer", path)
		}
		for imp := range strings.FieldsSeq(imports) {
			dep, ours := strings.CutPrefix(imp, module)
			if ours && !slices.Contains(strings.Fields(may), layer(dep)) {
				t.Errorf("%s imports %s; it may import [%s]", path, dep, may)
			}
		}
	}
}

// layer is pkg, with one name for all connectors.
func layer(pkg string) string {
	if strings.HasPrefix(pkg, "ingest/connectors/") {
		return "ingest/connectors/*"
	}
	return pkg
}

// The example that users copy is read like any other configuration, and names
// every key there is.
func TestExampleConfig(t *testing.T) {
	if _, err := readConfig("../../config.toml"); err != nil {
		t.Error(err)
	}
}
