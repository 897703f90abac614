package queries

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"dials/warehouse"
)

//go:embed testdata/attack_company.sql
var companySQL string

// aliveMonths is how long these companies live: some numbers need a year.
const aliveMonths = 14

// smallCompanies builds the companies of seeds from first on, all of the same months and
// each a tree of its own, with something of everything that a page counts.
func smallCompanies(t testing.TB, first, companies int) *warehouse.Warehouse {
	t.Helper()
	r := newRawCompanies()
	for k := range companies {
		settle(rand.New(rand.NewPCG(uint64(first+k), 11)), first+k, worldStart, aliveMonths, r)
	}
	end := worldStart.AddDate(0, aliveMonths, 0)
	statements := append(r.statements(), payrollRun(end),
		strings.NewReplacer("$first", "'"+worldStart.Format(time.DateOnly)+"'", "$known", "timestamp '2025-01-10'", "$months", fmt.Sprint(aliveMonths)).Replace(companySQL))
	return raised(t, statements...)
}

func write(t testing.TB, w *warehouse.Warehouse, statements ...string) {
	t.Helper()
	err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		for _, s := range statements {
			if _, err := conn.ExecContext(ctx, s); err != nil {
				return fmt.Errorf("%w in %.300s", err, s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var (
	tableName  = regexp.MustCompile(`\b(?:core|marts)\.[a-z_]+`)
	ownComment = regexp.MustCompile(`(?m)--.*$`)
)

// tellAll rebuilds all that what is hidden goes into as if nothing had to be: the truth.
func tellAll(t testing.TB, w *warehouse.Warehouse) {
	t.Helper()
	paths, err := filepath.Glob("../warehouse/models/*/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	sources, reads := map[string]string{}, map[string][]string{}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(filepath.Dir(path)) + "." + strings.TrimSuffix(filepath.Base(path), ".sql")
		sources[name] = string(src)
		reads[name] = tableName.FindAllString(ownComment.ReplaceAllString(string(src), ""), -1)
	}
	done := map[string]bool{} // whether it is another than it was
	statements := []string{
		"update core.dim_settings set min_people = 0, min_people_pay = 0",
		"update core.fct_unit_privacy set is_hidden = false, is_range = false",
		"update core.fct_total_privacy set is_hidden = false, is_range = if(is_range is null, null, false)",
		"update core.fct_cell_privacy set is_hidden = false, is_range = if(is_range is null, null, false), numerator_low = null, numerator_high = null",
	}
	for _, name := range []string{"core.dim_settings", "core.fct_unit_privacy", "core.fct_total_privacy", "core.fct_cell_privacy"} {
		done[name] = true
	}
	var visit func(name string) bool
	visit = func(name string) bool {
		if moved, ok := done[name]; ok || sources[name] == "" {
			return moved
		}
		done[name] = false
		moved := false
		for _, other := range reads[name] {
			moved = visit(other) || moved
		}
		if moved {
			statements = append(statements, "create or replace table "+name+" as "+sources[name])
		}
		done[name] = moved
		return moved
	}
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		visit(name)
	}
	write(t, w, statements...)
}
