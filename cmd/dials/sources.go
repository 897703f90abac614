package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dials/ingest/connectors"
	"dials/warehouse"
)

const sourcesManual = `Without an argument: the kinds of sources that Dials can read, the services that
it has presets for, how far each is tested, and the canonical streams that they can
fill. With a stream's name: its columns, keys and types, as
[source.stream.map] in config.toml may name them.`

func newSources(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "sources [STREAM]",
		Short:   "List what can be read, and the columns of each stream",
		Long:    sourcesManual,
		Example: "  dials sources\n  dials sources employment",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			streams, err := warehouse.Streams()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return printSources(o.stdout, streams)
			}
			i := slices.IndexFunc(streams, func(s warehouse.Stream) bool { return s.Name == args[0] })
			if i < 0 {
				return fmt.Errorf("sources: unknown stream %q: \"dials sources\" lists them", args[0])
			}
			return printStream(o.stdout, streams[i])
		},
	}
	return cmd
}

func printSources(w io.Writer, streams []warehouse.Stream) error {
	examples, err := connectors.Examples()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "kinds of sources:")
	presets := ""
	for _, e := range examples {
		if e.Preset && presets != e.Kind {
			fmt.Fprintf(table, "\npresets of kind %s:\n", e.Kind)
			presets = e.Kind
		}
		fmt.Fprintf(table, "  %s\t%s\ttested: %s\n", e.Name, e.Reads, e.Tested)
	}
	fmt.Fprintln(table, "\n\"dials init --source NAME\" writes a commented block of config.toml for any of them.\n\nstreams:")
	for _, s := range streams {
		fmt.Fprintf(table, "  %s\t%s\n", s.Name, s.Grain)
	}
	return table.Flush()
}

func printStream(w io.Writer, s warehouse.Stream) error {
	fmt.Fprintf(w, "%s: %s\nkey: %s\n", s.Name, s.Grain, strings.Join(s.Key, ", "))
	if s.Dated {
		fmt.Fprintln(w, "dated: valid_from and valid_to, half-open; both can be mapped")
	}
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	for _, c := range s.Columns {
		required := ""
		if c.Required {
			required = "required"
		}
		meaning := c.Meaning
		if len(c.OneOf) > 0 {
			meaning += ": " + strings.Join(c.OneOf, ", ")
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", c.Name, c.Kind, required, meaning)
	}
	return table.Flush()
}
