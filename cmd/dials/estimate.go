package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"dials/queries/impact"
	"dials/warehouse"
)

const estimateManual = `Estimates what a treatment did to an outcome, from the columns of one file, and
says how well that is known. It needs no configuration and no warehouse.

FILE is .csv with a header line, .parquet or .arrow. Empty, NA, NaN and . are
missing; rows that miss a value the analysis uses are left out and counted. Time
is numbers, or dates such as 2024-03-01, 2024-03 or 2024Q1.

Designs and the columns they need besides --outcome:

  randomized                        --treated [--covariates]
  before-after, its                 --time --at, or --post
  did                               --treated --post, or --unit --time with a date
  twfe, event-study                 --unit --time with a date
  staggered, sun-abraham, imputation    --unit --time --first-treated
  synthetic-control, sdid           --unit --time with a date
  drdid, drdid-rc                   --treated and --time, or --post
  matching, ipw, aipw, ra, ipwra    --treated --covariates
  ols                               --covariates [--treated] [--fe]
  power                             no file: --n1 --n2 --sd --effect …

A date is --first-treated; or --treated as 0 and 1 per row; or --treated per unit
with --at or --post.

Defaults: errors are hc2 for randomized and did without units; cr2 for did with
units; cluster by unit for twfe and event-study; AR(1) for its; analytic for
staggered, drdid and weighting; placebo for sdid. --dof is stata for ols, did,
its and newey-west, fixest for twfe and event-study, none for analytic errors.
--base is varying; --control is never where there are never-treated units, else
not-yet; --seed is 1; --level is 0.95. All that was chosen stands in the answer.

Exit codes: 0 with an answer, whatever its checks say; 2 for input that cannot be
used, with one line that says why.`

// estimateFlags are the flags of estimate that are not yet a Spec.
type estimateFlags struct {
	spec      impact.Spec
	reference int
	balance   int
	format    string
}

func newEstimate(o *options) *cobra.Command {
	var f estimateFlags
	cmd := &cobra.Command{
		Use:   "estimate --design DESIGN [flags] FILE",
		Short: "Estimate the effect of a treatment from a file of data",
		Long:  estimateManual,
		Example: `  dials estimate --design did --outcome sales --treated coached --post after sales.csv
  dials estimate --design staggered --outcome defects --unit team --time month --first-treated started panel.parquet
  dials estimate --design power --n1 40 --n2 40 --sd 12`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd, args); err != nil {
				return err
			}
			r, err := f.run(cmd.Context(), args)
			if err != nil {
				return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
			}
			if f.format == "json" {
				return writeJSON(o.stdout, r)
			}
			return writeReport(o.stdout, r)
		},
	}
	f.add(cmd)
	return cmd
}

