package queries

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dials/warehouse"
)

// cellModels are the models that hide cells, in order.
var cellModels = []string{"dim_cell_places", "fct_total_privacy", "fct_cell_privacy"}

// attackCells are tables of people as sections deliver them, of every month: heads, a
// rate with its numerator, and sums in which one person may have most.
const attackCells = `create or replace table core.fct_cells as
with stood as (
	select m.month, j.unit_id, j.person_id, unnest(['', 'title', 'location']) as attribute,
		unnest(['', coalesce(j.job_title_id, '(none)'), coalesce(j.location, '(none)')]) as attribute_value,
		hash(j.person_id, 'passed') % 100 < 40 + 45 * (m.month::date - date '2015-01-01') % 3 as passed,
		pow(1 + hash(j.person_id, 'pay') % 1000 / 100.0, 2) as amount, hash(j.person_id, m.month) % 3 as part
	from core.dim_months as m
	join core.fct_jobs as j on j.valid_from <= m.month and j.valid_to > m.month and j.is_primary and j.is_employee
)
select 'heads' as table_name, '' as measure, month, unit_id, attribute, attribute_value, count(*) as people, null::bigint as numerator,
	null::double as largest, null::double as total, 'people' as floor
from stood group by all
union all
select 'rate', 'part' || part, month, unit_id, attribute, attribute_value, count(*), count(*) filter (passed), null, null, 'people'
from stood where part > 0 group by all
union all
select 'sum', '', month, unit_id, attribute, attribute_value, count(*), null, max(amount), sum(amount), 'people'
from stood group by all
union all
select 'pay', '', month, unit_id, attribute, attribute_value, count(*), null, max(amount), sum(amount), 'pay'
from stood group by all`

// hideCells puts cells in place of the warehouse's own, and hides them as the build does.
func hideCells(t *testing.T, w *warehouse.Warehouse, cells string) {
	t.Helper()
	err := w.Write(t.Context(), func(ctx context.Context, conn *sql.Conn) error {
		if _, err := conn.ExecContext(ctx, cells); err != nil {
			return err
		}
		for _, name := range cellModels {
			src, err := os.ReadFile(filepath.Join("..", "warehouse", "models", "core", name+".sql"))
			if err != nil {
				return err
			}
			if _, err := conn.ExecContext(ctx, "create or replace table core."+name+" as "+string(src)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A cellTable is one table of people: a measure, an attribute and a month.
type cellTable struct {
	name, attribute string
	month           time.Time
	floor           float64
	people          map[[2]string]float64 // truth, of unit and value
	numerators      map[[2]string]float64
	told            []toldCell
}

func (c *cellTable) String() string {
	return c.name + " by " + c.attribute + " in " + c.month.Format("2006-01")
}

// A toldCell is a row of core.fct_cell_privacy, with the units behind it.
type toldCell struct {
	place, value string
	units        []string
	people       float64
	isHidden     bool
	isRange      bool
	numerator    float64
	low, high    float64
}

func cellTables(t *testing.T, w *warehouse.Warehouse) []*cellTable {
	t.Helper()
	each := func(query string, scan func(*sql.Rows) error) {
		t.Helper()
		rows, err := w.DB().QueryContext(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			if err := scan(rows); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	tables := map[string]*cellTable{}
	at := func(name, attribute string, month time.Time) *cellTable {
		key := name + "|" + attribute + "|" + month.Format(time.DateOnly)
		if tables[key] == nil {
			tables[key] = &cellTable{name: name, attribute: attribute, month: month, people: map[[2]string]float64{}}
		}
		return tables[key]
	}
	each(`select table_name || ' ' || measure, attribute, month, unit_id, attribute_value, people, numerator, if(floor = 'pay', 10, 5) from core.fct_cells`, func(rows *sql.Rows) error {
		var name, attribute, unit, value string
		var month time.Time
		var people, floor float64
		var numerator *float64
		if err := rows.Scan(&name, &attribute, &month, &unit, &value, &people, &numerator, &floor); err != nil {
			return err
		}
		c := at(name, attribute, month)
		c.floor, c.people[[2]string{unit, value}] = floor, people
		if numerator != nil {
			if c.numerators == nil {
				c.numerators = map[[2]string]float64{}
			}
			c.numerators[[2]string{unit, value}] = *numerator
		}
		return nil
	})
	each(`select c.table_name || ' ' || c.measure, c.attribute, c.month, c.node_id || if(c.is_own, ' own', ''), c.attribute_value, c.people, c.is_hidden,
			coalesce(c.is_range, false), c.numerator_low, c.numerator_high, array_to_string(p.units, '|')
		from core.fct_cell_privacy as c
		join (select month, node_id, is_own, array_agg(unit_id order by unit_id) as units from core.dim_cell_places group by all) as p using (month, node_id, is_own)
		order by 1, 2, 3, 4, 5`, func(rows *sql.Rows) error {
		var name, attribute, units string
		var month time.Time
		var c toldCell
		var low, high *float64
		if err := rows.Scan(&name, &attribute, &month, &c.place, &c.value, &c.people, &c.isHidden, &c.isRange, &low, &high, &units); err != nil {
			return err
		}
		c.units, c.low, c.high = strings.Split(units, "|"), deref(low), deref(high)
		table := at(name, attribute, month)
		for _, u := range c.units {
			c.numerator += table.numerators[[2]string{u, c.value}]
		}
		table.told = append(table.told, c)
		return nil
	})
	var out []*cellTable
	for _, key := range slices.Sorted(maps.Keys(tables)) {
		out = append(out, tables[key])
	}
	return out
}
