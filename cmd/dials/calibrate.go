package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"
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
table, whatever the number of cores. --format json is what /calibration shows.`

func newCalibrate(o *options) *cobra.Command {
	c := calibrator{learn: gaugeRuns}
	cmd := &cobra.Command{
		Use:     "calibrate",
		Short:   "Simulate companies, and count how often verdicts are right",
		Long:    calibrateManual,
		Example: "  dials calibrate --runs 100\n  dials calibrate --runs 1000 --format json > table.json",
		Args:    exactly(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			asJSON, err := o.wantJSON()
			if err != nil {
				return err
			}
			if c.runs < 1 {
				return fmt.Errorf("--runs %d: want 1 or more", c.runs)
			}
			b := newBar(o.stderr, "calibrate")
			defer b.finish()
			c.progress = func(what string, done int) { b.set(what, int64(done)) }
			start := time.Now()
			table, err := c.run(cmd.Context())
			if err != nil {
				return err
			}
			table.Date, table.Seconds = start.UTC().Format(time.DateOnly), time.Since(start).Round(time.Second).Seconds()
			if asJSON {
				return writeJSON(o.stdout, table)
			}
			return table.WriteText(o.stdout)
		},
	}
	cmd.Flags().IntVar(&c.runs, "runs", 100, "companies in which nothing works, `N`")
	cmd.Flags().Uint64Var(&c.seed, "seed", 1, "seed of the random numbers, `N`")
	o.addFormat(cmd)
	return cmd
}
