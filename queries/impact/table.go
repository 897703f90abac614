package impact

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A table is the complete rows of a frame under the columns that a spec names, in a
// fixed order: by unit and time where they are given, so that sums do not depend on
// the order of rows.
type table struct {
	frame *Frame
	data  Data

	outcome []float64
	treated []float64 // nil where --treated is absent
	post    []float64
	weights []float64
	x       [][]float64 // covariates
	unit    Key
	time    Periods
	cluster []Key
	fixed   []Key

	warnings []string
}

// read takes the columns of s from f. Extra columns of numbers must be complete too.
func read(s Spec, f *Frame, extra ...string) (*table, error) {
	numbers := append([]string{s.Outcome, s.Treated, s.Post, s.Weights, s.Instrument}, s.Covariates...)
	numbers = append(numbers, extra...)
	keys := append([]string{s.Unit, s.Time}, s.Cluster...)
	keys = append(keys, s.Fixed...)
	rows := f.Rows()
	if s.Expand {
		var err error
		if f, err = f.expand(s); err != nil {
			return nil, err
		}
	}
	kept, data, err := f.complete(numbers, keys)
	if err != nil {
		return nil, err
	}
	for _, name := range numbers {
		if err := kept.squarable(name); err != nil {
			return nil, err
		}
	}
	if s.Weights != "" {
		if kept, err = positive(kept, s.Weights, &data); err != nil {
			return nil, err
		}
	}
	t := &table{frame: kept, data: data}
	if s.Expand {
		t.warnings = append(t.warnings, fmt.Sprintf("%d unit × time cells that were absent count as 0", f.Rows()-rows))
		t.data.RowsRead = rows
	}
	if s.Unit != "" || s.Time != "" {
		if err := t.sort(s); err != nil {
			return nil, err
		}
	}
	return t, t.fill(s)
}

// Numbers beyond these have squares, or sums of squares of squares, that a float cannot hold.
const largest, smallestTop = 1e70, 1e-70

// squarable refuses a column whose numbers are too large or all too small to
// compute with: their variance would be infinite or 0, and every test with it.
func (f *Frame) squarable(name string) error {
	if name == "" {
		return nil
	}
	x, err := f.Number(name)
	if err != nil {
		return err
	}
	top := 0.0
	for _, v := range x {
		top = max(top, math.Abs(v))
	}
	if top > largest || top > 0 && top < smallestTop {
		return fmt.Errorf("column %q holds numbers of a size of %.0e: change their unit of measure", name, top)
	}
	return nil
}

// positive leaves out rows of weight 0; a negative weight is an error.
func positive(f *Frame, name string, data *Data) (*Frame, error) {
	w, err := f.Number(name)
	if err != nil {
		return nil, err
	}
	var keep []int
	for i, v := range w {
		switch {
		case v < 0:
			return nil, fmt.Errorf("column %q holds the negative weight %v", name, v)
		case v > 0:
			keep = append(keep, i)
		}
	}
	data.drop("weight 0", f.rows-len(keep))
	data.RowsUsed = len(keep)
	if len(keep) == 0 {
		return nil, fmt.Errorf("%w: every weight is 0", ErrTooFew)
	}
	return f.pick(keep), nil
}

func (t *table) sort(s Spec) error {
	var unit Key
	var time Periods
	var err error
	n := t.frame.rows
	unit.Codes, time.Codes = make([]int, n), make([]int, n)
	if s.Unit != "" {
		if unit, err = t.frame.Key(s.Unit); err != nil {
			return err
		}
	}
	if s.Time != "" {
		if time, err = t.frame.Periods(s.Time); err != nil {
			return err
		}
	}
	if order := orderBy(unit.Codes, time.Codes); order != nil {
		t.frame = t.frame.pick(order)
	}
	return nil
}

// orderBy is the stable order of rows by two codes, nil if they are in it already.
func orderBy(first, second []int) []int {
	sorted := true
	for i := 1; i < len(first) && sorted; i++ {
		sorted = first[i-1] < first[i] || first[i-1] == first[i] && second[i-1] <= second[i]
	}
	if sorted {
		return nil
	}
	order := make([]int, len(first))
	for i := range order {
		order[i] = i
	}
	return countingSort(countingSort(order, second), first)
}

