package queries

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Pages have no other way to run SQL than All: nothing in dashboards calls the
// database, and nothing there holds a driver.
func TestPagesRunNoSQL(t *testing.T) {
	root := filepath.Join("..", "dashboards")
	if _, err := os.Stat(root); err != nil {
		t.Skip("no dashboards yet:", err)
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range runsSQL(t, path, string(src)) {
			t.Errorf("%s: only queries.All may run SQL", found)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// runsSQL lists the places where a file reaches past the gate.
func runsSQL(t *testing.T, path, src string) []string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	add := func(n ast.Node, what string) { found = append(found, fset.Position(n.Pos()).String()+": "+what) }
	for _, imported := range file.Imports {
		if strings.Contains(imported.Path.Value, "duckdb") || strings.Contains(imported.Path.Value, "database/sql/driver") {
			add(imported, imported.Path.Value)
		}
	}
	calls := []string{
		"QueryContext", "QueryRow", "QueryRowContext", "Exec", "ExecContext", "Prepare", "PrepareContext",
		"Begin", "BeginTx", "Conn", "Raw",
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		on, isIdent := sel.X.(*ast.Ident)
		switch {
		case slices.Contains(calls, sel.Sel.Name):
			add(sel, sel.Sel.Name)
		// c.Query reads Fiber's query string, and Query() without an argument no SQL.
		case sel.Sel.Name == "Query" && len(call.Args) > 0 && (!isIdent || on.Name != "c"):
			add(sel, "Query")
		case isIdent && on.Name == "sql" && (sel.Sel.Name == "Open" || sel.Sel.Name == "OpenDB"):
			add(sel, "sql."+sel.Sel.Name)
		}
		return true
	})
	return found
}

func TestRunsSQLFinds(t *testing.T) {
	const head = "package x\nimport \"database/sql\"\nfunc f() { "
	for src, want := range map[string]int{
		head + `db.QueryContext(ctx, "select 1") }`:                 1,
		head + `s.db.Query("select 1") }`:                           1,
		head + `db.Query("select 1") }`:                             1,
		head + `db.QueryRow("select 1"); db.Exec("x") }`:            2,
		head + `sql.Open("duckdb", "") }`:                           1,
		head + `c.Query("from"); sql.Named("from", 1); f.Query() }`: 0,
		"package x\nimport _ \"github.com/duckdb/duckdb\"":          1,
	} {
		if got := runsSQL(t, "x.go", src); len(got) != want {
			t.Errorf("%s: found %v, want %d", src, got, want)
		}
	}
}
