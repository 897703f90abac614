package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"dials/cmd/dials/demo"
)

const demoManual = `Writes the source files of a fictional company, and the config.toml that reads
them: HRIS and payroll as CSV, learning as JSON Lines, reviews and assessments as
XLSX (Parquet above 20,000 employees), goals, check-ins, tactics and links as CSV,
metric observations as Parquet. The same seed gives the same bytes.

The company holds a staggered training, a randomised pilot that is strong enough
and one that is not, a change on one date for everybody, a programme for the units
that were worst, a reorganisation beside a price change, tactics that are linked to
nothing and one that was linked afterwards. truth.json holds what is really so;
nothing but tests reads it.`

func newDemo(o *options) *cobra.Command {
	var opts demo.Options
	cmd := &cobra.Command{
		Use:     "demo DIR",
		Short:   "Write the source files of a fictional company",
		Long:    demoManual,
		Example: "  dials demo build/demo\n  dials sync --config build/demo/config.toml\n  dials serve --config build/demo/config.toml",
		Args:    exactly("DIR"),
		RunE: func(cmd *cobra.Command, args []string) error {
			opts.Dir = args[0]
			if _, err := os.Stat(filepath.Join(opts.Dir, "config.toml")); err == nil {
				return fmt.Errorf("demo %s: it holds a config.toml already; choose an empty folder", opts.Dir)
			} else if !errors.Is(err, os.ErrNotExist) {
				return err
			}
			bar := newBar(o.stderr, "writing")
			defer bar.finish()
			if err := demo.Write(cmd.Context(), opts, bar.describe); err != nil {
				return fmt.Errorf("demo %s: %w", opts.Dir, err)
			}
			bar.finish()
			_, err := fmt.Fprintf(o.stdout, "wrote %s: next, dials sync --config %s\n", opts.Dir, filepath.Join(opts.Dir, "config.toml"))
			return err
		},
	}
	cmd.Flags().IntVar(&opts.Employees, "employees", 2500, "people in the company at its start, `N`")
	cmd.Flags().IntVar(&opts.Months, "months", 48, "months of history, `N`")
	cmd.Flags().Int64Var(&opts.Seed, "seed", 1, "seed of the random numbers, `N`")
	return cmd
}
