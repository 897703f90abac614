package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// printPlan writes a plan as tables.
func printPlan(w io.Writer, r planResult) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	noun := "units"
	if r.IsPeople {
		noun = "people"
	}
	fmt.Fprintf(table, "dial\t%s, %d %s, %s to %s", r.Dial, r.Units, noun, r.FirstMonth, r.LastMonth)
	if r.LeftOut > 0 {
		fmt.Fprintf(table, "; %d with gaps left out", r.LeftOut)
	}
	fmt.Fprintf(table, "\nwanted\t%g %%\n", r.Wanted)
	switch {
	case r.Months > 0:
		fmt.Fprintf(table, "a test of\t%d months finds %.2g %% or more\n", r.Months, *r.MDE)
	case r.MDE != nil:
		fmt.Fprintf(table, "no test\tof this kind finds it: the smallest change found is %.2g %%\n", *r.MDE)
	default:
		fmt.Fprintf(table, "no test\tcan be told: the past is too short\n")
	}
	if !r.IsPeople {
		fmt.Fprintf(table, "draw\t%d of seed %s; even: %t\n", r.Draw, r.Seed, r.IsEven)
	}
	r.printCells(table, noun)
	words := "\nnot registered: add --register and --tactic before the first day"
	switch {
	case r.IsPeople:
		words = "\nwho gets it is drawn elsewhere: deliver it with the stream tactic_participant before the first day"
	case r.Registered:
		words = "\nregistered: the assignment is logged"
	}
	if !r.IsPeople {
		r.printDraw(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, words)
	return err
}

// printCells writes what so many units or people find.
func (r planResult) printCells(table io.Writer, noun string) {
	fmt.Fprint(table, "\nsmallest change found, %\n")
	units := 0
	for _, c := range r.Cells {
		if c.Units != units {
			if units > 0 {
				fmt.Fprintln(table)
			}
			units = c.Units
			fmt.Fprintf(table, "%d %s", c.Units, noun)
		}
		text := "–"
		if c.MDE != nil {
			text = fmt.Sprintf("%.1f", *c.MDE)
		}
		if c.Finds {
			text += " ✓"
		}
		fmt.Fprintf(table, "\t%d months: %s", c.Months, text)
	}
	fmt.Fprintln(table)
}

// printDraw writes who was drawn, and how even the draw is.
func (r planResult) printDraw(table io.Writer) {
	fmt.Fprint(table, "\nbefore the start\tfirst\tothers\tdifference, sd\n")
	for _, b := range r.Balance {
		fmt.Fprintf(table, "%s\t%.4g\t%.4g\t%+.2f\n", b.Trait, b.First, b.Others, b.Difference)
	}
	fmt.Fprint(table, "\nunit\twave\tstart\n")
	for _, u := range r.Assignment {
		wave := "compared with"
		if u.Wave > 0 {
			wave = fmt.Sprint(u.Wave)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", u.Unit, wave, u.Start)
	}
}
