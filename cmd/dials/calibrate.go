package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dials/queries/calibration"
)

const calibrateManual = `Simulates companies of which it is known what works, takes each through the whole
path, from source files to verdicts, and counts how often the verdicts are right.

In a company seven tactics are aimed at three dials each, and call for seven
designs; experiments on people are companies of their own. The table says for each design

  false claims   of verdicts about tactics that do nothing, without those that
                 cannot tell: claims. At most 5 %.
  cannot tell    of all verdicts about tactics that do nothing
  found          of effects of 1, 1.5 and 2 times the smallest one that the
                 design sees 4 times in 5: claims; theory is what a t test finds
                 at the level that a company's other tests leave
  covered        95 % intervals that hold the truth, and those of claims at the
                 level that is shown with them

and for each trap, a history that fools careless readers, how often a wrong claim
is made of it. Every figure has its Monte Carlo error behind ±.

--runs is the number of companies in which nothing works; half as many are made
in which something does, and a quarter as many of traps. The same seed and runs give the same
table, whatever the number of cores.

--keep names a file to which each company is added once it is judged. A run that was
stopped, by a signal or by --for, goes on from there; one of another engine or seed is
refused. The table is of the runs that are whole. --format json is what
/calibration shows, md what README holds; --released prints the table of this release.`

func newCalibrate(o *options) *cobra.Command {
	c := calibrator{learn: gaugeRuns}
	var atMost time.Duration
	var isReleased bool
	cmd := &cobra.Command{
		Use:     "calibrate",
		Short:   "Simulate companies, and count how often verdicts are right",
		Long:    calibrateManual,
		Example: "  dials calibrate --runs 100\n  dials calibrate --runs 1000 --keep companies.jsonl --for 1h --format json > table.json",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			write, err := tableWriter(o)
			if err != nil {
				return err
			}
			if isReleased {
				table, err := calibration.Released()
				if err != nil {
					return err
				}
				return write(table)
			}
			if c.runs < 1 {
				return fmt.Errorf("--runs %d: want 1 or more", c.runs)
			}
			b := newBar(o.stderr, "calibrate")
			defer b.finish()
			c.progress = func(what string, done int) { b.set(what, int64(done)) }
			start := time.Now()
			if cmd.Flags().Changed("for") {
				c.until = start.Add(atMost)
			}
			table, err := c.run(cmd.Context())
			if err != nil {
				return err
			}
			table.Date = start.UTC().Format(time.DateOnly)
			return write(table)
		},
	}
	cmd.Flags().IntVar(&c.runs, "runs", 100, "companies in which nothing works, `N`")
	cmd.Flags().Uint64Var(&c.seed, "seed", 1, "seed of the random numbers, `N`")
	cmd.Flags().StringVar(&c.keep, "keep", "", "`FILE` of companies that were judged, to go on with")
	cmd.Flags().DurationVar(&atMost, "for", 0, "start no company after `DURATION`, such as 90m")
	cmd.Flags().BoolVar(&isReleased, "released", false, "print the table of this release")
	cmd.Flags().StringVar(&o.format, "format", "text", "`FORMAT` of the table: text, json or md")
	return cmd
}

// tableWriter prints a table in the format that the flag names.
func tableWriter(o *options) (func(calibration.Table) error, error) {
	switch o.format {
	case "text":
		return func(t calibration.Table) error { return t.WriteText(o.stdout) }, nil
	case "json":
		return func(t calibration.Table) error { return writeJSON(o.stdout, t) }, nil
	case "md":
		return func(t calibration.Table) error { return t.WriteMarkdown(o.stdout) }, nil
	}
	return nil, fmt.Errorf("--format %q: want text, json or md", o.format)
}
