// Package impact estimates what a tactic did to a metric, and how sure one can be.
//
// Its functions are pure: typed columns in, an [Estimate] or a [Report] out, no
// I/O, no clock, no randomness that the caller did not seed, and the same bytes
// whatever the number of threads. Inputs come from data, so an unusable input is
// an error that says where and why, never a panic and never a silent NaN.
//
// [Run] maps the settings of one analysis, a [Spec], onto the estimator of its
// design. The estimators can also be called by themselves: [Regress] for the
// regressions and their standard errors, [Staggered] and its siblings for panels
// with adoption dates, [Segmented] for interrupted series.
//
// Matrices are slices of columns. A column holds one value per row and all
// columns have the same length. Codes number the levels of a key from 0.
package impact

import (
	"errors"
	"fmt"
)

// ErrTooFew is returned when a sample is too small to estimate its variance.
var ErrTooFew = errors.New("too few observations")

// ErrNotFinite is returned when a sample holds a NaN or an infinity.
var ErrNotFinite = errors.New("observation is not finite")

// ErrConstant is returned when the outcome does not vary.
var ErrConstant = errors.New("the outcome is constant")

// ErrNoComparison is returned when nothing is left to compare the treated with.
var ErrNoComparison = errors.New("no comparison")

// ErrOneCluster is returned when clustered errors are asked of a single cluster.
var ErrOneCluster = errors.New("one cluster")

// ErrReversal is returned when a unit is treated and later untreated.
var ErrReversal = errors.New("treated and then untreated")

// ErrDuplicate is returned when a unit has two rows in one period.
var ErrDuplicate = errors.New("duplicate unit and period")

// A CollinearError names the columns that cannot be told apart.
type CollinearError struct {
	Column string   // the column that adds nothing
	With   []string // the columns that already say it
}

// Error says which column is collinear and with which others.
func (e *CollinearError) Error() string {
	if len(e.With) == 0 {
		return fmt.Sprintf("column %q is collinear: it does not vary once the fixed effects are removed; drop it", e.Column)
	}
	return fmt.Sprintf("column %q is collinear with %s; drop one of them", e.Column, quoted(e.With))
}

func quoted(names []string) string {
	s := ""
	for i, n := range names {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%q", n)
	}
	return s
}
