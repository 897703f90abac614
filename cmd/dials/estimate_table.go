package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"dials/queries/impact"
)

// writeReport writes a report as tables for people to read.
func writeReport(w io.Writer, r *impact.Report) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	head := r.Design
	if r.Estimand != "" {
		head += ": " + r.Estimand
	}
	fmt.Fprintf(table, "design\t%s\n", head)
	if r.Data.RowsRead > 0 {
		fmt.Fprintf(table, "data\t%s\n", counts(r))
		fmt.Fprintf(table, "sha-256\t%s\n", r.Data.SHA256)
	}
	for _, reason := range sortedKeys(r.Data.Dropped) {
		fmt.Fprintf(table, "left out\t%d: %s\n", r.Data.Dropped[reason], reason)
	}
	if e := r.Effect; e != nil {
		fmt.Fprintf(table, "effect\t%s\n", number(e.Value))
		if !math.IsNaN(e.StdErr) {
			fmt.Fprintf(table, "standard error\t%s\n", number(e.StdErr))
			fmt.Fprintf(table, "%s %% interval\t%s to %s\n", number(100*e.Level), number(e.Lo), number(e.Hi))
			fmt.Fprintf(table, "p\t%s\n", testOf(*e))
		}
	}
	if r.MDE != 0 {
		fmt.Fprintf(table, "smallest effect found (MDE)\t%s\n", number(r.MDE))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	writeAggregates(w, r)
	writeEffects(w, r.Effects)
	writeWeights(w, r.Weights)
	writeChecks(w, r.Checks)
	writeSettings(w, r.Settings)
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "\nwarning: %s", warning)
	}
	_, err := fmt.Fprintln(w)
	return err
}

// counts says how much data there is.
func counts(r *impact.Report) string {
	parts := []string{fmt.Sprintf("%d of %d rows", r.Data.RowsUsed, r.Data.RowsRead)}
	for _, c := range []struct {
		n    int
		what string
	}{{r.Units, "units"}, {r.Treated, "treated"}, {r.Control, "control"}, {r.Periods, "periods"}, {r.Clusters, "clusters"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	return strings.Join(parts, ", ")
}

// number is a number for people: six digits, "-" where there is none.
func number(x float64) string {
	if math.IsNaN(x) {
		return "-"
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// testOf is the test of an estimate in words.
func testOf(e impact.Estimate) string {
	switch {
	case math.IsNaN(e.P):
		return "-"
	case math.IsNaN(e.DF) || math.IsInf(e.DF, 1):
		return fmt.Sprintf("%s (z = %s)", number(e.P), number(e.Statistic))
	}
	return fmt.Sprintf("%s (t = %s on %s degrees of freedom)", number(e.P), number(e.Statistic), number(e.DF))
}

func estimateCells(e impact.Estimate) string {
	return strings.Join([]string{number(e.Value), number(e.StdErr), number(e.Lo), number(e.Hi), number(e.P)}, "\t")
}

func writeAggregates(w io.Writer, r *impact.Report) {
	if len(r.Aggregates) == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintf(table, "\naverage\testimate\tstd. error\tlow\thigh\tp\n")
	for _, kind := range []string{"simple", "event", "group", "calendar"} {
		if e, ok := r.Aggregates[kind]; ok {
			fmt.Fprintf(table, "%s\t%s\n", kind, estimateCells(e))
		}
	}
}

func writeEffects(w io.Writer, effects []impact.Effect) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	defer table.Flush()
	kind := ""
	for _, e := range effects {
		if e.Kind != kind {
			kind = e.Kind
			fmt.Fprintf(table, "\n%s\testimate\tstd. error\tlow\thigh\tp\n", kind)
		}
		fmt.Fprintf(table, "%s\t%s\n", e.Name, estimateCells(e.Estimate))
	}
}

func writeWeights(w io.Writer, weights []impact.Weight) {
	if len(weights) == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintf(table, "\nweight of\tname\tweight\testimate\n")
	for _, g := range weights {
		estimate := "-"
		if g.Estimate != 0 {
			estimate = number(g.Estimate)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", g.Kind, g.Name, number(g.Weight), estimate)
	}
}

func writeChecks(w io.Writer, checks []impact.Check) {
	if len(checks) == 0 {
		return
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintf(table, "\ncheck\t\tstatistic\tp\tnote\n")
	for _, c := range checks {
		answer := "passed"
		if !c.Passed {
			answer = "failed"
		}
		note := c.Note
		if c.Lo != 0 || c.Hi != 0 {
			note = strings.TrimPrefix(fmt.Sprintf("%s; %s to %s", note, number(c.Lo), number(c.Hi)), "; ")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", c.Name, answer, number(c.Statistic), number(c.P), note)
	}
}

func writeSettings(w io.Writer, settings map[string]any) {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintf(table, "\nsetting\n")
	for _, name := range sortedKeys(settings) {
		fmt.Fprintf(table, "%s\t%s\n", name, setting(settings[name]))
	}
}

// setting is a setting in words; lists and tables are JSON.
func setting(value any) string {
	switch v := value.(type) {
	case float64:
		return number(v)
	case []string:
		return strings.Join(v, ", ")
	case string, bool, int, uint64:
		return fmt.Sprint(v)
	}
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(b)
}