// countingSort orders rows by a code, keeping the order of equals.
func countingSort(rows, codes []int) []int {
	start := make([]int, slices.Max(codes)+2)
	for _, r := range rows {
		start[codes[r]+1]++
	}
	for c := 1; c < len(start); c++ {
		start[c] += start[c-1]
	}
	out := make([]int, len(rows))
	for _, r := range rows {
		out[start[codes[r]]] = r
		start[codes[r]]++
	}
	return out
}

func (t *table) fill(s Spec) (err error) {
	number := func(name string, to *[]float64) {
		if name != "" && err == nil {
			*to, err = t.frame.Number(name)
		}
	}
	key := func(name string) (k Key) {
		if err == nil {
			k, err = t.frame.Key(name)
		}
		return k
	}
	number(s.Outcome, &t.outcome)
	number(s.Treated, &t.treated)
	number(s.Post, &t.post)
	number(s.Weights, &t.weights)
	t.x = make([][]float64, len(s.Covariates))
	for j, name := range s.Covariates {
		number(name, &t.x[j])
	}
	if s.Unit != "" {
		t.unit = key(s.Unit)
	}
	if s.Time != "" && err == nil {
		t.time, err = t.frame.Periods(s.Time)
	}
	for _, name := range s.Cluster {
		t.cluster = append(t.cluster, key(name))
	}
	for _, name := range s.Fixed {
		t.fixed = append(t.fixed, key(name))
	}
	if err == nil && constant(t.outcome) {
		err = fmt.Errorf("%w: every row of %q holds %v", ErrConstant, s.Outcome, t.outcome[0])
	}
	return err
}

// subset keeps some rows of a table.
func (t *table) subset(s Spec, rows []int, reason string) error {
	t.data.drop(reason, t.frame.rows-len(rows))
	t.data.RowsUsed = len(rows)
	t.frame = t.frame.pick(rows)
	t.cluster, t.fixed = nil, nil
	if len(rows) == 0 {
		return fmt.Errorf("%w: nothing is left after %s", ErrTooFew, reason)
	}
	return t.fill(s)
}

// binary returns an error unless a column holds only 0 and 1, and both where both is
// set.
func binary(name string, x []float64, both bool) error {
	var seen [2]bool
	for i, v := range x {
		if v != 0 && v != 1 {
			return fmt.Errorf("column %q, row %d: %v; it must be 0 or 1", name, i+1, v)
		}
		seen[int(v)] = true
	}
	if both && !seen[1] {
		return fmt.Errorf("column %q is 0 everywhere: nobody is treated", name)
	}
	if both && !seen[0] {
		return fmt.Errorf("%w: column %q is 1 everywhere", ErrNoComparison, name)
	}
	return nil
}

// errors maps the flags of standard errors; kind and dof are the design's defaults.
func (t *table) errors(s Spec, kind, dof string) (Errors, error) {
	e := Errors{Kind: s.SE, Cluster: t.cluster, DoF: s.DoF, Seed: s.Seed, Draws: s.Draws, Lags: -1}
	if e.Kind == "" {
		e.Kind = kind
	}
	if e.DoF == "" {
		e.DoF = dof
	}
	switch e.DoF {
	case "stata", "fixest", "none":
	default:
		return e, fmt.Errorf("--dof %q; use stata, fixest or none", e.DoF)
	}
	if s.Lags == "auto" {
		e.Lags = AutoLags
	} else if s.Lags != "" {
		l, err := strconv.Atoi(s.Lags)
		if err != nil || l < 0 {
			return e, fmt.Errorf("--lags %q; use a number of periods or auto", s.Lags)
		}
		e.Lags = l
	}
	switch e.Kind {
	case "cluster", "cr2", "cr3", "cv3", "wild-cluster":
		if len(e.Cluster) == 0 && s.Unit != "" {
			e.Cluster = []Key{t.unit}
		}
		if len(e.Cluster) == 0 {
			return e, fmt.Errorf("--se %s needs --cluster", e.Kind)
		}
	case "newey-west", "driscoll-kraay":
		if s.Time == "" {
			return e, fmt.Errorf("--se %s needs --time", e.Kind)
		}
		e.Time = t.steps()
		if s.Unit != "" {
			e.Unit = t.unit.Codes
		}
	}
	return e, nil
}

