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
		// What BI tools ask runs in a process of its own, which holds what one reader may see and nothing else.
		if err == nil && d.IsDir() && path == filepath.Join(root, "flight", "worker") {
			return fs.SkipDir
		}
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
		case isIdent && on.Name == "worker" && sel.Sel.Name == "Main": // in this process
			add(sel, "worker.Main")
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

// composed are the statements of this package that are no constant, by file: each is
// an embedded file behind the gate, with what the gate itself puts around it. What a
// reader says is bound as a parameter and never becomes SQL.
var composed = []string{
	`extract_cut.go: "select * from ("+c.gated+"\n) as extract limit 0"`,
	`extract_cut.go: "select count(*) filter ("+c.visible+"), coalesce(bool_or(not ("+c.visible+")), false) from ("+c.gated+"\n) as extract"`,
	`extract_cut.go: "select max(rowid) from "+c.windowed`,
	`extract_cut.go: statement`, // c.query within copy … to a file of the cache
	`extract_dataset.go: statement`,
	`extract_people.go: "select person_id, count(*) from ("+c.gated+"\n) as extract group by all order by all limit "+strconv.Itoa(mostPeople+1)`,
	`queries.go: q.sql`,
	`refresh_fetch.go: src`,   // panel/*.sql
	`refresh_fetch.go: bound`, // the arguments of one that is prepared
	`refresh_rows.go: src`,
}

func TestQueriesRunEmbeddedSQL(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range composedSQL(t, name, string(src)) {
			found[s] = true
			if !slices.Contains(composed, s) {
				t.Errorf("%s: a statement that is no constant; say in composed what it is made of", s)
			}
		}
	}
	for _, s := range composed {
		if !found[s] {
			t.Errorf("composed lists %s, which is not there", s)
		}
	}
}

// composedSQL lists the statements of a file that are not written out where they run.
func composedSQL(t *testing.T, name, src string) []string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{
		"QueryContext": 1, "QueryRowContext": 1, "ExecContext": 1, "PrepareContext": 1,
		"Query": 0, "QueryRow": 0, "Exec": 0, "Prepare": 0,
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		i, ok := at[sel.Sel.Name]
		if !ok || len(call.Args) <= i {
			return true
		}
		if !isConstant(call.Args[i]) {
			arg := call.Args[i]
			out = append(out, name+": "+src[fset.Position(arg.Pos()).Offset:fset.Position(arg.End()).Offset])
		}
		return true
	})
	return out
}

// isConstant reports whether a statement is a literal, a sum of such or a constant
// of the same file.
func isConstant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.BasicLit:
		return true
	case *ast.BinaryExpr:
		return isConstant(e.X) && isConstant(e.Y)
	case *ast.Ident:
		return e.Obj != nil && e.Obj.Kind == ast.Con
	}
	return false
}
