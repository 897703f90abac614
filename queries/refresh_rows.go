package queries

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// panelFiles are the queries of a refresh. They are no reader's: All does not know
// them, and what they return becomes estimates before it leaves this package.
//
//go:embed panel/*.sql
var panelFiles embed.FS

// A linkRow is a tactic aimed at a dial.
type linkRow struct {
	ID              string      `db:"tactic_link_id"`
	Tactic          string      `db:"tactic_id"`
	Metric          *string     `db:"metric_id"`
	TacticName      string      `db:"tactic_name"`
	TacticType      string      `db:"tactic_type"`
	DialName        *string     `db:"dial_name"`
	HasGoal         bool        `db:"has_goal"`
	HasMetric       bool        `db:"has_metric"`
	HasBaseline     bool        `db:"has_baseline"`
	HasTarget       bool        `db:"has_target"`
	HasOwner        bool        `db:"has_owner"`
	HasMechanism    bool        `db:"has_mechanism"`
	HasLag          bool        `db:"has_lag"`
	IsApproved      bool        `db:"is_approved"`
	IsBefore        bool        `db:"is_registered_before_launch"`
	Baseline        *float64    `db:"baseline"`
	Target          *float64    `db:"target"`
	Lag             *int64      `db:"lag_months"`
	Override        *string     `db:"design_override"`
	Launch          *time.Time  `db:"launch_date"`
	LaunchedMonth   *time.Time  `db:"launched_month"`
	Ended           *time.Time  `db:"ended_date"`
	WaveMonths      []time.Time `db:"wave_months"`
	Completed       int64       `db:"completed_people"`
	Paid            int64       `db:"paid_people"`
	Changed         int64       `db:"changed_units"`
	Direction       string      `db:"direction"`
	UnitAggregation string      `db:"unit_aggregation"`
	TimeAggregation string      `db:"time_aggregation"`
	ComputedFrom    *string     `db:"computed_from"`
	Currency        *string     `db:"currency"`
	MoneyPerUnit    *float64    `db:"money_per_unit"`
	Margin          *float64    `db:"margin"`
	UnitOfMeasure   *string     `db:"unit_of_measure"`
	LastMonth       *time.Time  `db:"last_complete_month"`
}

// A unitRow is a unit's part in a tactic.
type unitRow struct {
	Unit          string     `db:"unit_id"`
	Part          string     `db:"part"`
	Wave          *int64     `db:"wave"`
	From          *time.Time `db:"exposed_from_month"`
	To            *time.Time `db:"exposed_to_month"`
	AssignedAt    *time.Time `db:"assigned_at"`
	IsTrusted     *bool      `db:"is_assigned_at_trusted"`
	IsChosen      bool       `db:"is_chosen_on_dial"`
	SelectionFrom *time.Time `db:"selection_from_date"`
	SelectionTo   *time.Time `db:"selection_to_date"`
	Heads         *float64   `db:"heads"`
	Group         *string    `db:"group_name"` // unit above it
}

// A waveRow is one wave of a roll-out.
type waveRow struct {
	Wave       int64      `db:"wave"`
	Start      time.Time  `db:"start_date"`
	AssignedBy string     `db:"assigned_by"`
	Rule       *string    `db:"order_rule"`
	Seed       *string    `db:"seed"`
	AssignedAt *time.Time `db:"assigned_at"`
	IsTrusted  bool       `db:"is_assigned_at_trusted"`
}

// A rivalRow is something else that touched a unit.
type rivalRow struct {
	ID            string     `db:"rival_id"`
	Name          string     `db:"name"`
	Unit          string     `db:"unit_id"`
	From          time.Time  `db:"from_month"`
	To            *time.Time `db:"to_date"`
	IsIndependent bool       `db:"is_independent"`
}

// A pilotRow is one kind of people in one arm of an experiment.
type pilotRow struct {
	Arm         string     `db:"arm"`
	Tenure      *float64   `db:"tenure_years"`
	IsFrontline *bool      `db:"is_frontline"`
	Level       *string    `db:"level"`
	IsKnown     bool       `db:"is_known"`
	LeftInMonth *int64     `db:"left_in_month"`
	Months      int64      `db:"months"`
	From        time.Time  `db:"from_month"`
	Until       time.Time  `db:"until_month"`
	AssignedAt  *time.Time `db:"assigned_at"`
	People      int64      `db:"people"`
	Leavers     int64      `db:"leavers"`
	Completers  int64      `db:"completers"`
}

// A pilotRivalRow is something else that touched the people of an experiment.
type pilotRivalRow struct {
	ID            string  `db:"rival_id"`
	Name          string  `db:"name"`
	IsIndependent bool    `db:"is_independent"`
	Treated       float64 `db:"treated_share"`
	Comparison    float64 `db:"comparison_share"`
}

// A contributionRow is what people think that a tactic contributed.
type contributionRow struct {
	Contribution float64 `db:"contribution"`
	IsHidden     bool    `db:"is_hidden"`
}

