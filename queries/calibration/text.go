package calibration

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// WriteText prints the table, each share in per cent with its Monte Carlo error.
func (t Table) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%d companies, of which %d with seven tactics of three dials each in which nothing works; seed %d, %s, %.0f s\n",
		t.Companies, t.Company.Of, t.Seed, t.Date, t.Seconds)
	fmt.Fprintf(w, "%s of the companies in which nothing works hold a claim\n\n", t.Company.text())
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprint(out, "design\tfalse claims\tcannot tell")
	for _, m := range Multiples() {
		fmt.Fprintf(out, "\tfound at %g×\ttheory", m)
	}
	fmt.Fprintln(out, "\tcovered\tof claims")
	for _, d := range t.Designs {
		fmt.Fprintf(out, "%s\t%s\t%s", d.Name, d.FalseClaims.text(), d.CannotTell.text())
		for _, p := range d.Power {
			fmt.Fprintf(out, "\t%s\t%.0f", p.Found.text(), 100*p.Theory)
		}
		fmt.Fprintf(out, "\t%s\t%s\n", d.Covered.text(), d.CoveredClaims.text())
	}
	if len(t.Traps) > 0 {
		fmt.Fprintln(out, "\ntrap\twrong claims\tnaive\tcannot tell")
		for _, p := range t.Traps {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", p.Name, p.Wrong.text(), p.Naive.text(), p.CannotTell.text())
		}
	}
	return out.Flush()
}

// text is a share in per cent with its error and its total.
func (s Share) text() string {
	if s.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ± %.1f (%d)", 100*s.Rate(), 100*s.Error(), s.Of)
}