// steps counts time in periods: differences of values where those are whole numbers
// of the smallest step, else positions.
func (t *table) steps() []int {
	v := t.time.Values
	step := math.Inf(1)
	for i := 1; i < len(v); i++ {
		step = min(step, v[i]-v[i-1])
	}
	at := make([]int, len(v))
	for i := range v {
		q := (v[i] - v[0]) / step
		if math.Abs(q-math.Round(q)) > 1e-6 {
			return t.time.Codes
		}
		at[i] = int(math.Round(q))
	}
	out := make([]int, len(t.time.Codes))
	for i, c := range t.time.Codes {
		out[i] = at[c]
	}
	return out
}

// report starts a report with what every design says.
func (t *table) report(s Spec) *Report {
	r := &Report{Obs: t.frame.rows, Data: t.data, Warnings: t.warnings, Settings: map[string]any{}}
	if s.Unit != "" {
		r.Units = t.unit.Levels()
	}
	if s.Time != "" {
		r.Periods = t.time.Levels()
	}
	set := func(name, value string) {
		if value != "" {
			r.Settings[name] = value
		}
	}
	set("outcome", s.Outcome)
	set("unit", s.Unit)
	set("time", s.Time)
	set("treated", s.Treated)
	set("first_treated", s.FirstTreated)
	set("post", s.Post)
	set("weights", s.Weights)
	set("at", s.At)
	if len(s.Covariates) > 0 {
		r.Settings["covariates"] = s.Covariates
	}
	if len(s.Fixed) > 0 {
		r.Settings["fe"] = s.Fixed
	}
	return r
}

// regressed adds to a report what a regression says about itself.
func (r *Report) regressed(g *Regression, e Errors) {
	r.Settings["se"] = e.Kind
	switch e.Kind {
	case "cluster", "wild-cluster", "cr2", "cr3", "cv3":
		r.Clusters = g.Clusters
		names := make([]string, len(e.Cluster))
		for i, k := range e.Cluster {
			names[i] = k.Name
		}
		r.Settings["cluster"] = names
		c := Check{Name: "few-clusters", Statistic: float64(g.Clusters), DF: math.NaN(), P: math.NaN(), Passed: g.Clusters >= 30}
		if !c.Passed {
			c.Note = fmt.Sprintf("%d clusters; below about 30 plain clustered errors are too small: prefer cr2, cv3 or wild-cluster", g.Clusters)
		}
		r.Checks = append(r.Checks, c)
		if e.Kind == "wild-cluster" {
			r.Settings["draws"] = len(g.wild.signs)
			r.Settings["seed"] = e.Seed
			r.Settings["enumerated"] = g.wild.exact
		}
	case "newey-west", "driscoll-kraay":
		r.Settings["lags"] = g.Lags
	}
	switch e.Kind {
	case "cluster", "wild-cluster", "newey-west", "driscoll-kraay", "classical":
		r.Settings["dof"] = e.DoF
	}
	r.Warnings = append(r.Warnings, g.Warnings...)
}

// coefficients lists every coefficient of a regression.
func (r *Report) coefficients(g *Regression, level float64) {
	for j, name := range g.Names {
		r.Effects = append(r.Effects, newEffect(KindCoefficient, name, g.Estimate(j, level)))
	}
}

// headline sets the effect and the minimum detectable effect that follows from it.
func (r *Report) headline(e Estimate) {
	r.Effect = &e
	if e.StdErr > 0 {
		df := e.DF
		if math.IsNaN(df) {
			df = math.Inf(1)
		}
		r.MDE = (quantile((1+e.Level)/2, df) + quantile(0.8, df)) * e.StdErr
	}
}
