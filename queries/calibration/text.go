package calibration

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText prints the table, each share in per cent with its Monte Carlo error.
func (t Table) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "%d companies, of which %d with seven tactics of three dials each in which nothing works; engine %s, seed %d, %s, %.0f s of computing\n",
		t.Companies, t.Company.Of, t.Engine, t.Seed, t.Date, t.Seconds)
	fmt.Fprintf(w, "%s of the companies in which nothing works hold a claim\n\n", t.Company.text())
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprint(out, "design\tfalse claims\tcannot tell")
	for _, m := range Multiples() {
		fmt.Fprintf(out, "\tfound at %g×\ttheory", m)
	}
	fmt.Fprintln(out, "\tcovered\tof claims\tMDE")
	for _, d := range t.Designs {
		fmt.Fprintf(out, "%s\t%s\t%s", d.Name, d.FalseClaims.text(), d.CannotTell.text())
		for _, p := range d.Power {
			fmt.Fprintf(out, "\t%s\t%.0f", p.Found.text(), 100*p.Theory)
		}
		fmt.Fprintf(out, "\t%s\t%s\t%.3g\n", d.Covered.text(), d.CoveredClaims.text(), d.MDE)
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

// WriteMarkdown writes the table as README holds it.
func (t Table) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "`dials calibrate --runs %d --seed %d`, engine %s, %s: %d companies. **%d of %d companies in which nothing works hold a\nclaim**, %s %%; 5 %% are allowed.\n\n",
		t.Runs, t.Seed, t.Engine, t.Date, t.Companies, t.Company.Count, t.Company.Of, t.Company.short())
	b.WriteString("| design | false claims | cannot tell |")
	for _, m := range Multiples() {
		fmt.Fprintf(&b, " found at %g× (theory) |", m)
	}
	b.WriteString(" covered | of claims | MDE |\n|---|" + strings.Repeat("---|", len(Multiples())+5) + "\n")
	for _, d := range t.Designs {
		fmt.Fprintf(&b, "| %s | %s | %s |", d.Name, d.FalseClaims.short(), d.CannotTell.short())
		for _, p := range d.Power {
			fmt.Fprintf(&b, " %s (%.0f) |", p.Found.short(), 100*p.Theory)
		}
		fmt.Fprintf(&b, " %s | %s | %.3g |\n", d.Covered.short(), d.CoveredClaims.short(), d.MDE)
	}
	b.WriteString("\n| trap | wrong claims | naive answer wrong | cannot tell |\n|---|---|---|---|\n")
	for _, p := range t.Traps {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", p.Name, p.Wrong.short(), p.Naive.short(), p.CannotTell.short())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// short is a share in per cent with its error.
func (s Share) short() string {
	if s.Of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f ± %.1f", 100*s.Rate(), 100*s.Error())
}