// add defines the flags.
func (f *estimateFlags) add(cmd *cobra.Command) {
	s, flags := &f.spec, cmd.Flags()
	flags.StringVar(&s.Design, "design", "", "`DESIGN` of the analysis: "+strings.Join(impact.Designs(), ", "))
	flags.StringVar(&s.Outcome, "outcome", "", "`COL` that the treatment should move")
	flags.StringVar(&s.Unit, "unit", "", "`COL` of the units: people, teams, sites")
	flags.StringVar(&s.Time, "time", "", "`COL` of the periods")
	flags.StringVar(&s.Treated, "treated", "", "`COL` of 0 and 1, per row or per unit")
	flags.StringVar(&s.FirstTreated, "first-treated", "", "`COL` of the first treated period; 0 or empty is never")
	flags.StringVar(&s.Post, "post", "", "`COL` of 0 and 1: after the treatment began; under power, how many periods after")
	flags.StringVar(&s.Instrument, "instrument", "", "`COL` of what was offered; --treated is then what was taken up")
	flags.StringSliceVar(&s.Covariates, "covariates", nil, "`COLS` to adjust for, divided by commas")
	flags.StringSliceVar(&s.Cluster, "cluster", nil, "`COLS` of clusters, one or two")
	flags.StringVar(&s.Weights, "weights", "", "`COL` of weights")
	flags.StringSliceVar(&s.Fixed, "fe", nil, "`COLS` of fixed effects, one or two; year^region joins two columns")
	flags.StringVar(&s.Offset, "offset", "", "`COL` of the exposure of counts")
	flags.StringVar(&s.At, "at", "", "first treated `PERIOD`")
	flags.StringVar(&s.Comparison, "comparison", "", "`COL` of a comparison series (its)")
	flags.StringSliceVar(&s.Predictors, "predictors", nil, "`COLS` that a synthetic control matches, each COL or COL:FROM-TO")
	flags.IntVar(&f.reference, "reference", -1, "base `PERIOD` of an event study, relative to treatment")
	flags.IntVar(&f.balance, "balance", 0, "keep cohorts seen `N` periods after treatment (staggered)")

	flags.StringVar(&s.SE, "se", "", "`KIND` of standard error: "+strings.Join(errorKinds, ", "))
	flags.StringVar(&s.Lags, "lags", "", "`N` lags of newey-west or driscoll-kraay, or auto")
	flags.StringVar(&s.DoF, "dof", "", "small-sample `FACTOR`: stata, fixest or none")
	flags.StringVar(&s.Control, "control", "", "comparison `GROUP`: never or not-yet treated (staggered)")
	flags.StringVar(&s.Method, "method", "", "`METHOD`: dr, dr-improved, ipw, reg or efficient; sc, difp or did under sdid")
	flags.StringVar(&s.Base, "base", "", "`BASE` of periods before treatment: varying or universal (staggered)")
	flags.IntVar(&s.Anticipation, "anticipation", 0, "`N` periods before treatment that it may have moved already")
	flags.StringVar(&s.Season, "season", "", "`SEASON` of a series: none, month, quarter or fourier:K")
	flags.StringVar(&s.Family, "family", "", "`FAMILY`: gaussian, poisson or quasi-poisson")
	flags.StringVar(&s.Estimand, "estimand", "", "`WHO` the effect is of: att, ate or atc")
	flags.IntVar(&s.Neighbours, "neighbours", 0, "`N` matches per row (matching; default 1)")
	flags.BoolVar(&s.BiasAdjust, "bias-adjust", false, "adjust matches by regression")
	flags.StringVar(&s.Variance, "variance", "", "error of the `sample` or population effect (matching)")
	flags.Float64Var(&s.Level, "level", 0.95, "confidence `LEVEL`")
	flags.Uint64Var(&s.Seed, "seed", 1, "seed `N` of draws")
	flags.IntVar(&s.Draws, "draws", 0, "`N` draws of a bootstrap or placebo; 0 is the design's own number")
	flags.BoolVar(&s.Expand, "expand", false, "unit × time cells that are absent are 0")

	flags.StringVar(&s.WeightsReport, "weights-report", "", "add the weights of `KIND` bacon (twfe)")
	flags.BoolVar(&s.PlaceboSpace, "placebo-space", false, "check: the effect among placebos of untreated units")
	flags.StringVar(&s.PlaceboTime, "placebo-time", "", "check: as if treatment began in `PERIOD`, on the periods before it did")
	flags.StringSliceVar(&s.Sensitivity, "sensitivity", nil, "check: `BOUND` honest-rm:M or honest-sd:M on departures from parallel trends")

	p := &s.Power
	flags.Float64Var(&p.N1, "n1", 0, "`N` units in the first group (power)")
	flags.Float64Var(&p.N2, "n2", 0, "`N` units in the second group (power)")
	flags.Float64Var(&p.SD, "sd", 0, "standard deviation `X` of the outcome (power; default 1)")
	flags.Float64Var(&p.Effect, "effect", 0, "effect `X` to be found (power)")
	flags.Float64Var(&p.ICC, "icc", 0, "intraclass correlation `X` (power)")
	flags.Float64Var(&p.ClusterSize, "cluster-size", 0, "`N` units in a cluster (power)")
	flags.Float64Var(&p.Pre, "pre", 0, "`N` periods before (power)")
	flags.Float64Var(&p.Rho, "rho", 0, "correlation `X` of a unit's outcome across periods (power)")
	flags.Float64Var(&p.Power, "power", 0, "`X` chance of finding the effect (power; default 0.8)")
	flags.Float64Var(&p.Alpha, "alpha", 0, "`X` chance of a false alarm (power; default 0.05)")
	flags.StringVar(&f.format, "format", "table", "`FORMAT` of the answer: table or json")
	flags.SortFlags = false
}

// run reads the file and estimates.
func (f *estimateFlags) run(ctx context.Context, args []string) (*impact.Report, error) {
	if f.spec.Design == designPower {
		return impact.Run(f.spec, nil)
	}
	path := args[0]
	table, err := warehouse.ReadColumns(ctx, path)
	if err != nil {
		return nil, err
	}
	columns := make([]impact.Column, len(table.Columns))
	for i, c := range table.Columns {
		columns[i] = impact.Column{Name: c.Name, Numbers: c.Numbers, Text: c.Text}
	}
	frame, err := impact.NewFrame(columns...)
	if err == nil {
		err = knownColumns(f.columns(), frame.Names())
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := interruptible(ctx, func() (*impact.Report, error) { return impact.Run(f.spec, frame) })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r.Data.SHA256 = table.SHA256
	r.Settings["seed"] = f.spec.Seed
	return r, nil
}

// interruptible returns when f does or ctx ends; f does not know of ctx.
func interruptible[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := f()
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
