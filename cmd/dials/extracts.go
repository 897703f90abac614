package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dials/dashboards/extracts"
	"dials/queries"
)

const extractsManual = `Without an argument: the datasets that can be taken away, by whom they are kept and
what a row of each is. With an extract's name: its columns and what they mean.

They are downloaded from a running server, as /extracts/NAME.FORMAT.`

func newExtracts(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "extracts [NAME]",
		Short:   "List the datasets that can be taken away, and their columns",
		Long:    extractsManual,
		Example: "  dials extracts\n  dials extracts dial_monthly",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			catalogue, err := queries.Extracts()
			if err != nil {
				return err
			}
			if len(args) == 1 {
				chosen := catalogue[:0]
				for _, e := range catalogue {
					if e.Name == args[0] {
						chosen = append(chosen, e)
					}
				}
				if len(chosen) == 0 {
					return fmt.Errorf("extracts: unknown extract %q: \"dials extracts\" lists them", args[0])
				}
				catalogue = chosen
			}
			if asJSON {
				out := json.NewEncoder(o.stdout)
				out.SetIndent("", "  ")
				return out.Encode(catalogue)
			}
			if len(args) == 1 {
				return printExtract(o.stdout, catalogue[0])
			}
			return printExtracts(o.stdout, catalogue)
		},
	}
	o.addFormat(cmd)
	return cmd
}

func printExtracts(w io.Writer, catalogue []queries.Extract) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "extract\tone row is\tclass\towner")
	for _, e := range catalogue {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", e.Name, e.Grain, e.Class, e.Owner)
	}
	return table.Flush()
}

func printExtract(w io.Writer, e queries.Extract) error {
	fmt.Fprintf(w, "%s: %s\none row is %s\nkey: %s\nfilters: %s\nformats: %s\nowner: %s\n\n", e.Name, e.Title, e.Grain,
		strings.Join(e.Key, ", "), strings.Join(e.Choices(), ", "), strings.Join(extracts.Endings(), ", "), e.Owner)
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "column\tunit\twhat it is")
	for _, c := range e.Columns {
		fmt.Fprintf(table, "%s\t%s\t%s\n", c.Name, c.Unit, c.Says)
	}
	return table.Flush()
}
