package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"dials/queries/impact"
)

const designPower = "power"

// errorKinds are the values of --se.
var errorKinds = []string{
	"classical", "hc0", "hc1", "hc2", "hc3", "cluster", "cr2", "cr3", "cv3", "newey-west", "driscoll-kraay",
	"wild-cluster", "jackknife", "placebo", "bootstrap", "analytic",
}

// check refuses flags that no data could make sense of.
func (f *estimateFlags) check(cmd *cobra.Command, args []string) error {
	s := &f.spec
	designs := impact.Designs()
	switch {
	case s.Design == "":
		return fmt.Errorf("want --design, one of %s", strings.Join(designs, ", "))
	case !slices.Contains(designs, s.Design):
		return fmt.Errorf("--design %q: want one of %s%s", s.Design, strings.Join(designs, ", "), meant(s.Design, designs))
	}
	for _, c := range []struct {
		flag, value string
		want        []string
	}{
		{"format", f.format, []string{"table", "json"}},
		{"se", s.SE, append([]string{"", "none", "ar1"}, errorKinds...)},
		{"dof", s.DoF, []string{"", "stata", "fixest", "none"}},
		{"control", s.Control, []string{"", "never", "not-yet"}},
		{"method", s.Method, []string{"", "dr", "dr-improved", "ipw", "reg", "efficient", "sdid", "sc", "difp", "did"}},
		{"base", s.Base, []string{"", "varying", "universal"}},
		{"family", s.Family, []string{"", "gaussian", "poisson", "quasi-poisson"}},
		{"estimand", s.Estimand, []string{"", "att", "ate", "atc"}},
		{"variance", s.Variance, []string{"", "sample", "population"}},
		{"weights-report", s.WeightsReport, []string{"", "bacon"}},
	} {
		if !slices.Contains(c.want, c.value) {
			return fmt.Errorf("--%s %q: want %s", c.flag, c.value, either(c.want))
		}
	}
	if err := f.checkNumbers(cmd); err != nil {
		return err
	}
	if err := f.periodsAfter(); err != nil {
		return err
	}
	switch {
	case s.Design == designPower && len(args) > 0:
		return fmt.Errorf("design power reads no file: leave out %s", args[0])
	case s.Design != designPower && len(args) != 1:
		return errors.New(`want dials estimate --design DESIGN … FILE: see "dials help estimate"`)
	case s.Design != designPower && s.Outcome == "":
		return errors.New("want --outcome, the column that the treatment should move")
	}
	return nil
}

// checkNumbers refuses numbers out of range, and keeps those whose absence matters.
func (f *estimateFlags) checkNumbers(cmd *cobra.Command) error {
	s := &f.spec
	if cmd.Flags().Changed("reference") {
		s.Reference = &f.reference
	}
	if cmd.Flags().Changed("balance") {
		s.Balance = &f.balance
	}
	switch {
	case !(s.Level > 0 && s.Level < 1):
		return fmt.Errorf("--level %v: want a number between 0 and 1", s.Level)
	case s.Seed == 0:
		return errors.New("--seed 0: want a number from 1")
	case s.Draws < 0:
		return fmt.Errorf("--draws %d: want a number from 1", s.Draws)
	case f.balance < 0:
		return fmt.Errorf("--balance %d: want a number from 0", f.balance)
	case s.Anticipation < 0:
		return fmt.Errorf("--anticipation %d: want a number from 0", s.Anticipation)
	case cmd.Flags().Changed("neighbours") && s.Neighbours < 1:
		return fmt.Errorf("--neighbours %d: want a number from 1", s.Neighbours)
	case len(s.Cluster) > 2:
		return fmt.Errorf("--cluster names %d columns: want one or two", len(s.Cluster))
	case len(s.Fixed) > 2:
		return fmt.Errorf("--fe names %d columns: want one or two", len(s.Fixed))
	case s.Lags != "" && s.Lags != "auto" && !isCount(s.Lags):
		return fmt.Errorf("--lags %q: want a number from 0, or auto", s.Lags)
	}
	season, pairs, isFourier := strings.Cut(s.Season, ":")
	if !slices.Contains([]string{"", "none", "month", "quarter", "fourier"}, season) || isFourier != (season == "fourier") || isFourier && !isCount(pairs) {
		return fmt.Errorf("--season %q: want none, month, quarter or fourier:K", s.Season)
	}
	for _, ask := range s.Sensitivity {
		kind, bound, _ := strings.Cut(ask, ":")
		bound, _, _ = strings.Cut(bound, ":")
		m, err := strconv.ParseFloat(bound, 64)
		if kind != "honest-rm" && kind != "honest-sd" || err != nil || !(m >= 0) || math.IsInf(m, 0) {
			return fmt.Errorf("--sensitivity %q: want honest-rm:M or honest-sd:M with M from 0", ask)
		}
	}
	return nil
}

func isCount(s string) bool {
	n, err := strconv.Atoi(s)
	return err == nil && n >= 0
}

// periodsAfter reads --post of the power design, which is a number there.
func (f *estimateFlags) periodsAfter() error {
	s := &f.spec
	if s.Design != designPower || s.Post == "" {
		return nil
	}
	n, err := strconv.ParseFloat(s.Post, 64)
	if err != nil {
		return fmt.Errorf("--post %q: want the number of periods after", s.Post)
	}
	s.Power.Post, s.Post = n, ""
	return nil
}

// either lists values as words; an empty one is no value.
func either(values []string) string {
	var words []string
	for _, v := range values {
		if v != "" && v != "none" || len(values) < 6 && v != "" {
			words = append(words, v)
		}
	}
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// columns are the columns that flags name, by flag.
func (f *estimateFlags) columns() map[string][]string {
	s := f.spec
	predictors := make([]string, len(s.Predictors))
	for i, p := range s.Predictors {
		predictors[i], _, _ = strings.Cut(p, ":")
	}
	return map[string][]string{
		"outcome": {s.Outcome}, "unit": {s.Unit}, "time": {s.Time}, "treated": {s.Treated}, "first-treated": {s.FirstTreated},
		"post": {s.Post}, "instrument": {s.Instrument}, "covariates": s.Covariates, "cluster": s.Cluster, "weights": {s.Weights},
		"fe": s.Fixed, "offset": {s.Offset}, "comparison": {s.Comparison}, "predictors": predictors,
	}
}

// knownColumns refuses a column that the file does not have and names the nearest.
func knownColumns(flags map[string][]string, names []string) error {
	for _, flag := range sortedKeys(flags) {
		for _, column := range flags[flag] {
			parts := []string{column}
			if !slices.Contains(names, column) {
				parts = strings.Split(column, "^")
			}
			for _, part := range parts {
				if part == "" && column == "" || slices.Contains(names, part) {
					continue
				}
				hint := meant(part, names)
				if hint == "" {
					hint = "; the file has " + strings.Join(names[:min(len(names), 12)], ", ")
					if len(names) > 12 {
						hint += fmt.Sprintf(" and %d more", len(names)-12)
					}
				}
				return fmt.Errorf("--%s: no column %q%s", flag, part, hint)
			}
		}
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// meant names the known word nearest to one that is not known, if it is near.
func meant(word string, known []string) string {
	best, least := "", len(word)/3+2
	for _, k := range known {
		if d := editDistance(strings.ToLower(word), strings.ToLower(k)); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// editDistance is how many letters must be put in, taken out or changed.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := above
			if a[i] != b[j] {
				d++
			}
			above = row[j+1]
			row[j+1] = min(d, row[j]+1, above+1)
		}
	}
	return row[len(b)]
}