// A companyRow is one month of a dial, of all units together.
type companyRow struct {
	Month       time.Time `db:"month"`
	Total       float64   `db:"total"`
	Numerator   *float64  `db:"numerator"`
	Denominator *float64  `db:"denominator"`
	Mean        *float64  `db:"mean"`
	Weight      *float64  `db:"weight"`
	Units       int64     `db:"units"`
	IsComplete  bool      `db:"is_complete"`
}

// A believedRow is the last evidence run of a link.
type believedRow struct {
	Run         string   `db:"evidence_run_id"`
	Number      int64    `db:"run_number"`
	Link        string   `db:"tactic_link_id"`
	Fingerprint string   `db:"fingerprint"`
	Rung        int32    `db:"rung"`
	Result      string   `db:"result"`
	Joint       []string `db:"joint_with"`
	Caps        []string `db:"caps"`
	Tests       int32    `db:"tests"`
	Rejected    int32    `db:"rejected"`
	Low         *float64 `db:"low"`
	High        *float64 `db:"high"`
	Share       *float64 `db:"share_of_change"`
	Trial       any      `db:"trial"`
}

// A cellRow is one unit and month of a dial. There may be millions.
type cellRow struct {
	unit          string
	month         int // as monthNumber counts
	value, weight float64
}

// monthNumber counts months.
func monthNumber(t time.Time) int { return t.Year()*12 + int(t.Month()) - 1 }

var parameter = regexp.MustCompile(`\$[a-z_]+`)

// rowsOf runs a query of a refresh.
func rowsOf[T any](ctx context.Context, db *sql.DB, name string, args ...sql.NamedArg) ([]T, error) {
	rows, err := open(ctx, db, name, args)
	if err != nil {
		return nil, fmt.Errorf("panel %s: %w", name, err)
	}
	return scanAll[T](name, rows)
}

// scanAll reads rows into structs, and closes them.
func scanAll[T any](name string, rows *sql.Rows) (out []T, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("panel %s: %w", name, err)
		}
	}()
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	fields, err := fieldsOf(reflect.TypeFor[T](), columns, guard{hidden: -1, people: -1, person: -1})
	if err != nil {
		return nil, err
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		var row T
		v := reflect.ValueOf(&row).Elem()
		for i, f := range fields {
			if err := assign(v.Field(f), values[i]); err != nil {
				return nil, fmt.Errorf("column %q: %w", columns[i], err)
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// open runs a query of a refresh with those of args that it uses.
func open(ctx context.Context, db *sql.DB, name string, args []sql.NamedArg) (*sql.Rows, error) {
	src, bound, err := panelQuery(name, args)
	if err != nil {
		return nil, err
	}
	return db.QueryContext(ctx, src, bound...)
}

// panelQuery is the text of a query of a refresh, and those of args that it uses.
func panelQuery(name string, args []sql.NamedArg) (src string, bound []any, err error) {
	b, err := panelFiles.ReadFile("panel/" + name + ".sql")
	if err != nil {
		return "", nil, err
	}
	used := map[string]bool{}
	for _, p := range parameter.FindAllString(string(b), -1) {
		used[p[1:]] = true
	}
	for _, a := range args {
		if used[a.Name] {
			bound = append(bound, a)
		}
	}
	return string(b), bound, nil
}

// RefreshReads names the marts that a refresh of evidence rests on, in order.
func RefreshReads() []string {
	var names []string
	files, err := panelFiles.ReadDir("panel")
	if err != nil {
		return nil // they are part of the program
	}
	mart := regexp.MustCompile(`\bmarts\.\w+`)
	for _, f := range files {
		if strings.HasPrefix(f.Name(), "goal") || strings.HasPrefix(f.Name(), "changes") {
			continue // of objectives and of people's changes
		}
		if b, err := panelFiles.ReadFile("panel/" + f.Name()); err == nil {
			names = append(names, mart.FindAllString(string(b), -1)...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// cells reads the complete months of a dial. There may be millions.
func cells(ctx context.Context, db *sql.DB, metric string) (out []cellRow, err error) {
	rows, err := open(ctx, db, "cells", []sql.NamedArg{sql.Named("metric", metric)})
	if err != nil {
		return nil, fmt.Errorf("panel cells: %w", err)
	}
	defer rows.Close()
	var unit string
	for rows.Next() {
		var u sql.RawBytes
		var month time.Time
		var value, denominator sql.NullFloat64
		var n sql.NullInt64
		if err := rows.Scan(&u, &month, &value, &denominator, &n); err != nil {
			return nil, fmt.Errorf("panel cells: %w", err)
		}
		if string(u) != unit {
			unit = string(u)
		}
		c := cellRow{unit: unit, month: monthNumber(month), value: value.Float64, weight: 1}
		switch {
		case denominator.Valid:
			c.weight = denominator.Float64
		case n.Valid:
			c.weight = float64(n.Int64)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
